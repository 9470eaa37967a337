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

/* The vector has room for all lines of the text. */
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

static struct nic *
find_nic (struct config *self, const char *mac)
{
  for (size_t i = 0; i < self->n_nics; i++)
    if (strcmp (self->nics[i].mac, mac) == 0)
      return &self->nics[i];
  return NULL;
}

static void
take_nic (struct config *self, char *value)
{
  const char *mac = next_field (&value);

  if (self->n_nics < NICS_MAX && find_nic (self, mac) == NULL)
    self->nics[self->n_nics++] = (struct nic){ .mac = mac, .is_dhcp = strcmp (next_field (&value), "dhcp") == 0 };
}

static void
add_text (const char **list, size_t max, const char *text)
{
  for (size_t i = 0; i < max; i++)
    if (list[i] == NULL)
      {
        list[i] = text;
        return;
      }
}

static void
take_address (struct config *self, char *value)
{
  struct nic *nic = find_nic (self, next_field (&value));

  if (nic != NULL)
    add_text (nic->addresses, ADDRESSES_MAX, next_field (&value));
}

static void
take_gateway (struct config *self, char *value)
{
  struct nic *nic = find_nic (self, next_field (&value));

  if (nic != NULL)
    add_text (nic->gateways, ADDRESSES_MAX, next_field (&value));
}

static void
take_dns (struct config *self, char *value)
{
  if (self->n_dns < DNS_MAX)
    self->dns[self->n_dns++] = next_field (&value);
}

static void
take_mount (struct config *self, char *value)
{
  struct mount_place *mount = &self->mounts[self->n_mounts];

  if (self->n_mounts == MOUNTS_MAX)
    return;
  mount->device = next_field (&value);
  mount->place = next_field (&value);
  mount->type = next_field (&value);
  self->n_mounts++;
}

static void
take_grow (struct config *self, char *value)
{
  unescape (value);
  if (self->n_grow < MOUNTS_MAX)
    self->grow[self->n_grow++] = value;
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

bool
config_parse (struct config *self, char *text)
{
  size_t lines = count_lines (text);
  char *line;

  *self = (struct config){ .directory = "/", .stop_signal = SIGTERM };
  /* Init never ends, and so never frees. */
  self->argv = calloc (lines + 1, sizeof *self->argv);
  self->env = calloc (lines + 1, sizeof *self->env);
  if (self->argv == NULL || self->env == NULL)
    return false;
  while ((line = strsep (&text, "\n")) != NULL)
    take_line (self, line);
  return self->n_args > 0;
}
