/* SPDX-License-Identifier: Apache-2.0 */
/* A request to the daemon's web side, by a browser or a platform. */
#ifndef SIM_VISIT_H
#define SIM_VISIT_H

#include "tests/sim/sim.h"

struct sim_visit_ask {
    const char *method, *path, *query, *content_type, *body;
    size_t body_size;
};

struct sim_page {
    unsigned status; /* 0: no answer */
    const char *location;
    const char *body; /* as far as anybody reads */
};

/* `answered` is called once, later. */
void sim_visit(struct sim *sim, const struct sim_visit_ask *ask,
               void (*answered)(struct sim *sim, void *what, const struct sim_page *page),
               void *what);

/* page.c: the form of a page that leads on to a platform, as its address, '?' and its fields as
 * they are posted; NULL: there is none. */
const char *sim_page_form(struct sim *sim, const char *html);

#endif
