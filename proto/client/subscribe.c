/* SPDX-License-Identifier: Apache-2.0 */
/* Subscriptions: each keeps a connection of its own, subscribes over it whenever it is new, hands
 * out events once, and tells the daemon what is handled and that somebody is there.
 *
 *   wanted ---Subscribe---> asked ---answer---> live: events come, AckEvents go
 *     ^                        |                  |
 *     '--- connection lost, silence, may_repeat --'       any other refusal: it is over */
#include <stdlib.h>
#include <string.h>

#include "proto/client/client.h"

#define CREDIT           100
#define GROUP_SIZE_MAX   64
#define ANSWER_WITHIN_MS 5000
#define SEND_AGAIN_MS    10
#define LEASE_MIN_MS     300
#define LEASE_SHARES     3 /* a sign of life in each */
#define LEASE_DEFAULT_MS 30000

enum subscription_phase { PHASE_WANTED, PHASE_ASKED, PHASE_LIVE, PHASE_OVER };

struct fenqi_subscription {
    struct fenqi_subscription *next;
    struct fenqi_client *client;
    struct fenqi_link link;
    fenqi_event_fn *on_event;
    fenqi_done_fn *on_end;
    void *context;
    char group[GROUP_SIZE_MAX + 1];
    int64_t credit;
    int64_t start; /* the cursor to begin after, until the daemon has heard it; -1: none */

    enum subscription_phase phase;
    bool was_live;
    int64_t began_ms;
    bool is_freed;  /* by its owner: its memory goes at the end of the turn */
    int64_t due_ms; /* wanted: to ask; asked: to give up; live: the next sign of life */
    unsigned n_refusals;
    struct fenqi_request asked;
    struct fenqi_request ack; /* bytes NULL: none is under way */
    int64_t ack_cursor;
    int64_t ack_ends_ms;
    Fenqi__V1__Subscription state;

    /* durable at the daemon <= handled by our owner <= shown to it; pushed over this connection */
    int64_t durable, handled, shown, pushed;
};

/* ---- how it ends, and begins again ---- */

static void subscription_forget_ack(struct fenqi_subscription *self)
{
    fenqi_request_deinit(&self->ack);
}

static void subscription_close(struct fenqi_subscription *self)
{
    fenqi_link_close(&self->link);
    fenqi_request_deinit(&self->asked);
    subscription_forget_ack(self);
    self->state.is_active = 0;
    self->phase = PHASE_OVER;
}

static void subscription_end(struct fenqi_subscription *self, int error, struct fenqi_reply *reply)
{
    subscription_close(self);
    self->client->n_told++;
    self->on_end(self->context, error, reply);
}

static void subscription_renew(struct fenqi_subscription *self, int64_t at_ms)
{
    fenqi_request_deinit(&self->asked);
    subscription_forget_ack(self);
    self->state.is_active = 0;
    self->phase = PHASE_WANTED;
    self->due_ms = at_ms;
}

static void subscription_leave(struct fenqi_subscription *self, int64_t now_ms)
{
    (void)fenqi_link_next(&self->link, now_ms); /* if it cannot be opened: again in a second */
    subscription_renew(self, now_ms);
}

/* The daemon refuses. What time or another daemon may heal is asked again. */
static void subscription_refused(struct fenqi_subscription *self, struct fenqi_reply *reply,
                                 bool is_renewable, int64_t now_ms)
{
    const Fenqi__V1__Error *error = reply->reply->error;
    if (!error->may_repeat && !is_renewable) {
        subscription_end(self, FENQI_OK, reply);
        return;
    }
    self->link.is_unwanted = fenqi_request_is_stopped(error) && self->client->n_addresses > 1;
    subscription_renew(self,
                       now_ms + fenqi_request_pause_ms(self->n_refusals++, error->retry_after_ms));
    fenqi_reply_free(reply);
}

/* ---- what comes ---- */

static int64_t subscription_share_ms(const struct fenqi_subscription *self)
{
    int64_t lease_ms = self->state.lease_ms > 0 ? self->state.lease_ms : LEASE_DEFAULT_MS;
    return (lease_ms < LEASE_MIN_MS ? LEASE_MIN_MS : lease_ms) / LEASE_SHARES;
}

/* Of the group, as it is told with every answer and every push. */
static void subscription_stand(struct fenqi_subscription *self, const Fenqi__V1__EventList *events,
                               int64_t now_ms)
{
    const Fenqi__V1__Subscription *now = events->subscription;
    if (now == NULL)
        return;
    bool is_new = now->is_active && !self->state.is_active;
    if (now->acknowledged_cursor > self->durable)
        self->durable = now->acknowledged_cursor;
    self->state.is_active = now->is_active;
    self->state.lease_ms = now->lease_ms;
    self->state.acknowledged_cursor = self->durable;
    if (!now->is_active)
        self->due_ms = now_ms + subscription_share_ms(self) * LEASE_SHARES;
    if (!is_new)
        return;
    self->pushed = now->acknowledged_cursor; /* from there it is pushed to us */
    self->due_ms = now_ms + (self->n_refusals > 0 ? 0 : subscription_share_ms(self));
}

/* Everything before begins anew: the group was set back. */
static void subscription_set_back(struct fenqi_subscription *self, int64_t cursor)
{
    self->durable = cursor;
    self->handled = cursor;
    self->shown = cursor;
    self->state.acknowledged_cursor = cursor;
}

static void subscription_show(struct fenqi_subscription *self, const struct fenqi_reply *reply)
{
    const Fenqi__V1__EventList *list = reply->reply->events;
    for (size_t i = 0; i < list->n_events && !self->is_freed; i++) {
        const Fenqi__V1__Event *event = list->events[i];
        self->pushed = event->cursor;
        /* What a group has acknowledged comes again only if somebody asked for it. */
        if (event->cursor <= self->durable)
            subscription_set_back(self, event->cursor - 1);
        if (event->cursor <= self->shown)
            continue; /* after a break */
        self->shown = event->cursor;
        self->client->n_told++;
        self->on_event(self->context, event, reply);
    }
}

static void subscription_live(struct fenqi_subscription *self,
                              const Fenqi__V1__Subscription *stands)
{
    if (stands->acknowledged_cursor < self->durable)
        subscription_set_back(self, stands->acknowledged_cursor);
    self->phase = PHASE_LIVE;
    self->was_live = true;
    self->pushed = stands->acknowledged_cursor;
    self->start = -1; /* the group has it */
}

static void subscription_told(struct fenqi_subscription *self, struct fenqi_reply *reply,
                              int64_t now_ms)
{
    const Fenqi__V1__Reply *said = reply->reply;
    if (said->outcome_case == FENQI__V1__REPLY__OUTCOME_ERROR) {
        subscription_refused(self, reply, false, now_ms);
        return;
    }
    if (said->outcome_case == FENQI__V1__REPLY__OUTCOME_EVENTS) {
        const Fenqi__V1__Subscription *stands = said->events->subscription;
        if (self->phase == PHASE_ASKED && stands != NULL)
            subscription_live(self, stands);
        subscription_stand(self, said->events, now_ms);
        subscription_show(self, reply);
    }
    fenqi_reply_free(reply);
}

static void subscription_acked(struct fenqi_subscription *self, struct fenqi_reply *reply,
                               int64_t now_ms)
{
    const Fenqi__V1__Reply *said = reply->reply;
    subscription_forget_ack(self);
    if (said->outcome_case == FENQI__V1__REPLY__OUTCOME_EVENTS) {
        self->n_refusals = 0;
        if (self->ack_cursor > self->durable)
            self->durable = self->ack_cursor;
        subscription_stand(self, said->events, now_ms);
        fenqi_reply_free(reply);
        return;
    }
    bool is_error = said->outcome_case == FENQI__V1__REPLY__OUTCOME_ERROR;
    if (is_error && strcmp(said->error->reason, "NOT_ACTIVE") == 0) {
        self->state.is_active = 0; /* still in line, and told when it is again */
        self->due_ms = now_ms + subscription_share_ms(self) * LEASE_SHARES;
        fenqi_reply_free(reply);
    } else if (is_error && said->error->may_repeat && !fenqi_request_is_stopped(said->error)) {
        int64_t pause_ms = fenqi_request_pause_ms(self->n_refusals++, said->error->retry_after_ms);
        int64_t share_ms = subscription_share_ms(self); /* or another one takes over meanwhile */
        self->due_ms = now_ms + (pause_ms < share_ms ? pause_ms : share_ms);
        fenqi_reply_free(reply);
    } else if (is_error) {
        bool is_renewable = said->error->code == FENQI__V1__CODE__CODE_FAILED_PRECONDITION ||
                            said->error->code == FENQI__V1__CODE__CODE_OUT_OF_RANGE;
        subscription_refused(self, reply, is_renewable, now_ms);
    } else {
        fenqi_reply_free(reply);
    }
}

static void subscription_take(void *owner, const void *bytes, size_t n_bytes)
{
    struct fenqi_subscription *self = owner;
    const struct fenqi_client *client = self->client;
    struct fenqi_reply *reply = NULL;
    int error = fenqi_verify(bytes, n_bytes, client->keys, client->n_keys, &reply);
    if (error != FENQI_OK)
        subscription_end(self, error, NULL);
    else if (fenqi_request_is_answered(&self->asked, reply->reply))
        subscription_told(self, reply, fenqi_now_ms());
    else if (fenqi_request_is_answered(&self->ack, reply->reply))
        subscription_acked(self, reply, fenqi_now_ms());
    else
        fenqi_reply_free(reply); /* to what was asked before a break */
}

/* ---- what is sent ---- */

static int subscription_send(struct fenqi_subscription *self, const Fenqi__V1__Request *request,
                             struct fenqi_request *ret)
{
    int error = fenqi_request_pack(ret, request, 0);
    if (error == FENQI_OK && !fenqi_link_send(&self->link, ret->bytes, ret->n_bytes)) {
        fenqi_request_deinit(ret);
        error = FENQI_E_TIMEOUT;
    }
    return error;
}

static void subscription_ask(struct fenqi_subscription *self, int64_t now_ms)
{
    Fenqi__V1__Subscribe subscribe;
    Fenqi__V1__Request request;
    fenqi__v1__subscribe__init(&subscribe);
    fenqi__v1__request__init(&request);
    subscribe.group = self->group;
    subscribe.credit = self->credit;
    if (self->start >= 0) {
        subscribe.start_case = FENQI__V1__SUBSCRIBE__START_CURSOR;
        subscribe.cursor = self->start;
    }
    request.operation_case = FENQI__V1__REQUEST__OPERATION_SUBSCRIBE;
    request.subscribe = &subscribe;
    bool is_sent = subscription_send(self, &request, &self->asked) == FENQI_OK;
    self->phase = is_sent ? PHASE_ASKED : PHASE_WANTED;
    self->due_ms = now_ms + (is_sent ? ANSWER_WITHIN_MS : SEND_AGAIN_MS);
}

/* What may be acknowledged over this connection. */
static int64_t subscription_target(const struct fenqi_subscription *self)
{
    int64_t target = self->handled < self->pushed ? self->handled : self->pushed;
    return target > self->durable ? target : self->durable;
}

static void subscription_send_ack(struct fenqi_subscription *self, int64_t now_ms)
{
    Fenqi__V1__AckEvents ack;
    Fenqi__V1__Request request;
    fenqi__v1__ack_events__init(&ack);
    fenqi__v1__request__init(&request);
    ack.group = self->group;
    ack.cursor = subscription_target(self);
    request.operation_case = FENQI__V1__REQUEST__OPERATION_ACK_EVENTS;
    request.ack_events = &ack;
    bool is_sent = subscription_send(self, &request, &self->ack) == FENQI_OK;
    self->ack_cursor = ack.cursor;
    self->ack_ends_ms = now_ms + ANSWER_WITHIN_MS;
    self->due_ms = now_ms + (is_sent ? subscription_share_ms(self) : SEND_AGAIN_MS);
}

/* ---- turns ---- */

static bool subscription_has_ack(const struct fenqi_subscription *self)
{
    return self->phase == PHASE_LIVE && self->state.is_active && self->ack.bytes == NULL &&
           self->n_refusals == 0 && subscription_target(self) > self->durable;
}

/* The daemon has let us in and does not answer. */
static bool subscription_is_unheard(const struct fenqi_subscription *self, int64_t now_ms)
{
    return (self->phase == PHASE_ASKED && now_ms >= self->due_ms) ||
           (self->ack.bytes != NULL && now_ms >= self->ack_ends_ms);
}

/* A key that never was let in is a mistake; one that is not let in any more may be one for a while.
 */
static bool subscription_is_refused(const struct fenqi_subscription *self, int64_t now_ms)
{
    return !self->was_live && !self->link.is_up && self->link.is_refused &&
           now_ms - self->began_ms >= ANSWER_WITHIN_MS;
}

static void subscription_turn(struct fenqi_subscription *self, int64_t now_ms)
{
    if (fenqi_link_watch(&self->link, now_ms) == FENQI_LINK_BROKE)
        subscription_renew(self, now_ms);
    fenqi_link_receive(&self->link, subscription_take, self);
    if (self->phase != PHASE_OVER && subscription_is_refused(self, now_ms))
        subscription_end(self, FENQI_E_REFUSED, NULL);
    if (self->phase == PHASE_OVER)
        return;
    if (self->link.is_unwanted || now_ms >= fenqi_link_give_up_ms(&self->link) ||
        subscription_is_unheard(self, now_ms))
        subscription_leave(self, now_ms);
    if (!self->link.is_up)
        return;
    if (self->phase == PHASE_WANTED && now_ms >= self->due_ms)
        subscription_ask(self, now_ms);
    /* Who is active says that it lives; who stands by asks whether it is still in line. */
    bool is_due = self->phase == PHASE_LIVE && self->ack.bytes == NULL && now_ms >= self->due_ms;
    if (is_due || subscription_has_ack(self))
        subscription_send_ack(self, now_ms);
}

static int64_t subscription_due_ms(const struct fenqi_subscription *self)
{
    if (self->phase == PHASE_OVER)
        return FENQI_NEVER;
    if (self->link.has_more || self->link.is_unwanted ||
        (self->link.is_up && subscription_has_ack(self)))
        return 0;
    if (!self->link.is_up)
        return fenqi_link_give_up_ms(&self->link);
    return self->phase == PHASE_LIVE && self->ack.bytes != NULL ? self->ack_ends_ms : self->due_ms;
}

static void subscriptions_sweep(struct fenqi_client *client)
{
    struct fenqi_subscription **at = &client->subscriptions;
    while (*at != NULL) {
        struct fenqi_subscription *self = *at;
        if (!self->is_freed) {
            at = &self->next;
            continue;
        }
        *at = self->next;
        free(self);
    }
}

void fenqi_subscriptions_turn(struct fenqi_client *client, int64_t now_ms)
{
    for (struct fenqi_subscription *self = client->subscriptions; self != NULL; self = self->next) {
        if (self->phase != PHASE_OVER)
            subscription_turn(self, now_ms);
    }
    subscriptions_sweep(client);
}

int64_t fenqi_subscriptions_due_ms(const struct fenqi_client *client)
{
    int64_t due_ms = FENQI_NEVER;
    for (const struct fenqi_subscription *self = client->subscriptions; self != NULL;
         self = self->next) {
        int64_t its_ms = subscription_due_ms(self);
        if (its_ms < due_ms)
            due_ms = its_ms;
    }
    return due_ms;
}

void fenqi_subscriptions_end(struct fenqi_client *client)
{
    for (struct fenqi_subscription *self = client->subscriptions; self != NULL; self = self->next) {
        if (self->phase != PHASE_OVER)
            subscription_end(self, FENQI_E_CLOSED, NULL);
        self->is_freed = true;
    }
    subscriptions_sweep(client);
}

/* ---- what its owner does ---- */

static int subscribe_check(const struct fenqi_client *client, const Fenqi__V1__Subscribe *wish)
{
    if (client == NULL || wish == NULL || wish->group == NULL || wish->group[0] == '\0' ||
        strlen(wish->group) > GROUP_SIZE_MAX || wish->credit < 0)
        return FENQI_E_ARGUMENT;
    bool has_cursor = wish->start_case == FENQI__V1__SUBSCRIBE__START_CURSOR;
    if (has_cursor && wish->cursor < 0)
        return FENQI_E_ARGUMENT;
    if (client->is_closing)
        return FENQI_E_CLOSED;
    return client->n_keys == 0 ? FENQI_E_UNKNOWN_KEY : FENQI_OK;
}

int fenqi_subscribe(struct fenqi_client *client, const Fenqi__V1__Subscribe *wish,
                    fenqi_event_fn *on_event, fenqi_done_fn *on_end, void *context,
                    struct fenqi_subscription **ret)
{
    int error = subscribe_check(client, wish);
    if (error != FENQI_OK || on_event == NULL || on_end == NULL || ret == NULL)
        return error != FENQI_OK ? error : FENQI_E_ARGUMENT;
    struct fenqi_subscription *self = calloc(1, sizeof(*self));
    if (self == NULL)
        return FENQI_E_SYSTEM;
    int64_t now_ms = fenqi_now_ms();
    self->client = client;
    self->on_event = on_event;
    self->on_end = on_end;
    self->context = context;
    memcpy(self->group, wish->group, strlen(wish->group) + 1);
    self->credit = wish->credit != 0 ? wish->credit : CREDIT;
    self->start = wish->start_case == FENQI__V1__SUBSCRIBE__START_CURSOR ? wish->cursor : -1;
    fenqi__v1__subscription__init(&self->state);
    self->state.group = self->group;
    self->due_ms = now_ms;
    self->began_ms = now_ms;
    self->link.at = client->link.at; /* where the requests get their answers */
    error = fenqi_link_open(&self->link, client, now_ms);
    if (error != FENQI_OK) {
        free(self);
        return error;
    }
    self->next = client->subscriptions;
    client->subscriptions = self;
    fenqi_client_wake(client);
    *ret = self;
    return FENQI_OK;
}

int fenqi_ack(struct fenqi_subscription *subscription, int64_t cursor)
{
    if (subscription == NULL || cursor < 0 || cursor > subscription->shown)
        return FENQI_E_ARGUMENT;
    if (cursor > subscription->handled)
        subscription->handled = cursor;
    fenqi_client_wake(subscription->client);
    return FENQI_OK;
}

const Fenqi__V1__Subscription *fenqi_subscription_state(
    const struct fenqi_subscription *subscription)
{
    return &subscription->state;
}

void fenqi_unsubscribe(struct fenqi_subscription *subscription)
{
    if (subscription == NULL || subscription->is_freed)
        return;
    struct fenqi_client *client = subscription->client;
    subscription_close(subscription);
    subscription->is_freed = true;
    if (!client->is_running)
        subscriptions_sweep(client);
}
