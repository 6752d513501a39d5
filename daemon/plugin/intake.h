/* SPDX-License-Identifier: Apache-2.0 */
/* Takes an adapter's verdict over the border. Inside plugin/ only. */
#ifndef FQ_PLUGIN_INTAKE_H
#define FQ_PLUGIN_INTAKE_H

#include "daemon/base/arena.h"

/* The verdict of the first release: an adapter of that age may say so. */
#define FQ_INTAKE_VERDICT_SIZE_MIN \
    (offsetof(struct fq_verdict, has_refunded_total) + sizeof(uint32_t))

/* Copies every byte that `theirs` points to into the arena, so that nothing of the adapter is
 * looked at later, and refuses what is out of form: lengths, counts, enums, line breaks where they
 * would forge a header, text that is not UTF-8. Empty: taken. Otherwise the reason. */
struct fq_str fq_intake_verdict(const struct fq_verdict *theirs, size_t body_size_max,
                                struct fq_arena *arena, struct fq_verdict *ret);

#endif
