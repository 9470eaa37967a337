/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds names and passwords in addresses: the one rule for all of them. */
#include "config.h"
#include "lib/base/address.h"

#include <string.h>

/* RFC 3986, section 3.2.1: a user's information is before the last "@" of the authority, which ends
 * at "/", "?" or "#". curl takes addresses with one slash, or three, too. */
#define FETCHED "(?:https?|ftps?|tftp):/*"
#define ANY "[a-z][a-z0-9+.-]*://"
#define AUTHORITY "[^\\s/?#\"']*@"
#define WITH_PASSWORD "[^\\s/?#\"':@]*:[^\\s/?#\"']*@"
#define PATTERN "(?<![a-z0-9+.-])(?:(" FETCHED ")" AUTHORITY "|(" ANY ")" WITH_PASSWORD ")"

/* Most texts are not addresses, or have no "@". */
static gboolean
is_candidate (const char *text)
{
  return strchr (text, '@') != NULL && strstr (text, ":/") != NULL && g_utf8_validate (text, -1, NULL);
}

gboolean
domuimg_address_has_secret (const char *text)
{
  return is_candidate (text) && g_regex_match_simple (PATTERN, text, G_REGEX_CASELESS, 0);
}

gboolean
domuimg_address_check (const char *what, const char *text, GError **error)
{
  if (!domuimg_address_has_secret (text))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "%s: a name or password in an address is not taken, because the address is written to"
                       " files that everybody may read, and to the guest; use a server that asks for none,"
                       " or fetch what is there and give the file",
                       what);
}

char *
domuimg_address_redact (char *text)
{
  g_autoptr (GRegex) regex = is_candidate (text) ? g_regex_new (PATTERN, G_REGEX_CASELESS, 0, NULL) : NULL;
  char *redacted = regex != NULL ? g_regex_replace (regex, text, -1, 0, "\\1\\2***@", 0, NULL) : NULL;

  if (redacted == NULL)
    return text;
  g_free (text);
  return redacted;
}
