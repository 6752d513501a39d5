/* SPDX-License-Identifier: Apache-2.0 */
/* Makes statuses. */
#include "daemon/core/status.h"

struct fq_status fq_status_invalid(const char *field, const char *reason, struct fq_str text)
{
    return (struct fq_status){ .code = FQ_CODE_INVALID_ARGUMENT,
                               .blame = FQ_BLAME_CALLER,
                               .reason = reason,
                               .field = field,
                               .text = text };
}

struct fq_status fq_status_refused(uint32_t code, const char *reason, struct fq_str text)
{
    return (
        struct fq_status){ .code = code, .blame = FQ_BLAME_CALLER, .reason = reason, .text = text };
}

struct fq_status fq_status_busy(const char *reason, int64_t retry_after_ms, struct fq_str text)
{
    return (struct fq_status){ .code = FQ_CODE_RESOURCE_EXHAUSTED,
                               .blame = FQ_BLAME_CALLER,
                               .reason = reason,
                               .may_repeat = true,
                               .retry_after_ms = retry_after_ms,
                               .text = text };
}

struct fq_status fq_status_internal(void)
{
    return (struct fq_status){ .code = FQ_CODE_INTERNAL,
                               .blame = FQ_BLAME_DAEMON,
                               .reason = "INTERNAL",
                               .may_repeat = true,
                               .retry_after_ms = 1000,
                               .text = fq_lit("a fault of ours; the operator's log says more") };
}
