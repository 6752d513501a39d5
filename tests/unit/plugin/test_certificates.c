/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates as the daemon loads them for the Huabei adapter: start-up says which file is wrong,
 * and what the right ones prove is believed. */
#include "tests/unit/plugin/fixture.h"

static struct fq_pair certificates_settings[3];
static struct fq_pair certificates_keys[4];

/* root.crt, and a certificate of each pair of keys under it. */
static int certificates_setup(void **state)
{
    char command[1024];
    int r = fixture_setup(state, "adapters");
    const struct fixture *fixture = *state;
    fixture_keygen(fixture, "root");
    (void)snprintf(
        command, sizeof(command),
        "cd %s && openssl req -new -x509 -key root.key -subj '/C=CN/CN=Root' -out root.crt && "
        "for name in ours platform; do openssl req -new -key $name.key -subj /CN=$name -out "
        "$name.csr && openssl x509 -req -in $name.csr -CA root.crt -CAkey root.key -set_serial 7 "
        "-out $name.crt; done 2>openssl.log",
        fixture->folder);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): the test's own folder
    return r;
}

static int certificates_teardown(void **state)
{
    static const char *const names[] = { "root.key", "root.pub",     "root.crt",    "ours.csr",
                                         "ours.crt", "platform.csr", "platform.crt" };
    const struct fixture *fixture = *state;
    char path[128];
    for (size_t i = 0; i < fq_array_size(names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", fixture->folder, names[i]);
        assert_int_equal(unlink(path), 0);
    }
    return fixture_teardown(state);
}

static int certificates_begin(void **state)
{
    (void)fixture_begin(state);
    struct fixture *fixture = *state;
    certificates_settings[0] = (struct fq_pair){ fq_lit("app_id"), fq_lit("2021000122671080") };
    certificates_settings[1] = (struct fq_pair){ fq_lit("seller_id"), fq_lit("2088721003899159") };
    certificates_settings[2] =
        (struct fq_pair){ fq_lit("gateway"), fq_lit("https://pay.example/gateway.do") };
    certificates_keys[0] = (struct fq_pair){ fq_lit("app"), fixture_path(fixture, "ours.key") };
    certificates_keys[1] =
        (struct fq_pair){ fq_lit("app_cert"), fixture_path(fixture, "ours.crt") };
    certificates_keys[2] =
        (struct fq_pair){ fq_lit("alipay_cert"), fixture_path(fixture, "platform.crt") };
    certificates_keys[3] =
        (struct fq_pair){ fq_lit("alipay_root"), fixture_path(fixture, "root.crt") };
    fixture->conf.adapter = fq_lit("huabei");
    fixture->conf.settings = certificates_settings;
    fixture->conf.n_settings = 3;
    fixture->conf.keys = certificates_keys;
    fixture->conf.n_keys = 4;
    return 0;
}

static void test_what_the_platforms_certificate_signed_is_believed(void **state)
{
    static const char content[] = "{\"code\":\"10000\",\"out_trade_no\":\"FQ1\",\"total_amount\":"
                                  "\"6999.00\",\"trade_status\":\"TRADE_SUCCESS\"}";
    struct fixture *fixture = *state;
    const struct fq_call call = fixture_call();
    struct fq_str signature;
    fixture_open(fixture);
    assert_int_equal(fq_keyring_sign(fixture->platform, "private", FQ_SCHEME_RSA_SHA256,
                                     fq_str_of(content), fixture->arena, &signature),
                     0);
    struct fq_str sign = fq_base64_encode(signature, fixture->arena);
    const struct fq_message message = {
        .http_status = 200,
        .body = fq_arena_printf(fixture->arena,
                                "{\"alipay_trade_query_response\":%s,\"sign\":\"%.*s\"}", content,
                                fq_str_arg(sign)),
    };
    struct fq_answer answer = fixture_run(fixture, FQ_CALL_QUERY, &call, &message);
    assert_true(answer.verified);
    fixture_assert_text(answer.verified_key, "alipay_cert");
    assert_int_equal(answer.verdict.outcome, FQ_OUTCOME_PAID);
}

static void test_requests_carry_the_serials(void **state)
{
    struct fixture *fixture = *state;
    const struct fq_call call = fixture_call();
    fixture_open(fixture);
    struct fq_answer answer = fixture_run(fixture, FQ_CALL_QUERY, &call, NULL);
    assert_false(answer.is_fault);
    fixture_assert_contains(answer.verdict.message.url, "&app_cert_sn=");
    fixture_assert_contains(answer.verdict.message.url, "alipay_root_cert_sn=");
}

static void test_swapped_files_are_named(void **state)
{
    struct fixture *fixture = *state;
    struct fq_str app_cert = certificates_keys[1].value;
    certificates_keys[1].value = certificates_keys[2].value;
    certificates_keys[2].value = app_cert;
    fixture_assert_refused(fixture, "keys.app_cert",
                           "this is not the certificate of our private key \"app\", but the file "
                           "of \"alipay_cert\" is: they are swapped");
}

static void test_a_certificate_of_somebody_else_is_refused(void **state)
{
    struct fixture *fixture = *state;
    certificates_keys[1].value = certificates_keys[3].value;
    fixture_assert_refused(fixture, "keys.app_cert",
                           "this certificate belongs to none of our private keys");
}

static void test_our_certificate_in_the_platforms_place_is_refused(void **state)
{
    struct fixture *fixture = *state;
    certificates_keys[2].value = certificates_keys[1].value;
    fixture_assert_refused(fixture, "keys.alipay_cert",
                           "this is the public half of our own private key \"app\"");
}

static void test_what_the_adapter_finds_is_named(void **state)
{
    struct fixture *fixture = *state;
    certificates_keys[3].value = certificates_keys[2].value;
    fixture_assert_refused(fixture, "keys.alipay_root", "holds no RSA root");
    fixture->conf.n_keys = 3;
    fixture_assert_refused(fixture, "keys.alipay_root", "is missing");
}

#define certificates_test(function) \
    cmocka_unit_test_setup_teardown(function, certificates_begin, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        certificates_test(test_what_the_platforms_certificate_signed_is_believed),
        certificates_test(test_requests_carry_the_serials),
        certificates_test(test_swapped_files_are_named),
        certificates_test(test_a_certificate_of_somebody_else_is_refused),
        certificates_test(test_our_certificate_in_the_platforms_place_is_refused),
        certificates_test(test_what_the_adapter_finds_is_named),
    };
    return cmocka_run_group_tests(tests, certificates_setup, certificates_teardown);
}
