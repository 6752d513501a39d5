/* SPDX-License-Identifier: Apache-2.0 */
/* Client keys of the merchants: who is asking. */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"
#include "daemon/daemon.h"

#define KEY_CHARS 40

struct fq_client {
    char key[KEY_CHARS];
    const struct fq_merchant *merchant;
    UT_hash_handle hh;
};

void fq_clients_add(struct fq_client **clients, struct fq_str client_key,
                    const struct fq_merchant *merchant)
{
    struct fq_client *client = fq_zalloc(sizeof(*client));
    fq_assert(client_key.len == KEY_CHARS);
    memcpy(client->key, client_key.ptr, KEY_CHARS);
    client->merchant = merchant;
    HASH_ADD(hh, *clients, key, KEY_CHARS, client);
}

const struct fq_merchant *fq_clients_find(const struct fq_client *clients, struct fq_str client_key)
{
    const struct fq_client *client = NULL;
    if (client_key.len != KEY_CHARS)
        return NULL;
    HASH_FIND(hh, clients, client_key.ptr, KEY_CHARS, client);
    return client != NULL ? client->merchant : NULL;
}

void fq_clients_free(struct fq_client **clients)
{
    struct fq_client *client, *next;
    HASH_ITER(hh, *clients, client, next)
    {
        HASH_DEL(*clients, client);
        fq_free(client);
    }
}
