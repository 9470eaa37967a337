/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the ova.xml of an XVA. */
#include "config.h"
#include "lib/import/archive/xva-xml.h"

#include <libxml/parser.h>
#include <string.h>

#define DEVICES_MAX 255
#define SIZE_MAX_SANE ((guint64) 1 << 60)

typedef struct {
  const char *name; /* of the archive */
  GPtrArray *objects; /* of xmlNode, the structs with class, id and snapshot */
} Parser;

static xmlNode *
find_child (xmlNode *node, const char *name)
{
  for (xmlNode *child = node != NULL ? node->children : NULL; child != NULL; child = child->next)
    if (child->type == XML_ELEMENT_NODE && g_str_equal (child->name, name))
      return child;
  return NULL;
}

static char *
text_of (xmlNode *node)
{
  xmlChar *content = node != NULL ? xmlNodeGetContent (node) : NULL;
  char *text = g_strdup (content != NULL ? (const char *) content : "");

  xmlFree (content);
  return text;
}

/* The value of a member of the struct @value. */
static xmlNode *
get (xmlNode *value, const char *name)
{
  xmlNode *fields = find_child (value, "struct");

  for (xmlNode *member = fields != NULL ? fields->children : NULL; member != NULL;
       member = member->next)
    {
      xmlNode *key = member->type == XML_ELEMENT_NODE ? find_child (member, "name") : NULL;
      g_autofree char *text = key != NULL ? text_of (key) : NULL;

      if (text != NULL && g_str_equal (text, name))
        return find_child (member, "value");
    }
  return NULL;
}

static char *
get_text (xmlNode *value, const char *name)
{
  return g_strstrip (text_of (get (value, name)));
}

/* NULL where it is empty. */
static char *
get_some (xmlNode *value, const char *name)
{
  g_autofree char *text = get_text (value, name);

  return *text != '\0' ? g_steal_pointer (&text) : NULL;
}

static gboolean
get_flag (xmlNode *value, const char *name)
{
  g_autofree char *text = get_text (value, name);

  return g_str_equal (text, "1") || g_str_equal (text, "true");
}

static guint64
get_number (xmlNode *value, const char *name, guint64 max)
{
  g_autofree char *text = get_text (value, name);
  guint64 number = 0;

  g_ascii_string_to_unsigned (text, 10, 0, max, &number, NULL);
  return number;
}

static gboolean
is_of_class (xmlNode *object, const char *class)
{
  g_autofree char *text = get_text (object, "class");

  return g_str_equal (text, class);
}

/* The snapshot of the object that the member @name of @value refers to. */
static xmlNode *
follow (const Parser *self, xmlNode *value, const char *name, const char *class)
{
  g_autofree char *ref = get_text (value, name);

  for (guint i = 0; i < self->objects->len; i++)
    {
      xmlNode *object = g_ptr_array_index (self->objects, i);
      g_autofree char *id = get_text (object, "id");

      if (g_str_equal (id, ref) && is_of_class (object, class))
        return get (object, "snapshot");
    }
  return NULL;
}

static gboolean
add_disk (const Parser *self, xmlNode *vbd, DomuimgXvaMachine *machine, GError **error)
{
  xmlNode *vdi = follow (self, vbd, "VDI", "VDI");
  g_autofree char *type = get_text (vbd, "type");
  guint64 size = get_number (vdi, "virtual_size", SIZE_MAX_SANE);
  DomuimgXvaDisk *disk;

  machine->n_cdroms += g_str_equal (type, "CD") && machine->n_cdroms < DEVICES_MAX;
  if (!g_str_equal (type, "Disk") || vdi == NULL)
    return TRUE;
  if (size == 0 || machine->disks->len >= DEVICES_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: its ova.xml has a disk without a size, or too many disks", self->name);
  disk = domuimg_xva_machine_add_disk (machine, size);
  disk->ref = get_text (vbd, "VDI");
  disk->name = get_some (vdi, "name_label");
  disk->device = get_number (vbd, "userdevice", DEVICES_MAX);
  disk->is_bootable = get_flag (vbd, "bootable");
  for (guint i = 0; i + 1 < machine->disks->len; i++)
    if (g_str_equal (((DomuimgXvaDisk *) g_ptr_array_index (machine->disks, i))->ref, disk->ref))
      return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                           "%s: its ova.xml has two disks %s", self->name, disk->ref);
  return TRUE;
}

static gboolean
add_nic (const Parser *self, xmlNode *vif, DomuimgXvaMachine *machine, GError **error)
{
  xmlNode *network = follow (self, vif, "network", "network");
  g_autofree char *mac = get_some (vif, "MAC");
  DomuimgXvaNic *nic;

  if (machine->nics->len >= DEVICES_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: its ova.xml has too many NICs",
                         self->name);
  nic = domuimg_xva_machine_add_nic (machine);
  nic->mac = mac != NULL ? g_ascii_strdown (mac, -1) : NULL;
  nic->network = get_some (network, "name_label");
  if (nic->network == NULL)
    nic->network = get_some (network, "bridge");
  nic->device = get_number (vif, "device", DEVICES_MAX);
  return TRUE;
}

/* The machine itself, not its snapshots. */
static xmlNode *
find_vm (const Parser *self)
{
  for (guint i = 0; i < self->objects->len; i++)
    {
      xmlNode *object = g_ptr_array_index (self->objects, i);

      if (is_of_class (object, "VM") && !get_flag (get (object, "snapshot"), "is_a_snapshot"))
        return object;
    }
  return NULL;
}

static gboolean
add_devices (const Parser *self, const char *vm, DomuimgXvaMachine *machine, GError **error)
{
  for (guint i = 0; i < self->objects->len; i++)
    {
      xmlNode *object = g_ptr_array_index (self->objects, i);
      xmlNode *snapshot = get (object, "snapshot");
      g_autofree char *of = get_text (snapshot, "VM");

      if (!g_str_equal (of, vm))
        continue;
      if (is_of_class (object, "VBD") && !add_disk (self, snapshot, machine, error))
        return FALSE;
      machine->has_tpm |= is_of_class (object, "VTPM");
      if (is_of_class (object, "VIF") && !add_nic (self, snapshot, machine, error))
        return FALSE;
    }
  return TRUE;
}

static int
compare_disks (gconstpointer a, gconstpointer b)
{
  const DomuimgXvaDisk *one = *(const DomuimgXvaDisk *const *) a;
  const DomuimgXvaDisk *other = *(const DomuimgXvaDisk *const *) b;

  return (int) one->device - (int) other->device;
}

static int
compare_nics (gconstpointer a, gconstpointer b)
{
  const DomuimgXvaNic *one = *(const DomuimgXvaNic *const *) a;
  const DomuimgXvaNic *other = *(const DomuimgXvaNic *const *) b;

  return (int) one->device - (int) other->device;
}

static DomuimgXvaMachine *
read_machine (const Parser *self, GError **error)
{
  xmlNode *object = find_vm (self);
  xmlNode *vm = get (object, "snapshot");
  g_autofree char *id = get_text (object, "id");
  g_autofree char *name = get_text (vm, "name_label");
  g_autofree char *policy = get_text (vm, "HVM_boot_policy");
  g_autofree char *firmware = get_text (get (vm, "HVM_boot_params"), "firmware");
  g_autofree char *secure_boot = get_text (get (vm, "platform"), "secureboot");
  g_autoptr (DomuimgXvaMachine) machine = domuimg_xva_machine_new (name);

  if (vm == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: there is no machine in its ova.xml",
                    self->name);
      return NULL;
    }
  machine->memory = get_number (vm, "memory_static_max", SIZE_MAX_SANE);
  machine->vcpus = get_number (vm, "VCPUs_max", 4096);
  machine->is_hvm = *policy != '\0';
  machine->is_uefi = machine->is_hvm && g_str_equal (firmware, "uefi");
  machine->has_secure_boot = machine->is_uefi && g_str_equal (secure_boot, "true");
  machine->bootloader = get_some (vm, "PV_bootloader");
  machine->cmdline = get_some (vm, "PV_args");
  if (!add_devices (self, id, machine, error))
    return NULL;
  g_ptr_array_sort (machine->disks, compare_disks);
  g_ptr_array_sort (machine->nics, compare_nics);
  return g_steal_pointer (&machine);
}

static DomuimgXvaMachine *
read_document (xmlDoc *document, const char *name, GError **error)
{
  g_autoptr (GPtrArray) objects = g_ptr_array_new ();
  Parser parser = { name, objects };
  xmlNode *root = xmlDocGetRootElement (document);
  xmlNode *data;

  if (document->intSubset != NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT, "%s: its ova.xml has a document type", name);
      return NULL;
    }
  if (root != NULL && g_str_equal (root->name, "appliance"))
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                    "%s is an XVA of version 1, of before XenServer 4, which is not read", name);
      return NULL;
    }
  data = find_child (find_child (get (root, "objects"), "array"), "data");
  for (xmlNode *value = data != NULL ? data->children : NULL; value != NULL; value = value->next)
    if (value->type == XML_ELEMENT_NODE && g_str_equal (value->name, "value"))
      g_ptr_array_add (objects, value);
  return read_machine (&parser, error);
}

DomuimgXvaMachine *
domuimg_xva_xml_parse (const char *text, gsize length, const char *name, GError **error)
{
  xmlDoc *document;
  DomuimgXvaMachine *machine;

  document = length <= G_MAXINT
                 ? xmlReadMemory (text, length, "ova.xml", NULL,
                                  XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)
                 : NULL;
  if (document == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: its ova.xml is not well-formed XML",
                    name);
      return NULL;
    }
  machine = read_document (document, name, error);
  xmlFreeDoc (document);
  return machine;
}
