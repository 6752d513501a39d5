/* SPDX-License-Identifier: Apache-2.0 */
/* Result signing: Ed25519 over the DSSE pre-authentication encoding, by key id. */
#ifndef FQ_CRYPTO_SEAL_H
#define FQ_CRYPTO_SEAL_H

#include "daemon/base/arena.h"

struct fq_sealer; /* the daemon's signing keys; immutable, safe on many threads */

struct fq_seal {
    struct fq_str key_id;
    struct fq_str algorithm; /* "ed25519" */
    struct fq_str value;     /* 64 bytes */
};

struct fq_sealer *fq_sealer_new(void);
void fq_sealer_free(struct fq_sealer *sealer);
FQ_DEFINE_CLEANUP(fq_sealer);

/* Adds a key from a PKCS#8 PEM file (conditions and file mode rules as fq_keyring_load). Keys with
 * is_signing sign every reply; others are only published (old keys while rotating). */
int fq_sealer_load(struct fq_sealer *sealer, const char *key_id, const char *path, bool is_signing);

size_t fq_sealer_n_keys(const struct fq_sealer *sealer);
void fq_sealer_key(const struct fq_sealer *sealer, size_t i, struct fq_str *ret_key_id,
                   struct fq_str *ret_public_key);

/* One seal per signing key, in the arena. */
int fq_sealer_sign(const struct fq_sealer *sealer, struct fq_str payload_type,
                   struct fq_str payload, struct fq_arena *arena, struct fq_seal **ret_seals,
                   size_t *ret_n_seals);

/* Verifies one seal with a raw public key. 0, or FQ_VERIFY_E_BAD (1). */
int fq_seal_verify(struct fq_str public_key, struct fq_str payload_type, struct fq_str payload,
                   struct fq_str signature);

/* Makes keys for `fenqictl keygen`: a PKCS#8 PEM Ed25519 private key into the arena, with its raw
 * public key. */
int fq_seal_keygen(struct fq_arena *arena, struct fq_str *ret_private_pem,
                   struct fq_str *ret_public);

#endif
