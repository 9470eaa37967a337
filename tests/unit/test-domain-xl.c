/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "domuimg/error.h"
#include "tests/unit/domain-fixtures.h"
#include "tests/unit/judge-xlutil.h"

typedef DomuimgDomain *(*Fixture) (void);

static const struct {
  const char *golden;
  Fixture make;
} guests[] = {
  { "pv.cfg", fixture_pv },
  { "pvh.cfg", fixture_pvh },
  { "hvm.cfg", fixture_hvm },
  { "bootloader.cfg", fixture_bootloader },
};

static Judge *
read_back (DomuimgDomain *domain)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = domuimg_domain_to_xl_cfg (domain, &error);
  g_autofree char *message = NULL;

  g_assert_no_error (error);
  Judge *judge = judge_read (text, &message);
  if (judge == NULL)
    g_error ("libxlutil refuses: %s\n%s", message, text);
  return judge;
}

static gboolean
skip_without_judge (void)
{
  if (judge_is_there ())
    return FALSE;
  g_test_skip ("libxlutil (libxen-dev) was not there when the tests were built");
  return TRUE;
}

static void
test_golden (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (guests); i++)
    {
      g_autoptr (DomuimgDomain) domain = guests[i].make ();
      g_autoptr (GError) error = NULL;
      g_autofree char *text = domuimg_domain_to_xl_cfg (domain, &error);

      g_assert_no_error (error);
      golden_compare (guests[i].golden, text);
    }
}

static void
assert_optional_number (Judge *judge, const char *key, guint expected, guint otherwise)
{
  long read = judge_number (judge, key);

  g_assert_cmpint (read == -1 ? (long)otherwise : read, ==, expected);
}

static void
assert_disks (Judge *judge, DomuimgDomain *domain)
{
  GPtrArray *disks = domuimg_domain_get_disks (domain);
  g_auto (GStrv) texts = judge_list (judge, "disk");

  g_assert_cmpuint (texts == NULL ? 0 : g_strv_length (texts), ==, disks->len);
  for (guint i = 0; i < disks->len; i++)
    {
      DomuimgDomainDisk *disk = g_ptr_array_index (disks, i);
      const char *target = domuimg_domain_disk_get_target (disk);
      const char *backend = domuimg_domain_disk_get_backendtype (disk);
      gboolean cdrom = domuimg_domain_disk_get_cdrom (disk);
      JudgeDisk read = { NULL };

      g_assert_true (judge_disk (judge, texts[i], &read));
      g_assert_cmpstr (read.vdev, ==, domuimg_domain_disk_get_vdev (disk));
      g_assert_cmpstr (read.target, ==, target == NULL ? "" : target);
      g_assert_true (read.empty == (target == NULL));
      if (target != NULL)
        g_assert_cmpstr (read.format, ==, domuimg_domain_disk_get_format (disk));
      g_assert_cmpstr (read.backend, ==, backend == NULL ? "unknown" : backend);
      g_assert_true (read.readwrite == (!cdrom && !domuimg_domain_disk_get_readonly (disk)));
      g_assert_true (read.cdrom == cdrom);
      judge_disk_clear (&read);
    }
}

/* NAME=VALUE among the parts of a vif, which xl divides at commas. */
static void
assert_part (char **parts, const char *name, const char *value)
{
  const char *found = NULL;

  for (char **part = parts; *part != NULL; part++)
    if (g_str_has_prefix (*part, name) && (*part)[strlen (name)] == '=')
      found = *part + strlen (name) + 1;
  g_assert_cmpstr (found, ==, value);
}

static void
assert_nics (Judge *judge, DomuimgDomain *domain)
{
  GPtrArray *nics = domuimg_domain_get_nics (domain);
  gboolean hvm = domuimg_domain_get_guest_type (domain) == DOMUIMG_GUEST_TYPE_HVM;
  g_auto (GStrv) texts = judge_list (judge, "vif");

  g_assert_cmpuint (texts == NULL ? 0 : g_strv_length (texts), ==, nics->len);
  for (guint i = 0; i < nics->len; i++)
    {
      DomuimgDomainNic *nic = g_ptr_array_index (nics, i);
      g_auto (GStrv) parts = g_strsplit (texts[i], ",", -1);
      g_autofree char *mac = g_ascii_strdown (domuimg_domain_nic_get_mac (nic), -1);
      const char *rate = domuimg_domain_nic_get_rate (nic);

      assert_part (parts, "mac", mac);
      assert_part (parts, "bridge", domuimg_domain_nic_get_bridge (nic));
      assert_part (parts, "ip", domuimg_domain_nic_get_ip (nic));
      assert_part (parts, "script", domuimg_domain_nic_get_script (nic));
      assert_part (parts, "vifname", domuimg_domain_nic_get_vifname (nic));
      assert_part (parts, "model", hvm ? domuimg_domain_nic_get_model (nic) : NULL);
      assert_part (parts, "rate", rate);
      g_assert_true (rate == NULL || judge_rate (judge, rate));
    }
}

static void
assert_same (Judge *judge, DomuimgDomain *domain)
{
  guint memory = domuimg_domain_get_memory (domain);
  guint vcpus = domuimg_domain_get_vcpus (domain);
  guint maxmem = domuimg_domain_get_maxmem (domain);
  guint maxvcpus = domuimg_domain_get_maxvcpus (domain);

  g_assert_cmpstr (judge_string (judge, "name"), ==, domuimg_domain_get_name (domain));
  g_assert_cmpstr (judge_string (judge, "uuid"), ==, domuimg_domain_get_uuid (domain));
  g_assert_cmpstr (judge_string (judge, "type"), ==,
                   domuimg_guest_type_to_string (domuimg_domain_get_guest_type (domain)));
  g_assert_cmpint (judge_number (judge, "memory"), ==, memory);
  g_assert_cmpint (judge_number (judge, "vcpus"), ==, vcpus);
  assert_optional_number (judge, "maxmem", maxmem == 0 ? memory : maxmem, memory);
  assert_optional_number (judge, "maxvcpus", maxvcpus == 0 ? vcpus : maxvcpus, vcpus);
  g_assert_cmpstr (judge_string (judge, "kernel"), ==, domuimg_domain_get_kernel (domain));
  g_assert_cmpstr (judge_string (judge, "ramdisk"), ==, domuimg_domain_get_ramdisk (domain));
  g_assert_cmpstr (judge_string (judge, "cmdline"), ==, domuimg_domain_get_cmdline (domain));
  g_assert_cmpstr (judge_string (judge, "bootloader"), ==,
                   domuimg_domain_get_bootloader (domain));
  g_assert_cmpstr (judge_string (judge, "bootloader_args"), ==,
                   domuimg_domain_get_bootloader_args (domain));
  g_assert_cmpstr (judge_string (judge, "firmware"), ==, domuimg_domain_get_firmware (domain));
  g_assert_cmpstr (judge_string (judge, "on_poweroff"), ==,
                   domuimg_domain_get_on_poweroff (domain));
  g_assert_cmpstr (judge_string (judge, "on_reboot"), ==, domuimg_domain_get_on_reboot (domain));
  g_assert_cmpstr (judge_string (judge, "on_crash"), ==, domuimg_domain_get_on_crash (domain));
  assert_disks (judge, domain);
  assert_nics (judge, domain);
}

static void
test_libxlutil_reads_the_model_back (void)
{
  if (skip_without_judge ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (guests); i++)
    {
      g_autoptr (DomuimgDomain) domain = guests[i].make ();
      g_autoptr (Judge) judge = read_back (domain);

      assert_same (judge, domain);
    }
}

static void
test_libxlutil_reads_extra_keys (void)
{
  if (skip_without_judge ())
    return;

  g_autoptr (DomuimgDomain) domain = fixture_pvh ();
  g_autoptr (Judge) judge = read_back (domain);
  g_auto (GStrv) cpus = judge_list (judge, "cpus");

  g_assert_cmpstr (judge_string (judge, "tsc_mode"), ==, "native");
  g_assert_cmpuint (g_strv_length (cpus), ==, 2);
  g_assert_cmpstr (cpus[1], ==, "5");
}

static void
test_graphics (void)
{
  if (skip_without_judge ())
    return;

  g_autoptr (DomuimgDomain) hvm = fixture_hvm ();
  g_autoptr (Judge) vnc = read_back (hvm);
  g_assert_cmpint (judge_number (vnc, "vnc"), ==, 1);
  g_assert_cmpint (judge_number (vnc, "vncdisplay"), ==, 7);
  g_assert_cmpstr (judge_string (vnc, "vnclisten"), ==, "0.0.0.0");
  g_assert_cmpstr (judge_string (vnc, "serial"), ==, "pty");

  domuimg_domain_set_graphics (hvm, DOMUIMG_GRAPHICS_SPICE, NULL, 6000);
  g_autoptr (Judge) spice = read_back (hvm);
  g_assert_cmpint (judge_number (spice, "vnc"), ==, 0);
  g_assert_cmpint (judge_number (spice, "spiceport"), ==, 6000);
  g_assert_cmpstr (judge_string (spice, "spicehost"), ==, "127.0.0.1");

  domuimg_domain_set_graphics (hvm, DOMUIMG_GRAPHICS_SPICE, "::1", 0);
  g_autoptr (Judge) default_port = read_back (hvm);
  g_assert_cmpint (judge_number (default_port, "spiceport"), ==, 5900);

  g_autoptr (DomuimgDomain) pvh = fixture_pvh ();
  g_autoptr (Judge) vfb = read_back (pvh);
  g_auto (GStrv) entries = judge_list (vfb, "vfb");
  g_assert_cmpstr (entries[0], ==, "vnc=1,vnclisten=127.0.0.1,vncunused=1");

  g_autoptr (DomuimgDomain) pv = fixture_bootloader ();
  g_autoptr (Judge) sdl = read_back (pv);
  g_auto (GStrv) sdl_entries = judge_list (sdl, "vfb");
  g_assert_cmpstr (sdl_entries[0], ==, "vnc=0,sdl=1");
}

/* Text of all that makes trouble, in every place that takes text. */
static char *
random_text (GRand *rand, const char *start)
{
  static const char *const pieces[] = {
    "\"", "'",  "\\", ",",  "=",  ":", ";",     "#", "[",    "]",        " ",   "a",
    "x",  "0",  "\n", "\t", "\r", "+", "é",     "&", "<",    "target=",  "raw", "\\n",
    "\xff", "\x01", "(", ")", "%s", "$", "\\x41", "/", "\\\"", "format=qcow2,", "\x7f", ".",
  };
  g_autoptr (GString) text = g_string_new (start);
  gint32 n = g_rand_int_range (rand, 0, 9);

  for (gint32 i = 0; i < n; i++)
    {
      /* Mostly harmless ones, else nearly every text would be refused. */
      guint piece = (guint)g_rand_int_range (rand, 0, G_N_ELEMENTS (pieces));
      const char *drawn = pieces[piece];
      gboolean refused = g_ascii_iscntrl (*drawn) || *drawn == '\xff';
      g_string_append (text, refused && g_rand_int_range (rand, 0, 8) != 0 ? "b" : drawn);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
test_random_texts_come_back_or_are_refused (void)
{
  guint written = 0;
  guint refused = 0;

  if (skip_without_judge ())
    return;
  g_autoptr (GRand) rand = g_rand_new_with_seed (20);
  for (guint i = 0; i < 4000; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *cmdline = random_text (rand, "");
      g_autofree char *kernel = random_text (rand, "/k");
      g_autofree char *target = random_text (rand, "/t");
      g_autofree char *bridge = random_text (rand, "b");
      g_autofree char *script = random_text (rand, "s");
      g_autofree char *name = random_text (rand, "n");
      g_autoptr (DomuimgDomain) domain
          = domuimg_domain_new (g_rand_boolean (rand) ? "n" : name, NULL);
      g_autoptr (DomuimgDomainDisk) disk = domuimg_domain_disk_new (target, "xvda");
      g_autoptr (DomuimgDomainNic) nic = domuimg_domain_nic_new (NULL);
      g_autofree char *text = NULL;

      if (domain == NULL)
        continue;
      domuimg_domain_set_guest_type (domain, DOMUIMG_GUEST_TYPE_PV);
      domuimg_domain_set_cmdline (domain, cmdline);
      domuimg_domain_set_kernel (domain, kernel);
      domuimg_domain_add_disk (domain, disk);
      domuimg_domain_nic_set_bridge (nic, g_rand_boolean (rand) ? NULL : bridge);
      domuimg_domain_nic_set_script (nic, g_rand_boolean (rand) ? NULL : script);
      domuimg_domain_add_nic (domain, nic);
      text = domuimg_domain_to_xl_cfg (domain, &error);
      if (text == NULL)
        {
          g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
          refused++;
          continue;
        }
      g_autoptr (Judge) judge = read_back (domain);
      assert_same (judge, domain);
      written++;
    }
  g_test_message ("%u written and read back, %u refused", written, refused);
  g_assert_cmpuint (written, >, 500);
  g_assert_cmpuint (refused, >, 500);
}

/* Whether a raw value stands alone is decided by a reader of our own: it must never let
 * through what libxlutil refuses or reads as more than one setting. */
static void
test_random_extra_values_are_one_value (void)
{
  guint written = 0;

  if (skip_without_judge ())
    return;
  g_autoptr (GRand) rand = g_rand_new_with_seed (21);
  for (guint i = 0; i < 6000; i++)
    {
      static const char *const starts[] = { "\"", "'", "[", "[ \"a\",", "1", "0x1f", "['" };
      static const char *const ends[] = { "\"", "'", "]", "\" ]", "", "'],", " " };
      g_autoptr (DomuimgDomain) domain = fixture_pv ();
      g_autoptr (GError) error = NULL;
      g_autofree char *middle = random_text (rand, "");
      g_autofree char *value
          = g_strconcat (starts[g_rand_int_range (rand, 0, G_N_ELEMENTS (starts))],
                         g_rand_int_range (rand, 0, 3) == 0 ? "" : middle,
                         ends[g_rand_int_range (rand, 0, G_N_ELEMENTS (ends))], NULL);

      domuimg_domain_add_extra (domain, "tsc_mode", value);
      domuimg_domain_add_extra (domain, "zz_last", "\"here\"");
      if (!domuimg_domain_validate (domain, &error))
        {
          g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
          continue;
        }
      g_autoptr (Judge) judge = read_back (domain);
      assert_same (judge, domain);
      g_assert_cmpstr (judge_string (judge, "zz_last"), ==, "here");
      written++;
    }
  g_assert_cmpuint (written, >, 300);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/domain/xl/golden", test_golden);
  g_test_add_func ("/domain/xl/libxlutil-reads-the-model-back",
                   test_libxlutil_reads_the_model_back);
  g_test_add_func ("/domain/xl/libxlutil-reads-extra-keys", test_libxlutil_reads_extra_keys);
  g_test_add_func ("/domain/xl/graphics", test_graphics);
  g_test_add_func ("/domain/xl/random-texts-come-back-or-are-refused",
                   test_random_texts_come_back_or_are_refused);
  g_test_add_func ("/domain/xl/random-extra-values-are-one-value",
                   test_random_extra_values_are_one_value);
  return g_test_run ();
}
