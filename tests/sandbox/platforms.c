/* SPDX-License-Identifier: Apache-2.0 */
/* Several platform models side by side, as one. */
#include "tests/sandbox/platforms.h"

#include <stdlib.h>

void platforms_add(struct platforms *platforms, struct sandbox_platform platform)
{
    if (platforms->n_platforms == PLATFORMS_MAX)
        abort();
    platforms->each[platforms->n_platforms++] = platform;
}

static const struct sandbox_platform *platforms_owner(const struct platforms *platforms,
                                                      const char *path)
{
    size_t i = 0;
    while (i + 1 < platforms->n_platforms &&
           (platforms->each[i].owns == NULL || !platforms->each[i].owns(path)))
        i++;
    return &platforms->each[i];
}

static void platforms_serve(void *model, const struct sandbox_request *request, int64_t now_unix_ms,
                            struct sandbox_response *ret)
{
    const struct sandbox_platform *owner = platforms_owner(model, request->path);
    owner->serve(owner->model, request, now_unix_ms, ret);
}

static void platforms_control(void *model, const struct sandbox_request *request,
                              int64_t now_unix_ms, struct sandbox_response *ret)
{
    const struct sandbox_platform *owner = platforms_owner(model, request->path);
    owner->control(owner->model, request, now_unix_ms, ret);
}

/* An id here says whose it is: the platform's own, times their number, plus its place. */
static bool platforms_next_delivery(void *model, int64_t now_unix_ms, struct sandbox_delivery *ret)
{
    struct platforms *platforms = model;
    for (size_t i = 0; i < platforms->n_platforms; i++) {
        const struct sandbox_platform *one = &platforms->each[i];
        if (one->next_delivery(one->model, now_unix_ms, ret)) {
            ret->id = ret->id * PLATFORMS_MAX + i;
            return true;
        }
    }
    return false;
}

static void platforms_delivered(void *model, uint64_t id, int64_t now_unix_ms, long http_status,
                                const char *answer, size_t answer_size)
{
    struct platforms *platforms = model;
    const struct sandbox_platform *one = &platforms->each[id % PLATFORMS_MAX];
    one->delivered(one->model, id / PLATFORMS_MAX, now_unix_ms, http_status, answer, answer_size);
}

static int64_t platforms_next_due(void *model)
{
    struct platforms *platforms = model;
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < platforms->n_platforms; i++) {
        int64_t due = platforms->each[i].next_due_unix_ms(platforms->each[i].model);
        next = due < next ? due : next;
    }
    return next;
}

struct sandbox_platform platforms_as_one(struct platforms *platforms)
{
    return (struct sandbox_platform){
        .model = platforms,
        .serve = platforms_serve,
        .control = platforms_control,
        .next_delivery = platforms_next_delivery,
        .delivered = platforms_delivered,
        .next_due_unix_ms = platforms_next_due,
    };
}
