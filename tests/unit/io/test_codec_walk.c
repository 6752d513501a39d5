/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile bytes: what the walk over the wire refuses, and how it names the place. */
#include "daemon/io/codec_walk.h"
#include "tests/unit/io/codec_rig.h"

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
        { QUOTE_PLANS, 3, 32, "quote_plans.channels" },
        { QUOTE_PLANS, 5, 32, "quote_plans.issuer" },
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

static void bounds_the_shops_own_id_of_a_buyer(void **state)
{
    struct fixture *fixture = *state;
    struct wire buyer = { .len = 0 };
    char text[65];
    memset(text, 'x', sizeof(text));
    wire_bytes(&buyer, 3, text, sizeof(text));
    wire_message(&fixture->body, 8, &buyer);
    assert_refused(fixture, fixture_ask(fixture, CREATE_PAYMENT), "create_payment.buyer.reference",
                   "TOO_LONG");
    fixture->body.len = 0;
    fixture->request.len = 0;
    wire_text(&fixture->request, 1, "r-1");
    wire_bytes(&fixture->body, 7, text, sizeof(text));
    assert_refused(fixture, fixture_ask(fixture, QUOTE_PLANS), "quote_plans.buyer_reference",
                   "TOO_LONG");
}

static void bounds_what_is_said_of_a_payer(void **state)
{
    struct fixture *fixture = *state;

    static const struct {
        uint32_t field;
        size_t size_max;
        const char *path;
    } rows[] = {
        { 1, 64, "create_payment.payer.name" },
        { 3, 32, "create_payment.payer.document_number" },
        { 4, 20, "create_payment.payer.phone" },
    };

    char text[65];
    memset(text, '1', sizeof(text));
    for (size_t i = 0; i < fq_array_size(rows); i++) {
        for (size_t extra = 0; extra <= 1; extra++) {
            struct wire payer = { .len = 0 };
            fixture->body.len = 0;
            fixture->request.len = 0;
            wire_text(&fixture->request, 1, "r-1");
            wire_bytes(&payer, rows[i].field, text, rows[i].size_max + extra);
            wire_message(&fixture->body, 12, &payer);
            int r = fixture_ask(fixture, CREATE_PAYMENT);
            if (extra == 0)
                assert_int_equal(r, 0);
            else
                assert_refused(fixture, r, rows[i].path, "TOO_LONG");
        }
    }
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
            break;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        codec_test(refuses_nul_in_text),
        codec_test(refuses_bad_utf8_in_a_nested_text),
        codec_test(takes_texts_up_to_their_length_and_no_byte_more),
        codec_test(bounds_nested_texts),
        codec_test(bounds_the_shops_own_id_of_a_buyer),
        codec_test(bounds_what_is_said_of_a_payer),
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
