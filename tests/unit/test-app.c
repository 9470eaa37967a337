/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What belongs to an application, worked out in small roots. */
#include "config.h"

#include <elf.h>

#include "check-fixtures.h"
#include "lib/app/closure.h"
#include "lib/tree/dir.h"
#include "lib/tree/memory.h"

#define PROGRAM "/usr/bin/app"
#define LIBRARIES "/usr/lib/x86_64-linux-gnu"

static const char *const needs_nothing[] = { NULL };

/* Merged /usr, a loader, a C library, and a program that needs @needed. */
static DomuimgTree *
root_new (const char *const *needed)
{
  static const char *const merged[] = { "bin", "sbin", "lib", "lib64" };
  DomuimgTree *tree = domuimg_tree_memory_new ();

  for (guint i = 0; i < G_N_ELEMENTS (merged); i++)
    {
      g_autofree char *link = g_strconcat ("/", merged[i], NULL);
      g_autofree char *target = g_strconcat ("->usr/", merged[i], NULL);
      g_autofree char *directory = g_strconcat ("/usr/", merged[i], NULL);

      tree_edit (tree, directory, "/");
      tree_edit (tree, link, target);
    }
  tree_put_text (tree, "/etc/passwd",
                 "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/sh\n"
                 "nobody:x:65534:65534::/:/bin/false\nweb:x:33:33::/:/bin/false\n");
  tree_put_text (tree, "/etc/group", "root:x:0:\nann:x:1000:\nweb:x:33:ann,web\nnogroup:x:65534:\n");
  tree_put_program (tree, "/usr/lib64/ld-linux-x86-64.so.2", NULL, NULL, 0, NULL);
  tree_put_program (tree, LIBRARIES "/libc.so.6", NULL, NULL, 0, NULL);
  if (needed != NULL)
    tree_put_program (tree, PROGRAM, GUEST_LOADER, NULL, 0, needed);
  return tree;
}

static DomuimgClosure *
closure_of (DomuimgTree *tree, const char *program)
{
  g_autoptr (GError) error = NULL;
  DomuimgClosure *closure = domuimg_closure_new (tree);

  domuimg_closure_add_program (closure, program);
  domuimg_closure_run (closure, NULL, &error);
  g_assert_no_error (error);
  return closure;
}

static void
assert_fails (DomuimgTree *tree, const char *program, int code, const char *pattern)
{
  g_autoptr (DomuimgClosure) closure = domuimg_closure_new (tree);
  g_autoptr (GError) error = NULL;

  domuimg_closure_add_program (closure, program);
  g_assert_false (domuimg_closure_run (closure, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, code);
  g_test_message ("%s", error->message);
  if (!g_pattern_match_simple (pattern, error->message) || strchr (error->message, '\n') != NULL)
    g_error ("expected “%s”, got “%s”", pattern, error->message);
}

/* "RULE PARENT DETAIL" */
static void
assert_why (DomuimgClosure *closure, const char *path, const char *expected)
{
  const DomuimgAppFile *file = domuimg_closure_find (closure, path);
  g_autofree char *why = NULL;

  if (file == NULL)
    g_error ("%s is not in the closure", path);
  const DomuimgAppFile *parent = domuimg_closure_get_parent (closure, file);
  why = g_strdup_printf ("%s %s %s", file->rule, parent != NULL ? parent->entry->path : "-",
                         file->detail != NULL ? file->detail : "-");
  g_assert_cmpstr (why, ==, expected);
}

static void
assert_lacks (DomuimgClosure *closure, const char *path)
{
  if (domuimg_closure_find (closure, path) != NULL)
    g_error ("%s is in the closure", path);
}

static void
test_libraries_by_name (void)
{
  static const char *const needed[] = { "libone.so.1", "libc.so.6", NULL };
  static const char *const two[] = { "libtwo.so", NULL };
  g_autoptr (DomuimgTree) tree = root_new (needed);
  g_autoptr (DomuimgClosure) closure = NULL;

  tree_put_program (tree, LIBRARIES "/libone.so.1.2", NULL, NULL, 0, two);
  tree_edit (tree, LIBRARIES "/libone.so.1", "->libone.so.1.2");
  tree_edit (tree, "/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n");
  tree_edit (tree, "/etc/ld.so.conf.d/opt.conf", "/opt/lib # ours\n");
  tree_put_program (tree, "/opt/lib/libtwo.so", NULL, NULL, 0, NULL);
  tree_put_program (tree, LIBRARIES "/libunused.so", NULL, NULL, 0, NULL);
  closure = closure_of (tree, PROGRAM);

  assert_why (closure, PROGRAM, "asked - -");
  assert_why (closure, "/lib64/ld-linux-x86-64.so.2", "interpreter usr/bin/app -");
  assert_why (closure, "/lib64", "way usr/bin/app -");
  assert_why (closure, LIBRARIES "/libone.so.1", "library usr/bin/app libone.so.1");
  assert_why (closure, LIBRARIES "/libone.so.1.2", "link usr/lib/x86_64-linux-gnu/libone.so.1 -");
  assert_why (closure, "/opt/lib/libtwo.so",
              "library usr/lib/x86_64-linux-gnu/libone.so.1.2 libtwo.so");
  assert_lacks (closure, LIBRARIES "/libunused.so");
  g_assert_cmpuint (domuimg_closure_get_machine (closure), ==, EM_X86_64);
}

static void
test_chain_of_reasons (void)
{
  static const char *const needed[] = { "libone.so", NULL };
  g_autoptr (DomuimgTree) tree = root_new (needed);
  g_autoptr (DomuimgClosure) closure = NULL;
  g_autoptr (GPtrArray) lines = NULL;
  g_autofree char *text = NULL;

  tree_put_program (tree, LIBRARIES "/libone.so", NULL, NULL, 0, NULL);
  closure = closure_of (tree, PROGRAM);
  lines = domuimg_closure_explain (closure, domuimg_closure_find (closure, LIBRARIES "/libone.so"));
  g_ptr_array_add (lines, NULL);
  text = g_strjoinv ("\n", (char **) lines->pdata);
  g_assert_cmpstr (text, ==,
                   LIBRARIES "/libone.so: a library of " PROGRAM " (libone.so)\n"
                   PROGRAM ": it was asked for");
}

/* What another processor would load comes, too. */
static void
test_hwcaps (void)
{
  static const char *const needed[] = { "libone.so", NULL };
  g_autoptr (DomuimgTree) tree = root_new (needed);
  g_autoptr (DomuimgClosure) closure = NULL;

  tree_put_program (tree, LIBRARIES "/libone.so", NULL, NULL, 0, NULL);
  tree_put_program (tree, LIBRARIES "/glibc-hwcaps/x86-64-v3/libone.so", NULL, NULL, 0, NULL);
  closure = closure_of (tree, PROGRAM);
  assert_why (closure, LIBRARIES "/libone.so", "library usr/bin/app libone.so");
  assert_why (closure, LIBRARIES "/glibc-hwcaps/x86-64-v3/libone.so",
              "library usr/bin/app libone.so");
}

static void
test_own_directories (void)
{
  static const char *const one[] = { "libone.so", NULL };
  static const char *const two[] = { "libtwo.so", NULL };
  static const struct {
    guint32 tag;         /* of the program */
    const char *library; /* (nullable) RUNPATH of libone.so */
    gboolean works;
  } cases[] = {
    { DT_RPATH, NULL, TRUE },       /* holds for libraries of libraries */
    { DT_RUNPATH, NULL, FALSE },    /* does not */
    { DT_RPATH, "/none", FALSE },   /* a RUNPATH replaces those of others */
    { DT_RUNPATH, "$ORIGIN", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (DomuimgTree) tree = root_new (NULL);

      tree_put_program (tree, "/opt/x/bin/x", GUEST_LOADER, "/none:${ORIGIN}/../lib", cases[i].tag,
                        one);
      tree_put_program (tree, "/opt/x/lib/libone.so", NULL, cases[i].library, DT_RUNPATH, two);
      tree_put_program (tree, "/opt/x/lib/libtwo.so", NULL, NULL, 0, NULL);
      if (cases[i].works)
        domuimg_closure_free (closure_of (tree, "/opt/x/bin/x"));
      else
        assert_fails (tree, "/opt/x/bin/x", DOMUIMG_ERROR_NOT_FOUND,
                      "/opt/x/lib/libone.so needs the library libtwo.so*");
    }
}

/* ".." at the root stays there, as for the guest. */
static void
test_search_path_outside_of_the_root (void)
{
  static const char *const one[] = { "libone.so", NULL };
  g_autoptr (DomuimgTree) tree = root_new (NULL);

  tree_put_program (tree, PROGRAM, GUEST_LOADER, "$ORIGIN/../../../../../../../../../etc/out",
                    DT_RUNPATH, one);
  assert_fails (tree, PROGRAM, DOMUIMG_ERROR_NOT_FOUND, "/usr/bin/app needs the library libone.so*");
  tree_put_program (tree, "/etc/out/libone.so", NULL, NULL, 0, NULL);
  domuimg_closure_free (closure_of (tree, PROGRAM));
}

static void
test_missing_libraries (void)
{
  static const char *const needed[] = { "libno.so", "libnever.so", "libc.so.6", NULL };
  g_autoptr (DomuimgTree) tree = root_new (needed);
  g_autoptr (DomuimgClosure) closure = domuimg_closure_new (tree);
  g_autoptr (GError) error = NULL;

  assert_fails (tree, PROGRAM, DOMUIMG_ERROR_NOT_FOUND,
                "/usr/bin/app needs the library libno.so, which this root does not have, and 1 more:*"
                "--allow-missing");
  domuimg_closure_add_program (closure, PROGRAM);
  domuimg_closure_allow_missing (closure);
  domuimg_closure_run (closure, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (domuimg_closure_get_warnings (closure)->len, ==, 2);
}

static void
test_what_is_not_a_program (void)
{
  static const char *const needed[] = { "libarm.so", NULL };
  g_autoptr (DomuimgTree) tree = root_new (needs_nothing);
  g_autoptr (GBytes) arm = program_new (EM_AARCH64, NULL, NULL, 0, needs_nothing);
  g_autoptr (DomuimgClosure) two = domuimg_closure_new (tree);
  g_autoptr (GError) error = NULL;

  tree_put_text (tree, "/usr/bin/text", "hello\n");
  tree_put_text (tree, "/usr/bin/nowhere", "#!python\n");
  tree_put_text (tree, "/usr/bin/absent", "#!/usr/bin/absent-too\n");
  tree_edit (tree, "/usr/bin/loop", "->pool");
  tree_edit (tree, "/usr/bin/pool", "->loop");
  tree_put (tree, "/usr/bin/arm", arm, 0755);
  assert_fails (tree, "/usr/bin/text", DOMUIMG_ERROR_INVALID_ARGUMENT, "*neither an ELF program nor*");
  assert_fails (tree, "/usr/bin", DOMUIMG_ERROR_INVALID_ARGUMENT, "/usr/bin is not a file*");
  assert_fails (tree, "app", DOMUIMG_ERROR_INVALID_ARGUMENT, "*not the absolute path*");
  assert_fails (tree, "/usr/bin/none", DOMUIMG_ERROR_NOT_FOUND, "there is no program /usr/bin/none in this root");
  assert_fails (tree, "/usr/bin/loop", DOMUIMG_ERROR_CORRUPT_INPUT, "*more than 40 symbolic links*");
  assert_fails (tree, "/usr/bin/nowhere", DOMUIMG_ERROR_INVALID_ARGUMENT, "*absolute path of an interp*");
  assert_fails (tree, "/usr/bin/absent", DOMUIMG_ERROR_NOT_FOUND, "the interpreter /usr/bin/absent-too of /usr/bin/absent is not in this root");
  domuimg_closure_add_program (two, PROGRAM);
  domuimg_closure_add_program (two, "/usr/bin/arm");
  g_assert_false (domuimg_closure_run (two, NULL, &error));
  g_assert_cmpstr (error->message, ==, "/usr/bin/arm is for aarch64, and /usr/bin/app for x86_64: a guest has"
                                       " one architecture");
  /* A library for another one is skipped, as the loader does. */
  tree_put_program (tree, PROGRAM, GUEST_LOADER, NULL, 0, needed);
  tree_put (tree, LIBRARIES "/libarm.so", arm, 0644);
  assert_fails (tree, PROGRAM, DOMUIMG_ERROR_NOT_FOUND, "*needs the library libarm.so*");
}

static void
test_damaged_program (void)
{
  static const char *const needed[] = { "libc.so.6", NULL };
  g_autoptr (GBytes) good = program_new (EM_X86_64, GUEST_LOADER, NULL, 0, needed);
  g_autoptr (GBytes) cut = g_bytes_new_from_bytes (good, 0, g_bytes_get_size (good) - 40);
  g_autoptr (DomuimgTree) tree = root_new (NULL);

  tree_put (tree, PROGRAM, cut, 0755);
  assert_fails (tree, PROGRAM, DOMUIMG_ERROR_CORRUPT_INPUT, "/usr/bin/app: a damaged ELF file*");
}

static void
test_shell_script (void)
{
  g_autoptr (DomuimgTree) tree = root_new (NULL);
  g_autoptr (DomuimgClosure) closure = NULL;

  tree_put_program (tree, "/usr/bin/dash", GUEST_LOADER, NULL, 0, needs_nothing);
  tree_edit (tree, "/usr/bin/sh", "->dash");
  tree_put_program (tree, "/usr/bin/sort", GUEST_LOADER, NULL, 0, needs_nothing);
  tree_put_program (tree, "/usr/bin/install", GUEST_LOADER, NULL, 0, needs_nothing);
  tree_put_program (tree, "/usr/sbin/head", GUEST_LOADER, NULL, 0, needs_nothing);
  tree_put_text (tree, "/usr/lib/common.sh", "# more\nhead -1 /etc/data\n");
  tree_put_text (tree, "/etc/data", "x");
  tree_put_text (tree, "/usr/bin/run", "#!/bin/sh -e\n. /usr/lib/common.sh\necho install | sort\n");
  closure = closure_of (tree, "/usr/bin/run");
  assert_why (closure, "/usr/bin/sh", "interpreter usr/bin/run -");
  assert_why (closure, "/usr/bin/dash", "link usr/bin/sh -");
  assert_why (closure, "/usr/bin/sort", "command usr/bin/run sort");
  assert_why (closure, "/usr/lib/common.sh", "sourced usr/bin/run -");
  assert_why (closure, "/usr/sbin/head", "command usr/lib/common.sh head");
  assert_why (closure, "/etc/data", "named usr/lib/common.sh -");
  assert_lacks (closure, "/usr/bin/install");
}

static void
test_python_script (void)
{
  g_autoptr (DomuimgTree) tree = root_new (NULL);
  g_autoptr (DomuimgClosure) closure = NULL;

  tree_put_program (tree, "/usr/bin/python3.11", GUEST_LOADER, NULL, 0, needs_nothing);
  tree_edit (tree, "/usr/bin/python3", "->python3.11");
  tree_put_text (tree, "/usr/lib/python3.11/os.py", "import mine\n");
  tree_put_text (tree, "/usr/lib/python3.11/mine.py", "");
  tree_put_text (tree, "/usr/lib/python3.11/unused.py", "");
  tree_put_text (tree, "/usr/lib/python3.11/__pycache__/mine.cpython-311.pyc", "x");
  tree_put_text (tree, "/usr/lib/python3.11/encodings/__init__.py", "");
  tree_put_text (tree, "/usr/lib/python3.11/encodings/utf_8.py", "");
  tree_put_program (tree, "/usr/lib/python3.11/lib-dynload/_fast.cpython-311-x86_64-linux-gnu.so", NULL,
                    NULL, 0, needs_nothing);
  tree_put_text (tree, "/usr/lib/python3/dist-packages/pack/__init__.py", "from .inner import x\n");
  tree_put_text (tree, "/usr/lib/python3/dist-packages/pack/inner.py", "from . import other\n");
  tree_put_text (tree, "/usr/lib/python3/dist-packages/pack/other.py", "import _fast\n");
  tree_put_text (tree, "/usr/lib/python3/dist-packages/pack/page.html", "x");
  tree_put_text (tree, "/srv/app.py", "#!/usr/bin/env python3\nimport os, pack\nimport beside\n");
  tree_put_text (tree, "/srv/beside.py", "");
  tree_put_program (tree, "/usr/bin/env", GUEST_LOADER, NULL, 0, needs_nothing);
  closure = closure_of (tree, "/srv/app.py");
  assert_why (closure, "/usr/bin/env", "interpreter srv/app.py -");
  assert_why (closure, "/usr/bin/python3", "interpreter srv/app.py -");
  assert_why (closure, "/srv/beside.py", "module srv/app.py beside");
  assert_why (closure, "/usr/lib/python3.11/mine.py", "module usr/lib/python3.11/os.py mine");
  assert_why (closure, "/usr/lib/python3.11/__pycache__/mine.cpython-311.pyc",
              "module usr/lib/python3.11/os.py mine");
  assert_why (closure, "/usr/lib/python3/dist-packages/pack/other.py",
              "module usr/lib/python3/dist-packages/pack/inner.py other");
  assert_why (closure, "/usr/lib/python3.11/lib-dynload/_fast.cpython-311-x86_64-linux-gnu.so",
              "module usr/lib/python3/dist-packages/pack/other.py _fast");
  assert_why (closure, "/usr/lib/python3/dist-packages/pack/page.html", "module srv/app.py pack");
  assert_why (closure, "/usr/lib/python3.11/encodings/utf_8.py",
              "module usr/bin/python3.11 encodings.*");
  assert_lacks (closure, "/usr/lib/python3.11/unused.py");
}

static void
test_perl_script (void)
{
  g_autoptr (DomuimgTree) tree = root_new (NULL);
  g_autoptr (DomuimgClosure) closure = NULL;

  tree_put_program (tree, "/usr/bin/perl", GUEST_LOADER, NULL, 0, needs_nothing);
  tree_put_text (tree, "/usr/share/perl/5.36.0/strict.pm", "package strict;\n1;\n");
  tree_put_text (tree, "/usr/share/perl5/My/Thing.pm", "use parent 'My::Base';\n__END__\nuse Not;\n");
  tree_put_text (tree, "/usr/share/perl5/My/Base.pm", "require XS;\n");
  tree_put_text (tree, "/usr/share/perl5/Not.pm", "");
  tree_put_text (tree, "/usr/lib/x86_64-linux-gnu/perl/5.36.0/XS.pm", "");
  tree_put_program (tree, "/usr/lib/x86_64-linux-gnu/perl/5.36.0/auto/XS/XS.so", NULL, NULL, 0,
                    needs_nothing);
  tree_put_text (tree, "/srv/app", "#!/usr/bin/perl -w\nuse strict;\nuse My::Thing qw(a);\n");
  closure = closure_of (tree, "/srv/app");
  assert_why (closure, "/usr/share/perl5/My/Thing.pm", "module srv/app My::Thing");
  assert_why (closure, "/usr/share/perl5/My/Base.pm", "module usr/share/perl5/My/Thing.pm My::Base");
  assert_why (closure, "/usr/lib/x86_64-linux-gnu/perl/5.36.0/auto/XS/XS.so",
              "module usr/share/perl5/My/Base.pm XS");
  assert_lacks (closure, "/usr/share/perl5/Not.pm");
}

static void
put_packages (DomuimgTree *tree)
{
  tree_put_text (tree, "/var/lib/dpkg/status",
                 "Package: app\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.2-3\n"
                 "Source: app-src (1.2)\nDepends: libc6 (>= 2.34), app-data (= 1.2-3), other\n"
                 "Description: an app\n of many words\n\n"
                 "Package: app-data\nStatus: install ok installed\nArchitecture: all\nVersion: 1.2-3\n"
                 "Source: app-src (1.2)\n\n"
                 "Package: other\nStatus: install ok installed\nArchitecture: all\nVersion: 2\n\n"
                 "Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 2\n\n"
                 "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36\n");
  tree_put_text (tree, "/var/lib/dpkg/info/app.list",
                 "/.\n/usr\n/usr/bin\n" PROGRAM "\n/usr/bin/app-tool\n/usr/lib/app\n/usr/lib/app/plug.so\n"
                 "/usr/share/doc/app/copyright\n/var/lib/app\n");
  tree_put_text (tree, "/var/lib/dpkg/info/app-data.list", "/.\n/etc/app.conf\n/usr/share/app/data\n");
  tree_put_text (tree, "/var/lib/dpkg/info/other.list", "/.\n/usr/share/other/data\n");
  tree_put_text (tree, "/var/lib/dpkg/info/libc6:amd64.list",
                 "/.\n/lib/x86_64-linux-gnu/libc.so.6\n/lib64/ld-linux-x86-64.so.2\n");
  tree_put_text (tree, "/usr/share/doc/app/copyright",
                 "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
                 "Files: *\nCopyright: x\nLicense: GPL-2+ or Expat\n\nLicense: Expat\n text\n");
}

static void
test_package (void)
{
  static const char *const needed[] = { "libc.so.6", NULL };
  static const char *const of_plug[] = { "libplug.so", NULL };
  g_autoptr (DomuimgTree) tree = root_new (needed);
  g_autoptr (DomuimgClosure) closure = NULL;
  g_autofree char *licence = NULL;
  const DomuimgAppFile *libc;

  put_packages (tree);
  tree_put_program (tree, "/usr/bin/app-tool", GUEST_LOADER, NULL, 0, needs_nothing);
  tree_put_program (tree, "/usr/lib/app/plug.so", NULL, NULL, 0, of_plug);
  tree_put_program (tree, LIBRARIES "/libplug.so", NULL, NULL, 0, needs_nothing);
  tree_edit (tree, "/var/lib/app", "/");
  tree_put_text (tree, "/etc/app.conf", "x");
  tree_put_text (tree, "/usr/share/app/data", "x");
  tree_put_text (tree, "/usr/share/other/data", "x");
  closure = closure_of (tree, PROGRAM);
  assert_why (closure, "/usr/lib/app/plug.so", "package usr/bin/app app");
  assert_why (closure, LIBRARIES "/libplug.so", "library usr/lib/app/plug.so libplug.so");
  assert_why (closure, "/etc/app.conf", "package usr/bin/app app-data");
  assert_why (closure, "/var/lib/app", "package usr/bin/app app");
  assert_lacks (closure, "/usr/bin/app-tool");
  assert_lacks (closure, "/usr/share/other/data");
  assert_lacks (closure, "/usr/share/doc/app/copyright");
  libc = domuimg_closure_find (closure, LIBRARIES "/libc.so.6");
  g_assert_cmpstr (libc->package->name, ==, "libc6");
  licence = domuimg_packages_find_licence (domuimg_closure_get_packages (closure),
                                           domuimg_closure_find (closure, PROGRAM)->package);
  g_assert_cmpstr (licence, ==, "GPL-2.0-or-later AND MIT");
}

static void
test_damaged_package_databases (void)
{
  static const struct {
    const char *status, *error;
  } cases[] = {
    { "Package: a\nrubbish\n", "*status of this root is damaged: line 2: a field has no colon" },
    { "Version: 1\n", "*line 1: a field comes before the name of its package" },
    { " more\n", "*line 1: it belongs to no package" },
    { "Package: a\nPackage: b\n", "*line 2: a package begins inside of another" },
    { "Package: a b\n", "*line 1: this is not the name of a package" },
    { "Package: a\nStatus: install ok installed\n", "*line 2: an installed package has no version" },
  };
  g_autoptr (DomuimgTree) tree = root_new (needs_nothing);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      tree_put_text (tree, "/var/lib/dpkg/status", cases[i].status);
      assert_fails (tree, PROGRAM, DOMUIMG_ERROR_CORRUPT_INPUT, cases[i].error);
    }
}

/* The people of the machine are not the guest's. */
static void
test_accounts (void)
{
  g_autoptr (DomuimgTree) tree = root_new (needs_nothing);
  g_autoptr (DomuimgClosure) closure = domuimg_closure_new (tree);
  g_autoptr (DomuimgClosure) wrong = domuimg_closure_new (tree);
  g_autoptr (GError) error = NULL;

  domuimg_closure_add_program (closure, PROGRAM);
  domuimg_closure_add_user (closure, "web");
  domuimg_closure_run (closure, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_bytes_get_data (domuimg_closure_find (closure, "/etc/passwd")->content, NULL), ==,
                   "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n"
                   "web:x:33:33::/:/bin/false\n");
  g_assert_cmpstr (g_bytes_get_data (domuimg_closure_find (closure, "/etc/group")->content, NULL), ==,
                   "root:x:0:\nweb:x:33:web\nnogroup:x:65534:\n");
  domuimg_closure_add_program (wrong, PROGRAM);
  domuimg_closure_add_user (wrong, "none");
  g_assert_false (domuimg_closure_run (wrong, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
}

static void
test_added_paths (void)
{
  g_autoptr (DomuimgTree) tree = root_new (needs_nothing);
  g_autoptr (DomuimgClosure) closure = domuimg_closure_new (tree);
  g_autoptr (GError) error = NULL;

  tree_put_text (tree, "/srv/www/index.html", "x");
  tree_put_text (tree, "/srv/www/deep/page.html", "x");
  tree_put_text (tree, "/etc/a.conf", "x");
  tree_put_text (tree, "/etc/b.conf", "x");
  domuimg_closure_add_program (closure, PROGRAM);
  domuimg_closure_add_pattern (closure, "/srv/www");
  domuimg_closure_add_pattern (closure, "/etc/a*.conf");
  domuimg_closure_add_pattern (closure, "/etc/none*");
  domuimg_closure_run (closure, NULL, &error);
  g_assert_no_error (error);
  assert_why (closure, "/srv/www/deep/page.html", "added - /srv/www");
  assert_why (closure, "/etc/a.conf", "added - /etc/a*.conf");
  assert_lacks (closure, "/etc/b.conf");
  g_assert_cmpuint (domuimg_closure_get_warnings (closure)->len, ==, 1);
}

/* Real programs of this machine have functions that rules look for. */
static void
test_this_machine (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgTree) host = domuimg_tree_dir_new ("/", &error);
  g_autoptr (DomuimgClosure) closure = NULL;

  g_assert_no_error (error);
  closure = closure_of (host, "/usr/bin/getent");
  g_assert_nonnull (domuimg_closure_find (closure, "/etc/nsswitch.conf"));
  g_assert_nonnull (domuimg_closure_find (closure, "/etc/services"));
  g_assert_nonnull (domuimg_closure_find (closure, "/usr/lib/locale/C.utf8/LC_CTYPE"));
}

int
main (int argc, char **argv)
{
  g_autofree char *rules = NULL;

  g_test_init (&argc, &argv, NULL);
  rules = g_test_build_filename (G_TEST_DIST, "../../lib/app/rules", NULL);
  g_setenv ("DOMUIMG_RULES_DIR", rules, TRUE);
  g_test_add_func ("/app/libraries-by-name", test_libraries_by_name);
  g_test_add_func ("/app/chain-of-reasons", test_chain_of_reasons);
  g_test_add_func ("/app/hwcaps", test_hwcaps);
  g_test_add_func ("/app/own-directories", test_own_directories);
  g_test_add_func ("/app/search-path-outside-of-the-root", test_search_path_outside_of_the_root);
  g_test_add_func ("/app/missing-libraries", test_missing_libraries);
  g_test_add_func ("/app/what-is-not-a-program", test_what_is_not_a_program);
  g_test_add_func ("/app/damaged-program", test_damaged_program);
  g_test_add_func ("/app/shell-script", test_shell_script);
  g_test_add_func ("/app/python-script", test_python_script);
  g_test_add_func ("/app/perl-script", test_perl_script);
  g_test_add_func ("/app/package", test_package);
  g_test_add_func ("/app/damaged-package-databases", test_damaged_package_databases);
  g_test_add_func ("/app/accounts", test_accounts);
  g_test_add_func ("/app/added-paths", test_added_paths);
  g_test_add_func ("/app/this-machine", test_this_machine);
  return g_test_run ();
}
