/* SPDX-License-Identifier: Apache-2.0 */
/* The sandbox's tools by themselves, against genuine certificates, ciphertexts and plans. */
/* cmocka.h needs those before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <openssl/evp.h>

#include "tests/sandbox/base64.h"
#include "tests/sandbox/cert.h"
#include "tests/sandbox/cipher.h"
#include "tests/sandbox/due.h"
#include "tests/sandbox/gbk.h"
#include "tests/sandbox/index.h"
#include "tests/sandbox/key.h"
#include "tests/sandbox/text.h"
#include "tests/sandbox/unit/vectors.h"
#include "tests/sandbox/units.h"

static void test_base64_is_read_strictly(void **state)
{
    static const char *const BAD[] = { "", "QQ", "QQ=", "QQ===", "Q Q=", "QQ==\n", "=QQ=", "QUJ-" };
    size_t size;
    (void)state;
    unsigned char *bytes = base64_decode("QUI=", &size);
    assert_int_equal(size, 2);
    assert_memory_equal(bytes, "AB", 2);
    free(bytes);
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
        assert_null(base64_decode(BAD[i], &size));
}

static void test_genuine_ciphertexts_open_and_come_out_again(void **state)
{
    unsigned char key[CIPHER_KEY_SIZE];
    unsigned n_tried = 0;
    const cJSON *one;
    (void)state;
    cJSON *vector = vector_read("crypto/aes-sm4.json");
    if (vector == NULL)
        skip();
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(vector, "cases"))
    {
        if (strcmp(vector_field(one, "encrypt_type"), "AES") != 0)
            continue;
        assert_true(cipher_read_key(vector_field(one, "key"), key));
        STRING_CLEANUP clear = cipher_open(key, vector_field(one, "ciphertext"));
        STRING_CLEANUP sealed = cipher_seal(key, vector_field(one, "plaintext"));
        assert_string_equal(clear, vector_field(one, "plaintext"));
        assert_string_equal(sealed, vector_field(one, "ciphertext"));
        n_tried++;
    }
    assert_true(n_tried > 0);
    cJSON_Delete(vector);
}

static void test_a_key_has_sixteen_bytes(void **state)
{
    unsigned char key[CIPHER_KEY_SIZE];
    (void)state;
    assert_true(cipher_read_key("AAAAAAAAAAAAAAAAAAAAAA==", key));
    assert_false(cipher_read_key("AAAAAAAAAAAAAAAAAAAA", key));
    assert_false(cipher_read_key("AAAAAAAAAAAAAAAAAAAAAAAA", key));
    assert_false(cipher_read_key("no key", key));
}

static void test_genuine_certificates_have_their_serials(void **state)
{
    char sn[CERT_SN_SIZE];
    const cJSON *one;
    (void)state;
    cJSON *vector = vector_read("certs/cert-sn.json");
    if (vector == NULL)
        skip();
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(vector, "cases"))
    {
        STRING_CLEANUP pem = vector_text(vector_field(one, "file"));
        assert_non_null(pem);
        assert_true(cert_sn(pem, sn));
        assert_string_equal(sn, vector_field(one, "expected_sn"));
    }
    cJSON_Delete(vector);
}

static void test_genuine_bundles_have_theirs_by_their_rsa_roots(void **state)
{
    const cJSON *one;
    (void)state;
    cJSON *vector = vector_read("certs/root-cert-sn.json");
    if (vector == NULL)
        skip();
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(vector, "cases"))
    {
        STRING_CLEANUP pem = vector_text(vector_field(one, "file"));
        assert_non_null(pem);
        STRING_CLEANUP sn = cert_root_sn(pem);
        assert_string_equal(sn, vector_field(one, "expected_root_sn"));
    }
    cJSON_Delete(vector);
}

static void test_what_is_no_certificate_is_told(void **state)
{
    char sn[CERT_SN_SIZE];
    (void)state;
    assert_false(cert_sn("-----BEGIN CERTIFICATE-----\n", sn));
    assert_null(cert_public_key("nothing"));
    STRING_CLEANUP root_sn = cert_root_sn("nothing");
    assert_string_equal(root_sn, "");
}

static int64_t plan_number(const cJSON *one, const char *name)
{
    return (int64_t)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(one, name));
}

static void test_plans_follow_the_published_formula(void **state)
{
    unsigned n_tried = 0;
    const cJSON *one;
    (void)state;
    cJSON *vector = vector_read("fees/huabei-fee-formula.json");
    if (vector == NULL)
        skip();
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(vector, "cases"))
    {
        if (strcmp(vector_field(one, "bearer"), "buyer") != 0)
            continue;
        struct huabei_plan plan =
            huabei_plan(plan_number(one, "amount_cents"), (unsigned)plan_number(one, "n"), false);
        assert_int_equal(plan.fee, plan_number(one, "total_fee"));
        assert_int_equal(plan.each_principal, plan_number(one, "each_principal"));
        assert_int_equal(plan.each_fee, plan_number(one, "each_fee"));
        assert_int_equal(plan.first_principal + plan.first_fee,
                         plan_number(one, "first_instalment_if_remainder_first"));
        n_tried++;
    }
    assert_true(n_tried > 0);
    cJSON_Delete(vector);
}

static void test_a_plan_whose_fee_the_seller_bears_is_the_principal(void **state)
{
    (void)state;
    struct huabei_plan plan = huabei_plan(100000, 6, true);
    assert_int_equal(plan.fee, 0);
    assert_int_equal(plan.first_principal, 16670);
    assert_int_equal(plan.each_principal, 16666);
}

static void test_gbk_replaces_what_it_does_not_know(void **state)
{
    (void)state;
    STRING_CLEANUP gbk = gbk_convert("a元\xf0\x9f\x98\x80");
    assert_string_equal(gbk, "a\xd4\xaa?");
}

static void test_an_index_finds_each_of_many(void **state)
{
    enum { N = 100000 };

    static char keys[N][8];
    struct index index = { 0 };
    (void)state;
    assert_null(index_find(&index, "0"));
    for (unsigned i = 0; i < N; i++) {
        snprintf(keys[i], sizeof(keys[i]), "%u", i);
        index_add(&index, keys[i], keys[i]);
    }
    for (unsigned i = 0; i < N; i++)
        assert_ptr_equal(index_find(&index, keys[i]), keys[i]);
    assert_null(index_find(&index, "100000"));
    index_free(&index);
}

static void test_dues_come_by_time_and_then_by_turn(void **state)
{
    enum { N = 5000 };
    struct due_list list = { 0 };
    uint32_t random = 1;
    (void)state;
    assert_null(due_first(&list));
    for (unsigned i = 0; i < N; i++) {
        random = random * 1664525 + 1013904223;
        due_add(&list, random >> 24, NULL, NULL);
    }
    due_shift(&list, 1000);
    int64_t at = -1000;
    uint64_t turn = 0;
    for (unsigned i = 0; i < N; i++) {
        const struct due *due = due_first(&list);
        assert_true(due->at_unix_ms > at || (due->at_unix_ms == at && due->turn >= turn));
        at = due->at_unix_ms;
        turn = due->turn;
        due_remove_first(&list);
    }
    assert_null(due_first(&list));
    assert_true(at < -700);
    due_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64_is_read_strictly),
        cmocka_unit_test(test_genuine_ciphertexts_open_and_come_out_again),
        cmocka_unit_test(test_a_key_has_sixteen_bytes),
        cmocka_unit_test(test_genuine_certificates_have_their_serials),
        cmocka_unit_test(test_genuine_bundles_have_theirs_by_their_rsa_roots),
        cmocka_unit_test(test_what_is_no_certificate_is_told),
        cmocka_unit_test(test_plans_follow_the_published_formula),
        cmocka_unit_test(test_a_plan_whose_fee_the_seller_bears_is_the_principal),
        cmocka_unit_test(test_gbk_replaces_what_it_does_not_know),
        cmocka_unit_test(test_an_index_finds_each_of_many),
        cmocka_unit_test(test_dues_come_by_time_and_then_by_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
