/* SPDX-License-Identifier: Apache-2.0 */
/* A platform model inside a history: its public side, what buyers do there, and its truth. */
#ifndef SIM_PLATFORM_H
#define SIM_PLATFORM_H

#include "tests/sandbox/platform.h"
#include "tests/sim/keys.h"
#include "tests/sim/sim.h"

#define SIM_NUMBER_SIZE 72
#define SIM_MER_ID      "777290058110048"

enum sim_channel { SIM_HUABEI, SIM_BANKCARD, SIM_CHANNELS };

/* What the platform itself holds to be true of one of our order numbers. */
struct sim_truth {
    bool is_paid;     /* was, at some time */
    bool is_late;     /* ...though it had been closed: the platform broke its word */
    bool is_doubtful; /* debited, and not posted: people sort it out */
    int64_t paid_ms;
    int64_t amount_minor;
    unsigned instalments;
    int64_t refunded_minor; /* arrived */
    int64_t taken_minor;    /* arrived or on the way */
    bool knows_payer;       /* the shop's */
};

struct sim_refund_truth {
    const char *number;
    int64_t amount_minor;
    int64_t settled_ms; /* 0: not yet */
    bool is_foreign;    /* not from us */
};

enum sim_lie {
    SIM_LIE_NONE = 0,
    SIM_LIE_BAD_SIGNATURE,
    SIM_LIE_WRONG_KEY,
    SIM_LIE_UNSIGNED,
    SIM_LIE_SYSTEM_ERROR,
    SIM_LIE_ERROR_AFTER,
    SIM_LIE_LIMITED,
    SIM_LIE_AMOUNT,
    SIM_LIE_DOWNGRADED,
    SIM_LIE_FIELD_TWICE,
    SIM_LIE_EXPIRED_LEAF,
    SIM_LIE_SELF_MADE,
    SIM_LIE_TAMPERED,
    SIM_LIE_OPEN_BRACE,
    SIM_LIE_LINE_ENDS,
    SIM_LIES,
};

struct sim_pay {
    bool is_late;         /* even though it was closed */
    unsigned instalments; /* what the shop and the buyer agreed on */
    bool other_terms;     /* not those */
    bool other_amount;    /* the platform takes less, and says so with its signature */
};

/* One kind of platform; a further one is a further table. */
struct sim_platform_calls {
    const char *channel;
    void (*free)(struct sim_platform *platform);
    /* A request reaches the model; NULL: as it is. */
    void (*serve)(struct sim_platform *platform, const struct sandbox_request *request,
                  struct sandbox_response *ret);
    /* False: this platform does not lie so. */
    bool (*can_lie)(enum sim_lie lie);
    /* The next call of its gateway is answered so. */
    void (*lie)(struct sim_platform *platform, enum sim_lie lie);
    /* The order that a link, a form, a QR code or an app's string leads to; false: nowhere. A form
     * is its address, '?' and its fields as they are posted. */
    bool (*open)(struct sim_platform *platform, const char *what, char ret_number[SIM_NUMBER_SIZE]);
    /* What the buyer does at the cashier; NULL, or what stands against it. */
    const char *(*login)(struct sim_platform *platform, const char *number);
    const char *(*pay)(struct sim_platform *platform, const char *number, struct sim_pay how);
    void (*decline)(struct sim_platform *platform, const char *number);
    /* The signed way back, "" where there is none, and what is posted there, NULL: nothing; the
     * caller frees both. */
    char *(*way_back)(struct sim_platform *platform, const char *number, char **ret_body);
    void (*refund_by_hand)(struct sim_platform *platform, const char *number, int64_t minor);
    void (*forge)(struct sim_platform *platform, const char *number, bool is_signed);
    /* The order that a notification says is paid, up to the next '&'; NULL: it says no such thing.
     */
    const char *(*told_paid)(const char *notification);
    /* Under how many numbers money moved, and what is true of each. */
    size_t (*n_charged)(const struct sim_platform *platform);
    const char *(*charged)(const struct sim_platform *platform, size_t i);
    void (*truth)(const struct sim_platform *platform, const char *number, struct sim_truth *ret);
    bool (*refund)(const struct sim_platform *platform, const char *number, size_t i,
                   struct sim_refund_truth *ret);
};

struct sim_platform {
    const struct sim_platform_calls *calls;
    struct sandbox_platform sandbox;
    struct sim *sim;
    int64_t skew_ms;
    int64_t wakes_us; /* planned; 0: not */
    bool is_down;
    bool has_bad_files; /* its settlement files are damaged, always */
};

struct sim_platform *sim_alipay_new(struct sim *sim, const struct sim_keys *keys);
struct sim_platform *sim_unionpay_new(struct sim *sim, const struct sim_keys *keys);

/* ---- any of them (platform.c) ---- */

/* The one behind a channel; NULL: there is no such channel. */
struct sim_platform *sim_platform_of(const struct sim *sim, const char *channel, size_t size);

int64_t sim_platform_now_ms(const struct sim_platform *platform);
/* A request reaches it, after the faults of this call were drawn. */
void sim_platform_serve(struct sim_platform *platform, const struct sandbox_request *request,
                        struct sandbox_response *ret);
/* Something may have become due. */
void sim_platform_poke(struct sim_platform *platform);

#endif
