/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching a platform key that a message was signed with. */
#include "daemon/flow/parts.h"

struct key_fetch {
    void (*done)(void *asker, bool is_kept);
    void *asker;
};

static const char *key_keep(const struct fq_errand *errand)
{
    const struct fq_verdict *verdict = &errand->answer.verdict;
    if (verdict->key_data.len == 0 || !fq_str_equal(verdict->key_name, errand->call.key_name))
        return "the platform gave no such key";
    if (fq_channel_keep_key(errand->channel, verdict->key_name, verdict->key_data) != 0)
        return "what came is no key";
    return NULL;
}

static void key_fetched(struct fq_errand *errand)
{
    const struct key_fetch *fetch = errand->asker;
    const char *refusal = errand->refusal != NULL ? errand->refusal : key_keep(errand);
    if (refusal == NULL)
        fq_log(LOG_NOTICE, FQ_MSG_KEY_FETCHED, "a platform key was fetched",
               FQ_LOG_STR("CHANNEL", errand->channel->conf->name),
               FQ_LOG_STR("KEY", errand->call.key_name));
    else
        fq_say_unclear(errand->channel, FQ_CALL_FETCH_KEY, errand->call.key_name, refusal,
                       errand->detail);
    fetch->done(fetch->asker, refusal == NULL);
    fq_errand_free(errand);
}

void fq_key_fetch(struct fq_flow *flow, const struct fq_channel *channel, struct fq_str key_name,
                  bool is_answer, void (*done)(void *asker, bool is_kept), void *asker)
{
    if (!fq_channel_can(channel, FQ_CALL_FETCH_KEY) ||
        !fq_channel_may_fetch(channel, is_answer, fq_flow_now(flow))) {
        fq_say_unclear(channel, FQ_CALL_FETCH_KEY, key_name, "an unknown key is not fetched now",
                       fq_lit("the channel cannot, or did so a moment ago"));
        done(asker, false);
        return;
    }
    struct fq_errand *errand = fq_errand_new(flow, channel, FQ_CALL_FETCH_KEY, FQ_ARENA_SIZE_MAX);
    struct key_fetch *fetch = fq_arena_alloc(errand->arena, sizeof(*fetch));
    fq_assert(fetch != NULL);
    *fetch = (struct key_fetch){ done, asker };
    errand->call.key_name = fq_arena_copy(errand->arena, key_name);
    errand->done = key_fetched;
    errand->asker = fetch;
    fq_errand_start(errand);
}
