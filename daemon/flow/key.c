/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching a platform key that a message was signed with. */
#include "daemon/flow/parts.h"

struct key_fetch {
    struct fq_flow *flow;
    struct fq_arena *arena; /* its own */
    const struct fq_channel *channel;
    struct fq_call call;
    uint32_t n_sends;
    struct fq_adapt adapt;
    struct fq_send send;
    void (*done)(void *asker, bool is_kept);
    void *asker;
};

static void key_judged(struct fq_adapt *adapt);

static void key_end(struct key_fetch *fetch, const char *why, struct fq_str detail)
{
    if (why == NULL)
        fq_log(LOG_NOTICE, FQ_MSG_KEY_FETCHED, "a platform key was fetched",
               FQ_LOG_STR("CHANNEL", fetch->channel->conf->name),
               FQ_LOG_STR("KEY", fetch->call.key_name));
    else
        fq_say_unclear(fetch->channel, FQ_CALL_FETCH_KEY, fetch->call.key_name, why, detail);
    fetch->flow->n_running--;
    fetch->done(fetch->asker, why == NULL);
    fq_arena_free(fetch->arena);
}

static void key_adapt(struct key_fetch *fetch, const struct fq_message *message)
{
    fetch->call.now_unix_ms = fq_flow_now(fetch->flow);
    fetch->call.round = fetch->n_sends;
    fetch->adapt = (struct fq_adapt){ .channel = fetch->channel,
                                      .kind = FQ_CALL_FETCH_KEY,
                                      .call = fetch->call,
                                      .message = message,
                                      .arena = fetch->arena,
                                      .done = key_judged,
                                      .flow = fetch };
    fetch->flow->world->adapt(fetch->flow->world->ctx, &fetch->adapt);
}

static void key_sent(struct fq_send *send)
{
    struct key_fetch *fetch = send->flow;
    if (send->answer.transport != FQ_TRANSPORT_OK)
        key_end(fetch, "the platform could not be asked for its key", send->reason);
    else
        key_adapt(fetch, &send->answer);
}

static void key_keep(struct key_fetch *fetch)
{
    const struct fq_verdict *verdict = &fetch->adapt.answer.verdict;
    if (verdict->key_data.len == 0 || !fq_str_equal(verdict->key_name, fetch->call.key_name))
        key_end(fetch, "the platform gave no such key", verdict->platform_code);
    else if (fq_channel_keep_key(fetch->channel, verdict->key_name, verdict->key_data) != 0)
        key_end(fetch, "what came is no key", verdict->key_name);
    else
        key_end(fetch, NULL, verdict->key_name);
}

/* core/verdict lets no key through that was not verified up to a pinned root in that very call. */
static void key_judged(struct fq_adapt *adapt)
{
    struct key_fetch *fetch = adapt->flow;
    const struct fq_answer *answer = &adapt->answer;
    struct fq_verdict_context asked = { .is_begin = fetch->n_sends == 0,
                                        .is_key = true,
                                        .now_ms = fetch->call.now_unix_ms,
                                        .n_sends = fetch->n_sends };
    const char *refusal = answer->is_fault ? "the adapter could not fetch the key"
                                           : fq_drive_refuse(fetch->channel, answer, asked);
    if (refusal != NULL) {
        key_end(fetch, refusal, answer->reason);
        return;
    }
    if (answer->verdict.step != FQ_STEP_SEND) {
        key_keep(fetch);
        return;
    }
    fetch->n_sends++;
    fetch->send = (struct fq_send){ .channel = fetch->channel,
                                    .arena = fetch->arena,
                                    .request = answer->verdict.message,
                                    .done = key_sent,
                                    .flow = fetch };
    fetch->flow->world->send(fetch->flow->world->ctx, &fetch->send);
}

void fq_key_fetch(struct fq_flow *flow, const struct fq_channel *channel, struct fq_str key_name,
                  void (*done)(void *asker, bool is_kept), void *asker)
{
    if (!fq_channel_can(channel, FQ_CALL_FETCH_KEY) ||
        !fq_channel_may_fetch(channel, fq_flow_now(flow))) {
        fq_say_unclear(channel, FQ_CALL_FETCH_KEY, key_name, "an unknown key is not fetched now",
                       fq_lit("the channel cannot, or did so a moment ago"));
        done(asker, false);
        return;
    }
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct key_fetch *fetch = fq_arena_alloc(arena, sizeof(*fetch));
    fq_assert(fetch != NULL);
    fetch->flow = flow;
    fetch->arena = arena;
    fetch->channel = channel;
    fetch->done = done;
    fetch->asker = asker;
    fetch->call = (struct fq_call){ .struct_size = sizeof(fetch->call),
                                    .key_name = fq_arena_copy(arena, key_name) };
    flow->n_running++;
    key_adapt(fetch, NULL);
}
