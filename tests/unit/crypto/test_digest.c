/* SPDX-License-Identifier: Apache-2.0 */
/* Digests and MACs against the answers of their standards. */
#include "tests/unit/crypto/support.h"

static struct fq_str sha256(struct fq_str text, unsigned char digest[32])
{
    fq_sha256(text, digest);
    return (struct fq_str){ (const char *)digest, 32 };
}

static struct fq_str hmac(struct fq_str key, struct fq_str text, unsigned char mac[32])
{
    fq_hmac_sha256(key, text, mac);
    return (struct fq_str){ (const char *)mac, 32 };
}

static void sha256_as_fips_180(void **state)
{
    (void)state;
    unsigned char digest[32];
    assert_bytes(sha256(fq_lit("abc"), digest),
                 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_bytes(sha256(fq_lit("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), digest),
                 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    assert_bytes(sha256((struct fq_str){ NULL, 0 }, digest),
                 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void sha256_of_two_is_of_both_together(void **state)
{
    (void)state;
    unsigned char together[32];
    unsigned char apart[32];
    fq_sha256(fq_lit("abcdef"), together);
    fq_sha256_of2(fq_lit("ab"), fq_lit("cdef"), apart);
    assert_memory_equal(together, apart, 32);
    fq_sha256_of2(fq_lit("cdef"), fq_lit("ab"), apart);
    assert_memory_not_equal(together, apart, 32);
}

static void hmac_as_rfc_4231(void **state)
{
    (void)state;
    unsigned char mac[32];
    char key[131];
    memset(key, 0x0b, 20);
    assert_bytes(hmac((struct fq_str){ key, 20 }, fq_lit("Hi There"), mac),
                 "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_bytes(hmac(fq_lit("Jefe"), fq_lit("what do ya want for nothing?"), mac),
                 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    assert_bytes(hmac((struct fq_str){ key, sizeof(key) },
                      fq_lit("Test Using Larger Than Block-Size Key - Hash Key First"), mac),
                 "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void hmac_of_nothing_does_not_remember_a_key(void **state)
{
    (void)state;
    unsigned char mac[32];
    (void)hmac(fq_lit("another key"), fq_lit("x"), mac);
    assert_bytes(hmac((struct fq_str){ NULL, 0 }, (struct fq_str){ NULL, 0 }, mac),
                 "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void digests_by_kind(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    struct fq_str digest;
    assert_int_equal(fq_digest_make(FQ_DIGEST_SHA256, fq_lit("abc"), arena, &digest), 0);
    assert_bytes(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(fq_digest_make(FQ_DIGEST_MD5, fq_lit("abc"), arena, &digest), 0);
    assert_bytes(digest, "900150983cd24fb0d6963f7d28e17f72"); /* RFC 1321 */
    assert_int_equal(fq_digest_make(FQ_DIGEST_SM3, fq_lit("abc"), arena, &digest), 0);
    assert_bytes(digest, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
}

static void unknown_digest_is_a_fault(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    struct fq_str digest;
    assert_true(fq_digest_make(FQ_DIGEST_UNSET, fq_lit("abc"), arena, &digest) < 0);
    assert_true(fq_digest_make(99, fq_lit("abc"), arena, &digest) < 0);
}

static void digest_without_room_is_a_fault(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(16);
    struct fq_str digest;
    assert_int_equal(fq_digest_make(FQ_DIGEST_SHA256, fq_lit("abc"), arena, &digest), -ENOMEM);
}

static void random_bytes_differ_and_fill_all(void **state)
{
    (void)state;
    static unsigned char seen[32];
    unsigned char one[32];
    unsigned char other[32];
    fq_random(one, sizeof(one));
    fq_random(other, sizeof(other));
    assert_memory_not_equal(one, other, sizeof(one));
    for (int i = 0; i < 64; i++) {
        fq_random(one, sizeof(one));
        for (size_t k = 0; k < sizeof(seen); k++)
            seen[k] |= one[k];
    }
    for (size_t k = 0; k < sizeof(seen); k++)
        assert_int_equal(seen[k], 0xff);
}

static void ready_key_makes_the_same_macs_again_and_again(void **state)
{
    (void)state;
    const struct fq_str keys[] = { fq_lit("Jefe"), fq_lit("another"), { NULL, 0 } };
    const struct fq_str texts[] = { fq_lit("what do ya want for nothing?"),
                                    fq_lit("x"),
                                    { NULL, 0 } };
    for (size_t i = 0; i < fq_array_size(keys); i++) {
        FQ_CLEANUP(fq_mac) *mac = fq_mac_new(keys[i]);
        for (size_t k = 0; k < 2 * fq_array_size(texts); k++) {
            struct fq_str text = texts[k % fq_array_size(texts)];
            unsigned char made[32];
            unsigned char expected[32];
            fq_mac_make(mac, text, made);
            assert_memory_equal(made, hmac(keys[i], text, expected).ptr, 32);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_as_fips_180),
        cmocka_unit_test(sha256_of_two_is_of_both_together),
        cmocka_unit_test(hmac_as_rfc_4231),
        cmocka_unit_test(hmac_of_nothing_does_not_remember_a_key),
        cmocka_unit_test(ready_key_makes_the_same_macs_again_and_again),
        cmocka_unit_test(digests_by_kind),
        cmocka_unit_test(unknown_digest_is_a_fault),
        cmocka_unit_test(digest_without_room_is_a_fault),
        cmocka_unit_test(random_bytes_differ_and_fill_all),
    };
    return cmocka_run_group_tests_name("crypto/digest", tests, NULL, NULL);
}
