/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration names is opened and checked: keys, adapters, channels, clients. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/core/disclosure.h"
#include "daemon/crypto/crypto.h"
#include "daemon/crypto/keyring.h"
#include "daemon/daemon.h"

#define SMALL_FILE_SIZE_MAX 4096

/* Reads a small secret file; the reason says what is wrong with it. */
static const char *setup_read_secret(const char *path, char *ret, size_t size, size_t *ret_len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? "the file does not exist (fenqictl keygen makes it)"
                               : "the file cannot be read";
    struct stat status = { 0 };
    const char *reason = NULL;
    ssize_t n = -1;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        reason = "is not a file";
    else if (status.st_mode & (S_IRWXO | S_IWGRP))
        reason = "is readable by others: chmod 0600 or 0640";
    else if ((n = read(fd, ret, size)) < 0 || (size_t)n == size)
        reason = "cannot be read, or is too long";
    (void)close(fd);
    while (reason == NULL && n > 0 && (ret[n - 1] == '\n' || ret[n - 1] == '\r'))
        n--;
    *ret_len = n > 0 ? (size_t)n : 0;
    return reason;
}

/* What is wrong with a file that the configuration names at `key`. */
static void setup_blame_file(const struct fq_setup *setup, struct fq_conf_errors *errors,
                             struct fq_str key, struct fq_str path, const char *reason)
{
    fq_conf_blame(setup->conf, errors, key,
                  fq_arena_printf(setup->arena, "%.*s: %s", fq_str_arg(path), reason));
}

static void setup_token_key(struct fq_setup *setup, struct fq_conf_errors *errors)
{
    char text[SMALL_FILE_SIZE_MAX];
    size_t len = 0;
    struct fq_str key = { NULL, 0 };
    const char *reason =
        setup_read_secret(setup->conf->token_key_file.ptr, text, sizeof(text), &len);
    if (reason == NULL &&
        (fq_base64_decode((struct fq_str){ text, len }, false, setup->arena, &key) != 0 ||
         key.len != FQ_TOKEN_KEY_SIZE))
        reason = "must be 32 bytes in base64 (fenqictl keygen makes it)";
    if (reason == NULL)
        memcpy(setup->token_key, key.ptr, FQ_TOKEN_KEY_SIZE);
    else
        setup_blame_file(setup, errors, fq_lit("signing.token_key_file"),
                         setup->conf->token_key_file, reason);
    if (key.ptr != NULL)
        fq_wipe(fq_unconst(key.ptr), key.len);
    fq_wipe(text, sizeof(text));
}

static void setup_read_curve(struct fq_setup *setup, struct fq_str path, struct fq_str key,
                             char ret[41], struct fq_conf_errors *errors)
{
    char text[SMALL_FILE_SIZE_MAX];
    size_t len = 0;
    const char *reason = setup_read_secret(path.ptr, text, sizeof(text), &len);
    if (reason == NULL && len != 40)
        reason = "must be a CURVE secret key, 40 characters of Z85 (fenqictl keygen makes it)";
    if (reason == NULL)
        memcpy(ret, text, len);
    else
        setup_blame_file(setup, errors, key, path, reason);
    fq_wipe(text, sizeof(text));
}

static void setup_curve_secret(struct fq_setup *setup, struct fq_conf_errors *errors)
{
    const struct fq_conf *conf = setup->conf;
    setup_read_curve(setup, conf->curve_secret_file, fq_lit("front.curve_secret_file"),
                     setup->curve_secret, errors);
    if ((conf->n_next_endpoints > 0) != (conf->next_curve_secret_file.len > 0))
        fq_conf_blame(conf, errors, fq_lit("front"),
                      fq_lit("next_endpoints and next_curve_secret_file belong together"));
    else if (conf->n_next_endpoints > 0)
        setup_read_curve(setup, conf->next_curve_secret_file,
                         fq_lit("front.next_curve_secret_file"), setup->next_curve_secret, errors);
}

/* The first seals, all open: a new key is put before the old one, which stays while payments sealed
 * under it are open. */
static void setup_payer_keys(struct fq_setup *setup, struct fq_conf_errors *errors)
{
    const struct fq_conf *conf = setup->conf;
    if (conf->n_payer_key_files > 0)
        setup->payer_box = fq_box_new();
    for (size_t i = 0; i < conf->n_payer_key_files; i++) {
        int r = fq_box_load(setup->payer_box, conf->payer_key_files[i].ptr);
        if (r != 0)
            setup_blame_file(setup, errors,
                             fq_arena_printf(setup->arena, "signing.payer_key_files[%zu]", i),
                             conf->payer_key_files[i], r > 0 ? fq_keyring_reason(r) : fq_trace());
    }
}

static void setup_signing_keys(struct fq_setup *setup, struct fq_conf_errors *errors)
{
    const struct fq_conf *conf = setup->conf;
    setup->sealer = fq_sealer_new();
    for (size_t i = 0; i < conf->n_signing_keys; i++) {
        const struct fq_signing_key_conf *key = &conf->signing_keys[i];
        int r = fq_sealer_load(setup->sealer, key->key_id.ptr, key->file.ptr, key->is_signing);
        if (r != 0)
            setup_blame_file(
                setup, errors,
                fq_arena_printf(setup->arena, "signing.keys.%.*s.file", fq_str_arg(key->key_id)),
                key->file, r > 0 ? fq_keyring_reason(r) : fq_trace());
    }
    setup->n_public_keys = fq_sealer_n_keys(setup->sealer);
    setup->public_keys =
        fq_arena_array(setup->arena, setup->n_public_keys, sizeof(*setup->public_keys));
    struct fq_buf buf;
    fq_buf_init(&buf, setup->arena, 65536);
    fq_buf_add(&buf, fq_lit("{\"keys\":["));
    for (size_t i = 0; i < setup->n_public_keys; i++) {
        struct fq_public_key *key = &setup->public_keys[i];
        fq_sealer_key(setup->sealer, i, &key->key_id, &key->public_key);
        key->algorithm = fq_lit("ed25519");
        struct fq_str text = fq_base64_encode(key->public_key, setup->arena);
        fq_buf_printf(&buf,
                      "%s{\"key_id\":\"%.*s\",\"algorithm\":\"ed25519\",\"public_key\":\"%.*s\"}",
                      i > 0 ? "," : "", fq_str_arg(key->key_id), fq_str_arg(text));
    }
    fq_buf_add(&buf, fq_lit("]}\n"));
    (void)fq_buf_finish(&buf, &setup->keys_json);
}

/* The words of a channel's disclosure, complete with the adapter's own, and the digest by which
 * quotes name them. conf/ sees neither adapters nor crypto. */
static int setup_texts(struct fq_setup *setup, const struct fq_channel *channel)
{
    struct fq_disclosure_texts *texts = fq_unconst(&channel->conf->texts);
    const struct fq_disclosure disclosure = { texts, &channel->about };
    FQ_TRY(fq_disclosure_write(&disclosure, setup->arena, &texts->text));
    fq_sha256(texts->text, texts->digest);
    return 0;
}

static int setup_channels(struct fq_setup *setup, struct fq_conf_errors *errors)
{
    const struct fq_conf *conf = setup->conf;
    struct fq_channel **channels = fq_zalloc_array(conf->n_channels, sizeof(struct fq_channel *));
    setup->catalog.channels = channels;
    for (size_t i = 0; i < conf->n_channels; i++) {
        struct fq_str key = { NULL, 0 }, reason = { NULL, 0 };
        int r = fq_channel_open(&conf->channels[i], conf->adapters_dir.ptr, setup->arena,
                                &channels[setup->catalog.n_channels], &key, &reason);
        if (r == FQ_CHANNEL_E_REFUSED) {
            fq_conf_blame(conf, errors,
                          fq_arena_printf(setup->arena, "channels.%.*s.%.*s",
                                          fq_str_arg(conf->channels[i].name), fq_str_arg(key)),
                          reason);
            continue;
        }
        FQ_TRY(r);
        FQ_TRY(setup_texts(setup, channels[setup->catalog.n_channels++]));
    }
    return 0;
}

static const struct fq_channel *setup_channel(const struct fq_setup *setup, struct fq_str name)
{
    for (size_t i = 0; i < setup->catalog.n_channels; i++) {
        if (fq_str_equal(setup->catalog.channels[i]->conf->name, name))
            return setup->catalog.channels[i];
    }
    return NULL; /* it did not open, and that was told */
}

static void setup_merchant_rates(struct fq_setup *setup, const struct fq_merchant *merchant,
                                 struct fq_conf_errors *errors)
{
    for (size_t i = 0; i < merchant->n_rates; i++) {
        const struct fq_merchant_rates *own = &merchant->rates[i];
        const struct fq_channel *channel = setup_channel(setup, own->channel);
        struct fq_str reason = { NULL, 0 };
        size_t row = 0;
        if (channel != NULL)
            reason = fq_channel_refuse_rates(channel, own->rates, setup->arena, &row);
        if (reason.len > 0)
            fq_conf_blame(setup->conf, errors,
                          fq_arena_printf(setup->arena, "merchants.%.*s.rates.%.*s.rates[%zu]",
                                          fq_str_arg(merchant->id), fq_str_arg(own->channel), row),
                          reason);
    }
}

static void setup_merchants(struct fq_setup *setup, struct fq_conf_errors *errors)
{
    const struct fq_conf *conf = setup->conf;
    setup->catalog.merchants = conf->merchants;
    setup->catalog.n_merchants = conf->n_merchants;
    for (size_t i = 0; i < conf->n_merchants; i++) {
        for (size_t k = 0; !conf->merchants[i].is_disabled && k < conf->merchants[i].n_client_keys;
             k++)
            fq_clients_add(&setup->clients, conf->merchants[i].client_keys[k], &conf->merchants[i]);
        setup_merchant_rates(setup, &conf->merchants[i], errors);
    }
}

int fq_setup_load(const char *path, struct fq_setup **ret, struct fq_conf_errors **ret_errors)
{
    FQ_CLEANUP(fq_setup) *setup = fq_zalloc(sizeof(*setup));
    FQ_CLEANUP(fq_conf_errors) *errors = NULL;
    int r = fq_conf_load(path, &setup->conf, &errors);
    if (r == FQ_CONF_E_INVALID) {
        *ret_errors = FQ_TAKE(errors);
        return r;
    }
    FQ_TRY(r);
    if (errors == NULL)
        errors = fq_conf_errors_new();
    setup->arena = fq_arena_new(16 * FQ_ARENA_SIZE_MAX);
    setup_token_key(setup, errors);
    setup_curve_secret(setup, errors);
    setup_payer_keys(setup, errors);
    setup_signing_keys(setup, errors);
    FQ_TRY(setup_channels(setup, errors));
    setup_merchants(setup, errors);
    fq_prints_take(setup);
    if (errors->n > 0) {
        *ret_errors = FQ_TAKE(errors);
        return FQ_CONF_E_INVALID;
    }
    *ret = FQ_TAKE(setup);
    return 0;
}

void fq_setup_free(struct fq_setup *setup)
{
    if (setup == NULL)
        return;
    fq_assert(setup->catalog.n_holders == 0);
    for (size_t i = 0; i < setup->catalog.n_channels; i++)
        fq_channel_free(setup->catalog.channels[i]);
    fq_free(fq_unconst(setup->catalog.channels));
    fq_clients_free(&setup->clients);
    fq_sealer_free(setup->sealer);
    fq_box_free(setup->payer_box);
    fq_conf_free(setup->conf);
    fq_arena_free(setup->arena);
    fq_wipe(setup, sizeof(*setup));
    fq_free(setup);
}
