/* SPDX-License-Identifier: Apache-2.0 */
/* Storefronts and their orders: what they asked for, and what they were told. */
#ifndef SIM_SHOP_H
#define SIM_SHOP_H

#include "daemon/core/request.h"
#include "tests/sim/platform.h"

#define SIM_INTENTS_MAX 4
#define SIM_REFUNDS_MAX 6
#define SIM_KEY_SIZE    64

#define SIM_PAYER_NAME     "全渠道"
#define SIM_PAYER_DOCUMENT "341126197709218366"
#define SIM_PAYER_PHONE    "13552535506"

struct sim_intent;

/* A refund that a shop wants, under one key. */
struct sim_refund_wish {
    struct sim_intent *intent;
    char key[SIM_KEY_SIZE];
    int64_t amount_minor;
    uint32_t n_tries;
    const char *refund_id; /* as answered; NULL: not yet */
    uint32_t told_state;
};

/* One payment that a shop wants for an order, under one key. */
struct sim_intent {
    struct sim_order *order;
    size_t n;
    char key[SIM_KEY_SIZE];
    size_t channel; /* sim_channel */
    struct fq_str quote;
    int64_t expires_in_ms;
    int64_t shown_ms; /* its terms, to the buyer */
    uint32_t terminal;
    bool allows_parallel;
    bool names_payer; /* the one that there is */
    uint32_t n_tries;
    uint32_t n_polls;
    bool is_refused;
    bool has_buyer;
    bool is_refunded; /* its refunds were asked for */

    /* what the shop was told */
    const char *payment_id; /* NULL: nothing yet */
    const char *other_id;   /* of the other content, if that was first */
    const char *action;
    uint32_t told_state; /* the last */
    int64_t told_version, told_us;
    bool was_paid, was_closed; /* told so, ever */
    struct sim_refund_wish refunds[SIM_REFUNDS_MAX];
    size_t n_refunds;
};

struct sim_order {
    struct sim_order *next;
    struct sim *sim;
    size_t merchant;
    char id[24];
    char subject[24];
    int64_t amount_minor;
    uint32_t instalments;
    bool is_gone; /* the shop vanished */
    bool is_parallel;
    size_t channel; /* of its first payment */
    struct sim_intent intents[SIM_INTENTS_MAX];
    size_t n_intents;
};

/* One try of one request. */
struct sim_ask {
    struct sim *sim;
    struct sim_order *order;
    struct sim_intent *intent;
    struct sim_refund_wish *refund;
    struct sim_reader *reader;
    struct sim_subscription *subscription; /* and what is to be said of its group: */
    int64_t cursor;
    bool is_seeking; /* the group shall stand there */
    uint32_t kind;   /* fq_operation_kind */
    bool is_other;   /* the same key for other content */
    bool is_told;
    int64_t asked_us;
    void (*then)(struct sim *sim, struct sim_ask *ask);

    /* the answer; code -1: none came */
    int64_t code;
    const char *reason;
    int64_t retry_after_ms;
    uint32_t state;
    struct fq_str quotes[SIM_CHANNELS]; /* of the terms that the order wants */
};

/* A shop's reader of its events. */
struct sim_reader {
    size_t merchant;
    int64_t cursor;
    uint64_t digest; /* of all events so far */
};

/* shop.c: an order begins. */
void sim_order_begin(struct sim *sim);
void sim_reader_begin(struct sim *sim, size_t merchant);
bool sim_reader_is_done(const struct sim *sim);

/* ask.c: a request goes to the daemon; `then` hears, once, of the answer or that none came. */
struct sim_ask *sim_ask_new(struct sim *sim, uint32_t kind,
                            void (*then)(struct sim *sim, struct sim_ask *ask));
void sim_ask_send(struct sim *sim, struct sim_ask *ask);

/* buyer.c: somebody got what CreatePayment gave out. */
void sim_buyer_begin(struct sim *sim, struct sim_intent *intent);

/* claims_answer.c: every answer, at the moment in which it is given. */
void sim_claim_answer(struct sim *sim, struct sim_ask *ask, const struct fq_operation *operation);

#endif
