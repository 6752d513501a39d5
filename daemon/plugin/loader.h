/* SPDX-License-Identifier: Apache-2.0 */
/* Loads adapters: one .so, loaded once, shared by every channel that uses it. On the loop thread
 * only. */
#ifndef FQ_PLUGIN_LOADER_H
#define FQ_PLUGIN_LOADER_H

#include "daemon/base/arena.h"

/* Contracts that still load; FQ_ABI_VERSION is the newest. */
#define FQ_ABI_VERSION_MIN 1u
/* Far beyond any release: a struct_size above it is garbage, not a newer adapter. */
#define FQ_ADAPTER_SIZE_MAX 4096u

struct fq_loader;

enum {
    FQ_LOADER_E_REFUSED = 1, /* *reterr_reason, in `arena`, says why */
};

/* `path` is absolute. The file must be regular and not writable by others. If another file has
 * taken the place of one that is still used, the new one is loaded beside it. */
int fq_loader_open(const char *path, struct fq_arena *arena, struct fq_loader **ret,
                   struct fq_str *reterr_reason);
/* Gives back one use; the last one unloads. */
void fq_loader_free(struct fq_loader *loader);
FQ_DEFINE_CLEANUP(fq_loader);

const char *fq_loader_path(const struct fq_loader *loader);
/* Another file stands there now, or none. */
bool fq_loader_is_replaced(const struct fq_loader *loader);

/* Our own complete copy: what an older adapter does not know is NULL. */
const struct fq_adapter *fq_loader_adapter(const struct fq_loader *loader);

#endif
