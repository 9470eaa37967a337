/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <domuimg/domuimg.h>

/* The keys of a specification for the manual and the shell's completion. */
int
main (void)
{
  const char *const *keys = domuimg_spec_list_keys ();

  for (guint i = 0; keys[i] != NULL; i++)
    {
      const char *placeholder = domuimg_spec_get_placeholder (keys[i]);

      g_print ("%s\t%s\t%s\n", keys[i], placeholder != NULL ? placeholder : "",
               domuimg_spec_get_help (keys[i]));
    }
  return 0;
}
