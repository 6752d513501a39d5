/* SPDX-License-Identifier: Apache-2.0 */
/* What happens next: a heap of events by time, and the memory of a history. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

static bool agenda_before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->turn < b->turn;
}

static void agenda_rise(struct sim *sim, size_t at)
{
    struct sim_event event = sim->agenda[at];
    while (at > 0 && agenda_before(&event, &sim->agenda[(at - 1) / 2])) {
        sim->agenda[at] = sim->agenda[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    sim->agenda[at] = event;
}

static void agenda_sink(struct sim *sim, size_t at)
{
    struct sim_event event = sim->agenda[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= sim->n_agenda)
            break;
        if (child + 1 < sim->n_agenda &&
            agenda_before(&sim->agenda[child + 1], &sim->agenda[child]))
            child++;
        if (!agenda_before(&sim->agenda[child], &event))
            break;
        sim->agenda[at] = sim->agenda[child];
        at = child;
    }
    sim->agenda[at] = event;
}

static void agenda_add(struct sim *sim, struct sim_event event)
{
    if (sim->n_agenda == sim->agenda_room) {
        sim->agenda_room = sim->agenda_room > 0 ? 2 * sim->agenda_room : 256;
        sim->agenda = realloc(sim->agenda, sim->agenda_room * sizeof(*sim->agenda));
        if (sim->agenda == NULL)
            abort();
    }
    event.turn = ++sim->n_turns;
    sim->agenda[sim->n_agenda++] = event;
    agenda_rise(sim, sim->n_agenda - 1);
}

void sim_after(struct sim *sim, int64_t delay_us,
               void (*run)(struct sim *sim, void *what, int64_t argument), void *what,
               int64_t argument)
{
    agenda_add(sim, (struct sim_event){ .at_us = sim->now_us + (delay_us > 0 ? delay_us : 0),
                                        .run = run,
                                        .what = what,
                                        .argument = argument });
}

void sim_after_in_life(struct sim *sim, int64_t delay_us,
                       void (*run)(struct sim *sim, void *what, int64_t argument), void *what,
                       int64_t argument)
{
    agenda_add(sim, (struct sim_event){ .at_us = sim->now_us + (delay_us > 0 ? delay_us : 0),
                                        .run = run,
                                        .what = what,
                                        .argument = argument,
                                        .life = sim->life });
}

struct sim_event sim_agenda_take(struct sim *sim)
{
    struct sim_event first = sim->agenda[0];
    sim->agenda[0] = sim->agenda[--sim->n_agenda];
    if (sim->n_agenda > 0)
        agenda_sink(sim, 0);
    return first;
}

bool sim_agenda_next(struct sim *sim, int64_t *ret_at_us)
{
    while (sim->n_agenda > 0) {
        const struct sim_event *first = &sim->agenda[0];
        bool is_dead = first->life != 0 && (sim->daemon == NULL || first->life != sim->life);
        if (!is_dead) {
            *ret_at_us = first->at_us;
            return true;
        }
        (void)sim_agenda_take(sim);
    }
    return false;
}

/* ---- memory ---- */

#define BLOCK_SIZE ((size_t)256 * 1024)

struct sim_block {
    struct sim_block *next;
    size_t used, size;
    _Alignas(16) char bytes[];
};

void *sim_alloc(struct sim *sim, size_t size)
{
    size = (size + 15) / 16 * 16;
    struct sim_block *block = sim->memory;
    if (block == NULL || block->size - block->used < size) {
        size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = malloc(sizeof(*block) + room);
        if (block == NULL)
            abort();
        block->next = sim->memory;
        block->used = 0;
        block->size = room;
        sim->memory = block;
    }
    void *memory = block->bytes + block->used;
    block->used += size;
    memset(memory, 0, size);
    return memory;
}

char *sim_copy(struct sim *sim, const char *text, size_t size)
{
    char *copy = sim_alloc(sim, size + 1);
    if (size > 0)
        memcpy(copy, text, size);
    return copy;
}

void sim_memory_free(struct sim *sim)
{
    while (sim->memory != NULL) {
        struct sim_block *block = sim->memory;
        sim->memory = block->next;
        free(block);
    }
    free(sim->agenda);
}
