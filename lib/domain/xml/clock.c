/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest's clock in libvirt's XML: to xl, localtime=, rtc_timeoffset= and the keys of timers. */
#include "config.h"
#include "lib/domain/xml/guest.h"

/* xl takes the number, too. */
static const struct {
  const char *key;
  const char *number;
  const char *mode;
} tsc_modes[] = { { "default", "0", "auto" },
                  { "always_emulate", "1", "emulate" },
                  { "native", "2", "native" },
                  { "native_paravirt", "3", "paravirt" } };

static void
read_tsc (DomuimgXmlReader *self, xmlNode *timer)
{
  g_autofree char *mode = domuimg_xml_attr (timer, "mode");

  for (guint i = 0; i < G_N_ELEMENTS (tsc_modes); i++)
    if (g_str_equal (domuimg_text_or (mode, "auto"), tsc_modes[i].mode))
      {
        domuimg_xml_set_word (self, "tsc_mode", tsc_modes[i].key);
        g_free (domuimg_xml_take (timer, "mode"));
        domuimg_xml_take_if (timer, "present", "yes");
        g_free (domuimg_xml_take (timer, "name"));
        timer->_private = timer;
      }
}

static void
read_timers (DomuimgXmlReader *self, xmlNode *clock)
{
  for (xmlNode *timer = domuimg_xml_first (clock, "timer"); timer != NULL;
       timer = domuimg_xml_next (timer, "timer"))
    {
      g_autofree char *present = NULL;

      if (domuimg_xml_attr_is (timer, "name", "tsc"))
        read_tsc (self, timer);
      if (!domuimg_xml_attr_is (timer, "name", "hpet"))
        continue;
      present = domuimg_xml_take (timer, "present");
      domuimg_domain_set_extra (self->domain, "hpet",
                                g_strcmp0 (present, "no") == 0 ? "0" : "1");
      g_free (domuimg_xml_take (timer, "name"));
      timer->_private = timer;
    }
}

static void
read_adjustment (DomuimgXmlReader *self, xmlNode *clock)
{
  g_autofree char *adjustment = domuimg_xml_take (clock, "adjustment");
  gint64 seconds;

  if (adjustment != NULL
      && g_ascii_string_to_signed (adjustment, 10, 0, G_MAXINT32, &seconds, NULL))
    {
      if (seconds != 0 || self->domain->type == DOMUIMG_GUEST_TYPE_HVM)
        domuimg_domain_set_extra (self->domain, "rtc_timeoffset", adjustment);
    }
  else
    domuimg_domain_warn (self->domain, "clock: the adjustment %s is left out",
                         domuimg_text_or (adjustment, "none"));
}

void
domuimg_xml_read_clock (DomuimgXmlReader *self, xmlNode *root)
{
  xmlNode *clock = domuimg_xml_open (root, "clock");
  gboolean hvm = self->domain->type == DOMUIMG_GUEST_TYPE_HVM;

  if (clock == NULL)
    return;
  read_timers (self, clock);
  /* A PV guest has no clock of its own, so that it is set anew each time. */
  if (!hvm && domuimg_xml_take_if (clock, "adjustment", "reset"))
    domuimg_domain_set_extra (self->domain, "localtime", "0");
  if (domuimg_xml_take_if (clock, "offset", "localtime"))
    domuimg_domain_set_extra (self->domain, "localtime", "1");
  else if (domuimg_xml_take_if (clock, "offset", "utc") && hvm)
    domuimg_domain_set_extra (self->domain, "localtime", "0");
  if (!domuimg_xml_take_if (clock, "offset", "variable"))
    return;
  read_adjustment (self, clock);
  if (domuimg_xml_take_if (clock, "basis", "localtime"))
    domuimg_domain_set_extra (self->domain, "localtime", "1");
  domuimg_xml_take_if (clock, "basis", "utc");
}

static void
add_timers (DomuimgXmlWriter *writer, xmlNode *root)
{
  g_autofree char *hpet = domuimg_xml_use_extra (writer, "hpet");
  g_autofree char *tsc = domuimg_xml_see_extra (writer, "tsc_mode");

  if (hpet != NULL)
    domuimg_xml_set (domuimg_xml_add_with (domuimg_xml_child (root, "clock"), "timer", "name",
                                           "hpet"),
                     "present", g_str_equal (hpet, "0") ? "no" : "yes");
  for (guint i = 0; tsc != NULL && i < G_N_ELEMENTS (tsc_modes); i++)
    if (g_str_equal (tsc, tsc_modes[i].key) || g_str_equal (tsc, tsc_modes[i].number))
      {
        xmlNode *timer
            = domuimg_xml_add_with (domuimg_xml_child (root, "clock"), "timer", "name", "tsc");

        domuimg_xml_set (timer, "present", "yes");
        domuimg_xml_set (timer, "mode", tsc_modes[i].mode);
        g_free (domuimg_xml_use_extra (writer, "tsc_mode"));
      }
}

void
domuimg_xml_write_clock (DomuimgXmlWriter *writer, xmlNode *root)
{
  gboolean hvm = writer->domain->type == DOMUIMG_GUEST_TYPE_HVM;
  g_autofree char *localtime = domuimg_xml_use_extra (writer, "localtime");
  g_autofree char *given = domuimg_xml_use_extra (writer, "rtc_timeoffset");
  const char *seconds = hvm || g_strcmp0 (given, "0") != 0 ? given : NULL;
  gboolean local = localtime != NULL && !g_str_equal (localtime, "0");
  xmlNode *clock;

  add_timers (writer, root);
  clock = domuimg_xml_first (root, "clock");
  if (clock == NULL && (localtime != NULL || seconds != NULL))
    clock = domuimg_xml_add (root, "clock");
  if (clock == NULL)
    return;
  domuimg_xml_set (clock, "offset", seconds != NULL ? "variable" : local ? "localtime" : "utc");
  if (seconds != NULL)
    {
      domuimg_xml_set (clock, "adjustment", seconds);
      domuimg_xml_set (clock, "basis", local ? "localtime" : "utc");
    }
  else if (!hvm && localtime != NULL)
    domuimg_xml_set (clock, "adjustment", "reset");
}
