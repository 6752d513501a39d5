/* SPDX-License-Identifier: Apache-2.0 */
/* ZAP: libzmq asks here who may connect. */
#ifndef FQ_IO_ZAP_H
#define FQ_IO_ZAP_H

#include "daemon/base/str.h"

struct fq_zap;

/* Answers on a thread of its own until the context is shut down. Open it before any socket of the
 * context binds: a CURVE server without a ZAP handler admits every stranger. `is_known` gets the
 * client's key in Z85 and is called on that thread. */
int fq_zap_open(void *context, bool (*is_known)(void *ctx, struct fq_str client_key), void *ctx,
                struct fq_zap **ret);
void fq_zap_free(struct fq_zap *zap); /* after zmq_ctx_shutdown: joins */

uint64_t fq_zap_n_strangers(const struct fq_zap *zap);

#endif
