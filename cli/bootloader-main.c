/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/bootloader/bootloader.h"

#include "cli/cli.h"

/* domuimg-bootloader: for bootloader= in xl.cfg. stdio is the guest's console. */
int
main (int argc, char **argv)
{
  return cli_run_bootloader (domuimg_bootloader_run, argv);
}
