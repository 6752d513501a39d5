/* SPDX-License-Identifier: Apache-2.0 */
/* An opened bank-card channel with keys of its own, and messages that its platform signs: with a
 * certificate inside, under a root and an authority made for the test. */
#ifndef FQ_TESTS_BANKCARD_TEST_H
#define FQ_TESTS_BANKCARD_TEST_H

/* clang-format off */
/* cmocka.h wants the others before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
/* clang-format on */

#include "adapters/bankcard/bankcard.h"
#include "daemon/base/arena.h"
#include "tests/vectors/host.h"

const struct fq_adapter *fenqi_adapter(void);

#define BANKCARD_UNUSED __attribute__((unused)) static

/* 2026-03-15 10:11:12 in Beijing */
#define TEST_NOW_MS      INT64_C(1773540672345)
#define TEST_DEADLINE_MS (TEST_NOW_MS + INT64_C(1800000))
#define TEST_MER_ID      "777290058167151"
#define TEST_ORDER       "T20260315101112aB3"
#define TEST_REFUND      "R20260315101500xY7"
#define TEST_TXN_TIME    "20260315101112"
#define TEST_QUERY_ID    "782603151011126740280"
#define TEST_CN          "041@8310000000083040@中国银联股份有限公司@00016495"
#define TEST_MERCHANT_CN "041@Z12@700000000000001:SIGN@00000062"

static struct vector_host test_host;
static void *test_self;
static struct fq_str test_refused_key;
static struct fq_call test_call;
static struct fq_message test_answer;
static struct fq_verdict test_verdict;

/* ---- keys and certificates, made once ---- */

static char *test_leaf_pem;
static char *test_merchant_pem; /* of another merchant, by the same authority */
static char *test_forged_pem;   /* the right name, by nobody */
static char *test_encrypt_pem;

BANKCARD_UNUSED int test_group_setup(void **state)
{
    (void)state;
    char *bundle = NULL;
    vector_host_init(&test_host);
    vector_host_add_pair(&test_host, "sign", "sign_public");
    vector_host_add_pair(&test_host, "root", "root_public");
    vector_host_add_pair(&test_host, "middle", "middle_public");
    vector_host_add_pair(&test_host, "platform", "platform_public");
    vector_host_add_pair(&test_host, "other", "other_public");
    vector_host_add_pair(&test_host, "opens", "opens_public");
    char *root = vector_host_certify(&test_host, "root", "ROOT", "root", "ROOT", true);
    char *middle = vector_host_certify(&test_host, "middle", "OCA1", "root", "ROOT", true);
    char *own = vector_host_certify(&test_host, "sign", TEST_MERCHANT_CN, "middle", "OCA1", false);
    test_leaf_pem = vector_host_certify(&test_host, "platform", TEST_CN, "middle", "OCA1", false);
    test_merchant_pem =
        vector_host_certify(&test_host, "other", TEST_MERCHANT_CN, "middle", "OCA1", false);
    test_forged_pem = vector_host_certify(&test_host, "other", TEST_CN, "other", "OCA1", false);
    test_encrypt_pem = vector_host_certify(&test_host, "opens", TEST_CN, "middle", "OCA1", false);
    if (asprintf(&bundle, "%s%s", root, middle) < 0)
        abort();
    assert_true(vector_host_add_certificates(&test_host, "roots", bundle));
    assert_true(vector_host_add_certificates(&test_host, "sign_cert", own));
    assert_true(vector_host_add_certificates(&test_host, "encrypt", test_encrypt_pem));
    free(bundle);
    free(root);
    free(middle);
    free(own);
    return 0;
}

BANKCARD_UNUSED int test_group_teardown(void **state)
{
    (void)state;
    vector_host_deinit(&test_host);
    free(test_leaf_pem);
    free(test_merchant_pem);
    free(test_forged_pem);
    free(test_encrypt_pem);
    return 0;
}

/* ---- the channel ---- */

/* ready() with the keys that `list` names, one space between them. */
BANKCARD_UNUSED int test_ready(const char *list)
{
    struct fq_str keys[16];
    size_t n_keys = 0;
    for (struct fq_str rest = fq_slice_of(list); rest.len > 0; n_keys++)
        fq_slice_cut(rest, ' ', &keys[n_keys], &rest);
    test_refused_key = (struct fq_str){ NULL, 0 };
    return fenqi_adapter()->ready(test_self, &test_host.host, keys, n_keys, &test_refused_key);
}

/* Opens it with what must be set, and with settings "name=value" between single spaces. */
BANKCARD_UNUSED int test_open(const char *settings)
{
    struct fq_pair conf[32] = {
        { fq_slice("mer_id"), fq_slice(TEST_MER_ID) },
        { fq_slice("gateway"), fq_slice("https://gateway.example.com") },
    };
    struct fq_str entry, key = { NULL, 0 };
    size_t n_conf = 2;
    for (struct fq_str rest = fq_slice_of(settings); rest.len > 0; n_conf++) {
        fq_slice_cut(rest, ' ', &entry, &rest);
        fq_slice_cut(entry, '=', &conf[n_conf].name, &conf[n_conf].value);
    }
    if (fenqi_adapter()->open(&test_host.host, conf, n_conf, &test_self, &key) != 0)
        return -1;
    return test_ready("sign sign_cert roots encrypt");
}

static const struct fq_pair test_order_memory[] = {
    { fq_slice("txn_time"), fq_slice(TEST_TXN_TIME) },
};

static const struct fq_pair test_paid_memory[] = {
    { fq_slice("txn_time"), fq_slice(TEST_TXN_TIME) },
    { fq_slice("query_id"), fq_slice(TEST_QUERY_ID) },
};

BANKCARD_UNUSED int test_setup(void **state)
{
    (void)state;
    vector_host_reset(&test_host, FQ_ARENA_SIZE_MAX);
    test_host.now_unix_ms = TEST_NOW_MS;
    test_call = (struct fq_call){
        .struct_size = sizeof(test_call),
        .now_unix_ms = TEST_NOW_MS,
        .object = FQ_OBJECT_PAYMENT,
        .order_number = fq_slice(TEST_ORDER),
        .amount = { 699900, "CNY", 2 },
        .instalments = 6,
        .bearer = FQ_BEARER_BUYER,
        .terminal = FQ_TERMINAL_DESKTOP,
        .subject = fq_slice("手机"),
        .created_unix_ms = TEST_NOW_MS,
        .deadline_unix_ms = TEST_DEADLINE_MS,
        .notify_url = fq_slice("https://pay.example.com/notify/cards"),
        .return_url = fq_slice("https://pay.example.com/back/abc"),
        .memory = { test_order_memory, 1 },
    };
    test_verdict = (struct fq_verdict){ .struct_size = sizeof(test_verdict) };
    return test_open("");
}

#define bankcard_test(function) cmocka_unit_test_setup(function, test_setup)

/* ---- texts ---- */

BANKCARD_UNUSED void assert_slice(struct fq_str s, const char *expected)
{
    assert_int_equal(s.len, strlen(expected));
    if (s.len > 0)
        assert_memory_equal(s.ptr, expected, s.len);
}

BANKCARD_UNUSED struct fq_str test_copy(struct fq_str s)
{
    struct fq_str copy = fq_arena_copy(test_host.arena, s);
    assert_non_null(copy.ptr);
    return copy;
}

/* ---- messages ---- */

/* The fields of the next message; tests change single ones. */
static struct fq_pair test_fields[48];
static size_t test_n_fields;

BANKCARD_UNUSED void test_put(const char *name, const char *value)
{
    for (size_t i = 0; i < test_n_fields; i++)
        if (fq_slice_equal(test_fields[i].name, fq_slice_of(name))) {
            test_fields[i].value = fq_slice_of(value);
            return;
        }
    assert_true(test_n_fields < 48);
    test_fields[test_n_fields++] = (struct fq_pair){ fq_slice_of(name), fq_slice_of(value) };
}

BANKCARD_UNUSED void test_drop(const char *name)
{
    for (size_t i = 0; i < test_n_fields; i++)
        if (fq_slice_equal(test_fields[i].name, fq_slice_of(name)))
            test_fields[i--] = test_fields[--test_n_fields];
}

/* A message of the platform's about one transaction. */
BANKCARD_UNUSED void test_message(const char *order, const char *txn_type, const char *sub_type)
{
    test_n_fields = 0;
    test_put("version", "5.1.0");
    test_put("encoding", "UTF-8");
    test_put("signMethod", "01");
    test_put("accessType", "0");
    test_put("merId", TEST_MER_ID);
    test_put("orderId", order);
    test_put("txnTime", TEST_TXN_TIME);
    test_put("txnType", txn_type);
    test_put("txnSubType", sub_type);
    test_put("respCode", "00");
    test_put("respMsg", "成功[0000000]");
}

/* An order as a query finds it. */
BANKCARD_UNUSED void test_order_message(void)
{
    test_message(TEST_ORDER, "01", "03");
    test_put("bizType", "000201");
    test_put("txnAmt", "699900");
    test_put("currencyCode", "156");
    test_put("settleDate", "0315");
    test_put("queryId", TEST_QUERY_ID);
    test_put("origRespCode", "00");
    test_put("origRespMsg", "成功[0000000]");
    test_put("instalTransInfo", "{numberOfInstallments=06&mchntFeeSubsidy=004320}");
}

/* The certificate with the line ends of the wire, and none behind the last line. */
BANKCARD_UNUSED struct fq_str test_wire_pem(const char *pem)
{
    struct fq_text text;
    struct fq_str wire;
    fq_text_init(&text, &test_host.host, 2 * strlen(pem));
    for (const char *at = pem; *at != '\0'; at++)
        if (*at != '\n')
            fq_text_add_char(&text, *at);
        else if (at[1] != '\0')
            fq_text_add_of(&text, "\r\n");
    assert_true(fq_text_finish(&text, &wire));
    return wire;
}

/* Adds certificate and signature, by the key `key`. */
BANKCARD_UNUSED void test_seal_by(const char *key, const char *pem, enum fq_canon_empty empty)
{
    static const char *const except[] = { NULL };
    struct fq_str plain;
    test_drop("signature");
    test_drop("signPubKeyCert");
    test_fields[test_n_fields++] =
        (struct fq_pair){ fq_slice("signPubKeyCert"), test_wire_pem(pem) };
    assert_true(fq_canon_join(&test_host.host, (struct fq_pairs){ test_fields, test_n_fields },
                              except, empty, &plain));
    test_fields[test_n_fields++] =
        (struct fq_pair){ fq_slice("signature"),
                          vector_host_seal_by(&test_host, key, FQ_SCHEME_RSA_SHA256_HEX, plain) };
}

/* The fields as they stand, not encoded: an answer. */
BANKCARD_UNUSED void test_write(void)
{
    struct fq_text text;
    test_answer = (struct fq_message){ .struct_size = sizeof(test_answer), .http_status = 200 };
    fq_text_init(&text, &test_host.host, 8192);
    for (size_t i = 0; i < test_n_fields; i++) {
        fq_text_add_of(&text, i > 0 ? "&" : "");
        fq_text_add(&text, test_fields[i].name);
        fq_text_add_char(&text, '=');
        fq_text_add(&text, test_fields[i].value);
    }
    assert_true(fq_text_finish(&text, &test_answer.body));
}

/* The fields as a form: a notification, or what a browser brings. */
BANKCARD_UNUSED void test_write_form(void)
{
    struct fq_pairs fields = { test_fields, test_n_fields };
    test_answer = (struct fq_message){ .struct_size = sizeof(test_answer),
                                       .method = fq_slice("POST"),
                                       .url = fq_slice("/notify/cards") };
    assert_int_equal(fq_form_join(&test_host.host, fq_slice(""), fields, NULL, &test_answer.body),
                     0);
}

BANKCARD_UNUSED void test_seal(void)
{
    test_seal_by("platform", test_leaf_pem, FQ_CANON_KEEP_EMPTY);
    test_write();
}

/* ---- calls ---- */

BANKCARD_UNUSED int test_try(const struct fq_exchange *exchange)
{
    test_host.n_verified = 0;
    test_host.failure[0] = '\0';
    test_verdict = (struct fq_verdict){ .struct_size = sizeof(test_verdict) };
    return exchange->resume(test_self, &test_host.host, &test_call, &test_answer, &test_verdict);
}

BANKCARD_UNUSED void test_resume(const struct fq_exchange *exchange)
{
    assert_int_equal(test_try(exchange), 0);
}

BANKCARD_UNUSED void test_begin(const struct fq_exchange *exchange)
{
    test_verdict = (struct fq_verdict){ .struct_size = sizeof(test_verdict) };
    assert_int_equal(exchange->begin(test_self, &test_host.host, &test_call, &test_verdict), 0);
}

BANKCARD_UNUSED void assert_begin_fails(const struct fq_exchange *exchange, const char *why)
{
    test_host.failure[0] = '\0';
    test_verdict = (struct fq_verdict){ .struct_size = sizeof(test_verdict) };
    assert_int_equal(exchange->begin(test_self, &test_host.host, &test_call, &test_verdict), -1);
    assert_string_equal(test_host.failure, why);
}

BANKCARD_UNUSED void assert_outcome(uint32_t outcome)
{
    assert_int_equal(test_verdict.step, FQ_STEP_DONE);
    assert_int_equal(test_verdict.outcome, outcome);
}

/* Nothing that an unproven answer says may become an outcome; the reason is told. */
BANKCARD_UNUSED void assert_unknown(const char *why)
{
    assert_outcome(FQ_OUTCOME_UNKNOWN);
    assert_slice(test_verdict.platform_text, why);
    assert_int_equal(test_verdict.memory.n_items, 0);
}

BANKCARD_UNUSED void assert_asks(uint32_t object, const char *number)
{
    assert_int_equal(test_verdict.step, FQ_STEP_ASK);
    assert_int_equal(test_verdict.outcome, FQ_OUTCOME_UNSET);
    assert_int_equal(test_verdict.object, object);
    assert_slice(test_verdict.number, number);
}

BANKCARD_UNUSED void assert_memory(const char *name, const char *value)
{
    assert_slice(fq_pairs_get(test_verdict.memory, name), value);
}

/* The fields of a request, checked against its signature and our key. */
BANKCARD_UNUSED void assert_signed(struct fq_pairs fields)
{
    static const char *const except[] = { "signature", NULL };
    struct fq_str plain, signature;
    assert_true(fq_canon_join(&test_host.host, fields, except, FQ_CANON_KEEP_EMPTY, &plain));
    assert_true(
        fq_slice_from_base64(&test_host.host, fq_pairs_get(fields, "signature"), &signature));
    assert_int_equal(test_host.host.verify(&test_host.host, "sign_public", FQ_SCHEME_RSA_SHA256_HEX,
                                           plain, signature),
                     0);
}

/* What was posted to `url`. */
BANKCARD_UNUSED struct fq_pairs test_sent(const char *url)
{
    struct fq_pairs fields;
    assert_int_equal(test_verdict.step, FQ_STEP_SEND);
    assert_slice(test_verdict.message.method, "POST");
    assert_slice(test_verdict.message.url, url);
    assert_slice(test_verdict.message.content_type,
                 "application/x-www-form-urlencoded;charset=UTF-8");
    assert_int_equal(fq_form_decode(&test_host.host, test_verdict.message.body, &fields), 0);
    assert_signed(fields);
    return fields;
}

/* "name=value" in the order of names, without the signature and what every request says. */
BANKCARD_UNUSED void assert_fields(struct fq_pairs fields, const char *expected)
{
    static const char *const except[] = { "signature", "version", "encoding",   "signMethod",
                                          "certId",    "merId",   "accessType", NULL };
    struct fq_str plain;
    assert_slice(fq_pairs_get(fields, "version"), "5.1.0");
    assert_slice(fq_pairs_get(fields, "encoding"), "UTF-8");
    assert_slice(fq_pairs_get(fields, "signMethod"), "01");
    assert_slice(fq_pairs_get(fields, "merId"), TEST_MER_ID);
    assert_true(fq_pairs_get(fields, "certId").len > 0);
    assert_true(fq_canon_join(&test_host.host, fields, except, FQ_CANON_KEEP_EMPTY, &plain));
    assert_slice(plain, expected);
}

#endif
