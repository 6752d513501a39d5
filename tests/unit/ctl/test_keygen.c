/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's keys as they are made: good for their purpose, private, never overwritten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/crypto/box.h"
#include "daemon/crypto/seal.h"
#include "daemon/ctl/ctl.h"

static struct bench {
    struct ctl ctl;
    char folder[32];
    char keys[40]; /* folder/keys, which keygen makes */
} bench;

static const char *const files[] = { "curve-server.secret", "curve-server.public", "signing-k1.pem",
                                     "signing-k1.public",   "token.key",           "payer.key" };

static const char *bench_path(const char *name)
{
    return fq_arena_printf(bench.ctl.arena, "%s/%s", bench.keys, name).ptr;
}

static int begin(void **state)
{
    (void)state;
    bench = (struct bench){ .folder = "/tmp/fenqi-ctl-XXXXXX" };
    assert_non_null(mkdtemp(bench.folder));
    (void)snprintf(bench.keys, sizeof(bench.keys), "%s/keys", bench.folder);
    bench.ctl.arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    bench.ctl.values[CTL_KEY_ID] = "k1";
    bench.ctl.arguments[0] = bench.keys;
    bench.ctl.n_arguments = 1;
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (size_t i = 0; i < fq_array_size(files); i++)
        (void)unlink(bench_path(files[i]));
    (void)rmdir(bench.keys);
    assert_int_equal(rmdir(bench.folder), 0);
    fq_arena_free(bench.ctl.arena);
    return 0;
}

static void keys_are_good_for_their_purpose(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_box) *box = fq_box_new();
    FQ_CLEANUP(fq_sealer) *sealer = fq_sealer_new();
    assert_int_equal(ctl_keygen(&bench.ctl), CTL_OK);
    assert_int_equal(fq_box_load(box, bench_path("payer.key")), 0);
    assert_int_equal(fq_sealer_load(sealer, "k1", bench_path("signing-k1.pem"), true), 0);
}

static void each_secret_is_another(void **state)
{
    (void)state;
    FQ_CLEANUP(fq_box) *box = fq_box_new();
    assert_int_equal(ctl_keygen(&bench.ctl), CTL_OK);
    assert_int_equal(fq_box_load(box, bench_path("payer.key")), 0);
    assert_int_equal(fq_box_load(box, bench_path("token.key")), 0); /* not a duplicate */
}

static void secrets_are_for_their_owner_alone(void **state)
{
    (void)state;
    assert_int_equal(ctl_keygen(&bench.ctl), CTL_OK);
    for (size_t i = 0; i < fq_array_size(files); i++) {
        struct stat about;
        bool is_public = strstr(files[i], ".public") != NULL;
        assert_int_equal(stat(bench_path(files[i]), &about), 0);
        assert_int_equal(about.st_mode & 0777, is_public ? 0644 : 0600);
    }
}

static void nothing_is_overwritten(void **state)
{
    (void)state;
    struct fq_str before, after;
    assert_int_equal(ctl_keygen(&bench.ctl), CTL_OK);
    assert_int_equal(ctl_file_read(&bench.ctl, bench_path("payer.key"), true, 100, &before), 0);
    assert_int_equal(unlink(bench_path("token.key")), 0);
    assert_int_equal(ctl_keygen(&bench.ctl), CTL_USAGE);
    assert_int_equal(ctl_file_read(&bench.ctl, bench_path("payer.key"), true, 100, &after), 0);
    assert_true(fq_str_equal(before, after));
    assert_int_equal(access(bench_path("token.key"), F_OK), -1); /* nothing was made */
}

#define keygen_test(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        keygen_test(keys_are_good_for_their_purpose),
        keygen_test(each_secret_is_another),
        keygen_test(secrets_are_for_their_owner_alone),
        keygen_test(nothing_is_overwritten),
    };
    return cmocka_run_group_tests_name("ctl/keygen", tests, NULL, NULL);
}
