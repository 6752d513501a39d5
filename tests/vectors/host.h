/* SPDX-License-Identifier: Apache-2.0 */
/* A small fq_host for tests of adapters: an arena, named keys and certificates, the last failure.
 * It signs, verifies and encrypts with OpenSSL directly, and shares nothing with the daemon's
 * crypto/. */
#ifndef FQ_TESTS_VECTORS_HOST_H
#define FQ_TESTS_VECTORS_HOST_H

#include <stdbool.h>

#include "adapters/sdk/fenqi_adapter.h"

#define VECTOR_KEYS_MAX 24

struct vector_key {
    const char *name;
    void *key;          /* EVP_PKEY, or NULL */
    void *certificates; /* STACK_OF(X509), or NULL */
    unsigned char secret[16];
};

struct vector_host {
    struct fq_host host;
    struct fq_arena *arena;
    struct vector_key keys[VECTOR_KEYS_MAX];
    size_t n_keys;
    /* For fuzzing what lies behind the checks: every signature is good but those by certificates
     * that would have to be fetched, every certificate has the serial of 32 zeroes and is the
     * platform's, and what is encrypted is the same as what is not. */
    bool accepts_all;
    const char *any_cn;    /* accepts_all: the CN of every certificate; NULL: "leaf" or "root" */
    const char *any_entry; /* accepts_all: the name of the one entry that every zip has */
    void *leaf;            /* EVP_PKEY of the certificate that verify_chain took last, or NULL */
    size_t n_verified;     /* verifications that succeeded */
    struct fq_str signed_text; /* the last text that was signed */
    int64_t now_unix_ms;       /* when chains are checked; 0: whenever they are good */
    char failure[256];         /* the last host->fail */
};

void vector_host_init(struct vector_host *self);
void vector_host_deinit(struct vector_host *self);
/* Forgets everything that calls allocated; keys stay. */
void vector_host_reset(struct vector_host *self, size_t size_max);

/* A new RSA-2048 pair: `private_name` signs, `public_name` verifies. */
void vector_host_add_pair(struct vector_host *self, const char *private_name,
                          const char *public_name);
bool vector_host_add_public(struct vector_host *self, const char *name, const char *pem_path);
/* A bundle of certificates; the first one's key verifies. Takes the place of what had that name. */
bool vector_host_add_certificates(struct vector_host *self, const char *name, const char *pem);
bool vector_host_add_secret(struct vector_host *self, const char *name, const char *base64);
void vector_host_drop(struct vector_host *self, const char *name);

/* A certificate of the key `key` for `cn`, issued by `issuer_cn` with `issuer_key`: PEM, to be
 * freed. It is an authority if it issues itself or `is_authority`. */
char *vector_host_certify(const struct vector_host *self, const char *key, const char *cn,
                          const char *issuer_key, const char *issuer_cn, bool is_authority);

/* A signature made by `key`, as base64 text in the host's memory. */
struct fq_str vector_host_seal(struct vector_host *self, const char *key, struct fq_str text);
struct fq_str vector_host_seal_by(struct vector_host *self, const char *key, uint32_t scheme,
                                  struct fq_str text);

/* The whole of a file below the vectors' folder, NUL-terminated, to be freed. NULL, loudly, if the
 * folder is absent: the test is skipped. */
char *vector_file(const char *path);
/* The full path of the same, to be freed. */
char *vector_path(const char *path);

#endif
