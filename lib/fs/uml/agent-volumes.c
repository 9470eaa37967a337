/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logical volumes in User-mode Linux, by LVM's own program. */
#include "config.h"
#include "lib/fs/uml/agent.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/exec.h"
#include "lib/base/fd.h"

/* What is read of a volume for those who parse superblocks. */
#define HEAD 4096
/* Without udev, LVM makes the nodes of volumes itself. */
#define SETTINGS                                                                              \
  "devices{obtain_device_list_from_udev=0 external_device_info_source=\"none\""              \
  " use_devicesfile=0 scan=[\"/dev\"] global_filter=[\"a|^/dev/dm-|\",\"r|.*|\"] md_component_detection=0}"  \
  " activation{udev_sync=0 udev_rules=0 monitoring=0} global{event_activation=0"             \
  " use_lvmpolld=0 use_lvmlockd=0} backup{backup=0 archive=0}"

typedef struct blkid_struct_probe Probe;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Probe, blkid_free_probe)

static DomuimgExec *
new_lvm (const char *command)
{
  DomuimgExec *exec = domuimg_exec_new ("lvm");

  domuimg_exec_setenv (exec, "DM_DISABLE_UDEV", "1");
  domuimg_exec_setenv (exec, "LVM_SUPPRESS_FD_WARNINGS", "1");
  domuimg_exec_arg (exec, command);
  domuimg_exec_arg (exec, "--config");
  domuimg_exec_arg (exec, SETTINGS);
  return exec;
}

static gboolean
activate (GError **error)
{
  static const char *const drivers[] = { "dm-mod", "dm-thin-pool", "dm-snapshot", "dm-mirror",
                                         "dm-raid" };
  g_autoptr (DomuimgExec) exec = NULL;

  /* What one of them is needed for, LVM says itself. */
  for (guint i = 0; i < G_N_ELEMENTS (drivers); i++)
    if (!domuimg_uml_agent_load (drivers[i], i == 0 ? error : NULL) && i == 0)
      return FALSE;
  exec = new_lvm ("vgchange");
  domuimg_exec_arg (exec, "-aay");
  domuimg_exec_arg (exec, "--sysinit");
  return domuimg_exec_run (exec, NULL, error);
}

static GVariant *
read_tags (int fd, guint64 size)
{
  g_autoptr (Probe) probe = blkid_new_probe ();
  GVariantBuilder tags;

  g_variant_builder_init (&tags, G_VARIANT_TYPE ("a(ayay)"));
  if (probe == NULL || blkid_probe_set_device (probe, fd, 0, (blkid_loff_t) size) != 0)
    return g_variant_builder_end (&tags);
  blkid_probe_enable_superblocks (probe, 1);
  blkid_probe_set_superblocks_flags (probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID
                                                | BLKID_SUBLKS_LABEL);
  if (blkid_do_safeprobe (probe) == 0)
    for (int i = 0; i < blkid_probe_numof_values (probe); i++)
      {
        const char *name, *value;

        if (blkid_probe_get_value (probe, i, &name, &value, NULL) == 0)
          g_variant_builder_add (&tags, "(@ay@ay)", domuimg_uml_text (name),
                                 domuimg_uml_text (value));
      }
  return g_variant_builder_end (&tags);
}

/* NULL for what cannot be opened: a volume that is not active, or has no node. */
static GVariant *
look_at (const char *name)
{
  g_autofree char *path = g_strconcat ("/dev/", name, NULL);
  g_auto (DomuimgFd) fd = open (path, O_RDONLY | O_CLOEXEC);
  g_autofree guint8 *head = g_malloc0 (HEAD);
  guint64 size;
  gssize got;

  if (fd < 0 || ioctl (fd, BLKGETSIZE64, &size) != 0)
    return NULL;
  got = pread (fd, head, HEAD, 0);
  return g_variant_new ("(@ayt@a(ayay)@ay)", domuimg_uml_text (name), size, read_tags (fd, size),
                        g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, head,
                                                   (gsize) MAX (got, 0), 1));
}

/* Lines of "VG|LV|ATTR". Pools hold volumes, and are none. */
static GVariant *
describe (GBytes *output)
{
  g_autofree char *text
      = g_strndup (g_bytes_get_data (output, NULL), g_bytes_get_size (output));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  GVariantBuilder volumes;

  g_variant_builder_init (&volumes, G_VARIANT_TYPE (DOMUIMG_UML_VOLUMES));
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (g_strstrip (lines[i]), "|", -1);
      g_autofree char *name = NULL;
      GVariant *volume;

      if (g_strv_length (words) != 3 || strchr ("tTeD", words[2][0]) != NULL)
        continue;
      name = g_strconcat (words[0], "/", words[1], NULL);
      volume = look_at (name);
      if (volume != NULL)
        g_variant_builder_add_value (&volumes, volume);
    }
  return g_variant_builder_end (&volumes);
}

static gboolean
add_members (DomuimgUmlAgent *self, GVariant *members, GError **error)
{
  if (!g_variant_is_of_type (members, G_VARIANT_TYPE ("a(tt)")))
    return domuimg_fail (error, DOMUIMG_ERROR_FAILED, "the request has no list of partitions");
  for (gsize i = 0; i < g_variant_n_children (members); i++)
    {
      g_autofree char *device = NULL;
      guint64 offset, length;

      g_variant_get_child (members, i, "(tt)", &offset, &length);
      device = domuimg_uml_agent_device (self, offset, length, error);
      if (device == NULL)
        return FALSE;
    }
  return TRUE;
}

GVariant *
domuimg_uml_agent_list_volumes (DomuimgUmlAgent *self, GVariant *members, GError **error)
{
  g_autoptr (DomuimgExec) exec = NULL;
  g_autoptr (GBytes) output = NULL;

  if (!add_members (self, members, error) || !activate (error))
    return NULL;
  exec = new_lvm ("lvs");
  domuimg_exec_arg (exec, "--noheadings");
  domuimg_exec_arg (exec, "--separator=|");
  domuimg_exec_arg (exec, "-ovg_name,lv_name,lv_attr");
  output = domuimg_exec_output (exec, NULL, error);
  return output != NULL ? describe (output) : NULL;
}
