/* SPDX-License-Identifier: Apache-2.0 */
/* What a lying adapter gets away with: nothing. */
#include "tests/unit/plugin/fixture.h"

#define PAID "FQ1 699900 PAID"

static int call_setup(void **state)
{
    return fixture_setup(state, "liars");
}

static struct fq_message call_answer(struct fq_str body)
{
    return (struct fq_message){ .body = body, .http_status = 200 };
}

static struct fq_answer call_query(struct fixture *fixture, struct fq_str body)
{
    const struct fq_call call = fixture_call();
    const struct fq_message message = call_answer(body);
    return fixture_run(fixture, FQ_CALL_QUERY, &call, &message);
}

static void call_assert_fault(const struct fq_answer *answer, const char *reason)
{
    assert_true(answer->is_fault);
    fixture_assert_contains(answer->reason, reason);
    assert_false(answer->verified);
    assert_int_equal(answer->verdict.step, FQ_STEP_UNSET);
    assert_int_equal(answer->verdict.outcome, FQ_OUTCOME_UNSET);
}

/* ---- the honest twin ---- */

static void test_the_honest_twin_is_believed(void **state)
{
    struct fixture *fixture = *state;
    fixture_open_liar(fixture, "honest");
    struct fq_answer answer = call_query(fixture, fixture_signed(fixture, PAID, "\n"));
    assert_false(answer.is_fault);
    assert_true(answer.verified);
    fixture_assert_text(answer.verified_key, "platform");
    assert_int_equal(answer.verdict.outcome, FQ_OUTCOME_PAID);
    assert_null(fixture_judge(fixture, &answer, false, 1));
}

static void test_the_honest_twins_questions_are_believed(void **state)
{
    struct fixture *fixture = *state;
    const struct fq_call call = fixture_call();
    fixture_open_liar(fixture, "honest");
    struct fq_answer answer = fixture_run(fixture, FQ_CALL_QUERY, &call, NULL);
    assert_false(answer.is_fault);
    assert_null(fixture_judge(fixture, &answer, true, 0));
    answer = fixture_run(fixture, FQ_CALL_CREATE, &call, NULL);
    assert_false(answer.is_fault);
    assert_null(fixture_judge(fixture, &answer, true, 0));
}

static void test_a_forged_signature_is_a_fault(void **state)
{
    struct fixture *fixture = *state;
    fixture_open_liar(fixture, "honest");
    struct fq_str body = fixture_signed(fixture, "FQ1 699900 WAIT", "\n");
    struct fq_str forged =
        fq_arena_printf(fixture->arena, PAID "%.*s", fq_str_arg(fq_str_sub(body, 15, body.len)));
    struct fq_answer answer = call_query(fixture, forged);
    call_assert_fault(&answer, "the signature is not the platform's");
}

/* ---- liars whose answer core/verdict refuses ---- */

static void test_lies_in_answers_are_refused(void **state)
{
    static const struct {
        const char *liar;
        const char *why;
    } rows[] = {
        { "paid_unverified", "PAID without a verified signature" },
        { "closed_unverified", "CLOSED without a verified signature" },
        { "not_found_unverified", "NOT_FOUND without a verified signature" },
        { "own_signature", "PAID without a verified signature" },
        { "identity_unverified", "identity without a verified signature" },
        { "other_amount", "amount is not ours" },
        { "other_currency", "currency is not ours" },
        { "other_order", "number is not ours" },
        { "refunded_for_payment", "an outcome of refunds, but object is not a refund" },
    };
    struct fixture *fixture = *state;
    struct fq_str body = fixture_signed(fixture, PAID, "\n");
    for (size_t i = 0; i < fq_array_size(rows); i++) {
        fixture_open_liar(fixture, rows[i].liar);
        struct fq_answer answer = call_query(fixture, body);
        if (answer.is_fault)
            fail_msg("%s: %.*s", rows[i].liar, fq_str_arg(answer.reason));
        const char *reason = fixture_judge(fixture, &answer, false, 1);
        if (reason == NULL)
            fail_msg("%s was believed", rows[i].liar);
        else
            assert_string_equal(reason, rows[i].why);
        fq_channel_free(FQ_TAKE(fixture->channel));
    }
}

/* A liar that calls verify and ignores its answer has proven nothing with a forged message. */
static void test_an_ignored_verification_proves_nothing(void **state)
{
    struct fixture *fixture = *state;
    fixture_open_liar(fixture, "ignores_verify");
    struct fq_answer answer = call_query(fixture, fq_lit(PAID "\n00ff"));
    assert_false(answer.is_fault);
    assert_false(answer.verified);
    assert_string_equal(fixture_judge(fixture, &answer, false, 1),
                        "PAID without a verified signature");
    answer = call_query(fixture, fixture_signed(fixture, PAID, "\n"));
    assert_null(fixture_judge(fixture, &answer, false, 1));
}

static void test_a_verification_counts_for_its_own_call_only(void **state)
{
    struct fixture *fixture = *state;
    fixture_open_liar(fixture, "verify_other_call");
    struct fq_answer answer = call_query(fixture, fixture_signed(fixture, PAID, "\n"));
    assert_null(fixture_judge(fixture, &answer, false, 1));
    answer = call_query(fixture, fq_lit(PAID "\n00ff"));
    assert_false(answer.is_fault);
    assert_int_equal(answer.verdict.outcome, FQ_OUTCOME_PAID);
    assert_string_equal(fixture_judge(fixture, &answer, false, 1),
                        "PAID without a verified signature");
}

static void test_the_fourth_send_is_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture_open_liar(fixture, "endless_send");
    for (uint32_t n_sends = 0; n_sends < FQ_SENDS_MAX; n_sends++) {
        struct fq_answer answer = call_query(fixture, fq_lit("x"));
        assert_null(fixture_judge(fixture, &answer, false, n_sends));
    }
    struct fq_answer answer = call_query(fixture, fq_lit("x"));
    assert_string_equal(fixture_judge(fixture, &answer, false, FQ_SENDS_MAX),
                        "more than three SENDs");
}

static void test_lies_at_the_beginning_are_refused(void **state)
{
    static const struct {
        const char *liar;
        const char *why;
    } rows[] = {
        { "foreign_url", "url is not on the channel's list of hosts" },
        { "plain_http_url", "url is not https" },
        { "no_expiry", "action without an expiry in the future" },
        { "paid_in_begin", "outcome before the platform said anything" },
    };
    struct fixture *fixture = *state;
    const struct fq_call call = fixture_call();
    for (size_t i = 0; i < fq_array_size(rows); i++) {
        fixture_open_liar(fixture, rows[i].liar);
        struct fq_answer answer = fixture_run(fixture, FQ_CALL_CREATE, &call, NULL);
        if (answer.is_fault)
            fail_msg("%s: %.*s", rows[i].liar, fq_str_arg(answer.reason));
        const char *reason = fixture_judge(fixture, &answer, true, 0);
        if (reason == NULL)
            fail_msg("%s was believed", rows[i].liar);
        else
            assert_string_equal(reason, rows[i].why);
        fq_channel_free(FQ_TAKE(fixture->channel));
    }
}

static void test_a_payer_is_not_told_to_others(void **state)
{
    static const struct {
        const char *liar;
        const char *why;
    } rows[] = {
        { "honest", "a payer was named, and the action is neither a form nor a QR code" },
        { "payer_link", "a payer was named, and the action is neither a form nor a QR code" },
        { "payer_form_link", "the payer shows in url" },
        { "payer_memory", "the payer shows in memory" },
    };
    const struct fq_payer payer = { .name = fq_lit("金丝雀"),
                                    .document_type = FQ_DOCUMENT_PASSPORT,
                                    .document_number = fq_lit("E12345678"),
                                    .phone = fq_lit("13800138000") };
    struct fixture *fixture = *state;
    struct fq_call call = fixture_call();
    call.payer_name = payer.name;
    call.payer_document_number = payer.document_number;
    call.payer_phone = payer.phone;
    for (size_t i = 0; i < fq_array_size(rows); i++) {
        fixture_open_liar(fixture, rows[i].liar);
        struct fq_answer answer = fixture_run(fixture, FQ_CALL_CREATE, &call, NULL);
        if (answer.is_fault)
            fail_msg("%s: %.*s", rows[i].liar, fq_str_arg(answer.reason));
        assert_null(fixture_judge(fixture, &answer, true, 0));
        const char *reason = fixture_judge_with(fixture, &answer, &payer);
        if (reason == NULL)
            fail_msg("%s was believed", rows[i].liar);
        else
            assert_string_equal(reason, rows[i].why);
        fq_channel_free(FQ_TAKE(fixture->channel));
    }
}

/* ---- liars that break a rule of form ---- */

static void test_answers_out_of_form_are_faults(void **state)
{
    static const struct {
        const char *liar;
        const char *why;
    } rows[] = {
        { "huge_memory", "verdict.memory is too long" },
        { "huge_list", "verdict.memory has too many items" },
        { "huge_text", "verdict.platform_text is too long" },
        { "null_text", "verdict.platform_text has a length but no bytes" },
        { "huge_struct", "verdict.struct_size was overwritten" },
        { "tiny_struct", "verdict.struct_size was overwritten" },
        { "writes_behind", "the adapter wrote behind the end of the verdict" },
        { "unknown_outcome", "verdict.outcome is none" },
        { "downgrade", "RSA with SHA-1 is not allowed" },
        { "no_reason", "the adapter gave no reason" },
        { "eats_memory", "the call's memory is used up" },
    };
    struct fixture *fixture = *state;
    struct fq_str body = fixture_signed(fixture, PAID, "\n");
    for (size_t i = 0; i < fq_array_size(rows); i++) {
        FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
        const struct fq_call call = fixture_call();
        const struct fq_message message = call_answer(body);
        struct fq_answer answer;
        fixture_open_liar(fixture, rows[i].liar);
        fq_channel_call(fixture->channel, FQ_CALL_QUERY, &call, &message, arena, &answer);
        call_assert_fault(&answer, rows[i].why);
        fq_channel_free(FQ_TAKE(fixture->channel));
    }
}

static void test_line_breaks_never_reach_a_request(void **state)
{
    static const struct {
        const char *liar;
        const char *why;
    } rows[] = {
        { "crlf_url", "verdict.message.url has a byte that no URL has" },
        { "crlf_header", "verdict.message.headers is not one line of text" },
        { "crlf_content_type", "verdict.message.content_type is not one line of text" },
    };
    struct fixture *fixture = *state;
    const struct fq_call call = fixture_call();
    for (size_t i = 0; i < fq_array_size(rows); i++) {
        fixture_open_liar(fixture, rows[i].liar);
        struct fq_answer answer = fixture_run(fixture, FQ_CALL_QUERY, &call, NULL);
        call_assert_fault(&answer, rows[i].why);
        fq_channel_free(FQ_TAKE(fixture->channel));
    }
}

static void test_a_reason_stays_on_its_line(void **state)
{
    struct fixture *fixture = *state;
    fixture_open_liar(fixture, "fails");
    struct fq_answer answer = call_query(fixture, fq_lit("x"));
    call_assert_fault(&answer, "no such luck fenqid: payment paid");
}

static void test_a_key_needs_a_voucher(void **state)
{
    struct fixture *fixture = *state;
    const struct fq_call call = fixture_call();
    const struct fq_message message = call_answer(fq_lit("PEM"));
    fixture_open_liar(fixture, "key_unverified");
    struct fq_answer answer = fixture_run(fixture, FQ_CALL_FETCH_KEY, &call, &message);
    call_assert_fault(&answer, "verdict.key_data without a verified signature or certificate");
}

/* ---- the border itself ---- */

static void test_what_an_adapter_cannot_do_is_a_fault(void **state)
{
    struct fixture *fixture = *state;
    const struct fq_call call = fixture_call();
    const struct fq_message message = call_answer(fq_lit("x"));
    fixture_open_liar(fixture, "honest");
    assert_true(fq_channel_can(fixture->channel, FQ_CALL_QUERY));
    for (uint32_t kind = FQ_CALL_UNSET; kind <= FQ_CALL_BROWSER_RETURN + 1; kind++) {
        if (fq_channel_can(fixture->channel, kind))
            continue;
        struct fq_answer answer = fixture_run(fixture, kind, &call, NULL);
        call_assert_fault(&answer, "the adapter cannot do this");
        answer = fixture_run(fixture, kind, &call, &message);
        call_assert_fault(&answer, "the adapter cannot do this");
    }
}

/* create of the honest twin has no second half. */
static void test_an_answer_that_cannot_be_read_is_a_fault(void **state)
{
    struct fixture *fixture = *state;
    const struct fq_call call = fixture_call();
    const struct fq_message message = call_answer(fq_lit("x"));
    fixture_open_liar(fixture, "honest");
    struct fq_answer answer = fixture_run(fixture, FQ_CALL_CREATE, &call, &message);
    call_assert_fault(&answer, "the adapter cannot do this");
}

static void test_the_digest_is_that_of_the_judged_message(void **state)
{
    struct fixture *fixture = *state;
    unsigned char digest[FQ_DIGEST_SIZE] = { 0 };
    const struct fq_call call = fixture_call();
    struct fq_str body = fixture_signed(fixture, PAID, "\n");
    fixture_open_liar(fixture, "honest");
    struct fq_answer answer = fixture_run(fixture, FQ_CALL_QUERY, &call, NULL);
    assert_memory_equal(answer.digest, digest, sizeof(digest));
    answer = call_query(fixture, body);
    fq_sha256(body, digest);
    assert_memory_equal(answer.digest, digest, sizeof(digest));
}

static void test_nothing_of_the_adapter_is_kept(void **state)
{
    struct fixture *fixture = *state;
    const struct fq_call call = fixture_call();
    fixture_open_liar(fixture, "honest");
    struct fq_answer answer = fixture_run(fixture, FQ_CALL_CREATE, &call, NULL);
    fq_channel_free(FQ_TAKE(fixture->channel));
    fixture_assert_text(answer.verdict.message.url, "https://pay.example/cashier");
}

static void test_older_and_newer_adapters_are_called(void **state)
{
    const char *const names[] = { "old", "new" };
    struct fixture *fixture = *state;
    struct fq_str body = fixture_signed(fixture, PAID, "\n");
    for (size_t i = 0; i < fq_array_size(names); i++) {
        fixture_open_liar(fixture, names[i]);
        struct fq_answer answer = call_query(fixture, body);
        assert_false(answer.is_fault);
        assert_null(fixture_judge(fixture, &answer, false, 1));
        assert_false(fq_channel_can(fixture->channel, FQ_CALL_NOTIFICATION));
        fq_channel_free(FQ_TAKE(fixture->channel));
    }
}

#define CALL_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CALL_TEST(test_the_honest_twin_is_believed),
        CALL_TEST(test_the_honest_twins_questions_are_believed),
        CALL_TEST(test_a_forged_signature_is_a_fault),
        CALL_TEST(test_lies_in_answers_are_refused),
        CALL_TEST(test_an_ignored_verification_proves_nothing),
        CALL_TEST(test_a_verification_counts_for_its_own_call_only),
        CALL_TEST(test_the_fourth_send_is_refused),
        CALL_TEST(test_lies_at_the_beginning_are_refused),
        CALL_TEST(test_a_payer_is_not_told_to_others),
        CALL_TEST(test_answers_out_of_form_are_faults),
        CALL_TEST(test_line_breaks_never_reach_a_request),
        CALL_TEST(test_a_reason_stays_on_its_line),
        CALL_TEST(test_a_key_needs_a_voucher),
        CALL_TEST(test_what_an_adapter_cannot_do_is_a_fault),
        CALL_TEST(test_an_answer_that_cannot_be_read_is_a_fault),
        CALL_TEST(test_the_digest_is_that_of_the_judged_message),
        CALL_TEST(test_nothing_of_the_adapter_is_kept),
        CALL_TEST(test_older_and_newer_adapters_are_called),
    };
    return cmocka_run_group_tests(tests, call_setup, fixture_teardown);
}
