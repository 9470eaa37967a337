/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The source for an installer that runs here, in QEMU, until its disk can be converted. */
#include "config.h"
#include "lib/source/install-here.h"

#include "lib/domain/model/identity.h"
#include "lib/source/rpm.h"

#define DOMUIMG_TYPE_SOURCE_HERE (domuimg_source_here_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgSourceHere, domuimg_source_here, DOMUIMG, SOURCE_HERE, GObject)

struct _DomuimgSourceHere {
  GObject parent_instance;

  DomuimgInstallHere installer;
};

static void domuimg_source_here_source_init (DomuimgSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgSourceHere, domuimg_source_here, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_SOURCE,
                                                      domuimg_source_here_source_init))

static void
domuimg_source_here_finalize (GObject *object)
{
  domuimg_install_here_clear (&DOMUIMG_SOURCE_HERE (object)->installer);
  G_OBJECT_CLASS (domuimg_source_here_parent_class)->finalize (object);
}

static void
domuimg_source_here_class_init (DomuimgSourceHereClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_source_here_finalize;
}

static void
domuimg_source_here_init (DomuimgSourceHere *self)
{
}

const DomuimgSourceProgram domuimg_install_here_programs[] = {
  { "qemu-system-x86_64", FALSE, NULL },
  { "qemu-img", FALSE, NULL },
  { "qemu-storage-daemon", FALSE, NULL },
  { "fusermount3", TRUE, "without root" },
  { NULL },
};

DomuimgInstallHere *
domuimg_install_here_source_get (DomuimgSource *source)
{
  return &DOMUIMG_SOURCE_HERE (source)->installer;
}

DomuimgSource *
domuimg_install_here_source_new (DomuimgSpec *spec)
{
  DomuimgSource *source = g_object_new (DOMUIMG_TYPE_SOURCE_HERE, NULL);
  DomuimgInstallHere *self = domuimg_install_here_source_get (source);

  self->spec = domuimg_spec_copy (spec);
  self->arch = domuimg_rpm_arch (domuimg_spec_get (spec, "arch"));
  self->mac = domuimg_mac_new_random ();
  self->is_interactive = domuimg_spec_get_flag (spec, "interactive");
  self->display = domuimg_spec_get_number (spec, "display", DOMUIMG_QEMU_DISPLAY_NONE);
  return source;
}

static const char *
here_get_url (DomuimgSource *source)
{
  return domuimg_install_here_source_get (source)->url;
}

static gboolean
here_fetch (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgProgress *progress,
            GCancellable *cancellable, GError **error)
{
  DomuimgInstallHere *self = domuimg_install_here_source_get (source);

  return self->fetch (self, context, progress, cancellable, error);
}

static gboolean
here_check (DomuimgSource *source, GError **error)
{
  return domuimg_install_here_plan (domuimg_install_here_source_get (source), error);
}

static char *
here_describe (DomuimgSource *source)
{
  DomuimgInstallHere *self = domuimg_install_here_source_get (source);
  const char *location = domuimg_install_here_get_location (self);

  if (self->tree == NULL)
    return g_strdup_printf ("install what %s installs", location);
  return g_strdup_printf ("install %s from %s", self->tree->name, location);
}

static void
here_describe_how (DomuimgSource *source, GPtrArray *lines)
{
  domuimg_install_here_describe_how (domuimg_install_here_source_get (source), lines);
}

static DomuimgImport *
here_get_import (DomuimgSource *source)
{
  return domuimg_install_here_source_get (source)->import;
}

static gboolean
here_prepare (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgProgress *progress,
              GCancellable *cancellable, GError **error)
{
  return domuimg_install_here_run (domuimg_install_here_source_get (source), context, progress,
                                   cancellable, error);
}

static void
here_keep (DomuimgSource *source, const char *prefix, GString *list)
{
  domuimg_install_here_keep (domuimg_install_here_source_get (source), prefix, list);
}

static void
domuimg_source_here_source_init (DomuimgSourceInterface *iface)
{
  iface->describe = here_describe;
  iface->describe_how = here_describe_how;
  iface->get_url = here_get_url;
  iface->fetch = here_fetch;
  iface->check = here_check;
  iface->prepare = here_prepare;
  iface->get_import = here_get_import;
  iface->keep = here_keep;
}
