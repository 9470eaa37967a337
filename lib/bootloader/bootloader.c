/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* domuimg-bootloader from its arguments to its answer: the process that has rights. */
#include "config.h"
#include "lib/bootloader/bootloader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/bootloader/confine.h"
#include "lib/bootloader/console.h"
#include "lib/bootloader/hand-out.h"
#include "lib/bootloader/helper.h"
#include "lib/bootloader/network.h"
#include "lib/bootloader/reader.h"
#include "lib/bootloader/save.h"

#define NOBODY 65534

/* Xen's protocol for boot loaders: see tools/libs/light/libxl_bootloader.c of Xen 4.17. The disk is
 * read by a confined process; here are the guest's console and the files that libxl takes. */

typedef struct {
  DomuimgBootloaderOptions options;
  int disk;
  int channels[2];           /* between the reader and the helper */
  DomuimgOutputFile files[3]; /* two for the kernel, the ramdisk */
  DomuimgConfined *helper;   /* (nullable) */
  DomuimgConfined *reader;
  DomuimgMenu *menu;         /* (nullable) */
  GCancellable *cancellable;
} Bootloader;

static void
bootloader_clear (Bootloader *self)
{
  g_clear_pointer (&self->reader, domuimg_confined_free);
  g_clear_pointer (&self->helper, domuimg_confined_free);
  g_clear_pointer (&self->menu, domuimg_menu_free);
  for (guint i = 0; i < G_N_ELEMENTS (self->files); i++)
    domuimg_output_file_clear (&self->files[i]);
  for (guint i = 0; i < 2; i++)
    domuimg_fd_clear (&self->channels[i]);
  domuimg_fd_clear (&self->disk);
  domuimg_bootloader_options_clear (&self->options);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Bootloader, bootloader_clear)

static gboolean
open_files (Bootloader *self, GError **error)
{
  const DomuimgBootloaderOptions *options = &self->options;

  self->disk = open (options->disk, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (self->disk < 0)
    return domuimg_set_errno (error, errno, "%s", options->disk);
  if (options->dry || options->list || options->is_config)
    return TRUE;
  if (g_mkdir_with_parents (options->directory, 0700) != 0)
    return domuimg_set_errno (error, errno, "making %s", options->directory);
  for (guint i = 0; i < G_N_ELEMENTS (self->files); i++)
    if (!domuimg_output_file_open (&self->files[i], options->directory, error))
      return FALSE;
  return TRUE;
}

static gboolean
tell_missing (Bootloader *self, DomuimgConfined *process, GError **error)
{
  const char *missing = domuimg_confined_get_missing (process);

  if (self->options.require)
    return domuimg_confined_require (process, error);
  if (*missing != '\0')
    domuimg_output_say ("the disk is read with less confinement: %s", missing);
  return TRUE;
}

/* FALSE where there is none, or it cannot be had. */
static gboolean
start_helper (Bootloader *self)
{
  g_autoptr (GError) error = NULL;

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, self->channels) != 0)
    return FALSE;
  self->helper = domuimg_helper_start (self->disk, self->channels[1], &error);
  domuimg_fd_clear (&self->channels[1]);
  if (self->helper != NULL && !tell_missing (self, self->helper, &error))
    g_clear_pointer (&self->helper, domuimg_confined_free);
  if (self->helper != NULL)
    return TRUE;
  if (error != NULL)
    domuimg_output_say ("grub-fstest: %s", error->message);
  domuimg_fd_clear (&self->channels[0]);
  return FALSE;
}

static gboolean
start_reader (Bootloader *self, GError **error)
{
  DomuimgXenVersion version = domuimg_xen_version_of_host (NULL);
  DomuimgReaderSetup setup = {
    .disk = self->disk,
    .name = self->options.disk,
    .offset = self->options.offset,
    .is_config = self->options.is_config,
    .kernels = { self->files[0].fd, self->files[1].fd },
    .ramdisk = self->files[2].fd,
    .helper = self->channels[0],
    .xen = { version, domuimg_xen_tools_get_codecs ("", version) },
  };
  g_autoptr (DomuimgReader) reader = domuimg_reader_new (&setup);
  int fds[5];
  DomuimgConfinement how = {
    .profile = DOMUIMG_CONFINED_STRICT,
    .task = "reads the guest's disk",
    .uid = self->options.runas >= 0 ? (guint32) self->options.runas : NOBODY,
    .fds = fds,
    .begin = domuimg_reader_begin,
    .serve = domuimg_reader_serve,
    .data = reader,
  };
  const int candidates[]
      = { setup.disk, setup.kernels[0], setup.kernels[1], setup.ramdisk, setup.helper };

  for (guint i = 0; i < G_N_ELEMENTS (candidates); i++)
    if (candidates[i] >= 0)
      fds[how.n_fds++] = candidates[i];
  for (guint i = 0; i < G_N_ELEMENTS (self->files); i++)
    if (self->files[i].fd >= 0)
      how.results[how.n_results++] = self->files[i].fd;
  self->reader = domuimg_confined_start (&how, error);
  domuimg_fd_clear (&self->channels[0]);
  return self->reader != NULL && tell_missing (self, self->reader, error);
}

static GBytes *
ask (Bootloader *self, const DomuimgBootloaderRequest *request, GError **error)
{
  g_autoptr (GBytes) bytes = domuimg_bootloader_request_write (request);

  return domuimg_confined_ask (self->reader, bytes, self->cancellable, error);
}

/* Begins again with the helper, which most guests do not need: what is asked for was not found
 * without it. FALSE where that changes nothing. */
static gboolean
begin_with_helper (Bootloader *self, GError **error)
{
  if (self->helper != NULL || self->options.is_config
      || !(g_error_matches (*error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND)
           || g_error_matches (*error, DOMUIMG_ERROR, DOMUIMG_ERROR_MISSING_TOOL))
      || !start_helper (self))
    return FALSE;
  g_clear_error (error);
  g_clear_pointer (&self->reader, domuimg_confined_free);
  for (guint i = 0; i < G_N_ELEMENTS (self->files); i++)
    if (self->files[i].fd >= 0
        && (ftruncate (self->files[i].fd, 0) != 0 || lseek (self->files[i].fd, 0, SEEK_SET) < 0))
      return domuimg_set_errno (error, errno, "emptying a copy");
  return start_reader (self, error);
}

static gboolean
ask_for_menu (Bootloader *self, GError **error)
{
  const DomuimgBootloaderRequest request = { FALSE };
  g_autoptr (GBytes) answer = ask (self, &request, error);

  if (answer == NULL)
    return FALSE;
  g_clear_pointer (&self->menu, domuimg_menu_free);
  self->menu = domuimg_bootloader_menu_read (answer, error);
  if (self->menu == NULL)
    return FALSE;
  if (self->menu->entries->len > 0)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: /%s has no entry that can be booted",
                       self->options.disk, self->menu->path);
}

static gboolean
find_menu (Bootloader *self, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (!ask_for_menu (self, &local)
      && (!begin_with_helper (self, &local) || !ask_for_menu (self, &local)))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (self->options.debug)
    for (guint i = 0; i < self->menu->problems->len; i++)
      {
        g_autofree char *text
            = domuimg_bootloader_plain (g_ptr_array_index (self->menu->problems, i));

        domuimg_output_say ("%s", text);
      }
  return TRUE;
}

static gboolean
print_entries (Bootloader *self, GError **error)
{
  GString *text = g_string_new (NULL);
  g_autoptr (GBytes) bytes = NULL;

  for (guint i = 0; i < self->menu->entries->len; i++)
    {
      DomuimgMenuEntry *entry = g_ptr_array_index (self->menu->entries, i);
      g_autofree char *initrds = NULL;
      g_autoptr (GPtrArray) paths = g_ptr_array_copy (entry->initrds, NULL, NULL);
      const char *values[5];
      static const char *const names[] = { "title", "  root", "  kernel", "  args", "  initrd" };

      g_ptr_array_set_free_func (paths, NULL);
      g_ptr_array_add (paths, NULL);
      initrds = g_strjoinv (" ", (char **) paths->pdata);
      values[0] = entry->title;
      values[1] = entry->root_hint;
      values[2] = entry->kernel;
      values[3] = entry->cmdline;
      values[4] = *initrds != '\0' ? initrds : NULL;
      for (guint j = 0; j < G_N_ELEMENTS (names); j++)
        {
          g_autofree char *plain = domuimg_bootloader_plain (values[j] != NULL ? values[j] : "None");

          g_string_append_printf (text, "%s: %s\n", names[j], plain);
        }
    }
  bytes = g_string_free_to_bytes (text);
  return domuimg_output_write (NULL, bytes, error);
}

/* By number, id or title. */
static int
find_entry (Bootloader *self, GError **error)
{
  guint64 number;
  int index;

  if (g_ascii_string_to_unsigned (self->options.entry, 10, 0, self->menu->entries->len - 1,
                                  &number, NULL))
    return (int) number;
  index = domuimg_menu_find_entry (self->menu, self->options.entry);
  if (index < 0)
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: its boot menu has no entry “%s”",
                  self->options.disk, self->options.entry);
  return index;
}

/* -1 with the error. */
static int
choose (Bootloader *self, GError **error)
{
  if (self->options.entry != NULL)
    return find_entry (self, error);
  return domuimg_console_choose (self->menu, self->options.quiet, self->cancellable, error);
}

/* Names a file of the guest as pygrub's -n and --isconfig do. */
static char *
name_of_guest (const char *what, const char *path)
{
  return path != NULL ? g_strdup_printf ("<%s:%s>", what, path) : NULL;
}

static gboolean
print_choice (Bootloader *self, const DomuimgMenuEntry *entry, const char *args, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GBytes) bytes = NULL;

  g_string_append_printf (text, "  kernel: %s\n", entry->kernel != NULL ? entry->kernel : "None");
  for (guint i = 0; i < entry->initrds->len; i++)
    g_string_append_printf (text, "  initrd: %s\n",
                            (const char *) g_ptr_array_index (entry->initrds, i));
  g_string_append_printf (text, "  args: %s\n", args != NULL ? args : "");
  bytes = g_bytes_new (text->str, text->len);
  return domuimg_output_write (NULL, bytes, error);
}

static gboolean
answer_dry (Bootloader *self, const char *kernel, const char *ramdisk, const char *args,
            GError **error)
{
  g_autofree char *shown = name_of_guest ("kernel", kernel);
  g_autofree char *shown_ramdisk = name_of_guest ("ramdisk", ramdisk);
  g_autoptr (GBytes) text
      = domuimg_output_format (self->options.format, shown, shown_ramdisk, args, error);

  return text != NULL && domuimg_output_write (self->options.output, text, error);
}

static gboolean
ask_for_files (Bootloader *self, const DomuimgBootloaderRequest *request,
               DomuimgBootloaderLoaded *loaded, GError **error)
{
  g_autoptr (GBytes) answer = ask (self, request, error);

  return answer != NULL && domuimg_bootloader_loaded_read (answer, loaded, error);
}

/* A menu may name files on a filesystem that only the helper reads. */
static gboolean
load_files (Bootloader *self, const DomuimgBootloaderRequest *request,
            DomuimgBootloaderLoaded *loaded, GError **error)
{
  const DomuimgBootloaderRequest menu = { FALSE };
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) again = NULL;

  if (ask_for_files (self, request, loaded, &local))
    return TRUE;
  /* The reader knows no menu before it was asked for it; ours may have been edited, and stays. */
  if (begin_with_helper (self, &local)
      && (request->kernel != NULL || (again = ask (self, &menu, &local)) != NULL)
      && ask_for_files (self, request, loaded, &local))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static void
tell_unsaved (const char *what)
{
  g_autofree char *plain = domuimg_bootloader_plain (what);

  domuimg_output_say ("what the menu saves is not written: %s%s", plain,
                      g_str_has_prefix (what, "next_entry")
                          ? "; the entry that is to be booted once is booted every time"
                          : "");
}

static void
name_saves (const GPtrArray *saves, const char *why, GPtrArray *notes)
{
  for (guint i = 0; i < saves->len; i++)
    g_ptr_array_add (notes,
                     g_strdup_printf ("%s: %s", ((DomuimgBootloaderSave *) saves->pdata[i])->name, why));
}

/* What GRUB would write to the disk before it starts the entry, even one that then does not start. No
 * failure keeps a guest from its boot. */
static void
save (Bootloader *self, guint index)
{
  const DomuimgBootloaderRequest request = { .saves = TRUE, .entry = index };
  g_autoptr (GPtrArray) saves = g_ptr_array_new_with_free_func (domuimg_bootloader_save_free);
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) answer = ask (self, &request, &error);

  if (answer == NULL || !domuimg_bootloader_saves_read (answer, saves, notes, &error))
    g_ptr_array_add (notes, g_strdup (error->message));
  else if (self->options.dry || self->options.read_only)
    name_saves (saves, self->options.dry ? "--not-really" : "--read-only", notes);
  else if (saves->len > 0 && !domuimg_bootloader_save (self->options.disk, self->disk, saves, &error))
    name_saves (saves, error->message, notes);
  for (guint i = 0; i < notes->len; i++)
    tell_unsaved (g_ptr_array_index (notes, i));
}

static gboolean
load (Bootloader *self, guint index, const DomuimgMenuEntry *entry, GError **error)
{
  const DomuimgBootloaderOptions *options = &self->options;
  DomuimgBootloaderRequest request = { .load = TRUE, .entry = index, .kernel = options->kernel,
                                       .ramdisk = options->ramdisk, .dry = options->dry };
  g_autofree char *args = domuimg_bootloader_join_args (entry != NULL ? entry->cmdline : NULL, options->args);
  DomuimgBootloaderLoaded loaded = { 0 };
  g_autofree char *note = NULL;

  if (!load_files (self, &request, &loaded, error))
    return FALSE;
  note = loaded.note;
  if (options->dry)
    return answer_dry (self, entry != NULL ? entry->kernel : options->kernel,
                       entry == NULL           ? options->ramdisk
                       : entry->initrds->len > 0 ? g_ptr_array_index (entry->initrds, 0)
                                                 : NULL,
                       args, error);
  if (note != NULL)
    {
      g_autofree char *plain = domuimg_bootloader_plain (note);

      domuimg_output_say ("the kernel was %s", plain);
    }
  return domuimg_bootloader_hand_out (options, &self->files[loaded.slot],
                                      loaded.has_ramdisk ? &self->files[2] : NULL, args,
                                      self->cancellable, error);
}

static gboolean
run (Bootloader *self, GError **error)
{
  const DomuimgMenuEntry *entry;
  int index;

  if (!open_files (self, error) || !start_reader (self, error))
    return FALSE;
  if (self->options.kernel != NULL)
    return load (self, 0, NULL, error);
  if (!find_menu (self, error))
    return FALSE;
  if (self->options.list)
    return print_entries (self, error);
  index = choose (self, error);
  if (index < 0)
    return FALSE;
  entry = g_ptr_array_index (self->menu->entries, index);
  if (self->options.is_config)
    {
      g_autofree char *args = domuimg_bootloader_join_args (entry->cmdline, self->options.args);

      return print_choice (self, entry, args, error);
    }
  if (entry->has_saves)
    save (self, index);
  return load (self, index, entry, error);
}

gboolean
domuimg_bootloader_run (char **argv, GCancellable *cancellable, GError **error)
{
  g_auto (Bootloader) self = { .disk = -1, .channels = { -1, -1 }, .cancellable = cancellable };
  g_autoptr (GBytes) help = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (self.files); i++)
    self.files[i].fd = -1;
  if (!domuimg_bootloader_options_parse (&self.options, argv, error))
    return FALSE;
  if (self.options.help == NULL && self.options.network)
    return domuimg_network_exec (argv, error);
  if (self.options.help == NULL)
    return run (&self, error);
  help = g_bytes_new_static (self.options.help, strlen (self.options.help));
  return domuimg_output_write (NULL, help, error);
}
