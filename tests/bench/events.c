/* SPDX-License-Identifier: Apache-2.0 */
/* A consumer of pushed events, and the same bytes over plain ZeroMQ beside it. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>
#include <zmq.h>

#include "tests/bench/bench.h"

#define CREDIT        10000
#define ACK_EVERY     2500 /* events */
#define PATIENCE_MS   60000
#define MERCHANT      "bench"
#define PLAIN_QUEUE_N 1000

struct bench_consumer {
    const struct bench_place *place;
    char group[32];
    int64_t cursor;
    size_t n_wanted;
    atomic_bool is_subscribed;
    pthread_t thread;
    void *socket;
    size_t n_unacknowledged;
    struct bench_events events;
};

/* ---- requests ---- */

static void consumer_send(struct bench_consumer *self, Fenqi__V1__Request *request)
{
    unsigned char bytes[512];
    char id[] = "consumer";
    request->request_id = id;
    bench_check(fenqi__v1__request__get_packed_size(request) <= sizeof(bytes));
    size_t size = fenqi__v1__request__pack(request, bytes);
    bench_check(zmq_send(self->socket, "", 0, ZMQ_SNDMORE) == 0);
    bench_check(zmq_send(self->socket, bytes, size, 0) == (int)size);
}

static void consumer_subscribe(struct bench_consumer *self)
{
    Fenqi__V1__Request request;
    Fenqi__V1__Subscribe subscribe;
    fenqi__v1__request__init(&request);
    fenqi__v1__subscribe__init(&subscribe);
    subscribe.group = self->group;
    subscribe.start_case = FENQI__V1__SUBSCRIBE__START_CURSOR;
    subscribe.cursor = self->cursor;
    subscribe.credit = CREDIT;
    request.operation_case = FENQI__V1__REQUEST__OPERATION_SUBSCRIBE;
    request.subscribe = &subscribe;
    consumer_send(self, &request);
}

static void consumer_ack(struct bench_consumer *self)
{
    Fenqi__V1__Request request;
    Fenqi__V1__AckEvents ack;
    fenqi__v1__request__init(&request);
    fenqi__v1__ack_events__init(&ack);
    ack.group = self->group;
    ack.cursor = self->cursor;
    request.operation_case = FENQI__V1__REQUEST__OPERATION_ACK_EVENTS;
    request.ack_events = &ack;
    consumer_send(self, &request);
    self->n_unacknowledged = 0;
}

/* ---- answers; not verified here, that is the consumer's own time ---- */

static void consumer_take(struct bench_consumer *self, const Fenqi__V1__EventList *list,
                          size_t n_bytes)
{
    atomic_store(&self->is_subscribed, true);
    if (list->n_events == 0)
        return;
    for (size_t i = 0; i < list->n_events; i++)
        bench_check(list->events[i]->cursor == ++self->cursor);
    if (self->events.n_messages++ == 0)
        self->events.first_us = bench_now_us();
    self->events.n_events += list->n_events;
    self->events.n_bytes += n_bytes;
    self->events.last_us = bench_now_us();
    self->n_unacknowledged += list->n_events;
    if (self->n_unacknowledged >= ACK_EVERY || self->events.n_events == self->n_wanted)
        consumer_ack(self);
}

static void consumer_hear(struct bench_consumer *self)
{
    zmq_msg_t frame;
    bench_check(zmq_msg_init(&frame) == 0 && zmq_msg_recv(&frame, self->socket, 0) >= 0);
    if (!zmq_msg_more(&frame)) {
        Fenqi__V1__SignedReply *sealed =
            fenqi__v1__signed_reply__unpack(NULL, zmq_msg_size(&frame), zmq_msg_data(&frame));
        bench_check(sealed != NULL && sealed->n_signatures == 1);
        Fenqi__V1__Reply *reply =
            fenqi__v1__reply__unpack(NULL, sealed->payload.len, sealed->payload.data);
        bench_check(reply != NULL && reply->outcome_case == FENQI__V1__REPLY__OUTCOME_EVENTS);
        consumer_take(self, reply->events, zmq_msg_size(&frame));
        fenqi__v1__reply__free_unpacked(reply, NULL);
        fenqi__v1__signed_reply__free_unpacked(sealed, NULL);
    }
    (void)zmq_msg_close(&frame);
}

static void *consumer_run(void *argument)
{
    struct bench_consumer *self = argument;
    const int patience_ms = PATIENCE_MS;
    void *context = zmq_ctx_new();
    self->socket = bench_ask_socket(context, self->place);
    bench_check(zmq_setsockopt(self->socket, ZMQ_RCVTIMEO, &patience_ms, sizeof(int)) == 0);
    consumer_subscribe(self);
    while (self->events.n_events < self->n_wanted)
        consumer_hear(self);
    consumer_hear(self); /* the last acknowledgement's answer: it is durable */
    (void)zmq_close(self->socket);
    (void)zmq_ctx_term(context);
    return NULL;
}

struct bench_consumer *bench_consumer_start(const struct bench_place *place, int64_t cursor,
                                            size_t n_wanted)
{
    static unsigned n_started;
    static struct bench_consumer self;
    memset(&self, 0, sizeof(self));
    self.place = place;
    (void)snprintf(self.group, sizeof(self.group), "bench-%u", n_started++ % 8);
    self.cursor = cursor;
    self.n_wanted = n_wanted;
    bench_check(pthread_create(&self.thread, NULL, consumer_run, &self) == 0);
    while (!atomic_load(&self.is_subscribed))
        (void)usleep(1000);
    return &self;
}

struct bench_events bench_consumer_join(struct bench_consumer *consumer)
{
    bench_check(pthread_join(consumer->thread, NULL) == 0);
    return consumer->events;
}

/* ---- the log ---- */

static int64_t events_number(sqlite3 *db, const char *query)
{
    sqlite3_stmt *statement = NULL;
    bench_check(sqlite3_prepare_v2(db, query, -1, &statement, NULL) == SQLITE_OK);
    bench_check(sqlite3_step(statement) == SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return number;
}

int64_t bench_events_newest(const struct bench_place *place)
{
    sqlite3 *db = NULL;
    bench_check(sqlite3_open_v2(place->store, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
    int64_t cursor = events_number(db, "SELECT COALESCE(MAX(cursor), 0) FROM event "
                                       "WHERE merchant_id = '" MERCHANT "'");
    (void)sqlite3_close(db);
    return cursor;
}

void bench_events_fill(const struct bench_place *place, size_t n)
{
    sqlite3 *db = NULL;
    char text[1024];
    bench_check(sqlite3_open(place->store, &db) == SQLITE_OK);
    int64_t n_payments = events_number(db, "SELECT COUNT(*) FROM payment");
    bench_check(n_payments > 0);
    (void)snprintf(text, sizeof(text),
                   "BEGIN; CREATE TEMP TABLE place AS SELECT seq FROM payment;"
                   "WITH RECURSIVE number(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number "
                   "WHERE i < %zu) INSERT INTO event (merchant_id, cursor, payment_seq, kind, "
                   "refund_n, at_ms, payment_version) SELECT '" MERCHANT "', %lld + i, "
                   "(SELECT seq FROM place WHERE rowid = 1 + i %% %lld), 1, 0, 1700000000000, 2 "
                   "FROM number; COMMIT;",
                   n, (long long)bench_events_newest(place), (long long)n_payments);
    bench_check(sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK);
    (void)sqlite3_close(db);
}

/* ---- plain ZeroMQ ---- */

struct plain {
    const struct bench_events *events;
    char endpoint[64];
    atomic_bool is_connected;
    int64_t from_us; /* when the first of them was sent */
};

static void *plain_run(void *argument)
{
    struct plain *plain = argument;
    static unsigned char bytes[1 << 20];
    const int queue_n = PLAIN_QUEUE_N;
    void *context = zmq_ctx_new();
    void *push = zmq_socket(context, ZMQ_PUSH);
    size_t size = plain->events->n_bytes / plain->events->n_messages;
    bench_check(size <= sizeof(bytes));
    bench_check(zmq_setsockopt(push, ZMQ_SNDHWM, &queue_n, sizeof(int)) == 0);
    bench_check(zmq_connect(push, plain->endpoint) == 0);
    bench_check(zmq_send(push, "", 0, 0) == 0);
    while (!atomic_load(&plain->is_connected))
        (void)usleep(100);
    plain->from_us = bench_now_us();
    for (size_t i = 0; i < plain->events->n_messages; i++)
        bench_check(zmq_send(push, bytes, size, 0) == (int)size);
    (void)zmq_close(push);
    (void)zmq_ctx_term(context);
    return NULL;
}

double bench_plain_push_us(const struct bench_events *events)
{
    struct plain plain = { .events = events };
    size_t size = sizeof(plain.endpoint);
    pthread_t thread;
    void *context = zmq_ctx_new();
    void *pull = zmq_socket(context, ZMQ_PULL);
    bench_check(zmq_bind(pull, "tcp://127.0.0.1:*") == 0);
    bench_check(zmq_getsockopt(pull, ZMQ_LAST_ENDPOINT, plain.endpoint, &size) == 0);
    bench_check(pthread_create(&thread, NULL, plain_run, &plain) == 0);
    for (size_t i = 0; i < 1 + events->n_messages; i++) {
        zmq_msg_t message;
        bench_check(zmq_msg_init(&message) == 0 && zmq_msg_recv(&message, pull, 0) >= 0);
        (void)zmq_msg_close(&message);
        atomic_store(&plain.is_connected, true);
    }
    int64_t until_us = bench_now_us();
    bench_check(pthread_join(thread, NULL) == 0);
    double us = (double)(until_us - plain.from_us);
    (void)zmq_close(pull);
    (void)zmq_ctx_term(context);
    return us;
}
