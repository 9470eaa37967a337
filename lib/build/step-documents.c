/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes beside the guest what its source says of its files. */
#include "config.h"
#include "lib/build/state.h"

#include "lib/base/copy-file.h"

static gboolean
write_document (DomuimgBuildState *self, DomuimgDocument document, GCancellable *cancellable,
                GError **error)
{
  const DomuimgDocumentAbout about = { self->plan->name, self->plan->uuid, self->tree };
  g_autofree char *text = domuimg_source_write_document (self->plan->source, document, &about,
                                                         cancellable, error);

  return text != NULL
         && domuimg_write_text (self->documents[document], self->plan->document_paths[document],
                                text, error);
}

gboolean
domuimg_build_step_documents (DomuimgBuildState *self, DomuimgProgress *progress,
                              GCancellable *cancellable, GError **error)
{
  for (guint i = 0; i < DOMUIMG_DOCUMENT_N; i++)
    if (self->documents[i] != NULL && !write_document (self, i, cancellable, error))
      return FALSE;
  return TRUE;
}
