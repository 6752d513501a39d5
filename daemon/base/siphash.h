/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-2-4: a short digest that nobody can foresee or undo without its key. */
#ifndef FQ_BASE_SIPHASH_H
#define FQ_BASE_SIPHASH_H

#include "daemon/base/str.h"

uint64_t fq_siphash(const uint64_t key[2], struct fq_str text);

#endif
