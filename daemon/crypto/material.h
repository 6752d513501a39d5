/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of crypto/ share: the content of key files as OpenSSL's objects. */
#ifndef FQ_CRYPTO_MATERIAL_H
#define FQ_CRYPTO_MATERIAL_H

#include <stdatomic.h>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "daemon/crypto/keyring.h"

/* ---- a file ---- */

struct fq_material_file {
    char *bytes;
    size_t size;
};

/* Reads `path`; with is_private, only if its mode keeps strangers out. 0 or an fq_keyring
 * condition. */
int fq_material_read(const char *path, bool is_private, struct fq_material_file *ret);
void fq_material_file_wipe(struct fq_material_file *file);
#define FQ_CLEANUP_FILE __attribute__((cleanup(fq_material_file_wipe))) struct fq_material_file

/* ---- its content ---- */

struct fq_material {
    EVP_PKEY *private_key; /* the first of each */
    EVP_PKEY *public_key;
    STACK_OF(X509) * certificates; /* all, in the file's order */
};

/* Decodes PEM, or bare base64 of one DER object. 0 or FQ_KEYRING_E_FORMAT. */
int fq_material_parse(struct fq_str text, struct fq_material *ret);
void fq_material_deinit(struct fq_material *material);
#define FQ_CLEANUP_MATERIAL __attribute__((cleanup(fq_material_deinit))) struct fq_material

/* As fq_base64_decode, into text.len / 4 * 3 + 4 bytes of the caller's. */
int fq_base64_decode_into(struct fq_str text, bool spaces, unsigned char *ret, size_t *ret_size);

/* ---- a key of the ring ---- */

enum fq_key_family {
    FQ_KEY_FAMILY_NONE = 0,
    FQ_KEY_FAMILY_RSA,
    FQ_KEY_FAMILY_SM2,
};

#define FQ_KEY_N_COPIES 8

struct fq_key {
    struct fq_key *next;
    char *name;
    uint32_t kind;
    uint32_t family;
    /* A public key once. A private key in copies, which spares signing threads each other's locks:
     * one RSA key shared by two threads signs 2 to 4 % slower. */
    EVP_PKEY *pkeys[FQ_KEY_N_COPIES];
    EVP_MD_CTX *ready[FQ_KEY_N_COPIES]; /* for copying only: see sign.c */
    STACK_OF(X509) * certificates;      /* of the same file */
    X509_STORE *store;                  /* ROOTS */
    unsigned char *secret;
    size_t secret_size;
};

/* ---- the ring ---- */

struct fq_keyring {
    atomic_uint n_owners;
    struct fq_key *keys;
    /* A leaf's: when every certificate of the chain behind it is valid. */
    int64_t valid_from_unix_ms;
    int64_t valid_until_unix_ms; /* not itself */
};

/* NULL if there is none of that name. */
const struct fq_key *fq_keyring_find(const struct fq_keyring *keyring, const char *name);

/* Adds what was parsed; takes what it needs out of `material`. Conditions of fq_keyring_add. */
int fq_keyring_take(struct fq_keyring *keyring, const char *name, uint32_t kind,
                    struct fq_material *material);

/* Fills key->ready from key->pkeys. */
bool fq_key_prepare(struct fq_key *key);

/* Which copy of a private key is this thread's. */
size_t fq_key_copy(void);

#endif
