/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <domuimg/domain.h>

G_BEGIN_DECLS

DOMUIMG_API
DomuimgDomain *domuimg_domain_new_from_text (const char *text, const char *name, GError **error);
DOMUIMG_API
DomuimgDomain *domuimg_domain_new_from_file (const char *path, GError **error);
DOMUIMG_API
char *domuimg_domain_find_config (const char *name, GError **error);

G_END_DECLS
