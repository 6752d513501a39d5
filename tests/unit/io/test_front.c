/* SPDX-License-Identifier: Apache-2.0 */
/* The front over real sockets: who is answered, what is signed, and what is thrown away. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dlfcn.h>
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

/* ---- libzmq's bind, watched ---- */

static char first_bound[64];
static bool zap_bind_fails;

int zmq_bind(void *socket, const char *address)
{
    int (*real)(void *, const char *) = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "zmq_bind");
    if (first_bound[0] == '\0')
        (void)snprintf(first_bound, sizeof(first_bound), "%s", address);
    if (zap_bind_fails && strstr(address, "zeromq.zap") != NULL) {
        errno = EADDRINUSE;
        return -1;
    }
    return real(socket, address);
}

/* ---- the daemon's side ---- */

static const struct fq_merchant *shop_merchant_of(void *ctx, struct fq_str client_key)
{
    const struct shop *shop = ctx;
    for (size_t i = 0; i < 2; i++) {
        if (!__atomic_load_n(&shop->is_removed[i], __ATOMIC_SEQ_CST) &&
            fq_str_equal(client_key, fq_str_of(shop->clients[i].public_key)))
            return &shop->merchants[i];
    }
    return NULL;
}

static void shop_answer(struct fq_operation *operation)
{
    if (operation->kind == FQ_OP_GET_INFO)
        operation->info = (struct fq_info){ fq_lit("9.9"), fq_lit("T1"), 1 };
    else if (operation->kind != FQ_OP_GET_KEYS)
        operation->status = fq_status_refused(FQ_CODE_NOT_FOUND, "NOT_FOUND", fq_lit("none"));
    operation->finish(operation);
}

static void shop_on_operation(void *ctx, struct fq_operation *operation)
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

static int64_t shop_now(void *ctx)
{
    (void)ctx;
    return 1700000000000;
}

static void shop_make_sealer(struct shop *shop)
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

static int shop_setup(void **state)
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
    first_bound[0] = '\0';
    zap_bind_fails = false;
    *state = shop;
    return 0;
}

static void shop_open(struct shop *shop)
{
    assert_int_equal(fq_front_open(&shop->conf, &shop->front), 0);
}

/* One turn of the loop; true once there is something for `client` (NULL: after a turn). */
static bool shop_turn(struct shop *shop, void *client, long wait_ms)
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

static struct fq_front_counters shop_count(const struct shop *shop)
{
    struct fq_front_counters counters;
    fq_front_count(shop->front, &counters);
    return counters;
}

static void shop_release(struct shop *shop)
{
    size_t n_held = shop->n_held;
    shop->n_held = 0;
    for (size_t i = 0; i < n_held; i++)
        shop_answer(shop->held[i]);
}

static int shop_teardown(void **state)
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
static void *client_new(struct shop *shop, int type, size_t key)
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

static void client_connect(const struct shop *shop, void *socket)
{
    assert_int_equal(zmq_connect(socket, fq_front_endpoint(shop->front, 0).ptr), 0);
}

static void *client_open(struct shop *shop, int type, size_t key)
{
    void *socket = client_new(shop, type, key);
    client_connect(shop, socket);
    return socket;
}

static void client_close(struct shop *shop, void *socket)
{
    for (size_t i = 0; i < N_CLIENTS_MAX; i++) {
        if (shop->sockets[i] == socket)
            shop->sockets[i] = NULL;
    }
    (void)zmq_close(socket);
}

static struct fq_str request_of(struct shop *shop, const char *request_id, uint32_t operation_case)
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

static struct fq_str info_request(struct shop *shop, const char *request_id)
{
    return request_of(shop, request_id, FENQI__V1__REQUEST__OPERATION_GET_INFO);
}

static void client_send(void *socket, struct fq_str bytes)
{
    assert_int_equal(zmq_send(socket, bytes.ptr, bytes.len, 0), (int)bytes.len);
}

static void client_send_frame(void *socket, const char *text)
{
    assert_int_equal(zmq_send(socket, text, strlen(text), ZMQ_SNDMORE), (int)strlen(text));
}

/* The next frame that comes to the client. */
static struct fq_str client_frame(struct shop *shop, void *socket, int *ret_more)
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
static Fenqi__V1__Reply *client_reply(struct shop *shop, void *socket, struct fq_str request)
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

static void reply_free(Fenqi__V1__Reply *reply)
{
    fenqi__v1__reply__free_unpacked(reply, NULL);
}

static void assert_info(struct shop *shop, void *socket, struct fq_str request, const char *id,
                        const char *merchant)
{
    Fenqi__V1__Reply *reply = client_reply(shop, socket, request);
    assert_string_equal(reply->request_id, id);
    assert_string_equal(reply->merchant_id, merchant);
    assert_int_equal(reply->issued_at_unix_ms, 1700000000000);
    assert_int_equal(reply->outcome_case, FENQI__V1__REPLY__OUTCOME_INFO);
    assert_string_equal(reply->info->version, "9.9");
    reply_free(reply);
}

static void assert_error(struct shop *shop, void *socket, struct fq_str request, uint32_t code,
                         const char *reason, int64_t retry_min_ms, int64_t retry_max_ms)
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
static void assert_still_serves(struct shop *shop, size_t key)
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

static void assert_silent(void *socket)
{
    zmq_pollitem_t item = { .socket = socket, .events = ZMQ_POLLIN };
    assert_int_equal(zmq_poll(&item, 1, 0), 0);
}

/* ---- envelopes ---- */

static void answers_req(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_REQ, SHOP);
    for (int i = 0; i < 3; i++) {
        struct fq_str request = info_request(shop, "r-1");
        client_send(client, request);
        assert_info(shop, client, request, "r-1", "shop");
    }
    assert_int_equal(shop->n_operations, 3);
    assert_int_equal(shop_count(shop).n_requests, 3);
}

static void answers_req_that_correlates(void **state)
{
    struct shop *shop = *state;
    const int on = 1;
    shop_open(shop);
    void *client = client_new(shop, ZMQ_REQ, SHOP);
    assert_int_equal(zmq_setsockopt(client, ZMQ_REQ_CORRELATE, &on, sizeof(on)), 0);
    client_connect(shop, client);
    struct fq_str request = info_request(shop, "r-1");
    client_send(client, request);
    assert_info(shop, client, request, "r-1", "shop");
}

static void answers_dealer_without_envelope(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    client_send(client, request);
    assert_info(shop, client, request, "r-1", "shop");
}

static void echoes_an_envelope_of_four_frames(void **state)
{
    struct shop *shop = *state;
    static const char *const envelope[] = { "one", "two", "three", "" };
    int more = 0;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    for (size_t i = 0; i < fq_array_size(envelope); i++)
        client_send_frame(client, envelope[i]);
    client_send(client, request);
    for (size_t i = 0; i < fq_array_size(envelope); i++) {
        struct fq_str frame = client_frame(shop, client, &more);
        assert_true(fq_str_equal(frame, fq_str_of(envelope[i])));
        assert_true(more);
    }
    assert_info(shop, client, request, "r-1", "shop");
}

static void drops_an_envelope_of_five_frames(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    for (int i = 0; i < 4; i++)
        client_send_frame(client, "x");
    client_send_frame(client, "");
    client_send(client, request);
    client_send(client, request); /* the next one is not lost with it */
    assert_info(shop, client, request, "r-1", "shop");
    assert_int_equal(shop_count(shop).n_refused, 1);
    assert_int_equal(shop->n_operations, 1);
}

static void drops_a_message_of_a_thousand_frames_bit_by_bit(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    for (int i = 0; i < 1000; i++)
        client_send_frame(client, "");
    client_send(client, request);
    client_send(client, request);
    assert_info(shop, client, request, "r-1", "shop");
    assert_int_equal(shop_count(shop).n_refused, 1);
    assert_int_equal(shop->n_operations, 1);
}

static void drops_an_envelope_without_its_end(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    client_send_frame(client, "x");
    client_send(client, request);
    assert_still_serves(shop, OTHER);
    shop_until(shop, shop_count(shop).n_refused == 1);
    assert_int_equal(shop->n_operations, 1);
    assert_silent(client);
}

static void drops_a_long_envelope(void **state)
{
    struct shop *shop = *state;
    char text[257];
    memset(text, 'x', 256);
    text[256] = '\0';
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    client_send_frame(client, "y");
    client_send_frame(client, text);
    client_send_frame(client, "");
    client_send(client, info_request(shop, "r-1"));
    shop_until(shop, shop_count(shop).n_refused == 1);
    assert_int_equal(shop->n_operations, 0);
}

static void drops_an_empty_payload(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_REQ, SHOP);
    client_send(client, fq_lit(""));
    shop_until(shop, shop_count(shop).n_refused == 1);
    assert_int_equal(shop->n_operations, 0);
    assert_int_equal(fq_front_n_in_flight(shop->front), 0);
}

static void answers_over_ipc_too(void **state)
{
    struct shop *shop = *state;
    struct fq_str endpoints[] = {
        fq_lit("tcp://127.0.0.1:*"),
        fq_arena_printf(shop->arena, "ipc://%s/front", shop->folder),
    };
    shop->conf.endpoints = endpoints;
    shop->conf.n_endpoints = 2;
    shop_open(shop);
    void *client = client_new(shop, ZMQ_REQ, SHOP);
    assert_true(fq_str_equal(fq_front_endpoint(shop->front, 1), endpoints[1]));
    assert_int_equal(zmq_connect(client, endpoints[1].ptr), 0);
    struct fq_str request = info_request(shop, "r-1");
    client_send(client, request);
    assert_info(shop, client, request, "r-1", "shop");
}

static void reads_no_more_than_it_is_told(void **state)
{
    struct shop *shop = *state;
    shop->conf.n_in_flight_per_merchant = 8;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    int64_t until_ms = fq_clock_mono_ms() + WAIT_MS;
    for (int i = 0; i < 5; i++)
        client_send(client, info_request(shop, "r-1"));
    while (shop->n_operations < 5) {
        zmq_pollitem_t item = { .socket = fq_front_socket(shop->front), .events = ZMQ_POLLIN };
        size_t n_before = shop->n_operations;
        assert_true(fq_clock_mono_ms() < until_ms);
        (void)zmq_poll(&item, 1, 20);
        size_t n = fq_front_receive(shop->front, 2);
        assert_true(n <= 2);
        assert_int_equal(shop->n_operations - n_before, n);
    }
}

/* ---- who ---- */

static void a_stranger_gets_nothing(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_REQ, STRANGER);
    client_send(client, info_request(shop, "r-1"));
    shop_until(shop, shop_count(shop).n_strangers >= 1);
    assert_still_serves(shop, SHOP);
    assert_int_equal(shop->n_operations, 1);
    assert_int_equal(shop_count(shop).n_requests, 1);
    assert_silent(client);
}

/* Waits until the handshake of a client fails. */
static void assert_handshake_fails(struct shop *shop, void *client)
{
    static const uint16_t failures = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                                     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                                     ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_DISCONNECTED;
    uint16_t event = 0;
    int more = 0;
    assert_int_equal(zmq_socket_monitor(client, "inproc://handshake", ZMQ_EVENT_ALL), 0);
    void *monitor = zmq_socket(shop->context, ZMQ_PAIR);
    assert_int_equal(zmq_connect(monitor, "inproc://handshake"), 0);
    client_connect(shop, client);
    client_send(client, info_request(shop, "r-1"));
    do {
        struct fq_str frame = client_frame(shop, monitor, &more);
        memcpy(&event, frame.ptr, sizeof(event));
        assert_true(event != ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        (void)client_frame(shop, monitor, &more); /* the address */
    } while ((event & failures) == 0);
    (void)zmq_close(monitor);
    assert_int_equal(shop->n_operations, 0);
    assert_silent(client);
}

static void the_wrong_server_key_gets_nowhere(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_new(shop, ZMQ_DEALER, SHOP);
    (void)zmq_setsockopt(client, ZMQ_CURVE_SERVERKEY, shop->clients[STRANGER].public_key, 41);
    assert_handshake_fails(shop, client);
}

static void a_client_without_curve_gets_nowhere(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_new(shop, ZMQ_DEALER, SHOP);
    (void)zmq_setsockopt(client, ZMQ_CURVE_SERVERKEY, NULL, 0);
    const int server = 0;
    (void)zmq_setsockopt(client, ZMQ_CURVE_SERVER, &server, sizeof(server));
    assert_handshake_fails(shop, client);
}

static void tells_merchants_apart(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *one = client_open(shop, ZMQ_DEALER, SHOP);
    void *two = client_open(shop, ZMQ_DEALER, OTHER);
    struct fq_str request = info_request(shop, "r-1");
    client_send(one, request);
    client_send(two, request);
    assert_info(shop, one, request, "r-1", "shop");
    assert_info(shop, two, request, "r-1", "other");
}

static void a_removed_key_stops_at_once(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    client_send(client, request);
    assert_info(shop, client, request, "r-1", "shop");
    __atomic_store_n(&shop->is_removed[SHOP], true, __ATOMIC_SEQ_CST);
    client_send(client, request); /* over the connection that still stands */
    shop_until(shop, shop_count(shop).n_strangers == 1);
    assert_int_equal(shop->n_operations, 1);
    assert_int_equal(fq_front_n_in_flight(shop->front), 0);
    assert_silent(client);
}

static void serves_no_routing_id_that_a_client_chose(void **state)
{
    struct shop *shop = *state;
    static const struct fq_str ids[] = { fq_lit("till-7"), fq_lit("\0abc"), fq_lit("abcde") };
    shop_open(shop);
    for (size_t i = 0; i < fq_array_size(ids); i++) {
        void *client = client_new(shop, ZMQ_DEALER, SHOP);
        (void)zmq_setsockopt(client, ZMQ_ROUTING_ID, ids[i].ptr, ids[i].len);
        client_connect(shop, client);
        client_send(client, info_request(shop, "r-1"));
        shop_until(shop, shop_count(shop).n_refused == i + 1);
    }
    assert_int_equal(shop->n_operations, 0);
}

/* A DEALER that forges an id of the form that libzmq makes. */
static void *client_forge(struct shop *shop, size_t key)
{
    void *client = client_new(shop, ZMQ_DEALER, key);
    (void)zmq_setsockopt(client, ZMQ_ROUTING_ID, "\0\1\2\3\4", 5);
    client_connect(shop, client);
    return client;
}

static void nobody_gets_the_replies_of_a_routing_id_taken_over(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    shop->holds = true;
    void *victim = client_forge(shop, SHOP);
    struct fq_str secret = info_request(shop, "for-the-victim");
    client_send(victim, secret);
    shop_until(shop, shop->n_held == 1);
    client_close(shop, victim);

    /* The thief gets the id as soon as libzmq has seen the victim go: it tries until it has. */
    struct fq_str request = info_request(shop, "for-the-thief");
    void *thief = NULL;
    int64_t until_ms = fq_clock_mono_ms() + WAIT_MS;
    while (shop->n_held < 2) {
        assert_true(fq_clock_mono_ms() < until_ms);
        if (thief != NULL)
            client_close(shop, thief);
        thief = client_forge(shop, OTHER);
        client_send(thief, request);
        for (int i = 0; i < 10 && shop->n_held < 2; i++)
            (void)shop_turn(shop, NULL, 20);
    }
    shop_release(shop);
    assert_info(shop, thief, request, "for-the-thief", "other");
    shop_until(shop, fq_front_n_in_flight(shop->front) == 0);
    assert_silent(thief);
    assert_int_equal(shop_count(shop).n_undeliverable, 1);
}

/* Whether libzmq has seen the client go when its reply is due is a race: asked until it has. */
static void counts_what_it_cannot_deliver(void **state)
{
    struct shop *shop = *state;
    int64_t until_ms = fq_clock_mono_ms() + WAIT_MS;
    shop_open(shop);
    while (shop_count(shop).n_undeliverable == 0) {
        assert_true(fq_clock_mono_ms() < until_ms);
        shop->holds = true;
        void *client = client_open(shop, ZMQ_DEALER, SHOP);
        client_send(client, info_request(shop, "r-1"));
        shop_until(shop, shop->n_held == 1);
        client_close(shop, client);
        assert_still_serves(shop, OTHER);
        shop_release(shop);
        shop_until(shop, fq_front_n_in_flight(shop->front) == 0);
    }
    assert_still_serves(shop, OTHER);
}

/* ---- limits ---- */

static void says_that_a_message_is_too_large(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    char *large = fq_arena_alloc(shop->arena, MESSAGE_MAX + 1);
    assert_non_null(large);
    memset(large, ' ', MESSAGE_MAX + 1);
    memcpy(large, request.ptr, request.len);
    request = (struct fq_str){ large, MESSAGE_MAX + 1 };
    client_send(client, request);
    Fenqi__V1__Reply *reply = client_reply(shop, client, request);
    assert_int_equal(reply->error->code, FENQI__V1__CODE__CODE_RESOURCE_EXHAUSTED);
    assert_string_equal(reply->error->reason, "MESSAGE_TOO_LARGE");
    assert_string_equal(reply->request_id, "r-1");
    assert_false(reply->error->may_repeat);
    reply_free(reply);
    assert_int_equal(shop->n_operations, 0);
    assert_int_equal(shop_count(shop).n_limited, 1);
}

static void takes_a_message_as_large_as_allowed(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    char *large = fq_arena_alloc(shop->arena, MESSAGE_MAX);
    assert_non_null(large);
    memcpy(large, request.ptr, request.len);
    size_t rest = MESSAGE_MAX - request.len - 4; /* an unknown field: number 50, two bytes length */
    memcpy(large + request.len, "\x92\x03", 2);
    large[request.len + 2] = (char)(0x80 | (rest & 0x7f));
    large[request.len + 3] = (char)(rest >> 7);
    request = (struct fq_str){ large, MESSAGE_MAX };
    client_send(client, request);
    assert_info(shop, client, request, "r-1", "shop");
}

static void cuts_off_who_sends_twice_the_limit(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    char *large = fq_arena_alloc(shop->arena, 2 * MESSAGE_MAX + 64);
    assert_non_null(large);
    client_send(client, (struct fq_str){ large, 2 * MESSAGE_MAX + 64 });
    assert_still_serves(shop, OTHER);
    assert_int_equal(shop_count(shop).n_requests, 1);
    assert_silent(client);
}

static void says_when_to_come_back_after_too_many_requests(void **state)
{
    struct shop *shop = *state;
    shop->conf.rate_per_second = 1;
    shop->conf.rate_burst = 2;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    for (int i = 0; i < 2; i++) {
        client_send(client, request);
        assert_info(shop, client, request, "r-1", "shop");
    }
    client_send(client, request);
    assert_error(shop, client, request, FQ_CODE_RESOURCE_EXHAUSTED, "RATE", 1, 1000);
    assert_int_equal(shop->n_operations, 2);
    assert_int_equal(shop_count(shop).n_limited, 1);
    assert_still_serves(shop, OTHER);
}

static void bounds_what_one_merchant_has_in_flight(void **state)
{
    struct shop *shop = *state;
    shop->conf.n_in_flight_per_merchant = 1;
    shop_open(shop);
    shop->holds = true;
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    client_send(client, request);
    client_send(client, request);
    assert_error(shop, client, request, FQ_CODE_RESOURCE_EXHAUSTED, "IN_FLIGHT", 1, 1000);
    assert_int_equal(shop->n_held, 1);
    assert_still_serves(shop, OTHER);
    shop_release(shop);
    assert_info(shop, client, request, "r-1", "shop");
    shop->holds = false;
    client_send(client, request); /* its place is free again */
    assert_info(shop, client, request, "r-1", "shop");
}

static void bounds_what_all_have_in_flight(void **state)
{
    struct shop *shop = *state;
    shop->conf.n_in_flight_max = 1;
    shop_open(shop);
    shop->holds = true;
    void *one = client_open(shop, ZMQ_DEALER, SHOP);
    void *two = client_open(shop, ZMQ_DEALER, OTHER);
    struct fq_str request = info_request(shop, "r-1");
    client_send(one, request);
    shop_until(shop, shop->n_held == 1);
    client_send(two, request);
    assert_error(shop, two, request, FQ_CODE_RESOURCE_EXHAUSTED, "OVERLOAD", 1, 1000);
    shop_release(shop);
    assert_info(shop, one, request, "r-1", "shop");
}

static void answers_unavailable_while_draining(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    shop->holds = true;
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    client_send(client, request);
    shop_until(shop, shop->n_held == 1);
    fq_front_drain(shop->front);
    client_send(client, request);
    assert_error(shop, client, request, FQ_CODE_UNAVAILABLE, "STOPPING", 1, 10000);
    shop_release(shop); /* what was taken before is answered */
    assert_info(shop, client, request, "r-1", "shop");
    assert_int_equal(shop->n_operations, 1);
}

static void signs_on_the_loop_if_the_pool_is_full(void **state)
{
    struct shop *shop = *state;
    FQ_CLEANUP(fq_pool) *full = fq_pool_new(1, 0, shop->home);
    shop->conf.pool = full;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_REQ, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    client_send(client, request);
    assert_info(shop, client, request, "r-1", "shop");
}

/* ---- what ---- */

static void answers_garbage_with_a_signed_refusal(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_REQ, SHOP);
    struct fq_str request = fq_lit("\xff\xff not protobuf");
    client_send(client, request);
    Fenqi__V1__Reply *reply = client_reply(shop, client, request);
    assert_int_equal(reply->error->code, FENQI__V1__CODE__CODE_INVALID_ARGUMENT);
    assert_string_equal(reply->error->reason, "MALFORMED");
    assert_string_equal(reply->merchant_id, "shop");
    reply_free(reply);
    assert_int_equal(shop->n_operations, 0);
    assert_int_equal(shop_count(shop).n_refused, 1);
}

static void publishes_its_keys(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    void *client = client_open(shop, ZMQ_REQ, SHOP);
    struct fq_str request = request_of(shop, "r-1", FENQI__V1__REQUEST__OPERATION_GET_KEYS);
    client_send(client, request);
    Fenqi__V1__Reply *reply = client_reply(shop, client, request);
    assert_int_equal(reply->outcome_case, FENQI__V1__REPLY__OUTCOME_KEYS);
    assert_int_equal(reply->keys->n_keys, 1);
    assert_string_equal(reply->keys->keys[0]->key_id, "k1");
    assert_string_equal(reply->keys->keys[0]->algorithm, "ed25519");
    assert_int_equal(reply->keys->keys[0]->public_key.len, shop->seal_public.len);
    assert_memory_equal(reply->keys->keys[0]->public_key.data, shop->seal_public.ptr,
                        shop->seal_public.len);
    reply_free(reply);
}

static void an_answer_without_room_becomes_an_error(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    shop->holds = true;
    void *client = client_open(shop, ZMQ_REQ, SHOP);
    struct fq_str request = info_request(shop, "r-1");
    client_send(client, request);
    shop_until(shop, shop->n_held == 1);
    assert_null(fq_arena_alloc(shop->held[0]->arena, 2 * FQ_ARENA_SIZE_MAX)); /* full for good */
    shop_release(shop);
    Fenqi__V1__Reply *reply = client_reply(shop, client, request);
    assert_int_equal(reply->error->code, FENQI__V1__CODE__CODE_INTERNAL);
    assert_string_equal(reply->request_id, "r-1");
    reply_free(reply);
}

/* ---- opening ---- */

static void binds_zap_before_anything_else(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    assert_string_equal(first_bound, "inproc://zeromq.zap.01");
}

static void does_not_open_without_zap(void **state)
{
    struct shop *shop = *state;
    zap_bind_fails = true;
    assert_int_equal(fq_front_open(&shop->conf, &shop->front), -EADDRINUSE);
    assert_non_null(strstr(fq_trace(), "inproc://zeromq.zap.01"));
    assert_null(shop->front);
}

static void names_the_endpoint_that_it_cannot_bind(void **state)
{
    struct shop *shop = *state;
    const struct fq_str endpoints[] = { fq_lit("tcp://127.0.0.1:*"), fq_lit("tcp://nowhere") };
    shop->conf.endpoints = endpoints;
    shop->conf.n_endpoints = 2;
    assert_true(fq_front_open(&shop->conf, &shop->front) < 0);
    assert_non_null(strstr(fq_trace(), "tcp://nowhere"));
    assert_null(shop->front);
}

static void refuses_a_secret_that_is_no_key(void **state)
{
    struct shop *shop = *state;
    shop->conf.curve_secret = "0123456789012345678901234567890123456\"\"\"";
    assert_true(fq_front_open(&shop->conf, &shop->front) < 0);
    assert_null(shop->front);
}

#define front_test(name) cmocka_unit_test_setup_teardown(name, shop_setup, shop_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        front_test(answers_req),
        front_test(answers_req_that_correlates),
        front_test(answers_dealer_without_envelope),
        front_test(echoes_an_envelope_of_four_frames),
        front_test(drops_an_envelope_of_five_frames),
        front_test(drops_a_message_of_a_thousand_frames_bit_by_bit),
        front_test(drops_an_envelope_without_its_end),
        front_test(drops_a_long_envelope),
        front_test(drops_an_empty_payload),
        front_test(answers_over_ipc_too),
        front_test(reads_no_more_than_it_is_told),
        front_test(a_stranger_gets_nothing),
        front_test(the_wrong_server_key_gets_nowhere),
        front_test(a_client_without_curve_gets_nowhere),
        front_test(tells_merchants_apart),
        front_test(a_removed_key_stops_at_once),
        front_test(serves_no_routing_id_that_a_client_chose),
        front_test(nobody_gets_the_replies_of_a_routing_id_taken_over),
        front_test(counts_what_it_cannot_deliver),
        front_test(says_that_a_message_is_too_large),
        front_test(takes_a_message_as_large_as_allowed),
        front_test(cuts_off_who_sends_twice_the_limit),
        front_test(says_when_to_come_back_after_too_many_requests),
        front_test(bounds_what_one_merchant_has_in_flight),
        front_test(bounds_what_all_have_in_flight),
        front_test(answers_unavailable_while_draining),
        front_test(signs_on_the_loop_if_the_pool_is_full),
        front_test(answers_garbage_with_a_signed_refusal),
        front_test(publishes_its_keys),
        front_test(an_answer_without_room_becomes_an_error),
        front_test(binds_zap_before_anything_else),
        front_test(does_not_open_without_zap),
        front_test(names_the_endpoint_that_it_cannot_bind),
        front_test(refuses_a_secret_that_is_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
