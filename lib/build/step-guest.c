/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Customises the guest with its users, keys, network, identity and mounts. */
#include "config.h"
#include "lib/build/application.h"
#include "lib/build/state.h"

#include <string.h>

#include "lib/build/step-layout.h"
#include "lib/fs/fs.h"
#include "lib/guest/customise.h"
#include "lib/guest/logins.h"

static gboolean
set_password (DomuimgCustomise *customise, const char *password, GError **error)
{
  customise->root_password = DOMUIMG_ROOT_PASSWORD_HASH;
  customise->root_password_hash = domuimg_password_hash (password, error);
  return customise->root_password_hash != NULL;
}

/* What is packed is never written again. */
static gboolean
is_read_only (DomuimgBuildState *self)
{
  return domuimg_fs_is_packed (domuimg_fs_find (self->root_fs));
}

static gboolean
add_new_password (DomuimgBuildState *self, DomuimgCustomise *customise, GError **error)
{
  self->root_password = domuimg_password_new (error);
  customise->root_password_expired = !is_read_only (self);
  return self->root_password != NULL && set_password (customise, self->root_password, error);
}

static gboolean
add_password (DomuimgBuildState *self, DomuimgCustomise *customise, GError **error)
{
  const char *path = domuimg_spec_get (self->plan->spec, "root-password-file");
  char *password;
  gboolean ok;

  if (domuimg_spec_get (self->plan->spec, "root-password") != NULL)
    return add_new_password (self, customise, error);
  customise->root_password = DOMUIMG_ROOT_PASSWORD_LOCK;
  if (path == NULL)
    {
      /* A copy of a machine keeps its users as they are. */
      if ((self->plan->source_type->traits & DOMUIMG_SOURCE_COPIES_A_SYSTEM) != 0)
        customise->root_password = DOMUIMG_ROOT_PASSWORD_KEEP;
      return TRUE;
    }
  password = domuimg_password_read_file (path, error);
  if (password == NULL)
    return FALSE;
  ok = set_password (customise, password, error);
  domuimg_password_free (password);
  return ok;
}

static void
add_nic (DomuimgCustomise *customise, const DomuimgNicSpec *spec)
{
  DomuimgGuestNic *nic = domuimg_customise_add_nic (customise, spec->mac);
  char *address
      = spec->address != NULL ? g_strdup_printf ("%s/%u", spec->address, spec->prefix) : NULL;

  nic->mode = spec->address != NULL                ? DOMUIMG_GUEST_NIC_STATIC
              : spec->unmanaged && spec->has_ip ? DOMUIMG_GUEST_NIC_NONE
                                                   : DOMUIMG_GUEST_NIC_DHCP;
  *(spec->is_v6 ? &nic->address6 : &nic->address) = address;
  *(spec->is_v6 ? &nic->gateway6 : &nic->gateway) = g_strdup (spec->gateway);
  for (guint i = 0; spec->dns[i] != NULL; i++)
    g_ptr_array_add (nic->dns, g_strdup (spec->dns[i]));
}

/* Those whose addresses the guest's files are to get; @all: those that are left alone, too. */
static void
add_nics (DomuimgBuildState *self, DomuimgCustomise *customise, gboolean all)
{
  for (guint i = 0; i < self->plan->nics->len; i++)
    {
      const DomuimgNicSpec *nic = g_ptr_array_index (self->plan->nics, i);

      if (all || !nic->unmanaged)
        add_nic (customise, nic);
    }
}

/* What is mounted in another filesystem comes behind that. */
static gint
compare_mounts (gconstpointer a, gconstpointer b)
{
  const DomuimgPart *const *left = a;
  const DomuimgPart *const *right = b;

  return g_strcmp0 ((*left)->mount, (*right)->mount);
}

static void
add_growth (DomuimgBuildState *self, DomuimgCustomise *customise, const DomuimgPart *part)
{
  gboolean has_gpt
      = domuimg_plan_get_layout_spec (self->plan, part->disk)->kind == DOMUIMG_LAYOUT_GPT;
  DomuimgGuestGrowth *growth
      = domuimg_customise_add_growth (customise, part->uuid, part->mount, part->fs);

  growth->has_partition = part->number > 0;
  if (has_gpt && part->role == DOMUIMG_PART_ROOT)
    growth->root_type = domuimg_layout_gpt_name_root (domuimg_build_get_architecture (self->plan));
}

static void
add_disks (DomuimgBuildState *self, DomuimgCustomise *customise)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_copy (self->plan->parts, NULL, NULL);
  const DomuimgPart *holder = domuimg_plan_find_part (self->plan, DOMUIMG_PART_HOLDER);

  customise->root_uuid = g_strdup (self->root_uuid);
  g_free (customise->root_fs);
  customise->root_fs = g_strdup (self->root_fs);
  customise->is_read_only = is_read_only (self);
  if (self->root_uuid == NULL)
    customise->root_spec = domuimg_build_name_root (self);
  customise->crypt_name = domuimg_plan_name_container (self->plan);
  if (customise->crypt_name != NULL)
    customise->crypt_uuid = g_strdup (holder->uuid);
  g_ptr_array_set_free_func (parts, NULL);
  g_ptr_array_sort (parts, compare_mounts);
  for (guint i = 0; i < parts->len; i++)
    {
      const DomuimgPart *part = g_ptr_array_index (parts, i);
      g_autofree char *spec = g_strdup_printf ("UUID=%s", part->uuid);

      if (part->grows)
        add_growth (self, customise, part);
      if (part->role == DOMUIMG_PART_SWAP)
        domuimg_customise_add_mount (customise, spec, "none", "swap", "sw");
      else if (part->mount != NULL && part->role != DOMUIMG_PART_ROOT)
        domuimg_customise_add_mount (customise, spec, part->mount, part->fs,
                                     part->role == DOMUIMG_PART_ESP ? "umask=0077" : NULL);
    }
}

static void
add_identity (DomuimgBuildState *self, DomuimgCustomise *customise)
{
  g_auto (GStrv) include = domuimg_spec_get_all (self->plan->spec, "include");
  gboolean all = g_strv_contains ((const char *const *) include, "all");

  customise->fresh_identity
      = !all && !g_strv_contains ((const char *const *) include, "identity");
  customise->host_keys
      = domuimg_spec_get_number (self->plan->spec, "host-keys",
                                 is_read_only (self) ? DOMUIMG_HOST_KEYS_BUILD
                                                     : DOMUIMG_HOST_KEYS_FIRST_BOOT);
  if (all || g_strv_contains ((const char *const *) include, "host-keys"))
    customise->host_keys = DOMUIMG_HOST_KEYS_KEEP;
}

/* Whether the guest begins its life here: a machine that is converted has a name of its own. */
static gboolean
is_new (DomuimgBuildState *self)
{
  return self->transfer == NULL
         || (self->plan->source_type->traits & DOMUIMG_SOURCE_EXPECTS_SEED) != 0;
}

static gboolean
fill_customise (DomuimgBuildState *self, DomuimgCustomise *customise, GError **error)
{
  DomuimgPlan *plan = self->plan;
  g_auto (GStrv) keys = domuimg_spec_get_all (plan->spec, "ssh-key");

  customise->type = self->type;
  customise->hostname
      = g_strdup (domuimg_plan_get (plan, "hostname", is_new (self) ? plan->name : NULL));
  customise->locale = g_strdup (domuimg_spec_get (plan->spec, "locale"));
  customise->timezone = g_strdup (domuimg_spec_get (plan->spec, "timezone"));
  customise->keymap = g_strdup (domuimg_spec_get (plan->spec, "keymap"));
  customise->kernel_version = g_strdup (self->kernel_version);
  if (self->transfer == NULL)
    {
      customise->device_nodes = TRUE;
      customise->all_consoles = domuimg_plan_has_menu (plan);
      add_disks (self, customise);
      add_identity (self, customise);
    }
  else
    customise->host_keys = DOMUIMG_HOST_KEYS_KEEP;
  add_nics (self, customise, FALSE);
  for (guint i = 0; keys[i] != NULL; i++)
    {
      if (!domuimg_ssh_keys_read_file (keys[i], customise->authorized_keys, error))
        return FALSE;
    }
  return add_password (self, customise, error);
}

/* What the steps of the guest could not do goes to the user, not only to the manifest. */
void
domuimg_build_sort_changes (DomuimgBuildState *self, GPtrArray *lines)
{
  for (guint i = 0; i < lines->len; i++)
    {
      const char *line = g_ptr_array_index (lines, i);
      gboolean is_warning = g_str_has_prefix (line, "warning: ");
      GPtrArray *into = is_warning ? self->warnings : self->changes;

      if (is_warning)
        line += strlen ("warning: ");
      /* A file may have been changed in several steps. */
      if (!g_ptr_array_find_with_equal_func (into, line, g_str_equal, NULL))
        g_ptr_array_add (into, g_strdup (line));
    }
}

/* Cards whose addresses nobody has given ask for them by DHCP, as cloud-init would have them do. */
static gboolean
make_seed (DomuimgBuildState *self, DomuimgCustomise *customise, GError **error)
{
  g_autoptr (DomuimgCustomise) network = domuimg_customise_new ();

  add_nics (self, network, TRUE);
  return domuimg_customise_validate (customise, error)
         && domuimg_build_make_seed (self, customise, network->nics, error);
}

/* A machine that is converted stays as it is but for what is said. */
static gboolean
is_anything_asked (DomuimgBuildState *self)
{
  static const char *const keys[] = { "hostname", "ssh-key", "root-password-file", "root-password",
                                      "locale",   "timezone", "keymap" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (domuimg_spec_get (self->plan->spec, keys[i]) != NULL)
      return TRUE;
  for (guint i = 0; i < self->plan->nics->len; i++)
    if (!((const DomuimgNicSpec *) g_ptr_array_index (self->plan->nics, i))->unmanaged)
      return TRUE;
  return FALSE;
}

gboolean
domuimg_build_step_guest (DomuimgBuildState *self, DomuimgProgress *progress,
                          GCancellable *cancellable, GError **error)
{
  gboolean changes_files = !domuimg_spec_get_flag (self->plan->spec, "no-customise")
                           && (self->transfer == NULL
                               || (self->tree != NULL && is_anything_asked (self)));
  const DomuimgApplication *application = domuimg_build_get_application (self);
  g_autoptr (DomuimgCustomise) customise = NULL;
  g_autoptr (GPtrArray) lines = NULL;

  if (!changes_files && self->plan->seed == NULL)
    return TRUE;
  domuimg_progress_set_message (progress, "Customising the guest");
  customise = domuimg_customise_new ();
  lines = g_ptr_array_new_with_free_func (g_free);
  if (!fill_customise (self, customise, error)
      || (self->plan->seed != NULL && !make_seed (self, customise, error)))
    return FALSE;
  if (!changes_files)
    return TRUE;
  if (application != NULL ? !domuimg_application_install (application, customise, self->tree, lines,
                                                          cancellable, error)
                          : !domuimg_customise_run (customise, self->tree, lines, cancellable, error))
    return FALSE;
  domuimg_build_sort_changes (self, lines);
  return TRUE;
}
