/* SPDX-License-Identifier: Apache-2.0 */
/* Named keys: loading them, finding them, telling what is wrong with them. */
#include "daemon/crypto/keyring.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"
#include "daemon/crypto/material.h"

#define RSA_BITS_MIN 2048

struct fq_keyring *fq_keyring_new(void)
{
    struct fq_keyring *keyring = fq_zalloc(sizeof(*keyring));
    atomic_init(&keyring->n_owners, 1);
    return keyring;
}

struct fq_keyring *fq_keyring_share(struct fq_keyring *keyring)
{
    (void)atomic_fetch_add(&keyring->n_owners, 1);
    return keyring;
}

static void fq_key_free(struct fq_key *key)
{
    if (key == NULL)
        return;
    for (size_t i = 0; i < FQ_KEY_N_COPIES; i++) {
        EVP_MD_CTX_free(key->ready[i]);
        EVP_PKEY_free(key->pkeys[i]); /* wipes private parts */
    }
    sk_X509_pop_free(key->certificates, X509_free);
    X509_STORE_free(key->store);
    fq_wipe(key->secret, key->secret_size);
    fq_free(key->secret);
    fq_free(key->name);
    fq_free(key);
}

FQ_DEFINE_CLEANUP(fq_key);

void fq_keyring_free(struct fq_keyring *keyring)
{
    if (keyring == NULL || atomic_fetch_sub(&keyring->n_owners, 1) > 1)
        return;
    while (keyring->keys != NULL) {
        struct fq_key *key = keyring->keys;
        keyring->keys = key->next;
        fq_key_free(key);
    }
    fq_free(keyring);
}

const char *fq_keyring_reason(int condition)
{
    switch (condition) {
    case FQ_KEYRING_E_UNREADABLE:
        return "cannot be read";
    case FQ_KEYRING_E_MODE:
        return "is private but readable by others or writable by its group (chmod 0640 or 0600)";
    case FQ_KEYRING_E_FORMAT:
        return "is neither PEM nor bare base64 of an unencrypted key of the kind wanted";
    case FQ_KEYRING_E_KIND:
        return "holds another kind of key than the one wanted";
    case FQ_KEYRING_E_WEAK:
        return "is an RSA key of less than 2048 bits";
    case FQ_KEYRING_E_DUPLICATE:
        return "has a name that is taken";
    default:
        return "is refused";
    }
}

/* ---- what a kind wants of the material ---- */

static bool key_is_private(uint32_t kind)
{
    return kind == FQ_KEY_PRIVATE_SIGN || kind == FQ_KEY_SECRET;
}

static int key_judge(struct fq_key *key, const EVP_PKEY *pkey)
{
    if (EVP_PKEY_is_a(pkey, "RSA"))
        key->family = FQ_KEY_FAMILY_RSA;
    else if (EVP_PKEY_is_a(pkey, "SM2") && key->kind != FQ_KEY_PUBLIC_ENCRYPT)
        key->family = FQ_KEY_FAMILY_SM2;
    else
        return FQ_KEYRING_E_KIND;
    if (key->family == FQ_KEY_FAMILY_RSA && EVP_PKEY_get_bits(pkey) < RSA_BITS_MIN)
        return FQ_KEYRING_E_WEAK;
    return 0;
}

static int key_take_private(struct fq_key *key, struct fq_material *material)
{
    if (material->private_key == NULL)
        return FQ_KEYRING_E_KIND;
    int r = key_judge(key, material->private_key);
    if (r != 0)
        return r;
    key->pkeys[0] = FQ_TAKE(material->private_key);
    for (size_t i = 1; i < FQ_KEY_N_COPIES; i++) {
        key->pkeys[i] = EVP_PKEY_dup(key->pkeys[0]);
        fq_assert(key->pkeys[i] != NULL);
    }
    return fq_key_prepare(key) ? 0 : FQ_KEYRING_E_KIND;
}

/* All usages are allowed where the certificate names none. */
static EVP_PKEY *key_of_certificate(const struct fq_key *key, X509 *certificate)
{
    bool is_to_verify = key->kind == FQ_KEY_PUBLIC_VERIFY;
    if (is_to_verify && (X509_get_key_usage(certificate) & KU_DIGITAL_SIGNATURE) == 0)
        return NULL;
    return X509_get_pubkey(certificate);
}

static int key_take_public(struct fq_key *key, struct fq_material *material)
{
    if (material->private_key != NULL)
        return FQ_KEYRING_E_KIND;
    if (material->public_key == NULL && sk_X509_num(material->certificates) > 0)
        material->public_key = key_of_certificate(key, sk_X509_value(material->certificates, 0));
    if (material->public_key == NULL)
        return FQ_KEYRING_E_KIND;
    int r = key_judge(key, material->public_key);
    if (r != 0)
        return r;
    key->pkeys[0] = FQ_TAKE(material->public_key);
    if (key->kind == FQ_KEY_PUBLIC_VERIFY && !fq_key_prepare(key))
        return FQ_KEYRING_E_KIND;
    return 0;
}

/* The certificate's own key, whatever else the file holds. */
static int key_take_own(struct fq_key *key, struct fq_material *material)
{
    if (sk_X509_num(material->certificates) == 0)
        return FQ_KEYRING_E_KIND;
    EVP_PKEY_free(FQ_TAKE(material->public_key));
    return key_take_public(key, material);
}

static int key_take_roots(struct fq_key *key, struct fq_material *material)
{
    int n_certificates = sk_X509_num(material->certificates);
    if (material->private_key != NULL || n_certificates == 0)
        return FQ_KEYRING_E_KIND;
    key->store = X509_STORE_new();
    fq_assert(key->store != NULL);
    for (int i = 0; i < n_certificates; i++) {
        /* A root whose key OpenSSL cannot use stays among the certificates for its fields. */
        X509 *root = sk_X509_value(material->certificates, i);
        if (X509_get0_pubkey(root) != NULL)
            (void)X509_STORE_add_cert(key->store, root);
    }
    return 0;
}

static int key_take_secret(struct fq_key *key, struct fq_str data)
{
    key->secret = fq_zalloc(data.len / 4 * 3 + 4);
    if (fq_base64_decode_into(data, true, key->secret, &key->secret_size) != 0 ||
        key->secret_size == 0) {
        key->secret_size = data.len / 4 * 3 + 4; /* wiped whole */
        return FQ_KEYRING_E_FORMAT;
    }
    return 0;
}

static int key_take(struct fq_key *key, struct fq_material *material)
{
    int r = 0;
    switch ((enum fq_key_kind)key->kind) {
    case FQ_KEY_PRIVATE_SIGN:
        r = key_take_private(key, material);
        break;
    case FQ_KEY_PUBLIC_VERIFY:
    case FQ_KEY_PUBLIC_ENCRYPT:
        r = key_take_public(key, material);
        break;
    case FQ_KEY_OWN_CERTIFICATE:
        r = key_take_own(key, material);
        break;
    case FQ_KEY_ROOTS:
        r = key_take_roots(key, material);
        break;
    case FQ_KEY_SECRET:
    case FQ_KEY_UNSET:
    default:
        return FQ_FAULT(-EINVAL, "no key of kind %u comes from PEM", key->kind);
    }
    ERR_clear_error();
    if (r == 0)
        key->certificates = FQ_TAKE(material->certificates);
    return r;
}

/* ---- adding ---- */

static struct fq_key *key_new(const char *name, uint32_t kind)
{
    struct fq_key *key = fq_zalloc(sizeof(*key));
    size_t size = strlen(name) + 1;
    key->name = fq_zalloc(size);
    memcpy(key->name, name, size);
    key->kind = kind;
    return key;
}

static void keyring_link(struct fq_keyring *keyring, struct fq_key *key)
{
    key->next = keyring->keys;
    keyring->keys = key;
}

int fq_keyring_take(struct fq_keyring *keyring, const char *name, uint32_t kind,
                    struct fq_material *material)
{
    if (fq_keyring_has(keyring, name))
        return FQ_KEYRING_E_DUPLICATE;
    FQ_CLEANUP(fq_key) *key = key_new(name, kind);
    int r = key_take(key, material);
    if (r != 0)
        return r;
    keyring_link(keyring, FQ_TAKE(key));
    return 0;
}

int fq_keyring_add(struct fq_keyring *keyring, const char *name, uint32_t kind, struct fq_str data)
{
    if (kind == FQ_KEY_SECRET) {
        if (fq_keyring_has(keyring, name))
            return FQ_KEYRING_E_DUPLICATE;
        FQ_CLEANUP(fq_key) *key = key_new(name, kind);
        int r = key_take_secret(key, data);
        if (r != 0)
            return r;
        keyring_link(keyring, FQ_TAKE(key));
        return 0;
    }
    FQ_CLEANUP_MATERIAL material = { 0 };
    int r = fq_material_parse(data, &material);
    if (r != 0)
        return r;
    return fq_keyring_take(keyring, name, kind, &material);
}

int fq_keyring_load(struct fq_keyring *keyring, const char *name, uint32_t kind, const char *path)
{
    FQ_CLEANUP_FILE file = { 0 };
    int r = fq_material_read(path, key_is_private(kind), &file);
    if (r != 0)
        return r;
    return fq_keyring_add(keyring, name, kind, (struct fq_str){ file.bytes, file.size });
}

/* ---- finding ---- */

const struct fq_key *fq_keyring_find(const struct fq_keyring *keyring, const char *name)
{
    const struct fq_key *key = keyring->keys;
    while (key != NULL && strcmp(key->name, name) != 0)
        key = key->next;
    return key;
}

bool fq_keyring_has(const struct fq_keyring *keyring, const char *name)
{
    return fq_keyring_find(keyring, name) != NULL;
}

void fq_keyring_digest(const struct fq_keyring *keyring, const char *name, unsigned char ret[32])
{
    const struct fq_key *key = fq_keyring_find(keyring, name);
    unsigned char *der = NULL;
    memset(ret, 0, 32);
    if (key == NULL)
        return;
    if (sk_X509_num(key->certificates) > 0) {
        const X509 *certificate = sk_X509_value(key->certificates, 0);
        fq_assert(X509_digest(certificate, EVP_sha256(), ret, NULL) == 1);
    } else if (key->pkeys[0] != NULL) {
        int size = i2d_PUBKEY(key->pkeys[0], &der);
        fq_assert(size > 0);
        fq_sha256((struct fq_str){ (const char *)der, (size_t)size }, ret);
        OPENSSL_free(der);
    }
}

bool fq_keyring_is_pair(const struct fq_keyring *keyring, const char *a, const char *b)
{
    const struct fq_key *private_key = fq_keyring_find(keyring, a);
    const struct fq_key *public_key = fq_keyring_find(keyring, b);
    if (private_key == NULL || public_key == NULL || private_key->kind != FQ_KEY_PRIVATE_SIGN ||
        public_key->pkeys[0] == NULL || public_key->kind == FQ_KEY_PRIVATE_SIGN)
        return false;
    bool is_pair = EVP_PKEY_eq(private_key->pkeys[0], public_key->pkeys[0]) == 1;
    ERR_clear_error();
    return is_pair;
}
