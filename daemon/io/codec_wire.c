/* SPDX-License-Identifier: Apache-2.0 */
/* Writes wire bytes, backwards. */
#include "daemon/io/codec_wire.h"

#include <string.h>

#define WIRE_VARINT          0u
#define WIRE_LENGTH_PREFIXED 2u

/* Room for `size` more bytes before those that are written; NULL: there is none. */
static unsigned char *wire_reserve(struct fq_wire_out *out, size_t size)
{
    if (out->is_full || size > out->at) {
        out->is_full = true;
        return NULL;
    }
    out->at -= size;
    return out->bytes + out->at;
}

void fq_wire_put_varint(struct fq_wire_out *out, uint64_t value)
{
    size_t n = 1;
    for (uint64_t rest = value >> 7; rest > 0; rest >>= 7)
        n++;
    unsigned char *to = wire_reserve(out, n);
    if (to == NULL)
        return;
    for (; n > 1; n--) {
        *to++ = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    *to = (unsigned char)value;
}

void fq_wire_put_number(struct fq_wire_out *out, uint32_t number, uint64_t value)
{
    if (value == 0)
        return;
    fq_wire_put_varint(out, value);
    fq_wire_put_varint(out, (uint64_t)number << 3 | WIRE_VARINT);
}

void fq_wire_put_bytes(struct fq_wire_out *out, uint32_t number, struct fq_str bytes)
{
    if (bytes.len == 0)
        return;
    size_t end = out->at;
    unsigned char *to = wire_reserve(out, bytes.len);
    if (to != NULL)
        memcpy(to, bytes.ptr, bytes.len);
    fq_wire_put_message(out, number, end);
}

void fq_wire_put_message(struct fq_wire_out *out, uint32_t number, size_t end)
{
    fq_wire_put_varint(out, out->is_full ? 0 : end - out->at);
    fq_wire_put_varint(out, (uint64_t)number << 3 | WIRE_LENGTH_PREFIXED);
}
