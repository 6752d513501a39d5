/* SPDX-License-Identifier: Apache-2.0 */
/* The world of a flow under test: a clock that the test turns, an adapter that says what it is told
 * to, and a list of pending completions that the test runs one by one, in any order. */
#ifndef TESTS_UNIT_FLOW_FAKE_WORLD_H
#define TESTS_UNIT_FLOW_FAKE_WORLD_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "daemon/base/log.h"
#include "daemon/crypto/crypto.h"
#include "daemon/flow/flow.h"
#include "tests/unit/flow/fake_store.h"

#define FAKE_NOW_MS      INT64_C(1700000000000)
#define FAKE_LIFE_MS     INT64_C(900000)
#define FAKE_MARGIN_MS   INT64_C(120000)
#define FAKE_DEADLINE_MS (FAKE_NOW_MS + FAKE_LIFE_MS)
#define FAKE_AMOUNT      INT64_C(699900)
#define FAKE_LEASE_MS    INT64_C(30000)
#define FAKE_KINDS       (FQ_CALL_BROWSER_RETURN + 1)
#define FAKE_PENDING_MAX 64
#define FAKE_WORDS_MAX   64
#define FAKE_DAYS_MAX    32

/* What an adapter does with a payer's name that it must not. */
enum fake_leak { FAKE_LEAK_NONE = 0, FAKE_LEAK_LINK, FAKE_LEAK_MEMORY, FAKE_LEAK_REASON };

enum fake_work { FAKE_TX = 1, FAKE_READ, FAKE_ADAPT, FAKE_SEND };

struct fake_pending {
    uint32_t work; /* fake_work */
    void *what;
    bool is_executed; /* it happened; nobody was told yet */
};

/* What the adapter makes of the next message of this kind. What is not set is filled from the call.
 */
struct fake_word {
    uint32_t kind; /* fq_call_kind; 0: used up */
    struct fq_verdict verdict;
    bool is_unverified;
    bool is_fault;
    bool eats_memory; /* the call's, all of it */
};

static struct fake_world {
    struct fq_world world;
    struct fake_store store;
    struct fq_flow *flow;
    struct fq_timers *timers;
    int64_t now_ms;
    uint64_t n_random;

    struct fake_pending pending[FAKE_PENDING_MAX];
    size_t n_pending;

    struct fake_word words[FAKE_WORDS_MAX];
    size_t n_words;
    uint32_t begin_fault;  /* begin of this kind fails */
    uint32_t begin_silent; /* begin of this kind is DONE, with nothing */
    uint32_t transport;    /* of the next exchange, once */
    uint32_t http_status;  /* of every one */
    size_t n_begun[FAKE_KINDS];
    size_t n_sent[FAKE_KINDS];
    char number_sent[64];  /* the object of the last message to the platform */
    char number_asked[64]; /* the last order number that was planned */
    char number_refund[64];
    char number_order[FAKE_KINDS][64];      /* of the attempt in the last call of each kind */
    char days_asked[FAKE_DAYS_MAX + 1][16]; /* of statements, in order */
    char url_seen[256];                     /* of the last notification or return */
    char payer_seen[FAKE_KINDS][64];        /* the name in the last call of each kind */
    uint32_t leak;                          /* fake_leak */
    bool has_no_payer_key;
    bool is_payer_hashed;  /* a plain digest was made of what names it */
    struct fq_payer payer; /* that no digest may see */

    /* the configuration */
    struct fq_merchant merchants[2];
    struct fq_str channel_names[1];
    struct fq_str return_urls[1];
    struct fq_rate rates[3];
    struct fq_channel_conf channel_conf;
    struct fq_adapter adapter;
    struct fq_channel channel;
    struct fq_channel *channels[1];
    struct fq_catalog catalog;
} fake;

/* ---- pending completions ---- */

FAKE_MAYBE void fake_put(uint32_t work, void *what)
{
    fq_assert(fake.n_pending < FAKE_PENDING_MAX);
    fake.pending[fake.n_pending++] = (struct fake_pending){ .work = work, .what = what };
}

/* The place of the nth (from 0) pending one of a kind. */
FAKE_MAYBE size_t fake_nth(uint32_t work, size_t nth)
{
    for (size_t i = 0; i < fake.n_pending; i++) {
        if (fake.pending[i].work == work && nth-- == 0)
            return i;
    }
    fail_msg("there is no such pending work: %u", work);
    return 0;
}

FAKE_MAYBE size_t fake_n_pending(uint32_t work)
{
    size_t n = 0;
    for (size_t i = 0; i < fake.n_pending; i++)
        n += fake.pending[i].work == work;
    return n;
}

static void fake_adapt_run(struct fq_adapt *adapt);
static void fake_send_run(struct fq_send *send);

/* It happens: rows are committed or read, a message is judged or sent. */
FAKE_MAYBE void fake_execute(size_t place)
{
    struct fake_pending *pending = &fake.pending[place];
    assert_true(place < fake.n_pending);
    if (pending->is_executed)
        return;
    pending->is_executed = true;
    if (pending->work == FAKE_TX)
        fake_tx_run(&fake.store, pending->what);
    else if (pending->work == FAKE_READ)
        fake_read_run(&fake.store, pending->what);
    else if (pending->work == FAKE_ADAPT)
        fake_adapt_run(pending->what);
    else
        fake_send_run(pending->what);
}

/* It happens, if it has not, and the flow hears of it. */
FAKE_MAYBE void fake_step(size_t place)
{
    fake_execute(place);
    struct fake_pending pending = fake.pending[place];
    fake.n_pending--;
    memmove(&fake.pending[place], &fake.pending[place + 1],
            (fake.n_pending - place) * sizeof(pending));
    if (pending.work == FAKE_TX)
        ((struct fq_tx *)pending.what)->done(pending.what);
    else if (pending.work == FAKE_READ)
        ((struct fq_read *)pending.what)->done(pending.what);
    else if (pending.work == FAKE_ADAPT)
        ((struct fq_adapt *)pending.what)->done(pending.what);
    else
        ((struct fq_send *)pending.what)->done(pending.what);
}

/* Everything, in the order in which it was asked for. */
FAKE_MAYBE void fake_run(void)
{
    while (fake.n_pending > 0)
        fake_step(0);
}

/* Steps in order until the first pending one is of this kind. */
FAKE_MAYBE void fake_run_until(uint32_t work)
{
    while (fake.n_pending > 0 && fake.pending[0].work != work)
        fake_step(0);
    assert_true(fake.n_pending > 0);
}

/* Time passes; timers fire, and what they start is run. */
FAKE_MAYBE void fake_pass(int64_t ms)
{
    int64_t until = fake.now_ms + ms;
    fake_run();
    while (fake.now_ms < until) {
        fake.now_ms += fq_timers_wait_ms(fake.timers, fake.now_ms, until - fake.now_ms);
        fq_timers_fire(fake.timers, fake.now_ms);
        fake_run();
    }
}

/* ---- the adapter ---- */

FAKE_MAYBE struct fq_verdict *fake_say(uint32_t kind, uint32_t outcome)
{
    struct fake_word *word = &fake.words[fake.n_words++];
    fq_assert(fake.n_words <= FAKE_WORDS_MAX);
    *word = (struct fake_word){ .kind = kind, .verdict.outcome = outcome };
    return &word->verdict;
}

FAKE_MAYBE struct fake_word *fake_word_of(struct fq_verdict *verdict)
{
    return fq_container_of(verdict, struct fake_word, verdict);
}

FAKE_MAYBE void fake_keep_number(char ret[64], struct fq_str number)
{
    fq_assert(number.len < 64);
    memset(ret, 0, 64);
    if (number.len > 0)
        memcpy(ret, number.ptr, number.len);
}

FAKE_MAYBE void fake_keep_day(struct fq_str day)
{
    size_t n = fake.n_begun[FQ_CALL_STATEMENT]; /* counted already */
    fq_assert(n <= FAKE_DAYS_MAX && day.len == 8);
    memcpy(fake.days_asked[n - 1], day.ptr, day.len);
}

/* A payer goes into a form, or where this adapter should not put it. */
static void fake_begin_payer(struct fq_adapt *adapt)
{
    struct fq_verdict *verdict = &adapt->answer.verdict;
    struct fq_pair *pair = fq_arena_alloc(adapt->arena, sizeof(*pair));
    if (adapt->call.payer_name.len == 0 || fake.leak == FAKE_LEAK_LINK)
        return;
    *pair = (struct fq_pair){ fq_lit("who"), fq_arena_copy(adapt->arena, adapt->call.payer_name) };
    verdict->action = FQ_ACTION_FORM_POST;
    verdict->message.fields = (struct fq_pairs){ pair, 1 };
    if (fake.leak == FAKE_LEAK_MEMORY)
        verdict->memory = verdict->message.fields;
}

static void fake_begin(struct fq_adapt *adapt)
{
    const struct fq_call *call = &adapt->call;
    struct fq_verdict *verdict = &adapt->answer.verdict;
    bool is_refund = call->object == FQ_OBJECT_REFUND;
    fake.n_begun[adapt->kind]++;
    fake_keep_number(fake.payer_seen[adapt->kind], call->payer_name);
    fake_keep_number(fake.number_order[adapt->kind], call->order_number);
    if (adapt->kind == FQ_CALL_STATEMENT)
        fake_keep_day(call->day);
    if (fake.leak == FAKE_LEAK_REASON) {
        adapt->answer.is_fault = true;
        adapt->answer.reason =
            fq_arena_printf(adapt->arena, "no card of %.*s", fq_str_arg(call->payer_name));
        return;
    }
    if (fake.begin_fault == adapt->kind) {
        adapt->answer.is_fault = true;
        adapt->answer.reason = fq_lit("staged");
        return;
    }
    if (adapt->kind == FQ_CALL_CREATE)
        fake_keep_number(fake.number_asked, call->order_number);
    verdict->step = FQ_STEP_DONE;
    if (fake.begin_silent == adapt->kind)
        return;
    if (adapt->kind == FQ_CALL_CREATE && call->terminal != FQ_TERMINAL_QR) {
        bool is_app = call->terminal == FQ_TERMINAL_APP;
        verdict->action = is_app ? FQ_ACTION_APP_SDK : FQ_ACTION_REDIRECT;
        verdict->action_expires_unix_ms = call->deadline_unix_ms;
        fake_begin_payer(adapt);
        verdict->message.url = fq_arena_printf(adapt->arena, "https://pay.example/cashier?%.*s",
                                               fq_str_arg(call->order_number));
        if (is_app)
            verdict->action_text =
                fq_arena_printf(adapt->arena, "app:%.*s", fq_str_arg(call->order_number));
        return;
    }
    verdict->step = FQ_STEP_SEND;
    verdict->message.method = fq_lit("POST");
    verdict->message.url = fq_lit("https://pay.example/api");
    verdict->message.body =
        fq_arena_copy(adapt->arena, is_refund ? call->refund_number : call->order_number);
    /* So that the network knows what it carries. */
    verdict->message.content_type = fq_arena_printf(adapt->arena, "%u", adapt->kind);
}

/* What is not told is told as it was asked. */
static void fake_complete(struct fq_adapt *adapt, struct fq_verdict *verdict)
{
    const struct fq_call *call = &adapt->call;
    bool is_refund = call->object == FQ_OBJECT_REFUND;
    bool has_amount =
        verdict->outcome == FQ_OUTCOME_PAID || verdict->outcome == FQ_OUTCOME_REFUNDED;
    if (verdict->step == FQ_STEP_UNSET)
        verdict->step = FQ_STEP_DONE;
    if (verdict->object == FQ_OBJECT_UNSET)
        verdict->object = call->object;
    if (verdict->number.ptr == NULL)
        verdict->number = is_refund ? call->refund_number : call->order_number;
    if (has_amount && verdict->amount.currency[0] == '\0')
        verdict->amount = is_refund ? call->refund_amount : call->amount;
    if (adapt->kind == FQ_CALL_CREATE && verdict->action == FQ_ACTION_QR_CODE) {
        verdict->action_expires_unix_ms = call->deadline_unix_ms;
        verdict->action_text =
            fq_arena_printf(adapt->arena, "qr:%.*s", fq_str_arg(call->order_number));
    }
}

/* As the daemon does: what the adapter said is looked at no more. */
static void fake_copy_lines(struct fq_arena *arena, struct fq_verdict *verdict)
{
    const struct fq_statement_line **lines =
        fq_arena_array(arena, verdict->n_lines, sizeof(const struct fq_statement_line *));
    for (size_t i = 0; i < verdict->n_lines; i++) {
        struct fq_statement_line *line = fq_arena_alloc(arena, sizeof(*line));
        *line = *verdict->lines[i];
        struct fq_str *const texts[] = { &line->number, &line->order_number, &line->platform_ref,
                                         &line->proof };
        fake_copy_texts(arena, texts, fq_array_size(texts));
        lines[i] = line;
    }
    verdict->lines = lines;
}

static struct fake_word *fake_next_word(uint32_t kind)
{
    for (size_t i = 0; i < fake.n_words; i++) {
        if (fake.words[i].kind == kind)
            return &fake.words[i];
    }
    return NULL;
}

static void fake_adapt_run(struct fq_adapt *adapt)
{
    struct fq_answer *answer = &adapt->answer;
    *answer = (struct fq_answer){ .verdict.struct_size = sizeof(answer->verdict) };
    if (adapt->message == NULL) {
        fake_begin(adapt);
        return;
    }
    if (adapt->kind == FQ_CALL_NOTIFICATION || adapt->kind == FQ_CALL_BROWSER_RETURN) {
        memset(fake.url_seen, 0, sizeof(fake.url_seen));
        memcpy(fake.url_seen, adapt->message->url.ptr, adapt->message->url.len);
    }
    memset(answer->digest, 7, sizeof(answer->digest));
    struct fake_word *word = fake_next_word(adapt->kind);
    struct fq_verdict verdict = { .outcome = FQ_OUTCOME_UNKNOWN };
    if (word != NULL) {
        verdict = word->verdict;
        word->kind = FQ_CALL_UNSET;
    }
    while (word != NULL && word->eats_memory && fq_arena_alloc(adapt->arena, 4096) != NULL)
        ;
    answer->is_fault = word != NULL && (word->is_fault || word->eats_memory);
    answer->reason = answer->is_fault ? fq_lit("staged") : (struct fq_str){ NULL, 0 };
    if (answer->is_fault)
        return;
    answer->verified = word != NULL && !word->is_unverified;
    if (answer->verified)
        answer->verified_key = fq_arena_copy(adapt->arena, fq_lit("platform"));
    fake_complete(adapt, &verdict);
    verdict.struct_size = sizeof(verdict);
    struct fq_str *const texts[] = { &verdict.number,       &verdict.order_number,
                                     &verdict.platform_ref, &verdict.platform_code,
                                     &verdict.proof,        &verdict.ack_body,
                                     &verdict.key_name,     &verdict.key_data };
    fake_copy_texts(adapt->arena, texts, fq_array_size(texts));
    fake_copy_lines(adapt->arena, &verdict);
    answer->verdict = verdict;
}

static void fake_send_run(struct fq_send *send)
{
    int64_t kind = 0;
    assert_int_equal(fq_str_to_int64(send->request.content_type, 1, FAKE_KINDS, &kind), 0);
    fake.n_sent[kind]++;
    fake_keep_number(fake.number_sent, send->request.body);
    if (kind == FQ_CALL_REFUND || kind == FQ_CALL_UNDO)
        fake_keep_number(fake.number_refund, send->request.body);
    send->answer = (struct fq_message){ .struct_size = sizeof(send->answer),
                                        .http_status = fake.http_status,
                                        .transport = fake.transport,
                                        .body = fq_arena_copy(send->arena, fq_lit("answer")) };
    send->reason = fq_lit("staged");
    fake.transport = FQ_TRANSPORT_OK;
}

static int fake_adapter_quote(void *self, const struct fq_host *host, const struct fq_quote_in *in,
                              struct fq_quote_out *ret)
{
    (void)self;
    int64_t n = in->instalments;
    int64_t fee = in->amount.minor * in->rate_ppm / 1000000;
    ret->lines = host->alloc(host, in->instalments * sizeof(*ret->lines));
    ret->n_lines = in->instalments;
    for (int64_t i = 0; i < n; i++)
        ret->lines[i] =
            (struct fq_plan_line){ in->amount.minor / n + (i == 0 ? in->amount.minor % n : 0),
                                   fee / n + (i == 0 ? fee % n : 0) };
    ret->buyer_fee_minor = fee;
    return 0;
}

/* Never called: they only say that it can. */
static int fake_adapter_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                              struct fq_verdict *ret)
{
    (void)self, (void)host, (void)call, (void)ret;
    return -1;
}

static int fake_adapter_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                               const struct fq_message *message, struct fq_verdict *ret)
{
    (void)self, (void)host, (void)call, (void)message, (void)ret;
    return -1;
}

static const struct fq_exchange fake_can = { fake_adapter_begin, fake_adapter_resume };

/* ---- the world's functions ---- */

static int64_t fake_world_now(void *ctx)
{
    (void)ctx;
    return fake.now_ms;
}

static void fake_world_random(void *ctx, void *ret, size_t size)
{
    (void)ctx;
    unsigned char *bytes = ret;
    uint64_t n = ++fake.n_random;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(i < 8 ? n >> (8 * i) : i);
}

static void fake_world_sha256(void *ctx, struct fq_str text, unsigned char ret[32])
{
    (void)ctx;
    fake.is_payer_hashed |= fq_payer_shows(&fake.payer, text);
    fq_sha256(text, ret);
}

static void fake_world_mac(void *ctx, const char *purpose, struct fq_str text,
                           unsigned char ret[32])
{
    (void)ctx;
    fq_hmac_sha256(fq_str_of(purpose), text, ret);
}

/* Anything that cannot be read by looking at it, and opens for its context only. */
static int fake_world_seal(void *ctx, struct fq_str context, struct fq_str plain,
                           struct fq_arena *arena, struct fq_str *ret)
{
    (void)ctx;
    char *sealed = fq_arena_alloc(arena, 32 + plain.len);
    if (fake.has_no_payer_key)
        return FQ_WORLD_E_REFUSED;
    assert_non_null(sealed);
    fq_sha256(context, (unsigned char *)sealed);
    for (size_t i = 0; i < plain.len; i++)
        sealed[32 + i] = (char)(plain.ptr[i] ^ 0x55);
    *ret = (struct fq_str){ sealed, 32 + plain.len };
    return 0;
}

static int fake_world_unseal(void *ctx, struct fq_str context, struct fq_str sealed,
                             struct fq_arena *arena, struct fq_str *ret)
{
    (void)ctx;
    unsigned char place[32];
    fq_sha256(context, place);
    if (fake.has_no_payer_key || sealed.len < 32 || memcmp(sealed.ptr, place, 32) != 0)
        return FQ_WORLD_E_REFUSED;
    char *plain = fq_arena_alloc(arena, sealed.len);
    assert_non_null(plain);
    for (size_t i = 32; i < sealed.len; i++)
        plain[i - 32] = (char)(sealed.ptr[i] ^ 0x55);
    *ret = (struct fq_str){ plain, sealed.len - 32 };
    return 0;
}

static int fake_world_sign(void *ctx, struct fq_str type, struct fq_str payload,
                           struct fq_arena *arena, struct fq_str *ret_key_id,
                           struct fq_str *ret_signature)
{
    (void)ctx, (void)type, (void)payload, (void)arena;
    *ret_key_id = fq_lit("k1");
    *ret_signature = fq_lit("signature");
    return 0;
}

static void fake_world_transact(void *ctx, struct fq_tx *tx)
{
    (void)ctx;
    fake_put(FAKE_TX, tx);
}

static void fake_world_read(void *ctx, struct fq_read *read)
{
    (void)ctx;
    fake_put(FAKE_READ, read);
}

static void fake_world_adapt(void *ctx, struct fq_adapt *adapt)
{
    (void)ctx;
    fake_put(FAKE_ADAPT, adapt);
}

static void fake_world_send(void *ctx, struct fq_send *send)
{
    (void)ctx;
    fake_put(FAKE_SEND, send);
}

static void fake_world_after(void *ctx, struct fq_timer *timer, int64_t delay_ms)
{
    (void)ctx;
    fq_timers_start(fake.timers, timer, fake.now_ms + delay_ms);
}

static void fake_world_cancel(void *ctx, struct fq_timer *timer)
{
    (void)ctx;
    fq_timers_stop(fake.timers, timer);
}

/* ---- beginning and ending ---- */

static void fake_configure(void)
{
    fake.channel_names[0] = fq_lit("example-cn");
    fake.return_urls[0] = fq_lit("https://shop.example/");
    fake.merchants[0] = (struct fq_merchant){ .id = fq_lit("shop"),
                                              .name = fq_lit("Shop & <Sons>"),
                                              .channels = fake.channel_names,
                                              .n_channels = 1,
                                              .return_urls = fake.return_urls,
                                              .n_return_urls = 1 };
    fake.merchants[1] = fake.merchants[0];
    fake.merchants[1].id = fq_lit("other");
    for (uint32_t i = 0; i < 3; i++)
        fake.rates[i] =
            (struct fq_rate){ (const uint32_t[]){ 3, 6, 12 }[i], FQ_BEARER_BUYER, 0, 75000, 0, 0 };
    static const struct fq_str hosts[] = { { "pay.example", 11 } };
    fake.channel_conf = (struct fq_channel_conf){ .name = fake.channel_names[0],
                                                  .hosts = hosts,
                                                  .n_hosts = 1,
                                                  .timeout_ms = 5000,
                                                  .n_calls_max = 64,
                                                  .rates = { fake.rates, 3 },
                                                  .amount_min_minor = 100,
                                                  .amount_max_minor = 100000000,
                                                  .payment_life_ms = FAKE_LIFE_MS,
                                                  .quote_life_ms = 600000 };
    fake.adapter = (struct fq_adapter){ .struct_size = sizeof(fake.adapter),
                                        .quote = fake_adapter_quote,
                                        .create = fake_can,
                                        .query = fake_can,
                                        .close_order = fake_can,
                                        .refund = fake_can,
                                        .query_refund = fake_can,
                                        .notification = fake_adapter_resume,
                                        .browser_return = fake_adapter_resume };
    fake.channel = (struct fq_channel){
        .conf = &fake.channel_conf,
        .adapter = &fake.adapter,
        .about = { .struct_size = sizeof(fake.channel.about),
                   .title_zh = "示例分期",
                   .title_en = "Example instalments",
                   .currency = "CNY",
                   .exponent = 2,
                   .terminals = 0x1e,
                   .partial_refund = 1,
                   .takes_payer = 1,
                   .reopen_is_same_order = 1,
                   .opens_at_create = 1u << FQ_TERMINAL_APP | 1u << FQ_TERMINAL_QR,
                   .amount_min_minor = 100,
                   .amount_max_minor = 100000000,
                   .deadline_min_ms = 60000,
                   .deadline_max_ms = 86400000,
                   .settle_margin_ms = FAKE_MARGIN_MS },
    };
    fake.channels[0] = &fake.channel;
    fake.catalog = (struct fq_catalog){
        .merchants = fake.merchants, .n_merchants = 2, .channels = fake.channels, .n_channels = 1
    };
}

/* The process begins, with whatever the store has. */
FAKE_MAYBE void fake_start(void)
{
    const struct fq_flow_conf conf = { .world = &fake.world,
                                       .catalog = &fake.catalog,
                                       .instance = fq_lit("01"),
                                       .order_prefix = fq_lit("T"),
                                       .public_url = fq_lit("https://pay.shop.example"),
                                       .version = fq_lit("0"),
                                       .schedule = { .first_ms = 2000, .max_ms = 60000 },
                                       .lease_ms = FAKE_LEASE_MS,
                                       .keys_json = fq_lit("{\"keys\":[]}\n") };
    fake.flow = fq_flow_new(&conf);
}

/* The process ends: nothing runs, nobody holds the configuration. */
FAKE_MAYBE void fake_stop(void)
{
    fake_run();
    fq_flow_drain(fake.flow);
    fake_pass(1);
    assert_int_equal(fq_flow_n_running(fake.flow), 0);
    assert_int_equal(fake.catalog.n_holders, 0);
    fq_flow_free(fake.flow);
    fake.flow = NULL;
}

FAKE_MAYBE int fake_begin_test(void **state)
{
    (void)state;
    fake = (struct fake_world){ .now_ms = FAKE_NOW_MS, .http_status = 200 };
    fake_configure();
    fq_log_level(LOG_CRIT);
    fake.timers = fq_timers_new();
    fake.world = (struct fq_world){ .now_unix_ms = fake_world_now,
                                    .random = fake_world_random,
                                    .sha256 = fake_world_sha256,
                                    .mac = fake_world_mac,
                                    .sign_status = fake_world_sign,
                                    .seal = fake_world_seal,
                                    .unseal = fake_world_unseal,
                                    .transact = fake_world_transact,
                                    .read = fake_world_read,
                                    .adapt = fake_world_adapt,
                                    .send = fake_world_send,
                                    .after = fake_world_after,
                                    .cancel = fake_world_cancel };
    fake_start();
    return 0;
}

/* Whatever a test did: at the end nothing runs, nobody holds the configuration. */
FAKE_MAYBE int fake_end_test(void **state)
{
    (void)state;
    fake_stop();
    fq_timers_free(fake.timers);
    fake_store_clear(&fake.store);
    return 0;
}

#define FAKE_TEST(name) cmocka_unit_test_setup_teardown(name, fake_begin_test, fake_end_test)

/* ---- looking into the store ---- */

FAKE_MAYBE struct fq_ledger *fake_ledger(size_t i)
{
    assert_true(i < fake.store.n_payments);
    return fake.store.payments[i].ledger;
}

FAKE_MAYBE size_t fake_n_events(uint32_t kind)
{
    size_t n = 0;
    for (size_t i = 0; i < fake.store.n_events; i++)
        n += fake.store.events[i].kind == kind;
    return n;
}

#endif
