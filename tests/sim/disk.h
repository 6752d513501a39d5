/* SPDX-License-Identifier: Apache-2.0 */
/* A disk of a few files: what was synced stays through a crash, what was not may vanish or tear. */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "tests/sim/sim.h"

struct sim_file;

/* What a file operation may say, beside 0. */
enum {
    SIM_DISK_E_DEAD = 1, /* the daemon is not there any more: nothing happened */
    SIM_DISK_E_FULL,
    SIM_DISK_E_FAILS,
};

struct sim_disk *sim_disk_new(struct sim *sim);
void sim_disk_free(struct sim_disk *disk);

/* As it stood when it was kept, everything synced: where histories begin. */
void sim_disk_copy(struct sim_disk *to, const struct sim_disk *from);

/* Nothing reaches it any more; then what is left of it is decided. */
void sim_disk_die(struct sim_disk *disk);
bool sim_disk_is_dead(const struct sim_disk *disk);
void sim_disk_crash(struct sim_disk *disk, bool loses_power);
/* The daemon dies at the nth write or sync from now; 0: it does not. */
void sim_disk_die_at(struct sim_disk *disk, int64_t n_writes);
/* No file grows any more. */
void sim_disk_fill(struct sim_disk *disk, bool is_full);

struct sim_file *sim_file_find(struct sim_disk *disk, const char *name, bool makes);
void sim_file_delete(struct sim_disk *disk, const char *name);
size_t sim_file_size(const struct sim_file *file);
/* Zeroes behind the end; how many bytes there were. */
int sim_file_read(struct sim_disk *disk, struct sim_file *file, void *bytes, size_t size,
                  size_t offset, size_t *ret_n);
int sim_file_write(struct sim_disk *disk, struct sim_file *file, const void *bytes, size_t size,
                   size_t offset);
int sim_file_cut(struct sim_disk *disk, struct sim_file *file, size_t size);
int sim_file_sync(struct sim_disk *disk, struct sim_file *file);

/* ---- SQLite's way to it (vfs.c) ---- */

/* Makes it the default file system of SQLite, and this disk what it shows. */
void sim_vfs_register(void);
void sim_vfs_use(struct sim *sim, struct sim_disk *disk);

#endif
