/* SPDX-License-Identifier: Apache-2.0 */
/* An opened Huabei channel with keys of its own, and answers that its platform signs. */
#ifndef FQ_TESTS_HUABEI_TEST_H
#define FQ_TESTS_HUABEI_TEST_H

/* clang-format off */
/* cmocka.h wants the others before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
/* clang-format on */

#include "adapters/huabei/huabei.h"
#include "daemon/base/arena.h"
#include "tests/vectors/host.h"

const struct fq_adapter *fenqi_adapter(void);

/* 2026-03-15 10:11:12 in Beijing */
#define TEST_NOW_MS      INT64_C(1773540672345)
#define TEST_DEADLINE_MS (TEST_NOW_MS + INT64_C(1800000))
#define TEST_APP_ID      "2021000122671080"
#define TEST_SELLER_ID   "2088721003899159"
#define TEST_ORDER       "T20260315101112aB3"
#define TEST_REFUND      "R20260315101500xY7"
#define TEST_TRADE       "2026031522001499160501586202"

static struct vector_host test_host;
static void *test_self;
static struct fq_call test_call;
static struct fq_message test_answer;
static struct fq_verdict test_verdict;

static struct fq_str test_refused_key;

/* ready() with the keys that `list` names, one space between them. */
static inline int test_ready(const char *list)
{
    struct fq_str keys[16];
    size_t n_keys = 0;
    for (struct fq_str rest = fq_slice_of(list); rest.len > 0; n_keys++)
        fq_slice_cut(rest, ' ', &keys[n_keys], &rest);
    test_refused_key = (struct fq_str){ NULL, 0 };
    return fenqi_adapter()->ready(test_self, &test_host.host, keys, n_keys, &test_refused_key);
}

static inline int test_open_with(const char *app_id, const char *seller_id, const char *keys)
{
    const struct fq_pair conf[] = {
        { fq_slice("app_id"), fq_slice_of(app_id) },
        { fq_slice("seller_id"), fq_slice_of(seller_id) },
        { fq_slice("gateway"), fq_slice("https://openapi.example.com/gateway.do") },
    };
    struct fq_str key = { NULL, 0 };
    if (fenqi_adapter()->open(&test_host.host, conf, 3, &test_self, &key) != 0)
        return -1;
    return test_ready(keys);
}

static inline int test_open(const char *app_id, const char *seller_id)
{
    return test_open_with(app_id, seller_id, "app alipay alipay_next");
}

static int test_group_setup(void **state)
{
    (void)state;
    vector_host_init(&test_host);
    vector_host_add_pair(&test_host, "app", "app_public");
    vector_host_add_pair(&test_host, "platform", "alipay");
    vector_host_add_pair(&test_host, "platform_next", "alipay_next");
    return 0;
}

static int test_group_teardown(void **state)
{
    (void)state;
    vector_host_deinit(&test_host);
    return 0;
}

static int test_setup(void **state)
{
    (void)state;
    vector_host_reset(&test_host, FQ_ARENA_SIZE_MAX);
    test_call = (struct fq_call){
        .struct_size = sizeof(test_call),
        .now_unix_ms = TEST_NOW_MS,
        .object = FQ_OBJECT_PAYMENT,
        .order_number = fq_slice(TEST_ORDER),
        .amount = { 699900, "CNY", 2 },
        .instalments = 6,
        .bearer = FQ_BEARER_BUYER,
        .terminal = FQ_TERMINAL_DESKTOP,
        .subject = fq_slice("手机 \"X\" + 耳机"),
        .created_unix_ms = TEST_NOW_MS,
        .deadline_unix_ms = TEST_DEADLINE_MS,
        .notify_url = fq_slice("https://pay.example.com/notify/huabei"),
        .return_url = fq_slice("https://pay.example.com/back/abc"),
        .refund_number = fq_slice(TEST_REFUND),
        .refund_amount = { 10050, "CNY", 2 },
        .refund_reason = fq_slice("坏了"),
    };
    test_verdict = (struct fq_verdict){ .struct_size = sizeof(test_verdict) };
    return test_open(TEST_APP_ID, TEST_SELLER_ID);
}

#define huabei_test(function) cmocka_unit_test_setup(function, test_setup)

static inline void assert_slice(struct fq_str s, const char *expected)
{
    assert_int_equal(s.len, strlen(expected));
    if (s.len > 0)
        assert_memory_equal(s.ptr, expected, s.len);
}

static inline struct fq_str test_printf(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

static inline struct fq_str test_printf(const char *format, ...)
{
    char *text = fq_arena_alloc(test_host.arena, 4096);
    va_list arguments;
    assert_non_null(text);
    va_start(arguments, format);
    int len = vsnprintf(text, 4096, format, arguments);
    va_end(arguments);
    assert_in_range(len, 0, 4095);
    return (struct fq_str){ text, (size_t)len };
}

/* The answer {"<node>":<content>,"sign":...}, signed by the platform's key `key`. */
static inline void test_answer_signed_by(const char *key, const char *node, const char *content)
{
    struct fq_str sign = vector_host_seal(&test_host, key, fq_slice_of(content));
    test_answer = (struct fq_message){
        .struct_size = sizeof(test_answer),
        .http_status = 200,
        .body =
            test_printf("{\"%s\":%s,\"sign\":\"%.*s\"}", node, content, (int)sign.len, sign.ptr),
    };
}

static inline void test_answer_of(const char *node, const char *content)
{
    test_answer_signed_by("platform", node, content);
}

static inline void test_resume(const struct fq_exchange *exchange)
{
    test_verdict = (struct fq_verdict){ .struct_size = sizeof(test_verdict) };
    test_host.n_verified = 0;
    assert_int_equal(
        exchange->resume(test_self, &test_host.host, &test_call, &test_answer, &test_verdict), 0);
}

static inline void test_begin(const struct fq_exchange *exchange)
{
    test_verdict = (struct fq_verdict){ .struct_size = sizeof(test_verdict) };
    assert_int_equal(exchange->begin(test_self, &test_host.host, &test_call, &test_verdict), 0);
}

static inline void assert_outcome(uint32_t outcome)
{
    assert_int_equal(test_verdict.step, FQ_STEP_DONE);
    assert_int_equal(test_verdict.outcome, outcome);
}

/* Nothing that an unproven answer says may become an outcome; the reason is told. */
static inline void assert_unknown(const char *why)
{
    assert_outcome(FQ_OUTCOME_UNKNOWN);
    assert_slice(test_verdict.platform_text, why);
}

static inline void assert_declined_call(const struct fq_exchange *exchange, const char *why)
{
    test_host.failure[0] = '\0';
    assert_int_equal(exchange->begin(test_self, &test_host.host, &test_call, &test_verdict), -1);
    assert_string_equal(test_host.failure, why);
}

/* The fields of what was sent, checked against its signature and our key. */
static inline struct fq_pairs test_sent_fields(struct fq_str raw)
{
    static const char *const except[] = { "sign", NULL };
    struct fq_pairs fields;
    struct fq_str plain, signature;
    assert_int_equal(fq_form_decode(&test_host.host, raw, &fields), 0);
    assert_true(fq_canon_join(&test_host.host, fields, except, FQ_CANON_SKIP_EMPTY, &plain));
    assert_true(fq_slice_from_base64(&test_host.host, fq_pairs_get(fields, "sign"), &signature));
    assert_int_equal(test_host.host.verify(&test_host.host, "app_public", FQ_SCHEME_RSA_SHA256,
                                           plain, signature),
                     0);
    return fields;
}

/* What a POST carries in its URL and its body together. */
static inline struct fq_pairs test_sent_post(void)
{
    struct fq_str path, query;
    assert_int_equal(test_verdict.step, FQ_STEP_SEND);
    assert_slice(test_verdict.message.method, "POST");
    assert_slice(test_verdict.message.content_type,
                 "application/x-www-form-urlencoded;charset=utf-8");
    assert_true(fq_slice_cut(test_verdict.message.url, '?', &path, &query));
    assert_slice(path, "https://openapi.example.com/gateway.do");
    return test_sent_fields(test_printf("%.*s&%.*s", (int)query.len, query.ptr,
                                        (int)test_verdict.message.body.len,
                                        test_verdict.message.body.ptr));
}

#endif
