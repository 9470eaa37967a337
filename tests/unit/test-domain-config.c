/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "domuimg/domain-config.h"
#include "domuimg/domain-device.h"
#include "domuimg/error.h"
#include "lib/domain/config/file.h"
#include "lib/domain/xl/keys.h"
#include "lib/domain/xm/file.h"
#include "tests/unit/judge-xlutil.h"

/* Configurations in three languages, read, written and read again. */

#define FORMATS 2
static const DomuimgConfigFormat formats[FORMATS]
    = { DOMUIMG_CONFIG_FORMAT_XL, DOMUIMG_CONFIG_FORMAT_LIBVIRT };

static DomuimgDomain *
read_text (const char *text)
{
  g_autoptr (GError) error = NULL;
  DomuimgDomain *domain = domuimg_domain_new_from_text (text, "t", &error);

  g_assert_no_error (error);
  return domain;
}

static char *
fixture_path (const char *name)
{
  return g_test_build_filename (G_TEST_DIST, "..", "fixtures", "config", name, NULL);
}

static DomuimgDomain *
read_fixture (const char *name)
{
  g_autofree char *path = fixture_path (name);
  g_autoptr (GError) error = NULL;
  DomuimgDomain *domain = domuimg_domain_new_from_file (path, &error);

  g_assert_no_error (error);
  return domain;
}

/* Foreign readers of what is written. */
static void
judge_xl (const char *text)
{
  g_autofree char *message = NULL;
  g_autoptr (Judge) judge = judge_is_there () ? judge_read (text, &message) : NULL;

  if (judge_is_there () && judge == NULL)
    g_error ("libxlutil refuses: %s\n%s", message, text);
}

static void
judge_xml (const char *text)
{
  g_autofree char *validate = g_find_program_in_path ("virt-xml-validate");
  g_autofree char *xmllint = g_find_program_in_path ("xmllint");
  g_autofree char *path = NULL, *said = NULL;
  g_autoptr (GSubprocess) judge = NULL;
  g_autoptr (GError) error = NULL;
  int fd;

  if (validate == NULL || xmllint == NULL)
    return;
  fd = g_file_open_tmp ("domuimg-XXXXXX.xml", &path, &error);
  g_assert_no_error (error);
  g_close (fd, NULL);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  judge = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE,
                            &error, validate, path, "domain", NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (judge, NULL, NULL, &said, NULL, &error);
  g_assert_no_error (error);
  if (!g_subprocess_get_successful (judge))
    g_error ("virt-xml-validate refuses: %s\n%s", said, text);
  g_unlink (path);
}

static char *
write_text (DomuimgDomain *domain, DomuimgConfigFormat format, GError **error)
{
  return format == DOMUIMG_CONFIG_FORMAT_XL ? domuimg_domain_to_xl_cfg (domain, error)
                                            : domuimg_domain_to_libvirt_xml (domain, NULL, error);
}

static void
assert_equal (DomuimgDomain *first, DomuimgDomain *second, const char *what)
{
  g_autofree char *one = domuimg_domain_to_json (first);
  g_autofree char *two = domuimg_domain_to_json (second);
  g_auto (GStrv) before = g_strsplit (one, "\n", -1);
  g_auto (GStrv) after = g_strsplit (two, "\n", -1);

  for (guint i = 0; before[i] != NULL && after[i] != NULL; i++)
    if (!g_str_equal (before[i], after[i]))
      g_error ("%s:\n%s\n%s", what, before[i], after[i]);
  g_assert_true (domuimg_domain_equal (first, second));
}

/* Written in its own format it is the same guest again; in the other one what is written is the
 * same again, whatever was lost on the way. */
static void
assert_round_trip (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgDomain) domain = domuimg_domain_new_from_file (path, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < FORMATS; i++)
    {
      g_autofree char *text = write_text (domain, formats[i], &error);
      g_autoptr (DomuimgDomain) again = NULL, third = NULL;
      g_autofree char *second = NULL;

      if (g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED)
          && formats[i] == DOMUIMG_CONFIG_FORMAT_LIBVIRT)
        {
          g_clear_error (&error);
          continue;
        }
      g_assert_no_error (error);
      (formats[i] == DOMUIMG_CONFIG_FORMAT_XL ? judge_xl : judge_xml) (text);
      again = read_text (text);
      if ((formats[i] == DOMUIMG_CONFIG_FORMAT_LIBVIRT) == g_str_has_suffix (path, ".xml"))
        assert_equal (domain, again, path);
      second = write_text (again, formats[i], &error);
      g_assert_no_error (error);
      third = read_text (second);
      assert_equal (again, third, path);
      g_assert_cmpstr (second, ==, text);
    }
}

static void
test_what_is_written_is_read (void)
{
  static const char *const folders[] = { "config", "xl" };
  guint count = 0;

  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *folder
          = g_test_build_filename (G_TEST_DIST, "..", "fixtures", folders[i], NULL);
      g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
      const char *name;

      g_assert_nonnull (dir);
      while ((name = g_dir_read_name (dir)) != NULL)
        {
          g_autofree char *path = g_build_filename (folder, name, NULL);

          if (g_str_equal (name, "lexical.cfg"))
            continue;
          g_test_message ("%s", path);
          assert_round_trip (path);
          count++;
        }
    }
  g_assert_cmpuint (count, >=, 12);
}

/* What the packages of Xen and libvirt install, where they are. */
static void
test_examples_of_others (void)
{
  static const char *const examples[]
      = { "/etc/xen/xlexample.hvm",
          "/etc/xen/xlexample.pvlinux",
          "/etc/xen/xlexample.pvhlinux",
          "/usr/share/doc/libvirt-doc/examples/xml/test/testdomfc4.xml",
          "/usr/share/doc/libvirt-doc/examples/xml/test/testdomfv0.xml" };
  guint count = 0;

  for (guint i = 0; i < G_N_ELEMENTS (examples); i++)
    if (g_file_test (examples[i], G_FILE_TEST_EXISTS))
      {
        assert_round_trip (examples[i]);
        count++;
      }
  if (count == 0)
    g_test_skip ("neither libvirt-doc nor xen-utils-common is installed");
}

static void
test_typed_in_both (void)
{
  static const char *const fixtures[] = { "pv-devices.cfg", "xen-4.xml" };

  for (guint i = 0; i < G_N_ELEMENTS (fixtures); i++)
    {
      g_autoptr (DomuimgDomain) domain = read_fixture (fixtures[i]);
      GPtrArray *devices = domuimg_domain_get_devices (domain);
      g_auto (GStrv) pins = domuimg_domain_list_vcpu_cpus (domain);
      const char *bdf = NULL, *bus = NULL, *agent = NULL;

      for (guint j = 0; j < devices->len; j++)
        {
          DomuimgDomainDevice *device = g_ptr_array_index (devices, j);

          if (domuimg_domain_device_get_option (device, "bdf") != NULL && bdf == NULL)
            bdf = domuimg_domain_device_get_option (device, "bdf");
          if (domuimg_domain_device_get_option (device, "hostbus") != NULL)
            bus = domuimg_domain_device_get_option (device, "hostaddr");
          if (domuimg_domain_device_get_option (device, "connection") != NULL && agent == NULL)
            agent = domuimg_domain_device_get_option (device, "name");
        }
      g_assert_true (g_str_has_prefix (bdf, "0000:03:00."));
      g_assert_cmpstr (bus, ==, "3");
      g_assert_cmpstr (agent, ==, "org.example.agent");
      g_assert_cmpuint (g_strv_length (pins), >=, 2);
      g_assert_cmpstr (domuimg_domain_get_cmdline (domain), !=, NULL);
    }
}

static void
test_xml_says_what_xl_does (void)
{
  g_autoptr (DomuimgDomain) hvm = read_fixture ("hvm.xml");

  g_assert_cmpstr (domuimg_domain_get_firmware (hvm), ==, "uefi");
  g_assert_cmpuint (domuimg_domain_get_memory (hvm), ==, 2048);
  g_assert_cmpstr (domuimg_domain_get_extra (hvm, "boot"), ==, "\"dc\"");
  g_assert_cmpstr (domuimg_domain_get_extra (hvm, "apic"), ==, "0");
  g_assert_null (domuimg_domain_get_extra (hvm, "acpi"));
  g_assert_cmpstr (domuimg_domain_get_extra (hvm, "hap"), ==, "0");
  g_assert_cmpstr (domuimg_domain_get_extra (hvm, "vga"), ==, "\"stdvga\"");
  g_assert_cmpstr (domuimg_domain_get_extra (hvm, "videoram"), ==, "16");
  g_assert_cmpstr (domuimg_domain_get_extra (hvm, "usbdevice"), ==, "\"tablet\"");
  g_assert_cmpstr (domuimg_domain_get_serial (hvm), ==, "/dev/ttyS1");
  g_assert_cmpstr (domuimg_domain_get_uuid (hvm), ==, "c7a5fdb2-cdaf-9455-926a-d65c16db1809");
}

static gboolean
is_told (char **losses, const char *part)
{
  for (guint i = 0; losses[i] != NULL; i++)
    if (strstr (losses[i], part) != NULL)
      return TRUE;
  return FALSE;
}

static void
test_losses_are_told (void)
{
  static const struct {
    const char *fixture;
    DomuimgConfigFormat format;
    const char *part;
  } losses[] = {
    { "xen-4.xml", DOMUIMG_CONFIG_FORMAT_XL, "<metadata" },
    { "xen-4.xml", DOMUIMG_CONFIG_FORMAT_XL, "network “default”" },
    { "xen-4.xml", DOMUIMG_CONFIG_FORMAT_XL, "disk xvda: <shareable" },
    { "hvm.xml", DOMUIMG_CONFIG_FORMAT_LIBVIRT, "cache=\"none\"" },
    { "pvh.xml", DOMUIMG_CONFIG_FORMAT_LIBVIRT, "rounded up to 293 MiB" },
    { "pv-devices.cfg", DOMUIMG_CONFIG_FORMAT_LIBVIRT, "vtpm" },
    { "pvh-numa.cfg", DOMUIMG_CONFIG_FORMAT_LIBVIRT, "nodes:0-1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (losses); i++)
    {
      g_autoptr (DomuimgDomain) domain = read_fixture (losses[i].fixture);
      g_autoptr (GError) error = NULL;
      g_auto (GStrv) told = domuimg_domain_list_losses (domain, losses[i].format, &error);

      g_assert_no_error (error);
      if (!is_told (told, losses[i].part))
        g_error ("%s does not tell of %s: %s", losses[i].fixture, losses[i].part,
                 g_strjoinv ("\n", told));
    }
}

static void
test_xm_is_understood (void)
{
  g_autoptr (DomuimgDomain) pv = read_fixture ("xend-pv.cfg");
  g_autoptr (DomuimgDomain) dhcp = read_fixture ("xend-dhcp.cfg");
  g_autoptr (DomuimgDomain) hvm = read_fixture ("xend-hvm.cfg");
  GPtrArray *disks = domuimg_domain_get_disks (pv);

  g_assert_cmpstr (domuimg_domain_get_name (pv), ==, "legacy-pv");
  g_assert_cmpuint (domuimg_domain_get_memory (pv), ==, 256);
  g_assert_cmpuint (domuimg_domain_get_vcpus (pv), ==, 2);
  g_assert_cmpstr (domuimg_domain_get_cpus (pv), ==, "3");
  g_assert_cmpuint (disks->len, ==, 3);
  g_assert_cmpstr (domuimg_domain_disk_get_target (disks->pdata[0]), ==, "/dev/vg0/legacy");
  g_assert_cmpstr (domuimg_domain_disk_get_target (disks->pdata[1]), ==,
                   "/srv/xen/legacy-pv.img");
  g_assert_cmpstr (domuimg_domain_get_cmdline (pv), ==,
                   "ip=192.0.2.17:127.0.255.255:192.0.2.1:255.255.255.0:legacy-pv.example.org:eth0:"
                   "off root=/dev/sda1 ro 4 console=hvc0");
  g_assert_cmpuint (domuimg_domain_get_nics (pv)->len, ==, 2);
  g_assert_cmpstr (domuimg_domain_get_cmdline (dhcp), ==,
                   "ip=:192.0.2.4::::eth0:dhcp root=/dev/nfs quiet");
  g_assert_cmpint (domuimg_domain_get_guest_type (hvm), ==, DOMUIMG_GUEST_TYPE_HVM);
  g_assert_null (domuimg_domain_get_extra (hvm, "device_model"));
  g_assert_cmpstr (domuimg_domain_get_graphics_password (hvm), ==, "geheim");
}

static void
test_mistakes_have_a_place (void)
{
  static const struct {
    const char *text;
    const char *place;
    DomuimgError code;
  } mistakes[] = {
    { "name = 'a'\nmemory = [\n", "t:3:1: ", DOMUIMG_ERROR_CORRUPT_INPUT },
    { "name = 'a'\nimport os\n", "t:2:1: ", DOMUIMG_ERROR_NOT_SUPPORTED },
    { "name = 'a'\nmemory = int('64')\n", "t:2:10: ", DOMUIMG_ERROR_NOT_SUPPORTED },
    { "name = 'a%d' % 1\n", "t:1:14: ", DOMUIMG_ERROR_NOT_SUPPORTED },
    { "disk = [ 'a' for x in y ]\n", "t:1:14: ", DOMUIMG_ERROR_NOT_SUPPORTED },
    { "if 1:\n  name = 'a'\n", "t:1:1: ", DOMUIMG_ERROR_NOT_SUPPORTED },
    { "name = 'a\n", "t:1:8: ", DOMUIMG_ERROR_CORRUPT_INPUT },
    { "name = 'a'\nmemory = 64\n# end", "t:3:1: xl takes no comment", DOMUIMG_ERROR_CORRUPT_INPUT },
    { "<domain type='xen'>\n<name>a</nam>", "t:2:", DOMUIMG_ERROR_CORRUPT_INPUT },
    { "<domain type='xen'><name>a</name></domain>", "t:1: ", DOMUIMG_ERROR_CORRUPT_INPUT },
    { "<domain type='kvm'><name>a</name></domain>", "t: ", DOMUIMG_ERROR_NOT_SUPPORTED },
    { "<!DOCTYPE d [<!ENTITY a 'b'>]><domain/>", "t ", DOMUIMG_ERROR_UNSAFE_INPUT },
    { "<network/>", "t: ", DOMUIMG_ERROR_CORRUPT_INPUT },
    { "name = 'a'\nkernel='/k'\ntype = 'pv'\nvcpus = 4\nmaxvcpus = 2\n", "t:5: ",
      DOMUIMG_ERROR_CORRUPT_INPUT },
  };

  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (DomuimgDomain) domain
          = domuimg_domain_new_from_text (mistakes[i].text, "t", &error);

      g_assert_null (domain);
      g_assert_nonnull (error);
      g_test_message ("%s", error->message);
      g_assert_error (error, DOMUIMG_ERROR, (int) mistakes[i].code);
      if (!g_str_has_prefix (error->message, mistakes[i].place))
        g_error ("not at %s: %s", mistakes[i].place, error->message);
    }
}

/* Keys that take a word of their own, or need others beside them. */
static const struct {
  const char *key;
  const char *value;
  const char *beside;
} special[] = {
  { "altp2m", "'external'", "" },
  { "bios", "'seabios'", "" },
  { "bootloader", "'/b'", "" },
  { "bootloader_args", "'-q'", "bootloader = '/b'\n" },
  { "builder", "'hvm'", "" },
  { "device_model_version", "'qemu-xen'", "" },
  { "disk", "[ '/a,raw,xvda,w' ]", "" },
  { "firmware", "'ovmf'", "" },
  { "gfx_passthru", "1", "" },
  { "gic_version", "'v2'", "" },
  { "hdtype", "'ahci'", "" },
  { "kernel", "'/k'", "" },
  { "maxvcpus", "9", "" },
  { "ms_vm_genid", "'generate'", "" },
  { "name", "'other'", "" },
  { "on_crash", "'preserve'", "" },
  { "on_poweroff", "'preserve'", "" },
  { "on_reboot", "'preserve'", "" },
  { "on_soft_reset", "'preserve'", "" },
  { "on_watchdog", "'preserve'", "" },
  { "passthrough", "'disabled'", "" },
  { "ramdisk", "'/r'", "kernel = '/k'\n" },
  { "spicedisable_ticketing", "0", "spice = 1\nspicepasswd = 'p'\n" },
  { "spicehost", "'192.0.2.1'", "spice = 1\n" },
  { "spicepasswd", "'p'", "spice = 1\n" },
  { "spiceport", "5999", "spice = 1\n" },
  { "tee", "'optee'", "" },
  { "timer_mode", "1", "" },
  { "tsc_mode", "'native'", "" },
  { "type", "'hvm'", "" },
  { "uuid", "'0d3f1f0e-51a5-4a83-9a52-65a6c1a8d2f0'", "" },
  { "vendor_device", "'none'", "" },
  { "vga", "'stdvga'", "" },
  { "vif", "[ 'mac=00:16:3e:00:00:01' ]", "" },
  { "vnclisten", "'192.0.2.1'", "" },
  { "vuart", "'sbsa_uart'", "" },
  { "vfb", "[ 'vnc=1,keymap=de' ]", "type = 'pv'\nkernel = '/k'\n" },
  { "cpus", "'1-3'", "" },
  { "cpus_soft", "'1-3'", "" },
  { "vif2", "[ 'a' ]", "" },
  { "cmdline", "'c'", "kernel = '/k'\n" },
};

static char *
config_with (const char *key, const char *value, const char *beside)
{
  gboolean typed = g_str_equal (key, "type") || g_str_equal (key, "builder")
                   || strstr (beside, "type =") != NULL;
  gboolean pv = g_str_equal (key, "bootloader") || g_str_equal (key, "bootloader_args")
                || g_str_equal (key, "e820_host");
  gboolean pvh = g_str_has_prefix (key, "pvshim");

  return g_strdup_printf ("uuid = '0d3f1f0e-51a5-4a83-9a52-65a6c1a8d2f1'\nname = 'a'\n"
                          "memory = 64\nmaxmem = 65\n%s%s%s%s = %s\n",
                          typed ? ""
                          : pv  ? "type = 'pv'\n"
                          : pvh ? "type = 'pvh'\n"
                                : "type = 'hvm'\n",
                          pvh || g_str_equal (key, "e820_host") ? "kernel = '/k'\n" : "", beside,
                          key, value);
}

/* In the text that is written, or in the model: then it makes a difference there. */
static void
assert_survives (const char *key, int kind)
{
  const char *value = kind == DOMUIMG_XL_NUMBER ? "1" : kind == DOMUIMG_XL_LIST ? "[ 'x' ]" : "'x'";
  const char *beside = "";
  g_autofree char *text = NULL, *plain = NULL, *written = NULL, *line = NULL;
  g_autofree char *with_json = NULL, *plain_json = NULL;
  g_autoptr (DomuimgDomain) domain = NULL, again = NULL, without = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (special); i++)
    if (g_str_equal (special[i].key, key))
      {
        value = special[i].value;
        beside = special[i].beside;
      }
  text = config_with (key, value, beside);
  plain = config_with (key, value, beside);
  /* Without the last line, which is the key's. */
  strrchr (g_strchomp (plain), '\n')[1] = '\0';
  g_test_message ("%s = %s", key, value);
  domain = domuimg_domain_new_from_xl_cfg (text, "t", &error);
  g_assert_no_error (error);
  written = domuimg_domain_to_xl_cfg (domain, &error);
  g_assert_no_error (error);
  judge_xl (written);
  again = read_text (written);
  assert_equal (domain, again, key);
  line = g_strdup_printf ("\n%s = ", key);
  if (strstr (written, line) != NULL)
    return;
  without = domuimg_domain_new_from_xl_cfg (plain, "t", &error);
  g_assert_no_error (error);
  with_json = domuimg_domain_to_json (domain);
  plain_json = domuimg_domain_to_json (without);
  if (g_str_equal (with_json, plain_json))
    g_error ("%s = %s is lost:\n%s", key, value, written);
}

static void
test_every_key_survives (void)
{
  const DomuimgXlKey *key;
  guint count = 0;

  for (; (key = domuimg_xl_key_at (count)) != NULL; count++)
    assert_survives (key->name, key->kind);
  g_assert_cmpuint (count, >, 150);
}

/* The keys that the manual of the installed Xen has, by its headings and examples. */
static void
test_every_key_of_the_manual_survives (void)
{
  static const char manual[] = "/usr/share/doc/xen/html/man/xl.cfg.5.html";
  g_autofree char *text = NULL;
  g_autoptr (GRegex) regex = g_regex_new ("<dt id=\"[^\"]*\"><b>([a-z][a-z0-9_]+)=", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  guint count = 0;

  if (!g_file_get_contents (manual, &text, NULL, NULL))
    {
      g_test_skip ("xl.cfg(5) as HTML is not here: xen-doc is not installed");
      return;
    }
  for (g_regex_match (regex, text, 0, &match); g_match_info_matches (match);
       g_match_info_next (match, NULL))
    {
      g_autofree char *name = g_match_info_fetch (match, 1);
      const DomuimgXlKey *key = domuimg_xl_key_find (name);

      /* Options inside of lists have headings, too. */
      if (key == NULL)
        g_test_message ("%s is no key of xl", name);
      assert_survives (name, key != NULL ? key->kind : DOMUIMG_XL_STRING);
      count++;
    }
  g_assert_cmpuint (count, >, 100);
}

static void
refuse_file (const char *folder, const char *name, gboolean python)
{
  g_autofree char *path
      = g_test_build_filename (G_TEST_DIST, "..", "mustfail", folder, name, NULL);
  const char *place = strchr (name, '.');
  g_autofree char *text = NULL, *where = NULL, *expected = NULL;
  g_autoptr (DomuimgDomain) domain = NULL;
  g_autoptr (DomuimgXlFile) file = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  if (python)
    file = domuimg_xm_file_parse (text, length, "t", &error);
  else
    domain = domuimg_domain_new_from_libvirt_xml (text, "t", &error);
  if (domain != NULL || file != NULL)
    g_error ("%s is read", path);
  g_test_message ("%s: %s", name, error->message);
  g_assert_true (error->domain == DOMUIMG_ERROR);
  if (!python || !g_ascii_isdigit (place[1]))
    return;
  where = g_strdelimit (g_strdup (place + 1), ".", ':');
  expected = g_strdup_printf ("t:%s: ", where);
  if (!g_str_has_prefix (error->message, expected))
    g_error ("%s is not at its place: %s", path, error->message);
}

/* NAME.LINE.COLUMN, where the place is known. */
static void
test_hostile_files_are_refused (void)
{
  static const char *const folders[] = { "xml", "xm" };

  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *path
          = g_test_build_filename (G_TEST_DIST, "..", "mustfail", folders[i], NULL);
      g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
      const char *name;

      g_assert_nonnull (dir);
      while ((name = g_dir_read_name (dir)) != NULL)
        refuse_file (folders[i], name, i == 1);
    }
}

static void
test_names_are_found (void)
{
  g_autofree char *directory = g_test_build_filename (G_TEST_DIST, "..", "fixtures", "config", NULL);
  g_autofree char *whole = g_build_filename (directory, "carried.cfg", NULL);
  g_autofree char *by_name = domuimg_config_find_in (directory, "carried", NULL);
  g_autofree char *by_file = domuimg_config_find_in (directory, "carried.cfg", NULL);
  g_autofree char *path = domuimg_config_find_in (directory, "./no/such", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *none = domuimg_config_find_in (directory, "no-such", &error);

  g_assert_cmpstr (by_name, ==, whole);
  g_assert_cmpstr (by_file, ==, whole);
  g_assert_cmpstr (path, ==, "./no/such");
  g_assert_null (none);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (domuimg_config_find_in (directory, "no-such.cfg", &error));
  g_assert_true (g_str_has_suffix (error->message, "/no-such.cfg"));
}

static void
test_configurations_are_listed (void)
{
  static const char *const files[] = { "b.cfg", "a.cfg", "xl.conf" };
  g_autofree char *directory = g_dir_make_tmp (NULL, NULL);
  g_autofree char *absent = g_build_filename (directory, "absent", NULL);
  g_autofree char *file = g_build_filename (directory, "xl.conf", NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) found = NULL;
  g_auto (GStrv) none = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename (directory, files[i], NULL);

      g_assert_true (g_file_set_contents (path, "not read", -1, NULL));
    }
  found = domuimg_config_list_in (directory, NULL);
  g_assert_cmpuint (g_strv_length (found), ==, 2);
  g_assert_true (g_str_has_suffix (found[0], "/a.cfg") && g_str_has_suffix (found[1], "/b.cfg"));
  none = domuimg_config_list_in (absent, NULL);
  g_assert_cmpuint (g_strv_length (none), ==, 0);
  g_assert_null (domuimg_config_list_in (file, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_IO);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename (directory, files[i], NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/domain/config/what is written is read", test_what_is_written_is_read);
  g_test_add_func ("/domain/config/examples of others", test_examples_of_others);
  g_test_add_func ("/domain/config/typed in both", test_typed_in_both);
  g_test_add_func ("/domain/config/xml says what xl does", test_xml_says_what_xl_does);
  g_test_add_func ("/domain/config/losses are told", test_losses_are_told);
  g_test_add_func ("/domain/config/xm is understood", test_xm_is_understood);
  g_test_add_func ("/domain/config/every key survives", test_every_key_survives);
  g_test_add_func ("/domain/config/every key of the manual survives",
                   test_every_key_of_the_manual_survives);
  g_test_add_func ("/domain/config/hostile files are refused", test_hostile_files_are_refused);
  g_test_add_func ("/domain/config/names are found", test_names_are_found);
  g_test_add_func ("/domain/config/configurations are listed", test_configurations_are_listed);
  g_test_add_func ("/domain/config/mistakes have a place", test_mistakes_have_a_place);
  return g_test_run ();
}
