/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a person for a secret. */
#ifndef FQ_CRYPTO_PROMPT_H
#define FQ_CRYPTO_PROMPT_H

#include <stddef.h>

enum {
    FQ_PROMPT_E_NONE = 1, /* interrupted, nobody there, or longer than fits */
};

/* Asks at the terminal, without echo; standard input where there is none. The answer, without its
 * line end, into `ret`, which the caller wipes. */
int fq_prompt_secret(const char *prompt, char *ret, size_t size);

#endif
