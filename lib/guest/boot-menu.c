/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The boot menu that GRUB of a Xen guest and pygrub start a new guest by. */
#include "config.h"
#include "lib/guest/boot-menu.h"

#include <string.h>

#include "lib/guest/edit.h"
#include "lib/kernel/select.h"

/* Where Debian's pvgrub looks first, and pygrub too. */
#define MENU "/boot/grub/grub.cfg"
/* Read by grub-mkconfig of Debian and its family after /etc/default/grub. */
#define DEFAULTS "/etc/default/grub.d/domuimg.cfg"

/* The console of an HVM guest; GRUB for Xen has its own. */
#define SERIAL                                                                                 \
  "if [ \"$grub_platform\" = pc ]; then\n"                                                     \
  "  serial --unit=0 --speed=115200\n"                                                         \
  "  terminal_input console serial\n"                                                          \
  "  terminal_output console serial\n"                                                         \
  "fi\n"

#define PLAIN                                                                                  \
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._+-~:=,@%"

gboolean
domuimg_boot_menu_check_cmdline (const char *cmdline, GError **error)
{
  gsize plain = strspn (cmdline, PLAIN " []()!*?^");

  if (cmdline[plain] == '\0')
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "the kernel's command line “%s”: a menu of GRUB and pygrub cannot hold the"
                       " character at “%s”; use another kernel policy or other words",
                       cmdline, cmdline + plain);
}

static gboolean
is_plain (const char *path)
{
  return path == NULL || path[strspn (path, PLAIN)] == '\0';
}

/* The path on the filesystem of the kernels; NULL where it is on another one. */
static const char *
path_on_disk (const DomuimgBootMenu *menu, const char *path)
{
  if (path == NULL || !menu->is_separate)
    return path;
  return g_str_has_prefix (path, "boot/") ? path + strlen ("boot/") : NULL;
}

static void
add_entry (GString *text, const DomuimgBootMenu *menu, const char *title, const char *vmlinuz_path,
           const char *initrd_path)
{
  const char *vmlinuz = path_on_disk (menu, vmlinuz_path);
  const char *initrd = path_on_disk (menu, initrd_path);

  if (vmlinuz == NULL || (initrd_path != NULL && initrd == NULL))
    return;
  g_string_append_printf (text, "\nmenuentry '%s' {\n  search --no-floppy --set=root --fs-uuid %s\n",
                          title, menu->uuid);
  g_string_append_printf (text, "  linux /%s %s\n", vmlinuz, menu->cmdline);
  if (initrd != NULL)
    g_string_append_printf (text, "  initrd /%s\n", initrd);
  g_string_append (text, "}\n");
}

static gboolean
leads_to (DomuimgTree *tree, const char *link, const char *file)
{
  g_autofree char *resolved = domuimg_tree_resolve (tree, link, NULL);

  return resolved != NULL && file != NULL && g_str_equal (resolved, file);
}

/* The links that packages keep at their newest kernel: an entry by them outlives upgrades. */
static void
add_links (GString *text, const DomuimgBootMenu *menu, DomuimgTree *tree,
           const DomuimgKernelChoice *first)
{
  static const char *const links[][2] = {
    { "vmlinuz", "initrd.img" },
    { "boot/vmlinuz", "boot/initrd.img" },
    { "boot/vmlinuz", "boot/initrd" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (links); i++)
    {
      if (path_on_disk (menu, links[i][0]) == NULL || g_str_equal (links[i][0], first->vmlinuz) || !leads_to (tree, links[i][0], first->vmlinuz)
          || (first->initrd != NULL && !leads_to (tree, links[i][1], first->initrd)))
        continue;
      add_entry (text, menu, "Linux, the newest installed", links[i][0],
                 first->initrd != NULL ? links[i][1] : NULL);
      return;
    }
}

static gboolean
make_text (const DomuimgBootMenu *menu, DomuimgTree *tree, GString *text, GError **error)
{
  const DomuimgKernelChoice *first = g_ptr_array_index (menu->kernels, 0);

  if (!is_plain (first->vmlinuz) || !is_plain (first->initrd))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                         "/%s or its initramfs has a name that a boot menu cannot hold; rename it",
                         first->vmlinuz);
  if (path_on_disk (menu, first->vmlinuz) == NULL
      || (first->initrd != NULL && path_on_disk (menu, first->initrd) == NULL))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                         "/%s or its initramfs is not in /boot, which is a filesystem of its own here and"
                         " has the menu; put both there, or use --kernel guest",
                         first->vmlinuz);
  g_string_append (text, DOMUIMG_GUEST_MARK
                   "# For GRUB of a Xen guest, and pygrub. Entries are plain: pygrub reads neither\n"
                   "# conditions nor variables.\nset default=0\nset timeout=2\n");
  if (menu->is_of_disk)
    g_string_append (text, SERIAL);
  add_links (text, menu, tree, first);
  for (guint i = 0; i < menu->kernels->len; i++)
    {
      const DomuimgKernelChoice *kernel = g_ptr_array_index (menu->kernels, i);
      g_autofree char *title
          = g_strdup_printf ("Linux %s", *kernel->version != '\0' ? kernel->version
                                                                  : kernel->vmlinuz);

      if (is_plain (kernel->vmlinuz) && is_plain (kernel->initrd) && is_plain (kernel->version))
        add_entry (text, menu, title, kernel->vmlinuz, kernel->initrd);
    }
  return TRUE;
}

/* All but root=, which update-grub finds itself, and ro, which it writes. */
static char *
other_words (const char *cmdline)
{
  g_auto (GStrv) words = g_strsplit (cmdline, " ", -1);
  GString *text = g_string_new (NULL);

  for (guint i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0' && !g_str_has_prefix (words[i], "root=") && !g_str_equal (words[i], "ro"))
      g_string_append_printf (text, " %s", words[i]);
  return g_string_free (text, FALSE);
}

static gboolean
write_defaults (DomuimgEdit *edit, const DomuimgBootMenu *menu, GError **error)
{
  g_autofree char *words = NULL;
  g_autofree char *text = NULL;

  if (!domuimg_tree_exists (edit->tree, "/var/lib/dpkg/status"))
    return TRUE;
  words = other_words (menu->cmdline);
  text = g_strdup_printf (DOMUIMG_GUEST_MARK
                          "# For update-grub: Linux and GRUB talk on the console of a Xen guest.\n"
                          "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX%s\"\nGRUB_TERMINAL=console\n",
                          words);
  return domuimg_edit_write_own (edit, DEFAULTS, text, 0644, error);
}

gboolean
domuimg_boot_menu_write (const DomuimgBootMenu *menu, DomuimgTree *tree, GPtrArray *changes,
                         GError **error)
{
  DomuimgEdit edit = { .tree = tree, .changes = changes };
  g_autoptr (GString) text = g_string_new (NULL);

  return domuimg_boot_menu_check_cmdline (menu->cmdline, error)
         && make_text (menu, tree, text, error)
         && domuimg_edit_set_aside (&edit, MENU, error)
         && domuimg_edit_write_own (&edit, MENU, text->str, 0644, error)
         && write_defaults (&edit, menu, error);
}
