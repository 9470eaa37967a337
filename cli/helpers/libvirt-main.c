/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* domuimg-libvirt: the same verbs as domuimg-libxl, by libvirt and its Xen driver, and those of its
 * storage pools. */
#include "config.h"
#include "cli/helpers/libvirt-host.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/helpers/say.h"

#define POLL_USEC 500000

static void
on_error (void *data, virErrorPtr error)
{
}

static const char *
state_of (virDomainPtr domain)
{
  int state = 0, reason = 0;

  if (virDomainGetState (domain, &state, &reason, 0) != 0)
    return "off";
  switch (state)
    {
    case VIR_DOMAIN_RUNNING:
    case VIR_DOMAIN_BLOCKED:
      return "running";
    case VIR_DOMAIN_PAUSED:
      return "paused";
    case VIR_DOMAIN_SHUTDOWN:
      return "shutdown";
    case VIR_DOMAIN_CRASHED:
      return "crashed";
    default:
      return "off";
    }
}

/* The text of what @path finds in libvirt's description of the guest; NULL without. */
static char *
look_up (virDomainPtr domain, const char *path)
{
  return libvirt_find_text (virDomainGetXMLDesc (domain, 0), path);
}

static const char *
type_of (const char *machine)
{
  if (g_strcmp0 (machine, "xenpv") == 0)
    return "pv";
  return g_strcmp0 (machine, "xenpvh") == 0 ? "pvh" : "hvm";
}

static void
describe (virDomainPtr domain, JsonBuilder *builder)
{
  g_autofree char *machine = look_up (domain, "/domain/os/type/@machine");
  char uuid[VIR_UUID_STRING_BUFLEN] = "";
  unsigned int domid = virDomainGetID (domain);
  virDomainInfo info = { 0 };
  int autostart = 0;

  virDomainGetUUIDString (domain, uuid);
  virDomainGetInfo (domain, &info);
  virDomainGetAutostart (domain, &autostart);
  json_builder_begin_object (builder);
  say_text (builder, "name", virDomainGetName (domain));
  say_text (builder, "uuid", uuid);
  say_number (builder, "domid", domid == (unsigned int) -1 ? -1 : (gint64) domid);
  say_text (builder, "state", state_of (domain));
  say_text (builder, "type", type_of (machine));
  say_number (builder, "memory", (gint64) (info.memory >> 10));
  say_number (builder, "vcpus", info.nrVirtCpu);
  json_builder_set_member_name (builder, "autostart");
  json_builder_add_boolean_value (builder, autostart != 0);
  json_builder_end_object (builder);
}

static int
list (virConnectPtr connection)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  virDomainPtr *domains = NULL;
  int count = virConnectListAllDomains (connection, &domains, 0);

  if (count < 0)
    return libvirt_failed ("libvirt cannot list the guests");
  json_builder_begin_array (builder);
  for (int i = 0; i < count; i++)
    {
      /* dom0 is among them. */
      if (virDomainGetID (domains[i]) != 0)
        describe (domains[i], builder);
      virDomainFree (domains[i]);
    }
  json_builder_end_array (builder);
  free (domains);
  say (g_steal_pointer (&builder));
  return EXIT_SUCCESS;
}

static void
say_start (virDomainPtr domain)
{
  g_autofree char *tty = look_up (domain, "/domain/devices/console/@tty");
  g_autofree char *domid = g_strdup_printf ("%d", (int) virDomainGetID (domain));

  if (tty != NULL)
    say_event ("console", "tty", tty);
  say_event ("created", "domid", domid);
}

/* It is transient, and so gone with its end. */
static int
run_once (virConnectPtr connection, const char *xml)
{
  g_autoptr (virDomain) domain = virDomainCreateXML (connection, xml, 0);

  if (domain == NULL)
    return libvirt_failed ("libvirt did not start the guest");
  say_start (domain);
  while (virDomainIsActive (domain) == 1)
    g_usleep (POLL_USEC);
  say_event ("ended", "reason", "destroyed");
  return EXIT_SUCCESS;
}

static xmlNode *
child_of (xmlNode *root, const char *name)
{
  xmlNode *child = root != NULL ? xmlFirstElementChild (root) : NULL;

  while (child != NULL && !xmlStrEqual (child->name, (const xmlChar *) name))
    child = xmlNextElementSibling (child);
  return child;
}

/* The guest of the same name that libvirt knows already; NULL without. */
static virDomainPtr
find_known (virConnectPtr connection, xmlDoc *document)
{
  xmlNode *name = child_of (xmlDocGetRootElement (document), "name");
  xmlChar *text = name != NULL ? xmlNodeGetContent (name) : NULL;
  virDomainPtr known = text != NULL ? virDomainLookupByName (connection, (const char *) text)
                                    : NULL;

  xmlFree (text);
  return known;
}

/* libvirt takes a definition anew only under the UUID that it has the guest by. */
static char *
with_uuid_of (xmlDoc *document, virDomainPtr known)
{
  xmlNode *root = xmlDocGetRootElement (document);
  xmlNode *node = child_of (root, "uuid");
  char uuid[VIR_UUID_STRING_BUFLEN] = "";
  xmlChar *text = NULL;
  char *copy;

  virDomainGetUUIDString (known, uuid);
  if (node != NULL)
    xmlNodeSetContent (node, (const xmlChar *) uuid);
  else
    xmlNewTextChild (root, NULL, (const xmlChar *) "uuid", (const xmlChar *) uuid);
  xmlDocDumpMemory (document, &text, NULL);
  copy = g_strdup ((const char *) text);
  xmlFree (text);
  return copy;
}

/* A start that failed leaves only what libvirt knew before. */
static int
define_and_start (virConnectPtr connection, const char *xml, gboolean was_known,
                  gboolean autostart)
{
  g_autoptr (virDomain) domain = virDomainDefineXML (connection, xml);

  if (domain == NULL)
    return libvirt_failed ("libvirt does not take the guest");
  if ((autostart && virDomainSetAutostart (domain, 1) != 0) || virDomainCreate (domain) != 0)
    {
      int status = libvirt_failed ("libvirt did not start the guest");

      if (!was_known)
        virDomainUndefine (domain);
      return status;
    }
  say_start (domain);
  return EXIT_SUCCESS;
}

static int
create (virConnectPtr connection, gboolean once, gboolean autostart, gboolean any_uuid)
{
  g_autofree char *xml = hear ();
  g_autoptr (xmlDoc) document = NULL;
  g_autoptr (virDomain) known = NULL;

  if (xml == NULL)
    return EXIT_FAILURE;
  document = libvirt_parse (xml);
  known = document != NULL ? find_known (connection, document) : NULL;
  if (known != NULL && any_uuid)
    {
      char *changed = with_uuid_of (document, known);

      g_free (xml);
      xml = changed;
    }
  return once ? run_once (connection, xml)
              : define_and_start (connection, xml, known != NULL, autostart);
}

static int
end (virConnectPtr connection, const char *name, int seconds)
{
  g_autoptr (virDomain) domain = virDomainLookupByName (connection, name);
  gint64 until = g_get_monotonic_time () + (gint64) seconds * G_USEC_PER_SEC;

  if (domain == NULL)
    return EXIT_SUCCESS;
  if (seconds > 0 && virDomainIsActive (domain) == 1 && virDomainShutdown (domain) == 0)
    while (virDomainIsActive (domain) == 1 && g_get_monotonic_time () < until)
      g_usleep (POLL_USEC);
  if (virDomainIsActive (domain) == 1 && virDomainDestroy (domain) != 0
      && virDomainIsActive (domain) == 1)
    return libvirt_failed ("libvirt cannot end the guest");
  if (virDomainIsPersistent (domain) == 1 && virDomainUndefine (domain) != 0)
    return libvirt_failed ("libvirt does not forget the guest");
  say_event ("ended", "name", name);
  return EXIT_SUCCESS;
}

typedef struct {
  gboolean once;
  gboolean autostart;
  gboolean any_uuid;
  gboolean replace;
  int timeout;
  char *id;
  gint64 capacity;
} Options;

static int
run_storage (virConnectPtr connection, int argc, char **argv, const Options *options)
{
  const char *verb = argv[1], *pool = argv[2], *volume = argc == 4 ? argv[3] : NULL;

  if (g_str_equal (verb, "pool"))
    return libvirt_describe_pool (connection, pool, volume);
  if (g_str_equal (verb, "refresh-pool"))
    return libvirt_refresh_pool (connection, pool);
  if (volume != NULL && g_str_equal (verb, "create-volume"))
    return libvirt_create_volume (connection, pool, volume, (guint64) options->capacity);
  if (volume != NULL && g_str_equal (verb, "upload"))
    return libvirt_upload (connection, pool, volume);
  if (volume != NULL && g_str_equal (verb, "delete-volume"))
    return libvirt_delete_volume (connection, pool, volume, options->id,
                                  (guint64) options->capacity);
  fprintf (stderr, "“%s” is not a verb\n", verb);
  return EXIT_FAILURE;
}

static gboolean
run_definition (virConnectPtr connection, char **argv, const Options *options, int *status)
{
  const char *verb = argv[1], *name = argv[2], *uuid = argv[3];

  if (g_str_equal (verb, "definition"))
    *status = libvirt_describe_definition (connection, name, uuid);
  else if (g_str_equal (verb, "define"))
    *status = libvirt_define (connection, name, uuid, options->replace, options->autostart);
  else if (g_str_equal (verb, "undefine"))
    *status = libvirt_undefine (connection, name, uuid);
  else
    return FALSE;
  return TRUE;
}

static int
run (virConnectPtr connection, int argc, char **argv, const Options *options)
{
  int status;

  if (g_str_equal (argv[1], "list"))
    return list (connection);
  if (g_str_equal (argv[1], "create"))
    return create (connection, options->once, options->autostart, options->any_uuid);
  if (argc == 3 && g_str_equal (argv[1], "end"))
    return end (connection, argv[2], options->timeout);
  if (argc == 4 && run_definition (connection, argv, options, &status))
    return status;
  if (argc == 3 || argc == 4)
    return run_storage (connection, argc, argv, options);
  fprintf (stderr, "“%s” is not a verb\n", argv[1]);
  return EXIT_FAILURE;
}

int
main (int argc, char **argv)
{
  Options options = { 0 };
  int status;
  g_autofree char *connect = NULL;
  const GOptionEntry entries[] = {
    { "connect", 0, 0, G_OPTION_ARG_STRING, &connect, "libvirt's URI", "URI" },
    { "once", 0, 0, G_OPTION_ARG_NONE, &options.once, "create: stay to its end, which is for good", NULL },
    { "autostart", 0, 0, G_OPTION_ARG_NONE, &options.autostart,
      "create, define: it starts with the host", NULL },
    { "any-uuid", 0, 0, G_OPTION_ARG_NONE, &options.any_uuid,
      "create: a guest of that name that is there keeps its UUID", NULL },
    { "replace", 0, 0, G_OPTION_ARG_NONE, &options.replace,
      "define: in place of who has its name or UUID", NULL },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &options.timeout, "end: how long it may shut down",
      "SECONDS" },
    { "id", 0, 0, G_OPTION_ARG_STRING, &options.id, "delete-volume: only this one", "ID" },
    { "capacity", 0, 0, G_OPTION_ARG_INT64, &options.capacity,
      "create-volume; delete-volume: only an empty one of this size", "BYTES" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (
      "list | create < XML | end NAME | pool POOL [VOLUME] | refresh-pool POOL |"
      " create-volume POOL VOLUME | upload POOL VOLUME < IMAGE | delete-volume POOL VOLUME |"
      " definition NAME UUID | define NAME UUID < XML | undefine NAME UUID");
  g_autoptr (GError) error = NULL;
  virConnectPtr connection;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc < 2)
    {
      fprintf (stderr, "%s\n", error != NULL ? error->message : "give a verb; --help lists them");
      return EXIT_FAILURE;
    }
  virSetErrorFunc (NULL, on_error);
  /* What leads to another host may end at any time, which libvirt then says. */
  signal (SIGPIPE, SIG_IGN);
  connection = virConnectOpen (connect != NULL ? connect : "xen:///system");
  if (connection == NULL)
    return libvirt_failed ("libvirt cannot be asked");
  status = run (connection, argc, argv, &options);
  virConnectClose (connection);
  g_free (options.id);
  return status;
}
