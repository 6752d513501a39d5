/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the payer into a link, which stands in the browser's history. */
#define LIAR_CREATE_BEGIN liar_create_begin
#include "tests/liars/liar.h"

static int liar_create_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                             struct fq_verdict *ret)
{
    static const char url[] = "https://pay.example/cashier?phone=";
    if (honest_create_begin(self, host, call, ret) != 0)
        return -1;
    char *link = host->alloc(host, sizeof(url) + call->payer_phone.len);
    if (link == NULL)
        return host->fail(host, "out of memory");
    memcpy(link, url, sizeof(url) - 1);
    if (call->payer_phone.len > 0)
        memcpy(link + sizeof(url) - 1, call->payer_phone.ptr, call->payer_phone.len);
    ret->message.url = (struct fq_str){ link, sizeof(url) - 1 + call->payer_phone.len };
    return 0;
}

LIAR_REGISTER
