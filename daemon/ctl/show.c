/* SPDX-License-Identifier: Apache-2.0 */
/* What a verified reply says, for people. */
#include <inttypes.h>

#include "daemon/core/beijing.h"
#include "daemon/core/money.h"
#include "daemon/crypto/crypto.h"
#include "daemon/ctl/ctl.h"

struct fq_str ctl_time_text(struct ctl *ctl, int64_t unix_ms)
{
    char text[20];
    if (unix_ms == 0)
        return fq_lit("-");
    fq_beijing_text(unix_ms, text);
    return fq_arena_printf(ctl->arena, "%s", text);
}

struct fq_str ctl_minor_text(struct ctl *ctl, int64_t minor)
{
    return fq_money_text(minor, 2, ctl->arena);
}

struct fq_str ctl_percent_text(struct ctl *ctl, int64_t bp)
{
    return fq_arena_printf(ctl->arena, "%" PRId64 ".%02" PRId64 "%%", bp / 100, bp % 100);
}

static struct fq_str show_money(struct ctl *ctl, const Fenqi__V1__Money *money)
{
    if (money == NULL)
        return fq_lit("-");
    return fq_arena_printf(ctl->arena, "%.*s %s", fq_str_arg(ctl_minor_text(ctl, money->minor)),
                           money->currency);
}

/* ---- a payment ---- */

static struct fq_str show_state(struct ctl *ctl, const Fenqi__V1__Payment *payment)
{
    struct fq_str state = ctl_word(&fenqi__v1__payment_state__descriptor, (int)payment->state);
    struct fq_str reason =
        ctl_word(&fenqi__v1__close_reason__descriptor, (int)payment->close_reason);
    const char *late = payment->late_success ? ", after it was closed" : "";
    const char *twice = payment->double_paid ? ", another of this order too" : "";
    const char *whose = payment->operator_evidence ? ", on the operator's evidence" : "";
    if (payment->closing)
        return fq_arena_printf(ctl->arena, "%.*s, closing until %.*s", fq_str_arg(state),
                               fq_str_arg(ctl_time_text(ctl, payment->closes_by_unix_ms)));
    if (payment->state == FENQI__V1__PAYMENT_STATE__PAYMENT_STATE_CLOSED)
        return fq_arena_printf(ctl->arena, "%.*s (%.*s)%s", fq_str_arg(state), fq_str_arg(reason),
                               whose);
    return fq_arena_printf(ctl->arena, "%.*s%s%s%s", fq_str_arg(state), late, twice, whose);
}

static struct fq_str show_plan(struct ctl *ctl, const Fenqi__V1__Payment *payment)
{
    const Fenqi__V1__Terms *terms = payment->terms;
    if (terms == NULL)
        return fq_str_of(payment->channel);
    struct fq_str bearer = ctl_word(&fenqi__v1__bearer__descriptor, (int)terms->bearer);
    struct fq_str match = ctl_word(&fenqi__v1__terms__match__descriptor, (int)terms->match);
    struct fq_str said = { NULL, 0 };
    if (terms->match == FENQI__V1__TERMS__MATCH__MATCH_DIFFERENT)
        said = fq_arena_printf(ctl->arena, "; DIFFERENT at the platform: %" PRId32, terms->used);
    else if (terms->match != FENQI__V1__TERMS__MATCH__MATCH_UNSPECIFIED)
        said = fq_arena_printf(ctl->arena, "; %.*s by the platform", fq_str_arg(match));
    return fq_arena_printf(
        ctl->arena, "%s, %" PRId32 " instalments, fee %.*s paid by %.*s%.*s", payment->channel,
        terms->asked,
        fq_str_arg(ctl_minor_text(ctl, terms->buyer_fee_minor + terms->merchant_fee_minor)),
        fq_str_arg(bearer), fq_str_arg(said));
}

/* What the buyer was told it costs, and when. */
static void show_disclosed(struct ctl *ctl, struct ctl_table *table, const Fenqi__V1__Terms *terms)
{
    if (terms == NULL)
        return;
    if (terms->nominal_annual_bp > 0)
        ctl_table_row(
            table, fq_lit("a year"),
            fq_arena_printf(ctl->arena, "%.*s (IRR), effective %.*s",
                            fq_str_arg(ctl_percent_text(ctl, terms->nominal_annual_bp)),
                            fq_str_arg(ctl_percent_text(ctl, terms->effective_annual_bp))));
    if (terms->issuer[0] != '\0')
        ctl_table_row(table, fq_lit("bank"), fq_str_of(terms->issuer));
    if (terms->disclosed != NULL)
        ctl_table_row(
            table, fq_lit("disclosed"),
            fq_arena_printf(ctl->arena, "%.*s, for %" PRId64 " s, %s",
                            fq_str_arg(ctl_time_text(ctl, terms->disclosed->shown_at_unix_ms)),
                            terms->disclosed->seconds,
                            terms->disclosed->confirmed ? "confirmed" : "not confirmed"));
}

static struct fq_str show_refunded(struct ctl *ctl, const Fenqi__V1__Payment *payment)
{
    struct fq_str proven = ctl_minor_text(ctl, payment->refunded_minor);
    struct fq_str pending = ctl_minor_text(ctl, payment->refund_pending_minor);
    if (payment->refund_pending_minor > 0)
        return fq_arena_printf(ctl->arena, "%.*s, and %.*s on its way", fq_str_arg(proven),
                               fq_str_arg(pending));
    return proven;
}

static void show_identity(struct ctl_table *table, const Fenqi__V1__Payment *payment)
{
    struct fq_str verification =
        ctl_word(&fenqi__v1__verification__descriptor, (int)payment->verification);
    struct fq_str result = { NULL, 0 };
    if (payment->identity != NULL &&
        payment->identity->result != FENQI__V1__IDENTITY__RESULT__RESULT_UNSPECIFIED)
        result = ctl_word(&fenqi__v1__identity__result__descriptor, (int)payment->identity->result);
    ctl_table_row(table, fq_lit("identity"),
                  fq_arena_printf(table->arena, "%.*s%s%.*s", fq_str_arg(verification),
                                  result.len > 0 ? ", " : "", fq_str_arg(result)));
}

static void show_action(struct ctl *ctl, struct ctl_table *table,
                        const Fenqi__V1__NextAction *action)
{
    const char *text = NULL;
    const char *name = NULL;
    if (action == NULL)
        return;
    switch (action->action_case) {
    case FENQI__V1__NEXT_ACTION__ACTION_HOSTED_URL:
        name = "open";
        text = action->hosted_url;
        break;
    case FENQI__V1__NEXT_ACTION__ACTION_QR_CODE:
        name = "qr";
        text = action->qr_code;
        break;
    case FENQI__V1__NEXT_ACTION__ACTION_APP_SDK:
        name = "app";
        text = action->app_sdk;
        break;
    case FENQI__V1__NEXT_ACTION__ACTION__NOT_SET:
    case _FENQI__V1__NEXT_ACTION__ACTION__CASE_IS_INT_SIZE:
    default:
        return;
    }
    ctl_table_row(table, fq_str_of(name), fq_str_of(text));
    ctl_table_row(table, fq_lit("until"), ctl_time_text(ctl, action->expires_at_unix_ms));
}

static void show_refunds(struct ctl *ctl, struct ctl_table *table,
                         const Fenqi__V1__Payment *payment)
{
    for (size_t i = 0; i < payment->n_refunds; i++) {
        const Fenqi__V1__Refund *refund = payment->refunds[i];
        struct fq_str state = ctl_word(&fenqi__v1__refund_state__descriptor, (int)refund->state);
        ctl_table_row(table, fq_lit("refund"),
                      fq_arena_printf(ctl->arena, "%s  %.*s  %.*s", refund->refund_id,
                                      fq_str_arg(show_money(ctl, refund->amount)),
                                      fq_str_arg(state)));
    }
}

static void show_payment(struct ctl *ctl, struct ctl_table *table,
                         const Fenqi__V1__Payment *payment)
{
    ctl_table_row(table, fq_lit("payment"), fq_str_of(payment->payment_id));
    ctl_table_row(table, fq_lit("order"), fq_str_of(payment->merchant_order_id));
    ctl_table_row(table, fq_lit("state"), show_state(ctl, payment));
    ctl_table_row(table, fq_lit("amount"), show_money(ctl, payment->amount));
    ctl_table_row(table, fq_lit("plan"), show_plan(ctl, payment));
    show_disclosed(ctl, table, payment->terms);
    show_identity(table, payment);
    if (payment->paid_at_unix_ms > 0)
        ctl_table_row(table, fq_lit("paid"), ctl_time_text(ctl, payment->paid_at_unix_ms));
    if (payment->closed_at_unix_ms > 0)
        ctl_table_row(table, fq_lit("closed"), ctl_time_text(ctl, payment->closed_at_unix_ms));
    if (payment->platform_ref[0] != '\0')
        ctl_table_row(table, fq_lit("platform"), fq_str_of(payment->platform_ref));
    if (payment->platform_code[0] != '\0')
        ctl_table_row(
            table, fq_lit("its word"),
            fq_arena_printf(ctl->arena, "%s %s", payment->platform_code, payment->platform_text));
    if (payment->refunded_minor > 0 || payment->refund_pending_minor > 0)
        ctl_table_row(table, fq_lit("refunded"), show_refunded(ctl, payment));
    show_refunds(ctl, table, payment);
    show_action(ctl, table, payment->next_action);
}

/* ---- the others ---- */

static struct fq_str show_refund_state(struct ctl *ctl, const Fenqi__V1__Refund *refund)
{
    struct fq_str state = ctl_word(&fenqi__v1__refund_state__descriptor, (int)refund->state);
    return fq_arena_printf(ctl->arena, "%.*s%s", fq_str_arg(state),
                           refund->operator_evidence ? ", on the operator's evidence" : "");
}

static void show_refund(struct ctl *ctl, struct ctl_table *table, const Fenqi__V1__Refund *refund)
{
    ctl_table_row(table, fq_lit("refund"), fq_str_of(refund->refund_id));
    ctl_table_row(table, fq_lit("payment"), fq_str_of(refund->payment_id));
    ctl_table_row(table, fq_lit("state"), show_refund_state(ctl, refund));
    ctl_table_row(table, fq_lit("amount"), show_money(ctl, refund->amount));
    ctl_table_row(table, fq_lit("origin"),
                  ctl_word(&fenqi__v1__refund_origin__descriptor, (int)refund->origin));
    ctl_table_row(table, fq_lit("made"), ctl_time_text(ctl, refund->created_at_unix_ms));
    ctl_table_row(table, fq_lit("finished"), ctl_time_text(ctl, refund->finished_at_unix_ms));
    if (refund->reason[0] != '\0')
        ctl_table_row(table, fq_lit("reason"), fq_str_of(refund->reason));
    if (refund->platform_code[0] != '\0')
        ctl_table_row(
            table, fq_lit("its word"),
            fq_arena_printf(ctl->arena, "%s %s", refund->platform_code, refund->platform_text));
}

static void show_events(struct ctl *ctl, const Fenqi__V1__EventList *list)
{
    struct ctl_table table;
    ctl_table_init(&table, ctl->arena, "rlll", 0);
    ctl_table_row(&table, fq_lit("cursor"), fq_lit("when (Beijing)"), fq_lit("what"), fq_lit("of"));
    for (size_t i = 0; i < list->n_events; i++) {
        const Fenqi__V1__Event *event = list->events[i];
        bool is_refund = event->refund_id[0] != '\0';
        ctl_table_row(&table, fq_arena_printf(ctl->arena, "%" PRId64, event->cursor),
                      ctl_time_text(ctl, event->at_unix_ms),
                      ctl_word(&fenqi__v1__event_kind__descriptor, (int)event->kind),
                      fq_str_of(is_refund ? event->refund_id : event->payment_id));
    }
    ctl_table_print(&table, stdout);
    (void)printf("next: --from %" PRId64 "\n", list->next_cursor);
}

static void show_info(struct ctl *ctl, struct ctl_table *table, const Fenqi__V1__Info *info)
{
    ctl_table_row(table, fq_lit("fenqid"), fq_str_of(info->version));
    ctl_table_row(table, fq_lit("instance"), fq_str_of(info->instance));
    ctl_table_row(table, fq_lit("its clock"), ctl_time_text(ctl, info->now_unix_ms));
}

static void show_keys(struct ctl *ctl, struct ctl_table *table, const Fenqi__V1__KeyList *list)
{
    for (size_t i = 0; i < list->n_keys; i++) {
        const Fenqi__V1__PublicKey *key = list->keys[i];
        struct fq_str raw = { (const char *)key->public_key.data, key->public_key.len };
        ctl_table_row(table, fq_str_of(key->key_id), fq_base64_encode(raw, ctl->arena));
    }
}

void ctl_show_reply(struct ctl *ctl, const struct fenqi_reply *reply)
{
    const Fenqi__V1__Reply *said = reply->reply;
    struct ctl_table table;
    ctl_table_init(&table, ctl->arena, "ll", 0);
    switch (said->outcome_case) {
    case FENQI__V1__REPLY__OUTCOME_ERROR:
        ctl_table_row(&table, fq_lit("error"), fq_str_of(said->error->reason));
        ctl_table_row(&table, fq_lit("what"), fq_str_of(said->error->text));
        break;
    case FENQI__V1__REPLY__OUTCOME_QUOTE_PLANS:
        ctl_show_plans(ctl, said->quote_plans);
        break;
    case FENQI__V1__REPLY__OUTCOME_PAYMENT:
        show_payment(ctl, &table, said->payment);
        break;
    case FENQI__V1__REPLY__OUTCOME_REFUND:
        show_refund(ctl, &table, said->refund);
        break;
    case FENQI__V1__REPLY__OUTCOME_EVENTS:
        show_events(ctl, said->events);
        break;
    case FENQI__V1__REPLY__OUTCOME_KEYS:
        show_keys(ctl, &table, said->keys);
        break;
    case FENQI__V1__REPLY__OUTCOME_INFO:
        show_info(ctl, &table, said->info);
        break;
    case FENQI__V1__REPLY__OUTCOME_CHANNEL_LIST:
        ctl_show_channels(ctl, said->channel_list);
        break;
    case FENQI__V1__REPLY__OUTCOME__NOT_SET:
    case _FENQI__V1__REPLY__OUTCOME__CASE_IS_INT_SIZE:
    default:
        (void)puts("an answer that this program does not know");
        break;
    }
    ctl_table_print(&table, stdout);
}
