/* SPDX-License-Identifier: Apache-2.0 */
/* Signs and verifies texts with the keys of a ring. */
#include <stdatomic.h>
#include <string.h>

#include <openssl/err.h>

#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"
#include "daemon/crypto/material.h"

/*= GM/T 0009-2012: the signer's id where none was agreed */
#define SM2_SIGNER_ID "1234567812345678"

struct sign_scheme {
    uint32_t family;
    const EVP_MD *digest;
    bool is_hex; /* what is signed is the lower-case hex SHA-256 of the text */
};

static bool sign_scheme_of(uint32_t scheme, struct sign_scheme *ret)
{
    switch ((enum fq_scheme)scheme) {
    case FQ_SCHEME_RSA_SHA256:
        *ret = (struct sign_scheme){ FQ_KEY_FAMILY_RSA, EVP_sha256(), false };
        return true;
    case FQ_SCHEME_RSA_SHA256_HEX:
        *ret = (struct sign_scheme){ FQ_KEY_FAMILY_RSA, EVP_sha256(), true };
        return true;
    case FQ_SCHEME_SM2_SM3:
        *ret = (struct sign_scheme){ FQ_KEY_FAMILY_SM2, EVP_sm3(), false };
        return true;
    case FQ_SCHEME_RSA_SHA1:
        *ret = (struct sign_scheme){ FQ_KEY_FAMILY_RSA, EVP_sha1(), false };
        return true;
    case FQ_SCHEME_UNSET:
        break;
    }
    return false;
}

/* The text itself, or its hex digest in `hex`. */
static struct fq_str sign_input(const struct sign_scheme *scheme, struct fq_str text, char hex[65])
{
    if (!scheme->is_hex)
        return text;
    unsigned char digest[32];
    fq_sha256(text, digest);
    fq_hex(digest, sizeof(digest), hex);
    return (struct fq_str){ hex, 64 };
}

/* ---- contexts ---- */

/* OpenSSL 3.0 ignores the new key when a used EVP_MD_CTX is initialised again: it goes on signing
 * and verifying with the old one. So no context serves twice. Each operation gets a copy of one
 * that was made ready when the key was loaded, which takes 0.2 us; initialising takes 2.3 us, 1 %
 * of an RSA-2048 signature. */

typedef int sign_init_fn(EVP_MD_CTX *context, EVP_PKEY_CTX **ret_key_context, const EVP_MD *digest,
                         ENGINE *engine, EVP_PKEY *pkey);

static EVP_MD_CTX *sign_begin(EVP_PKEY *pkey, const struct sign_scheme *scheme, sign_init_fn *init)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = NULL; /* belongs to context */
    bool is_ready = context != NULL && init(context, &key_context, scheme->digest, NULL, pkey) == 1;
    if (is_ready && scheme->family == FQ_KEY_FAMILY_SM2)
        is_ready = EVP_PKEY_CTX_set1_id(key_context, SM2_SIGNER_ID, strlen(SM2_SIGNER_ID)) > 0;
    if (!is_ready) {
        EVP_MD_CTX_free(context);
        return NULL;
    }
    return context;
}

static EVP_MD_CTX *sign_copy(const EVP_MD_CTX *ready)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context != NULL && EVP_MD_CTX_copy_ex(context, ready) != 1) {
        EVP_MD_CTX_free(context);
        return NULL;
    }
    return context;
}

bool fq_key_prepare(struct fq_key *key)
{
    bool is_private = key->kind == FQ_KEY_PRIVATE_SIGN;
    struct sign_scheme how;
    if (!sign_scheme_of(key->family == FQ_KEY_FAMILY_SM2 ? FQ_SCHEME_SM2_SM3 : FQ_SCHEME_RSA_SHA256,
                        &how))
        return false;
    for (size_t i = 0; i < FQ_KEY_N_COPIES && key->pkeys[i] != NULL; i++) {
        key->ready[i] =
            sign_begin(key->pkeys[i], &how, is_private ? EVP_DigestSignInit : EVP_DigestVerifyInit);
        if (key->ready[i] == NULL)
            return false;
    }
    return true;
}

size_t fq_key_copy(void)
{
    static atomic_uint n_threads;
    static _Thread_local unsigned int thread;
    if (thread == 0)
        thread = atomic_fetch_add(&n_threads, 1) + 1;
    return thread % FQ_KEY_N_COPIES;
}

/* ---- signing ---- */

static int sign_make(const struct fq_key *key, struct fq_str text, struct fq_arena *arena,
                     struct fq_str *ret)
{
    size_t copy = fq_key_copy();
    size_t size = (size_t)EVP_PKEY_get_size(key->pkeys[copy]);
    unsigned char *signature = fq_arena_alloc(arena, size);
    if (signature == NULL)
        return FQ_FAULT(-ENOMEM, "no room for a signature");
    EVP_MD_CTX *context = sign_copy(key->ready[copy]);
    bool is_made =
        context != NULL &&
        EVP_DigestSign(context, signature, &size, (const unsigned char *)text.ptr, text.len) == 1;
    EVP_MD_CTX_free(context);
    if (!is_made) {
        ERR_clear_error();
        return FQ_FAULT(-EIO, "key %s does not sign", key->name);
    }
    *ret = (struct fq_str){ (const char *)signature, size };
    return 0;
}

int fq_keyring_sign(const struct fq_keyring *keyring, const char *name, uint32_t scheme,
                    struct fq_str text, struct fq_arena *arena, struct fq_str *ret_signature)
{
    const struct fq_key *key = fq_keyring_find(keyring, name);
    struct sign_scheme how;
    if (key == NULL || key->kind != FQ_KEY_PRIVATE_SIGN)
        return FQ_FAULT(-ENOENT, "no signing key %s", name);
    /* SHA-1 is for reading history, never for new words. */
    if (!sign_scheme_of(scheme, &how) || how.family != key->family || scheme == FQ_SCHEME_RSA_SHA1)
        return FQ_FAULT(-EINVAL, "key %s cannot sign by scheme %u", name, scheme);
    char hex[65];
    FQ_TRY(sign_make(key, sign_input(&how, text, hex), arena, ret_signature));
    return 0;
}

/* ---- verifying ---- */

int fq_keyring_verify(const struct fq_keyring *keyring, const char *name, uint32_t scheme,
                      struct fq_str text, struct fq_str signature)
{
    const struct fq_key *key = fq_keyring_find(keyring, name);
    struct sign_scheme how;
    if (key == NULL || key->kind != FQ_KEY_PUBLIC_VERIFY)
        return FQ_FAULT(-ENOENT, "no verification key %s", name);
    if (!sign_scheme_of(scheme, &how) || how.family != key->family)
        return FQ_FAULT(-EINVAL, "key %s cannot verify scheme %u", name, scheme);
    char hex[65];
    struct fq_str input = sign_input(&how, text, hex);
    EVP_MD_CTX *context = scheme == FQ_SCHEME_RSA_SHA1
                              ? sign_begin(key->pkeys[0], &how, EVP_DigestVerifyInit)
                              : sign_copy(key->ready[0]);
    bool is_ready = context != NULL;
    bool is_good =
        is_ready && EVP_DigestVerify(context, (const unsigned char *)signature.ptr, signature.len,
                                     (const unsigned char *)input.ptr, input.len) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    if (!is_ready)
        return FQ_FAULT(-EIO, "key %s does not verify", name);
    return is_good ? 0 : FQ_VERIFY_E_BAD;
}
