/* SPDX-License-Identifier: Apache-2.0 */
/* What the answers of every operation say on the wire. */
#include "daemon/core/id.h"
#include "tests/unit/io/codec_rig.h"

static Fenqi__V1__Reply *fixture_reply(struct fixture *fixture)
{
    struct fq_str payload = { NULL, 0 };
    assert_int_equal(fq_codec_encode_reply(&fixture->operation, 1700000000001, &payload), 0);
    Fenqi__V1__Reply *reply =
        fenqi__v1__reply__unpack(NULL, payload.len, (const uint8_t *)payload.ptr);
    assert_non_null(reply);
    return reply;
}

static void names_request_digest_merchant_and_time(void **state)
{
    struct fixture *fixture = *state;
    const struct fq_merchant merchant = { .id = fq_lit("shop") };
    fixture->operation.merchant = &merchant;
    fixture->operation.request_id = fq_lit("r-1");
    fixture->operation.kind = FQ_OP_GET_INFO;
    fixture->operation.info = (struct fq_info){ fq_lit("0.1.0"), fq_lit("A1"), 1700000000002 };
    memset(fixture->operation.request_digest, 0xab, FQ_DIGEST_SIZE);
    Fenqi__V1__Reply *reply = fixture_reply(fixture);
    assert_string_equal(reply->request_id, "r-1");
    assert_int_equal(reply->request_digest.len, FQ_DIGEST_SIZE);
    assert_memory_equal(reply->request_digest.data, fixture->operation.request_digest,
                        FQ_DIGEST_SIZE);
    assert_string_equal(reply->merchant_id, "shop");
    assert_int_equal(reply->issued_at_unix_ms, 1700000000001);
    assert_int_equal(reply->outcome_case, FENQI__V1__REPLY__OUTCOME_INFO);
    assert_string_equal(reply->info->version, "0.1.0");
    assert_string_equal(reply->info->instance, "A1");
    assert_int_equal(reply->info->now_unix_ms, 1700000000002);
    fenqi__v1__reply__free_unpacked(reply, NULL);
}

static void encodes_an_error_whatever_the_kind(void **state)
{
    struct fixture *fixture = *state;
    fixture->operation.kind = FQ_OP_CREATE_PAYMENT;
    fixture->operation.status = (struct fq_status){ .code = FQ_CODE_INVALID_ARGUMENT,
                                                    .blame = FQ_BLAME_CALLER,
                                                    .reason = "AMOUNT_MISMATCH",
                                                    .field = "create_payment.amount.minor",
                                                    .may_repeat = true,
                                                    .retry_after_ms = 9,
                                                    .text = fq_lit("no") };
    Fenqi__V1__Reply *reply = fixture_reply(fixture);
    assert_int_equal(reply->outcome_case, FENQI__V1__REPLY__OUTCOME_ERROR);
    assert_int_equal(reply->error->code, FENQI__V1__CODE__CODE_INVALID_ARGUMENT);
    assert_int_equal(reply->error->blame, FENQI__V1__BLAME__BLAME_CALLER);
    assert_string_equal(reply->error->reason, "AMOUNT_MISMATCH");
    assert_string_equal(reply->error->field, "create_payment.amount.minor");
    assert_true(reply->error->may_repeat);
    assert_int_equal(reply->error->retry_after_ms, 9);
    assert_string_equal(reply->error->text, "no");
    fenqi__v1__reply__free_unpacked(reply, NULL);
}

static void encodes_plans_with_schedule(void **state)
{
    struct fixture *fixture = *state;
    const struct fq_plan_line lines[] = { { 3334, 10 }, { 3333, 10 }, { 3333, 10 } };
    struct fq_plan_offer plan = { .quote = { .quote_id = fq_lit("q1"),
                                             .amount = { 10000, "CNY", 2 },
                                             .instalments = 3,
                                             .bearer = FQ_BEARER_BUYER,
                                             .rate_ppm = 3000,
                                             .buyer_fee_minor = 30,
                                             .buyer_total_minor = 10030,
                                             .lines = lines,
                                             .nominal_annual_bp = 179,
                                             .effective_annual_bp = 181,
                                             .simple_annual_bp = 120,
                                             .campaign = fq_lit("618"),
                                             .first_due_month = 202511,
                                             .expires_ms = 5 },
                                  .signed_quote = fq_lit("a\0b"),
                                  .cost = { .item_zh = fq_lit("利息"),
                                            .item_en = fq_lit("interest"),
                                            .charged_zh = fq_lit("每期收取"),
                                            .charged_en = fq_lit("each"),
                                            .standard_zh = fq_lit("3期"),
                                            .standard_en = fq_lit("3 x"),
                                            .collector_zh = fq_lit("银行"),
                                            .collector_en = fq_lit("bank"),
                                            .amount_minor = 30,
                                            .annual_bp = 179 } };
    struct fq_channel_offer offers[] = {
        { .channel = fq_lit("huabei"),
          .fee_word_zh = fq_lit("fee"),
          .eligible = true,
          .plans = &plan,
          .n_plans = 1,
          .late_cost = { .item_en = fq_lit("late"), .on_default = true },
          .texts_digest = { 1, 2 } },
        { .channel = fq_lit("bankcard"), .reason = "AMOUNT_TOO_SMALL" },
    };
    fixture->operation.kind = FQ_OP_QUOTE_PLANS;
    fixture->operation.quote_plans.amount.minor = 10000;
    fixture->operation.quote_plans.currency = fq_lit("CNY");
    fixture->operation.offers = offers;
    fixture->operation.n_offers = 2;
    Fenqi__V1__Reply *reply = fixture_reply(fixture);
    const Fenqi__V1__QuotePlansResult *result = reply->quote_plans;
    assert_int_equal(result->amount->minor, 10000);
    assert_int_equal(result->n_channels, 2);
    assert_string_equal(result->channels[1]->reason, "AMOUNT_TOO_SMALL");
    assert_false(result->channels[1]->eligible);
    assert_int_equal(result->channels[0]->n_plans, 1);
    const Fenqi__V1__Plan *out = result->channels[0]->plans[0];
    assert_int_equal(out->quote.len, 3);
    assert_memory_equal(out->quote.data, "a\0b", 3);
    assert_int_equal(out->principal_minor, 10000);
    assert_int_equal(out->buyer_total_minor, 10030);
    assert_int_equal(out->n_schedule, 3);
    assert_int_equal(out->schedule[0]->number, 1);
    assert_int_equal(out->schedule[0]->total_minor, 3344);
    assert_int_equal(out->schedule[0]->due_month, 202511);
    assert_int_equal(out->schedule[1]->due_month, 202512);
    assert_int_equal(out->schedule[2]->due_month, 202601);
    assert_int_equal(out->nominal_annual_bp, 179);
    assert_int_equal(out->effective_annual_bp, 181);
    assert_int_equal(out->simple_annual_bp, 120);
    assert_string_equal(out->campaign, "618");
    assert_int_equal(out->cost->n_rows, 1);
    assert_int_equal(out->cost->total_annual_bp, 179);
    const Fenqi__V1__CostTable *common = result->channels[0]->cost;
    assert_true(common->method_zh[0] != '\0' && common->method_en[0] != '\0');
    assert_int_equal(common->texts_digest.len, 32);
    assert_int_equal(common->texts_digest.data[1], 2);
    assert_int_equal(common->n_rows, 1);
    assert_true(common->rows[0]->on_default);
    assert_string_equal(common->rows[0]->item_en, "late");
    assert_null(result->channels[1]->cost);
    const Fenqi__V1__CostRow *row = out->cost->rows[0];
    assert_string_equal(row->item_zh, "利息");
    assert_string_equal(row->item_en, "interest");
    assert_string_equal(row->charged_zh, "每期收取");
    assert_string_equal(row->charged_en, "each");
    assert_string_equal(row->standard_zh, "3期");
    assert_string_equal(row->standard_en, "3 x");
    assert_string_equal(row->collector_zh, "银行");
    assert_string_equal(row->collector_en, "bank");
    assert_int_equal(row->amount_minor, 30);
    assert_int_equal(row->annual_bp, 179);
    assert_false(row->on_default);
    fenqi__v1__reply__free_unpacked(reply, NULL);
}

/* Every number at its largest, every text long: as much as is ever written fits. */
static void the_largest_plans_fit(void **state)
{
    struct fixture *fixture = *state;
    struct fq_plan_line lines[FQ_TERMS_MAX];
    struct fq_plan_offer plans[3];
    char text[201] = { 0 };
    memset(text, 'x', 200);
    struct fq_str long_text = { text, 200 };
    struct fq_str name = { text, 32 };
    const struct fq_cost_row row = { long_text, long_text, long_text, long_text,
                                     long_text, long_text, long_text, long_text,
                                     INT64_MIN, INT64_MIN, true };
    for (size_t i = 0; i < FQ_TERMS_MAX; i++)
        lines[i] = (struct fq_plan_line){ INT64_MAX / 2, INT64_MAX / 2 };
    for (size_t i = 0; i < 3; i++)
        plans[i] = (struct fq_plan_offer){ .quote = { .quote_id = name,
                                                      .amount = { INT64_MAX, "CNY", 2 },
                                                      .instalments = FQ_TERMS_MAX,
                                                      .bearer = UINT32_MAX,
                                                      .merchant_percent = UINT32_MAX,
                                                      .rate_ppm = UINT32_MAX,
                                                      .campaign = name,
                                                      .nominal_annual_bp = -1,
                                                      .effective_annual_bp = -1,
                                                      .simple_annual_bp = -1,
                                                      .indicative = true,
                                                      .buyer_fee_minor = -1,
                                                      .merchant_fee_minor = -1,
                                                      .buyer_total_minor = -1,
                                                      .lines = lines,
                                                      .first_due_month = 999912,
                                                      .expires_ms = -1 },
                                           .signed_quote = long_text,
                                           .cost = row };
    struct fq_rate rates[FQ_TERMS_MAX] = { { 0 } };
    for (uint32_t i = 0; i < FQ_TERMS_MAX; i++)
        rates[i].instalments = i + 1;
    const struct fq_issuer issuer = { .id = name,
                                      .title_zh = long_text,
                                      .title_en = long_text,
                                      .amount_min_minor = -1,
                                      .amount_max_minor = -1,
                                      .rates = { rates, FQ_TERMS_MAX } };
    struct fq_channel_offer offer = { name, long_text, long_text, long_text, long_text, true,
                                      text, plans,     3,         true,      long_text, long_text,
                                      -1,   -1,        &issuer,   row,       { 1 } };
    fixture->operation.kind = FQ_OP_QUOTE_PLANS;
    fixture->operation.quote_plans.amount.minor = -1;
    fixture->operation.quote_plans.currency = long_text;
    fixture->operation.offers = &offer;
    fixture->operation.n_offers = 1;
    Fenqi__V1__Reply *reply = fixture_reply(fixture);
    const Fenqi__V1__ChannelPlans *out = reply->quote_plans->channels[0];
    assert_int_equal(out->n_plans, 3);
    assert_int_equal(out->plans[0]->n_schedule, FQ_TERMS_MAX);
    assert_int_equal(out->issuer->n_instalments, FQ_TERMS_MAX);
    assert_string_equal(out->plans[2]->cost->rows[0]->standard_zh, text);
    fenqi__v1__reply__free_unpacked(reply, NULL);
}

static const struct fq_rate bank_rates[] = { { .instalments = 12 },
                                             { .instalments = 3, .bearer = FQ_BEARER_BUYER },
                                             { .instalments = 3, .bearer = FQ_BEARER_MERCHANT } };
static const struct fq_issuer bank = { .id = fq_lit("icbc"),
                                       .title_zh = fq_lit("工商银行"),
                                       .title_en = fq_lit("ICBC"),
                                       .amount_min_minor = 50000,
                                       .amount_max_minor = 5000000,
                                       .rates = { bank_rates, 3 } };

static void encodes_what_an_indicative_channel_says(void **state)
{
    struct fixture *fixture = *state;
    struct fq_channel_offer offer = { .channel = fq_lit("bankcard"),
                                      .eligible = true,
                                      .indicative = true,
                                      .note_zh = fq_lit("以页面为准"),
                                      .note_en = fq_lit("the page decides"),
                                      .highest_nominal_annual_bp = 1825,
                                      .highest_effective_annual_bp = 1986,
                                      .issuer = &bank };
    fixture->operation.kind = FQ_OP_QUOTE_PLANS;
    fixture->operation.offers = &offer;
    fixture->operation.n_offers = 1;
    Fenqi__V1__Reply *reply = fixture_reply(fixture);
    const Fenqi__V1__ChannelPlans *out = reply->quote_plans->channels[0];
    assert_true(out->indicative);
    assert_string_equal(out->note_zh, "以页面为准");
    assert_string_equal(out->note_en, "the page decides");
    assert_int_equal(out->highest_nominal_annual_bp, 1825);
    assert_int_equal(out->highest_effective_annual_bp, 1986);
    assert_string_equal(out->issuer->issuer, "icbc");
    assert_string_equal(out->issuer->title_zh, "工商银行");
    assert_int_equal(out->issuer->amount_min_minor, 50000);
    assert_int_equal(out->issuer->n_instalments, 2);
    assert_int_equal(out->issuer->instalments[1], 12);
    fenqi__v1__reply__free_unpacked(reply, NULL);
}

static void encodes_channels_and_their_banks(void **state)
{
    struct fixture *fixture = *state;
    const struct fq_channel_conf conf = { .name = fq_lit("bankcard") };
    const struct fq_description about = { .title_zh = "银行卡分期",
                                          .title_en = "Bank cards",
                                          .fee_word_zh = "利息",
                                          .fee_word_en = "interest",
                                          .currency = "CNY",
                                          .terminals =
                                              1u << FQ_TERMINAL_DESKTOP | 1u << FQ_TERMINAL_QR,
                                          .takes_payer = 1,
                                          .partial_refund = 1 };
    const struct fq_channel_info info = { .conf = &conf,
                                          .about = &about,
                                          .rates = { bank_rates, 1 },
                                          .amount_min_minor = 1,
                                          .amount_max_minor = 9,
                                          .issuers = &bank,
                                          .n_issuers = 1 };
    fixture->operation.kind = FQ_OP_LIST_CHANNELS;
    fixture->operation.channels = &info;
    fixture->operation.n_channels = 1;
    Fenqi__V1__Reply *reply = fixture_reply(fixture);
    assert_int_equal(reply->outcome_case, FENQI__V1__REPLY__OUTCOME_CHANNEL_LIST);
    assert_int_equal(reply->channel_list->n_channels, 1);
    const Fenqi__V1__ChannelInfo *out = reply->channel_list->channels[0];
    assert_string_equal(out->channel, "bankcard");
    assert_string_equal(out->title_zh, "银行卡分期");
    assert_string_equal(out->fee_word_en, "interest");
    assert_string_equal(out->currency, "CNY");
    assert_int_equal(out->amount_min_minor, 1);
    assert_int_equal(out->amount_max_minor, 9);
    assert_int_equal(out->n_terminals, 2);
    assert_int_equal(out->terminals[1], FENQI__V1__TERMINAL__TERMINAL_QR);
    assert_int_equal(out->n_instalments, 1);
    assert_int_equal(out->instalments[0], 12);
    assert_true(out->indicative);
    assert_true(out->takes_payer);
    assert_true(out->partial_refund);
    assert_int_equal(out->n_issuers, 1);
    assert_int_equal(out->issuers[0]->amount_max_minor, 5000000);
    assert_int_equal(out->issuers[0]->n_instalments, 2);
    assert_int_equal(out->issuers[0]->instalments[0], 3);
    assert_int_equal(out->issuers[0]->instalments[1], 12);
    fenqi__v1__reply__free_unpacked(reply, NULL);
}

static struct fq_ledger *ledger_sample(struct fq_arena *arena)
{
    struct fq_ledger *ledger = fq_arena_alloc(arena, sizeof(*ledger));
    assert_non_null(ledger);
    ledger->payment = (struct fq_payment){ .seq = 77,
                                           .secret = { 1, 2, 3 },
                                           .version = 4,
                                           .merchant_order_id = fq_lit("order-1"),
                                           .channel = fq_lit("huabei"),
                                           .amount = { 10000, "CNY", 2 },
                                           .instalments = 3,
                                           .instalments_used = 6,
                                           .issuer = fq_lit("icbc"),
                                           .nominal_annual_bp = 1357,
                                           .effective_annual_bp = 1444,
                                           .simple_annual_bp = 750,
                                           .texts_digest = { 9 },
                                           .disclosure_shown_ms = 1700000000000,
                                           .disclosure_seconds = 7,
                                           .disclosure_confirmed = true,
                                           .terms_match = FQ_TERMS_DIFFERENT,
                                           .state = FQ_PAYMENT_PAID,
                                           .verification = FQ_VERIFICATION_VERIFIED,
                                           .identity = FQ_IDENTITY_PLATFORM_LOGIN,
                                           .flags = FQ_FLAG_LATE_SUCCESS,
                                           .platform_ref = fq_lit("2025"),
                                           .refund_counted_minor = 700,
                                           .refunded_minor = 500,
                                           .n_attempts = 2 };
    ledger->attempts[0] = (struct fq_attempt){ .n = 1,
                                               .state = FQ_ATTEMPT_WON,
                                               .platform_code = fq_lit("10000"),
                                               .platform_text = fq_lit("Success") };
    ledger->attempts[1] =
        (struct fq_attempt){ .n = 2, .state = FQ_ATTEMPT_DEAD, .platform_code = fq_lit("x") };
    ledger->refunds = fq_arena_array(arena, 2, sizeof(*ledger->refunds));
    assert_non_null(ledger->refunds);
    ledger->refunds[0] = (struct fq_refund){ .n = 2, .state = FQ_REFUND_SUBMITTED };
    ledger->refunds[1] = (struct fq_refund){ .n = 1,
                                             .state = FQ_REFUND_REFUNDED,
                                             .origin = FQ_ORIGIN_STOREFRONT,
                                             .amount_minor = 500,
                                             .reason = fq_lit("broken") };
    ledger->n_refunds_loaded = 2;
    return ledger;
}

static void encodes_a_payment_with_its_refunds(void **state)
{
    struct fixture *fixture = *state;
    struct fq_arena *arena = fixture->operation.arena;
    const struct fq_ledger *ledger = ledger_sample(arena);
    fixture->operation.kind = FQ_OP_GET_PAYMENT;
    fixture->operation.payment =
        (struct fq_payment_answer){ .ledger = ledger,
                                    .payment_id = fq_lit("p-id"),
                                    .action = { 2, fq_lit("https://qr"), 99 },
                                    .closing = true,
                                    .closes_by_ms = 11 };
    Fenqi__V1__Reply *reply = fixture_reply(fixture);
    const Fenqi__V1__Payment *out = reply->payment;
    assert_string_equal(out->payment_id, "p-id");
    assert_string_equal(out->merchant_order_id, "order-1");
    assert_int_equal(out->version, 4);
    assert_int_equal(out->state, FENQI__V1__PAYMENT_STATE__PAYMENT_STATE_PAID);
    assert_int_equal(out->amount->minor, 10000);
    assert_string_equal(out->amount->currency, "CNY");
    assert_int_equal(out->terms->asked, 3);
    assert_int_equal(out->terms->used, 6);
    assert_int_equal(out->terms->match, FENQI__V1__TERMS__MATCH__MATCH_DIFFERENT);
    assert_string_equal(out->terms->issuer, "icbc");
    assert_int_equal(out->terms->nominal_annual_bp, 1357);
    assert_int_equal(out->terms->effective_annual_bp, 1444);
    assert_int_equal(out->terms->simple_annual_bp, 750);
    assert_int_equal(out->terms->texts_digest.len, 32);
    assert_int_equal(out->terms->texts_digest.data[0], 9);
    assert_int_equal(out->terms->disclosed->shown_at_unix_ms, 1700000000000);
    assert_int_equal(out->terms->disclosed->seconds, 7);
    assert_true(out->terms->disclosed->confirmed);
    assert_false(out->identity->asked); /* the platform said it unasked */
    assert_int_equal(out->identity->result, FENQI__V1__IDENTITY__RESULT__RESULT_PLATFORM_LOGIN);
    assert_int_equal(out->next_action->action_case, FENQI__V1__NEXT_ACTION__ACTION_QR_CODE);
    assert_string_equal(out->next_action->qr_code, "https://qr");
    assert_int_equal(out->next_action->expires_at_unix_ms, 99);
    assert_true(out->closing);
    assert_int_equal(out->closes_by_unix_ms, 11);
    assert_true(out->late_success);
    assert_false(out->double_paid);
    assert_false(out->operator_evidence);
    assert_int_equal(out->refunded_minor, 500);
    assert_int_equal(out->refund_pending_minor, 200);
    assert_string_equal(out->platform_code, "10000");
    assert_int_equal(out->n_refunds, 2);
    assert_string_equal(out->refunds[1]->payment_id, "p-id");
    assert_string_equal(out->refunds[1]->refund_id,
                        fq_id_refund(77, ledger->payment.secret, 1, arena).ptr);
    assert_string_equal(out->refunds[1]->amount->currency, "CNY");
    fenqi__v1__reply__free_unpacked(reply, NULL);
}

static void says_what_rests_on_the_operators_evidence(void **state)
{
    struct fixture *fixture = *state;
    struct fq_ledger *ledger = ledger_sample(fixture->operation.arena);
    ledger->attempts[0].by_operator = true;
    ledger->refunds[1].by_operator = true;
    fixture->operation.kind = FQ_OP_GET_PAYMENT;
    fixture->operation.payment.ledger = ledger;
    Fenqi__V1__Reply *reply = fixture_reply(fixture);
    assert_true(reply->payment->operator_evidence);
    assert_false(reply->payment->refunds[0]->operator_evidence);
    assert_true(reply->payment->refunds[1]->operator_evidence);
    fenqi__v1__reply__free_unpacked(reply, NULL);
}

static void a_disclosure_that_was_not_reported_is_absent(void **state)
{
    struct fixture *fixture = *state;
    struct fq_ledger *ledger = ledger_sample(fixture->operation.arena);
    ledger->payment.disclosure_shown_ms = 0;
    ledger->payment.disclosure_seconds = 0;
    ledger->payment.disclosure_confirmed = false;
    memset(ledger->payment.texts_digest, 0, FQ_DIGEST_SIZE);
    fixture->operation.kind = FQ_OP_GET_PAYMENT;
    fixture->operation.payment.ledger = ledger;
    Fenqi__V1__Reply *reply = fixture_reply(fixture);
    assert_null(reply->payment->terms->disclosed);
    assert_int_equal(reply->payment->terms->texts_digest.len, 0);
    fenqi__v1__reply__free_unpacked(reply, NULL);
}

/* A payer was named, and nothing is known of the answer: the one does not follow from the other. */
static void what_was_asked_is_told_apart_from_what_was_answered(void **state)
{
    struct fixture *fixture = *state;
    struct fq_ledger *ledger = ledger_sample(fixture->operation.arena);
    ledger->payment.identity_asked = true;
    ledger->payment.identity = FQ_IDENTITY_NOT_ASKED;
    ledger->payment.payer = fq_lit("sealed-canary");
    fixture->operation.kind = FQ_OP_GET_PAYMENT;
    fixture->operation.payment.ledger = ledger;
    Fenqi__V1__Reply *reply = fixture_reply(fixture);
    assert_true(reply->payment->identity->asked);
    assert_int_equal(reply->payment->identity->result,
                     FENQI__V1__IDENTITY__RESULT__RESULT_NOT_ASKED);
    char packed[4096];
    assert_true(protobuf_c_message_get_packed_size(&reply->base) <= sizeof(packed));
    size_t n = protobuf_c_message_pack(&reply->base, (uint8_t *)packed);
    assert_null(memmem(packed, n, "canary", 6));
    fenqi__v1__reply__free_unpacked(reply, NULL);
}

static void encodes_no_action_where_there_is_none(void **state)
{
    struct fixture *fixture = *state;
    fixture->operation.kind = FQ_OP_CLOSE_PAYMENT;
    fixture->operation.payment.ledger = ledger_sample(fixture->operation.arena);
    Fenqi__V1__Reply *reply = fixture_reply(fixture);
    assert_null(reply->payment->next_action);
    fenqi__v1__reply__free_unpacked(reply, NULL);
}

static void encodes_a_refund(void **state)
{
    struct fixture *fixture = *state;
    const struct fq_ledger *ledger = ledger_sample(fixture->operation.arena);
    fixture->operation.kind = FQ_OP_CREATE_REFUND;
    fixture->operation.refund = (struct fq_refund_answer){ .ledger = ledger,
                                                           .refund = &ledger->refunds[1],
                                                           .payment_id = fq_lit("p-id"),
                                                           .refund_id = fq_lit("p-id-r1") };
    Fenqi__V1__Reply *reply = fixture_reply(fixture);
    assert_string_equal(reply->refund->refund_id, "p-id-r1");
    assert_string_equal(reply->refund->payment_id, "p-id");
    assert_int_equal(reply->refund->state, FENQI__V1__REFUND_STATE__REFUND_STATE_REFUNDED);
    assert_int_equal(reply->refund->origin, FENQI__V1__REFUND_ORIGIN__REFUND_ORIGIN_STOREFRONT);
    assert_int_equal(reply->refund->amount->minor, 500);
    assert_string_equal(reply->refund->reason, "broken");
    fenqi__v1__reply__free_unpacked(reply, NULL);
}

static void encodes_events_and_where_to_go_on(void **state)
{
    struct fixture *fixture = *state;
    const struct fq_event_row rows[] = {
        { .cursor = 8, .seq = 77, .kind = FQ_EVENT_PAYMENT_PAID, .payment_version = 3, .at_ms = 5 },
        { .cursor = 9, .seq = 77, .kind = FQ_EVENT_REFUNDED, .refund_n = 2, .payment_version = 5 },
    };
    struct fq_arena *arena = fixture->operation.arena;
    fixture->operation.kind = FQ_OP_LIST_EVENTS;
    fixture->operation.events = rows;
    fixture->operation.n_events = 2;
    Fenqi__V1__Reply *reply = fixture_reply(fixture);
    assert_int_equal(reply->events->n_events, 2);
    assert_int_equal(reply->events->next_cursor, 9);
    assert_string_equal(reply->events->events[0]->payment_id,
                        fq_id_payment(77, rows[0].secret, arena).ptr);
    assert_string_equal(reply->events->events[0]->refund_id, "");
    assert_string_equal(reply->events->events[1]->refund_id,
                        fq_id_refund(77, rows[1].secret, 2, arena).ptr);
    assert_int_equal(reply->events->events[0]->payment_version, 3);
    fenqi__v1__reply__free_unpacked(reply, NULL);
}

static void keeps_the_cursor_where_nothing_happened(void **state)
{
    struct fixture *fixture = *state;
    fixture->operation.kind = FQ_OP_LIST_EVENTS;
    fixture->operation.list_events.cursor = 41;
    Fenqi__V1__Reply *reply = fixture_reply(fixture);
    assert_int_equal(reply->events->next_cursor, 41);
    fenqi__v1__reply__free_unpacked(reply, NULL);
}

static void says_how_a_subscription_stands(void **state)
{
    struct fixture *fixture = *state;
    fixture->operation.kind = FQ_OP_SUBSCRIBE;
    fixture->operation.subscription = (struct fq_subscription){ .group = fq_lit("books"),
                                                                .is_active = true,
                                                                .acknowledged_cursor = 40,
                                                                .sent_cursor = 42,
                                                                .lease_ms = 30000 };
    Fenqi__V1__Reply *reply = fixture_reply(fixture);
    assert_int_equal(reply->events->n_events, 0);
    assert_int_equal(reply->events->next_cursor, 42);
    assert_string_equal(reply->events->subscription->group, "books");
    assert_true(reply->events->subscription->is_active);
    assert_int_equal(reply->events->subscription->acknowledged_cursor, 40);
    assert_int_equal(reply->events->subscription->lease_ms, 30000);
    fenqi__v1__reply__free_unpacked(reply, NULL);
}

static void encodes_keys(void **state)
{
    struct fixture *fixture = *state;
    const struct fq_public_key key = { fq_lit("k1"), fq_lit("ed25519"), fq_lit("0123\0") };
    fixture->operation.kind = FQ_OP_GET_KEYS;
    fixture->operation.keys = &key;
    fixture->operation.n_keys = 1;
    Fenqi__V1__Reply *reply = fixture_reply(fixture);
    assert_int_equal(reply->keys->n_keys, 1);
    assert_string_equal(reply->keys->keys[0]->key_id, "k1");
    assert_string_equal(reply->keys->keys[0]->algorithm, "ed25519");
    assert_int_equal(reply->keys->keys[0]->public_key.len, 5);
    fenqi__v1__reply__free_unpacked(reply, NULL);
}

static void faults_when_an_answer_does_not_fit(void **state)
{
    struct fixture *fixture = *state;
    struct fq_arena *roomy = fixture->operation.arena;
    struct fq_str payload = { NULL, 0 };
    fixture->operation.kind = FQ_OP_GET_PAYMENT;
    fixture->operation.payment.ledger = ledger_sample(roomy);
    for (size_t size = 0; size < 1024; size += 64) {
        fixture->operation.arena = fq_arena_new(size);
        int r = fq_codec_encode_reply(&fixture->operation, 1, &payload);
        fq_arena_free(fixture->operation.arena);
        assert_true(r < 0);
    }
    fixture->operation.arena = roomy;
}

static void wraps_payload_and_signatures(void **state)
{
    struct fixture *fixture = *state;
    const struct fq_seal seals[] = { { fq_lit("k1"), fq_lit("ed25519"), fq_lit("s\0g") },
                                     { fq_lit("k2"), fq_lit("ed25519"), fq_lit("sig2") } };
    struct fq_str bytes = { NULL, 0 };
    assert_int_equal(
        fq_codec_encode_signed(fq_lit("pay\0load"), seals, 2, fixture->operation.arena, &bytes), 0);
    Fenqi__V1__SignedReply *out =
        fenqi__v1__signed_reply__unpack(NULL, bytes.len, (const uint8_t *)bytes.ptr);
    assert_non_null(out);
    assert_string_equal(out->payload_type, FQ_REPLY_TYPE);
    assert_int_equal(out->payload.len, 8);
    assert_memory_equal(out->payload.data, "pay\0load", 8);
    assert_int_equal(out->n_signatures, 2);
    assert_string_equal(out->signatures[1]->key_id, "k2");
    assert_int_equal(out->signatures[0]->value.len, 3);
    fenqi__v1__signed_reply__free_unpacked(out, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        codec_test(names_request_digest_merchant_and_time),
        codec_test(encodes_an_error_whatever_the_kind),
        codec_test(encodes_plans_with_schedule),
        codec_test(the_largest_plans_fit),
        codec_test(encodes_what_an_indicative_channel_says),
        codec_test(encodes_channels_and_their_banks),
        codec_test(encodes_a_payment_with_its_refunds),
        codec_test(says_what_rests_on_the_operators_evidence),
        codec_test(a_disclosure_that_was_not_reported_is_absent),
        codec_test(what_was_asked_is_told_apart_from_what_was_answered),
        codec_test(encodes_no_action_where_there_is_none),
        codec_test(encodes_a_refund),
        codec_test(encodes_events_and_where_to_go_on),
        codec_test(keeps_the_cursor_where_nothing_happened),
        codec_test(says_how_a_subscription_stands),
        codec_test(encodes_keys),
        codec_test(faults_when_an_answer_does_not_fit),
        codec_test(wraps_payload_and_signatures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
