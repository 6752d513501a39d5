/* SPDX-License-Identifier: Apache-2.0 */
/* Opens a channel: adapter, settings, keys, rates, each refused with its configuration key. */
#include "daemon/plugin/channel.h"

#include <string.h>

#include "daemon/base/err.h"
#include "daemon/plugin/describe.h"
#include "daemon/plugin/fetched.h"
#include "daemon/plugin/host.h"
#include "daemon/plugin/leafs.h"
#include "daemon/plugin/loader.h"

/* What an adapter may keep for the life of a channel. */
#define INSTANCE_SIZE_MAX ((size_t)1 << 20)
#define KEY_TEXT_MAX      64

/* Where the refusal of a half-opened channel goes. */
struct channel_refusal {
    struct fq_arena *arena;
    struct fq_str *key;
    struct fq_str *reason;
};

static int channel_refuse(struct channel_refusal *refusal, struct fq_str key, struct fq_str reason)
{
    *refusal->key = key;
    *refusal->reason = reason;
    return FQ_CHANNEL_E_REFUSED;
}

/* ---- the .so ---- */

static int channel_load(struct fq_channel *channel, const char *adapters_dir,
                        struct channel_refusal *refusal)
{
    struct fq_str reason = { NULL, 0 };
    struct fq_str name = channel->conf->adapter;
    if (!fq_str_is_word(name, "_-"))
        return channel_refuse(refusal, fq_lit("adapter"),
                              fq_lit("the name must be letters, digits, - and _"));
    struct fq_str path =
        fq_arena_printf(refusal->arena, "%s/%.*s.so", adapters_dir, fq_str_arg(name));
    if (path.ptr == NULL)
        return FQ_FAULT(-ENOMEM, "no room for the path of an adapter");
    int r = fq_loader_open(path.ptr, refusal->arena, &channel->loader, &reason);
    if (r == FQ_LOADER_E_REFUSED)
        return channel_refuse(refusal, fq_lit("adapter"), reason);
    FQ_TRY(r);
    channel->adapter = fq_loader_adapter(channel->loader);
    if (channel->adapter->threads == FQ_THREADS_SERIAL) {
        channel->serial = fq_zalloc(sizeof(*channel->serial));
        fq_assert(pthread_mutex_init(channel->serial, NULL) == 0);
    }
    return 0;
}

/* ---- settings ---- */

/* `key` came from the adapter, which may also leave it out. */
static struct fq_str channel_setting(struct fq_str key, struct fq_arena *arena)
{
    if (key.ptr == NULL || key.len > KEY_TEXT_MAX || !fq_str_is_word(key, "_-."))
        return fq_lit("settings");
    return fq_arena_printf(arena, "settings.%.*s", fq_str_arg(key));
}

static int channel_start(struct fq_channel *channel, struct channel_refusal *refusal)
{
    struct fq_host_call lent;
    struct fq_str key = { NULL, 0 };
    void *self = NULL;
    fq_host_init(&lent, channel, channel->arena, 0);
    int r = channel->adapter->open(&lent.host, channel->conf->settings, channel->conf->n_settings,
                                   &self, &key);
    struct fq_str reason = fq_host_reason(&lent, refusal->arena);
    fq_host_deinit(&lent);
    if (r != 0)
        return channel_refuse(refusal, channel_setting(key, refusal->arena), reason);
    channel->self = self;
    channel->is_open = true;
    return 0;
}

/* ---- description ---- */

static int channel_describe(struct fq_channel *channel, struct channel_refusal *refusal)
{
    struct fq_description about = { .struct_size = sizeof(about) };
    if (channel->adapter->describe(channel->self, &about) != 0)
        return channel_refuse(refusal, fq_lit("adapter"), fq_lit("describe failed"));
    const char *reason = about.struct_size > sizeof(about) ? "describe: struct_size was overwritten"
                                                           : fq_describe_refuse(&about);
    if (reason != NULL)
        return channel_refuse(refusal, fq_lit("adapter"), fq_str_of(reason));
    about.struct_size = sizeof(about);
    channel->about = about;
    return 0;
}

/* A payment without a wish of its own would be refused, each of them. */
static int channel_check_life(const struct fq_channel *channel, struct channel_refusal *refusal)
{
    int64_t max_ms = channel->about.deadline_max_ms;
    if (channel->conf->payment_life_ms <= max_ms)
        return 0;
    return channel_refuse(
        refusal, fq_lit("payment_life"),
        fq_arena_printf(refusal->arena, "must be %llds at most for adapter %.*s, is %llds",
                        (long long)(max_ms / 1000), fq_str_arg(channel->conf->adapter),
                        (long long)(channel->conf->payment_life_ms / 1000)));
}

/* ---- keys ---- */

static int channel_refuse_key(struct channel_refusal *refusal, struct fq_str name,
                              struct fq_str reason)
{
    return channel_refuse(refusal, fq_arena_printf(refusal->arena, "keys.%.*s", fq_str_arg(name)),
                          reason);
}

static const struct fq_key_need *channel_need(const struct fq_channel *channel, struct fq_str name)
{
    for (size_t i = 0; i < channel->about.n_keys; i++) {
        if (fq_str_equal(fq_str_of(channel->about.keys[i].name), name))
            return &channel->about.keys[i];
    }
    return NULL;
}

static int channel_load_key(struct fq_channel *channel, const struct fq_pair *key,
                            struct channel_refusal *refusal)
{
    const struct fq_key_need *need = channel_need(channel, key->name);
    if (need == NULL)
        return channel_refuse_key(refusal, key->name, fq_lit("unknown key"));
    struct fq_str path = fq_arena_copy(refusal->arena, key->value);
    if (path.ptr == NULL)
        return channel_refuse_key(refusal, key->name, fq_lit("names no file"));
    errno = 0;
    int r = fq_keyring_load(channel->keyring, need->name, need->kind, path.ptr);
    if (r == FQ_KEYRING_E_UNREADABLE && errno != 0)
        return channel_refuse_key(
            refusal, key->name,
            fq_arena_printf(refusal->arena, "%s: %s", path.ptr, strerrordesc_np(errno)));
    if (r > 0)
        return channel_refuse_key(
            refusal, key->name,
            fq_arena_printf(refusal->arena, "%s: %s", path.ptr, fq_keyring_reason(r)));
    FQ_TRY(r);
    return 0;
}

static struct fq_str channel_own_reason(const struct fq_channel *channel, const char *ours,
                                        struct fq_arena *arena)
{
    const struct fq_description *about = &channel->about;
    for (size_t i = 0; i < about->n_keys; i++) {
        for (size_t k = 0; k < about->n_keys; k++) {
            const char *secret = about->keys[i].name;
            const char *other = about->keys[k].name;
            if (fq_keyring_is_pair(channel->keyring, secret, ours))
                return (struct fq_str){ NULL, 0 };
            if (fq_keyring_is_pair(channel->keyring, secret, other))
                return fq_arena_printf(arena,
                                       "this is not the certificate of our private key \"%s\", but "
                                       "the file of \"%s\" is: they are swapped",
                                       secret, other);
        }
    }
    return fq_lit("this certificate belongs to none of our private keys");
}

/* A certificate of ours that is none: everything would be signed under a serial of somebody else.
 */
static int channel_check_own(const struct fq_channel *channel, struct channel_refusal *refusal)
{
    const struct fq_description *about = &channel->about;
    for (size_t i = 0; i < about->n_keys; i++) {
        if (about->keys[i].kind != FQ_KEY_OWN_CERTIFICATE ||
            !fq_keyring_has(channel->keyring, about->keys[i].name))
            continue;
        struct fq_str reason = channel_own_reason(channel, about->keys[i].name, refusal->arena);
        if (reason.len > 0)
            return channel_refuse_key(refusal, fq_str_of(about->keys[i].name), reason);
    }
    return 0;
}

/* The commonest mistake of a set-up: our own public key in the platform's place. Then everything
 * that we sign would count as the platform's word. */
static int channel_check_pairs(const struct fq_channel *channel, struct channel_refusal *refusal)
{
    const struct fq_description *about = &channel->about;
    for (size_t i = 0; i < about->n_keys; i++) {
        for (size_t k = 0; k < about->n_keys; k++) {
            const struct fq_key_need *ours = &about->keys[i];
            const struct fq_key_need *theirs = &about->keys[k];
            if (ours->kind != FQ_KEY_PRIVATE_SIGN || theirs->kind != FQ_KEY_PUBLIC_VERIFY ||
                !fq_keyring_has(channel->keyring, ours->name) ||
                !fq_keyring_has(channel->keyring, theirs->name) ||
                !fq_keyring_is_pair(channel->keyring, ours->name, theirs->name))
                continue;
            return channel_refuse_key(
                refusal, fq_str_of(theirs->name),
                fq_arena_printf(refusal->arena,
                                "this is the public half of our own private key \"%s\"; "
                                "the platform's public key is wanted here",
                                ours->name));
        }
    }
    return 0;
}

static int channel_load_keys(struct fq_channel *channel, struct channel_refusal *refusal)
{
    const struct fq_description *about = &channel->about;
    for (size_t i = 0; i < channel->conf->n_keys; i++) {
        int r = channel_load_key(channel, &channel->conf->keys[i], refusal);
        if (r != 0)
            return r;
    }
    for (size_t i = 0; i < about->n_keys; i++) {
        const struct fq_key_need *need = &about->keys[i];
        if (need->required != 0 && !fq_keyring_has(channel->keyring, need->name))
            return channel_refuse_key(refusal, fq_str_of(need->name), fq_lit("is missing"));
    }
    int r = channel_check_own(channel, refusal);
    return r == 0 ? channel_check_pairs(channel, refusal) : r;
}

/* ---- what the adapter makes of its keys ---- */

static int channel_ready(struct fq_channel *channel, struct channel_refusal *refusal)
{
    struct fq_str key = { NULL, 0 };
    struct fq_host_call lent;
    if (channel->adapter->ready == NULL)
        return 0;
    struct fq_str *names =
        fq_arena_array(refusal->arena, channel->conf->n_keys, sizeof(struct fq_str));
    if (names == NULL)
        return FQ_FAULT(-ENOMEM, "no room for the names of a channel's keys");
    for (size_t i = 0; i < channel->conf->n_keys; i++)
        names[i] = channel->conf->keys[i].name;
    fq_host_init(&lent, channel, channel->arena, 0);
    int r = channel->adapter->ready(channel->self, &lent.host, names, channel->conf->n_keys, &key);
    struct fq_str reason = fq_host_reason(&lent, refusal->arena);
    fq_host_deinit(&lent);
    if (r == 0)
        return 0;
    bool is_key = key.ptr != NULL && key.len <= KEY_TEXT_MAX && fq_str_is_word(key, "_-.");
    return channel_refuse(refusal, is_key ? fq_arena_copy(refusal->arena, key) : fq_lit("keys"),
                          reason);
}

/* ---- the whole ---- */

static int channel_check_rates(const struct fq_channel *channel, struct channel_refusal *refusal)
{
    struct fq_str key = { NULL, 0 };
    struct fq_str reason =
        fq_describe_refuse_conf(&channel->about, channel->conf, refusal->arena, &key);
    return reason.len > 0 ? channel_refuse(refusal, key, reason) : 0;
}

struct fq_str fq_channel_refuse_rates(const struct fq_channel *channel, struct fq_rates rates,
                                      struct fq_arena *arena, size_t *reterr_row)
{
    return fq_describe_refuse_rates(&channel->about, rates, arena, reterr_row);
}

static int channel_build(struct fq_channel *channel, const char *adapters_dir,
                         struct channel_refusal *refusal)
{
    int r = channel_load(channel, adapters_dir, refusal);
    if (r == 0)
        r = channel_start(channel, refusal);
    if (r == 0)
        r = channel_describe(channel, refusal);
    if (r == 0)
        r = channel_check_life(channel, refusal);
    if (r == 0)
        r = channel_load_keys(channel, refusal);
    if (r == 0)
        r = channel_ready(channel, refusal);
    if (r == 0)
        r = channel_check_rates(channel, refusal);
    return r;
}

int fq_channel_open(const struct fq_channel_conf *conf, const char *adapters_dir,
                    struct fq_arena *arena, struct fq_channel **ret, struct fq_str *reterr_key,
                    struct fq_str *reterr_reason)
{
    struct channel_refusal refusal = { arena, reterr_key, reterr_reason };
    FQ_CLEANUP(fq_channel) *channel = fq_zalloc(sizeof(*channel));
    channel->conf = conf;
    channel->arena = fq_arena_new(INSTANCE_SIZE_MAX);
    channel->keyring = fq_keyring_new();
    channel->fetched = fq_fetched_new();
    channel->leafs = fq_leafs_new();
    channel->n_calls = fq_zalloc(sizeof(*channel->n_calls));
    int r = channel_build(channel, adapters_dir, &refusal);
    if (r == FQ_CHANNEL_E_REFUSED)
        return FQ_CHANNEL_E_REFUSED;
    FQ_TRY(r);
    *ret = FQ_TAKE(channel);
    return 0;
}

void fq_channel_free(struct fq_channel *channel)
{
    if (channel == NULL)
        return;
    if (channel->is_open && channel->adapter->close != NULL)
        channel->adapter->close(channel->self);
    if (channel->serial != NULL)
        (void)pthread_mutex_destroy(channel->serial);
    fq_free(channel->serial);
    fq_keyring_free(channel->keyring);
    fq_fetched_free(channel->fetched);
    fq_leafs_free(channel->leafs);
    fq_free(channel->n_calls);
    fq_arena_free(channel->arena);
    fq_loader_free(channel->loader);
    fq_free(channel);
}
