/* SPDX-License-Identifier: Apache-2.0 */
/* Buyers: they open links, stand at the cashier, pay, decline, wander off, come back. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/daemon.h"
#include "tests/sim/shop.h"
#include "tests/sim/visit.h"

#define POSTS_MAX 8

struct buyer {
    struct sim_intent *intent;
    struct sim_platform *platform;
    const char *link; /* behind the host */
    const char *goes_to;
    char number[SIM_NUMBER_SIZE];
    unsigned n_posts, n_follows, n_pays;
    bool is_there; /* at the platform */
    bool has_paid;
};

static bool buyer_leaves(struct sim *sim)
{
    return sim_hit(sim, SIM_BUYER_LEAVES);
}

static int64_t buyer_thinks_us(struct sim *sim)
{
    return sim_hit(sim, SIM_BUYER_LATE) ? sim_between(sim, 10 * SIM_MINUTE_US, 80 * SIM_MINUTE_US)
                                        : sim_people_us(sim, SIM_SECOND_US, 4 * SIM_MINUTE_US);
}

/* ---- the way back ---- */

static void buyer_back_seen(struct sim *sim, void *what, const struct sim_page *page)
{
    (void)what;
    sim_say(sim, "buyer is back", "", page->status);
}

/* The same fields, and other numbers. */
static void buyer_change(char *fields)
{
    for (char *at = fields; at != NULL && *at != '\0'; at++) {
        if (*at >= '1' && *at <= '8')
            (*at)++;
    }
}

static void buyer_visit_back(struct sim *sim, const char *url, const char *posted, bool forges)
{
    size_t host_size = strlen(SIM_PUBLIC_URL);
    if (strncmp(url, SIM_PUBLIC_URL, host_size) != 0)
        return;
    char *path = sim_copy(sim, url + host_size, strlen(url) - host_size);
    char *query = strchr(path, '?');
    char *body = posted != NULL ? sim_copy(sim, posted, strlen(posted)) : NULL;
    if (query != NULL)
        *query++ = '\0';
    if (forges)
        buyer_change(body != NULL ? body : query);
    const struct sim_visit_ask ask = { .method = body != NULL ? "POST" : "GET",
                                       .path = path,
                                       .query = query != NULL ? query : "",
                                       .content_type =
                                           body != NULL ? "application/x-www-form-urlencoded" : "",
                                       .body = body != NULL ? body : "",
                                       .body_size = body != NULL ? strlen(body) : 0 };
    sim_visit(sim, &ask, buyer_back_seen, NULL);
}

static void buyer_return(struct sim *sim, void *what, int64_t argument)
{
    struct buyer *buyer = what;
    char *body = NULL;
    char *url = buyer->platform->calls->way_back(buyer->platform, buyer->number, &body);
    (void)argument;
    buyer_visit_back(sim, url, body, sim_hit(sim, SIM_BUYER_FORGES));
    if (sim_hit(sim, SIM_BUYER_RETURNS_TWICE))
        buyer_visit_back(sim, url, body, false);
    free(body);
    free(url);
}

/* ---- at the cashier ---- */

static void buyer_refund_by_hand(struct sim *sim, void *what, int64_t argument)
{
    struct buyer *buyer = what;
    (void)argument;
    sim_say(sim, "refund by hand", "", 0);
    buyer->platform->calls->refund_by_hand(buyer->platform, buyer->number,
                                           sim_between(sim, 1, buyer->intent->order->amount_minor));
    sim_platform_poke(buyer->platform);
}

static void buyer_paid(struct sim *sim, struct buyer *buyer)
{
    buyer->has_paid = true;
    sim->totals->n_paid++;
    sim_platform_poke(buyer->platform);
    if (!sim_hit(sim, SIM_BUYER_NO_RETURN))
        sim_after(sim, sim_between(sim, 100000, 20 * SIM_SECOND_US), buyer_return, buyer, 0);
    if (sim_hit(sim, SIM_PLATFORM_CONSOLE))
        sim_after(sim, sim_between(sim, SIM_SECOND_US, 3 * 3600 * SIM_SECOND_US),
                  buyer_refund_by_hand, buyer, 0);
}

static void buyer_pay(struct sim *sim, void *what, int64_t argument)
{
    struct buyer *buyer = what;
    struct sim_platform *platform = buyer->platform;
    (void)argument;
    if (buyer->n_pays++ == 0 && sim_hit(sim, SIM_BUYER_DECLINED)) {
        sim_say(sim, "buyer is declined", "", 0);
        platform->calls->decline(platform, buyer->number);
        sim_after(sim, buyer_thinks_us(sim), buyer_pay, buyer, 0);
        return;
    }
    struct sim_pay how = { .instalments = buyer->intent->order->instalments };
    how.other_terms = sim_hit(sim, SIM_BUYER_OTHER_TERMS);
    how.other_amount = sim_hit(sim, SIM_PLATFORM_OTHER_AMOUNT);
    const char *refusal = platform->calls->pay(platform, buyer->number, how);
    if (refusal != NULL && sim_hit(sim, SIM_PLATFORM_LATE)) {
        how.is_late = true;
        refusal = platform->calls->pay(platform, buyer->number, how);
    }
    sim_say(sim, "buyer pays", refusal != NULL ? refusal : buyer->number, 0);
    if (refusal == NULL)
        buyer_paid(sim, buyer);
}

static void buyer_forged_notification(struct sim *sim, struct buyer *buyer)
{
    buyer->platform->calls->forge(buyer->platform, buyer->number, sim_draw(sim) % 2 == 0);
    sim_platform_poke(buyer->platform);
}

static void buyer_arrive(struct sim *sim, void *what, int64_t argument)
{
    struct buyer *buyer = what;
    struct sim_platform *platform = buyer->platform;
    (void)argument;
    if (buyer_leaves(sim))
        return;
    if (platform->is_down || !platform->calls->open(platform, buyer->goes_to, buyer->number)) {
        sim_say(sim, "buyer finds no cashier", "", 0);
        if (buyer->n_follows++ < 3)
            sim_after(sim, sim_between(sim, SIM_SECOND_US, SIM_MINUTE_US), buyer_arrive, buyer, 0);
        return;
    }
    sim_say(sim, "buyer at the cashier", buyer->number, 0);
    if (buyer_leaves(sim))
        return;
    const char *refusal = platform->calls->login(platform, buyer->number);
    sim_platform_poke(platform);
    if (sim_hit(sim, SIM_NOTIFY_FORGED))
        buyer_forged_notification(sim, buyer);
    int64_t thinks_us = sim_draw(sim) % 4 == 0
                            ? sim_people_us(sim, SIM_MINUTE_US, 90 * SIM_MINUTE_US)
                            : buyer_thinks_us(sim);
    if (refusal == NULL && !buyer_leaves(sim))
        sim_after(sim, thinks_us, buyer_pay, buyer, 0);
}

/* ---- the link ---- */

static void buyer_post(struct sim *sim, void *what, int64_t argument);

static void buyer_goes(struct sim *sim, struct buyer *buyer, const char *where)
{
    int64_t delay_us = sim_between(sim, 50000, 2 * SIM_SECOND_US);
    bool is_form = buyer->platform == sim->platforms[SIM_BANKCARD];
    if (buyer->is_there)
        return; /* of two posts the first answer leads on */
    buyer->is_there = true;
    buyer->goes_to = where;
    if (is_form && sim_hit(sim, SIM_BUYER_HOLDS_FORM))
        delay_us = sim_between(sim, SIM_MINUTE_US, 20 * SIM_MINUTE_US);
    sim_after(sim, delay_us, buyer_arrive, buyer, 0);
    if (is_form && sim_hit(sim, SIM_BUYER_FORM_TWICE))
        sim_after(sim, delay_us + sim_between(sim, 0, SIM_MINUTE_US), buyer_arrive, buyer, 0);
}

static void buyer_posted(struct sim *sim, void *what, const struct sim_page *page)
{
    struct buyer *buyer = what;
    const char *form = page->status == 200 ? sim_page_form(sim, page->body) : NULL;
    sim_say(sim, "buyer posted", "", page->status);
    if (form != NULL || (page->status == 303 && page->location[0] != '\0')) {
        buyer_goes(sim, buyer, form != NULL ? form : page->location);
        return;
    }
    if ((page->status == 0 || page->status == 503 || page->status == 200) && !buyer->is_there &&
        buyer->n_posts < POSTS_MAX)
        sim_after(sim, sim_between(sim, 3 * SIM_SECOND_US, SIM_MINUTE_US), buyer_post, buyer, 0);
}

static void buyer_post(struct sim *sim, void *what, int64_t argument)
{
    struct buyer *buyer = what;
    const struct sim_visit_ask ask = { .method = "POST",
                                       .path = buyer->link,
                                       .query = "",
                                       .content_type = "application/x-www-form-urlencoded",
                                       .body = "" };
    (void)argument;
    buyer->n_posts++;
    sim_visit(sim, &ask, buyer_posted, buyer);
    if (sim_hit(sim, SIM_BUYER_DOUBLE_POST))
        sim_visit(sim, &ask, buyer_posted, buyer);
}

static void buyer_saw(struct sim *sim, void *what, const struct sim_page *page)
{
    struct buyer *buyer = what;
    if (buyer_leaves(sim) || page->status == 404 || page->status == 410)
        return;
    sim_after(sim, sim_people_us(sim, 100000, 10 * SIM_SECOND_US), buyer_post, buyer, 0);
}

static void buyer_open(struct sim *sim, void *what, int64_t argument)
{
    struct buyer *buyer = what;
    (void)argument;
    if (buyer->link == NULL) {
        buyer_arrive(sim, buyer, 0);
        return;
    }
    const struct sim_visit_ask ask = {
        .method = "GET", .path = buyer->link, .query = "", .content_type = "", .body = ""
    };
    sim_visit(sim, &ask, buyer_saw, buyer);
}

static void buyer_start(struct sim *sim, struct sim_intent *intent, int64_t delay_us)
{
    struct buyer *buyer = sim_alloc(sim, sizeof(*buyer));
    size_t host_size = strlen(SIM_PUBLIC_URL);
    buyer->intent = intent;
    buyer->platform = sim->platforms[intent->channel];
    if (strncmp(intent->action, SIM_PUBLIC_URL, host_size) == 0)
        buyer->link = intent->action + host_size;
    else
        buyer->goes_to = intent->action;
    sim_after(sim, delay_us, buyer_open, buyer, 0);
}

void sim_buyer_begin(struct sim *sim, struct sim_intent *intent)
{
    int64_t delay_us = buyer_thinks_us(sim);
    if (buyer_leaves(sim))
        return;
    buyer_start(sim, intent, delay_us);
    if (sim_hit(sim, SIM_BUYER_TWO_PHONES))
        buyer_start(sim, intent, delay_us + sim_between(sim, 0, SIM_MINUTE_US));
    if (sim_hit(sim, SIM_BUYER_OLD_LINK))
        buyer_start(sim, intent, sim_between(sim, SIM_MINUTE_US, 5 * 3600 * SIM_SECOND_US));
}
