/* SPDX-License-Identifier: Apache-2.0 */
/* A look at protobuf wire bytes before anything unpacks them. Private to the codec. */
#ifndef FQ_IO_CODEC_WALK_H
#define FQ_IO_CODEC_WALK_H

#include <protobuf-c/protobuf-c.h>

#include "daemon/base/arena.h"
#include "daemon/core/status.h"

#define FQ_WALK_DEPTH_MAX    8   /* messages inside each other, the outermost counted */
#define FQ_WALK_REPEATED_MAX 100 /* elements of a repeated field that has no row of its own */
#define FQ_WALK_UNKNOWN_MAX  100 /* unknown fields in all, where they are ignored */
#define FQ_WALK_TEXT_MAX     64  /* bytes of a text that has no row in the table of lengths */

/* One field as it stands on the wire. */
struct fq_wire_field {
    uint32_t number;
    uint32_t type;       /* ProtobufCWireType: never a group */
    uint64_t value;      /* VARINT */
    struct fq_str bytes; /* LENGTH_PREFIXED */
};

enum {
    FQ_WIRE_E_MALFORMED = 1,
};

/* Takes the next field off the front of *bytes, which is not empty. */
int fq_wire_next(struct fq_str *bytes, struct fq_wire_field *ret);

enum {
    FQ_WALK_E_REFUSED = 1,
};

/* Checks everything that the unpacker does not, and all that would make it unpack something else
 * than was meant. On refusal *reterr_status names the field by its path below `type`, in the arena.
 */
int fq_walk_check(struct fq_str bytes, const ProtobufCMessageDescriptor *type, bool refuse_unknown,
                  struct fq_arena *arena, struct fq_status *reterr_status);

/* How long a text or bytes field may be. */
size_t fq_walk_text_max(const ProtobufCMessageDescriptor *type, uint32_t number);

#endif
