/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's memory: where there is none, the process ends, as everywhere. */
#include <stdlib.h>

#include <openssl/crypto.h>

#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"

static void *memory_new(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    void *memory = size > 0 ? malloc(size) : NULL;
    fq_assert(memory != NULL || size == 0);
    return memory;
}

static void memory_free(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    free(memory);
}

static void *memory_resize(void *memory, size_t size, const char *file, int line)
{
    if (size == 0) {
        memory_free(memory, file, line);
        return NULL;
    }
    void *resized = realloc(memory, size);
    fq_assert(resized != NULL);
    return resized;
}

void fq_crypto_own_memory(void)
{
    fq_assert(CRYPTO_set_mem_functions(memory_new, memory_resize, memory_free) == 1);
}
