/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/guest-fixtures.h"

#include <string.h>
#include "lib/tree/dump.h"
#include "lib/tree/memory.h"

char *
guest_test_file (const char *kind, const char *name)
{
  g_autofree char *file = g_strconcat (name, ".dump", NULL);

  return g_test_build_filename (G_TEST_DIST, "..", kind, "guest", file, NULL);
}

DomuimgTree *
guest_load_text (const char *dump)
{
  g_autoptr (GError) error = NULL;
  DomuimgTree *tree = domuimg_tree_memory_new ();
  /* 2024-01-01, day 19723 */
  DomuimgTime time = { 1704067200, 0 };

  domuimg_tree_set_time (tree, time);
  domuimg_tree_load (tree, dump, &error);
  g_assert_no_error (error);
  return tree;
}

DomuimgTree *
guest_load (const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = guest_test_file ("fixtures", name);
  g_autofree char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return guest_load_text (text);
}

DomuimgCustomise *
guest_want (void)
{
  DomuimgCustomise *want = domuimg_customise_new ();
  DomuimgGuestNic *nic = domuimg_customise_add_nic (want, GUEST_MAC);

  want->type = DOMUIMG_GUEST_TYPE_PVH;
  want->hostname = g_strdup ("web1.example.net");
  want->root_uuid = g_strdup (GUEST_UUID);
  want->root_password = DOMUIMG_ROOT_PASSWORD_HASH;
  want->root_password_hash = g_strdup (GUEST_HASH);
  want->fresh_identity = TRUE;
  g_ptr_array_add (want->authorized_keys, g_strdup ("ssh-ed25519 AAAANEW me@example"));
  nic->mode = DOMUIMG_GUEST_NIC_STATIC;
  nic->address = g_strdup ("192.0.2.10/24");
  nic->gateway = g_strdup ("192.0.2.1");
  nic->address6 = g_strdup ("2001:db8::10/64");
  nic->gateway6 = g_strdup ("2001:db8::1");
  nic->dns_search = g_strdup ("example.net");
  g_ptr_array_add (nic->dns, g_strdup ("192.0.2.53"));
  g_ptr_array_add (nic->dns, g_strdup ("2001:db8::53"));
  return want;
}

GPtrArray *
guest_run (const DomuimgCustomise *want, DomuimgTree *tree)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *changes = g_ptr_array_new_with_free_func (g_free);
  gboolean done = domuimg_customise_run (want, tree, changes, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (done);
  return changes;
}

void
guest_apply (const DomuimgCustomise *want, DomuimgTree *tree)
{
  g_ptr_array_unref (guest_run (want, tree));
}

char *
guest_dump (DomuimgTree *tree)
{
  g_autoptr (GError) error = NULL;
  DomuimgTreeDumpOptions options = { .inline_max = 65536, .times = FALSE };
  char *dump = domuimg_tree_dump (tree, &options, &error);

  g_assert_no_error (error);
  return dump;
}

gboolean
guest_has_line (GPtrArray *lines, const char *prefix)
{
  for (guint i = 0; i < lines->len; i++)
    if (g_str_has_prefix (g_ptr_array_index (lines, i), prefix))
      return TRUE;
  return FALSE;
}

char *
guest_text (DomuimgTree *tree, const char *path)
{
  g_autoptr (GError) error = NULL;
  char *text = domuimg_tree_read_text (tree, path, &error);

  g_assert_no_error (error);
  return text;
}

void
guest_assert_contains (DomuimgTree *tree, const char *path, const char *part)
{
  g_autofree char *text = guest_text (tree, path);

  if (strstr (text, part) == NULL)
    g_error ("%s lacks \"%s\":\n%s", path, part, text);
}

void
guest_assert_lacks (DomuimgTree *tree, const char *path, const char *part)
{
  g_autofree char *text = guest_text (tree, path);

  if (strstr (text, part) != NULL)
    g_error ("%s has \"%s\":\n%s", path, part, text);
}

void
guest_assert_absent (DomuimgTree *tree, const char *path)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (tree, path, NULL);

  if (entry != NULL)
    g_error ("%s is there", path);
}

void
guest_assert_link (DomuimgTree *tree, const char *path, const char *target)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (tree, path, &error);

  g_assert_no_error (error);
  g_assert_cmpint (entry->type, ==, DOMUIMG_ENTRY_SYMLINK);
  g_assert_cmpstr (entry->target, ==, target);
}

void
guest_assert_mode (DomuimgTree *tree, const char *path, guint32 mode)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (tree, path, &error);

  g_assert_no_error (error);
  g_assert_cmphex (entry->mode, ==, mode);
}
