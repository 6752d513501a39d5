/* SPDX-License-Identifier: Apache-2.0 */
/* A small right configuration, and one mistake at a time in it. */
#ifndef TESTS_UNIT_CONF_FIXTURE_H
#define TESTS_UNIT_CONF_FIXTURE_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <string.h>

#include "daemon/conf/load.h"

#define FIXTURE_MAYBE __attribute__((unused)) static
#define LINES(array)  (array), fq_array_size(array)

#define KEY_A "C$LY<^%&ghhQ8<9v{BRW8coVWqc35Ri&r4?RqP}Y"
#define KEY_B "0$LY<^%&ghhQ8<9v{BRW8coVWqc35Ri&r4?RqP}Y"

FIXTURE_MAYBE const char *const main_lines[] = {
    "instance = \"01\";",                                               /* 1 */
    "order_prefix = \"P\";",                                            /* 2 */
    "front: {",                                                         /* 3 */
    "  curve_secret_file = \"keys/curve\";",                            /* 4 */
    "};",                                                               /* 5 */
    "web: {",                                                           /* 6 */
    "  public_url = \"https://pay.example.com\";",                      /* 7 */
    "};",                                                               /* 8 */
    "signing: {",                                                       /* 9 */
    "  token_key_file = \"/run/keys/token\";",                          /* 10 */
    "  keys = ( { id = \"k1\"; file = \"k1.pem\"; } );",                /* 11 */
    "};",                                                               /* 12 */
    "channels = ( {",                                                   /* 13 */
    "  name = \"huabei\"; adapter = \"huabei\";",                       /* 14 */
    "  hosts = [ \"openapi.alipay.com\" ]; amount_max = \"500.00\";",   /* 15 */
    "  settings: { app_id = \"2021\"; };",                              /* 16 */
    "  keys: { app = \"app.pem\"; };",                                  /* 17 */
    "  rates = (",                                                      /* 18 */
    "    { instalments = 3; bearer = \"buyer\"; rate = \"2.30%\"; },",  /* 19 */
    "    { instalments = 3; bearer = \"merchant\"; rate = \"1.8%\"; }", /* 20 */
    "  );",                                                             /* 21 */
    "} );",                                                             /* 22 */
    "",                                                                 /* 23 */
};

FIXTURE_MAYBE const char *const merchant_lines[] = {
    "id = \"shop\";",                                        /* 1 */
    "name = \"Shop\";",                                      /* 2 */
    "client_keys = [ \"" KEY_A "\" ];",                      /* 3 */
    "channels = [ \"huabei\" ];",                            /* 4 */
    "return_urls = [ \"https://shop.example.com/paid/\" ];", /* 5 */
    "",                                                      /* 6 */
};

struct change {
    unsigned int line;
    const char *text;
};

/* The lines as one text, some of them replaced. */
FIXTURE_MAYBE struct fq_str text_of(const char *const *lines, size_t n_lines,
                                    const struct change *changes, size_t n_changes)
{
    static char text[8192];
    size_t len = 0;
    for (size_t i = 0; i < n_lines; i++) {
        const char *line = lines[i];
        for (size_t k = 0; k < n_changes; k++)
            line = changes[k].line == i + 1 ? changes[k].text : line;
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n", line);
    }
    return (struct fq_str){ text, len };
}

FIXTURE_MAYBE int load_with(const struct change *main_changes, size_t n_main,
                            const struct change *merchant_changes, size_t n_merchant,
                            struct fq_conf **ret, struct fq_conf_errors **ret_errors)
{
    FQ_CLEANUP(fq_conf_load) *load = fq_conf_load_new();
    struct fq_str text = text_of(main_lines, fq_array_size(main_lines), main_changes, n_main);
    if (fq_conf_load_main(load, "/etc/fenqid/t.conf", text)) {
        text = text_of(merchant_lines, fq_array_size(merchant_lines), merchant_changes, n_merchant);
        fq_conf_load_merchant(load, "/etc/fenqid/m.conf", text);
    }
    return fq_conf_load_finish(load, ret, ret_errors);
}

FIXTURE_MAYBE void expect_lines(const struct fq_conf_errors *errors, const char *const *lines,
                                size_t n)
{
    for (size_t i = 0; i < errors->n && i < n; i++)
        assert_string_equal(errors->lines[i].ptr, lines[i]);
    assert_int_equal(errors->n, n);
}

/* One line of the main file replaced: one mistake, told exactly so. */
FIXTURE_MAYBE void expect_mistake(unsigned int line, const char *text, const char *expected)
{
    struct fq_conf *conf = NULL;
    FQ_CLEANUP(fq_conf_errors) *errors = NULL;
    const struct change change = { line, text };
    assert_int_equal(load_with(&change, 1, NULL, 0, &conf, &errors), FQ_CONF_E_INVALID);
    expect_lines(errors, &expected, 1);
}

FIXTURE_MAYBE void expect_merchant_mistake(unsigned int line, const char *text,
                                           const char *expected)
{
    struct fq_conf *conf = NULL;
    FQ_CLEANUP(fq_conf_errors) *errors = NULL;
    const struct change change = { line, text };
    assert_int_equal(load_with(NULL, 0, &change, 1, &conf, &errors), FQ_CONF_E_INVALID);
    expect_lines(errors, &expected, 1);
}

FIXTURE_MAYBE struct fq_conf *expect_right(const struct change *change)
{
    struct fq_conf *conf = NULL;
    struct fq_conf_errors *errors = NULL;
    assert_int_equal(load_with(change, change != NULL ? 1 : 0, NULL, 0, &conf, &errors), 0);
    assert_null(errors);
    return conf;
}

FIXTURE_MAYBE void assert_text(struct fq_str text, const char *expected)
{
    assert_string_equal(text.ptr, expected);
    assert_int_equal(text.len, strlen(expected));
}

#endif
