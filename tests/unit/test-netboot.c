/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/netboot/dhcp-packet.h"
#include "lib/netboot/next.h"
#include "lib/netboot/url.h"
#include "tests/unit/kernel-fixtures.h"

/* A boot server that is a table of its files. */
typedef struct {
  const char *url;
  const char *text;
} File;

#define KERNEL "\177ELF and so on"

typedef struct {
  const File *files;
  DomuimgNetbootState *state;
  GString *asked;  /* paths that were looked for, in their order */
  const char *typed; /* (nullable) what a person makes of the command line */
  int choice;      /* in the menu; -1: the default */
  guint menus;
} World;

static void
world_init (World *self, const File *files, const char *url)
{
  *self = (World){ .files = files, .state = domuimg_netboot_state_new (),
                   .asked = g_string_new (NULL), .choice = -1 };
  domuimg_netboot_state_set (self->state, "url", url);
}

static void
world_clear (World *self)
{
  domuimg_netboot_state_free (self->state);
  g_string_free (self->asked, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (World, world_clear)

static void
serve (World *self, const char *url)
{
  g_autoptr (GBytes) bytes = NULL;

  g_string_append_printf (self->asked, "%s\n", url);
  for (const File *file = self->files; file->url != NULL; file++)
    if (g_str_equal (file->url, url))
      bytes = g_bytes_new_static (file->text, strlen (file->text));
  domuimg_netboot_state_add_file (self->state, url, bytes, FALSE);
}

static void
answer (World *self, const DomuimgMenu *menu)
{
  self->menus++;
  domuimg_netboot_state_answer (self->state,
                                self->choice >= 0 ? self->choice : MAX (menu->default_entry, 0),
                                self->typed);
}

/* To the end: what is booted, or the failure. */
static DomuimgNetbootNext *
play (World *self)
{
  for (guint i = 0; i < 500; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) request = domuimg_netboot_state_write (self->state);
      g_autoptr (GBytes) reply = domuimg_netboot_parse (request);
      g_autoptr (DomuimgNetbootNext) next = domuimg_netboot_next_read (reply, &error);

      g_assert_no_error (error);
      if (next->kind == DOMUIMG_NETBOOT_NEED)
        for (guint n = 0; n < next->urls->len; n++)
          serve (self, next->urls->pdata[n]);
      else if (next->kind == DOMUIMG_NETBOOT_MENU)
        answer (self, next->menu);
      else
        return g_steal_pointer (&next);
    }
  g_assert_not_reached ();
}

static void
assert_boots (World *self, const char *urls, const char *cmdline)
{
  g_autoptr (DomuimgNetbootNext) next = play (self);
  g_autofree char *got = NULL;

  g_ptr_array_add (next->urls, NULL);
  got = g_strjoinv (" ", (char **) next->urls->pdata);
  if (next->kind == DOMUIMG_NETBOOT_FAIL)
    g_test_message ("fails: %s", next->text);
  g_assert_cmpint (next->kind, ==, DOMUIMG_NETBOOT_BOOT);
  g_assert_cmpstr (got, ==, urls);
  g_assert_cmpstr (next->cmdline, ==, cmdline);
}

static void
assert_fails (World *self, DomuimgError code, const char *part)
{
  g_autoptr (DomuimgNetbootNext) next = play (self);

  g_assert_cmpint (next->kind, ==, DOMUIMG_NETBOOT_FAIL);
  g_test_message ("%s", next->text);
  g_assert_cmpint (next->code, ==, code);
  g_assert_nonnull (strstr (next->text, part));
}

static void
test_pxe_names (void)
{
  static const File files[] = { { NULL, NULL } };
  g_auto (World) world = { NULL };

  world_init (&world, files, NULL);
  domuimg_netboot_state_set (world.state, "next-server", "192.0.2.1");
  domuimg_netboot_state_set (world.state, "file", "boot/pxelinux.0");
  domuimg_netboot_state_set (world.state, "mac", "00:16:3E:0A:0B:0C");
  domuimg_netboot_state_set (world.state, "uuid", "B8945908-D6A6-41A9-611D-74A6AB80B83D");
  domuimg_netboot_state_set (world.state, "ip", "192.0.2.91");
  assert_fails (&world, DOMUIMG_ERROR_NOT_FOUND, "pxelinux.0");
  g_assert_true (g_str_has_prefix (
      world.asked->str,
      "tftp://192.0.2.1/boot/pxelinux.0\n"
      "tftp://192.0.2.1/boot/pxelinux.cfg/b8945908-d6a6-41a9-611d-74a6ab80b83d\n"
      "tftp://192.0.2.1/boot/pxelinux.cfg/01-00-16-3e-0a-0b-0c\n"
      "tftp://192.0.2.1/boot/pxelinux.cfg/C000025B\n"
      "tftp://192.0.2.1/boot/pxelinux.cfg/C000025\n"
      "tftp://192.0.2.1/boot/pxelinux.cfg/C00002\n"
      "tftp://192.0.2.1/boot/pxelinux.cfg/C0000\n"
      "tftp://192.0.2.1/boot/pxelinux.cfg/C000\n"
      "tftp://192.0.2.1/boot/pxelinux.cfg/C00\n"
      "tftp://192.0.2.1/boot/pxelinux.cfg/C0\n"
      "tftp://192.0.2.1/boot/pxelinux.cfg/C\n"
      "tftp://192.0.2.1/boot/pxelinux.cfg/default\n"));
}

static const File pxe_files[] = {
  { "http://s/d/pxelinux.cfg/default",
    "DEFAULT menu.c32\nTIMEOUT 50\nMENU TITLE Here\nINCLUDE pxelinux.cfg/more\n"
    "LABEL one\n MENU LABEL ^One\n KERNEL one/linux\n APPEND a=1 initrd=one/initrd.gz\n"
    "LABEL two\n MENU DEFAULT\n LINUX /abs/linux\n INITRD a.img,b.img\n APPEND b\n IPAPPEND 3\n"
    "LABEL disk\n LOCALBOOT 0\n"
    "LABEL other\n KERNEL vesamenu.c32\n APPEND pxelinux.cfg/other\n"
    "LABEL away\n KERNEL 192.0.2.7::k\n INITRD http://t/i\n" },
  { "http://s/d/pxelinux.cfg/more", "LABEL included\n KERNEL k\n" },
  { "http://s/d/pxelinux.cfg/other", "DEFAULT x\nLABEL x\nKERNEL x\nAPPEND from other\n" },
  { NULL, NULL },
};

static void
assert_pxe (const char *entry, const char *urls, const char *cmdline)
{
  g_auto (World) world = { NULL };

  world_init (&world, pxe_files, "http://s/d/");
  domuimg_netboot_state_set (world.state, "entry", entry);
  domuimg_netboot_state_set (world.state, "mac", "00:16:3e:0a:0b:0c");
  domuimg_netboot_state_set (world.state, "ip", "192.0.2.9");
  domuimg_netboot_state_set (world.state, "next-server", "192.0.2.1");
  domuimg_netboot_state_set (world.state, "gateway", "192.0.2.2");
  domuimg_netboot_state_set (world.state, "netmask", "255.255.255.0");
  assert_boots (&world, urls, cmdline);
}

static void
test_pxe_entries (void)
{
  assert_pxe (NULL, "http://s/abs/linux http://s/d/a.img http://s/d/b.img",
              "b ip=192.0.2.9:192.0.2.1:192.0.2.2:255.255.255.0 BOOTIF=01-00-16-3e-0a-0b-0c");
  assert_pxe ("one", "http://s/d/one/linux http://s/d/one/initrd.gz", "a=1");
  assert_pxe ("One", "http://s/d/one/linux http://s/d/one/initrd.gz", "a=1");
  assert_pxe ("0", "http://s/d/k", "");
  assert_pxe ("other", "http://s/d/x", "from other");
  assert_pxe ("away", "tftp://192.0.2.7/k http://t/i", "");
}

static void
test_pxe_local (void)
{
  g_auto (World) world = { NULL };

  world_init (&world, pxe_files, "http://s/d/pxelinux.cfg/default");
  domuimg_netboot_state_set (world.state, "entry", "disk");
  assert_fails (&world, DOMUIMG_ERROR_NOT_BOOTABLE, "LOCALBOOT");
}

static void
test_pxe_menu (void)
{
  g_auto (World) world = { NULL };

  world_init (&world, pxe_files, "http://s/d/pxelinux.cfg/default");
  world.choice = 1;
  world.typed = "typed single";
  assert_boots (&world, "http://s/d/one/linux http://s/d/one/initrd.gz", "typed single");
  g_assert_cmpuint (world.menus, ==, 1);
}

static void
test_pxe_no_entry (void)
{
  g_auto (World) world = { NULL };

  world_init (&world, pxe_files, "http://s/d/");
  domuimg_netboot_state_set (world.state, "entry", "absent");
  assert_fails (&world, DOMUIMG_ERROR_NOT_FOUND, "absent");
}

static void
test_pxe_circle (void)
{
  static const File files[]
      = { { "http://s/a", "LABEL a\nKERNEL menu.c32\nAPPEND a\n" }, { NULL, NULL } };
  g_auto (World) world = { NULL };

  world_init (&world, files, "http://s/a");
  assert_fails (&world, DOMUIMG_ERROR_CORRUPT_INPUT, "lead to each other");
}

static void
test_pxe_other_scheme (void)
{
  static const File files[]
      = { { "http://s/a", "LABEL a\nKERNEL file:///etc/shadow\n" }, { NULL, NULL } };
  g_auto (World) world = { NULL };

  world_init (&world, files, "http://s/a");
  assert_fails (&world, DOMUIMG_ERROR_UNSAFE_INPUT, "file:///etc/shadow");
}

static void
test_dhcp_options (void)
{
  static const File files[] = { { "http://s/p/my.cfg", "LABEL a\nKERNEL k\n" }, { NULL, NULL } };
  g_auto (World) world = { NULL };

  world_init (&world, files, NULL);
  domuimg_netboot_state_set (world.state, "next-server", "192.0.2.1");
  domuimg_netboot_state_set (world.state, "file", "pxelinux.0");
  domuimg_netboot_state_set (world.state, "path-prefix", "http://s/p/");
  domuimg_netboot_state_set (world.state, "config-file", "my.cfg");
  assert_boots (&world, "http://s/p/k", "");
}

static void
test_dhcp_nothing (void)
{
  static const File files[] = { { NULL, NULL } };
  g_auto (World) world = { NULL };

  world_init (&world, files, NULL);
  assert_fails (&world, DOMUIMG_ERROR_NOT_FOUND, "--net=URL");
}

static void
test_grub (void)
{
  static const File files[] = {
    { "http://s/d/grub/grub.cfg",
      "set default=1\nsource $prefix/more.cfg\n"
      "menuentry 'Away' {\n linux (tftp,$net_default_server)/k x=${net_default_mac}\n"
      " initrd (tftp,$net_default_server)/i\n}\n" },
    { "http://s/d/grub/more.cfg", "menuentry 'Here' { linux /boot/k 'a b'\n initrd /boot/i /j\n}\n" },
    { NULL, NULL },
  };
  g_auto (World) away = { NULL };
  g_auto (World) here = { NULL };

  world_init (&away, files, "http://s/d/");
  domuimg_netboot_state_set (away.state, "mac", "00:16:3e:0a:0b:0c");
  assert_boots (&away, "tftp://s/k tftp://s/i", "x=00:16:3e:0a:0b:0c");
  world_init (&here, files, "http://s/d/grub/grub.cfg");
  domuimg_netboot_state_set (here.state, "entry", "Here");
  assert_boots (&here, "http://s/boot/k http://s/boot/i http://s/j", "\"a b\"");
}

static void
test_grub_disk (void)
{
  static const File files[]
      = { { "http://s/grub.cfg", "menuentry 'Disk' { linux (hd0,1)/k\n}\n" }, { NULL, NULL } };
  g_auto (World) world = { NULL };

  world_init (&world, files, "http://s/grub.cfg");
  assert_fails (&world, DOMUIMG_ERROR_UNSAFE_INPUT, "(hd0,1)");
}

static void
assert_ipxe (const char *script, const char *urls, const char *cmdline)
{
  g_autofree char *text = g_strconcat ("#!ipxe\n", script, NULL);
  const File files[] = {
    { "http://s/d/boot.ipxe", text },
    { "http://s/d/next.ipxe", "#!ipxe\nkernel k chained ${seen}\nboot\n" },
    { "http://s/d/broken.ipxe", "#!ipxe\nno-such-command\n" },
    { "http://s/d/done.ipxe", "#!ipxe\nset seen yes\nexit\n" },
    { "http://s/d/k", KERNEL },
    { "http://s/d/i1", "1" },
    { "http://s/d/i2", "2" },
    { "http://s/d/pxelinux.0", "a loader" },
    { "http://s/d/pxelinux.cfg/default", "LABEL a\nKERNEL k\nAPPEND pxe\n" },
    { "tftp://192.0.2.1/k", KERNEL },
    { NULL, NULL },
  };
  g_auto (World) world = { NULL };

  world_init (&world, files, "http://s/d/boot.ipxe");
  domuimg_netboot_state_set (world.state, "mac", "00:16:3e:0a:0b:0c");
  domuimg_netboot_state_set (world.state, "next-server", "192.0.2.1");
  if (urls != NULL)
    assert_boots (&world, urls, cmdline);
  else
    assert_fails (&world, DOMUIMG_ERROR_NOT_BOOTABLE, cmdline);
}

static void
test_ipxe (void)
{
  assert_ipxe ("set base http://s/d\nkernel ${base}/k a ${net0/mac:hexhyp} --b\n"
               "initrd i1\ninitrd --name x i2\nboot\n",
               "http://s/d/k http://s/d/i1 http://s/d/i2", "a 00-16-3e-0a-0b-0c --b");
  assert_ipxe ("kernel k\nimgargs k one two\nboot\n", "http://s/d/k", "one two");
  assert_ipxe ("boot --autofree k x\n", "http://s/d/k", "x");
  assert_ipxe ("kernel tftp://${next-server}/k\nboot\n", "tftp://192.0.2.1/k", "");
  assert_ipxe ("set a b\nset b-c d\nkernel k ${${a}-c}\nboot", "http://s/d/k", "d");
}

/* The name that iPXE had before. */
static void
test_gpxe (void)
{
  static const File files[] = { { "http://s/d/s", "#!gpxe\nkernel k a\nboot\n" },
                                { "http://s/d/k", KERNEL }, { NULL, NULL } };
  g_auto (World) world = { NULL };

  world_init (&world, files, "http://s/d/s");
  assert_boots (&world, "http://s/d/k", "a");
}

static void
test_ipxe_flow (void)
{
  assert_ipxe ("isset ${nothing} || goto there\nboot k wrong\n:there\nboot k right\n",
               "http://s/d/k", "right");
  assert_ipxe ("kernel absent || kernel k\nboot\n", "http://s/d/k", "");
  assert_ipxe ("kernel absent ||\niseq a a && boot k same || boot k other\n", "http://s/d/k",
               "same");
  assert_ipxe ("cpuid --ext 29 && set arch 64 || set arch 32\nboot k ${arch}", "http://s/d/k",
               "64");
  assert_ipxe ("prompt --key 0x02 --timeout 2000 Press && shell ||\nboot k", "http://s/d/k", "");
  assert_ipxe ("set i 1\n:loop\niseq ${i} 111 && goto out ||\nset i ${i}1\ngoto loop\n"
               ":out\nboot k ${i}", "http://s/d/k", "111");
}

static void
test_ipxe_chain (void)
{
  assert_ipxe ("chain broken.ipxe || chain next.ipxe\n", "http://s/d/k", "chained");
  assert_ipxe ("chain done.ipxe\nchain next.ipxe\n", "http://s/d/k", "chained yes");
  assert_ipxe ("chain --replace k direct\n", "http://s/d/k", "direct");
  assert_ipxe ("chain pxelinux.0\n", "http://s/d/k", "pxe");
}

static void
test_ipxe_menu (void)
{
  assert_ipxe ("menu Choose\nitem --gap -- Systems\nitem --key a first The first\n"
               "item second The second\nchoose --default second --timeout 5000 what && goto ${what}\n"
               ":first\nboot k 1\n:second\nboot k 2\n",
               "http://s/d/k", "2");
}

static void
test_ipxe_failures (void)
{
  assert_ipxe ("echo x\nkernel absent\nboot k\n", NULL, "line 3: “kernel absent” fails");
  assert_ipxe ("echo that is all\n", NULL, "boots nothing");
  assert_ipxe ("chain broken.ipxe\n", NULL, "boot.ipxe, line 2");
}

static void
test_ipxe_endless (void)
{
  static const File files[] = {
    { "http://s/a", "#!ipxe\n:a\nset x ${x}${x}yyyyyyyyyyyyyyyy\ngoto a\n" },
    { "http://s/b", "#!ipxe\nchain b ||\nchain b\n" },
    { "http://s/c", "#!ipxe\nimgverify k k.sig\n" },
    { NULL, NULL },
  };
  g_auto (World) a = { NULL };
  g_auto (World) b = { NULL };
  g_auto (World) c = { NULL };

  world_init (&a, files, "http://s/a");
  assert_fails (&a, DOMUIMG_ERROR_CORRUPT_INPUT, "does not end");
  world_init (&b, files, "http://s/b");
  assert_fails (&b, DOMUIMG_ERROR_CORRUPT_INPUT, "lead to each other");
  world_init (&c, files, "http://s/c");
  assert_fails (&c, DOMUIMG_ERROR_NOT_SUPPORTED, "signatures");
}

static void
test_trees (void)
{
  static const struct {
    File files[4];
    const char *urls;
    const char *cmdline;
  } trees[] = {
    { { { "http://s/t/images/pxeboot/vmlinuz", KERNEL },
        { "http://s/t/images/pxeboot/initrd.img", "i" } },
      "http://s/t/images/pxeboot/vmlinuz http://s/t/images/pxeboot/initrd.img",
      "inst.repo=http://s/t/" },
    { { { "http://s/t/.treeinfo",
          "[general]\nfamily = Fedora\n[images-x86_64]\nkernel = a/k\ninitrd = a/i\n" } },
      "http://s/t/a/k http://s/t/a/i", "inst.repo=http://s/t/" },
    { { { "http://s/t/.treeinfo",
          "[general]\nfamily = openSUSE Leap\n[images-x86_64]\nkernel = a/k\ninitrd = a/i\n" } },
      "http://s/t/a/k http://s/t/a/i", "install=http://s/t/" },
    { { { "http://s/t/boot/x86_64/loader/linux", KERNEL },
        { "http://s/t/boot/x86_64/loader/initrd", "i" } },
      "http://s/t/boot/x86_64/loader/linux http://s/t/boot/x86_64/loader/initrd",
      "install=http://s/t/" },
    { { { "http://s/t/current/images/netboot/debian-installer/amd64/linux", KERNEL },
        { "http://s/t/current/images/netboot/debian-installer/amd64/initrd.gz", "i" } },
      "http://s/t/current/images/netboot/debian-installer/amd64/linux "
      "http://s/t/current/images/netboot/debian-installer/amd64/initrd.gz", "" },
    { { { "http://s/t/casper/vmlinuz", KERNEL }, { "http://s/t/casper/initrd", "i" } },
      "http://s/t/casper/vmlinuz http://s/t/casper/initrd", "" },
    { { { "http://s/t/linux", KERNEL }, { "http://s/t/initrd.gz", "i" } },
      "http://s/t/linux http://s/t/initrd.gz", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (trees); i++)
    {
      g_auto (World) world = { NULL };

      world_init (&world, trees[i].files, i % 2 == 0 ? "http://s/t" : "http://s/t/");
      assert_boots (&world, trees[i].urls, trees[i].cmdline);
    }
}

/* A page that a web server sends for whatever is asked is no kernel. */
static void
test_tree_of_pages (void)
{
  static const File files[] = { { "http://s/t/images/pxeboot/vmlinuz", "<html>" },
                                { "http://s/t/", "<html>" },
                                { NULL, NULL } };
  g_auto (World) world = { NULL };

  world_init (&world, files, "http://s/t/");
  assert_fails (&world, DOMUIMG_ERROR_NOT_FOUND, "no installer");
}

static void
test_kernel_url (void)
{
  static const File files[] = { { "tftp://s/vmlinuz", KERNEL }, { NULL, NULL } };
  g_auto (World) world = { NULL };

  world_init (&world, files, "tftp://s/vmlinuz");
  assert_boots (&world, "tftp://s/vmlinuz", "");
}

static void
test_large_menu (void)
{
  g_autoptr (DomuimgNetbootState) state = domuimg_netboot_state_new ();
  g_autoptr (GBytes) start = g_bytes_new_static ("LABEL a\n", 8);
  g_autoptr (GBytes) request = NULL;
  g_autoptr (GBytes) reply = NULL;
  g_autoptr (DomuimgNetbootNext) next = NULL;

  domuimg_netboot_state_set (state, "url", "http://s/a");
  domuimg_netboot_state_add_file (state, "http://s/a", start, TRUE);
  request = domuimg_netboot_state_write (state);
  reply = domuimg_netboot_parse (request);
  next = domuimg_netboot_next_read (reply, NULL);
  g_assert_cmpint (next->kind, ==, DOMUIMG_NETBOOT_FAIL);
  g_assert_cmpint (next->code, ==, DOMUIMG_ERROR_CORRUPT_INPUT);
}

static void
assert_resolves (const char *base, const char *path, const char *expected)
{
  g_autofree char *url = domuimg_netboot_resolve (base, path);

  g_assert_cmpstr (url, ==, expected);
}

static void
test_urls (void)
{
  assert_resolves ("http://s/a/b", "c", "http://s/a/c");
  assert_resolves ("http://s/a/", "c", "http://s/a/c");
  assert_resolves ("http://s", "c", "http://s/c");
  assert_resolves ("http://s/a?x=/y/", "c", "http://s/c");
  assert_resolves ("http://s:80/a/b", "/c", "http://s:80/c");
  assert_resolves ("tftp://s/a/b", "::c", "tftp://s/c");
  assert_resolves ("tftp://s/a/b", "t::/c", "tftp://t/c");
  assert_resolves ("tftp://s/a/b", "(http,t:80)/c", "http://t:80/c");
  assert_resolves ("tftp://s/a/b", "(tftp)/c", "tftp://s/c");
  assert_resolves ("tftp://s/a/b", "(hd0,1)/c", NULL);
  assert_resolves ("tftp://s/a/b", "file:///c", NULL);
  assert_resolves ("tftp://s/a/b", "gopher://t/c", NULL);
  assert_resolves ("tftp://s/a/b", "c d", NULL);
  assert_resolves ("tftp://s/a/b", "http://", NULL);
  assert_resolves ("tftp://s/a/b", "\xff", NULL);
  assert_resolves ("tftp://s/a/b", "file://t/c", NULL);
  assert_resolves ("tftp://s/a/b", "http:///c", NULL);
  for (const char *at = "\"'\\<>`{}|^$\177"; *at != '\0'; at++)
    {
      const char path[] = { 'c', *at, 'd', '\0' };

      assert_resolves ("tftp://s/a/b", path, NULL);
    }
}

/* What a parser that was taken over could write. */
static void
test_hostile_replies (void)
{
  static const char *const variants[] = {
    "(uint32 1, uint32 0, '', '', ['file:///etc/shadow'], '', '', false, uint32 0, -1, "
    "@a(sss) [])",
    "(uint32 1, uint32 0, '', '', @as [], '', '', false, uint32 0, -1, @a(sss) [])",
    "(uint32 2, uint32 0, '', '', @as [], '', '', false, uint32 0, -1, @a(sss) [])",
    "(uint32 2, uint32 0, '', '', @as [], '', '', false, uint32 0, 1, [('a', 'b', 'c')])",
    "(uint32 3, uint32 0, '', 'a\\nb', ['http://s/a'], '', '', false, uint32 0, -1, @a(sss) [])",
    "(uint32 9, uint32 0, '', '', @as [], '', '', false, uint32 0, -1, @a(sss) [])",
  };
  g_autoptr (GBytes) garbage = g_bytes_new_static ("\1\2\3", 3);

  g_assert_null (domuimg_netboot_next_read (garbage, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (variants); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) variant = g_variant_parse (G_VARIANT_TYPE ("(uussasssbuia(sss))"),
                                                      variants[i], NULL, NULL, &error);
      g_autoptr (GBytes) bytes = NULL;

      g_assert_no_error (error);
      bytes = g_variant_get_data_as_bytes (variant);
      g_assert_null (domuimg_netboot_next_read (bytes, &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
    }
}

static void
refuse_file (GBytes *content, const char *name)
{
  g_autofree char *url = g_strdup_printf ("http://s/%s", name);
  g_autofree char *text = g_strndup (g_bytes_get_data (content, NULL), g_bytes_get_size (content));
  const File files[] = { { url, text }, { NULL, NULL } };
  g_auto (World) world = { NULL };
  g_autoptr (DomuimgNetbootNext) next = NULL;

  world_init (&world, files, url);
  next = play (&world);
  g_test_message ("%s: %s", name, next->text);
  g_assert_cmpint (next->kind, ==, DOMUIMG_NETBOOT_FAIL);
}

static void
test_must_fail (void)
{
  for_each_must_fail ("netboot", refuse_file);
}

static const guint8 own_mac[6] = { 0, 0x16, 0x3e, 1, 2, 3 };

/* An answer to @query, as a server begins it: the same header. */
static DomuimgDhcpReply *
parse_answer (const DomuimgDhcpQuery *query, guint32 xid, const guint8 mac[6], GError **error)
{
  g_autoptr (GBytes) packet = domuimg_dhcp_build (query);
  gsize size;
  const guint8 *data = g_bytes_get_data (packet, &size);
  g_autofree guint8 *copy = g_memdup2 (data, size);

  copy[0] = 2;
  return domuimg_dhcp_parse (domuimg_bytes (copy, size), xid, mac, error);
}

/* On a bridge there are answers to other guests, too. */
static void
test_dhcp_of_others (void)
{
  static const guint8 other_mac[6] = { 0, 0x16, 0x3e, 1, 2, 4 };
  DomuimgDhcpQuery query = { .type = DOMUIMG_DHCP_DISCOVER, .xid = 42 };
  g_autoptr (DomuimgDhcpReply) own = NULL, of_other = NULL, of_another = NULL;
  g_autoptr (GBytes) packet = NULL;
  g_autoptr (GError) error = NULL;

  memcpy (query.mac, own_mac, sizeof own_mac);
  packet = domuimg_dhcp_build (&query);
  g_assert_cmpmem ((const guint8 *) g_bytes_get_data (packet, NULL) + 28, 6, own_mac, 6);
  own = parse_answer (&query, 42, own_mac, &error);
  g_assert_no_error (error);
  g_assert_nonnull (own);
  of_other = parse_answer (&query, 42, other_mac, &error);
  g_assert_null (of_other);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
  g_clear_error (&error);
  of_another = parse_answer (&query, 43, own_mac, &error);
  g_assert_null (of_another);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/netboot/pxe/names-in-order", test_pxe_names);
  g_test_add_func ("/netboot/pxe/entries", test_pxe_entries);
  g_test_add_func ("/netboot/pxe/local-disk-is-refused", test_pxe_local);
  g_test_add_func ("/netboot/pxe/menu-and-edited-line", test_pxe_menu);
  g_test_add_func ("/netboot/pxe/absent-entry", test_pxe_no_entry);
  g_test_add_func ("/netboot/pxe/menus-in-a-circle", test_pxe_circle);
  g_test_add_func ("/netboot/pxe/other-scheme-is-refused", test_pxe_other_scheme);
  g_test_add_func ("/netboot/dhcp/options-209-and-210", test_dhcp_options);
  g_test_add_func ("/netboot/dhcp/names-nothing", test_dhcp_nothing);
  g_test_add_func ("/netboot/dhcp/answers-to-others", test_dhcp_of_others);
  g_test_add_func ("/netboot/grub/entries", test_grub);
  g_test_add_func ("/netboot/grub/disk-is-refused", test_grub_disk);
  g_test_add_func ("/netboot/ipxe/kernel-and-variables", test_ipxe);
  g_test_add_func ("/netboot/ipxe/of-its-old-name", test_gpxe);
  g_test_add_func ("/netboot/ipxe/flow", test_ipxe_flow);
  g_test_add_func ("/netboot/ipxe/chain", test_ipxe_chain);
  g_test_add_func ("/netboot/ipxe/menu", test_ipxe_menu);
  g_test_add_func ("/netboot/ipxe/failures-name-the-line", test_ipxe_failures);
  g_test_add_func ("/netboot/ipxe/endless", test_ipxe_endless);
  g_test_add_func ("/netboot/tree/of-each-distribution", test_trees);
  g_test_add_func ("/netboot/tree/pages-are-no-kernels", test_tree_of_pages);
  g_test_add_func ("/netboot/kernel-by-url", test_kernel_url);
  g_test_add_func ("/netboot/large-menu", test_large_menu);
  g_test_add_func ("/netboot/url/resolve", test_urls);
  g_test_add_func ("/netboot/hostile-replies", test_hostile_replies);
  g_test_add_func ("/netboot/must-fail", test_must_fail);
  return g_test_run ();
}
