/* SPDX-License-Identifier: Apache-2.0 */
/* The model of Alipay's gateway for Huabei instalments: what fenqi-sandbox and a simulator hold. */
#ifndef SANDBOX_ALIPAY_H
#define SANDBOX_ALIPAY_H

#include <stdint.h>

#include <openssl/types.h>

#include "tests/sandbox/platform.h"

struct alipay;

struct alipay_config {
    const char *app_id;
    const char *seller_id;
    const char *seed;          /* of tokens and numbers; the same seed gives the same ones */
    EVP_PKEY *app_public;      /* the merchant application's */
    EVP_PKEY *alipay_private;  /* the platform's */
    EVP_PKEY *foreign_private; /* for forgeries; NULL: made when first needed */
    uint64_t time_scale;       /* retries and expiry run so many times faster; at least 1 */
    /* Certificate mode, in PEM, readable and fitting the keys; app_cert NULL: public-key mode. */
    const char *app_cert;
    const char *alipay_cert;
    const char *alipay_root;
    const char *alipay_cert_next;  /* what a rotation brings; NULL: nothing */
    EVP_PKEY *alipay_private_next; /* of that certificate */
    const char *content_key;       /* AES, 16 bytes in base64; NULL: no content encryption */
};

/* The keys stay the caller's and must outlive the model; texts are copied. */
struct alipay *alipay_new(const struct alipay_config *config);
void alipay_free(struct alipay *alipay);

struct sandbox_platform alipay_platform(struct alipay *alipay);

#endif
