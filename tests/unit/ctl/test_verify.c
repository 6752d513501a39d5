/* SPDX-License-Identifier: Apache-2.0 */
/* The signed status of a return URL, proven offline: what is believed, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/base/clock.h"
#include "daemon/crypto/crypto.h"
#include "daemon/crypto/seal.h"
#include "daemon/ctl/ctl.h"

#define STATUS_TYPE "application/vnd.fenqi.v1.status"
#define KEY_ID      "key.1"

static struct bench {
    struct fq_arena *arena;
    char folder[32];
    const char *keys; /* the file of pinned keys */
    struct fq_sealer *sealer;
} bench;

static const char *bench_path(const char *name)
{
    return fq_arena_printf(bench.arena, "%s/%s", bench.folder, name).ptr;
}

static const char *bench_make_key(const char *name, const char *key_id, bool is_ours)
{
    struct fq_str pem, raw;
    const char *public_file = bench_path(fq_arena_printf(bench.arena, "%s.public", name).ptr);
    const char *secret_file = bench_path(fq_arena_printf(bench.arena, "%s.pem", name).ptr);
    assert_int_equal(fq_seal_keygen(bench.arena, &pem, &raw), 0);
    struct fq_str line =
        fq_arena_printf(bench.arena, "%s %s\n", key_id, fq_base64_encode(raw, bench.arena).ptr);
    assert_int_equal(ctl_file_make(public_file, false, line), 0);
    assert_int_equal(ctl_file_make(secret_file, true, pem), 0);
    if (is_ours)
        assert_int_equal(fq_sealer_load(bench.sealer, key_id, secret_file, true), 0);
    return public_file;
}

static int setup(void **state)
{
    (void)state;
    bench = (struct bench){ .arena = fq_arena_new(FQ_ARENA_SIZE_MAX),
                            .folder = "/tmp/fenqi-ctl-XXXXXX",
                            .sealer = fq_sealer_new() };
    assert_non_null(mkdtemp(bench.folder));
    bench.keys = bench_make_key("ours", KEY_ID, true);
    return 0;
}

static int teardown(void **state)
{
    static const char *const files[] = { "ours.public", "ours.pem", "other.public", "other.pem" };
    (void)state;
    for (size_t i = 0; i < fq_array_size(files); i++)
        (void)unlink(bench_path(files[i]));
    assert_int_equal(rmdir(bench.folder), 0);
    fq_sealer_free(bench.sealer);
    fq_arena_free(bench.arena);
    return 0;
}

/* ---- statuses ---- */

static const char *bench_base64url(struct fq_str bytes)
{
    struct fq_str text = fq_base64_encode(bytes, bench.arena);
    char *copy = strndup(text.ptr, text.len);
    for (char *at = copy; *at != '\0'; at++)
        *at = (char)(*at == '+' ? '-' : *at == '/' ? '_' : *at == '=' ? '\0' : *at);
    const char *kept = fq_arena_copy(bench.arena, fq_str_of(copy)).ptr;
    free(copy);
    return kept;
}

static const char *bench_sign(const char *type, struct fq_str facts)
{
    struct fq_seal *seals = NULL;
    size_t n_seals = 0;
    assert_int_equal(
        fq_sealer_sign(bench.sealer, fq_str_of(type), facts, bench.arena, &seals, &n_seals), 0);
    assert_int_equal(n_seals, 1);
    return fq_arena_printf(bench.arena, "%s.%s.%s", bench_base64url(facts), KEY_ID,
                           bench_base64url(seals[0].value))
        .ptr;
}

static struct fq_str bench_facts(const char *form, int64_t life_ms)
{
    return fq_arena_printf(bench.arena,
                           "form=%s\npayment=p1\norder=o1\nstate=PAID\namount=699900\n"
                           "currency=CNY\nversion=4\nissued=1\nexpires=%lld\n",
                           form, (long long)(fq_clock_unix_ms() + life_ms));
}

static int bench_verify(const char *keys, const char *status)
{
    struct ctl ctl = { .arena = bench.arena };
    ctl.values[CTL_KEYS] = keys;
    ctl.values[CTL_STATUS] = status;
    return ctl_verify(&ctl);
}

static void test_a_good_status_is_proven(void **state)
{
    (void)state;
    const char *status = bench_sign(STATUS_TYPE, bench_facts("status.1", 60000));
    assert_int_equal(bench_verify(bench.keys, status), CTL_OK);
}

static void test_a_whole_url_is_taken(void **state)
{
    (void)state;
    const char *status = bench_sign(STATUS_TYPE, bench_facts("status.1", 60000));
    const char *url =
        fq_arena_printf(bench.arena, "https://shop.example/paid/?a=1&fenqi=%s&b=2#x", status).ptr;
    assert_int_equal(bench_verify(bench.keys, url), CTL_OK);
}

static void test_a_changed_status_is_not(void **state)
{
    (void)state;
    const char *status = bench_sign(STATUS_TYPE, bench_facts("status.1", 60000));
    for (size_t i = 0; status[i] != '\0'; i += 7) {
        char *changed = strdup(status);
        changed[i] = changed[i] == 'Q' ? 'g' : 'Q';
        if (bench_verify(bench.keys, changed) != CTL_UNPROVEN)
            fail_msg("a change at %zu was believed", i);
        free(changed);
    }
}

static void test_an_expired_status_is_not(void **state)
{
    (void)state;
    const char *status = bench_sign(STATUS_TYPE, bench_facts("status.1", -1000));
    assert_int_equal(bench_verify(bench.keys, status), CTL_UNPROVEN);
}

static void test_another_key_of_the_same_name_is_not_ours(void **state)
{
    (void)state;
    const char *others = bench_make_key("other", KEY_ID, false);
    const char *status = bench_sign(STATUS_TYPE, bench_facts("status.1", 60000));
    assert_int_equal(bench_verify(others, status), CTL_UNPROVEN);
}

static void test_what_was_signed_as_something_else_is_no_status(void **state)
{
    (void)state;
    const char *other_type = bench_sign("application/x-other", bench_facts("status.1", 60000));
    const char *other_form = bench_sign(STATUS_TYPE, bench_facts("status.2", 60000));
    const char *no_facts = bench_sign(STATUS_TYPE, fq_lit("PAID"));
    assert_int_equal(bench_verify(bench.keys, other_type), CTL_UNPROVEN);
    assert_int_equal(bench_verify(bench.keys, other_form), CTL_UNPROVEN);
    assert_int_equal(bench_verify(bench.keys, no_facts), CTL_UNPROVEN);
}

static void test_no_status_at_all(void **state)
{
    (void)state;
    static const char *const texts[] = { "",      ".",         "..",        "a.b",
                                         "a.b.c", "Zg.key.1.", ".key.1.Zg", "Zg==.key.1.Zg" };
    for (size_t i = 0; i < fq_array_size(texts); i++) {
        if (bench_verify(bench.keys, texts[i]) != CTL_UNPROVEN)
            fail_msg("\"%s\" was believed", texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_good_status_is_proven, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_whole_url_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_changed_status_is_not, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_expired_status_is_not, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_key_of_the_same_name_is_not_ours, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_what_was_signed_as_something_else_is_no_status, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_no_status_at_all, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
