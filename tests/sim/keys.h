/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a simulated world: the same in every run, of no use to anybody else. */
#ifndef SIM_KEYS_H
#define SIM_KEYS_H

#include <stdbool.h>

#include <openssl/types.h>

enum sim_key { SIM_KEY_APP = 1, SIM_KEY_PLATFORM, SIM_KEY_FOREIGN, SIM_KEYS };

struct sim_keys {
    EVP_PKEY *keys[SIM_KEYS];
    char folder[64];
    char app_path[96];      /* our private key */
    char platform_path[96]; /* the platform's public key */
};

/* Makes them from fixed numbers, and files of them in a folder of its own. */
void sim_keys_make(struct sim_keys *keys);
void sim_keys_free(struct sim_keys *keys);

/* From now on signatures are real, or a keyed stand-in for speed: on both sides of the wire, behind
 * the daemon's keyring and behind the models' keys (by the linker's --wrap). */
void sim_keys_use(const struct sim_keys *keys, bool real);

#endif
