/* SPDX-License-Identifier: Apache-2.0 */
/* What every answer is made of: messages, texts, bytes and amounts in protobuf-c's form. */
#include "daemon/io/codec_pack.h"

#include <string.h>

void *fq_pack_message(struct fq_arena *arena, const ProtobufCMessageDescriptor *type)
{
    void *message = fq_arena_alloc(arena, type->sizeof_message);
    if (message != NULL)
        protobuf_c_message_init(type, message);
    return message;
}

void *fq_pack_pointers(struct fq_arena *arena, size_t n)
{
    return fq_arena_array(arena, n, sizeof(void *));
}

char *fq_pack_text(struct fq_arena *arena, struct fq_str text)
{
    struct fq_str copy = { NULL, 0 };
    if (text.len > 0)
        copy = fq_arena_copy(arena, text);
    return fq_unconst(copy.ptr != NULL ? copy.ptr : protobuf_c_empty_string);
}

char *fq_pack_static(const char *text)
{
    return fq_unconst(text != NULL ? text : protobuf_c_empty_string);
}

ProtobufCBinaryData fq_pack_bytes(struct fq_str bytes)
{
    return (ProtobufCBinaryData){ bytes.len, fq_unconst(bytes.ptr) };
}

ProtobufCBinaryData fq_pack_digest(const unsigned char digest[FQ_DIGEST_SIZE])
{
    static const unsigned char none[FQ_DIGEST_SIZE];
    bool is_none = memcmp(digest, none, FQ_DIGEST_SIZE) == 0;
    return (ProtobufCBinaryData){ is_none ? 0 : FQ_DIGEST_SIZE, fq_unconst(digest) };
}

Fenqi__V1__Money *fq_pack_money(struct fq_arena *arena, int64_t minor, struct fq_str currency)
{
    Fenqi__V1__Money *out = fq_pack_new(arena, fenqi__v1__money);
    if (out == NULL)
        return NULL;
    out->minor = minor;
    out->currency = fq_pack_text(arena, currency);
    return out;
}
