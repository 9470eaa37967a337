/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the configuration that domuimg wrote for init. */
#include "cli/init/config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/init/say.h"

struct word {
  const char *name;
  void (*take) (struct config *self, char *value);
};

static bool
is_octal (const char *at)
{
  return at[0] >= '0' && at[0] <= '3' && at[1] >= '0' && at[1] <= '7' && at[2] >= '0' && at[2] <= '7';
}

/* What is empty may be a constant. */
static void
unescape (char *text)
{
  char *to = text;

  if (*text == '\0')
    return;
  for (; *text != '\0'; text++)
    if (*text == '\\' && is_octal (text + 1))
      {
        *to++ = (char) ((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
        text += 3;
      }
    else
      *to++ = *text;
  *to = '\0';
}

/* The next field of a line, "" at its end. */
static char *
next_field (char **rest)
{
  char *field = strsep (rest, " ");

  if (field == NULL)
    return "";
  unescape (field);
  return field;
}

static void
take_arg (struct config *self, char *value)
{
  unescape (value);
  self->argv[self->n_args++] = value;
}

static void
take_env (struct config *self, char *value)
{
  unescape (value);
  self->env[self->n_env++] = value;
}

static void
take_directory (struct config *self, char *value)
{
  unescape (value);
  self->directory = value;
}

static void
take_user (struct config *self, char *value)
{
  unescape (value);
  self->user = value;
}

static void
take_hostname (struct config *self, char *value)
{
  unescape (value);
  self->hostname = value;
}

static void
take_stop_signal (struct config *self, char *value)
{
  static const struct {
    const char *name;
    int number;
  } signals[] = { { "TERM", SIGTERM }, { "INT", SIGINT },   { "QUIT", SIGQUIT }, { "HUP", SIGHUP },
                  { "USR1", SIGUSR1 }, { "USR2", SIGUSR2 }, { "KILL", SIGKILL }, { "WINCH", SIGWINCH } };
  int number = atoi (value);

  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    if (strcmp (signals[i].name, value) == 0)
      number = signals[i].number;
  if (number > 0 && number <= SIGRTMAX)
    self->stop_signal = number;
  else
    say ("the stop signal %s is not known: it is TERM", value);
}

static void
take_restart (struct config *self, char *value)
{
  self->restart = strcmp (value, "always") == 0 ? RESTART_ALWAYS
                  : strcmp (value, "no") == 0   ? RESTART_NO
                                                : RESTART_ON_FAILURE;
}

static void
take_debug_shell (struct config *self, char *value)
{
  (void) value;
  self->has_debug_shell = true;
}

static bool
has_nic (const struct config *self, const char *mac)
{
  for (size_t i = 0; i < self->n_nics; i++)
    if (strcmp (self->nics[i].mac, mac) == 0)
      return true;
  return false;
}

static void
take_nic (struct config *self, char *value)
{
  const char *mac = next_field (&value);
  bool is_dhcp = strcmp (next_field (&value), "dhcp") == 0;

  if (has_nic (self, mac))
    say ("%s: the network card %s is there twice; the second is ignored", CONFIG_PATH, mac);
  else
    self->nics[self->n_nics++] = (struct nic){ mac, is_dhcp };
}

static struct nic_address
read_address (char *value)
{
  const char *mac = next_field (&value);

  return (struct nic_address){ mac, next_field (&value) };
}

static void
take_address (struct config *self, char *value)
{
  self->addresses[self->n_addresses++] = read_address (value);
}

static void
take_gateway (struct config *self, char *value)
{
  self->gateways[self->n_gateways++] = read_address (value);
}

static void
take_dns (struct config *self, char *value)
{
  self->dns[self->n_dns++] = next_field (&value);
}

static void
take_mount (struct config *self, char *value)
{
  struct mount_place *mount = &self->mounts[self->n_mounts++];

  mount->device = next_field (&value);
  mount->place = next_field (&value);
  mount->type = next_field (&value);
}

static void
take_grow (struct config *self, char *value)
{
  unescape (value);
  self->grow[self->n_grow++] = value;
}

static void
take_memory (struct config *self, char *value)
{
  unescape (value);
  self->memory[self->n_memory++] = value;
}

static const struct word words[] = {
  { "arg", take_arg },
  { "env", take_env },
  { "directory", take_directory },
  { "user", take_user },
  { "stop-signal", take_stop_signal },
  { "restart", take_restart },
  { "debug-shell", take_debug_shell },
  { "hostname", take_hostname },
  { "nic", take_nic },
  { "address", take_address },
  { "gateway", take_gateway },
  { "dns", take_dns },
  { "mount", take_mount },
  { "grow", take_grow },
  { "memory", take_memory },
};

static void
take_line (struct config *self, char *line)
{
  char *value = line;
  const char *name = strsep (&value, " ");

  if (*line == '\0' || *line == '#')
    return;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcmp (words[i].name, name) == 0)
      {
        words[i].take (self, value != NULL ? value : "");
        return;
      }
  say ("%s: “%s” is not known, and ignored", CONFIG_PATH, name);
}

static size_t
count_lines (const char *text)
{
  size_t count = 1;

  for (; *text != '\0'; text++)
    count += *text == '\n';
  return count;
}

/* Each has room for @lines, and for the NULL at its end. */
static bool
allocate (struct config *self, size_t lines)
{
  self->argv = calloc (lines + 1, sizeof *self->argv);
  self->env = calloc (lines + 1, sizeof *self->env);
  self->nics = calloc (lines, sizeof *self->nics);
  self->addresses = calloc (lines, sizeof *self->addresses);
  self->gateways = calloc (lines, sizeof *self->gateways);
  self->mounts = calloc (lines, sizeof *self->mounts);
  self->dns = calloc (lines, sizeof *self->dns);
  self->grow = calloc (lines, sizeof *self->grow);
  self->memory = calloc (lines, sizeof *self->memory);
  return self->argv != NULL && self->env != NULL && self->nics != NULL && self->addresses != NULL
         && self->gateways != NULL && self->mounts != NULL && self->dns != NULL && self->grow != NULL
         && self->memory != NULL;
}

bool
config_parse (struct config *self, char *text)
{
  char *line;

  *self = (struct config){ .directory = "/", .stop_signal = SIGTERM };
  if (!allocate (self, count_lines (text)))
    return false;
  while ((line = strsep (&text, "\n")) != NULL)
    take_line (self, line);
  return self->n_args > 0;
}

void
config_clear (struct config *self)
{
  free (self->argv);
  free (self->env);
  free (self->nics);
  free (self->addresses);
  free (self->gateways);
  free (self->mounts);
  free (self->dns);
  free (self->grow);
  free (self->memory);
}
