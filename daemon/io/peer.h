/* SPDX-License-Identifier: Apache-2.0 */
/* Which client key each routing id spoke with last: a client may choose its routing id, and so take
 * over another's and read its replies. */
#ifndef FQ_IO_PEER_H
#define FQ_IO_PEER_H

#include "daemon/base/mem.h"
#include "daemon/base/str.h"

#define FQ_PEER_ROUTING_ID_SIZE 5 /* of those that libzmq makes: a zero byte and a counter */

/* One routing id that has requests in flight; forgotten with the last of them. */
struct fq_peer;
struct fq_peer_table;

struct fq_peer_table *fq_peer_table_new(void);
void fq_peer_table_free(struct fq_peer_table *table); /* must be empty */
FQ_DEFINE_CLEANUP(fq_peer_table);

/* A request came from this routing id with this key. *ret_turn tells this key's turn from the one
 * of any other key that uses the id later. */
struct fq_peer *fq_peer_hold(struct fq_peer_table *table, const void *routing_id,
                             struct fq_str client_key, uint32_t *ret_turn);

/* Once more, whoever spoke last: for what outlives the request. */
struct fq_peer *fq_peer_hold_again(struct fq_peer *peer);

struct fq_str fq_peer_key(const struct fq_peer *peer); /* that spoke last */

/* The key of that turn is still the one that spoke last. */
bool fq_peer_is_same(const struct fq_peer *peer, uint32_t turn);

void fq_peer_release(struct fq_peer_table *table, struct fq_peer *peer);

#endif
