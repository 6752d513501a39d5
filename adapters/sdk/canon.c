/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the canonical string that is signed. */
#include "adapters/sdk/canon.h"

#include <stdlib.h>
#include <string.h>

static bool canon_is_excepted(const char *const *except, struct fq_str name)
{
    for (; *except != NULL; except++)
        if (fq_slice_equal(name, fq_slice_of(*except)))
            return true;
    return false;
}

static int canon_compare(const void *a, const void *b)
{
    return fq_slice_compare(((const struct fq_pair *)a)->name, ((const struct fq_pair *)b)->name);
}

bool fq_canon_join(const struct fq_host *host, struct fq_pairs pairs, const char *const *except,
                   enum fq_canon_empty empty, struct fq_str *ret)
{
    struct fq_pair *kept = host->alloc(host, (pairs.n_items + 1) * sizeof(*kept));
    size_t n_kept = 0;
    size_t size = 1;
    struct fq_text text;
    if (kept == NULL)
        return false;
    for (size_t i = 0; i < pairs.n_items; i++) {
        const struct fq_pair *pair = &pairs.items[i];
        if (pair->name.len == 0 || canon_is_excepted(except, pair->name) ||
            (empty == FQ_CANON_SKIP_EMPTY && pair->value.len == 0))
            continue;
        size += pair->name.len + pair->value.len + 2;
        kept[n_kept++] = *pair;
    }
    qsort(kept, n_kept, sizeof(*kept), canon_compare);
    fq_text_init(&text, host, size);
    for (size_t i = 0; i < n_kept; i++) {
        if (i > 0)
            fq_text_add_char(&text, '&');
        fq_text_add(&text, kept[i].name);
        fq_text_add_char(&text, '=');
        fq_text_add(&text, kept[i].value);
    }
    return fq_text_finish(&text, ret);
}
