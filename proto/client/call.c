/* SPDX-License-Identifier: Apache-2.0 */
/* Asks one request: sends it, perhaps again, and waits for the one answer that is its own. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <zmq.h>

#include "proto/client/client.h"

#define REQUEST_ID_SIZE_MAX 64
#define RANDOM_SIZE         16
#define DIGEST_SIZE         32
#define NEVER               INT64_MAX

struct call {
    struct fenqi_client *client;
    const char *request_id;
    unsigned char *bytes;
    size_t n_bytes;
    unsigned char digest[DIGEST_SIZE];
    int64_t ends_ms; /* on the monotonic clock */
    int64_t send_at_ms;
    int64_t resend_ms; /* NEVER: once only */
};

static int64_t call_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- what is sent ---- */

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
    case FENQI__V1__REQUEST__OPERATION_SUBSCRIBE:
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

static int call_make_id(char ret[2 * RANDOM_SIZE + 1])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char random[RANDOM_SIZE];
    if (RAND_bytes(random, sizeof(random)) != 1)
        return FENQI_E_SYSTEM;
    for (size_t i = 0; i < sizeof(random); i++) {
        ret[2 * i] = digits[random[i] >> 4];
        ret[2 * i + 1] = digits[random[i] & 15];
    }
    ret[2 * sizeof(random)] = '\0';
    return FENQI_OK;
}

static int call_pack(struct call *call, const Fenqi__V1__Request *request)
{
    call->n_bytes = fenqi__v1__request__get_packed_size(request);
    call->bytes = malloc(call->n_bytes);
    if (call->bytes == NULL)
        return FENQI_E_SYSTEM;
    (void)fenqi__v1__request__pack(request, call->bytes);
    if (EVP_Digest(call->bytes, call->n_bytes, call->digest, NULL, EVP_sha256(), NULL) != 1)
        return FENQI_E_SYSTEM;
    return FENQI_OK;
}

/* An empty frame, then the request. EAGAIN: no connection yet, tried again when there is one. */
static int call_send(struct call *call, int64_t now_ms)
{
    void *socket = call->client->socket;
    if (zmq_send(socket, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
        return errno == EAGAIN || errno == EINTR ? FENQI_OK : FENQI_E_SYSTEM;
    if (zmq_send(socket, call->bytes, call->n_bytes, ZMQ_DONTWAIT) < 0)
        return FENQI_E_SYSTEM;
    call->send_at_ms = call->resend_ms == NEVER ? NEVER : now_ms + call->resend_ms;
    return FENQI_OK;
}

/* ---- what comes ---- */

static bool call_is_answer(const struct call *call, const Fenqi__V1__Reply *reply)
{
    return strcmp(reply->request_id, call->request_id) == 0 &&
           reply->request_digest.len == DIGEST_SIZE &&
           memcmp(reply->request_digest.data, call->digest, DIGEST_SIZE) == 0;
}

/* FENQI_OK with *ret still NULL: verified, but the answer to something else. */
static int call_judge(const struct call *call, zmq_msg_t *body, struct fenqi_reply **ret)
{
    struct fenqi_reply *reply = NULL;
    int error = fenqi_verify(zmq_msg_data(body), zmq_msg_size(body), call->client->keys,
                             call->client->n_keys, &reply);
    if (error == FENQI_OK && call_is_answer(call, reply->reply))
        *ret = reply;
    else
        fenqi_reply_free(reply);
    return error;
}

/* Takes one message of any number of frames; only an empty frame and one more can be an answer. */
static int call_receive(const struct call *call, struct fenqi_reply **ret)
{
    zmq_msg_t body;
    size_t n_frames = 0;
    bool has_envelope = false;
    bool has_more = true;
    (void)zmq_msg_init(&body);
    while (has_more) {
        if (zmq_msg_recv(&body, call->client->socket, ZMQ_DONTWAIT) < 0)
            break;
        has_envelope = has_envelope || (n_frames == 0 && zmq_msg_size(&body) == 0);
        has_more = zmq_msg_more(&body) != 0;
        n_frames++;
    }
    int error = FENQI_OK;
    if (n_frames == 2 && has_envelope && !has_more)
        error = call_judge(call, &body, ret);
    (void)zmq_msg_close(&body);
    return error;
}

/* Waits for what can be done next, at most until something else is due. */
static int call_poll(const struct call *call, int64_t now_ms, short *ret_events)
{
    bool wants_to_send = now_ms >= call->send_at_ms;
    bool is_due_first = !wants_to_send && call->send_at_ms < call->ends_ms;
    int64_t until_ms = is_due_first ? call->send_at_ms : call->ends_ms;
    zmq_pollitem_t item = { call->client->socket, 0,
                            (short)(ZMQ_POLLIN | (wants_to_send ? ZMQ_POLLOUT : 0)), 0 };
    if (zmq_poll(&item, 1, (long)(until_ms - now_ms)) < 0 && errno != EINTR)
        return FENQI_E_SYSTEM;
    *ret_events = item.revents;
    return FENQI_OK;
}

static int call_run(struct call *call, struct fenqi_reply **ret)
{
    struct fenqi_reply *reply = NULL;
    int error = FENQI_OK;
    while (reply == NULL && error == FENQI_OK) {
        int64_t now_ms = call_now_ms();
        if (now_ms >= call->ends_ms)
            return FENQI_E_TIMEOUT;
        short events = 0;
        error = call_poll(call, now_ms, &events);
        if ((events & ZMQ_POLLOUT) != 0)
            error = call_send(call, now_ms);
        if ((events & ZMQ_POLLIN) != 0 && error == FENQI_OK)
            error = call_receive(call, &reply);
    }
    if (error == FENQI_OK)
        *ret = reply;
    return error;
}

int fenqi_call(struct fenqi_client *client, const Fenqi__V1__Request *request, int timeout_ms,
               struct fenqi_reply **ret)
{
    char request_id[2 * RANDOM_SIZE + 1];
    if (client == NULL || request == NULL || timeout_ms < 1 || ret == NULL)
        return FENQI_E_ARGUMENT;
    if (client->n_keys == 0)
        return FENQI_E_UNKNOWN_KEY;
    Fenqi__V1__Request sent = *request;
    if (!call_has_text(sent.request_id)) {
        if (call_make_id(request_id) != FENQI_OK)
            return FENQI_E_SYSTEM;
        sent.request_id = request_id;
    }
    if (strlen(sent.request_id) > REQUEST_ID_SIZE_MAX)
        return FENQI_E_ARGUMENT;
    int64_t now_ms = call_now_ms();
    struct call call = {
        .client = client,
        .request_id = sent.request_id,
        .ends_ms = now_ms + timeout_ms,
        .send_at_ms = now_ms,
        .resend_ms = call_is_repeatable(&sent) ? timeout_ms / 3 + 1 + call_wait_ms(&sent) : NEVER,
    };
    int error = call_pack(&call, &sent);
    if (error == FENQI_OK)
        error = call_run(&call, ret);
    free(call.bytes);
    return error;
}
