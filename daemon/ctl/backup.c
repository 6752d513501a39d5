/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl backup: the ledger as it is now, checked, in a file of its own. */
#include "daemon/store/backup.h"

#include <inttypes.h>
#include <stdio.h>

#include "daemon/base/err.h"
#include "daemon/ctl/journal.h"
#include "daemon/ctl/said.h"

static int backup_say(struct ctl *ctl, const char *path, const struct fq_backup *done,
                      const char *digest)
{
    struct fq_buf buf;
    if (!ctl_has(ctl, CTL_JSON)) {
        (void)printf("%s  %" PRId64 " bytes, %" PRId64 " payments, sound\n  sha-256  %s\n"
                     "To take it back: stop fenqid, put this file in the ledger's place, remove\n"
                     "what stands beside it (-wal, -shm), chown fenqid:, start. What was open is\n"
                     "asked about again; what came after this moment, only the platforms know.\n",
                     path, done->size, done->n_payments, digest);
        return CTL_OK;
    }
    fq_buf_init(&buf, ctl->arena, 8192);
    fq_buf_add_char(&buf, '{');
    fq_json_write_member(&buf, "file", fq_str_of(path));
    fq_json_write_int(&buf, "bytes", done->size);
    fq_json_write_int(&buf, "payments", done->n_payments);
    fq_json_write_member(&buf, "sha256", fq_str_of(digest));
    fq_buf_add_char(&buf, '}');
    return ctl_json_print(&buf);
}

int ctl_backup(struct ctl *ctl)
{
    struct fq_backup done = { 0 };
    struct fq_str store = { NULL, 0 };
    char digest[65] = "";
    const char *path = ctl->arguments[0];
    int status = ctl_store_path(ctl, &store);
    if (status != CTL_OK)
        return status;
    int r = fq_store_backup(store.ptr, path, &done);
    if (r == FQ_BACKUP_E_EXISTS)
        return ctl_complain(CTL_REFUSED, "%s: there is such a file: nothing is overwritten", path);
    if (r == FQ_BACKUP_E_BROKEN)
        return ctl_complain(CTL_UNPROVEN, "the copy is not sound, and was removed: check the disk, "
                                          "and the ledger with: sqlite3 FILE 'PRAGMA "
                                          "integrity_check'");
    if (r == FQ_BACKUP_E_ABSENT)
        return ctl_complain(CTL_USAGE, "%s: no ledger, or it cannot be read", store.ptr);
    if (r < 0)
        return ctl_complain(CTL_REFUSED, "%s", fq_trace());
    status = ctl_file_digest(path, digest);
    return status == CTL_OK ? backup_say(ctl, path, &done, digest) : status;
}
