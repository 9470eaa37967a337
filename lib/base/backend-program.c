/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The programs that speak to libxl and libvirt, and how they are started. */
#include "config.h"
#include "lib/base/backend-program.h"

#include <string.h>

#include "lib/base/address.h"

const DomuimgBackendProgram domuimg_backend_program_libxl = { "libxl", "domuimg-libxl", "libxl", "libxen-dev" };
const DomuimgBackendProgram domuimg_backend_program_libvirt
    = { "libvirt", "domuimg-libvirt", "libvirt", "libvirt-dev" };

gboolean
domuimg_backend_program_is_there (const DomuimgBackendProgram *self, GError **error)
{
  g_autofree char *path = domuimg_libexec_path (self->program);
  g_autofree char *found = domuimg_find_program (path);

  if (found != NULL)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "domuimg is installed without %s: there is no %s; build it with -D%s=enabled"
                       " (Debian: apt install %s)",
                       self->name, path, self->option, self->package);
}

DomuimgExec *
domuimg_backend_program_start (const DomuimgBackendProgram *self, const char *verb, GError **error)
{
  g_autofree char *path = NULL;
  DomuimgExec *exec;

  if (!domuimg_backend_program_is_there (self, error))
    return NULL;
  path = domuimg_libexec_path (self->program);
  exec = domuimg_exec_new (path);
  domuimg_exec_arg (exec, verb);
  return exec;
}

DomuimgExec *
domuimg_libvirt_start (const char *uri, const char *verb, GError **error)
{
  DomuimgExec *exec = domuimg_backend_program_start (&domuimg_backend_program_libvirt, verb, error);

  if (exec != NULL)
    domuimg_exec_argf (exec, "--connect=%s", uri != NULL ? uri : DOMUIMG_LIBVIRT_URI);
  return exec;
}

JsonNode *
domuimg_backend_program_ask (DomuimgExec *exec, GCancellable *cancellable, GError **error)
{
  g_autoptr (GBytes) output = domuimg_exec_output (exec, cancellable, error);
  g_autoptr (JsonParser) parser = json_parser_new ();
  gsize length;
  const char *text;

  if (output == NULL)
    return NULL;
  text = g_bytes_get_data (output, &length);
  if (length > 0 && json_parser_load_from_data (parser, text, (gssize) length, NULL)
      && json_parser_get_root (parser) != NULL)
    return json_parser_steal_root (parser);
  domuimg_fail (error, DOMUIMG_ERROR_FAILED, "the program behind this verb said no JSON");
  return NULL;
}

/* What is between "//" and the path; NULL where there is no such thing. */
static char *
authority_of (const char *uri)
{
  const char *start = strstr (uri, "://");

  return start != NULL ? g_strndup (start + 3, strcspn (start + 3, "/?")) : NULL;
}

gboolean
domuimg_libvirt_check_uri (const char *uri, GError **error)
{
  g_autofree char *authority = authority_of (uri);

  if (domuimg_address_has_secret (uri))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "the URI of libvirt holds a password, which others would see; leave it out,"
                         " and use a key, or the file of libvirt's auth.conf");
  if (authority != NULL && uri[0] != ':' && strpbrk (uri, "# \t\r\n") == NULL)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "“%s” is not a URI of libvirt's, such as xen:///system or"
                       " xen+ssh://HOST/system",
                       uri);
}

gboolean
domuimg_libvirt_is_remote (const char *uri)
{
  g_autofree char *authority = authority_of (uri);

  return authority != NULL && *authority != '\0';
}
