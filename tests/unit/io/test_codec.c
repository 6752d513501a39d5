/* SPDX-License-Identifier: Apache-2.0 */
/* What the codec takes, what it refuses and how it names it, and what its answers say. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
/* clang-format on */

#include "daemon/core/id.h"
#include "daemon/io/codec.h"
#include "daemon/io/codec_walk.h"
#include "proto/fenqi.pb-c.h"

/* ---- writing wire bytes by hand ---- */

struct wire {
    char bytes[32768];
    size_t len;
};

static void wire_add(struct wire *wire, const void *bytes, size_t len)
{
    assert_true(wire->len + len <= sizeof(wire->bytes));
    memcpy(wire->bytes + wire->len, bytes, len);
    wire->len += len;
}

static void wire_varint(struct wire *wire, uint64_t value)
{
    do {
        unsigned char byte = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        wire_add(wire, &byte, 1);
        value >>= 7;
    } while (value > 0);
}

static void wire_number(struct wire *wire, uint32_t number, uint64_t value)
{
    wire_varint(wire, (uint64_t)number << 3);
    wire_varint(wire, value);
}

static void wire_bytes(struct wire *wire, uint32_t number, const void *bytes, size_t len)
{
    wire_varint(wire, (uint64_t)number << 3 | 2);
    wire_varint(wire, len);
    wire_add(wire, bytes, len);
}

static void wire_text(struct wire *wire, uint32_t number, const char *text)
{
    wire_bytes(wire, number, text, strlen(text));
}

static void wire_message(struct wire *wire, uint32_t number, const struct wire *message)
{
    wire_bytes(wire, number, message->bytes, message->len);
}

/* ---- decoding ---- */

enum {
    QUOTE_PLANS = 10,
    CREATE_PAYMENT,
    GET_PAYMENT,
    CLOSE_PAYMENT,
    CREATE_REFUND,
    GET_REFUND,
    LIST_EVENTS,
    GET_KEYS,
    GET_INFO
};

struct fixture {
    struct fq_operation operation;
    struct wire request; /* the whole message */
    struct wire body;    /* of its operation */
};

static int fixture_setup(void **state)
{
    struct fixture *fixture = fq_zalloc(sizeof(*fixture));
    fixture->operation.arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    wire_text(&fixture->request, 1, "r-1");
    *state = fixture;
    return 0;
}

static int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    fq_arena_free(fixture->operation.arena);
    fq_free(fixture);
    return 0;
}

static int fixture_decode(struct fixture *fixture)
{
    return fq_codec_decode((struct fq_str){ fixture->request.bytes, fixture->request.len },
                           &fixture->operation);
}

static int fixture_ask(struct fixture *fixture, uint32_t operation)
{
    wire_message(&fixture->request, operation, &fixture->body);
    return fixture_decode(fixture);
}

static void assert_text(struct fq_str actual, const char *expected)
{
    assert_int_equal(actual.len, strlen(expected));
    assert_memory_equal(actual.ptr, expected, actual.len);
}

/* Refused for `reason` at `field`, and the answer can still be matched. */
static void assert_refused(struct fixture *fixture, int r, const char *field, const char *reason)
{
    assert_int_equal(r, FQ_CODEC_E_REFUSED);
    assert_string_equal(fixture->operation.status.reason, reason);
    assert_string_equal(fixture->operation.status.field, field);
    assert_int_equal(fixture->operation.status.code, FQ_CODE_INVALID_ARGUMENT);
    assert_int_equal(fixture->operation.status.blame, FQ_BLAME_CALLER);
    assert_text(fixture->operation.request_id, "r-1");
}

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
    assert_text(plans->channel, "huabei");
    assert_true(plans->has_virtual_goods);
}

static void fixture_fill_create_payment(struct fixture *fixture)
{
    struct wire money = { .len = 0 };
    struct wire buyer = { .len = 0 };
    struct wire disclosure = { .len = 0 };
    wire_text(&fixture->body, 1, "key-0001");
    wire_text(&fixture->body, 2, "order-1");
    wire_bytes(&fixture->body, 3, "q\0\xff", 3);
    wire_number(&money, 1, 5);
    wire_text(&money, 2, "EUROS");
    wire_message(&fixture->body, 4, &money);
    wire_text(&fixture->body, 5, "\xe6\x89\x8b\xe6\x9c\xba");
    wire_number(&fixture->body, 6, 1);
    wire_text(&fixture->body, 7, "https://shop.example/");
    wire_text(&buyer, 1, "192.0.2.1");
    wire_text(&buyer, 2, "agent");
    wire_message(&fixture->body, 8, &buyer);
    wire_number(&fixture->body, 9, 60000);
    wire_number(&fixture->body, 10, 1);
    wire_number(&disclosure, 1, 1700000000000);
    wire_number(&disclosure, 2, 7);
    wire_number(&disclosure, 3, 1);
    wire_message(&fixture->body, 11, &disclosure);
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

static void refuses_nul_in_text(void **state)
{
    struct fixture *fixture = *state;
    wire_bytes(&fixture->body, 5, "a\0bc", 4);
    assert_refused(fixture, fixture_ask(fixture, CREATE_PAYMENT), "create_payment.subject",
                   "HAS_NUL");
}

static void refuses_bad_utf8_in_a_nested_text(void **state)
{
    struct fixture *fixture = *state;
    struct wire money = { .len = 0 };
    wire_bytes(&money, 2, "\xff\xfe", 2);
    wire_message(&fixture->body, 4, &money);
    assert_refused(fixture, fixture_ask(fixture, CREATE_PAYMENT), "create_payment.amount.currency",
                   "NOT_UTF8");
}

static void takes_texts_up_to_their_length_and_no_byte_more(void **state)
{
    struct fixture *fixture = *state;

    static const struct {
        uint32_t operation, field;
        size_t size_max;
        const char *path;
    } rows[] = {
        { QUOTE_PLANS, 3, 32, "quote_plans.channel" },
        { CREATE_PAYMENT, 1, 64, "create_payment.idempotency_key" },
        { CREATE_PAYMENT, 2, 64, "create_payment.merchant_order_id" },
        { CREATE_PAYMENT, 3, 8192, "create_payment.quote" },
        { CREATE_PAYMENT, 5, 128, "create_payment.subject" },
        { CREATE_PAYMENT, 7, 512, "create_payment.return_url" },
        { GET_PAYMENT, 1, 64, "get_payment.payment_id" },
        { CLOSE_PAYMENT, 1, 64, "close_payment.payment_id" },
        { CREATE_REFUND, 4, 128, "create_refund.reason" },
    };

    char text[8193];
    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i < fq_array_size(rows); i++) {
        for (size_t extra = 0; extra <= 1; extra++) {
            fixture->body.len = 0;
            fixture->request.len = 0;
            wire_text(&fixture->request, 1, "r-1");
            wire_bytes(&fixture->body, rows[i].field, text, rows[i].size_max + extra);
            int r = fixture_ask(fixture, rows[i].operation);
            if (extra == 0)
                assert_int_equal(r, 0);
            else
                assert_refused(fixture, r, rows[i].path, "TOO_LONG");
        }
    }
}

static void bounds_nested_texts(void **state)
{
    struct fixture *fixture = *state;
    struct wire buyer = { .len = 0 };
    char text[513];
    memset(text, 'x', sizeof(text));
    wire_bytes(&buyer, 2, text, sizeof(text));
    wire_message(&fixture->body, 8, &buyer);
    assert_refused(fixture, fixture_ask(fixture, CREATE_PAYMENT), "create_payment.buyer.user_agent",
                   "TOO_LONG");
}

static void refuses_unknown_words(void **state)
{
    struct fixture *fixture = *state;
    wire_number(&fixture->body, 2, 5);
    assert_refused(fixture, fixture_ask(fixture, QUOTE_PLANS), "quote_plans.terminal",
                   "UNKNOWN_VALUE");
}

static void refuses_words_that_would_wrap(void **state)
{
    struct fixture *fixture = *state;
    wire_number(&fixture->body, 2, (UINT64_C(1) << 32) + 1);
    assert_refused(fixture, fixture_ask(fixture, QUOTE_PLANS), "quote_plans.terminal",
                   "UNKNOWN_VALUE");
}

static void refuses_a_number_where_text_belongs(void **state)
{
    struct fixture *fixture = *state;
    wire_number(&fixture->body, 1, 7);
    assert_refused(fixture, fixture_ask(fixture, CLOSE_PAYMENT), "close_payment.payment_id",
                   "WRONG_TYPE");
}

static void refuses_fixed_width_where_varint_belongs(void **state)
{
    struct fixture *fixture = *state;
    wire_varint(&fixture->body, 1 << 3 | 1); /* list_events.cursor as fixed64 */
    wire_add(&fixture->body, "\1\0\0\0\0\0\0\0", 8);
    assert_refused(fixture, fixture_ask(fixture, LIST_EVENTS), "list_events.cursor", "WRONG_TYPE");
}

static void refuses_groups(void **state)
{
    struct fixture *fixture = *state;
    wire_varint(&fixture->body, 50 << 3 | 3);
    wire_varint(&fixture->body, 50 << 3 | 4);
    assert_refused(fixture, fixture_ask(fixture, GET_KEYS), "get_keys", "MALFORMED");
}

static void refuses_truncation_at_every_byte(void **state)
{
    struct fixture *fixture = *state;
    fixture_fill_create_payment(fixture);
    assert_int_equal(fixture_ask(fixture, CREATE_PAYMENT), 0);
    size_t header = 5; /* the request id; a message may end behind it */
    for (size_t len = header + 1; len < fixture->request.len; len++) {
        struct fq_str cut = { fixture->request.bytes, len };
        fixture->operation.request_id.len = 0;
        assert_int_equal(fq_codec_decode(cut, &fixture->operation), FQ_CODEC_E_REFUSED);
        assert_string_equal(fixture->operation.status.reason, "MALFORMED");
        assert_text(fixture->operation.request_id, "r-1");
    }
}

static void refuses_two_operations(void **state)
{
    struct fixture *fixture = *state;
    wire_message(&fixture->request, GET_INFO, &fixture->body);
    assert_refused(fixture, fixture_ask(fixture, GET_KEYS), "get_keys", "GIVEN_TWICE");
}

static void refuses_two_keys_of_a_oneof(void **state)
{
    struct fixture *fixture = *state;
    wire_text(&fixture->body, 1, "p1");
    wire_text(&fixture->body, 3, "key-0001");
    assert_refused(fixture, fixture_ask(fixture, GET_PAYMENT), "get_payment.idempotency_key",
                   "GIVEN_TWICE");
}

static void refuses_a_field_given_twice(void **state)
{
    struct fixture *fixture = *state;
    wire_text(&fixture->body, 1, "p1");
    wire_text(&fixture->body, 1, "p2");
    assert_refused(fixture, fixture_ask(fixture, CLOSE_PAYMENT), "close_payment.payment_id",
                   "GIVEN_TWICE");
}

static void takes_a_hundred_lines_and_no_more(void **state)
{
    struct fixture *fixture = *state;
    struct wire line = { .len = 0 };
    char name[128];
    memset(name, 'x', sizeof(name));
    wire_bytes(&line, 2, name, sizeof(name));
    for (int i = 0; i < 100; i++)
        wire_message(&fixture->body, 4, &line);
    assert_int_equal(fixture_ask(fixture, QUOTE_PLANS), 0);
    wire_message(&fixture->body, 4, &line);
    fixture->request.len = 5;
    assert_refused(fixture, fixture_ask(fixture, QUOTE_PLANS), "quote_plans.lines", "TOO_MANY");
}

static void refuses_unknown_fields_where_state_changes(void **state)
{
    struct fixture *fixture = *state;
    struct wire buyer = { .len = 0 };
    wire_number(&buyer, 9, 1);
    wire_message(&fixture->body, 8, &buyer);
    assert_refused(fixture, fixture_ask(fixture, CREATE_PAYMENT), "create_payment.buyer.9",
                   "UNKNOWN_FIELD");
}

static void refuses_unknown_fields_around_a_change_of_state(void **state)
{
    struct fixture *fixture = *state;
    wire_number(&fixture->request, 4, 1); /* stands before the operation is known */
    assert_refused(fixture, fixture_ask(fixture, CLOSE_PAYMENT), "4", "UNKNOWN_FIELD");
}

static void ignores_unknown_fields_elsewhere(void **state)
{
    struct fixture *fixture = *state;
    wire_text(&fixture->body, 1, "p1");
    wire_text(&fixture->body, 30, "future");
    wire_number(&fixture->request, 4, 1);
    assert_int_equal(fixture_ask(fixture, GET_PAYMENT), 0);
    assert_text(fixture->operation.get_payment.payment_id, "p1");
}

static void bounds_what_unknown_fields_cost(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 101; i++)
        wire_number(&fixture->body, 30, 1);
    assert_refused(fixture, fixture_ask(fixture, GET_KEYS), "get_keys.30", "TOO_MANY");
    assert_false(fq_arena_is_full(fixture->operation.arena));
}

static void takes_encodings_that_are_not_minimal(void **state)
{
    struct fixture *fixture = *state;
    wire_add(&fixture->body, "\x88\x80\x00\xcd\x80\x80\x00", 7); /* cursor = 77 */
    assert_int_equal(fixture_ask(fixture, LIST_EVENTS), 0);
    assert_int_equal(fixture->operation.list_events.cursor, 77);
}

static void says_so_when_memory_is_short(void **state)
{
    struct fixture *fixture = *state;
    fq_arena_free(fixture->operation.arena);
    fixture->operation.arena = fq_arena_new(256);
    fixture_fill_create_payment(fixture);
    assert_int_equal(fixture_ask(fixture, CREATE_PAYMENT), FQ_CODEC_E_REFUSED);
    assert_int_equal(fixture->operation.status.code, FQ_CODE_RESOURCE_EXHAUSTED);
    assert_text(fixture->operation.request_id, "r-1");
}

/* ---- the walk's own bounds ---- */

static const ProtobufCMessageDescriptor nest_descriptor;
static const ProtobufCFieldDescriptor nest_fields[] = {
    { .name = "in",
      .id = 1,
      .label = PROTOBUF_C_LABEL_NONE,
      .type = PROTOBUF_C_TYPE_MESSAGE,
      .descriptor = &nest_descriptor },
};
static const ProtobufCIntRange nest_ranges[] = { { 1, 0 }, { 0, 1 } };
static const ProtobufCMessageDescriptor nest_descriptor = {
    .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
    .name = "nest",
    .n_fields = 1,
    .fields = nest_fields,
    .n_field_ranges = 1,
    .field_ranges = nest_ranges,
};

/* `n` messages inside each other; the innermost is empty. */
static int nest_check(size_t n, struct fq_arena *arena, struct fq_status *ret_status)
{
    static struct wire nest;
    static struct wire outer;
    nest.len = 0;
    for (size_t i = 1; i < n; i++) {
        outer.len = 0;
        wire_message(&outer, 1, &nest);
        nest = outer;
    }
    return fq_walk_check((struct fq_str){ nest.bytes, nest.len }, &nest_descriptor, true, arena,
                         ret_status);
}

static void nests_eight_messages_and_no_more(void **state)
{
    struct fixture *fixture = *state;
    struct fq_status status = { 0 };
    assert_int_equal(nest_check(8, fixture->operation.arena, &status), 0);
    assert_int_equal(nest_check(9, fixture->operation.arena, &status), FQ_WALK_E_REFUSED);
    assert_string_equal(status.reason, "TOO_DEEP");
    assert_int_equal(nest_check(3000, fixture->operation.arena, &status), FQ_WALK_E_REFUSED);
    assert_string_equal(status.reason, "TOO_DEEP");
}

static void refuses_varints_of_more_than_64_bits(void **state)
{
    (void)state;
    struct fq_wire_field field;
    struct fq_str good = fq_lit("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    struct fq_str over = fq_lit("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
    struct fq_str eleven = fq_lit("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00");
    assert_int_equal(fq_wire_next(&good, &field), 0);
    assert_true(field.value == UINT64_MAX);
    assert_int_equal(fq_wire_next(&over, &field), FQ_WIRE_E_MALFORMED);
    assert_int_equal(fq_wire_next(&eleven, &field), FQ_WIRE_E_MALFORMED);
}

static void refuses_field_number_zero(void **state)
{
    (void)state;
    struct fq_wire_field field;
    struct fq_str zero = fq_lit("\x00\x01");
    assert_int_equal(fq_wire_next(&zero, &field), FQ_WIRE_E_MALFORMED);
}

/* What the walk takes for granted of the proto: no type inside itself, few field types. */
static void proto_check(const ProtobufCMessageDescriptor *type, size_t depth)
{
    assert_true(depth <= FQ_WALK_DEPTH_MAX);
    assert_true(type->n_fields <= 64);
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        switch ((uint32_t)field->type) {
        case PROTOBUF_C_TYPE_MESSAGE:
            proto_check(field->descriptor, depth + 1);
            break;
        case PROTOBUF_C_TYPE_STRING:
        case PROTOBUF_C_TYPE_BYTES:
        case PROTOBUF_C_TYPE_INT32:
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_BOOL:
        case PROTOBUF_C_TYPE_ENUM:
            assert_true(field->label != PROTOBUF_C_LABEL_REPEATED);
            break;
        default:
            fail_msg("%s.%s: the walk does not know its type", type->name, field->name);
        }
    }
}

static void proto_is_what_the_walk_expects(void **state)
{
    (void)state;
    proto_check(&fenqi__v1__request__descriptor, 1);
}

/* ---- encoding ---- */

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
                                             .first_due_month = 202511,
                                             .expires_ms = 5 },
                                  .signed_quote = fq_lit("a\0b") };
    struct fq_channel_offer offers[] = {
        { .channel = fq_lit("huabei"),
          .fee_word_zh = fq_lit("fee"),
          .eligible = true,
          .plans = &plan,
          .n_plans = 1 },
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
    assert_true(out->identity->asked);
    assert_int_equal(out->identity->result, FENQI__V1__IDENTITY__RESULT__RESULT_PLATFORM_LOGIN);
    assert_int_equal(out->next_action->action_case, FENQI__V1__NEXT_ACTION__ACTION_QR_CODE);
    assert_string_equal(out->next_action->qr_code, "https://qr");
    assert_int_equal(out->next_action->expires_at_unix_ms, 99);
    assert_true(out->closing);
    assert_int_equal(out->closes_by_unix_ms, 11);
    assert_true(out->late_success);
    assert_false(out->double_paid);
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

#define codec_test(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        codec_test(decodes_quote_plans),
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
        codec_test(says_unimplemented_to_an_unknown_operation),
        codec_test(says_unimplemented_to_no_operation),
        codec_test(refuses_nul_in_text),
        codec_test(refuses_bad_utf8_in_a_nested_text),
        codec_test(takes_texts_up_to_their_length_and_no_byte_more),
        codec_test(bounds_nested_texts),
        codec_test(refuses_unknown_words),
        codec_test(refuses_words_that_would_wrap),
        codec_test(refuses_a_number_where_text_belongs),
        codec_test(refuses_fixed_width_where_varint_belongs),
        codec_test(refuses_groups),
        codec_test(refuses_truncation_at_every_byte),
        codec_test(refuses_two_operations),
        codec_test(refuses_two_keys_of_a_oneof),
        codec_test(refuses_a_field_given_twice),
        codec_test(takes_a_hundred_lines_and_no_more),
        codec_test(refuses_unknown_fields_where_state_changes),
        codec_test(refuses_unknown_fields_around_a_change_of_state),
        codec_test(ignores_unknown_fields_elsewhere),
        codec_test(bounds_what_unknown_fields_cost),
        codec_test(takes_encodings_that_are_not_minimal),
        codec_test(says_so_when_memory_is_short),
        codec_test(nests_eight_messages_and_no_more),
        codec_test(refuses_varints_of_more_than_64_bits),
        codec_test(refuses_field_number_zero),
        codec_test(proto_is_what_the_walk_expects),
        codec_test(names_request_digest_merchant_and_time),
        codec_test(encodes_an_error_whatever_the_kind),
        codec_test(encodes_plans_with_schedule),
        codec_test(encodes_a_payment_with_its_refunds),
        codec_test(encodes_no_action_where_there_is_none),
        codec_test(encodes_a_refund),
        codec_test(encodes_events_and_where_to_go_on),
        codec_test(keeps_the_cursor_where_nothing_happened),
        codec_test(encodes_keys),
        codec_test(faults_when_an_answer_does_not_fit),
        codec_test(wraps_payload_and_signatures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
