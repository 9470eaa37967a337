/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The kernel's own filesystems, with the links of /dev, and the console for what is said. */
void mounts_begin (void);
/* What a system has beside: pts, shm, cgroups. */
void mounts_complete (void);
/* Takes the kernel's own away again, for the next root. */
void mounts_leave (void);
/* Everything, the last first; what cannot go becomes read-only. */
void mounts_end (void);
