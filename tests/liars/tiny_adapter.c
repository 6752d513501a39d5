/* SPDX-License-Identifier: Apache-2.0 */
/* Says that it is smaller than any adapter can be. */
#define LIAR_STRUCT_SIZE 8
#include "tests/liars/liar.h"

LIAR_REGISTER
