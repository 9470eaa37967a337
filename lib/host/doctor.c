/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a host has and lacks, put together, as text and as JSON. */
#include "config.h"
#include "lib/host/doctor.h"

#include "lib/base/json.h"
#include "lib/base/properties.h"
#include "lib/host/finding.h"

/**
 * DomuimgDoctor:
 *
 * What this machine is to Xen guests, and what it can do with them.
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (DomuimgDoctor, domuimg_doctor, G_TYPE_OBJECT)

static void
domuimg_doctor_finalize (GObject *object)
{
  DomuimgDoctor *self = DOMUIMG_DOCTOR (object);

  g_free (self->root);
  g_free (self->xen_version);
  g_clear_pointer (&self->profile, domuimg_profile_free);
  g_clear_pointer (&self->findings, g_ptr_array_unref);
  G_OBJECT_CLASS (domuimg_doctor_parent_class)->finalize (object);
}

static const DomuimgProperty properties[] = {
  { DOMUIMG_PROPERTY_BOOLEAN, "is-xen", G_CALLBACK (domuimg_doctor_get_is_xen),
    "whether guests can be started here" },
  { DOMUIMG_PROPERTY_STRING, "xen-version", G_CALLBACK (domuimg_doctor_get_xen_version),
    "the version of Xen" },
};

static void
domuimg_doctor_class_init (DomuimgDoctorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_doctor_finalize;
  domuimg_install_properties (klass, properties, G_N_ELEMENTS (properties));
}

static void
domuimg_doctor_init (DomuimgDoctor *self)
{
}

DomuimgDoctor *
domuimg_doctor_new_for_root (const char *root)
{
  DomuimgDoctor *self = g_object_new (DOMUIMG_TYPE_DOCTOR, NULL);
  g_autofree char *type = NULL;
  g_autofree char *major = NULL;
  g_autofree char *minor = NULL;
  g_autofree char *extra = NULL;

  self->root = g_strdup (root);
  self->profile = domuimg_profile_look (root);
  type = domuimg_doctor_read (self, "/sys/hypervisor/type");
  if (g_strcmp0 (type, "xen") != 0)
    return self;
  self->is_xen = domuimg_profile_is_host (root);
  major = domuimg_doctor_read (self, "/sys/hypervisor/version/major");
  minor = domuimg_doctor_read (self, "/sys/hypervisor/version/minor");
  extra = domuimg_doctor_read (self, "/sys/hypervisor/version/extra");
  if (major != NULL && minor != NULL)
    self->xen_version = g_strdup_printf ("%s.%s%s", major, minor, extra != NULL ? extra : "");
  return self;
}

/**
 * domuimg_doctor_new:
 *
 * Returns: (transfer full): the machine that this runs on
 *
 * Since: 0.1
 */
DomuimgDoctor *
domuimg_doctor_new (void)
{
  return domuimg_doctor_new_for_root ("");
}

/**
 * domuimg_doctor_get_is_xen:
 * @self: a host
 *
 * Returns: whether guests can be started here: Xen runs, and this is its dom0
 *
 * Since: 0.1
 */
gboolean
domuimg_doctor_get_is_xen (DomuimgDoctor *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOCTOR (self), FALSE);
  return self->is_xen;
}

/**
 * domuimg_doctor_get_xen_version:
 * @self: a host
 *
 * Returns: (transfer none) (nullable): the version of Xen that runs here, such as "4.17.3", in a
 *   domU, too; %NULL where none runs
 *
 * Since: 0.1
 */
const char *
domuimg_doctor_get_xen_version (DomuimgDoctor *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOCTOR (self), NULL);
  return self->xen_version;
}

void
domuimg_doctor_add (DomuimgDoctor *self, const char *id, gboolean is_there,
                    DomuimgSeverity severity, char *what, const char *why, char *remedy)
{
  g_autofree char *owned_what = what;
  g_autofree char *owned_remedy = remedy;

  g_ptr_array_add (self->findings, domuimg_host_finding_new (id, is_there, severity, owned_what,
                                                             why, owned_remedy));
}

static gpointer
copy_finding (gconstpointer finding, gpointer data)
{
  return g_object_ref ((gpointer) finding);
}

/**
 * domuimg_doctor_examine:
 * @self: a host
 * @cancellable: (nullable): to stop it
 * @error: return location for an error: only a cancellation
 *
 * Looks at what the host has, and what it lacks of what this library's work takes: Xen, its tools,
 * bridges, storage, boot loaders, programs and rights. Nothing is left changed; nothing needs root,
 * but less is seen without.
 *
 * Returns: (transfer container) (element-type DomuimgFinding): what was found, in the order
 *   above, or %NULL
 *
 * Since: 0.1
 */
GPtrArray *
domuimg_doctor_examine (DomuimgDoctor *self, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (DOMUIMG_IS_DOCTOR (self), NULL);
  g_clear_pointer (&self->findings, g_ptr_array_unref);
  self->findings = g_ptr_array_new_with_free_func (g_object_unref);
  domuimg_doctor_look_at_xen (self, cancellable);
  domuimg_doctor_look_at_tools (self);
  domuimg_doctor_look_at_network (self);
  domuimg_doctor_look_at_storage (self);
  domuimg_doctor_look_at_loaders (self);
  domuimg_doctor_look_at_programs (self);
  domuimg_doctor_look_at_rights (self);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  /* A copy, since some who take an array empty it, whoever else has it. */
  return g_ptr_array_copy (self->findings, copy_finding, NULL);
}

static const char *
mark_of (DomuimgFinding *finding)
{
  if (!domuimg_finding_get_is_fault (finding))
    return "ok";
  return domuimg_severity_to_string (domuimg_finding_get_severity (finding));
}

/**
 * domuimg_doctor_to_text:
 * @self: a host
 *
 * Returns: (transfer full): what the last domuimg_doctor_examine() found, for a person; of what is
 *   missing, why it matters and what mends it are on lines of their own
 *
 * Since: 0.1
 */
char *
domuimg_doctor_to_text (DomuimgDoctor *self)
{
  GString *text = g_string_new (NULL);

  g_return_val_if_fail (DOMUIMG_IS_DOCTOR (self), g_string_free (text, FALSE));
  for (guint i = 0; self->findings != NULL && i < self->findings->len; i++)
    {
      DomuimgFinding *one = g_ptr_array_index (self->findings, i);
      const char *remedy = domuimg_finding_get_remedy (one);

      g_string_append_printf (text, "%-8s %s\n", mark_of (one),
                              domuimg_finding_get_message (one));
      if (!domuimg_finding_get_is_fault (one))
        continue;
      g_string_append_printf (text, "         for: %s\n", domuimg_finding_get_purpose (one));
      if (remedy != NULL)
        g_string_append_printf (text, "         do:  %s\n", remedy);
    }
  return g_string_free (text, FALSE);
}

static void
add_finding (JsonBuilder *builder, DomuimgFinding *one)
{
  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "id", domuimg_finding_get_id (one));
  json_builder_set_member_name (builder, "there");
  json_builder_add_boolean_value (builder, !domuimg_finding_get_is_fault (one));
  domuimg_json_add_string (builder, "severity", domuimg_severity_to_string (
                                                    domuimg_finding_get_severity (one)));
  domuimg_json_add_string (builder, "what", domuimg_finding_get_message (one));
  domuimg_json_add_string (builder, "why", domuimg_finding_get_purpose (one));
  domuimg_json_add_string (builder, "remedy", domuimg_finding_get_remedy (one));
  json_builder_end_object (builder);
}

/**
 * domuimg_doctor_to_json:
 * @self: a host
 *
 * Of a Xen host this is a host profile, which `domuimg check --host` and `domuimg create --host` judge
 * guests by on another machine: "host" has what guests can depend on, each where it is known.
 *
 * Returns: (transfer full): `{"xen":bool,"xen_version":…,"findings":[{"id","there","severity",
 *   "what","why","remedy"}],"host":{"cpus","memory","default_bridge","default_script","default_backend",
 *   "types","bridges","interfaces","scripts","files","domains","pools","pci","pci_assignable"}}`, of the last
 *   domuimg_doctor_examine(); "memory" is in bytes, and "host" is there on a Xen host only
 *
 * Since: 0.1
 */
char *
domuimg_doctor_to_json (DomuimgDoctor *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  g_return_val_if_fail (DOMUIMG_IS_DOCTOR (self), NULL);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "xen");
  json_builder_add_boolean_value (builder, self->is_xen);
  domuimg_json_add_string (builder, "xen_version", self->xen_version);
  json_builder_set_member_name (builder, "findings");
  json_builder_begin_array (builder);
  for (guint i = 0; self->findings != NULL && i < self->findings->len; i++)
    add_finding (builder, g_ptr_array_index (self->findings, i));
  json_builder_end_array (builder);
  if (self->is_xen)
    domuimg_profile_write (self->profile, builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, TRUE);
}
