/* SPDX-License-Identifier: Apache-2.0 */
/* Asks as OpenSSL does: the terminal is itself again whatever happens. */
#include "daemon/crypto/prompt.h"

#include <limits.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "daemon/base/err.h"
#include "daemon/base/mem.h"

int fq_prompt_secret(const char *prompt, char *ret, size_t size)
{
    fq_assert(size >= 2 && size <= INT_MAX);
    int r = EVP_read_pw_string(ret, (int)size, prompt, 0);
    ERR_clear_error();
    if (r == 0)
        return 0;
    fq_wipe(ret, size);
    return FQ_PROMPT_E_NONE;
}
