/* SPDX-License-Identifier: Apache-2.0 */
/* Genuine messages of the platform, from the folder that FENQI_VECTORS names. */
#include <glob.h>
#include <libgen.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "tests/unit/huabei/huabei_test.h"

/* A vector, parsed; skips the test, loudly, where there is none. */
static cJSON *vector(const char *path)
{
    char *text = vector_file(path);
    if (text == NULL)
        skip();
    cJSON *parsed = cJSON_Parse(text);
    free(text);
    assert_non_null(parsed);
    return parsed;
}

static const char *text_of(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static int64_t number_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    assert_true(cJSON_IsNumber(item));
    return (int64_t)cJSON_GetNumberValue(item);
}

/* Runs `check` over every *.json of a folder, with that vector's key as the platform's. */
static void each_vector(const char *folder, void (*check)(const cJSON *vector))
{
    char *pattern = vector_path(folder);
    char path[4096];
    glob_t found;
    (void)snprintf(path, sizeof(path), "%s/*.json", pattern);
    free(pattern);
    if (glob(path, 0, NULL, &found) != 0) {
        (void)fprintf(stderr, "SKIPPED: no vectors at %s (set FENQI_VECTORS)\n", path);
        skip();
    }
    for (size_t i = 0; i < found.gl_pathc; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, basename(found.gl_pathv[i]));
        cJSON *parsed = vector(path);
        (void)snprintf(path, sizeof(path), "alipay/%s", text_of(parsed, "public_key"));
        char *key = vector_path(path);
        vector_host_deinit(&test_host);
        vector_host_init(&test_host);
        assert_int_equal(test_open(TEST_APP_ID, TEST_SELLER_ID), 0);
        assert_true(vector_host_add_public(&test_host, "alipay", key));
        check(parsed);
        free(key);
        cJSON_Delete(parsed);
    }
    globfree(&found);
}

/* ---- where the signed bytes begin and end ---- */

static void the_signed_slice_is_found_in_every_layout(void **state)
{
    (void)state;
    cJSON *parsed = vector("alipay/extract/sign-content-extraction.json");
    const cJSON *item;
    size_t n_cases = 0;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(parsed, "cases"))
    {
        struct huabei_parts parts;
        assert_true(huabei_split(&test_host.host, fq_slice_of(text_of(item, "raw")),
                                 fq_slice_of(text_of(item, "node")), &parts));
        assert_slice(parts.content, text_of(item, "expected_content"));
        assert_slice(parts.sign, "TS355N0QjK1r9GyD4YOsG5esszSUhESgwu1q5==");
        n_cases++;
    }
    assert_int_equal(n_cases, 15);
    cJSON_Delete(parsed);
}

/* ---- genuine answers ---- */

static enum huabei_proof verify(struct fq_str text, struct fq_str sign)
{
    return huabei_verify(test_self, &test_host.host, text, sign, (struct fq_str){ NULL, 0 });
}

static void check_answer(const cJSON *vector)
{
    struct huabei_parts parts;
    struct fq_str body = fq_slice_of(text_of(vector, "raw_response_body"));
    struct fq_str node = fq_slice_of(text_of(vector, "response_node"));
    assert_true(huabei_split(&test_host.host, body, node, &parts));
    assert_slice(parts.content, text_of(vector, "expected_signed_content"));
    assert_slice(parts.sign, text_of(vector, "sign"));
    assert_int_equal(verify(parts.content, parts.sign), HUABEI_GENUINE);
    if (text_of(vector, "must_fail_content") != NULL)
        assert_int_equal(verify(fq_slice_of(text_of(vector, "must_fail_content")), parts.sign),
                         HUABEI_FORGED);
}

static void every_genuine_answer_verifies(void **state)
{
    (void)state;
    each_vector("alipay/sync", check_answer);
}

static void judge(const char *path, const char *order, const struct fq_exchange *exchange)
{
    cJSON *parsed = vector(path);
    char *key = vector_path("alipay/keys/yansongda-sandbox-alipay-public.pem");
    vector_host_deinit(&test_host);
    vector_host_init(&test_host);
    assert_int_equal(test_open(TEST_APP_ID, TEST_SELLER_ID), 0);
    assert_true(vector_host_add_public(&test_host, "alipay", key));
    free(key);
    test_call.order_number = fq_slice_of(order);
    test_answer = (struct fq_message){ .struct_size = sizeof(test_answer), .http_status = 200 };
    const char *body = text_of(parsed, "raw_response_body");
    test_answer.body = test_printf("%s", body);
    cJSON_Delete(parsed);
    test_resume(exchange);
}

static void a_genuine_query_is_paid(void **state)
{
    (void)state;
    judge("alipay/sync/ysd-trade_query.json", "1703141270", &fenqi_adapter()->query);
    assert_outcome(FQ_OUTCOME_PAID);
    assert_slice(test_verdict.number, "1703141270");
    assert_slice(test_verdict.platform_ref, "2023122122001499160501586202");
    assert_int_equal(test_verdict.amount.minor, 1);
}

static void a_genuine_qr_code_is_shown(void **state)
{
    (void)state;
    judge("alipay/sync/ysd-trade_precreate.json", "1704093802", &fenqi_adapter()->create);
    assert_outcome(FQ_OUTCOME_ACCEPTED);
    assert_slice(test_verdict.action_text, "https://qr.alipay.com/bax07651xvtprxfkmxyf00a9");
}

static void a_genuine_refund_is_accepted(void **state)
{
    (void)state;
    judge("alipay/sync/ysd-trade_refund.json", "1703141270", &fenqi_adapter()->refund);
    assert_outcome(FQ_OUTCOME_ACCEPTED);
    assert_slice(test_verdict.proof, "fund_change=Y");
}

/* ---- genuine notifications ---- */

static void check_notification(const cJSON *vector)
{
    static const char *const except[] = { "sign", "sign_type", "alipay_cert_sn", NULL };
    const cJSON *params = cJSON_GetObjectItemCaseSensitive(vector, "params");
    struct fq_str body = fq_slice_of(text_of(vector, "raw_body"));
    struct fq_str canon;
    struct fq_pairs fields;
    assert_int_equal(fq_form_decode(&test_host.host, body, &fields), 0);
    assert_int_equal(fields.n_items, (size_t)cJSON_GetArraySize(params));
    for (size_t i = 0; i < fields.n_items; i++) {
        struct fq_str name =
            test_printf("%.*s", (int)fields.items[i].name.len, fields.items[i].name.ptr);
        assert_slice(fields.items[i].value, text_of(params, name.ptr));
    }
    assert_true(fq_canon_join(&test_host.host, fields, except, FQ_CANON_SKIP_EMPTY, &canon));
    test_answer = (struct fq_message){ .struct_size = sizeof(test_answer), .body = body };
    test_verdict = (struct fq_verdict){ .struct_size = sizeof(test_verdict) };
    const char *app_id = text_of(params, "app_id");
    const char *seller_id = text_of(params, "seller_id");
    assert_int_equal(test_open(app_id, seller_id != NULL ? seller_id : TEST_SELLER_ID), 0);
    int r = fenqi_adapter()->notification(test_self, &test_host.host, &test_call, &test_answer,
                                          &test_verdict);
    if (text_of(params, "trade_status") == NULL || text_of(vector, "expect") != NULL) {
        assert_int_equal(r, -1); /* tampered with, or no trade's */
        return;
    }
    assert_int_equal(r, 0);
    assert_slice(canon, text_of(vector, "expected_signed_content"));
    assert_slice(test_verdict.number, text_of(params, "out_trade_no"));
    assert_slice(test_verdict.ack_body, "success");
    if (text_of(vector, "must_fail_content") != NULL)
        assert_int_equal(verify(fq_slice_of(text_of(vector, "must_fail_content")),
                                fq_slice_of(text_of(vector, "sign"))),
                         HUABEI_FORGED);
}

static void every_genuine_notification_is_judged_right(void **state)
{
    (void)state;
    each_vector("alipay/notify", check_notification);
}

/* ---- certificates ---- */

#define CERTIFICATES "app app_cert alipay_cert alipay_root"

/* The certificates of `path` under `name`. */
static void put(const char *name, const char *path)
{
    char below[256];
    (void)snprintf(below, sizeof(below), "alipay/%s", path);
    char *pem = vector_file(below);
    if (pem == NULL)
        skip();
    assert_true(vector_host_add_certificates(&test_host, name, pem));
    free(pem);
}

static void put_genuine(void)
{
    put("app_cert", "certs/node-appCertPublicKey_2021001161683774.crt");
    put("alipay_cert", "certs/node-alipayCertPublicKey_RSA2.crt");
    put("alipay_root", "certs/node-alipayRootCert.crt");
}

static const struct huabei *opened(void)
{
    assert_int_equal(test_open_with(TEST_APP_ID, TEST_SELLER_ID, CERTIFICATES), 0);
    return test_self;
}

static void every_genuine_certificate_has_its_serial(void **state)
{
    (void)state;
    cJSON *parsed = vector("alipay/certs/cert-sn.json");
    const cJSON *item;
    put_genuine();
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(parsed, "cases"))
    {
        put("alipay_cert", text_of(item, "file"));
        assert_slice(opened()->platform[0].serial, text_of(item, "expected_sn"));
        put("app_cert", text_of(item, "file"));
        assert_slice(opened()->app_cert_sn, text_of(item, "expected_sn"));
    }
    cJSON_Delete(parsed);
}

/* Their SM2 and ECDSA roots are skipped. */
static void every_genuine_bundle_of_roots_has_its_serial(void **state)
{
    (void)state;
    cJSON *parsed = vector("alipay/certs/root-cert-sn.json");
    const cJSON *item;
    put_genuine();
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(parsed, "cases"))
    {
        put("alipay_root", text_of(item, "file"));
        assert_slice(opened()->root_cert_sn, text_of(item, "expected_root_sn"));
    }
    cJSON_Delete(parsed);
}

/* As if the platform's certificate of `path` had just been fetched. */
static int bring(const char *path, const char *serial)
{
    char below[256];
    struct fq_str base64;
    (void)snprintf(below, sizeof(below), "alipay/%s", path);
    char *pem = vector_file(below);
    assert_non_null(pem);
    assert_true(fq_notation_base64(&test_host.host, fq_slice_of(pem), &base64));
    free(pem);
    struct fq_text body;
    fq_text_init(&body, &test_host.host, base64.len + 256);
    fq_text_add_of(&body, "{\"alipay_open_app_alipaycert_download_response\":{\"code\":\"10000\","
                          "\"alipay_cert_content\":\"");
    fq_text_add(&body, base64);
    fq_text_add_of(&body, "\"}}");
    test_call.key_name = fq_slice_of(serial);
    test_answer = (struct fq_message){ .struct_size = sizeof(test_answer), .http_status = 200 };
    assert_true(fq_text_finish(&body, &test_answer.body));
    return fenqi_adapter()->fetch_key.resume(test_self, &test_host.host, &test_call, &test_answer,
                                             &test_verdict);
}

static void a_genuine_certificate_leads_up_to_the_genuine_roots(void **state)
{
    (void)state;
    put_genuine();
    put("alipay_cert", "certs/easysdk-alipayCertPublicKey_RSA2.crt");
    put("alipay_root", "certs/easysdk-alipayRootCert.crt");
    assert_non_null(opened());
    assert_int_equal(
        bring("certs/easysdk-alipayCertPublicKey_RSA2.crt", "f4facbef87f2c92cf8ca72cdfcb25eb1"), 0);
    assert_slice(test_verdict.key_name, "f4facbef87f2c92cf8ca72cdfcb25eb1");
    /* Genuine too, but a merchant's. */
    assert_int_equal(bring("certs/easysdk-appCertPublicKey_2019051064521003.crt",
                           "9cc629ecc4de8d9a9d516a6b59f42d01"),
                     -1);
    put("alipay_root", "certs/fzlee-alipay_root_cert.crt");
    assert_int_equal(
        bring("certs/easysdk-alipayCertPublicKey_RSA2.crt", "f4facbef87f2c92cf8ca72cdfcb25eb1"),
        -1);
}

/* ---- content ---- */

static void published_contents_encrypt_as_published(void **state)
{
    (void)state;
    cJSON *parsed = vector("alipay/crypto/aes-sm4.json");
    const cJSON *item;
    size_t n_cases = 0;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(parsed, "cases"))
    {
        struct fq_str secret, base64;
        if (strcmp(text_of(item, "encrypt_type"), "AES") != 0)
            continue;
        assert_true(vector_host_add_secret(&test_host, "content", text_of(item, "key")));
        assert_int_equal(test_host.host.encrypt(&test_host.host, "content", HUABEI_CIPHER,
                                                fq_slice_of(text_of(item, "plaintext")), &secret),
                         0);
        assert_true(fq_notation_base64(&test_host.host, secret, &base64));
        assert_slice(base64, text_of(item, "ciphertext"));
        n_cases++;
    }
    assert_int_equal(n_cases, 2);
    cJSON_Delete(parsed);
}

/* ---- fees ---- */

static void check_plan(const cJSON *item)
{
    const char *bearer = text_of(item, "bearer");
    bool is_seller = bearer != NULL && strcmp(bearer, "seller") == 0;
    int64_t rate_ppm, n = number_of(item, "n");
    assert_true(fq_slice_to_minor(fq_slice_of(text_of(item, "rate")), 6, &rate_ppm));
    struct fq_quote_in in = {
        .struct_size = sizeof(in),
        .amount = { number_of(item, "amount_cents"), "CNY", 2 },
        .instalments = (uint32_t)n,
        .bearer = is_seller ? FQ_BEARER_MERCHANT : FQ_BEARER_BUYER,
        .rate_ppm = (uint32_t)rate_ppm,
    };
    struct fq_quote_out out = { .struct_size = sizeof(out) };
    assert_int_equal(fenqi_adapter()->quote(test_self, &test_host.host, &in, &out), 0);
    int64_t fee = number_of(item, "total_fee");
    assert_int_equal(out.n_lines, n);
    assert_int_equal(out.buyer_fee_minor, is_seller ? 0 : fee);
    assert_int_equal(out.merchant_fee_minor, is_seller ? fee : 0);
    int64_t fee_share = is_seller ? 0 : number_of(item, "each_fee");
    int64_t fee_rest = is_seller ? 0 : number_of(item, "fee_remainder");
    int64_t principal = number_of(item, "each_principal");
    for (int64_t i = 0; i < n; i++) {
        assert_int_equal(out.lines[i].principal_minor,
                         principal + (i == 0 ? number_of(item, "principal_remainder") : 0));
        assert_int_equal(out.lines[i].fee_minor, fee_share + (i == 0 ? fee_rest : 0));
    }
    if (!is_seller)
        assert_int_equal(out.lines[0].principal_minor + out.lines[0].fee_minor,
                         number_of(item, "first_instalment_if_remainder_first"));
}

static void every_plan_is_exact_to_the_fen(void **state)
{
    (void)state;
    cJSON *parsed = vector("alipay/fees/huabei-fee-formula.json");
    const cJSON *item;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(parsed, "cases")) check_plan(item);
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(parsed, "half_even_cases"))
        check_plan(item);
    cJSON_Delete(parsed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        huabei_test(the_signed_slice_is_found_in_every_layout),
        huabei_test(every_genuine_answer_verifies),
        huabei_test(a_genuine_query_is_paid),
        huabei_test(a_genuine_refund_is_accepted),
        huabei_test(a_genuine_qr_code_is_shown),
        huabei_test(every_genuine_notification_is_judged_right),
        huabei_test(every_genuine_certificate_has_its_serial),
        huabei_test(every_genuine_bundle_of_roots_has_its_serial),
        huabei_test(a_genuine_certificate_leads_up_to_the_genuine_roots),
        huabei_test(published_contents_encrypt_as_published),
        huabei_test(every_plan_is_exact_to_the_fen),
    };
    return cmocka_run_group_tests(tests, test_group_setup, test_group_teardown);
}
