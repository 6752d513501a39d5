/* SPDX-License-Identifier: Apache-2.0 */
/* For io/web alone: the listening socket. */
#ifndef FQ_IO_WEB_LISTEN_H
#define FQ_IO_WEB_LISTEN_H

#include <stdint.h>

/* Listens on "127.0.0.1:8080" or "[::1]:8080" (port 0: any free one). The trace names the address.
 */
int fq_web_listen(const char *address, int *ret_fd, uint16_t *ret_port);

/* Takes over one that listens already; by a fault it is closed. */
int fq_web_adopt(int fd, uint16_t *ret_port);

#endif
