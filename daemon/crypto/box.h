/* SPDX-License-Identifier: Apache-2.0 */
/* Personal data at rest: AES-256-GCM under keys of the daemon's own. */
#ifndef FQ_CRYPTO_BOX_H
#define FQ_CRYPTO_BOX_H

#include "daemon/base/arena.h"

struct fq_box; /* immutable once its keys are loaded: safe on many threads */

#define FQ_BOX_KEY_SIZE 32

/* What sealing adds: version 1, key id 4, nonce 12, tag 16. */
#define FQ_BOX_OVERHEAD 33

struct fq_box *fq_box_new(void);
void fq_box_free(struct fq_box *box); /* wipes */
FQ_DEFINE_CLEANUP(fq_box);

/* Adds the key of a file: 32 random bytes in base64. The first one seals, all open, so a new key is
 * loaded before the old one until nothing is left under that. Conditions, and what the file's mode
 * must be, as for a SECRET of fq_keyring_load. */
int fq_box_load(struct fq_box *box, const char *path);

enum {
    FQ_BOX_E_REFUSED = 1, /* altered, cut short, of another place or key: which is not told */
};

/* Seals `plain` for one place: the same `aad` ("payer/" and the payment's id, say) is needed to
 * open it, so that it cannot be moved to another row. The nonce is random: no more than 2^32 texts
 * under one key. Fault: no key was loaded. */
int fq_box_seal(const struct fq_box *box, struct fq_str aad, struct fq_str plain,
                struct fq_arena *arena, struct fq_str *ret);

/* 0, and the caller wipes *ret when it is done with it; or FQ_BOX_E_REFUSED. */
int fq_box_open(const struct fq_box *box, struct fq_str aad, struct fq_str sealed,
                struct fq_arena *arena, struct fq_str *ret);

#endif
