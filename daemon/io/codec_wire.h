/* SPDX-License-Identifier: Apache-2.0 */
/* Writes protobuf wire bytes from the last to the first, so that the length of what a message holds
 * is known when its header is written. For answers that are too large for protobuf-c's two walks
 * along descriptors. Private to the codec. */
#ifndef FQ_IO_CODEC_WIRE_H
#define FQ_IO_CODEC_WIRE_H

#include "daemon/base/str.h"

struct fq_wire_out {
    unsigned char *bytes;
    size_t at;    /* what is written stands from here on; at first the size of `bytes` */
    bool is_full; /* it did not fit: nothing of it is worth anything */
};

/* As in proto3: what is 0, false or empty is not written. Fields with higher numbers come first. */
void fq_wire_put_number(struct fq_wire_out *out, uint32_t number, uint64_t value);
void fq_wire_put_bytes(struct fq_wire_out *out, uint32_t number, struct fq_str bytes);
/* Ends the message whose fields were written since out->at was `end`; empty ones are written too.
 */
void fq_wire_put_message(struct fq_wire_out *out, uint32_t number, size_t end);
void fq_wire_put_varint(struct fq_wire_out *out, uint64_t value);

static inline void fq_wire_put_int(struct fq_wire_out *out, uint32_t number, int64_t value)
{
    fq_wire_put_number(out, number, (uint64_t)value);
}

#endif
