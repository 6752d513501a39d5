/* SPDX-License-Identifier: Apache-2.0 */
/* The model of UnionPay's online gateway (ACP 5.1.0) for bank-card instalments: what fenqi-sandbox
 * and a simulator hold. */
#ifndef SANDBOX_UNIONPAY_H
#define SANDBOX_UNIONPAY_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/sandbox/platform.h"
#include "tests/sandbox/unionpay_chain.h"

struct unionpay;

struct unionpay_config {
    const struct unionpay_chain *chain; /* the caller's; must outlive the model */
    const char *seed;                   /* of tokens and numbers; the same seed gives the same */
    EVP_PKEY *leaf_private;             /* of the first leaf; NULL: made */
    EVP_PKEY *foreign_private;          /* for forgeries; NULL: made when first needed */
    uint64_t time_scale;                /* notifications are repeated so many times faster */
};

struct unionpay *unionpay_new(const struct unionpay_config *config);
void unionpay_free(struct unionpay *unionpay);

/* A merchant number and the certificate (PEM) that its requests are signed with, or another one
 * from now on. `encrypts`: it must encrypt what is sensitive. False: unreadable. */
bool unionpay_add_merchant(struct unionpay *unionpay, const char *mer_id, const char *pem,
                           bool encrypts);

struct sandbox_platform unionpay_platform(struct unionpay *unionpay);

#endif
