/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes passwords, and hashes of them by crypt(3). */
#include "config.h"
#include "lib/guest/customise.h"

#include <crypt.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* SHA-512 and not yescrypt: guests of the last fifteen years all know it. */
#define METHOD "$6$"

/* Without those that are taken for each other, or that keyboards have in different places. */
#define LETTERS "abcdefghjkmnpqrstuvwx23456789"
#define LENGTH 16

char *
domuimg_password_new (GError **error)
{
  g_autofree char *password = g_malloc0 (LENGTH + 1);
  guint8 random;

  for (guint i = 0; i < LENGTH;)
    {
      if (getrandom (&random, sizeof random, 0) != sizeof random)
        {
          domuimg_set_errno (error, errno, "Cannot get random bytes");
          return NULL;
        }
      /* Each letter is as probable as any other. */
      if (random < G_MAXUINT8 / strlen (LETTERS) * strlen (LETTERS))
        password[i++] = LETTERS[random % strlen (LETTERS)];
    }
  return g_steal_pointer (&password);
}

void
domuimg_password_free (char *password)
{
  explicit_bzero (password, strlen (password));
  g_free (password);
}

char *
domuimg_password_hash (const char *password, GError **error)
{
  char random[16];
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];

  if (*password == '\0')
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "The root password is empty");
      return NULL;
    }
  if (strpbrk (password, "\r\n") != NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                    "The root password has more than one line");
      return NULL;
    }
  if (getrandom (random, sizeof random, 0) != sizeof random)
    {
      domuimg_set_errno (error, errno, "Cannot get random bytes");
      return NULL;
    }
  if (crypt_gensalt_rn (METHOD, 0, random, sizeof random, setting, sizeof setting) == NULL)
    {
      domuimg_set_errno (error, errno, "Cannot make a salt");
      return NULL;
    }

  struct crypt_data *data = g_new0 (struct crypt_data, 1);
  const char *hash = crypt_r (password, setting, data);
  int saved_errno = errno;
  char *copy = hash != NULL && hash[0] == '$' ? g_strdup (hash) : NULL;
  explicit_bzero (data, sizeof *data);
  g_free (data);
  if (copy == NULL)
    domuimg_set_errno (error, saved_errno, "Cannot hash the root password");
  return copy;
}
