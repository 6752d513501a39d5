/* SPDX-License-Identifier: Apache-2.0 */
/* Has no name. */
#define LIAR_NAME NULL
#include "tests/liars/liar.h"

LIAR_REGISTER
