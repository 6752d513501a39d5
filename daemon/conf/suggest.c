/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the nearest word by edit distance. */
#include "daemon/conf/suggest.h"

#define WORD_SIZE_MAX 40

static size_t suggest_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions and replacements that turn a into b; both at most WORD_SIZE_MAX. */
static size_t suggest_distance(struct fq_str a, struct fq_str b)
{
    size_t row[WORD_SIZE_MAX + 1];
    for (size_t k = 0; k <= b.len; k++)
        row[k] = k;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t k = 1; k <= b.len; k++) {
            size_t replaced = diagonal + (a.ptr[i - 1] != b.ptr[k - 1] ? 1 : 0);
            diagonal = row[k];
            row[k] = suggest_min(replaced, suggest_min(row[k], row[k - 1]) + 1);
        }
    }
    return row[b.len];
}

void fq_suggest_init(struct fq_suggest *suggest, struct fq_str word)
{
    /* a third of the word may be wrong, but not more than three characters */
    *suggest = (struct fq_suggest){ .word = word,
                                    .best_distance = suggest_min((word.len + 2) / 3, 3) + 1 };
}

void fq_suggest_offer(struct fq_suggest *suggest, struct fq_str candidate)
{
    if (suggest->word.len > WORD_SIZE_MAX || candidate.len > WORD_SIZE_MAX)
        return;
    size_t distance = suggest_distance(suggest->word, candidate);
    if (distance >= suggest->best_distance)
        return;
    suggest->best = candidate;
    suggest->best_distance = distance;
}
