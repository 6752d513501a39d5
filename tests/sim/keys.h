/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a simulated world: the same in every run, of no use to anybody else. */
#ifndef SIM_KEYS_H
#define SIM_KEYS_H

#include <stdbool.h>

#include <openssl/types.h>

struct unionpay_chain;

enum sim_key {
    SIM_KEY_APP = 1,  /* ours for Alipay */
    SIM_KEY_PLATFORM, /* Alipay's */
    SIM_KEY_FOREIGN,  /* nobody's */
    SIM_KEY_MERCHANT, /* ours for UnionPay */
    SIM_KEY_LEAF,     /* UnionPay's */
    SIM_KEYS
};

#define SIM_PATH_SIZE 96

struct sim_keys {
    EVP_PKEY *keys[SIM_KEYS];
    struct unionpay_chain *chain;
    char folder[64];
    char app_path[SIM_PATH_SIZE];
    char platform_path[SIM_PATH_SIZE]; /* Alipay's public key */
    char merchant_path[SIM_PATH_SIZE];
    char merchant_cert_path[SIM_PATH_SIZE];
    char roots_path[SIM_PATH_SIZE];
    char encrypt_path[SIM_PATH_SIZE]; /* UnionPay's encryption certificate */
};

/* Makes them from fixed numbers, and files of them in a folder of its own. */
void sim_keys_make(struct sim_keys *keys);
void sim_keys_free(struct sim_keys *keys);
/* The RSA key that a name stands for; the caller frees it. */
EVP_PKEY *sim_key_derive(const char *name);

/* From now on signatures are real, or a keyed stand-in for speed (stand_in.c). */
void sim_keys_use(const struct sim_keys *keys, bool real);

#endif
