/* SPDX-License-Identifier: Apache-2.0 */
/* W3C trace context, https://www.w3.org/TR/trace-context/ section 3.2. */
#include "daemon/core/traceparent.h"

#define VERSION_AT  0
#define TRACE_ID_AT 3
#define PARENT_AT   36
#define FLAGS_AT    53
#define SIZE        55

/* Lower case; not all of them 0 where that would mean "none". */
static bool traceparent_is_hex(struct fq_str text, bool may_be_zero)
{
    bool is_zero = true;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
        is_zero = is_zero && c == '0';
    }
    return may_be_zero || !is_zero;
}

bool fq_traceparent_is_valid(struct fq_str text)
{
    if (text.len < SIZE || text.len > FQ_TRACEPARENT_SIZE_MAX)
        return false;
    struct fq_str version = fq_str_sub(text, VERSION_AT, 2);
    if (!traceparent_is_hex(version, true) || fq_str_equal(version, fq_lit("ff")))
        return false;
    if (text.ptr[TRACE_ID_AT - 1] != '-' || text.ptr[PARENT_AT - 1] != '-' ||
        text.ptr[FLAGS_AT - 1] != '-')
        return false;
    if (text.len > SIZE && (fq_str_equal(version, fq_lit("00")) || text.ptr[SIZE] != '-' ||
                            !fq_str_is_word(text, "-")))
        return false;
    return traceparent_is_hex(fq_str_sub(text, TRACE_ID_AT, 32), false) &&
           traceparent_is_hex(fq_str_sub(text, PARENT_AT, 16), false) &&
           traceparent_is_hex(fq_str_sub(text, FLAGS_AT, 2), true);
}

struct fq_str fq_traceparent_trace_id(struct fq_str traceparent)
{
    return fq_str_sub(traceparent, TRACE_ID_AT, traceparent.len > 0 ? 32 : 0);
}
