/* SPDX-License-Identifier: Apache-2.0 */
/* The cashier's two halves: what the buyer does there, and what he sees. */
#ifndef SANDBOX_ALIPAY_CASHIER_H
#define SANDBOX_ALIPAY_CASHIER_H

#include "tests/sandbox/alipay_model.h"

struct cashier_channel {
    const char *name;
    unsigned instalments;
    const char *label;
};

enum { CASHIER_CHANNELS_N = 6 };

extern const struct cashier_channel CASHIER_CHANNELS[CASHIER_CHANNELS_N];

/* With terms in the order the cashier offers that term alone, and the channels without terms. */
bool cashier_offers(const struct alipay_order *order, const struct cashier_channel *channel);
/* Does the buyer's Huabei credit suffice, where the channel needs it? */
bool cashier_affords(const struct alipay *alipay, const struct alipay_order *order,
                     const struct cashier_channel *channel);

/* The page that fits the state of the order. */
void cashier_show(struct alipay *alipay, struct alipay_page *page, struct sandbox_response *ret);
void cashier_show_error(const char *sub_code, const char *words, unsigned status,
                        struct sandbox_response *ret);

#endif
