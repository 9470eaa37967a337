/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <domuimg/types.h>
#include <domuimg/error.h>
#include <domuimg/progress.h>
#include <domuimg/spec.h>
#include <domuimg/kernel.h>
#include <domuimg/installed-kernel.h>
#include <domuimg/kernel-update.h>
#include <domuimg/domain.h>
#include <domuimg/domain-config.h>
#include <domuimg/domain-device.h>
#include <domuimg/adopt.h>
#include <domuimg/cloud-image.h>
#include <domuimg/questions.h>
#include <domuimg/resize.h>
#include <domuimg/result.h>
#include <domuimg/build.h>
#include <domuimg/check.h>
#include <domuimg/guest.h>
#include <domuimg/host.h>
#include <domuimg/rename.h>
#include <domuimg/show.h>
#include <domuimg/enum-types.h>
#include <domuimg/version.h>
