/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates in place of plain keys: what goes together, whose key verifies, and fetching one. */
#include <stdlib.h>

#include "tests/unit/huabei/huabei_test.h"

#define NODE "alipay_trade_query_response"
#define BODY                                                                                \
    "{\"code\":\"10000\",\"out_trade_no\":\"" TEST_ORDER "\",\"total_amount\":\"6999.00\"," \
    "\"trade_status\":\"TRADE_SUCCESS\"}"
#define FETCH_NODE   "alipay_open_app_alipaycert_download_response"
#define CERTIFICATES "app app_cert alipay_cert alipay_root"
#define PLATFORM_CN  "支付宝(中国)网络技术有限公司-" TEST_SELLER_ID
#define APP_CN       TEST_SELLER_ID "-" TEST_APP_ID
#define STRANGER     "0123456789abcdef0123456789abcdef"

static char *pem_root, *pem_app, *pem_platform, *pem_next;

static int group_setup(void **state)
{
    (void)test_group_setup(state);
    vector_host_add_pair(&test_host, "root", "root_public");
    pem_root = vector_host_certify(&test_host, "root", "Fenqi Root", "root", "Fenqi Root", true);
    pem_app = vector_host_certify(&test_host, "app", APP_CN, "root", "Fenqi Root", false);
    pem_platform =
        vector_host_certify(&test_host, "platform", PLATFORM_CN, "root", "Fenqi Root", false);
    pem_next =
        vector_host_certify(&test_host, "platform_next", PLATFORM_CN, "root", "Fenqi Root", false);
    return 0;
}

static int group_teardown(void **state)
{
    free(pem_root);
    free(pem_app);
    free(pem_platform);
    free(pem_next);
    return test_group_teardown(state);
}

static void put(const char *name, const char *pem)
{
    assert_true(vector_host_add_certificates(&test_host, name, pem));
}

static int setup(void **state)
{
    (void)test_setup(state);
    put("app_cert", pem_app);
    put("alipay_cert", pem_platform);
    put("alipay_cert_next", pem_next);
    put("alipay_root", pem_root);
    return test_open_with(TEST_APP_ID, TEST_SELLER_ID, CERTIFICATES);
}

static struct huabei *opened(void)
{
    return test_self;
}

/* ---- what is configured ---- */

static void open_again(const char *keys)
{
    assert_int_equal(test_open_with(TEST_APP_ID, TEST_SELLER_ID, keys), 0);
}

static void assert_refused(const char *keys, const char *key, const char *why)
{
    assert_int_equal(test_open_with(TEST_APP_ID, TEST_SELLER_ID, keys), -1);
    assert_slice(test_refused_key, key);
    assert_string_equal(test_host.failure, why);
}

static void plain_keys_need_the_platforms(void **state)
{
    (void)state;
    open_again("app alipay");
    assert_int_equal(opened()->app_cert_sn.len, 0);
    assert_refused("app", "keys.alipay", "is missing");
    assert_refused("app alipay_next", "keys.alipay", "is missing");
}

static void certificates_come_all_three_or_not_at_all(void **state)
{
    (void)state;
    assert_refused("app app_cert alipay_cert", "keys.alipay_root", "is missing");
    assert_refused("app app_cert alipay_root", "keys.alipay_cert", "is missing");
    assert_refused("app alipay_cert alipay_root", "keys.app_cert", "is missing");
    assert_refused("app alipay_cert_next", "keys.app_cert", "is missing");
    open_again(CERTIFICATES " alipay_cert_next");
}

static void a_plain_key_beside_certificates_is_refused(void **state)
{
    (void)state;
    assert_refused(CERTIFICATES " alipay", "keys.alipay",
                   "does not go together with the other keys");
    assert_refused(CERTIFICATES " alipay_next", "keys.alipay_next",
                   "does not go together with the other keys");
}

static void swapped_files_are_named(void **state)
{
    (void)state;
    put("alipay_root", pem_platform);
    assert_refused(CERTIFICATES, "keys.alipay_root",
                   "holds no RSA root: the file of another certificate?");
    put("alipay_root", pem_root);
    put("alipay_cert", pem_root);
    assert_refused(CERTIFICATES, "keys.alipay_cert",
                   "is a root certificate: the file of alipay_root?");
    put("alipay_cert", pem_platform);
    put("app_cert", pem_root);
    assert_refused(CERTIFICATES, "keys.app_cert",
                   "is a root certificate: the file of alipay_root?");
}

static void a_plain_key_in_a_certificates_place_is_named(void **state)
{
    (void)state;
    vector_host_drop(&test_host, "alipay_cert");
    vector_host_add_pair(&test_host, "unused", "alipay_cert");
    assert_refused(CERTIFICATES, "keys.alipay_cert", "holds no certificate");
}

static void a_content_key_of_the_wrong_size_is_refused(void **state)
{
    (void)state;
    assert_refused("app alipay content", "keys.content", "is not the base64 of 16 bytes");
}

/* ---- requests ---- */

static void requests_name_our_certificate_and_the_roots(void **state)
{
    (void)state;
    test_begin(&fenqi_adapter()->query);
    struct fq_pairs fields = test_sent_post();
    assert_int_equal(fq_pairs_get(fields, "app_cert_sn").len, 32);
    assert_true(fq_slice_equal(fq_pairs_get(fields, "app_cert_sn"), opened()->app_cert_sn));
    assert_true(
        fq_slice_equal(fq_pairs_get(fields, "alipay_root_cert_sn"), opened()->root_cert_sn));
    assert_true(fq_slice_starts(test_host.signed_text, fq_slice("alipay_root_cert_sn=")));
}

static void with_plain_keys_no_serial_travels(void **state)
{
    (void)state;
    open_again("app alipay");
    test_begin(&fenqi_adapter()->query);
    struct fq_pairs fields = test_sent_post();
    assert_null(fq_pairs_get(fields, "app_cert_sn").ptr);
    assert_null(fq_pairs_get(fields, "alipay_root_cert_sn").ptr);
}

/* ---- answers: the serial chooses ---- */

/* An answer signed by `key`, that names the certificate `serial`. */
static void judge(const char *key, struct fq_str serial)
{
    struct fq_str sign = vector_host_seal(&test_host, key, fq_slice(BODY));
    test_answer = (struct fq_message){
        .struct_size = sizeof(test_answer),
        .http_status = 200,
        .body = test_printf("{\"" NODE "\":" BODY ",\"alipay_cert_sn\":\"%.*s\",\"sign\":\"%.*s\"}",
                            (int)serial.len, serial.ptr, (int)sign.len, sign.ptr),
    };
    test_resume(&fenqi_adapter()->query);
}

static void the_certificate_that_is_named_verifies(void **state)
{
    (void)state;
    judge("platform", opened()->platform[0].serial);
    assert_outcome(FQ_OUTCOME_PAID);
    judge("platform_next", opened()->platform[0].serial);
    assert_unknown("the answer's signature is missing or bad");
}

static void one_of_two_certificates_is_chosen(void **state)
{
    (void)state;
    open_again(CERTIFICATES " alipay_cert_next");
    judge("platform_next", opened()->platform[1].serial);
    assert_outcome(FQ_OUTCOME_PAID);
    judge("platform", opened()->platform[1].serial);
    assert_unknown("the answer's signature is missing or bad");
}

static void without_a_serial_any_of_them_verifies(void **state)
{
    (void)state;
    open_again(CERTIFICATES " alipay_cert_next");
    test_answer_signed_by("platform_next", NODE, BODY);
    test_resume(&fenqi_adapter()->query);
    assert_outcome(FQ_OUTCOME_PAID);
}

static void an_unknown_certificate_is_wanted(void **state)
{
    (void)state;
    judge("platform_next", fq_slice(STRANGER));
    assert_int_equal(test_verdict.step, FQ_STEP_NEED_KEY);
    assert_int_equal(test_verdict.outcome, FQ_OUTCOME_UNSET);
    assert_slice(test_verdict.key_name, STRANGER);
    assert_int_equal(test_host.n_verified, 0);
}

/* What the daemon fetched goes by its serial. */
static void a_fetched_certificate_verifies(void **state)
{
    (void)state;
    put(STRANGER, pem_next);
    judge("platform_next", fq_slice(STRANGER));
    assert_outcome(FQ_OUTCOME_PAID);
    judge("app", fq_slice(STRANGER));
    assert_unknown("the answer's signature is missing or bad");
    vector_host_drop(&test_host, STRANGER);
}

/* A message must not choose a key by its name in the configuration. */
static void what_is_no_serial_names_no_key(void **state)
{
    (void)state;
    static const char *const cases[] = { "alipay", "app_cert", "0123456789ABCDEF0123456789ABCDEF",
                                         "0123456789abcdef0123456789abcde",
                                         "0123456789abcdef0123456789abcdeg" };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        judge("app", fq_slice_of(cases[i]));
        assert_unknown("the answer's signature is missing or bad");
    }
}

static void with_plain_keys_serials_mean_nothing(void **state)
{
    (void)state;
    open_again("app alipay");
    judge("platform", fq_slice(STRANGER));
    assert_outcome(FQ_OUTCOME_PAID);
}

/* ---- notifications ---- */

static int notify(const char *key, const char *seller_id, struct fq_str serial)
{
    static const char *const except[] = { "sign", "sign_type", "alipay_cert_sn", NULL };
    const struct fq_pair items[] = {
        { fq_slice("alipay_cert_sn"), serial },
        { fq_slice("app_id"), fq_slice(TEST_APP_ID) },
        { fq_slice("charset"), fq_slice("utf-8") },
        { fq_slice("out_trade_no"), fq_slice(TEST_ORDER) },
        { fq_slice("seller_id"), fq_slice_of(seller_id) },
        { fq_slice("sign_type"), fq_slice("RSA2") },
        { fq_slice("total_amount"), fq_slice("6999.00") },
        { fq_slice("trade_status"), fq_slice("TRADE_SUCCESS") },
    };
    struct fq_pairs fields = { items, sizeof(items) / sizeof(items[0]) };
    struct fq_str plain, body;
    struct fq_text raw;
    assert_true(fq_canon_join(&test_host.host, fields, except, FQ_CANON_SKIP_EMPTY, &plain));
    fq_text_init(&raw, &test_host.host, 4096);
    for (size_t i = 0; i < fields.n_items; i++)
        fq_form_add(&raw, fields.items[i].name, fields.items[i].value);
    fq_form_add(&raw, fq_slice("sign"), vector_host_seal(&test_host, key, plain));
    assert_true(fq_text_finish(&raw, &body));
    test_host.failure[0] = '\0';
    test_verdict = (struct fq_verdict){ .struct_size = sizeof(test_verdict) };
    test_answer = (struct fq_message){ .struct_size = sizeof(test_answer), .body = body };
    return fenqi_adapter()->notification(test_self, &test_host.host, &test_call, &test_answer,
                                         &test_verdict);
}

static void a_notification_is_verified_by_the_certificate_it_names(void **state)
{
    (void)state;
    assert_int_equal(notify("platform", TEST_SELLER_ID, opened()->platform[0].serial), 0);
    assert_outcome(FQ_OUTCOME_PAID);
    assert_int_equal(notify("platform", TEST_SELLER_ID, fq_slice("")), 0);
    assert_outcome(FQ_OUTCOME_PAID);
    assert_int_equal(notify("platform_next", TEST_SELLER_ID, opened()->platform[0].serial), -1);
    assert_string_equal(test_host.failure, "the message's signature is missing or bad");
}

static void a_notification_may_want_a_certificate_but_only_ours(void **state)
{
    (void)state;
    assert_int_equal(notify("platform_next", TEST_SELLER_ID, fq_slice(STRANGER)), 0);
    assert_int_equal(test_verdict.step, FQ_STEP_NEED_KEY);
    assert_slice(test_verdict.key_name, STRANGER);
    assert_int_equal(test_verdict.ack_body.len, 0);
    assert_int_equal(notify("platform_next", "2088000000000000", fq_slice(STRANGER)), -1);
    assert_string_equal(test_host.failure, "the message is for another seller_id");
}

static void a_return_may_want_a_certificate(void **state)
{
    (void)state;
    (void)notify("platform_next", TEST_SELLER_ID, fq_slice(STRANGER));
    test_answer.url = test_printf("/back/x?%.*s", (int)test_answer.body.len, test_answer.body.ptr);
    test_verdict = (struct fq_verdict){ .struct_size = sizeof(test_verdict) };
    assert_int_equal(fenqi_adapter()->browser_return(test_self, &test_host.host, &test_call,
                                                     &test_answer, &test_verdict),
                     0);
    assert_int_equal(test_verdict.step, FQ_STEP_NEED_KEY);
}

/* ---- fetching ---- */

static const struct fq_exchange *fetch(void)
{
    return &fenqi_adapter()->fetch_key;
}

/* The serial that a certificate has here, as a key's name. */
static struct fq_str serial_of(const char *pem)
{
    put("alipay_cert", pem);
    open_again(CERTIFICATES);
    struct fq_str serial = opened()->platform[0].serial;
    put("alipay_cert", pem_platform);
    open_again(CERTIFICATES);
    return serial;
}

/* The platform's answer that brings `pem`, without any signature. */
static int bring(const char *pem)
{
    struct fq_str base64;
    assert_true(fq_notation_base64(&test_host.host, fq_slice_of(pem), &base64));
    test_answer = (struct fq_message){
        .struct_size = sizeof(test_answer),
        .http_status = 200,
        .body = test_printf("{\"" FETCH_NODE "\":{\"code\":\"10000\",\"alipay_cert_content\":"
                            "\"%.*s\"}}",
                            (int)base64.len, base64.ptr),
    };
    test_host.failure[0] = '\0';
    test_verdict = (struct fq_verdict){ .struct_size = sizeof(test_verdict) };
    return fetch()->resume(test_self, &test_host.host, &test_call, &test_answer, &test_verdict);
}

static void a_certificate_is_asked_for_by_its_serial(void **state)
{
    (void)state;
    test_call.key_name = fq_slice(STRANGER);
    test_begin(fetch());
    struct fq_pairs fields = test_sent_post();
    assert_slice(fq_pairs_get(fields, "method"), "alipay.open.app.alipaycert.download");
    assert_slice(fq_pairs_get(fields, "biz_content"), "{\"alipay_cert_sn\":\"" STRANGER "\"}");
}

static void only_serials_are_asked_for(void **state)
{
    (void)state;
    test_call.key_name = fq_slice("alipay");
    assert_declined_call(fetch(), "no certificate goes by such a name");
    open_again("app alipay");
    test_call.key_name = fq_slice(STRANGER);
    assert_declined_call(fetch(), "no certificate goes by such a name");
}

static void a_certificate_that_leads_up_to_the_roots_is_kept(void **state)
{
    (void)state;
    test_call.key_name = serial_of(pem_next);
    assert_int_equal(bring(pem_next), 0);
    assert_int_equal(test_verdict.step, FQ_STEP_DONE);
    assert_true(fq_slice_equal(test_verdict.key_name, test_call.key_name));
    assert_slice(test_verdict.key_data, pem_next);
}

static void assert_not_kept(int r, const char *why)
{
    assert_int_equal(r, -1);
    assert_string_equal(test_host.failure, why);
    assert_int_equal(test_verdict.key_data.len, 0);
}

static void another_certificate_is_not_kept(void **state)
{
    (void)state;
    test_call.key_name = serial_of(pem_next);
    assert_not_kept(bring(pem_platform),
                    "the certificate that came is not the one that was asked for");
    assert_not_kept(bring("rubbish"),
                    "the certificate that came is not the one that was asked for");
}

/* The authority that certifies the platform certifies every merchant too. */
static void a_merchants_certificate_is_not_kept(void **state)
{
    (void)state;
    char *merchant =
        vector_host_certify(&test_host, "platform_next", "2088123412341234-2021999999999999",
                            "root", "Fenqi Root", false);
    test_call.key_name = serial_of(merchant);
    assert_not_kept(bring(merchant), "the certificate that came is not the platform's");
    free(merchant);
}

static void a_certificate_of_another_authority_is_not_kept(void **state)
{
    (void)state;
    char *forged = vector_host_certify(&test_host, "platform_next", PLATFORM_CN, "platform",
                                       "Fenqi Root", false);
    test_call.key_name = serial_of(forged);
    assert_not_kept(bring(forged), "the certificate that came is not the platform's");
    free(forged);
}

static void a_refusal_brings_no_certificate(void **state)
{
    (void)state;
    test_call.key_name = fq_slice(STRANGER);
    test_answer_of(FETCH_NODE, "{\"code\":\"40002\",\"msg\":\"Invalid Arguments\",\"sub_code\":"
                               "\"isv.alipay-cert-not-exist\",\"sub_msg\":\"none\"}");
    test_resume(fetch());
    assert_unknown("none");
    assert_slice(test_verdict.platform_code, "40002/isv.alipay-cert-not-exist");
    assert_int_equal(test_verdict.key_data.len, 0);
    test_answer.transport = FQ_TRANSPORT_LOST;
    test_resume(fetch());
    assert_unknown("no whole answer came");
}

#define key_test(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        key_test(plain_keys_need_the_platforms),
        key_test(certificates_come_all_three_or_not_at_all),
        key_test(a_plain_key_beside_certificates_is_refused),
        key_test(swapped_files_are_named),
        key_test(a_plain_key_in_a_certificates_place_is_named),
        key_test(a_content_key_of_the_wrong_size_is_refused),
        key_test(requests_name_our_certificate_and_the_roots),
        key_test(with_plain_keys_no_serial_travels),
        key_test(the_certificate_that_is_named_verifies),
        key_test(one_of_two_certificates_is_chosen),
        key_test(without_a_serial_any_of_them_verifies),
        key_test(an_unknown_certificate_is_wanted),
        key_test(a_fetched_certificate_verifies),
        key_test(what_is_no_serial_names_no_key),
        key_test(with_plain_keys_serials_mean_nothing),
        key_test(a_notification_is_verified_by_the_certificate_it_names),
        key_test(a_notification_may_want_a_certificate_but_only_ours),
        key_test(a_return_may_want_a_certificate),
        key_test(a_certificate_is_asked_for_by_its_serial),
        key_test(only_serials_are_asked_for),
        key_test(a_certificate_that_leads_up_to_the_roots_is_kept),
        key_test(another_certificate_is_not_kept),
        key_test(a_merchants_certificate_is_not_kept),
        key_test(a_certificate_of_another_authority_is_not_kept),
        key_test(a_refusal_brings_no_certificate),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
