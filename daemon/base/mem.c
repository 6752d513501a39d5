/* SPDX-License-Identifier: Apache-2.0 */
/* Allocates zeroed memory, or ends the process. */
#include "daemon/base/mem.h"

#include <string.h>

#include "daemon/base/err.h"

void *fq_zalloc(size_t size)
{
    void *memory = calloc(1, size > 0 ? size : 1);
    fq_assert(memory != NULL);
    return memory;
}

void *fq_zalloc_array(size_t n, size_t size)
{
    void *memory = calloc(n > 0 ? n : 1, size > 0 ? size : 1);
    fq_assert(memory != NULL);
    return memory;
}

void fq_free(void *memory)
{
    free(memory);
}

void fq_wipe(void *memory, size_t size)
{
    if (size > 0)
        explicit_bzero(memory, size);
}
