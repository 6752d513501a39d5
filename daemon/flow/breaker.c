/* SPDX-License-Identifier: Apache-2.0 */
/* The one way out to a platform: how much of it is used, and a pause while nobody answers there. */
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/flow/parts.h"

#define IN_A_ROW_MS     60000 /* failures further apart are not one outage */
#define PAUSE_MS_MAX    300000
#define TRY_AFTER_MS    1000 /* while one exchange tries */
#define NAME_SIZE_MAX   32
#define REASON_SIZE_MAX 96

/*             several failures in a row           the pause is over: one exchange goes
 *   CLOSED ------------------------------> OPEN ---------------------------------> TRYING
 *      ^                                    ^                                         |
 *      |                                    +------ no answer: a longer pause --------+
 *      +------------------------------ any answer ------------------------------------+
 */
enum breaker_state { BREAKER_CLOSED = 0, BREAKER_OPEN, BREAKER_TRYING };

/* Of a channel's name, so that a reload keeps it. Memory only: a start asks anew. */
struct fq_breaker {
    char name[NAME_SIZE_MAX];
    uint32_t state; /* breaker_state */
    uint32_t n_failures;
    int64_t failed_ms;
    int64_t succeeded_ms;
    int64_t since_ms;             /* no answer since then, while it is not CLOSED */
    int64_t paused_ms;            /* when the pause began, */
    int64_t pause_ms;             /* and how long it is */
    char reason[REASON_SIZE_MAX]; /* of the last failure */
    size_t reason_len;
    const struct fq_send *probe;
    size_t n_drives;     /* under way */
    size_t n_background; /* of them, those that nobody waits for */
    UT_hash_handle hh;
};

static struct fq_breaker *breaker_find(const struct fq_flow *flow, const struct fq_channel *channel)
{
    struct fq_breaker *breaker = NULL;
    struct fq_str name = channel->conf->name;
    HASH_FIND(hh, flow->breakers, name.ptr, name.len, breaker);
    return breaker;
}

static struct fq_breaker *breaker_of(struct fq_flow *flow, const struct fq_channel *channel)
{
    struct fq_breaker *breaker = breaker_find(flow, channel);
    struct fq_str name = channel->conf->name;
    if (breaker != NULL)
        return breaker;
    fq_assert(name.len <= NAME_SIZE_MAX);
    breaker = fq_zalloc(sizeof(*breaker));
    memcpy(breaker->name, name.ptr, name.len);
    HASH_ADD(hh, flow->breakers, name, name.len, breaker);
    return breaker;
}

void fq_breakers_free(struct fq_flow *flow)
{
    struct fq_breaker *breaker;
    struct fq_breaker *next;
    HASH_ITER(hh, flow->breakers, breaker, next)
    {
        HASH_DEL(flow->breakers, breaker);
        fq_free(breaker);
    }
}

int64_t fq_channel_pause_ms(const struct fq_flow *flow, const struct fq_channel *channel)
{
    const struct fq_breaker *breaker = breaker_find(flow, channel);
    if (breaker == NULL || breaker->state == BREAKER_CLOSED ||
        channel->conf->n_breaker_failures == 0)
        return 0;
    if (breaker->state == BREAKER_TRYING)
        return TRY_AFTER_MS;
    int64_t left_ms = breaker->paused_ms + breaker->pause_ms - fq_flow_now(flow);
    bool clock_went_back = left_ms > breaker->pause_ms;
    return left_ms > 0 && !clock_went_back ? left_ms : 0;
}

struct fq_channel_health fq_channel_health(const struct fq_flow *flow,
                                           const struct fq_channel *channel)
{
    static const char *const states[] = { "open", "paused", "trying" };
    const struct fq_breaker *breaker = breaker_find(flow, channel);
    struct fq_channel_health health = { .state = states[0] };
    if (breaker == NULL)
        return health;
    if (channel->conf->n_breaker_failures > 0) {
        health.state = states[breaker->state];
        health.since_ms = breaker->state != BREAKER_CLOSED ? breaker->since_ms : 0;
    }
    health.pause_ms = fq_channel_pause_ms(flow, channel);
    health.n_failures = breaker->n_failures;
    health.succeeded_ms = breaker->succeeded_ms;
    health.failed_ms = breaker->failed_ms;
    health.reason = (struct fq_str){ breaker->reason, breaker->reason_len };
    return health;
}

struct fq_status fq_channel_paused(const struct fq_flow *flow, const struct fq_channel *channel)
{
    return (struct fq_status){
        .code = FQ_CODE_UNAVAILABLE,
        .blame = FQ_BLAME_PLATFORM,
        .reason = "CHANNEL_PAUSED",
        .may_repeat = true,
        .retry_after_ms = fq_channel_pause_ms(flow, channel),
        .text = fq_lit("the channel is paused: its platform does not answer"),
    };
}

/* ---- what came of an exchange ---- */

static void breaker_say(int level, uint32_t msg, const char *text, const struct fq_breaker *breaker,
                        const struct fq_send *send)
{
    bool is_paused = msg == FQ_MSG_CHANNEL_PAUSED;
    fq_log_always(level, msg, text, FQ_LOG_STR("CHANNEL", send->channel->conf->name),
                  FQ_LOG_INT("FAILURES", breaker->n_failures),
                  FQ_LOG_INT("PAUSE_MS", is_paused ? breaker->pause_ms : 0),
                  FQ_LOG_STR("REASON", send->reason),
                  FQ_LOG_TEXT("FAULT", is_paused ? "theirs" : NULL),
                  FQ_LOG_TEXT("NEXT", is_paused ? "nothing is sent for PAUSE_MS, browsers and "
                                                  "notifications go on; then one exchange tries"
                                                : "what is due is asked about now"));
}

static void breaker_open(struct fq_breaker *breaker, const struct fq_send *send, int64_t now_ms,
                         int64_t pause_ms)
{
    bool is_again = breaker->state == BREAKER_TRYING;
    breaker->since_ms = is_again ? breaker->since_ms : now_ms;
    breaker->state = BREAKER_OPEN;
    breaker->probe = NULL;
    breaker->paused_ms = now_ms;
    breaker->pause_ms = pause_ms;
    breaker_say(LOG_WARNING, FQ_MSG_CHANNEL_PAUSED,
                is_again ? "the channel stays paused: the platform still does not answer"
                         : "the channel is paused: the platform does not answer",
                breaker, send);
}

static void breaker_succeeded(struct fq_breaker *breaker, const struct fq_send *send,
                              int64_t now_ms)
{
    breaker->succeeded_ms = now_ms;
    if (breaker->state != BREAKER_CLOSED)
        breaker_say(LOG_NOTICE, FQ_MSG_CHANNEL_BACK, "the platform answers again", breaker, send);
    breaker->state = BREAKER_CLOSED;
    breaker->probe = NULL;
    breaker->n_failures = 0;
}

/* What was sent before the pause fails during it: that tells nothing new. */
static void breaker_failed(struct fq_breaker *breaker, const struct fq_send *send, int64_t now_ms)
{
    const struct fq_channel_conf *conf = send->channel->conf;
    int64_t since_ms = now_ms - breaker->failed_ms;
    if (breaker->state == BREAKER_CLOSED && (since_ms < 0 || since_ms > IN_A_ROW_MS))
        breaker->n_failures = 0;
    struct fq_str reason = fq_str_sub(send->reason, 0, REASON_SIZE_MAX);
    breaker->failed_ms = now_ms;
    breaker->n_failures++;
    breaker->reason_len = reason.len;
    if (reason.len > 0)
        memcpy(breaker->reason, reason.ptr, reason.len);
    if (breaker->probe == send)
        breaker_open(breaker, send, now_ms,
                     2 * breaker->pause_ms < PAUSE_MS_MAX ? 2 * breaker->pause_ms : PAUSE_MS_MAX);
    else if (breaker->state == BREAKER_CLOSED && conf->n_breaker_failures > 0 &&
             breaker->n_failures >= conf->n_breaker_failures)
        breaker_open(breaker, send, now_ms, conf->breaker_pause_ms);
}

/* The platform answered, not a gateway before it that cannot reach it (502) or hears nothing (504).
 */
static bool breaker_is_answer(struct fq_send *send)
{
    uint32_t status = send->answer.http_status;
    if (send->answer.transport == FQ_TRANSPORT_OK && status != 502 && status != 504)
        return true;
    if (send->answer.transport == FQ_TRANSPORT_OK)
        send->reason = status == 502
                           ? fq_lit("HTTP 502: a gateway cannot reach the platform")
                           : fq_lit("HTTP 504: a gateway waited for the platform in vain");
    return false;
}

static void breaker_heard(struct fq_send *send)
{
    struct fq_flow *flow = send->passed;
    send->done = send->told;
    struct fq_breaker *breaker = breaker_of(flow, send->channel);
    if (breaker_is_answer(send))
        breaker_succeeded(breaker, send, fq_flow_now(flow));
    else if (!send->is_ours)
        breaker_failed(breaker, send, fq_flow_now(flow));
    else if (breaker->probe == send)
        breaker->state = BREAKER_OPEN, breaker->probe = NULL; /* it never tried */
    send->done(send);
}

/* ---- sending ---- */

void fq_flow_send(struct fq_flow *flow, struct fq_send *send)
{
    struct fq_breaker *breaker = breaker_of(flow, send->channel);
    if (fq_channel_pause_ms(flow, send->channel) > 0) {
        send->answer = (struct fq_message){ .struct_size = sizeof(send->answer),
                                            .transport = FQ_TRANSPORT_NOT_SENT };
        send->reason = fq_lit("the channel is paused: the platform does not answer");
        send->done(send);
        return;
    }
    if (breaker->state == BREAKER_OPEN && send->channel->conf->n_breaker_failures > 0) {
        breaker->state = BREAKER_TRYING;
        breaker->probe = send;
    }
    send->passed = flow;
    send->told = send->done;
    send->done = breaker_heard;
    flow->world->send(flow->world->ctx, send);
}

/* ---- how much ---- */

struct fq_breaker *fq_channel_enter(struct fq_flow *flow, const struct fq_channel *channel)
{
    struct fq_breaker *breaker = breaker_of(flow, channel);
    breaker->n_drives++;
    return breaker;
}

void fq_channel_leave(struct fq_breaker *breaker)
{
    fq_assert(breaker->n_drives > 0);
    breaker->n_drives--;
}

size_t fq_channel_n_drives(const struct fq_flow *flow, const struct fq_channel *channel)
{
    const struct fq_breaker *breaker = breaker_find(flow, channel);
    return breaker != NULL ? breaker->n_drives : 0;
}

/* Half of what the channel may send is left to those who wait for an answer; and where they use all
 * of it, one more goes on in the background. */
size_t fq_channel_room(const struct fq_flow *flow, const struct fq_channel *channel)
{
    const struct fq_breaker *breaker = breaker_find(flow, channel);
    size_t all = channel->conf->n_calls_max;
    size_t half = all > 1 ? all / 2 : 1;
    if (breaker == NULL)
        return half;
    if (fq_channel_pause_ms(flow, channel) > 0)
        return 0;
    if (breaker->n_background == 0 &&
        (breaker->state != BREAKER_CLOSED || breaker->n_drives >= all))
        return 1;
    if (breaker->state != BREAKER_CLOSED || breaker->n_background >= half ||
        breaker->n_drives >= all)
        return 0;
    size_t free = all - breaker->n_drives;
    return free < half - breaker->n_background ? free : half - breaker->n_background;
}

struct fq_breaker *fq_channel_take(struct fq_flow *flow, const struct fq_channel *channel)
{
    if (fq_channel_room(flow, channel) == 0)
        return NULL;
    struct fq_breaker *breaker = breaker_of(flow, channel);
    breaker->n_background++;
    return breaker;
}

void fq_channel_give(void *breaker)
{
    struct fq_breaker *self = breaker;
    fq_assert(self->n_background > 0);
    self->n_background--;
}
