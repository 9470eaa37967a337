/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A static program, as those of Go are: answers whoever connects with a variable of its environment. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int
main (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons (80) };
  int server = socket (AF_INET, SOCK_STREAM, 0), client;
  const char *greeting = getenv ("GREETING");

  if (server < 0 || bind (server, (struct sockaddr *) &address, sizeof address) != 0 || listen (server, 8) != 0)
    return 1;
  while ((client = accept (server, NULL, NULL)) >= 0)
    {
      char request[1024];

      if (read (client, request, sizeof request) > 0)
        dprintf (client, "HTTP/1.0 200 OK\r\n\r\nstatic, and told %s\n", greeting != NULL ? greeting : "nothing");
      close (client);
    }
  return 1;
}
