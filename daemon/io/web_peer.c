/* SPDX-License-Identifier: Apache-2.0 */
/* Tells whose address a request comes from, and believes proxies on this machine only. */
#include "daemon/io/web_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* The text of a connection's address. */
static bool peer_print(const struct sockaddr *address, char ret[INET6_ADDRSTRLEN],
                       bool *ret_loopback)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        *ret_loopback = (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
        return inet_ntop(AF_INET, &v4.sin_addr, ret, INET6_ADDRSTRLEN) != NULL;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof(v6));
        *ret_loopback = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
        return inet_ntop(AF_INET6, &v6.sin6_addr, ret, INET6_ADDRSTRLEN) != NULL;
    }
    return false;
}

static struct fq_str peer_last_entry(struct fq_str list)
{
    struct fq_str entry = list;
    while (fq_str_cut(list, ',', &entry, &list))
        ;
    while (entry.len > 0 && (entry.ptr[0] == ' ' || entry.ptr[0] == '\t'))
        entry = fq_str_sub(entry, 1, entry.len - 1);
    while (entry.len > 0 && (entry.ptr[entry.len - 1] == ' ' || entry.ptr[entry.len - 1] == '\t'))
        entry.len--;
    return entry;
}

static bool peer_is_address(struct fq_str text)
{
    char copy[INET6_ADDRSTRLEN];
    unsigned char address[sizeof(struct in6_addr)];
    if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.ptr, '\0', text.len) != NULL)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return inet_pton(AF_INET, copy, address) == 1 || inet_pton(AF_INET6, copy, address) == 1;
}

struct fq_str fq_web_peer(const struct sockaddr *address, struct fq_str forwarded,
                          struct fq_arena *arena)
{
    char text[INET6_ADDRSTRLEN] = "";
    bool is_loopback = false;
    if (!peer_print(address, text, &is_loopback))
        return (struct fq_str){ NULL, 0 };
    struct fq_str last = peer_last_entry(forwarded);
    return fq_arena_copy(arena, is_loopback && peer_is_address(last) ? last : fq_str_of(text));
}
