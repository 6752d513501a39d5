/* SPDX-License-Identifier: Apache-2.0 */
/* The control sockets: what fenqictl asks goes to the flow by an entrance of its own. */
#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/daemon.h"

#define CONTROL_BODY_SIZE_MAX    8192
#define CONTROL_CONNECTIONS_MAX  16
#define CONTROL_ANSWER_WITHIN_MS 150000 /* a platform may be asked, and its time is up to 120 s */

#define AUDIT_MODE 0660 /* for the group of its folder */

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

static void control_visit(struct fq_daemon *daemon, struct fq_web_exchange *exchange,
                          bool may_only_look)
{
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
                                     .may_only_look = may_only_look,
                                     .finish = control_visited };
    if (fq_str_equal(exchange->path, fq_lit("/metrics")) &&
        fq_str_equal(exchange->method, fq_lit("GET")))
        fq_flow_metrics(daemon->flow, &self->visit);
    else
        fq_flow_control(daemon->flow, &self->visit);
}

static void control_on_request(void *ctx, struct fq_web_exchange *exchange)
{
    control_visit(ctx, exchange, false);
}

/* The socket of those who may look and change nothing. */
static void control_on_audit(void *ctx, struct fq_web_exchange *exchange)
{
    control_visit(ctx, exchange, true);
}

static int control_open(struct fq_daemon *daemon, const char *path, struct fq_web_conf *web,
                        struct fq_web **ret)
{
    web->local_path = path;
    web->body_size_max = CONTROL_BODY_SIZE_MAX;
    web->n_connections_max = CONTROL_CONNECTIONS_MAX;
    web->answer_within_ms = CONTROL_ANSWER_WITHIN_MS;
    web->home = daemon->home;
    web->ctx = daemon;
    FQ_TRY(fq_web_open(web, ret));
    return 0;
}

int fq_control_open(struct fq_daemon *daemon)
{
    const struct fq_conf *conf = daemon->setup->conf;
    struct fq_web_conf control = { .local_mode = conf->control_mode,
                                   .on_request = control_on_request };
    struct fq_web_conf audit = { .local_mode = AUDIT_MODE, .on_request = control_on_audit };
    if (conf->control_path.len > 0)
        FQ_TRY(control_open(daemon, conf->control_path.ptr, &control, &daemon->control));
    if (conf->control_audit_path.len > 0)
        FQ_TRY(control_open(daemon, conf->control_audit_path.ptr, &audit, &daemon->audit));
    return 0;
}
