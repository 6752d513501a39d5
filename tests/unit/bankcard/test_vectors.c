/* SPDX-License-Identifier: Apache-2.0 */
/* Genuine messages of UnionPay and messages derived from them, from the folder that FENQI_VECTORS
 * names: each good one is believed, each bad one refused for its own reason. */
#include <cjson/cJSON.h>

#include "tests/unit/bankcard/bankcard_test.h"

#define OWNERS "中国银联股份有限公司,00040000:SIGN"

static char *file(const char *path)
{
    char *text = vector_file(path);
    if (text == NULL)
        skip();
    return text;
}

static cJSON *json(const char *path)
{
    char *text = file(path);
    cJSON *parsed = cJSON_Parse(text);
    free(text);
    assert_non_null(parsed);
    return parsed;
}

static const char *text_of(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static struct fq_str body_of(const char *path)
{
    char *text = file(path);
    struct fq_str body = test_copy(fq_slice_of(text));
    free(text);
    return body;
}

/* ---- known answers ---- */

static void assert_same_fields(struct fq_pairs fields, const cJSON *expected)
{
    const cJSON *item;
    assert_int_equal(fields.n_items, (size_t)cJSON_GetArraySize(expected));
    cJSON_ArrayForEach(item, expected)
        assert_slice(fq_pairs_get(fields, item->string), cJSON_GetStringValue(item));
}

static void the_parser_is_the_official_one(void **state)
{
    (void)state;
    cJSON *parsed = json("unionpay/kat.json");
    const cJSON *item;
    size_t n_cases = 0;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(parsed, "parse"))
    {
        struct fq_pairs fields;
        bool is_open;
        assert_null(
            bankcard_parse(&test_host.host, fq_slice_of(text_of(item, "in")), &fields, &is_open));
        assert_same_fields(fields, cJSON_GetObjectItemCaseSensitive(item, "out"));
        assert_int_equal(is_open, strstr(text_of(item, "in"), "unclosed") != NULL);
        n_cases++;
    }
    assert_int_equal(n_cases, 7);
    cJSON_Delete(parsed);
}

static void the_string_to_sign_is_the_official_one(void **state)
{
    (void)state;
    static const char *const except[] = { "signature", NULL };
    cJSON *parsed = json("unionpay/kat.json");
    const cJSON *item, *field;
    size_t n_cases = 0;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(parsed, "link"))
    {
        struct fq_pair pairs[8];
        struct fq_str plain;
        size_t n_pairs = 0;
        if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "urlencoded")))
            continue;
        cJSON_ArrayForEach(field, cJSON_GetObjectItemCaseSensitive(item, "fields"))
            pairs[n_pairs++] = (struct fq_pair){ fq_slice_of(field->string),
                                                 fq_slice_of(cJSON_GetStringValue(field)) };
        assert_true(fq_canon_join(&test_host.host, (struct fq_pairs){ pairs, n_pairs }, except,
                                  FQ_CANON_KEEP_EMPTY, &plain));
        assert_slice(plain, text_of(item, "out"));
        n_cases++;
    }
    assert_int_equal(n_cases, 2);
    cJSON_Delete(parsed);
}

static void every_genuine_certificate_has_its_serial_and_name(void **state)
{
    (void)state;
    static const char *const paths[] = { "acp_test_middle.cer", "acp_test_root.cer",
                                         "acp_test_verify_2015.cer", "acp_test_verify_2017.cer",
                                         "acp_test_verify_2020.cer" };
    cJSON *parsed = json("unionpay/kat.json");
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(parsed, "cert_serials");
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        char path[128];
        struct fq_str serial, cn;
        const cJSON *expected = cJSON_GetObjectItemCaseSensitive(all, paths[i]);
        assert_non_null(expected);
        (void)snprintf(path, sizeof(path), "unionpay/certs/%s", paths[i]);
        struct fq_str pem = body_of(path);
        assert_int_equal(test_host.host.cert_field(&test_host.host, NULL, pem, 0,
                                                   FQ_CERT_SERIAL_DECIMAL, &serial),
                         0);
        assert_slice(serial, text_of(expected, "certId_decimal"));
        assert_int_equal(
            test_host.host.cert_field(&test_host.host, NULL, pem, 0, FQ_CERT_SUBJECT_CN, &cn), 0);
        assert_slice(cn, text_of(expected, "cn"));
    }
    cJSON_Delete(parsed);
}

/* ---- whole messages ---- */

/* A channel of that merchant, which trusts those roots, at that moment. */
static void open_for(const char *mer_id, const char *folder, const char *const names[2],
                     int64_t now_unix_ms)
{
    const struct fq_pair conf[] = {
        { fq_slice("mer_id"), fq_slice_of(mer_id) },
        { fq_slice("gateway"), fq_slice("https://gateway.example.com") },
        { fq_slice("cn"), fq_slice(OWNERS) },
    };
    struct fq_str key;
    char path[128], bundle[8192];
    size_t len = 0;
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        char *pem = file(path);
        len += (size_t)snprintf(bundle + len, sizeof(bundle) - len, "%s\n", pem);
        free(pem);
    }
    assert_true(vector_host_add_certificates(&test_host, "roots", bundle));
    test_host.now_unix_ms = now_unix_ms;
    test_call.now_unix_ms = now_unix_ms;
    assert_int_equal(fenqi_adapter()->open(&test_host.host, conf, 3, &test_self, &key), 0);
    assert_int_equal(test_ready("sign sign_cert roots encrypt"), 0);
}

static void open_genuine(const char *mer_id, int64_t now_unix_ms)
{
    static const char *const names[2] = { "acp_test_middle.cer", "acp_test_root.cer" };
    open_for(mer_id, "unionpay/certs", names, now_unix_ms);
}

#define DERIVED_MS INT64_C(1662159288000) /* 2022-09-03 06:54:48 in Beijing */

static void open_derived(void)
{
    static const char *const names[2] = { "middle.crt.pem", "root.crt.pem" };
    open_for("777290058167151", "unionpay/derived/ca", names, DERIVED_MS);
}

/* What is made of an answer: NULL if it is believed. */
static const char *judge(struct fq_str body, struct fq_pairs *ret_fields)
{
    bool is_open = false;
    const char *why = bankcard_parse(&test_host.host, body, ret_fields, &is_open);
    if (why == NULL)
        why = bankcard_verify(test_self, &test_host.host, test_call.now_unix_ms, *ret_fields,
                              BANKCARD_ANSWER);
    return why;
}

static void judge_genuine(const char *name, const char *mer_id, int64_t now_unix_ms)
{
    char path[128];
    struct fq_pairs fields;
    open_genuine(mer_id, now_unix_ms);
    (void)snprintf(path, sizeof(path), "unionpay/wire/%s.raw", name);
    const char *why = judge(body_of(path), &fields);
    if (why != NULL)
        fail_msg("%s: %s", name, why);
    (void)snprintf(path, sizeof(path), "unionpay/expect/%s.json", name);
    cJSON *expected = json(path);
    assert_same_fields(fields, cJSON_GetObjectItemCaseSensitive(expected, "fields"));
    cJSON_Delete(expected);
}

static void every_genuine_answer_is_believed(void **state)
{
    (void)state;
    judge_genuine("resp_query_2024", "777290058167151", INT64_C(1704437446000));
    judge_genuine("resp_refund_2024", "777290058167151", INT64_C(1704445122000));
    judge_genuine("query_34_2018", "700000000000001", INT64_C(1528921136000));
}

/* Asks about `order`, and reads the message of `path` as the answer. */
static void resume(const struct fq_exchange *exchange, const char *path, const char *order,
                   const char *txn_time)
{
    static struct fq_pair memory;
    memory = (struct fq_pair){ fq_slice("txn_time"), fq_slice_of(txn_time) };
    test_call.order_number = fq_slice_of(order);
    test_call.refund_number = fq_slice_of(order);
    test_call.memory = (struct fq_pairs){ &memory, 1 };
    test_answer = (struct fq_message){ .struct_size = sizeof(test_answer),
                                       .http_status = 200,
                                       .body = body_of(path) };
    test_resume(exchange);
}

static void a_genuine_plain_consume_is_paid(void **state)
{
    (void)state;
    open_genuine("777290058167151", INT64_C(1704437446000));
    test_call.instalments = 1;
    resume(&fenqi_adapter()->query, "unionpay/wire/resp_query_2024.raw", "pay20240105145046",
           "20240105145046");
    assert_outcome(FQ_OUTCOME_PAID);
    assert_slice(test_verdict.number, "pay20240105145046");
    assert_int_equal(test_verdict.amount.minor, 1);
    assert_slice(test_verdict.platform_ref, "442401051450467846498");
    assert_int_equal(test_verdict.instalments, 1);
    assert_int_equal(test_host.n_verified, 1);
}

static void a_genuine_refund_is_accepted(void **state)
{
    (void)state;
    open_genuine("777290058167151", INT64_C(1704445122000));
    resume(&fenqi_adapter()->refund, "unionpay/wire/resp_refund_2024.raw",
           "refundpay20240105165842", "20240105165842");
    assert_outcome(FQ_OUTCOME_ACCEPTED);
    assert_slice(test_verdict.number, "refundpay20240105165842");
}

static void a_genuine_34_is_not_found(void **state)
{
    (void)state;
    open_genuine("700000000000001", INT64_C(1528921136000));
    resume(&fenqi_adapter()->query, "unionpay/wire/query_34_2018.raw", "20180204092701",
           "20180614041856");
    assert_outcome(FQ_OUTCOME_NOT_FOUND);
    assert_slice(test_verdict.platform_code, "34/2600000");
}

static int notify(const char *path)
{
    test_host.failure[0] = '\0';
    test_verdict = (struct fq_verdict){ .struct_size = sizeof(test_verdict) };
    test_answer = (struct fq_message){ .struct_size = sizeof(test_answer), .body = body_of(path) };
    return fenqi_adapter()->notification(test_self, &test_host.host, &test_call, &test_answer,
                                         &test_verdict);
}

static void a_genuine_notification_is_believed(void **state)
{
    (void)state;
    open_genuine("777290058167151", INT64_C(1662614526000));
    assert_int_equal(notify("unionpay/wire/notify_consume_2022.raw"), 0);
    assert_asks(FQ_OBJECT_PAYMENT, "yansongda20220908132206");
}

static void a_genuine_message_after_its_certificate_is_refused(void **state)
{
    (void)state;
    struct fq_pairs fields;
    open_genuine("777290058167151", INT64_C(1760000000000));
    assert_string_equal(judge(body_of("unionpay/wire/resp_query_2024.raw"), &fields),
                        "the certificate has expired");
}

static void a_genuine_message_under_other_roots_is_refused(void **state)
{
    (void)state;
    struct fq_pairs fields;
    open_derived();
    test_call.now_unix_ms = INT64_C(1704437446000);
    assert_string_equal(judge(body_of("unionpay/wire/resp_query_2024.raw"), &fields),
                        "the certificate does not lead up to the roots");
}

/* ---- derived messages, about instalments ---- */

static void every_good_derived_message_is_believed(void **state)
{
    (void)state;
    static const char *const names[] = { "pos_instal_notify.raw", "pos_instal_query_resp.raw",
                                         "pos_instal_query_notfound.raw" };
    open_derived();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[128];
        struct fq_pairs fields;
        (void)snprintf(path, sizeof(path), "unionpay/derived/%s", names[i]);
        const char *why = judge(body_of(path), &fields);
        if (why != NULL)
            fail_msg("%s: %s", names[i], why);
    }
    assert_int_equal(notify("unionpay/derived/pos_instal_notify.form"), 0);
    assert_asks(FQ_OBJECT_PAYMENT, "instal20220903065448");
}

static void a_derived_order_is_paid_in_six_instalments(void **state)
{
    (void)state;
    open_derived();
    resume(&fenqi_adapter()->query, "unionpay/derived/pos_instal_query_resp.raw",
           "instal20220903065448", "20220903065448");
    assert_outcome(FQ_OUTCOME_PAID);
    assert_int_equal(test_verdict.amount.minor, 36000);
    assert_int_equal(test_verdict.instalments, 6);
    resume(&fenqi_adapter()->query, "unionpay/derived/pos_instal_query_notfound.raw",
           "instal20220903065448", "20220903065448");
    assert_outcome(FQ_OUTCOME_NOT_FOUND);
}

static void every_bad_derived_message_is_refused_for_its_reason(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "neg_cert_lf_normalised", "the message's signature is bad" },
        { "neg_tampered_terms", "the message's signature is bad" },
        { "neg_downgrade_signmethod11_emptykey", "the message's signMethod is not 01" },
        { "neg_duplicate_key_respCode", "the message names a field twice" },
        { "neg_merchant_cert_chain_ok_wrong_cn", "the certificate is not UnionPay's" },
        { "neg_missing_signature", "the message has no signature" },
    };
    open_derived();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[128];
        struct fq_pairs fields;
        (void)snprintf(path, sizeof(path), "unionpay/derived/%s.raw", cases[i][0]);
        test_host.n_verified = 0;
        const char *why = judge(body_of(path), &fields);
        if (why == NULL)
            fail_msg("%s is believed", cases[i][0]);
        assert_string_equal(why, cases[i][1]);
        assert_int_equal(test_host.n_verified, 0);
    }
}

/* What the official SDK sends: our requests have its fields, and no others. */
static void a_request_has_the_fields_of_the_official_one(void **state)
{
    (void)state;
    struct fq_pairs fields;
    assert_int_equal(fq_form_decode(&test_host.host,
                                    body_of("unionpay/derived/instal_front_request.form"), &fields),
                     0);
    test_begin(&fenqi_adapter()->create);
    for (size_t i = 0; i < fields.n_items; i++) {
        struct fq_str name = test_copy(fields.items[i].name);
        if (strcmp(name.ptr, "reqReserved") != 0)
            assert_non_null(fq_pairs_find(test_verdict.message.fields, name.ptr));
    }
    assert_int_equal(test_verdict.message.fields.n_items, fields.n_items - 1);
    assert_slice(fq_pairs_get(fields, "txnSubType"), "03");
    assert_slice(fq_pairs_get(test_verdict.message.fields, "txnSubType"), "03");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bankcard_test(the_parser_is_the_official_one),
        bankcard_test(the_string_to_sign_is_the_official_one),
        bankcard_test(every_genuine_certificate_has_its_serial_and_name),
        bankcard_test(every_genuine_answer_is_believed),
        bankcard_test(a_genuine_plain_consume_is_paid),
        bankcard_test(a_genuine_refund_is_accepted),
        bankcard_test(a_genuine_34_is_not_found),
        bankcard_test(a_genuine_notification_is_believed),
        bankcard_test(a_genuine_message_after_its_certificate_is_refused),
        bankcard_test(a_genuine_message_under_other_roots_is_refused),
        bankcard_test(every_good_derived_message_is_believed),
        bankcard_test(a_derived_order_is_paid_in_six_instalments),
        bankcard_test(every_bad_derived_message_is_refused_for_its_reason),
        bankcard_test(a_request_has_the_fields_of_the_official_one),
    };
    return cmocka_run_group_tests(tests, test_group_setup, test_group_teardown);
}
