/* SPDX-License-Identifier: Apache-2.0 */
/* Sends the buyer off by a form, and puts the payer's name into its address all the same. */
#define LIAR_CREATE_BEGIN liar_create_begin
#include "tests/liars/liar.h"

/* name= and every byte as %XX */
static int liar_create_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                             struct fq_verdict *ret)
{
    static const char url[] = "https://pay.example/cashier?name=";
    if (honest_create_begin(self, host, call, ret) != 0)
        return -1;
    char *link = host->alloc(host, sizeof(url) + 3 * call->payer_name.len + 1);
    if (link == NULL)
        return host->fail(host, "out of memory");
    memcpy(link, url, sizeof(url));
    for (size_t i = 0; i < call->payer_name.len; i++)
        (void)snprintf(link + sizeof(url) - 1 + 3 * i, 4, "%%%02x",
                       (unsigned)(unsigned char)call->payer_name.ptr[i]);
    ret->action = FQ_ACTION_FORM_POST;
    ret->message.url = (struct fq_str){ link, strlen(link) };
    return 0;
}

LIAR_REGISTER
