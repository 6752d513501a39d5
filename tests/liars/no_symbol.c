/* SPDX-License-Identifier: Apache-2.0 */
/* A library, but no adapter. */
#include "adapters/sdk/fenqi_adapter.h"

const void *no_adapter(void);

const void *no_adapter(void)
{
    return NULL;
}
