/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/kernel/compat.h"

#include <elf.h>
#include <stdarg.h>
#include <string.h>

/* The rules are those of Xen's domain builder, tools/libs/guest and common/libelf. */

/* Features that a kernel may require; any other is refused. */
static const char *const features[] = {
  "writable_page_tables", "writable_descriptor_tables", "auto_translated_physmap",
  "supervisor_mode_kernel", "pae_pgdir_above_4gb", "hvm_callback_vector", "dom0",
};

static gboolean refuse (char **reason, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (char **reason, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (reason != NULL)
    *reason = g_strdup_vprintf (format, args);
  va_end (args);
  return FALSE;
}

static gboolean
is_loadable (const DomuimgKernelFacts *facts, char **reason)
{
  if (facts->format == DOMUIMG_KERNEL_FORMAT_EFI_ZBOOT)
    return refuse (reason, "it is an EFI zboot image, which Xen cannot unpack: take the"
                           " vmlinuz or Image that was made for direct boot");
  if (facts->format == DOMUIMG_KERNEL_FORMAT_UKI)
    return refuse (reason, "it is a unified kernel image, which Xen cannot take apart: extract its"
                           " sections .linux and .initrd (objcopy -O binary --only-section=.linux)");
  if (facts->format == DOMUIMG_KERNEL_FORMAT_ARM64_IMAGE)
    return refuse (reason, "it is an arm64 Image, and Xen on x86 starts x86 kernels only");
  if (facts->elf == NULL && g_strcmp0 (facts->protocol, "2.08") >= 0)
    return refuse (reason, "it is a program with the header of a bzImage and no kernel in it (as"
                           " memtest86+), which only an HVM guest starts");
  if (facts->elf == NULL)
    return refuse (reason,
                   "its boot protocol is %s, and Xen unpacks bzImages from 2.08 (Linux"
                   " 2.6.24) on only",
                   facts->protocol);
  if (facts->elf->machine != EM_X86_64 && facts->elf->machine != EM_386)
    {
      g_autofree char *machine = domuimg_elf_describe_machine (facts->elf->machine);

      return refuse (reason, "it is made for %s, and Xen on x86 starts x86 kernels only", machine);
    }
  return TRUE;
}

static gboolean
check_features (const DomuimgElf *elf, char **reason)
{
  const char *text = domuimg_elf_get_note (elf, DOMUIMG_XEN_NOTE_FEATURES);
  g_auto (GStrv) words = g_strsplit (text != NULL ? text : "", "|", -1);

  for (guint i = 0; words[i] != NULL; i++)
    {
      gboolean is_known = FALSE;

      for (guint j = 0; j < G_N_ELEMENTS (features) && !is_known; j++)
        is_known = words[i][0] == '!' && g_str_equal (words[i] + 1, features[j]);
      if (words[i][0] == '!' && !is_known)
        return refuse (reason, "it requires the feature '%s', which Xen does not know",
                       words[i] + 1);
      if (g_str_equal (words[i], "!dom0"))
        return refuse (reason, "it requires the feature 'dom0': it is not a kernel for guests");
    }
  return TRUE;
}

static gboolean
has_prefix (const char *text, const char *prefix)
{
  return text != NULL && g_str_has_prefix (text, prefix);
}

static gboolean
requires (const DomuimgElf *elf, const char *feature)
{
  const char *text = domuimg_elf_get_note (elf, DOMUIMG_XEN_NOTE_FEATURES);
  g_auto (GStrv) words = g_strsplit (text != NULL ? text : "", "|", -1);
  g_autofree char *word = g_strconcat ("!", feature, NULL);

  return g_strv_contains ((const char *const *) words, word);
}

/* Read as Xen's libelf does, from a note or from the section that came before them. */
static gboolean
has_pae (const DomuimgElf *elf)
{
  const char *pae = domuimg_elf_get_note (elf, DOMUIMG_XEN_NOTE_PAE_MODE);

  if (elf->guest_section)
    return has_prefix (pae, "yes");
  return pae != NULL && (g_str_equal (pae, "yes") || strstr (pae, "bimodal") != NULL);
}

static gboolean
check_pv (const DomuimgElf *elf, char **reason)
{
  const char *xen_version = domuimg_elf_get_note (elf, DOMUIMG_XEN_NOTE_XEN_VERSION);

  if (elf->notes->len == 0)
    return refuse (reason, "it has no Xen notes: it was built without Xen support"
                           " (CONFIG_XEN and CONFIG_XEN_PV)");
  if (!has_prefix (domuimg_elf_get_note (elf, DOMUIMG_XEN_NOTE_LOADER), "generic")
      && !has_prefix (domuimg_elf_get_note (elf, DOMUIMG_XEN_NOTE_GUEST_OS), "linux"))
    return refuse (reason, "its Xen notes name neither the generic loader nor Linux");
  if (!has_prefix (xen_version, "xen-3.0"))
    return refuse (reason, "its note XEN_VERSION is %s%s%s, not 'xen-3.0'",
                   xen_version != NULL ? "'" : "", xen_version != NULL ? xen_version : "missing",
                   xen_version != NULL ? "'" : "");
  /* Where there are no notes, but the section before them, e_entry stands in for it. */
  if (domuimg_elf_get_note (elf, DOMUIMG_XEN_NOTE_ENTRY) == NULL && !elf->guest_section)
    return refuse (reason, "it has no PV entry point (note ENTRY): it was built without"
                           " CONFIG_XEN_PV");
  if (elf->machine == EM_386 && !has_pae (elf))
    return refuse (reason, "it is a 32-bit kernel without PAE, which Xen no longer starts as PV");
  if (requires (elf, "auto_translated_physmap"))
    return refuse (reason, "it requires the feature 'auto_translated_physmap', which Xen no longer"
                           " has for PV");
  return check_features (elf, reason);
}

/* Linux has the entry point for any hypervisor; what Xen's guests need comes with an option. */
static gboolean
lacks_xen_pvh (const char *config)
{
  return config != NULL && strstr (config, "CONFIG_PVH=y\n") != NULL
         && strstr (config, "CONFIG_XEN_PVH=y\n") == NULL;
}

static gboolean
check_pvh (const DomuimgKernelFacts *facts, char **reason)
{
  if (lacks_xen_pvh (facts->config))
    return refuse (reason, "its configuration has CONFIG_PVH without CONFIG_XEN_PVH: its PVH entry"
                           " point is for other hypervisors");
  if (domuimg_elf_get_note (facts->elf, DOMUIMG_XEN_NOTE_PHYS32_ENTRY) != NULL)
    return check_features (facts->elf, reason);
  return refuse (reason, "it has no PVH entry point (note PHYS32_ENTRY): it was built without"
                         " CONFIG_PVH (Linux before 4.11: too old)");
}

gboolean
domuimg_compat_check (const DomuimgKernelFacts *facts, DomuimgGuestType type, char **reason)
{
  if (type == DOMUIMG_GUEST_TYPE_HVM)
    return facts->format == DOMUIMG_KERNEL_FORMAT_BZIMAGE
               ? TRUE
               : refuse (reason, "an HVM guest starts kernel files for certain only if they are"
                                 " bzImages: let it boot from its disk by its firmware");
  if (!is_loadable (facts, reason))
    return FALSE;
  return type == DOMUIMG_GUEST_TYPE_PV ? check_pv (facts->elf, reason)
                                       : check_pvh (facts, reason);
}

const char *
domuimg_compat_problem_get_rule (DomuimgCompatProblem self)
{
  switch (self)
    {
    case DOMUIMG_COMPAT_ARCHITECTURE:
      return "kernel-architecture";
    case DOMUIMG_COMPAT_COMPRESSION:
      return "kernel-compression";
    default:
      return "kernel-type";
    }
}
