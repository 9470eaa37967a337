/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads of a guest's SSH server whether it is started, and whom it lets in by a key. */
#include "config.h"
#include "lib/check/sshd.h"

#include <string.h>

#define CONFIG "/etc/ssh/sshd_config"
#define DROP_INS "/etc/ssh/sshd_config.d"
#define KEY_FILES ".ssh/authorized_keys .ssh/authorized_keys2"

struct _DomuimgSshd {
  DomuimgTree *tree; /* (unowned) */
  char *permit_root;
  char *use_pam;
  char *key_files;
};

static gboolean
is_started (DomuimgTree *tree, const DomuimgGuestInfo *info)
{
  static const char *const units[] = { "ssh.service", "sshd.service", "ssh.socket", "sshd.socket",
                                       "dropbear.service", "dropbear.socket" };

  /* The scripts of others are not looked at: who installs a server has it started there. */
  if (info->init != DOMUIMG_INIT_SYSTEMD)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (domuimg_guest_unit_enabled (tree, units[i]))
      return TRUE;
  return FALSE;
}

/* The first value counts, but for the lines of a Match, which end the file for us. */
static char *
find_in_text (const char *text, const char *key)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *line = g_strstrip (lines[i]);
      gsize length = strcspn (line, " \t=");

      if (g_ascii_strncasecmp (line, "Match", length) == 0 && length == strlen ("Match"))
        return NULL;
      if (length == strlen (key) && g_ascii_strncasecmp (line, key, length) == 0)
        return g_strdup (line + length + strspn (line + length, " \t="));
    }
  return NULL;
}

/* The texts of its files, in the order in which they count. Distributions that have a directory of
 * drop-ins include it before anything else. */
static GPtrArray *
read_config (DomuimgTree *tree)
{
  GPtrArray *texts = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *text = domuimg_tree_read_text (tree, CONFIG, NULL);
  g_autofree char *include = text != NULL ? find_in_text (text, "Include") : NULL;
  g_auto (GStrv) names = include != NULL ? domuimg_tree_list (tree, DROP_INS, NULL) : NULL;

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (DROP_INS, names[i], NULL);
      char *drop_in = g_str_has_suffix (names[i], ".conf") ? domuimg_tree_read_text (tree, path, NULL) : NULL;

      if (drop_in != NULL)
        g_ptr_array_add (texts, drop_in);
    }
  if (text != NULL)
    g_ptr_array_add (texts, g_steal_pointer (&text));
  return texts;
}

static char *
find_setting (const GPtrArray *texts, const char *key, const char *otherwise)
{
  char *value = NULL;

  for (guint i = 0; value == NULL && i < texts->len; i++)
    value = find_in_text (g_ptr_array_index (texts, i), key);
  return value != NULL ? value : g_strdup (otherwise);
}

DomuimgSshd *
domuimg_sshd_find (DomuimgTree *tree, const DomuimgGuestInfo *info)
{
  static const char *const programs[] = { "/usr/sbin/sshd", "/usr/bin/sshd", "/usr/sbin/dropbear" };
  gboolean installed = FALSE;
  g_autoptr (GPtrArray) config = NULL;
  DomuimgSshd *self;

  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    installed = installed || domuimg_tree_is_executable (tree, programs[i]);
  if (!installed || !is_started (tree, info))
    return NULL;
  config = read_config (tree);
  self = g_new0 (DomuimgSshd, 1);
  self->tree = tree;
  self->permit_root = find_setting (config, "PermitRootLogin", "prohibit-password");
  self->use_pam = find_setting (config, "UsePAM", "no");
  self->key_files = find_setting (config, "AuthorizedKeysFile", KEY_FILES);
  return self;
}

void
domuimg_sshd_free (DomuimgSshd *self)
{
  g_free (self->permit_root);
  g_free (self->use_pam);
  g_free (self->key_files);
  g_free (self);
}

gboolean
domuimg_sshd_permits_root (DomuimgSshd *self)
{
  return g_ascii_strcasecmp (self->permit_root, "no") != 0;
}

gboolean
domuimg_sshd_uses_pam (DomuimgSshd *self)
{
  return g_ascii_strcasecmp (self->use_pam, "yes") == 0;
}

static gboolean
has_line (DomuimgTree *tree, const char *path)
{
  g_autofree char *text = domuimg_tree_read_text (tree, path, NULL);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *line = g_strstrip (lines[i]);

      if (*line != '\0' && *line != '#')
        return TRUE;
    }
  return FALSE;
}

/* With what sshd_config(5) calls tokens. */
static char *
expand (const char *word, const char *name, const char *home)
{
  g_autoptr (GString) path = g_string_new (word);

  g_string_replace (path, "%h", home, 0);
  g_string_replace (path, "%u", name, 0);
  if (*path->str != '/')
    {
      g_string_prepend_c (path, '/');
      g_string_prepend (path, home);
    }
  return g_string_free (g_steal_pointer (&path), FALSE);
}

gboolean
domuimg_sshd_has_key (DomuimgSshd *self, const char *name, const char *home)
{
  g_auto (GStrv) words = g_strsplit_set (self->key_files, " \t\"", -1);

  for (guint i = 0; words[i] != NULL && *words[i] != '#'; i++)
    {
      g_autofree char *path = expand (words[i], name, home);

      if (*words[i] != '\0' && has_line (self->tree, path))
        return TRUE;
    }
  return FALSE;
}
