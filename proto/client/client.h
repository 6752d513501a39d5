/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of libfenqi share. */
#ifndef FENQI_CLIENT_H
#define FENQI_CLIENT_H

#include <stdbool.h>

#include "proto/client/fenqi.h"

/* More than any answer of the daemon. */
#define FENQI_REPLY_SIZE_MAX      ((size_t)1 << 20)
#define FENQI_REQUEST_ID_SIZE_MAX 64
#define FENQI_RANDOM_ID_SIZE      33 /* 32 hexadecimal digits and a NUL */
#define FENQI_DIGEST_SIZE         32
#define FENQI_SIGNATURE_SIZE      64
#define FENQI_CURVE_SIZE          41 /* 40 characters of Z85 and a NUL */
#define FENQI_NEVER               INT64_MAX

/* ---- link.c: one connection, to one of the daemons at a time ---- */

struct fenqi_link {
    struct fenqi_client *client;
    void *socket;  /* NULL: closed */
    void *monitor; /* tells when the connection comes and goes */
    size_t at;     /* of the client's addresses */
    bool is_up;    /* connected, and let in */
    bool is_refused;
    bool is_unwanted;      /* the daemon says that it is shutting down */
    bool has_more;         /* was not read to its end */
    int64_t down_since_ms; /* while it is not up */
    uint64_t n_heard;      /* messages */
};

/* What has become of the connection since the last look. */
enum fenqi_link_news { FENQI_LINK_SAME, FENQI_LINK_BROKE };

typedef void fenqi_link_fn(void *owner, const void *bytes, size_t n_bytes);

int fenqi_link_open(struct fenqi_link *link, struct fenqi_client *client, int64_t now_ms);
void fenqi_link_close(struct fenqi_link *link);
/* Leaves this daemon for the next one; where there is only one, connects again. */
int fenqi_link_next(struct fenqi_link *link, int64_t now_ms);
/* When a connection that is down is given up, for the sake of the next address. */
int64_t fenqi_link_give_up_ms(const struct fenqi_link *link);
enum fenqi_link_news fenqi_link_watch(struct fenqi_link *link, int64_t now_ms);
void fenqi_link_receive(struct fenqi_link *link, fenqi_link_fn *fn, void *owner);
/* false: not now; try again a little later. */
bool fenqi_link_send(struct fenqi_link *link, const void *bytes, size_t n_bytes);

/* ---- request.c: the bytes of a request, and whether an answer is its own ---- */

struct fenqi_request {
    char request_id[FENQI_REQUEST_ID_SIZE_MAX + 1];
    unsigned char digest[FENQI_DIGEST_SIZE];
    unsigned char *bytes;
    size_t n_bytes;
};

/* Fills in what the caller left out: an id, and the deadline (0: none). */
int fenqi_request_pack(struct fenqi_request *ret, const Fenqi__V1__Request *request,
                       int64_t timeout_ms);
void fenqi_request_deinit(struct fenqi_request *request);
bool fenqi_request_is_answered(const struct fenqi_request *request, const Fenqi__V1__Reply *reply);
/* Does the daemon refuse because it is shutting down? What else is UNAVAILABLE may be so elsewhere,
 * too (a platform, the ledger), and is waited for where it is. */
bool fenqi_request_is_stopped(const Fenqi__V1__Error *error);
/* How long to wait before it is asked for the n-th time again, when told to come back after
 * `retry_after_ms`; never all clients at once. */
int64_t fenqi_request_pause_ms(unsigned n, int64_t retry_after_ms);

/* ---- call.c: requests under way ---- */

struct fenqi_pending {
    struct fenqi_pending *next;
    struct fenqi_request request;
    fenqi_done_fn *done;
    void *context;
    bool is_repeatable;
    int64_t ends_ms; /* on the monotonic clock */
    int64_t send_at_ms;
    bool is_sent;      /* over the connection that there is */
    uint64_t n_heard;  /* of the link, when it was sent */
    int64_t resend_ms; /* silence after which it is sent again */
    unsigned n_refusals;
};

void fenqi_pending_turn(struct fenqi_client *client, int64_t now_ms);
int64_t fenqi_pending_due_ms(const struct fenqi_client *client);
/* All of them end with this error. */
void fenqi_pending_end(struct fenqi_client *client, int error);

/* ---- subscribe.c ---- */

void fenqi_subscriptions_turn(struct fenqi_client *client, int64_t now_ms);
int64_t fenqi_subscriptions_due_ms(const struct fenqi_client *client);
void fenqi_subscriptions_end(struct fenqi_client *client);

/* ---- verify.c ---- */

/* Ed25519 over the DSSE pre-authentication encoding. FENQI_E_SIGNATURE or FENQI_E_SYSTEM if not. */
int fenqi_signature_check(const struct fenqi_key *key, const char *type, const void *payload,
                          size_t n_payload, const void *signature, size_t n_signature);

/* ---- run.c ---- */

int64_t fenqi_now_ms(void); /* monotonic */
/* Makes the descriptor readable: there is something to do. */
void fenqi_client_wake(struct fenqi_client *client);

/* ---- connect.c ---- */

struct fenqi_address {
    char *endpoint;
    char server_key[FENQI_CURVE_SIZE];
};

struct fenqi_client {
    void *context;
    int poll_fd;  /* an epoll of all that follows */
    int timer_fd; /* readable when something is due */
    char client_public[FENQI_CURVE_SIZE];
    char client_secret[FENQI_CURVE_SIZE];
    struct fenqi_address addresses[FENQI_ADDRESSES_MAX];
    size_t n_addresses;
    struct fenqi_key keys[FENQI_KEYS_MAX];
    size_t n_keys;
    struct fenqi_link link; /* of the requests; each subscription has one of its own */
    struct fenqi_pending *pending;
    size_t n_pending;
    struct fenqi_subscription *subscriptions;
    unsigned n_monitors; /* so far: each has another name */
    uint64_t n_told;     /* callbacks so far */
    bool is_running;
    bool is_closing;
};

#endif
