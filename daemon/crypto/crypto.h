/* SPDX-License-Identifier: Apache-2.0 */
/* The folder that sees OpenSSL, and no type of OpenSSL leaves it. Digests, MACs, random bytes. */
#ifndef FQ_CRYPTO_CRYPTO_H
#define FQ_CRYPTO_CRYPTO_H

#include "daemon/base/arena.h"

/* Before anything else is done with OpenSSL. Where an allocation fails it keeps what it could half
 * build for as long as the process lives: from now on it ends the process, as ours do. */
void fq_crypto_own_memory(void);

/* SHA-256. Never fails. */
void fq_sha256(struct fq_str text, unsigned char ret[32]);
void fq_sha256_of2(struct fq_str a, struct fq_str b, unsigned char ret[32]); /* of a || b */

/* HMAC-SHA256. Never fails. */
void fq_hmac_sha256(struct fq_str key, struct fq_str text, unsigned char ret[32]);

/* The same under a key that is used often: made ready once, for one thread. Never fails. */
struct fq_mac;
struct fq_mac *fq_mac_new(struct fq_str key);
void fq_mac_free(struct fq_mac *mac);
FQ_DEFINE_CLEANUP(fq_mac);
void fq_mac_make(const struct fq_mac *mac, struct fq_str text, unsigned char ret[32]);

/* A raw digest by fq_digest kind (SHA256, MD5, SM3), into the arena. */
int fq_digest_make(uint32_t kind, struct fq_str text, struct fq_arena *arena, struct fq_str *ret);

/* Unpredictable bytes; ends the process if the system has none. */
void fq_random(void *ret, size_t size);

/* Standard base64 without line breaks, and its strict inverse; white space is refused unless
 * `spaces` is set. */
enum {
    FQ_BASE64_E_MALFORMED = 1,
};
struct fq_str fq_base64_encode(struct fq_str bytes, struct fq_arena *arena);
int fq_base64_decode(struct fq_str text, bool spaces, struct fq_arena *arena, struct fq_str *ret);

#endif
