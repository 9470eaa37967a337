/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives network cards addresses and routes. */
#include "cli/init/link.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <net/route.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/init/say.h"

#define POLL_MS 10

/* They are those of linux/ipv6.h and linux/ipv6_route.h. */
struct in6_ifreq {
  struct in6_addr address;
  uint32_t prefix;
  int index;
};

struct in6_route {
  struct in6_addr destination, source, gateway;
  uint32_t type;
  uint16_t destination_length, source_length;
  uint32_t metric;
  unsigned long info;
  uint32_t flags;
  int index;
};

static bool
has_mac (const char *name, const char *mac)
{
  char path[300], text[64];

  snprintf (path, sizeof path, "/sys/class/net/%s/address", name);
  if (read_file (path, text, sizeof text) < 0)
    return false;
  text[strcspn (text, "\n")] = '\0';
  return strcasecmp (text, mac) == 0;
}

static bool
find (const char *mac, char name[IFNAMSIZ])
{
  DIR *directory = opendir ("/sys/class/net");
  struct dirent *entry;
  bool found = false;

  while (directory != NULL && !found && (entry = readdir (directory)) != NULL)
    {
      found = *entry->d_name != '.' && has_mac (entry->d_name, mac);
      if (found)
        snprintf (name, IFNAMSIZ, "%.*s", IFNAMSIZ - 1, entry->d_name);
    }
  if (directory != NULL)
    closedir (directory);
  return found;
}

bool
link_wait (const char *mac, char name[IFNAMSIZ], unsigned seconds)
{
  for (unsigned waited = 0; waited <= seconds * 1000; waited += POLL_MS)
    {
      if (find (mac, name))
        return true;
      sleep_ms (POLL_MS);
    }
  say ("the network card %s is not there", mac);
  return false;
}

/* One ioctl on a socket of its own. */
static bool
ask (int family, unsigned long request, void *argument, const char *what, const char *name)
{
  int fd = socket (family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  bool done = fd >= 0 && (ioctl (fd, (int) request, argument) == 0 || errno == EEXIST);

  if (!done)
    say_errno ("%s: %s", name, what);
  if (fd >= 0)
    close (fd);
  return done;
}

static void
name_card (struct ifreq *request, const char *name)
{
  memset (request, 0, sizeof *request);
  memcpy (request->ifr_name, name, strnlen (name, IFNAMSIZ - 1));
}

static void
fill (struct sockaddr *to, uint32_t address)
{
  struct sockaddr_in value = { .sin_family = AF_INET, .sin_addr.s_addr = address };

  memcpy (to, &value, sizeof value);
}

bool
link_get_mac (const char *name, uint8_t mac[6])
{
  struct ifreq request;

  name_card (&request, name);
  if (!ask (AF_INET, SIOCGIFHWADDR, &request, "asking for its address", name))
    return false;
  memcpy (mac, request.ifr_hwaddr.sa_data, 6);
  return true;
}

bool
link_up (const char *name)
{
  struct ifreq request;

  name_card (&request, name);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  return ask (AF_INET, SIOCSIFFLAGS, &request, "starting it", name);
}

bool
link_set_address (const char *name, uint32_t address, uint32_t mask)
{
  struct ifreq request;

  name_card (&request, name);
  fill (&request.ifr_addr, address);
  if (!ask (AF_INET, SIOCSIFADDR, &request, "setting its address", name))
    return false;
  fill (&request.ifr_netmask, mask);
  return ask (AF_INET, SIOCSIFNETMASK, &request, "setting its mask", name);
}

static bool
change_router (const char *name, uint32_t router, unsigned long request, const char *what)
{
  struct rtentry route = { .rt_flags = RTF_UP | RTF_GATEWAY, .rt_dev = (char *) name };

  fill (&route.rt_dst, 0);
  fill (&route.rt_genmask, 0);
  fill (&route.rt_gateway, router);
  return ask (AF_INET, request, &route, what, name);
}

bool
link_set_router (const char *name, uint32_t router)
{
  return change_router (name, router, SIOCADDRT, "setting its router");
}

bool
link_drop_router (const char *name, uint32_t router)
{
  return change_router (name, router, SIOCDELRT, "taking its old router away");
}

static bool
refuse (const char *name, const char *text)
{
  say ("%s: %s is not an address", name, text);
  return false;
}

static bool
add_address6 (const char *name, const char *text, unsigned prefix)
{
  struct in6_ifreq request = { .prefix = prefix, .index = (int) if_nametoindex (name) };

  if (inet_pton (AF_INET6, text, &request.address) != 1)
    return refuse (name, text);
  return ask (AF_INET6, SIOCSIFADDR, &request, "setting its IPv6 address", name);
}

bool
link_add_address_text (const char *name, const char *text)
{
  char address[64];
  const char *slash = strchr (text, '/');
  unsigned prefix = slash != NULL ? (unsigned) atoi (slash + 1) : 32;
  struct in_addr value;

  snprintf (address, sizeof address, "%.*s", (int) strcspn (text, "/"), text);
  if (strchr (address, ':') != NULL)
    return add_address6 (name, address, slash != NULL ? prefix : 128);
  if (inet_pton (AF_INET, address, &value) != 1 || prefix > 32)
    return refuse (name, text);
  return link_set_address (name, value.s_addr, prefix > 0 ? htonl (~0u << (32 - prefix)) : 0);
}

bool
link_add_router_text (const char *name, const char *text)
{
  struct in6_route route
      = { .metric = 1, .flags = RTF_UP | RTF_GATEWAY, .index = (int) if_nametoindex (name) };
  struct in_addr value;

  if (inet_pton (AF_INET, text, &value) == 1)
    return link_set_router (name, value.s_addr);
  if (inet_pton (AF_INET6, text, &route.gateway) != 1)
    return refuse (name, text);
  return ask (AF_INET6, SIOCADDRT, &route, "setting its IPv6 router", name);
}
