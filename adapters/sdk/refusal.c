/* SPDX-License-Identifier: Apache-2.0 */
/* Notes a refusal as refused = "<unix ms>|<code>", empty once wiped. */
#include "adapters/sdk/refusal.h"

#include "adapters/sdk/answer.h"
#include "adapters/sdk/form.h"

bool fq_refusal_write(const struct fq_host *host, const struct fq_call *call, struct fq_str code,
                      struct fq_str *ret)
{
    struct fq_text text;
    fq_text_init(&text, host, 24 + code.len);
    fq_text_add_number(&text, call->now_unix_ms);
    fq_text_add_char(&text, '|');
    fq_text_add(&text, code);
    return fq_text_finish(&text, ret);
}

int fq_refusal_note(const struct fq_host *host, const struct fq_call *call, struct fq_verdict *ret)
{
    struct fq_str note;
    if (!fq_refusal_write(host, call, ret->platform_code, &note))
        return host->fail(host, "no memory for the note of a refusal");
    return fq_verdict_remember(host, FQ_REFUSAL_NAME, note, ret);
}

int fq_refusal_wipe(const struct fq_host *host, const struct fq_call *call, struct fq_verdict *ret)
{
    struct fq_str note = fq_pairs_get(call->memory, FQ_REFUSAL_NAME);
    return note.len > 0 ? fq_verdict_remember(host, FQ_REFUSAL_NAME, fq_slice(""), ret) : 0;
}

bool fq_refusal_read(const struct fq_call *call, int64_t *ret_age_ms, struct fq_str *ret_code)
{
    struct fq_str note = fq_pairs_get(call->memory, FQ_REFUSAL_NAME);
    struct fq_str time;
    int64_t refused_unix_ms;
    if (!fq_slice_cut(note, '|', &time, ret_code) ||
        !fq_slice_to_number(time, INT64_MAX, &refused_unix_ms))
        return false;
    bool is_later = call->now_unix_ms > refused_unix_ms;
    *ret_age_ms = is_later ? call->now_unix_ms - refused_unix_ms : 0;
    return true;
}
