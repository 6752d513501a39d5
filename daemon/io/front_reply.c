/* SPDX-License-Identifier: Apache-2.0 */
/* Packs an operation's answer and signs it. */
#include "daemon/base/err.h"
#include "daemon/io/codec.h"
#include "daemon/io/front_parts.h"

#define SPARE_SIZE_MAX ((size_t)64 << 10)

static void reply_fill_keys(struct fq_operation *operation, const struct fq_sealer *sealer)
{
    size_t n = fq_sealer_n_keys(sealer);
    struct fq_public_key *keys = fq_arena_array(operation->arena, n, sizeof(*keys));
    for (size_t i = 0; keys != NULL && i < n; i++) {
        fq_sealer_key(sealer, i, &keys[i].key_id, &keys[i].public_key);
        keys[i].algorithm = fq_lit("ed25519");
    }
    operation->keys = keys;
    operation->n_keys = keys != NULL ? n : 0;
}

static int reply_pack(struct fq_front_reply *reply)
{
    struct fq_arena *arena = reply->operation->arena;
    struct fq_str payload = { NULL, 0 };
    struct fq_seal *seals = NULL;
    size_t n_seals = 0;
    FQ_TRY(fq_codec_encode_reply(reply->operation, reply->now_ms, &payload));
    FQ_TRY(fq_sealer_sign(reply->sealer, fq_lit(FQ_REPLY_TYPE), payload, arena, &seals, &n_seals));
    FQ_TRY(fq_codec_encode_signed(payload, seals, n_seals, arena, &reply->bytes));
    return 0;
}

void fq_front_reply_make(struct fq_front_reply *reply)
{
    struct fq_operation *operation = reply->operation;
    if (operation->kind == FQ_OP_GET_KEYS && operation->status.code == FQ_CODE_OK &&
        operation->keys == NULL)
        reply_fill_keys(operation, reply->sealer);
    if (reply_pack(reply) == 0)
        return;
    struct fq_arena *arena = operation->arena;
    if (operation->status.code == FQ_CODE_OK)
        operation->status = fq_status_internal();
    reply->spare = fq_arena_new(SPARE_SIZE_MAX);
    operation->arena = reply->spare;
    if (reply_pack(reply) != 0)
        reply->bytes = (struct fq_str){ NULL, 0 };
    operation->arena = arena;
    fq_trace_clear();
}
