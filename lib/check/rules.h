/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/check/machine.h"
#include "lib/repair/site.h"

/* The rules: functions over the machine, one file for each subject, and a table of the ids that
 * they may report (rules.c), with severities. docs/checks.md has every id; a test compares. */

typedef struct {
  const char *id;
  DomuimgSeverity severity; /* unless the rule knows better in a case: see report_as */
  const char *summary;      /* "root= names no device of the guest" */
} DomuimgRule;

/* Ended by an id of NULL. */
extern const DomuimgRule domuimg_rules[];

/* Adds a finding. @evidence (nullable) is the line, name or number that shows it, as it stands.
 * Texts: message without full stop and what to do; foreign text may be in it as it stands. */
DomuimgFinding *domuimg_machine_report (DomuimgMachine *self, const char *id,
                                        const char *evidence, const char *format, ...)
    G_GNUC_PRINTF (4, 5);
DomuimgFinding *domuimg_machine_report_as (DomuimgMachine *self, DomuimgSeverity severity,
                                           const char *id, const char *evidence,
                                           const char *format, ...) G_GNUC_PRINTF (5, 6);
/* Says what @error does. A disk that cannot be read is no mistake of the guest: an id that is an
 * error becomes file-unreadable then, and whoever made the guest is told so by
 * domuimg_report_check_read(). */
DomuimgFinding *domuimg_machine_report_error (DomuimgMachine *self, const char *id,
                                              const char *evidence, const GError *error);
/* That the finding can be repaired by @repair (@argument is copied, nullable); @plan says what it
 * would do: "set root= to UUID=… in web1.cfg". */
void domuimg_finding_offer (DomuimgFinding *self, DomuimgRepair repair, const char *argument,
                            const char *plan_format, ...) G_GNUC_PRINTF (4, 5);
/* Likewise by a repair that needs nothing but the files of the guest's root. */
void domuimg_finding_offer_edit (DomuimgFinding *self, DomuimgEditRepair repair,
                                 const char *argument, const char *plan_format, ...)
    G_GNUC_PRINTF (4, 5);
/* For what --fix cannot do: what a person would, with the command. */
void domuimg_finding_advise (DomuimgFinding *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The rules by subject, in the order that they are run in. */
void domuimg_check_config (DomuimgMachine *self);     /* keys, values, missing files, vdevs, MACs */
void domuimg_check_host (DomuimgMachine *self);       /* what it wants of its host */
void domuimg_check_images (DomuimgMachine *self);     /* truncation, format, what is on them */
void domuimg_check_menu (DomuimgMachine *self);       /* what the loader reads */
void domuimg_check_installer (DomuimgMachine *self);  /* whether it is what is started */
void domuimg_check_kernel (DomuimgMachine *self);     /* notes, architecture, compression, memory */
void domuimg_check_initramfs (DomuimgMachine *self);  /* whole, version, drivers */
void domuimg_check_memory (DomuimgMachine *self);     /* for kernel and initramfs */
void domuimg_check_application (DomuimgMachine *self); /* all that it runs, where that is one program */
void domuimg_check_modules (DomuimgMachine *self);    /* /lib/modules */
void domuimg_check_cmdline (DomuimgMachine *self);    /* its length */
void domuimg_check_root (DomuimgMachine *self);       /* root= */
void domuimg_check_filesystem (DomuimgMachine *self); /* features, state */
void domuimg_check_fstab (DomuimgMachine *self);      /* fstab, crypttab, mount points */
void domuimg_check_owners (DomuimgMachine *self);     /* whether the system is root's */
void domuimg_check_init_program (DomuimgMachine *self);    /* init, its loader and libraries */
void domuimg_check_init_programs (DomuimgMachine *self);   /* what init brings the system up by */
void domuimg_check_selinux (DomuimgMachine *self);    /* a policy where there must be one */
void domuimg_check_console (DomuimgMachine *self);    /* console=, getty, securetty */
void domuimg_check_accounts (DomuimgMachine *self);   /* whether anybody can log in */
void domuimg_check_network (DomuimgMachine *self);    /* names of interfaces, persistent rules */
void domuimg_check_faults (DomuimgMachine *self);     /* what the others could not read */

/* Whether the guest, which would be started from its disks, has yet to be installed on them; that is
 * reported. */
gboolean domuimg_installer_is_pending (DomuimgMachine *self);
/* The run level that the lines of an inittab make the default; '\0' where none does. */
char domuimg_check_find_level (char **lines);
