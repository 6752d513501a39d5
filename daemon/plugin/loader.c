/* SPDX-License-Identifier: Apache-2.0 */
/* Loads adapters and checks what they say of themselves. */
#include "daemon/plugin/loader.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"

/* Leak reports need the symbols of the .so until the end of the process. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#    define LOADER_UNLOADS 0
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#        define LOADER_UNLOADS 0
#    endif
#endif
#ifndef LOADER_UNLOADS
#    define LOADER_UNLOADS 1
#endif

#define NAME_SIZE_MAX 64

/* What the first release of the contract had. */
#define ADAPTER_SIZE_MIN (offsetof(struct fq_adapter, describe) + sizeof(fq_describe_fn *))

struct fq_loader {
    struct fq_loader *next;
    dev_t device;
    ino_t inode;
    char *path;
    size_t n_uses;
    void *handle;
    int fd; /* by which it was opened, or -1: by its path */
    struct fq_adapter adapter;
};

/* A configuration is read beside the loop, which closes what it no longer needs. */
static pthread_mutex_t loader_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct fq_loader *loaded; /* and their n_uses: under the mutex */

/* A file that everybody may write is not what the operator installed. */
static int loader_check_file(const char *path, struct fq_arena *arena, struct stat *ret,
                             struct fq_str *reterr_reason)
{
    struct stat file = { 0 };
    if (path[0] != '/') {
        *reterr_reason = fq_arena_printf(arena, "%s: is not an absolute path", path);
        return FQ_LOADER_E_REFUSED;
    }
    if (stat(path, &file) != 0) {
        *reterr_reason = fq_arena_printf(arena, "%s: %s", path, strerrordesc_np(errno));
        return FQ_LOADER_E_REFUSED;
    }
    if (!S_ISREG(file.st_mode)) {
        *reterr_reason = fq_arena_printf(arena, "%s: is not a regular file", path);
        return FQ_LOADER_E_REFUSED;
    }
    if ((file.st_mode & S_IWOTH) != 0) {
        *reterr_reason = fq_arena_printf(arena, "%s: is writable by others", path);
        return FQ_LOADER_E_REFUSED;
    }
    *ret = file;
    return 0;
}

static struct fq_loader *loader_find(const struct stat *file)
{
    struct fq_loader *loader = loaded;
    while (loader != NULL && (loader->device != file->st_dev || loader->inode != file->st_ino))
        loader = loader->next;
    return loader;
}

static bool loader_is_name(const char *text)
{
    if (text == NULL || strnlen(text, NAME_SIZE_MAX + 1) > NAME_SIZE_MAX)
        return false;
    return fq_str_is_word(fq_str_of(text), "-_.+~");
}

/* Copies what both sides know; the rest stays zero, which means "cannot". */
static const char *loader_take(struct fq_loader *loader, const struct fq_adapter *theirs)
{
    if (theirs == NULL)
        return "gives no adapter";
    if (theirs->struct_size < ADAPTER_SIZE_MIN || theirs->struct_size > FQ_ADAPTER_SIZE_MAX)
        return "struct_size of the adapter is out of range";
    if (theirs->abi_version < FQ_ABI_VERSION_MIN || theirs->abi_version > FQ_ABI_VERSION)
        return "is built for another version of the contract";

    struct fq_adapter *ours = &loader->adapter;
    size_t size = theirs->struct_size < sizeof(*ours) ? (size_t)theirs->struct_size : sizeof(*ours);
    memcpy(ours, theirs, size);
    ours->struct_size = sizeof(*ours);

    if (!loader_is_name(ours->name))
        return "has no name";
    if (!loader_is_name(ours->version))
        return "has no version";
    if (ours->threads != FQ_THREADS_PARALLEL && ours->threads != FQ_THREADS_SERIAL)
        return "does not say whether it can be called in parallel";
    if (ours->open == NULL || ours->describe == NULL)
        return "lacks open or describe";
    return NULL;
}

static void loader_unload(void *handle)
{
    if (LOADER_UNLOADS && handle != NULL)
        (void)dlclose(handle);
}

/* A loader that nobody has listed yet. */
static void loader_drop(struct fq_loader *loader)
{
    loader_unload(loader->handle);
    if (LOADER_UNLOADS && loader->fd >= 0)
        (void)close(loader->fd);
    fq_free(loader->path);
    fq_free(loader);
}

/* glibc knows what it has loaded by its path: a new file in the place of one that is still in use
 * needs another name, and has it as long as its descriptor is open. */
static void *loader_dlopen(struct fq_loader *loader)
{
    char name[64];
    void *resident = dlopen(loader->path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    if (resident == NULL)
        return dlopen(loader->path, RTLD_NOW | RTLD_LOCAL);
    (void)dlclose(resident);
    loader->fd = open(loader->path, O_RDONLY | O_CLOEXEC);
    if (loader->fd < 0)
        return NULL;
    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", loader->fd);
    return dlopen(name, RTLD_NOW | RTLD_LOCAL);
}

static int loader_load(const char *path, struct fq_loader *loader, struct fq_arena *arena,
                       struct fq_str *reterr_reason)
{
    loader->fd = -1;
    loader->path = fq_zalloc(strlen(path) + 1);
    memcpy(loader->path, path, strlen(path));
    loader->handle = loader_dlopen(loader);
    if (loader->handle == NULL) {
        const char *text = dlerror(); // NOLINT(concurrency-mt-unsafe): of this thread in glibc
        *reterr_reason = fq_arena_printf(arena, "%s", text != NULL ? text : path);
        return FQ_LOADER_E_REFUSED;
    }
    void *symbol = dlsym(loader->handle, FQ_ADAPTER_SYMBOL);
    if (symbol == NULL) {
        *reterr_reason =
            fq_arena_printf(arena, "%s: has no symbol %s: is no adapter", path, FQ_ADAPTER_SYMBOL);
        return FQ_LOADER_E_REFUSED;
    }
    fq_adapter_fn *function = NULL;
    memcpy(&function, &symbol, sizeof(function));
    const char *refusal = loader_take(loader, function());
    if (refusal != NULL) {
        *reterr_reason = fq_arena_printf(arena, "%s: %s", path, refusal);
        return FQ_LOADER_E_REFUSED;
    }
    return 0;
}

/* The mutex is held. */
static int loader_use(const struct stat *file, const char *path, struct fq_arena *arena,
                      struct fq_loader **ret, struct fq_str *reterr_reason)
{
    struct fq_loader *loader = loader_find(file);
    if (loader == NULL) {
        loader = fq_zalloc(sizeof(*loader));
        int r = loader_load(path, loader, arena, reterr_reason);
        if (r != 0) {
            loader_drop(loader);
            return r;
        }
        loader->device = file->st_dev;
        loader->inode = file->st_ino;
        loader->next = loaded;
        loaded = loader;
    }
    loader->n_uses++;
    *ret = loader;
    return 0;
}

int fq_loader_open(const char *path, struct fq_arena *arena, struct fq_loader **ret,
                   struct fq_str *reterr_reason)
{
    struct stat file = { 0 };
    int r = loader_check_file(path, arena, &file, reterr_reason);
    if (r != 0)
        return r;
    (void)pthread_mutex_lock(&loader_mutex);
    r = loader_use(&file, path, arena, ret, reterr_reason);
    (void)pthread_mutex_unlock(&loader_mutex);
    return r;
}

/* The mutex is held. */
static void loader_leave(struct fq_loader *loader)
{
    if (--loader->n_uses > 0)
        return;
    struct fq_loader **link = &loaded;
    while (*link != loader)
        link = &(*link)->next;
    *link = loader->next;
    loader_drop(loader);
}

void fq_loader_free(struct fq_loader *loader)
{
    if (loader == NULL)
        return;
    (void)pthread_mutex_lock(&loader_mutex);
    loader_leave(loader);
    (void)pthread_mutex_unlock(&loader_mutex);
}

const char *fq_loader_path(const struct fq_loader *loader)
{
    return loader->path;
}

bool fq_loader_is_replaced(const struct fq_loader *loader)
{
    struct stat file = { 0 };
    return stat(loader->path, &file) != 0 || file.st_dev != loader->device ||
           file.st_ino != loader->inode;
}

const struct fq_adapter *fq_loader_adapter(const struct fq_loader *loader)
{
    return &loader->adapter;
}
