/* SPDX-License-Identifier: Apache-2.0 */
/* Storefronts, browsers and platforms that ask a flow under test. Their memory goes the moment they
 * are answered, as in the daemon; what a test looks at is copied out before. */
#ifndef TESTS_UNIT_FLOW_FAKE_ASK_H
#define TESTS_UNIT_FLOW_FAKE_ASK_H

#include <stdio.h>

#include "daemon/core/id.h"
#include "tests/unit/flow/fake_world.h"

/* An answer to a storefront. */
struct fake_ask {
    uint32_t n_finished;
    uint32_t code;
    char reason[64];
    char field[64];
    int64_t retry_after_ms;
    bool may_repeat;

    char payment_id[64];
    uint32_t state;
    uint32_t close_reason;
    uint32_t flags;
    int64_t version;
    uint32_t n_refunds; /* that are shown */
    uint32_t action;
    char action_text[256];
    bool closing;
    int64_t closes_by_ms;

    char refund_id[64];
    uint32_t refund_state;

    size_t n_offers, n_plans;
    char offer_reason[64];
    char quote[8192]; /* of the last plan */
    size_t quote_size;
    size_t n_events;
    uint32_t event_kinds[32];
};

struct fake_request {
    struct fq_operation operation;
    struct fake_ask *ask;
};

FAKE_MAYBE void fake_text(char *ret, size_t size, struct fq_str text)
{
    (void)snprintf(ret, size, "%.*s", fq_str_arg(text));
}

static void fake_keep_payment(struct fake_ask *ask, const struct fq_operation *operation)
{
    const struct fq_payment_answer *answer = &operation->payment;
    const struct fq_ledger *ledger = answer->ledger;
    fake_text(ask->payment_id, sizeof(ask->payment_id), answer->payment_id);
    ask->state = ledger->payment.state;
    ask->close_reason = ledger->payment.close_reason;
    ask->flags = ledger->payment.flags;
    ask->version = ledger->payment.version;
    ask->n_refunds = ledger->n_refunds_loaded;
    ask->action = answer->action.kind;
    fake_text(ask->action_text, sizeof(ask->action_text), answer->action.text);
    ask->closing = answer->closing;
    ask->closes_by_ms = answer->closes_by_ms;
}

static void fake_keep_offers(struct fake_ask *ask, const struct fq_operation *operation)
{
    ask->n_offers = operation->n_offers;
    for (size_t i = 0; i < operation->n_offers; i++) {
        const struct fq_channel_offer *offer = &operation->offers[i];
        fake_text(ask->offer_reason, sizeof(ask->offer_reason), fq_str_of(offer->reason));
        ask->n_plans += offer->n_plans;
        if (offer->n_plans == 0)
            continue;
        struct fq_str quote = offer->plans[offer->n_plans - 1].signed_quote;
        assert_true(quote.len <= sizeof(ask->quote));
        memcpy(ask->quote, quote.ptr, quote.len);
        ask->quote_size = quote.len;
    }
}

static void fake_finish(struct fq_operation *operation)
{
    struct fake_ask *ask = fq_container_of(operation, struct fake_request, operation)->ask;
    assert_int_equal(ask->n_finished++, 0);
    ask->code = operation->status.code;
    ask->may_repeat = operation->status.may_repeat;
    ask->retry_after_ms = operation->status.retry_after_ms;
    fake_text(ask->reason, sizeof(ask->reason), fq_str_of(operation->status.reason));
    fake_text(ask->field, sizeof(ask->field), fq_str_of(operation->status.field));
    if (ask->code == FQ_CODE_OK && operation->payment.ledger != NULL)
        fake_keep_payment(ask, operation);
    if (ask->code == FQ_CODE_OK && operation->refund.refund != NULL) {
        fake_text(ask->refund_id, sizeof(ask->refund_id), operation->refund.refund_id);
        ask->refund_state = operation->refund.refund->state;
    }
    fake_keep_offers(ask, operation);
    ask->n_events = operation->n_events;
    for (size_t i = 0; i < operation->n_events && i < 32; i++)
        ask->event_kinds[i] = operation->events[i].kind;
    fq_arena_free(operation->arena);
}

/* What is told while the ledger cannot be written for now. */
FAKE_MAYBE void fake_assert_unavailable(const struct fake_ask *ask)
{
    assert_int_equal(ask->n_finished, 1);
    assert_int_equal(ask->code, FQ_CODE_UNAVAILABLE);
    assert_string_equal(ask->reason, "LEDGER_UNAVAILABLE");
    assert_true(ask->may_repeat);
    assert_true(ask->retry_after_ms > 0);
}

/* A request of the first merchant, to be filled and given to fq_flow_operation(). */
FAKE_MAYBE struct fq_operation *fake_request(struct fake_ask *ask, uint32_t kind)
{
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fake_request *request = fq_arena_alloc(arena, sizeof(*request));
    *ask = (struct fake_ask){ 0 };
    request->ask = ask;
    request->operation.arena = arena;
    request->operation.merchant = &fake.merchants[0];
    request->operation.kind = kind;
    request->operation.finish = fake_finish;
    return &request->operation;
}

FAKE_MAYBE struct fq_str fake_copied(struct fq_operation *operation, const char *text)
{
    return fq_arena_copy(operation->arena, fq_str_of(text));
}

/* ---- each operation, not run yet ---- */

FAKE_MAYBE void fake_quote(struct fake_ask *ask, int64_t minor)
{
    struct fq_operation *operation = fake_request(ask, FQ_OP_QUOTE_PLANS);
    operation->quote_plans = (struct fq_quote_plans){ .amount.minor = minor,
                                                      .currency = fq_lit("CNY"),
                                                      .terminal = FQ_TERMINAL_DESKTOP };
    fq_flow_operation(fake.flow, operation);
    assert_int_equal(ask->n_finished, 1);
}

/* CreatePayment of the dearest plan for FAKE_AMOUNT; `terminal` 0: desktop. */
FAKE_MAYBE struct fq_operation *fake_create_request(struct fake_ask *ask, const char *key,
                                                    const char *order)
{
    static struct fake_ask quoted;
    static int64_t quoted_ms;
    if (quoted.quote_size == 0 || fake.now_ms < quoted_ms || fake.now_ms - quoted_ms > 500000)
        quoted_ms = fake.now_ms, fake_quote(&quoted, FAKE_AMOUNT);
    struct fq_operation *operation = fake_request(ask, FQ_OP_CREATE_PAYMENT);
    operation->create_payment = (struct fq_create_payment){
        .idempotency_key = fake_copied(operation, key),
        .merchant_order_id = fake_copied(operation, order),
        .quote =
            fq_arena_copy(operation->arena, (struct fq_str){ quoted.quote, quoted.quote_size }),
        .amount.minor = FAKE_AMOUNT,
        .currency = fake_copied(operation, "CNY"),
        .subject = fake_copied(operation, "a \"phone\" <12>"),
        .terminal = FQ_TERMINAL_DESKTOP,
        .return_url = fake_copied(operation, "https://shop.example/done?order=1"),
        .buyer_ip = fake_copied(operation, "192.0.2.7"),
    };
    return operation;
}

FAKE_MAYBE void fake_create(struct fake_ask *ask, const char *key, const char *order)
{
    fq_flow_operation(fake.flow, fake_create_request(ask, key, order));
    fake_run();
    assert_int_equal(ask->n_finished, 1);
}

FAKE_MAYBE struct fq_operation *fake_get_request(struct fake_ask *ask, const char *payment_id)
{
    struct fq_operation *operation = fake_request(ask, FQ_OP_GET_PAYMENT);
    operation->get_payment.payment_id = fake_copied(operation, payment_id);
    return operation;
}

FAKE_MAYBE void fake_get(struct fake_ask *ask, const char *payment_id)
{
    fq_flow_operation(fake.flow, fake_get_request(ask, payment_id));
    fake_run();
    assert_int_equal(ask->n_finished, 1);
}

FAKE_MAYBE void fake_close_start(struct fake_ask *ask, const char *payment_id)
{
    struct fq_operation *operation = fake_request(ask, FQ_OP_CLOSE_PAYMENT);
    operation->close_payment.payment_id = fake_copied(operation, payment_id);
    fq_flow_operation(fake.flow, operation);
}

FAKE_MAYBE void fake_close(struct fake_ask *ask, const char *payment_id)
{
    fake_close_start(ask, payment_id);
    fake_run();
    assert_int_equal(ask->n_finished, 1);
}

FAKE_MAYBE struct fq_operation *fake_refund_request(struct fake_ask *ask, const char *key,
                                                    const char *payment_id, int64_t minor)
{
    struct fq_operation *operation = fake_request(ask, FQ_OP_CREATE_REFUND);
    operation->create_refund =
        (struct fq_create_refund){ .idempotency_key = fake_copied(operation, key),
                                   .payment_id = fake_copied(operation, payment_id),
                                   .amount.minor = minor,
                                   .currency = fake_copied(operation, "CNY"),
                                   .reason = fake_copied(operation, "returned") };
    return operation;
}

FAKE_MAYBE void fake_refund(struct fake_ask *ask, const char *key, const char *payment_id,
                            int64_t minor)
{
    fq_flow_operation(fake.flow, fake_refund_request(ask, key, payment_id, minor));
    fake_run();
    assert_int_equal(ask->n_finished, 1);
}

FAKE_MAYBE void fake_get_refund(struct fake_ask *ask, const char *refund_id, bool refresh)
{
    struct fq_operation *operation = fake_request(ask, FQ_OP_GET_REFUND);
    operation->get_refund.refund_id = fake_copied(operation, refund_id);
    operation->get_refund.refresh = refresh;
    fq_flow_operation(fake.flow, operation);
    fake_run();
    assert_int_equal(ask->n_finished, 1);
}

/* ---- visits ---- */

struct fake_page {
    uint32_t n_finished;
    uint32_t status;
    char location[2048];
    char policy[512];
    char body[32768];
};

struct fake_visit {
    struct fq_visit visit;
    struct fake_page *page;
};

static void fake_visited(struct fq_visit *visit)
{
    struct fake_page *page = fq_container_of(visit, struct fake_visit, visit)->page;
    assert_int_equal(page->n_finished++, 0);
    page->status = visit->status;
    fake_text(page->location, sizeof(page->location), visit->location);
    fake_text(page->policy, sizeof(page->policy), visit->content_security_policy);
    fake_text(page->body, sizeof(page->body), visit->answer_body);
    fq_arena_free(visit->arena);
}

FAKE_MAYBE void fake_visit_start(struct fake_page *page, const char *method, const char *path,
                                 const char *query)
{
    static const char url[] = "https://pay.shop.example";
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fake_visit *self = fq_arena_alloc(arena, sizeof(*self));
    if (strncmp(path, url, strlen(url)) == 0)
        path += strlen(url);
    *page = (struct fake_page){ 0 };
    self->page = page;
    self->visit = (struct fq_visit){ .arena = arena,
                                     .method = fq_arena_copy(arena, fq_str_of(method)),
                                     .path = fq_arena_copy(arena, fq_str_of(path)),
                                     .query = fq_arena_copy(arena, fq_str_of(query)),
                                     .body = fq_arena_copy(arena, fq_lit("body")),
                                     .finish = fake_visited };
    fq_flow_visit(fake.flow, &self->visit);
}

FAKE_MAYBE void fake_visit(struct fake_page *page, const char *method, const char *path)
{
    fake_visit_start(page, method, path, "");
    fake_run();
}

/* Where the platform sends the buyer's browser. */
FAKE_MAYBE void fake_back_path(size_t i, char ret[128])
{
    const struct fq_payment *payment = &fake_ledger(i)->payment;
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    unsigned char mac[32];
    fake_world_mac(NULL, "back", fq_token_subject(payment->seq, payment->secret, 0, arena), mac);
    struct fq_str token = fq_token_text(payment->seq, mac, arena);
    (void)snprintf(ret, 128, "/back/%.*s", fq_str_arg(token));
    fq_arena_free(arena);
}

/* The platform tells about an order or a refund of ours; what else it says is set on the result
 * before fake_run(). */
FAKE_MAYBE struct fq_verdict *fake_notify(struct fake_page *page, uint32_t outcome,
                                          const char *number)
{
    struct fq_verdict *verdict = fake_say(FQ_CALL_NOTIFICATION, outcome);
    verdict->object = FQ_OBJECT_PAYMENT;
    verdict->number = fq_str_of(number);
    verdict->ack_body = fq_lit("success");
    if (outcome == FQ_OUTCOME_PAID)
        verdict->amount = (struct fq_money){ FAKE_AMOUNT, "CNY", 2 };
    fake_visit_start(page, "POST", "/notify/example-cn", "");
    return verdict;
}

/* ---- a payment on its way ---- */

FAKE_MAYBE void fake_open(struct fake_page *page, const struct fake_ask *created)
{
    fake_visit(page, "POST", created->action_text);
    assert_int_equal(page->n_finished, 1);
    assert_int_equal(page->status, 303);
}

/* Created, opened, paid; `number` is the order's at the platform. */
FAKE_MAYBE void fake_pay(struct fake_ask *created, const char *key, const char *order,
                         char number[64])
{
    struct fake_page page;
    fake_create(created, key, order);
    fake_open(&page, created);
    memcpy(number, fake.number_asked, 64);
    (void)fake_notify(&page, FQ_OUTCOME_PAID, number);
    fake_run();
    assert_int_equal(page.status, 200);
    assert_string_equal(page.body, "success");
}

#endif
