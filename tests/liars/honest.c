/* SPDX-License-Identifier: Apache-2.0 */
/* The honest twin: replaces nothing. */
#include "tests/liars/liar.h"

LIAR_REGISTER
