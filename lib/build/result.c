/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Holds what a build has made, and describes it as text and as JSON. */
#include "config.h"
#include "lib/build/result.h"
#include "lib/base/article.h"
#include "lib/base/properties.h"
#include "lib/base/region.h"
#include "lib/build/plan-import.h"
#include "lib/build/step-layout.h"
#include "lib/guest/customise.h"

#include <string.h>
#include <sys/stat.h>

/**
 * DomuimgResult:
 *
 * What a build has made. Paths are absolute.
 *
 * Since: 0.1
 */
struct _DomuimgResult {
  GObject parent_instance;

  char *name;
  char *uuid;
  char *image_path;
  guint64 disk_size; /* bytes that the guest sees; 0 where all disks are in one file */
  char *config_path;
  char *install_config_path; /* (nullable) */
  char *xml_path;
  char *manifest_path;
  char *kernel_path;
  char *ramdisk_path;
  char *kernel_version;
  char *kernel_reason;
  char *loader_path;
  char *manifest;
  char *root_password; /* (nullable) */
  char *system;        /* (nullable) of a machine that was converted */
  DomuimgReport *report;
  DomuimgGuestType type;
  GStrv warnings;
};

G_DEFINE_FINAL_TYPE (DomuimgResult, domuimg_result, G_TYPE_OBJECT)

static void
domuimg_result_finalize (GObject *object)
{
  DomuimgResult *self = DOMUIMG_RESULT (object);

  g_free (self->name);
  g_free (self->uuid);
  g_free (self->image_path);
  g_free (self->config_path);
  g_free (self->install_config_path);
  g_free (self->xml_path);
  g_free (self->manifest_path);
  g_free (self->kernel_path);
  g_free (self->ramdisk_path);
  g_free (self->kernel_version);
  g_free (self->kernel_reason);
  g_free (self->loader_path);
  g_free (self->manifest);
  g_clear_pointer (&self->root_password, domuimg_password_free);
  g_free (self->system);
  g_strfreev (self->warnings);
  g_clear_object (&self->report);
  G_OBJECT_CLASS (domuimg_result_parent_class)->finalize (object);
}

static const DomuimgProperty properties[] = {
  { DOMUIMG_PROPERTY_STRING, "name", G_CALLBACK (domuimg_result_get_name),
    "the name of the guest" },
  { DOMUIMG_PROPERTY_STRING, "uuid", G_CALLBACK (domuimg_result_get_uuid),
    "its UUID" },
  { DOMUIMG_PROPERTY_STRING, "image-path", G_CALLBACK (domuimg_result_get_image_path),
    "its first disk" },
  { DOMUIMG_PROPERTY_STRING, "config-path", G_CALLBACK (domuimg_result_get_config_path),
    "its xl.cfg" },
  { DOMUIMG_PROPERTY_STRING, "install-config-path",
    G_CALLBACK (domuimg_result_get_install_config_path), "the xl.cfg that starts its installer" },
  { DOMUIMG_PROPERTY_STRING, "xml-path", G_CALLBACK (domuimg_result_get_xml_path),
    "its libvirt XML" },
  { DOMUIMG_PROPERTY_STRING, "manifest-path", G_CALLBACK (domuimg_result_get_manifest_path),
    "what was made from what" },
  { DOMUIMG_PROPERTY_STRING, "kernel-path", G_CALLBACK (domuimg_result_get_kernel_path),
    "a kernel that was copied out" },
  { DOMUIMG_PROPERTY_STRING, "ramdisk-path", G_CALLBACK (domuimg_result_get_ramdisk_path),
    "the initramfs of that kernel" },
  { DOMUIMG_PROPERTY_STRING, "root-password", G_CALLBACK (domuimg_result_get_root_password),
    "the password that was made for root" },
  { DOMUIMG_PROPERTY_OBJECT, "report", G_CALLBACK (domuimg_result_get_report),
    "what a check says of it", domuimg_report_get_type },
};

static void
domuimg_result_class_init (DomuimgResultClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_result_finalize;
  domuimg_install_properties (klass, properties, G_N_ELEMENTS (properties));
}

static void
domuimg_result_init (DomuimgResult *self)
{
}

static guint64
get_disk_size (const DomuimgBuildState *state)
{
  if (state->plan->archive_path != NULL)
    return 0;
  return state->plan->import != NULL ? domuimg_plan_get_made_size (state->plan, 0)
                                     : domuimg_build_get_disk_size ((DomuimgBuildState *) state, 0);
}

DomuimgResult *
domuimg_result_new (const DomuimgBuildState *state)
{
  DomuimgResult *self = g_object_new (DOMUIMG_TYPE_RESULT, NULL);
  DomuimgPlan *plan = state->plan;
  g_autoptr (GStrvBuilder) warnings = g_strv_builder_new ();

  self->name = g_strdup (plan->name);
  self->uuid = g_strdup (plan->uuid);
  self->image_path = g_strdup (domuimg_plan_get_disk (plan, 0)->path);
  self->disk_size = get_disk_size (state);
  self->config_path = g_strdup (plan->config_path);
  self->install_config_path = g_strdup (plan->install_config_path);
  self->xml_path = g_strdup (domuimg_build_get_xml_path (state));
  self->manifest_path = g_strdup (plan->manifest_path);
  self->kernel_path = g_strdup (domuimg_build_get_kernel_path (state));
  self->ramdisk_path = g_strdup (domuimg_build_get_ramdisk_path (state));
  self->kernel_version = g_strdup (state->kernel_version);
  self->kernel_reason = g_strdup (state->kernel_reason);
  self->loader_path = g_strdup (state->loader_path);
  self->manifest = domuimg_build_manifest ((DomuimgBuildState *) state);
  self->root_password = g_strdup (state->root_password);
  self->type = state->type;
  self->system = g_strdup (state->system_name);
  self->report = g_object_ref (state->report);
  for (guint i = 0; i < state->warnings->len; i++)
    g_strv_builder_add (warnings, g_ptr_array_index (state->warnings, i));
  self->warnings = g_strv_builder_end (warnings);
  return self;
}

/**
 * domuimg_result_get_name:
 * @self: a result
 *
 * Returns: (transfer none): the domain's name
 *
 * Since: 0.1
 */
const char *
domuimg_result_get_name (DomuimgResult *self)
{
  g_return_val_if_fail (DOMUIMG_IS_RESULT (self), NULL);
  return self->name;
}

/**
 * domuimg_result_get_uuid:
 * @self: a result
 *
 * Returns: (transfer none): the domain's UUID, in lower case
 *
 * Since: 0.1
 */
const char *
domuimg_result_get_uuid (DomuimgResult *self)
{
  g_return_val_if_fail (DOMUIMG_IS_RESULT (self), NULL);
  return self->uuid;
}

/**
 * domuimg_result_get_image_path:
 * @self: a result
 *
 * Returns: (transfer none) (type filename): the root disk's image, or the XVA that
 *   holds all disks
 *
 * Since: 0.1
 */
const char *
domuimg_result_get_image_path (DomuimgResult *self)
{
  g_return_val_if_fail (DOMUIMG_IS_RESULT (self), NULL);
  return self->image_path;
}

/**
 * domuimg_result_get_config_path:
 * @self: a result
 *
 * Returns: (transfer none) (type filename) (nullable): the xl.cfg(5); %NULL where
 *   an XVA says what the guest is
 *
 * Since: 0.1
 */
const char *
domuimg_result_get_config_path (DomuimgResult *self)
{
  g_return_val_if_fail (DOMUIMG_IS_RESULT (self), NULL);
  return self->config_path;
}

/**
 * domuimg_result_get_install_config_path:
 * @self: a result
 *
 * The guest is first started with this configuration, whose installer fills its
 * disks and ends by a power-off; then with that of domuimg_result_get_config_path().
 *
 * Returns: (transfer none) (type filename) (nullable): the xl.cfg(5) that starts
 *   the installer; %NULL where the guest is whole already
 *
 * Since: 0.1
 */
const char *
domuimg_result_get_install_config_path (DomuimgResult *self)
{
  g_return_val_if_fail (DOMUIMG_IS_RESULT (self), NULL);
  return self->install_config_path;
}

/**
 * domuimg_result_get_xml_path:
 * @self: a result
 *
 * Returns: (transfer none) (type filename) (nullable): the libvirt XML; %NULL
 *   where libvirt cannot boot such a guest, and beside an XVA
 *
 * Since: 0.1
 */
const char *
domuimg_result_get_xml_path (DomuimgResult *self)
{
  g_return_val_if_fail (DOMUIMG_IS_RESULT (self), NULL);
  return self->xml_path;
}

/**
 * domuimg_result_get_manifest_path:
 * @self: a result
 *
 * Returns: (transfer none) (type filename): the manifest
 *
 * Since: 0.1
 */
const char *
domuimg_result_get_manifest_path (DomuimgResult *self)
{
  g_return_val_if_fail (DOMUIMG_IS_RESULT (self), NULL);
  return self->manifest_path;
}

/**
 * domuimg_result_get_kernel_path:
 * @self: a result
 *
 * Returns: (transfer none) (type filename) (nullable): the kernel; %NULL if it
 *   stays on the guest's disk
 *
 * Since: 0.1
 */
const char *
domuimg_result_get_kernel_path (DomuimgResult *self)
{
  g_return_val_if_fail (DOMUIMG_IS_RESULT (self), NULL);
  return self->kernel_path;
}

/**
 * domuimg_result_get_ramdisk_path:
 * @self: a result
 *
 * Returns: (transfer none) (type filename) (nullable): the initramfs; %NULL if
 *   the guest has none, or it stays on the guest's disk
 *
 * Since: 0.1
 */
const char *
domuimg_result_get_ramdisk_path (DomuimgResult *self)
{
  g_return_val_if_fail (DOMUIMG_IS_RESULT (self), NULL);
  return self->ramdisk_path;
}

/**
 * domuimg_result_get_root_password:
 * @self: a result
 *
 * The password that `root-password=generate` asked for. It is kept nowhere but here: the manifest does
 * not have it, and the guest has its hash. Root is to change it at the first login.
 *
 * Returns: (transfer none) (nullable): letters and digits; %NULL where none was made
 *
 * Since: 0.1
 */
const char *
domuimg_result_get_root_password (DomuimgResult *self)
{
  g_return_val_if_fail (DOMUIMG_IS_RESULT (self), NULL);
  return self->root_password;
}

/**
 * domuimg_result_get_report:
 * @self: a result
 *
 * Returns: (transfer none): what a check says of the guest; its verdict is
 *   %DOMUIMG_VERDICT_FAILS only where that was allowed
 *
 * Since: 0.1
 */
DomuimgReport *
domuimg_result_get_report (DomuimgResult *self)
{
  g_return_val_if_fail (DOMUIMG_IS_RESULT (self), NULL);
  return self->report;
}

static void
append_verdict (DomuimgResult *self, GString *text)
{
  switch (domuimg_report_get_verdict (self->report))
    {
    case DOMUIMG_VERDICT_BOOTS:
      g_string_append (text, "Verdict: boots; a check found nothing that keeps it from its login\n");
      break;
    case DOMUIMG_VERDICT_FAILS:
      g_string_append (text, "Verdict: fails; it was made all the same, as you asked\n");
      break;
    default:
      if (self->install_config_path != NULL)
        g_string_append (text, "Verdict: unknown until it is installed; a check found nothing that keeps the"
                               " installer from its start\n");
      else
        g_string_append (text, "Verdict: unknown; a check cannot tell whether it will boot\n");
    }
}

static void
append_start (DomuimgResult *self, GString *text)
{
  if (self->install_config_path != NULL)
    g_string_append_printf (text,
                            "Install it on a Xen host with: xl create -c %s\n"
                            "Start it, once that has ended, with: xl create -c %s\n"
                            "Or both with: domuimg run --install --console %s\n",
                            self->install_config_path, self->config_path, self->config_path);
  else if (self->config_path == NULL)
    g_string_append_printf (text, "Import it on an XCP-ng host with: xe vm-import filename=%s\n",
                            self->image_path);
  else if (domuimg_report_get_verdict (self->report) != DOMUIMG_VERDICT_FAILS)
    g_string_append_printf (text, "Start it on a Xen host with: xl create -c %s\n",
                            self->config_path);
}

/* What a block device takes of the host's space is not the guest's. */
static void
append_device_size (const char *path, GString *text)
{
  g_autoptr (DomuimgRegion) device = domuimg_region_open (path, FALSE, NULL);
  g_autofree char *size
      = device != NULL ? g_format_size_full (device->length, G_FORMAT_SIZE_IEC_UNITS) : NULL;

  if (size != NULL)
    g_string_append_printf (text, " (%s)", size);
}

static void
append_image (DomuimgResult *self, GString *text)
{
  struct stat status;

  g_string_append_printf (text, "  %-9s %s", self->config_path != NULL ? "disk" : "XVA",
                          self->image_path);
  if (stat (self->image_path, &status) == 0 && S_ISBLK (status.st_mode))
    append_device_size (self->image_path, text);
  else if (stat (self->image_path, &status) == 0)
    {
      /* An image of another format than raw is a file of another size than its disk. */
      g_autofree char *size = g_format_size_full (
          self->disk_size > 0 ? self->disk_size : (guint64) status.st_size, G_FORMAT_SIZE_IEC_UNITS);
      g_autofree char *used
          = g_format_size_full ((guint64) status.st_blocks * 512, G_FORMAT_SIZE_IEC_UNITS);

      g_string_append_printf (text, " (%s, %s on disk)", size, used);
    }
  g_string_append_c (text, '\n');
}

/**
 * domuimg_result_to_text:
 * @self: a result
 *
 * Returns: (transfer full): what was made and how to start it, for a person
 *
 * Since: 0.1
 */
char *
domuimg_result_to_text (DomuimgResult *self)
{
  GString *text;
  g_autofree char *type = NULL;
  const char *article;

  g_return_val_if_fail (DOMUIMG_IS_RESULT (self), NULL);

  text = g_string_new (NULL);
  type = g_ascii_strup (domuimg_guest_type_to_string (self->type), -1);
  article = domuimg_article (type);
  if (self->install_config_path != NULL)
    g_string_append_printf (text, "%s is ready to be installed: %s %s guest, its installer with Linux %s\n",
                            self->name, article, type, self->kernel_version);
  else if (self->kernel_version != NULL)
    g_string_append_printf (text, "%s is made: %s %s guest with Linux %s\n", self->name, article, type,
                            self->kernel_version);
  else if (self->loader_path != NULL) /* which fetches what nobody has seen */
    g_string_append_printf (text, "%s is made: %s %s guest with a kernel from the network\n", self->name,
                            article, type);
  else
    g_string_append_printf (text, "%s is made: %s %s guest with %s\n", self->name, article, type,
                            self->system != NULL ? self->system : "a system that is not known");
  append_image (self, text);
  if (self->kernel_path != NULL)
    g_string_append_printf (text, "  kernel    %s\n", self->kernel_path);
  if (self->loader_path != NULL)
    g_string_append_printf (text, "  loader    %s\n", self->loader_path);
  if (self->ramdisk_path != NULL)
    g_string_append_printf (text, "  ramdisk   %s\n", self->ramdisk_path);
  if (self->config_path != NULL)
    g_string_append_printf (text, "  xl.cfg    %s\n", self->config_path);
  if (self->install_config_path != NULL)
    g_string_append_printf (text, "  installer %s\n", self->install_config_path);
  if (self->xml_path != NULL)
    g_string_append_printf (text, "  libvirt   %s\n", self->xml_path);
  g_string_append_printf (text, "  manifest  %s\n", self->manifest_path);
  g_string_append_printf (text, "%s\n", self->kernel_reason);
  for (guint i = 0; self->warnings[i] != NULL; i++)
    g_string_append_printf (text, "Warning: %s\n", self->warnings[i]);
  append_verdict (self, text);
  if (self->root_password != NULL)
    g_string_append_printf (text,
                            "Root's password is %s until the first login, which asks for another;"
                            " it is shown here only\n",
                            self->root_password);
  append_start (self, text);
  return g_string_free (text, FALSE);
}

/**
 * domuimg_result_to_json:
 * @self: a result
 *
 * Returns: (transfer full): the manifest: a JSON object of what was made from
 *   what, and `root_password`, which the manifest's file has not, where one was made
 *
 * Since: 0.1
 */
char *
domuimg_result_to_json (DomuimgResult *self)
{
  g_autoptr (JsonNode) root = NULL;

  g_return_val_if_fail (DOMUIMG_IS_RESULT (self), NULL);

  if (self->root_password == NULL)
    return g_strdup (self->manifest);
  root = json_from_string (self->manifest, NULL);
  json_object_set_string_member (json_node_get_object (root), "root_password", self->root_password);
  return json_to_string (root, TRUE);
}
