/* SPDX-License-Identifier: Apache-2.0 */
/* UnionPay's certificates: a root, a middle one, and the leaves that its messages carry. */
#ifndef SANDBOX_UNIONPAY_CHAIN_H
#define SANDBOX_UNIONPAY_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/types.h>

#define UNIONPAY_SIGNER_NAME   "041@8310000000083040@中国银联股份有限公司@00016495"
#define UNIONPAY_MERCHANT_NAME "041@Z2026-11-1@700000000000001:SIGN@00000001"

/* Starts as { 0 }. */
struct unionpay_leaf {
    EVP_PKEY *private_key;
    char *pem;
    char *serial; /* decimal: the certId of a message */
};

struct unionpay_chain {
    struct unionpay_leaf root;
    struct unionpay_leaf middle;
    struct unionpay_leaf encryption; /* what merchants encrypt to */
    bool sha1;                       /* signed as production's still is */
};

/* Everything new. */
struct unionpay_chain *unionpay_chain_make(bool sha1);

/* What an earlier start wrote into `folder`; else makes it and writes it there: root, middle and
 * encryption .crt and .key, and for merchants to pin roots.crt (root and middle). NULL, with a line
 * on stderr, where it cannot. */
struct unionpay_chain *unionpay_chain_keep(const char *folder, bool sha1);

void unionpay_chain_free(struct unionpay_chain *chain);

/* A new leaf under the middle certificate that signs, of a new key where `key` is NULL. */
void unionpay_leaf_make(const struct unionpay_chain *chain, const char *common_name, bool expired,
                        EVP_PKEY *key, struct unionpay_leaf *ret);
void unionpay_leaf_make_encryption(const struct unionpay_chain *chain, struct unionpay_leaf *ret);
/* What a forger makes: any name, signed by the key itself. */
void unionpay_leaf_forge(const char *common_name, EVP_PKEY *key, struct unionpay_leaf *ret);
void unionpay_leaf_free(struct unionpay_leaf *leaf);

/* The decimal serial of a certificate in PEM, the caller's to free; NULL: unreadable. */
char *unionpay_serial(const char *pem);

/* RSA, PKCS#1 v1.5, base64. NULL where it is not base64 or not for this key. */
char *unionpay_encrypt(EVP_PKEY *public_key, const char *clear);
char *unionpay_decrypt(EVP_PKEY *private_key, const char *base64);

#endif
