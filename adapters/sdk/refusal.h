/* SPDX-License-Identifier: Apache-2.0 */
/* A note, in an object's memory, that the platform refused it: for refusals that prove nothing
 * until, some time later, the platform still does not know the object. */
#ifndef FQ_SDK_REFUSAL_H
#define FQ_SDK_REFUSAL_H

#include "adapters/sdk/text.h"

#define FQ_REFUSAL_NAME "refused"

/* The note as a text: for a memory that holds more, where it stands under FQ_REFUSAL_NAME. False:
 * out of memory. */
bool fq_refusal_write(const struct fq_host *host, const struct fq_call *call, struct fq_str code,
                      struct fq_str *ret);

/* Notes ret->platform_code and the time of the call, and nothing else. 0, or -1 after host->fail().
 */
int fq_refusal_note(const struct fq_host *host, const struct fq_call *call, struct fq_verdict *ret);

/* Before a new try: what an earlier one was told says nothing of it. 0, or -1 after host->fail().
 */
int fq_refusal_wipe(const struct fq_host *host, const struct fq_call *call, struct fq_verdict *ret);

/* How long ago it was refused, never negative, and with what code; false if it was not. */
bool fq_refusal_read(const struct fq_call *call, int64_t *ret_age_ms, struct fq_str *ret_code);

#endif
