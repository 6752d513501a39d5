/* SPDX-License-Identifier: Apache-2.0 */
/* Turns: does what there is to do, and tells by one descriptor when there is more.
 *
 * The descriptor is an epoll of libzmq's descriptors and of a timer. libzmq's are readable only
 * while it has news that nobody took in; so each turn reads everything, and what is left over, due
 * later or newly submitted makes the timer go off. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>

#include "proto/client/client.h"

int64_t fenqi_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* At this time of the monotonic clock; FENQI_NEVER: never. */
static void run_arm(const struct fenqi_client *client, int64_t due_ms)
{
    struct itimerspec at = { .it_value = { 0, 0 } };
    if (due_ms != FENQI_NEVER) {
        at.it_value.tv_sec = due_ms > 0 ? (time_t)(due_ms / 1000) : 0;
        at.it_value.tv_nsec = due_ms > 0 ? (long)(due_ms % 1000) * 1000000 : 0;
        if (at.it_value.tv_sec == 0 && at.it_value.tv_nsec == 0)
            at.it_value.tv_nsec = 1; /* zeros would disarm it */
    }
    (void)timerfd_settime(client->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

void fenqi_client_wake(struct fenqi_client *client)
{
    run_arm(client, 0);
}

static void run_turn(struct fenqi_client *client)
{
    client->is_running = true;
    fenqi_pending_turn(client, fenqi_now_ms());
    fenqi_subscriptions_turn(client, fenqi_now_ms());
    client->is_running = false;
    int64_t due_ms = fenqi_pending_due_ms(client);
    int64_t events_due_ms = fenqi_subscriptions_due_ms(client);
    run_arm(client, events_due_ms < due_ms ? events_due_ms : due_ms);
}

/* At most a second at a time: nobody measures longer waits exactly. */
static int run_wait(const struct fenqi_client *client, int64_t left_ms)
{
    struct pollfd item = { .fd = client->poll_fd, .events = POLLIN };
    int n = poll(&item, 1, left_ms < 1000 ? (int)left_ms : 1000);
    if (n < 0 && errno != EINTR)
        return FENQI_E_SYSTEM;
    return FENQI_OK;
}

int fenqi_client_run(struct fenqi_client *client, int timeout_ms)
{
    if (client == NULL || client->is_running)
        return FENQI_E_ARGUMENT;
    uint64_t n_told = client->n_told;
    int64_t ends_ms = timeout_ms < 0 ? FENQI_NEVER : fenqi_now_ms() + timeout_ms;
    for (;;) {
        run_turn(client);
        int64_t now_ms = fenqi_now_ms();
        if (client->n_told != n_told || now_ms >= ends_ms)
            return FENQI_OK;
        errno = 0;
        int error = run_wait(client, ends_ms - now_ms);
        if (error != FENQI_OK || errno == EINTR)
            return error;
    }
}

int fenqi_client_fd(const struct fenqi_client *client)
{
    return client != NULL ? client->poll_fd : -1;
}
