/* SPDX-License-Identifier: Apache-2.0 */
/* CURVE key pairs, in Z85. */
#include <string.h>

#include <zmq.h>

#include "daemon/base/err.h"
#include "daemon/ctl/ctl.h"

int ctl_curve_make(char ret_public[CTL_CURVE_KEY_LEN + 1], char ret_secret[CTL_CURVE_KEY_LEN + 1])
{
    if (zmq_curve_keypair(ret_public, ret_secret) != 0)
        return FQ_FAULT(-errno, "libzmq makes no CURVE keys");
    return 0;
}

bool ctl_curve_public(const char *secret, char ret_public[CTL_CURVE_KEY_LEN + 1])
{
    return strlen(secret) == CTL_CURVE_KEY_LEN && zmq_curve_public(ret_public, secret) == 0;
}
