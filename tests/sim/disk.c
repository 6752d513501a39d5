/* SPDX-License-Identifier: Apache-2.0 */
/* Files in memory, each as the process sees it and as the platter has it. */
#include "tests/sim/disk.h"

#include <stdlib.h>
#include <string.h>

#define SECTOR        512
#define NAME_MAX_SIZE 64
#define FILES_MAX     8

struct disk_bytes {
    unsigned char *bytes;
    size_t size, room;
};

/* A write or a cut that no sync has reached. */
struct disk_write {
    size_t offset, size;
    unsigned char *bytes; /* NULL: the file was cut to `size` */
};

struct sim_file {
    char name[NAME_MAX_SIZE];
    bool exists;
    bool lasts; /* its name is on the platter */
    struct disk_bytes seen;
    struct disk_bytes kept;
    struct disk_write *writes;
    size_t n_writes, writes_room;
};

struct sim_disk {
    struct sim *sim;
    struct sim_file files[FILES_MAX];
    size_t n_files;
    bool is_dead;
    bool is_full;
    int64_t dies_at; /* counts down; 0: never */
};

/* Of histories that are over: to grow from nothing each time costs a tenth of a history. */
static struct disk_bytes disk_spares[2 * FILES_MAX];

static void bytes_spare(struct disk_bytes *bytes)
{
    for (size_t i = 0; i < 2 * FILES_MAX && bytes->bytes != NULL; i++) {
        if (disk_spares[i].bytes != NULL)
            continue;
        disk_spares[i] = (struct disk_bytes){ bytes->bytes, 0, bytes->room };
        bytes->bytes = NULL;
    }
    free(bytes->bytes);
}

/* The largest one, or none. */
static void bytes_begin(struct disk_bytes *to)
{
    struct disk_bytes *largest = &disk_spares[0];
    for (size_t i = 1; i < 2 * FILES_MAX; i++) {
        if (disk_spares[i].room > largest->room)
            largest = &disk_spares[i];
    }
    *to = *largest;
    *largest = (struct disk_bytes){ NULL, 0, 0 };
}

static void bytes_put(struct disk_bytes *to, const void *bytes, size_t size, size_t offset)
{
    if (to->bytes == NULL)
        bytes_begin(to);
    if (offset + size > to->room) {
        to->room = (offset + size) * 2;
        to->bytes = realloc(to->bytes, to->room);
        if (to->bytes == NULL)
            abort();
    }
    if (offset > to->size)
        memset(to->bytes + to->size, 0, offset - to->size);
    if (size > 0)
        memcpy(to->bytes + offset, bytes, size);
    if (offset + size > to->size)
        to->size = offset + size;
}

static void bytes_copy(struct disk_bytes *to, const struct disk_bytes *from)
{
    to->size = 0;
    bytes_put(to, from->bytes, from->size, 0);
}

struct sim_disk *sim_disk_new(struct sim *sim)
{
    struct sim_disk *disk = calloc(1, sizeof(*disk));
    if (disk == NULL)
        abort();
    disk->sim = sim;
    return disk;
}

static void file_forget_writes(struct sim_file *file)
{
    for (size_t i = 0; i < file->n_writes; i++)
        free(file->writes[i].bytes);
    file->n_writes = 0;
}

void sim_disk_free(struct sim_disk *disk)
{
    if (disk == NULL)
        return;
    for (size_t i = 0; i < disk->n_files; i++) {
        file_forget_writes(&disk->files[i]);
        free(disk->files[i].writes);
        bytes_spare(&disk->files[i].seen);
        bytes_spare(&disk->files[i].kept);
    }
    free(disk);
}

void sim_disk_copy(struct sim_disk *to, const struct sim_disk *from)
{
    for (size_t i = 0; i < from->n_files; i++) {
        const struct sim_file *file = &from->files[i];
        if (!file->exists)
            continue;
        struct sim_file *copy = sim_file_find(to, file->name, true);
        copy->lasts = true;
        bytes_copy(&copy->seen, &file->seen);
        bytes_copy(&copy->kept, &file->seen);
    }
}

/* ---- files ---- */

struct sim_file *sim_file_find(struct sim_disk *disk, const char *name, bool makes)
{
    struct sim_file *file = NULL;
    for (size_t i = 0; i < disk->n_files; i++) {
        if (strcmp(disk->files[i].name, name) == 0)
            file = &disk->files[i];
    }
    if (file != NULL && file->exists)
        return file;
    if (!makes || disk->is_dead)
        return NULL;
    if (file == NULL) {
        if (disk->n_files == FILES_MAX || strlen(name) >= NAME_MAX_SIZE)
            abort();
        file = &disk->files[disk->n_files++];
        memcpy(file->name, name, strlen(name) + 1);
    }
    file->exists = true;
    file->lasts = false;
    file->seen.size = 0;
    file->kept.size = 0;
    return file;
}

/* At once for good: SQLite asks for that. */
void sim_file_delete(struct sim_disk *disk, const char *name)
{
    struct sim_file *file = sim_file_find(disk, name, false);
    if (file == NULL || disk->is_dead)
        return;
    file->exists = false;
    file_forget_writes(file);
}

size_t sim_file_size(const struct sim_file *file)
{
    return file->seen.size;
}

int sim_file_read(struct sim_disk *disk, struct sim_file *file, void *bytes, size_t size,
                  size_t offset, size_t *ret_n)
{
    size_t n = offset < file->seen.size ? file->seen.size - offset : 0;
    if (n > size)
        n = size;
    if (n > 0)
        memcpy(bytes, file->seen.bytes + offset, n);
    memset((char *)bytes + n, 0, size - n);
    *ret_n = n;
    return disk->is_dead || sim_hit(disk->sim, SIM_DISK_READ_FAILS) ? SIM_DISK_E_FAILS : 0;
}

static void file_note(struct sim_file *file, const void *bytes, size_t size, size_t offset)
{
    struct disk_write write = { offset, size, NULL };
    if (file->n_writes == file->writes_room) {
        file->writes_room = file->writes_room > 0 ? 2 * file->writes_room : 64;
        file->writes = realloc(file->writes, file->writes_room * sizeof(*file->writes));
        if (file->writes == NULL)
            abort();
    }
    if (bytes != NULL) {
        write.bytes = malloc(size > 0 ? size : 1);
        if (write.bytes == NULL)
            abort();
        memcpy(write.bytes, bytes, size);
    }
    file->writes[file->n_writes++] = write;
}

/* The death that was foretold. */
static bool disk_dies_now(struct sim_disk *disk)
{
    if (disk->dies_at > 0 && --disk->dies_at == 0) {
        sim_say(disk->sim, "disk", "the daemon dies in the middle of it", 0);
        disk->is_dead = true;
    }
    return disk->is_dead;
}

int sim_file_write(struct sim_disk *disk, struct sim_file *file, const void *bytes, size_t size,
                   size_t offset)
{
    bool grows = offset + size > file->seen.size;
    if (disk_dies_now(disk))
        return SIM_DISK_E_DEAD;
    if (grows && disk->is_full && !disk->sim->is_quiet)
        return SIM_DISK_E_FULL;
    if (sim_hit(disk->sim, SIM_DISK_WRITE_FAILS)) {
        size_t n = (size_t)sim_between(disk->sim, 0, (int64_t)size); /* a part of it arrived */
        bytes_put(&file->seen, bytes, n, offset);
        file_note(file, bytes, n, offset);
        return SIM_DISK_E_FAILS;
    }
    bytes_put(&file->seen, bytes, size, offset);
    file_note(file, bytes, size, offset);
    return 0;
}

int sim_file_cut(struct sim_disk *disk, struct sim_file *file, size_t size)
{
    if (disk_dies_now(disk))
        return SIM_DISK_E_DEAD;
    if (size < file->seen.size)
        file->seen.size = size;
    else
        bytes_put(&file->seen, NULL, 0, size);
    file_note(file, NULL, size, 0);
    return 0;
}

/* ---- syncing ---- */

/* Of one write: all of it, or by sectors. */
static void file_keep_sectors(struct sim *sim, struct sim_file *file,
                              const struct disk_write *write)
{
    for (size_t at = 0; at < write->size;) {
        size_t n = SECTOR - (write->offset + at) % SECTOR;
        if (n > write->size - at)
            n = write->size - at;
        if (sim_draw(sim) % 2 == 0)
            bytes_put(&file->kept, write->bytes + at, n, write->offset + at);
        at += n;
    }
}

static void file_keep_write(struct sim_file *file, const struct disk_write *write)
{
    if (write->bytes != NULL)
        bytes_put(&file->kept, write->bytes, write->size, write->offset);
    else if (write->size < file->kept.size)
        file->kept.size = write->size;
    else
        bytes_put(&file->kept, NULL, 0, write->size);
}

/* The kernel counts them as written, shows them from its memory, and never tries again. */
static void file_forget_some(struct sim *sim, struct sim_file *file)
{
    for (size_t i = 0; i < file->n_writes; i++) {
        if (sim_draw(sim) % 2 == 0)
            file_keep_write(file, &file->writes[i]);
    }
    file_forget_writes(file);
}

int sim_file_sync(struct sim_disk *disk, struct sim_file *file)
{
    if (disk_dies_now(disk))
        return SIM_DISK_E_DEAD;
    if (sim_hit(disk->sim, SIM_DISK_SYNC_FAILS)) {
        if (sim_hit(disk->sim, SIM_DISK_FORGETS))
            file_forget_some(disk->sim, file);
        return SIM_DISK_E_FAILS;
    }
    for (size_t i = 0; i < file->n_writes; i++)
        file_keep_write(file, &file->writes[i]);
    file_forget_writes(file);
    file->lasts = true;
    return 0;
}

/* ---- crashes ---- */

void sim_disk_die(struct sim_disk *disk)
{
    disk->is_dead = true;
}

bool sim_disk_is_dead(const struct sim_disk *disk)
{
    return disk->is_dead;
}

void sim_disk_die_at(struct sim_disk *disk, int64_t n_writes)
{
    disk->dies_at = n_writes;
}

void sim_disk_fill(struct sim_disk *disk, bool is_full)
{
    disk->is_full = is_full;
}

static void file_lose_power(struct sim *sim, struct sim_file *file)
{
    bool tears = sim_hit(sim, SIM_DISK_TEARS);
    uint64_t kept_of_4 = sim_draw(sim) % 5; /* none, some, all of the writes */
    if (!file->lasts && file->exists && sim_draw(sim) % 2 == 0) {
        file->exists = false;
        return;
    }
    for (size_t i = 0; i < file->n_writes; i++) {
        const struct disk_write *write = &file->writes[i];
        if (sim_draw(sim) % 4 >= kept_of_4)
            continue;
        if (tears && write->bytes != NULL)
            file_keep_sectors(sim, file, write);
        else
            file_keep_write(file, write);
    }
    bytes_copy(&file->seen, &file->kept);
}

void sim_disk_crash(struct sim_disk *disk, bool loses_power)
{
    for (size_t i = 0; i < disk->n_files && loses_power; i++) {
        struct sim_file *file = &disk->files[i];
        file_lose_power(disk->sim, file);
        file_forget_writes(file);
        file->lasts = true;
    }
    disk->is_dead = false; /* what the kernel has not written yet outlives the process */
    disk->dies_at = 0;
}
