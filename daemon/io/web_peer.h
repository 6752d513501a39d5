/* SPDX-License-Identifier: Apache-2.0 */
/* For io/web alone: from where a request comes. */
#ifndef FQ_IO_WEB_PEER_H
#define FQ_IO_WEB_PEER_H

#include "daemon/base/arena.h"

struct sockaddr;

/* The connection's address as text; or, where that is loopback (a proxy on this machine), the last
 * entry of `forwarded` (X-Forwarded-For) if it is an address: the proxy itself wrote that one, the
 * entries before it are the client's to invent. Absent for other than IPv4 and IPv6. */
struct fq_str fq_web_peer(const struct sockaddr *address, struct fq_str forwarded,
                          struct fq_arena *arena);

#endif
