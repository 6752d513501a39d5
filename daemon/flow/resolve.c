/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl resolve: two people vouch, with a file, for what the platform does not tell. */
#include "daemon/core/resolve.h"

#include <strings.h>

#include "daemon/flow/control.h"

#define NAME_SIZE_MAX 64
#define NOTE_SIZE_MAX 500

struct resolve {
    struct fq_control *control;
    struct fq_arena *arena;      /* of ledgers */
    struct fq_resolution wish;   /* as it was asked for */
    struct fq_resolution result; /* what came of it */
    int refusal;                 /* FQ_RESOLVE_E_*; 0: it is so now */
    bool is_found;
    struct fq_read read;
    struct fq_tx tx;
};

static const char *const resolve_words[] = {
    [FQ_RESOLVE_UNSET] = "",
    [FQ_RESOLVE_PAID] = "paid",
    [FQ_RESOLVE_UNPAID] = "unpaid",
    [FQ_RESOLVE_REFUNDED] = "refunded",
    [FQ_RESOLVE_NOT_REFUNDED] = "not-refunded",
    [FQ_RESOLVE_CHECKED] = "checked",
};

/* Before the visit ends, whose memory all of this is. */
static void resolve_end(struct resolve *resolve)
{
    fq_arena_free(FQ_TAKE(resolve->arena));
}

/* ---- what was asked ---- */

static uint32_t resolve_read_as(struct fq_str text)
{
    for (uint32_t as = FQ_RESOLVE_PAID; as < fq_array_size(resolve_words); as++) {
        if (fq_str_equal(text, fq_str_of(resolve_words[as])))
            return as;
    }
    return FQ_RESOLVE_UNSET;
}

static bool resolve_is_name(struct fq_str name)
{
    return name.len > 0 && name.len <= NAME_SIZE_MAX && fq_str_is_line(name) &&
           name.ptr[0] != ' ' && name.ptr[name.len - 1] != ' ';
}

/* Two people, not one who writes the name in another way. */
static bool resolve_is_same(struct fq_str a, struct fq_str b)
{
    return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

static bool resolve_read_digest(struct fq_str text, unsigned char ret[FQ_DIGEST_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char any = 0;
    if (text.len != (size_t)2 * FQ_DIGEST_SIZE)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const char *digit = text.ptr[i] != '\0' ? strchr(digits, text.ptr[i]) : NULL;
        if (digit == NULL)
            return false;
        ret[i / 2] = (unsigned char)(ret[i / 2] << 4 | (digit - digits));
    }
    for (size_t i = 0; i < FQ_DIGEST_SIZE; i++)
        any |= ret[i];
    return any != 0;
}

/* What is wrong with it; NULL: nothing. */
static const char *resolve_read_wish(struct resolve *resolve)
{
    const struct fq_json *asked = resolve->control->asked;
    struct fq_visit *visit = resolve->control->visit;
    struct fq_resolution *wish = &resolve->wish;
    struct fq_evidence *evidence = &wish->evidence;
    wish->as = resolve_read_as(fq_json_get_text(asked, "as"));
    if (wish->as == FQ_RESOLVE_UNSET)
        return "\"as\" must be paid, unpaid, refunded, not-refunded or checked";
    if (!resolve_read_digest(fq_json_get_text(asked, "sha256"), evidence->digest))
        return "\"sha256\" must be the file's digest, 64 digits of lower-case hexadecimal";
    evidence->kind = "operator";
    evidence->by = fq_json_get_text(asked, "by");
    evidence->and_by = fq_json_get_text(asked, "and");
    if (!resolve_is_name(evidence->by) || !resolve_is_name(evidence->and_by))
        return "\"by\" and \"and\" must be names of 1 to 64 bytes";
    if (resolve_is_same(evidence->by, evidence->and_by))
        return "two different people must vouch for it";
    evidence->note = fq_json_get_text(asked, "note");
    if (evidence->note.len > NOTE_SIZE_MAX || !fq_str_is_line(evidence->note))
        return "\"note\" must be one line of at most 500 bytes";
    wish->amount_minor = fq_json_get_number(asked, "amount_minor");
    if (fq_json_get(asked, "amount_minor") != NULL && wish->amount_minor <= 0)
        return "\"amount_minor\" must be above 0";
    int64_t attempt_n = fq_json_get_number(asked, "attempt");
    if (attempt_n < 0 || attempt_n > FQ_ATTEMPTS_MAX)
        return "\"attempt\" must be 1 to 16";
    wish->attempt_n = (uint32_t)attempt_n;
    wish->refund_n = resolve->control->refund_n;
    evidence->uid = fq_arena_printf(visit->arena, "%u", visit->peer_uid);
    return NULL;
}

/* ---- what is told ---- */

static const struct resolve_refusal {
    uint32_t status;
    const char *reason;
    const char *text;
    const char *next; /* %s: the id */
} resolve_refusals[] = {
    [FQ_RESOLVE_E_PROVEN] = { 409, "PROVEN", "the platform has proven what became of it",
                              "fenqictl why %.*s" },
    [FQ_RESOLVE_E_CAN_BE_ASKED] = { 409, "CAN_BE_ASKED", "the platform can still be asked",
                                    "fenqictl retry %.*s" },
    [FQ_RESOLVE_E_NOT_SENT] = { 409, "NOT_SENT", "nothing of it was ever sent to the platform",
                                "fenqictl payments show %.*s" },
    [FQ_RESOLVE_E_SEVERAL] = { 409, "SEVERAL",
                               "several attempts of this payment are unknown: say which, with "
                               "--attempt",
                               "fenqictl payments show %.*s" },
    [FQ_RESOLVE_E_ABSENT] = { 404, "NOT_FOUND", "it has no such attempt",
                              "fenqictl payments show %.*s" },
    [FQ_RESOLVE_E_OTHER_OBJECT] = { 400, "OTHER_OBJECT",
                                    "a payment is paid, unpaid or checked; a refund is refunded or "
                                    "not-refunded",
                                    "fenqictl payments show %.*s" },
    [FQ_RESOLVE_E_AMOUNT] = { 409, "AMOUNT_DIFFERS",
                              "the amount is not ours: this file proves something else",
                              "fenqictl payments show %.*s" },
    [FQ_RESOLVE_E_NO_DOUBT] = { 409, "NO_DOUBT", "nothing about it has to be checked",
                                "fenqictl why %.*s" },
};

static void resolve_refuse(struct resolve *resolve, const struct resolve_refusal *refusal)
{
    struct fq_control *control = resolve->control;
    /* A short format of ours with one id in it. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    struct fq_str next =
        fq_arena_printf(control->visit->arena, refusal->next, fq_str_arg(control->id));
#pragma GCC diagnostic pop
    fq_control_say(control, "resolve", refusal->reason);
    resolve_end(resolve);
    fq_control_refuse(control, refusal->status, refusal->reason, fq_str_of(refusal->text), next);
}

static void resolve_answer(struct resolve *resolve)
{
    struct fq_control *control = resolve->control;
    struct fq_buf *buf = &control->answer;
    fq_buf_add_char(buf, '{');
    fq_json_write_member(buf, "id", control->id);
    fq_json_write_member(buf, "as", fq_str_of(resolve_words[resolve->wish.as]));
    fq_json_write_member(buf, "evidence", fq_lit("operator"));
    fq_json_write_bool(buf, "was_so_already", resolve->result.is_repeated);
    fq_json_write_name(buf, "payment");
    fq_control_write_payment(control, resolve->tx.ledger);
    fq_buf_add_char(buf, '}');
    resolve_end(resolve);
    fq_control_done(control);
}

static void resolve_say(const struct resolve *resolve)
{
    const struct fq_evidence *evidence = &resolve->wish.evidence;
    const struct fq_control *control = resolve->control;
    char digest[2 * FQ_DIGEST_SIZE + 1];
    fq_hex(evidence->digest, FQ_DIGEST_SIZE, digest);
    fq_control_say(control, "resolve", resolve->result.is_repeated ? "was so already" : "done");
    if (resolve->result.is_repeated)
        return;
    fq_log_always(LOG_WARNING, FQ_MSG_RESOLVED, "resolved by the operator",
                  FQ_LOG_STR("ID", control->id),
                  FQ_LOG_STR("MERCHANT", resolve->tx.ledger->payment.merchant_id),
                  FQ_LOG_STR("CHANNEL", resolve->tx.ledger->payment.channel),
                  FQ_LOG_TEXT("AS", resolve_words[resolve->wish.as]), FQ_LOG_TEXT("SHA256", digest),
                  FQ_LOG_STR("BY", evidence->by), FQ_LOG_STR("AND", evidence->and_by),
                  FQ_LOG_INT("UID", control->visit->peer_uid),
                  FQ_LOG_TEXT("NEXT", "the platform may still say better, and is believed then"));
}

/* ---- one transaction ---- */

static int resolve_decide(struct fq_tx *tx)
{
    struct resolve *resolve = tx->flow;
    resolve->result = resolve->wish;
    resolve->is_found = fq_control_is_named(resolve->control, tx->ledger);
    if (!resolve->is_found)
        return FQ_DECIDE_KEEP;
    resolve->refusal = fq_resolve(tx->ledger, &resolve->result);
    if (resolve->refusal < 0)
        return resolve->refusal;
    if (resolve->refusal > 0 || resolve->result.is_repeated)
        return FQ_DECIDE_KEEP;
    if (resolve->result.move == FQ_MOVE_WIN)
        fq_settle_won(resolve->control->visit->catalog, tx,
                      fq_ledger_attempt(tx->ledger, resolve->result.resolved_n),
                      (struct fq_str){ NULL, 0 }, resolve->result.now_ms);
    return FQ_DECIDE_WRITE;
}

static void resolve_committed(struct fq_tx *tx)
{
    struct resolve *resolve = tx->flow;
    struct fq_control *control = resolve->control;
    if (tx->result < 0) {
        fq_control_say(control, "resolve", "a fault of ours");
        resolve_end(resolve);
        fq_control_unwritten(control, "resolving by the operator's evidence", tx);
    } else if (!resolve->is_found) {
        resolve_end(resolve);
        fq_control_absent(control);
    } else if (resolve->refusal > 0) {
        resolve_refuse(resolve, &resolve_refusals[resolve->refusal]);
    } else {
        resolve_say(resolve);
        fq_wait_wake(control->flow, control->seq);
        resolve_answer(resolve);
    }
}

/* The channel is known now: is there anybody to ask? */
static void resolve_read(struct fq_read *read)
{
    struct resolve *resolve = read->flow;
    struct fq_control *control = resolve->control;
    struct fq_flow *flow = control->flow;
    if (read->result < 0) {
        resolve_end(resolve);
        fq_control_fault(control, "reading a payment to be resolved", read->trace);
        return;
    }
    if (!fq_control_is_named(control, read->ledger)) {
        resolve_end(resolve);
        fq_control_absent(control);
        return;
    }
    const struct fq_channel *channel = fq_flow_channel(flow, read->ledger->payment.channel);
    resolve->wish.can_be_asked = channel != NULL && fq_channel_pause_ms(flow, channel) == 0;
    resolve->wish.now_ms = fq_flow_now(flow);
    resolve->wish.schedule = &flow->conf.schedule;
    resolve->tx = (struct fq_tx){ .arena = resolve->arena,
                                  .lookup = FQ_LOOKUP_SEQ,
                                  .seq = control->seq,
                                  .refund_n = control->refund_n,
                                  .want_siblings = control->refund_n == 0,
                                  .decide = resolve_decide,
                                  .done = resolve_committed,
                                  .flow = resolve };
    fq_flow_transact(flow, &resolve->tx);
}

void fq_control_resolve(struct fq_control *control)
{
    struct resolve *resolve = fq_arena_alloc(control->visit->arena, sizeof(*resolve));
    const struct fq_str none = { NULL, 0 };
    if (!fq_control_take_id(control, fq_json_get_text(control->asked, "id")))
        return;
    fq_assert(resolve != NULL); /* the body leaves room for it */
    resolve->control = control;
    const char *mistake = resolve_read_wish(resolve);
    if (mistake != NULL) {
        fq_control_refuse(control, 400, "REQUEST_INVALID", fq_str_of(mistake), none);
        return;
    }
    resolve->arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    resolve->read = (struct fq_read){ .arena = resolve->arena,
                                      .kind = FQ_READ_PAYMENT,
                                      .seq = control->seq,
                                      .refund_n = control->refund_n,
                                      .done = resolve_read,
                                      .flow = resolve };
    control->flow->world->read(control->flow->world->ctx, &resolve->read);
}
