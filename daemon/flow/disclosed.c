/* SPDX-License-Identifier: Apache-2.0 */
/* What the buyer was shown before paying: is it told as it can have been, and the words that were
 * in force, kept once. */
#include <string.h>

#include "daemon/flow/parts.h"

#define DISCLOSED_SKEW_MS 2000 /* by which a storefront's clock may differ from ours */

static bool disclosed_is_told(const struct fq_create_payment *request)
{
    return request->disclosure_shown_ms != 0 || request->disclosure_seconds != 0 ||
           request->disclosure_confirmed;
}

static struct fq_status disclosed_check_times(const struct fq_create_payment *request,
                                              const struct fq_quote *quote, int64_t now_ms)
{
    static const char shown_at[] = "create_payment.disclosure.shown_at_unix_ms";
    int64_t shown_ms = request->disclosure_shown_ms;
    if (shown_ms < 1)
        return fq_status_invalid(shown_at, "DISCLOSURE_TIME_MISSING",
                                 fq_lit("say when the cost disclosure was shown"));
    if (shown_ms > now_ms + DISCLOSED_SKEW_MS)
        return fq_status_invalid(shown_at, "DISCLOSURE_IN_FUTURE",
                                 fq_lit("the cost disclosure cannot have been shown yet"));
    if (shown_ms < quote->issued_ms - DISCLOSED_SKEW_MS)
        return fq_status_invalid(shown_at, "DISCLOSURE_BEFORE_QUOTE",
                                 fq_lit("it was shown before this plan was quoted"));
    if (request->disclosure_seconds < 0 ||
        request->disclosure_seconds > (now_ms - shown_ms + DISCLOSED_SKEW_MS) / 1000)
        return fq_status_invalid("create_payment.disclosure.seconds", "DISCLOSURE_TIME_IMPOSSIBLE",
                                 fq_lit("more seconds than have passed since it was shown"));
    return (struct fq_status){ 0 };
}

struct fq_status fq_disclosed_check(const struct fq_operation *operation,
                                    const struct fq_channel *channel, const struct fq_quote *quote,
                                    int64_t now_ms)
{
    const struct fq_create_payment *request = &operation->create_payment;
    int64_t seconds_min = operation->merchant->disclosure_seconds_min;
    if (memcmp(quote->texts_digest, channel->conf->texts.digest, FQ_DIGEST_SIZE) != 0)
        return fq_status_refused(FQ_CODE_FAILED_PRECONDITION, "DISCLOSURE_CHANGED",
                                 fq_lit("the words of the cost disclosure have changed since; "
                                        "quote again"));
    if (seconds_min > 0 && !request->disclosure_confirmed)
        return fq_status_invalid("create_payment.disclosure.confirmed", "DISCLOSURE_NOT_CONFIRMED",
                                 fq_lit("the buyer must have confirmed the cost disclosure"));
    if (request->disclosure_seconds < seconds_min)
        return fq_status_invalid("create_payment.disclosure.seconds", "DISCLOSURE_TOO_SHORT",
                                 fq_lit("the buyer must have had the minimum reading time"));
    if (!disclosed_is_told(request))
        return (struct fq_status){ 0 };
    return disclosed_check_times(request, quote, now_ms);
}

/* ---- the words, as a note ---- */

static bool disclosed_is_kept(const struct fq_flow *flow, const unsigned char *digest)
{
    for (size_t i = 0; i < flow->n_texts_kept && i < FQ_TEXTS_KEPT_N; i++) {
        if (memcmp(flow->texts_kept[i], digest, FQ_DIGEST_SIZE) == 0)
            return true;
    }
    return false;
}

bool fq_disclosed_note(const struct fq_flow *flow, const struct fq_disclosure_texts *texts,
                       int64_t now_ms, struct fq_arena *arena, struct fq_note *ret)
{
    char name[2 * FQ_DIGEST_SIZE + 1];
    if (texts->text.len == 0 || disclosed_is_kept(flow, texts->digest))
        return false;
    fq_hex(texts->digest, FQ_DIGEST_SIZE, name);
    *ret = (struct fq_note){ .owner = fq_lit("disclosure"),
                             .name = fq_arena_copy(arena, fq_str_of(name)),
                             .value = fq_arena_copy(arena, texts->text),
                             .at_ms = now_ms };
    return true;
}

void fq_disclosed_kept(struct fq_flow *flow, const unsigned char digest[FQ_DIGEST_SIZE])
{
    if (!disclosed_is_kept(flow, digest))
        memcpy(flow->texts_kept[flow->n_texts_kept++ % FQ_TEXTS_KEPT_N], digest, FQ_DIGEST_SIZE);
}
