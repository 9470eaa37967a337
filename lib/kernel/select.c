/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which kernel of a tree to take. */
#include "config.h"
#include "lib/kernel/select.h"

#include "lib/base/guest-type.h"
#include "lib/kernel/compat.h"
#include "lib/kernel/select-drivers.h"

static DomuimgCompatProblem
find_problem (DomuimgKernel *kernel, const DomuimgKernelTarget *target, DomuimgGuestType type, char **why_not)
{
  return domuimg_kernel_find_problem (kernel, type, DOMUIMG_LOADER_DIRECT, target->xen, why_not);
}

static DomuimgCompatProblem
choose_type (DomuimgKernel *kernel, const DomuimgKernelTarget *target, DomuimgGuestType *type, char **why_not)
{
  *type = target->type;
  if (target->type != DOMUIMG_GUEST_TYPE_AUTO)
    return find_problem (kernel, target, *type, why_not);
  *type = DOMUIMG_GUEST_TYPE_PVH;
  if (find_problem (kernel, target, *type, NULL) == DOMUIMG_COMPAT_FINE)
    return DOMUIMG_COMPAT_FINE;
  *type = DOMUIMG_GUEST_TYPE_PV;
  return find_problem (kernel, target, *type, why_not);
}

/* Whether it will do; if not, why not, with the rule of a check that it breaks. */
static gboolean
try_choice (DomuimgTree *tree, DomuimgKernelChoice *choice, const DomuimgKernelTarget *target,
            DomuimgKernelAccept accepts, gpointer user_data, DomuimgGuestType *type, char **why)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *refusal = NULL;
  DomuimgCompatProblem problem;

  if (!domuimg_kernel_choice_load (choice, tree, &error))
    {
      *why = g_strdup_printf ("%s [kernel-not-a-kernel]", error->message);
      return FALSE;
    }
  problem = choose_type (choice->kernel, target, type, &refusal);
  if (problem != DOMUIMG_COMPAT_FINE)
    {
      *why = g_strdup_printf ("%s [%s]", refusal, domuimg_compat_problem_get_rule (problem));
      return FALSE;
    }
  return accepts (tree, choice, *type, user_data, why);
}

static void
explain (DomuimgKernelChoice *choice, DomuimgGuestType asked, DomuimgGuestType type,
         const char *drivers)
{
  const char *version = choice->version[0] != '\0' ? choice->version : choice->vmlinuz;
  const char *choose = asked != DOMUIMG_GUEST_TYPE_AUTO ? ""
                       : type == DOMUIMG_GUEST_TYPE_PVH ? " (preferred where a kernel can)"
                                                        : " (it has no PVH entry point)";

  choice->reason = g_strdup_printf ("Kernel %s is the newest that starts as %s%s; %s.", version,
                                    domuimg_guest_type_describe (type), choose, drivers);
}

DomuimgKernelChoice *
domuimg_kernel_select (DomuimgTree *tree, const DomuimgKernelTarget *target, const char *root_fs,
                       DomuimgGuestType *type_out, GError **error)
{
  g_autoptr (GPtrArray) choices = domuimg_kernel_list (tree, error);

  return choices != NULL ? domuimg_kernel_select_from (tree, choices, target, root_fs, type_out, error)
                         : NULL;
}

static gboolean
has_drivers (DomuimgTree *tree, DomuimgKernelChoice *choice, DomuimgGuestType type,
             gpointer user_data, char **text)
{
  return domuimg_drivers_check (tree, choice, type, user_data, text);
}

DomuimgKernelChoice *
domuimg_kernel_select_from (DomuimgTree *tree, GPtrArray *choices, const DomuimgKernelTarget *target,
                            const char *root_fs, DomuimgGuestType *type_out, GError **error)
{
  return domuimg_kernel_select_accepted (tree, choices, target, has_drivers, (char *) root_fs, type_out,
                                         error);
}

DomuimgKernelChoice *
domuimg_kernel_select_accepted (DomuimgTree *tree, GPtrArray *choices,
                                const DomuimgKernelTarget *target, DomuimgKernelAccept accepts,
                                gpointer user_data, DomuimgGuestType *type_out, GError **error)
{
  g_autoptr (GString) refusals = g_string_new (NULL);
  DomuimgGuestType found;

  for (guint i = 0; i < choices->len; i++)
    {
      DomuimgKernelChoice *choice = choices->pdata[i];
      g_autofree char *why = NULL;

      if (try_choice (tree, choice, target, accepts, user_data, &found, &why))
        {
          explain (choice, target->type, found, why);
          if (type_out != NULL)
            *type_out = found;
          return g_ptr_array_steal_index (choices, i);
        }
      g_string_append_printf (refusals, "%s/%s: %s", i > 0 ? "; " : "", choice->vmlinuz, why);
      /* The next one wants the memory. */
      g_clear_object (&choice->kernel);
      g_clear_pointer (&choice->initramfs, domuimg_initramfs_free);
    }
  if (choices->len == 0)
    domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                  "there is no kernel in /boot; install one (Debian: linux-image-amd64, Fedora:"
                  " kernel-core) [kernel-missing]");
  else
    domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE, "no kernel here starts a guest as %s: %s",
                  domuimg_guest_type_describe (target->type), refusals->str);
  return NULL;
}
