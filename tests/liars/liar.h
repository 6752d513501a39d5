/* SPDX-License-Identifier: Apache-2.0 */
/* An honest adapter, of which each liar replaces exactly one function or one number.
 *
 * Its platform says "<order number> <minor> <state>\n<signature in hex>", signed over what stands
 * in front of the line break. A liar defines the LIAR_ macro of what it replaces before it includes
 * this header, and ends with LIAR_REGISTER. */
#ifndef LIAR_H
#define LIAR_H

#include <stdio.h>
#include <string.h>

#include "adapters/sdk/fenqi_adapter.h"

#define LIAR_MAYBE     __attribute__((unused)) static
#define LIAR_STR(text) ((struct fq_str){ (text), sizeof(text) - 1 })

#ifndef LIAR_STRUCT_SIZE
#    define LIAR_STRUCT_SIZE sizeof(struct fq_adapter)
#endif
#ifndef LIAR_ABI_VERSION
#    define LIAR_ABI_VERSION FQ_ABI_VERSION
#endif
#ifndef LIAR_THREADS
#    define LIAR_THREADS FQ_THREADS_PARALLEL
#endif
#ifndef LIAR_NAME
#    define LIAR_NAME "liar"
#endif
#ifndef LIAR_OPEN
#    define LIAR_OPEN honest_open
#endif
#ifndef LIAR_DESCRIBE
#    define LIAR_DESCRIBE honest_describe
#endif
#ifndef LIAR_QUOTE
#    define LIAR_QUOTE honest_quote
#endif
#ifndef LIAR_CREATE_BEGIN
#    define LIAR_CREATE_BEGIN honest_create_begin
#endif
#ifndef LIAR_QUERY_BEGIN
#    define LIAR_QUERY_BEGIN honest_query_begin
#endif
#ifndef LIAR_QUERY_RESUME
#    define LIAR_QUERY_RESUME honest_query_resume
#endif
#ifndef LIAR_FETCH_KEY_RESUME
#    define LIAR_FETCH_KEY_RESUME honest_query_resume
#endif

#define LIAR_REGISTER                                               \
    static const struct fq_adapter liar = {                         \
        .struct_size = LIAR_STRUCT_SIZE,                            \
        .abi_version = LIAR_ABI_VERSION,                            \
        .threads = LIAR_THREADS,                                    \
        .name = LIAR_NAME,                                          \
        .version = "1",                                             \
        .open = LIAR_OPEN,                                          \
        .describe = LIAR_DESCRIBE,                                  \
        .quote = LIAR_QUOTE,                                        \
        .create = { LIAR_CREATE_BEGIN, NULL },                      \
        .query = { LIAR_QUERY_BEGIN, LIAR_QUERY_RESUME },           \
        .fetch_key = { honest_query_begin, LIAR_FETCH_KEY_RESUME }, \
    };                                                              \
    FQ_REGISTER_ADAPTER(liar)

LIAR_MAYBE int honest_open(const struct fq_host *host, const struct fq_pair *conf, size_t n_conf,
                           void **ret_self, struct fq_str *reterr_key)
{
    (void)conf;
    (void)n_conf;
    (void)reterr_key;
    *ret_self = host->alloc(host, 256);
    return *ret_self != NULL ? 0 : host->fail(host, "out of memory");
}

LIAR_MAYBE int honest_describe(void *self, struct fq_description *ret)
{
    static const uint32_t terms[] = { 3, 6, 12 };
    static const struct fq_key_need keys[] = {
        { "ours", FQ_KEY_PRIVATE_SIGN, 0 },
        { "platform", FQ_KEY_PUBLIC_VERIFY, 1 },
    };
    (void)self;
    ret->title_zh = ret->title_en = "liar";
    ret->fee_word_zh = ret->fee_word_en = "fee";
    memcpy(ret->currency, "CNY", sizeof(ret->currency));
    ret->exponent = 2;
    ret->terms = terms;
    ret->n_terms = sizeof(terms) / sizeof(terms[0]);
    ret->terminals = 1u << FQ_TERMINAL_DESKTOP;
    ret->bearers = 1u << FQ_BEARER_BUYER;
    ret->amount_max_minor = 1000000;
    ret->deadline_max_ms = 86400000;
    ret->keys = keys;
    ret->n_keys = sizeof(keys) / sizeof(keys[0]);
    return 0;
}

LIAR_MAYBE int honest_quote(void *self, const struct fq_host *host, const struct fq_quote_in *in,
                            struct fq_quote_out *ret)
{
    (void)self;
    ret->lines = host->alloc(host, in->instalments * sizeof(*ret->lines));
    if (ret->lines == NULL)
        return host->fail(host, "out of memory");
    ret->n_lines = in->instalments;
    ret->lines[0].principal_minor = in->amount.minor;
    return 0;
}

LIAR_MAYBE int honest_create_begin(void *self, const struct fq_host *host,
                                   const struct fq_call *call, struct fq_verdict *ret)
{
    (void)self;
    (void)host;
    ret->step = FQ_STEP_DONE;
    ret->action = FQ_ACTION_REDIRECT;
    ret->action_expires_unix_ms = call->deadline_unix_ms;
    ret->message.url = LIAR_STR("https://pay.example/cashier");
    return 0;
}

LIAR_MAYBE int honest_query_begin(void *self, const struct fq_host *host,
                                  const struct fq_call *call, struct fq_verdict *ret)
{
    (void)self;
    (void)host;
    ret->step = FQ_STEP_SEND;
    ret->message.method = LIAR_STR("POST");
    ret->message.url = LIAR_STR("https://pay.example/api");
    ret->message.content_type = LIAR_STR("text/plain");
    ret->message.body = call->order_number;
    return 0;
}

/* 0, or 1 if the message has no line break or no hexadecimal behind it. */
LIAR_MAYBE int honest_cut(const struct fq_host *host, struct fq_str body, struct fq_str *ret_text,
                          struct fq_str *ret_signature)
{
    const char *line = body.len > 0 ? memchr(body.ptr, '\n', body.len) : NULL;
    if (line == NULL)
        return 1;
    size_t n = (body.len - (size_t)(line + 1 - body.ptr)) / 2;
    char *bytes = host->alloc(host, n + 1);
    for (size_t i = 0; bytes != NULL && i < n; i++) {
        char pair[3] = { line[1 + 2 * i], line[2 + 2 * i], '\0' };
        unsigned value = 0;
        if (sscanf(pair, "%2x", &value) != 1)
            return 1;
        bytes[i] = (char)value;
    }
    *ret_text = (struct fq_str){ body.ptr, (size_t)(line - body.ptr) };
    *ret_signature = (struct fq_str){ bytes, n };
    return bytes == NULL;
}

LIAR_MAYBE int honest_verify(const struct fq_host *host, const char *key, struct fq_str body)
{
    struct fq_str text = { NULL, 0 };
    struct fq_str signature = { NULL, 0 };
    if (honest_cut(host, body, &text, &signature) != 0)
        return -1;
    return host->verify(host, key, FQ_SCHEME_RSA_SHA256, text, signature);
}

/* Reads the message as it stands, without any proof. */
LIAR_MAYBE int honest_tell(const struct fq_host *host, struct fq_str body, struct fq_verdict *ret)
{
    char text[128] = { 0 };
    char state[16] = { 0 };
    char *number = host->alloc(host, 64);
    long long minor = 0;
    if (number == NULL)
        return host->fail(host, "out of memory");
    (void)snprintf(text, sizeof(text), "%.*s", (int)body.len, body.ptr);
    if (sscanf(text, "%63s %lld %15s", number, &minor, state) != 3)
        return host->fail(host, "the message makes no sense");
    ret->step = FQ_STEP_DONE;
    ret->object = FQ_OBJECT_PAYMENT;
    ret->number = (struct fq_str){ number, strlen(number) };
    ret->amount = (struct fq_money){ minor, "CNY", 2 };
    ret->outcome = strcmp(state, "PAID") == 0     ? FQ_OUTCOME_PAID
                   : strcmp(state, "CLOSED") == 0 ? FQ_OUTCOME_CLOSED
                   : strcmp(state, "ABSENT") == 0 ? FQ_OUTCOME_NOT_FOUND
                                                  : FQ_OUTCOME_PENDING;
    return 0;
}

LIAR_MAYBE int honest_query_resume(void *self, const struct fq_host *host,
                                   const struct fq_call *call, const struct fq_message *message,
                                   struct fq_verdict *ret)
{
    (void)self;
    (void)call;
    if (honest_verify(host, "platform", message->body) != 0)
        return host->fail(host, "the signature is not the platform's");
    return honest_tell(host, message->body, ret);
}

#endif
