/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the operator's side share: its visits, its answers. */
#ifndef FQ_FLOW_CONTROL_H
#define FQ_FLOW_CONTROL_H

#include "daemon/base/json.h"
#include "daemon/flow/parts.h"

#define FQ_CONTROL_ANSWER_MAX ((size_t)256 << 10)

/* One visit on its way. */
struct fq_control {
    struct fq_flow *flow;
    struct fq_visit *visit;
    const struct fq_json *asked; /* the body of a POST: an object */

    /* of those that name a payment or a refund */
    struct fq_str id;
    int64_t seq;
    unsigned char secret[FQ_SECRET_SIZE];
    uint32_t refund_n; /* 0: a payment */

    struct fq_buf answer;
};

/* Each runs on the loop, and answers or refuses exactly once. */
void fq_control_status(struct fq_control *control);   /* GET /v1/status (status.c) */
void fq_control_unknown(struct fq_control *control);  /* GET /v1/unknown (unknown.c) */
void fq_control_payments(struct fq_control *control); /* POST /v1/payments (payments.c) */
void fq_control_channel(struct fq_control *control);  /* POST /v1/channels (pause.c) */
void fq_control_retry(struct fq_control *control);    /* POST /v1/retry (retry.c) */
void fq_control_groups(struct fq_control *control);   /* POST /v1/groups (groups.c) */
void fq_control_ungroup(struct fq_control *control);  /* POST /v1/groups/remove (groups.c) */
void fq_control_resolve(struct fq_control *control);  /* POST /v1/resolve (resolve.c) */

/* Ends a visit with control->answer, a whole object. */
void fq_control_done(struct fq_control *control);
/* Or with a reason, a stable word; what it means; and what to type next (may be empty). */
void fq_control_refuse(struct fq_control *control, uint32_t status, const char *reason,
                       struct fq_str text, struct fq_str next);
/* What a fault of ours looks like from outside. */
void fq_control_fault(struct fq_control *control, const char *what, const char *trace);
/* The same where a transaction failed: with the word that the shops hear, and why. */
void fq_control_unwritten(struct fq_control *control, const char *what, const struct fq_tx *tx);

/* False, and refused: it is none. */
bool fq_control_take_id(struct fq_control *control, struct fq_str id);
/* Is it the payment, and the refund, that was named? */
bool fq_control_is_named(const struct fq_control *control, struct fq_ledger *ledger);
void fq_control_absent(struct fq_control *control);

/* Adds the payment as an object: what the operator needs of it, no personal data. */
void fq_control_write_payment(struct fq_control *control, struct fq_ledger *ledger);

/* What is wrong, as the member "troubles" (trouble.c). */
void fq_control_write_troubles(struct fq_control *control, const struct fq_world_status *world,
                               const struct fq_work *work, const struct fq_read *unknown,
                               const struct fq_read *groups);
void fq_control_write_flags(struct fq_buf *buf, uint32_t flags);

/* Who asked for a change, and what came of it. */
void fq_control_say(const struct fq_control *control, const char *what, const char *result);

#endif
