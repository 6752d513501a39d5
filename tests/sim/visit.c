/* SPDX-License-Identifier: Apache-2.0 */
/* Visits: they reach a daemon that lives, and are answered or wait in vain. */
#include "tests/sim/visit.h"

#include "tests/sim/daemon.h"

#define PATIENCE_US (6 * SIM_SECOND_US)
#define BODY_MAX    32768

struct visitor {
    struct sim *sim;
    void (*answered)(struct sim *sim, void *what, const struct sim_page *page);
    void *what;
    struct sim_page page;
    bool is_told;
};

struct visiting {
    struct fq_visit visit;
    struct visitor *visitor;
};

static void visit_tell(struct sim *sim, void *what, int64_t is_answer)
{
    struct visitor *visitor = what;
    const struct sim_page nothing = { 0, "", "" };
    if (visitor->is_told)
        return;
    visitor->is_told = true;
    visitor->answered(sim, visitor->what, is_answer ? &visitor->page : &nothing);
}

static void visit_finish(struct fq_visit *visit)
{
    struct visitor *visitor = fq_container_of(visit, struct visiting, visit)->visitor;
    struct sim *sim = visitor->sim;
    size_t size = visit->answer_body.len < BODY_MAX ? visit->answer_body.len : BODY_MAX;
    if (sim_daemon_is_doomed())
        return;
    if (sim_hit(sim, SIM_CRASH_BEFORE_REPLY)) {
        sim_daemon_doom(sim, "before an answer to a browser left");
        return;
    }
    visitor->page =
        (struct sim_page){ visit->status, sim_copy(sim, visit->location.ptr, visit->location.len),
                           sim_copy(sim, visit->answer_body.ptr, size) };
    sim_after(sim, sim_moment_us(sim), visit_tell, visitor, 1);
    fq_arena_free(visit->arena);
}

static struct fq_str visit_text(struct fq_arena *arena, const char *text)
{
    return fq_arena_copy(arena, fq_str_of(text));
}

void sim_visit(struct sim *sim, const struct sim_visit_ask *ask,
               void (*answered)(struct sim *sim, void *what, const struct sim_page *page),
               void *what)
{
    struct visitor *visitor = sim_alloc(sim, sizeof(*visitor));
    *visitor = (struct visitor){ .sim = sim, .answered = answered, .what = what };
    sim_say(sim, ask->method, ask->path, 0);
    bool is_up = sim->daemon != NULL && !sim_daemon_is_doomed() && !sim->daemon->is_stopping;
    sim_after(sim, is_up ? PATIENCE_US : 1000, visit_tell, visitor, 0);
    if (!is_up)
        return;
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct visiting *visiting = fq_arena_alloc(arena, sizeof(*visiting));
    visiting->visitor = visitor;
    visiting->visit = (struct fq_visit){
        .arena = arena,
        .method = visit_text(arena, ask->method),
        .path = visit_text(arena, ask->path),
        .query = visit_text(arena, ask->query),
        .content_type = visit_text(arena, ask->content_type),
        .body = fq_arena_copy(arena, (struct fq_str){ ask->body, ask->body_size }),
        .user_agent = fq_lit("simulated"),
        .peer = fq_lit("192.0.2.1"),
        .finish = visit_finish,
    };
    fq_flow_visit(sim->daemon->flow, &visiting->visit);
}
