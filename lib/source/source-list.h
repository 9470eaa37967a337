/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every source, a row each, in the order of the manual: included where DOMUIMG_SOURCE_ROW says what
 * becomes of a row. */
DOMUIMG_SOURCE_ROW (debian)
DOMUIMG_SOURCE_ROW (ubuntu)
DOMUIMG_SOURCE_ROW (rpm)
DOMUIMG_SOURCE_ROW (tar)
DOMUIMG_SOURCE_ROW (dir)
DOMUIMG_SOURCE_ROW (oci)
DOMUIMG_SOURCE_ROW (disk)
DOMUIMG_SOURCE_ROW (image)
DOMUIMG_SOURCE_ROW (iso)
DOMUIMG_SOURCE_ROW (tree)
DOMUIMG_SOURCE_ROW (app)
