/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl key import: what becomes of a PKCS#12 file, and what is refused without a trace. */
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

#include "daemon/crypto/keyring.h"
#include "daemon/ctl/ctl.h"

static struct bench {
    struct fq_arena *arena;
    char folder[32];
    struct ctl ctl;
} bench;

/* In the folder; what is imported goes to "keys" in it. */
static const char *const files[] = { "key.pem",       "own.pem",           "acp_sign.pfx",
                                     "old.p12",       "openssl.log",       "password",
                                     "open-password", "keys/acp_sign.pem", "keys/acp_sign.crt",
                                     "keys/old.pem",  "keys/old.crt",      "keys/card.pem",
                                     "keys/card.crt" };

static const char *bench_path(const char *name)
{
    return fq_arena_printf(bench.arena, "%s/%s", bench.folder, name).ptr;
}

static void bench_write(const char *name, const char *text, mode_t mode)
{
    assert_int_equal(ctl_file_put(bench_path(name), fq_str_of(text)), CTL_OK);
    assert_int_equal(chmod(bench_path(name), mode), 0);
}

static int setup(void **state)
{
    char command[768];
    (void)state;
    bench.arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    (void)snprintf(bench.folder, sizeof(bench.folder), "/tmp/fenqi-ctl-XXXXXX");
    assert_non_null(mkdtemp(bench.folder));
    (void)snprintf(
        command, sizeof(command),
        "cd %s && umask 077 && openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -subj "
        "'/CN=041@Z@700000000000001:SIGN@1' -set_serial 69903319369 -days 10 -out own.pem "
        "2>openssl.log && openssl pkcs12 -export -inkey key.pem -in own.pem -passout pass:000000 "
        "-out acp_sign.pfx && openssl pkcs12 -export -legacy -inkey key.pem -in own.pem -passout "
        "pass:000000 -out old.p12",
        bench.folder);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): the test's own folder
    bench_write("password", "000000\n", 0600);
    bench_write("open-password", "000000\n", 0644);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < fq_array_size(files); i++)
        (void)unlink(bench_path(files[i]));
    (void)rmdir(bench_path("keys"));
    assert_int_equal(rmdir(bench.folder), 0);
    fq_arena_free(bench.arena);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    bench.ctl = (struct ctl){ .arena = fq_arena_new((size_t)4 << 20) };
    bench.ctl.values[CTL_PFX] = bench_path("acp_sign.pfx");
    bench.ctl.values[CTL_PASSWORD_FILE] = bench_path("password");
    bench.ctl.values[CTL_OUT] = bench_path("keys");
    return 0;
}

/* What was imported. */
static void bench_clean(void)
{
    for (size_t i = 0; i < fq_array_size(files); i++) {
        if (strncmp(files[i], "keys/", 5) == 0)
            (void)unlink(bench_path(files[i]));
    }
    (void)rmdir(bench_path("keys"));
}

static int end(void **state)
{
    (void)state;
    bench_clean();
    fq_arena_free(FQ_TAKE(bench.ctl.arena));
    return 0;
}

static bool bench_has(const char *name)
{
    return access(bench_path(name), F_OK) == 0;
}

static void assert_nothing_was_made(void)
{
    for (size_t i = 0; i < fq_array_size(files); i++) {
        if (strncmp(files[i], "keys/", 5) == 0)
            assert_false(bench_has(files[i]));
    }
}

static void assert_pair(const char *key, const char *certificate)
{
    FQ_CLEANUP(fq_keyring) *ring = fq_keyring_new();
    assert_int_equal(fq_keyring_load(ring, "key", FQ_KEY_PRIVATE_SIGN, bench_path(key)), 0);
    assert_int_equal(fq_keyring_load(ring, "own", FQ_KEY_OWN_CERTIFICATE, bench_path(certificate)),
                     0);
    assert_true(fq_keyring_is_pair(ring, "key", "own"));
}

/* ---- imported ---- */

static void key_and_certificate_are_made(void **state)
{
    (void)state;
    struct stat about;
    assert_int_equal(ctl_key_import(&bench.ctl), CTL_OK);
    assert_pair("keys/acp_sign.pem", "keys/acp_sign.crt");
    assert_int_equal(stat(bench_path("keys/acp_sign.pem"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
}

static void old_file_is_imported(void **state)
{
    (void)state;
    bench.ctl.values[CTL_PFX] = bench_path("old.p12");
    assert_int_equal(ctl_key_import(&bench.ctl), CTL_OK);
    assert_pair("keys/old.pem", "keys/old.crt");
}

static void name_can_be_given(void **state)
{
    (void)state;
    bench.ctl.values[CTL_NAME] = "card";
    assert_int_equal(ctl_key_import(&bench.ctl), CTL_OK);
    assert_pair("keys/card.pem", "keys/card.crt");
    assert_false(bench_has("keys/acp_sign.pem"));
}

static void password_may_end_in_crlf_or_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = { "000000\r\n", "000000", "000000\nsecond line\n" };
    for (size_t i = 0; i < fq_array_size(texts); i++) {
        bench_write("password", texts[i], 0600);
        assert_int_equal(ctl_key_import(&bench.ctl), CTL_OK);
        bench_clean();
    }
    bench_write("password", "000000\n", 0600);
}

static void what_was_imported_is_told(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *kept = stdout;
    stdout = open_memstream(&text, &size);
    int status = ctl_key_import(&bench.ctl);
    assert_int_equal(fclose(stdout), 0);
    stdout = kept;
    assert_int_equal(status, CTL_OK);
    assert_non_null(strstr(text, "certId   69903319369\n"));
    assert_non_null(strstr(text, "subject  041@Z@700000000000001:SIGN@1\n"));
    assert_non_null(strstr(text, "valid    20"));
    assert_null(strstr(text, "expired"));
    free(text);
}

/* ---- refused ---- */

static void nothing_is_overwritten(void **state)
{
    (void)state;
    struct fq_str before, after;
    assert_int_equal(ctl_key_import(&bench.ctl), CTL_OK);
    assert_int_equal(
        ctl_file_read(&bench.ctl, bench_path("keys/acp_sign.pem"), true, 8192, &before), CTL_OK);
    assert_int_equal(ctl_key_import(&bench.ctl), CTL_USAGE);
    assert_int_equal(ctl_file_read(&bench.ctl, bench_path("keys/acp_sign.pem"), true, 8192, &after),
                     CTL_OK);
    assert_true(fq_str_equal(before, after));

    assert_int_equal(unlink(bench_path("keys/acp_sign.pem")), 0);
    assert_int_equal(ctl_key_import(&bench.ctl), CTL_USAGE); /* the certificate is still there */
    assert_false(bench_has("keys/acp_sign.pem"));
}

static void wrong_password_makes_nothing(void **state)
{
    (void)state;
    bench_write("password", "000001\n", 0600);
    assert_int_equal(ctl_key_import(&bench.ctl), CTL_USAGE);
    bench_write("password", "000000\n", 0600);
    assert_nothing_was_made();
}

static void password_open_to_others_is_refused(void **state)
{
    (void)state;
    bench.ctl.values[CTL_PASSWORD_FILE] = bench_path("open-password");
    assert_int_equal(ctl_key_import(&bench.ctl), CTL_USAGE);
    assert_nothing_was_made();
}

static void other_files_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = { "own.pem", "key.pem", "password", "nowhere.pfx", "." };
    for (size_t i = 0; i < fq_array_size(names); i++) {
        bench.ctl.values[CTL_NAME] = "card";
        bench.ctl.values[CTL_PFX] = bench_path(names[i]);
        assert_int_equal(ctl_key_import(&bench.ctl), CTL_USAGE);
    }
    assert_nothing_was_made();
}

static void bad_names_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = { "", "../card", "a b", ".hidden", "私钥" };
    for (size_t i = 0; i < fq_array_size(names); i++) {
        bench.ctl.values[CTL_NAME] = names[i];
        assert_int_equal(ctl_key_import(&bench.ctl), CTL_USAGE);
    }
    assert_nothing_was_made();
}

static void words_must_be_complete(void **state)
{
    (void)state;
    bench.ctl.values[CTL_OUT] = NULL;
    assert_int_equal(ctl_key_import(&bench.ctl), CTL_USAGE);
    bench.ctl.values[CTL_OUT] = bench_path("keys");
    bench.ctl.values[CTL_PFX] = NULL;
    assert_int_equal(ctl_key_import(&bench.ctl), CTL_USAGE);
    assert_nothing_was_made();
}

#define key_test(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        key_test(key_and_certificate_are_made),
        key_test(old_file_is_imported),
        key_test(name_can_be_given),
        key_test(password_may_end_in_crlf_or_nothing),
        key_test(what_was_imported_is_told),
        key_test(nothing_is_overwritten),
        key_test(wrong_password_makes_nothing),
        key_test(password_open_to_others_is_refused),
        key_test(other_files_are_refused),
        key_test(bad_names_are_refused),
        key_test(words_must_be_complete),
    };
    return cmocka_run_group_tests_name("ctl/key", tests, setup, teardown);
}
