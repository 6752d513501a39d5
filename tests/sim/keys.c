/* SPDX-License-Identifier: Apache-2.0 */
/* Keys out of fixed numbers, and what stands in for their signatures. */
#include "tests/sim/keys.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "daemon/base/siphash.h"
#include "daemon/crypto/keyring.h"
#include "tests/sandbox/base64.h"
#include "tests/sandbox/key.h"

#define PRIME_SIZE     128
#define SIGNATURE_SIZE 16

static void keys_need(bool is_done)
{
    if (!is_done)
        abort();
}

/* ---- keys ---- */

/* The first prime behind a number that a text stands for, whose predecessor e does not divide. */
static BIGNUM *keys_prime(const char *seed, const BIGNUM *e, BN_CTX *context)
{
    unsigned char bytes[PRIME_SIZE];
    BIGNUM *prime = NULL, *rest = BN_new();
    for (unsigned i = 0; i < PRIME_SIZE / 32; i++) {
        char text[64];
        int size = snprintf(text, sizeof(text), "%s %u", seed, i);
        keys_need(EVP_Digest(text, (size_t)size, bytes + 32 * i, NULL, EVP_sha256(), NULL) == 1);
    }
    bytes[0] |= 0xc0;
    bytes[PRIME_SIZE - 1] |= 1;
    prime = BN_bin2bn(bytes, PRIME_SIZE, NULL);
    for (;;) {
        keys_need(BN_mod(rest, prime, e, context) == 1);
        if (!BN_is_one(rest) && BN_check_prime(prime, context, NULL) == 1)
            break;
        keys_need(BN_add_word(prime, 2) == 1);
    }
    BN_free(rest);
    return prime;
}

static EVP_PKEY *keys_build(const BIGNUM *p, const BIGNUM *q, const BIGNUM *e, BN_CTX *context)
{
    EVP_PKEY *key = NULL;
    BIGNUM *n = BN_new(), *d = BN_new(), *p1 = BN_dup(p), *q1 = BN_dup(q), *phi = BN_new();
    BIGNUM *dp = BN_new(), *dq = BN_new(), *qi = BN_new();
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    keys_need(BN_sub_word(p1, 1) && BN_sub_word(q1, 1) && BN_mul(n, p, q, context) &&
              BN_mul(phi, p1, q1, context) && BN_mod_inverse(d, e, phi, context) != NULL &&
              BN_mod(dp, d, p1, context) && BN_mod(dq, d, q1, context) &&
              BN_mod_inverse(qi, q, p, context) != NULL);
    keys_need(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
              OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) &&
              OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_D, d) &&
              OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_FACTOR1, p) &&
              OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_FACTOR2, q) &&
              OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_EXPONENT1, dp) &&
              OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_EXPONENT2, dq) &&
              OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, qi));
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
    keys_need(parameters != NULL && EVP_PKEY_fromdata_init(maker) == 1 &&
              EVP_PKEY_fromdata(maker, &key, EVP_PKEY_KEYPAIR, parameters) == 1);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(maker);
    BIGNUM *used[] = { n, d, p1, q1, phi, dp, dq, qi };
    for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++)
        BN_free(used[i]);
    return key;
}

static EVP_PKEY *keys_derive(const char *name)
{
    char seed[64];
    BN_CTX *context = BN_CTX_new();
    BIGNUM *e = BN_new();
    keys_need(BN_set_word(e, 65537) == 1);
    (void)snprintf(seed, sizeof(seed), "fenqid simulator, %s, p", name);
    BIGNUM *p = keys_prime(seed, e, context);
    seed[strlen(seed) - 1] = 'q';
    BIGNUM *q = keys_prime(seed, e, context);
    EVP_PKEY *key = keys_build(p, q, e, context);
    BN_free(p);
    BN_free(q);
    BN_free(e);
    BN_CTX_free(context);
    return key;
}

void sim_keys_make(struct sim_keys *keys)
{
    static const char *const names[SIM_KEYS] = { "", "app", "platform", "foreign" };
    *keys = (struct sim_keys){ .folder = "/tmp/fenqi-sim-XXXXXX" };
    keys_need(mkdtemp(keys->folder) != NULL);
    for (int i = 1; i < SIM_KEYS; i++)
        keys->keys[i] = keys_derive(names[i]);
    (void)snprintf(keys->app_path, sizeof(keys->app_path), "%s/app.pem", keys->folder);
    (void)snprintf(keys->platform_path, sizeof(keys->platform_path), "%s/platform.pub",
                   keys->folder);
    mode_t mask = umask(077);
    BIO *app = BIO_new_file(keys->app_path, "w");
    BIO *platform = BIO_new_file(keys->platform_path, "w");
    keys_need(app != NULL && platform != NULL &&
              PEM_write_bio_PKCS8PrivateKey(app, keys->keys[SIM_KEY_APP], NULL, NULL, 0, NULL,
                                            NULL) == 1 &&
              PEM_write_bio_PUBKEY(platform, keys->keys[SIM_KEY_PLATFORM]) == 1);
    BIO_free(app);
    BIO_free(platform);
    (void)umask(mask);
}

void sim_keys_free(struct sim_keys *keys)
{
    for (int i = 1; i < SIM_KEYS; i++)
        EVP_PKEY_free(keys->keys[i]);
    (void)unlink(keys->app_path);
    (void)unlink(keys->platform_path);
    (void)rmdir(keys->folder);
}

/* ---- the stand-in ---- */

static const struct sim_keys *keys_known; /* NULL: signatures are real */

void sim_keys_use(const struct sim_keys *keys, bool real)
{
    keys_known = real ? NULL : keys;
}

static unsigned keys_number_of(const EVP_PKEY *key)
{
    for (unsigned i = 1; keys_known != NULL && i < SIM_KEYS; i++) {
        if (keys_known->keys[i] == key)
            return i;
    }
    return 0;
}

static unsigned keys_number_of_name(const char *name)
{
    if (keys_known == NULL)
        return 0;
    return strcmp(name, "app") == 0      ? SIM_KEY_APP
           : strcmp(name, "alipay") == 0 ? SIM_KEY_PLATFORM
                                         : 0;
}

static void keys_stand_in(unsigned key, unsigned scheme, struct fq_str text,
                          unsigned char ret[SIGNATURE_SIZE])
{
    for (unsigned half = 0; half < 2; half++) {
        const uint64_t secret[2] = { UINT64_C(0x66656e71) * (key + 1), scheme * 2 + half };
        uint64_t hash = fq_siphash(secret, text);
        for (unsigned i = 0; i < 8; i++)
            ret[8 * half + i] = (unsigned char)(hash >> (8 * i));
    }
}

int __real_fq_keyring_sign(const struct fq_keyring *keyring, const char *name, uint32_t scheme,
                           struct fq_str text, struct fq_arena *arena, struct fq_str *ret);
int __wrap_fq_keyring_sign(const struct fq_keyring *keyring, const char *name, uint32_t scheme,
                           struct fq_str text, struct fq_arena *arena, struct fq_str *ret);
int __real_fq_keyring_verify(const struct fq_keyring *keyring, const char *name, uint32_t scheme,
                             struct fq_str text, struct fq_str signature);
int __wrap_fq_keyring_verify(const struct fq_keyring *keyring, const char *name, uint32_t scheme,
                             struct fq_str text, struct fq_str signature);
char *__real_key_sign(EVP_PKEY *key, enum key_scheme scheme, const char *bytes, size_t size);
char *__wrap_key_sign(EVP_PKEY *key, enum key_scheme scheme, const char *bytes, size_t size);
bool __real_key_verify(EVP_PKEY *key, enum key_scheme scheme, const char *bytes, size_t size,
                       const char *base64);
bool __wrap_key_verify(EVP_PKEY *key, enum key_scheme scheme, const char *bytes, size_t size,
                       const char *base64);

int __wrap_fq_keyring_sign(const struct fq_keyring *keyring, const char *name, uint32_t scheme,
                           struct fq_str text, struct fq_arena *arena, struct fq_str *ret)
{
    unsigned char signature[SIGNATURE_SIZE];
    unsigned key = keys_number_of_name(name);
    if (key == 0 || scheme != FQ_SCHEME_RSA_SHA256)
        return __real_fq_keyring_sign(keyring, name, scheme, text, arena, ret);
    keys_stand_in(key, KEY_RSA2, text, signature);
    *ret = fq_arena_copy(arena, (struct fq_str){ (const char *)signature, sizeof(signature) });
    return ret->ptr != NULL ? 0 : -1;
}

int __wrap_fq_keyring_verify(const struct fq_keyring *keyring, const char *name, uint32_t scheme,
                             struct fq_str text, struct fq_str signature)
{
    unsigned char expected[SIGNATURE_SIZE];
    unsigned key = keys_number_of_name(name);
    if (key == 0 || scheme != FQ_SCHEME_RSA_SHA256)
        return __real_fq_keyring_verify(keyring, name, scheme, text, signature);
    keys_stand_in(key, KEY_RSA2, text, expected);
    bool is_good =
        signature.len == sizeof(expected) && memcmp(signature.ptr, expected, sizeof(expected)) == 0;
    return is_good ? 0 : FQ_VERIFY_E_BAD;
}

char *__wrap_key_sign(EVP_PKEY *key, enum key_scheme scheme, const char *bytes, size_t size)
{
    unsigned char signature[SIGNATURE_SIZE];
    unsigned number = keys_number_of(key);
    if (number == 0)
        return __real_key_sign(key, scheme, bytes, size);
    keys_stand_in(number, scheme, (struct fq_str){ bytes, size }, signature);
    return base64_encode(signature, sizeof(signature));
}

bool __wrap_key_verify(EVP_PKEY *key, enum key_scheme scheme, const char *bytes, size_t size,
                       const char *base64)
{
    unsigned number = keys_number_of(key);
    if (number == 0)
        return __real_key_verify(key, scheme, bytes, size, base64);
    char *ours = __wrap_key_sign(key, scheme, bytes, size);
    bool is_good = strcmp(ours, base64) == 0;
    free(ours);
    return is_good;
}
