/* SPDX-License-Identifier: Apache-2.0 */
/* Keys out of fixed numbers, and files of them. */
#include "tests/sim/keys.h"

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

#include "tests/sim/certificates.h"

#define PRIME_SIZE 128

static void keys_need(bool is_done)
{
    if (!is_done)
        abort();
}

/* ---- keys ---- */

/* How many odd numbers lie between the number that a name stands for and the first prime behind it
 * whose predecessor 65537 does not divide: BN_check_prime was asked once. */
static const struct {
    const char *name;
    unsigned p, q;
} keys_primes[] = {
    { "app", 294, 38 },           { "platform", 686, 1383 },
    { "foreign", 341, 369 },      { "merchant", 63, 6 },
    { "leaf", 487, 307 },         { "generated 1", 191, 527 },
    { "generated 2", 820, 302 },  { "generated 3", 640, 205 },
    { "encryption 1", 693, 285 }, { "encryption 2", 1159, 201 },
};

static BIGNUM *keys_prime(const char *name, char which, unsigned steps)
{
    unsigned char bytes[PRIME_SIZE];
    for (unsigned i = 0; i < PRIME_SIZE / 32; i++) {
        char text[64];
        int size = snprintf(text, sizeof(text), "fenqid simulator, %s, %c %u", name, which, i);
        keys_need(EVP_Digest(text, (size_t)size, bytes + 32 * i, NULL, EVP_sha256(), NULL) == 1);
    }
    bytes[0] |= 0xc0;
    bytes[PRIME_SIZE - 1] |= 1;
    BIGNUM *prime = BN_bin2bn(bytes, PRIME_SIZE, NULL);
    keys_need(prime != NULL && BN_add_word(prime, 2 * steps) == 1);
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

EVP_PKEY *sim_key_derive(const char *name)
{
    size_t i = 0;
    while (strcmp(keys_primes[i].name, name) != 0)
        keys_need(++i < sizeof(keys_primes) / sizeof(keys_primes[0]));
    BN_CTX *context = BN_CTX_new();
    BIGNUM *e = BN_new();
    BIGNUM *p = keys_prime(name, 'p', keys_primes[i].p);
    BIGNUM *q = keys_prime(name, 'q', keys_primes[i].q);
    keys_need(BN_set_word(e, 65537) == 1);
    EVP_PKEY *key = keys_build(p, q, e, context);
    BN_free(p);
    BN_free(q);
    BN_free(e);
    BN_CTX_free(context);
    return key;
}

/* ---- their files ---- */

static void keys_path(const struct sim_keys *keys, const char *name, char ret[SIM_PATH_SIZE])
{
    (void)snprintf(ret, SIM_PATH_SIZE, "%s/%s", keys->folder, name);
}

static void keys_write_private(const char *path, EVP_PKEY *key)
{
    BIO *file = BIO_new_file(path, "w");
    keys_need(file != NULL &&
              PEM_write_bio_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1);
    BIO_free(file);
}

static void keys_write_public(const char *path, EVP_PKEY *key)
{
    BIO *file = BIO_new_file(path, "w");
    keys_need(file != NULL && PEM_write_bio_PUBKEY(file, key) == 1);
    BIO_free(file);
}

static void keys_write_text(const char *path, const char *text, const char *more)
{
    FILE *file = fopen(path, "we");
    keys_need(file != NULL && fputs(text, file) >= 0 && fputs(more, file) >= 0 &&
              fclose(file) == 0);
}

void sim_keys_make(struct sim_keys *keys)
{
    static const char *const names[SIM_KEYS] = { "",        "app",      "platform",
                                                 "foreign", "merchant", "leaf" };
    *keys = (struct sim_keys){ .folder = "/tmp/fenqi-sim-XXXXXX" };
    keys_need(mkdtemp(keys->folder) != NULL);
    for (int i = 1; i < SIM_KEYS; i++)
        keys->keys[i] = sim_key_derive(names[i]);
    keys->chain = sim_certificates_make(keys);
    keys_path(keys, "app.pem", keys->app_path);
    keys_path(keys, "platform.pub", keys->platform_path);
    keys_path(keys, "merchant.pem", keys->merchant_path);
    keys_path(keys, "merchant.crt", keys->merchant_cert_path);
    keys_path(keys, "roots.crt", keys->roots_path);
    keys_path(keys, "encrypt.crt", keys->encrypt_path);
    mode_t mask = umask(077);
    keys_write_private(keys->app_path, keys->keys[SIM_KEY_APP]);
    keys_write_public(keys->platform_path, keys->keys[SIM_KEY_PLATFORM]);
    keys_write_private(keys->merchant_path, keys->keys[SIM_KEY_MERCHANT]);
    keys_write_text(keys->merchant_cert_path, sim_certificate_of_merchant(), "");
    keys_write_text(keys->roots_path, keys->chain->root.pem, keys->chain->middle.pem);
    keys_write_text(keys->encrypt_path, keys->chain->encryption.pem, "");
    (void)umask(mask);
}

void sim_keys_free(struct sim_keys *keys)
{
    const char *const paths[] = { keys->app_path,      keys->platform_path,
                                  keys->merchant_path, keys->merchant_cert_path,
                                  keys->roots_path,    keys->encrypt_path };
    sim_certificates_free(keys->chain);
    for (int i = 1; i < SIM_KEYS; i++)
        EVP_PKEY_free(keys->keys[i]);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        (void)unlink(paths[i]);
    (void)rmdir(keys->folder);
}
