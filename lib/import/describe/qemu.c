/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/import/describe/parts.h"
#include "lib/import/describe/qemu.h"
#include "lib/import/describe/words.h"

/* A command line of QEMU, as qemu(1) says, in a file. */

gboolean
domuimg_qemu_is_program (const char *word)
{
  const char *slash = strrchr (word, '/');
  const char *base = slash != NULL ? slash + 1 : word;

  return g_str_has_prefix (base, "qemu-system-") || g_str_equal (base, "qemu-kvm")
         || g_str_equal (base, "kvm");
}

static gboolean
takes_no_value (const char *option)
{
  static const char *const flags[]
      = { "enable-kvm",  "nographic",     "usb",           "snapshot",       "no-reboot",
          "no-shutdown", "daemonize",     "S",             "s",              "no-acpi",
          "no-hpet",     "nodefaults",    "no-user-config", "localtime",     "full-screen",
          "no-quit",     "mem-prealloc",  "only-migratable", "no-fd-bootchk", "win2k-hack",
          "no-kvm",      "preconfig",     "sdl",           "curses",         "alt-grab",
          "ctrl-grab",   "no-frame",      "singlestep",    "nodefconfig",    "enable-fips",
          "portrait",    "h",             "help",          "version",        NULL };

  return g_strv_contains (flags, option);
}

static void
take_smp (DomuimgQemu *self, const char *value)
{
  DomuimgHardware *hardware = self->hardware;
  g_autofree char *first = domuimg_hardware_option (value, "");
  g_autofree char *cpus = domuimg_hardware_option (value, "cpus");
  g_autofree char *sockets = domuimg_hardware_option (value, "sockets");
  g_autofree char *cores = domuimg_hardware_option (value, "cores");
  g_autofree char *threads = domuimg_hardware_option (value, "threads");
  guint n[] = { domuimg_hardware_count (sockets), domuimg_hardware_count (cores),
                domuimg_hardware_count (threads) };
  guint64 all = 1;

  hardware->vcpus = domuimg_hardware_count (cpus != NULL ? cpus : first);
  for (guint i = 0; i < G_N_ELEMENTS (n); i++)
    all *= MAX (n[i], 1);
  if (hardware->vcpus == 0)
    hardware->vcpus = MIN (all, DOMUIMG_HARDWARE_VCPUS_MAX);
  domuimg_hardware_set_topology (hardware, n[0], n[1], n[2]);
}

static void
take_memory (DomuimgQemu *self, const char *value)
{
  g_autofree char *size = domuimg_hardware_option (value, "size");
  g_autofree char *first = domuimg_hardware_option (value, "");

  self->hardware->memory = domuimg_hardware_size (size != NULL ? size : first, 1 << 20);
}

static void
take_name (DomuimgQemu *self, const char *value)
{
  g_autofree char *guest = domuimg_hardware_option (value, "guest");
  g_autofree char *first = domuimg_hardware_option (value, "");

  g_free (self->hardware->name);
  self->hardware->name = domuimg_hardware_some (guest != NULL ? guest : first);
}

static void
set_graphics (DomuimgQemu *self, const char *graphics)
{
  g_free (self->hardware->graphics);
  self->hardware->graphics = g_strdup (graphics);
}

static void
take_display (DomuimgQemu *self, const char *value)
{
  g_autofree char *kind = domuimg_hardware_option (value, "");

  if (g_strcmp0 (kind, "none") == 0 || g_strcmp0 (kind, "curses") == 0)
    set_graphics (self, "none");
  else if (g_strcmp0 (kind, "vnc") == 0)
    set_graphics (self, "vnc");
}

static void
take_serial (DomuimgQemu *self, const char *value)
{
  static const char *const consoles[] = { "stdio", "mon:stdio", "none", "pty", "vc", "null", NULL };

  if (!g_strv_contains (consoles, value))
    domuimg_hardware_note_unmapped (self->hardware, "the serial port (%s) is left out", value);
}

static gboolean
note_option (DomuimgQemu *self, const char *option, const char *value)
{
  static const struct {
    const char *option;
    const char *what;
  } options[] = {
    { "kernel", "the machine was started with the kernel %s, which is not on its disks, and is left"
                " out" },
    { "initrd", "the initramfs %s, which is not on its disks, is left out" },
    { "append", "the kernel's command line “%s”, which is not on its disks, is left out" },
    { "soundhw", "the sound card (%s) is left out" },
    { "parallel", "the parallel port (%s) is left out" },
    { "virtfs", "the shared folder (%s) is left out" },
    { "fsdev", "the shared folder (%s) is left out" },
    { "tpmdev", "the TPM (%s) is left out, with the keys in it" },
    { "usbdevice", "the USB device %s is left out" },
    { "watchdog", "the watchdog %s is left out" },
    { "fda", "the floppy %s is left out" },
    { "fdb", "the floppy %s is left out" },
    { "loadvm", "the snapshot %s is left out" },
    { "sd", "the SD card %s is left out" },
    { "mtdblock", "the flash %s is left out" },
    { "readconfig", "the settings in the file %s are left out" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    if (g_str_equal (option, options[i].option))
      {
        g_autoptr (GString) note = g_string_new (options[i].what);

        g_string_replace (note, "%s", value, 1);
        domuimg_hardware_note_unmapped (self->hardware, "%s", note->str);
        return TRUE;
      }
  return FALSE;
}

static void
take_flag (DomuimgQemu *self, const char *option)
{
  if (g_str_equal (option, "nographic"))
    set_graphics (self, "none");
  else if (g_str_equal (option, "nodefaults"))
    self->has_no_default_nic = TRUE;
  else if (g_str_equal (option, "localtime"))
    self->hardware->is_localtime = TRUE;
  else if (g_str_equal (option, "usb"))
    domuimg_hardware_note_unmapped (self->hardware, "the USB controller is left out");
  else if (g_str_equal (option, "snapshot"))
    domuimg_hardware_note_unmapped (self->hardware, "the disks forgot changes at power off"
                                    " (-snapshot); they keep them now");
}

static void
take_boot (DomuimgQemu *self, const char *value)
{
  g_autofree char *order = domuimg_hardware_option (value, "order");
  g_autofree char *first = domuimg_hardware_option (value, "");

  /* Hard disks are at C in any case; what is not said stays in the order of the devices. */
  if ((order != NULL && *order == 'n') || (first != NULL && *first == 'n'))
    domuimg_hardware_note_unmapped (self->hardware, "the boot from the network is left out");
}

static void
take_option (DomuimgQemu *self, const char *option, const char *value)
{
  g_autofree char *base = NULL;

  if (domuimg_qemu_take_device (self, option, value) || note_option (self, option, value))
    return;
  if (g_str_equal (option, "m"))
    take_memory (self, value);
  else if (g_str_equal (option, "smp"))
    take_smp (self, value);
  else if (g_str_equal (option, "name"))
    take_name (self, value);
  else if (g_str_equal (option, "vnc"))
    set_graphics (self, g_str_equal (value, "none") ? "none" : "vnc");
  else if (g_str_equal (option, "spice"))
    set_graphics (self, "spice");
  else if (g_str_equal (option, "display"))
    take_display (self, value);
  else if (g_str_equal (option, "bios") || g_str_equal (option, "pflash"))
    domuimg_qemu_take_firmware (self, value);
  else if (g_str_equal (option, "serial"))
    take_serial (self, value);
  else if (g_str_equal (option, "boot"))
    take_boot (self, value);
  else if (g_str_equal (option, "rtc"))
    {
      base = domuimg_hardware_option (value, "base");
      self->hardware->is_localtime = g_strcmp0 (base, "localtime") == 0;
    }
}

/* Whether something of the shell's would have become something else. */
static void
note_variable (DomuimgQemu *self, const char *option, const char *value)
{
  static const char *const without_matter[] = { "cpu", "monitor", "qmp", "pidfile", "D", "d",
                                                "chardev", "object", "k", "runas", "trace", NULL };

  if (strpbrk (value, "$`") != NULL && !g_strv_contains (without_matter, option))
    domuimg_hardware_note_unmapped (self->hardware, "the value of -%s has a variable of the shell,"
                                    " whose content is not known: %s", option, value);
}

static void
take_words (DomuimgQemu *self, char **words)
{
  for (guint i = 1; words[i] != NULL; i++)
    {
      const char *option = words[i] + strspn (words[i], "-");

      if (words[i][0] == '$')
        domuimg_hardware_note_unmapped (self->hardware, "a part of the command is in a variable of"
                                        " the shell and not known: %s", words[i]);
      else if (words[i][0] != '-')
        {
          note_variable (self, "hda", words[i]);
          domuimg_qemu_take_device (self, "hda", words[i]);
        }
      else if (takes_no_value (option))
        take_flag (self, option);
      else if (words[i + 1] != NULL)
        {
          i++;
          note_variable (self, option, words[i]);
          take_option (self, option, words[i]);
        }
    }
}

static void
note_architecture (DomuimgQemu *self, const char *program)
{
  const char *found = strstr (program, "qemu-system-");
  const char *architecture = found != NULL ? found + strlen ("qemu-system-") : "x86_64";

  domuimg_hardware_set_architecture (self->hardware, architecture);
}

static gboolean
read_command (const char *plain, const char *name, DomuimgHardware *hardware, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_auto (GStrv) words
      = domuimg_words_find_command (plain, name, domuimg_qemu_is_program, &local);
  DomuimgQemu qemu = { .hardware = hardware, .name = name };
  gboolean ok;

  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (words == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: there is no command of QEMU in it", name);
  hardware->firmware = DOMUIMG_FIRMWARE_BIOS;
  domuimg_qemu_init_devices (&qemu);
  note_architecture (&qemu, words[0]);
  take_words (&qemu, words);
  if (hardware->vcpus == 0)
    hardware->vcpus = 1;
  ok = domuimg_qemu_finish_devices (&qemu, error);
  domuimg_qemu_clear_devices (&qemu);
  return ok;
}

DomuimgHardware *
domuimg_qemu_parse (const char *text, gsize length, const char *name, GError **error)
{
  g_autofree char *plain = domuimg_hardware_text (text, length, name, error);
  g_autoptr (DomuimgHardware) hardware = domuimg_hardware_new ("QEMU");

  if (plain == NULL || !read_command (plain, name, hardware, error))
    return NULL;
  return g_steal_pointer (&hardware);
}
