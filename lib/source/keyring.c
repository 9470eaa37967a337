/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verifies signatures by gpgv. */
#include "config.h"
#include "lib/source/keyring.h"

#include <string.h>

#include "lib/base/exec.h"

#define BEGIN "-----BEGIN PGP PUBLIC KEY BLOCK-----"
#define END "-----END"
#define VALID "[GNUPG:] VALIDSIG "

/* One block of text, from behind its first line: headers, an empty line, base64 and a checksum. */
static const char *
add_block (GByteArray *bytes, const char *text)
{
  const char *end = strstr (text, END);
  g_autofree char *block = g_strndup (text, end != NULL ? (gsize) (end - text) : strlen (text));
  g_auto (GStrv) lines = g_strsplit (block, "\n", -1);
  g_autoptr (GString) base64 = g_string_new (NULL);
  g_autofree guchar *data = NULL;
  gboolean in_body = FALSE;
  gsize length;

  for (guint i = 1; i < g_strv_length (lines); i++)
    {
      const char *line = g_strstrip (lines[i]);

      if (in_body && *line != '=')
        g_string_append (base64, line);
      in_body |= *line == '\0';
    }
  data = g_base64_decode (base64->str, &length);
  g_byte_array_append (bytes, data, (guint) length);
  return end != NULL ? end : text + strlen (text);
}

/* gpgv reads no text. */
static GBytes *
to_binary (const char *data, gsize length)
{
  g_autofree char *text = g_strndup (data, length);
  const char *at = strstr (text, BEGIN);
  g_autoptr (GByteArray) bytes = NULL;

  if (at == NULL)
    return g_bytes_new (data, length);
  bytes = g_byte_array_new ();
  while (at != NULL)
    at = strstr (add_block (bytes, at), BEGIN);
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

static char *
save (const char *work, const char *name, GBytes *bytes, GError **error)
{
  g_autofree char *path = g_build_filename (work, name, NULL);
  g_autoptr (GError) local = NULL;

  if (g_file_set_contents (path, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes),
                           &local))
    return g_steal_pointer (&path);
  domuimg_fail (error, DOMUIMG_ERROR_IO, "%s", local->message);
  return NULL;
}

static gboolean
add_keyrings (const DomuimgSigners *self, DomuimgExec *exec, const char *work, GError **error)
{
  for (guint i = 0; self->files[i] != NULL; i++)
    {
      g_autofree char *name = g_strdup_printf ("keyring%u.gpg", i);
      g_autofree char *data = NULL;
      g_autofree char *path = NULL;
      g_autoptr (GBytes) binary = NULL;
      g_autoptr (GError) local = NULL;
      gsize length;

      if (!g_file_get_contents (self->files[i], &data, &length, &local))
        return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "the keyring cannot be read: %s",
                             local->message);
      binary = to_binary (data, length);
      path = save (work, name, binary, error);
      if (path == NULL)
        return FALSE;
      domuimg_exec_arg (exec, "--keyring");
      domuimg_exec_arg (exec, path);
    }
  return TRUE;
}

/* The fingerprint of the key itself, which the last word of the line is. */
static char *
read_signer (GBytes *status)
{
  g_autofree char *text = g_strndup (g_bytes_get_data (status, NULL), g_bytes_get_size (status));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], VALID))
      return g_strdup (strrchr (g_strchomp (lines[i]), ' ') + 1);
  return NULL;
}

static gboolean
check_signer (const DomuimgSigners *self, const char *signer, const char *name, GError **error)
{
  if (signer == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_UNTRUSTED, "%s: gpgv found no valid signature", name);
  if (self->fingerprints[0] == NULL
      || g_strv_contains ((const char *const *) self->fingerprints, signer))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_UNTRUSTED,
                       "%s is signed by the key %s, which is not its vendor's; name the right keys with"
                       " --keyring FILE",
                       name, signer);
}

static GBytes *
run (DomuimgExec *exec, const char *name, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) local = NULL;
  GBytes *status = domuimg_exec_output (exec, cancellable, &local);

  if (status != NULL)
    return status;
  if (g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_TOOL_FAILED))
    domuimg_fail (error, DOMUIMG_ERROR_UNTRUSTED,
                  "%s has no signature of a key that is trusted: %s; name the vendor's keys with"
                  " --keyring FILE",
                  name, local->message);
  else
    g_propagate_error (error, g_steal_pointer (&local));
  return NULL;
}

static GBytes *
read_output (const char *path, GError **error)
{
  g_autoptr (GError) local = NULL;
  char *text;
  gsize length;

  if (g_file_get_contents (path, &text, &length, &local))
    return g_bytes_new_take (text, length);
  domuimg_fail (error, DOMUIMG_ERROR_IO, "%s", local->message);
  return NULL;
}

GBytes *
domuimg_signers_verify (const DomuimgSigners *self, GBytes *data, GBytes *signature,
                        const char *name, const char *work, char **signer,
                        GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("gpgv");
  g_autofree char *data_path = save (work, "signed", data, error);
  g_autofree char *signature_path = NULL;
  g_autofree char *text_path = g_build_filename (work, "signed.txt", NULL);
  g_autoptr (GBytes) status = NULL;

  if (data_path == NULL)
    return NULL;
  domuimg_exec_argf (exec, "--homedir=%s", work);
  domuimg_exec_arg (exec, "--status-fd=1");
  if (!add_keyrings (self, exec, work, error))
    return NULL;
  if (signature != NULL)
    {
      signature_path = save (work, "signature", signature, error);
      if (signature_path == NULL)
        return NULL;
      domuimg_exec_arg (exec, signature_path);
    }
  else
    domuimg_exec_argf (exec, "--output=%s", text_path);
  domuimg_exec_arg (exec, data_path);
  status = run (exec, name, cancellable, error);
  if (status == NULL)
    return NULL;
  g_free (*signer);
  *signer = read_signer (status);
  if (!check_signer (self, *signer, name, error))
    return NULL;
  return signature != NULL ? g_bytes_ref (data) : read_output (text_path, error);
}
