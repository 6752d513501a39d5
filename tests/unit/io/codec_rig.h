/* SPDX-License-Identifier: Apache-2.0 */
/* Requests written as wire bytes by hand, and an operation to decode them into. */
#ifndef FQ_TESTS_IO_CODEC_RIG_H
#define FQ_TESTS_IO_CODEC_RIG_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
/* clang-format on */

#include "daemon/io/codec.h"
#include "proto/fenqi.pb-c.h"

/* ---- writing wire bytes by hand ---- */

struct wire {
    char bytes[32768];
    size_t len;
};

static inline void wire_add(struct wire *wire, const void *bytes, size_t len)
{
    assert_true(wire->len + len <= sizeof(wire->bytes));
    memcpy(wire->bytes + wire->len, bytes, len);
    wire->len += len;
}

static inline void wire_varint(struct wire *wire, uint64_t value)
{
    do {
        unsigned char byte = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        wire_add(wire, &byte, 1);
        value >>= 7;
    } while (value > 0);
}

static inline void wire_number(struct wire *wire, uint32_t number, uint64_t value)
{
    wire_varint(wire, (uint64_t)number << 3);
    wire_varint(wire, value);
}

static inline void wire_bytes(struct wire *wire, uint32_t number, const void *bytes, size_t len)
{
    wire_varint(wire, (uint64_t)number << 3 | 2);
    wire_varint(wire, len);
    wire_add(wire, bytes, len);
}

static inline void wire_text(struct wire *wire, uint32_t number, const char *text)
{
    wire_bytes(wire, number, text, strlen(text));
}

static inline void wire_message(struct wire *wire, uint32_t number, const struct wire *message)
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
    GET_INFO,
    LIST_CHANNELS,
    SUBSCRIBE,
    ACK_EVENTS
};

struct fixture {
    struct fq_operation operation;
    struct wire request; /* the whole message */
    struct wire body;    /* of its operation */
};

static inline int fixture_setup(void **state)
{
    struct fixture *fixture = fq_zalloc(sizeof(*fixture));
    fixture->operation.arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    wire_text(&fixture->request, 1, "r-1");
    *state = fixture;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    fq_arena_free(fixture->operation.arena);
    fq_free(fixture);
    return 0;
}

static inline int fixture_decode(struct fixture *fixture)
{
    return fq_codec_decode((struct fq_str){ fixture->request.bytes, fixture->request.len },
                           &fixture->operation);
}

static inline int fixture_ask(struct fixture *fixture, uint32_t operation)
{
    wire_message(&fixture->request, operation, &fixture->body);
    return fixture_decode(fixture);
}

static inline void assert_text(struct fq_str actual, const char *expected)
{
    assert_int_equal(actual.len, strlen(expected));
    assert_memory_equal(actual.ptr, expected, actual.len);
}

/* Refused for `reason` at `field`, and the answer can still be matched. */
static inline void assert_refused(struct fixture *fixture, int r, const char *field,
                                  const char *reason)
{
    assert_int_equal(r, FQ_CODEC_E_REFUSED);
    assert_string_equal(fixture->operation.status.reason, reason);
    assert_string_equal(fixture->operation.status.field, field);
    assert_int_equal(fixture->operation.status.code, FQ_CODE_INVALID_ARGUMENT);
    assert_int_equal(fixture->operation.status.blame, FQ_BLAME_CALLER);
    assert_text(fixture->operation.request_id, "r-1");
}

static inline void fixture_fill_create_payment(struct fixture *fixture)
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

#define codec_test(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif
