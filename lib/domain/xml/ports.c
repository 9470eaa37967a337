/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Serial and parallel ports, and the console, in libvirt's XML. */
#include "config.h"
#include "lib/domain/xml/chardev.h"

#include <string.h>

/* More than any machine has. */
#define MAX_PORTS 32

/* The same options in the words that are written. */
static char *
normal_form (const char *text)
{
  GString *form = g_string_new (text);

  g_string_replace (form, ",server=on", ",server", 0);
  g_string_replace (form, ",wait=off", ",nowait", 0);
  return g_string_free (form, FALSE);
}

/* The element with what the port is connected to; a difference to @text is told. */
static xmlNode *
add_port (DomuimgXmlWriter *writer, xmlNode *devices, const char *name, const char *text)
{
  xmlNode *node = domuimg_xml_add (devices, name);
  g_autofree char *form = normal_form (text);
  g_autofree char *back = NULL;

  if (!domuimg_xml_write_chardev (node, text))
    {
      domuimg_xml_set (node, "type", "pty");
      domuimg_xml_warn (writer, "%s \"%s\": libvirt has no form for it; the XML has a pty", name,
                        text);
      return node;
    }
  back = domuimg_xml_read_chardev (node);
  if (g_strcmp0 (back, form) != 0)
    domuimg_xml_warn (writer, "%s \"%s\": is \"%s\" to libvirt", name, text, back);
  return node;
}

static void
set_target (xmlNode *node, const char *type, guint port)
{
  g_autofree char *number = g_strdup_printf ("%u", port);
  xmlNode *target = domuimg_xml_add (node, "target");

  if (type != NULL)
    domuimg_xml_set (target, "type", type);
  domuimg_xml_set (target, "port", number);
}

static gboolean
has_foreign_console (DomuimgDomain *domain)
{
  for (guint i = 0; i < domain->foreign->len; i++)
    {
      const DomuimgDomainForeign *foreign = g_ptr_array_index (domain->foreign, i);

      if (g_str_equal (foreign->parent, "devices") && g_str_has_prefix (foreign->xml, "<console"))
        return TRUE;
    }
  return FALSE;
}

/* To libvirt, an HVM guest's console is its first serial port, said a second time. */
static void
copy_console (xmlNode *devices, xmlNode *serial)
{
  xmlNode *console = xmlDocCopyNode (serial, devices->doc, 1);
  xmlNode *target = domuimg_xml_first (console, "target");
  g_autofree char *port = domuimg_xml_attr (target, "port");

  xmlNodeSetName (console, BAD_CAST "console");
  xmlUnlinkNode (target);
  xmlFreeNode (target);
  set_target (console, "serial", port != NULL ? g_ascii_strtoull (port, NULL, 10) : 0);
  xmlAddChild (devices, console);
}

static void
write_hvm_ports (DomuimgXmlWriter *writer, xmlNode *devices)
{
  DomuimgDomain *domain = writer->domain;
  g_auto (GStrv) ports = domuimg_domain_list_serials (domain);
  g_autofree char *parallel = domuimg_xml_use_extra (writer, "parallel");
  xmlNode *first = NULL;

  for (guint i = 0; ports[i] != NULL; i++)
    {
      xmlNode *node;

      if (g_str_equal (ports[i], "none"))
        continue;
      node = add_port (writer, devices, "serial", ports[i]);
      set_target (node, NULL, i);
      first = first != NULL ? first : node;
    }
  if (ports[0] == NULL && !domain->whole)
    {
      first = add_port (writer, devices, "serial", "pty");
      set_target (first, NULL, 0);
    }
  if (parallel != NULL && *parallel != '\0' && !g_str_equal (parallel, "none"))
    set_target (add_port (writer, devices, "parallel", parallel), NULL, 0);
  if (first != NULL && !has_foreign_console (domain))
    copy_console (devices, first);
}

void
domuimg_xml_write_ports (DomuimgXmlWriter *writer, xmlNode *devices)
{
  if (writer->domain->type == DOMUIMG_GUEST_TYPE_HVM)
    write_hvm_ports (writer, devices);
  else if (!has_foreign_console (writer->domain))
    set_target (domuimg_xml_add_with (devices, "console", "type", "pty"), "xen", 0);
}

/* What the port's text does not say is told, but for what libvirt itself puts in. */
static void
note_rest (DomuimgXmlReader *self, xmlNode *node)
{
  static const char *const known[] = { "source", "protocol", "target", "alias", "address", NULL };
  static const char *const attributes[]
      = { "mode", "host", "service", "path", "type", "port", "tls" };
  g_autofree char *what = g_strdup ((const char *) node->name);
  g_autofree char *rest = NULL;

  for (xmlNode *child = domuimg_xml_first (node, NULL); child != NULL;)
    {
      xmlNode *next = domuimg_xml_next (child, NULL);

      if (g_str_equal ((const char *) child->name, "source"))
        {
          child->_private = child;
          for (guint i = 0; i < G_N_ELEMENTS (attributes); i++)
            g_free (domuimg_xml_take (child, attributes[i]));
        }
      else if (g_strv_contains (known, (const char *) child->name))
        domuimg_xml_drop (child);
      child = next;
    }
  g_free (domuimg_xml_take (node, "type"));
  g_free (domuimg_xml_take (node, "tty"));
  rest = domuimg_xml_rest (self, node, what);
  if (rest != NULL)
    domuimg_domain_warn (self->domain, "%s: %s is left out", what, rest);
}

/* The port that the element names, else the next one. */
static guint
port_of (xmlNode *node, guint next)
{
  g_autofree char *text = domuimg_xml_find_attr (node, "target", "port");
  guint64 port;

  return text != NULL && g_ascii_string_to_unsigned (text, 10, 0, MAX_PORTS - 1, &port, NULL)
             ? port
             : next;
}

static void
set_port (DomuimgDomain *domain, guint port, const char *text)
{
  g_auto (GStrv) old = domuimg_domain_list_serials (domain);
  guint n_old = g_strv_length (old), n_all = MAX (n_old, port + 1);
  g_autoptr (GPtrArray) all = g_ptr_array_new ();

  for (guint i = 0; i < n_all; i++)
    g_ptr_array_add (all, i == port ? (char *) text : i < n_old ? old[i] : (char *) "none");
  g_ptr_array_add (all, NULL);
  if (n_all == 1)
    domuimg_domain_set_serial (domain, text);
  else
    domuimg_domain_set_serials (domain, (const char *const *) all->pdata);
}

void
domuimg_xml_read_serial (DomuimgXmlReader *self, xmlNode *node)
{
  g_auto (GStrv) ports = domuimg_domain_list_serials (self->domain);
  g_autofree char *text = domuimg_xml_read_chardev (node);
  guint port = port_of (node, g_strv_length (ports));

  if (self->domain->type != DOMUIMG_GUEST_TYPE_HVM || text == NULL || port >= MAX_PORTS)
    return;
  set_port (self->domain, port, text);
  note_rest (self, node);
  domuimg_xml_drop (node);
}

/* xl has no key for it. The one of xm is written, as libvirt does, and xl ignores that. */
void
domuimg_xml_read_parallel (DomuimgXmlReader *self, xmlNode *node)
{
  g_autofree char *text = domuimg_xml_read_chardev (node);
  g_autofree char *quoted = text != NULL ? domuimg_xl_quote ("parallel", text, NULL) : NULL;

  if (self->domain->type != DOMUIMG_GUEST_TYPE_HVM || quoted == NULL
      || domuimg_domain_get_extra (self->domain, "parallel") != NULL)
    return;
  domuimg_domain_set_extra (self->domain, "parallel", quoted);
  note_rest (self, node);
  domuimg_xml_drop (node);
}

void
domuimg_xml_read_console (DomuimgXmlReader *self, xmlNode *node)
{
  g_autofree char *type = domuimg_xml_attr (node, "type");
  g_autofree char *target = domuimg_xml_find_attr (node, "target", "type");
  gboolean hvm = self->domain->type == DOMUIMG_GUEST_TYPE_HVM;
  gboolean serial = hvm && g_str_equal (domuimg_text_or (target, "serial"), "serial");

  if (serial && self->domain->serial == NULL && domuimg_xml_first (node->parent, "serial") == NULL)
    domuimg_xml_read_serial (self, node);
  else if (serial || g_str_equal (domuimg_text_or (type, "pty"), "pty"))
    domuimg_xml_drop (node);
}
