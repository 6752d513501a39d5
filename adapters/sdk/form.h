/* SPDX-License-Identifier: Apache-2.0 */
/* Forms (application/x-www-form-urlencoded): read once and strictly, written with every byte that
 * could be mistaken percent-encoded. */
#ifndef FQ_SDK_FORM_H
#define FQ_SDK_FORM_H

#include "adapters/sdk/text.h"

#define FQ_FORM_FIELDS_MAX 256

enum {
    FQ_FORM_E_MALFORMED = 1, /* a % without two hexadecimal digits, or a NUL */
    FQ_FORM_E_DUPLICATE,     /* a name that comes twice: which one was signed? */
    FQ_FORM_E_TOO_BIG,       /* too many fields, or out of memory */
};

const char *fq_form_reason(int condition); /* text of the conditions above */

/* Decodes each name and value exactly once ('+' is a space). A name without '=' has an empty
 * value; nothing between two '&' is no field. */
int fq_form_decode(const struct fq_host *host, struct fq_str raw, struct fq_pairs *ret);

/* The pair called `name`, NULL if there is none; its value, absent if there is none. */
const struct fq_pair *fq_pairs_find(struct fq_pairs pairs, const char *name);
struct fq_str fq_pairs_get(struct fq_pairs pairs, const char *name);

/* Percent-encodes all but the unreserved [0-9A-Za-z-_.~]. At most three times as long. */
void fq_form_add_encoded(struct fq_text *text, struct fq_str value);

/* "name=value", with a '&' in front unless `text` is empty or ends in '?' or '&'. */
void fq_form_add(struct fq_text *text, struct fq_str name, struct fq_str value);

/* All fields but the one called `except` (NULL: none) as a form, or, with `url` not empty, as that
 * URL with the fields in its query. 0, or -1 after host->fail(). */
int fq_form_join(const struct fq_host *host, struct fq_str url, struct fq_pairs fields,
                 const char *except, struct fq_str *ret);

#endif
