/* SPDX-License-Identifier: Apache-2.0 */
/* Channels that the operator paused in an earlier life: read before anybody is listened to. */
#include "daemon/base/err.h"
#include "daemon/daemon.h"

#define PAUSES_MAX 1024

static int pauses_take(struct fq_daemon *daemon, struct fq_store_view *view, struct fq_read *read)
{
    FQ_TRY(fq_store_view_read(view, read));
    for (uint32_t i = 0; i < read->n_rows; i++)
        fq_flow_take_pause(daemon->flow, &read->notes[i]);
    return 0;
}

int fq_pauses_load(struct fq_daemon *daemon)
{
    FQ_CLEANUP(fq_store_view) *view = NULL;
    struct fq_read read = { .arena = fq_arena_new(FQ_ARENA_SIZE_MAX),
                            .kind = FQ_READ_NOTES,
                            .owner = fq_lit(FQ_PAUSES_OWNER),
                            .n_max = PAUSES_MAX };
    int r = fq_store_view_open(daemon->setup->conf->store_path.ptr, &view);
    if (r == 0)
        r = pauses_take(daemon, view, &read);
    fq_arena_free(read.arena);
    return r == 0 ? 0 : FQ_FAULT(-EIO, "cannot read which channels are paused");
}
