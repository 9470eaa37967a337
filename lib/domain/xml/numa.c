/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The nodes of a guest's memory in libvirt's XML: to xl, vnuma=. */
#include "config.h"
#include "lib/domain/xml/guest.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CELLS 64
/* What ACPI says of a node to itself, and of one to another where nothing is said. */
#define LOCAL_DISTANCE 10
#define REMOTE_DISTANCE 20

typedef struct {
  guint n_cells;
  xmlNode *cells[MAX_CELLS];                /* by their ids */
  guint distances[MAX_CELLS][MAX_CELLS]; /* 0: not said */
} Nodes;

static gboolean
read_number (xmlNode *node, const char *attribute, guint64 max, guint64 *number)
{
  g_autofree char *text = domuimg_xml_attr (node, attribute);

  return text != NULL && g_ascii_string_to_unsigned (text, 10, 0, max, number, NULL);
}

/* FALSE where the ids are not those of a row of nodes. */
static gboolean
collect (Nodes *self, xmlNode *numa)
{
  for (xmlNode *cell = domuimg_xml_first (numa, "cell"); cell != NULL;
       cell = domuimg_xml_next (cell, "cell"), self->n_cells++)
    {
      guint64 id = self->n_cells;

      if (self->n_cells >= MAX_CELLS)
        return FALSE;
      if ((xmlHasProp (cell, BAD_CAST "id") != NULL
           && !read_number (cell, "id", MAX_CELLS - 1, &id))
          || self->cells[id] != NULL)
        return FALSE;
      self->cells[id] = cell;
    }
  for (guint i = 0; i < self->n_cells; i++)
    if (self->cells[i] == NULL)
      return FALSE;
  return self->n_cells > 0;
}

static void
read_distances (Nodes *self, guint from)
{
  xmlNode *distances = domuimg_xml_open (self->cells[from], "distances");

  for (xmlNode *sibling = domuimg_xml_first (distances, "sibling"); sibling != NULL;
       sibling = domuimg_xml_next (sibling, "sibling"))
    {
      guint64 id, value;

      if (read_number (sibling, "id", self->n_cells - 1, &id)
          && read_number (sibling, "value", 255, &value))
        self->distances[from][id] = value;
      sibling->_private = sibling;
      g_free (domuimg_xml_take (sibling, "id"));
      g_free (domuimg_xml_take (sibling, "value"));
    }
}

/* "10,21,20": what the XML leaves out is the way back, else what libvirt takes. */
static char *
complete_distances (const Nodes *self, guint from)
{
  g_autoptr (GString) all = g_string_new (NULL);

  for (guint to = 0; to < self->n_cells; to++)
    {
      guint value = self->distances[from][to] != 0 ? self->distances[from][to]
                                                   : self->distances[to][from];

      if (value == 0)
        value = from == to ? LOCAL_DISTANCE : REMOTE_DISTANCE;
      g_string_append_printf (all, "%s%u", to > 0 ? "," : "", value);
    }
  return g_string_free (g_steal_pointer (&all), FALSE);
}

static void
add_node (DomuimgXmlReader *self, const Nodes *nodes, guint index)
{
  g_autoptr (DomuimgDomainDevice) node = domuimg_domain_device_new (DOMUIMG_DEVICE_NUMA_NODE);
  xmlNode *cell = nodes->cells[index];
  g_autofree char *id = g_strdup_printf ("%u", index);
  g_autofree char *memory = domuimg_xml_take (cell, "memory");
  g_autofree char *unit = domuimg_xml_take (cell, "unit");
  g_autofree char *vcpus = domuimg_xml_take (cell, "cpus");
  g_autofree char *distances = complete_distances (nodes, index);
  g_autofree char *size = NULL;
  guint mebibytes = 0;
  gboolean exact = TRUE;

  cell->_private = cell;
  g_free (domuimg_xml_take (cell, "id"));
  if (memory == NULL || !domuimg_xml_memory_parse (memory, unit, &mebibytes, &exact))
    domuimg_domain_warn (self->domain, "numa: the memory of cell %u is left out", index);
  if (!exact)
    domuimg_domain_warn (self->domain, "numa: the memory of cell %u is rounded up to %u MiB", index,
                         mebibytes);
  size = g_strdup_printf ("%u", mebibytes);
  domuimg_domain_device_set_option (node, "pnode", id);
  domuimg_domain_device_set_option (node, "size", mebibytes > 0 ? size : NULL);
  domuimg_domain_device_set_option (node, "vcpus", vcpus);
  domuimg_domain_device_set_option (node, "vdistances", distances);
  domuimg_domain_add_device (self->domain, node);
}

void
domuimg_xml_read_numa (DomuimgXmlReader *self, xmlNode *cpu)
{
  xmlNode *numa = domuimg_xml_first (cpu, "numa");
  g_autofree Nodes *nodes = g_new0 (Nodes, 1);
  g_autofree char *rest = NULL;

  if (numa == NULL || !collect (nodes, numa))
    return;
  for (guint i = 0; i < nodes->n_cells; i++)
    read_distances (nodes, i);
  for (guint i = 0; i < nodes->n_cells; i++)
    add_node (self, nodes, i);
  rest = domuimg_xml_rest (self, numa, "numa");
  if (rest != NULL)
    domuimg_domain_warn (self->domain, "numa: %s is left out", rest);
  domuimg_xml_drop (numa);
}

static void
add_distances (xmlNode *cell, const char *text)
{
  g_auto (GStrv) values = g_strsplit (text, ",", -1);
  xmlNode *distances = domuimg_xml_add (cell, "distances");

  for (guint i = 0; values[i] != NULL; i++)
    {
      g_autofree char *id = g_strdup_printf ("%u", i);

      domuimg_xml_set (domuimg_xml_add_with (distances, "sibling", "id", id), "value", values[i]);
    }
}

/* To libvirt a node's number is its place, on the host, too. */
static void
add_cell (DomuimgXmlWriter *writer, xmlNode *root, DomuimgDomainDevice *node, guint index)
{
  const char *pnode = domuimg_domain_device_get_option (node, "pnode");
  const char *distances = domuimg_domain_device_get_option (node, "vdistances");
  g_autofree char *id = g_strdup_printf ("%u", index);
  xmlNode *numa = domuimg_xml_child (domuimg_xml_child (root, "cpu"), "numa");
  xmlNode *cell = domuimg_xml_add_with (numa, "cell", "id", id);

  domuimg_xml_set (cell, "cpus", domuimg_domain_device_get_option (node, "vcpus"));
  domuimg_xml_set (cell, "memory", domuimg_domain_device_get_option (node, "size"));
  domuimg_xml_set (cell, "unit", "MiB");
  if (distances != NULL)
    add_distances (cell, distances);
  if (g_strcmp0 (pnode, id) != 0)
    domuimg_xml_warn (writer, "vnuma: pnode=%s of node %u is in xl.cfg only; libvirt puts it on"
                              " node %u of the host",
                      pnode, index, index);
}

void
domuimg_xml_write_numa (DomuimgXmlWriter *writer, xmlNode *root)
{
  DomuimgDomain *domain = writer->domain;
  guint index = 0;

  for (guint i = 0; i < domain->devices->len; i++)
    {
      DomuimgDomainDevice *node = g_ptr_array_index (domain->devices, i);

      if (domuimg_domain_device_get_kind (node) != DOMUIMG_DEVICE_NUMA_NODE)
        continue;
      if (domuimg_domain_device_get_option (node, "size") == NULL
          || domuimg_domain_device_get_option (node, "vcpus") == NULL)
        domuimg_xml_warn (writer, "vnuma: a node without size or vcpus is in xl.cfg only");
      else
        add_cell (writer, root, node, index++);
    }
}
