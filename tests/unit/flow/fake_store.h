/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger in memory that keeps the store's promises: copies in and out, decide may run twice, a
 * fault writes nothing, reads see committed data only. */
#ifndef TESTS_UNIT_FLOW_FAKE_STORE_H
#define TESTS_UNIT_FLOW_FAKE_STORE_H

#include <string.h>

#include "daemon/base/err.h"
#include "daemon/core/ledger.h"
#include "daemon/core/tx.h"

#define FAKE_MAYBE        __attribute__((unused)) static
#define FAKE_PAYMENTS_MAX 24
#define FAKE_KEYS_MAX     64
#define FAKE_EVENTS_MAX   256
#define FAKE_REFUNDS_MAX  100
#define FAKE_NOTES_MAX    16
#define FAKE_GROUPS_MAX   80
/* What a transaction that failed leaves behind: nobody may look at it. */
#define FAKE_POISON ((struct fq_ledger *)(uintptr_t)64)

struct fake_payment {
    struct fq_arena *arena;
    struct fq_ledger *ledger; /* whole, with every refund by n */
};

struct fake_key {
    char merchant_id[33];
    char key[65];
    struct fq_idempotent known;
};

struct fake_note {
    char owner[64];
    char name[192];
    char value[4096];
    size_t value_len;
    int64_t at_ms;
};

struct fake_group {
    char merchant_id[33];
    char name[65];
    int64_t cursor;
};

struct fake_store {
    struct fake_payment payments[FAKE_PAYMENTS_MAX];
    size_t n_payments;
    struct fake_key keys[FAKE_KEYS_MAX];
    size_t n_keys;
    struct fq_event_row events[FAKE_EVENTS_MAX];
    size_t n_events;
    struct fake_note notes[FAKE_NOTES_MAX];
    size_t n_notes;
    size_t n_notes_written; /* each time that one was */
    struct fake_group groups[FAKE_GROUPS_MAX];
    size_t n_groups;
    size_t n_journal;
    size_t n_writes;
    uint32_t n_tx_faults;   /* so many transactions fail from now on, at COMMIT */
    int tx_fault;           /* with which they fail; 0: -EIO */
    uint32_t n_read_faults; /* so many reads fail from now on */
};

/* ---- copies ---- */

FAKE_MAYBE void fake_copy_texts(struct fq_arena *arena, struct fq_str *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        *texts[i] = fq_arena_copy(arena, *texts[i]);
}

FAKE_MAYBE struct fq_attempt fake_copy_attempt(const struct fq_attempt *from,
                                               struct fq_arena *arena)
{
    struct fq_attempt to = *from;
    struct fq_str *const texts[] = { &to.order_number,  &to.platform_ref, &to.platform_code,
                                     &to.platform_text, &to.memory,       &to.action_text };
    fake_copy_texts(arena, texts, fq_array_size(texts));
    to.is_new = to.is_dirty = false;
    return to;
}

FAKE_MAYBE struct fq_refund fake_copy_refund(const struct fq_refund *from, struct fq_arena *arena)
{
    struct fq_refund to = *from;
    struct fq_str *const texts[] = { &to.number, &to.reason, &to.platform_code, &to.platform_text,
                                     &to.memory };
    fake_copy_texts(arena, texts, fq_array_size(texts));
    to.is_new = to.is_dirty = false;
    return to;
}

FAKE_MAYBE struct fq_payment fake_copy_payment(const struct fq_payment *from,
                                               struct fq_arena *arena)
{
    struct fq_payment to = *from;
    struct fq_str *const texts[] = {
        &to.merchant_id, &to.merchant_order_id, &to.channel, &to.subject,      &to.return_url,
        &to.buyer_ip,    &to.buyer_user_agent,  &to.quote,   &to.platform_ref, &to.payer,
        &to.buyer
    };
    fake_copy_texts(arena, texts, fq_array_size(texts));
    return to;
}

/* refund_n: that one only; 0: none; UINT32_MAX: all, newest first. */
FAKE_MAYBE struct fq_ledger *fake_copy(const struct fq_ledger *from, struct fq_arena *arena,
                                       uint32_t refund_n)
{
    struct fq_ledger *to = fq_ledger_new(arena);
    to->payment = fake_copy_payment(&from->payment, arena);
    for (uint32_t i = 0; i < from->payment.n_attempts; i++)
        to->attempts[i] = fake_copy_attempt(&from->attempts[i], arena);
    if (refund_n == 0)
        return to;
    to->refunds = fq_arena_array(arena, FAKE_REFUNDS_MAX, sizeof(*to->refunds));
    for (uint32_t i = from->n_refunds_loaded; i > 0; i--) {
        if (refund_n == UINT32_MAX || from->refunds[i - 1].n == refund_n)
            to->refunds[to->n_refunds_loaded++] = fake_copy_refund(&from->refunds[i - 1], arena);
    }
    return to;
}

/* ---- finding ---- */

FAKE_MAYBE struct fake_payment *fake_find_payment(struct fake_store *store, int64_t seq)
{
    for (size_t i = 0; i < store->n_payments; i++) {
        if (store->payments[i].ledger->payment.seq == seq)
            return &store->payments[i];
    }
    return NULL;
}

/* Whose number it is; *ret_refund_n 0: an attempt's. */
FAKE_MAYBE int64_t fake_find_number(struct fake_store *store, struct fq_str number,
                                    uint32_t *ret_refund_n)
{
    *ret_refund_n = 0;
    for (size_t i = 0; i < store->n_payments; i++) {
        struct fq_ledger *ledger = store->payments[i].ledger;
        if (fq_ledger_attempt_by_number(ledger, number) != NULL)
            return ledger->payment.seq;
        struct fq_refund *refund = fq_ledger_refund_by_number(ledger, number);
        if (refund != NULL) {
            *ret_refund_n = refund->n;
            return ledger->payment.seq;
        }
    }
    return 0;
}

FAKE_MAYBE struct fq_idempotent fake_find_key(const struct fake_store *store,
                                              struct fq_str merchant_id, struct fq_str key)
{
    for (size_t i = 0; i < store->n_keys; i++) {
        if (fq_str_equal(fq_str_of(store->keys[i].merchant_id), merchant_id) &&
            fq_str_equal(fq_str_of(store->keys[i].key), key))
            return store->keys[i].known;
    }
    return (struct fq_idempotent){ 0 };
}

FAKE_MAYBE void fake_find_siblings(struct fake_store *store, struct fq_tx *tx,
                                   struct fq_str merchant_id, struct fq_str order_id, int64_t seq)
{
    for (size_t i = store->n_payments; i > 0; i--) {
        const struct fq_ledger *ledger = store->payments[i - 1].ledger;
        const struct fq_payment *payment = &ledger->payment;
        if (payment->seq == seq || !fq_str_equal(payment->merchant_id, merchant_id) ||
            !fq_str_equal(payment->merchant_order_id, order_id) ||
            tx->n_siblings >= FQ_SIBLINGS_MAX)
            continue;
        struct fq_sibling *sibling = &tx->siblings[tx->n_siblings++];
        *sibling = (struct fq_sibling){ .seq = payment->seq,
                                        .state = payment->state,
                                        .expires_ms = payment->expires_ms,
                                        .channel = fq_arena_copy(tx->arena, payment->channel) };
        memcpy(sibling->secret, payment->secret, FQ_SECRET_SIZE);
        for (uint32_t k = 0; k < payment->n_attempts; k++) {
            if (ledger->attempts[k].settle_after_ms > sibling->settle_after_ms)
                sibling->settle_after_ms = ledger->attempts[k].settle_after_ms;
        }
    }
}

/* ---- the past, as rules against cash-out ask ---- */

FAKE_MAYBE bool fake_went_back(const struct fq_ledger *ledger)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < ledger->n_refunds_loaded; i++) {
        const struct fq_refund *refund = &ledger->refunds[i];
        if (refund->state != FQ_REFUND_FAILED && refund->origin != FQ_ORIGIN_AUTOMATIC &&
            refund->created_ms <= ledger->payment.paid_ms + FQ_RISK_DAY_MS)
            sum += refund->amount_minor;
    }
    return sum >= ledger->payment.amount.minor;
}

FAKE_MAYBE const struct fq_risk_history *fake_find_history(const struct fake_store *store,
                                                           struct fq_arena *arena,
                                                           const struct fq_risk_query *query)
{
    int64_t n_in_hour = 0;
    struct fq_risk_history *history = fq_arena_alloc(arena, sizeof(*history));
    history->payments = fq_arena_array(arena, FAKE_PAYMENTS_MAX, sizeof(*history->payments));
    for (size_t i = store->n_payments; i > 0; i--) {
        const struct fq_ledger *ledger = store->payments[i - 1].ledger;
        const struct fq_payment *payment = &ledger->payment;
        if (!fq_str_equal(payment->merchant_id, query->merchant_id))
            continue;
        if (payment->is_counted && payment->created_ms >= query->now_ms - FQ_RISK_HOUR_MS &&
            ++n_in_hour == query->n_in_hour)
            history->nth_created_ms = payment->created_ms;
        if (query->buyer.len > 0 && fq_str_equal(payment->buyer, query->buyer) &&
            payment->state != FQ_PAYMENT_CLOSED &&
            payment->created_ms >= query->now_ms - FQ_RISK_WEEK_MS)
            history->payments[history->n_payments++] =
                (struct fq_risk_payment){ payment->created_ms, payment->amount.minor,
                                          fake_went_back(ledger) };
    }
    return history;
}

/* ---- a transaction ---- */

/* ---- groups of event consumers ---- */

FAKE_MAYBE struct fake_group *fake_find_group(struct fake_store *store,
                                              const struct fq_group_row *row)
{
    for (size_t i = 0; i < store->n_groups; i++) {
        if (fq_str_equal(fq_str_of(store->groups[i].merchant_id), row->merchant_id) &&
            fq_str_equal(fq_str_of(store->groups[i].name), row->name))
            return &store->groups[i];
    }
    return NULL;
}

FAKE_MAYBE void fake_load_group(struct fake_store *store, struct fq_group_row *row)
{
    const struct fake_group *group = fake_find_group(store, row);
    row->is_known = group != NULL;
    row->cursor = group != NULL ? group->cursor : 0;
    row->newest_cursor = store->n_events > 0 ? store->events[store->n_events - 1].cursor : 0;
    row->is_dirty = false;
    row->is_removed = false;
    row->n_of_merchant = 0;
    for (size_t i = 0; i < store->n_groups; i++)
        row->n_of_merchant +=
            fq_str_equal(fq_str_of(store->groups[i].merchant_id), row->merchant_id);
}

FAKE_MAYBE void fake_keep_group(struct fake_store *store, const struct fq_group_row *row)
{
    struct fake_group *group = fake_find_group(store, row);
    if (!row->is_dirty)
        return;
    if (row->is_removed) {
        fq_assert(group != NULL);
        *group = store->groups[--store->n_groups];
        store->groups[store->n_groups] = (struct fake_group){ 0 };
        return;
    }
    if (group == NULL)
        group = &store->groups[store->n_groups++];
    fq_assert(store->n_groups <= FAKE_GROUPS_MAX && row->name.len <= 64);
    memcpy(group->merchant_id, row->merchant_id.ptr, row->merchant_id.len);
    memcpy(group->name, row->name.ptr, row->name.len);
    group->cursor = row->cursor;
}

FAKE_MAYBE void fake_tx_load(struct fake_store *store, struct fq_tx *tx)
{
    int64_t seq = tx->lookup == FQ_LOOKUP_SEQ ? tx->seq : 0;
    uint32_t refund_n = tx->lookup == FQ_LOOKUP_SEQ ? tx->refund_n : 0;
    tx->ledger = NULL;
    tx->n_siblings = 0;
    tx->keep_key = false;
    tx->notes = NULL;
    tx->n_notes = 0;
    tx->known = (struct fq_idempotent){ 0 };
    if (tx->idempotency_key.len > 0)
        tx->known = fake_find_key(store, tx->merchant_id, tx->idempotency_key);
    if (tx->lookup == FQ_LOOKUP_ORDER_NUMBER || tx->lookup == FQ_LOOKUP_REFUND_NUMBER) {
        seq = fake_find_number(store, tx->number, &refund_n);
        if ((refund_n > 0) != (tx->lookup == FQ_LOOKUP_REFUND_NUMBER))
            seq = 0;
    }
    if (tx->known.kind != FQ_IDEMPOTENT_NONE) {
        seq = tx->known.seq;
        refund_n = tx->known.refund_n;
    }
    struct fake_payment *found = seq != 0 ? fake_find_payment(store, seq) : NULL;
    if (found != NULL)
        tx->ledger = fake_copy(found->ledger, tx->arena, refund_n);
    if (tx->ledger != NULL && tx->want_siblings)
        fake_find_siblings(store, tx, tx->ledger->payment.merchant_id,
                           tx->ledger->payment.merchant_order_id, seq);
    else if (tx->ledger == NULL && tx->lookup == FQ_LOOKUP_NEW && tx->merchant_order_id.len > 0)
        fake_find_siblings(store, tx, tx->merchant_id, tx->merchant_order_id, 0);
    tx->history = NULL;
    if (tx->risk != NULL && tx->known.kind == FQ_IDEMPOTENT_NONE)
        tx->history = fake_find_history(store, tx->arena, tx->risk);
    if (tx->group != NULL)
        fake_load_group(store, tx->group);
}

/* 0, or why it may not be written. */
FAKE_MAYBE int fake_tx_check(struct fake_store *store, const struct fq_ledger *ledger,
                             const struct fake_payment *stored, bool wants_payment)
{
    uint32_t refund_n = 0;
    if (!fq_ledger_validate(ledger))
        return FQ_FAULT(-EINVAL, "the ledger breaks an invariant");
    if (stored != NULL && wants_payment &&
        ledger->payment.version <= stored->ledger->payment.version)
        return FQ_FAULT(-EINVAL, "the payment changed, its version did not");
    for (uint32_t i = 0; i < ledger->payment.n_attempts; i++) {
        if (ledger->attempts[i].is_new &&
            fake_find_number(store, ledger->attempts[i].order_number, &refund_n) != 0)
            return FQ_FAULT(-EEXIST, "an order number is taken");
    }
    for (uint32_t i = 0; i < ledger->n_refunds_loaded; i++) {
        if (ledger->refunds[i].is_new &&
            fake_find_number(store, ledger->refunds[i].number, &refund_n) != 0)
            return FQ_FAULT(-EEXIST, "a refund number is taken");
    }
    return 0;
}

/* Only what is new or dirty goes over. */
FAKE_MAYBE void fake_tx_merge(const struct fq_ledger *from, const struct fq_ledger *old,
                              bool wants_payment, struct fake_payment *ret)
{
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_ledger *to = fq_ledger_new(arena);
    to->payment = fake_copy_payment(wants_payment ? &from->payment : &old->payment, arena);
    for (uint32_t i = 0; i < to->payment.n_attempts; i++) {
        bool is_theirs = from->attempts[i].is_new || from->attempts[i].is_dirty || old == NULL;
        to->attempts[i] =
            fake_copy_attempt(is_theirs ? &from->attempts[i] : &old->attempts[i], arena);
    }
    to->refunds = fq_arena_array(arena, FAKE_REFUNDS_MAX + 1, sizeof(*to->refunds));
    for (uint32_t i = 0; old != NULL && i < old->n_refunds_loaded; i++)
        to->refunds[to->n_refunds_loaded++] = fake_copy_refund(&old->refunds[i], arena);
    for (uint32_t i = 0; i < from->n_refunds_loaded; i++) {
        const struct fq_refund *refund = &from->refunds[i];
        if (refund->is_new)
            to->refunds[to->n_refunds_loaded++] = fake_copy_refund(refund, arena);
        else if (refund->is_dirty)
            *fq_ledger_refund(to, refund->n) = fake_copy_refund(refund, arena);
    }
    fq_assert(to->n_refunds_loaded == to->payment.n_refunds);
    *ret = (struct fake_payment){ arena, to };
}

FAKE_MAYBE void fake_tx_keep_key(struct fake_store *store, const struct fq_tx *tx)
{
    struct fake_key *key = &store->keys[store->n_keys++];
    fq_assert(store->n_keys <= FAKE_KEYS_MAX);
    memcpy(key->merchant_id, tx->merchant_id.ptr, tx->merchant_id.len);
    memcpy(key->key, tx->idempotency_key.ptr, tx->idempotency_key.len);
    key->known = (struct fq_idempotent){ FQ_IDEMPOTENT_PAYMENT, tx->ledger->payment.seq, 0 };
    for (uint32_t i = 0; !tx->ledger->payment_is_new && i < tx->ledger->n_refunds_loaded; i++) {
        if (tx->ledger->refunds[i].is_new)
            key->known = (struct fq_idempotent){ FQ_IDEMPOTENT_REFUND, tx->ledger->payment.seq,
                                                 tx->ledger->refunds[i].n };
    }
}

FAKE_MAYBE void fake_tx_keep_events(struct fake_store *store, const struct fq_ledger *ledger)
{
    for (const struct fq_event *event = ledger->events; event != NULL; event = event->next) {
        struct fq_event_row *row = &store->events[store->n_events++];
        fq_assert(store->n_events <= FAKE_EVENTS_MAX);
        *row = (struct fq_event_row){ .cursor = (int64_t)store->n_events,
                                      .seq = ledger->payment.seq,
                                      .kind = event->kind,
                                      .refund_n = event->refund_n,
                                      .at_ms = event->at_ms,
                                      .payment_version = ledger->payment.version };
        memcpy(row->secret, ledger->payment.secret, FQ_SECRET_SIZE);
    }
    for (const struct fq_journal_entry *entry = ledger->journal; entry != NULL; entry = entry->next)
        store->n_journal++;
}

FAKE_MAYBE struct fake_note *fake_find_note(struct fake_store *store, struct fq_str owner,
                                            struct fq_str name)
{
    for (size_t i = 0; i < store->n_notes; i++) {
        if (fq_str_equal(fq_str_of(store->notes[i].owner), owner) &&
            fq_str_equal(fq_str_of(store->notes[i].name), name))
            return &store->notes[i];
    }
    return NULL;
}

/* Each in the place of an earlier one. */
FAKE_MAYBE void fake_tx_keep_notes(struct fake_store *store, const struct fq_tx *tx)
{
    for (size_t i = 0; i < tx->n_notes; i++) {
        const struct fq_note *from = &tx->notes[i];
        struct fake_note *to = fake_find_note(store, from->owner, from->name);
        if (to == NULL)
            to = &store->notes[store->n_notes++];
        fq_assert(store->n_notes <= FAKE_NOTES_MAX && from->owner.len < sizeof(to->owner) &&
                  from->name.len < sizeof(to->name) && from->value.len <= sizeof(to->value));
        memcpy(to->owner, from->owner.ptr, from->owner.len);
        memcpy(to->name, from->name.ptr, from->name.len);
        memcpy(to->value, from->value.ptr, from->value.len);
        to->value_len = from->value.len;
        to->at_ms = from->at_ms;
        store->n_notes_written++;
    }
}

/* True if this transaction has to fail. */
FAKE_MAYBE bool fake_tx_must_fail(struct fake_store *store)
{
    return store->n_tx_faults > 0 && store->n_tx_faults-- > 0;
}

FAKE_MAYBE int fake_tx_fault(const struct fake_store *store)
{
    return store->tx_fault != 0 ? store->tx_fault : -EIO;
}

FAKE_MAYBE int fake_tx_write(struct fake_store *store, struct fq_tx *tx)
{
    struct fq_ledger *ledger = tx->ledger;
    bool wants_payment = ledger->payment_is_new || ledger->payment_is_dirty ||
                         ledger->journal != NULL || ledger->events != NULL;
    struct fake_payment *stored = fake_find_payment(store, ledger->payment.seq);
    struct fake_payment merged;
    fq_assert(ledger->payment_is_new == (stored == NULL));
    FQ_TRY(fake_tx_check(store, ledger, stored, wants_payment));
    if (fake_tx_must_fail(store))
        return FQ_FAULT(fake_tx_fault(store), "staged");
    fake_tx_merge(ledger, stored != NULL ? stored->ledger : NULL, wants_payment, &merged);
    if (stored == NULL)
        stored = &store->payments[store->n_payments++];
    else
        fq_arena_free(stored->arena);
    fq_assert(store->n_payments <= FAKE_PAYMENTS_MAX);
    *stored = merged;
    if (tx->keep_key)
        fake_tx_keep_key(store, tx);
    fake_tx_keep_events(store, ledger);
    store->n_writes += wants_payment;
    return 0;
}

/* A first decision is thrown away, as an engine that repeats a transaction does: decide is pure. */
FAKE_MAYBE void fake_tx_run(struct fake_store *store, struct fq_tx *tx)
{
    fake_tx_load(store, tx);
    (void)tx->decide(tx);
    fake_tx_load(store, tx);
    int r = tx->decide(tx);
    if (r == FQ_DECIDE_WRITE && tx->ledger != NULL)
        r = fake_tx_write(store, tx);
    else if (r >= 0 && fake_tx_must_fail(store))
        r = FQ_FAULT(fake_tx_fault(store), "staged");
    if (r == FQ_DECIDE_WRITE)
        fake_tx_keep_notes(store, tx);
    if (r == FQ_DECIDE_WRITE && tx->group != NULL)
        fake_keep_group(store, tx->group);
    tx->result = r < 0 ? r : 0;
    tx->has_written = r == FQ_DECIDE_WRITE;
    if (r >= 0)
        return;
    memcpy(tx->trace, fq_trace(), strnlen(fq_trace(), sizeof(tx->trace) - 1));
    tx->ledger = FAKE_POISON;
}

/* ---- reads ---- */

/* How many more of a channel's rows are wanted, counted down; a row of another channel is wanted as
 * long as payments are. */
FAKE_MAYBE void fake_add_due(struct fq_read *read, uint32_t *n_left, struct fq_str channel,
                             struct fq_due due)
{
    uint32_t wish = 0;
    while (wish < read->n_wishes && !fq_str_equal(read->wishes[wish].channel, channel))
        wish++;
    due.wish = due.kind == 3 ? read->n_wishes : wish;
    bool is_ahead = due.kind != 3 && due.due_ms > read->now_ms + FQ_DUE_AHEAD_MAX_MS;
    if (due.due_ms == 0 || (due.due_ms > read->now_ms && !is_ahead) || n_left[due.wish] == 0)
        return;
    n_left[due.wish]--;
    read->due[read->n_rows++] = due;
}

FAKE_MAYBE void fake_read_due(struct fake_store *store, struct fq_read *read)
{
    uint32_t n_max = read->n_max;
    uint32_t *n_left = fq_arena_array(read->arena, read->n_wishes + 1, sizeof(*n_left));
    for (uint32_t i = 0; i < read->n_wishes; i++)
        n_max += n_left[i] = read->wishes[i].n_max;
    n_left[read->n_wishes] = read->n_max;
    read->due = fq_arena_array(read->arena, n_max, sizeof(*read->due));
    for (size_t i = 0; i < store->n_payments; i++) {
        const struct fq_ledger *ledger = store->payments[i].ledger;
        const struct fq_payment *payment = &ledger->payment;
        fake_add_due(read, n_left, payment->channel,
                     (struct fq_due){ payment->seq, 3, 0, payment->due_ms, 0 });
        for (uint32_t k = 0; k < payment->n_attempts; k++)
            fake_add_due(read, n_left, payment->channel,
                         (struct fq_due){ payment->seq, 1, ledger->attempts[k].n,
                                          ledger->attempts[k].due_ms, 0 });
        for (uint32_t k = 0; k < ledger->n_refunds_loaded; k++)
            fake_add_due(read, n_left, payment->channel,
                         (struct fq_due){ payment->seq, 2, ledger->refunds[k].n,
                                          ledger->refunds[k].due_ms, 0 });
    }
}

FAKE_MAYBE void fake_read_events(struct fake_store *store, struct fq_read *read)
{
    read->events = fq_arena_array(read->arena, read->n_max, sizeof(*read->events));
    for (size_t i = 0; i < store->n_events && read->n_rows < read->n_max; i++) {
        if (store->events[i].cursor > read->from)
            read->events[read->n_rows++] = store->events[i];
    }
}

FAKE_MAYBE void fake_read_notes(struct fake_store *store, struct fq_read *read)
{
    read->notes = fq_arena_array(read->arena, read->n_max, sizeof(*read->notes));
    for (size_t i = 0; i < store->n_notes && read->n_rows < read->n_max; i++) {
        const struct fake_note *from = &store->notes[i];
        if (!fq_str_equal(fq_str_of(from->owner), read->owner))
            continue;
        read->notes[read->n_rows++] = (struct fq_note){
            .owner = fq_arena_copy(read->arena, read->owner),
            .name = fq_arena_copy(read->arena, fq_str_of(from->name)),
            .value = fq_arena_copy(read->arena, (struct fq_str){ from->value, from->value_len }),
            .at_ms = from->at_ms,
        };
    }
}

FAKE_MAYBE struct fake_payment *fake_read_find(struct fake_store *store, struct fq_read *read)
{
    if (read->kind == FQ_READ_PAYMENT)
        return fake_find_payment(store, read->seq);
    if (read->kind == FQ_READ_IDEMPOTENT) {
        read->known = fake_find_key(store, read->merchant_id, read->idempotency_key);
        return fake_find_payment(store, read->known.seq);
    }
    for (size_t i = store->n_payments; i > 0 && read->kind == FQ_READ_BY_ORDER; i--) {
        const struct fq_payment *payment = &store->payments[i - 1].ledger->payment;
        if (fq_str_equal(payment->merchant_id, read->merchant_id) &&
            fq_str_equal(payment->merchant_order_id, read->merchant_order_id))
            return &store->payments[i - 1];
    }
    return NULL;
}

/* In the order of payments, not of time. */
FAKE_MAYBE void fake_add_unknown(struct fq_read *read, const struct fq_payment *payment,
                                 struct fq_unknown_row row)
{
    if (read->n_rows >= read->n_max)
        return;
    row.seq = payment->seq;
    memcpy(row.secret, payment->secret, FQ_SECRET_SIZE);
    row.merchant_id = fq_arena_copy(read->arena, payment->merchant_id);
    row.merchant_order_id = fq_arena_copy(read->arena, payment->merchant_order_id);
    row.channel = fq_arena_copy(read->arena, payment->channel);
    row.number = fq_arena_copy(read->arena, row.number);
    if (row.amount.minor == 0)
        row.amount.minor = payment->amount.minor;
    memcpy(row.amount.currency, payment->amount.currency, sizeof(row.amount.currency));
    read->unknown[read->n_rows++] = row;
}

FAKE_MAYBE void fake_read_unknown(struct fake_store *store, struct fq_read *read)
{
    read->unknown = fq_arena_array(read->arena, read->n_max, sizeof(*read->unknown));
    for (size_t i = 0; i < store->n_payments; i++) {
        const struct fq_ledger *ledger = store->payments[i].ledger;
        const struct fq_payment *payment = &ledger->payment;
        for (uint32_t k = 0; k < payment->n_attempts; k++) {
            const struct fq_attempt *attempt = &ledger->attempts[k];
            if (attempt->unknown_ms > 0)
                fake_add_unknown(read, payment,
                                 (struct fq_unknown_row){ .kind = 1,
                                                          .n = attempt->n,
                                                          .since_ms = attempt->unknown_ms,
                                                          .number = attempt->order_number,
                                                          .state = attempt->state,
                                                          .n_asked = attempt->n_asked });
        }
        for (uint32_t k = 0; k < ledger->n_refunds_loaded; k++) {
            const struct fq_refund *refund = &ledger->refunds[k];
            if (refund->unknown_ms > 0)
                fake_add_unknown(read, payment,
                                 (struct fq_unknown_row){ .kind = 2,
                                                          .n = refund->n,
                                                          .since_ms = refund->unknown_ms,
                                                          .number = refund->number,
                                                          .amount.minor = refund->amount_minor,
                                                          .state = refund->state,
                                                          .n_asked = refund->n_asked });
        }
        if (payment->flags & FQ_FLAG_TO_CHECK)
            fake_add_unknown(read, payment,
                             (struct fq_unknown_row){ .kind = 3,
                                                      .since_ms = payment->updated_ms,
                                                      .state = payment->state });
    }
}

FAKE_MAYBE void fake_read_run(struct fake_store *store, struct fq_read *read)
{
    read->ledger = NULL;
    read->known = (struct fq_idempotent){ 0 };
    read->n_rows = 0;
    read->result = 0;
    if (store->n_read_faults > 0) {
        store->n_read_faults--;
        read->result = FQ_FAULT(-EIO, "staged");
        return;
    }
    struct fake_payment *found = fake_read_find(store, read);
    if (found != NULL)
        read->ledger =
            fake_copy(found->ledger, read->arena, read->refund_n > 0 ? read->refund_n : UINT32_MAX);
    if (read->kind == FQ_READ_DUE)
        fake_read_due(store, read);
    if (read->kind == FQ_READ_EVENTS)
        fake_read_events(store, read);
    if (read->kind == FQ_READ_HISTORY)
        read->history = fake_find_history(store, read->arena, read->risk);
    if (read->kind == FQ_READ_NOTES)
        fake_read_notes(store, read);
    if (read->kind == FQ_READ_UNKNOWN)
        fake_read_unknown(store, read);
    if (read->kind == FQ_READ_WORK)
        read->work = (struct fq_work){ .n_waiting = 5, .n_due = 2, .due_ms = 1 };
}

FAKE_MAYBE void fake_store_clear(struct fake_store *store)
{
    for (size_t i = 0; i < store->n_payments; i++)
        fq_arena_free(store->payments[i].arena);
    *store = (struct fake_store){ 0 };
}

#endif
