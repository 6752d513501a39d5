/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of flow/ share: the flow itself, the drive, answers, pages, what is said in the
 * log. */
#ifndef FQ_FLOW_PARTS_H
#define FQ_FLOW_PARTS_H

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/core/id.h"
#include "daemon/core/verdict.h"
#include "daemon/flow/flow.h"

#define FQ_MOVED_N      64 /* payments that moved last, by which a stale read is known */
#define FQ_ASKED_N      64 /* payments that buyers made us ask about last */
#define FQ_TEXTS_KEPT_N 16 /* disclosures whose words are known to stand in the store */

struct fq_busy;     /* a payment that a drive works on (flow.c) */
struct fq_waiter;   /* a GetPayment that waits for a move (wait.c) */
struct fq_chore;    /* what a channel wants once a day (chores.c) */
struct fq_breaker;  /* how a platform answers (breaker.c) */
struct fq_pause;    /* a channel that the operator has paused (pause.c) */
struct fq_feed;     /* a merchant's groups of event consumers (feed.c) */
struct fq_opening;  /* an order that is opened for a storefront's request just now (open.c) */
struct fq_question; /* that a platform is asked just now (ask.c) */
struct fq_flood;    /* a merchant that asks more than it may (flood.c) */

/* Whether the ledger can be written (writable.c). */
struct fq_writable {
    int fault; /* what the last write failed with; 0: it did not */
    uint32_t n_failed;
    int64_t since_ms;
    bool is_tried; /* just now */
};

/* The calendar's last step (stepped.c). */
struct fq_stepped {
    bool is_known;     /* the offset is */
    int64_t offset_ms; /* of the calendar to the clock that only counts */
    int64_t by_ms;     /* 0: there was none */
    int64_t at_ms, mono_ms;
};

struct fq_flow {
    struct fq_flow_conf conf;
    struct fq_arena *arena; /* of its texts: the first configuration may go, the flow stays */
    const struct fq_world *world;
    struct fq_sequence sequence;
    struct fq_busy *busy;      /* by seq */
    struct fq_waiter *waiters; /* by seq */
    int64_t moved[FQ_MOVED_N]; /* seqs, a ring (wait.c) */
    uint64_t n_moved;
    unsigned char texts_kept[FQ_TEXTS_KEPT_N][FQ_DIGEST_SIZE]; /* digests, a ring (disclosed.c) */
    size_t n_texts_kept;

    struct fq_asked {
        int64_t seq, at_ms;
    } asked[FQ_ASKED_N]; /* a ring (flow.c) */

    uint64_t n_asked;
    struct fq_timer round_timer; /* recover.c */
    struct fq_timer chore_timer; /* chores.c */
    struct fq_chore *chores;
    struct fq_breaker *breakers;   /* by channel name */
    struct fq_pause *pauses;       /* likewise */
    int64_t expiry_day;            /* when certificates were looked at last (expiry.c) */
    struct fq_opening *openings;   /* by seq */
    struct fq_question *questions; /* by payment, attempt and refund */
    struct fq_feed *feeds;         /* by merchant */
    struct fq_flood *floods;       /* likewise */
    struct fq_writable writable;
    struct fq_stepped stepped;
    uint64_t n_consumers; /* that ever subscribed */
    bool is_draining;
    size_t n_running; /* operations, visits and drives inside */
};

/* ---- the flow (flow.c) ---- */

static inline int64_t fq_flow_now(const struct fq_flow *flow)
{
    return flow->world->now_unix_ms(flow->world->ctx);
}
/* What is configured now: on the loop only. A `decide` looks into a catalog that is held. */
const struct fq_merchant *fq_flow_merchant(const struct fq_flow *flow, struct fq_str id);
const struct fq_channel *fq_flow_channel(const struct fq_flow *flow, struct fq_str name);
const struct fq_merchant *fq_catalog_merchant(const struct fq_catalog *catalog, struct fq_str id);
const struct fq_channel *fq_catalog_channel(const struct fq_catalog *catalog, struct fq_str name);
bool fq_merchant_may_use(const struct fq_merchant *merchant, struct fq_str channel);
/* As world->transact; before `done`, the consumers of what events it wrote are woken. */
void fq_flow_transact(struct fq_flow *flow, struct fq_tx *tx);
struct fq_str fq_flow_order_number(struct fq_flow *flow, struct fq_arena *arena);

/* Answers an operation: with its status, or as it stands. */
void fq_finish(struct fq_flow *flow, struct fq_operation *operation);
void fq_finish_with(struct fq_flow *flow, struct fq_operation *operation, struct fq_status status);

/* ---- the one way out to a platform (breaker.c) ---- */

/* As world->send. While the channel is paused `done` hears at once, before this returns, that
 * nothing was sent. */
void fq_flow_send(struct fq_flow *flow, struct fq_send *send);
/* How long nothing is sent, because the platform did not answer; 0: it may be asked. */
int64_t fq_channel_pause_ms(const struct fq_flow *flow, const struct fq_channel *channel);

/* For the operator; since the start. */
struct fq_channel_health {
    const char *state;    /* "open", "paused", "trying": whether the pause may end */
    int64_t since_ms;     /* the platform has not answered since then; 0: it does */
    int64_t pause_ms;     /* that is left */
    uint32_t n_failures;  /* in a row */
    int64_t succeeded_ms; /* the last exchange that the platform answered; 0: none */
    int64_t failed_ms;
    struct fq_str reason; /* of the last failure; lives as long as the flow, until the next one */
};
struct fq_channel_health fq_channel_health(const struct fq_flow *flow,
                                           const struct fq_channel *channel);
/* What a storefront is told meanwhile. */
struct fq_status fq_channel_paused(const struct fq_flow *flow, const struct fq_channel *channel);
void fq_breakers_free(struct fq_flow *flow);

/* ---- certificates that end (expiry.c) ---- */

/* Tells the log of those that end within 30, 7, 1 days: once a day. */
void fq_expiry_look(struct fq_flow *flow);
int64_t fq_days_left(int64_t until_ms, int64_t now_ms); /* whole ones; -1: it is over */
bool fq_ends_soon(int64_t until_ms, int64_t now_ms);

/* ---- the ledger that cannot be written (writable.c) ---- */

/* What came of a transaction. */
void fq_writable_heard(struct fq_flow *flow, const struct fq_tx *tx);
/* Writes something small, while the last write failed: every round. */
void fq_writable_try(struct fq_flow *flow);
/* Why the ledger cannot be written, if that is what `result` says; NULL: it is something else. */
const char *fq_ledger_fault_reason(int result);
/* What a storefront is told whose transaction failed with `result`: UNAVAILABLE where the ledger
 * cannot be written for now, which changed nothing; else INTERNAL. */
struct fq_status fq_ledger_refused(int result);
/* What to do about flow->writable.fault, which is not 0. */
struct fq_str fq_ledger_fault_next(const struct fq_flow *flow, struct fq_arena *arena);

/* ---- merchants that ask more than they may (flood.c) ---- */

struct fq_flood_facts {
    struct fq_str merchant;
    const char *reason; /* the last one */
    uint64_t n_refused;
    int64_t since_ms;
};
/* The first one (before NULL), the next one; NULL: there is none. */
const struct fq_flood *fq_flood_next(const struct fq_flow *flow, const struct fq_flood *before,
                                     struct fq_flood_facts *ret);
const char *fq_flood_fault(const char *reason); /* whose: "ours", "theirs" */
/* Ends those that are over: every round. */
void fq_floods_look(struct fq_flow *flow);
void fq_floods_free(struct fq_flow *flow);

/* ---- the calendar's steps (stepped.c) ---- */

void fq_stepped_look(struct fq_flow *flow); /* every round */
/* Is flow->stepped still worth telling? */
bool fq_stepped_lately(const struct fq_flow *flow);

/* ---- the operator's pause (pause.c) ---- */

struct fq_hold {
    int64_t since_ms;
    struct fq_str note; /* what the operator said; until the pause ends */
};

/* No new payment and no new try may go there; *ret (may be NULL) is set if so. */
bool fq_channel_is_held(const struct fq_flow *flow, struct fq_str name, struct fq_hold *ret);
/* What a storefront is told meanwhile. */
struct fq_status fq_channel_held(void);
void fq_pauses_free(struct fq_flow *flow);

/* A drive begins and ends. */
struct fq_breaker *fq_channel_enter(struct fq_flow *flow, const struct fq_channel *channel);
void fq_channel_leave(struct fq_breaker *breaker);
size_t fq_channel_n_drives(const struct fq_flow *flow, const struct fq_channel *channel);
/* How much may begin now that nobody waits for: rounds, refunds. */
size_t fq_channel_room(const struct fq_flow *flow, const struct fq_channel *channel);
/* Takes one place of that, to be given back; NULL: there is none. */
struct fq_breaker *fq_channel_take(struct fq_flow *flow, const struct fq_channel *channel);
void fq_channel_give(void *breaker);

/* ---- the drive: plan, commit, send, resume, settle, reply (drive.c) ---- */

struct fq_drive {
    struct fq_flow *flow;
    struct fq_arena *arena;     /* the drive's own */
    struct fq_arena *ledgers;   /* of its transactions: an adapter can fill the other */
    struct fq_catalog *catalog; /* held: the channel is its */
    const struct fq_channel *channel;
    struct fq_breaker *breaker; /* the channel's, while it runs */
    uint32_t kind; /* fq_call_kind: CREATE, QUERY, CLOSE_ORDER, REFUND, UNDO, QUERY_REFUND */
    int64_t seq;
    struct fq_str payment_id, merchant_id, trace_id; /* for the log */
    uint32_t attempt_n;                              /* 0 while CREATE plans a new attempt */
    uint32_t refund_n;
    struct fq_call call;
    int64_t asked_ms;  /* when the question was planned */
    int64_t settle_ms; /* when its answer is settled */
    uint32_t n_sends;
    bool is_first;   /* of REFUND, UNDO: nothing was sent for this refund before */
    bool never_left; /* not one byte of it */

    /* The intent, written before the first byte leaves; NULL: nothing to write. Returns FQ_DECIDE_*
     * or FQ_DRIVE_E_STOP: the ledger has moved on, nothing is sent. */
    int (*commit)(struct fq_drive *drive, struct fq_ledger *ledger);

    /* what came of it */
    struct fq_answer answer; /* the last one */
    const char *refusal;     /* why it is not believed; NULL: it is */
    bool is_stopped;    /* commit said stop, the store failed, or the channel is paused: nothing was
                           sent */
    bool is_asked_back; /* the answer proves nothing: query first */
    struct fq_ledger *ledger;    /* as committed last; NULL if the store failed */
    uint32_t move;               /* fq_move that was applied */
    struct fq_str policy_number; /* for a refund that policy may want */

    /* Instead of the tables, for what is no row yet (notify.c); NULL: the tables. */
    int (*settle)(struct fq_drive *drive, struct fq_tx *tx);

    bool has_fetched; /* a key, for this very answer */

    bool has_payer;     /* CREATE of a payment with one: in `arena`, in clear */
    bool is_payer_lost; /* it could not be opened: nothing is planned without it */
    struct fq_payer payer;

    void (*done)(struct fq_drive *drive); /* then the drive is freed */
    void *asker;

    struct fq_adapt adapt;
    struct fq_send send;
    struct fq_tx tx;
    struct fq_verdict unclear;
};

enum {
    FQ_DRIVE_E_STOP = 100,
};

/* A drive about a payment that was just read or written: the call is filled from `ledger` (copied).
 */
struct fq_drive *fq_drive_new(struct fq_flow *flow, const struct fq_channel *channel, uint32_t kind,
                              const struct fq_ledger *ledger, uint32_t attempt_n,
                              uint32_t refund_n);
void fq_drive_start(struct fq_drive *drive);
/* Is a drive about this refund under way? 0: about the payment or one of its attempts. */
bool fq_flow_is_busy(const struct fq_flow *flow, int64_t seq, uint32_t refund_n);
void fq_flow_busy(struct fq_flow *flow, int64_t seq, uint32_t refund_n);
void fq_flow_idle(struct fq_flow *flow, int64_t seq, uint32_t refund_n);
/* May a buyer's click make us ask the platform? Not while a question is on its way, and once in a
 * few seconds. */
bool fq_flow_may_ask(struct fq_flow *flow, int64_t seq);

/* Fetches a key that the platform signed with and nobody configured, rarely and checked by the
 * adapter up to the pinned roots; then calls done(asker, whether it is kept now). (key.c) */
void fq_key_fetch(struct fq_flow *flow, const struct fq_channel *channel, struct fq_str key_name,
                  bool is_answer, void (*done)(void *asker, bool is_kept), void *asker);

/* ---- what is about no payment: a key, a task, a statement (errand.c) ---- */

struct fq_errand {
    struct fq_flow *flow;
    struct fq_arena *arena;     /* the errand's own */
    struct fq_catalog *catalog; /* held: the channel is its */
    const struct fq_channel *channel;
    uint32_t kind; /* fq_call_kind: FETCH_KEY, TASK, STATEMENT */
    struct fq_call call;
    size_t body_size_max; /* of an answer; 0: the usual */
    uint32_t n_sends;

    /* what came of it */
    struct fq_answer answer;
    const char *refusal; /* why nothing did; NULL: answer.verdict is believed */
    struct fq_str detail;

    void (*done)(struct fq_errand *errand); /* has to free it, at last */
    void *asker;

    struct fq_adapt adapt;
    struct fq_send send;
};

struct fq_errand *fq_errand_new(struct fq_flow *flow, const struct fq_channel *channel,
                                uint32_t kind, size_t size_max);
void fq_errand_start(struct fq_errand *errand);
void fq_errand_free(struct fq_errand *errand);

/* ---- the platform's word that came unasked (word.c) ---- */

struct fq_word {
    const struct fq_channel *channel;
    const struct fq_catalog *catalog; /* held by the asker */
    const struct fq_schedule *schedule;
    const char *kind;            /* of the evidence: "notification", "statement" */
    struct fq_answer answer;     /* verified */
    struct fq_str policy_number; /* for a refund that policy may want */
    int64_t now_ms;

    const char *refusal; /* why it is not believed; NULL: it is */
    uint32_t move;       /* fq_move that was applied */
    uint32_t refund_n;   /* the refund that it was about; 0: a payment */
};

/* As the `decide` of a transaction that was looked up by the word's number: settles it, or keeps
 * all as it is and says why in word->refusal. */
int fq_word_decide(struct fq_word *word, struct fq_tx *tx);

/* ---- once a day (chores.c) ---- */

/* Runs each channel's task and takes its statements, when they are due; remembers in notes. */
void fq_chores_start(struct fq_flow *flow);
/* The old catalog is there still: what its channels were renewed with goes over to those of the
 * same name. */
void fq_chores_reloaded(struct fq_flow *flow, const struct fq_catalog *old);
void fq_chores_stop(struct fq_flow *flow);
void fq_chores_free(struct fq_flow *flow);
/* Whether the keys that the channel's task brought once are in use: right after a start they may
 * still be in the store alone, and the configured ones may be too old for the platform. */
bool fq_chores_know_keys(const struct fq_flow *flow, const struct fq_channel *channel);

/* Settles a day by the platform's file; then calls done(asker, NULL), or why not. (statement.c) */
void fq_statement_take(struct fq_flow *flow, const struct fq_channel *channel, int64_t day,
                       void (*done)(void *asker, const char *refusal, int64_t retry_after_ms),
                       void *asker);

/* Whether the verdict of a notification, return or answer is believed: NULL, or why not. `asked` is
 * what it is checked against; what the channel and the answer know is filled in. */
const char *fq_drive_refuse(const struct fq_channel *channel, const struct fq_answer *answer,
                            struct fq_verdict_context asked);

/* Evidence out of an answer; of one that was not verified only what it was. */
struct fq_evidence fq_evidence_of(const struct fq_answer *answer, const char *kind);

/* ---- parts of operations ---- */

void fq_quote_run(struct fq_flow *flow, struct fq_operation *operation);
void fq_channels_run(struct fq_flow *flow, struct fq_operation *operation);
void fq_create_run(struct fq_flow *flow, struct fq_operation *operation);
void fq_get_payment_run(struct fq_flow *flow, struct fq_operation *operation);
void fq_close_run(struct fq_flow *flow, struct fq_operation *operation);
void fq_create_refund_run(struct fq_flow *flow, struct fq_operation *operation);
void fq_get_refund_run(struct fq_flow *flow, struct fq_operation *operation);
void fq_list_events_run(struct fq_flow *flow, struct fq_operation *operation);
void fq_subscribe_run(struct fq_flow *flow, struct fq_operation *operation);
void fq_ack_events_run(struct fq_flow *flow, struct fq_operation *operation);

/* Fills one channel's part of QuotePlans; `is_risky`: a rule against cash-out refuses. (offer.c) */
int fq_offer_run(struct fq_flow *flow, struct fq_operation *operation,
                 const struct fq_channel *channel, bool is_risky, struct fq_channel_offer *ret);
/* Which of a channel's banks the request names; 0 and NULL: it names none, or the channel has none.
 * Positive: of fq_issuer_of_card (core/issuer.h). */
int fq_offer_issuer(const struct fq_channel_conf *conf, const struct fq_quote_plans *request,
                    const struct fq_issuer **ret);
/* What a channel takes for cards of a bank (NULL: whichever). */
void fq_offer_amounts(const struct fq_channel *channel, const struct fq_issuer *issuer,
                      int64_t *ret_min, int64_t *ret_max);

/* Checks a quote's signed bytes: MAC, form. Positive: not ours. (quote.c) */
enum {
    FQ_QUOTE_E_FOREIGN = 1,
};

int fq_quote_open(struct fq_flow *flow, struct fq_str signed_quote, struct fq_arena *arena,
                  struct fq_quote *ret, struct fq_str *ret_text);

/* Is it a payment of the asking merchant, named with its secret? Any other does not exist for it.
 * (answer.c) */
bool fq_may_see(const struct fq_operation *operation, const struct fq_ledger *ledger,
                const unsigned char secret[FQ_SECRET_SIZE]);
struct fq_status fq_not_found(const char *field);

/* Fills the answer from a ledger whose memory lives as long as the operation, and finishes it.
 * (answer.c) */
void fq_answer_payment(struct fq_flow *flow, struct fq_operation *operation,
                       struct fq_ledger *ledger);
void fq_answer_refund(struct fq_flow *flow, struct fq_operation *operation,
                      struct fq_ledger *ledger, const struct fq_refund *refund);
struct fq_str fq_link(struct fq_flow *flow, const char *purpose, const struct fq_payment *payment,
                      struct fq_arena *arena);
/* True if `mac_text` was an "open" token of an earlier generation: the link was real, and is dead.
 */
bool fq_link_was_valid(struct fq_flow *flow, const struct fq_payment *payment,
                       struct fq_str mac_text, struct fq_arena *arena);
/* True if `mac_text` is the current token of the payment for this purpose. */
bool fq_link_is_valid(struct fq_flow *flow, const char *purpose, const struct fq_payment *payment,
                      struct fq_str mac_text, struct fq_arena *arena);

/* ---- asking and telling the platform (ask.c); `done` may be NULL ----
 * Whoever asks what is being asked already joins that question. */

/* The live attempt, or the first unfinished refund, or nothing; then calls done(asker). A query
 * that finds an order still open after its deadline, or after a close was asked for, closes it too.
 */
void fq_ask_now(struct fq_flow *flow, const struct fq_ledger *ledger, void (*done)(void *asker),
                void *asker);
/* One attempt, whatever its state. */
void fq_ask_attempt(struct fq_flow *flow, const struct fq_ledger *ledger, uint32_t attempt_n,
                    void (*done)(void *asker), void *asker);
/* A submitted refund. If the platform was heard and still does not show it, after a while the same
 * number is sent again, where that is allowed. */
void fq_ask_refund(struct fq_flow *flow, const struct fq_ledger *ledger,
                   const struct fq_refund *refund, void (*done)(void *asker), void *asker);
/* Is it the payment's settlement day still? (refund.c) */
bool fq_undo_is_in_time(const struct fq_channel *channel, const struct fq_payment *payment,
                        int64_t now_ms);
/* Sends a reserved refund, or a submitted one again under its number. An undo that had to wait
 * until its day was over goes as a refund. */
void fq_refund_submit(struct fq_flow *flow, const struct fq_ledger *ledger,
                      const struct fq_refund *refund, void (*done)(void *asker), void *asker);
/* Closes the live attempt's order where the platform can; asks about it where not. */
void fq_close_at_platform(struct fq_flow *flow, const struct fq_ledger *ledger,
                          void (*done)(void *asker), void *asker);

/* ---- after the platform's word (settled.c) ---- */

/* Inside the transaction in which an attempt won: flags an order that is paid twice, and reserves
 * under `refund_number` what policy gives back; the next round submits it. Pure; the asker holds
 * the catalog. */
void fq_settle_won(const struct fq_catalog *catalog, struct fq_tx *tx,
                   const struct fq_attempt *attempt, struct fq_str refund_number, int64_t now_ms);
/* After its commit: says what was done, wakes who waited for it. */
void fq_after_settle(struct fq_flow *flow, const struct fq_ledger *ledger, uint32_t refund_n,
                     uint32_t move);

/* ---- opening an attempt (open.c) ---- */

enum fq_open_result {
    FQ_OPEN_OK = 0,  /* action is valid */
    FQ_OPEN_NOT_NOW, /* the payment's state does not allow it; the ledger says why */
    FQ_OPEN_WAIT,    /* an earlier attempt must be proven dead first */
    FQ_OPEN_UNCLEAR, /* the platform or adapter did not give an action: try again later */
};

struct fq_open {
    struct fq_flow *flow;
    struct fq_arena *arena; /* of the asker; the action lives there */
    int64_t seq;
    uint32_t result; /* fq_open_result */
    uint32_t action; /* fq_action */
    struct fq_message message;
    struct fq_str action_text;
    int64_t action_expires_ms;
    struct fq_ledger *ledger; /* as it was read or written last; set: not read first */
    bool wants_ledger;        /* `ledger` shall show the opened attempt: one more read */
    bool is_beside;           /* by the merchant's policy: an earlier attempt may still be paid */
    uint32_t n_rounds;
    struct fq_read read;
    struct fq_open *next; /* that waits for the same opening */
    void (*done)(struct fq_open *open);
    void *asker;
};

void fq_open_run(struct fq_open *open);

/* ---- what the buyer was shown (disclosed.c) ---- */

/* Code 0: the quote's words are still the channel's, and what CreatePayment says of the disclosure
 * is enough for the merchant and can be true. */
struct fq_status fq_disclosed_check(const struct fq_operation *operation,
                                    const struct fq_channel *channel, const struct fq_quote *quote,
                                    int64_t now_ms);
/* True: these words are not known to be kept, *ret is the note to write. */
bool fq_disclosed_note(const struct fq_flow *flow, const struct fq_disclosure_texts *texts,
                       int64_t now_ms, struct fq_arena *arena, struct fq_note *ret);
/* Such a note is committed. */
void fq_disclosed_kept(struct fq_flow *flow, const unsigned char digest[FQ_DIGEST_SIZE]);

/* ---- rules against cash-out (risk.c) ---- */

/* Code 0: there is no reference, or it can be one. */
struct fq_status fq_buyer_check(struct fq_str reference, const char *field);
/* By what a merchant's buyer is known: FQ_BUYER_SIZE bytes; empty without a reference. */
struct fq_str fq_buyer_name(struct fq_flow *flow, const struct fq_merchant *merchant,
                            struct fq_str reference, struct fq_arena *arena);
/* What the merchant's rules ask the past. False: nothing. */
bool fq_risk_ask(const struct fq_merchant *merchant, struct fq_str buyer, int64_t now_ms,
                 struct fq_risk_query *ret);
void fq_say_risk(const struct fq_operation *operation, struct fq_str channel, const char *rule,
                 const struct fq_status *status);

/* ---- who is to pay (payer.c) ---- */

enum {
    FQ_PAYER_E_LOST = 100,
};

/* Code 0: the channel takes the request's payer, who is sealed for payment `seq`. */
struct fq_status fq_payer_take(struct fq_flow *flow, const struct fq_channel *channel,
                               const struct fq_operation *operation, int64_t seq,
                               struct fq_str *ret_sealed);
/* What the payer adds to a request's content. */
int fq_payer_add_content(struct fq_flow *flow, const struct fq_payer *payer, struct fq_buf *buf);
/* Opens a payment's payer in `arena`, which is wiped in the end. FQ_PAYER_E_LOST: the key is not
 * configured any more, or the row was altered. */
int fq_payer_open(struct fq_flow *flow, const struct fq_payment *payment, struct fq_arena *arena,
                  struct fq_payer *ret);
void fq_payer_fill(const struct fq_payer *payer, struct fq_call *call);
/* Leaves out what an adapter or the platform said that names the payer. */
void fq_payer_scrub(const struct fq_payer *payer, struct fq_answer *answer);

/* ---- events, pushed to whoever subscribed (feed.c) ---- */

/* A commit wrote events of this merchant's. */
void fq_feed_wake(struct fq_flow *flow, struct fq_str merchant_id);
/* Every subscription ends; nobody is told. */
void fq_feeds_stop(struct fq_flow *flow);

/* ---- visits ---- */

void fq_open_visit(struct fq_flow *flow, struct fq_visit *visit, struct fq_str token);
void fq_back_visit(struct fq_flow *flow, struct fq_visit *visit, struct fq_str token);
void fq_notify_visit(struct fq_flow *flow, struct fq_visit *visit, struct fq_str channel);
void fq_visit_finish(struct fq_flow *flow, struct fq_visit *visit);
/* The visit as an adapter sees it: raw path and query in one, body, content type. */
struct fq_message fq_visit_message(const struct fq_visit *visit);

/* ---- pages for buyers, Chinese first (page.c) ---- */

enum fq_page {
    FQ_PAGE_GO = 0, /* go to the platform: posts itself */
    FQ_PAGE_FORM,   /* the platform's form: posts itself */
    FQ_PAGE_EXPIRED,
    FQ_PAGE_CLOSED,
    FQ_PAGE_WAITING, /* for the platform's word; reloads itself */
    FQ_PAGE_PAID,
    FQ_PAGE_UNKNOWN, /* no such link */
    FQ_PAGE_TROUBLE, /* try again in a moment */
};

struct fq_page_facts {
    const struct fq_merchant *merchant; /* NULL: not known */
    const struct fq_payment *payment;   /* NULL: not known */
    struct fq_str title_zh, title_en;   /* of the channel */
    struct fq_str fee_word_zh, fee_word_en;
    const struct fq_message *form; /* FORM */
    struct fq_str shop_url;        /* a way back to the shop; may be empty */
};

void fq_page_facts_of(struct fq_flow *flow, const struct fq_ledger *ledger,
                      struct fq_page_facts *ret);
void fq_page_fill(struct fq_visit *visit, uint32_t status, enum fq_page page,
                  const struct fq_page_facts *facts);

/* ---- waiting for a move (wait.c) ---- */

/* Calls wake(asker) once, later: at the next move of the payment, after wait_ms, or when the flow
 * drains. */
void fq_wait_add(struct fq_flow *flow, int64_t seq, int64_t wait_ms, void (*wake)(void *asker),
                 void *asker);
void fq_wait_wake(struct fq_flow *flow, int64_t seq);
void fq_wait_wake_all(struct fq_flow *flow);
/* Has the payment moved since flow->n_moved was `since`? A read that was asked for before may be
 * stale, and nobody would wake who waits because of it. */
bool fq_wait_has_moved(const struct fq_flow *flow, int64_t seq, uint64_t since);

/* ---- the log (say.c) ---- */

void fq_say_fault(const char *what, const char *trace);

/* The same with what is known of whom it concerns; its slices may be empty. */
struct fq_fault {
    const char *what;
    const char *trace;
    int result; /* of a transaction or a read; 0: neither */
    struct fq_str payment, merchant, order, channel, number, trace_id;
};

void fq_say_fault_of(const struct fq_fault *fault);
/* A payment that was read before. */
void fq_say_fault_with(const char *what, const char *trace, int result,
                       const struct fq_ledger *ledger);
/* A transaction or a read for a storefront's request. */
void fq_say_fault_for(const char *what, const char *trace, int result,
                      const struct fq_operation *operation);
void fq_say_refused(const struct fq_operation *operation);
/* What a settled word did, in one line, if it did anything. */
void fq_say_settled(const struct fq_ledger *ledger, uint32_t refund_n, uint32_t move);
void fq_say_unclear(const struct fq_channel *channel, uint32_t kind, struct fq_str number,
                    const char *why, struct fq_str detail);

/* The same with what is known of the payment; its slices may be empty. */
struct fq_unclear {
    const struct fq_channel *channel;
    uint32_t call; /* fq_call_kind */
    struct fq_str payment, merchant, number, trace_id;
    const char *why;
    struct fq_str detail;
};

void fq_say_unclear_of(const struct fq_unclear *unclear);
void fq_say_payment(int level, uint32_t msg, const char *text, const struct fq_ledger *ledger);

#endif
