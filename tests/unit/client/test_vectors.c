/* SPDX-License-Identifier: Apache-2.0 */
/* The test vectors in proto/README.md are what the daemon's own signing makes, and libfenqi
 * verifies them. Their key comes from a seed that everybody knows; FENQI_RECORD=1 prints the
 * vectors. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "daemon/crypto/seal.h"
#include "proto/client/fenqi.h"

/* protoc-c's initialisers cast const away. */
#pragma GCC diagnostic ignored "-Wcast-qual"

#define README      "proto/README.md"
#define SEED        "fenqi test vector 1"
#define KEY_ID      "vector-1"
#define REPLY_TYPE  "application/vnd.fenqi.v1.reply+protobuf"
#define STATUS_TYPE "application/vnd.fenqi.v1.status"
#define STATUS                                                                           \
    "form=status.1\npayment=p1jn4bbarr0002kb4c9a204qd0a6h7\norder=order-1\nstate=PAID\n" \
    "amount=699900\ncurrency=CNY\nversion=3\nissued=1767225600000\nexpires=4102444800000\n"
#define TEXT_SIZE 2048

struct bytes {
    unsigned char ptr[1024];
    size_t len;
};

struct vectors {
    struct fq_arena *arena;
    struct fq_sealer *sealer;
    struct fenqi_key key;
    struct bytes request, digest, payload, encoding_digest, signature, signed_reply;
    char status[TEXT_SIZE];
};

static void bytes_digest(const void *ptr, size_t len, struct bytes *ret)
{
    ret->len = 32;
    assert_int_equal(EVP_Digest(ptr, len, ret->ptr, NULL, EVP_sha256(), NULL), 1);
}

/* ---- the key, by way of a file, as the daemon has its own ---- */

static void make_sealer(struct vectors *vectors)
{
    struct bytes seed;
    char path[] = "/tmp/fenqi-vector-XXXXXX";
    struct fq_str key_id, public_key;
    bytes_digest(SEED, strlen(SEED), &seed);
    EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed.ptr, seed.len);
    int fd = mkstemp(path);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    assert_true(pkey != NULL && file != NULL);
    assert_int_equal(PEM_write_PKCS8PrivateKey(file, pkey, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(fclose(file), 0);
    EVP_PKEY_free(pkey);
    vectors->sealer = fq_sealer_new();
    int r = fq_sealer_load(vectors->sealer, KEY_ID, path, true);
    assert_int_equal(remove(path), 0);
    assert_int_equal(r, 0);
    fq_sealer_key(vectors->sealer, 0, &key_id, &public_key);
    (void)snprintf(vectors->key.key_id, sizeof(vectors->key.key_id), KEY_ID);
    memcpy(vectors->key.public_key, public_key.ptr, FENQI_KEY_SIZE);
}

static void seal(const struct vectors *vectors, const char *type, const void *payload, size_t len,
                 struct bytes *ret)
{
    struct fq_seal *seals = NULL;
    size_t n_seals = 0;
    assert_int_equal(fq_sealer_sign(vectors->sealer, fq_str_of(type),
                                    (struct fq_str){ payload, len }, vectors->arena, &seals,
                                    &n_seals),
                     0);
    assert_int_equal(n_seals, 1);
    ret->len = seals[0].value.len;
    memcpy(ret->ptr, seals[0].value.ptr, ret->len);
}

/* ---- what is signed ---- */

static void make_request(struct vectors *vectors)
{
    char request_id[] = "vector-1", payment_id[] = "p1jn4bbarr0002kb4c9a204qd0a6h7";
    Fenqi__V1__GetPayment get = FENQI__V1__GET_PAYMENT__INIT;
    Fenqi__V1__Request request = FENQI__V1__REQUEST__INIT;
    get.key_case = FENQI__V1__GET_PAYMENT__KEY_PAYMENT_ID;
    get.payment_id = payment_id;
    request.request_id = request_id;
    request.operation_case = FENQI__V1__REQUEST__OPERATION_GET_PAYMENT;
    request.get_payment = &get;
    vectors->request.len = fenqi__v1__request__pack(&request, vectors->request.ptr);
    bytes_digest(vectors->request.ptr, vectors->request.len, &vectors->digest);
}

static void make_payload(struct vectors *vectors)
{
    char request_id[] = "vector-1", merchant_id[] = "shop", currency[] = "CNY";
    char payment_id[] = "p1jn4bbarr0002kb4c9a204qd0a6h7", order[] = "order-1";
    Fenqi__V1__Money amount = FENQI__V1__MONEY__INIT;
    Fenqi__V1__Payment payment = FENQI__V1__PAYMENT__INIT;
    Fenqi__V1__Reply reply = FENQI__V1__REPLY__INIT;
    amount.minor = 699900;
    amount.currency = currency;
    payment.payment_id = payment_id;
    payment.merchant_order_id = order;
    payment.version = 3;
    payment.state = FENQI__V1__PAYMENT_STATE__PAYMENT_STATE_PAID;
    payment.amount = &amount;
    reply.request_id = request_id;
    reply.request_digest = (ProtobufCBinaryData){ vectors->digest.len, vectors->digest.ptr };
    reply.merchant_id = merchant_id;
    reply.issued_at_unix_ms = INT64_C(1767225600000);
    reply.outcome_case = FENQI__V1__REPLY__OUTCOME_PAYMENT;
    reply.payment = &payment;
    vectors->payload.len = fenqi__v1__reply__pack(&reply, vectors->payload.ptr);
}

static void make_reply(struct vectors *vectors)
{
    char type[] = REPLY_TYPE, key_id[] = KEY_ID, algorithm[] = "ed25519";
    char encoded[TEXT_SIZE];
    struct bytes *payload = &vectors->payload;
    int n =
        snprintf(encoded, sizeof(encoded), "DSSEv1 %zu %s %zu ", strlen(type), type, payload->len);
    memcpy(encoded + n, payload->ptr, payload->len);
    bytes_digest(encoded, (size_t)n + payload->len, &vectors->encoding_digest);
    seal(vectors, type, payload->ptr, payload->len, &vectors->signature);
    Fenqi__V1__Signature signature = FENQI__V1__SIGNATURE__INIT;
    Fenqi__V1__Signature *signatures = &signature;
    Fenqi__V1__SignedReply envelope = FENQI__V1__SIGNED_REPLY__INIT;
    signature.key_id = key_id;
    signature.algorithm = algorithm;
    signature.value = (ProtobufCBinaryData){ vectors->signature.len, vectors->signature.ptr };
    envelope.payload = (ProtobufCBinaryData){ payload->len, payload->ptr };
    envelope.payload_type = type;
    envelope.n_signatures = 1;
    envelope.signatures = &signatures;
    vectors->signed_reply.len = fenqi__v1__signed_reply__pack(&envelope, vectors->signed_reply.ptr);
}

static void add_base64url(char *text, const void *bytes, size_t n)
{
    char *at = text + strlen(text);
    (void)EVP_EncodeBlock((unsigned char *)at, bytes, (int)n);
    at[strcspn(at, "=")] = '\0';
    for (; *at != '\0'; at++)
        *at = (char)(*at == '+' ? '-' : *at == '/' ? '_' : *at);
}

static void make_status(struct vectors *vectors)
{
    struct bytes signature;
    seal(vectors, STATUS_TYPE, STATUS, strlen(STATUS), &signature);
    add_base64url(vectors->status, STATUS, strlen(STATUS));
    (void)strcat(vectors->status, "." KEY_ID ".");
    add_base64url(vectors->status, signature.ptr, signature.len);
}

/* ---- as the README tells it ---- */

/* The value of a name in the block of vectors, its lines joined. */
static void readme_value(const char *name, char ret[TEXT_SIZE])
{
    char line[512];
    bool is_inside = false, is_it = false;
    FILE *file = fopen(README, "re");
    assert_non_null(file);
    ret[0] = '\0';
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "```", 3) == 0) {
            is_inside = !is_inside && strcmp(line, "```vectors") == 0;
            continue;
        }
        size_t n_name = strcspn(line, " ");
        if (n_name > 0)
            is_it = is_inside && n_name == strlen(name) && strncmp(line, name, n_name) == 0;
        const char *value = line + n_name + strspn(line + n_name, " ");
        if (is_inside && is_it)
            (void)strncat(ret, value, TEXT_SIZE - strlen(ret) - 1);
    }
    (void)fclose(file);
}

static void compare(const char *name, const char *made)
{
    char told[TEXT_SIZE];
    if (getenv("FENQI_RECORD") != NULL) {
        for (size_t i = 0; i < strlen(made); i += 96)
            (void)printf("%-17s%.96s\n", i == 0 ? name : "", made + i);
        return;
    }
    readme_value(name, told);
    if (strcmp(told, made) != 0)
        fail_msg("%s: %s is told in " README ", but it is %s", name, told, made);
}

static void compare_bytes(const char *name, const struct bytes *bytes)
{
    char text[TEXT_SIZE] = "";
    for (size_t i = 0; i < bytes->len; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", bytes->ptr[i]);
    compare(name, text);
}

static void the_readme_tells_what_the_daemon_makes(void **state)
{
    const struct vectors *vectors = *state;
    char public_key[64];
    (void)EVP_EncodeBlock((unsigned char *)public_key, vectors->key.public_key, FENQI_KEY_SIZE);
    compare("key_id", vectors->key.key_id);
    compare("public_key", public_key);
    compare_bytes("request", &vectors->request);
    compare_bytes("request_digest", &vectors->digest);
    compare_bytes("payload", &vectors->payload);
    compare_bytes("encoding_digest", &vectors->encoding_digest);
    compare_bytes("signature", &vectors->signature);
    compare_bytes("signed_reply", &vectors->signed_reply);
    compare("status", vectors->status);
}

static void libfenqi_verifies_them(void **state)
{
    const struct vectors *vectors = *state;
    struct fenqi_reply *reply = NULL;
    struct fenqi_status *status = NULL;
    assert_int_equal(fenqi_verify(vectors->signed_reply.ptr, vectors->signed_reply.len,
                                  &vectors->key, 1, &reply),
                     FENQI_OK);
    assert_int_equal(reply->reply->payment->amount->minor, 699900);
    fenqi_reply_free(reply);
    assert_int_equal(fenqi_verify_status(vectors->status, &vectors->key, 1, &status), FENQI_OK);
    assert_int_equal(status->amount_minor, 699900);
    fenqi_status_free(status);
}

static int set_up(void **state)
{
    static struct vectors vectors;
    vectors.arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    make_sealer(&vectors);
    make_request(&vectors);
    make_payload(&vectors);
    make_reply(&vectors);
    make_status(&vectors);
    *state = &vectors;
    return 0;
}

static int tear_down(void **state)
{
    struct vectors *vectors = *state;
    fq_sealer_free(vectors->sealer);
    fq_arena_free(vectors->arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_readme_tells_what_the_daemon_makes),
        cmocka_unit_test(libfenqi_verifies_them),
    };
    return cmocka_run_group_tests_name("client: vectors", tests, set_up, tear_down);
}
