/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest that is one application: what it is started with, and our init put into its files. */
#include "config.h"
#include "lib/guest/application.h"

#include <string.h>

#include "lib/base/exec.h"

#define INIT_PROGRAM "domuimg-init"
/* What init uses where the environment has none. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

DomuimgApplication *
domuimg_application_new (void)
{
  DomuimgApplication *self = g_new0 (DomuimgApplication, 1);

  self->argv = g_ptr_array_new_with_free_func (g_free);
  self->env = g_ptr_array_new_with_free_func (g_free);
  self->ports = g_ptr_array_new_with_free_func (g_free);
  self->volumes = g_ptr_array_new_with_free_func (g_free);
  self->notes = g_ptr_array_new_with_free_func (g_free);
  self->directory = g_strdup ("/");
  self->stop_signal = g_strdup ("TERM");
  return self;
}

static gpointer
copy_text (gconstpointer text, gpointer user_data)
{
  return g_strdup (text);
}

static GPtrArray *
copy_texts (GPtrArray *texts)
{
  GPtrArray *copy = g_ptr_array_copy (texts, copy_text, NULL);

  g_ptr_array_set_free_func (copy, g_free);
  return copy;
}

DomuimgApplication *
domuimg_application_copy (const DomuimgApplication *self)
{
  DomuimgApplication *copy = g_new0 (DomuimgApplication, 1);

  *copy = *self;
  copy->argv = copy_texts (self->argv);
  copy->env = copy_texts (self->env);
  copy->ports = copy_texts (self->ports);
  copy->volumes = copy_texts (self->volumes);
  copy->notes = copy_texts (self->notes);
  copy->directory = g_strdup (self->directory);
  copy->user = g_strdup (self->user);
  copy->stop_signal = g_strdup (self->stop_signal);
  return copy;
}

void
domuimg_application_free (DomuimgApplication *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->argv);
  g_ptr_array_unref (self->env);
  g_ptr_array_unref (self->ports);
  g_ptr_array_unref (self->volumes);
  g_ptr_array_unref (self->notes);
  g_free (self->directory);
  g_free (self->user);
  g_free (self->stop_signal);
  g_free (self);
}

/* (nullable) The place of the variable that @assignment begins with. */
static char **
find_env (const DomuimgApplication *self, const char *assignment, gsize length)
{
  for (guint i = 0; i < self->env->len; i++)
    {
      char **entry = (char **) &self->env->pdata[i];

      if (strncmp (*entry, assignment, length) == 0 && (*entry)[length] == '=')
        return entry;
    }
  return NULL;
}

gboolean
domuimg_application_set_env (DomuimgApplication *self, const char *assignment, GError **error)
{
  gsize length = strcspn (assignment, "=");
  char **old;

  if (length == 0 || assignment[length] != '=')
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "“%s” is not a variable of an environment; write NAME=VALUE", assignment);
  old = find_env (self, assignment, length);
  if (old == NULL)
    {
      g_ptr_array_add (self->env, g_strdup (assignment));
      return TRUE;
    }
  g_free (*old);
  *old = g_strdup (assignment);
  return TRUE;
}

gboolean
domuimg_application_take_settings (DomuimgApplication *self, DomuimgSpec *spec, GError **error)
{
  g_auto (GStrv) files = domuimg_spec_get_all (spec, "env-file");
  g_auto (GStrv) assignments = domuimg_spec_get_all (spec, "env");

  for (guint i = 0; files[i] != NULL; i++)
    if (!domuimg_application_read_env_file (self, files[i], error))
      return FALSE;
  for (guint i = 0; assignments[i] != NULL; i++)
    if (!domuimg_application_set_env (self, assignments[i], error))
      return FALSE;
  self->restart = domuimg_spec_get_number (spec, "restart", DOMUIMG_RESTART_ON_FAILURE);
  self->has_debug_shell = domuimg_spec_get_flag (spec, "debug-shell");
  return TRUE;
}

static char *
find_on_path (const DomuimgApplication *self, DomuimgTree *tree, const char *name)
{
  char **path = find_env (self, "PATH", strlen ("PATH"));
  g_auto (GStrv) places = g_strsplit (path != NULL ? *path + strlen ("PATH=") : DEFAULT_PATH, ":", -1);

  for (guint i = 0; places[i] != NULL; i++)
    {
      g_autofree char *full = g_build_filename (places[i], name, NULL);

      if (*places[i] == '/' && domuimg_tree_is_executable (tree, full))
        return g_steal_pointer (&full);
    }
  return NULL;
}

char *
domuimg_application_find_program (const DomuimgApplication *self, DomuimgTree *tree, GError **error)
{
  const char *name = self->argv->len > 0 ? self->argv->pdata[0] : "";
  g_autofree char *full = NULL;

  if (*name == '\0')
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                    "nothing says which program the guest is to start; use --cmd");
      return NULL;
    }
  if (strchr (name, '/') == NULL)
    full = find_on_path (self, tree, name);
  else
    full = g_canonicalize_filename (name, self->directory);
  if (full != NULL && domuimg_tree_is_executable (tree, full))
    return g_steal_pointer (&full);
  domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                "the program that the guest is to start, %s, is not in it or not executable%s; name one that"
                " is by --cmd",
                name, strchr (name, '/') == NULL ? " (it was looked for along PATH)" : "");
  return NULL;
}

GBytes *
domuimg_application_load_init (GError **error)
{
  g_autofree char *path = domuimg_libexec_path (INIT_PROGRAM);
  g_autoptr (GError) local = NULL;
  char *bytes;
  gsize length;

  if (g_file_get_contents (path, &bytes, &length, &local))
    return g_bytes_new_take (bytes, length);
  if (g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL,
                  "%s is not there: the init of such guests was left out when domuimg was built; build it with"
                  " musl-gcc (Debian: apt install musl-tools)",
                  path);
  else
    domuimg_fail (error, DOMUIMG_ERROR_IO, "reading the init for the guest: %s", local->message);
  return NULL;
}

static gboolean
put_init (DomuimgEdit *edit, GError **error)
{
  g_autoptr (GBytes) init = domuimg_application_load_init (error);
  g_autoptr (DomuimgEntry) entry
      = domuimg_entry_new (&DOMUIMG_APPLICATION_INIT[1], DOMUIMG_ENTRY_FILE, 0755);

  if (init == NULL || !domuimg_tree_mkdir_p (edit->tree, "/usr/lib/domuimg", 0755, error)
      || !domuimg_tree_put (edit->tree, entry, init, error))
    return FALSE;
  domuimg_edit_note (edit, "wrote %s", DOMUIMG_APPLICATION_INIT);
  return TRUE;
}

/* Linux runs this when Xen's tools ask for a reboot; what an image has of that name may not reach our
 * init, which then lays itself over it. */
static gboolean
put_reboot (DomuimgEdit *edit, GError **error)
{
  return domuimg_tree_exists (edit->tree, "/sbin/reboot")
         || domuimg_edit_symlink (edit, DOMUIMG_APPLICATION_INIT, "/sbin/reboot", error);
}

/* Where init mounts; an image of one static program has none of them. */
static gboolean
make_directories (DomuimgEdit *edit, const DomuimgCustomise *want, GError **error)
{
  static const struct {
    const char *path;
    guint32 mode;
  } places[] = { { "/dev", 0755 }, { "/proc", 0555 }, { "/sys", 0555 }, { "/run", 0755 },
                 { "/tmp", 01777 }, { "/etc", 0755 }, { "/sbin", 0755 } };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    if (!domuimg_tree_exists (edit->tree, places[i].path)
        && !domuimg_edit_mkdir (edit, places[i].path, places[i].mode, error))
      return FALSE;
  for (guint i = 0; i < want->mounts->len; i++)
    {
      const DomuimgGuestMount *mount = g_ptr_array_index (want->mounts, i);

      if (*mount->mount_point == '/' && !domuimg_edit_mkdir (edit, mount->mount_point, 0755, error))
        return FALSE;
    }
  return TRUE;
}

/* Init makes no more than its last component. */
static gboolean
make_own_directory (DomuimgEdit *edit, const DomuimgApplication *self, GError **error)
{
  if (domuimg_tree_is_dir (edit->tree, self->directory))
    return TRUE;
  if (!domuimg_tree_mkdir_p (edit->tree, self->directory, 0755, error))
    {
      g_prefix_error (error, "making the directory that the application is started in, %s: ", self->directory);
      return FALSE;
    }
  domuimg_edit_note (edit, "made directory %s", self->directory);
  return TRUE;
}

static gboolean
write_hosts (DomuimgEdit *edit, const DomuimgCustomise *want, GError **error)
{
  g_autofree char *old = NULL;
  g_autofree char *text = NULL;

  if (!domuimg_edit_read (edit, "/etc/hosts", &old, error))
    return FALSE;
  /* A container's is made by what runs it, and the image has an empty one. */
  if (old != NULL && strstr (old, "localhost") != NULL)
    return TRUE;
  text = g_strdup_printf ("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n127.0.1.1\t%s\n%s",
                          want->hostname != NULL ? want->hostname : "localhost", old != NULL ? old : "");
  return domuimg_edit_write (edit, "/etc/hosts", text, 0644, error);
}

static gboolean
check_and_make_directory (const DomuimgApplication *self, DomuimgEdit *edit, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *program = domuimg_application_find_program (self, edit->tree, &local);

  if (program != NULL && domuimg_application_check_user (self, edit, &local)
      && make_own_directory (edit, self, &local))
    return TRUE;
  return domuimg_application_fail_plainly (error, g_steal_pointer (&local));
}

gboolean
domuimg_application_install (const DomuimgApplication *self, const DomuimgCustomise *want,
                             DomuimgTree *tree, GPtrArray *changes, GCancellable *cancellable,
                             GError **error)
{
  DomuimgEdit edit = { .tree = tree, .changes = changes, .cancellable = cancellable };
  g_autofree char *text = NULL;

  if (!domuimg_customise_validate (want, error) || !check_and_make_directory (self, &edit, error))
    return FALSE;
  for (guint i = 0; i < self->notes->len; i++)
    domuimg_edit_note (&edit, "%s", (char *) self->notes->pdata[i]);
  text = domuimg_application_to_text (self, want);
  return make_directories (&edit, want, error)
         && domuimg_application_make_memory (self, want, &edit, error) && put_init (&edit, error)
         && put_reboot (&edit, error) && write_hosts (&edit, want, error)
         && domuimg_edit_write_own (&edit, DOMUIMG_APPLICATION_CONFIG, text, 0600, error);
}
