/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of event consumers in the store: where each stands, how many there are, how far the log
 * is. */
#include "tests/unit/store/rig.h"

/* A group, and where it is to be put; below 0: nowhere. */
struct place {
    struct deed *deed;
    struct fq_group_row row;
    int64_t cursor;
};

static struct place place; /* of the deed that runs */

static int decide_put(struct fq_tx *tx)
{
    if (place.cursor < 0)
        return FQ_DECIDE_KEEP;
    tx->group->cursor = place.cursor;
    tx->group->at_ms = RIG_NOW_MS;
    tx->group->is_dirty = true;
    return FQ_DECIDE_WRITE;
}

static struct fq_group_row put(const struct rig *rig, const char *merchant, const char *name,
                               int64_t cursor)
{
    FQ_CLEANUP(deed) *deed = deed_new(decide_put);
    place.row =
        (struct fq_group_row){ .merchant_id = fq_str_of(merchant), .name = fq_str_of(name) };
    place.cursor = cursor;
    deed->tx.group = &place.row;
    assert_int_equal(rig_do(rig, deed), 0);
    return place.row;
}

static struct fq_group_row look(const struct rig *rig, const char *merchant, const char *name)
{
    return put(rig, merchant, name, -1);
}

static void a_group_is_not_known_until_it_is_put(void **state)
{
    const struct rig *rig = *state;
    struct fq_group_row row = look(rig, "m-1", "books");
    assert_false(row.is_known);
    assert_int_equal(row.cursor, 0);
    assert_int_equal(row.n_of_merchant, 0);
    assert_int_equal(row.newest_cursor, 0);
    (void)put(rig, "m-1", "books", 0);
    row = look(rig, "m-1", "books");
    assert_true(row.is_known);
    assert_int_equal(row.n_of_merchant, 1);
}

static void it_stands_where_it_was_put_last_also_after_a_restart(void **state)
{
    struct rig *rig = *state;
    (void)put(rig, "m-1", "books", 7);
    (void)put(rig, "m-1", "books", 41);
    (void)put(rig, "m-1", "books", 40);
    rig_close(rig);
    assert_int_equal(rig_open(rig), 0);
    assert_int_equal(look(rig, "m-1", "books").cursor, 40);
}

static void merchants_and_names_are_told_apart(void **state)
{
    const struct rig *rig = *state;
    (void)put(rig, "m-1", "books", 7);
    (void)put(rig, "m-2", "books", 8);
    (void)put(rig, "m-1", "mail", 9);
    assert_int_equal(look(rig, "m-1", "books").cursor, 7);
    assert_int_equal(look(rig, "m-2", "books").cursor, 8);
    assert_int_equal(look(rig, "m-1", "mail").cursor, 9);
    assert_int_equal(look(rig, "m-1", "other").n_of_merchant, 2);
    assert_int_equal(look(rig, "m-2", "other").n_of_merchant, 1);
}

static void it_sees_how_far_its_merchants_log_is(void **state)
{
    const struct rig *rig = *state;
    for (int64_t seq = 1; seq <= 3; seq++) {
        char number[] = { 'T', (char)('0' + seq), 0 };
        rig_create(rig, seq);
        rig_pay(rig, seq, number);
    }
    assert_int_equal(look(rig, "m-1", "books").newest_cursor, 3);
    assert_int_equal(look(rig, "m-2", "books").newest_cursor, 0);
}

static int decide_remove(struct fq_tx *tx)
{
    tx->group->is_dirty = tx->group->is_removed = true;
    return FQ_DECIDE_WRITE;
}

static void one_that_is_removed_makes_room(void **state)
{
    const struct rig *rig = *state;
    (void)put(rig, "m-1", "books", 7);
    (void)put(rig, "m-1", "mail", 8);
    (void)put(rig, "m-2", "books", 9);
    FQ_CLEANUP(deed) *deed = deed_new(decide_remove);
    place.row = (struct fq_group_row){ .merchant_id = fq_lit("m-1"), .name = fq_lit("books") };
    deed->tx.group = &place.row;
    assert_int_equal(rig_do(rig, deed), 0);
    assert_false(look(rig, "m-1", "books").is_known);
    assert_int_equal(look(rig, "m-1", "mail").n_of_merchant, 1);
    assert_int_equal(look(rig, "m-1", "mail").cursor, 8);
    assert_int_equal(look(rig, "m-2", "books").cursor, 9);
    (void)put(rig, "m-1", "books", 1);
    assert_int_equal(look(rig, "m-1", "books").cursor, 1);
}

static void what_cannot_be_is_refused(void **state)
{
    const struct rig *rig = *state;
    FQ_CLEANUP(deed) *deed = deed_new(decide_put);
    place.row = (struct fq_group_row){ .merchant_id = fq_lit("m-1"), .name = fq_lit("") };
    place.cursor = 1;
    deed->tx.group = &place.row;
    assert_int_equal(rig_do(rig, deed), -ERANGE);
    assert_false(look(rig, "m-1", "").is_known);
}

#define rig_test(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_test(a_group_is_not_known_until_it_is_put),
        rig_test(it_stands_where_it_was_put_last_also_after_a_restart),
        rig_test(merchants_and_names_are_told_apart),
        rig_test(it_sees_how_far_its_merchants_log_is),
        rig_test(one_that_is_removed_makes_room),
        rig_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
