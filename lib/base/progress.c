/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far a task is, in weighted steps that may have steps of their own. */
#include "config.h"
#include "lib/base/progress.h"

#include <stdarg.h>

/**
 * DomuimgProgress:
 *
 * How far a long task is. The task declares weighted steps; a step may have
 * steps of its own. Whoever started the task watches the root object.
 *
 * The object belongs to the thread that runs the task: handlers of
 * #DomuimgProgress::changed are called in it.
 *
 * Since: 0.1
 */
struct _DomuimgProgress {
  GObject parent_instance;

  DomuimgProgress *parent; /* not owned: it owns us */
  DomuimgProgress *child;
  GArray *weights; /* of double, normalised to a sum of 1 */
  guint step;
  double fraction;
  char *message;
};

G_DEFINE_FINAL_TYPE (DomuimgProgress, domuimg_progress, G_TYPE_OBJECT)

enum { SIGNAL_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
drop_child (DomuimgProgress *self)
{
  if (self->child != NULL)
    self->child->parent = NULL;
  g_clear_object (&self->child);
}

static void
domuimg_progress_finalize (GObject *object)
{
  DomuimgProgress *self = DOMUIMG_PROGRESS (object);

  drop_child (self);
  g_clear_pointer (&self->weights, g_array_unref);
  g_free (self->message);
  G_OBJECT_CLASS (domuimg_progress_parent_class)->finalize (object);
}

static void
domuimg_progress_class_init (DomuimgProgressClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_progress_finalize;

  /**
   * DomuimgProgress::changed:
   * @self: the progress
   * @fraction: how much is done, from 0.0 to 1.0
   * @message: what is being done now, for a person
   *
   * The fraction or the message has changed.
   *
   * Since: 0.1
   */
  signals[SIGNAL_CHANGED]
      = g_signal_new ("changed", DOMUIMG_TYPE_PROGRESS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                      G_TYPE_NONE, 2, G_TYPE_DOUBLE, G_TYPE_STRING);
}

static void
domuimg_progress_init (DomuimgProgress *self)
{
  self->message = g_strdup ("");
}

/**
 * domuimg_progress_new:
 *
 * Returns: (transfer full): a progress at 0.0
 *
 * Since: 0.1
 */
DomuimgProgress *
domuimg_progress_new (void)
{
  return g_object_new (DOMUIMG_TYPE_PROGRESS, NULL);
}

/**
 * domuimg_progress_get_fraction:
 * @self: a progress
 *
 * Returns: how much is done, from 0.0 to 1.0
 *
 * Since: 0.1
 */
double
domuimg_progress_get_fraction (DomuimgProgress *self)
{
  g_return_val_if_fail (DOMUIMG_IS_PROGRESS (self), 0.0);
  return self->fraction;
}

/**
 * domuimg_progress_get_message:
 * @self: a progress
 *
 * Returns: (transfer none): what is being done now, for a person; may be empty
 *
 * Since: 0.1
 */
const char *
domuimg_progress_get_message (DomuimgProgress *self)
{
  g_return_val_if_fail (DOMUIMG_IS_PROGRESS (self), "");
  return self->message;
}

static double
weight_before (DomuimgProgress *self, guint step)
{
  double sum = 0;

  for (guint i = 0; self->weights != NULL && i < MIN (step, self->weights->len); i++)
    sum += g_array_index (self->weights, double, i);
  return sum;
}

static void
child_changed (DomuimgProgress *self)
{
  double weight = 0;

  if (self->weights != NULL && self->step < self->weights->len)
    weight = g_array_index (self->weights, double, self->step);
  domuimg_progress_set_fraction (self, weight_before (self, self->step)
                                           + weight * self->child->fraction);
}

void
domuimg_progress_set_fraction (DomuimgProgress *self, double fraction)
{
  if (self == NULL)
    return;

  fraction = CLAMP (fraction, 0.0, 1.0);
  /* Signals by the thousand would cost more than the work they tell of. */
  if (fraction < 1.0 && fraction - self->fraction < 0.002 && fraction >= self->fraction)
    return;
  self->fraction = fraction;
  if (self->parent != NULL)
    child_changed (self->parent);
  else
    g_signal_emit (self, signals[SIGNAL_CHANGED], 0, self->fraction, self->message);
}

static void
take_message (DomuimgProgress *self, const char *message)
{
  if (g_str_equal (self->message, message))
    return;
  g_free (self->message);
  self->message = g_strdup (message);
  if (self->parent != NULL)
    take_message (self->parent, message);
  else
    g_signal_emit (self, signals[SIGNAL_CHANGED], 0, self->fraction, self->message);
}

void
domuimg_progress_set_message (DomuimgProgress *self, const char *format, ...)
{
  va_list args;

  if (self == NULL)
    return;
  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  take_message (self, message);
}

void
domuimg_progress_set_step_weights (DomuimgProgress *self, const int *weights, guint n)
{
  double sum = 0;

  if (self == NULL)
    return;
  drop_child (self);
  g_clear_pointer (&self->weights, g_array_unref);
  self->weights = g_array_new (FALSE, FALSE, sizeof (double));
  self->step = 0;
  for (guint i = 0; i < n; i++)
    {
      double value = weights[i];
      g_array_append_val (self->weights, value);
      sum += value;
    }
  for (guint i = 0; sum > 0 && i < n; i++)
    g_array_index (self->weights, double, i) /= sum;
}

void
domuimg_progress_set_steps (DomuimgProgress *self, int first_weight, ...)
{
  g_autoptr (GArray) weights = g_array_new (FALSE, FALSE, sizeof (int));
  va_list args;

  va_start (args, first_weight);
  for (int weight = first_weight; weight >= 0; weight = va_arg (args, int))
    g_array_append_val (weights, weight);
  va_end (args);
  domuimg_progress_set_step_weights (self, (const int *) (void *) weights->data, weights->len);
}

DomuimgProgress *
domuimg_progress_child (DomuimgProgress *self)
{
  if (self == NULL)
    return NULL;
  if (self->child == NULL)
    {
      self->child = domuimg_progress_new ();
      self->child->parent = self;
    }
  return self->child;
}

void
domuimg_progress_step_done (DomuimgProgress *self)
{
  if (self == NULL)
    return;
  drop_child (self);
  self->step++;
  domuimg_progress_set_fraction (self, weight_before (self, self->step));
}
