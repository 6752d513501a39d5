/* SPDX-License-Identifier: Apache-2.0 */
/* What the daemon seals, the client verifies: the two sides share no code. */
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

#include "daemon/crypto/seal.h"
#include "proto/client/fenqi.h"

/* protoc-c's initialisers cast const away. */
#pragma GCC diagnostic ignored "-Wcast-qual"

/* A sealer with one new key, and that key as the client pins it. */
static struct fq_sealer *sealer_new(struct fq_arena *arena, struct fenqi_key *ret_key)
{
    struct fq_str pem;
    struct fq_str public_key;
    assert_int_equal(fq_seal_keygen(arena, &pem, &public_key), 0);
    assert_int_equal(public_key.len, FENQI_KEY_SIZE);
    *ret_key = (struct fenqi_key){ .key_id = "2026-01" };
    memcpy(ret_key->public_key, public_key.ptr, FENQI_KEY_SIZE);
    char path[] = "/tmp/fenqi-seal-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, pem.ptr, pem.len), pem.len);
    assert_int_equal(close(fd), 0);
    struct fq_sealer *sealer = fq_sealer_new();
    int r = fq_sealer_load(sealer, "2026-01", path, true);
    assert_int_equal(remove(path), 0);
    assert_int_equal(r, 0);
    return sealer;
}

static size_t pack(const struct fq_seal *seal, unsigned char *payload, size_t n_payload,
                   unsigned char *ret)
{
    char type[] = "application/vnd.fenqi.v1.reply+protobuf";
    char key_id[] = "2026-01";
    char algorithm[] = "ed25519";
    unsigned char value[64];
    assert_int_equal(seal->value.len, sizeof(value));
    memcpy(value, seal->value.ptr, sizeof(value));
    Fenqi__V1__Signature signature = FENQI__V1__SIGNATURE__INIT;
    Fenqi__V1__Signature *signatures = &signature;
    signature.key_id = key_id;
    signature.algorithm = algorithm;
    signature.value = (ProtobufCBinaryData){ sizeof(value), value };
    Fenqi__V1__SignedReply envelope = FENQI__V1__SIGNED_REPLY__INIT;
    envelope.payload = (ProtobufCBinaryData){ n_payload, payload };
    envelope.payload_type = type;
    envelope.n_signatures = 1;
    envelope.signatures = &signatures;
    return fenqi__v1__signed_reply__pack(&envelope, ret);
}

static void what_the_daemon_seals_is_verified(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fenqi_key key;
    FQ_CLEANUP(fq_sealer) *sealer = sealer_new(arena, &key);
    char request_id[] = "r1";
    Fenqi__V1__Reply reply = FENQI__V1__REPLY__INIT;
    reply.request_id = request_id;
    unsigned char payload[256];
    unsigned char bytes[1024];
    size_t n_payload = fenqi__v1__reply__pack(&reply, payload);
    struct fq_seal *seals = NULL;
    size_t n_seals = 0;
    assert_int_equal(fq_sealer_sign(sealer, fq_lit("application/vnd.fenqi.v1.reply+protobuf"),
                                    (struct fq_str){ (const char *)payload, n_payload }, arena,
                                    &seals, &n_seals),
                     0);
    assert_int_equal(n_seals, 1);
    size_t n = pack(&seals[0], payload, n_payload, bytes);
    struct fenqi_reply *verified = NULL;
    assert_int_equal(fenqi_verify(bytes, n, &key, 1, &verified), FENQI_OK);
    assert_string_equal(verified->reply->request_id, "r1");
    fenqi_reply_free(verified);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_daemon_seals_is_verified),
    };
    return cmocka_run_group_tests_name("client: seal", tests, NULL, NULL);
}
