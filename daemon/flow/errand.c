/* SPDX-License-Identifier: Apache-2.0 */
/* An exchange with a platform that is about no payment: a key, a task, a statement. */
#include "daemon/flow/parts.h"

struct fq_errand *fq_errand_new(struct fq_flow *flow, const struct fq_channel *channel,
                                uint32_t kind, size_t size_max)
{
    struct fq_arena *arena = fq_arena_new(size_max);
    struct fq_errand *errand = fq_arena_alloc(arena, sizeof(*errand));
    fq_assert(errand != NULL);
    errand->flow = flow;
    errand->arena = arena;
    errand->catalog = fq_catalog_hold(flow->conf.catalog);
    errand->channel = channel;
    errand->kind = kind;
    errand->call = (struct fq_call){ .struct_size = sizeof(errand->call),
                                     .order_number = fq_flow_order_number(flow, arena) };
    flow->n_running++;
    return errand;
}

void fq_errand_free(struct fq_errand *errand)
{
    errand->flow->n_running--;
    fq_catalog_release(errand->catalog);
    fq_arena_free(errand->arena);
}

static void errand_end(struct fq_errand *errand, const char *refusal, struct fq_str detail)
{
    errand->refusal = refusal;
    errand->detail = detail;
    errand->done(errand);
}

static void errand_judged(struct fq_adapt *adapt);

static void errand_adapt(struct fq_errand *errand, const struct fq_message *message)
{
    errand->call.now_unix_ms = fq_flow_now(errand->flow);
    errand->call.round = errand->n_sends;
    errand->adapt = (struct fq_adapt){ .channel = errand->channel,
                                       .kind = errand->kind,
                                       .call = errand->call,
                                       .message = message,
                                       .arena = errand->arena,
                                       .done = errand_judged,
                                       .flow = errand };
    errand->flow->world->adapt(errand->flow->world->ctx, &errand->adapt);
}

static void errand_sent(struct fq_send *send)
{
    struct fq_errand *errand = send->flow;
    if (send->answer.transport != FQ_TRANSPORT_OK)
        errand_end(errand, "the platform gave no answer", send->reason);
    else
        errand_adapt(errand, &send->answer);
}

static void errand_send(struct fq_errand *errand)
{
    errand->n_sends++;
    errand->send = (struct fq_send){ .channel = errand->channel,
                                     .kind = errand->kind,
                                     .arena = errand->arena,
                                     .request = errand->answer.verdict.message,
                                     .body_size_max = errand->body_size_max,
                                     .done = errand_sent,
                                     .flow = errand };
    fq_flow_send(errand->flow, &errand->send);
}

/* core/verdict lets nothing through that was not verified in that very call. */
static void errand_judged(struct fq_adapt *adapt)
{
    struct fq_errand *errand = adapt->flow;
    errand->answer = adapt->answer;
    const struct fq_verdict *verdict = &errand->answer.verdict;
    struct fq_verdict_context asked = { .is_begin = adapt->message == NULL,
                                        .is_errand = true,
                                        .now_ms = errand->call.now_unix_ms,
                                        .n_sends = errand->n_sends };
    const char *refusal = errand->answer.is_fault
                              ? "the adapter could not do it"
                              : fq_drive_refuse(errand->channel, &errand->answer, asked);
    if (refusal == NULL && verdict->step != FQ_STEP_SEND &&
        (adapt->message == NULL || verdict->step != FQ_STEP_DONE))
        refusal = "it neither sends nor ends";
    if (refusal != NULL)
        errand_end(errand, refusal, errand->answer.reason);
    else if (verdict->step == FQ_STEP_SEND)
        errand_send(errand);
    else
        errand_end(errand, NULL,
                   verdict->outcome == FQ_OUTCOME_UNKNOWN && verdict->platform_text.len > 0
                       ? verdict->platform_text /* why it is not believed */
                       : verdict->platform_code);
}

void fq_errand_start(struct fq_errand *errand)
{
    errand_adapt(errand, NULL);
}
