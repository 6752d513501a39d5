/* SPDX-License-Identifier: Apache-2.0 */
/* What the platform says of an order, in its form and under its key. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"

#define FIELDS_SIZE_MAX 2048
#define BODY_SIZE_MAX   8192

static int notice_hex(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

bool bench_form_value(const char *query, const char *name, char *ret, size_t size)
{
    size_t n_name = strlen(name), n = 0;
    const char *at = query;
    while (at != NULL && !(strncmp(at, name, n_name) == 0 && at[n_name] == '=')) {
        at = strpbrk(at, "?&");
        at += at != NULL ? 1 : 0;
    }
    if (at == NULL)
        return false;
    for (at += n_name + 1; *at != '\0' && *at != '&' && n + 1 < size; at++) {
        ret[n++] = *at == '+' ? ' ' : *at;
        if (*at == '%' && isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2])) {
            ret[n - 1] = (char)(notice_hex(at[1]) * 16 + notice_hex(at[2]));
            at += 2;
        }
    }
    ret[n] = '\0';
    return true;
}

static char *notice_encode(char *at, const char *text)
{
    for (; *text != '\0'; text++) {
        if (isalnum((unsigned char)*text) || strchr("-_.*", *text) != NULL)
            *at++ = *text;
        else
            at += sprintf(at, "%%%02X", (unsigned char)*text);
    }
    *at = '\0';
    return at;
}

static void notice_sign(EVP_PKEY *key, const char *text, char *ret_base64, size_t size)
{
    unsigned char signature[512];
    size_t n = sizeof(signature);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bench_check(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1);
    bench_check(EVP_DigestSign(context, signature, &n, (const unsigned char *)text, strlen(text)));
    bench_check(size > (n + 2) / 3 * 4);
    (void)EVP_EncodeBlock((unsigned char *)ret_base64, signature, (int)n);
    EVP_MD_CTX_free(context);
}

/* The fields stand in the order in which they are signed. */
char *bench_notification(const struct bench_place *place, const char *order_number,
                         const char *amount)
{
    char bills[128];
    (void)snprintf(bills, sizeof(bills), "[{\"amount\":\"%s\",\"fundChannel\":\"PCREDIT\"}]",
                   amount);
    const char *fields[][2] = {
        { "app_id", BENCH_APP_ID },
        { "auth_app_id", BENCH_APP_ID },
        { "buyer_id", "2088722000000007" },
        { "buyer_logon_id", "ben***@example.com" },
        { "buyer_pay_amount", amount },
        { "charset", "utf-8" },
        { "fund_bill_list", bills },
        { "gmt_create", "2026-01-02 03:04:05" },
        { "gmt_payment", "2026-01-02 03:05:06" },
        { "hb_fq_pay_info", "{\"user_install_num\":\"3\"}" },
        { "invoice_amount", amount },
        { "notify_id", "2026010222001405070000000000000000" },
        { "notify_time", "2026-01-02 03:05:07" },
        { "notify_type", "trade_status_sync" },
        { "out_trade_no", order_number },
        { "point_amount", "0.00" },
        { "receipt_amount", amount },
        { "seller_id", BENCH_SELLER_ID },
        { "subject", "Bench phone" },
        { "total_amount", amount },
        { "trade_no", order_number },
        { "trade_status", "TRADE_SUCCESS" },
        { "version", "1.0" },
    };
    char text[FIELDS_SIZE_MAX], sign[512];
    char *body = malloc(BODY_SIZE_MAX);
    bench_check(body != NULL);
    char *at = body;
    size_t n = 0;
    for (size_t i = 0; i < BENCH_COUNT(fields); i++) {
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s=%s", i > 0 ? "&" : "", fields[i][0],
                              fields[i][1]);
        bench_check(n < sizeof(text));
        at += sprintf(at, "%s%s=", i > 0 ? "&" : "", fields[i][0]);
        at = notice_encode(at, fields[i][1]);
    }
    notice_sign(place->platform, text, sign, sizeof(sign));
    at += sprintf(at, "&sign_type=RSA2&sign=");
    (void)notice_encode(at, sign);
    return body;
}
