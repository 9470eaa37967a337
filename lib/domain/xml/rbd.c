/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk in Ceph: "rbd:POOL/IMAGE[@SNAPSHOT][:KEY=VALUE...]" to QEMU, which takes a backslash before
 * a colon that divides nothing. */
#include "config.h"
#include "lib/domain/xml/network-disk.h"

#include <stdlib.h>
#include <string.h>

/* What stands before the next colon, without backslashes; @at is then behind it. NULL at the end. */
static char *
next_part (const char **at)
{
  GString *part;

  if (**at == '\0')
    return NULL;
  part = g_string_new (NULL);
  for (; **at != '\0' && **at != ':'; (*at)++)
    {
      if (**at == '\\' && (*at)[1] != '\0')
        (*at)++;
      g_string_append_c (part, **at);
    }
  if (**at == ':')
    (*at)++;
  return g_string_free (part, FALSE);
}

static void
append_escaped (GString *text, const char *value)
{
  for (; *value != '\0'; value++)
    {
      if (strchr (":;\\", *value) != NULL)
        g_string_append_c (text, '\\');
      g_string_append_c (text, *value);
    }
}

/* "mon1:6789;[2001:db8::1]:6789" */
static void
add_monitors (xmlNode *source, const char *text)
{
  g_auto (GStrv) all = g_strsplit_set (text, ";, ", -1);

  for (guint i = 0; all[i] != NULL; i++)
    {
      char *host = all[i], *bracket = strchr (host, ']');
      char *colon = bracket != NULL ? strchr (bracket, ':') : strrchr (host, ':');
      int port = colon != NULL ? atoi (colon + 1) : 0;

      if (*host == '\0')
        continue;
      if (colon != NULL)
        *colon = '\0';
      if (bracket != NULL)
        *bracket = '\0';
      domuimg_xml_add_host (source, *host == '[' ? host + 1 : host, port);
    }
}

/* A key is a secret of libvirt's, and never said. */
static void
add_option (xmlNode *source, const char *option, GStrvBuilder *lost)
{
  const char *value = strchr (option, '=') != NULL ? strchr (option, '=') + 1 : "";

  if (g_str_has_prefix (option, "mon_host="))
    add_monitors (source, value);
  else if (g_str_has_prefix (option, "conf="))
    domuimg_xml_add_with (source, "config", "file", value);
  else if (g_str_has_prefix (option, "id="))
    {
      g_autofree char *user
          = g_strdup_printf ("the user %s, whose key libvirt keeps as a secret (<auth>)", value);

      g_strv_builder_add (lost, user);
    }
  else if (!g_str_has_prefix (option, "key=") && !g_str_has_prefix (option, "auth_supported="))
    g_strv_builder_add (lost, option);
}

gboolean
domuimg_xml_write_rbd (xmlNode *disk, const char *text, GStrvBuilder *lost)
{
  g_autofree char *image = next_part (&text);
  char *snapshot = image != NULL ? strrchr (image, '@') : NULL;
  xmlNode *source;
  char *option;

  if (image == NULL || *image == '\0')
    return FALSE;
  if (snapshot != NULL)
    *snapshot++ = '\0';
  source = domuimg_xml_add_with (disk, "source", "protocol", "rbd");
  domuimg_xml_set (source, "name", image);
  if (snapshot != NULL)
    domuimg_xml_add_with (source, "snapshot", "name", snapshot);
  while ((option = next_part (&text)) != NULL)
    {
      add_option (source, option, lost);
      g_free (option);
    }
  return TRUE;
}

static void
append_monitors (GString *target, xmlNode *source)
{
  const char *before = ":mon_host=";

  for (xmlNode *host = domuimg_xml_first (source, "host"); host != NULL;
       host = domuimg_xml_next (host, "host"))
    {
      g_autofree char *name = domuimg_xml_attr (host, "name");
      g_autofree char *port = domuimg_xml_attr (host, "port");
      gboolean brackets = name != NULL && strchr (name, ':') != NULL;

      if (name == NULL)
        continue;
      g_string_append_printf (target, "%s%s", before, brackets ? "[" : "");
      append_escaped (target, name);
      g_string_append (target, brackets ? "]" : "");
      if (port != NULL)
        g_string_append_printf (target, "\\:%s", port);
      before = "\\;";
    }
}

char *
domuimg_xml_read_rbd (xmlNode *disk, xmlNode *source, GStrvBuilder *lost)
{
  xmlNode *inner = domuimg_xml_first (source, "auth");
  xmlNode *auth = inner != NULL ? inner : domuimg_xml_first (disk, "auth");
  g_autofree char *name = domuimg_xml_attr (source, "name");
  g_autofree char *user = domuimg_xml_attr (auth, "username");
  g_autofree char *snapshot = domuimg_xml_find_attr (source, "snapshot", "name");
  g_autofree char *config = domuimg_xml_find_attr (source, "config", "file");
  g_autoptr (GString) target = g_string_new ("rbd:");

  if (name == NULL || strchr (name, ':') != NULL)
    return NULL;
  append_escaped (target, name);
  if (snapshot != NULL)
    g_string_append_printf (target, "@%s", snapshot);
  if (user != NULL)
    {
      g_string_append (target, ":id=");
      append_escaped (target, user);
      g_strv_builder_add (lost, "the key, a secret of libvirt's: QEMU looks for it in the host's"
                                " /etc/ceph");
    }
  g_string_append (target, user != NULL ? ":auth_supported=cephx\\;none" : ":auth_supported=none");
  append_monitors (target, source);
  if (config != NULL)
    {
      g_string_append (target, ":conf=");
      append_escaped (target, config);
    }
  return g_string_free (g_steal_pointer (&target), FALSE);
}
