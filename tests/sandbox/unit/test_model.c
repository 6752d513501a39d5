/* SPDX-License-Identifier: Apache-2.0 */
/* The Alipay model without sockets, in a time of the test's own; and genuine signed messages. */
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

#include "tests/sandbox/alipay_model.h"
#include "tests/sandbox/unit/vectors.h"

static const int64_t START_UNIX_MS = INT64_C(1773540672000); /* 2026-03-15 10:11:12 in Beijing */

static const int64_t MINUTE_MS = 60 * 1000;
static const int64_t HOUR_MS = 3600 * 1000;

struct bench {
    struct alipay *alipay;
    struct sandbox_platform platform;
};

/* Making keys is slow: once for all tests. */
static EVP_PKEY *app_key;
static EVP_PKEY *platform_key;

static int keys_setup(void **state)
{
    (void)state;
    app_key = key_generate();
    platform_key = key_generate();
    return 0;
}

static int keys_teardown(void **state)
{
    (void)state;
    EVP_PKEY_free(app_key);
    EVP_PKEY_free(platform_key);
    return 0;
}

static void bench_make_model(struct bench *bench)
{
    struct alipay_config config = { .app_id = "2021000122671080",
                                    .seller_id = "2088721003899159",
                                    .seed = "1",
                                    .app_public = app_key,
                                    .alipay_private = platform_key };
    bench->alipay = alipay_new(&config);
    bench->platform = alipay_platform(bench->alipay);
}

static int bench_setup(void **state)
{
    struct bench *bench = text_alloc(sizeof(*bench));
    bench_make_model(bench);
    *state = bench;
    return 0;
}

static int bench_teardown(void **state)
{
    struct bench *bench = *state;
    alipay_free(bench->alipay);
    free(bench);
    return 0;
}

/* A signed GET of the gateway. */
static void bench_call(struct bench *bench, const char *method, const char *biz,
                       int64_t now_unix_ms, struct sandbox_response *ret)
{
    char text[BEIJING_SIZE];
    FORM_CLEANUP form = { 0 };
    form_set(&form, "app_id", "2021000122671080");
    form_set(&form, "method", method);
    form_set(&form, "charset", "utf-8");
    form_set(&form, "sign_type", "RSA2");
    form_set(&form, "version", "1.0");
    form_set(&form, "timestamp", beijing_format(now_unix_ms, text));
    form_set(&form, "notify_url", "http://127.0.0.1/notify");
    form_set(&form, "biz_content", biz);
    STRING_CLEANUP built = form_to_sign(&form, true);
    STRING_CLEANUP sign = key_sign(app_key, KEY_RSA2, built, strlen(built));
    form_set(&form, "sign", sign);
    STRING_CLEANUP query = form_encode(&form, 1);
    struct sandbox_request request = {
        .method = "GET", .path = "/gateway.do", .query = query, .content_type = "", .body = ""
    };
    bench->platform.serve(bench->platform.model, &request, now_unix_ms, ret);
}

static void bench_control(struct bench *bench, const char *path, int64_t now_unix_ms)
{
    struct sandbox_response response = { 0 };
    struct sandbox_request request = {
        .method = "POST", .path = path, .query = "", .content_type = "", .body = ""
    };
    bench->platform.control(bench->platform.model, &request, now_unix_ms, &response);
    assert_int_equal(response.status, 200);
    sandbox_response_free(&response);
}

static void bench_page(struct bench *bench, int64_t now_unix_ms)
{
    struct sandbox_response response = { 0 };
    bench_call(bench, "alipay.trade.page.pay",
               "{\"out_trade_no\":\"A1\",\"total_amount\":\"100.00\",\"subject\":\"相机\","
               "\"product_code\":\"FAST_INSTANT_TRADE_PAY\",\"timeout_express\":\"30m\"}",
               now_unix_ms, &response);
    assert_int_equal(response.status, 302);
    sandbox_response_free(&response);
}

static void test_retries_follow_the_table(void **state)
{
    static const int64_t AT_S[] = { 0, 240, 840, 1440, 5040, 12240, 33840, 87840 };
    struct bench *bench = *state;
    struct sandbox_delivery delivery;
    void *model = bench->platform.model;
    bench_page(bench, START_UNIX_MS);
    bench_control(bench, "/trades/A1/pay", START_UNIX_MS);
    for (size_t i = 0; i < 8; i++) {
        int64_t due = START_UNIX_MS + AT_S[i] * 1000;
        assert_int_equal(bench->platform.next_due_unix_ms(model), due);
        assert_false(bench->platform.next_delivery(model, due - 1, &delivery));
        assert_true(bench->platform.next_delivery(model, due, &delivery));
        bench->platform.delivered(model, delivery.id, due, 200, "fail", 4);
        free(delivery.url);
        free(delivery.body);
    }
    int64_t month = START_UNIX_MS + INT64_C(30) * 86400 * 1000;
    assert_false(bench->platform.next_delivery(model, month, &delivery));
}

static void test_success_ends_the_retries(void **state)
{
    struct bench *bench = *state;
    struct sandbox_delivery delivery;
    void *model = bench->platform.model;
    bench_page(bench, START_UNIX_MS);
    bench_control(bench, "/trades/A1/pay", START_UNIX_MS);
    assert_true(bench->platform.next_delivery(model, START_UNIX_MS, &delivery));
    bench->platform.delivered(model, delivery.id, START_UNIX_MS, 200, "success", 7);
    free(delivery.url);
    free(delivery.body);
    int64_t month = START_UNIX_MS + INT64_C(30) * 86400 * 1000;
    assert_false(bench->platform.next_delivery(model, month, &delivery));
}

static void test_an_unpaid_trade_closes_when_its_time_is_over(void **state)
{
    struct bench *bench = *state;
    struct sandbox_response response = { 0 };
    int64_t end = START_UNIX_MS + 30 * 60 * 1000;
    bench_page(bench, START_UNIX_MS);
    bench_control(bench, "/trades/A1/open", START_UNIX_MS);
    assert_int_equal(bench->platform.next_due_unix_ms(bench->platform.model), end);
    bench_call(bench, "alipay.trade.query", "{\"out_trade_no\":\"A1\"}", end - 1, &response);
    assert_non_null(strstr(response.body, "WAIT_BUYER_PAY"));
    sandbox_response_free(&response);
    bench_call(bench, "alipay.trade.query", "{\"out_trade_no\":\"A1\"}", end, &response);
    assert_non_null(strstr(response.body, "TRADE_CLOSED"));
    sandbox_response_free(&response);
}

static void test_a_paid_trade_finishes_after_the_refund_window(void **state)
{
    struct bench *bench = *state;
    struct sandbox_response response = { 0 };
    int64_t year = START_UNIX_MS + INT64_C(365) * 86400 * 1000;
    bench_page(bench, START_UNIX_MS);
    bench_control(bench, "/trades/A1/pay", START_UNIX_MS);
    bench_call(bench, "alipay.trade.refund", "{\"out_trade_no\":\"A1\",\"refund_amount\":\"100\"}",
               year, &response);
    assert_non_null(strstr(response.body, "ACQ.TRADE_HAS_FINISHED"));
    sandbox_response_free(&response);
}

static void test_the_same_seed_gives_the_same_numbers(void **state)
{
    struct bench *bench = *state;
    char trade_no[29];
    bench_page(bench, START_UNIX_MS);
    bench_control(bench, "/trades/A1/open", START_UNIX_MS);
    memcpy(trade_no, bench->alipay->trades->trade_no, sizeof(trade_no));
    alipay_free(bench->alipay);
    bench_make_model(bench);
    bench_page(bench, START_UNIX_MS);
    bench_control(bench, "/trades/A1/open", START_UNIX_MS);
    assert_string_equal(bench->alipay->trades->trade_no, trade_no);
    assert_int_equal(strlen(trade_no), 28);
}

static void test_fees_round_half_to_even(void **state)
{
    (void)state;
    assert_int_equal(huabei_fee(100000, 3, false), 2300);
    assert_int_equal(huabei_fee(500, 3, false), 12);
    assert_int_equal(huabei_fee(1500, 3, false), 34);
    assert_int_equal(huabei_fee(100000, 12, true), 7500);
}

static void test_yuan_is_read_strictly(void **state)
{
    static const char *const BAD[] = {
        "", ".1", "1.", "1.234", "-1", "+1", "1e2", " 1", "1 ", "0x1"
    };
    int64_t cents = 0;
    (void)state;
    assert_true(yuan_parse("100000000.00", &cents));
    assert_int_equal(cents, INT64_C(10000000000));
    assert_true(yuan_parse("0.5", &cents));
    assert_int_equal(cents, 50);
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
        assert_false(yuan_parse(BAD[i], &cents));
}

static EVP_PKEY *vector_key(const cJSON *vector)
{
    const char *folder = getenv("FENQI_VECTORS");
    TEXT_CLEANUP path = { 0 };
    text_printf(&path, "%s/alipay/%s", folder != NULL ? folder : "../shared/vectors",
                vector_field(vector, "public_key"));
    return key_read_public(path.bytes);
}

static bool vector_notification_verifies(const cJSON *vector)
{
    FORM_CLEANUP form = { 0 };
    EVP_PKEY *key = vector_key(vector);
    const char *wire = alipay_biz_text(vector, "raw_body");
    assert_non_null(key);
    assert_true(form_decode(&form, wire, strlen(wire)));
    STRING_CLEANUP built = form_to_sign(&form, false);
    bool verified = key_verify(key, KEY_RSA2, built, strlen(built), form_get(&form, "sign"));
    EVP_PKEY_free(key);
    return verified;
}

static void test_a_genuine_notification_verifies(void **state)
{
    (void)state;
    cJSON *vector = vector_read("notify/ysd-trade-success-plus.json");
    if (vector == NULL)
        skip();
    assert_true(vector_notification_verifies(vector));
    cJSON_Delete(vector);
}

static void test_a_tampered_notification_does_not(void **state)
{
    (void)state;
    cJSON *vector = vector_read("notify/node-servicemarket-tampered.json");
    if (vector == NULL)
        skip();
    assert_false(vector_notification_verifies(vector));
    cJSON_Delete(vector);
}

static void test_genuine_answers_verify_as_signed_here(void **state)
{
    static const char *const NAMES[] = { "sync/ysd-trade_query.json", "sync/ysd-trade_refund.json",
                                         "sync/ysd-trade_precreate.json",
                                         "sync/node-error-40003-decryption.json" };
    (void)state;
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        cJSON *vector = vector_read(NAMES[i]);
        if (vector == NULL)
            skip();
        EVP_PKEY *key = vector_key(vector);
        const char *content = alipay_biz_text(vector, "expected_signed_content");
        assert_true(
            key_verify(key, KEY_RSA2, content, strlen(content), alipay_biz_text(vector, "sign")));
        EVP_PKEY_free(key);
        cJSON_Delete(vector);
    }
}

/* The answer's own writer against the platform's bytes: a query of the genuine trade's shape. */
static void test_an_answer_has_the_genuine_shape(void **state)
{
    struct bench *bench = *state;
    struct sandbox_response response = { 0 };
    bench_page(bench, START_UNIX_MS);
    bench_control(bench, "/trades/A1/pay", START_UNIX_MS);
    bench_call(bench, "alipay.trade.query", "{\"out_trade_no\":\"A1\"}", START_UNIX_MS, &response);
    TEXT_CLEANUP expected = { 0 };
    text_printf(&expected,
                "{\"alipay_trade_query_response\":{\"code\":\"10000\",\"msg\":\"Success\","
                "\"buyer_logon_id\":\"ifv***@sandbox.com\",\"buyer_pay_amount\":\"100.00\","
                "\"buyer_user_id\":\"2088722003899169\",\"buyer_user_type\":\"PRIVATE\","
                "\"invoice_amount\":\"100.00\",\"out_trade_no\":\"A1\",\"point_amount\":\"0.00\","
                "\"receipt_amount\":\"100.00\",\"send_pay_date\":\"2026-03-15 10:11:12\","
                "\"total_amount\":\"100.00\",\"trade_no\":\"%s\","
                "\"trade_status\":\"TRADE_SUCCESS\"},\"sign\":\"",
                bench->alipay->trades->trade_no);
    assert_int_equal(strncmp(response.body, expected.bytes, expected.size), 0);
    sandbox_response_free(&response);
}

static const char PRECREATE[] =
    "{\"out_trade_no\":\"Q1\",\"total_amount\":\"0.10\",\"subject\":\"S\"}";

static void test_a_code_has_the_genuine_shape(void **state)
{
    struct bench *bench = *state;
    struct sandbox_response response = { 0 };
    TEXT_CLEANUP expected = { 0 };
    bench_call(bench, "alipay.trade.precreate", PRECREATE, START_UNIX_MS, &response);
    text_printf(&expected,
                "{\"alipay_trade_precreate_response\":{\"code\":\"10000\",\"msg\":\"Success\","
                "\"out_trade_no\":\"Q1\",\"qr_code\":\"https:\\/\\/qr.alipay.com\\/qr\\/%s\"},",
                bench->alipay->pages->token);
    assert_int_equal(strncmp(response.body, expected.bytes, expected.size), 0);
    sandbox_response_free(&response);
}

static void test_a_code_lives_two_hours_and_its_order_three(void **state)
{
    struct bench *bench = *state;
    struct sandbox_response response = { 0 };
    bench_call(bench, "alipay.trade.precreate", PRECREATE, START_UNIX_MS, &response);
    sandbox_response_free(&response);
    struct alipay_page *page = bench->alipay->pages;
    alipay_advance(bench->alipay, START_UNIX_MS + 2 * HOUR_MS);
    assert_string_equal(alipay_buyer_open(bench->alipay, page),
                        "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR");
    alipay_advance(bench->alipay, START_UNIX_MS + 2 * HOUR_MS - 1);
    assert_null(alipay_buyer_open(bench->alipay, page));
    assert_int_equal(bench->platform.next_due_unix_ms(bench->platform.model),
                     START_UNIX_MS + 3 * HOUR_MS);
}

static void bench_bill(struct bench *bench, const char *date, int64_t now_unix_ms,
                       const char *expected)
{
    TEXT_CLEANUP biz = { 0 };
    struct sandbox_response response = { 0 };
    text_printf(&biz, "{\"bill_type\":\"trade\",\"bill_date\":\"%s\"}", date);
    bench_call(bench, "alipay.data.dataservice.bill.downloadurl.query", biz.bytes, now_unix_ms,
               &response);
    assert_non_null(strstr(response.body, expected));
    sandbox_response_free(&response);
}

static void test_a_bill_is_ready_the_next_morning(void **state)
{
    static const int64_t NINE_UNIX_MS = INT64_C(1773622800000); /* 2026-03-16 09:00:00 */
    struct bench *bench = *state;
    bench_page(bench, START_UNIX_MS);
    bench_control(bench, "/trades/A1/pay", START_UNIX_MS);
    bench_bill(bench, "2026-03-15", NINE_UNIX_MS - 1, "\"BILL_NOT_EXIST\"");
    bench_bill(bench, "2026-03-15", NINE_UNIX_MS, "bill_download_url");
    bench_bill(bench, "2026-03-14", NINE_UNIX_MS, "\"NO_BILL_DATA\"");
}

static void test_a_months_bill_is_ready_on_the_third(void **state)
{
    static const int64_t THIRD_UNIX_MS = INT64_C(1775178000000); /* 2026-04-03 09:00:00 */
    struct bench *bench = *state;
    bench_page(bench, START_UNIX_MS);
    bench_control(bench, "/trades/A1/pay", START_UNIX_MS);
    bench_bill(bench, "2026-03", THIRD_UNIX_MS - 1, "\"BILL_NOT_EXIST\"");
    bench_bill(bench, "2026-03", THIRD_UNIX_MS, "bill_download_url");
}

/* An order without a signed request: those are slow to make. */
static void bench_order(struct bench *bench, unsigned i)
{
    struct alipay_order order;
    struct alipay_call call = { 0 };
    FORM_CLEANUP wire = { 0 };
    TEXT_CLEANUP biz = { 0 };
    text_printf(&biz,
                "{\"out_trade_no\":\"N%u\",\"total_amount\":\"1.00\",\"subject\":\"S\","
                "\"product_code\":\"FAST_INSTANT_TRADE_PAY\",\"timeout_express\":\"%um\"}",
                i, 1 + i % 1000);
    form_set(&wire, "method", "alipay.trade.page.pay");
    form_set(&wire, "biz_content", biz.bytes);
    STRING_CLEANUP query = form_encode(&wire, 1);
    struct sandbox_request request = {
        .method = "GET", .query = query, .content_type = "", .body = ""
    };
    alipay_call_read(&call, &request);
    assert_true(alipay_page_read(bench->alipay, &call, &order));
    struct alipay_page *page = alipay_page_make(bench->alipay, &call, &order);
    assert_null(alipay_buyer_open(bench->alipay, page));
    alipay_call_free(&call);
}

static void test_many_trades_are_found_and_expire_in_their_order(void **state)
{
    enum { N = 20000 };
    struct bench *bench = *state;
    alipay_advance(bench->alipay, START_UNIX_MS);
    for (unsigned i = 0; i < N; i++)
        bench_order(bench, i);
    alipay_advance(bench->alipay, START_UNIX_MS + 500 * MINUTE_MS);
    for (unsigned i = 0; i < N; i++) {
        char number[16];
        snprintf(number, sizeof(number), "N%u", i);
        const struct alipay_trade *trade = alipay_trade_find(bench->alipay, number);
        assert_non_null(trade);
        assert_string_equal(trade->order->out_trade_no, number);
        assert_int_equal(trade->state,
                         i % 1000 < 500 ? ALIPAY_TRADE_CLOSED : ALIPAY_WAIT_BUYER_PAY);
        assert_ptr_equal(index_find(&bench->alipay->trades_by_no, trade->trade_no), trade);
    }
    assert_int_equal(bench->platform.next_due_unix_ms(bench->platform.model),
                     START_UNIX_MS + 501 * MINUTE_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_retries_follow_the_table, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(test_success_ends_the_retries, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(test_an_unpaid_trade_closes_when_its_time_is_over,
                                        bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(test_a_paid_trade_finishes_after_the_refund_window,
                                        bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(test_the_same_seed_gives_the_same_numbers, bench_setup,
                                        bench_teardown),
        cmocka_unit_test_setup_teardown(test_an_answer_has_the_genuine_shape, bench_setup,
                                        bench_teardown),
        cmocka_unit_test_setup_teardown(test_a_code_has_the_genuine_shape, bench_setup,
                                        bench_teardown),
        cmocka_unit_test_setup_teardown(test_a_code_lives_two_hours_and_its_order_three,
                                        bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(test_a_bill_is_ready_the_next_morning, bench_setup,
                                        bench_teardown),
        cmocka_unit_test_setup_teardown(test_a_months_bill_is_ready_on_the_third, bench_setup,
                                        bench_teardown),
        cmocka_unit_test_setup_teardown(test_many_trades_are_found_and_expire_in_their_order,
                                        bench_setup, bench_teardown),
        cmocka_unit_test(test_fees_round_half_to_even),
        cmocka_unit_test(test_yuan_is_read_strictly),
        cmocka_unit_test(test_a_genuine_notification_verifies),
        cmocka_unit_test(test_a_tampered_notification_does_not),
        cmocka_unit_test(test_genuine_answers_verify_as_signed_here),
    };
    return cmocka_run_group_tests(tests, keys_setup, keys_teardown);
}
