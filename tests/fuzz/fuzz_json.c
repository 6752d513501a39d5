/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: every value found in checked text is itself good, lies inside, and can be found again. */
#include <stdlib.h>

#include "adapters/sdk/json.h"
#include "daemon/base/arena.h"
#include "tests/vectors/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void json_check_scalar(const struct fq_host *host, struct fq_str value)
{
    struct fq_text text;
    struct fq_str decoded, written, checked, again;
    if (!fq_json_scalar(host, value, &decoded) || !fq_json_is_string(value))
        return;
    fq_text_init(&text, host, 6 * decoded.len + 2);
    fq_json_add_string(&text, decoded);
    if (!fq_text_finish(&text, &written))
        return; /* out of the arena's memory */
    if (fq_json_check(written, &checked) != 0 || !fq_json_scalar(host, checked, &again) ||
        !fq_slice_equal(decoded, again))
        abort();
}

static void json_check_inside(const struct fq_host *host, struct fq_str container, unsigned depth)
{
    struct fq_str key, value, checked, found, name;
    for (size_t cursor = 0; fq_json_next(container, &cursor, &key, &value);) {
        if (value.ptr < container.ptr || value.ptr + value.len > container.ptr + container.len)
            abort();
        if (fq_json_check(value, &checked) != 0 || !fq_slice_equal(value, checked))
            abort();
        if (fq_json_scalar(host, key, &name) && fq_json_member(container, name, &found) &&
            found.ptr != value.ptr)
            abort();
        json_check_scalar(host, value);
        if (depth < 3)
            json_check_inside(host, value, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vector_host host;
    struct fq_str raw = { (const char *)data, size }, value, key;
    vector_host_init(&host);
    if (size <= 4096 && fq_json_check(raw, &value) == 0) {
        json_check_scalar(&host.host, value);
        json_check_inside(&host.host, value, 0);
    } else {
        for (size_t cursor = 0; fq_json_next(raw, &cursor, &key, &value);)
            (void)fq_json_scalar(&host.host, value, &key);
    }
    vector_host_deinit(&host);
    return 0;
}
