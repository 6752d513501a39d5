/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-2-4 against its authors' vectors. */
#include "daemon/base/siphash.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* clang-format on */

static void gives_the_authors_answers(void **state)
{
    (void)state;
    /* Key 00..0f, text 00..(n-1): the reference implementation's vectors 0, 1, 8 and 15. */
    static const uint64_t key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
    char text[15];
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)i;
    assert_true(fq_siphash(key, (struct fq_str){ NULL, 0 }) == 0x726fdb47dd0e0e31);
    assert_true(fq_siphash(key, (struct fq_str){ text, 1 }) == 0x74f839c593dc67fd);
    assert_true(fq_siphash(key, (struct fq_str){ text, 8 }) == 0x93f5f5799a932462);
    assert_true(fq_siphash(key, (struct fq_str){ text, 15 }) == 0xa129ca6149be45e5);
}

static void depends_on_the_key(void **state)
{
    (void)state;
    static const uint64_t one[2] = { 1, 2 };
    static const uint64_t other[2] = { 1, 3 };
    assert_false(fq_siphash(one, fq_lit("text")) == fq_siphash(other, fq_lit("text")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_authors_answers),
        cmocka_unit_test(depends_on_the_key),
    };
    return cmocka_run_group_tests_name("base/siphash", tests, NULL, NULL);
}
