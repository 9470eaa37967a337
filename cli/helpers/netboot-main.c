/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/cli.h"
#include "lib/bootloader/network.h"

/* domuimg-netboot: what domuimg-bootloader --net becomes. */
int
main (int argc, char **argv)
{
  return cli_run_bootloader (domuimg_network_run, argv);
}
