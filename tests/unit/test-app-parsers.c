/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parsers of what tells which files belong to an application. */
#include "config.h"

#include "lib/app/readers.h"
#include "lib/app/reasons.h"
#include "lib/app/trace.h"

static char *
join (GPtrArray *texts)
{
  g_autoptr (GPtrArray) all = g_ptr_array_copy (texts, NULL, NULL);

  g_ptr_array_set_free_func (all, NULL);
  g_ptr_array_add (all, NULL);
  return g_strjoinv (" ", (char **) all->pdata);
}

#define assert_joined(texts, expected)            \
  do                                              \
    {                                             \
      g_autofree char *joined_ = join (texts);    \
      g_assert_cmpstr (joined_, ==, expected);    \
    }                                             \
  while (0)

static void
test_nsswitch (void)
{
  g_autoptr (GPtrArray) modules
      = domuimg_nsswitch_parse ("# a: b\npasswd: files systemd # dns\nhosts:files  [!UNAVAIL=return] dns\n");

  assert_joined (modules, "files systemd dns");
}

static void
test_pam (void)
{
  g_autoptr (GPtrArray) modules = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) includes = g_ptr_array_new_with_free_func (g_free);

  domuimg_pam_parse ("auth [success=1 default=ignore]  pam_unix.so nullok\n# auth x pam_no.so\n"
                     "@include common-auth\nsession substack login\n-session optional pam_systemd.so\n",
                     modules, includes);
  assert_joined (modules, "pam_unix.so pam_systemd.so");
  assert_joined (includes, "common-auth login");
}

static void
test_shell (void)
{
  static const struct {
    const char *script, *commands, *paths;
  } cases[] = {
    { "a -x | b && c || d; e & f\n", "a b c d e f", "" },
    { "x=1 y=$(a b) c \"$(d \"`e`\")\" 'f $(g)'\n", "a c d e", "" },
    { "if a; then b; elif ! c; then d; else e; fi\nwhile a2; do b2; done\n", "a b c d e a2 b2", "" },
    { "for a in b c; do d; done\ncase $x in a|b) c;; *) d2;; esac\n", "d c d2", "" },
    { "f () { a; }\nexec b\nxargs -n 1 c\ntimeout -k 5 10 d\n", "a b xargs c timeout d", "" },
    { "a <<EOF\nb $(c)\nEOF\nd <<-'X'\n\te\n\tX\nf\n", "a d f", "" },
    { "echo a; [ -f /etc/x ]; cd /srv; # b\n\"$a\" c; $(d) e\n", "d", "/etc/x /srv" },
    { "a >/dev/null 2>&1; >out b; c </etc/in\n", "a b c", "/dev/null /etc/in" },
    { "/usr/bin/a --b; . /etc/c.sh\n", "/usr/bin/a", "/usr/bin/a /etc/c.sh" },
    { "a \\\n  b\n${c:-d} e\n", "a", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) commands = g_ptr_array_new_with_free_func (g_free);
      g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

      g_test_message ("%s", cases[i].script);
      domuimg_shell_parse (cases[i].script, commands, paths);
      assert_joined (commands, cases[i].commands);
      assert_joined (paths, cases[i].paths);
    }
}

static void
test_python (void)
{
  static const struct {
    const char *source, *imports;
  } cases[] = {
    { "import a, b.c as d\n", "a b.c" },
    { "from a import b, c as d\n", "a a:b a:c" },
    { "from . import (a, # x\n  b as c,\n)\nfrom ..d import *\n", ". .:a .:b ..d" },
    { "def f():\n    import a; from b import c\n", "a b b:c" },
    { "try: import a\nexcept ImportError: pass\n", "a" },
    { "'''import a\n'''\n\"import b\"\n# import c\nimportant = 1\n", "" },
    { "m = importlib.import_module ('a.b')\nn = __import__(\"c\")\nimport_module(name)\n", "a.b c" },
    { "x = 'it\\'s'; import a\n", "a" },
    { "from a import \\\n  b\n", "a a:b" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) imports = g_ptr_array_new_with_free_func (g_free);

      g_test_message ("%s", cases[i].source);
      domuimg_python_parse (cases[i].source, imports);
      assert_joined (imports, cases[i].imports);
    }
}

static void
test_perl (void)
{
  g_autoptr (GPtrArray) modules = g_ptr_array_new_with_free_func (g_free);

  domuimg_perl_parse ("use strict; use 5.010;\nuse A::B qw(c d);\nuse parent 'E', qw(F::G);\n"
                      "if ($x) { require H; } require \"i.pl\";\n# use J;\n=pod\n\nuse K;\n\n=cut\nuse L;\n"
                      "__END__\nuse M;\n",
                      modules);
  assert_joined (modules, "strict A::B parent E F::G H i.pl L");
}

static void
test_strace (void)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  domuimg_strace_parse (
      "1 execve(\"/usr/bin/a\", [\"a\"], 0x7ffd /* 3 vars */) = 0\n"
      "1 openat(AT_FDCWD</srv>, \"x y\", O_RDONLY) = 3</srv/x y>\n"
      "1 openat(AT_FDCWD</srv>, \"x y\", O_RDONLY) = 3</srv/x y>\n"
      "[pid 2] openat(5</etc>, \"p=q\", O_RDONLY <unfinished ...>\n"
      "[pid 3] open(\"/none\", O_RDONLY) = -1 ENOENT (No such file or directory)\n"
      "[pid 2] <... openat resumed>)      = 6</etc/p=q>\n"
      "1 openat(AT_FDCWD</srv>, \"/dir\", O_RDONLY|O_PATH) = 4</dir>\n"
      "1 openat(AT_FDCWD</srv>, \"/log\", O_WRONLY|O_CREAT, 0644) = 4</log>\n"
      "1 open(\"/a\\303\\244\", O_RDONLY) = 4</a\\303\\244>\n"
      "1 open(\"/cut\"..., O_RDONLY) = 4\n"
      "1 close(4) = 0\n",
      paths);
  assert_joined (paths, "/usr/bin/a /srv/x y /etc/p=q /aä");
}

static void
test_trace_file (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) paths = domuimg_trace_parse ("# a\n/b\n\n/a\n", &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = domuimg_trace_to_text (paths);
  g_assert_true (g_str_has_suffix (text, "\n/a\n/b\n"));
  g_assert_true (domuimg_trace_is_fleeting ("/proc/self/maps"));
  g_assert_false (domuimg_trace_is_fleeting ("/process"));
}

static void
test_copyright (void)
{
  static const char head[] = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n";
  static const struct {
    const char *text, *licence;
  } cases[] = {
    { "Files: *\nLicense: GPL-2+\n", "GPL-2.0-or-later" },
    { "Files: *\nLicense: Expat or GPL-2, and BSD-3-clause\n", "BSD-3-Clause AND GPL-2.0-only AND MIT" },
    { "Files: a\nLicense: Odd Thing\n\nLicense: Expat\n text\n", "LicenseRef-Odd AND LicenseRef-Thing" },
    { "Files: *\nLicense: GPL-3+ with OpenSSL exception\n", "GPL-3.0-or-later" },
    { "License: Expat\n text\n", NULL },
  };
  g_autofree char *other = domuimg_dpkg_copyright_parse ("It was packaged by somebody.\nLicense: Expat\n");

  g_assert_null (other);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strconcat (head, cases[i].text, NULL);
      g_autofree char *licence = domuimg_dpkg_copyright_parse (text);

      g_assert_cmpstr (licence, ==, cases[i].licence);
    }
}

static void
test_reasons (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgReasons) reasons = domuimg_reasons_parse (
      "{\"files\": [{\"path\": \"/usr/bin/a\", \"rule\": \"asked\"},"
      " {\"path\": \"/lib\", \"target\": \"usr/lib\", \"rule\": \"way\", \"parent\": \"/usr/bin/a\"},"
      " {\"path\": \"/usr/lib/a.so\", \"rule\": \"library\", \"parent\": \"/usr/bin/a\", \"detail\": \"a.so\"}]}",
      &error);
  g_autoptr (GPtrArray) lines = NULL;

  g_assert_no_error (error);
  lines = domuimg_reasons_explain (reasons, "/lib/a.so", &error);
  g_assert_no_error (error);
  assert_joined (lines, "/usr/lib/a.so: a library of /usr/bin/a (a.so) /usr/bin/a: it was asked for");
  g_assert_true (domuimg_reasons_has (reasons, "/lib/a.so"));
  g_assert_true (domuimg_reasons_has (reasons, "/usr/lib"));
  g_assert_false (domuimg_reasons_has (reasons, "/usr/lib/b.so"));
  g_assert_null (domuimg_reasons_explain (reasons, "/usr/lib/b.so", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
}

/* Each says in its first line which parser is to refuse it. */
static void
test_what_must_fail (void)
{
  g_autofree char *directory = g_test_build_filename (G_TEST_DIST, "..", "mustfail", "app", NULL);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;
  guint n = 0;

  for (; (name = g_dir_read_name (dir)) != NULL; n++)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);
      g_autoptr (GPtrArray) packages
          = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_package_free);
      g_autoptr (GPtrArray) paths = NULL;
      g_autoptr (DomuimgReasons) reasons = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *text = NULL;
      const char *rest;

      g_test_message ("%s", name);
      g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
      rest = strchr (text, '\n') + 1;
      if (g_str_has_prefix (text, "status"))
        domuimg_dpkg_status_parse (domuimg_bytes (rest, strlen (rest)), packages, &error);
      else if (g_str_has_prefix (text, "trace"))
        paths = domuimg_trace_parse (rest, &error);
      else
        reasons = domuimg_reasons_parse (rest, &error);
      g_assert_true (error != NULL && error->domain == DOMUIMG_ERROR);
    }
  g_assert_cmpuint (n, >, 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/app-parsers/nsswitch", test_nsswitch);
  g_test_add_func ("/app-parsers/pam", test_pam);
  g_test_add_func ("/app-parsers/shell", test_shell);
  g_test_add_func ("/app-parsers/python", test_python);
  g_test_add_func ("/app-parsers/perl", test_perl);
  g_test_add_func ("/app-parsers/strace", test_strace);
  g_test_add_func ("/app-parsers/trace-file", test_trace_file);
  g_test_add_func ("/app-parsers/copyright", test_copyright);
  g_test_add_func ("/app-parsers/reasons", test_reasons);
  g_test_add_func ("/app-parsers/what-must-fail", test_what_must_fail);
  return g_test_run ();
}
