/* SPDX-License-Identifier: Apache-2.0 */
/* Files in a zip archive, deflated. */
#ifndef SANDBOX_ZIP_H
#define SANDBOX_ZIP_H

#include <stdint.h>

#include "tests/sandbox/text.h"

/* Starts as { 0 }; ended with zip_finish. */
struct zip {
    struct text bytes;
    struct text directory;
    uint16_t n_files;
};

/* `name` goes in as it is, whatever its encoding. */
void zip_add(struct zip *zip, const char *name, const char *bytes, int64_t unix_ms);

/* The archive, the caller's to free. */
char *zip_finish(struct zip *zip, size_t *ret_size);

#endif
