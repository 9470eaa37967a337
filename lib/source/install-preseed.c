/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes a preseed for debian-installer: a template, which is data, and a specification. */
#include "config.h"
#include "lib/source/install-answers.h"

#include <string.h>

#include "lib/domain/model/vdev.h"
#include "lib/guest/customise.h"
#include "lib/guest/logins.h"
#include "lib/qemu/machine.h"
#include "lib/spec/parse.h"

#define TEMPLATE "debian.preseed"
#define KEYS "domuimg-authorized-keys"
#define HIDDEN "(hidden)"
#define MIRROR "http://deb.debian.org/debian"
#define UBUNTU_MIRROR "http://archive.ubuntu.com/ubuntu"
/* Larger disks need a GPT. */
#define MBR_MAX ((guint64) 2 << 40)

typedef struct {
  DomuimgSpec *spec;
  const DomuimgInstallTarget *target;
  GHashTable *values; /* (element-type utf8 utf8) of the template's words; none: its lines are left out */
  DomuimgInstallAnswers *answers;
  gboolean has_keys;
} Preseed;

static void
set (Preseed *self, const char *word, const char *value)
{
  if (value != NULL)
    g_hash_table_insert (self->values, g_strdup (word), g_strdup (value));
}

static char *
read_template (GError **error)
{
  const char *const directories[] = { g_getenv ("DOMUIMG_ANSWERS_DIR"),
                                      DOMUIMG_SYSCONFDIR "/domuimg/answers",
                                      DOMUIMG_DATADIR "/domuimg/answers" };

  for (guint i = 0; i < G_N_ELEMENTS (directories); i++)
    {
      g_autofree char *path
          = directories[i] != NULL ? g_build_filename (directories[i], TEMPLATE, NULL) : NULL;
      g_autoptr (GError) local = NULL;
      char *text;

      if (path == NULL)
        continue;
      if (g_file_get_contents (path, &text, NULL, &local))
        return text;
      if (g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT)
          || g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
        continue;
      domuimg_fail (error, DOMUIMG_ERROR_IO, "the template of answers: %s", local->message);
      return NULL;
    }
  domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                "the template of answers for debian-installer, " TEMPLATE ", is neither in %s nor in %s:"
                " install domuimg completely, or use --answers",
                directories[1], directories[2]);
  return NULL;
}

/* A host name's part before its first dot, and the rest. */
static void
set_hostname (Preseed *self)
{
  const char *host = domuimg_spec_get (self->spec, "hostname");
  g_auto (GStrv) parts = g_strsplit (host != NULL ? host : self->target->name, ".", 2);

  set (self, "hostname", parts[0]);
  set (self, "domain", parts[1] != NULL ? parts[1] : "");
}

static char *
netmask_of (guint prefix)
{
  guint32 mask = prefix == 0 ? 0 : G_MAXUINT32 << (32 - MIN (prefix, 32));

  return g_strdup_printf ("%u.%u.%u.%u", mask >> 24, mask >> 16 & 255, mask >> 8 & 255, mask & 255);
}

/* The first interface is the one that the installer uses. */
static void
set_network (Preseed *self)
{
  g_autoptr (GPtrArray) nics = domuimg_spec_get_objects (self->spec, "nic");
  const DomuimgNicSpec *nic = nics->len > 0 ? g_ptr_array_index (nics, 0) : NULL;
  g_autofree char *address = NULL, *netmask = NULL, *servers = NULL;

  if (nic == NULL || nic->address == NULL || self->target->is_fitted)
    return;
  /* netcfg asks for no netmask where the address has a prefix. */
  if (nic->is_v6)
    address = g_strdup_printf ("%s/%u", nic->address, nic->prefix);
  else
    netmask = netmask_of (nic->prefix);
  servers = g_strjoinv (" ", nic->dns);
  set (self, "static", "true");
  set (self, "address", address != NULL ? address : nic->address);
  set (self, "netmask", netmask);
  set (self, "gateway", nic->gateway != NULL ? nic->gateway : "none");
  set (self, "nameservers", servers);
}

/* (nullable) The archive that a tree of an installer is part of. */
static char *
archive_of (const char *location)
{
  const char *end = location != NULL ? strstr (location, "/dists/") : NULL;

  return end != NULL ? g_strndup (location, (gsize) (end - location)) : NULL;
}

static gboolean
set_mirror (Preseed *self, GError **error)
{
  const char *given = domuimg_spec_get (self->spec, "mirror");
  g_autofree char *archive = archive_of (self->target->location);
  const char *own = self->target->is_ubuntu ? UBUNTU_MIRROR : MIRROR;
  const char *wanted = given != NULL ? given : archive != NULL ? archive : own;
  g_autofree char *mirror = self->target->is_fitted ? domuimg_qemu_map_address (wanted) : g_strdup (wanted);
  g_autoptr (GUri) uri = g_uri_parse (mirror, G_URI_FLAGS_NONE, NULL);
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : "";
  g_autofree char *host = NULL, *host_word = NULL, *directory_word = NULL, *proxy_word = NULL;
  gboolean is_v6;

  if (!(g_str_equal (scheme, "http") || g_str_equal (scheme, "https"))
      || g_uri_get_host (uri) == NULL || strpbrk (mirror, " \t") != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "mirror “%s”: debian-installer takes the address of a mirror by http or https;"
                         " give one with --mirror",
                         mirror);
  is_v6 = strchr (g_uri_get_host (uri), ':') != NULL;
  host = g_strdup_printf (is_v6 ? "[%s]" : "%s", g_uri_get_host (uri));
  if (g_uri_get_port (uri) > 0)
    {
      char *with_port = g_strdup_printf ("%s:%d", host, g_uri_get_port (uri));

      g_free (host);
      host = with_port;
    }
  host_word = g_strconcat (scheme, "-host", NULL);
  directory_word = g_strconcat (scheme, "-directory", NULL);
  proxy_word = g_strconcat (scheme, "-proxy", NULL);
  set (self, "mirror-country", "manual");
  set (self, "mirror-protocol", scheme);
  set (self, host_word, host);
  set (self, directory_word, *g_uri_get_path (uri) != '\0' ? g_uri_get_path (uri) : "/");
  set (self, proxy_word, "");
  return TRUE;
}

static void
set_disk (Preseed *self)
{
  const DomuimgDiskSpec *disk = domuimg_spec_get_object (self->spec, "disk");
  const char *vdev = disk != NULL && disk->vdev != NULL ? disk->vdev : "xvda";
  g_autofree char *name = domuimg_vdev_linux_name (vdev);
  g_autofree char *path = g_strconcat ("/dev/", name, NULL);

  set (self, "disk", self->target->disk != NULL ? self->target->disk : path);
  set (self, "label", disk != NULL && disk->size >= MBR_MAX ? "gpt" : "msdos");
}

static void
set_words (Preseed *self)
{
  g_auto (GStrv) packages = domuimg_spec_get_all (self->spec, "package");
  g_autofree char *list = g_strjoinv (" ", packages);
  const char *locale = domuimg_spec_get (self->spec, "locale");
  const char *keymap = domuimg_spec_get (self->spec, "keymap");
  const char *zone = domuimg_spec_get (self->spec, "timezone");

  set (self, "locale", locale != NULL ? locale : "en_US.UTF-8");
  set (self, "keymap", keymap != NULL ? keymap : "us");
  set (self, "timezone", zone != NULL ? zone : "Etc/UTC");
  set (self, "console", self->target->console);
  if (*list != '\0')
    set (self, "packages", list);
}

/* A secret never gets into a text that is shown. */
static gboolean
set_password (Preseed *self, GError **error)
{
  const char *file = domuimg_spec_get (self->spec, "root-password-file");
  gboolean is_made = domuimg_spec_get (self->spec, "root-password") != NULL;
  g_autofree char *hash = NULL;
  char *password;

  if ((file == NULL && !is_made) || self->target->is_fitted)
    {
      set (self, "root-password", "!");
      return TRUE;
    }
  if (self->target->is_plan)
    {
      set (self, "root-password", HIDDEN);
      return TRUE;
    }
  password = is_made ? domuimg_password_new (error) : domuimg_password_read_file (file, error);
  if (password == NULL)
    return FALSE;
  hash = domuimg_password_hash (password, error);
  if (is_made)
    self->answers->root_password = password;
  else
    domuimg_password_free (password);
  set (self, "root-password", hash);
  return hash != NULL;
}

static gboolean
add_keys (Preseed *self, GError **error)
{
  g_auto (GStrv) paths = domuimg_spec_get_all (self->spec, "ssh-key");
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *text = NULL;
  g_autoptr (GBytes) content = NULL;

  for (guint i = 0; paths[i] != NULL; i++)
    if (!domuimg_ssh_keys_read_file (paths[i], keys, error))
      return FALSE;
  if (keys->len == 0)
    return TRUE;
  g_ptr_array_add (keys, g_strdup (""));
  g_ptr_array_add (keys, NULL);
  text = g_strjoinv ("\n", (char **) keys->pdata);
  content = g_bytes_new (text, strlen (text));
  domuimg_install_answers_add (self->answers, KEYS, 0644, content);
  self->has_keys = TRUE;
  return TRUE;
}

/* What the installer's questions do not ask. */
static void
set_late_command (Preseed *self)
{
  g_autoptr (GPtrArray) commands = g_ptr_array_new ();
  g_autofree char *joined = NULL;

  if (self->has_keys)
    g_ptr_array_add (commands, "mkdir -p -m 700 /target/root/.ssh && cp /" KEYS
                               " /target/root/.ssh/authorized_keys && chmod 600"
                               " /target/root/.ssh/authorized_keys");
  if (domuimg_spec_get (self->spec, "root-password") != NULL)
    g_ptr_array_add (commands, "in-target chage -d 0 root");
  if (commands->len == 0)
    return;
  g_ptr_array_add (commands, NULL);
  joined = g_strjoinv ("; ", (char **) commands->pdata);
  set (self, "late-command", joined);
}

/* One line of the template; FALSE where one of its words has no value. */
static gboolean
fill_line (Preseed *self, const char *line, GString *text)
{
  g_auto (GStrv) parts = g_strsplit (line, "@", -1);
  g_autoptr (GString) filled = g_string_new (NULL);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      const char *value = i % 2 == 1 ? g_hash_table_lookup (self->values, parts[i]) : parts[i];

      if (value == NULL)
        return FALSE;
      g_string_append (filled, value);
    }
  g_string_append_printf (text, "%s\n", filled->str);
  return TRUE;
}

static char *
fill (Preseed *self, const char *template)
{
  g_auto (GStrv) lines = g_strsplit (template, "\n", -1);
  GString *text = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    if (*lines[i] != '\0' && *lines[i] != '#')
      fill_line (self, lines[i], text);
  return g_string_free (text, FALSE);
}

/* The template twice: as it is read by the installer, and as a person may see it. */
static gboolean
write_answers (Preseed *self, GError **error)
{
  g_autofree char *template = read_template (error);
  g_autofree char *text = NULL;
  g_autoptr (GBytes) content = NULL;

  if (template == NULL)
    return FALSE;
  text = fill (self, template);
  content = g_bytes_new (text, strlen (text));
  domuimg_install_answers_add (self->answers, "preseed.cfg", 0600, content);
  if (!g_str_equal (g_hash_table_lookup (self->values, "root-password"), "!"))
    set (self, "root-password", HIDDEN);
  self->answers->text = fill (self, template);
  return TRUE;
}

DomuimgInstallAnswers *
domuimg_install_preseed_make (DomuimgSpec *spec, const DomuimgInstallTarget *target, GError **error)
{
  g_autoptr (DomuimgInstallAnswers) answers
      = domuimg_install_answers_new ("auto=true priority=critical");
  g_autoptr (GHashTable) values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  Preseed self = { spec, target, values, answers, FALSE };

  answers->name = g_strdup ("a preseed");
  set_hostname (&self);
  set_network (&self);
  set_disk (&self);
  set_words (&self);
  if (!set_mirror (&self, error) || !set_password (&self, error)
      || (!target->is_fitted && !add_keys (&self, error)))
    return NULL;
  if (!target->is_fitted)
    set_late_command (&self);
  return write_answers (&self, error) ? g_steal_pointer (&answers) : NULL;
}
