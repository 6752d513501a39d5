/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypts and decrypts content with the keys of a ring. */
#include <limits.h>

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "daemon/base/err.h"
#include "daemon/crypto/material.h"

#define AES_KEY_SIZE   16
#define AES_BLOCK_SIZE 16

/* ---- AES-128-CBC with an IV of zeroes and PKCS#7 padding ---- */

static bool cipher_run_aes(const struct fq_key *key, struct fq_str in, bool encrypts,
                           unsigned char *out, size_t *ret_size)
{
    static const unsigned char iv[AES_BLOCK_SIZE] = { 0 };
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int n_body = 0;
    int n_last = 0;
    bool is_done =
        context != NULL &&
        EVP_CipherInit_ex2(context, EVP_aes_128_cbc(), key->secret, iv, encrypts, NULL) == 1 &&
        EVP_CipherUpdate(context, out, &n_body, (const unsigned char *)in.ptr, (int)in.len) == 1 &&
        EVP_CipherFinal_ex(context, out + n_body, &n_last) == 1;
    EVP_CIPHER_CTX_free(context);
    *ret_size = (size_t)n_body + (size_t)n_last;
    return is_done;
}

static int cipher_aes(const struct fq_key *key, struct fq_str in, bool encrypts,
                      struct fq_arena *arena, struct fq_str *ret)
{
    if (key == NULL || key->kind != FQ_KEY_SECRET || key->secret_size != AES_KEY_SIZE)
        return FQ_FAULT(-ENOENT, "no secret key of 16 bytes for AES-128");
    unsigned char *out =
        in.len < INT_MAX / 2 ? fq_arena_alloc(arena, in.len + AES_BLOCK_SIZE) : NULL;
    if (out == NULL)
        return FQ_FAULT(-ENOMEM, "no room for %zu bytes through AES-128", in.len);
    size_t size = 0;
    bool is_done = cipher_run_aes(key, in, encrypts, out, &size);
    ERR_clear_error();
    if (!is_done)
        return FQ_FAULT(-EBADMSG, "content does not %s", encrypts ? "encrypt" : "decrypt");
    *ret = (struct fq_str){ (const char *)out, size };
    return 0;
}

/* ---- RSA with PKCS#1 v1.5 padding ---- */

typedef int cipher_rsa_init_fn(EVP_PKEY_CTX *context);
typedef int cipher_rsa_run_fn(EVP_PKEY_CTX *context, unsigned char *out, size_t *out_size,
                              const unsigned char *in, size_t in_size);

/* One fault for whatever goes wrong: telling bad padding from other damage would be an oracle.
 * Callers decrypt only what they have verified. */
static int cipher_rsa(EVP_PKEY *pkey, cipher_rsa_init_fn *init, cipher_rsa_run_fn *run,
                      struct fq_str in, struct fq_arena *arena, struct fq_str *ret)
{
    size_t size = (size_t)EVP_PKEY_get_size(pkey);
    unsigned char *out = fq_arena_alloc(arena, size);
    if (out == NULL)
        return FQ_FAULT(-ENOMEM, "no room for a block of RSA");
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pkey, NULL);
    bool is_done = context != NULL && init(context) == 1 &&
                   EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
                   run(context, out, &size, (const unsigned char *)in.ptr, in.len) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    if (!is_done)
        return FQ_FAULT(-EBADMSG, "content does not pass RSA");
    *ret = (struct fq_str){ (const char *)out, size };
    return 0;
}

/* ---- by name ---- */

int fq_keyring_encrypt(const struct fq_keyring *keyring, const char *name, uint32_t cipher,
                       struct fq_str plain, struct fq_arena *arena, struct fq_str *ret)
{
    const struct fq_key *key = fq_keyring_find(keyring, name);
    switch ((enum fq_cipher)cipher) {
    case FQ_CIPHER_AES128_CBC_ZERO_IV:
        FQ_TRY(cipher_aes(key, plain, true, arena, ret));
        return 0;
    case FQ_CIPHER_RSA_PKCS1:
        if (key == NULL || key->kind != FQ_KEY_PUBLIC_ENCRYPT)
            return FQ_FAULT(-ENOENT, "no encryption key %s", name);
        FQ_TRY(
            cipher_rsa(key->pkeys[0], EVP_PKEY_encrypt_init, EVP_PKEY_encrypt, plain, arena, ret));
        return 0;
    case FQ_CIPHER_UNSET:
        break;
    }
    return FQ_FAULT(-EINVAL, "no cipher %u", cipher);
}

int fq_keyring_decrypt(const struct fq_keyring *keyring, const char *name, uint32_t cipher,
                       struct fq_str secret, struct fq_arena *arena, struct fq_str *ret)
{
    const struct fq_key *key = fq_keyring_find(keyring, name);
    switch ((enum fq_cipher)cipher) {
    case FQ_CIPHER_AES128_CBC_ZERO_IV:
        FQ_TRY(cipher_aes(key, secret, false, arena, ret));
        return 0;
    case FQ_CIPHER_RSA_PKCS1:
        if (key == NULL || key->kind != FQ_KEY_PRIVATE_SIGN || key->family != FQ_KEY_FAMILY_RSA)
            return FQ_FAULT(-ENOENT, "no private RSA key %s", name);
        FQ_TRY(cipher_rsa(key->pkeys[fq_key_copy()], EVP_PKEY_decrypt_init, EVP_PKEY_decrypt,
                          secret, arena, ret));
        return 0;
    case FQ_CIPHER_UNSET:
        break;
    }
    return FQ_FAULT(-EINVAL, "no cipher %u", cipher);
}
