/* SPDX-License-Identifier: Apache-2.0 */
/* From rows to ledgers, inside a transaction of the engine. */
#ifndef FQ_STORE_LOAD_H
#define FQ_STORE_LOAD_H

#include "daemon/core/tx.h"
#include "daemon/store/engine.h"

/* The payment with all its attempts, no refunds; *ret NULL: no such payment. */
int fq_load_ledger(struct fq_engine *engine, struct fq_arena *arena, int64_t seq,
                   struct fq_ledger **ret);

/* The newest payment of an order, likewise. */
int fq_load_ledger_of_order(struct fq_engine *engine, struct fq_arena *arena,
                            struct fq_str merchant_id, struct fq_str merchant_order_id,
                            struct fq_ledger **ret);

/* Adds refund n to the ledger, if it exists. */
int fq_load_refund(struct fq_engine *engine, struct fq_ledger *ledger, uint32_t n);

/* Adds up to n_max refunds, newest first, to a ledger that has none yet. */
int fq_load_refunds(struct fq_engine *engine, struct fq_ledger *ledger, uint32_t n_max);

/* What a merchant's key stands for; kind NONE: not known. */
int fq_load_idempotent(struct fq_engine *engine, struct fq_str merchant_id, struct fq_str key,
                       struct fq_idempotent *ret);

/* Whose number this is; *ret_seq 0: nobody's. */
int fq_load_order_number(struct fq_engine *engine, struct fq_str order_number, int64_t *ret_seq);
int fq_load_refund_number(struct fq_engine *engine, struct fq_str number, int64_t *ret_seq,
                          uint32_t *ret_n);

/* Fills tx->siblings: the other payments of an order, newest first, without `seq`. */
int fq_load_siblings(struct fq_engine *engine, struct fq_tx *tx, struct fq_str merchant_id,
                     struct fq_str merchant_order_id, int64_t seq);

/* What the rules against cash-out ask. */
int fq_load_history(struct fq_engine *engine, struct fq_arena *arena,
                    const struct fq_risk_query *query, const struct fq_risk_history **ret);

/* Fills what stands in the store of the group that is named. */
int fq_load_group(struct fq_engine *engine, struct fq_group_row *group);

#endif
