/* SPDX-License-Identifier: Apache-2.0 */
/* libfenqi against a daemon that lies, is late, or is silent; and its proofs against changed bytes.
 */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <zmq.h>

#include "tests/unit/client/signer.h"

#define LONG_MS  20000 /* never reached unless a test fails */
#define SHORT_MS 150   /* of calls that must time out, or send again */

/* ---- what the daemon says ---- */

static size_t pack_reply(char *request_id, unsigned char digest[32], unsigned char *ret)
{
    char version[] = "1.2.3";
    Fenqi__V1__Info info = FENQI__V1__INFO__INIT;
    info.version = version;
    Fenqi__V1__Reply reply = FENQI__V1__REPLY__INIT;
    reply.request_id = request_id;
    reply.request_digest = (ProtobufCBinaryData){ 32, digest };
    reply.outcome_case = FENQI__V1__REPLY__OUTCOME_INFO;
    reply.info = &info;
    return fenqi__v1__reply__pack(&reply, ret);
}

/* ---- the daemon: a ROUTER under CURVE on a thread ---- */

/* What it does about a request; a step each, the last one from then on. */
enum step {
    STEP_ANSWER = 1,
    STEP_SILENCE,
    STEP_OTHER_DIGEST, /* answers to other bytes, then rightly */
    STEP_OTHER_ID,     /* answers to another request, then rightly */
    STEP_BAD_SIGNATURE,
    STEP_STRANGER,     /* signs with a key that nobody pinned */
    STEP_BOTH_KEYS,    /* signs with that key and with the right one */
    STEP_THREE_FRAMES, /* a message of another shape, then rightly */
    STEP_INFO_ONLY,    /* answers GetInfo, and nothing else */
};

#define REQUESTS_MAX 16

struct world {
    void *context;
    void *router;
    void *stop; /* both ends of the way to end the thread */
    void *stop_peer;
    pthread_t thread;
    enum step steps[4];
    size_t n_steps;
    struct signer signer;
    struct signer stranger;
    struct packed requests[REQUESTS_MAX];
    size_t n_requests;
    char endpoint[64];
    char server_public[41];
    char client_public[41];
    char client_secret[41];
    struct fenqi_client *client;
};

static void world_answer(struct world *world, zmq_msg_t *identity, const struct packed *request,
                         enum step step)
{
    unsigned char digest[32];
    unsigned char payload[2048];
    struct packed reply;
    char other_id[] = "another";
    Fenqi__V1__Request *parsed = fenqi__v1__request__unpack(NULL, request->n, request->bytes);
    must(parsed != NULL);
    bool is_info = parsed->operation_case == FENQI__V1__REQUEST__OPERATION_GET_INFO;
    must(EVP_Digest(request->bytes, request->n, digest, NULL, EVP_sha256(), NULL) == 1);
    if (step == STEP_OTHER_DIGEST)
        digest[0] ^= 1;
    size_t n = pack_reply(step == STEP_OTHER_ID ? other_id : parsed->request_id, digest, payload);
    fenqi__v1__request__free_unpacked(parsed, NULL);
    if (step == STEP_INFO_ONLY && !is_info)
        return;
    const struct signer *signers[] = { &world->stranger, &world->signer };
    size_t first = step == STEP_STRANGER || step == STEP_BOTH_KEYS ? 0 : 1;
    size_t n_signers = step == STEP_BOTH_KEYS ? 2 : 1;
    pack_signed(payload, n, TYPE, signers + first, n_signers, &reply);
    if (step == STEP_BAD_SIGNATURE)
        reply.bytes[reply.n - 1] ^= 1; /* the signature's value comes last */
    zmq_msg_t to;
    (void)zmq_msg_init(&to);
    (void)zmq_msg_copy(&to, identity);
    (void)zmq_msg_send(&to, world->router, ZMQ_SNDMORE);
    (void)zmq_send(world->router, "", 0, ZMQ_SNDMORE);
    if (step == STEP_THREE_FRAMES)
        (void)zmq_send(world->router, "x", 1, ZMQ_SNDMORE);
    (void)zmq_send(world->router, reply.bytes, reply.n, 0);
}

static void world_serve(struct world *world)
{
    zmq_msg_t identity;
    char empty[8];
    struct packed request;
    (void)zmq_msg_init(&identity);
    must(zmq_msg_recv(&identity, world->router, 0) > 0);
    must(zmq_recv(world->router, empty, sizeof(empty), 0) == 0);
    int n = zmq_recv(world->router, request.bytes, sizeof(request.bytes), 0);
    must(n > 0 && (size_t)n <= sizeof(request.bytes));
    request.n = (size_t)n;
    size_t i = world->n_requests < world->n_steps ? world->n_requests : world->n_steps - 1;
    must(world->n_requests < REQUESTS_MAX);
    world->requests[world->n_requests++] = request;
    enum step step = world->steps[i];
    if (step != STEP_SILENCE)
        world_answer(world, &identity, &request, step);
    if (step == STEP_OTHER_DIGEST || step == STEP_OTHER_ID || step == STEP_THREE_FRAMES)
        world_answer(world, &identity, &request, STEP_ANSWER);
    (void)zmq_msg_close(&identity);
}

static void *world_run(void *argument)
{
    struct world *world = argument;
    for (;;) {
        zmq_pollitem_t items[] = { { world->router, 0, ZMQ_POLLIN, 0 },
                                   { world->stop_peer, 0, ZMQ_POLLIN, 0 } };
        if (zmq_poll(items, 2, -1) < 0 || items[1].revents != 0)
            return NULL;
        if (items[0].revents != 0)
            world_serve(world);
    }
}

static struct world *world_new(const enum step *steps, size_t n_steps)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    char server_secret[41];
    int on = 1;
    size_t size = sizeof(world->endpoint);
    memcpy(world->steps, steps, n_steps * sizeof(*steps));
    world->n_steps = n_steps;
    signer_init(&world->signer, "k1");
    signer_init(&world->stranger, "stranger");
    assert_int_equal(zmq_curve_keypair(world->server_public, server_secret), 0);
    assert_int_equal(zmq_curve_keypair(world->client_public, world->client_secret), 0);
    world->context = zmq_ctx_new();
    world->router = zmq_socket(world->context, ZMQ_ROUTER);
    assert_int_equal(zmq_setsockopt(world->router, ZMQ_CURVE_SERVER, &on, sizeof(on)), 0);
    assert_int_equal(zmq_setsockopt(world->router, ZMQ_CURVE_SECRETKEY, server_secret, 40), 0);
    assert_int_equal(zmq_bind(world->router, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(world->router, ZMQ_LAST_ENDPOINT, world->endpoint, &size), 0);
    world->stop = zmq_socket(world->context, ZMQ_PAIR);
    world->stop_peer = zmq_socket(world->context, ZMQ_PAIR);
    assert_int_equal(zmq_bind(world->stop, "inproc://stop"), 0);
    assert_int_equal(zmq_connect(world->stop_peer, "inproc://stop"), 0);
    assert_int_equal(pthread_create(&world->thread, NULL, world_run, world), 0);
    world->client = fenqi_client_new(world->endpoint, world->server_public, world->client_public,
                                     world->client_secret, NULL);
    assert_non_null(world->client);
    assert_int_equal(fenqi_client_pin(world->client, "k1", world->signer.key.public_key), FENQI_OK);
    return world;
}

/* Ends the thread; what it has seen may be looked at from now on. */
static void world_stop(struct world *world)
{
    assert_int_equal(zmq_send(world->stop, "", 0, 0), 0);
    assert_int_equal(pthread_join(world->thread, NULL), 0);
}

static void world_free(struct world *world)
{
    int linger = 0;
    fenqi_client_free(world->client);
    (void)zmq_setsockopt(world->router, ZMQ_LINGER, &linger, sizeof(linger));
    (void)zmq_close(world->router);
    (void)zmq_close(world->stop);
    (void)zmq_close(world->stop_peer);
    (void)zmq_ctx_term(world->context);
    EVP_PKEY_free(world->signer.private_key);
    EVP_PKEY_free(world->stranger.private_key);
    free(world);
}

static int ask(struct world *world, int timeout_ms, struct fenqi_reply **ret)
{
    Fenqi__V1__GetInfo info = FENQI__V1__GET_INFO__INIT;
    Fenqi__V1__Request request = FENQI__V1__REQUEST__INIT;
    request.operation_case = FENQI__V1__REQUEST__OPERATION_GET_INFO;
    request.get_info = &info;
    return fenqi_call(world->client, &request, timeout_ms, ret);
}

/* One call in a world of one step: its error, and that nothing was returned with it. */
static void expect_error(enum step step, int timeout_ms, int expected)
{
    struct world *world = world_new(&step, 1);
    struct fenqi_reply *reply = NULL;
    int error = ask(world, timeout_ms, &reply);
    world_stop(world);
    world_free(world);
    assert_string_equal(fenqi_error_name(error), fenqi_error_name(expected));
    assert_null(reply);
}

static void expect_answer(enum step step)
{
    struct world *world = world_new(&step, 1);
    struct fenqi_reply *reply = NULL;
    int error = ask(world, LONG_MS, &reply);
    world_stop(world);
    assert_string_equal(fenqi_error_name(error), "FENQI_OK");
    assert_string_equal(reply->reply->info->version, "1.2.3");
    assert_string_equal(reply->key_id, "k1");
    fenqi_reply_free(reply);
    world_free(world);
}

/* ---- calls ---- */

static void a_good_answer_is_returned(void **state)
{
    (void)state;
    expect_answer(STEP_ANSWER);
}

static void an_answer_of_two_keys_needs_one_that_is_pinned(void **state)
{
    (void)state;
    expect_answer(STEP_BOTH_KEYS);
}

static void an_answer_to_other_bytes_is_passed_over(void **state)
{
    (void)state;
    expect_answer(STEP_OTHER_DIGEST);
}

static void an_answer_to_another_request_is_passed_over(void **state)
{
    (void)state;
    expect_answer(STEP_OTHER_ID);
}

static void a_message_of_another_shape_is_passed_over(void **state)
{
    (void)state;
    expect_answer(STEP_THREE_FRAMES);
}

static void a_wrong_signature_is_an_error(void **state)
{
    (void)state;
    expect_error(STEP_BAD_SIGNATURE, LONG_MS, FENQI_E_SIGNATURE);
}

static void a_key_that_is_not_pinned_is_an_error(void **state)
{
    (void)state;
    expect_error(STEP_STRANGER, LONG_MS, FENQI_E_UNKNOWN_KEY);
}

static void silence_is_a_timeout(void **state)
{
    (void)state;
    expect_error(STEP_SILENCE, SHORT_MS, FENQI_E_TIMEOUT);
}

static void an_empty_request_id_is_filled(void **state)
{
    (void)state;
    const enum step step = STEP_ANSWER;
    struct world *world = world_new(&step, 1);
    struct fenqi_reply *first = NULL;
    struct fenqi_reply *second = NULL;
    assert_int_equal(ask(world, LONG_MS, &first), FENQI_OK);
    assert_int_equal(ask(world, LONG_MS, &second), FENQI_OK);
    world_stop(world);
    assert_int_equal(strlen(first->reply->request_id), 32);
    assert_string_not_equal(first->reply->request_id, second->reply->request_id);
    fenqi_reply_free(first);
    fenqi_reply_free(second);
    world_free(world);
}

static void the_same_bytes_are_sent_again(void **state)
{
    (void)state;

    const enum step steps[] = { STEP_SILENCE, STEP_ANSWER };
    struct world *world = world_new(steps, 2);
    struct fenqi_reply *reply = NULL;
    assert_int_equal(ask(world, LONG_MS / 10, &reply), FENQI_OK);
    world_stop(world);
    assert_int_equal(world->n_requests, 2);
    assert_int_equal(world->requests[0].n, world->requests[1].n);
    assert_memory_equal(world->requests[0].bytes, world->requests[1].bytes, world->requests[0].n);
    fenqi_reply_free(reply);
    world_free(world);
}

/* How often a request is sent that is not answered. What is answered before and after it makes sure
 * that there is a connection, and that all of it has arrived. */
static size_t n_sent_in_silence(const Fenqi__V1__Request *request, int timeout_ms)
{
    const enum step step = STEP_INFO_ONLY;
    struct world *world = world_new(&step, 1);
    struct fenqi_reply *reply = NULL;
    assert_int_equal(ask(world, LONG_MS, &reply), FENQI_OK);
    fenqi_reply_free(reply);
    assert_int_equal(fenqi_call(world->client, request, timeout_ms, &reply), FENQI_E_TIMEOUT);
    assert_int_equal(ask(world, LONG_MS, &reply), FENQI_OK);
    fenqi_reply_free(reply);
    world_stop(world);
    size_t n = world->n_requests - 2;
    world_free(world);
    return n;
}

static void a_close_is_sent_once(void **state)
{
    (void)state;
    char payment_id[] = "p";
    Fenqi__V1__ClosePayment close_payment = FENQI__V1__CLOSE_PAYMENT__INIT;
    close_payment.payment_id = payment_id;
    Fenqi__V1__Request request = FENQI__V1__REQUEST__INIT;
    request.operation_case = FENQI__V1__REQUEST__OPERATION_CLOSE_PAYMENT;
    request.close_payment = &close_payment;
    assert_int_equal(n_sent_in_silence(&request, 3 * SHORT_MS), 1);
}

static void a_refund_is_sent_again_only_with_its_key(void **state)
{
    (void)state;
    char key[] = "refund-key-1";
    Fenqi__V1__CreateRefund refund = FENQI__V1__CREATE_REFUND__INIT;
    Fenqi__V1__Request request = FENQI__V1__REQUEST__INIT;
    request.operation_case = FENQI__V1__REQUEST__OPERATION_CREATE_REFUND;
    request.create_refund = &refund;
    assert_int_equal(n_sent_in_silence(&request, 3 * SHORT_MS), 1);
    refund.idempotency_key = key;
    assert_true(n_sent_in_silence(&request, 3 * SHORT_MS) > 1);
}

static void a_daemon_that_waits_is_not_asked_again_meanwhile(void **state)
{
    (void)state;
    char payment_id[] = "p";
    Fenqi__V1__GetPayment get = FENQI__V1__GET_PAYMENT__INIT;
    get.key_case = FENQI__V1__GET_PAYMENT__KEY_PAYMENT_ID;
    get.payment_id = payment_id;
    get.wait_ms = 3 * SHORT_MS;
    Fenqi__V1__Request request = FENQI__V1__REQUEST__INIT;
    request.operation_case = FENQI__V1__REQUEST__OPERATION_GET_PAYMENT;
    request.get_payment = &get;
    assert_int_equal(n_sent_in_silence(&request, 3 * SHORT_MS), 1);
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    const enum step step = STEP_ANSWER;
    struct world *world = world_new(&step, 1);
    int error = FENQI_OK;
    assert_null(fenqi_client_new("nonsense", world->server_public, world->client_public,
                                 world->client_secret, &error));
    assert_int_equal(error, FENQI_E_ARGUMENT);
    error = FENQI_OK;
    assert_null(fenqi_client_new(world->endpoint, "short", world->client_public,
                                 world->client_secret, &error));
    assert_int_equal(error, FENQI_E_ARGUMENT);
    struct fenqi_reply *reply = NULL;
    assert_int_equal(ask(world, 0, &reply), FENQI_E_ARGUMENT);
    assert_int_equal(fenqi_client_pin(world->client, "k1", world->stranger.key.public_key),
                     FENQI_E_ARGUMENT);
    world_stop(world);
    world_free(world);
}

/* ---- proofs ---- */

struct proof {
    struct signer signer;
    struct signer other;
    struct packed receipt;
};

static void proof_init(struct proof *proof, const char *type)
{
    unsigned char digest[32] = { 1, 2, 3 };
    unsigned char payload[2048];
    char request_id[] = "r1";
    signer_init(&proof->signer, "k1");
    signer_init(&proof->other, "k2");
    size_t n = pack_reply(request_id, digest, payload);
    const struct signer *signers[] = { &proof->signer };
    pack_signed(payload, n, type, signers, 1, &proof->receipt);
}

static void proof_deinit(struct proof *proof)
{
    EVP_PKEY_free(proof->signer.private_key);
    EVP_PKEY_free(proof->other.private_key);
}

static void a_receipt_is_verified_offline(void **state)
{
    (void)state;
    struct proof proof;
    proof_init(&proof, TYPE);
    const struct fenqi_key keys[] = { proof.other.key, proof.signer.key };
    struct fenqi_reply *reply = NULL;
    assert_int_equal(fenqi_verify(proof.receipt.bytes, proof.receipt.n, keys, 2, &reply), FENQI_OK);
    assert_string_equal(reply->reply->request_id, "r1");
    assert_string_equal(reply->key_id, "k1");
    assert_int_equal(reply->n_bytes, proof.receipt.n);
    assert_memory_equal(reply->bytes, proof.receipt.bytes, proof.receipt.n);
    fenqi_reply_free(reply);
    proof_deinit(&proof);
}

static void a_receipt_with_any_byte_changed_is_refused(void **state)
{
    (void)state;
    struct proof proof;
    proof_init(&proof, TYPE);
    for (size_t i = 0; i < proof.receipt.n; i++) {
        struct fenqi_reply *reply = NULL;
        proof.receipt.bytes[i] ^= 1;
        int error =
            fenqi_verify(proof.receipt.bytes, proof.receipt.n, &proof.signer.key, 1, &reply);
        proof.receipt.bytes[i] ^= 1;
        assert_null(reply);
        assert_int_not_equal(error, FENQI_OK);
    }
    proof_deinit(&proof);
}

static void a_receipt_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct proof proof;
    proof_init(&proof, TYPE);
    for (size_t n = 0; n < proof.receipt.n; n++) {
        struct fenqi_reply *reply = NULL;
        assert_int_not_equal(fenqi_verify(proof.receipt.bytes, n, &proof.signer.key, 1, &reply),
                             FENQI_OK);
        assert_null(reply);
    }
    proof_deinit(&proof);
}

static void a_receipt_of_another_key_with_the_same_id_is_refused(void **state)
{
    (void)state;
    struct proof proof;
    proof_init(&proof, TYPE);
    struct fenqi_key key = proof.other.key;
    (void)snprintf(key.key_id, sizeof(key.key_id), "k1");
    struct fenqi_reply *reply = NULL;
    assert_int_equal(fenqi_verify(proof.receipt.bytes, proof.receipt.n, &key, 1, &reply),
                     FENQI_E_SIGNATURE);
    proof_deinit(&proof);
}

static void a_signed_message_of_another_type_is_no_reply(void **state)
{
    (void)state;
    struct proof proof;
    proof_init(&proof, "application/vnd.fenqi.v1.event+protobuf");
    struct fenqi_reply *reply = NULL;
    assert_int_equal(
        fenqi_verify(proof.receipt.bytes, proof.receipt.n, &proof.signer.key, 1, &reply),
        FENQI_E_MALFORMED);
    proof_deinit(&proof);
}

/* A daemon of a later release says more, and things that have no name here. */
static void what_a_later_daemon_adds_is_passed_over(void **state)
{
    (void)state;
    struct proof proof;
    struct fenqi_reply *reply = NULL;
    unsigned char digest[32] = { 1, 2, 3 };
    unsigned char payload[2048];
    char request_id[] = "r1";
    proof_init(&proof, TYPE);
    const struct signer *signers[] = { &proof.signer };
    size_t n = pack_reply(request_id, digest, payload);
    memcpy(payload + n, "\xf8\x07\x01", 3); /* field 127 */
    pack_signed(payload, n + 3, TYPE, signers, 1, &proof.receipt);
    assert_int_equal(
        fenqi_verify(proof.receipt.bytes, proof.receipt.n, &proof.signer.key, 1, &reply), FENQI_OK);
    assert_string_equal(reply->reply->info->version, "1.2.3");
    fenqi_reply_free(reply);
    Fenqi__V1__Reply empty = FENQI__V1__REPLY__INIT;
    n = fenqi__v1__reply__pack(&empty, payload);
    memcpy(payload + n, "\x92\x01\x00", 3); /* an outcome with the number 18 */
    pack_signed(payload, n + 3, TYPE, signers, 1, &proof.receipt);
    assert_int_equal(
        fenqi_verify(proof.receipt.bytes, proof.receipt.n, &proof.signer.key, 1, &reply), FENQI_OK);
    assert_int_equal(reply->reply->outcome_case, FENQI__V1__REPLY__OUTCOME__NOT_SET);
    fenqi_reply_free(reply);
    proof_deinit(&proof);
}

/* ---- lists of keys ---- */

#define KEY_1 "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
#define KEY_2 "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="

static int read_keys(const char *text, struct fenqi_key *keys, size_t *ret_n)
{
    *ret_n = 99;
    return fenqi_keys_read(text, strlen(text), keys, 2, ret_n);
}

static void expect_two_keys(const char *text)
{
    struct fenqi_key keys[2];
    size_t n = 0;
    assert_int_equal(read_keys(text, keys, &n), FENQI_OK);
    assert_int_equal(n, 2);
    assert_string_equal(keys[0].key_id, "a");
    assert_int_equal(keys[0].public_key[31], 1);
    assert_string_equal(keys[1].key_id, "b");
    assert_int_equal(keys[1].public_key[0], 2);
}

static void keys_are_read_from_lines(void **state)
{
    (void)state;
    expect_two_keys("# pinned\n\na " KEY_1 "\r\nb\t" KEY_2);
}

static void keys_are_read_from_json(void **state)
{
    (void)state;
    expect_two_keys(
        "{\"keys\": [{\"key_id\":\"a\",\"algorithm\":\"ed25519\",\"public_key\":\"" KEY_1
        "\"},\n {\"algorithm\":\"sm2\",\"key_id\":\"c\",\"public_key\":\"x\"},"
        "{\"public_key\":\"" KEY_2 "\",\"key_id\":\"b\",\"algorithm\":\"ed25519\"}]}\n");
}

static void lists_of_another_form_are_refused(void **state)
{
    (void)state;
    const char *const texts[] = {
        "a",
        "a b",
        "a " KEY_1 " more",
        "a " KEY_1 "\na " KEY_2,
        "a " KEY_1 "\nb " KEY_2 "\nc " KEY_1,
        "a AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQF=",
        "a AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB",
        "{}",
        "{\"keys\":[]}",
        "{\"keys\":[{\"key_id\":\"a\",\"public_key\":\"" KEY_1 "\"}]}",
        "{\"keys\":[{\"key_id\":\"a\",\"algorithm\":\"ed25519\",\"public_key\":\"" KEY_1 "\"}]} x",
        "{\"keys\":[{\"key_id\":\"a\",\"algorithm\":\"ed25519\",\"public_key\":\"" KEY_1 "\"",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct fenqi_key keys[2];
        size_t n = 0;
        if (read_keys(texts[i], keys, &n) != FENQI_E_MALFORMED)
            fail_msg("taken: %s", texts[i]);
        assert_int_equal(n, 99);
    }
}

static void keys_of_a_file_are_pinned(void **state)
{
    (void)state;
    const enum step step = STEP_STRANGER;
    struct world *world = world_new(&step, 1);
    struct fenqi_reply *reply = NULL;
    unsigned char base64[45];
    (void)EVP_EncodeBlock(base64, world->stranger.key.public_key, FENQI_KEY_SIZE);
    char path[] = "/tmp/fenqi-keys-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(dprintf(fd, "stranger %s\n", (const char *)base64) > 0);
    assert_int_equal(close(fd), 0);
    int pinned = fenqi_client_pin_file(world->client, path);
    assert_int_equal(remove(path), 0);
    int missing = fenqi_client_pin_file(world->client, path);
    int error = ask(world, LONG_MS, &reply);
    world_stop(world);
    world_free(world);
    assert_int_equal(pinned, FENQI_OK);
    assert_int_equal(missing, FENQI_E_FILE);
    assert_int_equal(error, FENQI_OK);
    assert_string_equal(reply->key_id, "stranger");
    fenqi_reply_free(reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_answer_is_returned),
        cmocka_unit_test(an_answer_of_two_keys_needs_one_that_is_pinned),
        cmocka_unit_test(an_answer_to_other_bytes_is_passed_over),
        cmocka_unit_test(an_answer_to_another_request_is_passed_over),
        cmocka_unit_test(a_message_of_another_shape_is_passed_over),
        cmocka_unit_test(a_wrong_signature_is_an_error),
        cmocka_unit_test(a_key_that_is_not_pinned_is_an_error),
        cmocka_unit_test(silence_is_a_timeout),
        cmocka_unit_test(an_empty_request_id_is_filled),
        cmocka_unit_test(the_same_bytes_are_sent_again),
        cmocka_unit_test(a_close_is_sent_once),
        cmocka_unit_test(a_refund_is_sent_again_only_with_its_key),
        cmocka_unit_test(a_daemon_that_waits_is_not_asked_again_meanwhile),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(a_receipt_is_verified_offline),
        cmocka_unit_test(a_receipt_with_any_byte_changed_is_refused),
        cmocka_unit_test(a_receipt_cut_anywhere_is_refused),
        cmocka_unit_test(a_receipt_of_another_key_with_the_same_id_is_refused),
        cmocka_unit_test(a_signed_message_of_another_type_is_no_reply),
        cmocka_unit_test(what_a_later_daemon_adds_is_passed_over),
        cmocka_unit_test(keys_are_read_from_lines),
        cmocka_unit_test(keys_are_read_from_json),
        cmocka_unit_test(lists_of_another_form_are_refused),
        cmocka_unit_test(keys_of_a_file_are_pinned),
    };
    return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
