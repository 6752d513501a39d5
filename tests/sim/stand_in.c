/* SPDX-License-Identifier: Apache-2.0 */
/* A keyed stand-in for RSA signatures, for speed: on both sides of the wire, behind the daemon's
 * keyring and behind the models' keys (by the linker's --wrap). */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "daemon/base/siphash.h"
#include "daemon/crypto/crypto.h"
#include "daemon/crypto/material.h"
#include "tests/sandbox/base64.h"
#include "tests/sandbox/key.h"
#include "tests/sim/keys.h"

#define SIGNATURE_SIZE 16

static const struct sim_keys *keys_known; /* NULL: signatures are real */

void sim_keys_use(const struct sim_keys *keys, bool real)
{
    keys_known = real ? NULL : keys;
}

/* 0: none of ours, or signatures are real. Public halves are told apart by their numbers. */
static unsigned keys_number_of(const EVP_PKEY *key)
{
    for (unsigned i = 1; keys_known != NULL && i < SIM_KEYS; i++) {
        if (keys_known->keys[i] == key)
            return i;
    }
    for (unsigned i = 1; keys_known != NULL && i < SIM_KEYS; i++) {
        if (EVP_PKEY_eq(keys_known->keys[i], key) == 1)
            return i;
    }
    return 0;
}

/* The channels' own keys by their names, which is faster; those of certificates as they are. */
static unsigned keys_number_in(const struct fq_keyring *keyring, const char *name)
{
    static const char *const names[] = {
        [SIM_KEY_APP] = "app", [SIM_KEY_PLATFORM] = "alipay", [SIM_KEY_MERCHANT] = "sign"
    };
    if (keys_known == NULL)
        return 0;
    for (unsigned i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i] != NULL && strcmp(names[i], name) == 0)
            return i;
    }
    const struct fq_key *key = fq_keyring_find(keyring, name);
    return key != NULL && key->pkeys[0] != NULL ? keys_number_of(key->pkeys[0]) : 0;
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

/* False: a scheme that nothing stands in for. */
static bool keys_stand_in_by(unsigned key, uint32_t scheme, struct fq_str text,
                             unsigned char ret[SIGNATURE_SIZE])
{
    unsigned char digest[32];
    char hex[65];
    if (key == 0 || (scheme != FQ_SCHEME_RSA_SHA256 && scheme != FQ_SCHEME_RSA_SHA256_HEX))
        return false;
    if (scheme == FQ_SCHEME_RSA_SHA256_HEX) {
        fq_sha256(text, digest);
        fq_hex(digest, sizeof(digest), hex);
        text = (struct fq_str){ hex, 64 };
    }
    keys_stand_in(key, KEY_RSA2, text, ret);
    return true;
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
    if (!keys_stand_in_by(keys_number_in(keyring, name), scheme, text, signature))
        return __real_fq_keyring_sign(keyring, name, scheme, text, arena, ret);
    *ret = fq_arena_copy(arena, (struct fq_str){ (const char *)signature, sizeof(signature) });
    return ret->ptr != NULL ? 0 : -1;
}

int __wrap_fq_keyring_verify(const struct fq_keyring *keyring, const char *name, uint32_t scheme,
                             struct fq_str text, struct fq_str signature)
{
    unsigned char expected[SIGNATURE_SIZE];
    if (!keys_stand_in_by(keys_number_in(keyring, name), scheme, text, expected))
        return __real_fq_keyring_verify(keyring, name, scheme, text, signature);
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
    if (keys_number_of(key) == 0)
        return __real_key_verify(key, scheme, bytes, size, base64);
    char *ours = __wrap_key_sign(key, scheme, bytes, size);
    bool is_good = strcmp(ours, base64) == 0;
    free(ours);
    return is_good;
}
