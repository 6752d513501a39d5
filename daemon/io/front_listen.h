/* SPDX-License-Identifier: Apache-2.0 */
/* For io/front alone: the listening socket of a tcp:// endpoint. */
#ifndef FQ_IO_FRONT_LISTEN_H
#define FQ_IO_FRONT_LISTEN_H

#include "daemon/base/str.h"

/* Listens on "tcp://HOST:PORT", "tcp://[ADDRESS]:PORT", and "*" for either: any. The trace names
 * it. */
int fq_front_listen(struct fq_str endpoint, int *ret_fd);

#endif
