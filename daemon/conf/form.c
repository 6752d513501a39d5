/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the form of names, keys, hosts, addresses and URLs. */
#include "daemon/conf/form.h"

#include <arpa/inet.h>
#include <string.h>

#include "daemon/core/issuer.h"
#include "daemon/core/risk.h"

#define HOST_SIZE_MAX     253
#define URL_SIZE_MAX      512
#define WORDS_SIZE_MAX    512
#define IPC_PATH_SIZE_MAX 107 /* sockaddr_un */
#define Z85_KEY_SIZE      40

/* ---- names ---- */

static bool form_is_any(struct fq_str text)
{
    (void)text;
    return true;
}

static bool form_is_path(struct fq_str text)
{
    return text.len > 0 && text.len < 4096 && fq_str_is_line(text);
}

static bool form_is_title(struct fq_str text)
{
    return text.len > 0 && text.len <= 64 && fq_str_is_line(text);
}

static bool form_is_words(struct fq_str text)
{
    return text.len <= WORDS_SIZE_MAX && fq_str_is_line(text);
}

static bool form_is_word(struct fq_str text, size_t len_min, size_t len_max, const char *also)
{
    return text.len >= len_min && text.len <= len_max && fq_str_is_word(text, also);
}

static bool form_is_instance(struct fq_str text)
{
    return form_is_word(text, 2, 2, NULL);
}

static bool form_is_order_prefix(struct fq_str text)
{
    return form_is_word(text, 1, 4, NULL);
}

static bool form_is_merchant(struct fq_str text)
{
    return form_is_word(text, 1, 32, "_-");
}

static bool form_is_key_id(struct fq_str text)
{
    return form_is_word(text, 1, 64, "_-.");
}

static bool form_has_upper(struct fq_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= 'A' && text.ptr[i] <= 'Z')
            return true;
    }
    return false;
}

static bool form_is_channel(struct fq_str text)
{
    return form_is_word(text, 1, 32, "-") && !form_has_upper(text);
}

static bool form_is_adapter(struct fq_str text)
{
    return form_is_word(text, 1, 32, "_-") && !form_has_upper(text);
}

static bool form_is_bin(struct fq_str text)
{
    struct fq_bin bin;
    return fq_bin_read(text, &bin) == 0;
}

static bool form_is_hours(struct fq_str text)
{
    uint32_t from = 0, until = 0;
    return fq_risk_hours_read(text, &from, &until) == 0;
}

/* rfc.zeromq.org/spec/32: five characters of base 85 for four bytes. */
static bool form_is_client_key(struct fq_str text)
{
    static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   ".-:+=^!/*?&<>()[]{}@%$#";
    if (text.len != Z85_KEY_SIZE)
        return false;
    uint64_t word = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *at = memchr(alphabet, text.ptr[i], sizeof(alphabet) - 1);
        if (at == NULL)
            return false;
        word = word * 85 + (uint64_t)(at - alphabet);
        if (i % 5 != 4)
            continue;
        if (word > UINT32_MAX)
            return false;
        word = 0;
    }
    return true;
}

/* ---- hosts and addresses ---- */

static bool form_is_port(struct fq_str text, int64_t min)
{
    int64_t port = 0;
    return fq_str_to_int64(text, min, 65535, &port) == 0;
}

static bool form_is_address_of(int family, struct fq_str text)
{
    char name[INET6_ADDRSTRLEN + 1];
    unsigned char address[sizeof(struct in6_addr)];
    if (text.len == 0 || text.len >= sizeof(name))
        return false;
    memcpy(name, text.ptr, text.len);
    name[text.len] = '\0';
    return inet_pton(family, name, address) == 1;
}

/* Lower case, because it is compared by bytes. */
static bool form_is_host_name(struct fq_str text)
{
    return form_is_word(text, 1, HOST_SIZE_MAX, ".-") && !form_has_upper(text) &&
           fq_str_is_word(fq_str_sub(text, 0, 1), NULL) &&
           fq_str_is_word(fq_str_sub(text, text.len - 1, 1), NULL) &&
           memmem(text.ptr, text.len, "..", 2) == NULL;
}

/* Cuts "host:port", "[v6]:port", "host" or "[v6]"; the brackets stay with the host. */
static bool form_cut_port(struct fq_str text, struct fq_str *ret_host, struct fq_str *ret_port)
{
    struct fq_str host = text;
    struct fq_str after = { NULL, 0 };
    if (fq_str_starts(text, fq_lit("["))) {
        if (!fq_str_cut(text, ']', &host, &after))
            return false;
        host.len++;
        *ret_host = host;
        *ret_port = fq_str_sub(after, 1, after.len);
        return after.len == 0 || (after.len > 1 && after.ptr[0] == ':');
    }
    if (fq_str_cut(text, ':', ret_host, ret_port))
        return ret_port->len > 0;
    return true;
}

static bool form_is_host_part(struct fq_str host)
{
    if (fq_str_starts(host, fq_lit("[")))
        return form_is_address_of(AF_INET6, fq_str_sub(host, 1, host.len - 2));
    return form_is_host_name(host);
}

static bool form_is_host(struct fq_str text)
{
    struct fq_str host;
    struct fq_str port;
    return form_cut_port(text, &host, &port) && form_is_host_part(host) &&
           (port.len == 0 || form_is_port(port, 1));
}

static bool form_is_address(struct fq_str text)
{
    struct fq_str host;
    struct fq_str port;
    if (!form_cut_port(text, &host, &port) || !form_is_port(port, 0))
        return false;
    return form_is_address_of(AF_INET, host) ||
           (fq_str_starts(host, fq_lit("[")) && form_is_host_part(host));
}

/* It is compared as text with what the kernel says. */
static bool form_is_peer(struct fq_str text)
{
    char copy[INET6_ADDRSTRLEN];
    char canonical[INET6_ADDRSTRLEN] = "";
    unsigned char address[sizeof(struct in6_addr)];
    if (text.len == 0 || text.len >= sizeof(copy) || !fq_str_is_line(text))
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    const int family = strchr(copy, ':') != NULL ? AF_INET6 : AF_INET;
    return inet_pton(family, copy, address) == 1 &&
           inet_ntop(family, address, canonical, sizeof(canonical)) != NULL &&
           strcmp(copy, canonical) == 0;
}

static bool form_is_endpoint(struct fq_str text)
{
    if (fq_str_starts(text, fq_lit("ipc://"))) {
        struct fq_str path = fq_str_sub(text, 6, text.len);
        return fq_str_starts(path, fq_lit("/")) && path.len > 1 && path.len <= IPC_PATH_SIZE_MAX &&
               fq_str_is_line(path);
    }
    if (!fq_str_starts(text, fq_lit("tcp://")))
        return false;
    struct fq_str host;
    struct fq_str port;
    if (!form_cut_port(fq_str_sub(text, 6, text.len), &host, &port))
        return false;
    return (fq_str_equal(host, fq_lit("*")) || form_is_host_part(host)) &&
           (fq_str_equal(port, fq_lit("*")) || form_is_port(port, 0));
}

/* ---- URLs ---- */

static bool form_is_loopback(struct fq_str host)
{
    return fq_str_equal(host, fq_lit("localhost")) || fq_str_equal(host, fq_lit("[::1]")) ||
           (fq_str_starts(host, fq_lit("127.")) && form_is_address_of(AF_INET, host));
}

/* An absolute URL without user, query and fragment. */
static bool form_is_url(struct fq_str text)
{
    bool is_plain = fq_str_starts(text, fq_lit("http://"));
    if (text.len > URL_SIZE_MAX || (!is_plain && !fq_str_starts(text, fq_lit("https://"))))
        return false;
    struct fq_str rest = fq_str_sub(text, is_plain ? 7 : 8, text.len);
    struct fq_str authority;
    struct fq_str path;
    struct fq_str host;
    struct fq_str port;
    (void)fq_str_cut(rest, '/', &authority, &path);
    if (!form_is_host(authority) || !form_cut_port(authority, &host, &port))
        return false;
    if (is_plain && !form_is_loopback(host))
        return false;
    return memmem(rest.ptr, rest.len, "//", 2) == NULL &&
           (path.len == 0 ||
            (fq_str_is_word(path, "/._~%-") && memmem(path.ptr, path.len, "..", 2) == NULL));
}

static bool form_is_public_url(struct fq_str text)
{
    return form_is_url(text) && !fq_str_ends(text, fq_lit("/"));
}

static bool form_is_url_prefix(struct fq_str text)
{
    return form_is_url(text) && fq_str_ends(text, fq_lit("/"));
}

/* ---- the forms, in the words of the messages ---- */

const struct fq_conf_form fq_form_any = { "any text", form_is_any };
const struct fq_conf_form fq_form_path = { "the path of a file", form_is_path };
const struct fq_conf_form fq_form_instance = { "2 of 0-9 A-Z a-z", form_is_instance };
const struct fq_conf_form fq_form_order_prefix = { "1..4 of 0-9 A-Z a-z", form_is_order_prefix };
const struct fq_conf_form fq_form_channel = { "1..32 of 0-9 a-z -", form_is_channel };
const struct fq_conf_form fq_form_adapter = { "1..32 of 0-9 a-z _ -", form_is_adapter };
const struct fq_conf_form fq_form_merchant = { "1..32 of 0-9 A-Z a-z _ -", form_is_merchant };
const struct fq_conf_form fq_form_id = { "1..32 of 0-9 a-z -", form_is_channel };
const struct fq_conf_form fq_form_key_id = { "1..64 of 0-9 A-Z a-z _ - .", form_is_key_id };
const struct fq_conf_form fq_form_title = { "one line of 1..64 bytes", form_is_title };
const struct fq_conf_form fq_form_words = { "one line of at most 512 bytes", form_is_words };
const struct fq_conf_form fq_form_bin = { "4..8 digits, or a range of them like 622200-622209",
                                          form_is_bin };
const struct fq_conf_form fq_form_hours = { "two times in Beijing like 01:00-05:30, not the same",
                                            form_is_hours };
const struct fq_conf_form fq_form_client_key = { "a CURVE public key (Z85, 40 characters)",
                                                 form_is_client_key };
const struct fq_conf_form fq_form_host = { "a host in lower case, with or without :port",
                                           form_is_host };
const struct fq_conf_form fq_form_endpoint = { "tcp://HOST:PORT or ipc:///PATH", form_is_endpoint };
const struct fq_conf_form fq_form_address = { "ADDRESS:PORT", form_is_address };
const struct fq_conf_form fq_form_peer = {
    "an IP address in its shortest form like 127.0.0.1 or 2001:db8::1", form_is_peer
};
const struct fq_conf_form fq_form_public_url = {
    "an https URL without '/' at its end (http for loopback hosts only)", form_is_public_url
};
const struct fq_conf_form fq_form_url_prefix = {
    "an https URL that ends in '/' (http for loopback hosts only)", form_is_url_prefix
};
