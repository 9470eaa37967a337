/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/remove.h"
#include "lib/import/describe/parts.h"

typedef DomuimgHardware *(*Parse) (const char *text, gsize length, const char *name,
                                   GError **error);

static const char *
or_none (const char *text)
{
  return text != NULL ? text : "-";
}

/* All of it as text, the form of tests/fixtures/hardware/NAME.golden. */
static char *
dump (const DomuimgHardware *self)
{
  static const char *const firmware[] = { "unknown", "bios", "uefi" };
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "%s: %s\nsystem: %s\nmemory: %" G_GUINT64_FORMAT "\n", self->origin,
                          or_none (self->name), or_none (self->guest_os), self->memory);
  g_string_append_printf (text, "vcpus: %u (%u sockets, %u cores, %u threads)\n", self->vcpus,
                          self->sockets, self->cores, self->threads);
  g_string_append_printf (text, "firmware: %s%s\nclock: %s\ngraphics: %s\n",
                          firmware[self->firmware], self->secure_boot ? ", secure boot" : "",
                          self->is_localtime ? "local" : "UTC", or_none (self->graphics));
  for (guint i = 0; i < self->disks->len; i++)
    {
      const DomuimgHardwareDisk *disk = g_ptr_array_index (self->disks, i);

      g_string_append_printf (text, "%s: %s, %s, %s, %" G_GUINT64_FORMAT "%s\n",
                              disk->is_cdrom ? "cdrom" : "disk", or_none (disk->path),
                              or_none (disk->format), or_none (disk->bus), disk->capacity,
                              disk->is_gzip ? ", gzip" : "");
    }
  for (guint i = 0; i < self->nics->len; i++)
    {
      const DomuimgHardwareNic *nic = g_ptr_array_index (self->nics, i);

      g_string_append_printf (text, "nic: %s, %s, %s%s\n", or_none (nic->mac),
                              or_none (nic->network), or_none (nic->model),
                              nic->is_down ? ", down" : "");
    }
  for (guint i = 0; i < self->unmapped->len; i++)
    g_string_append_printf (text, "- %s\n", (char *) g_ptr_array_index (self->unmapped, i));
  return g_string_free (text, FALSE);
}

static void
test_golden (gconstpointer data)
{
  const char *name = data;
  g_autofree char *path
      = g_test_build_filename (G_TEST_DIST, "..", "fixtures", "hardware", name, NULL);
  g_autofree char *golden = g_strconcat (path, ".golden", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgHardware) hardware = domuimg_hardware_read (path, &error);
  g_autofree char *wanted = NULL;
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  g_assert_true (domuimg_hardware_is_description (path));
  text = dump (hardware);
  if (!g_file_get_contents (golden, &wanted, NULL, &error))
    g_test_message ("%s", text);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, wanted);
}

static DomuimgHardware *
parse (Parse function, const char *text)
{
  g_autoptr (GError) error = NULL;
  DomuimgHardware *hardware = function (text, strlen (text), "t", &error);

  g_assert_no_error (error);
  return hardware;
}

static void
refuse (Parse function, const char *text, DomuimgError code, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgHardware) hardware = function (text, strlen (text), "t", &error);

  g_assert_null (hardware);
  g_assert_error (error, DOMUIMG_ERROR, (int) code);
  if (strstr (error->message, words) == NULL)
    g_error ("“%s” does not say “%s”", error->message, words);
}

static void
test_encrypted_machines_are_named_as_such (void)
{
  refuse (domuimg_vmx_parse, "displayName = \"x\"\nencryption.keySafe = \"vmware:key\"\n",
          DOMUIMG_ERROR_NOT_SUPPORTED, "encrypted");
  refuse (domuimg_vbox_parse, "<VirtualBox><MachineEncrypted/></VirtualBox>",
          DOMUIMG_ERROR_NOT_SUPPORTED, "encrypted");
}

static void
test_document_types_are_unsafe (void)
{
  static const Parse parsers[]
      = { domuimg_ovf_parse, domuimg_vbox_parse, domuimg_libvirt_parse };
  static const char *const texts[] = {
    "<!DOCTYPE domain><domain/>",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'><!ENTITY c '&a;&a;'>]><x>&c;</x>",
    "<!DOCTYPE x SYSTEM 'file:///etc/passwd'><x/>",
    "<!DOCTYPE x [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]><x/>",
    "<!DOCTYPE x [<!ENTITY a 'never ended",
  };

  for (guint i = 0; i < G_N_ELEMENTS (parsers); i++)
    for (guint j = 0; j < G_N_ELEMENTS (texts); j++)
      refuse (parsers[i], texts[j], DOMUIMG_ERROR_UNSAFE_INPUT, "document type");
}

static void
test_damage_is_told_with_its_line (void)
{
  refuse (domuimg_vmx_parse, "a = \"b\"\nc = \"d\n", DOMUIMG_ERROR_CORRUPT_INPUT, "t:2:");
  refuse (domuimg_vmx_parse, "a = \"b\"\n\nnothing\n", DOMUIMG_ERROR_CORRUPT_INPUT, "t:3:");
  refuse (domuimg_proxmox_parse, "memory: 1\nnothing\n", DOMUIMG_ERROR_CORRUPT_INPUT, "t:2:");
  refuse (domuimg_libvirt_parse, "<domain>\n<name>\n</domain>", DOMUIMG_ERROR_CORRUPT_INPUT,
          "t:3:");
  refuse (domuimg_qemu_parse, "a\nqemu-system-x86_64 -name 'x\n", DOMUIMG_ERROR_CORRUPT_INPUT,
          "t:2:");
  refuse (domuimg_qemu_parse, "echo qemu-system-x86_64\n", DOMUIMG_ERROR_CORRUPT_INPUT,
          "no command");
  refuse (domuimg_ovf_parse, "<domain/>", DOMUIMG_ERROR_CORRUPT_INPUT, "<domain>");
  refuse (domuimg_ovf_parse, "<Envelope/>", DOMUIMG_ERROR_CORRUPT_INPUT, "VirtualSystem");
  refuse (domuimg_vbox_parse, "<VirtualBox><Global/></VirtualBox>", DOMUIMG_ERROR_CORRUPT_INPUT,
          "Machine");
}

static char *
ovf_of (const char *file, const char *disk, const char *resource)
{
  return g_strdup_printf ("<Envelope><References><File id='f' href='a.vmdk' %s/></References>"
                          "<DiskSection><Disk diskId='d' %s/></DiskSection><VirtualSystem>"
                          "<VirtualHardwareSection><Item><ResourceType>17</ResourceType>"
                          "<HostResource>%s</HostResource></Item></VirtualHardwareSection>"
                          "</VirtualSystem></Envelope>",
                          file, disk, resource);
}

static void
test_ovf_disks_that_cannot_be_read_are_refused (void)
{
  static const struct {
    const char *file, *disk, *resource;
    DomuimgError code;
    const char *words;
  } cases[] = {
    { "compression='bzip2'", "fileRef='f'", "ovf:/disk/d", DOMUIMG_ERROR_NOT_SUPPORTED, "bzip2" },
    { "", "fileRef='f' parentRef='p'", "ovf:/disk/d", DOMUIMG_ERROR_NOT_SUPPORTED, "difference" },
    { "", "fileRef='g'", "ovf:/disk/d", DOMUIMG_ERROR_CORRUPT_INPUT, "References" },
    { "", "fileRef='f'", "ovf:/disk/e", DOMUIMG_ERROR_CORRUPT_INPUT, "DiskSection" },
    { "", "fileRef='f'", "elsewhere", DOMUIMG_ERROR_CORRUPT_INPUT, "elsewhere" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = ovf_of (cases[i].file, cases[i].disk, cases[i].resource);

      refuse (domuimg_ovf_parse, text, cases[i].code, cases[i].words);
    }
}

static void
test_several_machines_are_refused (void)
{
  refuse (domuimg_ovf_parse,
          "<Envelope><VirtualSystemCollection><VirtualSystem/><VirtualSystem/>"
          "</VirtualSystemCollection></Envelope>",
          DOMUIMG_ERROR_NOT_SUPPORTED, "several machines");
}

static void
test_differences_of_virtualbox_are_refused (void)
{
  refuse (domuimg_vbox_parse,
          "<VirtualBox><Machine><MediaRegistry><HardDisks><HardDisk uuid='a' location='a.vdi'>"
          "<HardDisk uuid='b' location='b.vdi'/></HardDisk></HardDisks></MediaRegistry>"
          "<StorageControllers><StorageController type='AHCI'><AttachedDevice type='HardDisk'>"
          "<Image uuid='b'/></AttachedDevice></StorageController></StorageControllers></Machine>"
          "</VirtualBox>",
          DOMUIMG_ERROR_NOT_SUPPORTED, "snapshot");
}

static void
test_units_of_ovf (void)
{
  static const struct {
    const char *unit;
    const char *quantity;
    guint64 bytes;
  } cases[] = {
    { "byte * 2^20", "3", 3 << 20 },        { "byte*2^30", "1", 1 << 30 },
    { "MegaBytes", "2", 2 << 20 },          { "KB", "4", 4 << 10 },
    { "byte", "77", 77 },                   { "bytes * 1000", "2", 2000 },
    { "byte * 10^6", "1", 1000000 },        { "byte * 2^63", "1", 0 },
    { "byte * 2^4294967296", "1", 0 },      { "furlongs", "1", 0 },
    { "byte * 2^30", "18446744073709551615", 0 }, { "byte * 2^30", "-1", 0 },
    { "byte * 2^30", "", 0 },               { "^^*", "1", 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf (
          "<Envelope><VirtualSystem><VirtualHardwareSection><Item><ResourceType>4</ResourceType>"
          "<AllocationUnits>%s</AllocationUnits><VirtualQuantity>%s</VirtualQuantity></Item>"
          "</VirtualHardwareSection></VirtualSystem></Envelope>",
          cases[i].unit, cases[i].quantity);
      g_autoptr (DomuimgHardware) hardware = parse (domuimg_ovf_parse, text);

      g_test_message ("%s", cases[i].unit);
      g_assert_cmpuint (hardware->memory, ==, cases[i].bytes);
    }
}

static void
test_too_many_devices_are_refused (void)
{
  g_autoptr (GString) vmx = g_string_new (NULL);
  g_autoptr (GString) proxmox = g_string_new (NULL);
  g_autoptr (GString) libvirt = g_string_new ("<domain><devices>");
  g_autoptr (GString) qemu = g_string_new ("qemu-system-x86_64");

  for (guint i = 0; i < 65; i++)
    {
      g_string_append_printf (vmx, "scsi%u:%u.present = \"1\"\nscsi%u:%u.fileName = \"a\"\n",
                              i / 16, i % 16, i / 16, i % 16);
      g_string_append_printf (proxmox, "scsi%u: a:b\n", i);
      g_string_append (libvirt, "<interface/>");
      g_string_append (qemu, " -drive file=a");
    }
  g_string_append (libvirt, "</devices></domain>");
  refuse (domuimg_vmx_parse, vmx->str, DOMUIMG_ERROR_CORRUPT_INPUT, "more than 64");
  refuse (domuimg_proxmox_parse, proxmox->str, DOMUIMG_ERROR_CORRUPT_INPUT, "more than 64");
  refuse (domuimg_libvirt_parse, libvirt->str, DOMUIMG_ERROR_CORRUPT_INPUT, "more than 64");
  refuse (domuimg_qemu_parse, qemu->str, DOMUIMG_ERROR_CORRUPT_INPUT, "more than 64");
}

static void
test_notes_are_bounded_and_said_once (void)
{
  g_autoptr (DomuimgHardware) hardware = domuimg_hardware_new ("x");
  g_autofree char *wide = g_strnfill (2000, 'w');

  for (guint i = 0; i < 1000; i++)
    {
      domuimg_hardware_note_unmapped (hardware, "the same");
      domuimg_hardware_note_unmapped (hardware, "%u\n\xff%s", i, wide);
    }
  g_assert_cmpuint (hardware->unmapped->len, ==, 101);
  g_assert_cmpstr (g_ptr_array_index (hardware->unmapped, 0), ==, "the same");
  for (guint i = 0; i < hardware->unmapped->len; i++)
    {
      const char *note = g_ptr_array_index (hardware->unmapped, i);

      g_assert_true (g_utf8_validate (note, -1, NULL));
      g_assert_null (strchr (note, '\n'));
      g_assert_cmpuint (strlen (note), <=, 400);
    }
}

static void
test_vmx_is_read_in_its_encoding (void)
{
  g_autoptr (DomuimgHardware) hardware
      = parse (domuimg_vmx_parse, ".encoding = \"windows-1252\"\ndisplayName = \"caf\xe9\"\n");
  g_autoptr (DomuimgHardware) unknown
      = parse (domuimg_vmx_parse, ".encoding = \"../../x\"\ndisplayName = \"caf\xe9\"\n");

  g_assert_cmpstr (hardware->name, ==, "café");
  g_assert_true (g_utf8_validate (unknown->name, -1, NULL));
}

/* As somebody on an older system typed it. */
static char *
in_encoding (const char *text, const char *encoding, gsize *length)
{
  g_autoptr (GError) error = NULL;
  char *bytes = g_convert (text, -1, encoding, "UTF-8", NULL, length, &error);

  g_assert_no_error (error);
  return bytes;
}

static void
test_encodings_that_nothing_declares (void)
{
  static const struct {
    const char *encoding, *name;
  } cases[] = {
    { "CP949", "웹 서버" },      { "CP932", "仮想マシン" },      { "GB18030", "红帽企业版" },
    { "CP1252", "Système éteint" }, { "ISO-8859-1", "Büro-Rechner" }, { "UTF-8", "Größe 仮想" },
    { "UTF-16", "서버 é" },      { "UTF-16LE", "a서버" },        { "UTF-16BE", "a서버" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *vmx = g_strdup_printf ("displayName = \"%s\"\r\n", cases[i].name);
      g_autofree char *conf = g_strdup_printf ("name: %s\r\n", cases[i].name);
      gsize vmx_length, conf_length;
      g_autofree char *vmx_bytes = in_encoding (vmx, cases[i].encoding, &vmx_length);
      g_autofree char *conf_bytes = in_encoding (conf, cases[i].encoding, &conf_length);
      g_autoptr (DomuimgHardware) one = domuimg_vmx_parse (vmx_bytes, vmx_length, "t", NULL);
      g_autoptr (DomuimgHardware) other = domuimg_proxmox_parse (conf_bytes, conf_length, "t", NULL);

      g_assert_cmpstr (one->name, ==, cases[i].name);
      g_assert_cmpstr (other->name, ==, cases[i].name);
    }
}

static void
test_declared_encodings (void)
{
  static const char *const names[][2] = {
    { "windows-949", "CP949" }, { "Shift_JIS", "CP932" }, { "GBK", "GB18030" }, { "Big5", "CP950" },
    { "windows-936", "CP936" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *text
          = g_strdup_printf (".encoding = \"%s\"\ndisplayName = \"漢字\"\n", names[i][0]);
      gsize length;
      g_autofree char *bytes = in_encoding (text, names[i][1], &length);
      g_autoptr (DomuimgHardware) hardware = domuimg_vmx_parse (bytes, length, "t", NULL);

      g_assert_cmpstr (hardware->name, ==, "漢字");
    }
}

/* UTF-16, whatever the text itself says that it is in. */
static void
test_xml_in_utf16 (void)
{
  static const char *const heads[]
      = { "", "<?xml version='1.0' encoding='UTF-8'?>\r\n", "<?xml version='1.0' encoding='utf-16'?>\r\n" };

  for (guint i = 0; i < G_N_ELEMENTS (heads); i++)
    {
      g_autofree char *text
          = g_strconcat (heads[i], "<domain type='kvm'>\r\n<name>서버</name></domain>\r\n", NULL);
      gsize length;
      g_autofree char *bytes = in_encoding (text, "UTF-16", &length);
      g_autoptr (DomuimgHardware) hardware = domuimg_libvirt_parse (bytes, length, "t", NULL);

      g_assert_cmpstr (hardware->name, ==, "서버");
      domuimg_hardware_free (g_steal_pointer (&hardware));
      hardware = domuimg_libvirt_parse (text, strlen (text), "t", NULL);
      g_assert_true ((hardware != NULL) == (i < 2));
    }
}

static void
put_bytes (const char *directory, const char *name, const char *bytes, gsize length)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);

  g_assert_true (g_file_set_contents (path, bytes, (gssize) length, NULL));
}

/* A description @text beside @file names it. */
static void
assert_names (const char *text, const char *file)
{
  g_autofree char *directory = g_dir_make_tmp ("hardware-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "a.vmx", NULL);
  g_autoptr (DomuimgHardware) hardware = NULL;

  put_bytes (directory, "a.vmx", text, strlen (text));
  put_bytes (directory, file, "", 0);
  hardware = domuimg_hardware_read (path, NULL);
  g_assert_nonnull (hardware);
  g_assert_cmpstr (((DomuimgHardwareDisk *) g_ptr_array_index (hardware->disks, 0))->path, ==, file);
  domuimg_remove_tree (directory);
}

/* The same bytes are Korean and Chinese: the file that is there decides. */
static void
test_files_tell_the_encoding (void)
{
  static const char text[] = "ide0:0.present = \"TRUE\"\nide0:0.fileName = \"\xb0\xa1\xb3\xaa.vmdk\"\n";
  g_autofree char *gbk = g_convert ("\xb0\xa1\xb3\xaa", -1, "UTF-8", "GB18030", NULL, NULL, NULL);
  g_autofree char *chinese = g_strconcat (gbk, ".vmdk", NULL);
  const char *const files[] = { "가나.vmdk", chinese };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    assert_names (text, files[i]);
}

/* A declaration that is wrong, as of a file that was copied from another machine's, names no file. */
static void
test_declaration_that_is_wrong (void)
{
  static const char text[] = ".encoding = \"windows-1252\"\nide0:0.present = \"TRUE\"\n"
                             "ide0:0.fileName = \"\xb0\xa1\xb3\xaa.vmdk\"\n";
  static const char *const files[] = { "가나.vmdk", "°¡³ª.vmdk" };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    assert_names (text, files[i]);
}

static const DomuimgHardwareDisk *
first_disk (const DomuimgHardware *hardware)
{
  g_assert_cmpuint (hardware->disks->len, >, 0);
  return g_ptr_array_index (hardware->disks, 0);
}

static void
test_what_vma_extracts (void)
{
  g_autoptr (DomuimgHardware) hardware = parse (
      domuimg_proxmox_parse,
      "scsi0: ceph:vm-7-disk-0,size=8G\nscsi1: lvm:vm-7-disk-1\nide2: none,media=cdrom\n"
      "#qmdump#map:scsi0:drive-scsi0:ceph:raw:\n#qmdump#map:scsi1:../x:ceph:raw:\n"
      "#qmdump#map:\n#qmdump#map:ide2:drive-ide2:x:raw:\n");
  const DomuimgHardwareDisk *second = g_ptr_array_index (hardware->disks, 1);

  g_assert_cmpstr (first_disk (hardware)->path, ==, "disk-drive-scsi0.raw");
  g_assert_cmpstr (first_disk (hardware)->format, ==, "raw");
  g_assert_cmpstr (second->path, ==, "lvm:vm-7-disk-1");
}

static void
test_processors_of_others (void)
{
  static const struct {
    Parse function;
    const char *text, *architecture;
  } cases[] = {
    { domuimg_vmx_parse, "guestOS = \"arm-ubuntu-64\"\n", "aarch64" },
    { domuimg_vmx_parse, "guestOS = \"ubuntu-64\"\n", NULL },
    { domuimg_proxmox_parse, "arch: aarch64\n", "aarch64" },
    { domuimg_proxmox_parse, "arch: x86_64\n", NULL },
    { domuimg_qemu_parse, "qemu-system-ppc64 -m 64\n", "ppc64" },
    { domuimg_libvirt_parse, "<domain><os><type arch='s390x'>hvm</type></os></domain>", "s390x" },
    { domuimg_libvirt_parse, "<domain><os><type arch='i686'>hvm</type></os></domain>", NULL },
    { domuimg_vbox_parse, "<VirtualBox><Machine OSType='Debian_arm64'/></VirtualBox>", "aarch64" },
    { domuimg_vbox_parse,
      "<VirtualBox><Machine><Hardware><Platform architecture='ARM'/></Hardware></Machine></VirtualBox>",
      "aarch64" },
    { domuimg_ovf_parse,
      "<Envelope><VirtualSystem><OperatingSystemSection osType='arm-debian12-64Guest'/>"
      "</VirtualSystem></Envelope>",
      "aarch64" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (DomuimgHardware) hardware = parse (cases[i].function, cases[i].text);

      g_assert_cmpstr (hardware->architecture, ==, cases[i].architecture);
    }
}

static void
test_shell_words_are_not_expanded (void)
{
  g_autoptr (DomuimgHardware) hardware = parse (
      domuimg_qemu_parse, "if true; then\n  env A=1 kvm -m \"$MEM\" -name a\\ b'c \"d'\\\n"
                          "e -hda '$(rm -rf x)' `touch y`\nfi\n");
  const DomuimgHardwareDisk *disk = g_ptr_array_index (hardware->disks, 0);

  g_assert_cmpstr (hardware->name, ==, "a bc \"de");
  g_assert_cmpuint (hardware->memory, ==, 0);
  g_assert_cmpstr (disk->path, ==, "$(rm -rf x)");
  g_assert_true (g_ptr_array_find_with_equal_func (
      hardware->unmapped,
      "the value of -m has a variable of the shell, whose content is not known: $MEM", g_str_equal,
      NULL));
}

static void
test_disks_without_a_file_are_noted (void)
{
  static const struct {
    Parse function;
    const char *text;
  } cases[] = {
    { domuimg_qemu_parse, "qemu-system-x86_64 -drive if=virtio,format=raw" },
    { domuimg_proxmox_parse, "virtio0: none,size=1G" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (DomuimgHardware) hardware = parse (cases[i].function, cases[i].text);

      g_assert_cmpuint (hardware->disks->len, ==, 0);
      g_assert_cmpuint (hardware->unmapped->len, ==, 1);
      g_assert_cmpstr (g_ptr_array_index (hardware->unmapped, 0), ==,
                       "a disk without a file (virtio) is left out");
    }
}

static void
put (const char *directory, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

/* The name of the description that is found; NULL for none. */
static char *
beside (const char *directory, const char *disk, GError **error)
{
  g_autofree char *image = g_build_filename (directory, disk, NULL);
  g_autofree char *path = NULL;
  g_autoptr (DomuimgHardware) hardware = domuimg_hardware_find_beside (image, &path, error);

  g_assert_true ((hardware == NULL) == (path == NULL));
  return path != NULL ? g_path_get_basename (path) : NULL;
}

static void
test_description_beside_a_disk_is_found (void)
{
  static const struct {
    const char *disk, *found;
  } cases[] = {
    { "web.vmdk", "web.vmx" },        { "web-flat.vmdk", "web.vmx" },
    { "web-s001.vmdk", "web.vmx" },   { "far.vmdk", "far.vmx" },
    { "vm-7-disk-0.qcow2", "7.conf" }, { "vm-7-disk-1.raw", "7.conf" },
    { "vm-7-disk-1.img", "7.conf" },  { "vm-7-disk-0.raw", NULL },
    { "db.qcow2", "db.xml" },         { "web.iso", NULL },
    { "web.qcow2", NULL },            { "other.img", NULL },
  };
  g_autofree char *directory = g_dir_make_tmp ("hardware-XXXXXX", NULL);
  g_autofree char *link = g_build_filename (directory, "link.sh", NULL);

  put (directory, "web.vmx",
       "ide0:0.present = \"1\"\nide0:0.fileName = \"web.vmdk\"\nide1:0.present = \"1\"\n"
       "ide1:0.deviceType = \"cdrom-image\"\nide1:0.fileName = \"web.iso\"\n");
  put (directory, "far.vmx",
       "ide0:0.present = \"1\"\nide0:0.fileName = \"[store 1] far.vmdk\"\n");
  put (directory, "7.conf", "scsi0: local:7/vm-7-disk-0.qcow2\nscsi1: lvm:vm-7-disk-1\n");
  put (directory, "db.xml",
       "<domain><devices><disk><source file='/var/x/db.qcow2'/></disk></devices></domain>");
  put (directory, "broken.vmx", "nothing");
  put (directory, "note.sh", "qemu-system-x86_64 -hda other.img.old\n");
  put (directory, "elsewhere", "qemu-system-x86_64 -hda other.img\n");
  g_assert_cmpint (symlink ("elsewhere", link), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *found = beside (directory, cases[i].disk, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (found, ==, cases[i].found);
    }
  domuimg_remove_tree (directory);
}

static void
test_descriptions_that_disagree_are_refused (void)
{
  static const char first[] = "qemu-system-x86_64 -m 512 -hda a.img\n";
  g_autofree char *directory = g_dir_make_tmp ("hardware-XXXXXX", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *found = NULL;
  g_autofree char *none = NULL;

  put (directory, "a.sh", first);
  put (directory, "b.sh", first);
  found = beside (directory, "a.img", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, "a.sh");
  put (directory, "b.sh", "qemu-system-x86_64 -m 1024 -hda a.img\n");
  none = beside (directory, "a.img", &error);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
  g_assert_null (none);
  domuimg_remove_tree (directory);
}

static void
test_what_is_a_description (void)
{
  static const struct {
    const char *name, *text;
    gboolean is_one;
  } cases[] = {
    { "a.vmx", "", TRUE },
    { "a.OVF", "not XML", TRUE },
    { "a", "#!/usr/bin/vmware\nconfig.version = \"8\"\n", TRUE },
    { "a", "<?xml version='1.0'?>\n<!-- x --><domain/>", TRUE },
    { "a.xml", "<!DOCTYPE x><x/>", TRUE },
    { "a.xml", "<project><domain/></project>", FALSE },
    { "a.xml", "<!-- never ended", FALSE },
    { "a.conf", "net0: x\nscsi0: local:a\n", TRUE },
    { "a.conf", "port: 22\n", FALSE },
    { "a.txt", "we run kvm here\n", FALSE },
    { "a.vmdk", "# Disk DescriptorFile\nRW 63 FLAT \"kvm -hda\" 0\n", FALSE },
    { "a", "", FALSE },
  };
  g_autofree char *directory = g_dir_make_tmp ("hardware-XXXXXX", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_build_filename (directory, cases[i].name, NULL);

      put (directory, cases[i].name, cases[i].text);
      g_test_message ("%s: %s", cases[i].name, cases[i].text);
      g_assert_cmpint (domuimg_hardware_is_description (path), ==, cases[i].is_one);
    }
  g_assert_false (domuimg_hardware_is_description (directory));
  g_assert_false (domuimg_hardware_is_description ("/not/there.vmx"));
  domuimg_remove_tree (directory);
}

static void
test_files_too_large_are_refused (void)
{
  g_autofree char *directory = g_dir_make_tmp ("hardware-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "a.vmx", NULL);
  g_autoptr (GError) error = NULL;

  put (directory, "a.vmx", "");
  g_assert_cmpint (truncate (path, DOMUIMG_HARDWARE_TEXT_MAX + 1), ==, 0);
  g_assert_true (domuimg_hardware_is_description (path));
  g_assert_null (domuimg_hardware_read (path, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED);
  domuimg_remove_tree (directory);
}

static void
test_must_fail (void)
{
  g_autofree char *directory
      = g_test_build_filename (G_TEST_DIST, "..", "mustfail", "hardware", NULL);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;
  guint count = 0;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", name);
      g_assert_null (domuimg_hardware_read (path, &error));
      g_assert_nonnull (error);
      g_assert_true (error->domain == DOMUIMG_ERROR);
      g_assert_nonnull (strstr (error->message, name));
      count++;
    }
  g_assert_cmpuint (count, >, 5);
}

int
main (int argc, char **argv)
{
  static const char *const fixtures[]
      = { "workstation.vmx", "esxi.vmx", "ovftool.ovf", "virtualbox.ovf", "machine.vbox",
          "kvm.xml",         "100.conf", "start.sh",    "plain.sh" };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (fixtures); i++)
    {
      g_autofree char *path = g_strconcat ("/hardware/golden/", fixtures[i], NULL);

      g_test_add_data_func (path, fixtures[i], test_golden);
    }
  g_test_add_func ("/hardware/encrypted", test_encrypted_machines_are_named_as_such);
  g_test_add_func ("/hardware/document-type", test_document_types_are_unsafe);
  g_test_add_func ("/hardware/damage", test_damage_is_told_with_its_line);
  g_test_add_func ("/hardware/ovf/disks", test_ovf_disks_that_cannot_be_read_are_refused);
  g_test_add_func ("/hardware/ovf/several", test_several_machines_are_refused);
  g_test_add_func ("/hardware/ovf/units", test_units_of_ovf);
  g_test_add_func ("/hardware/vbox/difference", test_differences_of_virtualbox_are_refused);
  g_test_add_func ("/hardware/limits/devices", test_too_many_devices_are_refused);
  g_test_add_func ("/hardware/limits/notes", test_notes_are_bounded_and_said_once);
  g_test_add_func ("/hardware/limits/file", test_files_too_large_are_refused);
  g_test_add_func ("/hardware/disks/empty", test_disks_without_a_file_are_noted);
  g_test_add_func ("/hardware/vmx/encoding", test_vmx_is_read_in_its_encoding);
  g_test_add_func ("/hardware/encoding/undeclared", test_encodings_that_nothing_declares);
  g_test_add_func ("/hardware/encoding/declared", test_declared_encodings);
  g_test_add_func ("/hardware/encoding/xml", test_xml_in_utf16);
  g_test_add_func ("/hardware/encoding/files", test_files_tell_the_encoding);
  g_test_add_func ("/hardware/encoding/wrong", test_declaration_that_is_wrong);
  g_test_add_func ("/hardware/proxmox/extracted", test_what_vma_extracts);
  g_test_add_func ("/hardware/architecture", test_processors_of_others);
  g_test_add_func ("/hardware/qemu/words", test_shell_words_are_not_expanded);
  g_test_add_func ("/hardware/beside/found", test_description_beside_a_disk_is_found);
  g_test_add_func ("/hardware/beside/disagree", test_descriptions_that_disagree_are_refused);
  g_test_add_func ("/hardware/what", test_what_is_a_description);
  g_test_add_func ("/hardware/must-fail", test_must_fail);
  return g_test_run ();
}
