/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of a ledger while a daemon writes it, or while none runs. */
#ifndef FQ_STORE_BACKUP_H
#define FQ_STORE_BACKUP_H

#include <stdint.h>

struct fq_backup {
    int64_t size; /* bytes of the copy */
    int64_t n_payments;
    int64_t last_seq; /* of the newest payment; 0: there is none */
};

enum {
    FQ_BACKUP_E_EXISTS = 1, /* nothing is overwritten */
    FQ_BACKUP_E_BROKEN = 2, /* the copy is not sound, and was removed; the ledger itself may be */
    FQ_BACKUP_E_ABSENT = 3, /* there is no such ledger, or it is none */
};

/* Copies the ledger `from` into the new file `to`, mode 0600: as it is at one moment, checked, on
 * the disk and under its name only then. (backup_sqlite.c) */
int fq_store_backup(const char *from, const char *to, struct fq_backup *ret);

#endif
