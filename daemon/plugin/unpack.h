/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacks settlement files: zip, zlib, and the character set of the last century. */
#ifndef FQ_PLUGIN_UNPACK_H
#define FQ_PLUGIN_UNPACK_H

#include "daemon/base/arena.h"

/* No entry may become larger, whatever it claims; the arena's own cap comes first. */
#define FQ_UNPACK_SIZE_MAX ((size_t)64 << 20)

enum {
    FQ_UNPACK_E_NO_SUCH = 1, /* fewer entries than that */
    FQ_UNPACK_E_MALFORMED,   /* neither zip nor zlib, damaged, or of a kind that is not read */
    FQ_UNPACK_E_TOO_BIG,
};

/* Entry `index` of a zip (its name as it stands there, in whatever charset), or, with index 0, the
 * content of a zlib or gzip stream (no name). */
int fq_unpack_entry(struct fq_str packed, size_t index, struct fq_arena *arena,
                    struct fq_str *ret_name, struct fq_str *ret);

/* charset is an fq_charset. Text that has no counterpart is MALFORMED. */
int fq_unpack_convert(uint32_t charset, struct fq_str text, struct fq_arena *arena,
                      struct fq_str *ret);

#endif
