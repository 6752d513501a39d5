/* SPDX-License-Identifier: Apache-2.0 */
/* Many requests at once: each is told how it ended, once; what is sent again, and what is not. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <poll.h>

#include "tests/unit/client/fake.h"

#define N_MANY 50

/* How one request ended. */
struct end {
    unsigned n;
    int error;
    char version[64];
    char reason[64];
};

static void end_tell(void *context, int error, struct fenqi_reply *reply)
{
    struct end *end = context;
    end->n++;
    end->error = error;
    if (reply != NULL && reply->reply->outcome_case == FENQI__V1__REPLY__OUTCOME_INFO)
        (void)snprintf(end->version, sizeof(end->version), "%s", reply->reply->info->version);
    if (reply != NULL && reply->reply->outcome_case == FENQI__V1__REPLY__OUTCOME_ERROR)
        (void)snprintf(end->reason, sizeof(end->reason), "%s", reply->reply->error->reason);
    fenqi_reply_free(reply);
}

static int submit_info(struct rig *rig, int timeout_ms, struct end *end)
{
    Fenqi__V1__GetInfo info = FENQI__V1__GET_INFO__INIT;
    Fenqi__V1__Request request = FENQI__V1__REQUEST__INIT;
    request.operation_case = FENQI__V1__REQUEST__OPERATION_GET_INFO;
    request.get_info = &info;
    return fenqi_submit(rig->client, &request, timeout_ms, end_tell, end);
}

static int submit_close(struct rig *rig, int timeout_ms, struct end *end)
{
    char payment_id[] = "p1";
    Fenqi__V1__ClosePayment close_payment = FENQI__V1__CLOSE_PAYMENT__INIT;
    Fenqi__V1__Request request = FENQI__V1__REQUEST__INIT;
    close_payment.payment_id = payment_id;
    request.operation_case = FENQI__V1__REQUEST__OPERATION_CLOSE_PAYMENT;
    request.close_payment = &close_payment;
    return fenqi_submit(rig->client, &request, timeout_ms, end_tell, end);
}

static void answers_find_their_requests(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct end ends[N_MANY] = { { 0 } };
    struct heard *heard[N_MANY];
    for (size_t i = 0; i < N_MANY; i++)
        assert_int_equal(submit_info(rig, WITHIN_MS, &ends[i]), FENQI_OK);
    assert_int_equal(fenqi_client_pending(rig->client), N_MANY);
    for (size_t i = 0; i < N_MANY; i++)
        heard[i] = rig_hear(rig, 0);
    for (size_t i = N_MANY; i-- > 0;) {
        char version[24];
        (void)snprintf(version, sizeof(version), "%zu", i);
        fake_say_info(rig, 0, heard[i], version);
        heard_free(heard[i]);
    }
    rig_until(rig, fenqi_client_pending(rig->client) == 0);
    for (size_t i = 0; i < N_MANY; i++) {
        assert_int_equal(ends[i].n, 1);
        assert_int_equal(atoi(ends[i].version), i);
    }
    rig_free(rig);
}

/* ---- an event loop of one's own ---- */

/* Turns only when the descriptor says so. */
static void turn_by_descriptor(struct rig *rig)
{
    struct pollfd item = { .fd = fenqi_client_fd(rig->client), .events = POLLIN };
    if (poll(&item, 1, 2) == 1)
        assert_int_equal(fenqi_client_run(rig->client, 0), FENQI_OK);
}

static void the_descriptor_says_when_there_is_something_to_do(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct end answered = { 0 }, silent = { 0 };
    struct heard *heard = NULL;
    for (int round = 0; round < 200; round++) {
        answered.n = 0;
        assert_int_equal(submit_info(rig, WITHIN_MS, &answered), FENQI_OK);
        while ((heard = fake_take(&rig->fakes[0])) == NULL)
            turn_by_descriptor(rig);
        fake_say_info(rig, 0, heard, "1");
        heard_free(heard);
        while (answered.n == 0)
            turn_by_descriptor(rig);
    }
    assert_int_equal(submit_info(rig, 50, &silent), FENQI_OK);
    while (silent.n == 0)
        turn_by_descriptor(rig);
    assert_int_equal(silent.error, FENQI_E_TIMEOUT);
    rig_free(rig);
}

static void the_descriptor_is_quiet_when_there_is_nothing_to_do(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct end end = { 0 };
    assert_int_equal(submit_info(rig, WITHIN_MS, &end), FENQI_OK);
    struct heard *heard = rig_hear(rig, 0);
    struct pollfd item = { .fd = fenqi_client_fd(rig->client), .events = POLLIN };
    unsigned n_turns = 0;
    for (int64_t ends_ms = now_ms() + 300; now_ms() < ends_ms;) {
        if (poll(&item, 1, 10) == 1) {
            n_turns++;
            assert_int_equal(fenqi_client_run(rig->client, 0), FENQI_OK);
        }
    }
    assert_true(n_turns < 10);
    heard_free(heard);
    rig_free(rig);
}

/* ---- how they end ---- */

static void silence_is_told_once(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct end ends[3] = { { 0 } };
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(submit_info(rig, 100 + (int)i, &ends[i]), FENQI_OK);
    rig_until(rig, fenqi_client_pending(rig->client) == 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(ends[i].n, 1);
        assert_int_equal(ends[i].error, FENQI_E_TIMEOUT);
    }
    rig_free(rig);
}

static void whoever_waits_is_told_that_the_client_is_freed(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct end ends[2] = { { 0 } };
    assert_int_equal(submit_info(rig, WITHIN_MS, &ends[0]), FENQI_OK);
    assert_int_equal(submit_info(rig, WITHIN_MS, &ends[1]), FENQI_OK);
    rig_free(rig);
    assert_int_equal(ends[0].n + ends[1].n, 2);
    assert_int_equal(ends[1].error, FENQI_E_CLOSED);
}

/* Asks the next thing. */
struct chain {
    struct rig *rig;
    struct end last;
};

static void again(void *context, int error, struct fenqi_reply *reply)
{
    struct chain *chain = context;
    fenqi_reply_free(reply);
    chain->last.n++;
    if (error == FENQI_E_CLOSED)
        chain->last.error = submit_info(chain->rig, WITHIN_MS, &chain->last);
}

static void nothing_begins_while_the_client_is_freed(void **state)
{
    (void)state;
    struct chain chain = { .rig = rig_new(1) };
    Fenqi__V1__GetKeys keys = FENQI__V1__GET_KEYS__INIT;
    Fenqi__V1__Request request = FENQI__V1__REQUEST__INIT;
    request.operation_case = FENQI__V1__REQUEST__OPERATION_GET_KEYS;
    request.get_keys = &keys;
    assert_int_equal(fenqi_submit(chain.rig->client, &request, WITHIN_MS, again, &chain), FENQI_OK);
    rig_free(chain.rig);
    assert_int_equal(chain.last.n, 1);
    assert_int_equal(chain.last.error, FENQI_E_CLOSED);
}

static void there_is_a_limit(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct end end = { 0 }, refused = { 0 };
    for (size_t i = 0; i < FENQI_PENDING_MAX; i++)
        assert_int_equal(submit_info(rig, WITHIN_MS, &end), FENQI_OK);
    assert_int_equal(submit_info(rig, WITHIN_MS, &refused), FENQI_E_BUSY);
    rig_free(rig);
    assert_int_equal(end.n, FENQI_PENDING_MAX);
    assert_int_equal(refused.n, 0);
}

/* And what it may not. */
static void chain_next(void *context, int error, struct fenqi_reply *reply)
{
    struct chain *chain = context;
    Fenqi__V1__Request request = FENQI__V1__REQUEST__INIT;
    struct fenqi_reply *none = NULL;
    assert_int_equal(error, FENQI_OK);
    fenqi_reply_free(reply);
    assert_int_equal(fenqi_call(chain->rig->client, &request, 1000, &none), FENQI_E_ARGUMENT);
    assert_int_equal(fenqi_client_run(chain->rig->client, 0), FENQI_E_ARGUMENT);
    assert_int_equal(submit_info(chain->rig, WITHIN_MS, &chain->last), FENQI_OK);
}

static void an_end_may_begin_the_next_one(void **state)
{
    (void)state;
    struct chain chain = { .rig = rig_new(1) };
    Fenqi__V1__GetKeys keys = FENQI__V1__GET_KEYS__INIT;
    Fenqi__V1__Request request = FENQI__V1__REQUEST__INIT;
    request.operation_case = FENQI__V1__REQUEST__OPERATION_GET_KEYS;
    request.get_keys = &keys;
    assert_int_equal(fenqi_submit(chain.rig->client, &request, WITHIN_MS, chain_next, &chain),
                     FENQI_OK);
    for (int i = 0; i < 2; i++) {
        struct heard *heard = rig_hear(chain.rig, 0);
        fake_say_info(chain.rig, 0, heard, "last");
        heard_free(heard);
    }
    rig_until(chain.rig, chain.last.n == 1);
    assert_string_equal(chain.last.version, "last");
    rig_free(chain.rig);
}

/* ---- what is sent ---- */

static void the_timeout_becomes_the_deadline(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct end end = { 0 };
    int64_t now_s = (int64_t)time(NULL);
    assert_int_equal(submit_info(rig, WITHIN_MS, &end), FENQI_OK);
    struct heard *heard = rig_hear(rig, 0);
    assert_in_range(heard->request->deadline_unix_ms, now_s * 1000 + WITHIN_MS,
                    now_s * 1000 + 2 * WITHIN_MS);
    heard_free(heard);
    Fenqi__V1__GetInfo info = FENQI__V1__GET_INFO__INIT;
    Fenqi__V1__Request request = FENQI__V1__REQUEST__INIT;
    request.operation_case = FENQI__V1__REQUEST__OPERATION_GET_INFO;
    request.get_info = &info;
    request.deadline_unix_ms = 12345;
    assert_int_equal(fenqi_submit(rig->client, &request, WITHIN_MS, end_tell, &end), FENQI_OK);
    heard = rig_hear(rig, 0);
    assert_int_equal(heard->request->deadline_unix_ms, 12345);
    heard_free(heard);
    rig_free(rig);
}

/* Refused once, and what was heard next; NULL: nothing was sent again, and that was the answer. */
static struct heard *refuse_once(struct rig *rig, int (*submit)(struct rig *, int, struct end *),
                                 int timeout_ms, int64_t retry_after_ms, struct end *end)
{
    assert_int_equal(submit(rig, timeout_ms, end), FENQI_OK);
    struct heard *first = rig_hear(rig, 0);
    fake_refuse(rig, 0, first, FENQI__V1__CODE__CODE_RESOURCE_EXHAUSTED, "RATE", retry_after_ms);
    struct heard *second = NULL;
    int64_t refused_ms = now_ms();
    rig_until(rig, end->n > 0 || (second = fake_take(&rig->fakes[0])) != NULL);
    if (second != NULL) {
        assert_true(now_ms() - refused_ms >= retry_after_ms);
        assert_memory_equal(second->digest, first->digest, 32);
    }
    heard_free(first);
    return second;
}

static void what_may_be_repeated_is_repeated_when_it_may(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct end end = { 0 };
    struct heard *again = refuse_once(rig, submit_info, WITHIN_MS, 200, &end);
    assert_non_null(again);
    fake_say_info(rig, 0, again, "after all");
    heard_free(again);
    rig_until(rig, end.n == 1);
    assert_string_equal(end.version, "after all");
    rig_free(rig);
}

static void a_refusal_is_the_answer_if_there_is_no_time(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct end end = { 0 };
    assert_null(refuse_once(rig, submit_info, WITHIN_MS, 10 * WITHIN_MS, &end));
    assert_int_equal(end.error, FENQI_OK);
    assert_string_equal(end.reason, "RATE");
    rig_free(rig);
}

static void a_refusal_for_good_is_the_answer(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct end end = { 0 };
    assert_null(refuse_once(rig, submit_info, WITHIN_MS, -1, &end));
    assert_string_equal(end.reason, "RATE");
    rig_free(rig);
}

static void what_is_not_safe_to_repeat_is_not_repeated(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct end end = { 0 };
    assert_null(refuse_once(rig, submit_close, WITHIN_MS, 10, &end));
    assert_string_equal(end.reason, "RATE");
    rig_free(rig);
}

static void a_break_loses_nothing(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct end info = { 0 }, once = { 0 };
    assert_int_equal(submit_info(rig, WITHIN_MS, &info), FENQI_OK);
    assert_int_equal(submit_close(rig, WITHIN_MS / 2, &once), FENQI_OK);
    struct heard *first = rig_hear(rig, 0);
    heard_free(rig_hear(rig, 0));
    fake_stop(&rig->fakes[0]);
    fake_start(&rig->fakes[0]);
    struct heard *again = rig_hear(rig, 0); /* long before a third of the timeout */
    assert_memory_equal(again->digest, first->digest, 32);
    fake_say_info(rig, 0, again, "back");
    rig_until(rig, info.n == 1);
    assert_string_equal(info.version, "back");
    rig_silence(rig, 0, 200); /* the close is not sent again */
    assert_int_equal(once.n, 0);
    heard_free(first);
    heard_free(again);
    rig_free(rig);
    assert_int_equal(once.error, FENQI_E_CLOSED);
}

static void a_message_that_does_not_verify_ends_all(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct end ends[2] = { { 0 } };
    struct packed bytes = { .bytes = "nonsense", .n = 8 };
    assert_int_equal(submit_info(rig, WITHIN_MS, &ends[0]), FENQI_OK);
    assert_int_equal(submit_info(rig, WITHIN_MS, &ends[1]), FENQI_OK);
    struct heard *heard = rig_hear(rig, 0);
    fake_send(rig, 0, heard, &bytes);
    rig_until(rig, fenqi_client_pending(rig->client) == 0);
    assert_int_equal(ends[0].error, FENQI_E_MALFORMED);
    assert_int_equal(ends[1].error, FENQI_E_MALFORMED);
    heard_free(heard);
    rig_free(rig);
}

/* ---- who is not let in ---- */

/* Answers one question of the fake daemon: may this client in? No. */
static void zap_refuse(void *zap)
{
    char text[8][64] = { "" };
    int more = 1;
    size_t n_more = sizeof(more);
    size_t n = 0;
    for (; more != 0; n++) {
        int size = zmq_recv(zap, text[n < 8 ? n : 7], 63, n == 0 ? ZMQ_DONTWAIT : 0);
        if (size < 0)
            return;
        (void)zmq_getsockopt(zap, ZMQ_RCVMORE, &more, &n_more);
    }
    const char *const parts[] = { "1.0", text[1], "400", "No", "", "" };
    for (size_t i = 0; i < 6; i++)
        must(zmq_send(zap, parts[i], strlen(parts[i]), i < 5 ? ZMQ_SNDMORE : 0) >= 0);
}

static void no_event(void *context, const Fenqi__V1__Event *event, const struct fenqi_reply *proof)
{
    (void)context;
    (void)event;
    (void)proof;
    must(false);
}

static void a_client_that_is_not_let_in_hears_so(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct end end = { 0 }, subscribed = { 0 };
    char group[] = "books";
    Fenqi__V1__Subscribe wish = FENQI__V1__SUBSCRIBE__INIT;
    struct fenqi_subscription *subscription = NULL;
    void *zap = zmq_socket(rig->fakes[0].context, ZMQ_REP);
    fenqi_client_free(rig->client);
    fake_stop(&rig->fakes[0]);
    assert_int_equal(zmq_bind(zap, "inproc://zeromq.zap.01"), 0);
    fake_start(&rig->fakes[0]);
    rig->client = fenqi_client_new(rig->fakes[0].endpoint, rig->server_public, rig->client_public,
                                   rig->client_secret, NULL);
    assert_int_equal(fenqi_client_pin(rig->client, "k1", rig->signer.key.public_key), FENQI_OK);
    assert_int_equal(submit_info(rig, 2000, &end), FENQI_OK);
    wish.group = group;
    assert_int_equal(
        fenqi_subscribe(rig->client, &wish, no_event, end_tell, &subscribed, &subscription),
        FENQI_OK);
    while (end.n == 0 || subscribed.n == 0) {
        zap_refuse(zap);
        assert_int_equal(fenqi_client_run(rig->client, 2), FENQI_OK);
    }
    assert_string_equal(fenqi_error_name(subscribed.error), "FENQI_E_REFUSED");
    assert_string_equal(fenqi_error_name(end.error), "FENQI_E_REFUSED");
    (void)zmq_close(zap);
    rig_free(rig);
}

/* Who believes to talk to another daemon. */
static void a_wrong_server_key_is_told_from_silence(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    struct end end = { 0 };
    char other_public[41], other_secret[41];
    assert_int_equal(zmq_curve_keypair(other_public, other_secret), 0);
    fenqi_client_free(rig->client);
    rig->client = fenqi_client_new(rig->fakes[0].endpoint, other_public, rig->client_public,
                                   rig->client_secret, NULL);
    assert_int_equal(fenqi_client_pin(rig->client, "k1", rig->signer.key.public_key), FENQI_OK);
    assert_int_equal(submit_info(rig, 2000, &end), FENQI_OK);
    rig_until(rig, end.n == 1);
    assert_string_equal(fenqi_error_name(end.error), "FENQI_E_REFUSED");
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_find_their_requests),
        cmocka_unit_test(the_descriptor_says_when_there_is_something_to_do),
        cmocka_unit_test(the_descriptor_is_quiet_when_there_is_nothing_to_do),
        cmocka_unit_test(silence_is_told_once),
        cmocka_unit_test(whoever_waits_is_told_that_the_client_is_freed),
        cmocka_unit_test(nothing_begins_while_the_client_is_freed),
        cmocka_unit_test(there_is_a_limit),
        cmocka_unit_test(an_end_may_begin_the_next_one),
        cmocka_unit_test(the_timeout_becomes_the_deadline),
        cmocka_unit_test(what_may_be_repeated_is_repeated_when_it_may),
        cmocka_unit_test(a_refusal_is_the_answer_if_there_is_no_time),
        cmocka_unit_test(a_refusal_for_good_is_the_answer),
        cmocka_unit_test(what_is_not_safe_to_repeat_is_not_repeated),
        cmocka_unit_test(a_break_loses_nothing),
        cmocka_unit_test(a_message_that_does_not_verify_ends_all),
        cmocka_unit_test(a_client_that_is_not_let_in_hears_so),
        cmocka_unit_test(a_wrong_server_key_is_told_from_silence),
    };
    return cmocka_run_group_tests_name("client: submit", tests, NULL, NULL);
}
