/* SPDX-License-Identifier: Apache-2.0 */
/* Can the ledger be written? When it cannot (a full disk, somebody's lock) that is said once, tried
 * again in every round, and said again when it can. */
#include "daemon/core/beijing.h"
#include "daemon/flow/parts.h"

/* What storefronts are told: as long as somebody's lock is waited for. */
#define RETRY_AFTER_MS 2000

/* What a transaction fails with because of the ledger, not because of what it wanted. */
static const struct writable_fault {
    int result;
    bool is_for_now; /* time may heal it, with the operator's help */
    const char *reason;
    const char *next;  /* what to do, before the ledger's path */
    const char *after; /* and behind it */
} writable_faults[] = {
    { -ENOSPC, true, "its disk is full", "make room: df -h ", "; it goes on by itself" },
    { -EBUSY, true, "another process keeps it locked", "end that process, not fenqid: fuser -v ",
      "; it goes on by itself" },
    { -EROFS, true, "it is read-only", "mount it writable: findmnt -T ", "; it goes on by itself" },
    { -EBADMSG, false, "it is damaged", "stop fenqid, keep ", " and restore a backup" },
};

static const struct writable_fault *writable_fault(int result)
{
    for (size_t i = 0; i < fq_array_size(writable_faults); i++) {
        if (writable_faults[i].result == result)
            return &writable_faults[i];
    }
    return NULL;
}

const char *fq_ledger_fault_reason(int result)
{
    const struct writable_fault *fault = writable_fault(result);
    return fault != NULL ? fault->reason : NULL;
}

struct fq_str fq_ledger_fault_next(const struct fq_flow *flow, struct fq_arena *arena)
{
    const struct writable_fault *fault = writable_fault(flow->writable.fault);
    struct fq_str path = flow->conf.ledger;
    fq_assert(fault != NULL); /* of these only one is kept */
    return fq_arena_printf(arena, "%s%.*s%s", fault->next,
                           fq_str_arg(path.len > 0 ? path : fq_lit("LEDGER")), fault->after);
}

/* Each of these was rolled back, or never begun: who is not sure whether a commit stands (a disk
 * that fails to sync) ends the process, and answers nothing. */
struct fq_status fq_ledger_refused(int result)
{
    const struct writable_fault *fault = writable_fault(result);
    bool is_queue_full = result == -EAGAIN;
    if (!is_queue_full && (fault == NULL || !fault->is_for_now))
        return fq_status_internal();
    return (struct fq_status){
        .code = FQ_CODE_UNAVAILABLE,
        .blame = FQ_BLAME_DAEMON,
        .reason = "LEDGER_UNAVAILABLE",
        .may_repeat = true,
        .retry_after_ms = RETRY_AFTER_MS,
        .text = fq_lit("the ledger cannot be written for now; nothing was changed"),
    };
}

/* ---- what is heard ---- */

static void writable_failed(struct fq_flow *flow, const struct fq_tx *tx)
{
    struct fq_writable *self = &flow->writable;
    bool is_known = self->fault == tx->result;
    self->n_failed++;
    if (self->fault == 0)
        self->since_ms = fq_flow_now(flow);
    self->fault = tx->result;
    if (is_known)
        return;
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_str next = fq_ledger_fault_next(flow, arena);
    fq_log_always(LOG_CRIT, FQ_MSG_LEDGER_STUCK, "the ledger cannot be written",
                  FQ_LOG_TEXT("REASON", fq_ledger_fault_reason(tx->result)),
                  FQ_LOG_STR("LEDGER", flow->conf.ledger), FQ_LOG_TEXT("FAULT", "ours"),
                  FQ_LOG_TEXT("TRACE", tx->trace),
                  FQ_LOG_STR("NEXT", fq_arena_printf(arena,
                                                     "no payment is made or changes, none is lost; "
                                                     "%.*s",
                                                     fq_str_arg(next))));
    fq_arena_free(arena);
}

static void writable_succeeded(struct fq_flow *flow)
{
    char since[20];
    fq_beijing_text(flow->writable.since_ms, since);
    fq_log_always(LOG_NOTICE, FQ_MSG_LEDGER_BACK, "the ledger is written again",
                  FQ_LOG_INT("FAILED", flow->writable.n_failed), FQ_LOG_TEXT("SINCE", since),
                  FQ_LOG_TEXT("NEXT", "what is due is asked about now"));
    flow->writable.fault = 0;
    flow->writable.n_failed = 0;
}

void fq_writable_heard(struct fq_flow *flow, const struct fq_tx *tx)
{
    if (writable_fault(tx->result) != NULL)
        writable_failed(flow, tx);
    else if (tx->result == 0 && tx->has_written && flow->writable.fault != 0)
        writable_succeeded(flow);
}

/* ---- trying ---- */

struct probe {
    struct fq_flow *flow;
    struct fq_note note;
    struct fq_tx tx;
};

static int probe_decide(struct fq_tx *tx)
{
    struct probe *probe = tx->flow;
    tx->notes = &probe->note;
    tx->n_notes = 1;
    return FQ_DECIDE_WRITE;
}

static void probe_done(struct fq_tx *tx)
{
    struct probe *probe = tx->flow;
    probe->flow->writable.is_tried = false;
    probe->flow->n_running--;
    fq_arena_free(tx->arena);
}

void fq_writable_try(struct fq_flow *flow)
{
    if (flow->writable.fault == 0 || flow->writable.is_tried)
        return;
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct probe *probe = fq_arena_alloc(arena, sizeof(*probe));
    fq_assert(probe != NULL); /* the arena is new */
    probe->flow = flow;
    probe->note = (struct fq_note){ .owner = fq_lit("fenqid"),
                                    .name = fq_lit("written"),
                                    .value = fq_lit("1"),
                                    .at_ms = fq_flow_now(flow) };
    probe->tx = (struct fq_tx){ .arena = arena,
                                .lookup = FQ_LOOKUP_NEW,
                                .decide = probe_decide,
                                .done = probe_done,
                                .flow = probe };
    flow->writable.is_tried = true;
    flow->n_running++;
    fq_flow_transact(flow, &probe->tx);
}
