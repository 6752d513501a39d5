/* SPDX-License-Identifier: Apache-2.0 */
/* When the certificates of a channel end. */
#include "daemon/base/err.h"
#include "daemon/plugin/channel.h"
#include "daemon/plugin/fetched.h"

#define BUNDLE_N_MAX 256

/* The first certificate of a file is the key's; behind it may stand its issuers'. */
static int64_t expiry_of(const struct fq_keyring *keyring, const struct fq_key_need *need,
                         struct fq_arena *arena)
{
    int64_t latest_s = 0;
    const size_t n_max = need->kind == FQ_KEY_ROOTS ? BUNDLE_N_MAX : 1;
    for (size_t i = 0; i < n_max; i++) {
        struct fq_str text = { NULL, 0 };
        int64_t seconds = 0;
        int r = fq_keyring_cert_field(keyring, need->name, i, FQ_CERT_NOT_AFTER, arena, &text);
        if (r == FQ_CHAIN_E_NO_SUCH)
            break;
        if (r == 0 && fq_str_to_int64(text, 0, INT64_MAX / 1000, &seconds) == 0 &&
            seconds > latest_s)
            latest_s = seconds;
    }
    fq_trace_clear();
    return latest_s * 1000;
}

int64_t fq_channel_key_expires_ms(const struct fq_channel *channel, size_t index,
                                  struct fq_arena *arena)
{
    const struct fq_key_need *need = &channel->about.keys[index];
    FQ_CLEANUP(fq_keyring) *renewed = NULL;
    if (need->kind == FQ_KEY_PUBLIC_ENCRYPT)
        renewed = fq_fetched_encrypt_key(channel->fetched, index);
    if (renewed != NULL)
        return expiry_of(renewed, need, arena);
    if (!fq_keyring_has(channel->keyring, need->name))
        return 0;
    return expiry_of(channel->keyring, need, arena);
}
