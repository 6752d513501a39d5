/* SPDX-License-Identifier: Apache-2.0 */
/* libfenqi: how a storefront written in C asks fenqid, and how it proves what it was answered.
 *
 *     int error;
 *     struct fenqi_client *client = fenqi_client_new("tcp://10.0.0.5:7766", server_key,
 *                                                    my_public_key, my_secret_key, &error);
 *     fenqi_client_pin_file(client, "/etc/shop/fenqi-keys");
 *
 *     Fenqi__V1__GetInfo info = FENQI__V1__GET_INFO__INIT;
 *     Fenqi__V1__Request request = FENQI__V1__REQUEST__INIT;
 *     request.operation_case = FENQI__V1__REQUEST__OPERATION_GET_INFO;
 *     request.get_info = &info;
 *
 *     struct fenqi_reply *reply = NULL;
 *     error = fenqi_call(client, &request, 5000, &reply);
 *     if (error != FENQI_OK)
 *         fprintf(stderr, "%s\n", fenqi_error_name(error));
 *     else if (reply->reply->outcome_case == FENQI__V1__REPLY__OUTCOME_ERROR)
 *         fprintf(stderr, "%s\n", reply->reply->error->reason);
 *     else
 *         printf("fenqid %s\n", reply->reply->info->version);
 *     fenqi_reply_free(reply);
 *     fenqi_client_free(client);
 *
 * Messages are those of fenqi.proto, as protoc-c generates them; its comments say what each field
 * means. Compile and link with `pkg-config --cflags --libs libfenqi`.
 *
 * Two kinds of bad news. A function of this library returns an `enum fenqi_error` when there is no
 * answer that can be trusted. An answer that can be trusted may itself be an error: then
 * outcome_case is FENQI__V1__REPLY__OUTCOME_ERROR, and FENQI_OK was returned.
 *
 * No answer is no decision: after any error of fenqi_call, the daemon may or may not have done what
 * was asked. Send the same request again, with the same idempotency_key, until it is answered.
 *
 * Three ways to work, and they mix on one client:
 *
 *   fenqi_call        asks one thing and waits for it
 *   fenqi_submit      asks any number of things at once; each calls its own function when done
 *   fenqi_subscribe   is told of every event of the merchant, as it happens
 *
 * What was submitted and subscribed lives in fenqi_client_run, which waits by itself, or is called
 * when your own event loop finds fenqi_client_fd readable.
 *
 * Threads. A client, with all that belongs to it, is used by one thread at a time; for more threads
 * make more clients. Nothing is shared between clients, and fenqi_verify, fenqi_verify_status, the
 * fenqi_keys_* and the fenqi_*_free functions of what they return may be called anywhere. No thread
 * is made that calls you (libzmq has one of its own per client, for input and output). Do not use a
 * client on both sides of a fork. No signal handler is set; a signal does not end a call early.
 *
 * Releases. Functions, and the structs that this header shows, only ever grow at their end. The
 * generated messages grow in the middle, so a program runs with the messages that it was built
 * with: with others it does not start (its loader names LIBFENQI_MESSAGES). Build it again then. */
#ifndef FENQI_H
#define FENQI_H

#include <stddef.h>
#include <stdint.h>

#if defined(__has_include)
#    if __has_include(<proto/fenqi.pb-c.h>)
#        include <proto/fenqi.pb-c.h> /* in the source tree */
#    else
#        include <fenqi.pb-c.h>
#    endif
#else
#    include <fenqi.pb-c.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define FENQI_API __attribute__((visibility("default")))

enum fenqi_error {
    FENQI_OK = 0,
    FENQI_E_ARGUMENT = 1,    /* an argument is missing or not of its form; nothing was sent */
    FENQI_E_TIMEOUT = 2,     /* no answer to this request in time */
    FENQI_E_MALFORMED = 3,   /* bytes that are no signed reply (or, of keys, no list of keys) */
    FENQI_E_UNKNOWN_KEY = 4, /* no signature by a pinned key */
    FENQI_E_SIGNATURE = 5,   /* a signature by a pinned key is wrong: these bytes were changed */
    FENQI_E_FILE = 6,        /* a file cannot be read; errno says why */
    FENQI_E_SYSTEM = 7,      /* no memory, no random bytes, no sockets; errno may say more */
    FENQI_E_REFUSED = 8,  /* no answer in time, and the daemon does not let this client's key in */
    FENQI_E_CLOSED = 9,   /* the client was freed before there was an answer */
    FENQI_E_EXPIRED = 10, /* rightly signed, but not valid any more */
    FENQI_E_BUSY = 11,    /* FENQI_PENDING_MAX requests are under way; nothing was sent */
};

/* "FENQI_E_TIMEOUT"; static, never NULL. */
FENQI_API const char *fenqi_error_name(int error);

/* ---- keys that sign: which daemon is believed ---- */

#define FENQI_KEY_ID_SIZE_MAX 64
#define FENQI_KEY_SIZE        32
#define FENQI_KEYS_MAX        16

/* A public Ed25519 key of the daemon. */
struct fenqi_key {
    char key_id[FENQI_KEY_ID_SIZE_MAX + 1];
    unsigned char public_key[FENQI_KEY_SIZE];
};

/* Reads a list of keys, in either of two forms:
 *   text   "KEY_ID BASE64" a line, as `fenqictl keygen` prints it; empty lines and those that begin
 *          with '#' do not count
 *   JSON   {"keys":[{"key_id":"...","algorithm":"ed25519","public_key":"BASE64"}]}, as the daemon
 *          publishes it at /.well-known/fenqi-keys; keys of other algorithms are left out
 * Whoever can change the list can forge every answer: fetch it once, over a way you trust, and keep
 * it. FENQI_E_MALFORMED for any other form, a key_id that stands twice, or more than `n_max` keys.
 */
FENQI_API int fenqi_keys_read(const char *text, size_t n_text, struct fenqi_key *keys, size_t n_max,
                              size_t *ret_n);
/* The same from a file of at most 64 KiB. */
FENQI_API int fenqi_keys_load(const char *path, struct fenqi_key *keys, size_t n_max,
                              size_t *ret_n);

/* ---- asking ---- */

struct fenqi_client;

/* A client of the daemon at `endpoint` ("tcp://10.0.0.5:7766", "ipc:///run/fenqid/front"). The keys
 * are CURVE keys in Z85, 40 characters each: the daemon's public key, and your own pair, whose
 * public half the operator has written into your merchant file. Returns at once; connecting, and
 * connecting again after a break, happens in the background. NULL on failure, with the reason in
 * *reterr (may be NULL): FENQI_E_ARGUMENT or FENQI_E_SYSTEM. */
FENQI_API struct fenqi_client *fenqi_client_new(const char *endpoint, const char *server_key,
                                                const char *client_public,
                                                const char *client_secret, int *reterr);
/* Takes NULL. What is under way ends: each `done` and `on_end` is called, with FENQI_E_CLOSED.
 * Never from inside a function that the client called: that ends the process. */
FENQI_API void fenqi_client_free(struct fenqi_client *client);

#define FENQI_ADDRESSES_MAX 8

/* Another address of the same daemon, or a daemon that stands in for it: one that works on the same
 * ledger, and knows the same merchants and keys. (Of two ledgers neither knows what the other was
 * asked, and an order could be paid twice.) Addresses are used in the order in which they were
 * given, one at a time. The client leaves one that has not let it in for a second, that says it is
 * shutting down, or that is silent while it owes an answer, and stays with the next one until that
 * one fails; after the last comes the first. `server_key`: NULL if it is that of fenqi_client_new.
 * FENQI_E_ARGUMENT if it is no address or no key, or for more than FENQI_ADDRESSES_MAX. */
FENQI_API int fenqi_client_add(struct fenqi_client *client, const char *endpoint,
                               const char *server_key);

/* Believe answers signed with this key (32 bytes). Pin both the old and the new key while the
 * daemon changes keys; at most FENQI_KEYS_MAX. FENQI_E_ARGUMENT if the key_id is pinned already
 * with another key. */
FENQI_API int fenqi_client_pin(struct fenqi_client *client, const char *key_id,
                               const unsigned char *public_key);
/* Pins every key that fenqi_keys_load finds. */
FENQI_API int fenqi_client_pin_file(struct fenqi_client *client, const char *path);

/* An answer that was verified. */
struct fenqi_reply {
    unsigned char *bytes; /* the SignedReply exactly as it came: your receipt, keep it */
    size_t n_bytes;
    Fenqi__V1__Reply *reply;                /* what it says */
    char key_id[FENQI_KEY_ID_SIZE_MAX + 1]; /* the pinned key that verified it */
};

/* Takes NULL. */
FENQI_API void fenqi_reply_free(struct fenqi_reply *reply);

/* Asks, and waits for the answer, at most `timeout_ms` (1 or more).
 *
 * An empty request_id is filled with a random one, a deadline_unix_ms of 0 with the time at which
 * the timeout ends (a daemon whose clock is ahead by more than the timeout answers
 * DEADLINE_EXCEEDED); `request` itself is not changed. An answer counts only if it is signed by a
 * pinned key and names this request_id and the digest of the bytes sent; late answers to earlier
 * requests are passed over. Nothing in an answer is looked at before its signature was verified. A
 * message whose signature does not verify ends all requests that are under way.
 *
 * The same bytes are sent again, until the timeout, if that is safe: if the operation changes
 * nothing, or carries an idempotency_key. That is so
 *   after a third of the timeout without an answer (with wait_ms: that much later),
 *   as soon as there is a connection again, after it broke,
 *   after an error that says may_repeat: after its retry_after_ms, and longer each time. If there
 *   is no time left for that, the error is the answer.
 * What could not be sent before the timeout is not sent later.
 *
 * What else is under way on this client goes on meanwhile, and is told to its functions. Inside
 * such a function, and for Subscribe (fenqi_subscribe does that): FENQI_E_ARGUMENT. */
FENQI_API int fenqi_call(struct fenqi_client *client, const Fenqi__V1__Request *request,
                         int timeout_ms, struct fenqi_reply **ret);

/* ---- asking, many at a time ---- */

#define FENQI_PENDING_MAX 1024

/* Is told once how a request ended: FENQI_OK and the answer, which is yours to free; or an error
 * and NULL. It may submit, subscribe, acknowledge and unsubscribe. */
typedef void fenqi_done_fn(void *context, int error, struct fenqi_reply *reply);

/* As fenqi_call, but without waiting: `done` is told later, from inside fenqi_client_run or
 * fenqi_call, or from fenqi_client_free. `request` is not needed any more when this returns. Unless
 * it returns FENQI_OK nothing is sent, and `done` is not called. */
FENQI_API int fenqi_submit(struct fenqi_client *client, const Fenqi__V1__Request *request,
                           int timeout_ms, fenqi_done_fn *done, void *context);

/* How many requests are under way. */
FENQI_API size_t fenqi_client_pending(const struct fenqi_client *client);

/* Sends, receives, times out, connects again, and calls your functions. Waits until one of them was
 * called, at most `timeout_ms` (0: does not wait; below 0: no limit); a signal ends the wait early.
 * FENQI_OK, also if there was nothing to do; FENQI_E_ARGUMENT inside one of your functions. */
FENQI_API int fenqi_client_run(struct fenqi_client *client, int timeout_ms);

/* For an event loop: readable (POLLIN, EPOLLIN) when fenqi_client_run has something to do, timeouts
 * included; call it with 0 then. The same one as long as the client lives, which owns it: poll it,
 * nothing else. */
FENQI_API int fenqi_client_fd(const struct fenqi_client *client);

/* ---- being told of events ---- */

struct fenqi_subscription;

/* An event, and the signed message that holds it (fenqi_verify proves its bytes again, later). Both
 * only for the length of the call. */
typedef void fenqi_event_fn(void *context, const Fenqi__V1__Event *event,
                            const struct fenqi_reply *proof);

/* Has the events of the merchant pushed to `on_event`, from inside fenqi_client_run and fenqi_call:
 * each of them at least once, in the order of their cursors. `wish` says for which group, from
 * where and how many at a time (credit 0: 100); see Subscribe in fenqi.proto. Of a group one
 * consumer is active, and the others stand by. After a break, or when the daemon is silent, the
 * subscription is renewed, at the next address if there is one; what this client was shown and has
 * not acknowledged is not shown to it again for that. Signs of life go out while fenqi_client_run
 * is called often enough: within a third of lease_ms (see fenqi_subscription_state).
 *
 * `on_end` is told once, when it is over and will not come back by itself: FENQI_OK with the
 * daemon's refusal, which is yours to free; FENQI_E_SIGNATURE and the like for a message that
 * cannot be believed; or FENQI_E_CLOSED. It uses a connection of its own. FENQI_OK and *ret, which
 * ends with fenqi_unsubscribe or with the client; FENQI_E_ARGUMENT, FENQI_E_UNKNOWN_KEY if none is
 * pinned, FENQI_E_SYSTEM. */
FENQI_API int fenqi_subscribe(struct fenqi_client *client, const Fenqi__V1__Subscribe *wish,
                              fenqi_event_fn *on_event, fenqi_done_fn *on_end, void *context,
                              struct fenqi_subscription **ret);

/* All events up to and including `cursor` are handled: your own records are durable. It is sent to
 * the daemon soon, many at once; call it after each event, or after every hundredth. Events that
 * are not acknowledged are pushed to the group again, to this consumer or another one, and use up
 * its credit. FENQI_E_ARGUMENT for a cursor that was not shown yet. */
FENQI_API int fenqi_ack(struct fenqi_subscription *subscription, int64_t cursor);

/* How things stand, as the daemon said last: is this consumer active, what is acknowledged and
 * durable there, the lease. Never NULL; zeros before the first answer, inactive without connection.
 * Valid until the next call on this client. */
FENQI_API const Fenqi__V1__Subscription *fenqi_subscription_state(
    const struct fenqi_subscription *subscription);

/* Ends it at once and frees it; `on_end` is not called any more. Acknowledgements that are not
 * durable yet (acknowledged_cursor of its state) may be lost, and their events are pushed again.
 * Takes NULL; also from inside its own functions. */
FENQI_API void fenqi_unsubscribe(struct fenqi_subscription *subscription);

/* ---- proving ---- */

/* Verifies a SignedReply that was kept, offline: FENQI_OK and *ret (free it), or
 * FENQI_E_MALFORMED, FENQI_E_UNKNOWN_KEY, FENQI_E_SIGNATURE, FENQI_E_SYSTEM. The signature is
 * Ed25519 over the DSSE pre-authentication encoding of payload type and payload; one good signature
 * by one of `keys` is enough. */
FENQI_API int fenqi_verify(const void *bytes, size_t n_bytes, const struct fenqi_key *keys,
                           size_t n_keys, struct fenqi_reply **ret);

/* What the buyer's browser brought back from the daemon in the return URL. */
struct fenqi_status {
    char *payment_id;
    char *merchant_order_id;
    Fenqi__V1__PaymentState state; /* a receipt only if PAID */
    int64_t amount_minor;
    char *currency;
    int operator_evidence;   /* not 0: as operator_evidence of Payment */
    int64_t payment_version; /* as version of Payment */
    int64_t issued_at_unix_ms;
    int64_t expires_at_unix_ms;
    char key_id[FENQI_KEY_ID_SIZE_MAX + 1]; /* the key that verified it */
};

/* Verifies the signed status of a return URL, offline. `text`: the whole URL, or the value of its
 * parameter "fenqi". FENQI_OK and *ret (free it); FENQI_E_EXPIRED if it is older than the daemon
 * meant it to be believed (ask for the payment instead); FENQI_E_MALFORMED, FENQI_E_UNKNOWN_KEY,
 * FENQI_E_SIGNATURE, FENQI_E_SYSTEM. It is about the payment that it names and no other: compare
 * payment or order, and amount, with those that you expect from this buyer. */
FENQI_API int fenqi_verify_status(const char *text, const struct fenqi_key *keys, size_t n_keys,
                                  struct fenqi_status **ret);
/* Takes NULL. */
FENQI_API void fenqi_status_free(struct fenqi_status *status);

#ifdef __cplusplus
}
#endif
#endif
