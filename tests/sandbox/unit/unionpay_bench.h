/* SPDX-License-Identifier: Apache-2.0 */
/* The UnionPay model on a bench: its keys, requests signed as a merchant does, answers and
 * notifications judged as he must. */
#ifndef SANDBOX_UNIT_UNIONPAY_BENCH_H
#define SANDBOX_UNIT_UNIONPAY_BENCH_H

/* cmocka.h needs those before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "tests/sandbox/base64.h"
#include "tests/sandbox/cert.h"
#include "tests/sandbox/key.h"
#include "tests/sandbox/unionpay_model.h"

#define OTHER_MER_ID "777290058110097"
#define MER_ID       "777290058110048"
#define FRONT        "/gateway/api/frontTransReq.do"
#define BACK         "/gateway/api/backTransReq.do"
#define QUERY        "/gateway/api/queryTrans.do"
#define TIME         "20260315101112"
#define CARD                                                                  \
    "card_number=6221558812340000&customer_name=%E5%85%A8%E6%B8%A0%E9%81%93&" \
    "document_number=341126197709218366&phone=13552535506&expiry=11/23&cvn2=123"

static const int64_t START = INT64_C(1773540672000); /* 2026-03-15 10:11:12 in Beijing */
static const int64_t MINUTE = 60 * 1000;
static const int64_t HOUR = 3600 * 1000;

struct bench {
    struct unionpay *unionpay;
    struct sandbox_platform platform;
    int64_t now;
    struct sandbox_response response;
    struct form answer;
    const struct unionpay_leaf *signer; /* of requests */
};

/* Making keys is slow: once for all tests. */
static struct unionpay_chain *chain;
static EVP_PKEY *leaf_key;
static EVP_PKEY *foreign_key;
static struct unionpay_leaf merchant;
static struct unionpay_leaf other_merchant;

static inline int keys_setup(void **state)
{
    (void)state;
    chain = unionpay_chain_make(false);
    leaf_key = key_generate();
    foreign_key = key_generate();
    unionpay_leaf_make(chain, UNIONPAY_MERCHANT_NAME, false, NULL, &merchant);
    unionpay_leaf_make(chain, UNIONPAY_MERCHANT_NAME, false, foreign_key, &other_merchant);
    return 0;
}

static inline int keys_teardown(void **state)
{
    (void)state;
    unionpay_chain_free(chain);
    EVP_PKEY_free(leaf_key);
    EVP_PKEY_free(foreign_key);
    unionpay_leaf_free(&merchant);
    unionpay_leaf_free(&other_merchant);
    return 0;
}

static inline int bench_setup(void **state)
{
    struct bench *bench = text_alloc(sizeof(*bench));
    struct unionpay_config config = {
        .chain = chain, .seed = "1", .leaf_private = leaf_key, .foreign_private = foreign_key
    };
    bench->unionpay = unionpay_new(&config);
    bench->platform = unionpay_platform(bench->unionpay);
    bench->now = START;
    bench->signer = &merchant;
    assert_true(unionpay_add_merchant(bench->unionpay, MER_ID, merchant.pem, false));
    assert_true(unionpay_add_merchant(bench->unionpay, OTHER_MER_ID, other_merchant.pem, false));
    *state = bench;
    return 0;
}

static inline int bench_teardown(void **state)
{
    struct bench *bench = *state;
    unionpay_free(bench->unionpay);
    sandbox_response_free(&bench->response);
    form_free(&bench->answer);
    free(bench);
    return 0;
}

/* ---- asking --------------------------------------------------------------------------------- */

/* The published automaton: only a '&' outside of braces ends a value. */
static inline void answer_parse(const char *body, struct form *ret)
{
    struct text name = { 0 };
    struct text value = { 0 };
    char closer = '\0';
    bool in_value = false;
    for (const char *at = body;; at++) {
        if (*at == '\0' || (in_value && *at == '&' && closer == '\0')) {
            form_set(ret, name.bytes != NULL ? name.bytes : "",
                     value.bytes != NULL ? value.bytes : "");
            text_free(&name);
            text_free(&value);
            in_value = false;
            if (*at == '\0')
                return;
        } else if (!in_value && *at == '=') {
            in_value = true;
        } else {
            text_add_bytes(in_value ? &value : &name, at, 1);
            if (in_value && closer == *at)
                closer = '\0';
            else if (in_value && closer == '\0')
                closer = *at == '{' ? '}' : *at == '[' ? ']' : '\0';
        }
    }
}

static inline void bench_send(struct bench *bench, const char *method, const char *path,
                              const char *body)
{
    struct sandbox_request request = { .method = method,
                                       .path = path,
                                       .query = "",
                                       .content_type = "application/x-www-form-urlencoded",
                                       .body = body,
                                       .body_size = strlen(body) };
    sandbox_response_free(&bench->response);
    form_free(&bench->answer);
    bench->platform.serve(bench->platform.model, &request, bench->now, &bench->response);
    answer_parse(bench->response.body, &bench->answer);
}

static inline void bench_common(const struct bench *bench, struct form *form)
{
    form_set(form, "version", "5.1.0");
    form_set(form, "encoding", "UTF-8");
    form_set(form, "signMethod", "01");
    form_set(form, "accessType", "0");
    form_set(form, "merId", MER_ID);
    form_set(form, "certId", bench->signer->serial);
}

/* `wish` is "name=value&..." in the clear; "name=" takes a name away. */
static inline void bench_ask(struct bench *bench, const char *path, const char *wish)
{
    FORM_CLEANUP all = { 0 };
    FORM_CLEANUP form = { 0 };
    FORM_CLEANUP changes = { 0 };
    bench_common(bench, &all);
    answer_parse(wish, &changes);
    for (size_t i = 0; i < changes.n_fields; i++)
        form_set(&all, changes.fields[i].name, changes.fields[i].value);
    for (size_t i = 0; i < all.n_fields; i++) {
        if (all.fields[i].value[0] != '\0')
            form_set(&form, all.fields[i].name, all.fields[i].value);
    }
    STRING_CLEANUP signature = unionpay_sign(bench->signer->private_key, &form);
    form_set(&form, "signature", signature);
    STRING_CLEANUP body = form_encode(&form, 1);
    bench_send(bench, "POST", path, body);
}

static inline void bench_front(struct bench *bench, const char *more)
{
    TEXT_CLEANUP wish = { 0 };
    text_printf(&wish,
                "txnType=01&txnSubType=03&bizType=000201&channelType=07&orderId=ORDER0001&"
                "txnTime=" TIME "&txnAmt=100000&currencyCode=156&"
                "frontUrl=https://shop.example/back&backUrl=https://shop.example/notify%s",
                more);
    bench_ask(bench, FRONT, wish.bytes);
}

static inline void bench_query(struct bench *bench, const char *order_id)
{
    TEXT_CLEANUP wish = { 0 };
    text_printf(&wish, "txnType=00&txnSubType=00&bizType=000000&orderId=%s&txnTime=" TIME,
                order_id);
    bench_ask(bench, QUERY, wish.bytes);
}

static inline void bench_control(struct bench *bench, const char *path, const char *body)
{
    struct sandbox_response response = { 0 };
    struct sandbox_request request = { .method = "POST",
                                       .path = path,
                                       .query = "",
                                       .content_type = "",
                                       .body = body,
                                       .body_size = strlen(body) };
    bench->platform.control(bench->platform.model, &request, bench->now, &response);
    if (response.status != 200)
        print_message("%s: %s", path, response.body);
    assert_int_equal(response.status, 200);
    sandbox_response_free(&response);
}

static inline const char *answer_get(const struct bench *bench, const char *name)
{
    const char *value = form_get(&bench->answer, name);
    return value != NULL ? value : "";
}

#define assert_field(bench, name, value) assert_string_equal(answer_get(bench, name), value)

static inline bool bench_has(const struct bench *bench, const char *text)
{
    return strstr(bench->response.body, text) != NULL;
}

/* Its certificate is under the chain, in time, has the platform's name, and fits the signature. */
static inline bool message_is_genuine(const struct form *form)
{
    const char *pem = form_get(form, "signPubKeyCert");
    char name[128] = "";
    if (pem == NULL || form_duplicate(form) != NULL ||
        strcmp(form_get(form, "version"), "5.1.0") != 0 ||
        strcmp(form_get(form, "signMethod"), "01") != 0)
        return false;
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *leaf = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    X509_NAME_get_text_by_NID(X509_get_subject_name(leaf), NID_commonName, name, sizeof(name));
    EVP_PKEY *issuer = cert_public_key(chain->middle.pem);
    EVP_PKEY *key = X509_get_pubkey(leaf);
    bool good = X509_verify(leaf, issuer) == 1 && cert_is_valid_at(pem, START) &&
                strcmp(name, UNIONPAY_SIGNER_NAME) == 0 && unionpay_verify(key, form);
    EVP_PKEY_free(issuer);
    EVP_PKEY_free(key);
    X509_free(leaf);
    return good;
}

static inline void bench_step(struct bench *bench, const char *form)
{
    TEXT_CLEANUP body = { 0 };
    const struct unionpay_order *order = unionpay_order_newest(bench->unionpay, "ORDER0001");
    text_printf(&body, "token=%s&%s", order->token, form);
    bench_send(bench, "POST", UNIONPAY_CASHIER, body.bytes);
}

/* An order of 1000.00 that was paid in six instalments. */
static inline struct unionpay_order *bench_paid(struct bench *bench)
{
    bench_front(bench, "");
    bench_control(bench, "/unionpay/orders/ORDER0001/pay", "{\"instalments\":6}");
    return unionpay_order_newest(bench->unionpay, "ORDER0001");
}

/* False: nothing is due. */
static inline bool bench_deliver(struct bench *bench, long status, struct form *ret)
{
    struct sandbox_delivery delivery;
    if (!bench->platform.next_delivery(bench->platform.model, bench->now, &delivery))
        return false;
    form_free(ret);
    assert_true(form_decode(ret, delivery.body, strlen(delivery.body)));
    bench->platform.delivered(bench->platform.model, delivery.id, bench->now, status, "ok", 2);
    free(delivery.url);
    free(delivery.body);
    return true;
}

static inline void bench_back(struct bench *bench, const char *order_id, const char *type,
                              const char *amount)
{
    TEXT_CLEANUP wish = { 0 };
    const struct unionpay_order *paid = unionpay_order_newest(bench->unionpay, "ORDER0001");
    text_printf(&wish,
                "txnType=%s&txnSubType=00&bizType=000201&channelType=07&orderId=%s&"
                "txnTime=" TIME "&txnAmt=%s&origQryId=%s&backUrl=https://shop.example/notify",
                type, order_id, amount, paid->query_id);
    bench_ask(bench, BACK, wish.bytes);
}

#define model_test(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

#endif
