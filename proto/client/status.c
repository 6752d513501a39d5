/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies the compact status in a return URL: "payload.key_id.signature", where payload and
 * signature are base64url without padding, and the payload is lines of "name=value". */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/client/client.h"

#define STATUS_TYPE     "application/vnd.fenqi.v1.status"
#define STATUS_FORM     "status.1"
#define TEXT_SIZE_MAX   ((size_t)4096)
#define NUMBER_SIZE_MAX 19 /* digits of an int64_t */

struct status_word {
    const char *ptr;
    size_t len;
};

static bool status_word_is(struct status_word word, const char *text)
{
    return word.len == strlen(text) && memcmp(word.ptr, text, word.len) == 0;
}

/* ---- the text ---- */

/* The value of the parameter "fenqi", or the text itself if it is none that has one. */
static struct status_word status_find(const char *text)
{
    const char *at = text;
    while ((at = strstr(at, "fenqi=")) != NULL && (at == text || (at[-1] != '?' && at[-1] != '&')))
        at++;
    if (at != NULL)
        text = at + strlen("fenqi=");
    return (struct status_word){ text, strcspn(text, "&#") };
}

/* The key's id may hold points itself. */
static bool status_split(struct status_word text, struct status_word ret_parts[3])
{
    const char *first = memchr(text.ptr, '.', text.len);
    const char *last = memrchr(text.ptr, '.', text.len);
    if (first == NULL || last - first < 2)
        return false;
    ret_parts[0] = (struct status_word){ text.ptr, (size_t)(first - text.ptr) };
    ret_parts[1] = (struct status_word){ first + 1, (size_t)(last - first - 1) };
    ret_parts[2] = (struct status_word){ last + 1, text.len - (size_t)(last + 1 - text.ptr) };
    return true;
}

static int status_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* base64url without padding, of which each byte string has exactly one; `ret` has room for 3/4. */
static bool status_decode(struct status_word text, unsigned char *ret, size_t *ret_n)
{
    uint32_t bits = 0;
    unsigned n_bits = 0;
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = status_digit(text.ptr[i]);
        if (digit < 0)
            return false;
        bits = (bits << 6 | (uint32_t)digit) & 0xffff;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            ret[n++] = (unsigned char)(bits >> n_bits);
        }
    }
    *ret_n = n;
    return text.len % 4 != 1 && (bits & ((1u << n_bits) - 1)) == 0;
}

/* ---- what it says ---- */

static bool status_number(struct status_word word, int64_t *ret)
{
    int64_t number = 0;
    if (word.len == 0 || word.len > NUMBER_SIZE_MAX)
        return false;
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] < '0' || word.ptr[i] > '9' || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, word.ptr[i] - '0', &number))
            return false;
    }
    *ret = number;
    return true;
}

/* None of the values that are read here needs an escape (%XX). */
static bool status_text(struct status_word word, char **ret)
{
    if (word.len == 0 || *ret != NULL || memchr(word.ptr, '%', word.len) != NULL ||
        memchr(word.ptr, '\0', word.len) != NULL)
        return false;
    *ret = calloc(1, word.len + 1); /* the word ends without a NUL: nothing for strndup */
    if (*ret != NULL)
        memcpy(*ret, word.ptr, word.len);
    return *ret != NULL;
}

static bool status_state(struct status_word word, Fenqi__V1__PaymentState *ret)
{
    if (status_word_is(word, "OPEN"))
        *ret = FENQI__V1__PAYMENT_STATE__PAYMENT_STATE_OPEN;
    else if (status_word_is(word, "PAID"))
        *ret = FENQI__V1__PAYMENT_STATE__PAYMENT_STATE_PAID;
    else if (status_word_is(word, "CLOSED"))
        *ret = FENQI__V1__PAYMENT_STATE__PAYMENT_STATE_CLOSED;
    else
        return false;
    return true;
}

/* Lines with other names are passed over: a later daemon may say more. */
static bool status_line(struct fenqi_status *status, struct status_word name,
                        struct status_word value)
{
    if (status_word_is(name, "form"))
        return status_word_is(value, STATUS_FORM);
    if (status_word_is(name, "payment"))
        return status_text(value, &status->payment_id);
    if (status_word_is(name, "order"))
        return status_text(value, &status->merchant_order_id);
    if (status_word_is(name, "state"))
        return status_state(value, &status->state);
    if (status_word_is(name, "amount"))
        return status_number(value, &status->amount_minor);
    if (status_word_is(name, "currency"))
        return status_text(value, &status->currency);
    if (status_word_is(name, "version"))
        return status_number(value, &status->payment_version);
    if (status_word_is(name, "issued"))
        return status_number(value, &status->issued_at_unix_ms);
    if (status_word_is(name, "expires"))
        return status_number(value, &status->expires_at_unix_ms);
    if (status_word_is(name, "evidence"))
        status->operator_evidence = 1;
    return true;
}

static bool status_read(struct fenqi_status *status, struct status_word text)
{
    bool is_of_form = text.len > strlen("form=") && memcmp(text.ptr, "form=", 5) == 0;
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        const char *equals = end != NULL ? memchr(text.ptr, '=', (size_t)(end - text.ptr)) : NULL;
        if (equals == NULL ||
            !status_line(status, (struct status_word){ text.ptr, (size_t)(equals - text.ptr) },
                         (struct status_word){ equals + 1, (size_t)(end - equals - 1) }))
            return false;
        text.len -= (size_t)(end + 1 - text.ptr);
        text.ptr = end + 1;
    }
    return is_of_form && status->payment_id != NULL && status->merchant_order_id != NULL &&
           status->state != FENQI__V1__PAYMENT_STATE__PAYMENT_STATE_UNSPECIFIED &&
           status->amount_minor > 0 && status->currency != NULL && status->expires_at_unix_ms > 0;
}

/* ---- the proof ---- */

static int status_prove(struct status_word parts[3], const struct fenqi_key *keys, size_t n_keys,
                        const void *payload, size_t n_payload, const struct fenqi_key **ret_key)
{
    unsigned char signature[FENQI_SIGNATURE_SIZE];
    size_t n_signature = 0;
    if (parts[2].len > (FENQI_SIGNATURE_SIZE * 4 + 2) / 3 ||
        !status_decode(parts[2], signature, &n_signature))
        return FENQI_E_MALFORMED;
    for (size_t i = 0; i < n_keys; i++) {
        *ret_key = &keys[i];
        if (status_word_is(parts[1], keys[i].key_id))
            return fenqi_signature_check(&keys[i], STATUS_TYPE, payload, n_payload, signature,
                                         n_signature);
    }
    return FENQI_E_UNKNOWN_KEY;
}

static int status_make(const struct fenqi_key *key, struct status_word payload,
                       struct fenqi_status **ret)
{
    struct timespec now;
    struct fenqi_status *status = calloc(1, sizeof(*status));
    if (status == NULL)
        return FENQI_E_SYSTEM;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    memcpy(status->key_id, key->key_id, sizeof(status->key_id));
    int error = status_read(status, payload) ? FENQI_OK : FENQI_E_MALFORMED;
    if (error == FENQI_OK && status->expires_at_unix_ms < now_ms)
        error = FENQI_E_EXPIRED;
    if (error == FENQI_OK)
        *ret = status;
    else
        fenqi_status_free(status);
    return error;
}

int fenqi_verify_status(const char *text, const struct fenqi_key *keys, size_t n_keys,
                        struct fenqi_status **ret)
{
    struct status_word parts[3];
    unsigned char payload[TEXT_SIZE_MAX];
    size_t n_payload = 0;
    const struct fenqi_key *key = NULL;
    if (text == NULL || ret == NULL || (keys == NULL && n_keys > 0))
        return FENQI_E_ARGUMENT;
    if (!status_split(status_find(text), parts) || parts[0].len > sizeof(payload) ||
        !status_decode(parts[0], payload, &n_payload))
        return FENQI_E_MALFORMED;
    int error = status_prove(parts, keys, n_keys, payload, n_payload, &key);
    if (error != FENQI_OK)
        return error;
    return status_make(key, (struct status_word){ (const char *)payload, n_payload }, ret);
}

void fenqi_status_free(struct fenqi_status *status)
{
    if (status == NULL)
        return;
    free(status->payment_id);
    free(status->merchant_order_id);
    free(status->currency);
    free(status);
}
