/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks the guest's modules for what is not needed to reach the root, such as its network. */
#include "config.h"
#include "lib/check/rules.h"

static gboolean
needs_modules (DomuimgMachine *self)
{
  return !domuimg_machine_has_driver (self, "xen-netfront", "CONFIG_XEN_NETDEV_FRONTEND")
         && domuimg_domain_get_nics (self->domain)->len > 0;
}

void
domuimg_check_modules (DomuimgMachine *self)
{
  const char *version = self->boot.kernel != NULL ? domuimg_kernel_get_version (self->boot.kernel)
                                                  : NULL;
  g_autofree char *directory = g_strconcat ("/lib/modules/", version != NULL ? version : "", NULL);
  g_autofree char *list = g_strconcat (directory, "/modules.dep", NULL);

  if (self->tree == NULL || version == NULL || (self->application != NULL && !needs_modules (self)))
    return;
  if (!domuimg_tree_is_dir (self->tree, directory))
    domuimg_finding_advise (
        domuimg_machine_report (self, "modules-missing", directory,
                                "the guest has no modules for its kernel in %s%s", directory,
                                needs_modules (self) ? ": it will have no network" : ""),
        "install them in the guest, or start it with a kernel that it has installed");
  else if (!domuimg_tree_exists (self->tree, list))
    domuimg_finding_advise (domuimg_machine_report (self, "modules-index", list,
                                                    "%s has no modules.dep: no module can be loaded"
                                                    " by name",
                                                    directory),
                            "depmod %s, in the guest", version);
}
