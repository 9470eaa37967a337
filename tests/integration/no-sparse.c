/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A libvirt of before there were sparse streams, for tests: it refuses their flag. */
#include <dlfcn.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

typedef int (*Upload) (virStorageVolPtr volume, virStreamPtr stream, unsigned long long offset,
                       unsigned long long length, unsigned int flags);
typedef int (*GetCode) (void);

static int has_refused;

int
virStorageVolUpload (virStorageVolPtr volume, virStreamPtr stream, unsigned long long offset,
                     unsigned long long length, unsigned int flags)
{
  Upload upload = (Upload) dlsym (RTLD_NEXT, "virStorageVolUpload");

  has_refused = flags != 0;
  return has_refused ? -1 : upload (volume, stream, offset, length, flags);
}

int
virGetLastErrorCode (void)
{
  GetCode get_code = (GetCode) dlsym (RTLD_NEXT, "virGetLastErrorCode");

  return has_refused ? VIR_ERR_INVALID_ARG : get_code ();
}
