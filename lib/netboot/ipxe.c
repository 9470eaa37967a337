/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/netboot/ipxe.h"

#include <string.h>

/* Takes a script as iPXE's core/exec.c and image/script.c do: a line is split at blanks, then each
 * word is expanded when its command comes. */

#define COMMANDS_MAX 20000
#define LINES_MAX 20000

typedef struct {
  DomuimgIpxe *ipxe;
  const char *url;
  char **lines;
  guint at;       /* the next line */
  gboolean ended; /* by `exit` */
} Script;

static gboolean
go_to (Script *self, const char *label)
{
  for (guint i = 0; self->lines[i] != NULL; i++)
    {
      const char *line = self->lines[i] + strspn (self->lines[i], " \t");
      gsize length = strcspn (line, " \t");

      if (*line == ':' && length == strlen (label) + 1 && strncmp (line + 1, label, length - 1) == 0)
        {
          self->at = i + 1;
          return TRUE;
        }
    }
  return FALSE;
}

static gboolean
run_words (Script *self, char **words)
{
  if (++self->ipxe->commands > COMMANDS_MAX)
    return domuimg_netboot_pass_fail (self->ipxe->pass, DOMUIMG_ERROR_CORRUPT_INPUT,
                                      "%s: the script does not end", self->url);
  if (g_str_equal (words[0], "goto"))
    return words[1] != NULL && go_to (self, words[1]);
  if (g_str_equal (words[0], "exit"))
    {
      self->ended = TRUE;
      return words[1] == NULL || g_str_equal (words[1], "0");
    }
  return domuimg_ipxe_command (self->ipxe, self->url, words);
}

/* No words are a success: "command ||" goes on where it fails. */
static gboolean
run_expanded (Script *self, char **words, guint n)
{
  g_auto (GStrv) expanded = g_new0 (char *, n + 1);

  for (guint i = 0; i < n; i++)
    expanded[i] = domuimg_ipxe_expand (self->ipxe, words[i]);
  return n == 0 || run_words (self, expanded);
}

static gboolean
is_terminator (const char *word)
{
  return g_str_equal (word, "&&") || g_str_equal (word, "||") || g_str_equal (word, ";")
         || g_str_equal (word, "#");
}

static char **
split (const char *line)
{
  g_auto (GStrv) parts = g_strsplit_set (line, " \t\r", -1);
  GPtrArray *words = g_ptr_array_new ();

  for (guint i = 0; parts[i] != NULL; i++)
    if (*parts[i] != '\0')
      g_ptr_array_add (words, g_strdup (parts[i]));
  g_ptr_array_add (words, NULL);
  return (char **) g_ptr_array_free (words, FALSE);
}

static gboolean
run_line (Script *self, const char *line)
{
  g_auto (GStrv) words = split (line);
  guint at = 0;
  gboolean ok = TRUE, wanted = TRUE;

  for (;;)
    {
      guint end = at;

      while (words[end] != NULL && !is_terminator (words[end]))
        end++;
      if (wanted)
        ok = run_expanded (self, words + at, end - at);
      if (words[end] == NULL || *words[end] == '#' || self->ended || self->ipxe->pass->decided)
        return ok;
      wanted = *words[end] == ';' || (*words[end] == '&') == ok;
      at = end + 1;
    }
}

/* What chained to this script may go on. */
static gboolean
fail_line (Script *self, guint number, const char *line)
{
  g_free (self->ipxe->problem);
  self->ipxe->problem = g_strdup_printf ("%s, line %u: “%s” fails", self->url, number, line);
  return FALSE;
}

gboolean
domuimg_ipxe_run (DomuimgIpxe *ipxe, const char *url, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", LINES_MAX);
  Script self = { .ipxe = ipxe, .url = url, .lines = lines };

  if (!domuimg_netboot_pass_step (ipxe->pass, url))
    return FALSE;
  while (lines[self.at] != NULL && !self.ended && !ipxe->pass->decided)
    {
      guint number = self.at + 1;
      const char *line = g_strstrip (lines[self.at++]);
      gboolean ok = *line == '#' || *line == ':' || run_line (&self, line);

      if (!ok)
        return fail_line (&self, number, line);
    }
  return TRUE;
}

void
domuimg_netboot_ipxe_run (DomuimgNetbootPass *self, const char *url, const char *text)
{
  g_autoptr (GHashTable) variables
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GPtrArray) initrds = g_ptr_array_new_with_free_func (g_free);
  DomuimgIpxe ipxe = { .pass = self, .variables = variables, .initrds = initrds };

  domuimg_ipxe_set (&ipxe, "cwduri", url);
  if (domuimg_ipxe_run (&ipxe, url, text))
    domuimg_netboot_pass_fail (self, DOMUIMG_ERROR_NOT_BOOTABLE,
                               "%s: the script ends, and boots nothing", url);
  else
    domuimg_netboot_pass_fail (self, DOMUIMG_ERROR_NOT_BOOTABLE, "%s",
                               ipxe.problem != NULL ? ipxe.problem : url);
  g_free (ipxe.problem);
  g_clear_pointer (&ipxe.menu, domuimg_menu_free);
  g_free (ipxe.kernel);
  g_free (ipxe.kernel_name);
  g_free (ipxe.cmdline);
}
