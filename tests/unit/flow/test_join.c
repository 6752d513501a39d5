/* SPDX-License-Identifier: Apache-2.0 */
/* A duplicate of a CreatePayment that is still in flight joins it: one exchange, one answer. */
#include "tests/unit/flow/fake_ask.h"

#define ASKS 20

static struct fake_ask asks[ASKS];

static void join_start(struct fake_ask *ask, uint32_t terminal)
{
    struct fq_operation *operation = fake_create_request(ask, "key-00000001", "order-1");
    operation->create_payment.terminal = terminal;
    fq_flow_operation(fake.flow, operation);
}

/* Everything but what the platform answers. */
static void join_run_to_the_network(void)
{
    for (size_t i = 0; i < fake.n_pending;) {
        if (fake.pending[i].work == FAKE_SEND)
            i++;
        else
            fake_step(i), i = 0;
    }
}

static void assert_all_have_one_code(void)
{
    for (size_t i = 0; i < ASKS; i++) {
        assert_int_equal(asks[i].n_finished, 1);
        assert_int_equal(asks[i].code, FQ_CODE_OK);
        assert_int_equal(asks[i].action, 2);
        assert_string_equal(asks[i].action_text, asks[0].action_text);
        assert_string_equal(asks[i].payment_id, asks[0].payment_id);
    }
    assert_int_equal(fake.n_sent[FQ_CALL_CREATE], 1);
    assert_int_equal(fake.store.n_payments, 1);
    assert_int_equal(fake_ledger(0)->payment.n_attempts, 1);
}

static void test_duplicates_at_once_make_one_exchange(void **state)
{
    (void)state;
    for (size_t i = 0; i < ASKS; i++)
        join_start(&asks[i], FQ_TERMINAL_QR);
    fake_say(FQ_CALL_CREATE, FQ_OUTCOME_PENDING)->action = FQ_ACTION_QR_CODE;
    fake_run();
    assert_all_have_one_code();
}

static void test_duplicates_while_the_platform_is_asked_wait_for_it(void **state)
{
    (void)state;
    join_start(&asks[0], FQ_TERMINAL_QR);
    join_run_to_the_network();
    for (size_t i = 1; i < ASKS; i++)
        join_start(&asks[i], FQ_TERMINAL_QR);
    join_run_to_the_network();
    assert_int_equal(fake_n_pending(FAKE_SEND), 1);
    for (size_t i = 0; i < ASKS; i++)
        assert_int_equal(asks[i].n_finished, 0);
    fake_say(FQ_CALL_CREATE, FQ_OUTCOME_PENDING)->action = FQ_ACTION_QR_CODE;
    fake_run();
    assert_all_have_one_code();
}

/* The answer was lost: nobody sends it again unless somebody asks again. */
static void test_duplicates_share_what_is_unclear(void **state)
{
    (void)state;
    for (size_t i = 0; i < ASKS; i++)
        join_start(&asks[i], FQ_TERMINAL_QR);
    fake.transport = FQ_TRANSPORT_LOST;
    fake_run();
    for (size_t i = 0; i < ASKS; i++) {
        assert_int_equal(asks[i].code, FQ_CODE_OK);
        assert_int_equal(asks[i].action, 0);
    }
    assert_int_equal(fake.n_sent[FQ_CALL_CREATE], 1);
    fake_say(FQ_CALL_CREATE, FQ_OUTCOME_PENDING)->action = FQ_ACTION_QR_CODE;
    join_start(&asks[0], FQ_TERMINAL_QR);
    fake_run();
    assert_int_equal(asks[0].action, 2);
    assert_int_equal(fake_ledger(0)->payment.n_attempts, 1);
}

static void test_what_the_store_did_not_keep_is_tried_by_the_next(void **state)
{
    (void)state;
    join_start(&asks[0], FQ_TERMINAL_QR);
    join_run_to_the_network();
    join_start(&asks[1], FQ_TERMINAL_QR);
    join_run_to_the_network();
    fake_say(FQ_CALL_CREATE, FQ_OUTCOME_PENDING)->action = FQ_ACTION_QR_CODE;
    fake_say(FQ_CALL_CREATE, FQ_OUTCOME_PENDING)->action = FQ_ACTION_QR_CODE;
    fake.store.n_tx_faults = 1;
    fake_run();
    assert_int_equal(asks[0].action, 0);
    assert_int_equal(asks[1].action, 2);
    assert_int_equal(fake.n_sent[FQ_CALL_CREATE], 2);
    assert_int_equal(fake_ledger(0)->payment.n_attempts, 1);
}

static void test_an_app_string_is_planned_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < ASKS; i++)
        join_start(&asks[i], FQ_TERMINAL_APP);
    fake_run();
    for (size_t i = 0; i < ASKS; i++)
        assert_string_equal(asks[i].action_text, asks[0].action_text);
    assert_int_equal(fake.n_begun[FQ_CALL_CREATE], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(test_duplicates_at_once_make_one_exchange),
        FAKE_TEST(test_duplicates_while_the_platform_is_asked_wait_for_it),
        FAKE_TEST(test_duplicates_share_what_is_unclear),
        FAKE_TEST(test_what_the_store_did_not_keep_is_tried_by_the_next),
        FAKE_TEST(test_an_app_string_is_planned_once),
    };
    return cmocka_run_group_tests_name("join", tests, NULL, NULL);
}
