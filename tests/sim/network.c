/* SPDX-License-Identifier: Apache-2.0 */
/* The wires: requests to the platform and their answers, each lost, late, twice, cut or altered. */
#include "tests/sim/network.h"

#include <string.h>

#include "tests/sim/daemon.h"
#include "tests/sim/visit.h"

#define PATIENCE_US (15 * SIM_SECOND_US)

/* ---- from the daemon to the platform ---- */

struct exchange {
    struct fq_send *send; /* valid in its life, until it was told */
    struct sim_platform *platform;
    uint32_t life;
    bool is_told;
    struct sandbox_request request;
    unsigned status;
    const char *body;
    size_t body_size;
};

static struct fq_str network_str(struct fq_arena *arena, const char *bytes, size_t size)
{
    return fq_arena_copy(arena, (struct fq_str){ bytes, size });
}

static void exchange_tell(struct sim *sim, struct exchange *exchange, uint32_t transport)
{
    struct fq_send *send = exchange->send;
    if (exchange->is_told || sim->daemon == NULL || exchange->life != sim->life)
        return;
    exchange->is_told = true;
    --*send->channel->n_calls;
    send->answer =
        (struct fq_message){ .struct_size = sizeof(send->answer), .transport = transport };
    if (transport == FQ_TRANSPORT_OK) {
        send->answer.http_status = exchange->status;
        send->answer.body = network_str(send->arena, exchange->body, exchange->body_size);
    } else {
        send->reason = fq_lit("simulated");
    }
    send->done(send);
}

static void exchange_answered(struct sim *sim, void *what, int64_t argument)
{
    (void)argument;
    exchange_tell(sim, what, FQ_TRANSPORT_OK);
}

static void exchange_lost(struct sim *sim, void *what, int64_t argument)
{
    (void)argument;
    exchange_tell(sim, what, FQ_TRANSPORT_LOST);
}

static void exchange_unreachable(struct sim *sim, void *what, int64_t argument)
{
    (void)argument;
    exchange_tell(sim, what, FQ_TRANSPORT_NOT_SENT);
}

/* What the wire and the machines before the platform make of an answer. */
static void exchange_spoil(struct sim *sim, struct exchange *exchange)
{
    static struct {
        char bytes[4096];
        size_t size;
        uint64_t seed;
    } last; /* of another call */

    if (sim_hit(sim, SIM_ANSWER_TRUNCATED))
        exchange->body_size /= 2;
    if (sim_hit(sim, SIM_ANSWER_GARBAGE)) {
        exchange->body = "<html><body>Bad Gateway</body></html>";
        exchange->body_size = strlen(exchange->body);
    }
    if (sim_hit(sim, SIM_ANSWER_500))
        exchange->status = 500;
    if (exchange->body_size > 0 && sim_hit(sim, SIM_ANSWER_BIT)) {
        char *body = sim_copy(sim, exchange->body, exchange->body_size);
        int64_t bit = sim_between(sim, 0, (int64_t)exchange->body_size * 8 - 1);
        body[bit / 8] = (char)(body[bit / 8] ^ (1 << (bit % 8)));
        exchange->body = body;
    }
    if (last.seed == sim->seed && last.size > 0 && sim_hit(sim, SIM_ANSWER_OF_ANOTHER)) {
        exchange->body = sim_copy(sim, last.bytes, last.size);
        exchange->body_size = last.size;
    }
    /* TLS pairs answers with questions. Where that failed, what names no order ("no such trade"
     * does not) could not be told apart by anybody. */
    bool names_one = strstr(exchange->body, "\"out_trade_no\"") != NULL ||
                     strstr(exchange->body, "&orderId=") != NULL;
    last.size = names_one && exchange->body_size < sizeof(last.bytes) ? exchange->body_size : 0;
    last.seed = sim->seed;
    memcpy(last.bytes, exchange->body, last.size);
}

static void exchange_arrive(struct sim *sim, void *what, int64_t is_copy)
{
    struct exchange *exchange = what;
    struct sandbox_response response = { 0 };
    if (exchange->platform->is_down)
        return;
    sim_platform_serve(exchange->platform, &exchange->request, &response);
    sim_say(sim, "platform answers", exchange->platform->calls->channel, response.status);
    if (!is_copy && !response.dropped && !sim_hit(sim, SIM_ANSWER_LOST)) {
        exchange->status = response.status;
        exchange->body = sim_copy(sim, response.body, response.body_size);
        exchange->body_size = response.body_size;
        exchange_spoil(sim, exchange);
        int64_t delay_us = (int64_t)response.delay_ms * 1000 + sim_moment_us(sim);
        if (sim_hit(sim, SIM_ANSWER_SLOW))
            delay_us += sim_between(sim, SIM_SECOND_US, 20 * SIM_SECOND_US);
        sim_after(sim, delay_us, exchange_answered, exchange, 0);
    }
    sandbox_response_free(&response);
}

static struct exchange *exchange_new(struct sim *sim, struct fq_send *send)
{
    struct exchange *exchange = sim_alloc(sim, sizeof(*exchange));
    const struct fq_message *request = &send->request;
    char *url = sim_copy(sim, request->url.ptr, request->url.len);
    char *path = strstr(url, "://") != NULL ? strchr(strstr(url, "://") + 3, '/') : NULL;
    char *query = path != NULL ? strchr(path, '?') : NULL;
    struct fq_str channel = send->channel->conf->name;
    exchange->send = send;
    exchange->platform = sim_platform_of(sim, channel.ptr, channel.len);
    exchange->life = sim->life;
    if (query != NULL)
        *query = '\0';
    exchange->request = (struct sandbox_request){
        .method = sim_copy(sim, request->method.ptr, request->method.len),
        .path = path != NULL ? path : "/",
        .query = query != NULL ? query + 1 : "",
        .host = "platform.example",
        .content_type = sim_copy(sim, request->content_type.ptr, request->content_type.len),
        .body = sim_copy(sim, request->body.ptr, request->body.len),
        .body_size = request->body.len,
    };
    return exchange;
}

void sim_network_send(struct sim *sim, struct fq_send *send)
{
    struct exchange *exchange = exchange_new(sim, send);
    bool has_room = (*send->channel->n_calls)++ < send->channel->conf->n_calls_max;
    int64_t delay_us = sim_moment_us(sim);
    delay_us += sim_between(sim, 1000, 60000);
    if (!has_room || sim_hit(sim, SIM_SEND_FULL)) {
        send->is_ours = true;
        sim_after_in_life(sim, 10, exchange_unreachable, exchange, 0);
        return;
    }
    if (sim_hit(sim, SIM_CRASH_BEFORE_SEND)) {
        sim_daemon_doom(sim, "before the first byte left");
        return;
    }
    if (exchange->platform->is_down || sim_hit(sim, SIM_SEND_UNREACHABLE)) {
        sim_after_in_life(sim, delay_us, exchange_unreachable, exchange, 0);
        return;
    }
    sim_after_in_life(sim, send->channel->conf->timeout_ms * 1000, exchange_lost, exchange, 0);
    if (sim_hit(sim, SIM_SEND_SLOW))
        delay_us += sim_between(sim, SIM_SECOND_US, 40 * SIM_SECOND_US);
    if (sim_hit(sim, SIM_SEND_TWICE))
        sim_after(sim, sim_between(sim, 0, 30 * SIM_SECOND_US), exchange_arrive, exchange, 1);
    if (!sim_hit(sim, SIM_SEND_LOST))
        sim_after(sim, delay_us, exchange_arrive, exchange, 0);
    if (sim_hit(sim, SIM_CRASH_WHILE_SENT))
        sim_daemon_doom(sim, "while a message was on its way");
}

/* ---- from the platform to the daemon ---- */

struct notice {
    struct sim_platform *platform;
    uint64_t id;
    bool is_told;
    bool is_spoilt;
    const char *path;
    const char *told; /* as it left */
    const char *body; /* as it arrives */
    size_t body_size;
};

static void notice_told(struct notice *notice, unsigned status, const char *body)
{
    const struct sandbox_platform *sandbox = &notice->platform->sandbox;
    if (notice->is_told)
        return;
    notice->is_told = true;
    sandbox->delivered(sandbox->model, notice->id, sim_platform_now_ms(notice->platform),
                       (long)status, body, strlen(body));
    sim_platform_poke(notice->platform);
}

static void notice_gave_up(struct sim *sim, void *what, int64_t argument)
{
    (void)argument;
    (void)sim;
    notice_told(what, 0, "");
}

/* The daemon took a true word about a payment: it may not forget it any more. */
static void notice_acknowledged(struct sim *sim, const struct notice *notice)
{
    const char *at = notice->platform->calls->told_paid(notice->told);
    if (at == NULL || notice->is_spoilt)
        return;
    struct sim_number *taken = sim_alloc(sim, sizeof(*taken));
    taken->number = sim_copy(sim, at, strcspn(at, "&"));
    taken->next = sim->acknowledged;
    sim->acknowledged = taken;
}

static void notice_answered(struct sim *sim, void *what, const struct sim_page *page)
{
    sim_say(sim, "notification answered", page->body, page->status);
    if (page->status == 200)
        notice_acknowledged(sim, what);
    if (page->status != 0 && !sim_hit(sim, SIM_NOTIFY_ACK_LOST))
        notice_told(what, page->status, page->body);
}

static void notice_copy_answered(struct sim *sim, void *what, const struct sim_page *page)
{
    (void)what;
    sim_say(sim, "copy answered", page->body, page->status);
}

static void notice_arrive(struct sim *sim, void *what, int64_t is_copy)
{
    const struct notice *notice = what;
    struct sim_visit_ask ask = { .method = "POST",
                                 .path = notice->path,
                                 .query = "",
                                 .content_type = "application/x-www-form-urlencoded;charset=utf-8",
                                 .body = notice->body,
                                 .body_size = notice->body_size };
    if (sim_hit(sim, SIM_CRASH_AT_NOTIFICATION) && sim->daemon != NULL)
        sim_daemon_doom(sim, "as a notification came");
    sim_visit(sim, &ask, is_copy ? notice_copy_answered : notice_answered, what);
}

static void notice_spoil(struct sim *sim, struct notice *notice)
{
    if (notice->body_size > 0 && sim_hit(sim, SIM_NOTIFY_TAMPERED)) {
        char *body = sim_copy(sim, notice->body, notice->body_size);
        size_t at = (size_t)sim_between(sim, 0, (int64_t)notice->body_size - 1);
        for (size_t i = 0; i < notice->body_size; i++, at = (at + 1) % notice->body_size) {
            if (body[at] >= '0' && body[at] <= '9') {
                body[at] = (char)('0' + (body[at] - '0' + 1) % 10);
                break;
            }
        }
        notice->body = body;
        notice->is_spoilt = true;
    }
    if (sim_hit(sim, SIM_NOTIFY_TRUNCATED)) {
        notice->body_size /= 2;
        notice->is_spoilt = true;
    }
}

void sim_network_notify(struct sim *sim, struct sim_platform *platform,
                        const struct sandbox_delivery *delivery)
{
    struct notice *notice = sim_alloc(sim, sizeof(*notice));
    size_t host_size = strlen(SIM_PUBLIC_URL);
    int64_t delay_us = sim_moment_us(sim);
    delay_us += sim_between(sim, 1000, 100000);
    notice->platform = platform;
    notice->id = delivery->id;
    notice->path = strncmp(delivery->url, SIM_PUBLIC_URL, host_size) == 0
                       ? sim_copy(sim, delivery->url + host_size, strlen(delivery->url) - host_size)
                       : "/";
    notice->body = sim_copy(sim, delivery->body, strlen(delivery->body));
    notice->told = notice->body;
    notice->body_size = strlen(delivery->body);
    sim_say(sim, "notification leaves", platform->calls->channel, (int64_t)delivery->id);
    if (sim_hit(sim, SIM_NOTIFY_SLOW))
        delay_us += sim_between(sim, SIM_SECOND_US, 10 * SIM_MINUTE_US);
    if (sim_hit(sim, SIM_NOTIFY_TWICE))
        sim_after(sim, delay_us + sim_between(sim, -2000, 2000), notice_arrive, notice, 1);
    if (sim_hit(sim, SIM_NOTIFY_REPLAYED))
        sim_after(sim, sim_between(sim, SIM_MINUTE_US, SIM_DAY_US), notice_arrive, notice, 1);
    notice_spoil(sim, notice);
    if (!sim_hit(sim, SIM_NOTIFY_LOST))
        sim_after(sim, delay_us, notice_arrive, notice, 0);
    sim_after(sim, PATIENCE_US, notice_gave_up, notice, 0);
}
