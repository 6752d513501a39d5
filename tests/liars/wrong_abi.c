/* SPDX-License-Identifier: Apache-2.0 */
/* Is built for a contract whose meaning has changed. */
#define LIAR_ABI_VERSION (FQ_ABI_VERSION + 1)
#include "tests/liars/liar.h"

LIAR_REGISTER
