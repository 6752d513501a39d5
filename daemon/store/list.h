/* SPDX-License-Identifier: Apache-2.0 */
/* Lists for the operator: pages of payments, groups of event consumers. */
#ifndef FQ_STORE_LIST_H
#define FQ_STORE_LIST_H

#include "daemon/core/tx.h"
#include "daemon/store/engine.h"

/* FQ_READ_LIST. */
int fq_list_payments(struct fq_engine *engine, struct fq_read *read);
/* FQ_READ_GROUPS. */
int fq_list_groups(struct fq_engine *engine, struct fq_read *read);

#endif
