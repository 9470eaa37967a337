/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides by patterns which files of a directory are not copied. */
#include "config.h"
#include "lib/source/dir-excludes.h"

#include <fnmatch.h>
#include <string.h>

struct _DomuimgExcludes {
  GPtrArray *patterns;
};

/* The directories themselves are copied: only what is in them is not. */
static const struct {
  const char *group;
  const char *pattern;
} defaults[] = {
  { "proc", "proc/*" },
  { "sys", "sys/*" },
  { "dev", "dev/*" },
  { "run", "run/*" },
  { "run", "var/run/*" },
  { "run", "var/lock/*" },
  { "tmp", "tmp/*" },
  { "tmp", "var/tmp/*" },
  { "mnt", "mnt/*" },
  { "mnt", "media/*" },
  { "home", "home/*" },
  { "caches", "var/cache/apt/*.bin" },
  { "caches", "var/cache/apt/archives/*.deb" },
  { "caches", "var/cache/apt/archives/partial/*" },
  { "caches", "var/lib/apt/lists/*" },
  { "caches", "var/cache/dnf/*" },
  { "caches", "var/cache/yum/*" },
  { "caches", "var/cache/man/*" },
  { "caches", "var/cache/pacman/pkg/*" },
  { "caches", "var/cache/apk/*" },
  { "caches", "var/cache/domuimg/*" },
  { "caches", "root/.cache/*" },
  { "logs", "var/log/journal/*" },
  { "logs", "var/log/*.gz" },
  { "logs", "var/log/*.[0-9]" },
  { "logs", "var/crash/*" },
  { "logs", "var/lib/systemd/coredump/*" },
  { "host-keys", "etc/ssh/ssh_host_*_key" },
  { "host-keys", "etc/ssh/ssh_host_*_key.pub" },
  { "identity", "etc/machine-id" },
  { "identity", "var/lib/dbus/machine-id" },
  { "identity", "var/lib/systemd/random-seed" },
  { "identity", "var/lib/systemd/credential.secret" },
  { "identity", "var/lib/dhcp/*.lease*" },
  { "identity", "etc/udev/rules.d/70-persistent-net.rules" },
  { "guests", "var/lib/xen/images/*" },
  { "guests", "var/lib/libvirt/images/*" },
  { "guests", "var/lib/domuimg/*" },
  { "swap", "swapfile" },
  { "swap", "swap.img" },
  { "lost+found", "lost+found" },
};

static gboolean
is_group (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (defaults); i++)
    {
      if (g_str_equal (defaults[i].group, name))
        return TRUE;
    }
  return g_str_equal (name, "all");
}

/* "/srv/www/" and "srv/www" mean the same. */
static char *
pattern_of (const char *text)
{
  char *pattern = g_strdup (text + strspn (text, "/"));
  gsize length = strlen (pattern);

  while (length > 0 && pattern[length - 1] == '/')
    pattern[--length] = '\0';
  return pattern;
}

DomuimgExcludes *
domuimg_excludes_new (const char *const *include, const char *const *exclude, GError **error)
{
  g_autoptr (DomuimgExcludes) self = g_new0 (DomuimgExcludes, 1);

  self->patterns = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; include[i] != NULL; i++)
    {
      if (is_group (include[i]))
        continue;
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                    "include “%s”: there is no such group of excludes; the groups are proc, "
                    "sys, dev, run, tmp, mnt, home, caches, logs, host-keys, identity, guests, "
                    "swap, lost+found and all",
                    include[i]);
      return NULL;
    }
  for (guint i = 0; i < G_N_ELEMENTS (defaults); i++)
    {
      if (!g_strv_contains (include, defaults[i].group) && !g_strv_contains (include, "all"))
        g_ptr_array_add (self->patterns, g_strdup (defaults[i].pattern));
    }
  for (guint i = 0; exclude[i] != NULL; i++)
    g_ptr_array_add (self->patterns, pattern_of (exclude[i]));
  return g_steal_pointer (&self);
}

void
domuimg_excludes_free (DomuimgExcludes *self)
{
  g_ptr_array_unref (self->patterns);
  g_free (self);
}

gboolean
domuimg_excludes_match (DomuimgExcludes *self, const char *path)
{
  for (guint i = 0; i < self->patterns->len; i++)
    {
      const char *pattern = g_ptr_array_index (self->patterns, i);

      /* A pattern without a slash is meant for a name, wherever it is, as in tar. */
      if (fnmatch (pattern, path, FNM_PATHNAME) == 0)
        return TRUE;
      if (strchr (pattern, '/') == NULL && strpbrk (pattern, "*?[") != NULL)
        {
          const char *slash = strrchr (path, '/');

          if (fnmatch (pattern, slash != NULL ? slash + 1 : path, 0) == 0)
            return TRUE;
        }
    }
  return FALSE;
}
