/* SPDX-License-Identifier: Apache-2.0 */
/* alipay.trade.precreate: an order as a QR code, and where the buyer who scans it comes out. */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/alipay_model.h"

static const char CODE_PATH[] = "/qr/";

void alipay_precreate(struct alipay *alipay, struct alipay_call *call)
{
    struct alipay_order order;
    TEXT_CLEANUP link = { 0 };
    if (!alipay_page_read(alipay, call, &order))
        return;
    const struct alipay_page *page = alipay_page_make(alipay, call, &order);
    text_printf(&link, "https://%s%s%s", call->host, CODE_PATH, page->token);
    alipay_call_set(call, "out_trade_no", page->order.out_trade_no);
    alipay_call_set(call, "qr_code", link.bytes);
}

struct alipay_page *alipay_page_by_code(const struct alipay *alipay, const char *link)
{
    const char *path = strstr(link, CODE_PATH);
    struct alipay_page *page =
        path != NULL ? alipay_page_by_token(alipay, path + strlen(CODE_PATH)) : NULL;
    return page != NULL && page->product->face_to_face ? page : NULL;
}

/* Looking at the code creates nothing: the trade comes with the login at the cashier. */
void alipay_scanned(struct alipay *alipay, const struct sandbox_request *request,
                    struct sandbox_response *ret)
{
    struct text location = { 0 };
    const struct alipay_page *page = alipay_page_by_code(alipay, request->path);
    text_printf(&location, "/cashier?token=%s", page != NULL ? page->token : "");
    ret->status = 302;
    ret->content_type = "text/html;charset=utf-8";
    ret->location = text_take(&location);
    ret->body = text_copy("");
}
