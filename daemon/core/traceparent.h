/* SPDX-License-Identifier: Apache-2.0 */
/* The W3C trace context that a storefront sends with a request: kept with the payment, passed on
 * into log lines and events, and never part of what makes two requests the same. */
#ifndef FQ_CORE_TRACEPARENT_H
#define FQ_CORE_TRACEPARENT_H

#include "daemon/base/str.h"

#define FQ_TRACEPARENT_SIZE_MAX 64

/* 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01: version, trace id, parent id, flags; a
 * later version may say more behind it. */
bool fq_traceparent_is_valid(struct fq_str text);

/* The 32 hex digits of a valid one's trace id; empty of an empty one. */
struct fq_str fq_traceparent_trace_id(struct fq_str traceparent);

#endif
