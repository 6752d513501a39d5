/* SPDX-License-Identifier: Apache-2.0 */
/* Which believed certificates are known again, when, and for how long. */
#include <pthread.h>

#include "daemon/plugin/leafs.h"
#include "tests/unit/plugin/fixture.h"

/* A leaf that is valid for two days, under a root of ten years; both begin now. */
struct bench {
    struct fixture *fixture;
    struct fq_keyring *leaf;
    struct fq_leafs *leafs;
    struct fq_leafs_name name;
    int64_t now_ms;
};

#define DAY_MS INT64_C(86400000)

static void bench_make_leaf(struct bench *bench)
{
    char command[1024];
    (void)snprintf(command, sizeof(command),
                   "cd %s && openssl req -x509 -new -key platform.key -subj /CN=Root -days 3650 "
                   "-out root.pem && openssl req -new -key ours.key -subj /CN=pay.example -out "
                   "leaf.csr && openssl x509 -req -in leaf.csr -CA root.pem -CAkey platform.key "
                   "-set_serial 4711 -days 2 -out leaf.pem 2>openssl.log",
                   bench->fixture->folder);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): the test's own folder
}

static struct fq_str bench_file(struct bench *bench, const char *name)
{
    char *text = fq_arena_alloc(bench->fixture->arena, 16384);
    FILE *file = fopen(fixture_path(bench->fixture, name).ptr, "re");
    assert_non_null(text);
    assert_non_null(file);
    size_t len = fread(text, 1, 16384, file);
    assert_int_equal(fclose(file), 0);
    return (struct fq_str){ text, len };
}

static int64_t bench_made_ms(struct bench *bench)
{
    struct stat file = { 0 };
    assert_int_equal(stat(fixture_path(bench->fixture, "leaf.pem").ptr, &file), 0);
    return (int64_t)file.st_mtime * 1000;
}

static int bench_setup(void **state)
{
    struct bench *bench = fq_zalloc(sizeof(*bench));
    void *fixture = NULL;
    FQ_CLEANUP(fq_keyring) *ring = fq_keyring_new();
    const char *reason = NULL;
    (void)fixture_setup(&fixture, "adapters");
    bench->fixture = fixture;
    bench->fixture->arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    bench_make_leaf(bench);
    bench->now_ms = bench_made_ms(bench) + 1000;
    struct fq_str certificate = bench_file(bench, "leaf.pem");
    assert_int_equal(fq_keyring_add(ring, "roots", FQ_KEY_ROOTS, bench_file(bench, "root.pem")), 0);
    const struct fq_chain_rule rule = { "roots", NULL, fq_lit("pay"), bench->now_ms };
    assert_int_equal(fq_chain_verify(ring, &rule, certificate, &bench->leaf, &reason), 0);
    bench->name = fq_leafs_name(certificate, "roots", fq_lit("pay"));
    fq_arena_free(FQ_TAKE(bench->fixture->arena));
    *state = bench;
    return 0;
}

static int bench_teardown(void **state)
{
    static const char *const names[] = { "root.pem", "leaf.csr", "leaf.pem" };
    struct bench *bench = *state;
    void *fixture = bench->fixture;
    char path[128];
    for (size_t i = 0; i < fq_array_size(names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", bench->fixture->folder, names[i]);
        assert_int_equal(unlink(path), 0);
    }
    (void)fixture_teardown(&fixture);
    fq_keyring_free(bench->leaf);
    fq_free(bench);
    return 0;
}

static int bench_begin(void **state)
{
    struct bench *bench = *state;
    bench->leafs = fq_leafs_new();
    return 0;
}

static int bench_end(void **state)
{
    struct bench *bench = *state;
    fq_leafs_free(FQ_TAKE(bench->leafs));
    return 0;
}

static bool bench_knows(struct bench *bench, const struct fq_leafs_name *name, int64_t at_unix_ms)
{
    FQ_CLEANUP(fq_keyring) *leaf = fq_leafs_find(bench->leafs, name, at_unix_ms);
    return leaf != NULL;
}

static struct fq_leafs_name bench_name(size_t i)
{
    char rule[24];
    (void)snprintf(rule, sizeof(rule), "rule %zu", i);
    return fq_leafs_name(fq_lit("certificate"), "roots", fq_str_of(rule));
}

/* ---- which ---- */

static void test_what_was_kept_is_known(void **state)
{
    struct bench *bench = *state;
    assert_false(bench_knows(bench, &bench->name, bench->now_ms));
    fq_leafs_keep(bench->leafs, &bench->name, bench->leaf);
    FQ_CLEANUP(fq_keyring) *leaf = fq_leafs_find(bench->leafs, &bench->name, bench->now_ms);
    assert_ptr_equal(leaf, bench->leaf);
}

static void test_every_word_counts(void **state)
{
    (void)state;
    const struct fq_leafs_name names[] = {
        fq_leafs_name(fq_lit("certificate"), "roots", fq_lit("rule")),
        fq_leafs_name(fq_lit("certificate "), "roots", fq_lit("rule")),
        fq_leafs_name(fq_lit("certificate"), "roots2", fq_lit("rule")),
        fq_leafs_name(fq_lit("certificate"), "roots", fq_lit("rule2")),
        fq_leafs_name(fq_lit("certificate"), "roots", fq_lit("")),
        fq_leafs_name(fq_lit("certificate"), "root", fq_lit("srule")),
        fq_leafs_name(fq_lit("certificate"), "roots", fq_lit("rule\0x")),
        fq_leafs_name(fq_lit("certificateroots"), "", fq_lit("rule")),
    };
    for (size_t i = 0; i < fq_array_size(names); i++) {
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(&names[i], &names[k], sizeof(names[i]));
    }
    const struct fq_leafs_name again =
        fq_leafs_name(fq_lit("certificate"), "roots", fq_lit("rule"));
    assert_memory_equal(&again, &names[0], sizeof(again));
}

/* ---- when ---- */

static void test_it_is_known_only_while_the_chain_is_valid(void **state)
{
    struct bench *bench = *state;
    fq_leafs_keep(bench->leafs, &bench->name, bench->leaf);
    assert_true(bench_knows(bench, &bench->name, bench->now_ms + DAY_MS));
    assert_false(bench_knows(bench, &bench->name, bench->now_ms + 3 * DAY_MS));
    assert_false(bench_knows(bench, &bench->name, bench->now_ms - DAY_MS));
}

/* ---- for how long ---- */

static void test_the_oldest_gives_way(void **state)
{
    struct bench *bench = *state;
    for (size_t i = 0; i < FQ_LEAFS_MAX + 1; i++) {
        const struct fq_leafs_name name = bench_name(i);
        fq_leafs_keep(bench->leafs, &name, bench->leaf);
    }
    for (size_t i = 0; i < FQ_LEAFS_MAX + 1; i++) {
        const struct fq_leafs_name name = bench_name(i);
        assert_int_equal(bench_knows(bench, &name, bench->now_ms), i > 0);
    }
}

static void test_one_name_takes_one_place(void **state)
{
    struct bench *bench = *state;
    const struct fq_leafs_name first = bench_name(0);
    const struct fq_leafs_name second = bench_name(1);
    fq_leafs_keep(bench->leafs, &first, bench->leaf);
    for (size_t i = 0; i < 2 * FQ_LEAFS_MAX; i++)
        fq_leafs_keep(bench->leafs, &second, bench->leaf);
    assert_true(bench_knows(bench, &first, bench->now_ms));
    assert_true(bench_knows(bench, &second, bench->now_ms));
}

static void test_what_was_found_outlives_the_cache(void **state)
{
    struct bench *bench = *state;
    FQ_CLEANUP(fq_arena) *arena = fq_arena_new(65536);
    struct fq_keyring *only = fq_keyring_new();
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/leaf.pem", bench->fixture->folder);
    struct fq_str serial;
    FQ_CLEANUP(fq_keyring) *found = NULL;
    assert_int_equal(fq_keyring_load(only, "leaf", FQ_KEY_PUBLIC_VERIFY, path), 0);
    fq_leafs_keep(bench->leafs, &bench->name, bench->leaf);
    found = fq_leafs_find(bench->leafs, &bench->name, bench->now_ms);
    for (size_t i = 0; i < FQ_LEAFS_MAX; i++) {
        const struct fq_leafs_name name = bench_name(i);
        fq_leafs_keep(bench->leafs, &name, only);
    }
    fq_keyring_free(only);
    assert_false(bench_knows(bench, &bench->name, bench->now_ms));
    fq_leafs_free(FQ_TAKE(bench->leafs));
    assert_int_equal(
        fq_keyring_cert_field(found, "leaf", 0, FQ_CERT_SERIAL_DECIMAL, arena, &serial), 0);
    fixture_assert_text(serial, "4711");
}

static void *bench_use(void *context)
{
    struct bench *bench = context;
    for (size_t i = 0; i < 500; i++) {
        const struct fq_leafs_name name = bench_name(i % (FQ_LEAFS_MAX + 4));
        FQ_CLEANUP(fq_keyring) *leaf = fq_leafs_find(bench->leafs, &name, bench->now_ms);
        if (leaf == NULL)
            fq_leafs_keep(bench->leafs, &name, bench->leaf);
        else if (!fq_keyring_has(leaf, "leaf"))
            return bench;
    }
    return NULL;
}

static void test_many_threads_share_it(void **state)
{
    struct bench *bench = *state;
    pthread_t threads[4];
    for (size_t i = 0; i < fq_array_size(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, bench_use, bench), 0);
    for (size_t i = 0; i < fq_array_size(threads); i++) {
        void *wrong = NULL;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
}

#define LEAFS_TEST(name) cmocka_unit_test_setup_teardown(name, bench_begin, bench_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LEAFS_TEST(test_what_was_kept_is_known),
        LEAFS_TEST(test_every_word_counts),
        LEAFS_TEST(test_it_is_known_only_while_the_chain_is_valid),
        LEAFS_TEST(test_the_oldest_gives_way),
        LEAFS_TEST(test_one_name_takes_one_place),
        LEAFS_TEST(test_what_was_found_outlives_the_cache),
        LEAFS_TEST(test_many_threads_share_it),
    };
    return cmocka_run_group_tests_name("plugin/leafs", tests, bench_setup, bench_teardown);
}
