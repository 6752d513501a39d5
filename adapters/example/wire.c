/* SPDX-License-Identifier: Apache-2.0 */
/* Example Pay's way to write, sign, verify and read a message. */
#include <stdio.h>
#include <string.h>

#include "adapters/example/example.h"

#define LINE_SIZE_MAX 8192
#define SIGN_FIELD    "&sign="

/* ---- writing ---- */

static void wire_add(struct example_out *out, const char *bytes, size_t len)
{
    if (out->failed || len > out->size - out->len) {
        out->failed = 1;
        return;
    }
    memcpy(out->text + out->len, bytes, len);
    out->len += len;
}

static int wire_is_plain(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

static void wire_add_encoded(struct example_out *out, struct fq_str value)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        const char encoded[3] = { '%', digits[c >> 4], digits[c & 15] };
        if (wire_is_plain(value.ptr[i]))
            wire_add(out, value.ptr + i, 1);
        else
            wire_add(out, encoded, sizeof(encoded));
    }
}

/* Memory comes from the host, for the length of the call; nothing is ever freed. NULL means that
 * the call's limit is reached: fail, do not guess. */
void example_begin(struct example_out *out, const struct example *self, const struct fq_host *host,
                   const char *op)
{
    char *text = host->alloc(host, LINE_SIZE_MAX);
    *out = (struct example_out){ host, text, 0, LINE_SIZE_MAX, text == NULL };
    wire_add(out, "op=", 3);
    wire_add(out, op, strlen(op));
    example_put(out, "shop", self->shop);
}

void example_put(struct example_out *out, const char *name, struct fq_str value)
{
    if (value.len == 0)
        return;
    wire_add(out, "&", 1);
    wire_add(out, name, strlen(name));
    wire_add(out, "=", 1);
    wire_add_encoded(out, value);
}

struct fq_str example_number(const struct fq_host *host, int64_t value)
{
    char *text = host->alloc(host, 24);
    int len = text != NULL ? snprintf(text, 24, "%lld", (long long)value) : 0;
    return (struct fq_str){ text, (size_t)len };
}

void example_put_number(struct example_out *out, const char *name, int64_t value)
{
    example_put(out, name, example_number(out->host, value));
}

/* The key stays in the daemon: the adapter names it and hands over the whole text. */
int example_sign(struct example_out *out, struct fq_str *ret_line)
{
    const struct fq_host *host = out->host;
    const struct fq_str text = { out->text, out->len };
    struct fq_str signature = { NULL, 0 };
    if (out->failed)
        return host->fail(host, "the message is too long");
    if (host->sign(host, EXAMPLE_KEY_SHOP, FQ_SCHEME_RSA_SHA256, text, &signature) != 0)
        return host->fail(host, "cannot sign");
    wire_add(out, SIGN_FIELD, sizeof(SIGN_FIELD) - 1);
    for (size_t i = 0; i < signature.len; i++) {
        char hex[3];
        (void)snprintf(hex, sizeof(hex), "%02x", (unsigned)(unsigned char)signature.ptr[i]);
        wire_add(out, hex, 2);
    }
    if (out->failed)
        return host->fail(host, "the message is too long");
    *ret_line = (struct fq_str){ out->text, out->len };
    return 0;
}

struct fq_str example_join(const struct fq_host *host, struct fq_str prefix, const char *middle,
                           struct fq_str text)
{
    size_t len = prefix.len + strlen(middle) + text.len;
    char *joined = host->alloc(host, len + 1);
    if (joined == NULL)
        return (struct fq_str){ NULL, 0 };
    (void)snprintf(joined, len + 1, "%.*s%s%.*s", (int)prefix.len, prefix.ptr, middle,
                   (int)text.len, text.ptr);
    return (struct fq_str){ joined, len };
}

/* A verdict comes zeroed. Set the members you mean and leave the rest alone: never assign the whole
 * struct, a newer or an older daemon's is of another size. */
int example_send(const struct example *self, const struct fq_host *host, struct fq_str line,
                 struct fq_verdict *ret)
{
    ret->step = FQ_STEP_SEND;
    ret->message.method = EXAMPLE_STR("POST");
    ret->message.url = example_join(host, self->gateway, "/api", EXAMPLE_STR(""));
    ret->message.content_type = EXAMPLE_STR("application/x-www-form-urlencoded");
    ret->message.body = line;
    return ret->message.url.ptr != NULL ? 0 : host->fail(host, "out of memory");
}

/* ---- reading ---- */

static int wire_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Cuts the line into what is signed and its signature. 0, or 1 if it is no such line. */
static int wire_cut(const struct fq_host *host, struct fq_str line, struct fq_str *ret_text,
                    struct fq_str *ret_signature)
{
    const size_t field_len = sizeof(SIGN_FIELD) - 1;
    size_t at = line.len;
    while (at > 0 && line.ptr[at - 1] != '=')
        at--;
    size_t hex_len = line.len - at;
    if (at < field_len || memcmp(line.ptr + at - field_len, SIGN_FIELD, field_len) != 0 ||
        hex_len == 0 || hex_len % 2 != 0 || hex_len > 2048)
        return 1;
    char *bytes = host->alloc(host, hex_len / 2);
    if (bytes == NULL)
        return 1;
    for (size_t i = 0; i < hex_len; i += 2) {
        int high = wire_hex_digit(line.ptr[at + i]);
        int low = wire_hex_digit(line.ptr[at + i + 1]);
        if (high < 0 || low < 0)
            return 1;
        bytes[i / 2] = (char)(high << 4 | low);
    }
    *ret_text = (struct fq_str){ line.ptr, at - field_len };
    *ret_signature = (struct fq_str){ bytes, hex_len / 2 };
    return 0;
}

/* A key name goes to the host as a NUL-terminated string. */
static const char *wire_key_name(const struct fq_host *host, struct fq_str text)
{
    const struct fq_str named = example_get(host, text, "key");
    if (named.len == 0)
        return EXAMPLE_KEY_PLATFORM;
    return example_join(host, named, "", EXAMPLE_STR("")).ptr;
}

/* No answer, or none that the platform wrote: the outcome is unknown, and that is what we say. It
 * is neither a fault nor a decline; the daemon asks again. */
static int wire_unknown(const struct fq_message *message, struct fq_verdict *ret)
{
    ret->step = FQ_STEP_DONE;
    ret->outcome = FQ_OUTCOME_UNKNOWN;
    ret->platform_text = message->transport == FQ_TRANSPORT_OK
                             ? EXAMPLE_STR("the platform answered with an error page")
                             : EXAMPLE_STR("no answer");
    return EXAMPLE_SETTLED;
}

/* Only host->verify makes the daemon believe an outcome; forget it, and PAID is refused. */
int example_read(const struct fq_host *host, const struct fq_message *message, struct fq_str line,
                 struct fq_str *ret_said, struct fq_verdict *ret)
{
    struct fq_str text = { NULL, 0 };
    struct fq_str signature = { NULL, 0 };
    if (message->transport != FQ_TRANSPORT_OK)
        return wire_unknown(message, ret);
    if (message->http_status != 0 && message->http_status != 200) /* received ones have none */
        return wire_unknown(message, ret);
    if (wire_cut(host, line, &text, &signature) != 0)
        return host->fail(host, "the message has no signature");

    /* The message says which key signed it. That is a claim, not a proof: it only chooses. */
    const char *key = wire_key_name(host, text);
    if (key == NULL)
        return host->fail(host, "out of memory");
    int r = host->verify(host, key, FQ_SCHEME_RSA_SHA256, text, signature);
    if (r < 0) {
        /* A key that we do not have: let the daemon fetch it and show us the message again. */
        ret->step = FQ_STEP_NEED_KEY;
        ret->key_name = (struct fq_str){ key, strlen(key) };
        return EXAMPLE_SETTLED;
    }
    if (r > 0)
        return host->fail(host, "the signature is not the platform's");
    *ret_said = text;
    return EXAMPLE_VERIFIED;
}

static struct fq_str wire_decode(const struct fq_host *host, struct fq_str value)
{
    char *text = host->alloc(host, value.len + 1);
    size_t len = 0;
    for (size_t i = 0; text != NULL && i < value.len; i++) {
        int high = i + 2 < value.len ? wire_hex_digit(value.ptr[i + 1]) : -1;
        int low = i + 2 < value.len ? wire_hex_digit(value.ptr[i + 2]) : -1;
        if (value.ptr[i] == '%' && high >= 0 && low >= 0) {
            text[len++] = (char)(high << 4 | low);
            i += 2;
        } else {
            text[len++] = value.ptr[i];
        }
    }
    return (struct fq_str){ text, len };
}

struct fq_str example_get(const struct fq_host *host, struct fq_str said, const char *name)
{
    size_t name_len = strlen(name);
    for (size_t at = 0; at < said.len;) {
        const char *field = said.ptr + at;
        const char *end = memchr(field, '&', said.len - at);
        size_t len = end != NULL ? (size_t)(end - field) : said.len - at;
        if (len > name_len && memcmp(field, name, name_len) == 0 && field[name_len] == '=')
            return wire_decode(host, (struct fq_str){ field + name_len + 1, len - name_len - 1 });
        at += len + 1;
    }
    return (struct fq_str){ NULL, 0 };
}

int64_t example_get_number(const struct fq_host *host, struct fq_str said, const char *name)
{
    struct fq_str text = example_get(host, said, name);
    int64_t value = 0;
    if (text.len == 0 || text.len > 15)
        return -1;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return -1;
        value = value * 10 + (text.ptr[i] - '0');
    }
    return value;
}

struct fq_money example_get_amount(const struct fq_host *host, struct fq_str said)
{
    const int64_t minor = example_get_number(host, said, "amount");
    const struct fq_money said_nothing = { 0, "", 0 };
    return minor >= 0 ? (struct fq_money){ minor, "CNY", 2 } : said_nothing;
}

int example_equal(struct fq_str text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.ptr, word, text.len) == 0;
}

struct fq_str example_remembered(const struct fq_call *call, const char *name)
{
    for (size_t i = 0; i < call->memory.n_items; i++) {
        if (example_equal(call->memory.items[i].name, name))
            return call->memory.items[i].value;
    }
    return (struct fq_str){ NULL, 0 };
}
