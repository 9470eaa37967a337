/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest of this host. */
#include "config.h"
#include "lib/host/guest.h"

#include "lib/base/properties.h"
#include "lib/domain/model/domain.h"

/**
 * DomuimgHostGuest:
 *
 * A guest that runs, or that has a configuration where Xen's tools look for one.
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (DomuimgHostGuest, domuimg_host_guest, G_TYPE_OBJECT)

static void
domuimg_host_guest_finalize (GObject *object)
{
  DomuimgHostGuest *self = DOMUIMG_HOST_GUEST (object);

  g_free (self->name);
  g_free (self->uuid);
  g_free (self->config);
  G_OBJECT_CLASS (domuimg_host_guest_parent_class)->finalize (object);
}

static const DomuimgProperty properties[] = {
  { DOMUIMG_PROPERTY_STRING, "name", G_CALLBACK (domuimg_host_guest_get_name),
    "its name" },
  { DOMUIMG_PROPERTY_STRING, "uuid", G_CALLBACK (domuimg_host_guest_get_uuid),
    "its UUID" },
  { DOMUIMG_PROPERTY_INT, "domid", G_CALLBACK (domuimg_host_guest_get_domid),
    "the number that Xen gave it, or -1" },
  { DOMUIMG_PROPERTY_ENUM, "state", G_CALLBACK (domuimg_host_guest_get_state),
    "what it does", domuimg_guest_state_get_type },
  { DOMUIMG_PROPERTY_ENUM, "guest-type", G_CALLBACK (domuimg_host_guest_get_guest_type),
    "its type", domuimg_guest_type_get_type },
  { DOMUIMG_PROPERTY_UINT, "memory", G_CALLBACK (domuimg_host_guest_get_memory),
    "its memory, in MiB" },
  { DOMUIMG_PROPERTY_UINT, "vcpus", G_CALLBACK (domuimg_host_guest_get_vcpus),
    "its virtual CPUs" },
  { DOMUIMG_PROPERTY_STRING, "config", G_CALLBACK (domuimg_host_guest_get_config),
    "its configuration" },
  { DOMUIMG_PROPERTY_BOOLEAN, "autostart", G_CALLBACK (domuimg_host_guest_get_autostart),
    "whether it starts with the host" },
};

static void
domuimg_host_guest_class_init (DomuimgHostGuestClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_host_guest_finalize;
  domuimg_install_properties (klass, properties, G_N_ELEMENTS (properties));
}

static void
domuimg_host_guest_init (DomuimgHostGuest *self)
{
  self->domid = -1;
}

static const char *const states[]
    = { "unknown", "off", "running", "paused", "shutdown", "crashed", "dying", "poweroff", "reboot",
        "crash", "suspend", "watchdog", "soft_reset", "destroyed" };

/**
 * domuimg_guest_state_to_string:
 * @state: a state
 *
 * Returns: (transfer none): `off`, `running`, `paused`, `shutdown`, `crashed`, `dying`,
 *   `poweroff`, `reboot`, `crash`, `suspend`, `watchdog`, `soft_reset`, `destroyed` or
 *   `unknown`
 *
 * Since: 0.1
 */
const char *
domuimg_guest_state_to_string (DomuimgGuestState state)
{
  g_return_val_if_fail ((guint) state < G_N_ELEMENTS (states), "unknown");
  return states[state];
}

DomuimgGuestState
domuimg_guest_state_from_string (const char *word)
{
  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    if (g_strcmp0 (word, states[i]) == 0)
      return (DomuimgGuestState) i;
  return DOMUIMG_GUEST_STATE_UNKNOWN;
}

static DomuimgGuestType
type_of (const char *word)
{
  DomuimgGuestType type = DOMUIMG_GUEST_TYPE_AUTO;

  if (word != NULL)
    domuimg_guest_type_from_string (word, &type, NULL);
  return type;
}

static char *
text_of (JsonObject *object, const char *name)
{
  return g_strdup (json_object_get_string_member_with_default (object, name, NULL));
}

DomuimgHostGuest *
domuimg_host_guest_from_json (JsonNode *node)
{
  DomuimgHostGuest *self;
  JsonObject *object;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return NULL;
  object = json_node_get_object (node);
  self = g_object_new (DOMUIMG_TYPE_HOST_GUEST, NULL);
  self->name = text_of (object, "name");
  self->uuid = text_of (object, "uuid");
  self->state = domuimg_guest_state_from_string (
      json_object_get_string_member_with_default (object, "state", NULL));
  self->type = type_of (json_object_get_string_member_with_default (object, "type", NULL));
  self->domid = (int) json_object_get_int_member_with_default (object, "domid", -1);
  self->memory = (guint) json_object_get_int_member_with_default (object, "memory", 0);
  self->vcpus = (guint) json_object_get_int_member_with_default (object, "vcpus", 0);
  self->autostart = json_object_get_boolean_member_with_default (object, "autostart", FALSE);
  if (self->name == NULL)
    self->name = g_strdup_printf ("(%d)", self->domid);
  return self;
}

DomuimgHostGuest *
domuimg_host_guest_from_domain (DomuimgDomain *domain, const char *config)
{
  DomuimgHostGuest *self = g_object_new (DOMUIMG_TYPE_HOST_GUEST, NULL);

  self->name = g_strdup (domuimg_domain_get_name (domain));
  self->uuid = domain->has_uuid ? g_strdup (domain->uuid) : NULL;
  self->state = DOMUIMG_GUEST_STATE_OFF;
  self->type = domuimg_domain_get_guest_type (domain);
  self->memory = domuimg_domain_get_memory (domain);
  self->vcpus = domuimg_domain_get_vcpus (domain);
  self->config = g_strdup (config);
  return self;
}

/**
 * domuimg_host_guest_get_name:
 * @self: a guest
 *
 * Returns: (transfer none): its name
 *
 * Since: 0.1
 */
const char *
domuimg_host_guest_get_name (DomuimgHostGuest *self)
{
  return self->name;
}

/**
 * domuimg_host_guest_get_uuid:
 * @self: a guest
 *
 * Returns: (transfer none) (nullable): its UUID; %NULL where its configuration has none
 *
 * Since: 0.1
 */
const char *
domuimg_host_guest_get_uuid (DomuimgHostGuest *self)
{
  return self->uuid;
}

/**
 * domuimg_host_guest_get_domid:
 * @self: a guest
 *
 * Returns: the number that Xen gave it, -1 where it does not run
 *
 * Since: 0.1
 */
int
domuimg_host_guest_get_domid (DomuimgHostGuest *self)
{
  return self->domid;
}

/**
 * domuimg_host_guest_get_state:
 * @self: a guest
 *
 * Returns: what it does
 *
 * Since: 0.1
 */
DomuimgGuestState
domuimg_host_guest_get_state (DomuimgHostGuest *self)
{
  return self->state;
}

/**
 * domuimg_host_guest_get_guest_type:
 * @self: a guest
 *
 * Returns: its type; %DOMUIMG_GUEST_TYPE_AUTO where it is not known
 *
 * Since: 0.1
 */
DomuimgGuestType
domuimg_host_guest_get_guest_type (DomuimgHostGuest *self)
{
  return self->type;
}

/**
 * domuimg_host_guest_get_memory:
 * @self: a guest
 *
 * Returns: its memory in MiB, as it is now if it runs
 *
 * Since: 0.1
 */
guint
domuimg_host_guest_get_memory (DomuimgHostGuest *self)
{
  return self->memory;
}

/**
 * domuimg_host_guest_get_vcpus:
 * @self: a guest
 *
 * Returns: the number of its virtual CPUs
 *
 * Since: 0.1
 */
guint
domuimg_host_guest_get_vcpus (DomuimgHostGuest *self)
{
  return self->vcpus;
}

/**
 * domuimg_host_guest_get_config:
 * @self: a guest
 *
 * Returns: (transfer none) (nullable) (type filename): its configuration
 *
 * Since: 0.1
 */
const char *
domuimg_host_guest_get_config (DomuimgHostGuest *self)
{
  return self->config;
}

/**
 * domuimg_host_guest_get_autostart:
 * @self: a guest
 *
 * Returns: whether it starts with the host
 *
 * Since: 0.1
 */
gboolean
domuimg_host_guest_get_autostart (DomuimgHostGuest *self)
{
  return self->autostart;
}
