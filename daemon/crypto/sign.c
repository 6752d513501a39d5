/* SPDX-License-Identifier: Apache-2.0 */
/* Signs and verifies texts with the keys of a ring. */
#include <stdatomic.h>
#include <string.h>

#include <openssl/err.h>

#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"
#include "daemon/crypto/material.h"

/* OpenSSL 3.0 ignores the new key when a used EVP_MD_CTX is initialised again: it goes on signing
 * and verifying with the old one. So a context serves one operation; a new one costs 2 us of the
 * 270 us of an RSA-2048 signature. */

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

static bool sign_set_id(const struct sign_scheme *scheme, EVP_PKEY_CTX *context)
{
    return scheme->family != FQ_KEY_FAMILY_SM2 ||
           EVP_PKEY_CTX_set1_id(context, SM2_SIGNER_ID, strlen(SM2_SIGNER_ID)) > 0;
}

EVP_PKEY *fq_key_private(const struct fq_key *key)
{
    static atomic_uint n_threads;
    static _Thread_local unsigned int thread;
    if (thread == 0)
        thread = atomic_fetch_add(&n_threads, 1) + 1;
    return key->pkeys[thread % FQ_KEY_N_COPIES];
}

static int sign_make(const struct fq_key *key, const struct sign_scheme *scheme, struct fq_str text,
                     struct fq_arena *arena, struct fq_str *ret)
{
    EVP_PKEY *pkey = fq_key_private(key);
    size_t size = (size_t)EVP_PKEY_get_size(pkey);
    unsigned char *signature = fq_arena_alloc(arena, size);
    if (signature == NULL)
        return FQ_FAULT(-ENOMEM, "no room for a signature");
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = NULL; /* belongs to context */
    bool is_made =
        context != NULL &&
        EVP_DigestSignInit(context, &key_context, scheme->digest, NULL, pkey) == 1 &&
        sign_set_id(scheme, key_context) &&
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
    FQ_TRY(sign_make(key, &how, sign_input(&how, text, hex), arena, ret_signature));
    return 0;
}

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
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = NULL; /* belongs to context */
    bool is_ready =
        context != NULL &&
        EVP_DigestVerifyInit(context, &key_context, how.digest, NULL, key->pkeys[0]) == 1 &&
        sign_set_id(&how, key_context);
    bool is_good =
        is_ready && EVP_DigestVerify(context, (const unsigned char *)signature.ptr, signature.len,
                                     (const unsigned char *)input.ptr, input.len) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    if (!is_ready)
        return FQ_FAULT(-EIO, "key %s does not verify", name);
    return is_good ? 0 : FQ_VERIFY_E_BAD;
}
