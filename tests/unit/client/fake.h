/* SPDX-License-Identifier: Apache-2.0 */
/* A daemon to play by hand: it takes a request, and answers what the test says. It runs on the
 * test's own thread, between the turns of the client. */
#ifndef FENQI_TEST_FAKE_H
#define FENQI_TEST_FAKE_H

#include <stdbool.h>
#include <time.h>

#include <zmq.h>

#include "tests/unit/client/signer.h"

#define WITHIN_MS 30000 /* never reached unless a test fails */

/* A request that came, and the way back to whom it came from. */
struct heard {
    unsigned char route[64];
    size_t n_route;
    unsigned char digest[32];
    Fenqi__V1__Request *request;
};

struct fake {
    void *context;
    void *router; /* NULL: it is down */
    char endpoint[64];
    char secret[41];
};

/* A client, its keys, and the daemons that it knows. */
struct rig {
    struct fake fakes[3];
    size_t n_fakes;
    struct signer signer;
    char server_public[41];
    char client_public[41];
    char client_secret[41];
    struct fenqi_client *client;
};

static inline int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* At its address; the first time at any that is free. */
static inline void fake_start(struct fake *fake)
{
    int on = 1;
    int off = 0;
    size_t size = sizeof(fake->endpoint);
    fake->router = zmq_socket(fake->context, ZMQ_ROUTER);
    must(zmq_setsockopt(fake->router, ZMQ_CURVE_SERVER, &on, sizeof(on)) == 0);
    must(zmq_setsockopt(fake->router, ZMQ_LINGER, &off, sizeof(off)) == 0);
    must(zmq_setsockopt(fake->router, ZMQ_CURVE_SECRETKEY, fake->secret, 40) == 0);
    const char *where = fake->endpoint[0] != '\0' ? fake->endpoint : "tcp://127.0.0.1:*";
    int64_t ends_ms = now_ms() + WITHIN_MS;
    while (zmq_bind(fake->router, where) != 0)
        must(errno == EADDRINUSE && now_ms() < ends_ms);
    must(zmq_getsockopt(fake->router, ZMQ_LAST_ENDPOINT, fake->endpoint, &size) == 0);
}

static inline void fake_stop(struct fake *fake)
{
    (void)zmq_close(fake->router);
    fake->router = NULL;
}

static inline struct rig *rig_new(size_t n_fakes)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    char secret[41];
    must(rig != NULL && n_fakes <= 3);
    signer_init(&rig->signer, "k1");
    must(zmq_curve_keypair(rig->server_public, secret) == 0);
    must(zmq_curve_keypair(rig->client_public, rig->client_secret) == 0);
    rig->n_fakes = n_fakes;
    for (size_t i = 0; i < n_fakes; i++) {
        rig->fakes[i].context = zmq_ctx_new();
        memcpy(rig->fakes[i].secret, secret, sizeof(secret));
        fake_start(&rig->fakes[i]);
    }
    rig->client = fenqi_client_new(rig->fakes[0].endpoint, rig->server_public, rig->client_public,
                                   rig->client_secret, NULL);
    must(rig->client != NULL);
    must(fenqi_client_pin(rig->client, "k1", rig->signer.key.public_key) == FENQI_OK);
    for (size_t i = 1; i < n_fakes; i++)
        must(fenqi_client_add(rig->client, rig->fakes[i].endpoint, NULL) == FENQI_OK);
    return rig;
}

static inline void rig_free(struct rig *rig)
{
    fenqi_client_free(rig->client);
    for (size_t i = 0; i < rig->n_fakes; i++) {
        if (rig->fakes[i].router != NULL)
            fake_stop(&rig->fakes[i]);
        (void)zmq_ctx_term(rig->fakes[i].context);
    }
    EVP_PKEY_free(rig->signer.private_key);
    free(rig);
}

/* ---- hearing ---- */

static inline void heard_free(struct heard *heard)
{
    fenqi__v1__request__free_unpacked(heard->request, NULL);
    free(heard);
}

/* NULL: nothing has come. */
static inline struct heard *fake_take(struct fake *fake)
{
    unsigned char bytes[8192];
    char empty[8];
    struct heard *heard = calloc(1, sizeof(*heard));
    must(heard != NULL);
    int n = fake->router != NULL
                ? zmq_recv(fake->router, heard->route, sizeof(heard->route), ZMQ_DONTWAIT)
                : -1;
    if (n < 0) {
        free(heard);
        return NULL;
    }
    heard->n_route = (size_t)n;
    must(zmq_recv(fake->router, empty, sizeof(empty), 0) == 0);
    n = zmq_recv(fake->router, bytes, sizeof(bytes), 0);
    must(n > 0 && (size_t)n <= sizeof(bytes));
    must(EVP_Digest(bytes, (size_t)n, heard->digest, NULL, EVP_sha256(), NULL) == 1);
    heard->request = fenqi__v1__request__unpack(NULL, (size_t)n, bytes);
    must(heard->request != NULL);
    return heard;
}

/* The next request; the client lives meanwhile. */
static inline struct heard *rig_hear(struct rig *rig, size_t i)
{
    int64_t ends_ms = now_ms() + WITHIN_MS;
    struct heard *heard = NULL;
    while ((heard = fake_take(&rig->fakes[i])) == NULL) {
        must(now_ms() < ends_ms);
        must(fenqi_client_run(rig->client, 2) == FENQI_OK);
    }
    return heard;
}

/* Until it holds; the client lives meanwhile. */
#define rig_until(rig, condition)                               \
    for (int64_t ends_ms_ = now_ms() + WITHIN_MS; !(condition); \
         must(fenqi_client_run((rig)->client, 2) == FENQI_OK && now_ms() < ends_ms_))

/* Nothing comes for so long. */
static inline void rig_silence(struct rig *rig, size_t i, int64_t for_ms)
{
    for (int64_t ends_ms = now_ms() + for_ms; now_ms() < ends_ms;) {
        must(fenqi_client_run(rig->client, 2) == FENQI_OK);
        must(fake_take(&rig->fakes[i]) == NULL);
    }
}

/* ---- saying ---- */

static inline void fake_send(struct rig *rig, size_t i, const struct heard *heard,
                             const struct packed *bytes)
{
    void *router = rig->fakes[i].router;
    must(zmq_send(router, heard->route, heard->n_route, ZMQ_SNDMORE) >= 0);
    must(zmq_send(router, "", 0, ZMQ_SNDMORE) >= 0);
    must(zmq_send(router, bytes->bytes, bytes->n, 0) >= 0);
}

/* Fills in whose answer it is, signs and sends it. */
static inline void fake_say(struct rig *rig, size_t i, struct heard *heard, Fenqi__V1__Reply *reply)
{
    unsigned char payload[4096];
    struct packed bytes;
    const struct signer *signer = &rig->signer;
    reply->request_id = heard->request->request_id;
    reply->request_digest = (ProtobufCBinaryData){ 32, heard->digest };
    must(fenqi__v1__reply__get_packed_size(reply) <= sizeof(payload));
    pack_signed(payload, fenqi__v1__reply__pack(reply, payload), TYPE, &signer, 1, &bytes);
    fake_send(rig, i, heard, &bytes);
}

static inline void fake_say_info(struct rig *rig, size_t i, struct heard *heard,
                                 const char *version)
{
    char copy[64];
    Fenqi__V1__Info info = FENQI__V1__INFO__INIT;
    Fenqi__V1__Reply reply = FENQI__V1__REPLY__INIT;
    (void)snprintf(copy, sizeof(copy), "%s", version);
    info.version = copy;
    reply.outcome_case = FENQI__V1__REPLY__OUTCOME_INFO;
    reply.info = &info;
    fake_say(rig, i, heard, &reply);
}

static inline void fake_refuse(struct rig *rig, size_t i, struct heard *heard, Fenqi__V1__Code code,
                               const char *reason, int64_t retry_after_ms)
{
    char copy[64];
    Fenqi__V1__Error error = FENQI__V1__ERROR__INIT;
    Fenqi__V1__Reply reply = FENQI__V1__REPLY__INIT;
    (void)snprintf(copy, sizeof(copy), "%s", reason);
    error.code = code;
    error.blame = FENQI__V1__BLAME__BLAME_DAEMON;
    error.reason = copy;
    error.may_repeat = retry_after_ms >= 0;
    error.retry_after_ms = retry_after_ms >= 0 ? retry_after_ms : 0;
    reply.outcome_case = FENQI__V1__REPLY__OUTCOME_ERROR;
    reply.error = &error;
    fake_say(rig, i, heard, &reply);
}

#endif
