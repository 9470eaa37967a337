/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/check-fixtures.h"

#include <elf.h>
#include <string.h>

#include "lib/repair/site.h"
#include "lib/check/report.h"
#include "tests/unit/kernel-fixtures.h"

void
guest_add_device (Guest *self, guint i, const char *name, const char *fs, const char *uuid)
{
  DomuimgDevice *device = g_new0 (DomuimgDevice, 1);

  self->volumes[i].fs = (char *) fs;
  self->volumes[i].uuid = (char *) uuid;
  device->name = g_strdup (name);
  device->volume = &self->volumes[i];
  g_ptr_array_add (self->machine->devices, device);
}

void
guest_clear (Guest *self)
{
  domuimg_machine_free (self->machine);
}

void
tree_put (DomuimgTree *tree, const char *path, GBytes *content, guint32 mode)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = g_path_get_dirname (path);
  g_autoptr (DomuimgEntry) entry = g_new0 (DomuimgEntry, 1);

  domuimg_tree_mkdir_p (tree, directory, 0755, &error);
  g_assert_no_error (error);
  entry->path = domuimg_path_normalise (path, &error);
  g_assert_no_error (error);
  entry->type = DOMUIMG_ENTRY_FILE;
  entry->mode = mode;
  domuimg_tree_put (tree, entry, content, &error);
  g_assert_no_error (error);
}

void
tree_put_text (DomuimgTree *tree, const char *path, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  tree_put (tree, path, bytes, 0644);
}

static void
put_script (DomuimgTree *tree, const char *path)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);

  tree_put (tree, path, bytes, 0755);
}

void
tree_edit (DomuimgTree *tree, const char *path, const char *text)
{
  g_autoptr (GError) error = NULL;

  if (*text == '\0')
    domuimg_tree_remove_all (tree, path, &error);
  else if (g_str_equal (text, "/"))
    domuimg_tree_mkdir_p (tree, path, 0755, &error);
  else if (g_str_has_prefix (text, "->"))
    {
      g_autofree char *directory = g_path_get_dirname (path);

      domuimg_tree_mkdir_p (tree, directory, 0755, NULL);
      domuimg_tree_symlink (tree, text + 2, path, &error);
    }
  else
    tree_put_text (tree, path, text);
  g_assert_no_error (error);
}

void
guest_init (Guest *self, const char *fixture)
{
  static const char *const directories[] = { "/dev", "/proc", "/sys", "/run", "/tmp" };
  g_autoptr (GError) error = NULL;
  DomuimgMachine *machine = domuimg_machine_new ();
  DomuimgDevice *root;

  memset (self, 0, sizeof *self);
  self->machine = machine;
  machine->path = g_strdup ("web1.cfg");
  machine->domain = domuimg_domain_new ("web1", &error);
  g_assert_no_error (error);
  machine->type = DOMUIMG_GUEST_TYPE_PVH;
  machine->boot.cmdline = g_strdup ("root=UUID=" ROOT_UUID " ro");
  guest_add_device (self, 0, "xvda1", "ext4", ROOT_UUID);
  guest_add_device (self, 1, "xvda2", "xfs", DATA_UUID);
  guest_add_device (self, 2, "xvda3", "swap", NULL);
  root = g_ptr_array_index (machine->devices, 0);
  root->tree = guest_load (fixture);
  machine->root = root;
  machine->tree = root->tree;
  tree_edit (machine->tree, "/etc/fstab", "");
  tree_edit (machine->tree, "/etc/crypttab", "");
  for (guint i = 0; i < G_N_ELEMENTS (directories); i++)
    tree_edit (machine->tree, directories[i], "/");
  put_script (machine->tree, "/bin/login");
  put_script (machine->tree, GUEST_UDEVD);
  put_script (machine->tree, GUEST_GENERATOR);
}

/* Once the tree is as it shall be. */
static void
guest_look (Guest *self)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->machine->info, domuimg_guest_info_free);
  self->machine->info = domuimg_guest_info_new (self->machine->tree, &error);
  g_assert_no_error (error);
}

void
guest_set_cmdline (Guest *self, const char *cmdline)
{
  g_free (self->machine->boot.cmdline);
  self->machine->boot.cmdline = g_strdup (cmdline);
}

char *
guest_find (Guest *self, Rule rule)
{
  g_autoptr (GString) text = g_string_new (NULL);
  GPtrArray *findings;

  g_object_unref (self->machine->report);
  self->machine->report = domuimg_report_new ();
  guest_look (self);
  rule (self->machine);
  findings = domuimg_report_get_findings (self->machine->report);
  for (guint i = 0; i < findings->len; i++)
    {
      DomuimgFinding *finding = g_ptr_array_index (findings, i);

      g_string_append_printf (text, "%s%s %s", i > 0 ? ", " : "", finding->id,
                              domuimg_severity_to_string (finding->severity));
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

void
guest_repair (Guest *self)
{
  GPtrArray *findings = domuimg_report_get_findings (self->machine->report);
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *json = domuimg_report_to_json (self->machine->report);
  DomuimgTree *tree = self->machine->tree;
  DomuimgEdit edit = { tree, .originals = tree, .changes = changes };
  DomuimgRepairSite site = { .name = self->machine->path,
                             .loaded = &self->machine->boot,
                             .devices = self->machine->devices,
                             .root = edit };

  for (guint i = 0; i < findings->len; i++)
    {
      DomuimgFinding *finding = g_ptr_array_index (findings, i);
      g_autoptr (GError) error = NULL;

      g_assert_nonnull (finding->remedy);
      if (!domuimg_finding_get_fixable (finding) || finding->repair == domuimg_repair_parameter)
        continue;
      g_assert_nonnull (strstr (json, "\"fixable\" : true"));
      if (finding->repair != NULL)
        finding->repair (&site, finding->argument, &error);
      else
        finding->edit_repair (&edit, finding->argument, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (changes->len, >, 0);
    }
}

void
run_cases (const Case *cases, guint n_cases, Rule rule, void (*make) (Guest *self))
{
  for (guint i = 0; i < n_cases; i++)
    {
      const Case *test = &cases[i];
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      if (make != NULL)
        make (&guest);
      else
        guest_init (&guest, test->fixture);
      if (test->path != NULL)
        tree_edit (guest.machine->tree, test->path, test->text);
      if (test->cmdline != NULL)
        guest_set_cmdline (&guest, test->cmdline);
      found = guest_find (&guest, rule);
      if (!g_str_equal (found, test->found))
        {
          g_test_message ("%s: found \"%s\", and not \"%s\"", test->name, found, test->found);
          g_test_fail ();
          continue;
        }
      if (test->after == NULL)
        continue;
      guest_repair (&guest);
      g_free (found);
      found = guest_find (&guest, rule);
      if (!g_str_equal (found, test->after))
        {
          g_test_message ("%s, repaired: found \"%s\", and not \"%s\"", test->name, found,
                          test->after);
          g_test_fail ();
        }
    }
}

GBytes *
program_new (guint16 machine, const char *interpreter, const char *search, guint32 search_tag,
             const char *const *needed)
{
  GByteArray *file = g_byte_array_new ();
  g_autoptr (GString) strings = g_string_new_len ("", 1);
  g_autoptr (GArray) dynamic = g_array_new (FALSE, TRUE, sizeof (Elf64_Dyn));
  Elf64_Ehdr header = { .e_ident = ELFMAG, .e_type = ET_DYN, .e_machine = machine,
                        .e_phoff = sizeof header, .e_ehsize = sizeof header,
                        .e_phentsize = sizeof (Elf64_Phdr), .e_phnum = 3 };
  Elf64_Phdr segments[3] = { { .p_type = PT_LOAD }, { .p_type = PT_DYNAMIC }, { 0 } };
  Elf64_Dyn entry;
  gsize at = sizeof header + sizeof segments;

  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  for (guint i = 0; needed != NULL && needed[i] != NULL; i++)
    {
      entry = (Elf64_Dyn){ DT_NEEDED, { strings->len } };
      g_array_append_val (dynamic, entry);
      g_string_append_len (strings, needed[i], strlen (needed[i]) + 1);
    }
  if (search != NULL)
    {
      entry = (Elf64_Dyn){ search_tag, { strings->len } };
      g_array_append_val (dynamic, entry);
      g_string_append_len (strings, search, strlen (search) + 1);
    }
  entry = (Elf64_Dyn){ DT_STRSZ, { strings->len } };
  g_array_append_val (dynamic, entry);
  /* Addresses are 0x10000 above offsets, so that one is not taken for the other. */
  entry = (Elf64_Dyn){ DT_STRTAB, { 0x10000 + at } };
  g_array_append_val (dynamic, entry);
  entry = (Elf64_Dyn){ DT_NULL, { 0 } };
  g_array_append_val (dynamic, entry);
  segments[1].p_offset = at + strings->len;
  segments[1].p_filesz = dynamic->len * sizeof entry;
  if (interpreter != NULL)
    segments[2] = (Elf64_Phdr){ .p_type = PT_INTERP,
                                .p_offset = segments[1].p_offset + segments[1].p_filesz,
                                .p_filesz = strlen (interpreter) + 1 };
  segments[0].p_vaddr = 0x10000;
  segments[0].p_filesz = segments[1].p_offset + segments[1].p_filesz;
  g_byte_array_append (file, (const guint8 *) &header, sizeof header);
  g_byte_array_append (file, (const guint8 *) segments, sizeof segments);
  g_byte_array_append (file, (const guint8 *) strings->str, strings->len);
  g_byte_array_append (file, (const guint8 *) dynamic->data, dynamic->len * sizeof entry);
  if (interpreter != NULL)
    g_byte_array_append (file, (const guint8 *) interpreter, strlen (interpreter) + 1);
  return g_byte_array_free_to_bytes (file);
}

void
tree_put_program (DomuimgTree *tree, const char *path, const char *interpreter, const char *search,
             guint32 search_tag, const char *const *needed)
{
  g_autoptr (GBytes) bytes
      = program_new (EM_X86_64, interpreter, search, search_tag, needed);

  tree_put (tree, path, bytes, 0755);
}

void
guest_set_kernel (Guest *self, const char *version)
{
  g_autoptr (GBytes) bytes = bzimage_of_linux (version, TRUE, TRUE);
  g_autoptr (GError) error = NULL;

  g_clear_object (&self->machine->boot.kernel);
  self->machine->boot.kernel = domuimg_kernel_new_for_bytes (bytes, "vmlinuz", &error);
  g_assert_no_error (error);
}

void
guest_init_programs (Guest *self)
{
  static const char *const of_init[] = { "libsystemd-core.so", "libc.so.6", NULL };
  static const char *const of_core[] = { "libsystemd-shared.so", "libc.so.6", NULL };
  static const char *const of_shared[] = { "libmount.so.1", "libc.so.6", NULL };
  static const char *const of_mount[] = { "libc.so.6", NULL };
  g_autoptr (GBytes) kernel = elf_of_linux (TRUE, TRUE);
  g_autoptr (GError) error = NULL;
  DomuimgTree *tree;

  guest_init (self, SYSTEMD);
  self->machine->boot.kernel = domuimg_kernel_new_for_bytes (kernel, "vmlinuz", &error);
  g_assert_no_error (error);
  tree = self->machine->tree;
  tree_put_program (tree, GUEST_INIT, GUEST_LOADER, "/usr/lib/x86_64-linux-gnu/systemd",
                    DT_RUNPATH, of_init);
  tree_put_program (tree, GUEST_LOADER, NULL, NULL, 0, NULL);
  tree_put_program (tree, "/lib/x86_64-linux-gnu/libc.so.6", NULL, NULL, 0, NULL);
  tree_put_program (tree, "/lib/x86_64-linux-gnu/systemd/libsystemd-core.so", NULL, "$ORIGIN",
               DT_RUNPATH, of_core);
  tree_put_program (tree, "/lib/x86_64-linux-gnu/systemd/libsystemd-shared.so", NULL, NULL, 0,
               of_shared);
  tree_put_program (tree, "/opt/lib/libmount.so.1", NULL, NULL, 0, of_mount);
  tree_edit (tree, "/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n");
  tree_edit (tree, "/etc/ld.so.conf.d/opt.conf", "# more\n/opt/lib\n");
  tree_edit (tree, "/lib/systemd/system/multi-user.target", "[Unit]\n");
  tree_edit (tree, "/lib/systemd/system/rescue.target", "[Unit]\n");
}
