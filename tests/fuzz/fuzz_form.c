/* SPDX-License-Identifier: Apache-2.0 */
/* Forms: whatever is decoded, encoded again, decodes to the same; its canonical string is ordered.
 */
#include <stdlib.h>

#include "adapters/sdk/canon.h"
#include "adapters/sdk/form.h"
#include "daemon/base/arena.h"
#include "tests/vectors/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void form_check_round_trip(const struct fq_host *host, struct fq_pairs pairs)
{
    struct fq_text text;
    struct fq_str raw;
    struct fq_pairs again;
    size_t size_max = 1;
    for (size_t i = 0; i < pairs.n_items; i++)
        size_max += 3 * (pairs.items[i].name.len + pairs.items[i].value.len) + 2;
    fq_text_init(&text, host, size_max);
    for (size_t i = 0; i < pairs.n_items; i++)
        fq_form_add(&text, pairs.items[i].name, pairs.items[i].value);
    if (!fq_text_finish(&text, &raw))
        return; /* out of the arena's memory */
    int r = fq_form_decode(host, raw, &again);
    if (r == FQ_FORM_E_TOO_BIG)
        return;
    if (r != 0 || again.n_items != pairs.n_items)
        abort();
    for (size_t i = 0; i < pairs.n_items; i++)
        if (!fq_slice_equal(again.items[i].name, pairs.items[i].name) ||
            !fq_slice_equal(again.items[i].value, pairs.items[i].value))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const except[] = { "sign", NULL };
    struct vector_host host;
    struct fq_pairs pairs;
    struct fq_str canon;
    vector_host_init(&host);
    if (fq_form_decode(&host.host, (struct fq_str){ (const char *)data, size }, &pairs) == 0) {
        form_check_round_trip(&host.host, pairs);
        (void)fq_canon_join(&host.host, pairs, except, FQ_CANON_SKIP_EMPTY, &canon);
    }
    vector_host_deinit(&host);
    return 0;
}
