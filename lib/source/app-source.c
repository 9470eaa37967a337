/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --from app:PROGRAM, one application of a root: its files, worked out without running it. */
#include "config.h"
#include "lib/source/source.h"

#include <elf.h>
#include <string.h>

#include "lib/app/bill.h"
#include "lib/app/reasons.h"
#include "lib/app/stream.h"
#include "lib/app/trace.h"
#include "lib/elf/note.h"
#include "lib/source/app-root.h"

#define SHELL "/bin/sh"

#define DOMUIMG_TYPE_SOURCE_APP (domuimg_source_app_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgSourceApp, domuimg_source_app, DOMUIMG, SOURCE_APP, GObject)

struct _DomuimgSourceApp {
  GObject parent_instance;

  DomuimgSpec *spec;
  char *program;
  DomuimgAppRoot *root; /* (nullable) before it is prepared, as are those below */
  DomuimgClosure *closure;
  DomuimgApplication *application;
  DomuimgBill *bill; /* (nullable) made for the first document that has it */
};

static void domuimg_source_app_source_init (DomuimgSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgSourceApp, domuimg_source_app, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_SOURCE,
                                                      domuimg_source_app_source_init))

static void
domuimg_source_app_finalize (GObject *object)
{
  DomuimgSourceApp *self = DOMUIMG_SOURCE_APP (object);

  g_clear_pointer (&self->bill, domuimg_bill_free);
  g_clear_pointer (&self->application, domuimg_application_free);
  g_clear_pointer (&self->closure, domuimg_closure_free);
  g_clear_pointer (&self->root, domuimg_app_root_free);
  g_clear_object (&self->spec);
  g_free (self->program);
  G_OBJECT_CLASS (domuimg_source_app_parent_class)->finalize (object);
}

static void
domuimg_source_app_class_init (DomuimgSourceAppClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_source_app_finalize;
}

static void
domuimg_source_app_init (DomuimgSourceApp *self)
{
}

static DomuimgSource *
create (const DomuimgSourceType *type, DomuimgSpec *spec, const char *rest, GError **error)
{
  DomuimgSourceApp *self = g_object_new (DOMUIMG_TYPE_SOURCE_APP, NULL);

  self->spec = g_object_ref (spec);
  self->program = g_strdup (rest);
  return DOMUIMG_SOURCE (self);
}

static const char *const keys[]
    = { "app",  "add",  "from-root", "trace-file", "allow-missing", "cmd", "env",
        "env-file", "user", "restart", "debug-shell", "sbom", NULL };

const DomuimgSourceType domuimg_source_type_app = {
  .scheme = "app",
  .placeholder = "PROGRAM",
  .help = "one application of this machine, or of another root, with what it needs and nothing else",
  .keys = keys,
  .traits = DOMUIMG_SOURCE_COPIES_A_SYSTEM,
  .create = create,
};

static const char *
get_root (DomuimgSourceApp *self)
{
  const char *root = domuimg_spec_get (self->spec, "from-root");

  return root != NULL ? root : "/";
}

static char *
app_describe (DomuimgSource *source)
{
  DomuimgSourceApp *self = DOMUIMG_SOURCE_APP (source);

  return g_strdup_printf ("copy %s and what it needs from %s", self->program, get_root (self));
}

static gboolean
app_check (DomuimgSource *source, GError **error)
{
  DomuimgSourceApp *self = DOMUIMG_SOURCE_APP (source);

  if (*self->program != '/')
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "%s:%s: name the program by its absolute path, as %s:/usr/sbin/nginx",
                         domuimg_source_type_app.scheme, self->program,
                         domuimg_source_type_app.scheme);
  return TRUE;
}

static gboolean
add_trace (DomuimgSourceApp *self, const char *file, GError **error)
{
  g_autoptr (GPtrArray) paths = NULL;
  g_autofree char *text = domuimg_trace_read_file (file, error);

  if (text == NULL)
    return FALSE;
  paths = domuimg_trace_parse (text, error);
  if (paths == NULL)
    {
      g_prefix_error (error, "%s: ", file);
      return FALSE;
    }
  for (guint i = 0; i < paths->len; i++)
    if (!domuimg_trace_is_fleeting (g_ptr_array_index (paths, i)))
      domuimg_closure_add_traced (self->closure, g_ptr_array_index (paths, i));
  return TRUE;
}

static void
add_all (DomuimgSourceApp *self, const char *key,
         void (*add) (DomuimgClosure *closure, const char *value))
{
  g_auto (GStrv) values = domuimg_spec_get_all (self->spec, key);

  for (guint i = 0; values[i] != NULL; i++)
    add (self->closure, values[i]);
}

static gboolean
fill_closure (DomuimgSourceApp *self, GError **error)
{
  g_auto (GStrv) traces = domuimg_spec_get_all (self->spec, "trace-file");

  domuimg_closure_add_program (self->closure, self->program);
  add_all (self, "app", domuimg_closure_add_program);
  add_all (self, "add", domuimg_closure_add_pattern);
  add_all (self, "user", domuimg_closure_add_user);
  add_all (self, "env", domuimg_closure_add_env);
  if (domuimg_spec_get_flag (self->spec, "debug-shell"))
    domuimg_closure_add_program (self->closure, SHELL);
  if (domuimg_spec_get_flag (self->spec, "allow-missing"))
    domuimg_closure_allow_missing (self->closure);
  for (guint i = 0; traces[i] != NULL; i++)
    if (!add_trace (self, traces[i], error))
      return FALSE;
  return TRUE;
}

/* Xen on this machine runs no other programs. */
static gboolean
check_machine (DomuimgSourceApp *self, GError **error)
{
  guint16 machine = domuimg_closure_get_machine (self->closure);
  g_autofree char *name = NULL;

  if (machine == 0 || machine == EM_X86_64 || machine == EM_386)
    return TRUE;
  name = domuimg_elf_describe_machine (machine);
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s is for %s: a guest that is one application is for x86_64", self->program,
                       name);
}

static void
set_command (DomuimgSourceApp *self)
{
  const DomuimgAppDefaults *defaults = domuimg_closure_get_defaults (self->closure);
  char *const *cmd = domuimg_spec_get_object (self->spec, "cmd");
  char *const *words = cmd != NULL ? cmd : defaults->argv;

  if (words == NULL)
    g_ptr_array_add (self->application->argv, g_strdup (self->program));
  for (guint i = 0; words != NULL && words[i] != NULL; i++)
    g_ptr_array_add (self->application->argv, g_strdup (words[i]));
}

static gboolean
set_environment (DomuimgSourceApp *self, GError **error)
{
  const DomuimgAppDefaults *defaults = domuimg_closure_get_defaults (self->closure);

  for (guint i = 0; defaults->env != NULL && defaults->env[i] != NULL; i++)
    if (!domuimg_application_set_env (self->application, defaults->env[i], error))
      return FALSE;
  return domuimg_application_take_settings (self->application, self->spec, error);
}

static gboolean
make_application (DomuimgSourceApp *self, GError **error)
{
  const DomuimgAppDefaults *defaults = domuimg_closure_get_defaults (self->closure);
  const char *user = domuimg_spec_get (self->spec, "user");
  DomuimgApplication *application = domuimg_application_new ();

  self->application = application;
  application->user = g_strdup (user != NULL ? user : defaults->user);
  for (guint i = 0; defaults->ports != NULL && defaults->ports[i] != NULL; i++)
    g_ptr_array_add (application->ports, g_strdup (defaults->ports[i]));
  set_command (self);
  return set_environment (self, error);
}

static gboolean
app_prepare (DomuimgSource *source, const DomuimgSourceContext *context,
             DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  DomuimgSourceApp *self = DOMUIMG_SOURCE_APP (source);

  domuimg_progress_set_message (progress, "Working out what %s needs", self->program);
  self->root = domuimg_app_root_open (get_root (self), cancellable, error);
  if (self->root == NULL)
    return FALSE;
  self->closure = domuimg_closure_new (domuimg_app_root_get_tree (self->root));
  return fill_closure (self, error) && domuimg_closure_run (self->closure, cancellable, error)
         && check_machine (self, error) && make_application (self, error);
}

static const DomuimgApplication *
app_get_application (DomuimgSource *source)
{
  return DOMUIMG_SOURCE_APP (source)->application;
}

/* By the words of --sbom. */
static guint
app_get_documents (DomuimgSource *source)
{
  static const guint bills[]
      = { 1 << DOMUIMG_DOCUMENT_SPDX | 1 << DOMUIMG_DOCUMENT_CYCLONEDX, 1 << DOMUIMG_DOCUMENT_SPDX,
          1 << DOMUIMG_DOCUMENT_CYCLONEDX, 0 };
  DomuimgSourceApp *self = DOMUIMG_SOURCE_APP (source);

  return 1 << DOMUIMG_DOCUMENT_REASONS | bills[domuimg_spec_get_number (self->spec, "sbom", 0)];
}

static char *
app_write_document (DomuimgSource *source, DomuimgDocument document,
                    const DomuimgDocumentAbout *about, GCancellable *cancellable, GError **error)
{
  DomuimgSourceApp *self = DOMUIMG_SOURCE_APP (source);

  if (document == DOMUIMG_DOCUMENT_REASONS)
    return domuimg_reasons_write (self->closure);
  if (self->bill == NULL)
    self->bill = domuimg_bill_new (self->closure, about->tree, about->name, about->uuid,
                                   cancellable, error);
  if (self->bill == NULL)
    return NULL;
  return document == DOMUIMG_DOCUMENT_SPDX ? domuimg_bill_to_spdx (self->bill)
                                           : domuimg_bill_to_cyclonedx (self->bill);
}

static gboolean
app_measure (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgUsage *usage,
             gboolean *known, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgStream) stream
      = domuimg_app_stream_new (DOMUIMG_SOURCE_APP (source)->closure, error);

  *known = TRUE;
  return stream != NULL && domuimg_usage_scan (usage, stream, cancellable, error);
}

static DomuimgStream *
app_open (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgProgress *progress,
          GCancellable *cancellable, GError **error)
{
  DomuimgSourceApp *self = DOMUIMG_SOURCE_APP (source);

  domuimg_progress_set_message (progress, "Copying %s and what it needs", self->program);
  return domuimg_app_stream_new (self->closure, error);
}

static void
app_tell (DomuimgSource *source, GPtrArray *warnings)
{
  const GPtrArray *own = domuimg_closure_get_warnings (DOMUIMG_SOURCE_APP (source)->closure);

  for (guint i = 0; i < own->len; i++)
    g_ptr_array_add (warnings, g_strdup (g_ptr_array_index (own, i)));
}

static void
domuimg_source_app_source_init (DomuimgSourceInterface *iface)
{
  iface->describe = app_describe;
  iface->check = app_check;
  iface->prepare = app_prepare;
  iface->get_application = app_get_application;
  iface->get_documents = app_get_documents;
  iface->write_document = app_write_document;
  iface->measure = app_measure;
  iface->open = app_open;
  iface->tell = app_tell;
}
