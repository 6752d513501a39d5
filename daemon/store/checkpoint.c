/* SPDX-License-Identifier: Apache-2.0 */
/* Decides when the write-ahead log is moved into the database, and by whom. */
#include "daemon/store/checkpoint.h"

#include <pthread.h>

#include "daemon/base/err.h"

/* Pages of 4 KiB. */
#define PAGES_START 4096  /* the thread begins a pass */
#define PAGES_LEFT  1024  /* so few unmoved ones the writer moves itself */
#define PAGES_MAX   16384 /* here the writer moves whatever there is */
#define PAGES_RETRY 1024  /* more, before the next try to begin the log anew */

struct fq_checkpoint {
    struct fq_engine *engine;
    void (*end_process)(const char *why);
    pthread_t thread;
    bool has_thread;
    int pages_next; /* the writer's: below this there is nothing to do */

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool is_wanted; /* from the wish for a pass to its end */
    bool is_stopping;
    int pages_moved; /* of the log as it stands */
};

static void checkpoint_pass(struct fq_checkpoint *checkpoint)
{
    int moved = 0;
    int r = checkpoint->engine->calls->checkpoint(checkpoint->engine, false, &moved);
    if (checkpoint->engine->disk_failed)
        checkpoint->end_process(fq_trace());
    (void)pthread_mutex_lock(&checkpoint->mutex);
    checkpoint->is_wanted = false;
    if (r == 0)
        checkpoint->pages_moved = moved;
    (void)pthread_mutex_unlock(&checkpoint->mutex);
}

static void *checkpoint_loop(void *ctx)
{
    struct fq_checkpoint *checkpoint = ctx;
    for (;;) {
        (void)pthread_mutex_lock(&checkpoint->mutex);
        while (!checkpoint->is_wanted && !checkpoint->is_stopping)
            (void)pthread_cond_wait(&checkpoint->changed, &checkpoint->mutex);
        bool is_stopping = checkpoint->is_stopping;
        (void)pthread_mutex_unlock(&checkpoint->mutex);
        if (is_stopping)
            return NULL;
        checkpoint_pass(checkpoint);
    }
}

int fq_checkpoint_new(struct fq_engine *engine, void (*end_process)(const char *why),
                      struct fq_checkpoint **ret)
{
    FQ_CLEANUP(fq_checkpoint) *checkpoint = fq_zalloc(sizeof(*checkpoint));
    checkpoint->mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    checkpoint->changed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    checkpoint->engine = engine;
    checkpoint->end_process = end_process;
    checkpoint->pages_next = PAGES_START;
    int r = pthread_create(&checkpoint->thread, NULL, checkpoint_loop, checkpoint);
    if (r != 0)
        return FQ_FAULT(-r, "cannot start the checkpoint thread");
    (void)pthread_setname_np(checkpoint->thread, "fenqid-wal");
    checkpoint->has_thread = true;
    *ret = FQ_TAKE(checkpoint);
    return 0;
}

static void checkpoint_set(struct fq_checkpoint *checkpoint, bool *flag)
{
    (void)pthread_mutex_lock(&checkpoint->mutex);
    *flag = true;
    (void)pthread_cond_signal(&checkpoint->changed);
    (void)pthread_mutex_unlock(&checkpoint->mutex);
}

void fq_checkpoint_free(struct fq_checkpoint *checkpoint)
{
    if (checkpoint == NULL)
        return;
    if (checkpoint->has_thread) {
        checkpoint_set(checkpoint, &checkpoint->is_stopping);
        (void)pthread_join(checkpoint->thread, NULL);
    }
    fq_engine_free(checkpoint->engine);
    (void)pthread_cond_destroy(&checkpoint->changed);
    (void)pthread_mutex_destroy(&checkpoint->mutex);
    fq_free(checkpoint);
}

static void checkpoint_finish(struct fq_checkpoint *checkpoint, struct fq_engine *writer, int pages)
{
    int moved = 0;
    int r = writer->calls->checkpoint(writer, true, &moved);
    if (writer->disk_failed)
        checkpoint->end_process(fq_trace());
    if (r != 0) {
        checkpoint->pages_next = pages + PAGES_RETRY;
        return;
    }
    checkpoint->pages_next = PAGES_START;
    (void)pthread_mutex_lock(&checkpoint->mutex);
    checkpoint->pages_moved = 0;
    (void)pthread_mutex_unlock(&checkpoint->mutex);
}

void fq_checkpoint_after_commit(struct fq_checkpoint *checkpoint, struct fq_engine *writer)
{
    int pages = writer->calls->log_pages(writer);
    if (pages < checkpoint->pages_next)
        return;
    (void)pthread_mutex_lock(&checkpoint->mutex);
    bool is_wanted = checkpoint->is_wanted;
    int moved = checkpoint->pages_moved;
    (void)pthread_mutex_unlock(&checkpoint->mutex);
    if (is_wanted)
        return;
    if ((moved > 0 && pages - moved < PAGES_LEFT) || pages >= PAGES_MAX)
        checkpoint_finish(checkpoint, writer, pages);
    else
        checkpoint_set(checkpoint, &checkpoint->is_wanted);
}
