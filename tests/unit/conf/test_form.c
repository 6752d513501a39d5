/* SPDX-License-Identifier: Apache-2.0 */
/* Forms of hosts, addresses, URLs and keys: what fits, and what does not. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "daemon/base/mem.h"
#include "daemon/conf/form.h"

static void expect(const struct fq_conf_form *form, bool fits, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (form->fits(fq_str_of(texts[i])) != fits)
            fail_msg("\"%s\": %s", texts[i], form->must);
    }
}

#define expect_all(form, fits, ...)                               \
    expect(&(form), (fits), (const char *const[]){ __VA_ARGS__ }, \
           fq_array_size(((const char *const[]){ __VA_ARGS__ })))

static void hosts(void **state)
{
    (void)state;
    expect_all(fq_form_host, true, "openapi.alipay.com", "localhost:8443", "127.0.0.1", "a",
               "[::1]:443", "[::1]");
    expect_all(fq_form_host, false, "", "OpenAPI.alipay.com", "host:", "host:0", "host:65536",
               "host:1:2", "https://host", "host/", "user@host", ".host", "host.", "a..b", "[::1",
               "[]", "[::1]443", "[zz]", "ho st", "host:443 ");
}

static void addresses(void **state)
{
    (void)state;
    expect_all(fq_form_address, true, "127.0.0.1:8080", "0.0.0.0:0", "[::1]:0");
    expect_all(fq_form_address, false, "127.0.0.1", "localhost:80", ":80", "::1:80",
               "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:080");
}

static void peers(void **state)
{
    (void)state;
    expect_all(fq_form_peer, true, "127.0.0.1", "10.0.0.9", "::1", "2001:db8::1");
    expect_all(fq_form_peer, false, "", "localhost", "127.0.0.1:80", "127.1", "127.0.0.01", "[::1]",
               "0:0:0:0:0:0:0:1", "2001:DB8::1", "10.0.0.0/8", "*", "127.0.0.1 ");
}

static void endpoints(void **state)
{
    (void)state;
    expect_all(fq_form_endpoint, true, "tcp://127.0.0.1:7766", "tcp://*:7766", "tcp://10.0.0.5:*",
               "tcp://[::1]:0", "ipc:///run/fenqid/front");
    expect_all(fq_form_endpoint, false, "inproc://x", "tcp://127.0.0.1", "tcp://:7766", "ipc://x",
               "ipc:///", "udp://127.0.0.1:1", "tcp://127.0.0.1:77660");
}

static void public_urls(void **state)
{
    (void)state;
    expect_all(fq_form_public_url, true, "https://pay.example.com", "https://pay.example.com:8443",
               "https://pay.example.com/fenqi", "http://localhost:8080", "http://127.0.0.1:1",
               "http://[::1]:8080");
    expect_all(fq_form_public_url, false, "https://pay.example.com/", "http://pay.example.com",
               "http://127.evil.example", "http://localhost.example.com", "https://",
               "pay.example.com", "ftp://pay.example.com", "https://u@pay.example.com",
               "https://pay.example.com?x", "https://pay.example.com/#x", "https://Pay.example.com",
               "https://pay.example.com/a b");
}

static void url_prefixes(void **state)
{
    (void)state;
    expect_all(fq_form_url_prefix, true, "https://shop.example.com/",
               "https://shop.example.com/a/b/", "http://localhost:3000/");
    expect_all(fq_form_url_prefix, false, "https://shop.example.com", "https://shop.example.com/a",
               "http://shop.example.com/", "https://shop.example.com/../",
               "https://shop.example.com//", "https://shop.example.com/?a=/");
}

static void client_keys(void **state)
{
    (void)state;
    expect_all(fq_form_client_key, true, "C$LY<^%&ghhQ8<9v{BRW8coVWqc35Ri&r4?RqP}Y");
    expect_all(fq_form_client_key, false, "", "C$LY<^%&ghhQ8<9v{BRW8coVWqc35Ri&r4?RqP}",
               "C$LY<^%&ghhQ8<9v{BRW8coVWqc35Ri&r4?RqP}YY",
               "C$LY<^%&ghhQ8<9v{BRW8coVWqc35Ri&r4?RqP\"Y",
               "#####^%&ghhQ8<9v{BRW8coVWqc35Ri&r4?RqP}Y");
}

static void names(void **state)
{
    (void)state;
    expect_all(fq_form_channel, true, "huabei", "huabei-2", "0");
    expect_all(fq_form_channel, false, "", "Huabei", "hua_bei", "a/b", "..",
               "a23456789012345678901234567890123");
    expect_all(fq_form_adapter, false, "../evil", "a/b", "a.so", "");
    expect_all(fq_form_instance, false, "1", "001", "0-");
    expect_all(fq_form_title, true, "花呗商店");
    expect_all(fq_form_title, false, "", "two\nlines");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts),       cmocka_unit_test(addresses),
        cmocka_unit_test(peers),       cmocka_unit_test(endpoints),
        cmocka_unit_test(public_urls), cmocka_unit_test(url_prefixes),
        cmocka_unit_test(client_keys), cmocka_unit_test(names),
    };
    return cmocka_run_group_tests_name("conf: form", tests, NULL, NULL);
}
