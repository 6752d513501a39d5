/* SPDX-License-Identifier: Apache-2.0 */
/* The copy of a SQLite ledger. In one step, from one snapshot: a copy in several steps would begin
 * anew whenever the daemon commits, and never end. Meanwhile the daemon's log grows, and is written
 * to its place afterwards. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "daemon/base/err.h"
#include "daemon/base/mem.h"
#include "daemon/store/backup.h"

#define APPLICATION_ID 0x46514944 /* as in engine_sqlite.c */
#define BUSY_MS        5000
#define PATH_SIZE_MAX  4096

struct backup {
    char part[PATH_SIZE_MAX]; /* the copy, until it is whole */
    sqlite3 *from;
    sqlite3 *to;
};

static int backup_fault(sqlite3 *db, const char *what)
{
    return FQ_FAULT(-EIO, "%s: %s", what, sqlite3_errmsg(db));
}

static int backup_number(sqlite3 *db, const char *text, int64_t *ret)
{
    sqlite3_stmt *statement = NULL;
    int r = sqlite3_prepare_v2(db, text, -1, &statement, NULL);
    if (r == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        *ret = sqlite3_column_int64(statement, 0);
    else
        r = SQLITE_ERROR;
    int fault = r == SQLITE_OK ? 0 : backup_fault(db, text);
    (void)sqlite3_finalize(statement);
    return fault;
}

/* ---- opening ---- */

/* Made before SQLite opens it, so that nobody else can read it at any time. */
static int backup_make_part(struct backup *self, const char *to)
{
    int n = snprintf(self->part, sizeof(self->part), "%s.part", to);
    if (n < 0 || (size_t)n >= sizeof(self->part))
        return FQ_FAULT(-ENAMETOOLONG, "the path is too long");
    int fd = open(self->part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        int error = errno;
        self->part[0] = '\0'; /* not ours to remove */
        return FQ_FAULT(-error, "%s.part: %s", to, strerrordesc_np(error));
    }
    (void)close(fd);
    return 0;
}

static int backup_open(struct backup *self, const char *from, const char *to)
{
    int64_t id = 0;
    if (sqlite3_open_v2(from, &self->from, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        return FQ_BACKUP_E_ABSENT;
    (void)sqlite3_busy_timeout(self->from, BUSY_MS);
    if (backup_number(self->from, "PRAGMA application_id", &id) != 0 || id != APPLICATION_ID)
        return FQ_BACKUP_E_ABSENT;
    FQ_TRY(backup_make_part(self, to));
    if (sqlite3_open_v2(self->part, &self->to, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        return backup_fault(self->to, self->part);
    return 0;
}

/* ---- the copy ---- */

static int backup_copy(struct backup *self)
{
    sqlite3_backup *copy = sqlite3_backup_init(self->to, "main", self->from, "main");
    if (copy == NULL)
        return backup_fault(self->to, "copying");
    int r = sqlite3_backup_step(copy, -1);
    (void)sqlite3_backup_finish(copy);
    return r == SQLITE_DONE ? 0 : backup_fault(self->to, "copying");
}

/* One file, without a log beside it. */
static int backup_settle(struct backup *self)
{
    if (sqlite3_exec(self->to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) != SQLITE_OK)
        return backup_fault(self->to, "leaving the log");
    return 0;
}

static int backup_check(struct backup *self)
{
    sqlite3_stmt *statement = NULL;
    bool is_sound = false;
    if (sqlite3_prepare_v2(self->to, "PRAGMA integrity_check(1)", -1, &statement, NULL) ==
            SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        is_sound = strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    (void)sqlite3_finalize(statement);
    return is_sound ? 0 : FQ_BACKUP_E_BROKEN;
}

static int backup_count(struct backup *self, struct fq_backup *ret)
{
    FQ_TRY(backup_number(self->to, "SELECT COUNT(*) FROM payment", &ret->n_payments));
    FQ_TRY(backup_number(self->to, "SELECT COALESCE(MAX(seq), 0) FROM payment", &ret->last_seq));
    return 0;
}

/* ---- its end ---- */

static int backup_sync(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    int r = fd >= 0 && fsync(fd) == 0 ? 0 : -errno;
    if (fd >= 0)
        (void)close(fd);
    return r == 0 ? 0 : FQ_FAULT(r, "%s: cannot be synced", path);
}

static int backup_sync_folder(const char *path)
{
    char folder[PATH_SIZE_MAX] = ".";
    const char *slash = strrchr(path, '/');
    if (slash != NULL)
        (void)snprintf(folder, sizeof(folder), "%.*s", slash > path ? (int)(slash - path) : 1,
                       path);
    return backup_sync(folder, O_RDONLY | O_DIRECTORY);
}

/* A second name, and then the first away: rename(2) would overwrite. */
static int backup_name(struct backup *self, const char *to, struct fq_backup *ret)
{
    struct stat file = { 0 };
    FQ_TRY(backup_sync(self->part, O_RDONLY));
    if (stat(self->part, &file) != 0)
        return FQ_FAULT(-errno, "%s", self->part);
    if (link(self->part, to) != 0)
        return errno == EEXIST ? FQ_BACKUP_E_EXISTS : FQ_FAULT(-errno, "cannot name it %s", to);
    ret->size = file.st_size;
    return backup_sync_folder(to);
}

static void backup_end(struct backup *self)
{
    (void)sqlite3_close(self->from);
    (void)sqlite3_close(self->to);
    if (self->part[0] != '\0')
        (void)unlink(self->part);
}

int fq_store_backup(const char *from, const char *to, struct fq_backup *ret)
{
    struct backup self = { .from = NULL };
    struct fq_backup done = { 0 };
    struct stat there = { 0 };
    int r = lstat(to, &there) == 0 ? FQ_BACKUP_E_EXISTS : 0;
    if (r == 0)
        r = backup_open(&self, from, to);
    if (r == 0)
        r = backup_copy(&self);
    if (r == 0)
        r = backup_settle(&self);
    if (r == 0)
        r = backup_check(&self);
    if (r == 0)
        r = backup_count(&self, &done);
    (void)sqlite3_close(FQ_TAKE(self.to));
    if (r == 0)
        r = backup_name(&self, to, &done);
    backup_end(&self);
    if (r == 0)
        *ret = done;
    return r;
}
