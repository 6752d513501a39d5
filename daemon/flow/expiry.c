/* SPDX-License-Identifier: Apache-2.0 */
/* Once a day: which certificates of the channels end soon. Nothing else tells before a platform
 * refuses us. */
#include "daemon/core/beijing.h"
#include "daemon/flow/parts.h"

#define DAY_MS INT64_C(86400000)

/* Days that are left at which it is told, louder each time. */
static const struct {
    int64_t days;
    int level;
} expiry_steps[] = { { 1, LOG_ERR }, { 7, LOG_WARNING }, { 30, LOG_NOTICE } };

int64_t fq_days_left(int64_t until_ms, int64_t now_ms)
{
    return until_ms > now_ms ? (until_ms - now_ms) / DAY_MS : -1;
}

/* LOG_DEBUG: it need not be told. */
static int expiry_level(int64_t until_ms, int64_t now_ms)
{
    for (size_t i = 0; i < fq_array_size(expiry_steps); i++) {
        if (until_ms - now_ms <= expiry_steps[i].days * DAY_MS)
            return expiry_steps[i].level;
    }
    return LOG_DEBUG;
}

bool fq_ends_soon(int64_t until_ms, int64_t now_ms)
{
    return expiry_level(until_ms, now_ms) != LOG_DEBUG;
}

static void expiry_say(const struct fq_channel *channel, const char *key, int64_t until_ms,
                       int64_t now_ms)
{
    char until[20];
    fq_beijing_text(until_ms, until);
    fq_log_always(expiry_level(until_ms, now_ms), FQ_MSG_CERTIFICATE_ENDS,
                  until_ms <= now_ms ? "a certificate has ended" : "a certificate ends soon",
                  FQ_LOG_STR("CHANNEL", channel->conf->name), FQ_LOG_TEXT("KEY", key),
                  FQ_LOG_TEXT("UNTIL", until),
                  FQ_LOG_INT("DAYS_LEFT", fq_days_left(until_ms, now_ms)),
                  FQ_LOG_TEXT("FAULT", until_ms <= now_ms ? "ours" : NULL),
                  FQ_LOG_TEXT("NEXT", until_ms <= now_ms
                                          ? "payments of the channel fail until the next one is "
                                            "among its keys: then systemctl reload fenqid"
                                          : "get the next one into the channel's keys, and "
                                            "reload"));
}

static void expiry_look(const struct fq_channel *channel, int64_t now_ms)
{
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    for (size_t i = 0; i < channel->about.n_keys; i++) {
        int64_t until_ms = fq_channel_key_expires_ms(channel, i, arena);
        if (until_ms > 0 && fq_ends_soon(until_ms, now_ms))
            expiry_say(channel, channel->about.keys[i].name, until_ms, now_ms);
    }
    fq_arena_free(arena);
}

void fq_expiry_look(struct fq_flow *flow)
{
    const struct fq_catalog *catalog = flow->conf.catalog;
    int64_t now_ms = fq_flow_now(flow);
    int64_t day = fq_beijing_day(now_ms, 0);
    if (day == flow->expiry_day)
        return;
    flow->expiry_day = day;
    for (size_t i = 0; i < catalog->n_channels; i++)
        expiry_look(catalog->channels[i], now_ms);
}
