/* SPDX-License-Identifier: Apache-2.0 */
/* Seals and opens: version, key id, nonce, ciphertext, tag. */
#include "daemon/crypto/box.h"

#include <limits.h>

#include <openssl/err.h>

#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"
#include "daemon/crypto/material.h"

#define BOX_VERSION    1
#define BOX_ID_SIZE    4
#define BOX_HEAD_SIZE  (1 + BOX_ID_SIZE)
#define BOX_NONCE_SIZE 12
#define BOX_TAG_SIZE   16
#define BOX_SIZE_MAX   ((size_t)INT_MAX / 2)

struct box_key {
    struct box_key *next;
    unsigned char id[BOX_ID_SIZE]; /* says which key to try; proves nothing */
    unsigned char bytes[FQ_BOX_KEY_SIZE];
};

struct fq_box {
    struct box_key *keys; /* in the order of loading */
    struct box_key **last;
};

struct fq_box *fq_box_new(void)
{
    struct fq_box *box = fq_zalloc(sizeof(*box));
    box->last = &box->keys;
    return box;
}

static void box_key_free(struct box_key *key)
{
    fq_wipe(key, sizeof(*key));
    fq_free(key);
}

void fq_box_free(struct fq_box *box)
{
    if (box == NULL)
        return;
    while (box->keys != NULL) {
        struct box_key *key = box->keys;
        box->keys = key->next;
        box_key_free(key);
    }
    fq_free(box);
}

/* ---- keys ---- */

static void box_name_key(struct box_key *key)
{
    unsigned char mac[32];
    const struct fq_str secret = { (const char *)key->bytes, sizeof(key->bytes) };
    fq_hmac_sha256(secret, fq_lit("fenqid box key id"), mac);
    memcpy(key->id, mac, sizeof(key->id));
    fq_wipe(mac, sizeof(mac));
}

static int box_link(struct fq_box *box, struct box_key *key)
{
    const struct fq_str bytes = { (const char *)key->bytes, sizeof(key->bytes) };
    for (const struct box_key *other = box->keys; other != NULL; other = other->next) {
        if (fq_str_equal_secret((struct fq_str){ (const char *)other->bytes, sizeof(other->bytes) },
                                bytes)) {
            box_key_free(key);
            return FQ_KEYRING_E_DUPLICATE;
        }
    }
    box_name_key(key);
    *box->last = key;
    box->last = &key->next;
    return 0;
}

int fq_box_load(struct fq_box *box, const char *path)
{
    FQ_CLEANUP_FILE file = { 0 };
    int r = fq_material_read(path, true, &file);
    if (r != 0)
        return r;
    size_t size = file.size / 4 * 3 + 4;
    FQ_CLEANUP_FILE bytes = { .bytes = fq_zalloc(size), .size = size };
    const struct fq_str text = { file.bytes, file.size };
    if (fq_base64_decode_into(text, true, (unsigned char *)bytes.bytes, &size) != 0 ||
        size != FQ_BOX_KEY_SIZE)
        return FQ_KEYRING_E_FORMAT;
    struct box_key *key = fq_zalloc(sizeof(*key));
    memcpy(key->bytes, bytes.bytes, sizeof(key->bytes));
    return box_link(box, key);
}

/* ---- AES-256-GCM ---- */

/* The head is of one length, so head and aad together are told apart from any other pair. */
static bool box_begin(EVP_CIPHER_CTX *context, const struct box_key *key, const unsigned char *head,
                      struct fq_str aad, bool seals)
{
    const unsigned char *nonce = head + BOX_HEAD_SIZE;
    int n = 0;
    return context != NULL && aad.len <= BOX_SIZE_MAX &&
           EVP_CipherInit_ex2(context, EVP_aes_256_gcm(), key->bytes, nonce, seals, NULL) == 1 &&
           EVP_CipherUpdate(context, NULL, &n, head, BOX_HEAD_SIZE) == 1 &&
           (aad.len == 0 ||
            EVP_CipherUpdate(context, NULL, &n, (const unsigned char *)aad.ptr, (int)aad.len) == 1);
}

static bool box_body(EVP_CIPHER_CTX *context, struct fq_str in, unsigned char *out)
{
    int n = 0;
    return in.len == 0 ||
           (EVP_CipherUpdate(context, out, &n, (const unsigned char *)in.ptr, (int)in.len) == 1 &&
            (size_t)n == in.len);
}

/* ---- sealing ---- */

int fq_box_seal(const struct fq_box *box, struct fq_str aad, struct fq_str plain,
                struct fq_arena *arena, struct fq_str *ret)
{
    const struct box_key *key = box->keys;
    if (key == NULL)
        return FQ_FAULT(-ENOKEY, "no key to seal with");
    unsigned char *out =
        plain.len <= BOX_SIZE_MAX ? fq_arena_alloc(arena, plain.len + FQ_BOX_OVERHEAD) : NULL;
    if (out == NULL)
        return FQ_FAULT(-ENOMEM, "no room to seal %zu bytes", plain.len);
    unsigned char *body = out + BOX_HEAD_SIZE + BOX_NONCE_SIZE;
    unsigned char *tag = body + plain.len;
    out[0] = BOX_VERSION;
    memcpy(out + 1, key->id, BOX_ID_SIZE);
    fq_random(out + BOX_HEAD_SIZE, BOX_NONCE_SIZE);

    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int n = 0;
    bool is_sealed = box_begin(context, key, out, aad, true) && box_body(context, plain, body) &&
                     EVP_CipherFinal_ex(context, tag, &n) == 1 &&
                     EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, BOX_TAG_SIZE, tag) == 1;
    EVP_CIPHER_CTX_free(context);
    ERR_clear_error();
    if (!is_sealed)
        return FQ_FAULT(-EIO, "%zu bytes do not seal", plain.len);
    *ret = (struct fq_str){ (const char *)out, plain.len + FQ_BOX_OVERHEAD };
    return 0;
}

/* ---- opening ---- */

static bool box_open_by(const struct box_key *key, struct fq_str aad, struct fq_str sealed,
                        unsigned char *out, size_t size)
{
    const unsigned char *head = (const unsigned char *)sealed.ptr;
    const struct fq_str body = { sealed.ptr + BOX_HEAD_SIZE + BOX_NONCE_SIZE, size };
    unsigned char tag[BOX_TAG_SIZE];
    memcpy(tag, body.ptr + size, sizeof(tag));
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int n = 0;
    bool is_open = box_begin(context, key, head, aad, false) && box_body(context, body, out) &&
                   EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, BOX_TAG_SIZE, tag) == 1 &&
                   EVP_CipherFinal_ex(context, out + size, &n) == 1;
    EVP_CIPHER_CTX_free(context);
    ERR_clear_error();
    return is_open;
}

int fq_box_open(const struct fq_box *box, struct fq_str aad, struct fq_str sealed,
                struct fq_arena *arena, struct fq_str *ret)
{
    if (sealed.len < FQ_BOX_OVERHEAD || sealed.len > BOX_SIZE_MAX || sealed.ptr[0] != BOX_VERSION)
        return FQ_BOX_E_REFUSED;
    size_t size = sealed.len - FQ_BOX_OVERHEAD;
    unsigned char *out = fq_arena_alloc(arena, size + 1); /* a NUL behind it */
    if (out == NULL)
        return FQ_FAULT(-ENOMEM, "no room to open %zu bytes", size);
    for (const struct box_key *key = box->keys; key != NULL; key = key->next) {
        if (memcmp(key->id, sealed.ptr + 1, BOX_ID_SIZE) != 0)
            continue;
        if (box_open_by(key, aad, sealed, out, size)) {
            *ret = (struct fq_str){ (const char *)out, size };
            return 0;
        }
        fq_wipe(out, size); /* nothing unproven stays behind */
    }
    return FQ_BOX_E_REFUSED;
}
