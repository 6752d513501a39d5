/* SPDX-License-Identifier: Apache-2.0 */
/* Who is to pay: taken with the request, sealed beside the payment, opened for the platform alone.
 */
#include "daemon/core/fact.h"
#include "daemon/flow/parts.h"

/* ---- taking one ---- */

/* What is sealed for one payment opens in no other row. */
static struct fq_str payer_place(int64_t seq, struct fq_str merchant_id, struct fq_arena *arena)
{
    return fq_arena_printf(arena, "payer/%lld/%.*s", (long long)seq, fq_str_arg(merchant_id));
}

/* Names and numbers are few enough to be guessed from a plain digest, so the payer is content by a
 * MAC under a key of ours. */
int fq_payer_add_content(struct fq_flow *flow, const struct fq_payer *payer, struct fq_buf *buf)
{
    struct fq_str text;
    unsigned char mac[32];
    FQ_TRY(fq_payer_write(payer, buf->arena, &text));
    flow->world->mac(flow->world->ctx, "payer", text, mac);
    fq_fact_add_hex(buf, "payer", mac, sizeof(mac));
    return 0;
}

struct fq_status fq_payer_take(struct fq_flow *flow, const struct fq_channel *channel,
                               const struct fq_operation *operation, int64_t seq,
                               struct fq_str *ret_sealed)
{
    const struct fq_create_payment *request = &operation->create_payment;
    struct fq_arena *arena = operation->arena;
    struct fq_str text;
    if (!channel->about.takes_payer)
        return fq_status_invalid("create_payment.payer", "PAYER_NOT_SUPPORTED",
                                 fq_lit("the channel passes no payer on"));
    if (request->terminal == FQ_TERMINAL_APP)
        return fq_status_invalid("create_payment.payer", "PAYER_NOT_WITH_APP",
                                 fq_lit("it would travel in a text through the phone"));
    struct fq_status status = fq_payer_check(&request->payer);
    if (status.code != FQ_CODE_OK)
        return status;
    int r = fq_payer_write(&request->payer, arena, &text);
    if (r == 0)
        r = flow->world->seal(flow->world->ctx, payer_place(seq, operation->merchant->id, arena),
                              text, arena, ret_sealed);
    if (r == FQ_WORLD_E_REFUSED)
        return fq_status_refused(FQ_CODE_FAILED_PRECONDITION, "PAYER_KEY_MISSING",
                                 fq_lit("this daemon has no key to keep payers' data under"));
    if (r == 0)
        return status;
    fq_say_fault("sealing a payer", fq_trace());
    return fq_status_internal();
}

/* ---- passing it on ---- */

int fq_payer_open(struct fq_flow *flow, const struct fq_payment *payment, struct fq_arena *arena,
                  struct fq_payer *ret)
{
    struct fq_str text;
    struct fq_str place = payer_place(payment->seq, payment->merchant_id, arena);
    fq_arena_wipe_on_free(arena);
    if (flow->world->unseal(flow->world->ctx, place, payment->payer, arena, &text) != 0 ||
        fq_payer_read(text, arena, ret) != 0)
        return FQ_PAYER_E_LOST;
    return 0;
}

void fq_payer_fill(const struct fq_payer *payer, struct fq_call *call)
{
    call->payer_name = payer->name;
    call->payer_document_type = fq_document_name(payer->document_type);
    call->payer_document_number = payer->document_number;
    call->payer_phone = payer->phone;
}

/* ---- keeping it out ---- */

/* These are logged, kept and shown to the storefront, whoever wrote them. */
void fq_payer_scrub(const struct fq_payer *payer, struct fq_answer *answer)
{
    struct fq_str *const texts[] = { &answer->reason, &answer->verdict.platform_code,
                                     &answer->verdict.platform_text, &answer->verdict.proof };
    for (size_t i = 0; i < fq_array_size(texts); i++) {
        if (fq_payer_shows(payer, *texts[i]))
            *texts[i] = fq_lit("(left out: it names the payer)");
    }
}
