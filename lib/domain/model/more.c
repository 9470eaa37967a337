/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/model/domain.h"

#include <string.h>

/* The rest of the model: secrets, pinning, and what only one format has. */

/**
 * domuimg_domain_get_graphics_password:
 * @self: a domain
 *
 * Returns: (nullable): the password of the display
 *
 * Since: 0.1
 */
const char *
domuimg_domain_get_graphics_password (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return self->graphics_password;
}

/**
 * domuimg_domain_set_graphics_password:
 * @self: a domain
 * @password: (nullable): a password for VNC, which uses the first 8 characters of one, or SPICE
 *
 * It stands in the configuration as it is: domuimg_domain_write() keeps such files from others.
 *
 * Since: 0.1
 */
void
domuimg_domain_set_graphics_password (DomuimgDomain *self, const char *password)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  domuimg_replace_text (&self->graphics_password, password);
}

/**
 * domuimg_domain_get_cpus:
 * @self: a domain
 *
 * Returns: (nullable): the host's CPUs that every virtual CPU may run on
 *
 * Since: 0.1
 */
const char *
domuimg_domain_get_cpus (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return self->cpus;
}

/**
 * domuimg_domain_set_cpus:
 * @self: a domain
 * @cpus: (nullable): CPUs of the host as `cpus` of xl.cfg(5) has them, such as `0-3,^1`, `node:0`
 *   or `all`
 *
 * Pins every virtual CPU; what domuimg_domain_set_vcpu_cpus() said is forgotten.
 *
 * Since: 0.1
 */
void
domuimg_domain_set_cpus (DomuimgDomain *self, const char *cpus)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  domuimg_replace_text (&self->cpus, cpus);
  g_clear_pointer (&self->vcpu_cpus, g_strfreev);
}

/**
 * domuimg_domain_list_vcpu_cpus:
 * @self: a domain
 *
 * Returns: (transfer full): the host's CPUs for each virtual CPU, from the first one; empty where
 *   they have none of their own
 *
 * Since: 0.1
 */
char **
domuimg_domain_list_vcpu_cpus (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return self->vcpu_cpus != NULL ? g_strdupv (self->vcpu_cpus) : g_new0 (char *, 1);
}

/**
 * domuimg_domain_set_vcpu_cpus:
 * @self: a domain
 * @cpus: (nullable) (array zero-terminated=1): for each virtual CPU, as domuimg_domain_set_cpus()
 *
 * Pins each virtual CPU; what domuimg_domain_set_cpus() said is forgotten.
 *
 * Since: 0.1
 */
void
domuimg_domain_set_vcpu_cpus (DomuimgDomain *self, const char *const *cpus)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  g_clear_pointer (&self->cpus, g_free);
  g_clear_pointer (&self->vcpu_cpus, g_strfreev);
  if (cpus != NULL && cpus[0] != NULL)
    self->vcpu_cpus = g_strdupv ((char **) cpus);
}

/**
 * domuimg_domain_get_cpus_soft:
 * @self: a domain
 *
 * Returns: (nullable): the host's CPUs that virtual CPUs prefer
 *
 * Since: 0.1
 */
const char *
domuimg_domain_get_cpus_soft (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return self->cpus_soft;
}

/**
 * domuimg_domain_set_cpus_soft:
 * @self: a domain
 * @cpus_soft: (nullable): as domuimg_domain_set_cpus()
 *
 * Since: 0.1
 */
void
domuimg_domain_set_cpus_soft (DomuimgDomain *self, const char *cpus_soft)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  domuimg_replace_text (&self->cpus_soft, cpus_soft);
}

/* A copy of a list that is not empty, else NULL. */
static char **
copy_list (const char *const *list)
{
  return list != NULL && list[0] != NULL ? g_strdupv ((char **) list) : NULL;
}

/**
 * domuimg_domain_list_bootloader_words:
 * @self: a domain
 *
 * Returns: (transfer full): the arguments of the boot loader program, each as that gets it
 *
 * Since: 0.1
 */
char **
domuimg_domain_list_bootloader_words (DomuimgDomain *self)
{
  g_auto (GStrv) all = NULL;
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();

  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  if (self->bootloader_words != NULL)
    return g_strdupv (self->bootloader_words);
  all = g_strsplit_set (domuimg_text_or (self->bootloader_args, ""), " \t\n", -1);
  for (guint i = 0; all[i] != NULL; i++)
    if (*all[i] != '\0')
      g_strv_builder_add (words, all[i]);
  return g_strv_builder_end (words);
}

/**
 * domuimg_domain_set_bootloader_words:
 * @self: a domain
 * @words: (nullable) (array zero-terminated=1): arguments, which may have spaces in them
 *
 * Since: 0.1
 */
void
domuimg_domain_set_bootloader_words (DomuimgDomain *self, const char *const *words)
{
  char **copy;

  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  copy = copy_list (words);
  g_clear_pointer (&self->bootloader_args, g_free);
  if (copy != NULL)
    self->bootloader_args = g_strjoinv (" ", copy);
  g_strfreev (self->bootloader_words);
  self->bootloader_words = copy;
}

/**
 * domuimg_domain_list_serials:
 * @self: a domain
 *
 * Returns: (transfer full): what each serial port of an HVM guest is connected to, `none` for one
 *   that is not there; empty where nothing is said
 *
 * Since: 0.1
 */
char **
domuimg_domain_list_serials (DomuimgDomain *self)
{
  char *const one[] = { self != NULL ? self->serial : NULL, NULL };

  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return g_strdupv (self->serials != NULL ? self->serials : (char **) one);
}

/**
 * domuimg_domain_set_serials:
 * @self: a domain
 * @serials: (nullable) (array zero-terminated=1): where to connect each serial port to, as
 *   domuimg_domain_set_serial() takes it
 *
 * Since: 0.1
 */
void
domuimg_domain_set_serials (DomuimgDomain *self, const char *const *serials)
{
  char **copy;

  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  copy = copy_list (serials);
  domuimg_replace_text (&self->serial, copy != NULL ? copy[0] : NULL);
  g_strfreev (self->serials);
  self->serials = copy;
}

void
domuimg_domain_warn (DomuimgDomain *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (self->warnings, g_strdup_vprintf (format, args));
  va_end (args);
}

void
domuimg_domain_set_extra (DomuimgDomain *self, const char *key, const char *value)
{
  for (guint i = 0; i < self->extra->len; i++)
    {
      DomuimgDomainExtra *extra = g_ptr_array_index (self->extra, i);

      if (!g_str_equal (extra->key, key))
        continue;
      g_free (extra->value);
      extra->value = g_strdup (value);
      return;
    }
  domuimg_domain_add_extra (self, key, value);
}

void
domuimg_domain_add_foreign (DomuimgDomain *self, const char *parent, const char *xml)
{
  DomuimgDomainForeign *foreign = g_new0 (DomuimgDomainForeign, 1);
  guint at = self->foreign->len;

  foreign->parent = g_strdup (parent);
  foreign->xml = g_strdup (xml);
  /* By parents, whose own order says nothing. */
  while (at > 0
         && strcmp (((DomuimgDomainForeign *) self->foreign->pdata[at - 1])->parent, parent) > 0)
    at--;
  g_ptr_array_insert (self->foreign, (int) at, foreign);
}

const char *
domuimg_nic_written_mac (const DomuimgDomain *domain, const DomuimgDomainNic *self)
{
  return domain->whole && !self->has_mac ? NULL : self->mac;
}

const char *
domuimg_domain_written_uuid (const DomuimgDomain *self)
{
  return self->whole && !self->has_uuid ? NULL : self->uuid;
}

char *
domuimg_foreign_name (const DomuimgDomainForeign *self)
{
  g_autoptr (GRegex) regex
      = g_regex_new ("<(?:target[^>]* dev|mac[^>]* address)=\"([^\"]*)\"", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  return g_regex_match (regex, self->xml, 0, &match) ? g_match_info_fetch (match, 1) : NULL;
}

/* PV and PVH guests have no emulated devices. */
static void
drop_emulated (DomuimgDomain *self)
{
  if (self->serial != NULL && (self->serials != NULL || !g_str_equal (self->serial, "none")))
    domuimg_domain_warn (self, "serial: only an HVM guest has one; it is left out");
  domuimg_domain_set_serial (self, NULL);
}

void
domuimg_domain_finish_reading (DomuimgDomain *self)
{
  self->whole = TRUE;
  for (guint i = 0; i < self->nics->len; i++)
    {
      DomuimgDomainNic *nic = g_ptr_array_index (self->nics, i);

      if (nic->ip != NULL)
        g_strstrip (nic->ip);
    }
  if (self->maxmem <= self->memory)
    self->maxmem = 0;
  if (self->maxvcpus <= self->vcpus)
    self->maxvcpus = 0;
  if (self->type != DOMUIMG_GUEST_TYPE_HVM)
    drop_emulated (self);
  else if (self->bootloader != NULL)
    {
      domuimg_domain_warn (self, "bootloader: an HVM guest boots by its firmware; it is left out");
      g_clear_pointer (&self->bootloader, g_free);
    }
  if (self->graphics != DOMUIMG_GRAPHICS_VNC && self->graphics != DOMUIMG_GRAPHICS_SPICE
      && self->graphics_password != NULL)
    {
      domuimg_domain_warn (self, "the password of a display that is not there is left out");
      g_clear_pointer (&self->graphics_password, g_free);
    }
  if (self->bootloader == NULL)
    domuimg_domain_set_bootloader_args (self, NULL);
}
