/* SPDX-License-Identifier: Apache-2.0 */
/* Decides whether a URL leads to one of a channel's hosts. */
#include <strings.h>

#include "daemon/plugin/channel.h"

/* "Host:443" and "host" are the same place. */
static bool url_same_host(struct fq_str a, struct fq_str b)
{
    const struct fq_str port = fq_lit(":443");
    if (fq_str_ends(a, port))
        a.len -= port.len;
    if (fq_str_ends(b, port))
        b.len -= port.len;
    return a.len > 0 && a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

/* The authority ends where the path, the query or the fragment begins. Whatever two parsers could
 * read in two ways (user info, backslashes, spaces, anything but host characters) is no authority.
 */
static bool url_authority(struct fq_str url, struct fq_str *ret)
{
    const struct fq_str scheme = fq_lit("https://");
    if (!fq_str_starts(url, scheme))
        return false;
    struct fq_str rest = fq_str_sub(url, scheme.len, url.len);
    size_t len = 0;
    while (len < rest.len && rest.ptr[len] != '/' && rest.ptr[len] != '?' && rest.ptr[len] != '#')
        len++;
    *ret = fq_str_sub(rest, 0, len);
    for (size_t i = 0; i < url.len; i++) {
        unsigned char c = (unsigned char)url.ptr[i];
        if (c <= ' ' || c >= 0x7f || c == '\\')
            return false;
    }
    return fq_str_is_word(*ret, ".-:[]");
}

bool fq_channel_allows_url(const struct fq_channel_conf *conf, struct fq_str url)
{
    struct fq_str authority = { NULL, 0 };
    if (!url_authority(url, &authority))
        return false;
    for (size_t i = 0; i < conf->n_hosts; i++) {
        if (url_same_host(authority, conf->hosts[i]))
            return true;
    }
    return false;
}
