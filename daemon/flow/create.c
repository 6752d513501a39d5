/* SPDX-License-Identifier: Apache-2.0 */
/* CreatePayment: the idempotency key first, then the checks, then one commit. */
#include <string.h>

#include "daemon/core/fact.h"
#include "daemon/core/money.h"
#include "daemon/flow/parts.h"

/* Every byte of the longest request (io/codec: 8 KiB of quote, some 1 KiB of the rest) may take
 * three. */
#define CONTENT_SIZE_MAX 32768

struct create {
    struct fq_flow *flow;
    struct fq_operation *operation;
    const struct fq_channel *channel;
    struct fq_quote quote;
    struct fq_str quote_text;
    unsigned char content_digest[FQ_DIGEST_SIZE];
    unsigned char secret[FQ_SECRET_SIZE];
    int64_t seq;
    struct fq_str payer; /* sealed */
    struct fq_str buyer; /* by a MAC; may be empty */
    struct fq_risk_query risk;
    const char *checked_rule; /* against cash-out, that `checked` is about; or NULL */
    const char *refusal_rule; /* likewise, `refusal` */
    struct fq_note note;      /* the words of the disclosure, */
    bool has_note;            /* unless they are kept already */
    int64_t now_ms;
    int64_t expires_ms;
    struct fq_status checked; /* code 0: every check passed */
    struct fq_status refusal; /* what the transaction says; code 0: done */
    bool is_new;
    struct fq_tx tx;
    struct fq_read read;
    struct fq_open open;
};

/* ---- the checks: pure, in the order a reader of the request would make them ---- */

static struct fq_status create_check_texts(const struct fq_create_payment *request)
{
    if (request->merchant_order_id.len > 64 || !fq_str_is_word(request->merchant_order_id, "_-"))
        return fq_status_invalid("create_payment.merchant_order_id", "ORDER_ID_INVALID",
                                 fq_lit("must be 1 to 64 of letters, digits, _ and -"));
    if (request->subject.len == 0 || request->subject.len > 128)
        return fq_status_invalid("create_payment.subject", "SUBJECT_INVALID",
                                 fq_lit("must be 1 to 128 bytes"));
    for (size_t i = 0; i < request->subject.len; i++) {
        unsigned char c = (unsigned char)request->subject.ptr[i];
        if (c < 0x20 || c == 0x7f || c == '/' || c == '=' || c == '&')
            return fq_status_invalid("create_payment.subject", "SUBJECT_INVALID",
                                     fq_lit("must not hold / = & or control characters"));
    }
    return (struct fq_status){ 0 };
}

static struct fq_status create_check_return_url(const struct create *create)
{
    struct fq_str url = create->operation->create_payment.return_url;
    const struct fq_merchant *merchant = create->operation->merchant;
    for (size_t i = 0; i < url.len; i++) {
        if ((unsigned char)url.ptr[i] <= 0x20 || (unsigned char)url.ptr[i] >= 0x7f ||
            strchr("\"<>\\#", url.ptr[i]) != NULL)
            return fq_status_invalid("create_payment.return_url", "RETURN_URL_INVALID",
                                     fq_lit("must be a URL in ASCII, without a fragment"));
    }
    for (size_t i = 0; i < merchant->n_return_urls; i++) {
        if (fq_str_starts(url, merchant->return_urls[i]))
            return (struct fq_status){ 0 };
    }
    return fq_status_invalid("create_payment.return_url", "RETURN_URL_NOT_ALLOWED",
                             fq_lit("is under none of the prefixes agreed with the operator"));
}

static struct fq_status create_check_quote(struct create *create)
{
    const struct fq_create_payment *request = &create->operation->create_payment;
    const struct fq_merchant *merchant = create->operation->merchant;
    struct fq_quote *quote = &create->quote;
    if (fq_quote_open(create->flow, request->quote, create->operation->arena, quote,
                      &create->quote_text) != 0)
        return fq_status_invalid("create_payment.quote", "QUOTE_INVALID",
                                 fq_lit("these are not the bytes that QuotePlans gave"));
    create->channel = fq_flow_channel(create->flow, quote->channel);
    if (!fq_str_equal(quote->merchant_id, merchant->id))
        return fq_status_invalid("create_payment.quote", "QUOTE_OF_ANOTHER_MERCHANT",
                                 fq_lit("the quote was given to another merchant"));
    if (create->channel == NULL || !fq_merchant_may_use(merchant, quote->channel))
        return fq_status_refused(FQ_CODE_FAILED_PRECONDITION, "CHANNEL_GONE",
                                 fq_lit("the quote's channel is no longer offered; quote again"));
    if (create->now_ms >= quote->expires_ms)
        return fq_status_refused(FQ_CODE_FAILED_PRECONDITION, "QUOTE_EXPIRED",
                                 fq_lit("the quote has expired; quote again"));
    if (request->amount.minor != quote->amount.minor)
        return fq_status_invalid("create_payment.amount.minor", "AMOUNT_MISMATCH",
                                 fq_lit("differs from the quote's amount"));
    if (!fq_str_equal(request->currency, fq_str_of(quote->amount.currency)))
        return fq_status_invalid("create_payment.amount.currency", "CURRENCY_MISMATCH",
                                 fq_lit("differs from the quote's currency"));
    if (request->terminal == FQ_TERMINAL_UNSET ||
        !(create->channel->about.terminals & 1u << request->terminal))
        return fq_status_invalid("create_payment.terminal", "TERMINAL_NOT_SUPPORTED",
                                 fq_lit("the channel cannot serve this terminal"));
    return (struct fq_status){ 0 };
}

static struct fq_status create_check_life(struct create *create)
{
    const struct fq_create_payment *request = &create->operation->create_payment;
    int64_t life = request->expires_in_ms > 0 ? request->expires_in_ms
                                              : create->channel->conf->payment_life_ms;
    /* The buyer opens the link some time after it was made, and needs deadline_min_ms from then. */
    int64_t life_min = 2 * create->channel->about.deadline_min_ms;
    if (request->expires_in_ms < 0 || (request->expires_in_ms > 0 && life < life_min) ||
        life > create->channel->about.deadline_max_ms)
        return fq_status_invalid("create_payment.expires_in_ms", "EXPIRY_OUT_OF_RANGE",
                                 fq_lit("is outside of what the channel allows"));
    create->expires_ms = create->now_ms + life;
    return (struct fq_status){ 0 };
}

/* A QR code is the platform's to make, at once. Before anything is kept, so that the shop can offer
 * the same order another way. */
static struct fq_status create_check_pause(const struct create *create)
{
    bool needs_platform = create->operation->create_payment.terminal == FQ_TERMINAL_QR;
    if (fq_channel_is_held(create->flow, create->channel->conf->name, NULL))
        return fq_channel_held();
    if (needs_platform && fq_channel_pause_ms(create->flow, create->channel) > 0)
        return fq_channel_paused(create->flow, create->channel);
    return (struct fq_status){ 0 };
}

/* The rules against cash-out that need no past. */
static struct fq_status create_check_risk(struct create *create)
{
    const struct fq_risk_rules *rules = &create->operation->merchant->risk;
    const struct fq_risk_facts facts = { .now_ms = create->now_ms,
                                         .amount_minor = create->quote.amount.minor };
    struct fq_risk_verdict verdict = fq_risk_check(rules, &facts);
    create->checked_rule = verdict.rule;
    if (verdict.rule == NULL && fq_risk_wants_buyer(rules) &&
        create->operation->create_payment.buyer_reference.len == 0)
        return fq_status_invalid("create_payment.buyer.reference", "BUYER_REFERENCE_MISSING",
                                 fq_lit("say who the buyer is, by an id of your own"));
    return verdict.status;
}

static struct fq_status create_check(struct create *create)
{
    struct fq_status status = create_check_texts(&create->operation->create_payment);
    if (status.code == FQ_CODE_OK)
        status = fq_buyer_check(create->operation->create_payment.buyer_reference,
                                "create_payment.buyer.reference");
    if (status.code == FQ_CODE_OK)
        status = create_check_return_url(create);
    if (status.code == FQ_CODE_OK)
        status = create_check_quote(create);
    if (status.code == FQ_CODE_OK)
        status = create_check_life(create);
    if (status.code == FQ_CODE_OK)
        status = create_check_pause(create);
    if (status.code == FQ_CODE_OK)
        status =
            fq_disclosed_check(create->operation, create->channel, &create->quote, create->now_ms);
    if (status.code == FQ_CODE_OK)
        status = create_check_risk(create);
    if (status.code == FQ_CODE_OK && create->operation->create_payment.has_payer)
        status = fq_payer_take(create->flow, create->channel, create->operation, create->seq,
                               &create->payer);
    return status;
}

/* "Same content" is decided over our own encoding of the business fields: not over wire bytes, and
 * without what a retry may change (request id, deadline, buyer's address, disclosure times). */
static int create_digest(struct create *create)
{
    const struct fq_create_payment *request = &create->operation->create_payment;
    struct fq_str text;
    struct fq_buf buf;
    fq_buf_init(&buf, create->operation->arena, CONTENT_SIZE_MAX);
    fq_fact_add_text(&buf, "form", "create_payment.1");
    fq_fact_add(&buf, "order", request->merchant_order_id);
    fq_fact_add(&buf, "quote", request->quote);
    fq_fact_add_int(&buf, "amount", request->amount.minor);
    fq_fact_add(&buf, "currency", request->currency);
    fq_fact_add(&buf, "subject", request->subject);
    fq_fact_add_int(&buf, "terminal", request->terminal);
    fq_fact_add(&buf, "return_url", request->return_url);
    fq_fact_add_int(&buf, "expires_in", request->expires_in_ms);
    fq_fact_add_int(&buf, "allow_parallel", request->allow_parallel);
    if (create->buyer.len > 0)
        fq_fact_add_hex(&buf, "buyer", create->buyer.ptr, create->buyer.len);
    if (request->has_payer)
        FQ_TRY(fq_payer_add_content(create->flow, &request->payer, &buf));
    FQ_TRY(fq_buf_finish(&buf, &text));
    create->flow->world->sha256(create->flow->world->ctx, text, create->content_digest);
    return 0;
}

/* ---- the transaction ---- */

static void create_fill(struct create *create, struct fq_ledger *ledger)
{
    const struct fq_create_payment *request = &create->operation->create_payment;
    const struct fq_quote *quote = &create->quote;
    struct fq_payment *payment = &ledger->payment;
    payment->seq = create->seq;
    memcpy(payment->secret, create->secret, sizeof(payment->secret));
    memcpy(payment->content_digest, create->content_digest, sizeof(payment->content_digest));
    payment->merchant_id = create->operation->merchant->id;
    payment->merchant_order_id = request->merchant_order_id;
    payment->channel = quote->channel;
    payment->subject = request->subject;
    payment->amount = quote->amount;
    payment->terminal = request->terminal;
    payment->return_url = request->return_url;
    payment->buyer_ip = request->buyer_ip;
    payment->buyer_user_agent = request->buyer_user_agent;
    payment->quote = create->quote_text;
    payment->instalments = quote->instalments;
    payment->bearer = quote->bearer;
    payment->merchant_percent = quote->merchant_percent;
    payment->buyer_fee_minor = quote->buyer_fee_minor;
    payment->merchant_fee_minor = quote->merchant_fee_minor;
    payment->issuer = quote->issuer;
    payment->nominal_annual_bp = quote->nominal_annual_bp;
    payment->effective_annual_bp = quote->effective_annual_bp;
    payment->simple_annual_bp = quote->simple_annual_bp;
    memcpy(payment->texts_digest, quote->texts_digest, sizeof(payment->texts_digest));
    payment->disclosure_shown_ms = request->disclosure_shown_ms;
    payment->disclosure_seconds = request->disclosure_seconds;
    payment->disclosure_confirmed = request->disclosure_confirmed;
    payment->expires_ms = create->expires_ms;
    payment->traceparent = create->operation->traceparent;
    payment->identity_asked = request->has_payer;
    payment->payer = create->payer;
    payment->buyer = create->risk.buyer;
    payment->is_counted = create->risk.n_in_hour > 0;
}

/* One order, one buyer's money: a live or paid payment of the same order stands in the way. Where
 * it does not there are never more of them than are looked at when one is paid. */
static struct fq_status create_check_siblings(const struct create *create, const struct fq_tx *tx)
{
    bool may_be_many = create->operation->create_payment.allow_parallel;
    if (may_be_many && tx->n_siblings >= FQ_SIBLINGS_MAX)
        return fq_status_refused(FQ_CODE_FAILED_PRECONDITION, "ORDER_HAS_TOO_MANY_PAYMENTS",
                                 fq_lit("16 payments of this order are open or paid"));
    for (uint32_t i = 0; !may_be_many && i < tx->n_siblings; i++) {
        const struct fq_sibling *sibling = &tx->siblings[i];
        if (sibling->state == FQ_PAYMENT_CLOSED)
            continue;
        struct fq_arena *arena = create->operation->arena;
        struct fq_str id = fq_id_payment(sibling->seq, sibling->secret, arena);
        bool is_paid = sibling->state == FQ_PAYMENT_PAID;
        int64_t until = sibling->settle_after_ms > sibling->expires_ms ? sibling->settle_after_ms
                                                                       : sibling->expires_ms;
        struct fq_status status = fq_status_refused(
            FQ_CODE_FAILED_PRECONDITION, is_paid ? "ORDER_PAID" : "ORDER_HAS_LIVE_PAYMENT",
            fq_arena_printf(arena,
                            is_paid ? "payment %.*s of this order is paid"
                                    : "payment %.*s of this order is open until %lld",
                            fq_str_arg(id), (long long)until));
        if (!is_paid && until > create->now_ms)
            status.retry_after_ms = until - create->now_ms;
        return status;
    }
    return (struct fq_status){ 0 };
}

/* With what the transaction sees of the past: of two at once that are one too many, one is made. */
static struct fq_status create_check_past(struct create *create, const struct fq_tx *tx)
{
    const struct fq_risk_facts facts = { .now_ms = create->now_ms,
                                         .amount_minor = create->quote.amount.minor,
                                         .history = tx->history };
    struct fq_risk_verdict verdict = fq_risk_check(&create->operation->merchant->risk, &facts);
    create->refusal_rule = verdict.rule;
    return verdict.status;
}

static struct fq_status create_same_or_conflict(const struct create *create,
                                                const struct fq_ledger *ledger, uint32_t kind)
{
    if (kind == FQ_IDEMPOTENT_PAYMENT && ledger != NULL &&
        memcmp(ledger->payment.content_digest, create->content_digest, FQ_DIGEST_SIZE) == 0)
        return (struct fq_status){ 0 };
    struct fq_status status =
        fq_status_refused(FQ_CODE_ALREADY_EXISTS, "IDEMPOTENCY_KEY_REUSED",
                          fq_lit("this key was used for a request with other content"));
    status.field = "create_payment.idempotency_key";
    return status;
}

/* The key comes before everything else: a request that would be refused may still repeat one that
 * was not, because its quote has expired meanwhile, say. */
static int create_decide(struct fq_tx *tx)
{
    struct create *create = tx->flow;
    create->refusal_rule = NULL;
    if (tx->known.kind != FQ_IDEMPOTENT_NONE) {
        create->refusal = create_same_or_conflict(create, tx->ledger, tx->known.kind);
        return FQ_DECIDE_KEEP;
    }
    create->refusal = create->checked;
    create->refusal_rule = create->checked_rule;
    if (create->refusal.code == FQ_CODE_OK)
        create->refusal = create_check_siblings(create, tx);
    if (create->refusal.code == FQ_CODE_OK && tx->history != NULL)
        create->refusal = create_check_past(create, tx);
    if (create->refusal.code != FQ_CODE_OK)
        return FQ_DECIDE_KEEP;
    tx->ledger = fq_ledger_new(tx->arena);
    if (tx->ledger == NULL)
        return FQ_FAULT(-ENOMEM, "the arena is full");
    create_fill(create, tx->ledger);
    fq_move_create_on(tx->ledger, create->operation->request_digest, create->now_ms);
    if (create->has_note) {
        tx->notes = &create->note;
        tx->n_notes = 1;
    }
    tx->keep_key = true;
    create->is_new = true;
    return FQ_DECIDE_WRITE;
}

static void create_opened(struct fq_open *open)
{
    struct create *create = open->asker;
    if (open->ledger == NULL) {
        fq_finish_with(create->flow, create->operation, fq_status_internal());
        return;
    }
    const struct fq_channel *channel = fq_flow_channel(create->flow, open->ledger->payment.channel);
    if (open->result == FQ_OPEN_UNCLEAR && channel != NULL &&
        fq_channel_is_held(create->flow, channel->conf->name, NULL)) {
        fq_finish_with(create->flow, create->operation, fq_channel_held());
        return;
    }
    if (open->result == FQ_OPEN_UNCLEAR && channel != NULL &&
        fq_channel_pause_ms(create->flow, channel) > 0) {
        /* The payment stands: the same request finds it. */
        fq_finish_with(create->flow, create->operation, fq_channel_paused(create->flow, channel));
        return;
    }
    fq_answer_payment(create->flow, create->operation, open->ledger);
}

/* The payment stands in the store. QR and app orders are opened now, browser flows by the buyer. */
static void create_answer(struct create *create, struct fq_ledger *ledger)
{
    const struct fq_channel *channel = fq_flow_channel(create->flow, ledger->payment.channel);
    if (channel == NULL || ledger->payment.state != FQ_PAYMENT_OPEN ||
        !(channel->about.opens_at_create & 1u << ledger->payment.terminal)) {
        fq_answer_payment(create->flow, create->operation, ledger);
        return;
    }
    create->open = (struct fq_open){ .flow = create->flow,
                                     .arena = create->operation->arena,
                                     .seq = ledger->payment.seq,
                                     .ledger = ledger,
                                     .wants_ledger = true,
                                     .done = create_opened,
                                     .asker = create };
    fq_open_run(&create->open);
}

static void create_reread_done(struct fq_read *read)
{
    struct create *create = read->flow;
    if (read->result < 0 || read->ledger == NULL) {
        fq_say_fault_for("reading a payment that was asked for again", read->trace, read->result,
                         create->operation);
        fq_finish_with(create->flow, create->operation, fq_status_internal());
        return;
    }
    create_answer(create, read->ledger);
}

/* A transaction does not load the refunds, which belong to the answer. */
static void create_reread(struct create *create, int64_t seq)
{
    create->read = (struct fq_read){ .arena = create->operation->arena,
                                     .kind = FQ_READ_PAYMENT,
                                     .seq = seq,
                                     .done = create_reread_done,
                                     .flow = create };
    create->flow->world->read(create->flow->world->ctx, &create->read);
}

static void create_committed(struct fq_tx *tx)
{
    struct create *create = tx->flow;
    if (tx->result < 0) {
        fq_say_fault_for("creating a payment", tx->trace, tx->result, create->operation);
        fq_finish_with(create->flow, create->operation, fq_ledger_refused(tx->result));
        return;
    }
    if (create->refusal.code != FQ_CODE_OK) {
        if (create->refusal_rule != NULL)
            fq_say_risk(create->operation, create->channel->conf->name, create->refusal_rule,
                        &create->refusal);
        fq_finish_with(create->flow, create->operation, create->refusal);
        return;
    }
    if (create->is_new && create->has_note)
        fq_disclosed_kept(create->flow, tx->ledger->payment.texts_digest);
    if (create->is_new)
        fq_say_payment(LOG_INFO, FQ_MSG_PAYMENT_CREATED, "payment created", tx->ledger);
    if (tx->ledger->payment.n_refunds > 0)
        create_reread(create, tx->ledger->payment.seq);
    else
        create_answer(create, tx->ledger);
}

static void create_commit(struct create *create)
{
    const struct fq_create_payment *request = &create->operation->create_payment;
    bool wants_past =
        fq_risk_ask(create->operation->merchant, create->buyer, create->now_ms, &create->risk);
    create->tx =
        (struct fq_tx){ .arena = create->operation->arena,
                        .lookup = FQ_LOOKUP_NEW,
                        .merchant_id = create->operation->merchant->id,
                        .idempotency_key = request->idempotency_key,
                        .merchant_order_id = request->merchant_order_id,
                        .risk =
                            wants_past && create->checked.code == FQ_CODE_OK ? &create->risk : NULL,
                        .decide = create_decide,
                        .done = create_committed,
                        .flow = create };
    fq_flow_transact(create->flow, &create->tx);
}

void fq_create_run(struct fq_flow *flow, struct fq_operation *operation)
{
    struct fq_str key = operation->create_payment.idempotency_key;
    if (key.len < 8 || key.len > 64 || !fq_str_is_word(key, "_-")) {
        fq_finish_with(flow, operation,
                       fq_status_invalid("create_payment.idempotency_key", "KEY_INVALID",
                                         fq_lit("must be 8 to 64 of letters, digits, _ and -")));
        return;
    }
    struct create *create = fq_arena_alloc(operation->arena, sizeof(*create));
    if (create == NULL) {
        fq_finish_with(flow, operation, fq_status_internal());
        return;
    }
    if (operation->create_payment.has_payer)
        fq_arena_wipe_on_free(operation->arena);
    create->flow = flow;
    create->operation = operation;
    create->now_ms = fq_flow_now(flow);
    create->seq = fq_sequence_next(&flow->sequence, create->now_ms);
    flow->world->random(flow->world->ctx, create->secret, sizeof(create->secret));
    create->buyer = fq_buyer_name(flow, operation->merchant,
                                  operation->create_payment.buyer_reference, operation->arena);
    if (create_digest(create) < 0) {
        fq_say_fault_for("digesting a request", fq_trace(), 0, operation);
        fq_finish_with(flow, operation, fq_status_internal());
        return;
    }
    create->checked = create_check(create);
    if (create->checked.code == FQ_CODE_OK)
        create->has_note = fq_disclosed_note(flow, &create->channel->conf->texts, create->now_ms,
                                             operation->arena, &create->note);
    create_commit(create);
}
