/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Whether a virtual machine runs by KVM here. A /dev/kvm that makes machines says too little: one
 * without the processor's help starts QEMU's guests, and they never get through their boot. */
gboolean domuimg_kvm_works (void);
