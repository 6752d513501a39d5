/* SPDX-License-Identifier: Apache-2.0 */
/* What every adapter says of a call, and of an answer before and after it looks into it. */
#ifndef FQ_SDK_ANSWER_H
#define FQ_SDK_ANSWER_H

#include "adapters/sdk/text.h"

/* The reason of the first check that is bad; NULL if none is. */
struct fq_check {
    bool is_bad;
    const char *why;
};

const char *fq_check_first(const struct fq_check *checks, size_t n_checks);

/* Why an answer cannot even be looked at (it never came, or its HTTP status is not 200); NULL if it
 * can. */
const char *fq_answer_fault(const struct fq_message *message);

/* Nobody can tell, and why. Returns 0. */
int fq_verdict_unknown(struct fq_verdict *ret, const char *why);

/* This proves nothing by itself: query that object first. Returns 0. */
int fq_verdict_ask(struct fq_verdict *ret, uint32_t object, struct fq_str number);

/* It is signed by a key of the platform's that is not known here. Returns 0. */
int fq_verdict_need_key(struct fq_verdict *ret, struct fq_str name);

/* Remembers one text under `name`, in place of all that was remembered. 0, or -1 after
 * host->fail(). */
int fq_verdict_remember(const struct fq_host *host, const char *name, struct fq_str value,
                        struct fq_verdict *ret);

/* The same of all pairs that have a value. Their names must outlive the call. */
int fq_verdict_remember_all(const struct fq_host *host, const struct fq_pair *pairs, size_t n_pairs,
                            struct fq_verdict *ret);

#endif
