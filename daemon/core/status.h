/* SPDX-License-Identifier: Apache-2.0 */
/* What a storefront is told when its request is not done: a word, a reason, whose fault, what next.
 */
#ifndef FQ_CORE_STATUS_H
#define FQ_CORE_STATUS_H

#include <stdint.h>

#include "daemon/base/str.h"

/* The words and numbers of google.rpc.Code. */
enum fq_code {
    FQ_CODE_OK = 0,
    FQ_CODE_CANCELLED = 1,
    FQ_CODE_UNKNOWN = 2,
    FQ_CODE_INVALID_ARGUMENT = 3,
    FQ_CODE_DEADLINE_EXCEEDED = 4,
    FQ_CODE_NOT_FOUND = 5,
    FQ_CODE_ALREADY_EXISTS = 6,
    FQ_CODE_PERMISSION_DENIED = 7,
    FQ_CODE_RESOURCE_EXHAUSTED = 8,
    FQ_CODE_FAILED_PRECONDITION = 9,
    FQ_CODE_ABORTED = 10,
    FQ_CODE_OUT_OF_RANGE = 11,
    FQ_CODE_UNIMPLEMENTED = 12,
    FQ_CODE_INTERNAL = 13,
    FQ_CODE_UNAVAILABLE = 14,
    FQ_CODE_DATA_LOSS = 15,
    FQ_CODE_UNAUTHENTICATED = 16,
};

enum fq_blame {
    FQ_BLAME_UNSET = 0,
    FQ_BLAME_CALLER = 1, /* the storefront's request */
    FQ_BLAME_DAEMON = 2, /* ours */
    FQ_BLAME_PLATFORM = 3,
};

struct fq_status {
    uint32_t code;      /* fq_code; 0: no error */
    uint32_t blame;     /* fq_blame */
    const char *reason; /* stable, upper case, static: "AMOUNT_TOO_SMALL" */
    const char *field;  /* INVALID_ARGUMENT: the path of the field, static: "create_payment.amount";
                           else NULL */
    bool may_repeat;    /* the same bytes may be sent again and may then succeed */
    int64_t retry_after_ms; /* not before this; 0 = no advice */
    struct fq_str text;     /* for people, English */
};

/* The four ways that statuses are made. `text` is static or lives as long as the request. */
struct fq_status fq_status_invalid(const char *field, const char *reason, struct fq_str text);
struct fq_status fq_status_refused(uint32_t code, const char *reason, struct fq_str text);
struct fq_status fq_status_busy(const char *reason, int64_t retry_after_ms, struct fq_str text);
struct fq_status fq_status_internal(
    void); /* a fault of ours; the trace is in our log, not in the reply */

#endif
