/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that decides whether a verdict is believed. */
#ifndef FQ_CORE_VERDICT_H
#define FQ_CORE_VERDICT_H

#include "daemon/base/str.h"

/* What we asked about, and what came of it. */
struct fq_verdict_context {
    bool verified;   /* host->verify succeeded in this very call */
    bool is_begin;   /* nothing has come from the platform yet: no outcome can be known */
    bool is_errand;  /* a key, a task or a statement is asked for: an answer without an outcome */
    uint32_t object; /* fq_object asked about; 0 = any (a notification names its own) */
    struct fq_str number;       /* our number asked about; empty = any */
    struct fq_str order_number; /* a refund's: our number of its attempt; empty = any */
    struct fq_money amount; /* of that object; currency "": not known yet, checked after lookup */
    int64_t now_ms;
    uint32_t n_sends;             /* SENDs so far in this exchange */
    const struct fq_payer *payer; /* was passed on in this call; NULL: nobody was */
    bool (*url_is_allowed)(const void *allowed, struct fq_str url);
    const void *allowed;
};

#define FQ_SENDS_MAX       3
#define FQ_MEMORY_SIZE_MAX 2048

/* NULL: believed. Otherwise the reason for refusing it, a stable static text: "PAID without a
 * verified signature", "amount is not ours", ... A refused verdict changes nothing and counts as
 * UNKNOWN. */
const char *fq_verdict_refuse(const struct fq_verdict_context *context,
                              const struct fq_verdict *verdict);

const char *fq_outcome_name(uint32_t outcome); /* "PAID"; "?" for what is none */
const char *fq_step_name(uint32_t step);

#endif
