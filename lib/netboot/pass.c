/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One run of the parsers over all that was fetched. */
#include "config.h"
#include "lib/netboot/pass.h"

#include <string.h>

#include "lib/netboot/url.h"

#define STEPS_MAX 32
#define SETUP_MAGIC_AT 0x202

const DomuimgNetbootFile *
domuimg_netboot_pass_file (DomuimgNetbootPass *self, const char *url)
{
  const DomuimgNetbootFile *file = g_hash_table_lookup (self->state->files, url);

  if (self->decided)
    return NULL;
  if (file != NULL)
    return file->bytes != NULL ? file : NULL;
  self->decided = TRUE;
  self->next->kind = DOMUIMG_NETBOOT_NEED;
  g_ptr_array_add (self->next->urls, g_strdup (url));
  return NULL;
}

gboolean
domuimg_netboot_is_text (const DomuimgNetbootFile *file)
{
  DomuimgBytes bytes = domuimg_bytes_of (file->bytes);

  return bytes.size == 0 || memchr (bytes.data, '\0', bytes.size) == NULL;
}

gboolean
domuimg_netboot_is_kernel (const DomuimgNetbootFile *file)
{
  DomuimgBytes bytes = domuimg_bytes_of (file->bytes);
  char magic[4];

  return domuimg_bytes_starts_with (bytes, "\177ELF", 4)
         || domuimg_bytes_starts_with (bytes, "\x1f\x8b", 2)
         || (domuimg_bytes_read (bytes, SETUP_MAGIC_AT, magic, sizeof magic)
             && memcmp (magic, "HdrS", sizeof magic) == 0);
}

char *
domuimg_netboot_pass_text (DomuimgNetbootPass *self, const char *url)
{
  const DomuimgNetbootFile *file = domuimg_netboot_pass_file (self, url);
  DomuimgBytes bytes;

  if (file == NULL || !domuimg_netboot_is_text (file))
    return NULL;
  if (file->truncated)
    {
      domuimg_netboot_pass_fail (self, DOMUIMG_ERROR_CORRUPT_INPUT,
                                 "%s: larger than any menu, %d bytes", url,
                                 DOMUIMG_NETBOOT_FILE_MAX);
      return NULL;
    }
  bytes = domuimg_bytes_of (file->bytes);
  return g_strndup ((const char *) bytes.data, bytes.size);
}

gboolean
domuimg_netboot_pass_step (DomuimgNetbootPass *self, const char *url)
{
  if (++self->steps <= STEPS_MAX)
    return TRUE;
  return domuimg_netboot_pass_fail (self, DOMUIMG_ERROR_CORRUPT_INPUT,
                                    "%s: too many menus and scripts lead to each other", url);
}

gboolean
domuimg_netboot_pass_fail (DomuimgNetbootPass *self, DomuimgError code, const char *format, ...)
{
  va_list args;

  if (self->decided)
    return FALSE;
  self->decided = TRUE;
  self->next->kind = DOMUIMG_NETBOOT_FAIL;
  self->next->code = code;
  va_start (args, format);
  self->next->text = g_strdup_vprintf (format, args);
  va_end (args);
  return FALSE;
}

/* Only the first menu is asked for the wanted entry: those behind it are answered by themselves. */
static int
find_wanted (DomuimgNetbootPass *self, DomuimgMenu *menu)
{
  const char *wanted = domuimg_netboot_state_get (self->state, "entry");
  int index;

  if (wanted == NULL || self->menus > 0)
    return -1;
  index = domuimg_menu_find_entry (menu, wanted);
  if (index < 0)
    domuimg_netboot_pass_fail (self, DOMUIMG_ERROR_NOT_FOUND, "%s has no entry “%s”", menu->path,
                               wanted);
  return index;
}

int
domuimg_netboot_pass_choose (DomuimgNetbootPass *self, DomuimgMenu **menu, const char **cmdline)
{
  int index = find_wanted (self, *menu);

  *cmdline = NULL;
  self->menus++;
  if (index < 0 && self->answered < self->state->answers->len)
    {
      const DomuimgNetbootAnswer *answer
          = g_ptr_array_index (self->state->answers, self->answered++);

      index = answer->index;
      *cmdline = answer->cmdline;
    }
  if (!self->decided && ((*menu)->entries->len == 0 || index >= (int) (*menu)->entries->len))
    domuimg_netboot_pass_fail (self, DOMUIMG_ERROR_NOT_BOOTABLE, "%s: a menu without entries",
                               (*menu)->path);
  if (!self->decided && index < 0)
    {
      self->decided = TRUE;
      self->next->kind = DOMUIMG_NETBOOT_MENU;
      self->next->menu = g_steal_pointer (menu);
    }
  return self->decided ? -1 : index;
}

static gboolean
add_url (DomuimgNetbootPass *self, const char *from, const char *path)
{
  char *url = domuimg_netboot_resolve (from, path);

  if (url == NULL)
    return domuimg_netboot_pass_fail (self, DOMUIMG_ERROR_UNSAFE_INPUT,
                                      "%s wants “%s”, which is not a file of a boot server", from,
                                      path);
  g_ptr_array_add (self->next->urls, url);
  return TRUE;
}

static char *
describe (const char *from, const char *title, const DomuimgNetbootNext *next)
{
  guint initrds = next->urls->len - 1;
  g_autofree char *quoted
      = title != NULL && *title != '\0' ? g_strdup_printf ("“%s”, ", title) : g_strdup ("");

  return g_strdup_printf ("%s%s with %u initrd%s, by %s", quoted, (char *) next->urls->pdata[0],
                          initrds, initrds == 1 ? "" : "s", from);
}

void
domuimg_netboot_pass_boot (DomuimgNetbootPass *self, const char *from, const char *kernel,
                           GPtrArray *initrds, const char *cmdline, const char *title)
{
  if (self->decided || !add_url (self, from, kernel))
    return;
  for (guint i = 0; initrds != NULL && i < initrds->len; i++)
    if (!add_url (self, from, initrds->pdata[i]))
      return;
  self->decided = TRUE;
  self->next->kind = DOMUIMG_NETBOOT_BOOT;
  self->next->cmdline = g_strstrip (g_strdup (cmdline));
  self->next->text = describe (from, title, self->next);
}
