/* SPDX-License-Identifier: Apache-2.0 */
/* A payer's way: from the request into the platform's form, and nowhere else. */
#include <unistd.h>

#include "daemon/flow/parts.h"
#include "tests/unit/flow/fake_ask.h"

#define NAME   "金丝雀·Canary"
#define NUMBER "11010519491231002X"
#define PHONE  "+86-13800138000"

static struct fake_ask created;

static struct fq_operation *payer_request(struct fake_ask *ask, const char *key, const char *order)
{
    struct fq_operation *operation = fake_create_request(ask, key, order);
    operation->create_payment.has_payer = true;
    operation->create_payment.payer =
        (struct fq_payer){ .name = fake_copied(operation, NAME),
                           .document_type = FQ_DOCUMENT_IDENTITY_CARD,
                           .document_number = fake_copied(operation, NUMBER),
                           .phone = fake_copied(operation, PHONE) };
    fake.payer = (struct fq_payer){ fq_lit(NAME), 0, fq_lit(NUMBER), fq_lit(PHONE) };
    return operation;
}

static void payer_ask(struct fq_operation *operation)
{
    fq_flow_operation(fake.flow, operation);
    fake_run();
}

static void payer_created(void)
{
    created = (struct fake_ask){ 0 };
    payer_ask(payer_request(&created, "key-00000001", "order-1"));
    assert_int_equal(created.code, FQ_CODE_OK);
}

static void assert_refused(const struct fake_ask *ask, uint32_t code, const char *field,
                           const char *reason)
{
    assert_int_equal(ask->n_finished, 1);
    assert_int_equal(ask->code, code);
    assert_string_equal(ask->reason, reason);
    assert_string_equal(ask->field, field);
    assert_int_equal(fake.store.n_payments, 0);
}

static void assert_kept_nowhere(const struct fq_ledger *ledger)
{
    const struct fq_payment *payment = &ledger->payment;
    const struct fq_attempt *attempt = &ledger->attempts[0];
    const struct fq_str texts[] = { payment->payer,         payment->subject,
                                    payment->quote,         payment->platform_ref,
                                    attempt->memory,        attempt->action_text,
                                    attempt->platform_code, attempt->platform_text };
    for (size_t i = 0; i < fq_array_size(texts); i++)
        assert_false(fq_payer_shows(&fake.payer, texts[i]));
}

/* ---- taking one ---- */

static void test_a_payer_is_stored_sealed(void **state)
{
    (void)state;
    payer_created();
    assert_true(fake_ledger(0)->payment.identity_asked);
    assert_int_equal(fake_ledger(0)->payment.identity, FQ_IDENTITY_UNKNOWN);
    assert_true(fake_ledger(0)->payment.payer.len > 32);
    assert_kept_nowhere(fake_ledger(0));
}

static void test_without_a_payer_nothing_is_stored(void **state)
{
    (void)state;
    fake_create(&created, "key-00000001", "order-1");
    assert_false(fake_ledger(0)->payment.identity_asked);
    assert_int_equal(fake_ledger(0)->payment.identity, FQ_IDENTITY_NOT_ASKED);
    assert_int_equal(fake_ledger(0)->payment.payer.len, 0);
}

static void test_what_is_wrong_with_a_payer_is_named(void **state)
{
    (void)state;

    static const struct {
        struct fq_payer payer;
        const char *field, *reason;
    } rows[] = {
        { { .phone = { PHONE, 15 } }, "create_payment.payer.name", "PAYER_NAME_INVALID" },
        { { .name = { "a\nb", 3 } }, "create_payment.payer.name", "PAYER_NAME_INVALID" },
        { { .name = { NAME, 9 }, .document_number = { NUMBER, 18 } },
          "create_payment.payer.document_type",
          "DOCUMENT_TYPE_INVALID" },
        { { .name = { NAME, 9 },
            .document_type = FQ_DOCUMENT_IDENTITY_CARD,
            .document_number = { "110105194912310021", 18 } },
          "create_payment.payer.document_number",
          "DOCUMENT_NUMBER_INVALID" },
        { { .name = { NAME, 9 }, .phone = { "phone", 5 } },
          "create_payment.payer.phone",
          "PAYER_PHONE_INVALID" },
    };

    for (size_t i = 0; i < fq_array_size(rows); i++) {
        struct fake_ask ask = { 0 };
        struct fq_operation *operation = payer_request(&ask, "key-00000001", "order-1");
        operation->create_payment.payer = rows[i].payer;
        payer_ask(operation);
        assert_refused(&ask, FQ_CODE_INVALID_ARGUMENT, rows[i].field, rows[i].reason);
    }
}

static void test_a_channel_must_take_payers(void **state)
{
    (void)state;
    fake.channel.about.takes_payer = 0;
    payer_ask(payer_request(&created, "key-00000001", "order-1"));
    assert_refused(&created, FQ_CODE_INVALID_ARGUMENT, "create_payment.payer",
                   "PAYER_NOT_SUPPORTED");
}

static void test_no_payer_goes_through_an_app(void **state)
{
    (void)state;
    struct fq_operation *operation = payer_request(&created, "key-00000001", "order-1");
    operation->create_payment.terminal = FQ_TERMINAL_APP;
    payer_ask(operation);
    assert_refused(&created, FQ_CODE_INVALID_ARGUMENT, "create_payment.payer",
                   "PAYER_NOT_WITH_APP");
}

static void test_without_a_key_payers_are_refused(void **state)
{
    (void)state;
    fake.has_no_payer_key = true;
    payer_ask(payer_request(&created, "key-00000001", "order-1"));
    assert_refused(&created, FQ_CODE_FAILED_PRECONDITION, "", "PAYER_KEY_MISSING");
    fake.has_no_payer_key = false;
    payer_created();
}

/* ---- the same content ---- */

static void test_the_same_payer_is_the_same_content(void **state)
{
    (void)state;
    struct fake_ask again = { 0 };
    payer_created();
    payer_ask(payer_request(&again, "key-00000001", "order-1"));
    assert_int_equal(again.code, FQ_CODE_OK);
    assert_string_equal(again.payment_id, created.payment_id);
}

static void test_another_payer_or_none_is_other_content(void **state)
{
    (void)state;
    struct fq_operation *operation;
    payer_created();
    for (int i = 0; i < 5; i++) {
        struct fake_ask again = { 0 };
        operation = payer_request(&again, "key-00000001", "order-1");
        struct fq_payer *payer = &operation->create_payment.payer;
        if (i == 0)
            operation->create_payment.has_payer = false;
        else if (i == 1)
            payer->name = fq_lit("Somebody Else");
        else if (i == 2)
            payer->document_type = FQ_DOCUMENT_HOKOU;
        else if (i == 3)
            payer->document_number = fq_lit("440524188001010014");
        else
            payer->phone = fq_lit("13900139000");
        payer_ask(operation);
        assert_int_equal(again.code, FQ_CODE_ALREADY_EXISTS);
    }
    assert_int_equal(fake.store.n_payments, 1);
}

static void test_a_payer_enters_no_plain_digest(void **state)
{
    (void)state;
    payer_created();
    assert_false(fake.is_payer_hashed);
}

/* ---- passing it on ---- */

static void test_only_create_sees_the_payer(void **state)
{
    (void)state;
    struct fake_page page;
    struct fake_ask ask;
    payer_created();
    fake_visit(&page, "POST", created.action_text);
    assert_string_equal(fake.payer_seen[FQ_CALL_CREATE], NAME);
    struct fq_operation *operation = fake_get_request(&ask, created.payment_id);
    operation->get_payment.refresh = true;
    payer_ask(operation);
    assert_int_equal(fake.n_begun[FQ_CALL_QUERY], 1);
    assert_string_equal(fake.payer_seen[FQ_CALL_QUERY], "");
}

static void test_the_payer_is_posted_by_the_buyers_browser(void **state)
{
    (void)state;
    struct fake_page page;
    payer_created();
    fake_visit(&page, "GET", created.action_text);
    assert_null(strstr(page.body, NAME));
    fake_visit(&page, "POST", created.action_text);
    assert_int_equal(page.status, 200);
    assert_string_equal(page.location, "");
    assert_non_null(strstr(page.body, NAME));
    assert_kept_nowhere(fake_ledger(0));
}

static void test_a_code_is_asked_for_with_the_payer(void **state)
{
    (void)state;
    struct fq_operation *operation = payer_request(&created, "key-00000001", "order-1");
    operation->create_payment.terminal = FQ_TERMINAL_QR;
    fake_say(FQ_CALL_CREATE, FQ_OUTCOME_ACCEPTED)->action = FQ_ACTION_QR_CODE;
    created = (struct fake_ask){ 0 };
    payer_ask(operation);
    assert_int_equal(created.code, FQ_CODE_OK);
    assert_string_equal(fake.payer_seen[FQ_CALL_CREATE], NAME);
    assert_int_equal(created.action, 2);
    assert_kept_nowhere(fake_ledger(0));
}

static void test_the_buyer_may_come_twice(void **state)
{
    (void)state;
    struct fake_page page;
    payer_created();
    fake_visit(&page, "POST", created.action_text);
    memset(fake.payer_seen, 0, sizeof(fake.payer_seen));
    fake_visit(&page, "POST", created.action_text);
    assert_string_equal(fake.payer_seen[FQ_CALL_CREATE], NAME);
    assert_non_null(strstr(page.body, NAME));
}

/* Right after a start the renewed certificate is in the store alone, and the platform may not open
 * any more what is encrypted to the configured one. */
static void test_nothing_is_planned_before_renewed_keys_are_known(void **state)
{
    (void)state;
    struct fake_page page;
    fake.adapter.task = fake_can;
    fake.channel.about.task_every_ms = 86400000;
    fake_say(FQ_CALL_TASK, FQ_OUTCOME_UNSET);
    payer_created();
    fake_visit(&page, "POST", created.action_text);
    assert_int_equal(page.status, 503);
    assert_int_equal(fake.n_begun[FQ_CALL_CREATE], 0);
    fq_chores_start(fake.flow);
    fake_pass(3000);
    fake_visit(&page, "POST", created.action_text);
    assert_int_equal(page.status, 200);
    assert_string_equal(fake.payer_seen[FQ_CALL_CREATE], NAME);
}

/* ---- when it cannot be opened ---- */

static void test_with_the_key_lost_nothing_is_planned(void **state)
{
    (void)state;
    struct fake_page page;
    payer_created();
    fake.has_no_payer_key = true;
    fake_visit(&page, "POST", created.action_text);
    assert_int_equal(page.status, 503);
    assert_int_equal(fake.n_begun[FQ_CALL_CREATE], 0);
    assert_int_equal(fake_ledger(0)->payment.n_attempts, 0);
    fake.has_no_payer_key = false;
    fake_visit(&page, "POST", created.action_text);
    assert_int_equal(page.status, 200);
}

static void test_the_key_may_get_lost_between_two_visits(void **state)
{
    (void)state;
    struct fake_page page;
    payer_created();
    fake_visit(&page, "POST", created.action_text);
    fake.has_no_payer_key = true;
    fake_visit(&page, "POST", created.action_text);
    assert_int_equal(page.status, 503);
    assert_int_equal(fake_ledger(0)->attempts[0].state, FQ_ATTEMPT_SENT);
    assert_true(fake_ledger(0)->attempts[0].due_ms > 0);
}

static void test_a_payer_of_another_payment_does_not_open(void **state)
{
    (void)state;
    struct fake_ask other = { 0 };
    struct fake_page page;
    payer_created();
    payer_ask(payer_request(&other, "key-00000002", "order-2"));
    struct fq_payment *first = &fake_ledger(0)->payment, *second = &fake_ledger(1)->payment;
    struct fq_str payer = first->payer;
    first->payer = second->payer;
    second->payer = payer;
    fake_visit(&page, "POST", created.action_text);
    assert_int_equal(page.status, 503);
    assert_int_equal(fake.n_begun[FQ_CALL_CREATE], 0);
}

static void test_a_payment_whose_payer_is_gone_is_nobody_elses(void **state)
{
    (void)state;
    struct fake_page page;
    payer_created();
    fake_ledger(0)->payment.payer = (struct fq_str){ NULL, 0 };
    fake_visit(&page, "POST", created.action_text);
    assert_int_equal(page.status, 503);
    assert_int_equal(fake.n_begun[FQ_CALL_CREATE], 0);
}

/* ---- adapters and platforms that tell ---- */

static void test_an_adapter_that_links_or_remembers_the_payer_is_refused(void **state)
{
    (void)state;
    const uint32_t leaks[] = { FAKE_LEAK_LINK, FAKE_LEAK_MEMORY };
    struct fake_page page;
    payer_created();
    for (size_t i = 0; i < fq_array_size(leaks); i++) {
        fake.leak = leaks[i];
        fake_visit(&page, "POST", created.action_text);
        assert_int_equal(page.status, 503);
        assert_string_equal(page.location, "");
        assert_int_equal(fake_ledger(0)->payment.n_attempts, 0);
    }
}

/* What the daemon writes to stderr while the page is visited. */
static void payer_visit_and_listen(struct fake_page *page, char *ret, size_t size)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    int kept = dup(STDERR_FILENO);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    fq_log_level(LOG_DEBUG);
    fake_visit(page, "POST", created.action_text);
    fq_log_level(LOG_CRIT);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    (void)close(kept);
    rewind(file);
    ret[fread(ret, 1, size - 1, file)] = '\0';
    (void)fclose(file);
}

static void test_a_fault_that_names_the_payer_is_not_logged(void **state)
{
    (void)state;
    struct fake_page page;
    char said[8192];
    payer_created();
    fake.leak = FAKE_LEAK_REASON;
    payer_visit_and_listen(&page, said, sizeof(said));
    assert_int_equal(page.status, 503);
    assert_non_null(strstr(said, "it names the payer"));
    assert_null(strstr(said, NAME));
}

static void test_the_operator_hears_of_a_lost_key(void **state)
{
    (void)state;
    struct fake_page page;
    char said[8192];
    payer_created();
    fake.has_no_payer_key = true;
    payer_visit_and_listen(&page, said, sizeof(said));
    assert_non_null(strstr(said, "FAULT=ours"));
    assert_non_null(strstr(said, "is the key they were sealed with configured?"));
}

static void test_what_the_platform_says_of_the_payer_is_left_out(void **state)
{
    (void)state;
    struct fq_operation *operation = payer_request(&created, "key-00000001", "order-1");
    operation->create_payment.terminal = FQ_TERMINAL_QR;
    struct fq_verdict *verdict = fake_say(FQ_CALL_CREATE, FQ_OUTCOME_DECLINED);
    verdict->platform_code = fq_lit("40004/" NUMBER);
    verdict->platform_text = fq_lit("no account of " NAME);
    created = (struct fake_ask){ 0 };
    payer_ask(operation);
    assert_int_equal(fake_ledger(0)->attempts[0].last_outcome, FQ_OUTCOME_DECLINED);
    assert_true(fake_ledger(0)->attempts[0].platform_text.len > 0);
    assert_kept_nowhere(fake_ledger(0));
}

/* ---- the end ---- */

static void test_paid_forgets_the_payer(void **state)
{
    (void)state;
    struct fake_page page;
    char number[64];
    payer_created();
    fake_visit(&page, "POST", created.action_text);
    memcpy(number, fake.number_asked, sizeof(number));
    fake_notify(&page, FQ_OUTCOME_PAID, number)->identity = FQ_IDENTITY_REAL_NAME_MATCHED;
    fake_run();
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_PAID);
    assert_int_equal(fake_ledger(0)->payment.payer.len, 0);
    assert_int_equal(fake_ledger(0)->payment.identity, FQ_IDENTITY_REAL_NAME_MATCHED);
}

static void test_closed_forgets_the_payer(void **state)
{
    (void)state;
    struct fake_ask ask;
    payer_created();
    struct fq_operation *operation = fake_request(&ask, FQ_OP_CLOSE_PAYMENT);
    operation->close_payment.payment_id = fake_copied(operation, created.payment_id);
    payer_ask(operation);
    assert_int_equal(fake_ledger(0)->payment.state, FQ_PAYMENT_CLOSED);
    assert_int_equal(fake_ledger(0)->payment.payer.len, 0);
    struct fake_ask again = { 0 };
    payer_ask(payer_request(&again, "key-00000001", "order-1"));
    assert_string_equal(again.payment_id, created.payment_id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(test_a_payer_is_stored_sealed),
        FAKE_TEST(test_without_a_payer_nothing_is_stored),
        FAKE_TEST(test_what_is_wrong_with_a_payer_is_named),
        FAKE_TEST(test_a_channel_must_take_payers),
        FAKE_TEST(test_no_payer_goes_through_an_app),
        FAKE_TEST(test_without_a_key_payers_are_refused),
        FAKE_TEST(test_the_same_payer_is_the_same_content),
        FAKE_TEST(test_another_payer_or_none_is_other_content),
        FAKE_TEST(test_a_payer_enters_no_plain_digest),
        FAKE_TEST(test_only_create_sees_the_payer),
        FAKE_TEST(test_the_payer_is_posted_by_the_buyers_browser),
        FAKE_TEST(test_a_code_is_asked_for_with_the_payer),
        FAKE_TEST(test_the_buyer_may_come_twice),
        FAKE_TEST(test_nothing_is_planned_before_renewed_keys_are_known),
        FAKE_TEST(test_with_the_key_lost_nothing_is_planned),
        FAKE_TEST(test_the_key_may_get_lost_between_two_visits),
        FAKE_TEST(test_a_payer_of_another_payment_does_not_open),
        FAKE_TEST(test_a_payment_whose_payer_is_gone_is_nobody_elses),
        FAKE_TEST(test_an_adapter_that_links_or_remembers_the_payer_is_refused),
        FAKE_TEST(test_a_fault_that_names_the_payer_is_not_logged),
        FAKE_TEST(test_the_operator_hears_of_a_lost_key),
        FAKE_TEST(test_what_the_platform_says_of_the_payer_is_left_out),
        FAKE_TEST(test_paid_forgets_the_payer),
        FAKE_TEST(test_closed_forgets_the_payer),
    };
    return cmocka_run_group_tests_name("flow/payer", tests, NULL, NULL);
}
