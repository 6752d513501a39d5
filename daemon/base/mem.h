/* SPDX-License-Identifier: Apache-2.0 */
/* Memory with an owner: zeroed allocation, cleanup at scope end, moving ownership, wiping. */
#ifndef FQ_BASE_MEM_H
#define FQ_BASE_MEM_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* gcc's analyzer follows the pairing of an allocator with its release; clang 14 knows no pairs. */
#ifdef __clang__
#    define FQ_OWNED __attribute__((malloc, returns_nonnull))
#else
#    define FQ_OWNED __attribute__((malloc, malloc(fq_free, 1), returns_nonnull))
#endif

/* Takes NULL. */
void fq_free(void *memory);

/* Zeroed memory; never NULL: a process that cannot get its own small structures ends, and recovery
 * reads the truth. Memory whose size others decide comes from an arena, which can say no. */
void *fq_zalloc(size_t size) FQ_OWNED;

/* A zeroed array of n elements; ends the process on overflow too. */
void *fq_zalloc_array(size_t n, size_t size) FQ_OWNED;

/* Overwrites secrets in a way that the compiler keeps. */
void fq_wipe(void *memory, size_t size);

/* FQ_DEFINE_CLEANUP(struct fq_x, fq_x_free) lets FQ_CLEANUP(fq_x) free a `struct fq_x *` at the end
 * of its scope; FQ_TAKE moves it out, so that the scope end does nothing. */
#define FQ_DEFINE_CLEANUP(noun)                             \
    static inline void noun##_cleanup_(struct noun **owner) \
    {                                                       \
        noun##_free(*owner);                                \
    }                                                       \
    struct noun

#define FQ_CLEANUP(noun) __attribute__((cleanup(noun##_cleanup_))) struct noun

#define FQ_TAKE(pointer)                           \
    __extension__({                                \
        __typeof__(pointer) fq_taken_ = (pointer); \
        (pointer) = NULL;                          \
        fq_taken_;                                 \
    })

/* For plain heap memory: FQ_CLEANUP_FREE char *text = ...; */
static inline void fq_free_cleanup_(void *owner)
{
    fq_free(*(void **)owner);
}

#define FQ_CLEANUP_FREE __attribute__((cleanup(fq_free_cleanup_)))

/* For libraries that only read, but whose prototypes and structs do not say so. */
static inline void *fq_unconst(const void *memory)
{
    void *plain;
    memcpy(&plain, &memory, sizeof(plain));
    return plain;
}

#define fq_array_size(array) (sizeof(array) / sizeof((array)[0]))

/* The struct of `type` whose `member` is at `pointer`. */
#define fq_container_of(pointer, type, member) \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
