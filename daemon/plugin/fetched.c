/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps fetched keys, and how often one may be fetched: whoever writes to us can name any key. */
#include "daemon/plugin/fetched.h"

#include <pthread.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/plugin/describe.h"

#define KEYS_MAX       8
#define NAME_SIZE_MAX  64
#define FETCH_EVERY_MS INT64_C(10000)

struct fetched_key {
    char name[NAME_SIZE_MAX];
    size_t name_len;
    struct fq_keyring *keyring; /* the key stands in it as "key" */
};

struct fq_fetched {
    pthread_mutex_t mutex;
    struct fetched_key keys[KEYS_MAX];
    size_t n_kept;                  /* in all: the next one takes the place of the oldest */
    int64_t fetch_not_before_ms[2]; /* for what comes unasked, and for answers */
    struct fq_keyring *encrypt_keys[FQ_DESCRIBE_KEYS_MAX]; /* by the number of the declared key */
};

struct fq_fetched *fq_fetched_new(void)
{
    struct fq_fetched *fetched = fq_zalloc(sizeof(*fetched));
    fq_assert(pthread_mutex_init(&fetched->mutex, NULL) == 0);
    return fetched;
}

void fq_fetched_free(struct fq_fetched *fetched)
{
    if (fetched == NULL)
        return;
    for (size_t i = 0; i < KEYS_MAX; i++)
        fq_keyring_free(fetched->keys[i].keyring);
    for (size_t i = 0; i < FQ_DESCRIBE_KEYS_MAX; i++)
        fq_keyring_free(fetched->encrypt_keys[i]);
    (void)pthread_mutex_destroy(&fetched->mutex);
    fq_free(fetched);
}

static struct fetched_key *fetched_find(struct fq_fetched *fetched, struct fq_str name)
{
    for (size_t i = 0; i < KEYS_MAX; i++) {
        struct fetched_key *key = &fetched->keys[i];
        if (key->keyring != NULL && fq_str_equal(name, (struct fq_str){ key->name, key->name_len }))
            return key;
    }
    return NULL;
}

/* ---- keys to verify with ---- */

int fq_fetched_verify(struct fq_fetched *fetched, struct fq_str name, uint32_t scheme,
                      struct fq_str text, struct fq_str signature)
{
    FQ_CLEANUP(fq_keyring) *keyring = NULL;
    (void)pthread_mutex_lock(&fetched->mutex);
    const struct fetched_key *key = fetched_find(fetched, name);
    if (key != NULL)
        keyring = fq_keyring_share(key->keyring);
    (void)pthread_mutex_unlock(&fetched->mutex);
    if (keyring == NULL)
        return FQ_FETCHED_E_NO_SUCH;
    return fq_keyring_verify(keyring, "key", scheme, text, signature);
}

int fq_channel_keep_key(const struct fq_channel *channel, struct fq_str name, struct fq_str pem)
{
    struct fq_fetched *fetched = channel->fetched;
    FQ_CLEANUP(fq_keyring) *keyring = fq_keyring_new();
    if (name.len == 0 || name.len > NAME_SIZE_MAX)
        return FQ_CHANNEL_E_REFUSED;
    int r = fq_keyring_add(keyring, "key", FQ_KEY_PUBLIC_VERIFY, pem);
    if (r > 0)
        return FQ_CHANNEL_E_REFUSED;
    FQ_TRY(r);
    (void)pthread_mutex_lock(&fetched->mutex);
    struct fetched_key *key = fetched_find(fetched, name);
    if (key == NULL)
        key = &fetched->keys[fetched->n_kept++ % KEYS_MAX];
    fq_keyring_free(key->keyring);
    key->keyring = FQ_TAKE(keyring);
    memcpy(key->name, name.ptr, name.len);
    key->name_len = name.len;
    (void)pthread_mutex_unlock(&fetched->mutex);
    return 0;
}

/* ---- keys to encrypt to ---- */

struct fq_keyring *fq_fetched_encrypt_key(struct fq_fetched *fetched, size_t index)
{
    struct fq_keyring *keyring = NULL;
    fq_assert(index < FQ_DESCRIBE_KEYS_MAX);
    (void)pthread_mutex_lock(&fetched->mutex);
    if (fetched->encrypt_keys[index] != NULL)
        keyring = fq_keyring_share(fetched->encrypt_keys[index]);
    (void)pthread_mutex_unlock(&fetched->mutex);
    return keyring;
}

/* n_keys: there is none of that name to encrypt to. */
static size_t fetched_place(const struct fq_description *about, struct fq_str name)
{
    size_t i = 0;
    while (i < about->n_keys && (about->keys[i].kind != FQ_KEY_PUBLIC_ENCRYPT ||
                                 !fq_str_equal(fq_str_of(about->keys[i].name), name)))
        i++;
    return i;
}

static int fetched_read(const struct fq_channel *channel, struct fq_str name, struct fq_str pem,
                        struct fq_keyring *ret, size_t *ret_place)
{
    const struct fq_description *about = &channel->about;
    size_t i = fetched_place(about, name);
    if (i == about->n_keys)
        return FQ_CHANNEL_E_REFUSED;
    int r = fq_keyring_add(ret, about->keys[i].name, FQ_KEY_PUBLIC_ENCRYPT, pem);
    *ret_place = i;
    return r > 0 ? FQ_CHANNEL_E_REFUSED : r;
}

int fq_channel_check_encrypt_key(const struct fq_channel *channel, struct fq_str name,
                                 struct fq_str pem)
{
    size_t i = 0;
    FQ_CLEANUP(fq_keyring) *keyring = fq_keyring_new();
    return fetched_read(channel, name, pem, keyring, &i);
}

/* Takes the ring. */
static void fetched_keep(struct fq_fetched *fetched, size_t index, struct fq_keyring *keyring)
{
    (void)pthread_mutex_lock(&fetched->mutex);
    struct fq_keyring *before = fetched->encrypt_keys[index];
    fetched->encrypt_keys[index] = keyring;
    (void)pthread_mutex_unlock(&fetched->mutex);
    fq_keyring_free(before);
}

int fq_channel_keep_encrypt_key(const struct fq_channel *channel, struct fq_str name,
                                struct fq_str pem)
{
    size_t i = 0;
    FQ_CLEANUP(fq_keyring) *keyring = fq_keyring_new();
    int r = fetched_read(channel, name, pem, keyring, &i);
    if (r != 0)
        return r;
    fetched_keep(channel->fetched, i, FQ_TAKE(keyring));
    return 0;
}

/* ---- the configured keys beneath them ---- */

void fq_channel_configured_digest(const struct fq_channel *channel, struct fq_str name,
                                  unsigned char ret[FQ_DIGEST_SIZE])
{
    size_t i = fetched_place(&channel->about, name);
    memset(ret, 0, FQ_DIGEST_SIZE);
    if (i < channel->about.n_keys)
        fq_keyring_digest(channel->keyring, channel->about.keys[i].name, ret);
}

static bool fetched_is_over_same(const struct fq_channel *a, const struct fq_channel *b,
                                 struct fq_str name)
{
    unsigned char digests[2][FQ_DIGEST_SIZE];
    fq_channel_configured_digest(a, name, digests[0]);
    fq_channel_configured_digest(b, name, digests[1]);
    return memcmp(digests[0], digests[1], FQ_DIGEST_SIZE) == 0;
}

void fq_channel_share_encrypt_keys(const struct fq_channel *from, const struct fq_channel *to)
{
    for (size_t i = 0; i < from->about.n_keys; i++) {
        struct fq_str name = fq_str_of(from->about.keys[i].name);
        size_t place = fetched_place(&to->about, name);
        FQ_CLEANUP(fq_keyring) *keyring = fq_fetched_encrypt_key(from->fetched, i);
        if (keyring != NULL && place < to->about.n_keys && fetched_is_over_same(from, to, name))
            fetched_keep(to->fetched, place, FQ_TAKE(keyring));
    }
}

/* ---- how often ---- */

bool fq_channel_may_fetch(const struct fq_channel *channel, bool is_answer, int64_t now_ms)
{
    int64_t *not_before_ms = &channel->fetched->fetch_not_before_ms[is_answer];
    int64_t left_ms = *not_before_ms - now_ms;
    if (left_ms > 0 && left_ms <= FETCH_EVERY_MS) /* more: by a clock that was ahead */
        return false;
    *not_before_ms = now_ms + FETCH_EVERY_MS;
    return true;
}
