/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* “domuimg kernel”, a verb of actions. */
#include "config.h"
#include "cli/cli.h"

static const CliAction actions[] = {
  { "inspect", cli_kernel_inspect, "what a kernel, or each kernel of an image, can be started as" },
  { "list", cli_kernel_list, "the kernels of this host or of an image, and what belongs to them" },
  { "update", cli_kernel_update, "copy a guest's upgraded kernel out of its image again" },
  { NULL },
};

int
cli_kernel (int argc, char **argv)
{
  return cli_run_action ("kernel", actions, argc, argv);
}
