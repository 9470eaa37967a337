/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include "lib/guest/customise.h"
#include "lib/tree/dump.h"
#include "lib/tree/memory.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* The files that customisation parses; the bytes are all of them at once, or those parts
 * between lines of "%%". */
static const char *const files[] = {
  "/etc/fstab",    "/etc/inittab",         "/etc/network/interfaces", "/etc/shadow",
  "/etc/passwd",   "/etc/crypttab",        "/etc/securetty",          "/etc/hosts",
  "/etc/modules",  "/etc/os-release",      "/etc/locale.gen",         "/var/lib/dpkg/status",
  "/etc/redhat-release", "/root/.ssh/authorized_keys",
};

static void
put_file (DomuimgTree *tree, const char *path, const char *bytes, gsize size, guint32 mode)
{
  g_autofree char *normal = domuimg_path_normalise (path, NULL);
  g_autofree char *directory = g_path_get_dirname (path);
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new (normal, DOMUIMG_ENTRY_FILE, mode);
  g_autoptr (GBytes) content = g_bytes_new (bytes, size);

  if (domuimg_tree_mkdir_p (tree, directory, 0755, NULL))
    domuimg_tree_put (tree, entry, content, NULL);
}

static DomuimgTree *
tree_of (const char *text, gsize size)
{
  DomuimgTree *tree = domuimg_tree_memory_new ();
  const char *rest = text;
  gboolean split = g_strstr_len (text, size, "\n%%\n") != NULL;

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      gsize left = size - (gsize) (rest - text);
      const char *end = split ? g_strstr_len (rest, left, "\n%%\n") : NULL;

      put_file (tree, files[i], rest, end != NULL ? (gsize) (end - rest) + 1 : left, 0644);
      if (end != NULL)
        rest = end + strlen ("\n%%\n");
    }
  put_file (tree, "/sbin/init", "x", 1, 0755);
  put_file (tree, "/sbin/getty", "x", 1, 0755);
  put_file (tree, "/sbin/ifup", "x", 1, 0755);
  put_file (tree, "/usr/sbin/sshd", "x", 1, 0755);
  return tree;
}

/* Whole guests come as dumps, which the fuzzer then damages. */
static DomuimgTree *
make_tree (const char *text, gsize size)
{
  g_autofree char *dump = g_strndup (text, size);
  g_autoptr (DomuimgTree) tree = domuimg_tree_memory_new ();

  return domuimg_tree_load (tree, dump, NULL) ? g_steal_pointer (&tree) : tree_of (text, size);
}

static void
wish_more (DomuimgCustomise *want, guint bits)
{
  DomuimgGuestNic *nic = domuimg_customise_add_nic (want, "00:16:3e:00:00:02");

  if ((bits & 1) != 0)
    {
      nic->mode = DOMUIMG_GUEST_NIC_STATIC;
      nic->address = g_strdup ("192.0.2.10/24");
      nic->gateway = g_strdup ("192.0.2.1");
      nic->address6 = g_strdup ("2001:db8::10/64");
      g_ptr_array_add (nic->dns, g_strdup ("192.0.2.53"));
    }
  else
    nic->mode = DOMUIMG_GUEST_NIC_NONE;
  if ((bits & 2) != 0)
    {
      want->root_password = DOMUIMG_ROOT_PASSWORD_HASH;
      want->root_password_hash = g_strdup ("$6$salt$hash");
      want->type = DOMUIMG_GUEST_TYPE_HVM;
    }
  if ((bits & 4) != 0)
    {
      domuimg_customise_add_mount (want, "UUID=5678", "/srv", "ext4", NULL);
      domuimg_customise_add_mount (want, "UUID=9abc", "none", "swap", NULL);
      want->timezone = g_strdup ("Europe/Berlin");
      want->keymap = g_strdup ("de");
      want->device_nodes = TRUE;
    }
}

static DomuimgCustomise *
wish (guint bits)
{
  DomuimgCustomise *want = domuimg_customise_new ();

  domuimg_customise_add_nic (want, "00:16:3e:00:00:01");
  wish_more (want, bits);
  want->hostname = g_strdup ("guest");
  want->root_uuid = g_strdup ("1234");
  want->root_password = DOMUIMG_ROOT_PASSWORD_LOCK;
  want->locale = g_strdup ("C.UTF-8");
  want->kernel_version = g_strdup ("2.6.26");
  want->fresh_identity = TRUE;
  g_ptr_array_add (want->authorized_keys, g_strdup ("ssh-rsa AAAA"));
  return want;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (DomuimgTree) tree = make_tree ((const char *) data, size);
  g_autoptr (DomuimgCustomise) want = wish ((guint) size);
  g_autoptr (GPtrArray) again = g_ptr_array_new_with_free_func (g_free);

  if (!domuimg_customise_run (want, tree, NULL, NULL, NULL))
    return 0;
  /* What was written must be understood again, and be as wanted. */
  if (!domuimg_customise_run (want, tree, again, NULL, NULL))
    g_error ("the second run fails");
  for (guint i = 0; i < again->len; i++)
    if (!g_str_has_prefix (g_ptr_array_index (again, i), "warning: "))
      g_error ("the second run changes: %s", (char *) g_ptr_array_index (again, i));
  return 0;
}
