/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the configuration: any texts, as main file, merchant and banks, load or are refused. */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/conf/load.h"
#include "daemon/core/issuer.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses a string at a syntax error; once per bad file, and not ours. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig";
}

/* A copy with a NUL behind it, as a file that was read has. */
static struct fq_str fuzz_text(struct fq_arena *arena, const char *bytes, size_t len)
{
    struct fq_str text = fq_arena_copy(arena, (struct fq_str){ bytes, len });
    return text.ptr != NULL ? text : fq_lit("");
}

/* For no amount two rows of one kind: it is tried where rows begin and end. */
static void fuzz_validate_rates(struct fq_rates rates)
{
    for (size_t i = 0; i < rates.n_items; i++) {
        const struct fq_rate *rate = &rates.items[i];
        fq_assert(rate->instalments >= 1 && rate->instalments <= FQ_TERMS_MAX &&
                  rate->merchant_percent <= 100 && rate->rate_ppm <= 1000000);
        fq_assert(fq_rate_holds(rate, rate->amount_min_minor));
        for (size_t k = 0; k < rates.n_items; k++) {
            const struct fq_rate *other = &rates.items[k];
            fq_assert(k == i || other->instalments != rate->instalments ||
                      other->bearer != rate->bearer ||
                      other->merchant_percent != rate->merchant_percent ||
                      !fq_rate_holds(other, rate->amount_min_minor));
        }
    }
}

/* Each bank is found by the whole of each of its BINs, and by its id. */
static void fuzz_validate_issuers(const struct fq_channel_conf *channel)
{
    for (size_t i = 0; i < channel->n_issuers; i++) {
        const struct fq_issuer *issuer = &channel->issuers[i];
        fuzz_validate_rates(issuer->rates);
        fq_assert(fq_issuer_find(channel, issuer->id) == issuer);
        for (size_t k = 0; k < issuer->n_bins; k++) {
            const struct fq_issuer *found = NULL;
            struct fq_str low;
            struct fq_str high;
            (void)fq_str_cut(issuer->bins[k], '-', &low, &high);
            fq_assert(fq_issuer_of_card(channel, low, &found) == 0 && found == issuer);
        }
    }
}

static void fuzz_validate_channel(const struct fq_channel_conf *channel)
{
    fq_assert(channel->name.len > 0 && channel->n_hosts > 0 && channel->rates.n_items > 0);
    fq_assert(channel->amount_min_minor > 0 &&
              channel->amount_max_minor >= channel->amount_min_minor);
    fuzz_validate_rates(channel->rates);
    fuzz_validate_issuers(channel);
    for (size_t i = 0; i < channel->n_campaigns; i++) {
        fq_assert(channel->campaigns[i].from_ms < channel->campaigns[i].until_ms);
        fuzz_validate_rates(channel->campaigns[i].rates);
    }
    for (size_t i = 0; i < channel->n_keys; i++)
        fq_assert(channel->keys[i].value.ptr[0] == '/');
}

/* What a configuration that was accepted must keep. */
static void fuzz_validate(const struct fq_conf *conf)
{
    fq_assert(conf->n_channels > 0 && conf->instance.len == 2 && conf->n_endpoints > 0);
    for (size_t i = 0; i < conf->n_channels; i++)
        fuzz_validate_channel(&conf->channels[i]);
    for (size_t i = 0; i < conf->n_merchants; i++) {
        const struct fq_merchant *merchant = &conf->merchants[i];
        fq_assert(merchant->id.len > 0 && merchant->n_client_keys > 0);
        fq_assert(!merchant->reopen || merchant->on_double_paid == FQ_POLICY_REFUND);
        for (size_t k = 0; k < merchant->n_rates; k++)
            fuzz_validate_rates(merchant->rates[k].rates);
    }
}

/* A 0x01 byte, which no text file has, divides the main file from the merchant's, and that from the
 * banks' of the first channel. */
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_str main_text;
    struct fq_str merchant_text;
    struct fq_str banks_text;
    (void)fq_str_cut((struct fq_str){ (const char *)data, size }, '\x01', &main_text,
                     &merchant_text);
    bool has_banks = fq_str_cut(merchant_text, '\x01', &merchant_text, &banks_text);
    FQ_CLEANUP(fq_conf_load) *load = fq_conf_load_new();
    FQ_CLEANUP(fq_conf) *conf = NULL;
    FQ_CLEANUP(fq_conf_errors) *errors = NULL;
    if (fq_conf_load_main(load, "/etc/fenqid/fuzz.conf",
                          fuzz_text(arena, main_text.ptr, main_text.len))) {
        if (has_banks)
            fq_conf_load_issuers(load, 0, "/etc/fenqid/banks.conf",
                                 fuzz_text(arena, banks_text.ptr, banks_text.len));
        fq_conf_load_merchant(load, "/etc/fenqid/merchants.d/fuzz.conf",
                              fuzz_text(arena, merchant_text.ptr, merchant_text.len));
    }
    int r = fq_conf_load_finish(load, &conf, &errors);
    if (r == 0)
        fuzz_validate(conf);
    if (r == FQ_CONF_E_INVALID)
        fq_assert(errors != NULL && errors->n > 0);
    return 0;
}
