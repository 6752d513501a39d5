/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl key list: who signs, what is published, how old each key is, which certificates end. */
#include <sys/stat.h>

#include "daemon/base/clock.h"
#include "daemon/base/json.h"
#include "daemon/crypto/crypto.h"
#include "daemon/operator.h"

#define DAY_MS INT64_C(86400000)

/* When the file was written; 0: it is not there any more. */
static int64_t keys_made_ms(struct fq_str path)
{
    struct stat file = { 0 };
    return stat(path.ptr, &file) == 0 ? (int64_t)file.st_mtim.tv_sec * 1000 : 0;
}

static void keys_write_file(struct fq_buf *buf, struct fq_str path)
{
    int64_t made_ms = keys_made_ms(path);
    fq_json_write_member(buf, "file", path);
    fq_json_write_int(buf, "made_unix_ms", made_ms);
    fq_json_write_int(buf, "age_days", made_ms > 0 ? (fq_clock_unix_ms() - made_ms) / DAY_MS : 0);
}

static void keys_write_signing(struct fq_operator_ask *ask)
{
    const struct fq_setup *setup = ask->daemon->setup;
    struct fq_buf *buf = &ask->answer;
    fq_json_write_name(buf, "signing");
    fq_buf_add_char(buf, '[');
    for (size_t i = 0; i < setup->conf->n_signing_keys; i++) {
        const struct fq_signing_key_conf *key = &setup->conf->signing_keys[i];
        fq_buf_add(buf, i > 0 ? fq_lit(",{") : fq_lit("{"));
        fq_json_write_member(buf, "id", key->key_id);
        fq_json_write_bool(buf, "signs", key->is_signing);
        fq_json_write_bool(buf, "published", true);
        if (i < setup->n_public_keys)
            fq_json_write_member(
                buf, "public_key",
                fq_base64_encode(setup->public_keys[i].public_key, ask->exchange->arena));
        keys_write_file(buf, key->file);
        fq_buf_add_char(buf, '}');
    }
    fq_buf_add_char(buf, ']');
}

static void keys_write_others(struct fq_operator_ask *ask)
{
    const struct fq_conf *conf = ask->daemon->setup->conf;
    struct fq_buf *buf = &ask->answer;
    fq_json_write_name(buf, "curve");
    fq_buf_add_char(buf, '{');
    keys_write_file(buf, conf->curve_secret_file);
    fq_buf_add_char(buf, '}');
    if (conf->n_next_endpoints > 0) {
        fq_json_write_name(buf, "next_curve");
        fq_buf_add_char(buf, '{');
        keys_write_file(buf, conf->next_curve_secret_file);
        fq_buf_add_char(buf, '}');
    }
    fq_json_write_name(buf, "payer");
    fq_buf_add_char(buf, '[');
    for (size_t i = 0; i < conf->n_payer_key_files; i++) {
        fq_buf_add(buf, i > 0 ? fq_lit(",{") : fq_lit("{"));
        fq_json_write_bool(buf, "seals", i == 0);
        keys_write_file(buf, conf->payer_key_files[i]);
        fq_buf_add_char(buf, '}');
    }
    fq_buf_add_char(buf, ']');
}

/* When the certificate under a name ends; 0: it is a bare key, or none of the adapter's names. */
static int64_t keys_until_ms(const struct fq_channel *channel, struct fq_str name,
                             struct fq_arena *arena)
{
    for (size_t i = 0; i < channel->about.n_keys; i++) {
        if (fq_str_equal(name, fq_str_of(channel->about.keys[i].name)))
            return fq_channel_key_expires_ms(channel, i, arena);
    }
    return 0;
}

static void keys_write_channel(struct fq_operator_ask *ask, const struct fq_channel *channel,
                               const struct fq_pair *key, bool is_first)
{
    struct fq_buf *buf = &ask->answer;
    int64_t until_ms = keys_until_ms(channel, key->name, ask->exchange->arena);
    int64_t left_ms = until_ms - fq_clock_unix_ms();
    fq_buf_add(buf, is_first ? fq_lit("{") : fq_lit(",{"));
    fq_json_write_member(buf, "channel", channel->conf->name);
    fq_json_write_member(buf, "key", key->name);
    if (until_ms > 0) {
        fq_json_write_int(buf, "until_unix_ms", until_ms);
        fq_json_write_int(buf, "days_left", left_ms > 0 ? left_ms / DAY_MS : -1);
    }
    keys_write_file(buf, key->value);
    fq_buf_add_char(buf, '}');
}

void fq_operator_keys(struct fq_operator_ask *ask)
{
    const struct fq_catalog *catalog = &ask->daemon->setup->catalog;
    bool is_first = true;
    fq_buf_add_char(&ask->answer, '{');
    keys_write_signing(ask);
    keys_write_others(ask);
    fq_json_write_name(&ask->answer, "channels");
    fq_buf_add_char(&ask->answer, '[');
    for (size_t i = 0; i < catalog->n_channels; i++) {
        const struct fq_channel_conf *conf = catalog->channels[i]->conf;
        for (size_t k = 0; k < conf->n_keys; k++) {
            keys_write_channel(ask, catalog->channels[i], &conf->keys[k], is_first);
            is_first = false;
        }
    }
    fq_buf_add(&ask->answer, fq_lit("]}"));
    fq_operator_answer(ask, 200);
}
