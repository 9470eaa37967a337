/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells whether KVM can be used on this host. */
#include "config.h"
#include "lib/base/kvm.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "lib/base/fd.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

/* VMX: Intel SDM, volume 3, 24.6; SVM: AMD64 manual, volume 2, 15.4. */
static gboolean
processor_helps (void)
{
  guint a, b, c, d;

  if (__get_cpuid (1, &a, &b, &c, &d) && (c & (1u << 5)) != 0)
    return TRUE;
  return __get_cpuid (0x80000001, &a, &b, &c, &d) && (c & (1u << 2)) != 0;
}
#else
static gboolean
processor_helps (void)
{
  return TRUE;
}
#endif

gboolean
domuimg_kvm_works (void)
{
  g_auto (DomuimgFd) kvm = open ("/dev/kvm", O_RDWR | O_CLOEXEC);
  g_auto (DomuimgFd) machine = -1;

  if (kvm < 0 || !processor_helps () || ioctl (kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
    return FALSE;
  machine = ioctl (kvm, KVM_CREATE_VM, 0);
  return machine >= 0;
}
