/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's word about what the platform does not tell: where it may be given, and what it
 * moves. Through the same tables as the platform's own; still open to a late success. */
#ifndef FQ_CORE_RESOLVE_H
#define FQ_CORE_RESOLVE_H

#include "daemon/core/settle.h"

enum fq_resolve_as {
    FQ_RESOLVE_UNSET = 0,
    FQ_RESOLVE_PAID,
    FQ_RESOLVE_UNPAID,
    FQ_RESOLVE_REFUNDED,
    FQ_RESOLVE_NOT_REFUNDED,
    FQ_RESOLVE_CHECKED, /* a person has looked at FQ_FLAG_TO_CHECK: nothing moves */
};

struct fq_resolution {
    uint32_t as;          /* fq_resolve_as */
    uint32_t attempt_n;   /* PAID, UNPAID; 0: the one that is unknown */
    uint32_t refund_n;    /* REFUNDED, NOT_REFUNDED; 0: a payment was named */
    int64_t amount_minor; /* 0: not said */
    struct fq_evidence evidence;
    bool can_be_asked; /* the platform: its channel is configured, and is not paused */
    int64_t now_ms;
    const struct fq_schedule *schedule;

    /* what came of it */
    uint32_t move; /* fq_move that was applied */
    uint32_t resolved_n;
    bool is_repeated; /* it was said before: nothing moved */
};

enum {
    FQ_RESOLVE_E_PROVEN = 1,   /* the platform has said what became of it */
    FQ_RESOLVE_E_CAN_BE_ASKED, /* it may still say, or was not asked after the last deadline */
    FQ_RESOLVE_E_NOT_SENT,     /* the platform knows nothing of it */
    FQ_RESOLVE_E_SEVERAL,      /* several attempts are unknown: attempt_n is needed */
    FQ_RESOLVE_E_ABSENT,       /* no such attempt or refund */
    FQ_RESOLVE_E_OTHER_OBJECT, /* a payment's outcome for a refund, or the reverse */
    FQ_RESOLVE_E_AMOUNT,       /* is not ours */
    FQ_RESOLVE_E_NO_DOUBT,     /* there is nothing to check */
};

/* 0: it is so now. Otherwise nothing was changed. */
int fq_resolve(struct fq_ledger *ledger, struct fq_resolution *resolution);

#endif
