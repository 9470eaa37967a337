/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* domuimg-rpm WORK: what --from rpm: runs in a namespace of its own. */
#include "config.h"

#include "lib/source/rpm-inside.h"

int
main (int argc, char **argv)
{
  return argc == 2 ? domuimg_rpm_run_inside (argv[1]) : 2;
}
