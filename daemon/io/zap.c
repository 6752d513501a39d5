/* SPDX-License-Identifier: Apache-2.0 */
/* Lets clients in whose CURVE key is known (ZeroMQ RFC 27, ZAP 1.0). */
#include "daemon/io/zap.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <zmq.h>

#include "daemon/base/err.h"
#include "daemon/base/mem.h"

#define ZAP_ENDPOINT "inproc://zeromq.zap.01"
#define ZAP_KEY_SIZE 32
#define ZAP_Z85_SIZE 41

/* The frames of a request, in order; a reply repeats the first two. */
enum {
    ZAP_VERSION,
    ZAP_REQUEST_ID,
    ZAP_DOMAIN,
    ZAP_ADDRESS,
    ZAP_ROUTING_ID,
    ZAP_MECHANISM,
    ZAP_CREDENTIAL,
    ZAP_N
};

struct fq_zap {
    void *socket; /* the thread's, once it runs */
    pthread_t thread;
    bool (*is_known)(void *ctx, struct fq_str client_key);
    void *ctx;
    _Atomic uint64_t n_strangers;
};

/* Receives one whole request; -1 once the context is shut down. More frames than there are names
 * for are counted and thrown away. */
static int zap_receive(void *socket, zmq_msg_t frames[ZAP_N], size_t *ret_n)
{
    size_t n = 0;
    int more = 1;
    while (more) {
        zmq_msg_t surplus;
        zmq_msg_t *frame = n < ZAP_N ? &frames[n] : &surplus;
        (void)zmq_msg_init(&surplus);
        int r = zmq_msg_recv(frame, socket, 0);
        more = r >= 0 ? zmq_msg_more(frame) : errno == EINTR;
        (void)zmq_msg_close(&surplus);
        if (r < 0 && !more)
            return -1;
        n += r >= 0;
    }
    *ret_n = n;
    return 0;
}

static bool zap_frame_is(zmq_msg_t *frame, const char *text)
{
    return zmq_msg_size(frame) == strlen(text) &&
           memcmp(zmq_msg_data(frame), text, strlen(text)) == 0;
}

/* Known: the client's key in Z85. */
static bool zap_decide(const struct fq_zap *zap, zmq_msg_t frames[ZAP_N], size_t n,
                       char ret_key[ZAP_Z85_SIZE])
{
    if (n != ZAP_N || !zap_frame_is(&frames[ZAP_VERSION], "1.0") ||
        !zap_frame_is(&frames[ZAP_MECHANISM], "CURVE") ||
        zmq_msg_size(&frames[ZAP_CREDENTIAL]) != ZAP_KEY_SIZE)
        return false;
    if (zmq_z85_encode(ret_key, zmq_msg_data(&frames[ZAP_CREDENTIAL]), ZAP_KEY_SIZE) == NULL)
        return false;
    return zap->is_known(zap->ctx, fq_str_of(ret_key));
}

static void zap_answer(const struct fq_zap *zap, zmq_msg_t frames[ZAP_N], bool is_known,
                       const char *user_id)
{
    const char *rest[] = { is_known ? "200" : "400", is_known ? "OK" : "not known",
                           is_known ? user_id : "", "" };
    (void)zmq_msg_send(&frames[ZAP_VERSION], zap->socket, ZMQ_SNDMORE);
    (void)zmq_msg_send(&frames[ZAP_REQUEST_ID], zap->socket, ZMQ_SNDMORE);
    for (size_t i = 0; i < fq_array_size(rest); i++)
        (void)zmq_send(zap->socket, rest[i], strlen(rest[i]),
                       i + 1 < fq_array_size(rest) ? ZMQ_SNDMORE : 0);
}

static void *zap_thread(void *argument)
{
    struct fq_zap *zap = argument;
    for (;;) {
        zmq_msg_t frames[ZAP_N];
        size_t n = 0;
        for (size_t i = 0; i < ZAP_N; i++)
            (void)zmq_msg_init(&frames[i]);
        int r = zap_receive(zap->socket, frames, &n);
        if (r == 0) {
            char key[ZAP_Z85_SIZE] = "";
            bool is_known = zap_decide(zap, frames, n, key);
            if (!is_known)
                atomic_fetch_add(&zap->n_strangers, 1);
            zap_answer(zap, frames, is_known, key);
        }
        for (size_t i = 0; i < ZAP_N; i++)
            (void)zmq_msg_close(&frames[i]);
        if (r != 0)
            break;
    }
    (void)zmq_close(zap->socket);
    return NULL;
}

int fq_zap_open(void *context, bool (*is_known)(void *ctx, struct fq_str client_key), void *ctx,
                struct fq_zap **ret)
{
    const int linger_ms = 0;
    struct fq_zap *zap = fq_zalloc(sizeof(*zap));
    zap->is_known = is_known;
    zap->ctx = ctx;
    zap->socket = zmq_socket(context, ZMQ_REP);
    if (zap->socket == NULL ||
        zmq_setsockopt(zap->socket, ZMQ_LINGER, &linger_ms, sizeof(linger_ms)) != 0 ||
        zmq_bind(zap->socket, ZAP_ENDPOINT) != 0) {
        int r = FQ_FAULT(-errno, "cannot bind %s", ZAP_ENDPOINT);
        if (zap->socket != NULL)
            (void)zmq_close(zap->socket);
        fq_free(zap);
        return r;
    }
    fq_assert(pthread_create(&zap->thread, NULL, zap_thread, zap) == 0);
    (void)pthread_setname_np(zap->thread, "fenqid-zap");
    *ret = zap;
    return 0;
}

void fq_zap_free(struct fq_zap *zap)
{
    if (zap == NULL)
        return;
    fq_assert(pthread_join(zap->thread, NULL) == 0);
    fq_free(zap);
}

uint64_t fq_zap_n_strangers(const struct fq_zap *zap)
{
    return atomic_load(&zap->n_strangers);
}
