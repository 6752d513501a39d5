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
 * Threads. A client belongs to one thread at a time; for more threads make more clients. Nothing is
 * shared between clients, and fenqi_verify and the fenqi_keys_* functions may be called anywhere.
 * Do not use a client on both sides of a fork. No signal handler is set; a signal does not end a
 * call early. */
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
/* Takes NULL. */
FENQI_API void fenqi_client_free(struct fenqi_client *client);

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
 * An empty request_id is filled with a random one; `request` itself is not changed. An answer
 * counts only if it is signed by a pinned key and names this request_id and the digest of the bytes
 * sent; late answers to earlier requests are passed over. Nothing in an answer is looked at before
 * its signature was verified.
 *
 * While there is no answer, the same bytes are sent again every third of the timeout (with wait_ms:
 * that much later), if that is safe: if the operation changes nothing, or carries an
 * idempotency_key. What could not be sent before the timeout is not sent later. */
FENQI_API int fenqi_call(struct fenqi_client *client, const Fenqi__V1__Request *request,
                         int timeout_ms, struct fenqi_reply **ret);

/* ---- proving ---- */

/* Verifies a SignedReply that was kept, offline: FENQI_OK and *ret (free it), or
 * FENQI_E_MALFORMED, FENQI_E_UNKNOWN_KEY, FENQI_E_SIGNATURE, FENQI_E_SYSTEM. The signature is
 * Ed25519 over the DSSE pre-authentication encoding of payload type and payload; one good signature
 * by one of `keys` is enough. */
FENQI_API int fenqi_verify(const void *bytes, size_t n_bytes, const struct fenqi_key *keys,
                           size_t n_keys, struct fenqi_reply **ret);

#ifdef __cplusplus
}
#endif
#endif
