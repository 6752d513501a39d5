/* SPDX-License-Identifier: Apache-2.0 */
/* What is left in the file of a payer whose payment has ended: nothing, not even what was sealed.
 */
#include "tests/unit/store/rig.h"

#define SEALED "\x01sealed-canary-0123456789-abcdefghijklmnopqrstuvwxyz"

static char long_quote[8000]; /* makes the row larger than a page */

static int decide_with_payer(struct fq_tx *tx)
{
    FQ_TRY(decide_create(tx) == FQ_DECIDE_WRITE ? 0 : -EPROTO);
    tx->ledger->payment.identity_asked = true;
    tx->ledger->payment.payer = fq_lit(SEALED);
    if (deed_of(tx)->seq % 2 == 0)
        tx->ledger->payment.quote = (struct fq_str){ long_quote, sizeof(long_quote) };
    return FQ_DECIDE_WRITE;
}

static void payer_create(const struct rig *rig, int64_t seq)
{
    FQ_CLEANUP(deed) *deed = deed_create(seq);
    deed->tx.decide = decide_with_payer;
    assert_int_equal(rig_do(rig, deed), 0);
}

static bool payer_is_in_file(const struct rig *rig)
{
    FILE *file = fopen(rig->path, "r");
    assert_non_null(file);
    FQ_CLEANUP_FREE char *bytes = fq_zalloc(1 << 20);
    size_t n = fread(bytes, 1, 1 << 20, file);
    (void)fclose(file);
    assert_true(n > 0 && n < 1 << 20);
    return memmem(bytes, n, SEALED, sizeof(SEALED) - 1) != NULL;
}

static void a_payer_is_read_as_it_was_written(void **state)
{
    const struct rig *rig = *state;
    payer_create(rig, 1);
    FQ_CLEANUP(look) *look = rig_payment(rig, 1);
    const struct fq_payment *payment = &look->read.ledger->payment;
    assert_true(payment->identity_asked);
    assert_true(fq_str_equal(payment->payer, fq_lit(SEALED)));
}

static void while_the_payment_is_open_the_file_has_it(void **state)
{
    struct rig *rig = *state;
    payer_create(rig, 1);
    rig_close(rig);
    assert_true(payer_is_in_file(rig));
}

static void when_all_payments_have_ended_nothing_is_left(void **state)
{
    struct rig *rig = *state;
    memset(long_quote, 'q', sizeof(long_quote));
    for (int64_t seq = 1; seq <= 20; seq++)
        payer_create(rig, seq);
    rig_close(rig); /* written back from the log */
    assert_true(payer_is_in_file(rig));
    assert_int_equal(rig_open(rig), 0);
    for (int64_t seq = 1; seq <= 20; seq++)
        rig_close_payment(rig, seq);
    FQ_CLEANUP(look) *look = rig_payment(rig, 20);
    assert_int_equal(look->read.ledger->payment.payer.len, 0);
    rig_close(rig);
    assert_false(payer_is_in_file(rig));
}

#define PAYER_TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAYER_TEST(a_payer_is_read_as_it_was_written),
        PAYER_TEST(while_the_payment_is_open_the_file_has_it),
        PAYER_TEST(when_all_payments_have_ended_nothing_is_left),
    };
    return cmocka_run_group_tests_name("store/payer", tests, NULL, NULL);
}
