/* SPDX-License-Identifier: Apache-2.0 */
/* What a verdict must bring to be believed, and the words in which it is refused. */
#include "daemon/core/payer.h"
#include "daemon/core/verdict.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "daemon/base/mem.h"

#define NOW_MS 1700000000000

static const struct fq_money ours = { 699900, "CNY", 2 };

static bool is_platform(const void *allowed, struct fq_str url)
{
    return fq_str_starts(url, fq_str_of(allowed));
}

static struct fq_verdict_context asked(uint32_t object)
{
    return (struct fq_verdict_context){
        .verified = true,
        .object = object,
        .number = fq_lit("FQ1"),
        .amount = ours,
        .now_ms = NOW_MS,
        .url_is_allowed = is_platform,
        .allowed = "https://pay.example/",
    };
}

static struct fq_verdict said(uint32_t outcome, uint32_t object)
{
    return (struct fq_verdict){
        .struct_size = sizeof(struct fq_verdict),
        .step = FQ_STEP_DONE,
        .outcome = outcome,
        .object = object,
        .number = fq_lit("FQ1"),
        .amount = ours,
    };
}

static struct fq_verdict sending(void)
{
    return (struct fq_verdict){
        .step = FQ_STEP_SEND,
        .message = { .method = fq_lit("POST"), .url = fq_lit("https://pay.example/api") },
    };
}

static struct fq_verdict acting(uint32_t action)
{
    return (struct fq_verdict){
        .step = FQ_STEP_DONE,
        .action = action,
        .action_expires_unix_ms = NOW_MS + 1,
        .action_text = fq_lit("text"),
        .message = { .url = fq_lit("https://pay.example/cashier") },
    };
}

static void assert_believed(const struct fq_verdict_context *context,
                            const struct fq_verdict *verdict)
{
    const char *reason = fq_verdict_refuse(context, verdict);
    if (reason != NULL)
        fail_msg("refused: %s", reason);
}

static void assert_refused(const struct fq_verdict_context *context,
                           const struct fq_verdict *verdict, const char *why)
{
    const char *reason = fq_verdict_refuse(context, verdict);
    if (reason == NULL)
        fail_msg("believed, but expected: %s", why);
    else
        assert_string_equal(reason, why);
}

static const struct {
    uint32_t outcome;
    uint32_t object;
    const char *unverified;
} strong[] = {
    { FQ_OUTCOME_PAID, FQ_OBJECT_PAYMENT, "PAID without a verified signature" },
    { FQ_OUTCOME_DECLINED, FQ_OBJECT_PAYMENT, "DECLINED without a verified signature" },
    { FQ_OUTCOME_CLOSED, FQ_OBJECT_PAYMENT, "CLOSED without a verified signature" },
    { FQ_OUTCOME_REFUNDED, FQ_OBJECT_REFUND, "REFUNDED without a verified signature" },
    { FQ_OUTCOME_REFUND_FAILED, FQ_OBJECT_REFUND, "REFUND_FAILED without a verified signature" },
    { FQ_OUTCOME_NOT_FOUND, FQ_OBJECT_PAYMENT, "NOT_FOUND without a verified signature" },
    { FQ_OUTCOME_NOT_FOUND, FQ_OBJECT_REFUND, "NOT_FOUND without a verified signature" },
};

static void test_verified_outcomes_are_believed(void **state)
{
    (void)state;
    for (size_t i = 0; i < fq_array_size(strong); i++) {
        struct fq_verdict_context context = asked(strong[i].object);
        struct fq_verdict verdict = said(strong[i].outcome, strong[i].object);
        assert_believed(&context, &verdict);
    }
}

static void test_unverified_outcomes_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < fq_array_size(strong); i++) {
        struct fq_verdict_context context = asked(strong[i].object);
        struct fq_verdict verdict = said(strong[i].outcome, strong[i].object);
        context.verified = false;
        assert_refused(&context, &verdict, strong[i].unverified);
    }
}

static void test_weak_outcomes_need_no_signature(void **state)
{
    (void)state;
    const uint32_t weak[] = { FQ_OUTCOME_UNKNOWN, FQ_OUTCOME_PENDING, FQ_OUTCOME_ACCEPTED };
    for (size_t i = 0; i < fq_array_size(weak); i++) {
        struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
        struct fq_verdict verdict = { .step = FQ_STEP_DONE, .outcome = weak[i] };
        context.verified = false;
        assert_believed(&context, &verdict);
    }
}

static void test_begin_knows_no_outcome(void **state)
{
    (void)state;
    for (uint32_t outcome = FQ_OUTCOME_UNKNOWN; outcome <= FQ_OUTCOME_NOT_FOUND; outcome++) {
        struct fq_verdict_context context = asked(FQ_OBJECT_UNSET);
        struct fq_verdict verdict = said(outcome, FQ_OBJECT_PAYMENT);
        context.is_begin = true;
        assert_refused(&context, &verdict, "outcome before the platform said anything");
    }
}

static void test_outcomes_of_payments_are_not_about_refunds(void **state)
{
    (void)state;
    const uint32_t outcomes[] = { FQ_OUTCOME_PAID, FQ_OUTCOME_DECLINED, FQ_OUTCOME_CLOSED };
    for (size_t i = 0; i < fq_array_size(outcomes); i++) {
        struct fq_verdict_context context = asked(FQ_OBJECT_UNSET);
        struct fq_verdict verdict = said(outcomes[i], FQ_OBJECT_REFUND);
        assert_refused(&context, &verdict, "an outcome of payments, but object is not a payment");
        verdict.object = FQ_OBJECT_UNSET;
        assert_refused(&context, &verdict, "an outcome of payments, but object is not a payment");
    }
}

static void test_outcomes_of_refunds_are_not_about_payments(void **state)
{
    (void)state;
    const uint32_t outcomes[] = { FQ_OUTCOME_REFUNDED, FQ_OUTCOME_REFUND_FAILED };
    for (size_t i = 0; i < fq_array_size(outcomes); i++) {
        struct fq_verdict_context context = asked(FQ_OBJECT_UNSET);
        struct fq_verdict verdict = said(outcomes[i], FQ_OBJECT_PAYMENT);
        assert_refused(&context, &verdict, "an outcome of refunds, but object is not a refund");
    }
}

static void test_object_is_the_one_asked_about(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_REFUND);
    struct fq_verdict verdict = said(FQ_OUTCOME_PAID, FQ_OBJECT_PAYMENT);
    assert_refused(&context, &verdict, "object is not the one asked about");
    verdict = said(FQ_OUTCOME_PENDING, FQ_OBJECT_PAYMENT);
    assert_refused(&context, &verdict, "object is not the one asked about");
}

static void test_number_is_ours(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_UNSET);
    for (uint32_t outcome = FQ_OUTCOME_UNKNOWN; outcome <= FQ_OUTCOME_NOT_FOUND; outcome++) {
        bool is_refund = outcome == FQ_OUTCOME_REFUNDED || outcome == FQ_OUTCOME_REFUND_FAILED;
        struct fq_verdict verdict = said(outcome, is_refund ? FQ_OBJECT_REFUND : FQ_OBJECT_PAYMENT);
        verdict.number = fq_lit("FQ2");
        assert_refused(&context, &verdict, "number is not ours");
    }
}

static void test_number_may_lack_only_where_nothing_is_decided(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_UNSET);
    for (uint32_t outcome = FQ_OUTCOME_UNKNOWN; outcome <= FQ_OUTCOME_NOT_FOUND; outcome++) {
        bool is_refund = outcome == FQ_OUTCOME_REFUNDED || outcome == FQ_OUTCOME_REFUND_FAILED;
        struct fq_verdict verdict = said(outcome, is_refund ? FQ_OBJECT_REFUND : FQ_OBJECT_PAYMENT);
        verdict.number = (struct fq_str){ NULL, 0 };
        if (outcome <= FQ_OUTCOME_ACCEPTED || outcome == FQ_OUTCOME_NOT_FOUND)
            assert_believed(&context, &verdict);
        else
            assert_refused(&context, &verdict, "number is missing");
    }
}

static void test_not_found_names_somebody(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_UNSET);
    struct fq_verdict verdict = said(FQ_OUTCOME_NOT_FOUND, FQ_OBJECT_PAYMENT);
    context.number = (struct fq_str){ NULL, 0 };
    assert_believed(&context, &verdict);
    verdict.number = (struct fq_str){ NULL, 0 };
    assert_refused(&context, &verdict, "number is missing");
}

static void test_amount_is_ours(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
    struct fq_verdict verdict = said(FQ_OUTCOME_PAID, FQ_OBJECT_PAYMENT);
    verdict.amount.minor = 699899;
    assert_refused(&context, &verdict, "amount is not ours");
    verdict.amount = (struct fq_money){ 699900, "USD", 2 };
    assert_refused(&context, &verdict, "currency is not ours");
    verdict.amount = (struct fq_money){ 699900, "CNY", 0 };
    assert_refused(&context, &verdict, "exponent is not ours");
    verdict.amount = (struct fq_money){ -699900, "CNY", 2 };
    assert_refused(&context, &verdict, "amount is not positive");
}

static void test_a_said_amount_is_checked_with_every_outcome(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_UNSET);
    for (uint32_t outcome = FQ_OUTCOME_UNKNOWN; outcome <= FQ_OUTCOME_NOT_FOUND; outcome++) {
        bool is_refund = outcome == FQ_OUTCOME_REFUNDED || outcome == FQ_OUTCOME_REFUND_FAILED;
        struct fq_verdict verdict = said(outcome, is_refund ? FQ_OBJECT_REFUND : FQ_OBJECT_PAYMENT);
        verdict.amount.minor++;
        assert_refused(&context, &verdict, "amount is not ours");
    }
}

static void test_money_moves_need_an_amount(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_UNSET);
    for (uint32_t outcome = FQ_OUTCOME_UNKNOWN; outcome <= FQ_OUTCOME_NOT_FOUND; outcome++) {
        bool is_refund = outcome == FQ_OUTCOME_REFUNDED || outcome == FQ_OUTCOME_REFUND_FAILED;
        struct fq_verdict verdict = said(outcome, is_refund ? FQ_OBJECT_REFUND : FQ_OBJECT_PAYMENT);
        verdict.amount = (struct fq_money){ 0 };
        if (outcome == FQ_OUTCOME_PAID || outcome == FQ_OUTCOME_REFUNDED)
            assert_refused(&context, &verdict, "amount is missing");
        else
            assert_believed(&context, &verdict);
    }
}

static void test_an_amount_is_needed_even_before_the_lookup(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_UNSET);
    struct fq_verdict verdict = said(FQ_OUTCOME_PAID, FQ_OBJECT_PAYMENT);
    context.amount = (struct fq_money){ 0 };
    context.number = (struct fq_str){ NULL, 0 };
    assert_believed(&context, &verdict);
    verdict.amount = (struct fq_money){ 0 };
    assert_refused(&context, &verdict, "amount is missing");
}

static void test_send_goes_to_allowed_https_hosts(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
    struct fq_verdict verdict = sending();
    context.is_begin = true;
    assert_believed(&context, &verdict);
    verdict.message.url = fq_lit("http://pay.example/api");
    assert_refused(&context, &verdict, "url is not https");
    verdict.message.url = fq_lit("https://evil.example/api");
    assert_refused(&context, &verdict, "url is not on the channel's list of hosts");
    verdict.message.url = (struct fq_str){ NULL, 0 };
    assert_refused(&context, &verdict, "url is not https");
}

static void test_no_url_is_allowed_without_a_list(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
    struct fq_verdict verdict = sending();
    context.url_is_allowed = NULL;
    assert_refused(&context, &verdict, "url is not on the channel's list of hosts");
}

static void test_send_needs_a_method(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
    struct fq_verdict verdict = sending();
    verdict.message.method = fq_lit("GET");
    assert_believed(&context, &verdict);
    verdict.message.method = fq_lit("DELETE");
    assert_refused(&context, &verdict, "method is neither GET nor POST");
    verdict.message.method = (struct fq_str){ NULL, 0 };
    assert_refused(&context, &verdict, "method is neither GET nor POST");
}

static void test_the_fourth_send_is_refused(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
    struct fq_verdict verdict = sending();
    context.n_sends = FQ_SENDS_MAX - 1;
    assert_believed(&context, &verdict);
    context.n_sends = FQ_SENDS_MAX;
    assert_refused(&context, &verdict, "more than three SENDs");
}

static void test_actions_of_begin_are_believed(void **state)
{
    (void)state;
    for (uint32_t action = FQ_ACTION_REDIRECT; action <= FQ_ACTION_APP_SDK; action++) {
        struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
        struct fq_verdict verdict = acting(action);
        context.is_begin = true;
        context.verified = false;
        assert_believed(&context, &verdict);
    }
}

static void test_actions_of_answers_need_a_signature(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
    struct fq_verdict verdict = acting(FQ_ACTION_QR_CODE);
    verdict.outcome = FQ_OUTCOME_PENDING;
    assert_believed(&context, &verdict);
    context.verified = false;
    assert_refused(&context, &verdict, "action without a verified signature");
}

static void test_actions_expire_in_the_future(void **state)
{
    (void)state;
    for (uint32_t action = FQ_ACTION_REDIRECT; action <= FQ_ACTION_APP_SDK; action++) {
        struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
        struct fq_verdict verdict = acting(action);
        verdict.action_expires_unix_ms = NOW_MS;
        assert_refused(&context, &verdict, "action without an expiry in the future");
    }
}

static void test_browser_actions_go_to_allowed_hosts(void **state)
{
    (void)state;
    for (uint32_t action = FQ_ACTION_REDIRECT; action <= FQ_ACTION_FORM_POST; action++) {
        struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
        struct fq_verdict verdict = acting(action);
        verdict.message.url = fq_lit("https://evil.example/");
        assert_refused(&context, &verdict, "url is not on the channel's list of hosts");
        verdict.message.url = fq_lit("javascript:alert(1)");
        assert_refused(&context, &verdict, "url is not https");
    }
}

static void test_text_actions_have_a_text(void **state)
{
    (void)state;
    for (uint32_t action = FQ_ACTION_QR_CODE; action <= FQ_ACTION_APP_SDK; action++) {
        struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
        struct fq_verdict verdict = acting(action);
        verdict.action_text = (struct fq_str){ NULL, 0 };
        assert_refused(&context, &verdict, "action without a text");
    }
}

static void test_an_action_stands_alone(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
    struct fq_verdict verdict = acting(FQ_ACTION_REDIRECT);
    verdict.outcome = FQ_OUTCOME_PAID;
    assert_refused(&context, &verdict, "action beside an outcome");
    verdict = acting(FQ_ACTION_REDIRECT);
    verdict.step = FQ_STEP_SEND;
    assert_refused(&context, &verdict, "action without step DONE");
}

static void test_an_answer_that_is_done_says_an_outcome(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
    struct fq_verdict verdict = { .step = FQ_STEP_DONE };
    assert_refused(&context, &verdict, "DONE without an outcome");
    verdict = acting(FQ_ACTION_QR_CODE);
    assert_refused(&context, &verdict, "DONE without an outcome");
    verdict.outcome = FQ_OUTCOME_PENDING;
    assert_believed(&context, &verdict);
    context.is_errand = true;
    verdict = (struct fq_verdict){ .step = FQ_STEP_DONE, .key_name = fq_lit("next") };
    assert_believed(&context, &verdict);
}

static void test_the_platforms_number_needs_a_signature(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
    struct fq_verdict verdict = said(FQ_OUTCOME_PENDING, FQ_OBJECT_PAYMENT);
    verdict.platform_ref = fq_lit("2026");
    assert_believed(&context, &verdict);
    context.verified = false;
    assert_refused(&context, &verdict, "the platform's number without a verified signature");
}

static void test_a_refund_is_of_our_order(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_REFUND);
    struct fq_verdict verdict = said(FQ_OUTCOME_REFUNDED, FQ_OBJECT_REFUND);
    context.order_number = fq_lit("FQ9");
    assert_believed(&context, &verdict);
    verdict.order_number = fq_lit("FQ9");
    assert_believed(&context, &verdict);
    verdict.order_number = fq_lit("FQ8");
    assert_refused(&context, &verdict, "the refund's order is not ours");
}

static void test_outcomes_come_with_done(void **state)
{
    (void)state;
    for (size_t i = 0; i < fq_array_size(strong); i++) {
        struct fq_verdict_context context = asked(FQ_OBJECT_UNSET);
        struct fq_verdict verdict = said(strong[i].outcome, strong[i].object);
        verdict.step = FQ_STEP_ASK;
        assert_refused(&context, &verdict, "outcome without step DONE");
    }
}

static void test_memory_ends_at_2_kib(void **state)
{
    (void)state;
    char bytes[FQ_MEMORY_SIZE_MAX];
    memset(bytes, 'x', sizeof(bytes));
    struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
    struct fq_verdict verdict = said(FQ_OUTCOME_PENDING, FQ_OBJECT_PAYMENT);
    struct fq_pair pairs[] = { { { bytes, 1 }, { bytes, 1021 } },
                               { { bytes, 1 }, { bytes, 1021 } } };
    verdict.memory = (struct fq_pairs){ pairs, 2 };
    assert_believed(&context, &verdict);
    pairs[1].name.len = 2;
    assert_refused(&context, &verdict, "memory is larger than 2 KiB");
    pairs[1].name.len = 1;
    bytes[0] = '\n'; /* three bytes where it is kept */
    pairs[1].name.ptr = pairs[0].name.ptr = "n";
    assert_refused(&context, &verdict, "memory is larger than 2 KiB");
}

static void test_memory_names_are_plain(void **state)
{
    (void)state;
    static const char *const names[] = { "", "A", "a b", "a=b", "a\n" };
    struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
    struct fq_verdict verdict = said(FQ_OUTCOME_PENDING, FQ_OBJECT_PAYMENT);
    for (size_t i = 0; i < fq_array_size(names); i++) {
        const struct fq_pair pair = { fq_str_of(names[i]), fq_lit("v") };
        verdict.memory = (struct fq_pairs){ &pair, 1 };
        assert_refused(&context, &verdict, "a name in memory is not of a-z 0-9 _ and point");
    }
}

static void test_memory_sizes_do_not_wrap(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
    struct fq_verdict verdict = said(FQ_OUTCOME_PENDING, FQ_OBJECT_PAYMENT);
    const struct fq_pair pairs[] = { { { "a", SIZE_MAX - 8 }, { "b", 16 } } };
    verdict.memory = (struct fq_pairs){ pairs, 1 };
    assert_refused(&context, &verdict, "memory is larger than 2 KiB");
}

static void test_need_key_names_a_key(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
    struct fq_verdict verdict = { .step = FQ_STEP_NEED_KEY };
    assert_refused(&context, &verdict, "NEED_KEY without a key name");
    verdict.key_name = fq_lit("platform-2");
    assert_believed(&context, &verdict);
}

static void test_ask_names_what_to_ask_about(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_UNSET);
    struct fq_verdict verdict = { .step = FQ_STEP_ASK };
    context.verified = false;
    assert_believed(&context, &verdict);
    context.number = (struct fq_str){ NULL, 0 };
    assert_refused(&context, &verdict, "ASK without a number");
    verdict.number = fq_lit("FQ1");
    assert_believed(&context, &verdict);
}

static void test_identity_needs_a_signature(void **state)
{
    (void)state;
    for (uint32_t identity = FQ_IDENTITY_UNSET; identity <= FQ_IDENTITY_UNKNOWN; identity++) {
        struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
        struct fq_verdict verdict = said(FQ_OUTCOME_PENDING, FQ_OBJECT_PAYMENT);
        verdict.identity = identity;
        assert_believed(&context, &verdict);
        context.verified = false;
        if (identity == FQ_IDENTITY_PLATFORM_LOGIN || identity == FQ_IDENTITY_REAL_NAME_MATCHED ||
            identity == FQ_IDENTITY_MISMATCH)
            assert_refused(&context, &verdict, "identity without a verified signature");
        else
            assert_believed(&context, &verdict);
    }
}

static void test_refunded_total_needs_a_signature(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
    struct fq_verdict verdict = said(FQ_OUTCOME_PENDING, FQ_OBJECT_PAYMENT);
    verdict.has_refunded_total = 1;
    verdict.refunded_total_minor = 699900;
    assert_believed(&context, &verdict);
    context.verified = false;
    assert_refused(&context, &verdict, "refunded total without a verified signature");
}

static void test_values_out_of_range_are_refused(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
    struct fq_verdict verdict = said(FQ_OUTCOME_PENDING, FQ_OBJECT_PAYMENT);
    verdict.step = FQ_STEP_UNSET;
    assert_refused(&context, &verdict, "step is none");
    verdict.step = FQ_STEP_ASK + 1;
    assert_refused(&context, &verdict, "step is none");
    verdict = said(FQ_OUTCOME_NOT_FOUND + 1, FQ_OBJECT_PAYMENT);
    assert_refused(&context, &verdict, "outcome is none");
    verdict = said(FQ_OUTCOME_PENDING, FQ_OBJECT_REFUND + 1);
    assert_refused(&context, &verdict, "object is none");
    verdict = acting(FQ_ACTION_APP_SDK + 1);
    assert_refused(&context, &verdict, "action is none");
    verdict = said(FQ_OUTCOME_PENDING, FQ_OBJECT_PAYMENT);
    verdict.identity = FQ_IDENTITY_UNKNOWN + 1;
    assert_refused(&context, &verdict, "identity is none");
    verdict = said(FQ_OUTCOME_PENDING, FQ_OBJECT_PAYMENT);
    verdict.retry_after_ms = -1;
    assert_refused(&context, &verdict, "retry_after_ms is negative");
}

static void test_names_of_outcomes_and_steps(void **state)
{
    (void)state;
    assert_string_equal(fq_outcome_name(FQ_OUTCOME_PAID), "PAID");
    assert_string_equal(fq_outcome_name(FQ_OUTCOME_NOT_FOUND), "NOT_FOUND");
    assert_string_equal(fq_outcome_name(FQ_OUTCOME_NOT_FOUND + 1), "?");
    assert_string_equal(fq_step_name(FQ_STEP_ASK), "ASK");
    assert_string_equal(fq_step_name(FQ_STEP_ASK + 1), "?");
}

/* ---- a payer who was named ---- */

static const struct fq_payer a_payer = { .name = { "\xe9\x87\x91\xe4\xb8\x9d\xe9\x9b\x80", 9 },
                                         .phone = { "13800138000", 11 } };

static struct fq_verdict_context asked_with_payer(void)
{
    struct fq_verdict_context context = asked(FQ_OBJECT_PAYMENT);
    context.is_begin = true;
    context.verified = false;
    context.payer = &a_payer;
    return context;
}

static void test_with_a_payer_the_buyer_posts_or_scans(void **state)
{
    (void)state;
    const char *why = "a payer was named, and the action is neither a form nor a QR code";
    struct fq_verdict_context context = asked_with_payer();
    struct fq_verdict verdict = acting(FQ_ACTION_FORM_POST);
    assert_believed(&context, &verdict);
    verdict = acting(FQ_ACTION_QR_CODE);
    assert_believed(&context, &verdict);
    verdict = acting(FQ_ACTION_REDIRECT);
    assert_refused(&context, &verdict, why);
    verdict = acting(FQ_ACTION_APP_SDK);
    assert_refused(&context, &verdict, why);
    context.payer = NULL;
    assert_believed(&context, &verdict);
}

static void test_a_payer_stands_in_forms_and_bodies_alone(void **state)
{
    (void)state;
    const struct fq_pair pair = { fq_lit("who"), fq_lit("x13800138000x") };
    struct fq_verdict_context context = asked_with_payer();
    struct fq_verdict verdict = acting(FQ_ACTION_FORM_POST);
    verdict.message.fields = (struct fq_pairs){ &pair, 1 };
    assert_believed(&context, &verdict);
    verdict.message.url = fq_lit("https://pay.example/cashier?n=%E9%87%91%E4%B8%9D%E9%9B%80");
    assert_refused(&context, &verdict, "the payer shows in url");
    verdict = sending();
    verdict.message.body = pair.value;
    assert_believed(&context, &verdict);
    verdict.message.url = fq_lit("https://pay.example/api?phone=13800138000");
    assert_refused(&context, &verdict, "the payer shows in url");
    verdict = acting(FQ_ACTION_QR_CODE);
    verdict.action_text = pair.value;
    assert_refused(&context, &verdict, "the payer shows in action_text");
    verdict = acting(FQ_ACTION_FORM_POST);
    verdict.memory = (struct fq_pairs){ &pair, 1 };
    assert_refused(&context, &verdict, "the payer shows in memory");
    const struct fq_pair name = { fq_lit("p13800138000"), fq_lit("1") };
    verdict.memory = (struct fq_pairs){ &name, 1 };
    assert_refused(&context, &verdict, "the payer shows in memory");
}

static void test_what_an_answer_names_is_not_the_payer(void **state)
{
    (void)state;
    struct fq_verdict_context context = asked_with_payer();
    struct fq_verdict verdict = said(FQ_OUTCOME_PENDING, FQ_OBJECT_PAYMENT);
    context.is_begin = false;
    context.verified = true;
    assert_believed(&context, &verdict);
    verdict.platform_ref = fq_lit("13800138000");
    assert_refused(&context, &verdict, "the payer shows in platform_ref");
    verdict = (struct fq_verdict){ .step = FQ_STEP_NEED_KEY, .key_name = fq_lit("13800138000") };
    assert_refused(&context, &verdict, "the payer shows in key_name");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verified_outcomes_are_believed),
        cmocka_unit_test(test_unverified_outcomes_are_refused),
        cmocka_unit_test(test_weak_outcomes_need_no_signature),
        cmocka_unit_test(test_begin_knows_no_outcome),
        cmocka_unit_test(test_outcomes_of_payments_are_not_about_refunds),
        cmocka_unit_test(test_outcomes_of_refunds_are_not_about_payments),
        cmocka_unit_test(test_object_is_the_one_asked_about),
        cmocka_unit_test(test_number_is_ours),
        cmocka_unit_test(test_number_may_lack_only_where_nothing_is_decided),
        cmocka_unit_test(test_not_found_names_somebody),
        cmocka_unit_test(test_amount_is_ours),
        cmocka_unit_test(test_a_said_amount_is_checked_with_every_outcome),
        cmocka_unit_test(test_money_moves_need_an_amount),
        cmocka_unit_test(test_an_amount_is_needed_even_before_the_lookup),
        cmocka_unit_test(test_send_goes_to_allowed_https_hosts),
        cmocka_unit_test(test_no_url_is_allowed_without_a_list),
        cmocka_unit_test(test_send_needs_a_method),
        cmocka_unit_test(test_the_fourth_send_is_refused),
        cmocka_unit_test(test_actions_of_begin_are_believed),
        cmocka_unit_test(test_actions_of_answers_need_a_signature),
        cmocka_unit_test(test_actions_expire_in_the_future),
        cmocka_unit_test(test_browser_actions_go_to_allowed_hosts),
        cmocka_unit_test(test_text_actions_have_a_text),
        cmocka_unit_test(test_an_action_stands_alone),
        cmocka_unit_test(test_an_answer_that_is_done_says_an_outcome),
        cmocka_unit_test(test_the_platforms_number_needs_a_signature),
        cmocka_unit_test(test_a_refund_is_of_our_order),
        cmocka_unit_test(test_outcomes_come_with_done),
        cmocka_unit_test(test_memory_ends_at_2_kib),
        cmocka_unit_test(test_memory_names_are_plain),
        cmocka_unit_test(test_memory_sizes_do_not_wrap),
        cmocka_unit_test(test_need_key_names_a_key),
        cmocka_unit_test(test_ask_names_what_to_ask_about),
        cmocka_unit_test(test_identity_needs_a_signature),
        cmocka_unit_test(test_refunded_total_needs_a_signature),
        cmocka_unit_test(test_values_out_of_range_are_refused),
        cmocka_unit_test(test_names_of_outcomes_and_steps),
        cmocka_unit_test(test_with_a_payer_the_buyer_posts_or_scans),
        cmocka_unit_test(test_a_payer_stands_in_forms_and_bodies_alone),
        cmocka_unit_test(test_what_an_answer_names_is_not_the_payer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
