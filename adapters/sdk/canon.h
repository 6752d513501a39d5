/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical string that both platforms sign: fields sorted by name, joined raw. */
#ifndef FQ_SDK_CANON_H
#define FQ_SDK_CANON_H

#include "adapters/sdk/text.h"

enum fq_canon_empty {
    FQ_CANON_SKIP_EMPTY = 0, /* leave out fields with an empty value */
    FQ_CANON_KEEP_EMPTY = 1,
};

/* "a=1&b=2": sorted by name in byte order, values raw. Leaves out the names in `except` (ended by
 * NULL) and fields with an empty name. False: out of memory. */
bool fq_canon_join(const struct fq_host *host, struct fq_pairs pairs, const char *const *except,
                   enum fq_canon_empty empty, struct fq_str *ret);

#endif
