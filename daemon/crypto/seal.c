/* SPDX-License-Identifier: Apache-2.0 */
/* Seals replies: Ed25519 over the DSSE pre-authentication encoding. */
#include "daemon/crypto/seal.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "daemon/base/err.h"
#include "daemon/crypto/material.h"

#define SEAL_KEY_SIZE       32
#define SEAL_SIGNATURE_SIZE 64

struct sealer_key {
    struct sealer_key *next;
    char *id;
    EVP_PKEY *pkey;
    EVP_MD_CTX *ready; /* each seal is made with a copy of it: see sign.c */
    unsigned char public_key[SEAL_KEY_SIZE];
    bool is_signing;
};

struct fq_sealer {
    struct sealer_key *keys; /* in the order of loading */
    struct sealer_key **last;
    size_t n_keys;
    size_t n_signing;
};

struct fq_sealer *fq_sealer_new(void)
{
    struct fq_sealer *sealer = fq_zalloc(sizeof(*sealer));
    sealer->last = &sealer->keys;
    return sealer;
}

void fq_sealer_free(struct fq_sealer *sealer)
{
    if (sealer == NULL)
        return;
    while (sealer->keys != NULL) {
        struct sealer_key *key = sealer->keys;
        sealer->keys = key->next;
        EVP_MD_CTX_free(key->ready);
        EVP_PKEY_free(key->pkey);
        fq_free(key->id);
        fq_free(key);
    }
    fq_free(sealer);
}

/* ---- keys ---- */

static bool sealer_has(const struct fq_sealer *sealer, const char *key_id)
{
    for (const struct sealer_key *key = sealer->keys; key != NULL; key = key->next) {
        if (strcmp(key->id, key_id) == 0)
            return true;
    }
    return false;
}

static void sealer_link(struct fq_sealer *sealer, const char *key_id, EVP_PKEY *pkey,
                        bool is_signing)
{
    struct sealer_key *key = fq_zalloc(sizeof(*key));
    size_t id_size = strlen(key_id) + 1;
    size_t public_size = SEAL_KEY_SIZE;
    key->id = fq_zalloc(id_size);
    memcpy(key->id, key_id, id_size);
    key->pkey = pkey;
    key->is_signing = is_signing;
    key->ready = EVP_MD_CTX_new();
    fq_assert(key->ready != NULL);
    fq_assert(EVP_DigestSignInit(key->ready, NULL, NULL, NULL, pkey) == 1);
    fq_assert(EVP_PKEY_get_raw_public_key(pkey, key->public_key, &public_size) == 1);
    *sealer->last = key;
    sealer->last = &key->next;
    sealer->n_keys++;
    sealer->n_signing += is_signing ? 1 : 0;
}

int fq_sealer_load(struct fq_sealer *sealer, const char *key_id, const char *path, bool is_signing)
{
    if (sealer_has(sealer, key_id))
        return FQ_KEYRING_E_DUPLICATE;
    FQ_CLEANUP_FILE file = { 0 };
    int r = fq_material_read(path, true, &file);
    if (r != 0)
        return r;
    FQ_CLEANUP_MATERIAL material = { 0 };
    r = fq_material_parse((struct fq_str){ file.bytes, file.size }, &material);
    if (r != 0)
        return r;
    if (material.private_key == NULL || !EVP_PKEY_is_a(material.private_key, "ED25519"))
        return FQ_KEYRING_E_KIND;
    sealer_link(sealer, key_id, FQ_TAKE(material.private_key), is_signing);
    return 0;
}

size_t fq_sealer_n_keys(const struct fq_sealer *sealer)
{
    return sealer->n_keys;
}

void fq_sealer_key(const struct fq_sealer *sealer, size_t i, struct fq_str *ret_key_id,
                   struct fq_str *ret_public_key)
{
    const struct sealer_key *key = sealer->keys;
    fq_assert(i < sealer->n_keys);
    while (i-- > 0)
        key = key->next;
    *ret_key_id = fq_str_of(key->id);
    *ret_public_key = (struct fq_str){ (const char *)key->public_key, SEAL_KEY_SIZE };
}

/* ---- sealing ---- */

/*= DSSE v1.0, "Signature Definition": PAE(type, body) = "DSSEv1" + SP + LEN(type) + SP + type + SP
 *  + LEN(body) + SP + body, where LEN is ASCII decimal without leading zeros. */
#define SEAL_LEN_SIZE_MAX  ((size_t)32) /* "DSSEv1 ", a number, a space, a NUL */
#define SEAL_PAE_EXTRA_MAX (2 * SEAL_LEN_SIZE_MAX)

static struct fq_str seal_encode(char *buffer, struct fq_str type, struct fq_str body)
{
    char *at = buffer + snprintf(buffer, SEAL_LEN_SIZE_MAX, "DSSEv1 %zu ", type.len);
    at = mempcpy(at, type.len > 0 ? type.ptr : "", type.len);
    at += snprintf(at, SEAL_LEN_SIZE_MAX, " %zu ", body.len);
    at = mempcpy(at, body.len > 0 ? body.ptr : "", body.len);
    return (struct fq_str){ buffer, (size_t)(at - buffer) };
}

static int seal_sign(const struct sealer_key *key, struct fq_str encoded, unsigned char *signature)
{
    size_t size = SEAL_SIGNATURE_SIZE;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_made = context != NULL && EVP_MD_CTX_copy_ex(context, key->ready) == 1 &&
                   EVP_DigestSign(context, signature, &size, (const unsigned char *)encoded.ptr,
                                  encoded.len) == 1 &&
                   size == SEAL_SIGNATURE_SIZE;
    EVP_MD_CTX_free(context);
    if (!is_made) {
        ERR_clear_error();
        return FQ_FAULT(-EIO, "key %s does not seal", key->id);
    }
    return 0;
}

static int seal_make(const struct sealer_key *key, struct fq_str encoded, struct fq_arena *arena,
                     struct fq_seal *ret)
{
    unsigned char *signature = fq_arena_alloc(arena, SEAL_SIGNATURE_SIZE);
    struct fq_str id = fq_arena_copy(arena, fq_str_of(key->id));
    if (signature == NULL || id.ptr == NULL)
        return FQ_FAULT(-ENOMEM, "no room for a seal");
    FQ_TRY(seal_sign(key, encoded, signature));
    *ret = (struct fq_seal){
        .key_id = id,
        .algorithm = fq_lit("ed25519"),
        .value = { (const char *)signature, SEAL_SIGNATURE_SIZE },
    };
    return 0;
}

int fq_sealer_sign(const struct fq_sealer *sealer, struct fq_str payload_type,
                   struct fq_str payload, struct fq_arena *arena, struct fq_seal **ret_seals,
                   size_t *ret_n_seals)
{
    if (sealer->n_signing == 0)
        return FQ_FAULT(-ENOENT, "no key signs replies");
    char *buffer = fq_arena_alloc(arena, payload_type.len + payload.len + SEAL_PAE_EXTRA_MAX);
    struct fq_seal *seals = fq_arena_array(arena, sealer->n_signing, sizeof(*seals));
    if (buffer == NULL || seals == NULL)
        return FQ_FAULT(-ENOMEM, "no room to seal %zu bytes", payload.len);
    struct fq_str encoded = seal_encode(buffer, payload_type, payload);
    size_t n_seals = 0;
    for (const struct sealer_key *key = sealer->keys; key != NULL; key = key->next) {
        if (key->is_signing)
            FQ_TRY(seal_make(key, encoded, arena, &seals[n_seals++]));
    }
    *ret_seals = seals;
    *ret_n_seals = n_seals;
    return 0;
}

/* ---- verifying ---- */

static bool seal_is_good(EVP_PKEY *pkey, struct fq_str encoded, struct fq_str signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_good = context != NULL && EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1 &&
                   EVP_DigestVerify(context, (const unsigned char *)signature.ptr, signature.len,
                                    (const unsigned char *)encoded.ptr, encoded.len) == 1;
    EVP_MD_CTX_free(context);
    return is_good;
}

int fq_seal_verify(struct fq_str public_key, struct fq_str payload_type, struct fq_str payload,
                   struct fq_str signature)
{
    if (public_key.len != SEAL_KEY_SIZE || signature.len != SEAL_SIGNATURE_SIZE)
        return FQ_VERIFY_E_BAD;
    FQ_CLEANUP_FREE char *buffer = fq_zalloc(payload_type.len + payload.len + SEAL_PAE_EXTRA_MAX);
    struct fq_str encoded = seal_encode(buffer, payload_type, payload);
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(
        EVP_PKEY_ED25519, NULL, (const unsigned char *)public_key.ptr, public_key.len);
    bool is_good = pkey != NULL && seal_is_good(pkey, encoded, signature);
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return is_good ? 0 : FQ_VERIFY_E_BAD;
}

/* ---- making keys ---- */

int fq_seal_keygen(struct fq_arena *arena, struct fq_str *ret_private_pem,
                   struct fq_str *ret_public)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    BIO *bio = BIO_new(BIO_s_secmem()); /* wiped when freed */
    fq_assert(pkey != NULL && bio != NULL);
    fq_assert(PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1);
    unsigned char public_key[SEAL_KEY_SIZE];
    size_t public_size = sizeof(public_key);
    fq_assert(EVP_PKEY_get_raw_public_key(pkey, public_key, &public_size) == 1);
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);
    struct fq_str pem = fq_arena_copy(arena, (struct fq_str){ text, (size_t)len });
    struct fq_str raw =
        fq_arena_copy(arena, (struct fq_str){ (const char *)public_key, sizeof(public_key) });
    BIO_free(bio);
    EVP_PKEY_free(pkey);
    if (pem.ptr == NULL || raw.ptr == NULL)
        return FQ_FAULT(-ENOMEM, "no room for a key");
    *ret_private_pem = pem;
    *ret_public = raw;
    return 0;
}
