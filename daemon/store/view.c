/* SPDX-License-Identifier: Apache-2.0 */
/* A look into a ledger from another process, while the daemon runs or not. */
#include "daemon/base/err.h"
#include "daemon/store/migrate.h"
#include "daemon/store/read.h"
#include "daemon/store/store.h"

struct fq_store_view {
    struct fq_engine *engine;
};

int fq_store_view_open(const char *path, struct fq_store_view **ret)
{
    FQ_CLEANUP(fq_store_view) *view = fq_zalloc(sizeof(*view));
    FQ_TRY(fq_engine_sqlite_open(path, FQ_ENGINE_READ, &view->engine));
    int r = fq_migrate_check(view->engine);
    if (r == FQ_MIGRATE_E_NEWER)
        return FQ_STORE_E_NEWER;
    FQ_TRY(r);
    *ret = FQ_TAKE(view);
    return 0;
}

int fq_store_view_read(struct fq_store_view *view, struct fq_read *read)
{
    read->job.next = NULL;
    fq_read_all(view->engine, &read->job);
    return read->result;
}

void fq_store_view_free(struct fq_store_view *view)
{
    if (view == NULL)
        return;
    fq_engine_free(view->engine);
    fq_free(view);
}
