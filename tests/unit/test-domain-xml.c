/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <string.h>

#include "domuimg/domain-config.h"
#include "domuimg/error.h"
#include "tests/unit/domain-fixtures.h"

typedef DomuimgDomain *(*Fixture) (void);

static const struct {
  const char *golden;
  Fixture make;
} guests[] = {
  { "pv.xml", fixture_pv },
  { "pvh.xml", fixture_pvh },
  { "hvm.xml", fixture_hvm },
  { "bootloader.xml", fixture_bootloader },
};

static char *
write_xml (DomuimgDomain *domain)
{
  g_autoptr (GError) error = NULL;
  char *text = domuimg_domain_to_libvirt_xml (domain, NULL, &error);

  g_assert_no_error (error);
  return text;
}

static void
test_golden (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (guests); i++)
    {
      g_autoptr (DomuimgDomain) domain = guests[i].make ();
      g_autofree char *text = write_xml (domain);

      golden_compare (guests[i].golden, text);
    }
}

/* The judge: libvirt's own schema, by its own program. */
static void
assert_valid (const char *text)
{
  g_autofree char *path = NULL;
  g_autofree char *said = NULL;
  g_autoptr (GError) error = NULL;
  int fd = g_file_open_tmp ("domuimg-XXXXXX.xml", &path, &error);

  g_assert_no_error (error);
  g_close (fd, NULL);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  g_autoptr (GSubprocess) judge
      = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, &error,
                          "virt-xml-validate", path, "domain", NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (judge, NULL, NULL, &said, NULL, &error);
  g_assert_no_error (error);
  if (!g_subprocess_get_successful (judge))
    g_error ("virt-xml-validate refuses: %s\n%s", said, text);
  g_unlink (path);
}

static gboolean
skip_without_judge (void)
{
  g_autofree char *validate = g_find_program_in_path ("virt-xml-validate");
  g_autofree char *xmllint = g_find_program_in_path ("xmllint");

  if (validate != NULL && xmllint != NULL)
    return FALSE;
  g_test_skip (validate == NULL ? "virt-xml-validate (libvirt-clients) is not installed"
                                : "xmllint (libxml2-utils) is not installed");
  return TRUE;
}

static void
test_schema (void)
{
  if (skip_without_judge ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (guests); i++)
    {
      g_autoptr (DomuimgDomain) domain = guests[i].make ();
      g_autofree char *text = write_xml (domain);

      assert_valid (text);
    }
}

static void
test_schema_of_rarer_forms (void)
{
  g_autoptr (DomuimgDomain) hvm = fixture_hvm ();
  g_autoptr (DomuimgDomain) pv = fixture_pv ();
  DomuimgDomainDisk *disk = g_ptr_array_index (domuimg_domain_get_disks (pv), 0);

  if (skip_without_judge ())
    return;
  domuimg_domain_set_firmware (hvm, "uefi");
  domuimg_domain_set_graphics (hvm, DOMUIMG_GRAPHICS_SPICE, "::1", 6000);
  g_autofree char *uefi = write_xml (hvm);
  assert_valid (uefi);
  domuimg_domain_set_firmware (hvm, "/usr/lib/xen-4.17/boot/hvmloader");
  domuimg_domain_set_kernel (hvm, "/boot/vmlinuz");
  domuimg_domain_set_ramdisk (hvm, "/boot/initrd.img");
  g_autofree char *direct = write_xml (hvm);
  assert_valid (direct);
  domuimg_domain_disk_set_format (disk, "vhd");
  domuimg_domain_disk_set_backendtype (disk, "tap");
  g_autofree char *tap = write_xml (pv);
  assert_valid (tap);
}

/* The text that an XPath expression gives in @text. */
static char *
look_up (const char *text, const char *expression)
{
  xmlDoc *doc = xmlReadMemory (text, (int)strlen (text), "test.xml", NULL,
                               XML_PARSE_NONET | XML_PARSE_NOERROR);
  g_assert_nonnull (doc);
  xmlXPathContext *context = xmlXPathNewContext (doc);
  xmlXPathObject *found = xmlXPathEvalExpression (BAD_CAST expression, context);
  xmlChar *value = xmlXPathCastToString (found);
  char *copy = g_strdup ((const char *)value);

  xmlFree (value);
  xmlXPathFreeObject (found);
  xmlXPathFreeContext (context);
  xmlFreeDoc (doc);
  return copy;
}

static void
assert_found (const char *text, const char *expression, const char *expected)
{
  g_autofree char *found = look_up (text, expression);

  g_assert_cmpstr (found, ==, expected);
}

static void
test_values_are_in_their_places (void)
{
  g_autoptr (DomuimgDomain) domain = fixture_pvh ();
  g_autofree char *text = write_xml (domain);

  assert_found (text, "/domain/os/cmdline", domuimg_domain_get_cmdline (domain));
  assert_found (text, "/domain/memory", "4096");
  assert_found (text, "/domain/currentMemory", "1024");
  assert_found (text, "/domain/vcpu", "8");
  assert_found (text, "/domain/vcpu/@current", "2");
  assert_found (text, "/domain/devices/disk[1]/source/@dev", "/dev/vg0/db,2:root");
  assert_found (text, "/domain/devices/disk[1]/driver/@name", "phy");
  assert_found (text, "/domain/devices/disk[2]/source/@file", "/srv/xen/db data,");
  assert_found (text, "/domain/devices/disk[2]/driver/@name", "qemu");
  assert_found (text, "/domain/devices/disk[2]/driver/@type", "qcow2");
  assert_found (text, "/domain/devices/interface[1]/@type", "ethernet");
  assert_found (text, "/domain/devices/interface[1]/ip[2]/@address", "2001:db8::7");
  assert_found (text, "/domain/devices/interface[2]/@type", "ethernet");
  assert_found (text, "count(/domain/devices/interface[2]/source)", "0");
}

static void
test_random_texts_come_back (void)
{
  static const char *const pieces[] = { "<", ">", "&", "\"", "'", "]]>", "&amp;", "é", "  ", "\\",
                                        "<!--", "-->", "a", "=", "%", "&#10;", "€", "\xc2\x85" };
  g_autoptr (GRand) rand = g_rand_new_with_seed (22);

  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (DomuimgDomain) domain = fixture_pv ();
      g_autoptr (GString) value = g_string_new ("/");
      gint32 n = g_rand_int_range (rand, 1, 9);

      for (gint32 j = 0; j < n; j++)
        g_string_append (value, pieces[g_rand_int_range (rand, 0, G_N_ELEMENTS (pieces))]);
      domuimg_domain_set_cmdline (domain, value->str);
      domuimg_domain_disk_set_target (g_ptr_array_index (domuimg_domain_get_disks (domain), 0),
                                      value->str);
      g_autofree char *text = write_xml (domain);
      assert_found (text, "/domain/os/cmdline", value->str);
      assert_found (text, "/domain/devices/disk/source/@file", value->str);
    }
}

static void
assert_warned (char **warnings, const char *start)
{
  for (char **warning = warnings; *warning != NULL; warning++)
    if (g_str_has_prefix (*warning, start))
      return;
  g_error ("no warning begins with \"%s\"", start);
}

static void
test_what_xml_cannot_say_is_told (void)
{
  g_autoptr (DomuimgDomain) pvh = fixture_pvh ();
  g_autoptr (DomuimgDomain) pv = fixture_pv ();
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) warnings = NULL;
  g_auto (GStrv) none = NULL;

  domuimg_domain_set_on_reboot (pvh, "soft-reset");
  g_autofree char *text = domuimg_domain_to_libvirt_xml (pvh, &warnings, &error);
  g_assert_no_error (error);
  assert_warned (warnings, "on_reboot \"soft-reset\"");
  assert_warned (warnings, "vif 00:16:3e:00:00:01: the rate");
  g_assert_cmpuint (g_strv_length (warnings), ==, 2);
  assert_found (text, "/domain/on_reboot", "restart");
  assert_found (text, "/domain/on_crash", "coredump-restart");

  g_autofree char *plain = domuimg_domain_to_libvirt_xml (pv, &none, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (none), ==, 0);
}

/* Each has no form of its own in libvirt, and the rest is still a document. */
static void
test_ports_that_lead_nowhere_become_a_pty (void)
{
  static const char *const ports[] = { "udp::", "udp::@", "udp::@0.0.0.0:", "tcp:192.0.2.1:", "unix:", "file:", "msmouse" };

  for (guint i = 0; i < G_N_ELEMENTS (ports); i++)
    {
      g_autoptr (DomuimgDomain) domain = fixture_hvm ();
      g_autoptr (GError) error = NULL;
      g_auto (GStrv) warnings = NULL;
      g_autofree char *said = g_strdup_printf ("serial \"%s\": libvirt has no form for it", ports[i]);

      domuimg_domain_set_serial (domain, ports[i]);
      g_autofree char *text = domuimg_domain_to_libvirt_xml (domain, &warnings, &error);
      g_assert_no_error (error);
      assert_warned (warnings, said);
      assert_found (text, "/domain/devices/serial/@type", "pty");
    }
}

static void
test_what_libvirt_cannot_boot_is_an_error (void)
{
  g_autoptr (DomuimgDomain) firmware = fixture_pv ();
  DomuimgDomain *domains[] = { firmware };

  domuimg_domain_set_ramdisk (firmware, NULL);
  domuimg_domain_set_kernel (firmware, NULL);
  domuimg_domain_set_firmware (firmware, "pvgrub64");
  for (guint i = 0; i < G_N_ELEMENTS (domains); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (domuimg_domain_to_libvirt_xml (domains[i], NULL, &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED);
    }
}

/* Those that are kept as they are, and the console that is added. */
static void
test_what_is_written_is_read_again (void)
{
  g_autofree char *devices = g_strnfill (1024 * 4, ' ');
  g_autofree char *text = NULL;
  g_autoptr (DomuimgDomain) domain = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 1024; i++)
    memcpy (devices + 4 * i, "<a/>", 4);
  text = g_strdup_printf ("<domain type='xen'><name>a</name><memory>1024</memory><bootloader>pygrub</bootloader>"
                          "<os><type>linux</type></os><devices>%s</devices></domain>", devices);
  domain = domuimg_domain_new_from_libvirt_xml (text, "many.xml", &error);
  g_assert_no_error (error);
  g_assert_null (domuimg_domain_to_libvirt_xml (domain, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/domain/xml/golden", test_golden);
  g_test_add_func ("/domain/xml/schema", test_schema);
  g_test_add_func ("/domain/xml/schema-of-rarer-forms", test_schema_of_rarer_forms);
  g_test_add_func ("/domain/xml/values-are-in-their-places", test_values_are_in_their_places);
  g_test_add_func ("/domain/xml/what-is-written-is-read-again", test_what_is_written_is_read_again);
  g_test_add_func ("/domain/xml/random-texts-come-back", test_random_texts_come_back);
  g_test_add_func ("/domain/xml/what-xml-cannot-say-is-told", test_what_xml_cannot_say_is_told);
  g_test_add_func ("/domain/xml/ports-that-lead-nowhere-become-a-pty",
                   test_ports_that_lead_nowhere_become_a_pty);
  g_test_add_func ("/domain/xml/what-libvirt-cannot-boot-is-an-error",
                   test_what_libvirt_cannot_boot_is_an_error);
  return g_test_run ();
}
