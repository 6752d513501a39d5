/* SPDX-License-Identifier: Apache-2.0 */
/* Puts load on a daemon: many requests in flight on few sockets, or requests at their due times. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <zmq.h>

#include "tests/bench/bench.h"

#define DEALERS       4
#define WEBS          64
#define SLOTS_MAX     1024
#define KEPT_MAX      ((size_t)65536)
#define ORDERS_MAX    ((size_t)131072)
#define WAIT_MS       20000 /* an answer that takes longer will not come */
#define MESSAGE_MAX   65536
#define PATH_SIZE_MAX 256

/* One request in flight. */
struct load_slot {
    int64_t due_us;
    char path[PATH_SIZE_MAX]; /* of the buyer's link */
};

struct load_payment {
    char id[64];
};

struct load_order {
    char number[48];
};

/* A plan as the shop got it. */
struct load_quote {
    unsigned char bytes[4096];
    size_t n;
};

struct bench_load {
    const struct bench_place *place;
    pid_t daemon;
    void *context;
    void *dealers[DEALERS];
    int epoll_fd;
    int timer_fd;
    struct bench_web webs[WEBS];
    struct bench_web *free_webs[WEBS];
    size_t n_free_webs;

    struct load_payment *payments; /* the last KEPT_MAX of them */
    size_t n_payments;
    size_t n_created;          /* asked for */
    struct load_order *orders; /* opened, and not notified about */
    size_t n_orders;
    char **notifications;
    size_t n_notifications;
    struct load_quote quote, card_quote;
    size_t n_plans;
    uint64_t random;

    /* of the run */
    struct bench_run *run;
    struct load_slot slots[SLOTS_MAX];
    size_t free_slots[SLOTS_MAX];
    size_t n_free_slots;
    size_t waiting[SLOTS_MAX]; /* slots without a connection, in order */
    size_t n_waiting;
    size_t n_started;
    size_t n_done;
    int64_t started_us;
    double *latencies_us;
    bool is_verified; /* one answer of each run */
};

/* ---- connections ---- */

struct bench_load *bench_load_new(const struct bench_place *place)
{
    struct bench_load *load = calloc(1, sizeof(*load));
    bench_check(load != NULL);
    load->place = place;
    load->epoll_fd = -1;
    load->timer_fd = -1;
    load->random = 88172645463325252U;
    load->payments = calloc(KEPT_MAX, sizeof(*load->payments));
    load->orders = calloc(ORDERS_MAX, sizeof(*load->orders));
    load->notifications = calloc(ORDERS_MAX, sizeof(*load->notifications));
    bench_check(load->payments != NULL && load->orders != NULL && load->notifications != NULL);
    return load;
}

static void load_disconnect(struct bench_load *load)
{
    if (load->context == NULL)
        return;
    for (size_t i = 0; i < DEALERS; i++)
        (void)zmq_close(load->dealers[i]);
    for (size_t i = 0; i < WEBS; i++)
        if (load->webs[i].fd >= 0)
            (void)close(load->webs[i].fd);
    (void)close(load->epoll_fd);
    (void)close(load->timer_fd);
    (void)zmq_ctx_term(load->context);
    load->context = NULL;
}

void bench_load_free(struct bench_load *load)
{
    load_disconnect(load);
    for (size_t i = 0; i < load->n_notifications; i++)
        free(load->notifications[i]);
    free(load->notifications);
    free(load->orders);
    free(load->payments);
    free(load);
}

static void load_watch(const struct bench_load *load, int fd, struct bench_web *web)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = web };
    bench_check(epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0);
}

void bench_load_connect(struct bench_load *load, pid_t daemon)
{
    load_disconnect(load);
    load->daemon = daemon;
    load->context = zmq_ctx_new();
    load->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    load->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    bench_check(load->context != NULL && load->epoll_fd >= 0 && load->timer_fd >= 0);
    for (size_t i = 0; i < DEALERS; i++)
        load->dealers[i] = bench_ask_socket(load->context, load->place);
    load->n_free_webs = 0;
    for (size_t i = 0; i < WEBS; i++) {
        load->webs[i].fd = -1;
        load->free_webs[load->n_free_webs++] = &load->webs[i];
    }
    load_watch(load, load->timer_fd, NULL);
}

/* The daemon ends connections that were idle for a while. */
static void load_drop_web(struct bench_web *web)
{
    (void)close(web->fd);
    web->fd = -1;
}

static void load_drop_closed_webs(struct bench_load *load)
{
    for (size_t i = 0; i < WEBS; i++)
        if (load->webs[i].fd >= 0 && bench_web_is_closed(&load->webs[i]))
            load_drop_web(&load->webs[i]);
}

static struct bench_web *load_take_web(struct bench_load *load)
{
    struct bench_web *web = load->free_webs[--load->n_free_webs];
    if (web->fd < 0) {
        bench_web_open(web, load->place->web_port);
        load_watch(load, web->fd, web);
    }
    return web;
}

/* ---- a request starts ---- */

static bool load_visits(const struct bench_run *run)
{
    return run->kind == BENCH_PAGE || run->kind == BENCH_CARD_PAGE;
}

static bool load_creates(const struct bench_run *run)
{
    return run->kind == BENCH_CREATE || load_visits(run);
}

static size_t load_random(struct bench_load *load, size_t n)
{
    load->random ^= load->random << 13;
    load->random ^= load->random >> 7;
    load->random ^= load->random << 17;
    return (size_t)(load->random % n);
}

static void load_ask(struct bench_load *load, size_t slot)
{
    unsigned char bytes[8192];
    char id[16];
    (void)snprintf(id, sizeof(id), "%zu", slot);
    const struct load_quote *quote =
        load->run->kind == BENCH_CARD_PAGE ? &load->card_quote : &load->quote;
    struct bench_ask ask = {
        .request_id = id, .kind = load->run->kind, .quote = quote->bytes, .n_quote = quote->n
    };
    size_t n_kept = load->n_payments < KEPT_MAX ? load->n_payments : KEPT_MAX;
    if (ask.kind == BENCH_GET)
        ask.payment_id = load->payments[load_random(load, n_kept)].id;
    if (load_creates(load->run))
        ask.number = ++load->n_created;
    size_t n = bench_ask_pack(&ask, bytes, sizeof(bytes));
    void *dealer = load->dealers[slot % DEALERS];
    bench_check(zmq_send(dealer, "", 0, ZMQ_SNDMORE) == 0);
    bench_check(zmq_send(dealer, bytes, n, 0) == (int)n);
}

/* A connection carries one exchange at a time; those that find none wait. */
static void load_visit(struct bench_load *load, size_t slot)
{
    if (load->n_free_webs == 0) {
        load->waiting[load->n_waiting++] = slot;
        return;
    }
    struct bench_web *web = load_take_web(load);
    web->user = &load->slots[slot];
    if (load->run->kind == BENCH_HEALTH) {
        bench_web_send(web, "GET", "/healthz", "");
    } else if (load->run->kind == BENCH_NOTIFY) {
        bench_check(load->n_notifications > 0);
        char *body = load->notifications[--load->n_notifications];
        bench_web_send(web, "POST", "/notify/" BENCH_CHANNEL, body);
        free(body);
    } else {
        bench_web_send(web, "POST", load->slots[slot].path, "");
    }
}

static void load_start(struct bench_load *load)
{
    const struct bench_run *run = load->run;
    int64_t now_us = bench_now_us();
    while (load->n_started < run->n && load->n_free_slots > 0) {
        int64_t due_us = now_us;
        if (run->per_second > 0)
            due_us = load->started_us + (int64_t)((double)load->n_started * 1e6 / run->per_second);
        if (due_us > now_us)
            return;
        size_t slot = load->free_slots[--load->n_free_slots];
        load->slots[slot].due_us = due_us;
        load->n_started++;
        if (run->kind == BENCH_NOTIFY || run->kind == BENCH_HEALTH)
            load_visit(load, slot);
        else
            load_ask(load, slot);
    }
}

/* ---- and ends ---- */

static void load_done(struct bench_load *load, size_t slot)
{
    load->latencies_us[load->n_done++] = (double)(bench_now_us() - load->slots[slot].due_us);
    load->free_slots[load->n_free_slots++] = slot;
}

static void load_keep_payment(struct bench_load *load, const Fenqi__V1__Payment *payment,
                              struct load_slot *slot)
{
    struct load_payment *kept = &load->payments[load->n_payments++ % KEPT_MAX];
    (void)snprintf(kept->id, sizeof(kept->id), "%s", payment->payment_id);
    const Fenqi__V1__NextAction *action = payment->next_action;
    bench_check(action != NULL && action->action_case == FENQI__V1__NEXT_ACTION__ACTION_HOSTED_URL);
    const char *path = strstr(action->hosted_url, "/r/");
    bench_check(path != NULL);
    (void)snprintf(slot->path, sizeof(slot->path), "%s", path);
}

static void load_keep_quote(struct bench_load *load, const Fenqi__V1__QuotePlansResult *result)
{
    load->n_plans = 0;
    for (size_t i = 0; i < result->n_channels; i++) {
        const Fenqi__V1__ChannelPlans *channel = result->channels[i];
        load->n_plans += channel->n_plans;
        struct load_quote *kept =
            strcmp(channel->channel, BENCH_CARDS) == 0 ? &load->card_quote : &load->quote;
        if (kept->n > 0 || channel->n_plans == 0)
            continue;
        const ProtobufCBinaryData *quote = &channel->plans[0]->quote;
        bench_check(quote->len <= sizeof(kept->bytes));
        memcpy(kept->bytes, quote->data, quote->len);
        kept->n = quote->len;
    }
    bench_check(load->n_plans > 0);
}

static void load_answered(struct bench_load *load, const Fenqi__V1__Reply *reply)
{
    size_t slot = strtoul(reply->request_id, NULL, 10);
    bench_check(slot < SLOTS_MAX);
    if (reply->outcome_case == FENQI__V1__REPLY__OUTCOME_ERROR)
        bench_die(__FILE__, __LINE__, reply->error->reason);
    if (reply->outcome_case == FENQI__V1__REPLY__OUTCOME_QUOTE_PLANS)
        load_keep_quote(load, reply->quote_plans);
    if (load_creates(load->run))
        load_keep_payment(load, reply->payment, &load->slots[slot]);
    if (load_visits(load->run))
        load_visit(load, slot);
    else
        load_done(load, slot);
}

/* Signatures are checked once in a run: the load shall not be busier than the daemon. */
static void load_take_answer(struct bench_load *load, const unsigned char *bytes, size_t n)
{
    if (!load->is_verified) {
        struct fenqi_reply *verified = NULL;
        bench_check(fenqi_verify(bytes, n, &load->place->signing_key, 1, &verified) == FENQI_OK);
        fenqi_reply_free(verified);
        load->is_verified = true;
    }
    Fenqi__V1__SignedReply *envelope = fenqi__v1__signed_reply__unpack(NULL, n, bytes);
    bench_check(envelope != NULL);
    Fenqi__V1__Reply *reply =
        fenqi__v1__reply__unpack(NULL, envelope->payload.len, envelope->payload.data);
    bench_check(reply != NULL);
    load_answered(load, reply);
    fenqi__v1__reply__free_unpacked(reply, NULL);
    fenqi__v1__signed_reply__free_unpacked(envelope, NULL);
}

static void load_take_answers(struct bench_load *load)
{
    static unsigned char bytes[MESSAGE_MAX];
    for (size_t i = 0; i < DEALERS; i++) {
        for (;;) {
            int n = zmq_recv(load->dealers[i], bytes, sizeof(bytes), ZMQ_DONTWAIT);
            if (n < 0)
                break;
            bench_check(n == 0);
            n = zmq_recv(load->dealers[i], bytes, sizeof(bytes), 0);
            bench_check(n > 0 && (size_t)n <= sizeof(bytes));
            load_take_answer(load, bytes, (size_t)n);
        }
    }
}

/* The buyer is on the way to the platform: with which order? */
static void load_keep_order(struct bench_load *load, const char *location)
{
    static const char name[] = "\"out_trade_no\":\"";
    char biz[4096];
    bench_check(bench_form_value(location, "biz_content", biz, sizeof(biz)));
    const char *number = strstr(biz, name);
    bench_check(number != NULL);
    number += strlen(name);
    if (load->n_orders < ORDERS_MAX)
        (void)snprintf(load->orders[load->n_orders++].number, sizeof(load->orders->number), "%.*s",
                       (int)strcspn(number, "\""), number);
}

static void load_take_visit(struct bench_load *load, struct bench_web *web)
{
    char location[8192];
    int status = 0;
    if (web->user == NULL) {
        load_drop_web(web);
        return;
    }
    if (!bench_web_read(web, &status, location, sizeof(location)))
        return;
    bench_check(status == (load->run->kind == BENCH_PAGE ? 303 : 200));
    if (load->run->kind == BENCH_PAGE)
        load_keep_order(load, location);
    if (load->run->kind == BENCH_CARD_PAGE)
        bench_check(strstr(web->bytes, "name=\"orderId\"") != NULL);
    size_t slot = (size_t)((struct load_slot *)web->user - load->slots);
    web->user = NULL;
    load->free_webs[load->n_free_webs++] = web;
    load_done(load, slot);
    if (load->n_waiting > 0) {
        size_t next = load->waiting[0];
        load->n_waiting--;
        memmove(load->waiting, load->waiting + 1, load->n_waiting * sizeof(load->waiting[0]));
        load_visit(load, next);
    }
}

static void load_take_visits(struct bench_load *load)
{
    struct epoll_event events[WEBS + 1];
    int n = epoll_wait(load->epoll_fd, events, WEBS + 1, 0);
    for (int i = 0; i < n; i++) {
        uint64_t ticks = 0;
        if (events[i].data.ptr != NULL)
            load_take_visit(load, events[i].data.ptr);
        else
            (void)!read(load->timer_fd, &ticks, sizeof(ticks));
    }
}

/* ---- a run ---- */

static void load_begin(struct bench_load *load, struct bench_run *run)
{
    struct itimerspec tick = { 0 };
    bench_check(run->n > 0 && run->n_in_flight > 0 && run->n_in_flight <= SLOTS_MAX);
    load->run = run;
    load->n_free_slots = 0;
    load->n_waiting = 0;
    load->n_started = 0;
    load->n_done = 0;
    load->is_verified = false;
    for (size_t i = run->n_in_flight; i > 0; i--)
        load->free_slots[load->n_free_slots++] = i - 1;
    load_drop_closed_webs(load);
    load->latencies_us = calloc(run->n, sizeof(double));
    bench_check(load->latencies_us != NULL);
    if (run->per_second > 0)
        tick.it_interval.tv_nsec = tick.it_value.tv_nsec = (long)(1e9 / run->per_second / 4);
    bench_check(timerfd_settime(load->timer_fd, 0, &tick, NULL) == 0);
    load->started_us = bench_now_us();
}

void bench_load_run(struct bench_load *load, struct bench_run *run)
{
    zmq_pollitem_t items[DEALERS + 1] = { 0 };
    for (size_t i = 0; i < DEALERS; i++)
        items[i] = (zmq_pollitem_t){ .socket = load->dealers[i], .events = ZMQ_POLLIN };
    items[DEALERS] = (zmq_pollitem_t){ .fd = load->epoll_fd, .events = ZMQ_POLLIN };
    load_begin(load, run);
    double cpu_us = bench_cpu_us(load->daemon);
    while (load->n_done < run->n) {
        load_start(load);
        bench_check(zmq_poll(items, DEALERS + 1, WAIT_MS) > 0);
        load_take_answers(load);
        load_take_visits(load);
    }
    run->wall_us = (double)(bench_now_us() - load->started_us);
    run->cpu_us = (bench_cpu_us(load->daemon) - cpu_us) / (double)run->n;
    run->p50_us = bench_percentile(load->latencies_us, run->n, 50);
    run->p99_us = bench_percentile(load->latencies_us, run->n, 99);
    free(load->latencies_us);
    load->latencies_us = NULL;
}

void bench_load_sign_notifications(struct bench_load *load, size_t n)
{
    bench_check(load->n_orders >= n && load->n_notifications == 0);
    while (load->n_notifications < n)
        load->notifications[load->n_notifications++] =
            bench_notification(load->place, load->orders[--load->n_orders].number, "6999.00");
}

size_t bench_load_n_payments(const struct bench_load *load)
{
    return load->n_payments;
}

size_t bench_load_n_orders(const struct bench_load *load)
{
    return load->n_orders;
}

size_t bench_load_n_plans(const struct bench_load *load)
{
    return load->n_plans;
}
