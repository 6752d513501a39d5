/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl why: the causal chain of one payment, from the request to the signed answer, with the
 * digest of every byte that moved it. */
#include <inttypes.h>
#include <string.h>

#include "daemon/base/json.h"
#include "daemon/core/ledger.h"
#include "daemon/ctl/journal.h"

struct why {
    struct ctl *ctl;
    struct ctl_journal journal;
    struct fq_quote quote;
    bool has_quote;
    struct fq_buf json;
    struct ctl_table table; /* of one step */
    bool is_first;
};

static const char *const why_bearers[] = { "?", "the buyer", "the shop", "both" };

static struct fq_str why_hex(struct ctl *ctl, const unsigned char digest[FQ_DIGEST_SIZE])
{
    static const unsigned char none[FQ_DIGEST_SIZE];
    char text[2 * FQ_DIGEST_SIZE + 1];
    if (memcmp(digest, none, FQ_DIGEST_SIZE) == 0)
        return (struct fq_str){ NULL, 0 };
    fq_hex(digest, FQ_DIGEST_SIZE, text);
    return fq_arena_copy(ctl->arena, fq_str_of(text));
}

/* ---- text: a headline, and what is known below it ---- */

static void why_row(struct why *why, const char *name, struct fq_str value)
{
    if (value.len > 0)
        ctl_table_row(&why->table, fq_str_of(name), value);
}

static void why_begin(struct why *why, int64_t at_ms, struct fq_str headline)
{
    struct ctl_table line;
    ctl_table_init(&line, why->ctl->arena, "ll", 0);
    ctl_table_row(&line, ctl_time_text(why->ctl, at_ms), headline);
    ctl_table_print(&line, stdout);
    ctl_table_init(&why->table, why->ctl->arena, "ll", 4);
}

static void why_end(struct why *why)
{
    ctl_table_print(&why->table, stdout);
}

/* ---- what was asked for, and on which terms ---- */

static struct fq_str why_rule(const struct why *why)
{
    const struct fq_quote *quote = &why->quote;
    struct fq_arena *arena = why->ctl->arena;
    uint32_t bearer = quote->bearer < fq_array_size(why_bearers) ? quote->bearer : 0;
    return fq_arena_printf(
        arena, "%u instalments by %.*s%s%.*s%s%.*s: %u.%04u%% of the amount, paid by %s",
        quote->instalments, fq_str_arg(quote->channel), quote->issuer.len > 0 ? ", bank " : "",
        fq_str_arg(quote->issuer), quote->campaign.len > 0 ? ", campaign " : "",
        fq_str_arg(quote->campaign), quote->rate_ppm / 10000, quote->rate_ppm % 10000,
        why_bearers[bearer]);
}

static void why_show_quote(struct why *why)
{
    const struct fq_payment *payment = &why->journal.ledger->payment;
    struct ctl *ctl = why->ctl;
    if (!why->has_quote) {
        why_begin(why, payment->created_ms, fq_lit("quoted: its text cannot be read"));
        why_end(why);
        return;
    }
    why_begin(why, why->quote.issued_ms, fq_lit("quoted"));
    why_row(why, "quote", why->quote.quote_id);
    why_row(why, "rule", why_rule(why));
    why_row(why, "fee",
            fq_arena_printf(ctl->arena, "%.*s, of it %.*s the buyer's",
                            fq_str_arg(ctl_minor_text(ctl, why->quote.buyer_fee_minor +
                                                               why->quote.merchant_fee_minor)),
                            fq_str_arg(ctl_minor_text(ctl, why->quote.buyer_fee_minor))));
    if (why->quote.nominal_annual_bp > 0)
        why_row(why, "a year",
                fq_arena_printf(ctl->arena, "%.*s (IRR), effective %.*s",
                                fq_str_arg(ctl_percent_text(ctl, why->quote.nominal_annual_bp)),
                                fq_str_arg(ctl_percent_text(ctl, why->quote.effective_annual_bp))));
    why_row(why, "held until", ctl_time_text(ctl, why->quote.expires_ms));
    why_row(why, "texts", why_hex(ctl, payment->texts_digest));
    why_end(why);
}

static void why_show_request(struct why *why)
{
    const struct fq_payment *payment = &why->journal.ledger->payment;
    struct ctl *ctl = why->ctl;
    why_begin(why, payment->created_ms,
              fq_arena_printf(ctl->arena, "asked for by %.*s: order %.*s, %.*s %s",
                              fq_str_arg(payment->merchant_id),
                              fq_str_arg(payment->merchant_order_id),
                              fq_str_arg(ctl_minor_text(ctl, payment->amount.minor)),
                              payment->amount.currency));
    why_row(why, "content", why_hex(ctl, payment->content_digest));
    if (payment->disclosure_shown_ms > 0)
        why_row(why, "disclosed",
                fq_arena_printf(ctl->arena, "%.*s, for %" PRId64 " s, %s",
                                fq_str_arg(ctl_time_text(ctl, payment->disclosure_shown_ms)),
                                payment->disclosure_seconds,
                                payment->disclosure_confirmed ? "confirmed" : "not confirmed"));
    why_end(why);
}

/* ---- each move ---- */

static void why_show_entry(struct why *why, const struct fq_journal_row *row, struct fq_pairs facts)
{
    struct ctl *ctl = why->ctl;
    struct fq_str n = fq_facts_get(facts, "n");
    struct fq_str by = fq_facts_get(facts, "by");
    why_begin(why, row->at_ms,
              fq_arena_printf(ctl->arena, "%.*s%s%.*s  %.*s",
                              fq_str_arg(fq_facts_get(facts, "object")), n.len > 0 ? " " : "",
                              fq_str_arg(n), fq_str_arg(fq_facts_get(facts, "move"))));
    why_row(why, "on the word of", fq_facts_get(facts, "evidence"));
    if (by.len > 0)
        why_row(why, "vouched by",
                fq_arena_printf(ctl->arena, "%.*s and %.*s, typed by user %.*s", fq_str_arg(by),
                                fq_str_arg(fq_facts_get(facts, "and")),
                                fq_str_arg(fq_facts_get(facts, "uid"))));
    why_row(why, "note", fq_facts_get(facts, "note"));
    why_row(why, "which says", fq_facts_get(facts, "proof"));
    why_row(why, "its code", fq_facts_get(facts, "code"));
    why_row(why, "its bytes", fq_facts_get(facts, "sha256"));
    why_row(why, "verified by", fq_facts_get(facts, "key"));
    why_row(why, "entry",
            fq_arena_printf(ctl->arena, "%" PRId64 ", version %.*s, %.*s", row->n,
                            fq_str_arg(fq_facts_get(facts, "version")),
                            fq_str_arg(why_hex(ctl, row->hash))));
    why_end(why);
}

static void why_add_entry(struct why *why, const struct fq_journal_row *row, struct fq_pairs facts)
{
    if (!why->is_first)
        fq_buf_add_char(&why->json, ',');
    why->is_first = false;
    fq_buf_add_char(&why->json, '{');
    fq_json_write_int(&why->json, "number", row->n);
    fq_json_write_int(&why->json, "at_unix_ms", row->at_ms);
    fq_json_write_member(&why->json, "hash", why_hex(why->ctl, row->hash));
    for (size_t i = 0; i < facts.n_items; i++)
        ctl_json_add_member(&why->json, facts.items[i].name, facts.items[i].value);
    fq_buf_add_char(&why->json, '}');
}

static void why_entry(void *ctx, const struct fq_journal_row *row, struct fq_pairs facts)
{
    struct why *why = ctx;
    if (ctl_has(why->ctl, CTL_JSON))
        why_add_entry(why, row, facts);
    else
        why_show_entry(why, row, facts);
}

/* ---- the answer: signed anew each time it is asked for ---- */

static struct fq_str why_keys(struct ctl *ctl)
{
    struct fq_str text = { NULL, 0 };
    if (ctl_has(ctl, CTL_STORE) && !ctl_has(ctl, CTL_CONFIG))
        return text; /* whose store it is, is not said */
    FQ_CLEANUP(fq_conf) *conf = ctl_conf_load(ctl);
    for (size_t i = 0; conf != NULL && i < conf->n_signing_keys; i++) {
        if (conf->signing_keys[i].is_signing)
            text =
                fq_arena_printf(ctl->arena, "%.*s%s%.*s", fq_str_arg(text),
                                text.len > 0 ? ", " : "", fq_str_arg(conf->signing_keys[i].key_id));
    }
    return text;
}

static struct fq_str why_state(struct ctl *ctl, const struct fq_ledger *ledger)
{
    const struct fq_payment *payment = &ledger->payment;
    bool is_closed = payment->state == FQ_PAYMENT_CLOSED;
    return fq_arena_printf(ctl->arena, "%s%s%s%s", fq_payment_state_name(payment->state),
                           is_closed ? " " : "",
                           is_closed ? fq_close_reason_name(payment->close_reason) : "",
                           fq_ledger_is_operators(ledger) ? ", on the operator's evidence" : "");
}

static void why_show_answer(struct why *why)
{
    const struct ctl_journal *journal = &why->journal;
    struct ctl *ctl = why->ctl;
    why_begin(why, journal->ledger->payment.updated_ms,
              fq_arena_printf(ctl->arena, "so it is %.*s, version %" PRId64,
                              fq_str_arg(why_state(ctl, journal->ledger)),
                              journal->ledger->payment.version));
    why_row(why, "signed by", why_keys(ctl));
    if (journal->broken == 0)
        why_row(why, "chain",
                fq_arena_printf(ctl->arena, "%" PRId64 " entries, intact", journal->n_entries));
    why_end(why);
}

static void why_add_head(struct why *why)
{
    const struct fq_payment *payment = &why->journal.ledger->payment;
    struct fq_buf *json = &why->json;
    fq_buf_add_char(json, '{');
    fq_json_write_member(json, "payment_id", fq_str_of(why->ctl->arguments[0]));
    fq_json_write_member(json, "merchant", payment->merchant_id);
    fq_json_write_member(json, "order", payment->merchant_order_id);
    fq_json_write_int(json, "amount_minor", payment->amount.minor);
    fq_json_write_member(json, "content_sha256", why_hex(why->ctl, payment->content_digest));
    fq_json_write_member(json, "texts_sha256", why_hex(why->ctl, payment->texts_digest));
    if (why->has_quote) {
        fq_json_write_member(json, "quote_id", why->quote.quote_id);
        fq_json_write_member(json, "rule", why_rule(why));
        fq_json_write_int(json, "rate_ppm", why->quote.rate_ppm);
        fq_json_write_member(json, "issuer", why->quote.issuer);
        fq_json_write_member(json, "campaign", why->quote.campaign);
    }
    fq_json_write_name(json, "entries");
    fq_buf_add_char(json, '[');
}

static void why_print_json(struct why *why)
{
    const struct ctl_journal *journal = &why->journal;
    const struct fq_ledger *ledger = journal->ledger;
    fq_buf_add_char(&why->json, ']');
    fq_json_write_bool(&why->json, "intact", journal->broken == 0);
    fq_json_write_int(&why->json, "first_broken", journal->broken);
    fq_json_write_member(&why->json, "state",
                         fq_str_of(fq_payment_state_name(ledger->payment.state)));
    fq_json_write_bool(&why->json, "operator_evidence", fq_ledger_is_operators(ledger));
    fq_json_write_member(&why->json, "signed_by", why_keys(why->ctl));
    fq_buf_add_char(&why->json, '}');
    (void)ctl_json_print(&why->json);
}

static int why_tell(struct why *why)
{
    struct ctl *ctl = why->ctl;
    bool is_json = ctl_has(ctl, CTL_JSON);
    why->has_quote =
        fq_quote_decode(why->journal.ledger->payment.quote, ctl->arena, &why->quote) == 0;
    fq_buf_init(&why->json, ctl->arena, (size_t)8 << 20);
    if (is_json) {
        why_add_head(why);
    } else {
        why_show_quote(why);
        why_show_request(why);
    }
    int status = ctl_journal_walk(&why->journal, why_entry, why);
    if (status != CTL_OK)
        return status;
    if (is_json)
        why_print_json(why);
    else
        why_show_answer(why);
    return ctl_journal_end(&why->journal);
}

int ctl_why(struct ctl *ctl)
{
    struct why why = { .ctl = ctl, .is_first = true };
    int status = ctl_journal_open(ctl, ctl->arguments[0], &why.journal);
    if (status == CTL_OK)
        status = why_tell(&why);
    ctl_journal_close(&why.journal);
    return status;
}
