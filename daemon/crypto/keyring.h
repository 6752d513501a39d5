/* SPDX-License-Identifier: Apache-2.0 */
/* Named keys loaded from files, and what can be done with them. Immutable once filled: safe to use
 * from many threads at once. */
#ifndef FQ_CRYPTO_KEYRING_H
#define FQ_CRYPTO_KEYRING_H

#include "daemon/base/arena.h"

struct fq_keyring;

struct fq_keyring *fq_keyring_new(void);
void fq_keyring_free(struct fq_keyring *keyring); /* wipes, once its last owner frees it */
FQ_DEFINE_CLEANUP(fq_keyring);

/* One more owner, on any thread; a ring that is shared stays as it is. Returns it. */
struct fq_keyring *fq_keyring_share(struct fq_keyring *keyring);

/* Positive conditions of loading; the caller's message names file and key. */
enum {
    FQ_KEYRING_E_UNREADABLE = 1, /* errno says why */
    FQ_KEYRING_E_MODE, /* private: readable by others than owner and group, or writable by the group
                        */
    FQ_KEYRING_E_FORMAT,    /* neither PEM nor bare base64 of such a key */
    FQ_KEYRING_E_KIND,      /* e.g. a public key where a private one is wanted */
    FQ_KEYRING_E_WEAK,      /* RSA under 2048 bits */
    FQ_KEYRING_E_DUPLICATE, /* the name is taken */
};

const char *fq_keyring_reason(int condition); /* text of the conditions above */

/* Loads `path` under `name`. kind is an fq_key_kind: PRIVATE_SIGN (PEM PKCS#1/PKCS#8, or bare
 * base64 DER as the platforms' tools emit), PUBLIC_VERIFY (PEM or bare base64 public key, or a
 * certificate that does not say it is for other things than signatures), ROOTS (a PEM bundle; what
 * OpenSSL cannot use is kept for its fields, not choked on), SECRET (base64), PUBLIC_ENCRYPT (as
 * PUBLIC_VERIFY, RSA only), OWN_CERTIFICATE (a certificate, which verifies nothing). PRIVATE_SIGN
 * and SECRET files must not be readable or writable by others, nor writable by their group. */
int fq_keyring_load(struct fq_keyring *keyring, const char *name, uint32_t kind, const char *path);
int fq_keyring_add(struct fq_keyring *keyring, const char *name, uint32_t kind, struct fq_str data);

bool fq_keyring_has(const struct fq_keyring *keyring, const char *name);

/* Tells a key from another: SHA-256 of the certificate that it was loaded from, or else of its
 * public half. Zeroes: there is none of that name, or it is a SECRET. */
void fq_keyring_digest(const struct fq_keyring *keyring, const char *name, unsigned char ret[32]);

/* True if public key `b` is the public half of private key `a`: the commonest mistake of set-up is
 * our own public key in the platform's place. */
bool fq_keyring_is_pair(const struct fq_keyring *keyring, const char *a, const char *b);

/* Signs the whole text. scheme is an fq_scheme. Raw signature into the arena. */
int fq_keyring_sign(const struct fq_keyring *keyring, const char *name, uint32_t scheme,
                    struct fq_str text, struct fq_arena *arena, struct fq_str *ret_signature);

enum {
    FQ_VERIFY_E_BAD = 1, /* not a signature of this text by this key */
};

/* 0: good. FQ_VERIFY_E_BAD. Fault: no such key, or a scheme that this key cannot do.
 * FQ_SCHEME_RSA_SHA1 verifies here, for tests of historic messages, and never signs: plugin/host
 * refuses it to adapters before it comes to this. */
int fq_keyring_verify(const struct fq_keyring *keyring, const char *name, uint32_t scheme,
                      struct fq_str text, struct fq_str signature);

/* Certificates (chain.c). */
enum {
    FQ_CHAIN_E_REFUSED = 1, /* *ret_reason says why */
    FQ_CHAIN_E_NO_SUCH = 1, /* fq_cert_field: index beyond the bundle */
};

struct fq_chain_rule {
    const char *roots;         /* a bundle of the keyring */
    const char *intermediates; /* another; NULL: those in the message, if any */
    struct fq_str name;        /* what the CN must contain; empty: anything */
    int64_t at_unix_ms;
};

/* Checks `certificate` (PEM, intermediates may stand behind the first) by the rule: up to a
 * self-signed certificate of the bundle, whose others serve as intermediates; RSA keys below it of
 * 2048 bits or more; SHA-1 is good enough here and nowhere else, the platforms' authorities use it;
 * the leaf no authority itself. The leaf's public key goes into *ret_key: a keyring of its own with
 * the key under the name "leaf". It verifies only if the certificate's key usage, where there is
 * one, has digitalSignature; an encryption certificate is believed, and verifies nothing. */
int fq_chain_verify(const struct fq_keyring *keyring, const struct fq_chain_rule *rule,
                    struct fq_str certificate, struct fq_keyring **ret_key,
                    const char **ret_reason);
/* True if every certificate of the chain that was walked for this leaf is valid at that time. */
bool fq_chain_covers(const struct fq_keyring *leaf, int64_t at_unix_ms);

int fq_cert_field(struct fq_str pem, size_t index, uint32_t field, struct fq_arena *arena,
                  struct fq_str *ret);
/* The same over the file that key `name` was loaded from. */
int fq_keyring_cert_field(const struct fq_keyring *keyring, const char *name, size_t index,
                          uint32_t field, struct fq_arena *arena, struct fq_str *ret);

/* Encryption (fq_cipher): AES under a SECRET of 16 bytes; RSA to a PUBLIC_ENCRYPT key, and back
 * with a PRIVATE_SIGN key. Whatever does not decrypt is one and the same fault: verify first. */
int fq_keyring_encrypt(const struct fq_keyring *keyring, const char *name, uint32_t cipher,
                       struct fq_str plain, struct fq_arena *arena, struct fq_str *ret);
int fq_keyring_decrypt(const struct fq_keyring *keyring, const char *name, uint32_t cipher,
                       struct fq_str secret, struct fq_arena *arena, struct fq_str *ret);

#endif
