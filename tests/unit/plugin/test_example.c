/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter that people copy, walked through every exchange by a platform that signs. */
#include "tests/unit/plugin/fixture.h"

static int example_setup(void **state)
{
    return fixture_setup(state, "adapters");
}

static int example_begin(void **state)
{
    (void)fixture_begin(state);
    fixture_open(*state);
    return 0;
}

/* `text` and the platform's signature behind it. */
static struct fq_str example_signed(struct fixture *fixture, const char *text)
{
    struct fq_str signature;
    struct fq_str line;
    struct fq_buf buf;
    assert_int_equal(fq_keyring_sign(fixture->platform, "private", FQ_SCHEME_RSA_SHA256,
                                     fq_str_of(text), fixture->arena, &signature),
                     0);
    struct fq_str base64 = fq_base64_encode(signature, fixture->arena);
    fq_buf_init(&buf, fixture->arena, 8192);
    fq_buf_printf(&buf, "%s&sign=", text);
    for (size_t i = 0; i < base64.len; i++) {
        if (fq_str_is_word(fq_str_sub(base64, i, 1), NULL))
            fq_buf_add_char(&buf, base64.ptr[i]);
        else
            fq_buf_printf(&buf, "%%%02X", (unsigned)(unsigned char)base64.ptr[i]);
    }
    assert_int_equal(fq_buf_finish(&buf, &line), 0);
    return line;
}

static struct fq_answer example_resume(struct fixture *fixture, uint32_t kind, const char *text)
{
    const struct fq_call call = fixture_call();
    const struct fq_message message = { .body = example_signed(fixture, text),
                                        .http_status = kind == FQ_CALL_NOTIFICATION ? 0 : 200 };
    return fixture_run(fixture, kind, &call, &message);
}

static void example_assert_sends(struct fixture *fixture, uint32_t kind, const char *op)
{
    const struct fq_call call = fixture_call();
    struct fq_answer answer = fixture_run(fixture, kind, &call, NULL);
    assert_false(answer.is_fault);
    assert_null(fixture_judge(fixture, &answer, true, 0));
    assert_int_equal(answer.verdict.step, FQ_STEP_SEND);
    fixture_assert_text(answer.verdict.message.url, "https://pay.example/api");
    assert_true(fq_str_starts(answer.verdict.message.body, fq_str_of(op)));
}

/* ---- create ---- */

static void test_browsers_are_redirected(void **state)
{
    struct fixture *fixture = *state;
    const struct fq_call call = fixture_call();
    struct fq_answer answer = fixture_run(fixture, FQ_CALL_CREATE, &call, NULL);
    assert_null(fixture_judge(fixture, &answer, true, 0));
    assert_int_equal(answer.verdict.action, FQ_ACTION_REDIRECT);
    assert_int_equal(answer.verdict.action_expires_unix_ms, call.deadline_unix_ms);
    fixture_assert_contains(answer.verdict.message.url,
                            "https://pay.example/cashier?op=cashier&shop=S1&order=FQ1&amount=699900"
                            "&instalments=3&bearer=1&merchant_percent=0&deadline=1700000900000");
    fixture_assert_contains(answer.verdict.message.url,
                            "&subject=%E6%89%8B%E6%9C%BA%20%26%20case&");
}

static void test_the_request_is_signed_with_our_key(void **state)
{
    struct fixture *fixture = *state;
    const struct fq_call call = fixture_call();
    FQ_CLEANUP(fq_keyring) *keyring = fq_keyring_new();
    struct fq_answer answer = fixture_run(fixture, FQ_CALL_QUERY, &call, NULL);
    struct fq_str body = answer.verdict.message.body;
    const char *sign = strstr(body.ptr, "&sign=");
    struct fq_str base64;
    struct fq_str signature;
    struct fq_buf buf;
    assert_non_null(sign);
    fq_buf_init(&buf, fixture->arena, 8192);
    for (const char *at = sign + 6; *at != '\0'; at++) {
        unsigned value = (unsigned char)*at;
        if (*at == '%' && sscanf(at + 1, "%2x", &value) == 1)
            at += 2;
        fq_buf_add_char(&buf, (char)value);
    }
    assert_int_equal(fq_buf_finish(&buf, &base64), 0);
    assert_int_equal(fq_base64_decode(base64, false, fixture->arena, &signature), 0);
    assert_int_equal(fq_keyring_load(keyring, "ours", FQ_KEY_PUBLIC_VERIFY,
                                     fixture_path(fixture, "ours.pub").ptr),
                     0);
    assert_int_equal(fq_keyring_verify(keyring, "ours", FQ_SCHEME_RSA_SHA256,
                                       fq_str_sub(body, 0, (size_t)(sign - body.ptr)), signature),
                     0);
}

static void test_names_travel_in_forms(void **state)
{
    struct fixture *fixture = *state;
    struct fq_call call = fixture_call();
    call.payer_name = fq_lit("张三");
    struct fq_answer answer = fixture_run(fixture, FQ_CALL_CREATE, &call, NULL);
    assert_null(fixture_judge(fixture, &answer, true, 0));
    assert_int_equal(answer.verdict.action, FQ_ACTION_FORM_POST);
    fixture_assert_text(answer.verdict.message.url, "https://pay.example/cashier");
    assert_int_equal(answer.verdict.message.fields.n_items, 1);
    fixture_assert_contains(answer.verdict.message.fields.items[0].value,
                            "&payer_name=%E5%BC%A0%E4%B8%89");
}

static void test_apps_get_a_string(void **state)
{
    struct fixture *fixture = *state;
    struct fq_call call = fixture_call();
    call.terminal = FQ_TERMINAL_APP;
    struct fq_answer answer = fixture_run(fixture, FQ_CALL_CREATE, &call, NULL);
    assert_null(fixture_judge(fixture, &answer, true, 0));
    assert_int_equal(answer.verdict.action, FQ_ACTION_APP_SDK);
    fixture_assert_contains(answer.verdict.action_text, "op=cashier&shop=S1&order=FQ1");
}

static void test_qr_codes_come_from_the_platform(void **state)
{
    struct fixture *fixture = *state;
    struct fq_call call = fixture_call();
    call.terminal = FQ_TERMINAL_QR;
    struct fq_answer answer = fixture_run(fixture, FQ_CALL_CREATE, &call, NULL);
    assert_null(fixture_judge(fixture, &answer, true, 0));
    assert_int_equal(answer.verdict.step, FQ_STEP_SEND);
    answer = example_resume(fixture, FQ_CALL_CREATE, "order=FQ1&state=WAITING&code=qr%3A1");
    assert_null(fixture_judge(fixture, &answer, false, 1));
    assert_int_equal(answer.verdict.action, FQ_ACTION_QR_CODE);
    fixture_assert_text(answer.verdict.action_text, "qr:1");
}

static void test_what_is_remembered_comes_back(void **state)
{
    struct fixture *fixture = *state;
    struct fq_call call = fixture_call();
    struct fq_answer answer = fixture_run(fixture, FQ_CALL_CREATE, &call, NULL);
    assert_int_equal(answer.verdict.memory.n_items, 1);
    call.memory = answer.verdict.memory;
    answer = fixture_run(fixture, FQ_CALL_QUERY, &call, NULL);
    fixture_assert_contains(answer.verdict.message.body, "&opened=1700000000000");
}

/* ---- query, close ---- */

static void test_states_of_orders(void **state)
{
    static const struct {
        const char *text;
        uint32_t outcome;
    } rows[] = {
        { "order=FQ1&state=PAID&amount=699900", FQ_OUTCOME_PAID },
        { "order=FQ1&state=WAITING", FQ_OUTCOME_PENDING },
        { "order=FQ1&state=DECLINED", FQ_OUTCOME_DECLINED },
        { "order=FQ1&state=CLOSED", FQ_OUTCOME_CLOSED },
        { "order=FQ1&state=ABSENT", FQ_OUTCOME_NOT_FOUND },
        { "order=FQ1&state=SOMETHING_NEW", FQ_OUTCOME_UNKNOWN },
        { "order=FQ1", FQ_OUTCOME_UNKNOWN },
    };
    struct fixture *fixture = *state;
    const uint32_t kinds[] = { FQ_CALL_QUERY, FQ_CALL_CLOSE_ORDER };
    example_assert_sends(fixture, FQ_CALL_QUERY, "op=query&shop=S1&order=FQ1");
    example_assert_sends(fixture, FQ_CALL_CLOSE_ORDER, "op=close&shop=S1&order=FQ1");
    for (size_t i = 0; i < 2 * fq_array_size(rows); i++) {
        struct fq_answer answer = example_resume(fixture, kinds[i % 2], rows[i / 2].text);
        assert_int_equal(answer.verdict.outcome, rows[i / 2].outcome);
        assert_null(fixture_judge(fixture, &answer, false, 1));
    }
}

static void test_details_of_a_payment(void **state)
{
    struct fixture *fixture = *state;
    struct fq_answer answer =
        example_resume(fixture, FQ_CALL_QUERY,
                       "order=FQ1&state=PAID&amount=699900&ref=P7&instalments=6&identity=MATCHED"
                       "&refunded=100&text=%E5%A5%BD");
    assert_null(fixture_judge(fixture, &answer, false, 1));
    fixture_assert_text(answer.verdict.platform_ref, "P7");
    fixture_assert_text(answer.verdict.platform_text, "好");
    fixture_assert_text(answer.verdict.proof, "state=PAID");
    assert_int_equal(answer.verdict.instalments, 6);
    assert_int_equal(answer.verdict.identity, FQ_IDENTITY_REAL_NAME_MATCHED);
    assert_int_equal(answer.verdict.has_refunded_total, 1);
    assert_int_equal(answer.verdict.refunded_total_minor, 100);
}

static void test_no_answer_is_unknown(void **state)
{
    static const struct fq_message messages[] = {
        { .transport = FQ_TRANSPORT_LOST },
        { .transport = FQ_TRANSPORT_NOT_SENT },
        { .http_status = 502, .body = fq_lit("<html>") },
    };
    struct fixture *fixture = *state;
    const struct fq_call call = fixture_call();
    for (size_t i = 0; i < fq_array_size(messages); i++) {
        struct fq_answer answer = fixture_run(fixture, FQ_CALL_QUERY, &call, &messages[i]);
        assert_false(answer.is_fault);
        assert_int_equal(answer.verdict.outcome, FQ_OUTCOME_UNKNOWN);
        assert_null(fixture_judge(fixture, &answer, false, 1));
    }
}

static void test_messages_that_prove_nothing_are_faults(void **state)
{
    struct fixture *fixture = *state;
    const struct fq_call call = fixture_call();
    struct fq_str good = example_signed(fixture, "order=FQ1&state=PAID&amount=699900");
    const struct fq_str bodies[] = {
        fq_lit(""),
        fq_lit("order=FQ1&state=PAID&amount=699900"),
        fq_lit("order=FQ1&state=PAID&amount=699900&sign="),
        fq_lit("order=FQ1&state=PAID&amount=699900&sign=00"),
        fq_lit("order=FQ1&state=PAID&amount=699900&sign=xy"),
        fq_arena_printf(fixture->arena, "x=1&%.*s", fq_str_arg(good)),
        fq_arena_printf(fixture->arena, "%.*s00", fq_str_arg(good)),
        fq_arena_printf(fixture->arena, "%.*s&amount=1", fq_str_arg(good)),
        fq_arena_printf(fixture->arena, "%.*s&sign=00", fq_str_arg(good)),
        fq_str_sub(good, 0, good.len - 2),
    };
    for (size_t i = 0; i < fq_array_size(bodies); i++) {
        const struct fq_message message = { .body = bodies[i], .http_status = 200 };
        struct fq_answer answer = fixture_run(fixture, FQ_CALL_QUERY, &call, &message);
        if (!answer.is_fault)
            fail_msg("taken: %.*s", fq_str_arg(bodies[i]));
    }
}

/* ---- refund ---- */

static void test_states_of_refunds(void **state)
{
    static const struct {
        const char *text;
        uint32_t outcome;
    } rows[] = {
        { "order=FQ1&refund=RF1&state=ACCEPTED", FQ_OUTCOME_ACCEPTED },
        { "order=FQ1&refund=RF1&state=RUNNING", FQ_OUTCOME_PENDING },
        { "order=FQ1&refund=RF1&state=REFUNDED&amount=10000", FQ_OUTCOME_REFUNDED },
        { "order=FQ1&refund=RF1&state=FAILED", FQ_OUTCOME_REFUND_FAILED },
        { "order=FQ1&refund=RF1&state=ABSENT", FQ_OUTCOME_NOT_FOUND },
    };
    struct fixture *fixture = *state;
    const uint32_t kinds[] = { FQ_CALL_REFUND, FQ_CALL_QUERY_REFUND, FQ_CALL_UNDO };
    const struct fq_verdict_context context = {
        .verified = true,
        .object = FQ_OBJECT_REFUND,
        .number = fq_lit("RF1"),
        .amount = { 10000, "CNY", 2 },
    };
    example_assert_sends(fixture, FQ_CALL_REFUND, "op=refund&shop=S1&order=FQ1&refund=RF1");
    example_assert_sends(fixture, FQ_CALL_QUERY_REFUND, "op=query_refund&");
    example_assert_sends(fixture, FQ_CALL_UNDO, "op=undo&");
    for (size_t i = 0; i < 3 * fq_array_size(rows); i++) {
        struct fq_answer answer = example_resume(fixture, kinds[i % 3], rows[i / 3].text);
        assert_int_equal(answer.verdict.outcome, rows[i / 3].outcome);
        fixture_assert_text(answer.verdict.order_number, "FQ1");
        assert_true(answer.verified);
        assert_null(fq_verdict_refuse(&context, &answer.verdict));
    }
}

/* ---- notification, browser ---- */

static void test_notifications_are_acknowledged(void **state)
{
    struct fixture *fixture = *state;
    struct fq_answer answer =
        example_resume(fixture, FQ_CALL_NOTIFICATION, "order=FQ1&state=PAID&amount=699900");
    assert_null(fixture_judge(fixture, &answer, false, 0));
    assert_int_equal(answer.verdict.outcome, FQ_OUTCOME_PAID);
    fixture_assert_text(answer.verdict.ack_body, "ok");
    answer = example_resume(fixture, FQ_CALL_NOTIFICATION,
                            "order=FQ1&refund=RF1&state=REFUNDED&amount=10000");
    assert_int_equal(answer.verdict.object, FQ_OBJECT_REFUND);
    fixture_assert_text(answer.verdict.number, "RF1");
}

static void test_a_returning_browser_is_a_hint(void **state)
{
    struct fixture *fixture = *state;
    const struct fq_call call = fixture_call();
    const struct fq_message message = { .url = fq_lit("/back/t?order=FQ1&state=PAID") };
    unsigned char digest[FQ_DIGEST_SIZE];
    struct fq_answer answer = fixture_run(fixture, FQ_CALL_BROWSER_RETURN, &call, &message);
    assert_null(fixture_judge(fixture, &answer, false, 0));
    assert_int_equal(answer.verdict.step, FQ_STEP_ASK);
    assert_int_equal(answer.verdict.outcome, FQ_OUTCOME_UNSET);
    fixture_assert_text(answer.verdict.number, "FQ1");
    fq_sha256(message.url, digest);
    assert_memory_equal(answer.digest, digest, sizeof(digest));
}

/* ---- keys ---- */

static void test_an_unknown_key_is_asked_for(void **state)
{
    struct fixture *fixture = *state;
    struct fq_call call = fixture_call();
    struct fq_answer answer = example_resume(fixture, FQ_CALL_NOTIFICATION,
                                             "order=FQ1&state=PAID&amount=699900&key=platform-9");
    assert_false(answer.verified);
    assert_int_equal(answer.verdict.step, FQ_STEP_NEED_KEY);
    fixture_assert_text(answer.verdict.key_name, "platform-9");
    assert_null(fixture_judge(fixture, &answer, false, 0));
    call.key_name = answer.verdict.key_name;
    answer = fixture_run(fixture, FQ_CALL_FETCH_KEY, &call, NULL);
    fixture_assert_contains(answer.verdict.message.body, "op=key&shop=S1&name=platform-9&sign=");
}

static void test_our_own_key_is_none_of_the_platforms(void **state)
{
    struct fixture *fixture = *state;
    struct fq_answer answer = example_resume(fixture, FQ_CALL_NOTIFICATION,
                                             "order=FQ1&state=PAID&amount=699900&key=shop");
    assert_false(answer.verified);
    assert_int_equal(answer.verdict.step, FQ_STEP_NEED_KEY);
}

static void test_a_key_is_taken_from_a_signed_answer(void **state)
{
    struct fixture *fixture = *state;
    struct fq_answer answer =
        example_resume(fixture, FQ_CALL_FETCH_KEY, "name=platform-9&pem=-----BEGIN%0A");
    assert_false(answer.is_fault);
    fixture_assert_text(answer.verdict.key_name, "platform-9");
    fixture_assert_text(answer.verdict.key_data, "-----BEGIN\n");
    answer = example_resume(fixture, FQ_CALL_FETCH_KEY, "name=platform-9&pem=x&key=platform-9");
    assert_true(answer.is_fault);
}

#define EXAMPLE_TEST(name) cmocka_unit_test_setup_teardown(name, example_begin, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EXAMPLE_TEST(test_browsers_are_redirected),
        EXAMPLE_TEST(test_the_request_is_signed_with_our_key),
        EXAMPLE_TEST(test_names_travel_in_forms),
        EXAMPLE_TEST(test_apps_get_a_string),
        EXAMPLE_TEST(test_qr_codes_come_from_the_platform),
        EXAMPLE_TEST(test_what_is_remembered_comes_back),
        EXAMPLE_TEST(test_states_of_orders),
        EXAMPLE_TEST(test_details_of_a_payment),
        EXAMPLE_TEST(test_no_answer_is_unknown),
        EXAMPLE_TEST(test_messages_that_prove_nothing_are_faults),
        EXAMPLE_TEST(test_states_of_refunds),
        EXAMPLE_TEST(test_notifications_are_acknowledged),
        EXAMPLE_TEST(test_a_returning_browser_is_a_hint),
        EXAMPLE_TEST(test_an_unknown_key_is_asked_for),
        EXAMPLE_TEST(test_our_own_key_is_none_of_the_platforms),
        EXAMPLE_TEST(test_a_key_is_taken_from_a_signed_answer),
    };
    return cmocka_run_group_tests(tests, example_setup, fixture_teardown);
}
