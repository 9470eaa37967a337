/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network interfaces, which keep the names that the guest's files have for them. */
#include "config.h"

#include <string.h>

#include "lib/convert/cards.h"
#include "lib/convert/edit.h"

/* Network interfaces keep the names that the guest's files have for them: udev gives each to the
 * card that takes the place of the old one. So addresses, routes, firewalls and what else names an
 * interface stay as they are. */

#define RULES "/etc/udev/rules.d/70-domuimg-net.rules"

/* Where interfaces are configured. */
static const struct {
  const char *directory; /* or a file */
  const char *prefix;
  const char *suffix;
} places[] = {
  { "/etc/network/interfaces", "", "" },
  { "/etc/network/interfaces.d", "", "" },
  { "/etc/netplan", "", ".yaml" },
  { "/etc/NetworkManager/system-connections", "", "" },
  { "/etc/systemd/network", "", ".network" },
  { "/etc/sysconfig/network-scripts", "ifcfg-", "" },
  { "/etc/sysconfig/network", "ifcfg-", "" },
  { "/etc/conf.d/net", "", "" },
  { "/etc/dhcpcd.conf", "", "" },
};

/* What a hostile guest's files may come to, together. */
#define TEXT_MAX ((gsize) 1 << 20)

typedef struct {
  char *path;
  char *text;
  char *plain; /* without comments */
} File;

/* What there is, and what becomes of it. */
typedef struct {
  GPtrArray *files; /* (element-type File) that configure interfaces */
  GPtrArray *cards; /* (element-type DomuimgCard) */
  GPtrArray *names; /* (element-type utf8) of cards that are configured */
  const char **chosen; /* of each NIC; (nullable) none is wanted */
  guint n_nics;
} Nics;

static void
file_free (gpointer data)
{
  File *self = data;

  g_free (self->path);
  g_free (self->text);
  g_free (self->plain);
  g_free (self);
}

static void
nics_clear (Nics *self)
{
  g_clear_pointer (&self->files, g_ptr_array_unref);
  g_clear_pointer (&self->cards, g_ptr_array_unref);
  g_clear_pointer (&self->names, g_ptr_array_unref);
  g_free (self->chosen);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Nics, nics_clear)

static const DomuimgConvertNic *
get_nic (DomuimgConvertEdit *self, guint index)
{
  return g_ptr_array_index (self->want->nics, index);
}

/* What an editor or a package manager left beside a file. */
static gboolean
is_leftover (const char *name)
{
  return g_regex_match_simple ("(~|\\.(bak|orig|old|save|rpmsave|rpmnew|rpmorig|dpkg-[a-z]+))$", name,
                               0, 0);
}

static void
read_file (DomuimgConvertEdit *self, const char *path, GPtrArray *files)
{
  g_autofree char *text = domuimg_tree_read_text (self->root, path, NULL);
  gsize total = text != NULL ? strlen (text) : 0;
  File *file;

  for (guint i = 0; i < files->len; i++)
    total += strlen (((File *) g_ptr_array_index (files, i))->text);
  if (text == NULL || total > TEXT_MAX)
    return;
  file = g_new0 (File, 1);
  file->path = g_strdup (path);
  file->plain = domuimg_cards_strip (text);
  file->text = g_steal_pointer (&text);
  g_ptr_array_add (files, file);
}

static void
read_directory (DomuimgConvertEdit *self, const char *directory, const char *prefix,
                const char *suffix, GPtrArray *files)
{
  g_auto (GStrv) names = domuimg_tree_list (self->root, directory, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (directory, names[i], NULL);

      if (g_str_has_prefix (names[i], prefix) && g_str_has_suffix (names[i], suffix)
          && !is_leftover (names[i]))
        read_file (self, path, files);
    }
}

static void
read_configuration (DomuimgConvertEdit *self, GPtrArray *files)
{
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    if (domuimg_tree_is_dir (self->root, places[i].directory))
      read_directory (self, places[i].directory, places[i].prefix, places[i].suffix, files);
    else if (*places[i].prefix == '\0')
      read_file (self, places[i].directory, files);
}

static void
add_name (Nics *nics, const char *name)
{
  if (!g_ptr_array_find_with_equal_func (nics->names, name, g_str_equal, NULL))
    g_ptr_array_add (nics->names, g_strdup (name));
}

/* Nothing else gives the names of .link files once these go, whatever uses them. */
static void
add_linked_names (Nics *nics, const File *file)
{
  g_autoptr (GPtrArray) cards = domuimg_cards_new ();

  if (g_str_has_suffix (file->path, ".link"))
    domuimg_cards_read (cards, file->path, file->plain);
  for (guint i = 0; i < cards->len; i++)
    add_name (nics, ((DomuimgCard *) g_ptr_array_index (cards, i))->name);
}

/* A name that does not look like a kernel's or udev's was given by somebody. */
static void
add_given_names (Nics *nics)
{
  for (guint i = 0; i < nics->cards->len; i++)
    {
      const DomuimgCard *card = g_ptr_array_index (nics->cards, i);
      gboolean is_used = FALSE;

      for (guint j = 0; j < nics->files->len && !is_used; j++)
        is_used = domuimg_cards_mention (((File *) g_ptr_array_index (nics->files, j))->plain,
                                         card->name);
      if (is_used)
        add_name (nics, card->name);
    }
}

static void
collect (DomuimgConvertEdit *self, Nics *nics)
{
  g_autoptr (GPtrArray) rules = g_ptr_array_new_with_free_func (file_free);

  nics->files = g_ptr_array_new_with_free_func (file_free);
  nics->cards = domuimg_cards_new ();
  nics->names = g_ptr_array_new_with_free_func (g_free);
  read_configuration (self, nics->files);
  read_directory (self, "/etc/udev/rules.d", "", ".rules", rules);
  read_directory (self, "/etc/systemd/network", "", ".link", rules);
  for (guint i = 0; i < nics->files->len; i++)
    {
      const File *file = g_ptr_array_index (nics->files, i);
      const char *suffix = strstr (file->path, "/ifcfg-");

      domuimg_cards_read (nics->cards, file->path, file->plain);
      domuimg_cards_find_names (nics->names, file->plain);
      if (suffix != NULL)
        domuimg_cards_find_names (nics->names, suffix + strlen ("/ifcfg-"));
    }
  for (guint i = 0; i < rules->len; i++)
    {
      const File *file = g_ptr_array_index (rules, i);

      domuimg_cards_read (nics->cards, file->path, file->plain);
      add_linked_names (nics, file);
    }
  add_given_names (nics);
}

/* Which card has the address @mac, before or after; -1. */
static int
find_nic (DomuimgConvertEdit *self, const char *mac)
{
  for (guint i = 0; i < self->want->nics->len; i++)
    {
      const DomuimgConvertNic *nic = get_nic (self, i);

      if ((nic->old_mac != NULL && g_ascii_strcasecmp (nic->old_mac, mac) == 0)
          || g_ascii_strcasecmp (nic->mac, mac) == 0)
        return (int) i;
    }
  return -1;
}

/* -1 where nothing tells, -2 where it is a card that is not here. */
static int
find_nic_of_name (DomuimgConvertEdit *self, const Nics *nics, const char *name)
{
  gboolean knows_all = TRUE;
  int result = -1;

  for (guint i = 0; i < self->want->nics->len; i++)
    knows_all = knows_all && get_nic (self, i)->old_mac != NULL;
  for (guint i = 0; i < nics->cards->len; i++)
    {
      const DomuimgCard *card = g_ptr_array_index (nics->cards, i);
      int index = g_str_equal (card->name, name) ? find_nic (self, card->mac) : -1;

      if (index >= 0)
        return index;
      if (g_str_equal (card->name, name) && knows_all)
        result = -2;
    }
  return result;
}

/* By their numbers: eth2 before eth10. */
static gint
compare_names (gconstpointer a, gconstpointer b)
{
  g_autofree char *first = g_utf8_collate_key_for_filename (*(char *const *) a, -1);
  g_autofree char *second = g_utf8_collate_key_for_filename (*(char *const *) b, -1);

  return strcmp (first, second);
}

static gboolean
is_chosen (const Nics *nics, const char *name)
{
  for (guint i = 0; i < nics->n_nics; i++)
    if (g_strcmp0 (nics->chosen[i], name) == 0)
      return TRUE;
  return FALSE;
}

/* The first card that has no name yet. */
static void
choose_free (Nics *nics, const char *name)
{
  guint i = 0;

  while (i < nics->n_nics && nics->chosen[i] != NULL)
    i++;
  if (i < nics->n_nics)
    nics->chosen[i] = name;
}

/* By address where that is known, else in their order. */
static void
choose (DomuimgConvertEdit *self, Nics *nics)
{
  static const int in_order[] = { -1, -2 };

  nics->n_nics = self->want->nics->len;
  nics->chosen = g_new0 (const char *, nics->n_nics);
  g_ptr_array_sort (nics->names, compare_names);
  for (guint i = 0; i < nics->names->len; i++)
    {
      const char *name = g_ptr_array_index (nics->names, i);
      int index = find_nic_of_name (self, nics, name);

      if (index >= 0 && nics->chosen[index] == NULL)
        nics->chosen[index] = name;
    }
  for (guint pass = 0; pass < G_N_ELEMENTS (in_order); pass++)
    for (guint i = 0; i < nics->names->len; i++)
      {
        const char *name = g_ptr_array_index (nics->names, i);

        if (!is_chosen (nics, name) && find_nic_of_name (self, nics, name) == in_order[pass])
          choose_free (nics, name);
      }
}

/* The address that a file has for the interface @name is of the card that gets the name. */
static int
find_nic_of_card (const Nics *nics, const char *mac)
{
  for (guint i = 0; i < nics->cards->len; i++)
    {
      const DomuimgCard *card = g_ptr_array_index (nics->cards, i);

      for (guint j = 0; g_ascii_strcasecmp (card->mac, mac) == 0 && j < nics->n_nics; j++)
        if (g_strcmp0 (nics->chosen[j], card->name) == 0)
          return (int) j;
    }
  return -1;
}

typedef struct {
  DomuimgConvertEdit *edit;
  const Nics *nics;
} Replacement;

static gboolean
replace_mac (const GMatchInfo *match, GString *result, gpointer data)
{
  Replacement *self = data;
  GPtrArray *wanted = self->edit->want->nics;
  g_autofree char *written = g_match_info_fetch (match, 0);
  g_autofree char *mac = g_strdelimit (g_strdup (written), "-", ':');
  int index = find_nic (self->edit, mac);

  if (index < 0)
    index = find_nic_of_card (self->nics, mac);
  /* Where nothing told the address of the only card, the only address in a file is it. */
  if (index < 0 && wanted->len == 1 && get_nic (self->edit, 0)->old_mac == NULL)
    index = 0;
  g_string_append (result, index < 0 ? written : get_nic (self->edit, (guint) index)->mac);
  return FALSE;
}

static gboolean
convert_macs (DomuimgConvertEdit *self, const Nics *nics, GError **error)
{
  g_autoptr (GRegex) regex
      = g_regex_new ("\\b[0-9A-Fa-f]{2}([:-])[0-9A-Fa-f]{2}(\\1[0-9A-Fa-f]{2}){4}\\b", G_REGEX_RAW, 0, NULL);
  Replacement replacement = { self, nics };

  for (guint i = 0; i < nics->files->len; i++)
    {
      const File *file = g_ptr_array_index (nics->files, i);
      g_autofree char *edited
          = g_regex_replace_eval (regex, file->text, -1, 0, 0, replace_mac, &replacement, NULL);

      if (edited != NULL && g_ascii_strcasecmp (edited, file->text) != 0
          && !domuimg_edit_write (self->edit, file->path, edited, 0644, error))
        return FALSE;
    }
  return TRUE;
}

/* One that is a symlink to nothing keeps the generator of such rules from running. */
static gboolean
remove_file (DomuimgConvertEdit *self, const char *path, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (self->root, path, NULL);

  return entry == NULL || entry->type != DOMUIMG_ENTRY_FILE
         || domuimg_edit_take_away (self->edit, path, error);
}

/* What udev remembered of the old cards would give their names to nobody. */
static gboolean
remove_remembered (DomuimgConvertEdit *self, GError **error)
{
  static const char *const files[] = {
    "/etc/udev/rules.d/70-persistent-net.rules",
    "/etc/udev/rules.d/75-persistent-net-generator.rules",
    "/etc/udev/rules.d/z25_persistent-net.rules",
    "/etc/udev/rules.d/30-net_persistent_names.rules",
  };
  g_autoptr (GPtrArray) links = g_ptr_array_new_with_free_func (file_free);

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    if (!remove_file (self, files[i], error))
      return FALSE;
  read_directory (self, "/etc/systemd/network", "", ".link", links);
  for (guint i = 0; i < links->len; i++)
    {
      const File *link = g_ptr_array_index (links, i);

      if (g_regex_match_simple ("^(Permanent)?MACAddress\\s*=", link->plain, G_REGEX_MULTILINE, 0)
          && !remove_file (self, link->path, error))
        return FALSE;
    }
  return TRUE;
}

/* Names like "en*", which no card of Xen's has with an older systemd. */
static char *
find_glob (const Nics *nics)
{
  for (guint i = 0; i < nics->files->len; i++)
    {
      const File *file = g_ptr_array_index (nics->files, i);
      g_autofree char *start = domuimg_cards_find_glob (file->path, file->plain);

      if (start != NULL && !g_str_has_prefix ("eth", start))
        return g_steal_pointer (&start);
    }
  return NULL;
}

static char *
make_rules (DomuimgConvertEdit *self, const Nics *nics)
{
  g_autofree char *glob = find_glob (nics);
  g_autoptr (GString) rules = g_string_new (NULL);

  for (guint i = 0; i < nics->n_nics; i++)
    {
      g_autofree char *other = glob != NULL ? g_strdup_printf ("%sX%u", glob, i) : NULL;
      const char *name = nics->chosen[i] != NULL ? nics->chosen[i] : other;

      /* What is made of a card, such as a VLAN, has its address, and no driver. */
      if (name != NULL)
        g_string_append_printf (rules,
                                "SUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"?*\","
                                " ATTR{address}==\"%s\", NAME=\"%s\"\n",
                                get_nic (self, i)->mac, name);
    }
  if (rules->len == 0)
    return NULL;
  g_string_prepend (rules,
                    "# Written by domuimg: the interfaces that this machine's files name.\n");
  return g_string_free (g_steal_pointer (&rules), FALSE);
}

/* The kernel counts cards as eth0, eth1, ..., and systemd's udev cannot give one the name that
 * another has at that moment. */
static void
warn_of_exchange (DomuimgConvertEdit *self, const Nics *nics)
{
  if (self->info->init != DOMUIMG_INIT_SYSTEMD)
    return;
  for (guint i = 0; i < nics->n_nics; i++)
    for (guint j = 0; j < nics->n_nics; j++)
      {
        g_autofree char *kernel = g_strdup_printf ("eth%u", j);

        if (i != j && g_strcmp0 (nics->chosen[i], kernel) == 0)
          domuimg_edit_warn (self->edit,
                             "%s is network card %u here, which is eth%u to the kernel:"
                             " udev may leave it that name; give the NICs in the order"
                             " eth0, eth1, ... if so",
                             kernel, i + 1, i);
      }
}

static gboolean
write_rules (DomuimgConvertEdit *self, const Nics *nics, GError **error)
{
  g_autofree char *rules = make_rules (self, nics);

  warn_of_exchange (self, nics);
  for (guint i = 0; i < nics->names->len; i++)
    {
      const char *name = g_ptr_array_index (nics->names, i);

      if (!is_chosen (nics, name))
        domuimg_edit_warn (self->edit,
                           "the interface %s is configured, and this guest has no such"
                           " network card",
                           name);
    }
  return rules == NULL
         || (domuimg_tree_mkdir_p (self->root, "/etc/udev/rules.d", 0755, error)
             && domuimg_edit_write (self->edit, RULES, rules, 0644, error));
}

gboolean
domuimg_convert_step_nics (DomuimgConvertEdit *self, GError **error)
{
  g_auto (Nics) nics = { NULL };

  if (self->want->nics->len == 0)
    return TRUE;
  collect (self, &nics);
  choose (self, &nics);
  return remove_remembered (self, error) && convert_macs (self, &nics, error)
         && write_rules (self, &nics, error);
}
