/* SPDX-License-Identifier: Apache-2.0 */
/* What the codec takes of every operation, and within which bounds. */
#include "tests/unit/io/codec_rig.h"

static void decodes_quote_plans(void **state)
{
    struct fixture *fixture = *state;
    struct wire money = { .len = 0 };
    struct wire line = { .len = 0 };
    wire_number(&money, 1, 699900);
    wire_text(&money, 2, "CNY");
    wire_message(&fixture->body, 1, &money);
    wire_number(&fixture->body, 2, 2);
    wire_text(&fixture->body, 3, "huabei");
    wire_number(&line, 1, 3);
    wire_message(&fixture->body, 4, &line);
    assert_int_equal(fixture_ask(fixture, QUOTE_PLANS), 0);
    const struct fq_quote_plans *plans = &fixture->operation.quote_plans;
    assert_int_equal(fixture->operation.kind, FQ_OP_QUOTE_PLANS);
    assert_text(fixture->operation.request_id, "r-1");
    assert_int_equal(plans->amount.minor, 699900);
    assert_string_equal(plans->amount.currency, "CNY");
    assert_text(plans->currency, "CNY");
    assert_int_equal(plans->terminal, FQ_TERMINAL_MOBILE_WEB);
    assert_int_equal(plans->n_channels, 1);
    assert_text(plans->channels[0], "huabei");
    assert_true(plans->has_virtual_goods);
}

static void add_line(struct wire *body, uint32_t kind, int64_t minor, const char *currency)
{
    struct wire line = { .len = 0 };
    struct wire money = { .len = 0 };
    wire_number(&line, 1, kind);
    if (currency != NULL) {
        wire_number(&money, 1, (uint64_t)minor);
        wire_text(&money, 2, currency);
        wire_message(&line, 3, &money);
    }
    wire_message(body, 4, &line);
}

/* QuotePlans for `minor` CNY with what the fixture's body has already. */
static const struct fq_quote_plans *decode_order(struct fixture *fixture, int64_t minor)
{
    struct wire money = { .len = 0 };
    wire_number(&money, 1, (uint64_t)minor);
    wire_text(&money, 2, "CNY");
    wire_message(&fixture->body, 1, &money);
    assert_int_equal(fixture_ask(fixture, QUOTE_PLANS), 0);
    return &fixture->operation.quote_plans;
}

static void sums_the_lines(void **state)
{
    struct fixture *fixture = *state;
    add_line(&fixture->body, 1, 600000, "CNY");
    add_line(&fixture->body, 2, 100000, "CNY");
    add_line(&fixture->body, 1, -100, "CNY");
    const struct fq_quote_plans *plans = decode_order(fixture, 699900);
    assert_true(plans->has_line_amounts);
    assert_false(plans->has_unlike_lines);
    assert_int_equal(plans->lines_total_minor, 699900);
}

static void a_sum_of_lines_does_not_wrap(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 3; i++)
        add_line(&fixture->body, 1, INT64_MAX, "CNY");
    assert_int_equal(decode_order(fixture, 1)->lines_total_minor, INT64_MAX);
}

static void a_sum_of_lines_does_not_wrap_below(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 3; i++)
        add_line(&fixture->body, 1, INT64_MIN, "CNY");
    assert_int_equal(decode_order(fixture, 1)->lines_total_minor, INT64_MIN);
}

static void lines_without_amounts_have_none(void **state)
{
    struct fixture *fixture = *state;
    add_line(&fixture->body, 1, 0, NULL);
    add_line(&fixture->body, 1, 0, NULL);
    const struct fq_quote_plans *plans = decode_order(fixture, 1);
    assert_false(plans->has_line_amounts);
    assert_false(plans->has_unlike_lines);
}

static void a_line_without_amount_is_unlike_one_with(void **state)
{
    struct fixture *fixture = *state;
    add_line(&fixture->body, 1, 1, "CNY");
    add_line(&fixture->body, 1, 0, NULL);
    assert_true(decode_order(fixture, 1)->has_unlike_lines);
}

static void a_line_in_another_currency_is_unlike(void **state)
{
    struct fixture *fixture = *state;
    add_line(&fixture->body, 1, 1, "USD");
    assert_true(decode_order(fixture, 1)->has_unlike_lines);
}

static void decodes_bank_and_card(void **state)
{
    struct fixture *fixture = *state;
    wire_text(&fixture->body, 5, "icbc");
    wire_text(&fixture->body, 6, "62220200");
    const struct fq_quote_plans *plans = decode_order(fixture, 1);
    assert_text(plans->issuer, "icbc");
    assert_text(plans->card_prefix, "62220200");
}

static void decodes_whose_plans_they_would_be(void **state)
{
    struct fixture *fixture = *state;
    assert_text(decode_order(fixture, 1)->buyer_reference, "");
    fixture->request.len = 0;
    wire_text(&fixture->request, 1, "r-2");
    wire_text(&fixture->body, 7, "customer-17");
    assert_int_equal(fixture_ask(fixture, QUOTE_PLANS), 0);
    assert_text(fixture->operation.quote_plans.buyer_reference, "customer-17");
}

static void decodes_the_shops_own_id_of_a_buyer(void **state)
{
    struct fixture *fixture = *state;
    struct wire buyer = { .len = 0 };
    wire_text(&buyer, 3, "customer-17");
    wire_message(&fixture->body, 8, &buyer);
    assert_int_equal(fixture_ask(fixture, CREATE_PAYMENT), 0);
    assert_text(fixture->operation.create_payment.buyer_reference, "customer-17");
    assert_text(fixture->operation.create_payment.buyer_ip, "");
}

static void a_ninth_digit_of_a_card_is_not_taken(void **state)
{
    struct fixture *fixture = *state;
    wire_text(&fixture->body, 6, "622202001");
    assert_refused(fixture, fixture_ask(fixture, QUOTE_PLANS), "quote_plans.card_prefix",
                   "CARD_PREFIX_TOO_LONG");
}

static void takes_16_channels_beside_100_lines(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 100; i++)
        add_line(&fixture->body, 1, 0, NULL);
    for (int i = 0; i < 16; i++)
        wire_text(&fixture->body, 3, "huabei");
    assert_int_equal(decode_order(fixture, 1)->n_channels, 16);
}

static void refuses_a_17th_channel(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 17; i++)
        wire_text(&fixture->body, 3, "huabei");
    assert_refused(fixture, fixture_ask(fixture, QUOTE_PLANS), "quote_plans.channels", "TOO_MANY");
}

static void decodes_list_channels(void **state)
{
    struct fixture *fixture = *state;
    wire_number(&fixture->body, 1, 3);
    assert_int_equal(fixture_ask(fixture, LIST_CHANNELS), 0);
    assert_int_equal(fixture->operation.kind, FQ_OP_LIST_CHANNELS);
    assert_int_equal(fixture->operation.list_channels.terminal, FQ_TERMINAL_APP);
}

static void decodes_a_payer(void **state)
{
    struct fixture *fixture = *state;
    struct wire payer = { .len = 0 };
    fixture_fill_create_payment(fixture);
    wire_text(&payer, 1, "\xe5\xbc\xa0\xe4\xb8\x89");
    wire_number(&payer, 2, 1);
    wire_text(&payer, 3, "11010119900307771X");
    wire_text(&payer, 4, "+86-13800000000");
    wire_message(&fixture->body, 12, &payer);
    assert_int_equal(fixture_ask(fixture, CREATE_PAYMENT), 0);
    const struct fq_create_payment *create = &fixture->operation.create_payment;
    assert_true(create->has_payer);
    assert_text(create->payer.name, "\xe5\xbc\xa0\xe4\xb8\x89");
    assert_int_equal(create->payer.document_type, FQ_DOCUMENT_IDENTITY_CARD);
    assert_text(create->payer.document_number, "11010119900307771X");
    assert_text(create->payer.phone, "+86-13800000000");
}

static void an_empty_payer_is_still_one(void **state)
{
    struct fixture *fixture = *state;
    struct wire payer = { .len = 0 };
    fixture_fill_create_payment(fixture);
    wire_message(&fixture->body, 12, &payer);
    assert_int_equal(fixture_ask(fixture, CREATE_PAYMENT), 0);
    assert_true(fixture->operation.create_payment.has_payer);
}

static void decodes_create_payment(void **state)
{
    struct fixture *fixture = *state;
    fixture_fill_create_payment(fixture);
    wire_number(&fixture->request, 2, 1700000000123);
    assert_int_equal(fixture_ask(fixture, CREATE_PAYMENT), 0);
    const struct fq_create_payment *create = &fixture->operation.create_payment;
    assert_int_equal(fixture->operation.kind, FQ_OP_CREATE_PAYMENT);
    assert_int_equal(fixture->operation.deadline_ms, 1700000000123);
    assert_text(create->idempotency_key, "key-0001");
    assert_text(create->merchant_order_id, "order-1");
    assert_int_equal(create->quote.len, 3);
    assert_memory_equal(create->quote.ptr, "q\0\xff", 3);
    assert_int_equal(create->amount.minor, 5);
    assert_text(create->currency, "EUROS");
    assert_string_equal(create->amount.currency, "EUR");
    assert_text(create->subject, "\xe6\x89\x8b\xe6\x9c\xba");
    assert_int_equal(create->terminal, FQ_TERMINAL_DESKTOP);
    assert_text(create->return_url, "https://shop.example/");
    assert_text(create->buyer_ip, "192.0.2.1");
    assert_text(create->buyer_user_agent, "agent");
    assert_int_equal(create->expires_in_ms, 60000);
    assert_true(create->allow_parallel);
    assert_int_equal(create->disclosure_shown_ms, 1700000000000);
    assert_int_equal(create->disclosure_seconds, 7);
    assert_true(create->disclosure_confirmed);
    assert_false(create->has_payer);
}

static void decodes_get_payment_by_each_key(void **state)
{
    struct fixture *fixture = *state;
    for (uint32_t key = 1; key <= 3; key++) {
        fixture->body.len = 0;
        fixture->request.len = 0;
        fixture->operation.get_payment = (struct fq_get_payment){ 0 };
        wire_text(&fixture->request, 1, "r-1");
        wire_text(&fixture->body, key, "abc");
        wire_number(&fixture->body, 4, 1);
        wire_number(&fixture->body, 5, 25000);
        wire_number(&fixture->body, 6, 9);
        assert_int_equal(fixture_ask(fixture, GET_PAYMENT), 0);
        const struct fq_get_payment *get = &fixture->operation.get_payment;
        assert_int_equal(fixture->operation.kind, FQ_OP_GET_PAYMENT);
        assert_text(get->payment_id, key == 1 ? "abc" : "");
        assert_text(get->merchant_order_id, key == 2 ? "abc" : "");
        assert_text(get->idempotency_key, key == 3 ? "abc" : "");
        assert_true(get->refresh);
        assert_int_equal(get->wait_ms, 25000);
        assert_int_equal(get->known_version, 9);
    }
}

static void decodes_the_small_operations(void **state)
{
    struct fixture *fixture = *state;
    static const uint32_t kinds[] = { FQ_OP_CLOSE_PAYMENT, FQ_OP_CREATE_REFUND, FQ_OP_GET_REFUND,
                                      FQ_OP_LIST_EVENTS,   FQ_OP_GET_KEYS,      FQ_OP_GET_INFO };
    for (uint32_t i = 0; i < fq_array_size(kinds); i++) {
        fixture->request.len = 0;
        wire_text(&fixture->request, 1, "r-1");
        assert_int_equal(fixture_ask(fixture, CLOSE_PAYMENT + i), 0);
        assert_int_equal(fixture->operation.kind, kinds[i]);
    }
}

static void decodes_create_refund(void **state)
{
    struct fixture *fixture = *state;
    struct wire money = { .len = 0 };
    wire_number(&money, 1, 100);
    wire_text(&money, 2, "CNY");
    wire_text(&fixture->body, 1, "refund-key");
    wire_text(&fixture->body, 2, "p1");
    wire_message(&fixture->body, 3, &money);
    wire_text(&fixture->body, 4, "broken");
    assert_int_equal(fixture_ask(fixture, CREATE_REFUND), 0);
    const struct fq_create_refund *refund = &fixture->operation.create_refund;
    assert_text(refund->idempotency_key, "refund-key");
    assert_text(refund->payment_id, "p1");
    assert_int_equal(refund->amount.minor, 100);
    assert_text(refund->currency, "CNY");
    assert_text(refund->reason, "broken");
}

static void lists_a_hundred_events_by_default(void **state)
{
    struct fixture *fixture = *state;
    wire_number(&fixture->body, 1, 77);
    assert_int_equal(fixture_ask(fixture, LIST_EVENTS), 0);
    assert_int_equal(fixture->operation.list_events.cursor, 77);
    assert_int_equal(fixture->operation.list_events.n_max, 100);
}

static void refuses_more_events_than_200(void **state)
{
    struct fixture *fixture = *state;
    wire_number(&fixture->body, 2, 201);
    assert_refused(fixture, fixture_ask(fixture, LIST_EVENTS), "list_events.limit", "OUT_OF_RANGE");
}

static void refuses_to_wait_longer_than_25_seconds(void **state)
{
    struct fixture *fixture = *state;
    wire_text(&fixture->body, 1, "p1");
    wire_number(&fixture->body, 5, 25001);
    assert_refused(fixture, fixture_ask(fixture, GET_PAYMENT), "get_payment.wait_ms",
                   "OUT_OF_RANGE");
}

static void refuses_numbers_that_would_wrap(void **state)
{
    struct fixture *fixture = *state;
    wire_text(&fixture->body, 1, "p1");
    wire_number(&fixture->body, 5, UINT64_C(1) << 32); /* 0 once cut to 32 bits */
    assert_refused(fixture, fixture_ask(fixture, GET_PAYMENT), "get_payment.wait_ms",
                   "OUT_OF_RANGE");
}

static void refuses_get_payment_without_key(void **state)
{
    struct fixture *fixture = *state;
    assert_refused(fixture, fixture_ask(fixture, GET_PAYMENT), "get_payment.key", "MISSING");
}

static void asks_for_a_request_id(void **state)
{
    struct fixture *fixture = *state;
    fixture->request.len = 0;
    assert_int_equal(fixture_ask(fixture, GET_INFO), FQ_CODEC_E_REFUSED);
    assert_string_equal(fixture->operation.status.field, "request_id");
    assert_string_equal(fixture->operation.status.reason, "MISSING");
}

static void refuses_a_request_id_of_65_bytes(void **state)
{
    struct fixture *fixture = *state;
    char text[65];
    memset(text, 'x', sizeof(text));
    fixture->request.len = 0;
    wire_bytes(&fixture->request, 1, text, 65);
    assert_int_equal(fixture_ask(fixture, GET_INFO), FQ_CODEC_E_REFUSED);
    assert_string_equal(fixture->operation.status.field, "request_id");
    assert_string_equal(fixture->operation.status.reason, "TOO_LONG");
    assert_int_equal(fixture->operation.request_id.len, 0);
}

static void reads_a_subscription(void **state)
{
    struct fixture *fixture = *state;
    wire_text(&fixture->body, 1, "books");
    wire_number(&fixture->body, 3, 2000000000);
    assert_int_equal(fixture_ask(fixture, SUBSCRIBE), 0);
    assert_int_equal(fixture->operation.kind, FQ_OP_SUBSCRIBE);
    assert_text(fixture->operation.subscribe.group, "books");
    assert_false(fixture->operation.subscribe.has_cursor);
    assert_int_equal(fixture->operation.subscribe.credit, 2000000000);
}

static void tells_the_first_event_from_no_cursor(void **state)
{
    struct fixture *fixture = *state;
    wire_number(&fixture->body, 2, 0);
    assert_int_equal(fixture_ask(fixture, SUBSCRIBE), 0);
    assert_true(fixture->operation.subscribe.has_cursor);
    assert_int_equal(fixture->operation.subscribe.cursor, 0);
}

static void reads_an_acknowledgement(void **state)
{
    struct fixture *fixture = *state;
    wire_text(&fixture->body, 1, "books");
    wire_number(&fixture->body, 2, 77);
    assert_int_equal(fixture_ask(fixture, ACK_EVENTS), 0);
    assert_int_equal(fixture->operation.kind, FQ_OP_ACK_EVENTS);
    assert_text(fixture->operation.ack_events.group, "books");
    assert_int_equal(fixture->operation.ack_events.cursor, 77);
}

/* What it does not understand it must not do by halves: a cursor moves, a group is made. */
static void refuses_unknown_fields_where_a_group_changes(void **state)
{
    struct fixture *fixture = *state;
    wire_number(&fixture->body, 9, 1);
    assert_refused(fixture, fixture_ask(fixture, SUBSCRIBE), "subscribe.9", "UNKNOWN_FIELD");
    fixture->request.len = 0;
    wire_text(&fixture->request, 1, "r-1");
    assert_refused(fixture, fixture_ask(fixture, ACK_EVENTS), "ack_events.9", "UNKNOWN_FIELD");
}

static void says_unimplemented_to_an_unknown_operation(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture_ask(fixture, 40), FQ_CODEC_E_REFUSED);
    assert_int_equal(fixture->operation.status.code, FQ_CODE_UNIMPLEMENTED);
    assert_text(fixture->operation.request_id, "r-1");
}

static void says_unimplemented_to_no_operation(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture_decode(fixture), FQ_CODEC_E_REFUSED);
    assert_int_equal(fixture->operation.status.code, FQ_CODE_UNIMPLEMENTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        codec_test(decodes_quote_plans),
        codec_test(sums_the_lines),
        codec_test(a_sum_of_lines_does_not_wrap),
        codec_test(a_sum_of_lines_does_not_wrap_below),
        codec_test(lines_without_amounts_have_none),
        codec_test(a_line_without_amount_is_unlike_one_with),
        codec_test(a_line_in_another_currency_is_unlike),
        codec_test(decodes_bank_and_card),
        codec_test(decodes_whose_plans_they_would_be),
        codec_test(decodes_the_shops_own_id_of_a_buyer),
        codec_test(a_ninth_digit_of_a_card_is_not_taken),
        codec_test(takes_16_channels_beside_100_lines),
        codec_test(refuses_a_17th_channel),
        codec_test(decodes_list_channels),
        codec_test(decodes_a_payer),
        codec_test(an_empty_payer_is_still_one),
        codec_test(decodes_create_payment),
        codec_test(decodes_get_payment_by_each_key),
        codec_test(decodes_the_small_operations),
        codec_test(decodes_create_refund),
        codec_test(lists_a_hundred_events_by_default),
        codec_test(refuses_more_events_than_200),
        codec_test(refuses_to_wait_longer_than_25_seconds),
        codec_test(refuses_numbers_that_would_wrap),
        codec_test(refuses_get_payment_without_key),
        codec_test(asks_for_a_request_id),
        codec_test(refuses_a_request_id_of_65_bytes),
        codec_test(reads_a_subscription),
        codec_test(tells_the_first_event_from_no_cursor),
        codec_test(reads_an_acknowledgement),
        codec_test(refuses_unknown_fields_where_a_group_changes),
        codec_test(says_unimplemented_to_an_unknown_operation),
        codec_test(says_unimplemented_to_no_operation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
