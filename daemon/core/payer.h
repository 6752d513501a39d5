/* SPDX-License-Identifier: Apache-2.0 */
/* Who is to pay: whether there can be such a person, the text that is sealed of one, and whether
 * one shows in a text that others will read. */
#ifndef FQ_CORE_PAYER_H
#define FQ_CORE_PAYER_H

#include "daemon/base/arena.h"
#include "daemon/core/status.h"

enum fq_document_type { /* as in fenqi.proto */
                        FQ_DOCUMENT_UNSET = 0,
                        FQ_DOCUMENT_IDENTITY_CARD = 1,
                        FQ_DOCUMENT_PASSPORT = 2,
                        FQ_DOCUMENT_OFFICER_CARD = 3,
                        FQ_DOCUMENT_SOLDIER_CARD = 4,
                        FQ_DOCUMENT_HOKOU = 5,
};

/* Personal data: it stands in arenas that are wiped, and is never logged. */
struct fq_payer {
    struct fq_str name;
    uint32_t document_type;        /* fq_document_type; UNSET without a number */
    struct fq_str document_number; /* may be empty */
    struct fq_str phone;           /* may be empty */
};

/* Code 0: there can be such a person. No value is repeated. */
struct fq_status fq_payer_check(const struct fq_payer *payer);

/* "IDENTITY_CARD", as adapters see it; absent for FQ_DOCUMENT_UNSET. */
struct fq_str fq_document_name(uint32_t document_type);

/* The one text of a payer (core/fact.h), and back. */
enum {
    FQ_PAYER_E_MALFORMED = 1,
};

int fq_payer_write(const struct fq_payer *payer, struct fq_arena *arena, struct fq_str *ret);
int fq_payer_read(struct fq_str text, struct fq_arena *arena, struct fq_payer *ret);

/* Does the name, the number or the phone stand in `text`: as it is, percent-encoded (twice, too),
 * in hex or in base64? Values of less than FQ_PAYER_SHOWS_MIN bytes are not looked for: they stand
 * in any text by chance. */
#define FQ_PAYER_SHOWS_MIN 6
bool fq_payer_shows(const struct fq_payer *payer, struct fq_str text);

#endif
