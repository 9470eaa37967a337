/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks what a guest wants of its host against the host's profile; without one, tells what was not
 * looked at. */
#include "config.h"
#include "lib/check/rules.h"

#include <string.h>

#include "lib/check/host.h"
#include "lib/domain/model/domain.h"
#include "lib/domain/xml/values.h"

/* IFNAMSIZ of Linux, without its end; Xen's scripts call the emulated card of an HVM guest by the same
 * name with "-emu" behind it. */
#define INTERFACE_MAX 15
#define EMULATED "-emu"

void
domuimg_host_note_unknown (DomuimgMachine *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (self->unlooked, g_strdup_vprintf (format, args));
  va_end (args);
}

/* What a guest asks for, and what it is called when it is missing. */
typedef struct {
  DomuimgProfileList list;
  const char *id;
  const char *kind;
  const char *advice;
} Want;

static const Want bridge = { DOMUIMG_PROFILE_BRIDGES, "host-bridge", "bridge",
                             "make it on the host (ip link add NAME type bridge), or name another"
                             " (bridge= of the vif)" };
static const Want interface = { DOMUIMG_PROFILE_INTERFACES, "host-bridge", "Open vSwitch bridge",
                                "make it on the host (ovs-vsctl add-br NAME), or name another"
                                " (bridge= of the vif)" };
static const Want script = { DOMUIMG_PROFILE_SCRIPTS, "host-script", "script",
                             "put it into " DOMUIMG_XEN_SCRIPTS ", executable, or take script= away" };
static const Want backend = { DOMUIMG_PROFILE_DOMAINS, "host-backend", "running domain",
                              "start the domain that is the backend before this one, or take backend="
                              " away" };
static const Want pool = { DOMUIMG_PROFILE_POOLS, "host-pool", "CPU pool",
                           "make it (xl cpupool-create), or take pool= away" };
static const Want type = { DOMUIMG_PROFILE_TYPES, "host-type", "support for guests of the type",
                           "turn on AMD-V or VT-x in the host's firmware, or choose another type" };
static const Want device = { DOMUIMG_PROFILE_PCI, "host-pci", "PCI device",
                             "name another (lspci -D lists them)" };
static const Want assignable = { DOMUIMG_PROFILE_ASSIGNABLE, "host-pci", "assignable PCI device",
                                 "xl pci-assignable-add, or seize=1 in pci=" };

static gboolean
is_known (DomuimgMachine *self, DomuimgProfileList list)
{
  return self->profile != NULL && domuimg_profile_knows (self->profile, list);
}

/* FALSE only for what is known to be missing. */
static gboolean
demand (DomuimgMachine *self, const Want *want, const char *item)
{
  g_autofree char *all = NULL;

  if (!is_known (self, want->list))
    {
      domuimg_host_note_unknown (self, "%s %s", want->kind, item);
      return TRUE;
    }
  if (domuimg_profile_has (self->profile, want->list, item))
    return TRUE;
  all = domuimg_profile_describe (self->profile, want->list);
  domuimg_finding_advise (domuimg_machine_report (self, want->id, item,
                                                  "the host has no %s %s (it has: %s)", want->kind,
                                                  item, all),
                          "%s", want->advice);
  return FALSE;
}

/* (nullable) The value of KEY=VALUE among options that are divided by commas. */
static char *
find_option (const char *options, const char *key)
{
  g_auto (GStrv) parts = g_strsplit (options != NULL ? options : "", ",", -1);
  gsize length = strlen (key);

  for (guint i = 0; parts[i] != NULL; i++)
    if (strncmp (parts[i], key, length) == 0 && parts[i][length] == '=')
      return g_strdup (parts[i] + length + 1);
  return NULL;
}

/* (nullable) The string of a key of xl.cfg that the model has no place for. */
static char *
find_extra (DomuimgMachine *self, const char *key)
{
  const char *value = domuimg_domain_get_extra (self->domain, key);

  return value != NULL ? domuimg_xml_word (value) : NULL;
}

/* A path of its own is looked at where this is the host. */
static void
check_script (DomuimgMachine *self, const char *name)
{
  gboolean here = self->profile != NULL && self->profile->name == NULL;
  g_autofree char *base = g_path_get_basename (name);

  if (*name != '/' || g_str_has_prefix (name, DOMUIMG_XEN_SCRIPTS "/"))
    demand (self, &script, base);
  else if (!here)
    domuimg_host_note_unknown (self, "script %s", name);
  else if (!g_file_test (name, G_FILE_TEST_IS_EXECUTABLE))
    domuimg_finding_advise (domuimg_machine_report (self, "host-script", name,
                                                    "the host has no executable script %s", name),
                            "%s", script.advice);
}

static gboolean
is_dom0 (const char *name)
{
  return g_str_equal (name, "0") || g_str_equal (name, "Domain-0");
}

static void
check_backend (DomuimgMachine *self, const char *options)
{
  g_autofree char *name = find_option (options, "backend");

  if (name == NULL || is_dom0 (name))
    return;
  /* A number is a domain, too, which has another one after each start. */
  if (name[strspn (name, "0123456789")] == '\0')
    domuimg_host_note_unknown (self, "%s %s", backend.kind, name);
  else
    demand (self, &backend, name);
}

static void
check_interface_name (DomuimgMachine *self, const char *key, const char *name, gboolean emulated)
{
  gsize most = emulated ? INTERFACE_MAX - strlen (EMULATED) : INTERFACE_MAX;

  if (name == NULL || strlen (name) <= most)
    return;
  domuimg_finding_advise (
      domuimg_machine_report (self, "config-interface-name", name,
                              "%s=%s is longer than the %" G_GSIZE_FORMAT
                              " bytes that %s may have",
                              key, name, most,
                              emulated ? "Linux and the end “" EMULATED "” leave for the name of an"
                                         " interface"
                                       : "the name of an interface of Linux"),
      "choose a shorter name");
}

/* The bridge of an Open vSwitch may have VLANs behind it: "br0.10:20:30". */
static void
check_bridge (DomuimgMachine *self, const char *name, const char *by)
{
  g_autofree char *first = g_strndup (name, strcspn (name, ".:"));

  if (g_str_equal (by, "vif-bridge"))
    demand (self, &bridge, name);
  else if (g_str_equal (by, "vif-openvswitch"))
    demand (self, &interface, first);
}

/* What another domain has is not this host's. */
static gboolean
is_on_host (DomuimgMachine *self, DomuimgDomainNic *nic)
{
  g_autofree char *name = find_option (nic->options, "backend");

  if (name != NULL)
    return is_dom0 (name);
  return self->profile == NULL || self->profile->default_backend == NULL
         || is_dom0 (self->profile->default_backend);
}

static void
check_nic (DomuimgMachine *self, DomuimgDomainNic *nic)
{
  const char *usual = self->profile != NULL ? self->profile->default_script : NULL;
  const char *by = domuimg_domain_nic_get_script (nic) ?: usual ?: "vif-bridge";
  const char *name = domuimg_domain_nic_get_bridge (nic);
  g_autofree char *base = g_path_get_basename (by);
  g_autofree char *card = find_option (nic->options, "type");
  gboolean emulated = self->type == DOMUIMG_GUEST_TYPE_HVM && g_strcmp0 (card, "vif") != 0;

  check_interface_name (self, "vifname", domuimg_domain_nic_get_vifname (nic), emulated);
  check_backend (self, nic->options);
  if (!is_on_host (self, nic))
    return;
  check_script (self, by);
  if (name == NULL && self->profile != NULL)
    name = self->profile->default_bridge;
  check_bridge (self, name != NULL ? name : "of vif.default.bridge, or xenbr0", base);
}

static void
check_disk (DomuimgMachine *self, DomuimgDomainDisk *disk)
{
  g_autofree char *name = find_option (disk->options, "script");

  if (name != NULL)
    check_script (self, name);
  check_backend (self, disk->options);
}

/* Whether one of the host's files is called so; FALSE, too, where nothing is known. */
static gboolean
has_file (DomuimgMachine *self, const char *const *bases)
{
  GPtrArray *files = self->profile->lists[DOMUIMG_PROFILE_FILES];

  for (guint i = 0; i < files->len; i++)
    {
      g_autofree char *base = g_path_get_basename (files->pdata[i]);

      if (g_strv_contains (bases, base))
        return TRUE;
    }
  return FALSE;
}

/* It comes with Xen's tools: a host that seems to be without has them at a place of its own, as NixOS,
 * and other files, too. */
static const char *const hvmloader[] = { "hvmloader", NULL };

/* @bases: the names that it may have; @what: what a person calls it. */
static void
demand_file (DomuimgMachine *self, const char *id, const char *what, const char *const *bases,
             const char *package)
{
  if (!is_known (self, DOMUIMG_PROFILE_FILES) || !has_file (self, hvmloader))
    domuimg_host_note_unknown (self, "%s", what);
  else if (!has_file (self, bases))
    domuimg_finding_advise (domuimg_machine_report (self, id, bases[0], "the host has no %s", what),
                            "install it there (Debian: apt install %s)", package);
}

static void
check_firmware (DomuimgMachine *self)
{
  static const char *const ovmf[] = { "OVMF.fd", "ovmf.bin", "OVMF_CODE.fd", "ovmf-x86_64-xen.bin",
                                      "ovmf-x86_64-xen-4m.bin", "OVMF.4m.fd", NULL };
  static const char *const seabios[] = { "bios-256k.bin", "seabios.bin", "bios.bin", NULL };
  const char *firmware = domuimg_domain_get_firmware (self->domain);
  g_autofree char *own = find_extra (self, "bios_path_override");
  gboolean uefi = g_strcmp0 (firmware, "uefi") == 0 || g_strcmp0 (firmware, "ovmf") == 0;

  if (own != NULL || g_strcmp0 (firmware, "rombios") == 0)
    return;
  demand_file (self, "host-firmware", uefi ? "firmware OVMF" : "firmware SeaBIOS",
               uefi ? ovmf : seabios, uefi ? "ovmf" : "seabios");
}

static gboolean
needs_qemu (DomuimgMachine *self)
{
  GPtrArray *disks = domuimg_domain_get_disks (self->domain);

  if (self->type == DOMUIMG_GUEST_TYPE_HVM
      || domuimg_domain_get_graphics (self->domain) != DOMUIMG_GRAPHICS_NONE)
    return TRUE;
  for (guint i = 0; i < disks->len; i++)
    {
      const char *format = domuimg_domain_disk_get_format (g_ptr_array_index (disks, i));

      if (format != NULL && !g_str_equal (format, "raw"))
        return TRUE;
    }
  return FALSE;
}

static void
check_device_model (DomuimgMachine *self)
{
  static const char *const qemu[] = { "qemu-system-i386", "xen-qemu-system-i386",
                                      "qemu-system-x86_64", NULL };
  static const char *const old[] = { "qemu-dm", NULL };
  g_autofree char *own = find_extra (self, "device_model_override");
  g_autofree char *version = find_extra (self, "device_model_version");
  gboolean hvm = self->type == DOMUIMG_GUEST_TYPE_HVM;

  if (!needs_qemu (self) || own != NULL)
    return;
  if (hvm && g_strcmp0 (version, "qemu-xen-traditional") == 0)
    demand_file (self, "host-device-model", "device model qemu-xen-traditional (qemu-dm)", old,
                 "nothing: it is gone; take device_model_version away");
  else
    demand_file (self, "host-device-model", "device model (QEMU for Xen)", qemu, "qemu-system-xen");
}

/* The lowest number in "0-3,5"; FALSE for what is counted otherwise: "all", "node:0",
 * "^2". */
static gboolean
find_range (const char *cpus, guint64 *lowest)
{
  g_auto (GStrv) parts = g_strsplit (cpus, ",", -1);

  *lowest = G_MAXUINT64;
  for (guint i = 0; parts[i] != NULL; i++)
    {
      const char *part = g_strstrip (parts[i]);

      if (!g_ascii_isdigit (*part))
        return FALSE;
      *lowest = MIN (*lowest, g_ascii_strtoull (part, NULL, 10));
    }
  return *lowest != G_MAXUINT64;
}

static void
check_cpus_of (DomuimgMachine *self, const char *cpus)
{
  guint64 lowest;

  if (cpus == NULL || !find_range (cpus, &lowest))
    return;
  if (self->profile == NULL || self->profile->cpus == 0)
    domuimg_host_note_unknown (self, "CPUs %s", cpus);
  else if (lowest >= self->profile->cpus)
    domuimg_finding_advise (
        domuimg_machine_report (self, "host-cpus", cpus,
                                "cpus=%s names none of the host's %u CPUs, which begin with 0", cpus,
                                self->profile->cpus),
        "name others, or take cpus= away");
}

static void
check_cpus (DomuimgMachine *self)
{
  g_auto (GStrv) each = domuimg_domain_list_vcpu_cpus (self->domain);

  check_cpus_of (self, domuimg_domain_get_cpus (self->domain));
  for (guint i = 0; each != NULL && each[i] != NULL; i++)
    check_cpus_of (self, each[i]);
}

static void
check_memory (DomuimgMachine *self)
{
  guint64 wanted = (guint64) domuimg_domain_get_memory (self->domain) << 20;

  if (self->profile == NULL || self->profile->memory == 0 || wanted <= self->profile->memory)
    return;
  domuimg_finding_advise (
      domuimg_machine_report (self, "host-memory", NULL,
                              "the guest wants %u MiB of memory, and the host has %" G_GUINT64_FORMAT
                              " MiB",
                              domuimg_domain_get_memory (self->domain), self->profile->memory >> 20),
      "give it less (memory=)");
}

/* An address as sysfs has it: with its domain, in small letters. */
static void
check_pci (DomuimgMachine *self, DomuimgDomainDevice *guest)
{
  const char *bdf = domuimg_domain_device_get_option (guest, "bdf");
  const char *seize = domuimg_domain_device_get_option (guest, "seize");
  g_autofree char *address = NULL;
  g_autofree char *small = NULL;

  if (bdf == NULL || strchr (bdf, '*') != NULL)
    return;
  small = g_ascii_strdown (bdf, -1);
  address = g_strconcat (strlen (bdf) < strlen ("0000:00:00.0") ? "0000:" : "", small, NULL);
  if (demand (self, &device, address) && is_known (self, DOMUIMG_PROFILE_ASSIGNABLE)
      && g_strcmp0 (seize, "1") != 0
      && g_strcmp0 (domuimg_domain_get_extra (self->domain, "pci_seize"), "1") != 0)
    demand (self, &assignable, address);
}

static void
check_devices (DomuimgMachine *self)
{
  GPtrArray *devices = domuimg_domain_get_devices (self->domain);
  GPtrArray *disks = domuimg_domain_get_disks (self->domain);
  GPtrArray *nics = domuimg_domain_get_nics (self->domain);

  for (guint i = 0; i < nics->len; i++)
    check_nic (self, g_ptr_array_index (nics, i));
  for (guint i = 0; i < disks->len; i++)
    check_disk (self, g_ptr_array_index (disks, i));
  for (guint i = 0; i < devices->len; i++)
    if (domuimg_domain_device_get_kind (g_ptr_array_index (devices, i)) == DOMUIMG_DEVICE_PCI)
      check_pci (self, g_ptr_array_index (devices, i));
}

/* Each once, however many of the guest's devices want it. */
static void
report_unlooked (DomuimgMachine *self)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < self->unlooked->len; i++)
    {
      guint first = 0;

      g_ptr_array_find_with_equal_func (self->unlooked, self->unlooked->pdata[i], g_str_equal, &first);
      if (first == i)
        g_string_append_printf (list, "%s%s", i > 0 ? ", " : "", (char *) self->unlooked->pdata[i]);
    }
  if (list->len == 0)
    return;
  domuimg_finding_advise (domuimg_machine_report (self, "host-unknown", NULL, "not looked at: %s",
                                                  list->str),
                          "give the host's profile: on the Xen host, domuimg doctor --json > FILE;"
                          " here, --host FILE");
}

void
domuimg_check_host (DomuimgMachine *self)
{
  g_autofree char *wanted = find_extra (self, "pool");

  if (self->is_image)
    return;
  if (is_known (self, DOMUIMG_PROFILE_TYPES) && self->type != DOMUIMG_GUEST_TYPE_AUTO)
    demand (self, &type, domuimg_guest_type_to_string (self->type));
  check_devices (self);
  if (self->type == DOMUIMG_GUEST_TYPE_HVM)
    check_firmware (self);
  check_device_model (self);
  check_cpus (self);
  check_memory (self);
  if (wanted != NULL)
    demand (self, &pool, wanted);
  report_unlooked (self);
}
