/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* domuimg-agent: on the host it starts User-mode Linux, and in that it is init. */
#include "config.h"

#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "lib/fs/uml/agent.h"
#include "lib/fs/uml/launch.h"

int
main (int argc, char **argv)
{
  if (argc > 2 && strcmp (argv[1], DOMUIMG_UML_LAUNCH) == 0)
    return domuimg_uml_launch (argc - 2, argv + 2);
  /* Anywhere else it would mount and turn off what it must not. */
  if (getpid () != 1 || access ("/" DOMUIMG_UML_AGENT, X_OK) != 0)
    return 2;
  domuimg_uml_agent_run ();
  return reboot (RB_POWER_OFF);
}
