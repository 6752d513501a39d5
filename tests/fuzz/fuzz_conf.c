/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the configuration: any two texts, as main file and as merchant, load or are refused. */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/conf/load.h"

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

/* What a configuration that was accepted must keep. */
static void fuzz_validate(const struct fq_conf *conf)
{
    fq_assert(conf->n_channels > 0 && conf->instance.len == 2 && conf->n_endpoints > 0);
    for (size_t i = 0; i < conf->n_channels; i++) {
        const struct fq_channel_conf *channel = &conf->channels[i];
        fq_assert(channel->name.len > 0 && channel->n_hosts > 0 && channel->n_rates > 0);
        fq_assert(channel->amount_min_minor > 0 &&
                  channel->amount_max_minor >= channel->amount_min_minor);
        for (size_t k = 0; k < channel->n_rates; k++)
            fq_assert(channel->rates[k].instalments >= 1 &&
                      channel->rates[k].merchant_percent <= 100);
        for (size_t k = 0; k < channel->n_keys; k++)
            fq_assert(channel->keys[k].value.ptr[0] == '/');
    }
    for (size_t i = 0; i < conf->n_merchants; i++)
        fq_assert(conf->merchants[i].id.len > 0 && conf->merchants[i].n_client_keys > 0);
}

/* The first 0x01 byte, which no text file has, divides the main file from the merchant's. */
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_str main_text;
    struct fq_str merchant_text;
    (void)fq_str_cut((struct fq_str){ (const char *)data, size }, '\x01', &main_text,
                     &merchant_text);
    FQ_CLEANUP(fq_conf_load) *load = fq_conf_load_new();
    FQ_CLEANUP(fq_conf) *conf = NULL;
    FQ_CLEANUP(fq_conf_errors) *errors = NULL;
    if (fq_conf_load_main(load, "/etc/fenqid/fuzz.conf",
                          fuzz_text(arena, main_text.ptr, main_text.len)))
        fq_conf_load_merchant(load, "/etc/fenqid/merchants.d/fuzz.conf",
                              fuzz_text(arena, merchant_text.ptr, merchant_text.len));
    int r = fq_conf_load_finish(load, &conf, &errors);
    if (r == 0)
        fuzz_validate(conf);
    if (r == FQ_CONF_E_INVALID)
        fq_assert(errors != NULL && errors->n > 0);
    return 0;
}
