/* SPDX-License-Identifier: Apache-2.0 */
/* The banks of a channel by id and by card number, and which rates hold for one purchase. */
#ifndef FQ_CORE_ISSUER_H
#define FQ_CORE_ISSUER_H

#include "daemon/core/channel_conf.h"
#include "daemon/core/merchant.h"

#define FQ_BIN_DIGITS_MIN 4
#define FQ_BIN_DIGITS_MAX 8 /* of a card number, nobody may ask with more */

/* ---- beginnings of card numbers ---- */

/* The first 8 digits of a card, from `first` to `last`, both included. */
struct fq_bin {
    uint32_t first;
    uint32_t last;
};

enum {
    FQ_BIN_E_MALFORMED = 1,
};

/* "622202" (4 to 8 digits) or "622200-622209" (of equal length, the lower one first). */
int fq_bin_read(struct fq_str text, struct fq_bin *ret);

/* ---- banks ---- */

enum {
    FQ_ISSUER_E_MALFORMED = 1, /* not 4 to 8 digits */
    FQ_ISSUER_E_NO_SUCH,       /* no bank's cards begin so */
    FQ_ISSUER_E_AMBIGUOUS,     /* some cards that begin so are a bank's, some are not: more digits
                                  would tell */
};

/* NULL: the channel has no such bank. */
const struct fq_issuer *fq_issuer_find(const struct fq_channel_conf *conf, struct fq_str id);

/* The bank that has all cards that begin with these digits. Reads through all BINs of the channel.
 */
int fq_issuer_of_card(const struct fq_channel_conf *conf, struct fq_str digits,
                      const struct fq_issuer **ret);

/* ---- rates ---- */

/* Within the row's own amounts. */
bool fq_rate_holds(const struct fq_rate *rate, int64_t amount_minor);

struct fq_purchase {
    const struct fq_channel_conf *channel;
    const struct fq_merchant *merchant;
    const struct fq_issuer *issuer; /* NULL: no bank is named */
    int64_t amount_minor;
    int64_t now_ms;
};

/* A row that holds, and the campaign that it comes from. */
struct fq_rate_row {
    const struct fq_rate *rate;
    const struct fq_campaign *campaign; /* NULL: none */
};

struct fq_rate_rows {
    const struct fq_rate_row *items;
    size_t n_items;
};

/* The table that a purchase's rows are of, whatever its amount and day: the merchant's own rates
 * for the channel, if it has any; else the bank's, if one is named and has any; else the channel's.
 */
struct fq_rates fq_rates_base(const struct fq_purchase *purchase);

/* The rows that hold for a purchase, by instalments, then bearer, then the merchant's part.
 *
 * They are of its table (fq_rates_base). Where the rows of a campaign hold, they take the place of
 * all those of the same number of instalments. Whether the channel or the bank takes the amount at
 * all is not asked here. A fault if the arena is full. */
int fq_rates_for(const struct fq_purchase *purchase, struct fq_arena *arena,
                 struct fq_rate_rows *ret);

#endif
