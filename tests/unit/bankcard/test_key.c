/* SPDX-License-Identifier: Apache-2.0 */
/* The renewal of the certificate that payers' data is encrypted to. */
#include "tests/unit/bankcard/bankcard_test.h"

static const struct fq_exchange *task(void)
{
    return &fenqi_adapter()->task;
}

static int setup(void **state)
{
    int r = test_setup(state);
    test_call.object = FQ_OBJECT_UNSET;
    return r;
}

#define key_test(function) cmocka_unit_test_setup(function, setup)

static void answer(const char *pem)
{
    test_message(TEST_ORDER, "95", "00");
    if (pem != NULL)
        test_put("encryptPubKeyCert", test_wire_pem(pem).ptr);
    test_seal();
}

static void the_certificate_is_asked_for(void **state)
{
    (void)state;
    test_begin(task());
    assert_fields(test_sent("https://gateway.example.com/gateway/api/backTransReq.do"),
                  "bizType=000000&certType=01&channelType=07&orderId=" TEST_ORDER
                  "&txnSubType=00&txnTime=20260315101112&txnType=95");
}

static void a_new_certificate_takes_the_place_of_the_old(void **state)
{
    (void)state;
    char *pem = vector_host_certify(&test_host, "opens", TEST_CN, "middle", "OCA1", false);
    answer(pem);
    test_resume(task());
    assert_outcome(FQ_OUTCOME_ACCEPTED);
    assert_slice(test_verdict.key_name, "encrypt");
    assert_slice(test_verdict.key_data, test_wire_pem(pem).ptr);
    assert_true(fq_slice_starts(test_verdict.proof, fq_slice("encryptPubKeyCert=")));
    free(pem);
}

static void the_certificate_that_we_have_is_no_news(void **state)
{
    (void)state;
    answer(test_encrypt_pem);
    test_resume(task());
    assert_outcome(FQ_OUTCOME_ACCEPTED);
    assert_int_equal(test_verdict.key_data.len, 0);
}

static void a_certificate_that_is_not_unionpays_is_refused(void **state)
{
    (void)state;

    const struct {
        const char *pem;
        const char *why;
    } cases[] = {
        { test_merchant_pem, "the certificate is not UnionPay's" },
        { test_forged_pem, "the certificate does not lead up to the roots" },
        { "nonsense", "the certificate cannot be read" },
    };

    for (size_t i = 0; i < 3; i++) {
        answer(cases[i].pem);
        assert_int_equal(test_try(task()), -1);
        assert_string_equal(test_host.failure, cases[i].why);
        assert_int_equal(test_verdict.key_data.len, 0);
    }
}

static void an_unsigned_certificate_is_none(void **state)
{
    (void)state;
    answer(test_encrypt_pem);
    test_drop("signature");
    test_write();
    test_resume(task());
    assert_unknown("the message has no signature");
    assert_int_equal(test_verdict.key_data.len, 0);
}

static void an_answer_without_a_certificate_is_unknown(void **state)
{
    (void)state;
    answer(NULL);
    test_resume(task());
    assert_outcome(FQ_OUTCOME_UNKNOWN);
    answer(test_encrypt_pem);
    test_put("respCode", "31");
    test_seal();
    test_resume(task());
    assert_outcome(FQ_OUTCOME_UNKNOWN);
    assert_int_equal(test_verdict.key_data.len, 0);
}

static void the_answer_to_another_request_is_unknown(void **state)
{
    (void)state;
    answer(test_encrypt_pem);
    test_put("orderId", TEST_REFUND);
    test_seal();
    test_resume(task());
    assert_unknown("the answer is about another transaction");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        key_test(the_certificate_is_asked_for),
        key_test(a_new_certificate_takes_the_place_of_the_old),
        key_test(the_certificate_that_we_have_is_no_news),
        key_test(a_certificate_that_is_not_unionpays_is_refused),
        key_test(an_unsigned_certificate_is_none),
        key_test(an_answer_without_a_certificate_is_unknown),
        key_test(the_answer_to_another_request_is_unknown),
    };
    return cmocka_run_group_tests(tests, test_group_setup, test_group_teardown);
}
