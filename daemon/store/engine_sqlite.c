/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite as an engine: the only file that sees it. */
#include <limits.h>
#include <pthread.h>
#include <string.h>

#include <sqlite3.h>

#include "daemon/base/err.h"
#include "daemon/store/engine.h"

#define APPLICATION_ID 0x46514944 /* "FQID": stands in the file's header; 0001 sets it */

/* The whole daemon has 64 MiB. */
#define WRITE_CACHE_KIB 8192
#define READ_CACHE_KIB  4096

/* Somebody else (the sqlite3 shell, a reader of an old snapshot) may hold a lock for a moment. Not
 * for longer: who sent a notification waits four seconds for what is written. */
#define BUSY_MS         2000
#define BUSY_RESTART_MS 20
#define LOG_CHUNK       4096 /* of the log, on the stack */

/* The statements of a transaction's frame, which every transaction runs. */
enum engine_frame {
    FRAME_BEGIN,
    FRAME_COMMIT,
    FRAME_SAVEPOINT,
    FRAME_ROLLBACK_TO,
    FRAME_RELEASE,
    FRAME_N
};

static const char *const frame_texts[FRAME_N] = {
    [FRAME_BEGIN] = "BEGIN", /* IMMEDIATE for the writer */
    [FRAME_COMMIT] = "COMMIT",
    [FRAME_SAVEPOINT] = "SAVEPOINT one",
    [FRAME_ROLLBACK_TO] = "ROLLBACK TO one",
    [FRAME_RELEASE] = "RELEASE one",
};

struct engine_sqlite {
    struct fq_engine engine;
    sqlite3 *db;
    uint32_t use;
    int log_pages;
    sqlite3_stmt *frames[FRAME_N];

    struct {
        sqlite3_stmt *statement;
        int positions[FQ_CELLS_MAX]; /* of the parameters, in the order SQLite numbers them */
        int n_positions;
    } prepared[FQ_QUERY_N];
};

static struct engine_sqlite *engine_of(struct fq_engine *engine)
{
    return fq_container_of(engine, struct engine_sqlite, engine);
}

/* ---- faults ---- */

static int engine_code(int result)
{
    switch (result) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return -EEXIST;
    case SQLITE_CONSTRAINT_CHECK:
    case SQLITE_CONSTRAINT_NOTNULL:
    case SQLITE_CONSTRAINT_DATATYPE:
        return -ERANGE;
    default:
        break;
    }
    switch (result & 0xff) {
    case SQLITE_IOERR:
        return -EIO;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_CANTOPEN:
        return -ENOENT;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return -EBADMSG;
    default:
        return -EINVAL;
    }
}

/* `what` names the statement; values never get into a trace. */
static int engine_fault(struct engine_sqlite *self, const char *what)
{
    int result = sqlite3_extended_errcode(self->db);
    if ((result & 0xff) == SQLITE_IOERR && result != SQLITE_IOERR_READ &&
        result != SQLITE_IOERR_SHORT_READ)
        self->engine.disk_failed = true;
    return FQ_FAULT(engine_code(result), "sqlite: %s (%d) in %.60s", sqlite3_errmsg(self->db),
                    result, what);
}

static int engine_exec(struct engine_sqlite *self, const char *text)
{
    if (sqlite3_exec(self->db, text, NULL, NULL, NULL) != SQLITE_OK)
        return engine_fault(self, text);
    return 0;
}

static int engine_pragma(struct engine_sqlite *self, const char *text, int64_t *ret)
{
    sqlite3_stmt *statement = NULL;
    int r = sqlite3_prepare_v2(self->db, text, -1, &statement, NULL);
    if (r == SQLITE_OK)
        r = sqlite3_step(statement);
    if (r == SQLITE_ROW)
        *ret = sqlite3_column_int64(statement, 0);
    int fault = r == SQLITE_ROW ? 0 : engine_fault(self, text);
    (void)sqlite3_finalize(statement);
    return fault;
}

/* ---- transactions ---- */

static int engine_frame_prepare(struct engine_sqlite *self)
{
    for (int i = 0; i < FRAME_N; i++) {
        const char *text =
            i == FRAME_BEGIN && self->use == FQ_ENGINE_WRITE ? "BEGIN IMMEDIATE" : frame_texts[i];
        if (sqlite3_prepare_v3(self->db, text, -1, SQLITE_PREPARE_PERSISTENT, &self->frames[i],
                               NULL) != SQLITE_OK)
            return engine_fault(self, text);
    }
    return 0;
}

static int engine_frame_run(struct fq_engine *engine, enum engine_frame frame)
{
    struct engine_sqlite *self = engine_of(engine);
    int fault = 0;
    if (sqlite3_step(self->frames[frame]) != SQLITE_DONE)
        fault = engine_fault(self, frame_texts[frame]);
    (void)sqlite3_reset(self->frames[frame]);
    return fault;
}

static int engine_begin(struct fq_engine *engine)
{
    return engine_frame_run(engine, FRAME_BEGIN);
}

static int engine_commit(struct fq_engine *engine)
{
    int r = engine_frame_run(engine, FRAME_COMMIT);
    if (r == -EIO)
        engine->disk_failed = true;
    return r;
}

static bool engine_is_in_transaction(struct fq_engine *engine)
{
    return sqlite3_get_autocommit(engine_of(engine)->db) == 0;
}

static void engine_rollback(struct fq_engine *engine)
{
    /* Fails only where there is no transaction any more. */
    (void)sqlite3_exec(engine_of(engine)->db, "ROLLBACK", NULL, NULL, NULL);
}

static int engine_savepoint(struct fq_engine *engine)
{
    return engine_frame_run(engine, FRAME_SAVEPOINT);
}

static int engine_rollback_to(struct fq_engine *engine)
{
    FQ_TRY(engine_frame_run(engine, FRAME_ROLLBACK_TO));
    return engine_frame_run(engine, FRAME_RELEASE);
}

static int engine_release(struct fq_engine *engine)
{
    return engine_frame_run(engine, FRAME_RELEASE);
}

/* ---- statements ---- */

/* SQLite takes $7 for a name and numbers by first appearance: remember which is which. */
static int engine_prepare(struct engine_sqlite *self, uint32_t query)
{
    sqlite3_stmt *statement = NULL;
    FQ_CLEANUP_FREE char *text = fq_query_text(query);
    if (sqlite3_prepare_v3(self->db, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
        SQLITE_OK)
        return engine_fault(self, text);
    int n = sqlite3_bind_parameter_count(statement);
    fq_assert(n <= FQ_CELLS_MAX);
    for (int i = 0; i < n; i++) {
        int64_t position = 0;
        const char *name = sqlite3_bind_parameter_name(statement, i + 1);
        fq_assert(name != NULL && name[0] == '$' &&
                  fq_str_to_int64(fq_str_of(name + 1), 1, FQ_CELLS_MAX, &position) == 0);
        self->prepared[query].positions[i] = (int)position;
    }
    self->prepared[query].n_positions = n;
    self->prepared[query].statement = statement;
    return 0;
}

static int engine_bind_one(sqlite3_stmt *statement, int at, const struct fq_cell *cell)
{
    const char *bytes = cell->bytes.ptr != NULL ? cell->bytes.ptr : "";
    switch ((enum fq_cell_type)cell->type) {
    case FQ_CELL_NULL:
        return sqlite3_bind_null(statement, at);
    case FQ_CELL_NUMBER:
        return sqlite3_bind_int64(statement, at, cell->number);
    case FQ_CELL_TEXT:
        return sqlite3_bind_text64(statement, at, bytes, cell->bytes.len, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case FQ_CELL_BYTES:
        return sqlite3_bind_blob64(statement, at, bytes, cell->bytes.len, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

static int engine_bind(struct engine_sqlite *self, uint32_t query, const struct fq_cell *parameters,
                       size_t n_parameters)
{
    sqlite3_stmt *statement = self->prepared[query].statement;
    for (int i = 0; i < self->prepared[query].n_positions; i++) {
        int position = self->prepared[query].positions[i];
        fq_assert((size_t)position <= n_parameters);
        if (engine_bind_one(statement, i + 1, &parameters[position - 1]) != SQLITE_OK)
            return engine_fault(self, sqlite3_sql(statement));
    }
    return 0;
}

static struct fq_cell engine_cell(sqlite3_stmt *statement, int i)
{
    switch (sqlite3_column_type(statement, i)) {
    case SQLITE_INTEGER:
        return fq_cell_number(sqlite3_column_int64(statement, i));
    case SQLITE_TEXT: {
        /* As bytes: no copy for a NUL that nobody wants, so nothing that can fail. */
        const char *text = sqlite3_column_blob(statement, i);
        return fq_cell_text((struct fq_str){ text, (size_t)sqlite3_column_bytes(statement, i) });
    }
    case SQLITE_BLOB: {
        const void *bytes = sqlite3_column_blob(statement, i);
        return fq_cell_bytes(bytes, (size_t)sqlite3_column_bytes(statement, i));
    }
    default:
        return (struct fq_cell){ .type = FQ_CELL_NULL };
    }
}

static int engine_rows(struct engine_sqlite *self, sqlite3_stmt *statement, fq_on_row *on_row,
                       void *ctx)
{
    struct fq_row row __attribute__((uninitialized)); /* 2 KiB; what a row has is written below */
    int r = 0;
    while ((r = sqlite3_step(statement)) == SQLITE_ROW) {
        fq_assert(on_row != NULL);
        int n = sqlite3_column_count(statement);
        fq_assert(n <= FQ_CELLS_MAX);
        for (int i = 0; i < n; i++)
            row.cells[i] = engine_cell(statement, i);
        row.n_cells = (uint32_t)n;
        FQ_TRY(on_row(ctx, &row));
    }
    if (r != SQLITE_DONE)
        return engine_fault(self, sqlite3_sql(statement));
    return 0;
}

static int engine_run(struct fq_engine *engine, uint32_t query, const struct fq_cell *parameters,
                      size_t n_parameters, fq_on_row *on_row, void *ctx)
{
    struct engine_sqlite *self = engine_of(engine);
    if (self->prepared[query].statement == NULL)
        FQ_TRY(engine_prepare(self, query));
    sqlite3_stmt *statement = self->prepared[query].statement;
    int r = engine_bind(self, query, parameters, n_parameters);
    if (r == 0)
        r = engine_rows(self, statement, on_row, ctx);
    engine->n_changed = sqlite3_changes64(self->db);
    (void)sqlite3_reset(statement); /* repeats the statement's error, which is known */
    (void)sqlite3_clear_bindings(statement);
    return r;
}

/* ---- schema ---- */

static int engine_script(struct fq_engine *engine, const char *text)
{
    struct engine_sqlite *self = engine_of(engine);
    if (sqlite3_exec(self->db, text, NULL, NULL, NULL) != SQLITE_OK)
        return engine_fault(self, "script");
    return 0;
}

static int engine_version(struct fq_engine *engine, int64_t *ret)
{
    return engine_pragma(engine_of(engine), "PRAGMA user_version", ret);
}

static int engine_set_version(struct fq_engine *engine, int64_t version)
{
    char text[128];
    (void)sqlite3_snprintf(sizeof(text), text,
                           "PRAGMA user_version = %lld; PRAGMA application_id = %d",
                           (long long)version, APPLICATION_ID);
    return engine_exec(engine_of(engine), text);
}

/* A file that holds something, and not ours, is left alone. */
static int engine_check_file(struct engine_sqlite *self)
{
    int64_t application = 0;
    int64_t schema = 0;
    FQ_TRY(engine_pragma(self, "PRAGMA application_id", &application));
    FQ_TRY(engine_pragma(self, "PRAGMA schema_version", &schema));
    if (application != APPLICATION_ID && (application != 0 || schema != 0))
        return FQ_FAULT(-EBADMSG, "the file is a database, but not a ledger of fenqid");
    return 0;
}

/* ---- the write-ahead log ---- */

static int engine_on_commit(void *ctx, sqlite3 *db, const char *schema, int n_pages)
{
    struct engine_sqlite *self = ctx;
    (void)db;
    (void)schema;
    self->log_pages = n_pages;
    return SQLITE_OK;
}

static int engine_log_pages(struct fq_engine *engine)
{
    return engine_of(engine)->log_pages;
}

static int engine_checkpoint(struct fq_engine *engine, bool restart, int *ret_pages_moved)
{
    struct engine_sqlite *self = engine_of(engine);
    int n_log = 0;
    (void)sqlite3_busy_timeout(self->db, BUSY_RESTART_MS);
    int r = sqlite3_wal_checkpoint_v2(
        self->db, "main", restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, &n_log,
        ret_pages_moved);
    (void)sqlite3_busy_timeout(self->db, BUSY_MS);
    if ((r & 0xff) == SQLITE_BUSY)
        return FQ_ENGINE_E_BUSY;
    if (r != SQLITE_OK)
        return engine_fault(self, "checkpoint");
    if (restart)
        self->log_pages = 0;
    return 0;
}

/* ---- opening and closing ---- */

static void engine_sqlite_free(struct engine_sqlite *self)
{
    if (self == NULL)
        return;
    for (uint32_t i = 0; i < FQ_QUERY_N; i++)
        (void)sqlite3_finalize(self->prepared[i].statement);
    for (int i = 0; i < FRAME_N; i++)
        (void)sqlite3_finalize(self->frames[i]);
    (void)sqlite3_close(self->db);
    fq_free(self);
}

FQ_DEFINE_CLEANUP(engine_sqlite);

static void engine_close(struct fq_engine *engine)
{
    engine_sqlite_free(engine_of(engine));
}

static const struct fq_engine_calls engine_calls = {
    .close = engine_close,
    .begin = engine_begin,
    .commit = engine_commit,
    .rollback = engine_rollback,
    .savepoint = engine_savepoint,
    .rollback_to = engine_rollback_to,
    .release = engine_release,
    .is_in_transaction = engine_is_in_transaction,
    .run = engine_run,
    .script = engine_script,
    .version = engine_version,
    .set_version = engine_set_version,
    .log_pages = engine_log_pages,
    .checkpoint = engine_checkpoint,
};

/* Savepoints keep their undo pages in memory: no temporary file under a full disk. */
static void engine_configure(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, -1);
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* it takes a lock for each allocation */
}

/* The log's own bytes over themselves, and to the disk. The caller has the write lock. */
static int engine_rewrite_log(struct engine_sqlite *self)
{
    unsigned char bytes[LOG_CHUNK];
    sqlite3_file *log = NULL;
    sqlite3_int64 size = 0;
    int r = sqlite3_file_control(self->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (r != SQLITE_OK || log == NULL || log->pMethods == NULL)
        return 0; /* there is none */
    r = log->pMethods->xFileSize(log, &size);
    for (sqlite3_int64 at = 0; r == SQLITE_OK && at < size; at += LOG_CHUNK) {
        int n = size - at < LOG_CHUNK ? (int)(size - at) : LOG_CHUNK;
        r = log->pMethods->xRead(log, bytes, n, at);
        if (r == SQLITE_OK)
            r = log->pMethods->xWrite(log, bytes, n, at);
    }
    if (r == SQLITE_OK && size > 0)
        r = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
    if (r != SQLITE_OK)
        return FQ_FAULT(-EIO, "the log cannot be written again (%d)", r);
    return 0;
}

/* What an earlier process left in the log may never have reached the disk, if that is why it ended:
 * the kernel shows it from memory, and would not write it again. Now it is written anew: first the
 * log, else a loss of power meanwhile would leave what is moved below beside an older log. */
static int engine_take_over(struct engine_sqlite *self)
{
    FQ_TRY(engine_exec(self, "BEGIN IMMEDIATE"));
    int fault = engine_rewrite_log(self);
    engine_rollback(&self->engine);
    FQ_TRY(fault);
    int r = sqlite3_wal_checkpoint_v2(self->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (r != SQLITE_OK && (r & 0xff) != SQLITE_BUSY)
        return engine_fault(self, "checkpoint");
    return 0;
}

static int engine_set_up(struct engine_sqlite *self)
{
    char text[64];
    (void)sqlite3_extended_result_codes(self->db, 1);
    /* Plans do not look at bound values: else a statement whose value might speak for another index
     * is compiled anew at each run. */
    (void)sqlite3_db_config(self->db, SQLITE_DBCONFIG_ENABLE_QPSG, 1, NULL);
    (void)sqlite3_busy_timeout(self->db, BUSY_MS);
    (void)sqlite3_wal_hook(self->db, engine_on_commit, self); /* and no automatic checkpoints */
    FQ_TRY(engine_check_file(self));
    (void)sqlite3_snprintf(sizeof(text), text, "PRAGMA cache_size = -%d",
                           self->use == FQ_ENGINE_WRITE ? WRITE_CACHE_KIB : READ_CACHE_KIB);
    FQ_TRY(engine_exec(self, text));
    /* What is deleted is overwritten: a payer's sealed data go for good. Debian's default, and
     * nothing is left to defaults. */
    FQ_TRY(engine_exec(self, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; "
                             "PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON"));
    if (self->use == FQ_ENGINE_WRITE) {
        FQ_TRY(engine_exec(self, "PRAGMA journal_mode = WAL"));
        FQ_TRY(engine_take_over(self));
    }
    return engine_frame_prepare(self);
}

int fq_engine_sqlite_open(const char *path, uint32_t use, struct fq_engine **ret)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, engine_configure);

    FQ_CLEANUP(engine_sqlite) *self = fq_zalloc(sizeof(*self));
    self->engine.calls = &engine_calls;
    self->use = use;
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    flags |= use == FQ_ENGINE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    flags |= use == FQ_ENGINE_WRITE ? SQLITE_OPEN_CREATE : 0;
    if (sqlite3_open_v2(path, &self->db, flags, NULL) != SQLITE_OK)
        return engine_fault(self, path);
    FQ_TRY(engine_set_up(self));
    *ret = &FQ_TAKE(self)->engine;
    return 0;
}
