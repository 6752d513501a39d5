/* SPDX-License-Identifier: Apache-2.0 */
/* Pushes events to whoever subscribed. Nothing is kept here that the log does not have: a push is a
 * page of it, read when a commit wrote events, when credit came back, or when another consumer
 * takes over.
 *
 *      Subscribe            silent for a lease, unreachable, or gone
 *   ------------> stands by <------------------.
 *                    | first in line           |
 *                    `---------------------> active: read a page, push it, until nothing more is
 *                                                    there or the credit is used up
 *
 * Of a merchant's groups a few have a page on their way at once, so that no merchant's catching up
 * stands in the way of another's events. */
#include "daemon/flow/feed.h"

/* A page: first it is read, then pushed. Lives in its arena. */
struct feed_page {
    struct fq_group *group; /* held */
    struct fq_consumer *consumer;
    uint32_t epoch;
    struct fq_read read;
    struct fq_push push;
};

/* How things stand, told without events. */
struct feed_news {
    struct fq_consumer *consumer;
    struct fq_group *group; /* held */
    struct fq_push push;
};

static struct fq_flow *group_flow(const struct fq_group *group)
{
    return group->feed->flow;
}

/* ---- groups ---- */

static struct fq_feed *feed_find(const struct fq_flow *flow, struct fq_str merchant_id)
{
    struct fq_feed *feed = NULL;
    HASH_FIND(hh, flow->feeds, merchant_id.ptr, merchant_id.len, feed);
    return feed;
}

static struct fq_feed *feed_make(struct fq_flow *flow, struct fq_str merchant_id)
{
    struct fq_feed *feed = feed_find(flow, merchant_id);
    if (feed != NULL)
        return feed;
    feed = fq_zalloc(sizeof(*feed));
    fq_assert(merchant_id.len <= sizeof(feed->merchant_id));
    feed->flow = flow;
    feed->merchant_id_size = merchant_id.len;
    memcpy(feed->merchant_id, merchant_id.ptr, merchant_id.len);
    HASH_ADD(hh, flow->feeds, merchant_id, merchant_id.len, feed);
    return feed;
}

static void group_lease_over(struct fq_timer *timer);
static void group_retry(struct fq_timer *timer);

struct fq_group *fq_group_find(struct fq_flow *flow, struct fq_str merchant_id, struct fq_str name)
{
    struct fq_feed *feed = feed_find(flow, merchant_id);
    struct fq_group *group = NULL;
    if (feed != NULL)
        HASH_FIND(hh, feed->groups, name.ptr, name.len, group);
    if (group != NULL)
        group->n_holders++;
    return group;
}

struct fq_group *fq_group_make(struct fq_flow *flow, struct fq_str merchant_id, struct fq_str name)
{
    struct fq_group *group = fq_group_find(flow, merchant_id, name);
    if (group != NULL)
        return group;
    group = fq_zalloc(sizeof(*group));
    fq_assert(name.len <= sizeof(group->name));
    group->feed = feed_make(flow, merchant_id);
    group->name_size = name.len;
    memcpy(group->name, name.ptr, name.len);
    group->lease_timer.fire = group_lease_over;
    group->retry_timer.fire = group_retry;
    group->n_holders = 1;
    HASH_ADD(hh, group->feed->groups, name, name.len, group);
    return group;
}

static struct fq_group *group_hold(struct fq_group *group)
{
    group->n_holders++;
    return group;
}

void fq_group_release(struct fq_group *group)
{
    struct fq_feed *feed = group->feed;
    const struct fq_world *world = feed->flow->world;
    fq_assert(group->n_holders > 0);
    if (--group->n_holders > 0 || group->consumers != NULL)
        return;
    world->cancel(world->ctx, &group->lease_timer);
    world->cancel(world->ctx, &group->retry_timer);
    HASH_DEL(feed->groups, group);
    fq_free(group);
    if (feed->groups != NULL)
        return;
    HASH_DEL(feed->flow->feeds, feed);
    fq_free(feed);
}

/* ---- the line of consumers ---- */

struct fq_consumer *fq_group_consumer(const struct fq_group *group, uint64_t connection)
{
    struct fq_consumer *consumer = group->consumers;
    while (consumer != NULL && consumer->line->connection != connection)
        consumer = consumer->next;
    return consumer;
}

void fq_group_heard(struct fq_group *group)
{
    struct fq_flow *flow = group_flow(group);
    group->is_silent = false;
    if (group->consumers != NULL)
        flow->world->after(flow->world->ctx, &group->lease_timer, flow->conf.lease_ms);
}

void fq_group_begin(struct fq_group *group)
{
    group->epoch++;
    group->sent = group->acknowledged;
    group->floor = 0;
    group->has_more = true;
    group->pause_ms = FQ_FEED_PAUSE_MIN_MS;
    fq_group_heard(group);
}

/* Somebody else is the first in line now. */
static void group_lead(struct fq_group *group)
{
    fq_group_begin(group);
    if (group->consumers != NULL)
        group->consumers->must_tell = true;
}

struct fq_consumer *fq_group_add(struct fq_group *group, struct fq_line *line, int64_t credit,
                                 struct fq_consumer *old)
{
    struct fq_consumer *consumer = fq_zalloc(sizeof(*consumer));
    struct fq_consumer **place = old != NULL ? &old->next : &group->consumers;
    while (old == NULL && *place != NULL)
        place = &(*place)->next;
    consumer->group = group;
    consumer->line = line;
    consumer->number = ++group_flow(group)->n_consumers;
    consumer->credit = credit;
    consumer->next = *place;
    *place = consumer;
    group->n_consumers++;
    if (old != NULL)
        fq_consumer_leave(old);
    else if (fq_consumer_is_active(consumer))
        group_lead(group);
    return consumer;
}

static void consumer_free(struct fq_consumer *consumer)
{
    consumer->line->release(consumer->line);
    fq_free(consumer);
}

void fq_consumer_leave(struct fq_consumer *consumer)
{
    struct fq_group *group = consumer->group;
    bool was_active = fq_consumer_is_active(consumer);
    struct fq_consumer **place = &group->consumers;
    while (*place != consumer)
        place = &(*place)->next;
    *place = consumer->next;
    group->n_consumers--;
    consumer->is_unlinked = true;
    if (!consumer->is_pushing)
        consumer_free(consumer);
    if (was_active)
        group_lead(group);
}

void fq_group_take_over(struct fq_group *group)
{
    struct fq_consumer *silent = group->consumers;
    struct fq_consumer **end = &group->consumers;
    fq_assert(silent != NULL && silent->next != NULL);
    *end = silent->next;
    while (*end != NULL)
        end = &(*end)->next;
    *end = silent;
    silent->next = NULL;
    silent->must_tell = true;
    group_lead(group);
    fq_log(LOG_NOTICE, FQ_MSG_CONSUMER_SILENT, "a consumer of events is silent, another takes over",
           FQ_LOG_STR("MERCHANT",
                      ((struct fq_str){ group->feed->merchant_id, group->feed->merchant_id_size })),
           FQ_LOG_STR("GROUP", ((struct fq_str){ group->name, group->name_size })),
           FQ_LOG_INT("ACKNOWLEDGED", group->acknowledged), FQ_LOG_TEXT("FAULT", "theirs"));
}

static void group_lease_over(struct fq_timer *timer)
{
    struct fq_group *group = group_hold(fq_container_of(timer, struct fq_group, lease_timer));
    if (group->n_consumers > 1)
        fq_group_take_over(group);
    else
        group->is_silent = true;
    fq_group_go(group);
    fq_group_release(group);
}

struct fq_subscription fq_consumer_stands(const struct fq_consumer *consumer)
{
    const struct fq_group *group = consumer->group;
    bool is_active = fq_consumer_is_active(consumer);
    return (struct fq_subscription){ .group = { group->name, group->name_size },
                                     .is_active = is_active,
                                     .acknowledged_cursor = group->acknowledged,
                                     .sent_cursor = is_active ? group->sent : group->acknowledged,
                                     .lease_ms = group_flow(group)->conf.lease_ms };
}

/* ---- pauses ---- */

/* Who does not read is asked again later, ever more seldom; the others are not held up. */
static void group_pause(struct fq_group *group)
{
    const struct fq_world *world = group_flow(group)->world;
    if (group->retry_timer.place == 0)
        world->after(world->ctx, &group->retry_timer, group->pause_ms);
    group->pause_ms =
        group->pause_ms * 2 < FQ_FEED_PAUSE_MAX_MS ? group->pause_ms * 2 : FQ_FEED_PAUSE_MAX_MS;
}

static void consumer_pause(struct fq_consumer *consumer)
{
    struct fq_group *group = consumer->group;
    consumer->is_paused = true;
    group_pause(group);
    fq_log(LOG_INFO, FQ_MSG_REPLY_UNDELIVERED, "a consumer of events does not read: it is paused",
           FQ_LOG_STR("MERCHANT",
                      ((struct fq_str){ group->feed->merchant_id, group->feed->merchant_id_size })),
           FQ_LOG_STR("GROUP", ((struct fq_str){ group->name, group->name_size })),
           FQ_LOG_INT("SENT", group->sent), FQ_LOG_TEXT("FAULT", "theirs"),
           FQ_LOG_TEXT("NEXT", "its events wait in the log"));
}

static void group_retry(struct fq_timer *timer)
{
    struct fq_group *group = group_hold(fq_container_of(timer, struct fq_group, retry_timer));
    for (struct fq_consumer *one = group->consumers; one != NULL; one = one->next)
        one->is_paused = false;
    fq_group_go(group);
    fq_group_release(group);
}

/* ---- pushing ---- */

/* True: it is still in line. `result` is what became of a push to it. */
static bool consumer_pushed(struct fq_consumer *consumer, uint32_t result)
{
    consumer->is_pushing = false;
    group_flow(consumer->group)->n_running--;
    if (consumer->is_unlinked) {
        consumer_free(consumer);
        return false;
    }
    if (result == FQ_PUSH_GONE) {
        fq_consumer_leave(consumer);
        return false;
    }
    if (result == FQ_PUSH_FULL)
        consumer_pause(consumer);
    return true;
}

static void consumer_push(struct fq_consumer *consumer, struct fq_push *push)
{
    consumer->is_pushing = true;
    consumer->must_tell = false;
    group_flow(consumer->group)->n_running++;
    push->subscription = fq_consumer_stands(consumer);
    consumer->line->push(consumer->line, push);
}

static void news_told(struct fq_push *push)
{
    struct feed_news *news = fq_container_of(push, struct feed_news, push);
    struct fq_group *group = news->group;
    uint32_t result = push->result;
    if (consumer_pushed(news->consumer, result) && result == FQ_PUSH_FULL)
        news->consumer->must_tell = true;
    fq_arena_free(push->arena);
    fq_group_go(group);
    fq_group_release(group);
}

static void consumer_tell(struct fq_consumer *consumer)
{
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct feed_news *news = fq_arena_alloc(arena, sizeof(*news));
    fq_assert(news != NULL);
    news->consumer = consumer;
    news->group = group_hold(consumer->group);
    news->push = (struct fq_push){ .arena = arena, .done = news_told };
    consumer_push(consumer, &news->push);
}

/* ---- pages ---- */

static void page_read(struct fq_read *read);
static void page_pushed(struct fq_push *push);

static bool group_wants_page(const struct fq_group *group)
{
    const struct fq_consumer *active = group->consumers;
    return active != NULL && active->is_joined && !active->is_pushing && !active->is_paused &&
           group->has_more && !group->is_working && !group->is_queued;
}

/* How many events the active one may be sent now. */
static int64_t group_room(const struct fq_group *group)
{
    int64_t from = group->acknowledged > group->floor ? group->acknowledged : group->floor;
    int64_t n_waiting = group->sent > from ? group->sent - from : 0;
    int64_t room = group->consumers->credit - n_waiting;
    return room < FQ_FEED_PAGE ? room : FQ_FEED_PAGE;
}

static void group_wait_turn(struct fq_group *group)
{
    struct fq_feed *feed = group->feed;
    group->is_queued = true;
    group->next = NULL;
    if (feed->first == NULL)
        feed->first = group_hold(group);
    else
        feed->last->next = group_hold(group);
    feed->last = group;
}

static void page_start(struct fq_group *group, uint32_t n_max)
{
    struct fq_flow *flow = group_flow(group);
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct feed_page *page = fq_arena_alloc(arena, sizeof(*page));
    fq_assert(page != NULL);
    group->is_working = true;
    group->has_more = false;
    group->feed->n_working++;
    flow->n_running++;
    *page = (struct feed_page){
        .group = group_hold(group),
        .epoch = group->epoch,
        .read = { .arena = arena,
                  .kind = FQ_READ_EVENTS,
                  .merchant_id = { group->feed->merchant_id, group->feed->merchant_id_size },
                  .from = group->sent,
                  .n_max = n_max,
                  .done = page_read,
                  .flow = page },
    };
    flow->world->read(flow->world->ctx, &page->read);
}

void fq_group_go(struct fq_group *group)
{
    struct fq_consumer *one = group->consumers;
    if (group_flow(group)->is_draining)
        return;
    while (one != NULL) {
        bool is_due = one->must_tell && one->is_joined && !one->is_pushing && !one->is_paused;
        if (is_due)
            consumer_tell(one);
        one = is_due ? group->consumers : one->next; /* a push may change the line */
    }
    if (!group_wants_page(group) || group_room(group) <= 0)
        return;
    if (group->feed->n_working < FQ_FEED_WORKING_MAX)
        page_start(group, (uint32_t)group_room(group));
    else
        group_wait_turn(group);
}

static void feed_next(struct fq_feed *feed)
{
    while (feed->first != NULL && feed->n_working < FQ_FEED_WORKING_MAX) {
        struct fq_group *group = feed->first;
        feed->first = group->next;
        group->is_queued = false;
        fq_group_go(group);
        fq_group_release(group);
    }
}

static void page_end(struct feed_page *page)
{
    struct fq_group *group = page->group;
    struct fq_feed *feed = group->feed;
    group->is_working = false;
    feed->n_working--;
    group_flow(group)->n_running--;
    fq_arena_free(page->read.arena); /* and with it the page */
    /* The others' turn first. */
    feed_next(feed);
    fq_group_go(group);
    fq_group_release(group);
}

/* The group has moved on: what was read is not what comes next. Without a new epoch that is what
 * the consumer before had still acknowledged, while another one took over. */
static bool page_is_stale(const struct feed_page *page)
{
    const struct fq_group *group = page->group;
    return page->epoch != group->epoch || page->read.from != group->sent ||
           group->consumers == NULL || group->consumers->is_pushing ||
           group_flow(group)->is_draining;
}

static void page_push(struct feed_page *page)
{
    struct fq_group *group = page->group;
    const struct fq_read *read = &page->read;
    if (read->events[0].cursor > group->sent + 1)
        group->floor = read->events[0].cursor - 1;
    page->consumer = group->consumers;
    page->push = (struct fq_push){
        .arena = read->arena, .events = read->events, .n_events = read->n_rows, .done = page_pushed
    };
    consumer_push(page->consumer, &page->push);
}

static void page_read(struct fq_read *read)
{
    struct feed_page *page = read->flow;
    struct fq_group *group = page->group;
    if (read->result < 0) {
        fq_say_fault("reading events to push", read->trace);
        group->has_more = true;
        if (group->consumers != NULL)
            group->consumers->is_paused = true;
        group_pause(group);
        page_end(page);
        return;
    }
    if (read->n_rows == read->n_max || page_is_stale(page))
        group->has_more = true;
    if (read->n_rows == 0 || page_is_stale(page))
        page_end(page);
    else
        page_push(page);
}

static void page_pushed(struct fq_push *push)
{
    struct feed_page *page = fq_container_of(push, struct feed_page, push);
    struct fq_group *group = page->group;
    bool is_there = consumer_pushed(page->consumer, push->result);
    if (push->result != FQ_PUSH_SENT) {
        group->has_more = true;
    } else if (is_there && page->epoch == group->epoch) {
        int64_t last = push->events[push->n_events - 1].cursor;
        group->sent = last > group->sent ? last : group->sent;
        group->pause_ms = FQ_FEED_PAUSE_MIN_MS;
    }
    page_end(page);
}

/* ---- from the flow ---- */

void fq_feed_wake(struct fq_flow *flow, struct fq_str merchant_id)
{
    struct fq_feed *feed = feed_find(flow, merchant_id);
    struct fq_group *group;
    struct fq_group *next;
    if (feed == NULL)
        return;
    for (group = feed->groups; group != NULL; group = group->hh.next) {
        group->has_more = true;
        group_hold(group);
    }
    for (group = feed->groups; group != NULL; group = group->hh.next)
        fq_group_go(group);
    for (group = feed->groups; group != NULL; group = next) {
        next = group->hh.next;
        fq_group_release(group);
    }
}

static void group_stop(struct fq_group *group)
{
    group_hold(group);
    while (group->consumers != NULL)
        fq_consumer_leave(group->consumers);
    fq_group_release(group);
}

void fq_feeds_stop(struct fq_flow *flow)
{
    struct fq_feed *feed;
    struct fq_feed *next_feed;
    fq_assert(flow->is_draining);
    for (feed = flow->feeds; feed != NULL; feed = next_feed) {
        struct fq_group *group = feed->groups;
        next_feed = feed->hh.next;
        while (group != NULL) {
            struct fq_group *next = group->hh.next;
            group_stop(group);
            group = next;
        }
    }
}
