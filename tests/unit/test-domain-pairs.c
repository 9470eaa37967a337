/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* xl.cfg and libvirt's XML of the same guest: each is made from the other, and nothing is told as
 * lost. */
#include "config.h"

#include <string.h>

#include "domuimg/domain-config.h"
#include "domuimg/error.h"
#include "tests/unit/domain-fixtures.h"

#define XL DOMUIMG_CONFIG_FORMAT_XL
#define XML DOMUIMG_CONFIG_FORMAT_LIBVIRT
/* What every guest of a case has, by its type. */
#define NAME "name = \"g\"\nmemory = 512\n"
#define PV NAME "kernel = \"/boot/vmlinuz\"\n"
#define HVM NAME "type = \"hvm\"\n"
#define OF(type, rest, devices)                                                                   \
  "<domain type='xen'><name>g</name><memory unit='MiB'>512</memory><vcpu>2</vcpu><os>" type       \
  "</os>" rest "<devices>" devices "</devices></domain>"
#define PV_XML(rest, devices) OF ("<type>linux</type><kernel>/k</kernel>", rest, devices)
#define HVM_XML(rest, devices)                                                                    \
  OF ("<type machine='xenfv'>hvm</type><boot dev='hd'/>", "<features><acpi/><apic/><pae/>"        \
                                                          "</features>" rest,                     \
      devices)

static DomuimgDomain *
read_guest (const char *text, const char *name)
{
  g_autoptr (GError) error = NULL;
  DomuimgDomain *domain = domuimg_domain_new_from_text (text, name, &error);

  g_assert_no_error (error);
  return domain;
}

/* The text, and the losses divided by lines, sizes that are rounded up left out. */
static char *
write_guest (DomuimgDomain *domain, DomuimgConfigFormat format, char **said)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) losses = domuimg_domain_list_losses (domain, format, &error);
  char *text = NULL;

  g_assert_no_error (error);
  text = format == XL ? domuimg_domain_to_xl_cfg (domain, &error)
                      : domuimg_domain_to_libvirt_xml (domain, NULL, &error);
  g_assert_no_error (error);
  *said = g_strjoinv ("\n", losses);
  return text;
}

static void
assert_pair (const char *stem)
{
  static const struct {
    DomuimgConfigFormat format;
    const char *suffix;
  } sides[] = { { XL, ".cfg" }, { XML, ".xml" } };

  for (guint from = 0; from < G_N_ELEMENTS (sides); from++)
    for (guint to = 0; to < G_N_ELEMENTS (sides); to++)
      {
        g_autofree char *source = g_strconcat ("pairs/", stem, sides[from].suffix, NULL);
        g_autofree char *target = g_strconcat ("pairs/", stem, sides[to].suffix, NULL);
        g_autofree char *before = golden_read (source);
        g_autoptr (DomuimgDomain) domain = read_guest (before, source);
        g_autofree char *said = NULL;
        g_autofree char *after = write_guest (domain, sides[to].format, &said);

        g_test_message ("%s to %s", source, target);
        g_assert_cmpstr (said, ==, "");
        golden_compare (target, after);
      }
}

static void
test_pairs (void)
{
  g_autofree char *folder = g_test_build_filename (G_TEST_DIST, "..", "golden", "domain", "pairs",
                                                   NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint count = 0;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".cfg"))
      {
        g_autofree char *stem = g_strndup (name, strlen (name) - strlen (".cfg"));

        assert_pair (stem);
        count++;
      }
  g_assert_cmpuint (count, >=, 18);
}

typedef struct {
  const char *text;
  DomuimgConfigFormat format;
  const char *found;  /* in what is written; after a "!", what is not */
  const char *losses; /* the whole of them; NULL: not looked at */
} Form;

static void
assert_form (const Form *form)
{
  g_autoptr (DomuimgDomain) domain = read_guest (form->text, "t");
  g_autofree char *said = NULL;
  g_autofree char *text = write_guest (domain, form->format, &said);
  gboolean not = form->found[0] == '!';

  if ((strstr (text, form->found + not) == NULL) != not)
    g_error ("%s\n%s in\n%s", form->text, form->found, text);
  if (form->losses != NULL && !g_str_equal (form->losses, said))
    g_error ("%s\nis told as\n%s\nand not\n%s", form->text, said, form->losses);
}

static void
assert_forms (const Form *forms, gsize n_forms)
{
  for (gsize i = 0; i < n_forms; i++)
    assert_form (&forms[i]);
}

/* What has several forms, of which the pairs have one. */
static void
test_ports (void)
{
  static const Form forms[] = {
    { HVM "serial = \"none\"\nparallel = \"none\"\n", XML, "!<serial", "" },
    { HVM "serial = \"none\"\n", XML, "!<console", "" },
    { HVM "serial = \"none\"\n", XL, "serial = \"none\"", "" },
    { HVM "serial = [ 'pty', 'file:/tmp/log' ]\n", XL, "    \"file:/tmp/log\",\n", "" },
    { HVM "serial = [ 'pty' ]\n", XL, "serial = [\n    \"pty\",\n]", "" },
    { HVM "serial = 'tcp:1.2.3.4:5,server=on,wait=off'\n", XML, "mode=\"bind\"", "" },
    { HVM "serial = 'tcp:1.2.3.4:5,server'\n", XML, "mode=\"bind\"",
      "serial \"tcp:1.2.3.4:5,server\": is \"tcp:1.2.3.4:5,server,nowait\" to libvirt" },
    { HVM "serial = 'mon:stdio'\n", XML, "type=\"pty\"",
      "serial \"mon:stdio\": libvirt has no form for it; the XML has a pty" },
    { HVM "serial = 'tcp:nowhere'\n", XML, "type=\"pty\"", NULL },
    { HVM_XML ("", ""), XL, "!serial", "" },
    { HVM_XML ("", "<serial type='tcp'><source mode='connect' host='::1' service='7'/></serial>"),
      XL, "serial = \"tcp:[::1]:7\"", "" },
    { HVM_XML ("", "<serial type='pty'><target port='1'/></serial>"), XL,
      "serial = [\n    \"none\",\n    \"pty\",\n]", "" },
    { HVM_XML ("", "<console type='pty'/>"), XL, "serial = \"pty\"", "" },
    { HVM_XML ("", "<serial type='file'><source path='/l'/></serial><console type='file'>"
                   "<source path='/l'/><target type='serial' port='0'/></console>"),
      XL, "serial = \"file:/l\"", "" },
    { HVM_XML ("", "<serial type='pty'><log file='/l'/></serial>"), XL, "serial = \"pty\"",
      "serial: <log file=\"/l\"/> is left out" },
    { HVM_XML ("", "<serial type='spicevmc'/>"), XL, "!serial",
      "devices: <serial> is in libvirt's XML only" },
    { PV "serial = 'none'\n", XML, "type=\"xen\"", "" },
  };

  assert_forms (forms, G_N_ELEMENTS (forms));
}

static void
test_boot (void)
{
  static const Form forms[] = {
    { NAME "bootloader = 'pygrub'\n", XML, "<bootloader>pygrub</bootloader>", "" },
    { NAME "bootloader = 'pygrub'\nbootloader_args = [ '-q', '--args=a b' ]\n", XL,
      "    \"--args=a b\",\n", "" },
    { NAME "bootloader = 'pygrub'\nbootloader_args = [ '-q', '--args=a b' ]\n", XML,
      "<bootloader_args>-q --args=a b<",
      "bootloader_args: libvirt splits \"--args=a b\" at its blanks" },
    { NAME "bootloader = 'pygrub'\nbootloader_args = '-q -x'\n", XL,
      "bootloader_args = \"-q -x\"\n", "" },
    { NAME "bootloader = 'pygrub'\nbootargs = '-q'\n", XL, "bootloader_args = \"-q\"", "" },
    { NAME "bootloader = 'pygrub'\nramdisk = '/r'\n", XL, "ramdisk = \"/r\"", "" },
    { NAME "bootloader = 'pygrub'\nkernel = '/k'\n", XL, "kernel = \"/k\"", "" },
    { NAME "bootloader = 'pygrub'\nkernel = '/k'\nramdisk = '/r'\n", XML, "<initrd>/r</initrd>",
      "" },
    { HVM "ramdisk = '/r'\n", XL, "ramdisk = \"/r\"", "" },
    { OF ("<type>linux</type>", "<bootloader>pygrub</bootloader>", ""), XL,
      "bootloader = \"pygrub\"", "" },
    { OF ("<type>linux</type>", "", ""), XL, "bootloader = \"pygrub\"", "" },
    { NAME "type = 'pvh'\nbootloader = 'pygrub'\n", XML, "<bootloader>pygrub</bootloader>", "" },
    { NAME "kernel = 'vmlinuz'\n", XL, "kernel = \"vmlinuz\"", "" },
    { HVM "acpi_firmware = '/t'\n", XML, "<table type=\"slic\">/t</table>", "" },
  };

  assert_forms (forms, G_N_ELEMENTS (forms));
}

#define MAC "mac=00:16:3e:00:00:09"
#define CARD(type, rest)                                                                          \
  PV_XML ("", "<interface type='" type "'><mac address='00:16:3e:00:00:09'/>" rest "</interface>")

static void
test_networks (void)
{
  static const Form forms[] = {
    { PV "vif = [ '" MAC "' ]\n", XML, "<interface type=\"ethernet\">", "" },
    { PV "vif = [ '" MAC "' ]\n", XML, "!source", "" },
    { PV "vif = [ '" MAC ",bridge=br.lan' ]\n", XML, "<source bridge=\"br.lan\"/>", "" },
    { PV "vif = [ '" MAC ",bridge=ovs0:5' ]\n", XML, "<tag id=\"5\"/>", "" },
    { PV "vif = [ '" MAC ",bridge=ovs0.x,script=vif-openvswitch' ]\n", XML,
      "<source bridge=\"ovs0.x\"/>", "" },
    { PV "vif = [ '" MAC ",bridge=ovs0.4:5,script=vif-openvswitch' ]\n", XML,
      "<tag id=\"4\" nativeMode=\"untagged\"/>",
      "vif 00:16:3e:00:00:09: libvirt's Xen driver takes the native VLAN 4 as tagged" },
    { PV "vif = [ '" MAC ",model=e1000' ]\n", XL, "model=e1000", "" },
    { PV "vif = [ '" MAC ",model=e1000' ]\n", XML, "!<model",
      "vif 00:16:3e:00:00:09: libvirt starts only an HVM guest with a card of a model; e1000 is"
      " left out" },
    { HVM "vif = [ '" MAC ",type=netfront' ]\n", XML, "<model type=\"netfront\"/>", "" },
    { PV "vif = [ '" MAC ",ip=dhcp' ]\n", XL, "ip=dhcp", "" },
    { PV "vif = [ '" MAC ",ip=dhcp' ]\n", XML, "!<ip",
      "vif 00:16:3e:00:00:09: ip=dhcp is in xl.cfg only" },
    { PV "vif = [ '" MAC "', '" MAC ",bridge=b' ]\n", XL, MAC ",bridge=b", "" },
    { CARD ("ethernet", ""), XL, "\"" MAC "\"", "" },
    { CARD ("ethernet", "<script path='vif-route'/>"), XL, "\"" MAC ",script=vif-route\"", "" },
    { CARD ("network", "<source network='default' bridge='virbr0'/>"), XL, "bridge=virbr0",
      "vif 00:16:3e:00:00:09: libvirt's network “default” is in XML only; xl takes its bridge,"
      " virbr0" },
    { CARD ("network", "<source network='default' portid='7' bridge='virbr0'/>"), XML,
      "<source network=\"default\" bridge=\"virbr0\"/>", "" },
    { CARD ("bridge", "<source bridge='o'/><vlan><tag id='7'/></vlan>"
                      "<virtualport type='openvswitch'/>"),
      XL, "bridge=o.7,script=vif-openvswitch", "" },
    { CARD ("bridge", "<source bridge='o'/><vlan trunk='yes'><tag id='4' nativeMode='untagged'/>"
                      "<tag id='5'/></vlan><virtualport type='openvswitch'/>"),
      XL, "bridge=o.4:5,", "" },
    { CARD ("bridge", "<source bridge='o'/><vlan><tag id='7'/></vlan>"), XL, "bridge=o\"",
      "vif 00:16:3e:00:00:09: <vlan> is in libvirt's XML only" },
    { CARD ("bridge", "<source bridge='o'/><virtualport type='openvswitch'>"
                      "<parameters profileid='p'/></virtualport>"),
      XL, "bridge=o,script=vif-openvswitch",
      "vif 00:16:3e:00:00:09: <parameters profileid=\"p\"/> is left out" },
    { CARD ("direct", "<source dev='eth0'/>"), XL, "!vif",
      "devices: <interface> 00:16:3e:00:00:09 is in libvirt's XML only" },
  };

  assert_forms (forms, G_N_ELEMENTS (forms));
}

#define DISK(target) PV "disk = [ 'vdev=xvda,backendtype=qdisk,target=" target "' ]\n"
#define SOURCE(text) PV_XML ("", "<disk type='network'><driver name='qemu' type='raw'/>" text     \
                                 "<target dev='xvda' bus='xen'/></disk>")
#define BY(protocol) "disk xvda: libvirt's Xen driver starts no guest with a disk by " protocol

static void
test_network_disks (void)
{
  static const Form forms[] = {
    { DISK ("rbd:a/b:mon_host=m\\\\:1"), XL, "target=rbd:a/b:mon_host=m\\\\:1\"", "" },
    { DISK ("rbd:a/b:mon_host=m\\\\:1\\\\;n"), XML, "<host name=\"m\" port=\"1\"/>", "" },
    { DISK ("rbd:a/b:id=u:key=SECRET"), XML, "!SECRET",
      "disk xvda: left out is the user u, whose key libvirt keeps as a secret (<auth>)" },
    { DISK ("rbd:a/b:rbd_cache=1"), XML, "name=\"a/b\"", "disk xvda: left out is rbd_cache=1" },
    { DISK ("nbd:h:10809:exportname=x"), XML, "<source protocol=\"nbd\" name=\"x\">", BY ("nbd") },
    { DISK ("nbd:unix:/run/s"), XML, "<host transport=\"unix\" socket=\"/run/s\"/>", BY ("nbd") },
    { DISK ("nbd+unix:///x?socket=/run/s"), XML, "socket=\"/run/s\"", BY ("nbd") },
    { DISK ("nbd://[2001:db8::1]:10809/x"), XML, "<host name=\"2001:db8::1\" port=\"10809\"/>",
      BY ("nbd") },
    { DISK ("iscsi://h/iqn.2001-04.org:a/1"), XML, "name=\"iqn.2001-04.org:a/1\"", BY ("iscsi") },
    { DISK ("iscsi://u%25p@h/iqn.2001-04.org:a/1"), XML, "!u%25",
      "disk xvda: left out is the login, which libvirt keeps as a secret (<auth>)\n" BY ("iscsi") },
    { DISK ("gluster+rdma://h/v/i"), XML, "transport=\"rdma\"", BY ("gluster") },
    { DISK ("https://h/a.img?x=1"), XML, "query=\"x=1\"", BY ("https") },
    { DISK ("nfs://h/e/a.img"), XML, "name=\"/e/a.img\"", BY ("nfs") },
    { DISK ("sheepdog:v"), XML, "protocol=\"sheepdog\" name=\"v\"", BY ("sheepdog") },
    { DISK ("json:{}"), XL, "target=json:{}", "" },
    { SOURCE ("<source protocol='rbd' name='a/b'><host name='m' port='1'/></source>"), XL,
      "target=rbd:a/b:auth_supported=none:mon_host=m\\\\:1\"", "" },
    { SOURCE ("<auth username='u'><secret type='ceph' usage='s'/></auth>"
              "<source protocol='rbd' name='a/b'/>"),
      XL, "rbd:a/b:id=u:auth_supported=cephx\\\\;none\"",
      "disk xvda: left out is the key, a secret of libvirt's: QEMU looks for it in the host's"
      " /etc/ceph" },
    { SOURCE ("<source protocol='nbd' name='x'><host name='h' port='10809'/></source>"), XL,
      "backendtype=qdisk,target=nbd://h:10809/x\"", "" },
    { SOURCE ("<source protocol='nbd' tls='yes'><host name='h'/></source>"), XL, "target=nbds://h/",
      "" },
    { SOURCE ("<source protocol='nbd'><host transport='unix' socket='/s'/></source>"), XL,
      "target=nbd+unix:///?socket=/s\"", "" },
    { SOURCE ("<source protocol='iscsi' name='iqn.1:a/1'><host name='::1'/></source>"), XL,
      "target=iscsi://[::1]/iqn.1:a/1\"", "" },
    { SOURCE ("<source protocol='https' name='a' query='x=1'><host name='h'/><cookies/></source>"),
      XL, "target=https://h/a?x=1\"", "disk xvda: left out is <cookies>" },
    { PV_XML ("", "<disk type='file' device='floppy'><source file='/f'/><target dev='fda'/></disk>"),
      XL, "!vdev=fda",
      "devices: <disk> fda is in libvirt's XML only" },
    { PV "disk = [ '/dev/a,raw,xvda,rw,discard' ]\n", XML, "discard=\"unmap\"", "" },
    { PV "disk = [ '/dev/a,raw,hda,rw' ]\n", XML, "bus=\"xen\"", "" },
  };

  assert_forms (forms, G_N_ELEMENTS (forms));
}

/* A guest must not lose its disk, whatever it is. */
static void
test_no_disk_vanishes (void)
{
  static const struct {
    const char *text;
    DomuimgConfigFormat format;
    const char *message;
  } cases[] = {
    { SOURCE ("<source protocol='vxhs' name='x'><host name='h'/></source>"), XL, "disk xvda" },
    { SOURCE ("<source protocol='rbd' name='a:b'/>"), XL, "disk xvda" },
    { PV_XML ("", "<disk type='volume'><source pool='p' volume='v'/><target dev='xvdb'/></disk>"),
      XL, "disk xvdb" },
    { PV_XML ("", "<disk type='block' device='lun'><source dev='/dev/sg0'/>"
                  "<target bus='scsi' dev='sdb'/></disk>"),
      XL, "disk sdb" },
    { DISK ("json:{}"), XML, "“json:”" },
    { DISK ("nbd:h"), XML, "“nbd:”" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (DomuimgDomain) domain = read_guest (cases[i].text, "t");
      g_autoptr (GError) error = NULL;

      g_assert_null (domuimg_domain_list_losses (domain, cases[i].format, &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED);
      if (strstr (error->message, cases[i].message) == NULL)
        g_error ("%s: %s", cases[i].message, error->message);
    }
}

#define CUSTOM                                                                                    \
  "<cpu mode='custom'><model>A</model><numa><cell id='0' cpus='0-1' memory='512' unit='MiB'/>"    \
  "</numa></cpu>"

static void
test_cpus (void)
{
  static const Form forms[] = {
    { HVM "nestedhvm = 1\n", XML, "<cpu mode=\"host-passthrough\"/>", "" },
    { HVM "cpuid = 'host,tm=0'\n", XML, "<feature policy=\"disable\" name=\"vmx\"/>", "" },
    { HVM "cpuid = 'host,sse3=k,family=6'\n", XML, "name=\"pni\"",
      "cpuid: sse3=k is in xl.cfg only; to libvirt the feature is optional\n"
      "cpuid: family=6 is in xl.cfg only" },
    { HVM "cpuid = [ '0x1:ecx=x' ]\n", XML, "!<cpu", "cpuid = [ \"0x1:ecx=x\" ]: is in xl.cfg only" },
    { PV "cpuid = 'host,tm=0'\n", XML, "!vmx", "" },
    { PV "cpu_weight = 256\ncap = 50\n", XML, "<shares>256</shares>", "cap = 50: is in xl.cfg only" },
    { HVM_XML ("<cpu mode='host-passthrough' check='none' migratable='on'>"
               "<feature policy='forbid' name='svm'/><feature name='pni'/></cpu>", ""),
      XL, "nestedhvm = 0\ncpuid = \"host,sse3=1\"", "" },
    { HVM_XML ("<cpu mode='custom'><model>Haswell</model></cpu>", ""), XL, "!nestedhvm",
      "domain: <cpu> is in libvirt's XML only" },
    { HVM_XML (CUSTOM, ""), XML, "<cpu mode=\"custom\">", "" },
    { HVM_XML (CUSTOM, ""), XML, "<cell id=\"0\"", "" },
    { HVM_XML (CUSTOM, ""), XL, "\"pnode=0\"", "domain: <cpu> is in libvirt's XML only" },
    { HVM_XML ("<cpu mode='host-passthrough'><topology sockets='1' cores='2' threads='1'/></cpu>",
               ""),
      XML, "<topology sockets=\"1\" cores=\"2\" threads=\"1\"/>", "" },
  };

  assert_forms (forms, G_N_ELEMENTS (forms));
}

#define CELL(id, rest) "<cell id='" id "' cpus='" id "' memory='262144'>" rest "</cell>"
#define NUMA(cells) PV_XML ("<cpu><numa>" cells "</numa></cpu>", "")

static void
test_nodes (void)
{
  static const Form forms[] = {
    { NUMA (CELL ("0", "") CELL ("1", "")), XL, "\"vcpus=0\", \"vdistances=10,20\"", "" },
    { NUMA (CELL ("0", "<distances><sibling id='1' value='31'/></distances>") CELL ("1", "")), XL,
      "\"vcpus=1\", \"vdistances=31,10\"", "" },
    { NUMA (CELL ("1", "<distances><sibling id='0' value='31'/></distances>") CELL ("0", "")), XL,
      "\"pnode=0\", \"size=256\", \"vcpus=0\", \"vdistances=10,31\"", "" },
    { NUMA ("<cell cpus='0' memory='1' unit='GiB'/>"), XL, "\"size=1024\"", "" },
    { NUMA ("<cell cpus='0' memory='1' unit='KiB'/>"), XL, "\"size=1\"",
      "numa: the memory of cell 0 is rounded up to 1 MiB" },
    { NUMA (CELL ("0", "") CELL ("0", "")), XL, "!vnuma", "cpu: <numa> is in libvirt's XML only" },
    { PV "vnuma = [ [ 'pnode=0', 'size=256', 'vcpus=0' ], [ 'pnode=0', 'size=256', 'vcpus=1' ] ]\n",
      XML, "<cell id=\"1\" cpus=\"1\"",
      "vnuma: pnode=0 of node 1 is in xl.cfg only; libvirt puts it on node 1 of the host" },
  };

  assert_forms (forms, G_N_ELEMENTS (forms));
}

static void
test_emulated (void)
{
  static const Form forms[] = {
    { HVM "stdvga = 1\n", XML, "<model type=\"vga\"/>", "" },
    { HVM "videoram = 16\n", XML, "<model type=\"cirrus\" vram=\"16384\"/>", "" },
    { HVM "stdvga = 0\nviridian = 0\nusb = 0\nxen_platform_pci = 1\n", XML, "!viridian", "" },
    { HVM "viridian = [ 'all' ]\n", XML, "<viridian/>",
      "viridian = [ \"all\" ]: is in xl.cfg only" },
    { PV "pae = 1\nacpi = 1\napic = 1\nviridian = 0\nusbdevice = 'tablet'\n", XML, "!input", "" },
    { HVM "soundhw = 'all'\n", XML, "<sound model=\"es1370\"/>", "" },
    { HVM "soundhw = 'sb16,adlib'\n", XML, "<sound model=\"sb16\"/>",
      "soundhw: adlib is in xl.cfg only" },
    { HVM "usb = 1\nusbdevice = 'tablet'\n", XML, "<input type=\"tablet\" bus=\"usb\"/>", "" },
    { HVM "usbdevice = [ 'tablet', 'host:1.2' ]\n", XML, "<input type=\"tablet\" bus=\"usb\"/>",
      "usbdevice: host:1.2 is in xl.cfg only" },
    { HVM "device_model_args_hvm = [ '-x' ]\n", XML, "<xen:arg value=\"-x\"/>", "" },
    { HVM_XML ("", "<input type='mouse' bus='usb'/><input type='tablet' bus='usb'/>"), XL,
      "usbdevice = [ \"mouse\", \"tablet\" ]", "" },
    { HVM_XML ("", "<input type='tablet'/>"), XL, "usbdevice = \"tablet\"", "" },
    { HVM_XML ("", "<input type='mouse' bus='ps2'/><input type='keyboard' bus='ps2'/>"), XL,
      "!usbdevice", "" },
    { HVM_XML ("", "<input type='passthrough' bus='virtio'/>"), XL, "!usbdevice",
      "devices: <input> is in libvirt's XML only" },
    { HVM_XML ("", "<sound model='ich6'/><sound model='ich9'/>"), XL, "soundhw = \"hda\"",
      "devices: <sound> is in libvirt's XML only" },
    { HVM_XML ("", "<video><model type='virtio'/></video>"), XL, "!vga",
      "devices: <video> is in libvirt's XML only" },
  };

  assert_forms (forms, G_N_ELEMENTS (forms));
}

#define ADDRESS "<address domain='0' bus='1' slot='0' function='0'/>"

static void
test_host_devices (void)
{
  static const Form forms[] = {
    { HVM_XML ("", "<hostdev type='pci'><source>" ADDRESS "</source></hostdev>"), XL,
      "0000:01:00.0", "" },
    { HVM_XML ("", "<hostdev mode='subsystem' type='pci' managed='yes'><driver name='xen'/>"
                   "<source writeFiltering='no'>" ADDRESS "</source></hostdev>"),
      XL, "0000:01:00.0,permissive=1,seize=1", "" },
    { HVM_XML ("", "<hostdev type='usb'><source><address bus='1' device='12'/></source></hostdev>"),
      XL, "\"hostbus=1,hostaddr=12\"", "" },
    { HVM_XML ("", "<hostdev type='usb'><source><vendor id='0x1'/><product id='0x2'/></source>"
                   "</hostdev>"),
      XL, "!usbdev", "devices: <hostdev> is in libvirt's XML only" },
    { HVM "pci = [ '01:00.0,permissive=1,msitranslate=1' ]\n", XML, "writeFiltering=\"no\"",
      "pci: msitranslate=1 is in xl.cfg only" },
  };

  assert_forms (forms, G_N_ELEMENTS (forms));
}

static void
test_displays (void)
{
  static const Form forms[] = {
    { HVM "spice = 1\nspiceport = 6000\nspicevdagent = 1\n", XML, "type=\"spice\"",
      "spicevdagent = 1: is in xl.cfg only" },
    { HVM "spice = 1\nspicetls_port = 6001\n", XL, "!spiceport", "" },
    { HVM "spice = 1\nspicetls_port = 6001\n", XML, "type=\"spice\" tlsPort=\"6001\" autoport=\"no\"", "" },
    { HVM_XML ("", "<graphics type='spice' tlsPort='6001'><mouse mode='client'/></graphics>"), XL,
      "spicetls_port = 6001\nspiceagent_mouse = 1\nspicevdagent = 1", "" },
    { HVM_XML ("", "<redirdev bus='usb' type='tcp'/>"), XL, "!spiceusb",
      "devices: <redirdev> is in libvirt's XML only" },
    { HVM "vnc = 1\nvnclisten = 'localhost'\n", XL, "vnclisten = \"localhost\"", "" },
    { PV "vfb = [ 'type=vnc,vncunused=1' ]\n", XML, "type=\"vnc\"", "" },
    { PV "vfb = [ 'vnc=0,sdl=1,display=:1' ]\n", XML, "display=\":1\"", "" },
    { PV_XML ("", "<graphics type='sdl' display=':1' xauth='/x'/>"), XL,
      "vnc=0,sdl=1,display=:1,xauthority=/x", "" },
  };

  assert_forms (forms, G_N_ELEMENTS (forms));
}

/* What is another one with each start stays so. */
static void
test_what_is_not_said (void)
{
  static const Form forms[] = {
    { PV, XL, "!uuid", "" },
    { PV, XML, "!uuid", "" },
    { PV "vif = [ '' ]\n", XL, "vif = [\n    \"\",\n]", "" },
    { PV "vif = [ 'bridge=b' ]\n", XL, "\"bridge=b\"", "" },
    { PV "vif = [ 'bridge=b' ]\n", XML, "!<mac", "" },
    { PV_XML ("", "<interface type='bridge'><source bridge='b'/></interface>"), XL, "\"bridge=b\"",
      "" },
    { HVM "vnc = 1\n", XL, "!vnclisten", "" },
    { HVM "vnc = 1\n", XML, "!listen", "" },
  };

  assert_forms (forms, G_N_ELEMENTS (forms));
}

static void
test_clocks (void)
{
  static const Form forms[] = {
    { PV "localtime = 0\nrtc_timeoffset = 0\n", XML, "<clock offset=\"utc\" adjustment=\"reset\"/>",
      "" },
    { HVM "localtime = 0\nrtc_timeoffset = 0\n", XML,
      "<clock offset=\"variable\" adjustment=\"0\" basis=\"utc\"/>", "" },
    { HVM "tsc_mode = 2\n", XML, "mode=\"native\"", "" },
    { PV_XML ("<clock offset='utc' adjustment='reset'/>", ""), XL, "localtime = 0", "" },
    { HVM_XML ("<clock offset='localtime'/>", ""), XML, "<clock offset=\"localtime\"/>", "" },
    { HVM_XML ("<clock offset='utc'/>", ""), XML, "<clock offset=\"utc\"/>", "" },
  };

  assert_forms (forms, G_N_ELEMENTS (forms));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/domain/pairs/both-ways", test_pairs);
  g_test_add_func ("/domain/pairs/ports", test_ports);
  g_test_add_func ("/domain/pairs/boot", test_boot);
  g_test_add_func ("/domain/pairs/networks", test_networks);
  g_test_add_func ("/domain/pairs/network-disks", test_network_disks);
  g_test_add_func ("/domain/pairs/no-disk-vanishes", test_no_disk_vanishes);
  g_test_add_func ("/domain/pairs/cpus", test_cpus);
  g_test_add_func ("/domain/pairs/nodes", test_nodes);
  g_test_add_func ("/domain/pairs/emulated", test_emulated);
  g_test_add_func ("/domain/pairs/host-devices", test_host_devices);
  g_test_add_func ("/domain/pairs/displays", test_displays);
  g_test_add_func ("/domain/pairs/what-is-not-said", test_what_is_not_said);
  g_test_add_func ("/domain/pairs/clocks", test_clocks);
  return g_test_run ();
}
