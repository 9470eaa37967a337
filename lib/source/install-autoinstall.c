/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes answers for Ubuntu's server installer, which reads them as cloud-init reads a seed: its documentation is
 * the "Autoinstall configuration reference manual" of Subiquity. */
#include "config.h"
#include "lib/source/install-answers.h"

#include <string.h>

#include "lib/base/json.h"
#include "lib/guest/seed.h"
#include "lib/qemu/machine.h"

/* With it, the installer asks nothing before it writes to the disk. */
#define WORDS "autoinstall ds=nocloud"

static void
add_named (JsonBuilder *builder, const char *name, const char *member, const char *value)
{
  domuimg_json_begin_object (builder, name);
  domuimg_json_add_string (builder, member, value);
  json_builder_end_object (builder);
}

static void
add_flag (JsonBuilder *builder, const char *name, gboolean value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_boolean_value (builder, value);
}

/* One partition with a filesystem, which can be converted without LVM's programs. */
static void
add_storage (JsonBuilder *builder)
{
  domuimg_json_begin_object (builder, "storage");
  add_named (builder, "layout", "name", "direct");
  json_builder_end_object (builder);
}

static void
add_mirror (JsonBuilder *builder, const char *given)
{
  g_autofree char *mirror = given != NULL ? domuimg_qemu_map_address (given) : NULL;

  domuimg_json_begin_object (builder, "apt");
  add_flag (builder, "geoip", FALSE);
  if (mirror != NULL)
    {
      domuimg_json_begin_array (builder, "primary");
      json_builder_begin_object (builder);
      domuimg_json_begin_array (builder, "arches");
      json_builder_add_string_value (builder, "default");
      json_builder_end_array (builder);
      domuimg_json_add_string (builder, "uri", mirror);
      json_builder_end_object (builder);
      json_builder_end_array (builder);
    }
  json_builder_end_object (builder);
}

static void
add_packages (JsonBuilder *builder, DomuimgSpec *spec)
{
  g_auto (GStrv) packages = domuimg_spec_get_all (spec, "package");

  if (packages[0] == NULL)
    return;
  domuimg_json_begin_array (builder, "packages");
  for (guint i = 0; packages[i] != NULL; i++)
    json_builder_add_string_value (builder, packages[i]);
  json_builder_end_array (builder);
}

/* In place of the user that the installer would ask for: nobody is made, and what is set in the system once it is
 * installed stays as it is. */
static void
add_user_data (JsonBuilder *builder)
{
  domuimg_json_begin_object (builder, "user-data");
  domuimg_json_begin_array (builder, "users");
  json_builder_end_array (builder);
  add_flag (builder, "disable_root", FALSE);
  add_flag (builder, "preserve_hostname", TRUE);
  json_builder_end_object (builder);
}

static void
add_place (JsonBuilder *builder, DomuimgSpec *spec)
{
  const char *locale = domuimg_spec_get (spec, "locale");
  const char *keymap = domuimg_spec_get (spec, "keymap");
  const char *zone = domuimg_spec_get (spec, "timezone");

  domuimg_json_add_string (builder, "locale", locale != NULL ? locale : "en_US.UTF-8");
  add_named (builder, "keyboard", "layout", keymap != NULL ? keymap : "us");
  domuimg_json_add_string (builder, "timezone", zone != NULL ? zone : "Etc/UTC");
}

/* JSON is YAML, too. */
static char *
write_user_data (DomuimgSpec *spec)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *json = NULL;

  json_builder_begin_object (builder);
  domuimg_json_begin_object (builder, "autoinstall");
  domuimg_json_add_int (builder, "version", 1);
  add_place (builder, spec);
  add_storage (builder);
  add_mirror (builder, domuimg_spec_get (spec, "mirror"));
  domuimg_json_begin_object (builder, "ssh");
  add_flag (builder, "install-server", TRUE);
  json_builder_end_object (builder);
  add_packages (builder, spec);
  add_user_data (builder);
  domuimg_json_add_string (builder, "shutdown", "poweroff");
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  json = json_to_string (root, TRUE);
  return g_strconcat (DOMUIMG_CLOUD_CONFIG, json, "\n", NULL);
}

DomuimgInstallAnswers *
domuimg_install_autoinstall_make (DomuimgSpec *spec, const DomuimgInstallTarget *target)
{
  DomuimgInstallAnswers *answers = domuimg_install_answers_new (WORDS);

  answers->name = g_strdup ("an autoinstall file");
  answers->text = write_user_data (spec);
  domuimg_install_answers_add_seed (answers, target->name, answers->text);
  return answers;
}

/* cloud-init reads a seed only where it has both files. */
void
domuimg_install_answers_add_seed (DomuimgInstallAnswers *self, const char *name, const char *user_data)
{
  g_autofree char *meta = g_strdup_printf ("{\"instance-id\": \"%s-installer\"}\n", name);
  g_autoptr (GBytes) user_bytes = g_bytes_new (user_data, strlen (user_data));
  g_autoptr (GBytes) meta_bytes = g_bytes_new (meta, strlen (meta));

  self->label = DOMUIMG_NOCLOUD_LABEL;
  domuimg_install_answers_add (self, "user-data", 0600, user_bytes);
  domuimg_install_answers_add (self, "meta-data", 0600, meta_bytes);
}
