/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/source/source.h"

G_DEFINE_INTERFACE (DomuimgSource, domuimg_source, G_TYPE_OBJECT)

static void
domuimg_source_default_init (DomuimgSourceInterface *iface)
{
}

char *
domuimg_source_describe (DomuimgSource *self)
{
  return DOMUIMG_SOURCE_GET_IFACE (self)->describe (self);
}

gboolean
domuimg_source_check (DomuimgSource *self, GError **error)
{
  return DOMUIMG_SOURCE_GET_IFACE (self)->check (self, error);
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
  return DOMUIMG_SOURCE_GET_IFACE (self)->close (self, error);
}

void
domuimg_source_explain (DomuimgSource *self, GError **error)
{
  if (error != NULL && DOMUIMG_SOURCE_GET_IFACE (self)->explain != NULL)
    DOMUIMG_SOURCE_GET_IFACE (self)->explain (self, error);
}
