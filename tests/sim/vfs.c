/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite's file system over the simulated disk: files, locks, the shared index of the log. */
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "tests/sim/disk.h"

#define REGIONS_MAX 64

/* What the connections to one file share. */
struct vfs_shared {
    char name[64];
    size_t n_users;
    size_t n_readers; /* connections with a lock */
    const void *reserved, *exclusive;
    void *regions[REGIONS_MAX];
    size_t n_mapped;
    unsigned shared_locks[SQLITE_SHM_NLOCK];
    bool exclusive_locks[SQLITE_SHM_NLOCK];
};

struct vfs_file {
    sqlite3_file base;
    char name[64];
    struct vfs_shared *shared;
    int level;
    bool is_mapped;
    unsigned shm_shared, shm_exclusive; /* bits */
};

static struct {
    struct sim *sim;
    struct sim_disk *disk;
    struct vfs_shared shared[4];
} vfs;

void sim_vfs_use(struct sim *sim, struct sim_disk *disk)
{
    vfs.sim = sim;
    vfs.disk = disk;
    (void)sqlite3_randomness(0, NULL); /* begins anew, from the history's chance */
}

static struct sim_file *vfs_find(sqlite3_file *file)
{
    return sim_file_find(vfs.disk, ((struct vfs_file *)file)->name, false);
}

static struct vfs_shared *vfs_share(const char *name)
{
    struct vfs_shared *place = NULL;
    for (size_t i = 0; i < sizeof(vfs.shared) / sizeof(vfs.shared[0]); i++) {
        if (vfs.shared[i].n_users > 0 && strcmp(vfs.shared[i].name, name) == 0) {
            vfs.shared[i].n_users++;
            return &vfs.shared[i];
        }
        if (vfs.shared[i].n_users == 0)
            place = &vfs.shared[i];
    }
    if (place == NULL)
        abort();
    memset(place, 0, sizeof(*place));
    memcpy(place->name, name, strlen(name) + 1);
    place->n_users = 1;
    return place;
}

/* ---- reading and writing ---- */

static int vfs_close(sqlite3_file *file)
{
    struct vfs_file *self = (struct vfs_file *)file;
    if (self->shared != NULL && --self->shared->n_users == 0) {
        for (size_t i = 0; i < REGIONS_MAX; i++)
            free(self->shared->regions[i]);
        memset(self->shared, 0, sizeof(*self->shared));
    }
    return SQLITE_OK;
}

static int vfs_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
    struct sim_file *found = vfs_find(file);
    size_t n = 0;
    if (found == NULL ||
        sim_file_read(vfs.disk, found, bytes, (size_t)size, (size_t)offset, &n) != 0)
        return SQLITE_IOERR_READ;
    return n == (size_t)size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int vfs_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
    struct sim_file *found = vfs_find(file);
    int r = found == NULL ? SIM_DISK_E_DEAD
                          : sim_file_write(vfs.disk, found, bytes, (size_t)size, (size_t)offset);
    return r == 0 ? SQLITE_OK : r == SIM_DISK_E_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int vfs_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct sim_file *found = vfs_find(file);
    return found != NULL && sim_file_cut(vfs.disk, found, (size_t)size) == 0
               ? SQLITE_OK
               : SQLITE_IOERR_TRUNCATE;
}

static int vfs_sync(sqlite3_file *file, int flags)
{
    struct sim_file *found = vfs_find(file);
    (void)flags;
    return found != NULL && sim_file_sync(vfs.disk, found) == 0 ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

static int vfs_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    const struct sim_file *found = vfs_find(file);
    *ret = found != NULL ? (sqlite3_int64)sim_file_size(found) : 0;
    return SQLITE_OK;
}

/* ---- the locks of the file ---- */

static int vfs_lock(sqlite3_file *file, int level)
{
    struct vfs_file *self = (struct vfs_file *)file;
    struct vfs_shared *shared = self->shared;
    if (self->level >= level)
        return SQLITE_OK;
    bool others_exclusive = shared->exclusive != NULL && shared->exclusive != self;
    bool others_reserved = shared->reserved != NULL && shared->reserved != self;
    if (others_exclusive || (level >= SQLITE_LOCK_RESERVED && others_reserved) ||
        (level == SQLITE_LOCK_EXCLUSIVE &&
         shared->n_readers > (self->level >= SQLITE_LOCK_SHARED ? 1u : 0u)))
        return SQLITE_BUSY;
    if (self->level == SQLITE_LOCK_NONE)
        shared->n_readers++;
    if (level >= SQLITE_LOCK_RESERVED)
        shared->reserved = self;
    if (level == SQLITE_LOCK_EXCLUSIVE)
        shared->exclusive = self;
    self->level = level;
    return SQLITE_OK;
}

static int vfs_unlock(sqlite3_file *file, int level)
{
    struct vfs_file *self = (struct vfs_file *)file;
    struct vfs_shared *shared = self->shared;
    if (self->level <= level)
        return SQLITE_OK;
    if (shared->reserved == self)
        shared->reserved = NULL;
    if (shared->exclusive == self)
        shared->exclusive = NULL;
    if (level == SQLITE_LOCK_NONE)
        shared->n_readers--;
    self->level = level;
    return SQLITE_OK;
}

static int vfs_is_reserved(sqlite3_file *file, int *ret)
{
    *ret = ((struct vfs_file *)file)->shared->reserved != NULL;
    return SQLITE_OK;
}

static int vfs_control(sqlite3_file *file, int what, void *argument)
{
    (void)file;
    (void)what;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int vfs_sector_size(sqlite3_file *file)
{
    (void)file;
    return 512;
}

static int vfs_traits(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* ---- the shared index of the log: memory, gone with the last connection ---- */

static int vfs_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret)
{
    struct vfs_file *self = (struct vfs_file *)file;
    struct vfs_shared *shared = self->shared;
    if (region >= REGIONS_MAX)
        return SQLITE_IOERR_SHMSIZE;
    if (!self->is_mapped) {
        self->is_mapped = true;
        shared->n_mapped++;
    }
    if (shared->regions[region] == NULL && extend)
        shared->regions[region] = calloc(1, (size_t)size);
    *ret = shared->regions[region];
    return SQLITE_OK;
}

static int vfs_shm_unlock(struct vfs_file *self, unsigned mask, int offset, int n)
{
    for (int i = offset; i < offset + n; i++) {
        if (self->shm_exclusive & 1u << i)
            self->shared->exclusive_locks[i] = false;
        if (self->shm_shared & 1u << i)
            self->shared->shared_locks[i]--;
    }
    self->shm_exclusive &= ~mask;
    self->shm_shared &= ~mask;
    return SQLITE_OK;
}

static int vfs_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    struct vfs_file *self = (struct vfs_file *)file;
    struct vfs_shared *shared = self->shared;
    unsigned mask = ((1u << n) - 1) << offset;
    if (flags & SQLITE_SHM_UNLOCK)
        return vfs_shm_unlock(self, mask, offset, n);
    for (int i = offset; i < offset + n; i++) {
        unsigned own = self->shm_shared & 1u << i ? 1 : 0;
        if (shared->exclusive_locks[i] && !(self->shm_exclusive & 1u << i))
            return SQLITE_BUSY;
        if ((flags & SQLITE_SHM_EXCLUSIVE) && shared->shared_locks[i] > own)
            return SQLITE_BUSY;
    }
    for (int i = offset; i < offset + n; i++) {
        if (flags & SQLITE_SHM_EXCLUSIVE) {
            shared->exclusive_locks[i] = true;
        } else if (!(self->shm_shared & 1u << i)) {
            shared->shared_locks[i]++;
        }
    }
    if (flags & SQLITE_SHM_EXCLUSIVE)
        self->shm_exclusive |= mask;
    else
        self->shm_shared |= mask;
    return SQLITE_OK;
}

static void vfs_shm_barrier(sqlite3_file *file)
{
    (void)file;
}

static int vfs_shm_unmap(sqlite3_file *file, int deletes)
{
    struct vfs_file *self = (struct vfs_file *)file;
    (void)deletes;
    (void)vfs_shm_unlock(self, self->shm_shared | self->shm_exclusive, 0, SQLITE_SHM_NLOCK);
    if (!self->is_mapped)
        return SQLITE_OK;
    self->is_mapped = false;
    if (--self->shared->n_mapped == 0) {
        for (size_t i = 0; i < REGIONS_MAX; i++) {
            free(self->shared->regions[i]);
            self->shared->regions[i] = NULL;
        }
    }
    return SQLITE_OK;
}

static const sqlite3_io_methods vfs_methods = {
    .iVersion = 2,
    .xClose = vfs_close,
    .xRead = vfs_read,
    .xWrite = vfs_write,
    .xTruncate = vfs_truncate,
    .xSync = vfs_sync,
    .xFileSize = vfs_size,
    .xLock = vfs_lock,
    .xUnlock = vfs_unlock,
    .xCheckReservedLock = vfs_is_reserved,
    .xFileControl = vfs_control,
    .xSectorSize = vfs_sector_size,
    .xDeviceCharacteristics = vfs_traits,
    .xShmMap = vfs_shm_map,
    .xShmLock = vfs_shm_lock,
    .xShmBarrier = vfs_shm_barrier,
    .xShmUnmap = vfs_shm_unmap,
};

/* ---- names ---- */

static int vfs_open(sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags,
                    int *ret_flags)
{
    struct vfs_file *opened = (struct vfs_file *)file;
    (void)self;
    memset(opened, 0, sizeof(*opened));
    if (name == NULL || strlen(name) >= sizeof(opened->name))
        return SQLITE_CANTOPEN; /* no temporary files: the product promises to need none */
    if (sim_file_find(vfs.disk, name, (flags & SQLITE_OPEN_CREATE) != 0) == NULL)
        return SQLITE_CANTOPEN;
    memcpy(opened->name, name, strlen(name) + 1);
    opened->base.pMethods = &vfs_methods;
    if (flags & SQLITE_OPEN_MAIN_DB)
        opened->shared = vfs_share(name);
    if (ret_flags != NULL)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *self, const char *name, int syncs)
{
    (void)self;
    (void)syncs;
    sim_file_delete(vfs.disk, name);
    return sim_disk_is_dead(vfs.disk) ? SQLITE_IOERR_DELETE : SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *self, const char *name, int flags, int *ret)
{
    (void)self;
    (void)flags;
    const struct sim_file *file = sim_file_find(vfs.disk, name, false);
    *ret = file != NULL && (flags != SQLITE_ACCESS_EXISTS || sim_file_size(file) > 0);
    return SQLITE_OK;
}

static int vfs_full_name(sqlite3_vfs *self, const char *name, int size, char *ret)
{
    (void)self;
    (void)sqlite3_snprintf(size, ret, "%s", name);
    return SQLITE_OK;
}

static int vfs_random(sqlite3_vfs *self, int size, char *ret)
{
    (void)self;
    for (int i = 0; i < size; i++)
        ret[i] = (char)(sim_draw(vfs.sim) >> 24);
    return size;
}

static int vfs_sleep(sqlite3_vfs *self, int us)
{
    (void)self;
    return us;
}

static int vfs_time_64(sqlite3_vfs *self, sqlite3_int64 *ret)
{
    (void)self;
    *ret = INT64_C(210866760000000) + sim_now_ms(vfs.sim);
    return SQLITE_OK;
}

static int vfs_time(sqlite3_vfs *self, double *ret)
{
    sqlite3_int64 now = 0;
    (void)vfs_time_64(self, &now);
    *ret = (double)now / 86400000.0;
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *self, int size, char *ret)
{
    (void)self;
    if (size > 0)
        ret[0] = '\0';
    return 0;
}

void sim_vfs_register(void)
{
    static sqlite3_vfs self = {
        .iVersion = 2,
        .szOsFile = sizeof(struct vfs_file),
        .mxPathname = 60,
        .zName = "sim",
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_name,
        .xRandomness = vfs_random,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time,
        .xGetLastError = vfs_last_error,
        .xCurrentTimeInt64 = vfs_time_64,
    };
    /* As the engine does, which comes too late once a file system was registered. */
    if (sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, -1) != SQLITE_OK ||
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) != SQLITE_OK ||
        sqlite3_vfs_register(&self, 1) != SQLITE_OK)
        abort();
}
