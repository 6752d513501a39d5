/* SPDX-License-Identifier: Apache-2.0 */
/* A store in a private folder, and small deeds to do in it: shared by the tests of this folder. */
#ifndef FQ_TESTS_STORE_RIG_H
#define FQ_TESTS_STORE_RIG_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
/* clang-format on */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/core/settle.h"
#include "daemon/crypto/crypto.h"
#include "daemon/store/store.h"

#define RIG_NOW_MS    INT64_C(1700000000000)
#define RIG_PATIENCE  30000 /* ms until a test gives up on a store that does not answer */
#define RIG_WAITING   64
#define RIG_ARENA_MAX ((size_t)1 << 20)

struct rig {
    char folder[64];
    char path[128];
    struct fq_home *home;
    struct fq_store *store;
};

static inline void rig_end_process(const char *why)
{
    (void)fprintf(stderr, "%s\n", why);
    _exit(77);
}

static inline int rig_open(struct rig *rig)
{
    const struct fq_store_conf conf = {
        .path = rig->path,
        .home = rig->home,
        .n_waiting_max = RIG_WAITING,
        .sha256_of2 = fq_sha256_of2,
        .end_process = rig_end_process,
    };
    return fq_store_open(&conf, &rig->store);
}

static inline void rig_close(struct rig *rig)
{
    fq_store_free(rig->store);
    rig->store = NULL;
}

static inline int rig_set_up(void **state)
{
    struct rig *rig = fq_zalloc(sizeof(*rig));
    (void)snprintf(rig->folder, sizeof(rig->folder), "/tmp/fenqid-store-XXXXXX");
    assert_non_null(mkdtemp(rig->folder));
    (void)snprintf(rig->path, sizeof(rig->path), "%s/ledger", rig->folder);
    rig->home = fq_home_new();
    assert_int_equal(rig_open(rig), 0);
    *state = rig;
    return 0;
}

static inline void rig_remove(const struct rig *rig, const char *end)
{
    char path[160];
    (void)snprintf(path, sizeof(path), "%s%s", rig->path, end);
    (void)unlink(path);
}

static inline int rig_tear_down(void **state)
{
    struct rig *rig = *state;
    rig_close(rig);
    fq_home_free(rig->home);
    rig_remove(rig, "");
    rig_remove(rig, "-wal");
    rig_remove(rig, "-shm");
    int r = rmdir(rig->folder);
    fq_free(rig);
    return r;
}

/* ---- deeds: one transaction, with what its decision wants to know ---- */

struct deed {
    struct fq_tx tx;
    bool is_done;
    uint32_t n_told;
    int64_t seq;         /* of a payment to create, */
    const char *channel; /* and its channel; NULL: "alipay-cn" */
    const char *number;  /* of an attempt or refund to create */
    int (*and_then)(struct fq_tx *tx);
};

static inline struct deed *deed_of(struct fq_tx *tx)
{
    return fq_container_of(tx, struct deed, tx);
}

static inline void deed_done(struct fq_tx *tx)
{
    deed_of(tx)->is_done = true;
    deed_of(tx)->n_told++;
}

static inline struct deed *deed_new(int (*decide)(struct fq_tx *tx))
{
    struct deed *deed = fq_zalloc(sizeof(*deed));
    deed->tx.arena = fq_arena_new(RIG_ARENA_MAX);
    deed->tx.decide = decide;
    deed->tx.done = deed_done;
    return deed;
}

static inline void deed_free(struct deed *deed)
{
    if (deed == NULL)
        return;
    fq_arena_free(deed->tx.arena);
    fq_free(deed);
}

FQ_DEFINE_CLEANUP(deed);

static inline void rig_wait(const struct rig *rig, const bool *is_done)
{
    while (!*is_done) {
        struct pollfd fd = { .fd = fq_home_fd(rig->home), .events = POLLIN };
        assert_int_equal(poll(&fd, 1, RIG_PATIENCE), 1);
        (void)fq_home_run(rig->home, 1);
    }
}

/* Asks, waits, and tells the result. */
static inline int rig_do(const struct rig *rig, struct deed *deed)
{
    assert_int_equal(fq_store_transact(rig->store, &deed->tx), 0);
    rig_wait(rig, &deed->is_done);
    assert_int_equal(deed->n_told, 1);
    return deed->tx.result;
}

/* ---- reads ---- */

struct look {
    struct fq_read read;
    bool is_done;
};

static inline void look_done(struct fq_read *read)
{
    fq_container_of(read, struct look, read)->is_done = true;
}

static inline struct look *look_new(uint32_t kind)
{
    struct look *look = fq_zalloc(sizeof(*look));
    look->read.arena = fq_arena_new(RIG_ARENA_MAX);
    look->read.kind = kind;
    look->read.done = look_done;
    return look;
}

static inline void look_free(struct look *look)
{
    if (look == NULL)
        return;
    fq_arena_free(look->read.arena);
    fq_free(look);
}

FQ_DEFINE_CLEANUP(look);

static inline int rig_look(const struct rig *rig, struct look *look)
{
    assert_int_equal(fq_store_read(rig->store, &look->read), 0);
    rig_wait(rig, &look->is_done);
    return look->read.result;
}

static inline struct look *rig_payment(const struct rig *rig, int64_t seq)
{
    struct look *look = look_new(FQ_READ_PAYMENT);
    look->read.seq = seq;
    assert_int_equal(rig_look(rig, look), 0);
    return look;
}

/* ---- decisions ---- */

static const struct fq_schedule rig_schedule = { .first_ms = 1000, .max_ms = 60000 };

/* A new payment of merchant "m-1". */
static inline int decide_create(struct fq_tx *tx)
{
    const struct deed *deed = deed_of(tx);
    if (tx->known.kind != FQ_IDEMPOTENT_NONE)
        return FQ_DECIDE_KEEP;
    struct fq_ledger *ledger = fq_ledger_new(tx->arena);
    struct fq_payment *payment = &ledger->payment;
    payment->seq = deed->seq;
    memset(payment->secret, (int)(deed->seq & 0xff), sizeof(payment->secret));
    payment->merchant_id = tx->merchant_id.len > 0 ? tx->merchant_id : fq_lit("m-1");
    payment->merchant_order_id = tx->merchant_order_id;
    payment->channel = fq_str_of(deed->channel != NULL ? deed->channel : "alipay-cn");
    payment->subject = fq_lit("手机");
    payment->amount = (struct fq_money){ 699900, "CNY", 2 };
    payment->instalments = 6;
    payment->expires_ms = RIG_NOW_MS + 900000;
    fq_move_create(ledger, RIG_NOW_MS);
    tx->ledger = ledger;
    tx->keep_key = tx->idempotency_key.len > 0;
    return FQ_DECIDE_WRITE;
}

/* The same, as if its key were not known. */
static inline int decide_create_blindly(struct fq_tx *tx)
{
    tx->known = (struct fq_idempotent){ 0 };
    return decide_create(tx);
}

static inline struct deed *deed_create(int64_t seq)
{
    struct deed *deed = deed_new(decide_create);
    deed->seq = seq;
    deed->tx.merchant_id = fq_lit("m-1");
    return deed;
}

static inline void rig_create(const struct rig *rig, int64_t seq)
{
    FQ_CLEANUP(deed) *deed = deed_create(seq);
    assert_int_equal(rig_do(rig, deed), 0);
}

/* A new attempt; its order number is deed->number. */
static inline int decide_open(struct fq_tx *tx)
{
    const struct fq_attempt plan = {
        .order_number = fq_str_of(deed_of(tx)->number),
        .deadline_ms = RIG_NOW_MS + 600000,
        .settle_after_ms = RIG_NOW_MS + 660000,
    };
    FQ_TRY(fq_move_open_attempt(tx->ledger, &plan, false, RIG_NOW_MS, &rig_schedule));
    return FQ_DECIDE_WRITE;
}

static inline void rig_open_attempt(const struct rig *rig, int64_t seq, const char *number)
{
    FQ_CLEANUP(deed) *deed = deed_new(decide_open);
    deed->tx.lookup = FQ_LOOKUP_SEQ;
    deed->tx.seq = seq;
    deed->number = number;
    assert_int_equal(rig_do(rig, deed), 0);
}

/* The first attempt won. */
static inline int decide_pay(struct fq_tx *tx)
{
    static const struct fq_evidence evidence = { .kind = "notification" };
    struct fq_payment *payment = &tx->ledger->payment;
    payment->state = FQ_PAYMENT_PAID;
    payment->paid_ms = RIG_NOW_MS;
    tx->ledger->attempts[0].state = FQ_ATTEMPT_WON;
    tx->ledger->attempts[0].due_ms = 0;
    tx->ledger->attempts[0].is_dirty = true;
    fq_ledger_moved(tx->ledger, RIG_NOW_MS, "attempt", 1, "SENT -> WON", &evidence);
    fq_ledger_event(tx->ledger, RIG_NOW_MS, FQ_EVENT_PAYMENT_PAID, 0);
    return FQ_DECIDE_WRITE;
}

static inline void rig_pay(const struct rig *rig, int64_t seq, const char *number)
{
    rig_open_attempt(rig, seq, number);
    FQ_CLEANUP(deed) *deed = deed_new(decide_pay);
    deed->tx.lookup = FQ_LOOKUP_ORDER_NUMBER;
    deed->tx.number = fq_str_of(number);
    assert_int_equal(rig_do(rig, deed), 0);
}

static inline int decide_close(struct fq_tx *tx)
{
    fq_move_request_close(tx->ledger, RIG_NOW_MS + 1);
    return FQ_DECIDE_WRITE;
}

static inline void rig_close_payment(const struct rig *rig, int64_t seq)
{
    FQ_CLEANUP(deed) *deed = deed_new(decide_close);
    deed->tx.lookup = FQ_LOOKUP_SEQ;
    deed->tx.seq = seq;
    assert_int_equal(rig_do(rig, deed), 0);
    assert_int_equal(deed->tx.ledger->payment.state, FQ_PAYMENT_CLOSED);
}

/* A new refund of 100; its number is deed->number. */
static inline int decide_refund(struct fq_tx *tx)
{
    struct fq_refund *refund = NULL;
    const struct fq_refund plan = {
        .attempt_n = 1,
        .number = fq_str_of(deed_of(tx)->number),
        .origin = FQ_ORIGIN_STOREFRONT,
        .amount_minor = 100,
    };
    if (tx->known.kind != FQ_IDEMPOTENT_NONE)
        return FQ_DECIDE_KEEP;
    FQ_TRY(fq_move_reserve_refund(tx->ledger, &plan, RIG_NOW_MS, &refund));
    tx->keep_key = tx->idempotency_key.len > 0;
    return FQ_DECIDE_WRITE;
}

static inline void rig_refund(const struct rig *rig, int64_t seq, const char *number)
{
    FQ_CLEANUP(deed) *deed = deed_new(decide_refund);
    deed->tx.lookup = FQ_LOOKUP_SEQ;
    deed->tx.seq = seq;
    deed->number = number;
    assert_int_equal(rig_do(rig, deed), 0);
}

static inline int decide_keep(struct fq_tx *tx)
{
    (void)tx;
    return FQ_DECIDE_KEEP;
}

static inline int decide_fault(struct fq_tx *tx)
{
    (void)tx;
    return FQ_FAULT(-EPROTO, "a decision failed");
}

#endif
