/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/bootloader/confine.h"
#include "lib/bootloader/message.h"
#include "lib/bootloader/options.h"
#include "lib/bootloader/tree-helper.h"

static int spinning = -1;
static const char *to_create;
/* Where results go that are too large. */
static int results[2] = { -1, -1 };

/* Memory that no limit on a process counts, or that is run. */
static const char *
map (int protection, int flags)
{
  void *memory = mmap (NULL, 4096, protection, flags | MAP_ANONYMOUS, -1, 0);

  return memory == MAP_FAILED ? "refused" : "done";
}

static const char *
make_executable (void)
{
  void *memory = mmap (NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (memory == MAP_FAILED)
    return "no memory";
  return mprotect (memory, 4096, PROT_READ | PROT_EXEC) != 0 ? "refused" : "done";
}

/* 24 MiB in two files, in good time; then it would answer. */
static const char *
fill_results (void)
{
  static char block[1 << 20];

  for (guint i = 0; i < 24; i++)
    {
      if (write (results[i % 2], block, sizeof block) < 0)
        return "refused";
      g_usleep (20000);
    }
  return "done";
}

/* What somebody tries who has taken over the process that reads the disk. */
static const char *
attack (const char *what)
{
  char *const argv[] = { (char *) "true", NULL };

  errno = 0;
  if (g_str_equal (what, "open"))
    return open ("/etc/passwd", O_RDONLY) < 0 ? "refused" : "done";
  if (g_str_equal (what, "create"))
    return open (to_create, O_WRONLY | O_CREAT, 0600) < 0 ? "refused" : "done";
  if (g_str_equal (what, "mmap-exec"))
    return map (PROT_READ | PROT_EXEC, MAP_PRIVATE);
  if (g_str_equal (what, "mmap-shared"))
    return map (PROT_READ | PROT_WRITE, MAP_SHARED);
  if (g_str_equal (what, "mprotect-exec"))
    return make_executable ();
  if (g_str_equal (what, "fill"))
    return fill_results ();
  if (g_str_equal (what, "pid"))
    {
      static char number[16];

      g_snprintf (number, sizeof number, "%d", getpid ());
      return number;
    }
  if (g_str_equal (what, "inet"))
    return socket (AF_INET, SOCK_STREAM, 0) < 0 ? "refused" : "done";
  if (g_str_equal (what, "unix"))
    return socket (AF_UNIX, SOCK_STREAM, 0) < 0 ? "refused" : "done";
  if (g_str_equal (what, "exec"))
    return execv ("/bin/true", argv) < 0 ? "refused" : "done";
  if (g_str_equal (what, "fork"))
    return fork () < 0 ? "refused" : "done";
  if (g_str_equal (what, "kill"))
    return kill (getppid (), 0) < 0 ? "refused" : "done";
  if (g_str_equal (what, "ptrace"))
    return ptrace (PTRACE_ATTACH, getppid (), 0, 0) < 0 ? "refused" : "done";
  if (g_str_equal (what, "id"))
    return getuid () == 0 ? "root" : "nobody";
  if (g_str_equal (what, "memory"))
    {
      char *big = malloc ((gsize) DOMUIMG_CONFINED_MEMORY + (64 << 20));

      return big == NULL ? "refused" : "done";
    }
  if (g_str_equal (what, "spin") && write (spinning, "", 1) == 1)
    for (volatile gboolean ever = TRUE; ever;)
      ;
  __builtin_trap ();
}

static GAsyncQueue *to_thread, *from_thread;

static gpointer
attack_on_demand (gpointer data)
{
  g_async_queue_push (from_thread, (gpointer) "ready");
  for (;;)
    g_async_queue_push (from_thread, (gpointer) attack (g_async_queue_pop (to_thread)));
  return NULL;
}

static void
begin_thread (gpointer data)
{
  to_thread = g_async_queue_new ();
  from_thread = g_async_queue_new ();
  g_thread_unref (g_thread_new ("attack", attack_on_demand, NULL));
  g_async_queue_pop (from_thread);
}

static const char *
attack_by_thread (const char *what)
{
  g_async_queue_push (to_thread, (gpointer) what);
  return g_async_queue_pop (from_thread);
}

static GBytes *
serve (GBytes *request, gpointer data)
{
  g_autofree char *what
      = g_strndup (g_bytes_get_data (request, NULL), g_bytes_get_size (request));
  const char *result = to_thread != NULL ? attack_by_thread (what) : attack (what);

  return g_bytes_new (result, strlen (result));
}

static DomuimgConfined *
start_client (void)
{
  const DomuimgConfinement how
      = { DOMUIMG_CONFINED_CLIENT, .task = "is tested", .uid = 65534, .serve = serve };
  g_autoptr (GError) error = NULL;
  DomuimgConfined *confined = domuimg_confined_start (&how, &error);

  g_assert_no_error (error);
  return confined;
}

static DomuimgConfined *
start (void)
{
  const DomuimgConfinement how = { .task = "is tested", .uid = 65534, .serve = serve };
  g_autoptr (GError) error = NULL;
  DomuimgConfined *confined = domuimg_confined_start (&how, &error);

  g_assert_no_error (error);
  return confined;
}

static char *
ask (DomuimgConfined *confined, const char *what, GError **error)
{
  g_autoptr (GBytes) request = g_bytes_new (what, strlen (what));
  g_autoptr (GBytes) answer = domuimg_confined_ask (confined, request, NULL, error);

  return answer != NULL
             ? g_strndup (g_bytes_get_data (answer, NULL), g_bytes_get_size (answer))
             : NULL;
}

/* With the main thread, or with one that was there before. */
static void
test_attacks (gconstpointer begin)
{
  static const char *const attacks[]
      = { "open", "create", "inet", "unix", "exec", "fork", "kill", "ptrace",
          "mmap-exec", "mmap-shared", "mprotect-exec" };
  const DomuimgConfinement how = { .task = "is tested", .uid = 65534, .serve = serve,
                                   .begin = begin != NULL ? begin_thread : NULL };
  g_autoptr (DomuimgConfined) confined = domuimg_confined_start (&how, NULL);

#ifndef HAVE_SECCOMP
  g_assert_nonnull (strstr (domuimg_confined_get_missing (confined), "seccomp"));
  g_test_skip ("built without libseccomp");
  return;
#endif
  for (guint i = 0; i < G_N_ELEMENTS (attacks); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *result = ask (confined, attacks[i], &error);

      g_assert_no_error (error);
      g_test_message ("%s: %s", attacks[i], result);
      g_assert_cmpstr (result, ==, "refused");
    }
  g_assert_false (g_file_test (to_create, G_FILE_TEST_EXISTS));
}

/* It reads files and has sockets, and no more. */
static void
test_client_attacks (void)
{
  static const char *const refused[] = { "create", "exec", "fork", "kill", "ptrace", "mmap-shared" };
  g_autoptr (DomuimgConfined) confined = start_client ();
  g_autofree char *file = ask (confined, "open", NULL);
  g_autofree char *id = ask (confined, "id", NULL);

  g_assert_cmpstr (file, ==, "done");
  g_assert_cmpstr (id, ==, "nobody");
#ifndef HAVE_SECCOMP
  g_test_skip ("built without libseccomp");
  return;
#endif
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autofree char *result = ask (confined, refused[i], NULL);

      g_test_message ("%s: %s", refused[i], result);
      g_assert_cmpstr (result, ==, "refused");
    }
}

static void
test_rights (void)
{
  g_autoptr (DomuimgConfined) confined = start ();
  g_autofree char *id = ask (confined, "id", NULL);

  g_assert_cmpstr (id, ==, "nobody");
#ifndef __SANITIZE_ADDRESS__
  {
    g_autofree char *memory = ask (confined, "memory", NULL);

    g_assert_cmpstr (memory, ==, "refused");
  }
#endif
}

/* The value of a line of /proc/PID/status. */
static char *
status_of (const char *pid, const char *name)
{
  g_autofree char *path = g_strconcat ("/proc/", pid, "/status", NULL);
  g_autofree char *text = NULL;
  g_autofree char *start = g_strconcat ("\n", name, ":\t", NULL);
  const char *found;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  found = strstr (text, start);
  g_assert_nonnull (found);
  found += strlen (start);
  return g_strndup (found, strcspn (found, "\n"));
}

static char *
namespace_of (const char *pid, const char *name)
{
  g_autofree char *path = g_strconcat ("/proc/", pid, "/ns/", name, NULL);

  return g_file_read_link (path, NULL);
}

static void
check_namespaces (const char *pid, const char *const *names)
{
  for (; *names != NULL; names++)
    {
      g_autofree char *theirs = namespace_of (pid, *names);
      g_autofree char *ours = namespace_of ("self", *names);

      /* Only root sees them. */
      if (theirs != NULL)
        g_assert_cmpstr (theirs, !=, ours);
    }
}

/* What the kernel says of the process, which is not asked itself. */
static void
check_status (const DomuimgConfinement *how, const char *const *namespaces)
{
  static const char *const none[] = { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" };
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgConfined) confined = domuimg_confined_start (how, &error);
  const char *missing = domuimg_confined_get_missing (confined);
  g_autofree char *pid = ask (confined, "pid", NULL);
  g_autofree char *privileges = status_of (pid, "NoNewPrivs");
  g_autofree char *filter = status_of (pid, "Seccomp");

  g_test_message ("missing: %s", missing);
  for (guint i = 0; i < G_N_ELEMENTS (none); i++)
    {
      g_autofree char *mask = status_of (pid, none[i]);

      g_test_message ("%s: %s", none[i], mask);
      g_assert_cmpstr (mask, ==, "0000000000000000");
    }
  g_assert_cmpstr (privileges, ==, "1");
  if (how->profile != DOMUIMG_CONFINED_KEEPER && strstr (missing, "seccomp") == NULL)
    g_assert_cmpstr (filter, ==, "2");
  if (strstr (missing, "namespaces") == NULL)
    check_namespaces (pid, namespaces);
  g_assert_true (domuimg_confined_require (confined, &error) == (*missing == '\0'));
  if (*missing != '\0')
    g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED);
}

static void
test_status (void)
{
  static const char *const all[] = { "net", "mnt", "ipc", "uts", NULL };
  DomuimgConfinement how = { .task = "is tested", .uid = 65534, .serve = serve };

  check_status (&how, all);
  how.profile = DOMUIMG_CONFINED_KEEPER;
  check_status (&how, all);
  how.profile = DOMUIMG_CONFINED_CLIENT;
  check_status (&how, all + 1);
}

/* Each file alone would be small enough. */
static void
test_results_have_a_limit (void)
{
  g_autofree char *first = NULL, *second = NULL;
  DomuimgConfinement how = { .task = "is tested", .uid = 65534, .serve = serve };
  g_autoptr (DomuimgConfined) confined = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *answer = NULL;

  results[0] = g_file_open_tmp (NULL, &first, NULL);
  results[1] = g_file_open_tmp (NULL, &second, NULL);
  g_unlink (first);
  g_unlink (second);
  how.fds = results;
  how.n_fds = G_N_ELEMENTS (results);
  how.results[how.n_results++] = results[0];
  how.results[how.n_results++] = results[1];
  how.results_max = 16 << 20;
  confined = domuimg_confined_start (&how, &error);
  g_assert_no_error (error);
  answer = ask (confined, "fill", &error);
  g_assert_null (answer);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NO_SPACE);
  close (results[0]);
  close (results[1]);
}

static void
ask_to_spin (void)
{
  const DomuimgConfinement how
      = { .task = "is tested", .uid = 65534, .serve = serve, .fds = &spinning, .n_fds = 1 };
  g_autoptr (DomuimgConfined) confined = domuimg_confined_start (&how, NULL);

  g_free (ask (confined, "spin", NULL));
}

/* Who started it is killed, which tells nobody, while it is busy. */
static void
test_orphan (void)
{
  int ends[2];
  pid_t parent;
  char byte;

  g_assert_no_errno (pipe2 (ends, O_CLOEXEC));
  spinning = ends[1];
  parent = fork ();
  if (parent == 0)
    {
      ask_to_spin ();
      _exit (1);
    }
  close (ends[1]);
  g_assert_cmpint (read (ends[0], &byte, 1), ==, 1);
  g_assert_no_errno (kill (parent, SIGKILL));
  g_assert_cmpint (waitpid (parent, NULL, 0), ==, parent);
  {
    GPollFD gone = { .fd = ends[0], .events = G_IO_IN };

    g_assert_cmpint (g_poll (&gone, 1, 10000), ==, 1);
  }
  g_assert_cmpint (read (ends[0], &byte, 1), ==, 0);
  close (ends[0]);
}

static void
test_death (void)
{
  g_autoptr (DomuimgConfined) confined = start ();
  g_autoptr (GError) error = NULL;
  g_autofree char *result = ask (confined, "die", &error);

  g_assert_null (result);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_UNSAFE_INPUT);
}

static void
test_cancel (void)
{
  g_autoptr (DomuimgConfined) confined = start ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GBytes) request = g_bytes_new ("id", 2);
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_null (domuimg_confined_ask (confined, request, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static DomuimgMenu *
make_menu (void)
{
  DomuimgMenu *menu = domuimg_menu_new (DOMUIMG_MENU_GRUB2, "boot/grub/grub.cfg");
  DomuimgMenuEntry *entry = domuimg_menu_entry_new ();

  menu->default_entry = 0;
  menu->timeout = 7;
  g_free (entry->title);
  entry->title = g_strdup ("A \033[31mtitle");
  entry->kernel = g_strdup ("/boot/vmlinuz");
  g_free (entry->cmdline);
  entry->cmdline = g_strdup ("root=/dev/xvda1 \xff");
  g_ptr_array_add (entry->initrds, g_strdup ("/a"));
  g_ptr_array_add (entry->initrds, g_strdup ("/b"));
  g_ptr_array_add (menu->entries, entry);
  return menu;
}

static void
test_menu_travels (void)
{
  g_autoptr (DomuimgMenu) menu = make_menu (), back = NULL;
  g_autoptr (GBytes) bytes = domuimg_bootloader_menu_write (menu);
  g_autoptr (GError) error = NULL;
  DomuimgMenuEntry *entry;

  back = domuimg_bootloader_menu_read (bytes, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (back->timeout, ==, 7);
  g_assert_cmpint (back->default_entry, ==, 0);
  entry = g_ptr_array_index (back->entries, 0);
  g_assert_cmpstr (entry->cmdline, ==, "root=/dev/xvda1 \xff");
  g_assert_cmpuint (entry->initrds->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (entry->initrds, 1), ==, "/b");
}

static void
test_menu_refused (void)
{
  g_autoptr (DomuimgMenu) menu = make_menu (), back = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  menu->default_entry = 1;
  bytes = domuimg_bootloader_menu_write (menu);
  back = domuimg_bootloader_menu_read (bytes, &error);
  g_assert_null (back);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_UNSAFE_INPUT);
}

static void
test_errors_travel (void)
{
  g_autoptr (GError) sent = g_error_new (DOMUIMG_ERROR, DOMUIMG_ERROR_NO_SPACE, "full\033[2J");
  g_autoptr (GBytes) bytes = domuimg_bootloader_error_write (sent);
  g_autoptr (GError) error = NULL, second = NULL;
  DomuimgBootloaderLoaded loaded;

  g_assert_false (domuimg_bootloader_loaded_read (bytes, &loaded, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NO_SPACE);
  g_assert_cmpstr (error->message, ==, "full [2J");
  g_assert_null (domuimg_bootloader_menu_read (bytes, &second));
  g_assert_error (second, DOMUIMG_ERROR, DOMUIMG_ERROR_NO_SPACE);
}

static void
test_output (void)
{
  g_autoptr (GBytes) simple0
      = domuimg_output_format (DOMUIMG_OUTPUT_SIMPLE0, "/k", "/r", "a b", NULL);
  g_autoptr (GBytes) sxp = domuimg_output_format (DOMUIMG_OUTPUT_SXP, "/k", NULL, "it's", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpmem (g_bytes_get_data (simple0, NULL), g_bytes_get_size (simple0),
                   "kernel /k\0ramdisk /r\0args a b\0", 31);
  g_assert_cmpmem (g_bytes_get_data (sxp, NULL), g_bytes_get_size (sxp),
                   "linux (kernel '/k')(args \"it's\")", 32);
  g_assert_null (domuimg_output_format (DOMUIMG_OUTPUT_SIMPLE, "/k", NULL, "a\nb", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
}

static void
test_options (void)
{
  char *argv[] = { (char *) "bl", (char *) "--output=/o", (char *) "--output-format=simple0",
                   (char *) "--output-directory=/d", (char *) "--args=x", (char *) "--entry",
                   (char *) "2", (char *) "--require-confinement", (char *) "/disk", (char *) "--offset=1048576", NULL };
  g_auto (DomuimgBootloaderOptions) options = { NULL };
  g_autoptr (GError) error = NULL;

  g_assert_true (domuimg_bootloader_options_parse (&options, argv, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (options.disk, ==, "/disk");
  g_assert_cmpstr (options.entry, ==, "2");
  g_assert_true (options.quiet);
  g_assert_cmpint (options.offset, ==, 1048576);
  g_assert_cmpint (options.runas, ==, -1);
  g_assert_true (options.require);
  g_assert_cmpint (options.format, ==, DOMUIMG_OUTPUT_SIMPLE0);
}

static void
test_options_refused (void)
{
  static const char *const wrong[] = { "--output-format=xml", "--runas=me", "--offset=-1", "--nope" };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      char *argv[] = { (char *) "bl", (char *) wrong[i], (char *) "/disk", NULL };
      g_auto (DomuimgBootloaderOptions) options = { NULL };
      g_autoptr (GError) error = NULL;

      g_assert_false (domuimg_bootloader_options_parse (&options, argv, &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
    }
}

static void
check_line (const char *line, const char *expected, gboolean is_dir, guint64 bytes)
{
  g_autofree char *name = NULL;
  gboolean directory = FALSE;
  guint64 size = 0;

  g_assert_true (domuimg_tree_helper_parse_line (line, &name, &directory, &size));
  g_assert_cmpstr (name, ==, expected);
  g_assert_cmpint (directory, ==, is_dir);
  g_assert_cmpuint (size, ==, bytes);
}

static void
test_lists (void)
{
  g_autofree char *name = NULL;
  gboolean directory;
  guint64 size;

  check_line ("300000       20261123195942 a b", "a b", FALSE, 300000);
  check_line ("DIR          20261123195942 grub/", "grub", TRUE, 0);
  check_line ("12           vmlinuz", "vmlinuz", FALSE, 12);
  g_assert_false (domuimg_tree_helper_parse_line ("DIR   20261123195942 ../", &name, &directory,
                                                  &size));
  g_assert_false (domuimg_tree_helper_parse_line ("5 20261123195942 a/b", &name, &directory, &size));
  g_assert_false (domuimg_tree_helper_parse_line ("error: x", &name, &directory, &size));
  g_assert_false (domuimg_tree_helper_parse_line ("", &name, &directory, &size));
}

int
main (int argc, char **argv)
{
  g_autofree char *directory = g_dir_make_tmp (NULL, NULL);
  g_autofree char *path = g_build_filename (directory, "attack", NULL);
  int status;

  to_create = path;
  /* Whoever the process is then, it is not the directory that refuses it. */
  g_chmod (directory, 0777);
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/bootloader/confined/refuses-attacks", NULL, test_attacks);
  g_test_add_data_func ("/bootloader/confined/refuses-attacks-of-a-thread", "thread", test_attacks);
  g_test_add_func ("/bootloader/confined/attacks-of-the-client", test_client_attacks);
  g_test_add_func ("/bootloader/confined/has-no-rights", test_rights);
  g_test_add_func ("/bootloader/confined/dies-with-its-parent", test_orphan);
  g_test_add_func ("/bootloader/confined/death-is-an-error", test_death);
  g_test_add_func ("/bootloader/confined/cancelled", test_cancel);
  g_test_add_func ("/bootloader/message/menu-travels", test_menu_travels);
  g_test_add_func ("/bootloader/message/wrong-default-is-refused", test_menu_refused);
  g_test_add_func ("/bootloader/message/errors-travel", test_errors_travel);
  g_test_add_func ("/bootloader/output/formats", test_output);
  g_test_add_func ("/bootloader/options/xl-and-pygrub", test_options);
  g_test_add_func ("/bootloader/options/wrong-are-refused", test_options_refused);
  g_test_add_func ("/bootloader/helper/lists", test_lists);
  g_test_add_func ("/bootloader/confined/status", test_status);
  g_test_add_func ("/bootloader/confined/results-have-a-limit", test_results_have_a_limit);
  status = g_test_run ();
  g_rmdir (directory);
  return status;
}
