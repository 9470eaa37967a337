/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers requests in User-mode Linux. */
#include "config.h"
#include "lib/fs/uml/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/fd.h"

/* Memory that the host sees, too: "iomem=" of User-mode Linux. */
#define MAILBOX "/dev/mmapper"
#define LINE "/dev/ttyS0"

gboolean
domuimg_uml_agent_next (DomuimgUmlAgent *self, DomuimgUmlRequest *request)
{
  g_autoptr (GBytes) message = NULL;
  char byte;
  gssize got;

  do
    got = read (self->line, &byte, 1);
  while (got < 0 && errno == EINTR);
  if (got != 1 || byte != DOMUIMG_UML_ASKED)
    return FALSE;
  message = domuimg_uml_mailbox_take (self->mailbox + DOMUIMG_UML_REQUEST_AT);
  return message != NULL && domuimg_uml_request_read (message, request);
}

static gboolean
say (DomuimgUmlAgent *self, char what)
{
  return domuimg_write_all (self->line, &what, 1);
}

void
domuimg_uml_agent_answer (DomuimgUmlAgent *self, GVariant *payload, const GError *failure)
{
  g_autoptr (GBytes) message = domuimg_uml_answer_write (payload, failure);
  g_autoptr (GBytes) other = NULL;

  if (!domuimg_uml_mailbox_put (self->mailbox + DOMUIMG_UML_ANSWER_AT, message))
    {
      g_autoptr (GError) error = NULL;

      domuimg_fail (&error, DOMUIMG_ERROR_NOT_SUPPORTED, "the answer is too long");
      other = domuimg_uml_answer_write (NULL, error);
      domuimg_uml_mailbox_put (self->mailbox + DOMUIMG_UML_ANSWER_AT, other);
    }
  say (self, DOMUIMG_UML_ANSWERED);
}

static DomuimgUmlMounted *
find_mount (DomuimgUmlAgent *self, guint32 id, GError **error)
{
  DomuimgUmlMounted *mount
      = id < self->mounts->len ? g_ptr_array_index (self->mounts, id) : NULL;

  if (mount != NULL && mount->at != NULL)
    return mount;
  domuimg_fail (error, DOMUIMG_ERROR_FAILED, "nothing is mounted as number %u", id);
  return NULL;
}

static GVariant *
stat_file (DomuimgUmlMounted *mount, const char *path, GError **error)
{
  g_autoptr (DomuimgEntry) entry
      = DOMUIMG_TREE_GET_IFACE (mount->tree)->stat (mount->tree, path, error);

  return entry != NULL ? domuimg_uml_entry_write (entry, "") : NULL;
}

/* What cannot be told of some is asked again when it is wanted, so errors do not matter here. */
static GVariant *
list_directory (DomuimgUmlMounted *mount, const char *path, GError **error)
{
  DomuimgTreeInterface *iface = DOMUIMG_TREE_GET_IFACE (mount->tree);
  g_auto (GStrv) names = iface->list (mount->tree, path, error);
  GVariantBuilder all, entries;

  if (names == NULL)
    return NULL;
  g_variant_builder_init (&all, G_VARIANT_TYPE ("aay"));
  g_variant_builder_init (&entries, G_VARIANT_TYPE ("a" DOMUIMG_UML_ENTRY));
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *child = *path != '\0' ? g_strconcat (path, "/", names[i], NULL)
                                             : g_strdup (names[i]);
      g_autoptr (DomuimgEntry) entry = NULL;

      g_variant_builder_add_value (&all, domuimg_uml_text (names[i]));
      if (i < DOMUIMG_UML_ENTRIES_MAX)
        entry = iface->stat (mount->tree, child, NULL);
      if (entry != NULL)
        g_variant_builder_add_value (&entries, domuimg_uml_entry_write (entry, names[i]));
    }
  return g_variant_new ("(@aay@a" DOMUIMG_UML_ENTRY ")", g_variant_builder_end (&all),
                        g_variant_builder_end (&entries));
}

static GVariant *
read_file (DomuimgUmlAgent *self, DomuimgUmlMounted *mount, const DomuimgUmlRequest *request,
           GError **error)
{
  gssize got = DOMUIMG_TREE_GET_IFACE (mount->tree)
                   ->read_at (mount->tree, request->path, request->offset,
                              self->mailbox + DOMUIMG_UML_DATA_AT,
                              MIN (request->length, DOMUIMG_UML_DATA), error);

  return got >= 0 ? g_variant_new_uint64 ((guint64) got) : NULL;
}

typedef struct {
  DomuimgUmlAgent *agent;
  guint64 length;
} Pieces;

static gboolean
fill_once (Pieces *self, int fd, GError **error)
{
  return domuimg_write_all (fd, self->agent->mailbox + DOMUIMG_UML_DATA_AT,
                            MIN (self->length, DOMUIMG_UML_DATA))
         || domuimg_set_errno (error, errno, "writing it");
}

/* In the middle of the request to put a file, each answer asks for the next piece of it. */
static gboolean
fill_in_pieces (Pieces *self, int fd, GError **error)
{
  for (;;)
    {
      g_auto (DomuimgUmlRequest) request = { 0 };

      domuimg_uml_agent_answer (self->agent, NULL, NULL);
      if (!domuimg_uml_agent_next (self->agent, &request) || request.verb != DOMUIMG_UML_PIECE
          || request.length > DOMUIMG_UML_DATA)
        return domuimg_fail (error, DOMUIMG_ERROR_FAILED, "it was given up");
      if (request.length == 0)
        return TRUE;
      self->length = request.length;
      if (!fill_once (self, fd, error))
        return FALSE;
    }
}

static gboolean
fill (int fd, const DomuimgEntry *entry, gpointer source, GCancellable *cancellable,
      GError **error)
{
  Pieces *self = source;
  gboolean ok = self->length == G_MAXUINT64 ? fill_in_pieces (self, fd, error)
                                            : fill_once (self, fd, error);

  if (!ok)
    g_prefix_error (error, "/%s: ", entry->path);
  return ok;
}

static DomuimgEntry *
take_entry (const DomuimgUmlRequest *request, GError **error)
{
  DomuimgEntry *entry = NULL;

  if (g_variant_is_of_type (request->extra, G_VARIANT_TYPE (DOMUIMG_UML_ENTRY)))
    entry = domuimg_uml_entry_read (request->extra, request->path);
  if (entry == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_FAILED, "the request has no entry");
  return entry;
}

static gboolean
put (DomuimgUmlAgent *self, DomuimgUmlMounted *mount, const DomuimgUmlRequest *request,
     GError **error)
{
  g_autoptr (DomuimgEntry) entry = take_entry (request, error);
  Pieces pieces = { self, request->length };

  if (entry == NULL)
    return FALSE;
  if (entry->type == DOMUIMG_ENTRY_DIRECTORY)
    return DOMUIMG_TREE_GET_IFACE (mount->tree)->put (mount->tree, entry, NULL, error);
  return domuimg_tree_dir_put_filled (DOMUIMG_TREE_DIR (mount->tree), entry, fill, &pieces, NULL,
                                      error);
}

static gboolean
set_attributes (DomuimgUmlMounted *mount, const DomuimgUmlRequest *request, GError **error)
{
  g_autoptr (DomuimgEntry) entry = take_entry (request, error);

  return entry != NULL
         && DOMUIMG_TREE_GET_IFACE (mount->tree)->set_attributes (mount->tree, entry, error);
}

static gboolean
sync_mount (DomuimgUmlMounted *mount, GError **error)
{
  g_auto (DomuimgFd) fd = open (mount->at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (!domuimg_uml_agent_end_fill (mount, error))
    return FALSE;
  return (fd >= 0 && syncfs (fd) == 0) || domuimg_set_errno (error, errno, "writing it out");
}

static gboolean
fill_some (DomuimgUmlAgent *self, DomuimgUmlMounted *mount, const DomuimgUmlRequest *request,
           GError **error)
{
  if (!g_variant_is_of_type (request->extra, G_VARIANT_TYPE (DOMUIMG_UML_FILL_TYPE)))
    return domuimg_fail (error, DOMUIMG_ERROR_FAILED, "the request has no entries");
  return domuimg_uml_agent_fill (mount, request->extra, self->mailbox + DOMUIMG_UML_DATA_AT,
                                 MIN (request->length, DOMUIMG_UML_DATA), error);
}

/* What is done to a mounted filesystem, and has no answer but whether it was. */
static gboolean
change (DomuimgUmlAgent *self, DomuimgUmlMounted *mount, const DomuimgUmlRequest *request,
        GError **error)
{
  DomuimgTreeInterface *iface = DOMUIMG_TREE_GET_IFACE (mount->tree);

  switch (request->verb)
    {
    case DOMUIMG_UML_UNMOUNT:
      return domuimg_uml_agent_unmount (mount, error);
    case DOMUIMG_UML_SYNC:
      return sync_mount (mount, error);
    case DOMUIMG_UML_TRIM:
      return domuimg_uml_agent_trim (mount, error);
    case DOMUIMG_UML_GROW:
      return domuimg_uml_agent_grow (mount, request->length, error);
    case DOMUIMG_UML_PUT:
      return put (self, mount, request, error);
    case DOMUIMG_UML_SET_ATTRIBUTES:
      return set_attributes (mount, request, error);
    case DOMUIMG_UML_LINK:
      return iface->link (mount->tree, request->path, request->target, error);
    case DOMUIMG_UML_REMOVE:
      return iface->remove (mount->tree, request->path, error);
    case DOMUIMG_UML_SUBVOLUME:
      return domuimg_uml_agent_make_subvolume (mount, request->path, error);
    case DOMUIMG_UML_FILL:
      return fill_some (self, mount, request, error);
    default:
      return domuimg_fail (error, DOMUIMG_ERROR_FAILED, "the agent does not know “%c”",
                           request->verb);
    }
}

static GVariant *
do_mount (DomuimgUmlAgent *self, const DomuimgUmlRequest *request, GError **error)
{
  guint32 id;

  return domuimg_uml_agent_mount (self, request, &id, error) ? g_variant_new_uint32 (id) : NULL;
}

static GVariant *
serve (DomuimgUmlAgent *self, const DomuimgUmlRequest *request, GError **error)
{
  DomuimgUmlMounted *mount;

  if (request->verb == DOMUIMG_UML_LIST_VOLUMES)
    return domuimg_uml_agent_list_volumes (self, request->extra, error);
  if (request->verb == DOMUIMG_UML_MOUNT)
    return do_mount (self, request, error);
  mount = find_mount (self, request->mount, error);
  if (mount == NULL)
    return NULL;
  if (request->verb == DOMUIMG_UML_STAT)
    return stat_file (mount, request->path, error);
  if (request->verb == DOMUIMG_UML_LIST)
    return list_directory (mount, request->path, error);
  if (request->verb == DOMUIMG_UML_READ)
    return read_file (self, mount, request, error);
  if (request->verb == DOMUIMG_UML_PACK)
    return domuimg_uml_agent_pack (self, mount, request, error);
  return change (self, mount, request, error) ? g_variant_new_boolean (TRUE) : NULL;
}

static gboolean
open_line (DomuimgUmlAgent *self)
{
  struct termios settings;
  int mailbox = open (MAILBOX, O_RDWR | O_CLOEXEC);

  if (mailbox < 0)
    return FALSE;
  self->mailbox = mmap (NULL, DOMUIMG_UML_MAILBOX, PROT_READ | PROT_WRITE, MAP_SHARED, mailbox, 0);
  close (mailbox);
  self->line = open (LINE, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (self->mailbox == MAP_FAILED || self->line < 0 || tcgetattr (self->line, &settings) != 0)
    return FALSE;
  cfmakeraw (&settings);
  return tcsetattr (self->line, TCSANOW, &settings) == 0;
}

int
domuimg_uml_agent_run (void)
{
  g_autoptr (GPtrArray) mounts = g_ptr_array_new ();
  g_autoptr (GHashTable) devices
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  DomuimgUmlAgent self = { .line = -1, .mounts = mounts, .devices = devices };

  domuimg_uml_agent_begin ();
  if (!open_line (&self) || !say (&self, DOMUIMG_UML_READY))
    return 1;
  for (;;)
    {
      g_auto (DomuimgUmlRequest) request = { 0 };
      g_autoptr (GError) error = NULL;
      GVariant *payload;

      if (!domuimg_uml_agent_next (&self, &request))
        return 0;
      payload = serve (&self, &request, &error);
      domuimg_uml_agent_answer (&self, payload, error);
    }
}
