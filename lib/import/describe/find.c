/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/utf16.h"
#include "lib/import/describe/encoding.h"
#include "lib/import/describe/parts.h"
#include "lib/import/describe/qemu.h"
#include "lib/import/describe/vmx-text.h"
#include "lib/import/describe/words.h"
#include "lib/import/names.h"

/* Which kind of description a file is. */

typedef DomuimgHardware *(*Parse) (const char *text, gsize length, const char *name,
                                   GError **error);

/* NULL with @error where it cannot be read or is too large. */
static GBytes *
read_file (const char *path, int flags, GError **error)
{
  g_auto (DomuimgFd) fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
  g_autofree char *data = NULL;
  struct stat status;
  gsize length = 0;
  gssize got = 1;

  if (fd < 0 || fstat (fd, &status) != 0)
    {
      domuimg_set_errno (error, errno, "opening %s", path);
      return NULL;
    }
  if (!S_ISREG (status.st_mode) || status.st_size > DOMUIMG_HARDWARE_TEXT_MAX)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                    "%s is not a description of a machine: it is %s", path,
                    S_ISREG (status.st_mode) ? "larger than 4 MiB" : "no regular file");
      return NULL;
    }
  data = g_malloc (status.st_size + 1);
  while (got > 0 && length < (gsize) status.st_size)
    {
      got = read (fd, data + length, status.st_size - length);
      if (got < 0 && errno == EINTR)
        got = 1;
      else if (got > 0)
        length += got;
    }
  if (got < 0)
    {
      domuimg_set_errno (error, errno, "reading %s", path);
      return NULL;
    }
  return g_bytes_new_take (g_steal_pointer (&data), length);
}

static gboolean
has_extension (const char *path, const char *extension)
{
  const char *dot = strrchr (path, '.');

  return dot != NULL && g_ascii_strcasecmp (dot + 1, extension) == 0;
}

/* The local name of the root element of @text, or "!" for a document type before it; NULL for
 * what does not begin as XML. */
static char *
root_of (const char *text)
{
  const char *at = text;

  while (TRUE)
    {
      const char *end;
      gsize length;

      at += strspn (at, " \t\r\n");
      if (g_str_has_prefix (at, "<?"))
        end = strstr (at, "?>");
      else if (g_str_has_prefix (at, "<!--"))
        end = strstr (at, "-->");
      else if (g_str_has_prefix (at, "<!"))
        return g_strdup ("!");
      else if (*at == '<')
        {
          length = strcspn (++at, ": \t\r\n/>");
          if (at[length] == ':')
            at += length + 1;
          return g_strndup (at, strcspn (at, " \t\r\n/>"));
        }
      else
        return NULL;
      if (end == NULL)
        return NULL;
      at = strchr (end, '>') + 1;
    }
}

static Parse
kind_of_xml (const char *path, const char *root)
{
  static const struct {
    const char *root;
    const char *extension;
    Parse parse;
  } kinds[] = {
    { "Envelope", "ovf", domuimg_ovf_parse },
    { "VirtualBox", "vbox", domuimg_vbox_parse },
    { "domain", "xml", domuimg_libvirt_parse },
    { "domain", "libvirt", domuimg_libvirt_parse },
  };

  /* The parser refuses a document type, and says so. */
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (root, kinds[i].root)
        || (*root == '!' && has_extension (path, kinds[i].extension)))
      return kinds[i].parse;
  return NULL;
}

static gboolean
has_line (const char *text, const char *pattern)
{
  return g_regex_match_simple (pattern, text, G_REGEX_MULTILINE | G_REGEX_CASELESS | G_REGEX_RAW,
                               0);
}

static gboolean
is_qemu (const char *text)
{
  g_auto (GStrv) words = NULL;

  if (strstr (text, "qemu") == NULL && strstr (text, "kvm") == NULL)
    return FALSE;
  words = domuimg_words_find_command (text, "", domuimg_qemu_is_program, NULL);
  return words != NULL;
}

static Parse
kind_of_text (const char *path, const char *text)
{
  g_autofree char *root = root_of (g_str_has_prefix (text, "\xef\xbb\xbf") ? text + 3 : text);

  if (root != NULL)
    return kind_of_xml (path, root);
  if (has_line (text, "^\\s*(config|virtualHW)\\.version\\s*="))
    return domuimg_vmx_parse;
  if (has_extension (path, "conf") && has_line (text, "^(scsi|virtio|ide|sata)[0-9]+: "))
    return domuimg_proxmox_parse;
  return is_qemu (text) ? domuimg_qemu_parse : NULL;
}

/* These are descriptions by their names, whatever is wrong with them. */
static Parse
kind_of_name (const char *path)
{
  if (has_extension (path, "vmx"))
    return domuimg_vmx_parse;
  if (has_extension (path, "ovf"))
    return domuimg_ovf_parse;
  return has_extension (path, "vbox") ? domuimg_vbox_parse : NULL;
}

static Parse
kind_of (const char *path, GBytes *bytes)
{
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  g_autofree char *text = data != NULL ? domuimg_utf16_to_utf8 (data, length, NULL) : NULL;
  Parse parse = NULL;

  if (text == NULL && data != NULL && memchr (data, '\0', length) == NULL)
    text = g_strndup (data, length);
  if (text != NULL)
    parse = kind_of_text (path, text);
  return parse != NULL ? parse : kind_of_name (path);
}

/* Whether each hard disk lies beside the description. */
static gboolean
has_disks_beside (const DomuimgHardware *self, const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);

  for (guint i = 0; i < self->disks->len; i++)
    {
      const DomuimgHardwareDisk *disk = g_ptr_array_index (self->disks, i);
      g_autofree char *found
          = disk->is_cdrom || disk->path == NULL
                ? g_strdup ("")
                : domuimg_name_find (directory, domuimg_name_last_part (disk->path));

      if (found == NULL)
        return FALSE;
    }
  return TRUE;
}

/* A text that does not say what it is in means something in several encodings; in the right one, it
 * names files that are there. */
static DomuimgHardware *
parse_by_files (Parse parse, const char *path, const char *text, gsize length)
{
  g_autoptr (GPtrArray) texts = domuimg_encoding_list (text, length);

  for (guint i = 0; i < texts->len; i++)
    {
      const char *plain = g_ptr_array_index (texts, i);
      g_autoptr (DomuimgHardware) hardware = parse (plain, strlen (plain), path, NULL);

      if (hardware != NULL && has_disks_beside (hardware, path))
        return g_steal_pointer (&hardware);
    }
  return NULL;
}

/* Text in none of the encodings that are known by themselves. */
static gboolean
is_guessed (Parse parse, const char *text, gsize length)
{
  g_autofree char *declared = NULL;

  if (length == 0 || memchr (text, '\0', length) != NULL || g_utf8_validate (text, (gssize) length, NULL))
    return FALSE;
  declared = parse == domuimg_vmx_parse ? domuimg_vmx_text_decode (text, length) : NULL;
  return declared == NULL && !g_regex_match_simple ("^<\\?xml[^>]*\\sencoding\\s*=", text, G_REGEX_RAW, 0);
}

static DomuimgHardware *
read_description (const char *path, int flags, GError **error)
{
  g_autoptr (GBytes) bytes = read_file (path, flags, error);
  Parse parse = bytes != NULL ? kind_of (path, bytes) : NULL;
  DomuimgHardware *found = NULL;
  gsize length;
  const char *data;

  if (bytes == NULL)
    return NULL;
  data = g_bytes_get_data (bytes, &length);
  if (parse != NULL && is_guessed (parse, data, length))
    found = parse_by_files (parse, path, data, length);
  if (found != NULL)
    return found;
  if (parse != NULL)
    return parse (data != NULL ? data : "", length, path, error);
  domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                "%s describes no machine: neither a vmx, OVF, vbox, libvirt or Proxmox VE"
                " configuration, nor a command line of QEMU",
                path);
  return NULL;
}

DomuimgHardware *
domuimg_hardware_read (const char *path, GError **error)
{
  return read_description (path, 0, error);
}

DomuimgHardware *
domuimg_hardware_read_beside (const char *path)
{
  return read_description (path, O_NOFOLLOW, NULL);
}

gboolean
domuimg_hardware_is_description (const char *path)
{
  g_autoptr (GBytes) bytes = read_file (path, 0, NULL);

  if (bytes == NULL)
    return kind_of_name (path) != NULL && g_file_test (path, G_FILE_TEST_IS_REGULAR);
  return kind_of (path, bytes) != NULL;
}
