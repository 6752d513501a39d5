/* SPDX-License-Identifier: Apache-2.0 */
/* Personal data at rest: what comes back, and what is refused. */
#include <pthread.h>

#include "daemon/crypto/box.h"
#include "daemon/crypto/keyring.h"
#include "tests/unit/crypto/support.h"

#define OLD_KEY "aa4BtZ4tspm2wnXLb1ThQGmuAbWeLbKZtsJ1y29U4UA=\n"
#define NEW_KEY "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"

static const struct fq_str place = { "payer/p1", 8 };
static const struct fq_str secret = { "身份证 110101199003070000", 28 };

static struct bench {
    struct fq_arena *arena;
    struct folder folder;
    struct fq_box *old_box; /* the old key */
    struct fq_box *new_box; /* the new one first, then the old one */
} bench;

static int load(struct fq_box *box, const char *text, mode_t mode)
{
    const char *path = folder_write(&bench.folder, "key", fq_str_of(text), mode, bench.arena);
    return fq_box_load(box, path);
}

static int begin(void **state)
{
    (void)state;
    bench.arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    folder_make(&bench.folder);
    bench.old_box = fq_box_new();
    bench.new_box = fq_box_new();
    assert_int_equal(load(bench.old_box, OLD_KEY, 0600), 0);
    assert_int_equal(load(bench.new_box, NEW_KEY, 0600), 0);
    assert_int_equal(load(bench.new_box, OLD_KEY, 0600), 0);
    return 0;
}

static int end(void **state)
{
    static const char *const names[] = { "key" };
    (void)state;
    fq_box_free(bench.old_box);
    fq_box_free(bench.new_box);
    folder_remove(&bench.folder, names, fq_array_size(names));
    fq_arena_free(bench.arena);
    return 0;
}

static struct fq_str seal(const struct fq_box *box, struct fq_str aad, struct fq_str plain)
{
    struct fq_str sealed = { NULL, 0 };
    assert_int_equal(fq_box_seal(box, aad, plain, bench.arena, &sealed), 0);
    assert_int_equal(sealed.len, plain.len + FQ_BOX_OVERHEAD);
    return sealed;
}

static int open_box(const struct fq_box *box, struct fq_str aad, struct fq_str sealed)
{
    struct fq_str plain = { NULL, 0 };
    int r = fq_box_open(box, aad, sealed, bench.arena, &plain);
    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(plain.ptr != NULL, r == 0);
    return r;
}

/* ---- what comes back ---- */

static void what_was_sealed_comes_back(void **state)
{
    (void)state;
    char bytes[70];
    memset(bytes, 'x', sizeof(bytes));
    for (size_t len = 0; len < sizeof(bytes); len += 3) {
        struct fq_str plain;
        struct fq_str sealed = seal(bench.old_box, place, (struct fq_str){ bytes, len });
        assert_int_equal(fq_box_open(bench.old_box, place, sealed, bench.arena, &plain), 0);
        assert_non_null(plain.ptr);
        assert_int_equal(plain.len, len);
        assert_memory_equal(plain.ptr, bytes, len);
    }
}

static void nothing_of_the_text_shows(void **state)
{
    (void)state;
    struct fq_str sealed = seal(bench.old_box, place, secret);
    assert_null(memmem(sealed.ptr, sealed.len, "1990", 4));
}

static void the_same_text_never_looks_the_same(void **state)
{
    (void)state;
    struct fq_str a = seal(bench.old_box, place, secret);
    struct fq_str b = seal(bench.old_box, place, secret);
    assert_memory_equal(a.ptr, b.ptr, 5);
    assert_memory_not_equal(a.ptr + 5, b.ptr + 5, 12);
    assert_memory_not_equal(a.ptr + 17, b.ptr + 17, secret.len);
}

/* Version, id, nonce, ciphertext, tag; authenticated: version, id, the caller's text. */
static void layout_is_plain_aes_256_gcm(void **state)
{
    (void)state;
    unsigned char key[32];
    char plain[64];
    int n = 0;
    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (unsigned char)i; /* NEW_KEY */
    struct fq_str sealed = seal(bench.new_box, place, secret);
    const unsigned char *at = (const unsigned char *)sealed.ptr;
    assert_int_equal(at[0], 1);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, at + 5), 1);
    assert_int_equal(EVP_DecryptUpdate(context, NULL, &n, at, 5), 1);
    assert_int_equal(
        EVP_DecryptUpdate(context, NULL, &n, (const unsigned char *)place.ptr, (int)place.len), 1);
    assert_int_equal(
        EVP_DecryptUpdate(context, (unsigned char *)plain, &n, at + 17, (int)secret.len), 1);
    assert_int_equal(
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, fq_unconst(at + 17 + secret.len)),
        1);
    assert_int_equal(EVP_DecryptFinal_ex(context, (unsigned char *)plain + n, &n), 1);
    EVP_CIPHER_CTX_free(context);
    assert_memory_equal(plain, secret.ptr, secret.len);
}

/* ---- what is refused ---- */

static void every_altered_byte_is_refused(void **state)
{
    (void)state;
    struct fq_str sealed = seal(bench.old_box, place, secret);
    for (size_t i = 0; i < sealed.len; i++) {
        struct fq_str altered = fq_arena_copy(bench.arena, sealed);
        ((char *)fq_unconst(altered.ptr))[i] ^= 1;
        assert_int_equal(open_box(bench.old_box, place, altered), FQ_BOX_E_REFUSED);
    }
    assert_int_equal(open_box(bench.old_box, place, sealed), 0);
}

static void every_other_length_is_refused(void **state)
{
    (void)state;
    struct fq_str sealed = seal(bench.old_box, place, secret);
    for (size_t len = 0; len < sealed.len; len++)
        assert_int_equal(open_box(bench.old_box, place, fq_str_sub(sealed, 0, len)),
                         FQ_BOX_E_REFUSED);
    /* One byte more, a NUL: the arena's copy has one there. */
    struct fq_str longer = fq_arena_copy(bench.arena, sealed);
    longer.len++;
    assert_int_equal(open_box(bench.old_box, place, longer), FQ_BOX_E_REFUSED);
    assert_int_equal(open_box(bench.old_box, place, (struct fq_str){ NULL, 0 }), FQ_BOX_E_REFUSED);
}

static void another_place_is_refused(void **state)
{
    (void)state;
    struct fq_str sealed = seal(bench.old_box, place, secret);
    struct fq_str placeless = seal(bench.old_box, fq_lit(""), secret);
    assert_int_equal(open_box(bench.old_box, fq_lit("payer/p2"), sealed), FQ_BOX_E_REFUSED);
    assert_int_equal(open_box(bench.old_box, fq_lit("payer/p"), sealed), FQ_BOX_E_REFUSED);
    assert_int_equal(open_box(bench.old_box, fq_lit(""), sealed), FQ_BOX_E_REFUSED);
    assert_int_equal(open_box(bench.old_box, place, placeless), FQ_BOX_E_REFUSED);
    assert_int_equal(open_box(bench.old_box, fq_lit(""), placeless), 0);
}

static void unproven_text_does_not_stay_in_memory(void **state)
{
    (void)state;
    char guard[40];
    struct fq_str sealed = seal(bench.old_box, place, secret);
    struct fq_str altered = fq_arena_copy(bench.arena, sealed);
    ((char *)fq_unconst(altered.ptr))[altered.len - 1] ^= 1; /* the tag: the text itself is whole */
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(4096);
    char *before = fq_arena_alloc(arena, 16);
    assert_int_equal(fq_box_open(bench.old_box, place, altered, arena, &(struct fq_str){ 0 }),
                     FQ_BOX_E_REFUSED);
    char *after = fq_arena_alloc(arena, 16);
    assert_true(after > before);
    size_t size = (size_t)(after - before) - 16;
    assert_in_range(size, secret.len, sizeof(guard));
    memcpy(guard, before + 16, secret.len);
    assert_null(memmem(guard, secret.len, "1990", 4));
}

/* ---- keys ---- */

static void the_first_key_seals_and_all_open(void **state)
{
    (void)state;
    struct fq_str before = seal(bench.old_box, place, secret);
    struct fq_str after = seal(bench.new_box, place, secret);
    assert_int_equal(open_box(bench.new_box, place, before), 0);
    assert_int_equal(open_box(bench.new_box, place, after), 0);
    assert_int_equal(open_box(bench.old_box, place, after), FQ_BOX_E_REFUSED);
}

static void without_a_key_nothing_is_sealed_or_opened(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_box) *empty = fq_box_new();
    struct fq_str sealed = seal(bench.old_box, place, secret);
    struct fq_str ret;
    assert_true(fq_box_seal(empty, place, secret, bench.arena, &ret) < 0);
    assert_int_equal(open_box(empty, place, sealed), FQ_BOX_E_REFUSED);
}

static void keys_are_of_32_bytes_in_base64(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_box) *box = fq_box_new();
    assert_int_equal(load(box, "", 0600), FQ_KEYRING_E_FORMAT);
    assert_int_equal(load(box, "aa4BtZ4tspm2wnXLb1ThQA==", 0600), FQ_KEYRING_E_FORMAT);
    assert_int_equal(load(box, "AA" OLD_KEY, 0600), FQ_KEYRING_E_FORMAT);
    assert_int_equal(load(box, "not base64!", 0600), FQ_KEYRING_E_FORMAT);
    assert_int_equal(fq_box_load(box, "/nonexistent/key"), FQ_KEYRING_E_UNREADABLE);
    assert_int_equal(load(box, OLD_KEY, 0600), 0);
    assert_int_equal(load(box, " " OLD_KEY, 0600), FQ_KEYRING_E_DUPLICATE);
}

static void keys_open_to_others_are_refused(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_box) *box = fq_box_new();
    assert_int_equal(load(box, OLD_KEY, 0644), FQ_KEYRING_E_MODE);
    assert_int_equal(load(box, OLD_KEY, 0660), FQ_KEYRING_E_MODE);
    assert_int_equal(load(box, OLD_KEY, 0640), 0);
}

/* ---- limits ---- */

static void what_does_not_fit_is_a_fault(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_arena) *small = fq_arena_new(64);
    struct fq_str sealed = seal(bench.old_box, place, secret);
    struct fq_str ret;
    (void)fq_arena_alloc(small, 64);
    assert_true(fq_box_seal(bench.old_box, place, secret, small, &ret) < 0);
    assert_true(fq_box_open(bench.old_box, place, sealed, small, &ret) < 0);
}

static void *use_on_thread(void *unused)
{
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    (void)unused;
    for (int i = 0; i < 200; i++) {
        struct fq_str sealed, plain;
        if (fq_box_seal(bench.new_box, place, secret, arena, &sealed) != 0 ||
            fq_box_open(bench.new_box, place, sealed, arena, &plain) != 0 ||
            !fq_str_equal(plain, secret))
            return bench.arena;
    }
    return NULL;
}

static void many_threads_share_a_box(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (size_t i = 0; i < fq_array_size(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_on_thread, NULL), 0);
    for (size_t i = 0; i < fq_array_size(threads); i++) {
        void *wrong = NULL;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
}

#define box_test(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        box_test(what_was_sealed_comes_back),
        box_test(nothing_of_the_text_shows),
        box_test(the_same_text_never_looks_the_same),
        box_test(layout_is_plain_aes_256_gcm),
        box_test(every_altered_byte_is_refused),
        box_test(every_other_length_is_refused),
        box_test(another_place_is_refused),
        box_test(unproven_text_does_not_stay_in_memory),
        box_test(the_first_key_seals_and_all_open),
        box_test(without_a_key_nothing_is_sealed_or_opened),
        box_test(keys_are_of_32_bytes_in_base64),
        box_test(keys_open_to_others_are_refused),
        box_test(what_does_not_fit_is_a_fault),
        box_test(many_threads_share_a_box),
    };
    return cmocka_run_group_tests_name("crypto/box", tests, NULL, NULL);
}
