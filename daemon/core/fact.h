/* SPDX-License-Identifier: Apache-2.0 */
/* Facts: name=value lines, the one exact text form of whatever is hashed, signed, compared or kept
 * as a blob (quotes, journal bodies, memory, request content).
 *
 * A line is name, '=', value, '\n'. Names are [a-z0-9_.]. In values '%' and bytes below 0x20 and
 * 0x7f are written %XX (upper case), everything else stands as it is. There is exactly one text for
 * a list of facts, and a person can read it. */
#ifndef FQ_CORE_FACT_H
#define FQ_CORE_FACT_H

#include "daemon/base/buf.h"

void fq_fact_add(struct fq_buf *buf, const char *name, struct fq_str value);
void fq_fact_add_text(struct fq_buf *buf, const char *name, const char *value);
void fq_fact_add_int(struct fq_buf *buf, const char *name, int64_t value);
void fq_fact_add_hex(struct fq_buf *buf, const char *name, const void *bytes, size_t size);

bool fq_fact_is_name(struct fq_str name);
size_t fq_fact_size(const struct fq_pair *fact); /* of its line */

enum {
    FQ_FACT_E_MALFORMED = 1,
    FQ_FACT_E_ABSENT,
};

/* Reads the whole text strictly: writing the result again gives the same bytes. */
int fq_facts_read(struct fq_str text, struct fq_arena *arena, struct fq_pairs *ret);

/* Pairs as facts, and the value of a name ({NULL, 0} if there is none). */
int fq_facts_write(struct fq_pairs pairs, struct fq_arena *arena, size_t size_max,
                   struct fq_str *ret);
struct fq_str fq_facts_get(struct fq_pairs facts, const char *name);
int fq_facts_get_int(struct fq_pairs facts, const char *name, int64_t min, int64_t max,
                     int64_t *ret);
/* Exactly `size` bytes, as fq_fact_add_hex writes them; *ret changes on success only. */
int fq_facts_get_hex(struct fq_pairs facts, const char *name, void *ret, size_t size);

#endif
