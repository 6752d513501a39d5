/* SPDX-License-Identifier: Apache-2.0 */
/* Says that it is larger than any adapter can be. */
#define LIAR_STRUCT_SIZE UINT64_MAX
#include "tests/liars/liar.h"

LIAR_REGISTER
