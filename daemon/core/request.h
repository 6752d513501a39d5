/* SPDX-License-Identifier: Apache-2.0 */
/* What a storefront may ask, and what it is answered, as plain structs: the domain's side of
 * fenqi.proto. io/codec turns wire bytes into these and these into wire bytes; flow/ never sees
 * protobuf. */
#ifndef FQ_CORE_REQUEST_H
#define FQ_CORE_REQUEST_H

#include "daemon/core/channel_conf.h"
#include "daemon/core/merchant.h"
#include "daemon/core/payer.h"
#include "daemon/core/payment.h"
#include "daemon/core/status.h"
#include "daemon/core/tx.h"

enum fq_operation_kind {
    FQ_OP_UNSET = 0,
    FQ_OP_QUOTE_PLANS,
    FQ_OP_CREATE_PAYMENT,
    FQ_OP_GET_PAYMENT,
    FQ_OP_CLOSE_PAYMENT,
    FQ_OP_CREATE_REFUND,
    FQ_OP_GET_REFUND,
    FQ_OP_LIST_EVENTS,
    FQ_OP_GET_KEYS,
    FQ_OP_GET_INFO,
    FQ_OP_LIST_CHANNELS,
    FQ_OP_SUBSCRIBE,
    FQ_OP_ACK_EVENTS,
};

#define FQ_OP_N (FQ_OP_ACK_EVENTS + 1)

/* "create_payment"; "unreadable" of one that could not be decoded. (operation.c) */
const char *fq_operation_name(uint32_t kind);

/* Amounts arrive as they were sent, unchecked: minor may be anything, currency any short text. */
struct fq_quote_plans {
    struct fq_money amount;        /* exponent is filled from the channel, not by the sender */
    struct fq_str currency;        /* as sent */
    const struct fq_str *channels; /* none: every one */
    size_t n_channels;
    struct fq_str issuer;      /* a bank's id, */
    struct fq_str card_prefix; /* or the first digits of a card; or neither */
    struct fq_str buyer_reference;
    uint32_t terminal;
    bool has_virtual_goods;
    bool has_line_amounts;     /* every line has one... */
    bool has_unlike_lines;     /* ...or some have and some have not, or not in this currency */
    int64_t lines_total_minor; /* saturated */
};

struct fq_list_channels {
    uint32_t terminal; /* 0: any */
};

struct fq_create_payment {
    struct fq_str idempotency_key;
    struct fq_str merchant_order_id;
    struct fq_str quote; /* signed bytes of a plan, as QuotePlans gave them */
    struct fq_money amount;
    struct fq_str currency;
    struct fq_str subject;
    uint32_t terminal;
    struct fq_str return_url;
    struct fq_str buyer_ip;
    struct fq_str buyer_user_agent;
    struct fq_str buyer_reference; /* the shop's own id of its customer; may be empty */
    int64_t expires_in_ms;         /* 0: the channel's default */
    bool allow_parallel;
    int64_t disclosure_shown_ms;
    int64_t disclosure_seconds;
    bool disclosure_confirmed;
    bool has_payer;
    struct fq_payer payer; /* wiped with the operation's memory */
};

struct fq_get_payment {
    struct fq_str payment_id;        /* this, */
    struct fq_str merchant_order_id; /* or this, */
    struct fq_str idempotency_key;   /* or this */
    bool refresh;
    int64_t wait_ms;       /* 0..25000: answer when the state moves, or then */
    int64_t known_version; /* with wait_ms: wait while the version is this; 0 = while OPEN */
};

struct fq_close_payment {
    struct fq_str payment_id;
};

struct fq_create_refund {
    struct fq_str idempotency_key;
    struct fq_str payment_id;
    struct fq_money amount;
    struct fq_str currency;
    struct fq_str reason;
};

struct fq_get_refund {
    struct fq_str refund_id;
    bool refresh;
};

struct fq_list_events {
    int64_t cursor;
    uint32_t n_max;
};

struct fq_subscribe {
    struct fq_str group;
    bool has_cursor; /* otherwise after what the group has acknowledged */
    int64_t cursor;
    int64_t credit;
};

struct fq_ack_events {
    struct fq_str group;
    int64_t cursor;
};

/* ---- answers ---- */

/* One row of the 综合融资成本明示表 (core/disclosure.h makes them). */
struct fq_cost_row {
    struct fq_str item_zh, item_en;
    struct fq_str charged_zh, charged_en;
    struct fq_str standard_zh, standard_en;
    struct fq_str collector_zh, collector_en;
    int64_t amount_minor;
    int64_t annual_bp;
    bool on_default;
};

/* One plan of a QuotePlans answer: the decoded quote, and the signed bytes to send back. */
struct fq_plan_offer {
    struct fq_quote quote;
    struct fq_str signed_quote;
    struct fq_cost_row cost; /* what it costs the buyer */
};

struct fq_channel_offer {
    struct fq_str channel;
    struct fq_str title_zh, title_en;
    struct fq_str fee_word_zh, fee_word_en;
    bool eligible;
    const char *reason; /* why not: stable word; NULL if eligible */
    struct fq_plan_offer *plans;
    size_t n_plans;
    bool indicative;
    struct fq_str note_zh, note_en; /* of indicative plans */
    int64_t highest_nominal_annual_bp;
    int64_t highest_effective_annual_bp;
    const struct fq_issuer *issuer; /* NULL: no bank was named */
    struct fq_cost_row late_cost;   /* of all its plans: what it costs to pay late */
    unsigned char texts_digest[FQ_DIGEST_SIZE];
};

/* One channel of a ListChannels answer: what of it this merchant may use. */
struct fq_channel_info {
    const struct fq_channel_conf *conf;
    const struct fq_description *about;
    struct fq_rates rates; /* where no bank is named */
    int64_t amount_min_minor;
    int64_t amount_max_minor;
    const struct fq_issuer *issuers; /* complete: with amounts and rates of this merchant's */
    size_t n_issuers;
};

/* What the buyer's device has to do next. */
struct fq_next_action {
    uint32_t kind; /* 0 none, 1 hosted_url, 2 qr_code, 3 app_sdk */
    struct fq_str text;
    int64_t expires_ms;
};

struct fq_payment_answer {
    const struct fq_ledger *ledger; /* rows to be shown */
    struct fq_str payment_id;
    struct fq_next_action action;
    bool closing; /* a close was asked for and is not proven yet */
    int64_t closes_by_ms;
};

struct fq_refund_answer {
    const struct fq_ledger *ledger;
    const struct fq_refund *refund;
    struct fq_str payment_id;
    struct fq_str refund_id;
};

struct fq_public_key {
    struct fq_str key_id;
    struct fq_str algorithm;  /* "ed25519" */
    struct fq_str public_key; /* raw bytes */
};

struct fq_info {
    struct fq_str version;
    struct fq_str instance;
    int64_t now_ms;
};

/* How things stand between a group of event consumers and one of them. */
struct fq_subscription {
    struct fq_str group;
    bool is_active;
    int64_t acknowledged_cursor;
    int64_t sent_cursor; /* of the newest event pushed; what follows comes after it */
    int64_t lease_ms;
};

/* ---- what is said unasked ---- */

enum fq_push_result {
    FQ_PUSH_SENT = 0,
    FQ_PUSH_FULL, /* the storefront does not read, or we are too busy: try again later */
    FQ_PUSH_GONE, /* nobody can be told over this line any more */
};

/* One more answer to a Subscribe. */
struct fq_push {
    struct fq_arena *arena; /* it is packed here; the pusher's, until done */
    const struct fq_event_row *events;
    size_t n_events;
    struct fq_subscription subscription;
    uint32_t result;                    /* fq_push_result */
    void (*done)(struct fq_push *push); /* on the loop, once, perhaps before push() returned */
};

/* The way back to whoever asked, kept for what is said after the answer. */
struct fq_line {
    uint64_t connection; /* as the operation's */
    /* One at a time. What is pushed before the Subscribe was answered comes after its answer. */
    void (*push)(struct fq_line *line, struct fq_push *push);
    void (*release)(struct fq_line *line); /* while nothing is being pushed */
};

/* One request on its way through the daemon. Made by io/front, run by flow/, finished exactly once.
 */
struct fq_operation {
    struct fq_arena *arena; /* everything below lives here */
    const struct fq_merchant *merchant;
    struct fq_str request_id;                     /* the storefront's */
    struct fq_str traceparent;                    /* valid, or empty */
    int64_t deadline_ms;                          /* unix; 0 = none */
    unsigned char request_digest[FQ_DIGEST_SIZE]; /* SHA-256 of the bytes received */
    uint32_t kind;                                /* fq_operation_kind */

    union {
        struct fq_quote_plans quote_plans;
        struct fq_create_payment create_payment;
        struct fq_get_payment get_payment;
        struct fq_close_payment close_payment;
        struct fq_create_refund create_refund;
        struct fq_get_refund get_refund;
        struct fq_list_events list_events;
        struct fq_list_channels list_channels;
        struct fq_subscribe subscribe;
        struct fq_ack_events ack_events;
    };

    uint64_t connection; /* over which it came, with the key that it came with */
    /* SUBSCRIBE, before finish(): the caller's, to be released. NULL: the asker is gone. */
    struct fq_line *(*keep_line)(struct fq_operation *operation);

    /* the answer: `status.code` != 0, or what belongs to `kind` */
    struct fq_status status;
    struct fq_channel_offer *offers;
    size_t n_offers;
    struct fq_payment_answer payment;
    struct fq_refund_answer refund;
    const struct fq_event_row *events;
    size_t n_events;
    struct fq_subscription subscription; /* SUBSCRIBE, ACK_EVENTS */
    const struct fq_public_key *keys;
    size_t n_keys;
    struct fq_info info;
    const struct fq_channel_info *channels;
    size_t n_channels;

    void (*finish)(
        struct fq_operation *operation); /* on the loop, once: packs, signs, sends, frees */
};

#endif
