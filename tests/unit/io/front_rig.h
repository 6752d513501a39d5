/* SPDX-License-Identifier: Apache-2.0 */
/* A front with its keys, pool and signer, and storefronts that talk to it over real sockets. */
#ifndef FQ_TESTS_IO_FRONT_RIG_H
#define FQ_TESTS_IO_FRONT_RIG_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>
#include <cmocka.h>
/* clang-format on */

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"
#include "daemon/io/codec.h"
#include "daemon/io/front.h"
#include "proto/fenqi.pb-c.h"

#define WAIT_MS       10000 /* far more than anything here takes */
#define N_HELD_MAX    16
#define MESSAGE_MAX   4096
#define N_CLIENTS_MAX 8

enum { SHOP, OTHER, STRANGER, N_KEYS };

struct key_pair {
    char public_key[41];
    char secret_key[41];
};

/* Everything around one front. */
struct shop {
    char folder[64];
    struct fq_arena *arena;
    struct fq_home *home;
    struct fq_pool *pool;
    struct fq_sealer *sealer;
    struct fq_str seal_public;
    struct key_pair server;
    struct key_pair clients[N_KEYS];
    struct fq_merchant merchants[2]; /* SHOP, OTHER */
    bool is_removed[2];
    struct fq_front_conf conf;
    struct fq_front *front;
    void *context; /* of the clients */
    void *sockets[N_CLIENTS_MAX];

    bool holds; /* operations are kept instead of answered */
    struct fq_operation *held[N_HELD_MAX];
    size_t n_held;
    size_t n_operations;
};

/* ---- the daemon's side ---- */

static inline const struct fq_merchant *shop_merchant_of(void *ctx, struct fq_str client_key)
{
    const struct shop *shop = ctx;
    for (size_t i = 0; i < 2; i++) {
        if (!__atomic_load_n(&shop->is_removed[i], __ATOMIC_SEQ_CST) &&
            fq_str_equal(client_key, fq_str_of(shop->clients[i].public_key)))
            return &shop->merchants[i];
    }
    return NULL;
}

static inline void shop_answer(struct fq_operation *operation)
{
    if (operation->kind == FQ_OP_GET_INFO)
        operation->info = (struct fq_info){ fq_lit("9.9"), fq_lit("T1"), 1 };
    else if (operation->kind != FQ_OP_GET_KEYS)
        operation->status = fq_status_refused(FQ_CODE_NOT_FOUND, "NOT_FOUND", fq_lit("none"));
    operation->finish(operation);
}

static inline void shop_on_operation(void *ctx, struct fq_operation *operation)
{
    struct shop *shop = ctx;
    shop->n_operations++;
    if (!shop->holds) {
        shop_answer(operation);
        return;
    }
    assert_true(shop->n_held < N_HELD_MAX);
    shop->held[shop->n_held++] = operation;
}

static inline int64_t shop_now(void *ctx)
{
    (void)ctx;
    return 1700000000000;
}

static inline void shop_make_sealer(struct shop *shop)
{
    char path[128];
    struct fq_str pem = { NULL, 0 };
    assert_int_equal(fq_seal_keygen(shop->arena, &pem, &shop->seal_public), 0);
    (void)snprintf(path, sizeof(path), "%s/seal.pem", shop->folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, pem.ptr, pem.len), (ssize_t)pem.len);
    assert_int_equal(close(fd), 0);
    shop->sealer = fq_sealer_new();
    assert_int_equal(fq_sealer_load(shop->sealer, "k1", path, true), 0);
    assert_int_equal(unlink(path), 0);
}

static inline int shop_setup(void **state)
{
    static const struct fq_str endpoints[] = { fq_lit("tcp://127.0.0.1:*") };
    struct shop *shop = fq_zalloc(sizeof(*shop));
    (void)snprintf(shop->folder, sizeof(shop->folder), "/tmp/fenqi-front-XXXXXX");
    assert_non_null(mkdtemp(shop->folder));
    shop->arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    shop->home = fq_home_new();
    shop->pool = fq_pool_new(2, 64, shop->home);
    shop_make_sealer(shop);
    assert_int_equal(zmq_curve_keypair(shop->server.public_key, shop->server.secret_key), 0);
    for (size_t i = 0; i < N_KEYS; i++)
        assert_int_equal(
            zmq_curve_keypair(shop->clients[i].public_key, shop->clients[i].secret_key), 0);
    shop->merchants[SHOP].id = fq_lit("shop");
    shop->merchants[OTHER].id = fq_lit("other");
    shop->context = zmq_ctx_new();
    shop->conf = (struct fq_front_conf){ .endpoints = endpoints,
                                         .n_endpoints = 1,
                                         .curve_secret = shop->server.secret_key,
                                         .message_size_max = MESSAGE_MAX,
                                         .n_in_flight_max = 8,
                                         .n_in_flight_per_merchant = 4,
                                         .pool = shop->pool,
                                         .sealer = shop->sealer,
                                         .ctx = shop,
                                         .merchant_of = shop_merchant_of,
                                         .on_operation = shop_on_operation,
                                         .now_unix_ms = shop_now };
    *state = shop;
    return 0;
}

static inline void shop_open(struct shop *shop)
{
    assert_int_equal(fq_front_open(&shop->conf, &shop->front), 0);
}

/* One turn of the loop; true once there is something for `client` (NULL: after a turn). */
static inline bool shop_turn(struct shop *shop, void *client, long wait_ms)
{
    zmq_pollitem_t items[] = {
        { .socket = fq_front_socket(shop->front), .events = ZMQ_POLLIN },
        { .fd = fq_home_fd(shop->home), .events = ZMQ_POLLIN },
        { .socket = client, .events = ZMQ_POLLIN },
    };
    assert_true(zmq_poll(items, client != NULL ? 3 : 2, wait_ms) >= 0);
    (void)fq_front_receive(shop->front, 16);
    (void)fq_home_run(shop->home, 16);
    return client != NULL && (items[2].revents & ZMQ_POLLIN) != 0;
}

/* Turns until the number is there. */
#define shop_until(shop, expression)                                 \
    do {                                                             \
        int64_t shop_until_ms_ = fq_clock_mono_ms() + WAIT_MS;       \
        while (!(expression) && fq_clock_mono_ms() < shop_until_ms_) \
            (void)shop_turn((shop), NULL, 20);                       \
        assert_true(expression);                                     \
    } while (0)

static inline struct fq_front_counters shop_count(const struct shop *shop)
{
    struct fq_front_counters counters;
    fq_front_count(shop->front, &counters);
    return counters;
}

static inline void shop_release(struct shop *shop)
{
    size_t n_held = shop->n_held;
    shop->n_held = 0;
    for (size_t i = 0; i < n_held; i++)
        shop_answer(shop->held[i]);
}

static inline int shop_teardown(void **state)
{
    struct shop *shop = *state;
    char path[128];
    if (shop->front != NULL) {
        shop_release(shop);
        shop_until(shop, fq_front_n_in_flight(shop->front) == 0);
    }
    for (size_t i = 0; i < N_CLIENTS_MAX; i++) {
        if (shop->sockets[i] != NULL)
            (void)zmq_close(shop->sockets[i]);
    }
    (void)zmq_ctx_term(shop->context);
    fq_front_free(shop->front);
    fq_pool_free(shop->pool);
    (void)fq_home_run(shop->home, SIZE_MAX);
    fq_home_free(shop->home);
    fq_sealer_free(shop->sealer);
    fq_arena_free(shop->arena);
    (void)snprintf(path, sizeof(path), "%s/front", shop->folder); /* the IPC socket, if any */
    (void)unlink(path);
    assert_int_equal(rmdir(shop->folder), 0);
    fq_free(shop);
    return 0;
}

/* ---- the storefront's side ---- */

/* A socket with the keys of client `key`, not connected yet. */
static inline void *client_new(struct shop *shop, int type, size_t key)
{
    void *socket = zmq_socket(shop->context, type);
    const int linger_ms = 0;
    assert_non_null(socket);
    size_t slot = 0;
    while (slot < N_CLIENTS_MAX && shop->sockets[slot] != NULL)
        slot++;
    assert_true(slot < N_CLIENTS_MAX);
    shop->sockets[slot] = socket;
    (void)zmq_setsockopt(socket, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
    (void)zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, shop->server.public_key, 41);
    (void)zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, shop->clients[key].public_key, 41);
    (void)zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, shop->clients[key].secret_key, 41);
    return socket;
}

static inline void client_connect(const struct shop *shop, void *socket)
{
    assert_int_equal(zmq_connect(socket, fq_front_endpoint(shop->front, 0).ptr), 0);
}

static inline void *client_open(struct shop *shop, int type, size_t key)
{
    void *socket = client_new(shop, type, key);
    client_connect(shop, socket);
    return socket;
}

static inline void client_close(struct shop *shop, void *socket)
{
    for (size_t i = 0; i < N_CLIENTS_MAX; i++) {
        if (shop->sockets[i] == socket)
            shop->sockets[i] = NULL;
    }
    (void)zmq_close(socket);
}

static inline struct fq_str request_of(struct shop *shop, const char *request_id,
                                       uint32_t operation_case)
{
    Fenqi__V1__Request request;
    Fenqi__V1__GetInfo get_info;
    Fenqi__V1__GetKeys get_keys;
    fenqi__v1__request__init(&request);
    fenqi__v1__get_info__init(&get_info);
    fenqi__v1__get_keys__init(&get_keys);
    struct fq_str id = fq_arena_copy(shop->arena, fq_str_of(request_id));
    memcpy(&request.request_id, &id.ptr, sizeof(id.ptr));
    request.operation_case = operation_case;
    if (operation_case == FENQI__V1__REQUEST__OPERATION_GET_KEYS)
        request.get_keys = &get_keys;
    else
        request.get_info = &get_info;
    size_t size = fenqi__v1__request__get_packed_size(&request);
    char *bytes = fq_arena_alloc(shop->arena, size);
    assert_non_null(bytes);
    (void)fenqi__v1__request__pack(&request, (uint8_t *)bytes);
    return (struct fq_str){ bytes, size };
}

static inline struct fq_str info_request(struct shop *shop, const char *request_id)
{
    return request_of(shop, request_id, FENQI__V1__REQUEST__OPERATION_GET_INFO);
}

static inline void client_send(void *socket, struct fq_str bytes)
{
    assert_int_equal(zmq_send(socket, bytes.ptr, bytes.len, 0), (int)bytes.len);
}

static inline void client_send_frame(void *socket, const char *text)
{
    assert_int_equal(zmq_send(socket, text, strlen(text), ZMQ_SNDMORE), (int)strlen(text));
}

/* The next frame that comes to the client. */
static inline struct fq_str client_frame(struct shop *shop, void *socket, int *ret_more)
{
    static char bytes[65536];
    size_t size = sizeof(*ret_more);
    int64_t until_ms = fq_clock_mono_ms() + WAIT_MS;
    while (!shop_turn(shop, socket, 20))
        assert_true(fq_clock_mono_ms() < until_ms);
    int len = zmq_recv(socket, bytes, sizeof(bytes), 0);
    assert_true(len >= 0 && (size_t)len <= sizeof(bytes));
    assert_int_equal(zmq_getsockopt(socket, ZMQ_RCVMORE, ret_more, &size), 0);
    return (struct fq_str){ bytes, (size_t)len };
}

/* Unpacks the last frame, whose signature must be good and cover this very request. */
static inline Fenqi__V1__Reply *client_reply(struct shop *shop, void *socket, struct fq_str request)
{
    int more = 0;
    unsigned char digest[32];
    struct fq_str frame = client_frame(shop, socket, &more);
    assert_int_equal(more, 0);
    Fenqi__V1__SignedReply *sealed =
        fenqi__v1__signed_reply__unpack(NULL, frame.len, (const uint8_t *)frame.ptr);
    assert_non_null(sealed);
    assert_int_equal(sealed->n_signatures, 1);
    struct fq_str payload = { (const char *)sealed->payload.data, sealed->payload.len };
    struct fq_str value = { (const char *)sealed->signatures[0]->value.data,
                            sealed->signatures[0]->value.len };
    assert_int_equal(
        fq_seal_verify(shop->seal_public, fq_str_of(sealed->payload_type), payload, value), 0);
    Fenqi__V1__Reply *reply =
        fenqi__v1__reply__unpack(NULL, payload.len, (const uint8_t *)payload.ptr);
    assert_non_null(reply);
    fq_sha256(request, digest);
    assert_int_equal(reply->request_digest.len, 32);
    assert_memory_equal(reply->request_digest.data, digest, 32);
    fenqi__v1__signed_reply__free_unpacked(sealed, NULL);
    return reply;
}

static inline void reply_free(Fenqi__V1__Reply *reply)
{
    fenqi__v1__reply__free_unpacked(reply, NULL);
}

static inline void assert_info(struct shop *shop, void *socket, struct fq_str request,
                               const char *id, const char *merchant)
{
    Fenqi__V1__Reply *reply = client_reply(shop, socket, request);
    assert_string_equal(reply->request_id, id);
    assert_string_equal(reply->merchant_id, merchant);
    assert_int_equal(reply->issued_at_unix_ms, 1700000000000);
    assert_int_equal(reply->outcome_case, FENQI__V1__REPLY__OUTCOME_INFO);
    assert_string_equal(reply->info->version, "9.9");
    reply_free(reply);
}

static inline void assert_error(struct shop *shop, void *socket, struct fq_str request,
                                uint32_t code, const char *reason, int64_t retry_min_ms,
                                int64_t retry_max_ms)
{
    Fenqi__V1__Reply *reply = client_reply(shop, socket, request);
    assert_int_equal(reply->outcome_case, FENQI__V1__REPLY__OUTCOME_ERROR);
    assert_int_equal(reply->error->code, code);
    assert_string_equal(reply->error->reason, reason);
    assert_true(reply->error->retry_after_ms >= retry_min_ms);
    assert_true(reply->error->retry_after_ms <= retry_max_ms);
    assert_int_equal(reply->error->may_repeat, retry_min_ms > 0);
    reply_free(reply);
}

/* A round trip of a good client: whatever was sent before it has been dealt with. */
static inline void assert_still_serves(struct shop *shop, size_t key)
{
    void *client = client_open(shop, ZMQ_REQ, key);
    struct fq_str request = info_request(shop, "alive");
    bool holds = shop->holds;
    shop->holds = false;
    client_send(client, request);
    assert_info(shop, client, request, "alive", key == SHOP ? "shop" : "other");
    shop->holds = holds;
    client_close(shop, client);
}

static inline void assert_silent(void *socket)
{
    zmq_pollitem_t item = { .socket = socket, .events = ZMQ_POLLIN };
    assert_int_equal(zmq_poll(&item, 1, 0), 0);
}

/* ---- envelopes ---- */

#define front_test(name) cmocka_unit_test_setup_teardown(name, shop_setup, shop_teardown)

#endif
