/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket: what fenqictl asks goes to the flow by an entrance of its own. */
#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/daemon.h"

#define CONTROL_BODY_SIZE_MAX    8192
#define CONTROL_CONNECTIONS_MAX  16
#define CONTROL_ANSWER_WITHIN_MS 150000 /* a platform may be asked, and its time is up to 120 s */

struct control_visit {
    struct fq_visit visit;
    struct fq_web_exchange *exchange;
};

static void control_visited(struct fq_visit *visit)
{
    struct fq_web_exchange *exchange =
        fq_container_of(visit, struct control_visit, visit)->exchange;
    exchange->status = visit->status;
    exchange->answer_type = visit->answer_type;
    exchange->answer_body = visit->answer_body;
    fq_web_answer(exchange);
}

static bool control_asks_config(const struct fq_web_exchange *exchange)
{
    return fq_str_equal(exchange->method, fq_lit("GET")) &&
           fq_str_equal(exchange->path, fq_lit("/v1/config/diff"));
}

static void control_on_request(void *ctx, struct fq_web_exchange *exchange)
{
    struct fq_daemon *daemon = ctx;
    if (control_asks_config(exchange)) {
        fq_reload_ask(daemon, exchange);
        return;
    }
    if (fq_operator_request(daemon, exchange))
        return;
    struct control_visit *self = fq_arena_alloc(exchange->arena, sizeof(*self));
    if (self == NULL) {
        exchange->status = 503;
        fq_web_answer(exchange);
        return;
    }
    self->exchange = exchange;
    self->visit = (struct fq_visit){ .arena = exchange->arena,
                                     .method = exchange->method,
                                     .path = exchange->path,
                                     .body = exchange->body,
                                     .peer_uid = exchange->peer_uid,
                                     .peer_pid = exchange->peer_pid,
                                     .finish = control_visited };
    if (fq_str_equal(exchange->path, fq_lit("/metrics")) &&
        fq_str_equal(exchange->method, fq_lit("GET")))
        fq_flow_metrics(daemon->flow, &self->visit);
    else
        fq_flow_control(daemon->flow, &self->visit);
}

int fq_control_open(struct fq_daemon *daemon)
{
    const struct fq_conf *conf = daemon->setup->conf;
    struct fq_web_conf web = { .local_path = conf->control_path.ptr,
                               .local_mode = conf->control_mode,
                               .body_size_max = CONTROL_BODY_SIZE_MAX,
                               .n_connections_max = CONTROL_CONNECTIONS_MAX,
                               .answer_within_ms = CONTROL_ANSWER_WITHIN_MS,
                               .home = daemon->home,
                               .ctx = daemon,
                               .on_request = control_on_request };
    if (conf->control_path.len == 0)
        return 0;
    FQ_TRY(fq_web_open(&web, &daemon->control));
    return 0;
}
