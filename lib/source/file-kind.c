/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows files that are often given to a source and are something else, and the right way for each. */
#include "config.h"
#include "lib/source/file-kind.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/bytes.h"
#include "lib/base/fd.h"
#include "lib/source/source.h"
#include "lib/source/tar-input.h"
#include "lib/source/tar.h"

/* As far as btrfs's magic number. */
#define HEAD_SIZE (68 * 1024)
#define TEXT_SIZE 1024
/* How much of an archive is looked at. */
#define ENTRIES_MAX 300
#define LARGE ((guint64) 64 << 20)

typedef enum {
  DISK,   /* an image that a machine boots from */
  TAR,
  PACKED, /* compressed: @way unpacks it */
  OTHER,  /* @way makes something of it */
} Class;

typedef struct {
  gsize offset;
  const char *magic;
  guint8 length;
  Class class;
  const char *what;
  const char *way; /* (nullable) */
} Kind;

#define ZIP_WAY "unpack it, and give what is in it"
#define SAVED_WAY "that is the memory of a running guest: give its disk"

/* The first that fits counts. */
static const Kind kinds[] = {
  { 257, "ustar", 5, TAR, "a tar archive", NULL },
  { 0, "\x1f\x8b", 2, PACKED, "compressed by gzip", "gunzip -k" },
  { 0, "BZh", 3, PACKED, "compressed by bzip2", "bunzip2 -k" },
  { 0, "\xfd" "7zXZ", 6, PACKED, "compressed by xz", "unxz -k" },
  { 0, "\x28\xb5\x2f\xfd", 4, PACKED, "compressed by zstd", "unzstd" },
  { 0, "\x04\x22\x4d\x18", 4, PACKED, "compressed by lz4", "unlz4 -k" },
  { 0, "\x89LZO", 4, OTHER, "compressed by lzop", "unpack it (lzop -d FILE), and give what it becomes" },
  { 0, "VMA\0", 4, OTHER, "a backup of a virtual machine of Proxmox (vzdump)",
    "unpack it with Proxmox's program (vma extract FILE DIRECTORY), and convert the disks in it" },
  { 0, "PK\x03\x04", 4, OTHER, "a zip archive", ZIP_WAY },
  { 0, "7z\xbc\xaf\x27\x1c", 6, OTHER, "a 7z archive", ZIP_WAY },
  { 0, "Rar!\x1a", 5, OTHER, "a rar archive", ZIP_WAY },
  { 0, "MSWIM\0\0\0", 8, OTHER, "a Windows imaging file", "it can only be applied by Windows" },
  { 0, "hsqs", 4, OTHER, "a squashfs image", "unpack it (unsquashfs -d root FILE), and copy the directory" },
  { 0, "070701", 6, OTHER, "a cpio archive, such as an initramfs", "it is not a machine's disk" },
  { 0, "\xed\xab\xee\xdb", 4, OTHER, "an RPM package", "it is not a system" },
  { 0, "!<arch>\n", 8, OTHER, "a Debian package", "it is not a system" },
  { 0, "\x7f" "ELF", 4, OTHER, "a program or kernel", "it is not a system" },
  { 0x202, "HdrS", 4, OTHER, "a Linux kernel", "it is not a system; use it with --kernel file:" },
  { 0, "partclone-image", 15, OTHER, "an image of partclone", "restore it to a file by partclone.restore" },
  { 0, "EVF\x09\x0d\x0a\xff", 7, OTHER, "an image of EnCase", "make it raw by ewfexport" },
  { 0, "Xen saved domain", 16, OTHER, "a guest that xl saved", SAVED_WAY },
  { 0, "LibvirtQemudSave", 16, OTHER, "a guest that virsh saved", SAVED_WAY },
  { 0, "LibvirtQemudPart", 16, OTHER, "a guest that virsh saved", SAVED_WAY },
  { 4, "HYPERV_STORAGE", 14, OTHER, "the configuration of a machine of Hyper-V",
    "convert its disk, a file .vhdx or .vhd" },
  { 0, "QFI\xfb", 4, DISK, "a qcow2 image", NULL },
  { 0, "KDMV", 4, DISK, "a VMDK image", NULL },
  { 0, "COWD", 4, DISK, "a VMDK image", NULL },
  { 0, "# Disk Descriptor", 17, DISK, "the description of a VMDK image", NULL },
  { 0, "vhdxfile", 8, DISK, "a VHDX image", NULL },
  { 0, "conectix", 8, DISK, "a VHD image", NULL },
  { 0x40, "\x7f\x10\xda\xbe", 4, DISK, "a VDI image", NULL },
  { 32769, "CD001", 5, DISK, "an image of a CD-ROM", NULL },
  { 512, "EFI PART", 8, DISK, "a disk image", NULL },
  { 0x438, "\x53\xef", 2, DISK, "an image with an ext filesystem", NULL },
  { 0, "XFSB", 4, DISK, "an image with an XFS filesystem", NULL },
  { 0x10040, "_BHRfS_M", 8, DISK, "an image with a btrfs filesystem", NULL },
  { 510, "\x55\xaa", 2, DISK, "a disk image", NULL },
};

static const Kind utf16 = { 0, "", 0, OTHER, "text in UTF-16, as PowerShell's > writes it",
                            "convert it (iconv -f UTF-16 -t UTF-8)" };
static const Kind html = { 0, "", 0, OTHER, "a web page", "download the file that it is about" };
static const Kind text = { 0, "", 0, OTHER, "a text file", "it describes no machine that is known here" };
static const Kind vmcx = { 0, "", 0, OTHER, "the configuration of a machine of Hyper-V",
                           "convert its disk, a file .vhdx or .vhd" };

static gboolean
is_text (DomuimgBytes head)
{
  gsize size = MIN (head.size, TEXT_SIZE);
  const char *end;

  if (size == 0 || memchr (head.data, '\0', size) != NULL)
    return FALSE;
  /* The last character may be cut off. */
  return g_utf8_validate ((const char *) head.data, size, &end)
         || (const char *) head.data + size - end < 4;
}

static gboolean
is_html (DomuimgBytes head)
{
  g_autofree char *start = g_ascii_strdown ((const char *) head.data, MIN (head.size, 64));

  return strstr (start, "<!doctype html") != NULL || strstr (start, "<html") != NULL;
}

/* NULL where nothing is known of it. */
static const Kind *
find_kind (const char *path, DomuimgBytes head)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (domuimg_bytes_has (head, kinds[i].offset, kinds[i].length)
        && memcmp (head.data + kinds[i].offset, kinds[i].magic, kinds[i].length) == 0)
      return &kinds[i];
  if (g_regex_match_simple ("\\.(vmcx|vmrs)$", path, G_REGEX_CASELESS, 0))
    return &vmcx;
  if (domuimg_bytes_starts_with (head, "\xff\xfe", 2)
      || domuimg_bytes_starts_with (head, "\xfe\xff", 2))
    return &utf16;
  if (!is_text (head))
    return NULL;
  return is_html (head) ? &html : &text;
}

/* What the names of the archive's first files tell; NULL where they tell nothing. */
static char *
explain_archive (int fd, const char *path, DomuimgWanted wanted)
{
  g_autoptr (DomuimgStream) stream = domuimg_tar_new (fd, path, NULL, NULL, NULL);
  DomuimgTarContents *contents;
  const DomuimgEntry *entry;

  for (guint i = 0; stream != NULL && i < ENTRIES_MAX; i++)
    {
      entry = domuimg_stream_next (stream, NULL, NULL);
      if (entry == NULL || entry->size > LARGE)
        break;
    }
  if (stream == NULL)
    return NULL;
  contents = domuimg_tar_get_contents (DOMUIMG_TAR (stream));
  if (!domuimg_tar_contents_has_root (contents))
    return domuimg_tar_contents_explain (contents, path);
  return wanted == DOMUIMG_WANTED_ROOT
             ? NULL
             : g_strdup_printf ("%s is an archive of a root, not a disk; use --from %s:%s", path,
                                domuimg_source_type_tar.scheme, path);
}

static char *
explain_unpacked (int fd, const char *path, const Kind *outer, DomuimgWanted wanted)
{
  DomuimgTarInput *input = domuimg_tar_input_new (fd, path, NULL, NULL, NULL);
  const Kind *kind = NULL;
  const void *data;
  gssize length = input != NULL ? domuimg_tar_input_read (input, &data) : -1;

  if (length > 0)
    kind = find_kind ("", domuimg_bytes (data, length));
  g_clear_pointer (&input, domuimg_tar_input_free);
  if (kind != NULL && kind->class == TAR && lseek (fd, 0, SEEK_SET) == 0)
    {
      g_autofree char *known = explain_archive (fd, path, wanted);

      if (known != NULL || wanted == DOMUIMG_WANTED_ROOT)
        return g_steal_pointer (&known);
      return g_strdup_printf ("%s is a tar archive, %s; unpack it (tar -xf FILE), and give what is in"
                              " it",
                              path, outer->what);
    }
  return g_strdup_printf ("%s is %s%s%s; unpack it (%s FILE), and use --from %s: with what it becomes",
                          path, kind != NULL ? kind->what : "", kind != NULL ? ", " : "", outer->what,
                          outer->way, domuimg_source_type_disk.scheme);
}

static char *
explain_kind (int fd, const char *path, const Kind *kind, DomuimgWanted wanted, gboolean is_quick)
{
  if (kind->class == PACKED)
    return is_quick ? NULL : explain_unpacked (fd, path, kind, wanted);
  if (kind->class == TAR)
    return is_quick ? NULL : explain_archive (fd, path, wanted);
  if (kind->class == OTHER)
    return g_strdup_printf ("%s is %s, not %s; %s", path, kind->what,
                            wanted == DOMUIMG_WANTED_ROOT ? "an archive of a root" : "a disk image",
                            kind->way);
  if (wanted == DOMUIMG_WANTED_MACHINE)
    return NULL;
  return g_strdup_printf ("%s is %s, not an archive of a root; use --from %s:%s", path, kind->what,
                          domuimg_source_type_disk.scheme, path);
}

char *
domuimg_file_kind_explain (const char *path, DomuimgWanted wanted, gboolean is_quick)
{
  g_autofree guint8 *head = g_malloc (HEAD_SIZE);
  g_auto (DomuimgFd) fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  const Kind *kind;
  gssize length;

  if (fd < 0 || fstat (fd, &status) != 0 || !S_ISREG (status.st_mode))
    return NULL;
  length = pread (fd, head, HEAD_SIZE, 0);
  if (length < 0)
    return NULL;
  if (length == 0)
    return g_strdup_printf ("%s is empty", path);
  kind = find_kind (path, domuimg_bytes (head, length));
  return kind != NULL ? explain_kind (fd, path, kind, wanted, is_quick) : NULL;
}
