/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/host/guest.h"

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
  g_free (self->state);
  g_free (self->kind);
  g_free (self->config);
  G_OBJECT_CLASS (domuimg_host_guest_parent_class)->finalize (object);
}

static void
domuimg_host_guest_class_init (DomuimgHostGuestClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_host_guest_finalize;
}

static void
domuimg_host_guest_init (DomuimgHostGuest *self)
{
  self->domid = -1;
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
  self->state = text_of (object, "state");
  self->kind = text_of (object, "type");
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
  self->state = g_strdup ("off");
  self->kind = g_strdup (domuimg_guest_type_to_string (domuimg_domain_get_guest_type (domain)));
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
 * Returns: (transfer none): `running`, `paused`, `shutdown`, `crashed`, `dying`, or `off` for one
 *   that only has a configuration
 *
 * Since: 0.1
 */
const char *
domuimg_host_guest_get_state (DomuimgHostGuest *self)
{
  return self->state;
}

/**
 * domuimg_host_guest_get_kind:
 * @self: a guest
 *
 * Returns: (transfer none) (nullable): `pv`, `pvh` or `hvm`
 *
 * Since: 0.1
 */
const char *
domuimg_host_guest_get_kind (DomuimgHostGuest *self)
{
  return self->kind;
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
