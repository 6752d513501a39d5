/* SPDX-License-Identifier: Apache-2.0 */
/* Runs one adapter function and brings its verdict home. */
#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"
#include "daemon/plugin/host.h"
#include "daemon/plugin/intake.h"

/* A statement is a day of payments; every other answer is one. */
#define BODY_SIZE_MAX           ((size_t)64 << 10)
#define STATEMENT_BODY_SIZE_MAX ((size_t)16 << 20)

/* Zeroes behind the verdict. An adapter must test FQ_HAS before it writes a member that is newer
 * than this daemon; one that does not lands here instead of in somebody's memory, and is caught. */
#define VERDICT_MARGIN_SIZE 512

struct call_room {
    struct fq_verdict verdict;
    unsigned char margin[VERDICT_MARGIN_SIZE];
};

/* The two halves of what a call kind means: `begin` for exchanges, `resume` for all. */
static struct fq_exchange call_exchange(const struct fq_adapter *adapter, uint32_t kind)
{
    const struct fq_exchange none = { NULL, NULL };
    switch (kind) {
    case FQ_CALL_CREATE:
        return adapter->create;
    case FQ_CALL_QUERY:
        return adapter->query;
    case FQ_CALL_CLOSE_ORDER:
        return adapter->close_order;
    case FQ_CALL_REFUND:
        return adapter->refund;
    case FQ_CALL_QUERY_REFUND:
        return adapter->query_refund;
    case FQ_CALL_UNDO:
        return adapter->undo;
    case FQ_CALL_STATEMENT:
        return adapter->statement;
    case FQ_CALL_FETCH_KEY:
        return adapter->fetch_key;
    case FQ_CALL_TASK:
        return adapter->task;
    case FQ_CALL_NOTIFICATION:
        return (struct fq_exchange){ NULL, adapter->notification };
    case FQ_CALL_BROWSER_RETURN:
        return (struct fq_exchange){ NULL, adapter->browser_return };
    default:
        return none;
    }
}

static bool call_is_received(uint32_t kind)
{
    return kind == FQ_CALL_NOTIFICATION || kind == FQ_CALL_BROWSER_RETURN;
}

bool fq_channel_can(const struct fq_channel *channel, uint32_t kind)
{
    const struct fq_exchange exchange = call_exchange(channel->adapter, kind);
    return call_is_received(kind) ? exchange.resume != NULL : exchange.begin != NULL;
}

/* The evidence is what came over the wire: the body, or the query of a GET. */
static void call_digest(uint32_t kind, const struct fq_message *message,
                        unsigned char ret[FQ_DIGEST_SIZE])
{
    bool is_query = call_is_received(kind) && fq_str_is_empty(message->body);
    fq_sha256(is_query ? message->url : message->body, ret);
}

static int call_run(const struct fq_channel *channel, uint32_t kind, const struct fq_host *host,
                    const struct fq_call *call, const struct fq_message *message,
                    struct fq_verdict *ret)
{
    const struct fq_exchange exchange = call_exchange(channel->adapter, kind);
    int r = 0;
    if (message == NULL ? exchange.begin == NULL : exchange.resume == NULL)
        return host->fail(host, "the adapter cannot do this");

    if (channel->serial != NULL)
        (void)pthread_mutex_lock(channel->serial);
    if (message == NULL)
        r = exchange.begin(channel->self, host, call, ret);
    else
        r = exchange.resume(channel->self, host, call, message, ret);
    if (channel->serial != NULL)
        (void)pthread_mutex_unlock(channel->serial);
    return r;
}

static bool call_margin_is_clean(const struct call_room *room)
{
    for (size_t i = 0; i < sizeof(room->margin); i++) {
        if (room->margin[i] != 0)
            return false;
    }
    return true;
}

/* Empty: the verdict is in ret->verdict. Otherwise why the call is a fault. */
static struct fq_str call_take(const struct fq_host_call *lent, uint32_t kind,
                               const struct call_room *room, struct fq_verdict *ret)
{
    struct fq_verdict verdict = { 0 };
    size_t body_size_max = kind == FQ_CALL_STATEMENT ? STATEMENT_BODY_SIZE_MAX : BODY_SIZE_MAX;
    if (!call_margin_is_clean(room))
        return fq_lit("the adapter wrote behind the end of the verdict");
    struct fq_str reason = fq_intake_verdict(&room->verdict, body_size_max, lent->arena, &verdict);
    if (reason.len > 0)
        return reason;
    /* What is trusted from now on must have been proven just now. */
    if (!fq_str_is_empty(verdict.key_data) && !lent->verified && lent->n_leafs == 0)
        return fq_lit("verdict.key_data without a verified signature or certificate");
    *ret = verdict;
    return reason;
}

void fq_channel_call(const struct fq_channel *channel, uint32_t kind, const struct fq_call *call,
                     const struct fq_message *message, struct fq_arena *arena,
                     struct fq_answer *ret)
{
    struct fq_host_call lent;
    struct fq_call asked = *call;
    struct fq_message came = { 0 };
    *ret = (struct fq_answer){ .is_fault = true, .reason = fq_lit("the call's memory is used up") };

    struct call_room *room = fq_arena_alloc(arena, sizeof(*room));
    if (room == NULL)
        return;
    room->verdict.struct_size = sizeof(room->verdict);
    asked.struct_size = sizeof(asked);
    if (message != NULL) {
        came = *message;
        came.struct_size = sizeof(came);
        call_digest(kind, message, ret->digest);
    }

    fq_host_init(&lent, channel, arena, call->now_unix_ms);
    int r =
        call_run(channel, kind, &lent.host, &asked, message != NULL ? &came : NULL, &room->verdict);
    if (r != 0) {
        ret->reason = fq_host_reason(&lent, arena);
    } else {
        ret->reason = call_take(&lent, kind, room, &ret->verdict);
        ret->is_fault = ret->reason.len > 0;
        ret->verified = !ret->is_fault && lent.verified;
        if (ret->verified)
            ret->verified_key = lent.verified_key;
    }
    fq_host_deinit(&lent);
}
