/* SPDX-License-Identifier: Apache-2.0 */
/* Several addresses: one at a time, in order, and with one that works until it fails. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>

#include "tests/unit/client/fake.h"

struct end {
    unsigned n;
    int error;
};

static void end_tell(void *context, int error, struct fenqi_reply *reply)
{
    struct end *end = context;
    end->n++;
    end->error = error;
    fenqi_reply_free(reply);
}

static void submit(struct rig *rig, int timeout_ms, struct end *end)
{
    Fenqi__V1__GetInfo info = FENQI__V1__GET_INFO__INIT;
    Fenqi__V1__Request request = FENQI__V1__REQUEST__INIT;
    request.operation_case = FENQI__V1__REQUEST__OPERATION_GET_INFO;
    request.get_info = &info;
    assert_int_equal(fenqi_submit(rig->client, &request, timeout_ms, end_tell, end), FENQI_OK);
}

/* Asked and answered at the i-th. */
static void expect_at(struct rig *rig, size_t i)
{
    struct end end = { 0 };
    submit(rig, WITHIN_MS, &end);
    struct heard *heard = rig_hear(rig, i);
    fake_say_info(rig, i, heard, "1");
    heard_free(heard);
    rig_until(rig, end.n == 1);
    assert_int_equal(end.error, FENQI_OK);
}

static void the_first_is_asked_while_it_works(void **state)
{
    (void)state;
    struct rig *rig = rig_new(2);
    expect_at(rig, 0);
    expect_at(rig, 0);
    assert_null(fake_take(&rig->fakes[1]));
    rig_free(rig);
}

static void one_that_is_down_is_left_for_good(void **state)
{
    (void)state;
    struct rig *rig = rig_new(3);
    fake_stop(&rig->fakes[0]);
    expect_at(rig, 1);
    fake_start(&rig->fakes[0]);
    expect_at(rig, 1); /* and stays there */
    fake_stop(&rig->fakes[1]);
    expect_at(rig, 2);
    fake_stop(&rig->fakes[2]);
    expect_at(rig, 0); /* after the last comes the first */
    rig_free(rig);
}

static void what_was_on_its_way_arrives_at_the_next(void **state)
{
    (void)state;
    struct rig *rig = rig_new(2);
    struct end end = { 0 };
    expect_at(rig, 0);
    submit(rig, WITHIN_MS, &end);
    heard_free(rig_hear(rig, 0));
    fake_stop(&rig->fakes[0]);
    struct heard *heard = rig_hear(rig, 1);
    fake_say_info(rig, 1, heard, "1");
    heard_free(heard);
    rig_until(rig, end.n == 1);
    assert_int_equal(end.error, FENQI_OK);
    rig_free(rig);
}

static void one_that_is_silent_is_left(void **state)
{
    (void)state;
    struct rig *rig = rig_new(2);
    struct end end = { 0 };
    expect_at(rig, 0);
    submit(rig, 3000, &end);
    heard_free(rig_hear(rig, 0));
    struct heard *heard = rig_hear(rig, 1);
    fake_say_info(rig, 1, heard, "1");
    heard_free(heard);
    rig_until(rig, end.n == 1);
    expect_at(rig, 1);
    rig_free(rig);
}

static void one_that_answers_others_is_not_left(void **state)
{
    (void)state;
    struct rig *rig = rig_new(2);
    struct end slow = { 0 };
    submit(rig, 1500, &slow);
    heard_free(rig_hear(rig, 0));
    expect_at(rig, 0);
    heard_free(rig_hear(rig, 0)); /* it is sent again, to the same one */
    expect_at(rig, 0);
    assert_null(fake_take(&rig->fakes[1]));
    rig_free(rig);
}

static void one_that_is_shutting_down_is_left_at_once(void **state)
{
    (void)state;
    struct rig *rig = rig_new(2);
    struct end end = { 0 };
    submit(rig, WITHIN_MS, &end);
    struct heard *heard = rig_hear(rig, 0);
    fake_refuse(rig, 0, heard, FENQI__V1__CODE__CODE_UNAVAILABLE, "STOPPING", 2 * WITHIN_MS);
    heard_free(heard);
    heard = rig_hear(rig, 1);
    fake_say_info(rig, 1, heard, "1");
    heard_free(heard);
    rig_until(rig, end.n == 1);
    assert_int_equal(end.error, FENQI_OK);
    rig_free(rig);
}

/* A ledger, a platform: the others have no better ones. */
static void what_is_unavailable_is_waited_for(void **state)
{
    (void)state;
    struct rig *rig = rig_new(2);
    struct end end = { 0 };
    submit(rig, WITHIN_MS, &end);
    struct heard *heard = rig_hear(rig, 0);
    fake_refuse(rig, 0, heard, FENQI__V1__CODE__CODE_UNAVAILABLE, "LEDGER_UNAVAILABLE", 10);
    heard_free(heard);
    heard = rig_hear(rig, 0);
    assert_null(fake_take(&rig->fakes[1]));
    fake_say_info(rig, 0, heard, "0");
    heard_free(heard);
    rig_until(rig, end.n == 1);
    rig_free(rig);
}

static void addresses_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const endpoints[] = { "",
                                             "tcp://",
                                             "tcp://host",
                                             "tcp://host:0",
                                             "tcp://host:65536",
                                             "tcp://host:*",
                                             "tcp://host:80x",
                                             "ipc://",
                                             "udp://host:80",
                                             "inproc://x" };
    struct rig *rig = rig_new(1);
    for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++)
        assert_int_equal(fenqi_client_add(rig->client, endpoints[i], NULL), FENQI_E_ARGUMENT);
    assert_int_equal(fenqi_client_add(rig->client, "tcp://[::1]:7766", "no key"), FENQI_E_ARGUMENT);
    for (size_t i = 1; i < FENQI_ADDRESSES_MAX; i++)
        assert_int_equal(fenqi_client_add(rig->client, "tcp://[::1]:7766", NULL), FENQI_OK);
    assert_int_equal(fenqi_client_add(rig->client, "tcp://[::1]:7766", NULL), FENQI_E_ARGUMENT);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_asked_while_it_works),
        cmocka_unit_test(one_that_is_down_is_left_for_good),
        cmocka_unit_test(what_was_on_its_way_arrives_at_the_next),
        cmocka_unit_test(one_that_is_silent_is_left),
        cmocka_unit_test(one_that_answers_others_is_not_left),
        cmocka_unit_test(one_that_is_shutting_down_is_left_at_once),
        cmocka_unit_test(what_is_unavailable_is_waited_for),
        cmocka_unit_test(addresses_that_are_none_are_refused),
    };
    return cmocka_run_group_tests_name("client: failover", tests, NULL, NULL);
}
