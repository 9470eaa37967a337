/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ways of choosing a guest's kernel, and which of them a --kernel asks for. */
#include "config.h"
#include "lib/spec/kernel-policy.h"

#include <string.h>

#include "lib/spec/parse.h"

/* The first is the default; the last leaves everything to the disk. */
static const DomuimgKernelPolicy policies[] = {
  { "auto", NULL, DOMUIMG_KERNEL_OF_ANY, DOMUIMG_LOADER_DIRECT, NULL,
    "copy the guest's own kernel out if it can boot, else the host's" },
  { "guest", NULL, DOMUIMG_KERNEL_OF_GUEST, DOMUIMG_LOADER_DIRECT, NULL,
    "copy the guest's own kernel out" },
  { "extract", NULL, DOMUIMG_KERNEL_OF_GUEST, DOMUIMG_LOADER_DIRECT, NULL,
    "copy the guest's own kernel out, for “domuimg kernel update” to refresh" },
  { "host", NULL, DOMUIMG_KERNEL_OF_HOST, DOMUIMG_LOADER_DIRECT, NULL, NULL },
  { "file", ":VMLINUZ[,INITRD]", DOMUIMG_KERNEL_OF_FILE, DOMUIMG_LOADER_DIRECT, NULL, NULL },
  { "pvgrub", NULL, DOMUIMG_KERNEL_STAYS, DOMUIMG_LOADER_PVGRUB, NULL,
    "write a menu, by which GRUB in the guest starts the guest's own kernel" },
  { "pygrub", NULL, DOMUIMG_KERNEL_STAYS, DOMUIMG_LOADER_PYGRUB, NULL,
    "write a menu, by which pygrub starts the guest's own kernel" },
  { "domuimg", NULL, DOMUIMG_KERNEL_STAYS, DOMUIMG_LOADER_PYGRUB, "domuimg-bootloader",
    "write a menu, by which domuimg-bootloader starts the guest's own kernel" },
  { "pxe", "[:URL]", DOMUIMG_KERNEL_OF_NETWORK, DOMUIMG_LOADER_PYGRUB, "domuimg-bootloader",
    "have domuimg-bootloader fetch the kernel from the network at each start" },
  { "firmware", NULL, DOMUIMG_KERNEL_STAYS, DOMUIMG_LOADER_FIRMWARE, NULL,
    "let the BIOS or UEFI start the boot loader on the disk" },
};

const DomuimgKernelPolicy *
domuimg_kernel_policy_get_own_loader (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (policies); i++)
    if (policies[i].origin == DOMUIMG_KERNEL_STAYS && policies[i].program != NULL)
      return &policies[i];
  g_return_val_if_reached (&policies[0]);
}

char *
domuimg_kernel_policy_list (void)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < G_N_ELEMENTS (policies); i++)
    g_ptr_array_add (names, g_strconcat (policies[i].name, policies[i].placeholder ?: "",
                                         i == 0 ? " (default)" : "", NULL));
  return domuimg_join_words (names);
}

/* (nullable) *@rest becomes what follows the name and its colon, or NULL where nothing does. */
static const DomuimgKernelPolicy *
find (const char *text, const char **rest)
{
  for (guint i = 0; i < G_N_ELEMENTS (policies); i++)
    {
      gsize length = strlen (policies[i].name);
      const char *placeholder = policies[i].placeholder;
      gboolean has_more = strncmp (text, policies[i].name, length) == 0
                          && text[length] == ':' && text[length + 1] != '\0';

      *rest = has_more ? text + length + 1 : NULL;
      if (has_more ? placeholder != NULL
                   : g_str_equal (text, policies[i].name) && (placeholder == NULL || *placeholder == '['))
        return &policies[i];
    }
  return NULL;
}

static DomuimgKernelSpec *
make (const DomuimgKernelPolicy *policy, const char *text)
{
  DomuimgKernelSpec *self = g_new0 (DomuimgKernelSpec, 1);

  self->policy = policy;
  self->text = g_strdup (text);
  return self;
}

/* What domuimg-bootloader's --net takes: an address, or a server by its name alone. xl divides the
 * arguments of a boot loader at blanks, and anybody may read where they are written. */
static gboolean
check_address (const char *text, const char *address, GError **error)
{
  static const char *const schemes[] = { "http", "https", "ftp", "tftp", NULL };
  const char *place = strstr (address, "://");
  g_autofree char *scheme = place != NULL ? g_strndup (address, place - address) : NULL;
  const char *host = place != NULL ? place + 3 : address;
  gsize length = strcspn (host, "/");

  for (const char *at = address; *at != '\0'; at++)
    if (!g_ascii_isgraph (*at) || strchr ("\"'\\", *at) != NULL)
      return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                           "kernel “%s”: an address has no blanks, quotes or other bytes that a URL"
                           " would write as %%XX",
                           text);
  /* Passwords in addresses are refused for every key. */
  if (memchr (host, '@', length) != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "kernel “pxe”: the name of a server has no user before it");
  if (scheme != NULL && g_strv_contains (schemes, scheme) && length > 0)
    return TRUE;
  if (scheme == NULL && host[length] == '\0')
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "kernel “%s”: expected pxe:http://…, https://…, ftp://… or tftp://…, or the name of"
                       " a server",
                       text);
}

DomuimgKernelSpec *
domuimg_kernel_spec_parse (const char *text, GError **error)
{
  const char *rest = NULL;
  const DomuimgKernelPolicy *policy = find (text, &rest);
  g_autofree char *known = NULL;
  g_autoptr (DomuimgKernelSpec) self = NULL;

  if (policy == NULL)
    {
      known = domuimg_kernel_policy_list ();
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "kernel “%s”: expected %s", text, known);
      return NULL;
    }
  self = make (policy, text);
  if (policy->origin == DOMUIMG_KERNEL_OF_NETWORK && rest != NULL && !check_address (text, rest, error))
    return NULL;
  if (policy->origin == DOMUIMG_KERNEL_OF_NETWORK)
    self->address = g_strdup (rest);
  else if (rest != NULL)
    {
      g_auto (GStrv) parts = g_strsplit (rest, ",", 2);

      self->kernel = g_strdup (parts[0]);
      self->ramdisk = g_strdup (parts[1]);
    }
  return g_steal_pointer (&self);
}

DomuimgKernelSpec *
domuimg_kernel_spec_new (void)
{
  return make (&policies[0], policies[0].name);
}

DomuimgKernelSpec *
domuimg_kernel_spec_new_firmware (void)
{
  const DomuimgKernelPolicy *last = &policies[G_N_ELEMENTS (policies) - 1];

  return make (last, last->name);
}

DomuimgKernelSpec *
domuimg_kernel_spec_copy (const DomuimgKernelSpec *self)
{
  DomuimgKernelSpec *copy = make (self->policy, self->text);

  copy->kernel = g_strdup (self->kernel);
  copy->ramdisk = g_strdup (self->ramdisk);
  copy->address = g_strdup (self->address);
  return copy;
}

void
domuimg_kernel_spec_free (DomuimgKernelSpec *self)
{
  g_free (self->text);
  g_free (self->kernel);
  g_free (self->ramdisk);
  g_free (self->address);
  g_free (self);
}
