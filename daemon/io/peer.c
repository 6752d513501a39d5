/* SPDX-License-Identifier: Apache-2.0 */
/* Remembers who speaks under which routing id. */
#include "daemon/io/peer.h"

#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"

#define KEY_SIZE_MAX 40

struct fq_peer {
    UT_hash_handle hh;
    char routing_id[FQ_PEER_ROUTING_ID_SIZE];
    char key[KEY_SIZE_MAX];
    size_t key_size;
    uint32_t turn;
    size_t n_held;
};

struct fq_peer_table {
    struct fq_peer *peers;
};

struct fq_peer_table *fq_peer_table_new(void)
{
    return fq_zalloc(sizeof(struct fq_peer_table));
}

void fq_peer_table_free(struct fq_peer_table *table)
{
    if (table == NULL)
        return;
    fq_assert(table->peers == NULL);
    fq_free(table);
}

struct fq_peer *fq_peer_hold(struct fq_peer_table *table, const void *routing_id,
                             struct fq_str client_key, uint32_t *ret_turn)
{
    struct fq_peer *peer = NULL;
    fq_assert(client_key.len <= KEY_SIZE_MAX);
    HASH_FIND(hh, table->peers, routing_id, FQ_PEER_ROUTING_ID_SIZE, peer);
    if (peer == NULL) {
        peer = fq_zalloc(sizeof(*peer));
        memcpy(peer->routing_id, routing_id, FQ_PEER_ROUTING_ID_SIZE);
        HASH_ADD(hh, table->peers, routing_id, FQ_PEER_ROUTING_ID_SIZE, peer);
    }
    if (!fq_str_equal((struct fq_str){ peer->key, peer->key_size }, client_key)) {
        memcpy(peer->key, client_key.ptr, client_key.len);
        peer->key_size = client_key.len;
        peer->turn++;
    }
    peer->n_held++;
    *ret_turn = peer->turn;
    return peer;
}

struct fq_peer *fq_peer_hold_again(struct fq_peer *peer)
{
    fq_assert(peer->n_held > 0);
    peer->n_held++;
    return peer;
}

struct fq_str fq_peer_key(const struct fq_peer *peer)
{
    return (struct fq_str){ peer->key, peer->key_size };
}

bool fq_peer_is_same(const struct fq_peer *peer, uint32_t turn)
{
    return peer->turn == turn;
}

void fq_peer_release(struct fq_peer_table *table, struct fq_peer *peer)
{
    fq_assert(peer->n_held > 0);
    if (--peer->n_held > 0)
        return;
    HASH_DEL(table->peers, peer);
    fq_free(peer);
}
