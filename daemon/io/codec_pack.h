/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of answers, in protobuf-c's form and in the arena. Private to the codec. Where the
 * arena is full they are NULL or empty: that is asked once, before packing. */
#ifndef FQ_IO_CODEC_PACK_H
#define FQ_IO_CODEC_PACK_H

#include "daemon/core/request.h"
#include "proto/fenqi.pb-c.h"

/* An empty message of a generated type. */
#define fq_pack_new(arena, type) fq_pack_message((arena), &(type##__descriptor))
void *fq_pack_message(struct fq_arena *arena, const ProtobufCMessageDescriptor *type);

/* Room for the pointers of a repeated field. */
void *fq_pack_pointers(struct fq_arena *arena, size_t n);

char *fq_pack_text(struct fq_arena *arena, struct fq_str text);
/* For texts that end in NUL and outlive the reply. */
char *fq_pack_static(const char *text);
ProtobufCBinaryData fq_pack_bytes(struct fq_str bytes);
/* Zeroes stand for none. */
ProtobufCBinaryData fq_pack_digest(const unsigned char digest[FQ_DIGEST_SIZE]);
Fenqi__V1__Money *fq_pack_money(struct fq_arena *arena, int64_t minor, struct fq_str currency);

/* ---- QuotePlans and ListChannels (codec_offer.c) ---- */

Fenqi__V1__QuotePlansResult *fq_pack_offers(struct fq_arena *arena,
                                            const struct fq_operation *operation);
Fenqi__V1__ChannelList *fq_pack_channels(struct fq_arena *arena,
                                         const struct fq_operation *operation);

#endif
