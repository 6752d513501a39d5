/* SPDX-License-Identifier: Apache-2.0 */
/* From ledgers to rows, inside a transaction of the engine. */
#ifndef FQ_STORE_WRITE_H
#define FQ_STORE_WRITE_H

#include "daemon/core/tx.h"
#include "daemon/store/engine.h"

typedef void fq_sha256_of2_fn(struct fq_str a, struct fq_str b, unsigned char ret[32]);

/* The hash of one journal entry: SHA-256(previous || length of body, 8 bytes big endian || body).
 */
void fq_write_journal_hash(fq_sha256_of2_fn *sha256_of2,
                           const unsigned char previous[FQ_DIGEST_SIZE], struct fq_str body,
                           unsigned char ret[FQ_DIGEST_SIZE]);

/* Writes whatever of the ledger is new or dirty, its journal entries and events.
 * `loaded_version` is the payment's when it was loaded (0 for a new one). -ESTALE: the row has
 * another version now. */
int fq_write_ledger(struct fq_engine *engine, fq_sha256_of2_fn *sha256_of2,
                    struct fq_ledger *ledger, int64_t loaded_version);

/* Records what a merchant's key stands for; -EEXIST: it stands for something already. */
int fq_write_idempotent(struct fq_engine *engine, struct fq_str merchant_id, struct fq_str key,
                        const struct fq_idempotent *known);

int fq_write_group(struct fq_engine *engine, const struct fq_group_row *group);

int fq_write_note(struct fq_engine *engine, const struct fq_note *note);

#endif
