/* SPDX-License-Identifier: Apache-2.0 */
/* A note, in an object's memory, that the platform refused it: for refusals that prove nothing
 * until, some time later, the platform still does not know the object. */
#ifndef FQ_SDK_REFUSAL_H
#define FQ_SDK_REFUSAL_H

#include "adapters/sdk/text.h"

/* Notes ret->platform_code and the time of the call. 0, or -1 after host->fail(). */
int fq_refusal_note(const struct fq_host *host, const struct fq_call *call, struct fq_verdict *ret);

/* Before a new try: what an earlier one was told says nothing of it. 0, or -1 after host->fail().
 */
int fq_refusal_wipe(const struct fq_host *host, const struct fq_call *call, struct fq_verdict *ret);

/* How long ago it was refused, never negative, and with what code; false if it was not. */
bool fq_refusal_read(const struct fq_call *call, int64_t *ret_age_ms, struct fq_str *ret_code);

#endif
