/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that wait for a payment to move. */
#include "daemon/base/hash.h"
#include "daemon/flow/parts.h"

struct fq_waiter {
    struct fq_waiter *next; /* others of the same payment */
    struct fq_flow *flow;
    int64_t seq;
    void (*wake)(void *asker);
    void *asker;
    struct fq_timer timer;
    UT_hash_handle hh; /* of the first of a payment */
};

static void wait_remove(struct fq_waiter *waiter)
{
    struct fq_flow *flow = waiter->flow;
    struct fq_waiter *first = NULL;
    HASH_FIND(hh, flow->waiters, &waiter->seq, sizeof(waiter->seq), first);
    fq_assert(first != NULL);
    if (first == waiter) {
        HASH_DEL(flow->waiters, first);
        if (first->next != NULL)
            HASH_ADD(hh, flow->waiters, seq, sizeof(first->next->seq), first->next);
        return;
    }
    while (first->next != waiter)
        first = first->next;
    first->next = waiter->next;
}

static void wait_end(struct fq_waiter *waiter)
{
    struct fq_flow *flow = waiter->flow;
    void (*wake)(void *) = waiter->wake;
    void *asker = waiter->asker;
    flow->world->cancel(flow->world->ctx, &waiter->timer);
    fq_free(waiter);
    wake(asker);
}

static void wait_timed_out(struct fq_timer *timer)
{
    struct fq_waiter *waiter = fq_container_of(timer, struct fq_waiter, timer);
    wait_remove(waiter);
    wait_end(waiter);
}

void fq_wait_add(struct fq_flow *flow, int64_t seq, int64_t wait_ms, void (*wake)(void *asker),
                 void *asker)
{
    struct fq_waiter *waiter = fq_zalloc(sizeof(*waiter));
    struct fq_waiter *first = NULL;
    waiter->flow = flow;
    waiter->seq = seq;
    waiter->wake = wake;
    waiter->asker = asker;
    waiter->timer.fire = wait_timed_out;
    HASH_FIND(hh, flow->waiters, &seq, sizeof(seq), first);
    if (first == NULL) {
        HASH_ADD(hh, flow->waiters, seq, sizeof(waiter->seq), waiter);
    } else {
        waiter->next = first->next;
        first->next = waiter;
    }
    flow->world->after(flow->world->ctx, &waiter->timer, flow->is_draining ? 0 : wait_ms);
}

bool fq_wait_has_moved(const struct fq_flow *flow, int64_t seq, uint64_t since)
{
    if (flow->n_moved - since > FQ_MOVED_N)
        return true;
    for (uint64_t i = since; i < flow->n_moved; i++) {
        if (flow->moved[i % FQ_MOVED_N] == seq)
            return true;
    }
    return false;
}

void fq_wait_wake(struct fq_flow *flow, int64_t seq)
{
    struct fq_waiter *first = NULL;
    flow->moved[flow->n_moved++ % FQ_MOVED_N] = seq;
    HASH_FIND(hh, flow->waiters, &seq, sizeof(seq), first);
    if (first == NULL)
        return;
    HASH_DEL(flow->waiters, first); /* the whole list is ours: a waker may wait again */
    while (first != NULL) {
        struct fq_waiter *waiter = first;
        first = waiter->next;
        wait_end(waiter);
    }
}

void fq_wait_wake_all(struct fq_flow *flow)
{
    while (flow->waiters != NULL)
        fq_wait_wake(flow, flow->waiters->seq);
}
