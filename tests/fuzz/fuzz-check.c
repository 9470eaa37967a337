/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/check/report.h"
#include "lib/tree/dump.h"
#include "lib/tree/memory.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* The rules over a guest's files. The bytes are the kernel's command line and all of these files at
 * once, or those parts between lines of "%%". */
static const char *const files[] = {
  "/etc/fstab",
  "/etc/crypttab",
  "/etc/inittab",
  "/etc/init/tty.conf",
  "/etc/securetty",
  "/etc/pam.d/login",
  "/etc/network/interfaces",
  "/etc/systemd/network/a.network",
  "/etc/NetworkManager/system-connections/a",
  "/etc/sysconfig/network-scripts/ifcfg-a",
  "/etc/netplan/a.yaml",
  "/etc/udev/rules.d/70-persistent-net.rules",
  "/etc/ld.so.conf",
  "/usr/lib/systemd/system/serial-getty@.service",
  "/sbin/init",
  "/lib/liba.so",
};

static void
put_file (DomuimgTree *tree, const char *path, const char *bytes, gsize size)
{
  g_autofree char *normal = domuimg_path_normalise (path, NULL);
  g_autofree char *directory = g_path_get_dirname (path);
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new (normal, DOMUIMG_ENTRY_FILE, 0755);
  g_autoptr (GBytes) content = g_bytes_new (bytes, size);

  if (domuimg_tree_mkdir_p (tree, directory, 0755, NULL))
    domuimg_tree_put (tree, entry, content, NULL);
}

/* The next part of @rest, which goes on after it. */
static gsize
next_part (const char **rest, gsize *left, gboolean split, const char **part)
{
  const char *end = split ? g_strstr_len (*rest, *left, "\n%%\n") : NULL;
  gsize length = end != NULL ? (gsize) (end - *rest) + 1 : *left;

  *part = *rest;
  if (end != NULL)
    {
      *left -= length + strlen ("%%\n");
      *rest = end + strlen ("\n%%\n");
    }
  return length;
}

/* A whole guest comes as a dump, which the fuzzer then damages. */
static gboolean
load (DomuimgMachine *machine, const char *text, gsize size)
{
  g_autofree char *dump = g_strndup (text, size);

  return domuimg_tree_load (machine->tree, dump, NULL);
}

static void
fill (DomuimgMachine *machine, const char *text, gsize size)
{
  gboolean split = g_strstr_len (text, size, "\n%%\n") != NULL;
  const char *part;
  gsize length = next_part (&text, &size, split, &part);

  machine->boot.cmdline = g_strndup (part, length);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      length = next_part (&text, &size, split, &part);
      put_file (machine->tree, files[i], part, length);
    }
  put_file (machine->tree, "/sbin/getty", "x", 1);
}

static DomuimgMachine *
machine_of (const guint8 *data, gsize size, DomuimgVolume *volume)
{
  g_autoptr (DomuimgDomainNic) nic = domuimg_domain_nic_new ("00:16:3e:00:00:01");
  DomuimgMachine *machine = domuimg_machine_new ();
  DomuimgDevice *device = g_new0 (DomuimgDevice, 1);

  machine->path = g_strdup ("guest.cfg");
  machine->domain = domuimg_domain_new ("guest", NULL);
  domuimg_domain_add_nic (machine->domain, nic);
  machine->type = DOMUIMG_GUEST_TYPE_PVH;
  volume->fs = (char *) "ext4";
  volume->uuid = (char *) "aaaaaaaa-0000-4000-8000-000000000001";
  device->name = g_strdup ("xvda1");
  device->volume = volume;
  device->tree = domuimg_tree_memory_new ();
  g_ptr_array_add (machine->devices, device);
  machine->root = device;
  machine->tree = device->tree;
  if (load (machine, (const char *) data, size))
    machine->boot.cmdline = g_strdup ("root=UUID=aaaaaaaa-0000-4000-8000-000000000001 console=hvc0");
  else
    fill (machine, (const char *) data, size);
  return machine;
}

static void
check (DomuimgMachine *machine)
{
  g_object_unref (machine->report);
  machine->report = domuimg_report_new ();
  g_clear_pointer (&machine->info, domuimg_guest_info_free);
  machine->info = domuimg_guest_info_new (machine->tree, NULL);
  domuimg_check_modules (machine);
  domuimg_check_fstab (machine);
  domuimg_check_init_program (machine);
  domuimg_check_console (machine);
  domuimg_check_network (machine);
}

/* What needs a guest's tree only; settings of the kernel's command line need more. */
static gboolean
repair (DomuimgMachine *machine)
{
  GPtrArray *findings = domuimg_report_get_findings (machine->report);
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (g_free);
  DomuimgTree *tree = machine->tree;
  DomuimgEdit edit = { tree, .originals = tree, .changes = changes };

  for (guint i = 0; i < findings->len; i++)
    {
      DomuimgFinding *finding = g_ptr_array_index (findings, i);

      if (finding->edit_repair != NULL && !finding->edit_repair (&edit, finding->argument, NULL))
        return FALSE;
    }
  return TRUE;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  DomuimgVolume volume = { 0 };
  g_autoptr (DomuimgMachine) machine = machine_of (data, size, &volume);
  g_autofree char *text = NULL;

  check (machine);
  text = domuimg_report_to_json (machine->report);
  if (repair (machine))
    check (machine);
  return 0;
}
