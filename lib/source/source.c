/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interface of all sources, and which of them a specification asks for. */
#include "config.h"
#include "lib/source/source.h"

#include "lib/spec/spec-keys.h"

G_DEFINE_INTERFACE (DomuimgSource, domuimg_source, G_TYPE_OBJECT)

static void
domuimg_source_default_init (DomuimgSourceInterface *iface)
{
}

/* A key that does nothing for this source was meant for another one. */
static gboolean
check_keys (DomuimgSpec *spec, GError **error)
{
  const DomuimgSourceSpec *from = domuimg_spec_get_object (spec, "from");
  const DomuimgSourceType *type = domuimg_source_type_of (spec);
  const char *const *keys = domuimg_spec_list_keys ();

  for (guint i = 0; keys[i] != NULL; i++)
    {
      g_autofree char *owners = NULL;

      if (domuimg_spec_get (spec, keys[i]) == NULL || domuimg_source_type_owns_key (type, keys[i]))
        continue;
      if (domuimg_source_type_may_own_key (from->type, keys[i]))
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                             "--%s goes with --installer qemu, where --from is %s:%s", keys[i],
                             from->type->scheme, from->type->placeholder);
      owners = domuimg_source_type_list (keys[i]);
      if (*owners != '\0')
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "--%s goes with --from %s only",
                             keys[i], owners);
    }
  return TRUE;
}

DomuimgSource *
domuimg_source_new (DomuimgSpec *spec, GError **error)
{
  const DomuimgSourceSpec *from = domuimg_spec_get_object (spec, "from");
  const DomuimgSourceType *type;

  g_return_val_if_fail (from != NULL, NULL);
  if (!check_keys (spec, error))
    return NULL;
  type = domuimg_source_type_of (spec);
  return type->create (type, spec, from->rest, error);
}

char *
domuimg_source_describe (DomuimgSource *self)
{
  return DOMUIMG_SOURCE_GET_IFACE (self)->describe (self);
}

void
domuimg_source_describe_how (DomuimgSource *self, GPtrArray *lines)
{
  if (DOMUIMG_SOURCE_GET_IFACE (self)->describe_how != NULL)
    DOMUIMG_SOURCE_GET_IFACE (self)->describe_how (self, lines);
}

gboolean
domuimg_source_check (DomuimgSource *self, GError **error)
{
  return DOMUIMG_SOURCE_GET_IFACE (self)->check (self, error);
}

const char *
domuimg_source_get_url (DomuimgSource *self)
{
  DomuimgSourceInterface *iface = DOMUIMG_SOURCE_GET_IFACE (self);

  return iface->get_url != NULL ? iface->get_url (self) : NULL;
}

gboolean
domuimg_source_fetch (DomuimgSource *self, const DomuimgSourceContext *context,
                      DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  DomuimgSourceInterface *iface = DOMUIMG_SOURCE_GET_IFACE (self);

  return iface->fetch == NULL || iface->fetch (self, context, progress, cancellable, error);
}

gboolean
domuimg_source_prepare (DomuimgSource *self, const DomuimgSourceContext *context,
                        DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  DomuimgSourceInterface *iface = DOMUIMG_SOURCE_GET_IFACE (self);

  return iface->prepare == NULL || iface->prepare (self, context, progress, cancellable, error);
}

void
domuimg_source_keep (DomuimgSource *self, const char *prefix, GString *list)
{
  if (DOMUIMG_SOURCE_GET_IFACE (self)->keep != NULL)
    DOMUIMG_SOURCE_GET_IFACE (self)->keep (self, prefix, list);
}

DomuimgImport *
domuimg_source_get_import (DomuimgSource *self)
{
  DomuimgSourceInterface *iface = DOMUIMG_SOURCE_GET_IFACE (self);

  return iface->get_import != NULL ? iface->get_import (self) : NULL;
}

const DomuimgApplication *
domuimg_source_get_application (DomuimgSource *self)
{
  DomuimgSourceInterface *iface = DOMUIMG_SOURCE_GET_IFACE (self);

  return iface->get_application != NULL ? iface->get_application (self) : NULL;
}

guint
domuimg_source_get_documents (DomuimgSource *self)
{
  DomuimgSourceInterface *iface = DOMUIMG_SOURCE_GET_IFACE (self);

  return iface->get_documents != NULL ? iface->get_documents (self) : 0;
}

char *
domuimg_source_write_document (DomuimgSource *self, DomuimgDocument document,
                               const DomuimgDocumentAbout *about, GCancellable *cancellable,
                               GError **error)
{
  return DOMUIMG_SOURCE_GET_IFACE (self)->write_document (self, document, about, cancellable, error);
}

const DomuimgInstaller *
domuimg_source_get_installer (DomuimgSource *self)
{
  DomuimgSourceInterface *iface = DOMUIMG_SOURCE_GET_IFACE (self);

  return iface->get_installer != NULL ? iface->get_installer (self) : NULL;
}

gboolean
domuimg_source_measure (DomuimgSource *self, const DomuimgSourceContext *context,
                        DomuimgUsage *usage, gboolean *known, GCancellable *cancellable,
                        GError **error)
{
  return DOMUIMG_SOURCE_GET_IFACE (self)->measure (self, context, usage, known, cancellable,
                                                   error);
}

DomuimgStream *
domuimg_source_open (DomuimgSource *self, const DomuimgSourceContext *context,
                     DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  return DOMUIMG_SOURCE_GET_IFACE (self)->open (self, context, progress, cancellable, error);
}

gboolean
domuimg_source_close (DomuimgSource *self, GError **error)
{
  DomuimgSourceInterface *iface = DOMUIMG_SOURCE_GET_IFACE (self);

  return iface->close == NULL || iface->close (self, error);
}

void
domuimg_source_tell (DomuimgSource *self, GPtrArray *warnings)
{
  DomuimgSourceInterface *iface = DOMUIMG_SOURCE_GET_IFACE (self);

  if (iface->tell != NULL)
    iface->tell (self, warnings);
}

void
domuimg_source_explain (DomuimgSource *self, GError **error)
{
  if (error != NULL && DOMUIMG_SOURCE_GET_IFACE (self)->explain != NULL)
    DOMUIMG_SOURCE_GET_IFACE (self)->explain (self, error);
}
