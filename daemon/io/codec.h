/* SPDX-License-Identifier: Apache-2.0 */
/* Wire bytes to core/request.h and back. The only user of protobuf-c in the daemon. */
#ifndef FQ_IO_CODEC_H
#define FQ_IO_CODEC_H

#include "daemon/core/request.h"
#include "daemon/crypto/seal.h"

#define FQ_REPLY_TYPE "application/vnd.fenqi.v1.reply+protobuf"

enum {
    FQ_CODEC_E_REFUSED = 1, /* the storefront's mistake: operation->status says which */
};

/* Walks the bytes along the descriptors first (NUL, UTF-8, lengths, enum values, nesting, unknown
 * fields where the operation changes state), then unpacks into operation's arena and fills
 * request_id, deadline, kind and the request. `bytes` must live as long as the operation.
 * operation->arena is set. */
int fq_codec_decode(struct fq_str bytes, struct fq_operation *operation);

/* Packs Reply from the operation's answer: into operation->arena. issued_at = now_ms. */
int fq_codec_encode_reply(const struct fq_operation *operation, int64_t now_ms,
                          struct fq_str *ret_payload);

/* Packs SignedReply. */
int fq_codec_encode_signed(struct fq_str payload, const struct fq_seal *seals, size_t n_seals,
                           struct fq_arena *arena, struct fq_str *ret);

#endif
