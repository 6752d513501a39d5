/* SPDX-License-Identifier: Apache-2.0 */
/* Requests under way: each is sent, perhaps again, until it has its answer or its time is over. */
#include <stdlib.h>
#include <string.h>

#include "proto/client/client.h"

#define SEND_AGAIN_MS 10 /* when a connection did not take it at once */

/* ---- what is asked ---- */

static bool call_has_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* May the same bytes arrive twice without doing something twice? */
static bool call_is_repeatable(const Fenqi__V1__Request *request)
{
    switch (request->operation_case) {
    case FENQI__V1__REQUEST__OPERATION_QUOTE_PLANS:
    case FENQI__V1__REQUEST__OPERATION_GET_PAYMENT:
    case FENQI__V1__REQUEST__OPERATION_GET_REFUND:
    case FENQI__V1__REQUEST__OPERATION_LIST_EVENTS:
    case FENQI__V1__REQUEST__OPERATION_GET_KEYS:
    case FENQI__V1__REQUEST__OPERATION_GET_INFO:
    case FENQI__V1__REQUEST__OPERATION_LIST_CHANNELS:
    case FENQI__V1__REQUEST__OPERATION_ACK_EVENTS:
        return true;
    case FENQI__V1__REQUEST__OPERATION_CREATE_PAYMENT:
        return call_has_text(request->create_payment->idempotency_key);
    case FENQI__V1__REQUEST__OPERATION_CREATE_REFUND:
        return call_has_text(request->create_refund->idempotency_key);
    case FENQI__V1__REQUEST__OPERATION__NOT_SET:
    case FENQI__V1__REQUEST__OPERATION_CLOSE_PAYMENT:
    case FENQI__V1__REQUEST__OPERATION_SUBSCRIBE: /* refused before */
    case _FENQI__V1__REQUEST__OPERATION__CASE_IS_INT_SIZE:
    default:
        return false;
    }
}

/* While the daemon waits as it was asked to, its silence means nothing. */
static int64_t call_wait_ms(const Fenqi__V1__Request *request)
{
    bool waits = request->operation_case == FENQI__V1__REQUEST__OPERATION_GET_PAYMENT &&
                 request->get_payment->wait_ms > 0;
    return waits ? request->get_payment->wait_ms : 0;
}

static int call_check(const struct fenqi_client *client, const Fenqi__V1__Request *request,
                      int timeout_ms)
{
    if (client == NULL || request == NULL || timeout_ms < 1 ||
        request->operation_case == FENQI__V1__REQUEST__OPERATION_SUBSCRIBE)
        return FENQI_E_ARGUMENT;
    if (client->is_closing)
        return FENQI_E_CLOSED;
    if (client->n_keys == 0)
        return FENQI_E_UNKNOWN_KEY;
    return client->n_pending >= FENQI_PENDING_MAX ? FENQI_E_BUSY : FENQI_OK;
}

/* ---- how it ends ---- */

static void call_free(struct fenqi_pending *call)
{
    fenqi_request_deinit(&call->request);
    free(call);
}

/* Takes it out before anybody is told: whoever is told may ask the next thing. */
static void call_finish(struct fenqi_client *client, struct fenqi_pending *call, int error,
                        struct fenqi_reply *reply)
{
    struct fenqi_pending **at = &client->pending;
    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    client->n_pending--;
    client->n_told++;
    call->done(call->context, error, reply);
    call_free(call);
}

void fenqi_pending_end(struct fenqi_client *client, int error)
{
    /* Not those that are submitted meanwhile. */
    for (size_t n = client->n_pending; n > 0 && client->pending != NULL; n--)
        call_finish(client, client->pending, error, NULL);
}

/* ---- what comes ---- */

/* A refusal that time, or another daemon, may heal, while there is time. */
static bool call_is_put_off(struct fenqi_client *client, struct fenqi_pending *call,
                            const Fenqi__V1__Reply *reply, int64_t now_ms)
{
    if (reply->outcome_case != FENQI__V1__REPLY__OUTCOME_ERROR || !reply->error->may_repeat ||
        !call->is_repeatable)
        return false;
    bool is_leaving = fenqi_request_is_stopped(reply->error) && client->n_addresses > 1;
    int64_t after_ms = is_leaving ? 0 : reply->error->retry_after_ms;
    int64_t pause_ms = fenqi_request_pause_ms(call->n_refusals, after_ms);
    if (after_ms > pause_ms || pause_ms >= call->ends_ms - now_ms)
        return false;
    call->n_refusals++;
    call->is_sent = false;
    call->send_at_ms = now_ms + pause_ms;
    if (is_leaving)
        client->link.is_unwanted = true;
    return true;
}

/* Messages of this connection; a signature that is wrong could be anybody's answer. */
static void call_take(void *owner, const void *bytes, size_t n_bytes)
{
    struct fenqi_client *client = owner;
    struct fenqi_reply *reply = NULL;
    int error = fenqi_verify(bytes, n_bytes, client->keys, client->n_keys, &reply);
    if (error != FENQI_OK) {
        fenqi_pending_end(client, error);
        return;
    }
    struct fenqi_pending *call = client->pending;
    while (call != NULL && !fenqi_request_is_answered(&call->request, reply->reply))
        call = call->next;
    if (call == NULL || call_is_put_off(client, call, reply->reply, fenqi_now_ms()))
        fenqi_reply_free(reply);
    else
        call_finish(client, call, FENQI_OK, reply);
}

/* ---- what is sent ---- */

/* What was sent over a connection that is gone is sent over the next one. */
static void call_lost(struct fenqi_client *client, int64_t now_ms)
{
    for (struct fenqi_pending *call = client->pending; call != NULL; call = call->next) {
        if (!call->is_repeatable || !call->is_sent)
            continue;
        call->is_sent = false;
        call->send_at_ms = now_ms;
    }
}

static void call_send(struct fenqi_link *link, struct fenqi_pending *call, int64_t now_ms)
{
    if (!fenqi_link_send(link, call->request.bytes, call->request.n_bytes)) {
        call->send_at_ms = now_ms + SEND_AGAIN_MS;
        return;
    }
    call->is_sent = true;
    call->n_heard = link->n_heard;
    call->send_at_ms = call->is_repeatable ? now_ms + call->resend_ms : FENQI_NEVER;
}

/* Nothing at all was heard since it was sent, and it is time to send it again. */
static bool call_is_unheard(const struct fenqi_link *link, const struct fenqi_pending *call,
                            int64_t now_ms)
{
    return link->is_up && call->is_sent && call->send_at_ms <= now_ms &&
           link->n_heard == call->n_heard;
}

static bool call_must_leave(const struct fenqi_client *client, int64_t now_ms)
{
    const struct fenqi_link *link = &client->link;
    if (client->n_addresses < 2 || client->pending == NULL)
        return false;
    if (link->is_unwanted || now_ms >= fenqi_link_give_up_ms(link))
        return true;
    for (const struct fenqi_pending *call = client->pending; call != NULL; call = call->next) {
        if (call_is_unheard(link, call, now_ms))
            return true;
    }
    return false;
}

void fenqi_pending_turn(struct fenqi_client *client, int64_t now_ms)
{
    struct fenqi_link *link = &client->link;
    bool is_lost = fenqi_link_watch(link, now_ms) == FENQI_LINK_BROKE;
    fenqi_link_receive(link, call_take, client);
    if (call_must_leave(client, now_ms)) {
        (void)fenqi_link_next(link, now_ms); /* if it cannot be opened: the next one, next time */
        is_lost = true;
    }
    if (is_lost)
        call_lost(client, now_ms);
    struct fenqi_pending *next = NULL;
    for (struct fenqi_pending *call = client->pending; call != NULL; call = next) {
        next = call->next;
        if (call->ends_ms > now_ms && call->send_at_ms <= now_ms && link->is_up)
            call_send(link, call, now_ms);
    }
    int error = !link->is_up && link->is_refused ? FENQI_E_REFUSED : FENQI_E_TIMEOUT;
    for (struct fenqi_pending *call = client->pending; call != NULL; call = next) {
        next = call->next; /* whoever is told adds only to the end */
        if (call->ends_ms <= now_ms)
            call_finish(client, call, error, NULL);
    }
}

int64_t fenqi_pending_due_ms(const struct fenqi_client *client)
{
    const struct fenqi_link *link = &client->link;
    int64_t due_ms = link->has_more ? 0 : FENQI_NEVER;
    int64_t give_up_ms = fenqi_link_give_up_ms(link);
    if (client->pending != NULL && give_up_ms < due_ms)
        due_ms = give_up_ms;
    for (const struct fenqi_pending *call = client->pending; call != NULL; call = call->next) {
        if (call->ends_ms < due_ms)
            due_ms = call->ends_ms;
        if (link->is_up && call->send_at_ms < due_ms)
            due_ms = call->send_at_ms;
    }
    return due_ms;
}

/* ---- asking ---- */

int fenqi_submit(struct fenqi_client *client, const Fenqi__V1__Request *request, int timeout_ms,
                 fenqi_done_fn *done, void *context)
{
    int error = call_check(client, request, timeout_ms);
    if (error != FENQI_OK || done == NULL)
        return error != FENQI_OK ? error : FENQI_E_ARGUMENT;
    struct fenqi_pending *call = calloc(1, sizeof(*call));
    if (call == NULL)
        return FENQI_E_SYSTEM;
    error = fenqi_request_pack(&call->request, request, timeout_ms);
    if (error != FENQI_OK) {
        free(call);
        return error;
    }
    int64_t now_ms = fenqi_now_ms();
    call->done = done;
    call->context = context;
    call->is_repeatable = call_is_repeatable(request);
    call->ends_ms = now_ms + timeout_ms;
    call->send_at_ms = now_ms;
    call->resend_ms = timeout_ms / 3 + 1 + call_wait_ms(request);
    struct fenqi_pending **last = &client->pending;
    while (*last != NULL)
        last = &(*last)->next;
    *last = call;
    client->n_pending++;
    fenqi_client_wake(client);
    return FENQI_OK;
}

size_t fenqi_client_pending(const struct fenqi_client *client)
{
    return client != NULL ? client->n_pending : 0;
}

struct call_wait {
    bool is_done;
    int error;
    struct fenqi_reply *reply;
};

static void call_done(void *context, int error, struct fenqi_reply *reply)
{
    *(struct call_wait *)context = (struct call_wait){ true, error, reply };
}

int fenqi_call(struct fenqi_client *client, const Fenqi__V1__Request *request, int timeout_ms,
               struct fenqi_reply **ret)
{
    struct call_wait wait = { .is_done = false };
    if (ret == NULL || client == NULL || client->is_running)
        return FENQI_E_ARGUMENT;
    int error = fenqi_submit(client, request, timeout_ms, call_done, &wait);
    while (error == FENQI_OK && !wait.is_done) {
        error = fenqi_client_run(client, -1);
        if (error != FENQI_OK) /* it points to our stack: it goes, with what cannot go on either */
            fenqi_pending_end(client, error);
    }
    if (!wait.is_done)
        return error;
    if (wait.error == FENQI_OK)
        *ret = wait.reply;
    return wait.error;
}
