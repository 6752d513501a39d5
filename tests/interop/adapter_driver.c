/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the request that an adapter builds for a call, and what it signs: for comparing with
 * another implementation of the same platform.
 *
 * The adapter, its host and its keys are the daemon's own: a channel is opened, one exchange is
 * begun. Standard input has one "name value" a line; facts of the channel first, all optional but
 * adapters:
 *
 *      adapters DIR            setting NAME VALUE      key NAME FILE
 *      operation create|query|close|refund|query_refund|fetch_key
 *      now MS   deadline MS    order NUMBER            amount FEN      instalments N
 *      bearer buyer|merchant   terminal desktop|mobile_web|app|qr     subject TEXT
 *      notify_url URL          return_url URL          refund NUMBER   refund_amount FEN
 *      refund_reason TEXT      key_name NAME
 *      payer_name TEXT         payer_document_number TEXT      payer_phone DIGITS
 *      with NAME VALUE         puts this parameter in, or in place of the adapter's, and signs
 * again
 *
 * Standard output likewise: method, url, body or text (of an app), field NAME VALUE (of a form),
 * and after `with` lines, or none: signed_text and sign, made of the parameters in the request. A
 * channel or call that is refused: the reason on standard error, and status 1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/sdk/canon.h"
#include "adapters/sdk/form.h"
#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"
#include "daemon/plugin/host.h"

#define DRIVER_PAIRS_MAX 32

struct driver_pairs {
    struct fq_pair items[DRIVER_PAIRS_MAX];
    size_t n_items;
};

struct driver {
    struct fq_arena *arena;
    const char *adapters_dir;
    uint32_t operation; /* fq_call_kind */
    struct driver_pairs settings;
    struct driver_pairs keys;
    struct driver_pairs with;
    struct fq_call call;
};

static void driver_fail(const char *what, struct fq_str which) __attribute__((noreturn));

static void driver_fail(const char *what, struct fq_str which)
{
    (void)fprintf(stderr, "%s: %.*s %s\n", what, fq_str_arg(which), fq_trace());
    exit(1);
}

/* ---- what is asked ---- */

static void driver_add(struct driver_pairs *pairs, struct fq_pair pair)
{
    fq_assert(pairs->n_items < DRIVER_PAIRS_MAX);
    pairs->items[pairs->n_items++] = pair;
}

static int64_t driver_number(struct fq_str value)
{
    int64_t number = 0;
    if (fq_str_to_int64(value, 0, INT64_MAX, &number) != 0)
        driver_fail("not a number", value);
    return number;
}

struct driver_word {
    const char *word;
    uint32_t value;
};

static const struct driver_word driver_operations[] = {
    { "create", FQ_CALL_CREATE },
    { "query", FQ_CALL_QUERY },
    { "close", FQ_CALL_CLOSE_ORDER },
    { "refund", FQ_CALL_REFUND },
    { "query_refund", FQ_CALL_QUERY_REFUND },
    { "fetch_key", FQ_CALL_FETCH_KEY },
    { NULL, 0 },
};
static const struct driver_word driver_bearers[] = {
    { "buyer", FQ_BEARER_BUYER },
    { "merchant", FQ_BEARER_MERCHANT },
    { NULL, 0 },
};
static const struct driver_word driver_terminals[] = {
    { "desktop", FQ_TERMINAL_DESKTOP },
    { "mobile_web", FQ_TERMINAL_MOBILE_WEB },
    { "app", FQ_TERMINAL_APP },
    { "qr", FQ_TERMINAL_QR },
    { NULL, 0 },
};

static uint32_t driver_value(const struct driver_word *words, struct fq_str word)
{
    for (; words->word != NULL; words++)
        if (fq_str_equal(word, fq_str_of(words->word)))
            return words->value;
    driver_fail("no such word", word);
}

static const struct {
    const char *name;
    size_t offset;
} driver_texts[] = {
    { "order", offsetof(struct fq_call, order_number) },
    { "subject", offsetof(struct fq_call, subject) },
    { "notify_url", offsetof(struct fq_call, notify_url) },
    { "return_url", offsetof(struct fq_call, return_url) },
    { "refund", offsetof(struct fq_call, refund_number) },
    { "refund_reason", offsetof(struct fq_call, refund_reason) },
    { "key_name", offsetof(struct fq_call, key_name) },
    { "payer_name", offsetof(struct fq_call, payer_name) },
    { "payer_document_number", offsetof(struct fq_call, payer_document_number) },
    { "payer_phone", offsetof(struct fq_call, payer_phone) },
};

static bool driver_take_text(struct fq_call *call, struct fq_str name, struct fq_str value)
{
    for (size_t i = 0; i < fq_array_size(driver_texts); i++) {
        if (!fq_str_equal(name, fq_str_of(driver_texts[i].name)))
            continue;
        memcpy((char *)call + driver_texts[i].offset, &value, sizeof(value));
        return true;
    }
    return false;
}

static bool driver_take_number(struct driver *driver, struct fq_str name, struct fq_str value)
{
    struct fq_call *call = &driver->call;
    if (fq_str_equal(name, fq_lit("now")))
        call->now_unix_ms = call->created_unix_ms = driver_number(value);
    else if (fq_str_equal(name, fq_lit("deadline")))
        call->deadline_unix_ms = driver_number(value);
    else if (fq_str_equal(name, fq_lit("amount")))
        call->amount = (struct fq_money){ driver_number(value), "CNY", 2 };
    else if (fq_str_equal(name, fq_lit("refund_amount")))
        call->refund_amount = (struct fq_money){ driver_number(value), "CNY", 2 };
    else if (fq_str_equal(name, fq_lit("instalments")))
        call->instalments = (uint32_t)driver_number(value);
    else if (fq_str_equal(name, fq_lit("bearer")))
        call->bearer = driver_value(driver_bearers, value);
    else if (fq_str_equal(name, fq_lit("terminal")))
        call->terminal = driver_value(driver_terminals, value);
    else if (fq_str_equal(name, fq_lit("operation")))
        driver->operation = driver_value(driver_operations, value);
    else
        return false;
    return true;
}

static void driver_take(struct driver *driver, struct fq_str name, struct fq_str value)
{
    struct driver_pairs *pairs = fq_str_equal(name, fq_lit("setting")) ? &driver->settings
                                 : fq_str_equal(name, fq_lit("key"))   ? &driver->keys
                                 : fq_str_equal(name, fq_lit("with"))  ? &driver->with
                                                                       : NULL;
    struct fq_pair pair;
    if (pairs != NULL) {
        (void)fq_str_cut(value, ' ', &pair.name, &pair.value);
        driver_add(pairs, pair);
    } else if (fq_str_equal(name, fq_lit("adapters"))) {
        driver->adapters_dir = value.ptr;
    } else if (!driver_take_text(&driver->call, name, value) &&
               !driver_take_number(driver, name, value)) {
        driver_fail("no such fact", name);
    }
}

static void driver_read(struct driver *driver)
{
    char *line = NULL;
    size_t size = 0;
    for (ssize_t len; (len = getline(&line, &size, stdin)) > 0;) {
        struct fq_str name, value;
        struct fq_str text = { line, (size_t)len - (line[len - 1] == '\n') };
        text = fq_arena_copy(driver->arena, text);
        (void)fq_str_cut(text, ' ', &name, &value);
        driver_take(driver, name, value);
    }
    free(line);
    driver->call.struct_size = sizeof(driver->call);
    driver->call.object = driver->call.refund_number.len > 0 ? FQ_OBJECT_REFUND : FQ_OBJECT_PAYMENT;
}

/* ---- what the adapter makes of it ---- */

static struct fq_channel *driver_open(struct driver *driver)
{
    /* Kept by the channel as long as it lives. */
    static struct fq_channel_conf conf;
    struct fq_channel *channel = NULL;
    struct fq_str key = { NULL, 0 }, reason = { NULL, 0 };
    conf = (struct fq_channel_conf){
        .name = fq_lit("interop"),
        .adapter = fq_lit("huabei"),
        .settings = driver->settings.items,
        .n_settings = driver->settings.n_items,
        .keys = driver->keys.items,
        .n_keys = driver->keys.n_items,
    };
    if (driver->adapters_dir == NULL)
        driver_fail("missing", fq_lit("adapters"));
    if (fq_channel_open(&conf, driver->adapters_dir, driver->arena, &channel, &key, &reason) == 0)
        return channel;
    (void)fprintf(stderr, "%.*s: ", fq_str_arg(key));
    driver_fail("the channel is refused", reason);
}

static void driver_say(const char *name, struct fq_str value)
{
    if (value.len > 0)
        (void)printf("%s %.*s\n", name, fq_str_arg(value));
}

static void driver_print(const struct fq_verdict *verdict)
{
    driver_say("method", verdict->message.method);
    driver_say("url", verdict->message.url);
    driver_say("body", verdict->message.body);
    driver_say("text", verdict->action_text);
    for (size_t i = 0; i < verdict->message.fields.n_items; i++) {
        const struct fq_pair *field = &verdict->message.fields.items[i];
        (void)printf("field %.*s %.*s\n", fq_str_arg(field->name), fq_str_arg(field->value));
    }
}

/* ---- what is signed ---- */

static void driver_put(struct driver_pairs *params, struct fq_pair pair)
{
    for (size_t i = 0; i < params->n_items; i++) {
        if (!fq_str_equal(params->items[i].name, pair.name))
            continue;
        params->items[i].value = pair.value;
        return;
    }
    driver_add(params, pair);
}

static void driver_put_form(const struct fq_host *host, struct fq_str form,
                            struct driver_pairs *params)
{
    struct fq_pairs fields = { NULL, 0 };
    if (fq_form_decode(host, form, &fields) != 0)
        driver_fail("not a form", form);
    for (size_t i = 0; i < fields.n_items; i++)
        driver_put(params, fields.items[i]);
}

/* The adapter's own way to the string to sign, over what travels and what is put in by `with`. */
static void driver_sign(const struct driver *driver, const struct fq_channel *channel,
                        const struct fq_host *host, const struct fq_verdict *verdict)
{
    static const char *const except[] = { "sign", NULL };
    struct driver_pairs params = { .n_items = 0 };
    struct fq_str head, query, text, signature;
    (void)fq_str_cut(verdict->message.url, '?', &head, &query);
    driver_put_form(host, query, &params);
    driver_put_form(host, verdict->message.body, &params);
    driver_put_form(host, verdict->action_text, &params);
    for (size_t i = 0; i < verdict->message.fields.n_items; i++)
        driver_put(&params, verdict->message.fields.items[i]);
    for (size_t i = 0; i < driver->with.n_items; i++)
        driver_put(&params, driver->with.items[i]);
    if (!fq_canon_join(host, (struct fq_pairs){ params.items, params.n_items }, except,
                       FQ_CANON_SKIP_EMPTY, &text) ||
        fq_keyring_sign(channel->keyring, "app", FQ_SCHEME_RSA_SHA256, text, driver->arena,
                        &signature) != 0)
        driver_fail("not signed", fq_lit(""));
    driver_say("signed_text", text);
    driver_say("sign", fq_base64_encode(signature, driver->arena));
}

int main(void)
{
    struct driver driver = { .arena = fq_arena_new(FQ_ARENA_SIZE_MAX) };
    struct fq_host_call lent;
    struct fq_answer answer;
    driver_read(&driver);
    struct fq_channel *channel = driver_open(&driver);
    fq_channel_call(channel, driver.operation, &driver.call, NULL, driver.arena, &answer);
    if (answer.is_fault)
        driver_fail("the call is refused", answer.reason);
    fq_host_init(&lent, channel, driver.arena, driver.call.now_unix_ms);
    driver_print(&answer.verdict);
    driver_sign(&driver, channel, &lent.host, &answer.verdict);
    fq_host_deinit(&lent);
    fq_channel_free(channel);
    fq_arena_free(driver.arena);
    return 0;
}
