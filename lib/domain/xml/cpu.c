/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest's CPU in libvirt's XML: to xl, nestedhvm=, cpuid= and cpu_weight=. */
#include "config.h"
#include "lib/domain/xml/guest.h"

#include <string.h>

#define PASSTHROUGH "host-passthrough"

/* Features that have two names. */
static const struct {
  const char *libvirt;
  const char *xl;
} names[] = {
  { "cx16", "cmpxchg16" },       { "cid", "cntxid" },          { "ds_cpl", "dscpl" },
  { "pclmuldq", "pclmulqdq" },   { "pni", "sse3" },            { "ht", "htt" },
  { "pn", "psn" },               { "clflush", "clfsh" },       { "sep", "sysenter" },
  { "cx8", "cmpxchg8" },         { "nodeid_msr", "nodeid" },   { "cr8legacy", "altmovcr8" },
  { "lahf_lm", "lahfsahf" },     { "cmp_legacy", "cmplegacy" }, { "fxsr_opt", "ffxsr" },
  { "pdpe1gb", "page1gb" },      { "spec-ctrl", "ibrsb" },
};

static const struct {
  const char *policy;
  char value;
} policies[] = { { "force", '1' },   { "require", '1' }, { "disable", '0' },
                 { "forbid", '0' },  { "optional", 'x' } };

static const char *
to_xl (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (name, names[i].libvirt))
      return names[i].xl;
  return name;
}

static const char *
to_libvirt (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (name, names[i].xl))
      return names[i].libvirt;
  return name;
}

/* What lets a guest run guests. */
static gboolean
is_nesting (const char *name)
{
  return g_str_equal (name, "vmx") || g_str_equal (name, "svm");
}

static char
read_policy (xmlNode *feature)
{
  g_autofree char *policy = domuimg_xml_attr (feature, "policy");

  for (guint i = 0; i < G_N_ELEMENTS (policies); i++)
    if (g_str_equal (domuimg_text_or (policy, "require"), policies[i].policy))
      return policies[i].value;
  return '\0';
}

static void
read_features (DomuimgXmlReader *self, xmlNode *cpu)
{
  g_autoptr (GString) cpuid = g_string_new ("host");
  gboolean nested = TRUE;

  for (xmlNode *feature = domuimg_xml_first (cpu, "feature"); feature != NULL;)
    {
      xmlNode *next = domuimg_xml_next (feature, "feature");
      g_autofree char *name = domuimg_xml_attr (feature, "name");
      char value = read_policy (feature);

      if (name != NULL && value != '\0')
        {
          if (is_nesting (name))
            nested = nested && value != '0';
          else
            g_string_append_printf (cpuid, ",%s=%c", to_xl (name), value);
          domuimg_xml_drop (feature);
        }
      feature = next;
    }
  if (self->domain->type == DOMUIMG_GUEST_TYPE_HVM)
    domuimg_domain_set_extra (self->domain, "nestedhvm", nested ? "1" : "0");
  if (strchr (cpuid->str, ',') != NULL)
    domuimg_xml_set_word (self, "cpuid", cpuid->str);
}

/* A mode that libvirt's Xen driver ignores is carried with all that belongs to it. */
void
domuimg_xml_read_cpu (DomuimgXmlReader *self, xmlNode *root)
{
  xmlNode *cpu = domuimg_xml_first (root, "cpu");
  xmlNode *shares = domuimg_xml_open (domuimg_xml_open (root, "cputune"), "shares");
  g_autofree char *weight = shares != NULL ? domuimg_xml_text (shares) : NULL;
  g_autofree char *mode = domuimg_xml_attr (cpu, "mode");

  if (weight != NULL && g_ascii_string_to_unsigned (weight, 10, 1, G_MAXUINT16, NULL, NULL))
    domuimg_domain_set_extra (self->domain, "cpu_weight", weight);
  else if (shares != NULL)
    shares->_private = NULL;
  if (cpu == NULL)
    return;
  domuimg_xml_read_numa (self, cpu);
  if (g_strcmp0 (mode, PASSTHROUGH) == 0)
    {
      read_features (self, cpu);
      g_free (domuimg_xml_take (cpu, "mode"));
      domuimg_xml_take_if (cpu, "check", "none");
      domuimg_xml_take_if (cpu, "migratable", "on");
    }
  else if (mode != NULL || domuimg_xml_first (cpu, "model") != NULL)
    return;
  cpu->_private = cpu;
}

static void
add_feature (xmlNode *cpu, const char *name, const char *policy)
{
  domuimg_xml_set (domuimg_xml_add_with (cpu, "feature", "policy", policy), "name", name);
}

static xmlNode *
passthrough (xmlNode *root)
{
  xmlNode *cpu = domuimg_xml_child (root, "cpu");

  if (!domuimg_xml_attr_is (cpu, "mode", PASSTHROUGH))
    domuimg_xml_set (cpu, "mode", PASSTHROUGH);
  return cpu;
}

/* One "NAME=VALUE" of cpuid=. */
static void
add_pair (DomuimgXmlWriter *writer, xmlNode *cpu, const char *pair)
{
  const char *equals = strchr (pair, '=');
  g_autofree char *name = equals != NULL ? g_strndup (pair, equals - pair) : NULL;
  gboolean single = equals != NULL && strlen (equals + 1) == 1;
  char value = single ? equals[1] : '\0';

  if (value == '1' || value == '0' || value == 'x')
    {
      add_feature (cpu, to_libvirt (name),
                   value == '1' ? "force" : value == '0' ? "disable" : "optional");
      return;
    }
  if (value == 'k' || value == 's')
    add_feature (cpu, to_libvirt (name), "optional");
  domuimg_xml_warn (writer, "cpuid: %s is in xl.cfg only%s", pair,
                    value == 'k' || value == 's' ? "; to libvirt the feature is optional" : "");
}

/* The form of libxl, "host,tm=0"; libxc's lists of registers have no other. */
static void
add_cpuid (DomuimgXmlWriter *writer, xmlNode *root)
{
  g_autofree char *cpuid = domuimg_xml_see_extra (writer, "cpuid");
  g_auto (GStrv) pairs = g_strsplit (domuimg_text_or (cpuid, ""), ",", -1);

  if (g_strcmp0 (pairs[0], "host") != 0)
    return;
  g_free (domuimg_xml_use_extra (writer, "cpuid"));
  for (guint i = 1; pairs[i] != NULL; i++)
    add_pair (writer, passthrough (root), g_strstrip (pairs[i]));
}

void
domuimg_xml_write_cpu (DomuimgXmlWriter *writer, xmlNode *root)
{
  gboolean hvm = writer->domain->type == DOMUIMG_GUEST_TYPE_HVM;
  g_autofree char *weight = domuimg_xml_use_extra (writer, "cpu_weight");
  g_autofree char *nested = hvm ? domuimg_xml_use_extra (writer, "nestedhvm") : NULL;
  xmlNode *cpu;

  if (weight != NULL)
    domuimg_xml_add_text (domuimg_xml_child (root, "cputune"), "shares", weight);
  if (nested != NULL)
    passthrough (root);
  add_cpuid (writer, root);
  /* With the host's CPU libvirt nests guests, and xl only where it is told to. */
  cpu = domuimg_xml_first (root, "cpu");
  if (hvm && cpu != NULL && (nested == NULL || g_str_equal (nested, "0")))
    add_feature (cpu, "vmx", "disable");
  domuimg_xml_write_numa (writer, root);
}
