/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of a shop, as bytes, and the socket that they leave by. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <zmq.h>

#include "tests/bench/bench.h"

#define AMOUNT_MINOR 699900
#define KEY_SIZE     40

static char ask_currency[] = "CNY";

static size_t ask_pack(Fenqi__V1__Request *request, unsigned char *ret, size_t size)
{
    bench_check(fenqi__v1__request__get_packed_size(request) <= size);
    return fenqi__v1__request__pack(request, ret);
}

/* Keys are time-ordered, as clients are told to make them. */
static void ask_key(size_t number, char ret[KEY_SIZE])
{
    static int64_t since_us;
    if (since_us == 0)
        since_us = bench_now_us();
    (void)snprintf(ret, KEY_SIZE, "bench-%012llx-%08zx", (unsigned long long)since_us, number);
}

static size_t ask_quote(const struct bench_ask *ask, Fenqi__V1__Request *request,
                        unsigned char *ret, size_t size)
{
    char first[] = BENCH_CHANNEL, second[] = BENCH_CHANNEL_2, cards[] = BENCH_CARDS;
    char *channels[] = { ask->kind == BENCH_CARD_QUOTE ? cards : first, second };
    Fenqi__V1__Money amount;
    Fenqi__V1__QuotePlans quote;
    fenqi__v1__money__init(&amount);
    fenqi__v1__quote_plans__init(&quote);
    amount.minor = AMOUNT_MINOR;
    amount.currency = ask_currency;
    quote.amount = &amount;
    quote.terminal = FENQI__V1__TERMINAL__TERMINAL_DESKTOP;
    quote.channels = channels;
    quote.n_channels = ask->kind == BENCH_QUOTES ? 2 : 1;
    request->operation_case = FENQI__V1__REQUEST__OPERATION_QUOTE_PLANS;
    request->quote_plans = &quote;
    return ask_pack(request, ret, size);
}

static size_t ask_create(const struct bench_ask *ask, Fenqi__V1__Request *request,
                         unsigned char *ret, size_t size)
{
    char key[KEY_SIZE];
    unsigned char quote[4096];
    char subject[] = "Bench phone", url[] = "https://shop.example.com/paid/?order=1";
    char ip[] = "203.0.113.7", agent[] = "Mozilla/5.0 (X11; Linux x86_64) Bench/1.0";
    Fenqi__V1__Money amount;
    Fenqi__V1__Buyer buyer;
    Fenqi__V1__CreatePayment create;
    fenqi__v1__money__init(&amount);
    fenqi__v1__buyer__init(&buyer);
    fenqi__v1__create_payment__init(&create);
    bench_check(ask->n_quote > 0 && ask->n_quote <= sizeof(quote));
    memcpy(quote, ask->quote, ask->n_quote);
    ask_key(ask->number, key);
    amount.minor = AMOUNT_MINOR;
    amount.currency = ask_currency;
    buyer.ip = ip;
    buyer.user_agent = agent;
    create.idempotency_key = key;
    create.merchant_order_id = key;
    create.quote.data = quote;
    create.quote.len = ask->n_quote;
    create.amount = &amount;
    create.subject = subject;
    create.terminal = FENQI__V1__TERMINAL__TERMINAL_DESKTOP;
    create.return_url = url;
    create.buyer = &buyer;
    request->operation_case = FENQI__V1__REQUEST__OPERATION_CREATE_PAYMENT;
    request->create_payment = &create;
    return ask_pack(request, ret, size);
}

static size_t ask_get(const struct bench_ask *ask, Fenqi__V1__Request *request, unsigned char *ret,
                      size_t size)
{
    char id[128];
    Fenqi__V1__GetPayment get;
    fenqi__v1__get_payment__init(&get);
    (void)snprintf(id, sizeof(id), "%s", ask->payment_id);
    get.key_case = FENQI__V1__GET_PAYMENT__KEY_PAYMENT_ID;
    get.payment_id = id;
    request->operation_case = FENQI__V1__REQUEST__OPERATION_GET_PAYMENT;
    request->get_payment = &get;
    return ask_pack(request, ret, size);
}

size_t bench_ask_pack(const struct bench_ask *ask, unsigned char *ret, size_t size)
{
    char id[64];
    Fenqi__V1__GetInfo info;
    Fenqi__V1__Request request;
    fenqi__v1__get_info__init(&info);
    fenqi__v1__request__init(&request);
    (void)snprintf(id, sizeof(id), "%s", ask->request_id);
    request.request_id = id;
    switch (ask->kind) {
    case BENCH_QUOTE:
    case BENCH_QUOTES:
    case BENCH_CARD_QUOTE:
        return ask_quote(ask, &request, ret, size);
    case BENCH_CREATE:
    case BENCH_PAGE:
    case BENCH_CARD_PAGE:
        return ask_create(ask, &request, ret, size);
    case BENCH_GET:
        return ask_get(ask, &request, ret, size);
    case BENCH_INFO:
    case BENCH_NOTIFY:
    case BENCH_HEALTH:
        break;
    }
    request.operation_case = FENQI__V1__REQUEST__OPERATION_GET_INFO;
    request.get_info = &info;
    return ask_pack(&request, ret, size);
}

void *bench_ask_socket(void *context, const struct bench_place *place)
{
    const int linger_ms = 0, reconnect_ms = 2, no_limit = 0;
    void *socket = zmq_socket(context, ZMQ_DEALER);
    bench_check(socket != NULL);
    bench_check(zmq_setsockopt(socket, ZMQ_LINGER, &linger_ms, sizeof(int)) == 0);
    bench_check(zmq_setsockopt(socket, ZMQ_RECONNECT_IVL, &reconnect_ms, sizeof(int)) == 0);
    bench_check(zmq_setsockopt(socket, ZMQ_SNDHWM, &no_limit, sizeof(int)) == 0);
    bench_check(zmq_setsockopt(socket, ZMQ_RCVHWM, &no_limit, sizeof(int)) == 0);
    bench_check(zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, place->server_public, 41) == 0);
    bench_check(zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, place->client_public, 41) == 0);
    bench_check(zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, place->client_secret, 41) == 0);
    bench_check(zmq_connect(socket, place->front) == 0);
    return socket;
}
