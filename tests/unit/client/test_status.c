/* SPDX-License-Identifier: Apache-2.0 */
/* The signed status of a return URL: what is believed, and what is not. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "tests/unit/client/signer.h"

#define STATUS_TYPE "application/vnd.fenqi.v1.status"
#define PAID                                                                             \
    "form=status.1\npayment=p1abc\norder=A-1\nstate=PAID\namount=699900\ncurrency=CNY\n" \
    "version=4\nissued=1767225600000\nexpires=4102444800000\n"

static struct signer signer;

static void add_base64url(char *text, const unsigned char *bytes, size_t n)
{
    char encoded[4096];
    must(n <= 3000);
    (void)EVP_EncodeBlock((unsigned char *)encoded, bytes, (int)n);
    size_t len = strcspn(encoded, "=");
    for (size_t i = 0; i < len; i++) {
        if (encoded[i] == '+')
            encoded[i] = '-';
        if (encoded[i] == '/')
            encoded[i] = '_';
    }
    (void)strncat(text, encoded, len);
}

/* "payload.key_id.signature" */
static const char *status_of_type(const char *type, const char *payload)
{
    static char text[8192];
    unsigned char signature[64];
    text[0] = '\0';
    signer_sign(&signer, type, payload, strlen(payload), signature);
    add_base64url(text, (const unsigned char *)payload, strlen(payload));
    (void)strcat(text, ".2026.01.");
    add_base64url(text, signature, sizeof(signature));
    return text;
}

static const char *status_of(const char *payload)
{
    return status_of_type(STATUS_TYPE, payload);
}

static void expect(const char *text, int expected)
{
    struct fenqi_status *status = NULL;
    int error = fenqi_verify_status(text, &signer.key, 1, &status);
    if (error != expected)
        fail_msg("%s: %s, not %s", text, fenqi_error_name(error), fenqi_error_name(expected));
    assert_true((status != NULL) == (error == FENQI_OK));
    fenqi_status_free(status);
}

static void what_it_says_is_read(void **state)
{
    (void)state;
    struct fenqi_status *status = NULL;
    assert_int_equal(fenqi_verify_status(status_of(PAID), &signer.key, 1, &status), FENQI_OK);
    assert_string_equal(status->payment_id, "p1abc");
    assert_string_equal(status->merchant_order_id, "A-1");
    assert_int_equal(status->state, FENQI__V1__PAYMENT_STATE__PAYMENT_STATE_PAID);
    assert_int_equal(status->amount_minor, 699900);
    assert_string_equal(status->currency, "CNY");
    assert_int_equal(status->payment_version, 4);
    assert_int_equal(status->issued_at_unix_ms, INT64_C(1767225600000));
    assert_int_equal(status->operator_evidence, 0);
    assert_string_equal(status->key_id, "2026.01");
    fenqi_status_free(status);
    status = NULL;
    assert_int_equal(
        fenqi_verify_status(status_of(PAID "evidence=operator\nnew=1\n"), &signer.key, 1, &status),
        FENQI_OK);
    assert_int_equal(status->operator_evidence, 1);
    fenqi_status_free(status);
}

static void it_is_found_in_a_url(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "https://shop.example/?fenqi=%s",
        "https://shop.example/paid?order=1&fenqi=%s&more=1",
        "https://shop.example/paid?x=myfenqi=1&fenqi=%s#top",
        "%s&more=1",
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char url[8192];
        const char *at = strchr(forms[i], '%');
        (void)snprintf(url, sizeof(url), "%.*s%s%s", (int)(at - forms[i]), forms[i],
                       status_of(PAID), at + 2);
        expect(url, FENQI_OK);
    }
    expect("https://shop.example/paid", FENQI_E_MALFORMED);
}

static void any_character_changed_is_refused(void **state)
{
    (void)state;
    char text[8192];
    (void)snprintf(text, sizeof(text), "%s", status_of(PAID));
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++) {
        char was = text[i];
        struct fenqi_status *status = NULL;
        text[i] = was == 'A' ? 'B' : 'A';
        assert_int_not_equal(fenqi_verify_status(text, &signer.key, 1, &status), FENQI_OK);
        assert_null(status);
        text[i] = '\0';
        assert_int_not_equal(fenqi_verify_status(text, &signer.key, 1, &status), FENQI_OK);
        assert_null(status);
        text[i] = was;
    }
    expect(text, FENQI_OK);
}

static void it_has_one_form(void **state)
{
    (void)state;
    char text[8192];
    (void)snprintf(text, sizeof(text), "%s", status_of(PAID));
    size_t n = strlen(text);
    (void)snprintf(text + n, sizeof(text) - n, "==");
    expect(text, FENQI_E_MALFORMED);
    /* 86 characters hold 64 bytes and four bits more, which are zero. */
    text[n] = '\0';
    text[n - 1] = text[n - 1] == 'A' ? 'B' : (char)(text[n - 1] + 1);
    expect(text, FENQI_E_MALFORMED);
    expect("", FENQI_E_MALFORMED);
    expect(".", FENQI_E_MALFORMED);
    expect("..", FENQI_E_MALFORMED);
    expect(".2026.01.", FENQI_E_SIGNATURE);
}

static void a_key_that_is_not_pinned_is_refused(void **state)
{
    (void)state;
    struct fenqi_key key = signer.key;
    struct fenqi_status *status = NULL;
    (void)snprintf(key.key_id, sizeof(key.key_id), "other");
    assert_int_equal(fenqi_verify_status(status_of(PAID), &key, 1, &status), FENQI_E_UNKNOWN_KEY);
    (void)snprintf(key.key_id, sizeof(key.key_id), "2026.01");
    key.public_key[0] ^= 1;
    assert_int_equal(fenqi_verify_status(status_of(PAID), &key, 1, &status), FENQI_E_SIGNATURE);
    assert_null(status);
}

static void another_signed_text_is_no_status(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "form=status.2\npayment=p\norder=o\nstate=PAID\namount=1\ncurrency=CNY\n"
        "expires=4102444800000\n",
        "payment=p\norder=o\nstate=PAID\namount=1\ncurrency=CNY\nexpires=4102444800000\n",
        "form=status.1\norder=o\nstate=PAID\namount=1\ncurrency=CNY\nexpires=4102444800000\n",
        "form=status.1\npayment=p\norder=o\nstate=LOST\namount=1\ncurrency=CNY\n"
        "expires=4102444800000\n",
        "form=status.1\npayment=p\norder=o\nstate=PAID\namount=-1\ncurrency=CNY\n"
        "expires=4102444800000\n",
        "form=status.1\npayment=p\norder=o\nstate=PAID\namount=9223372036854775808\n"
        "currency=CNY\nexpires=4102444800000\n",
        "form=status.1\npayment=p\norder=o\nstate=PAID\namount=1\ncurrency=CNY\n",
        PAID "order=A-2\n",
        PAID "no end",
        PAID "no value\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        expect(status_of(texts[i]), FENQI_E_MALFORMED);
    expect(status_of_type(TYPE, PAID), FENQI_E_SIGNATURE);
}

static void an_old_one_is_refused(void **state)
{
    (void)state;
    expect(status_of("form=status.1\npayment=p\norder=o\nstate=PAID\namount=1\ncurrency=CNY\n"
                     "issued=1767225600000\nexpires=1767225660000\n"),
           FENQI_E_EXPIRED);
}

static int set_up(void **state)
{
    (void)state;
    signer_init(&signer, "2026.01");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    EVP_PKEY_free(signer.private_key);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_says_is_read),
        cmocka_unit_test(it_is_found_in_a_url),
        cmocka_unit_test(any_character_changed_is_refused),
        cmocka_unit_test(it_has_one_form),
        cmocka_unit_test(a_key_that_is_not_pinned_is_refused),
        cmocka_unit_test(another_signed_text_is_no_status),
        cmocka_unit_test(an_old_one_is_refused),
    };
    return cmocka_run_group_tests_name("client: status", tests, set_up, tear_down);
}
