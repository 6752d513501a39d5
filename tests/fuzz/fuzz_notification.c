/* SPDX-License-Identifier: Apache-2.0 */
/* The Huabei adapter behind a host that verifies everything: notifications, returns, answers. The
 * first byte chooses what the rest is. */
#include <stdlib.h>
#include <string.h>

#include "adapters/sdk/form.h"
#include "daemon/base/arena.h"
#include "tests/vectors/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const struct fq_adapter *fenqi_adapter(void);

static void *notification_open(struct vector_host *host)
{
    const struct fq_pair conf[] = {
        { fq_slice("app_id"), fq_slice("2021000122671080") },
        { fq_slice("seller_id"), fq_slice("2088721003899159") },
        { fq_slice("gateway"), fq_slice("https://openapi.example.com/gateway.do") },
    };
    void *self = NULL;
    struct fq_str key;
    if (fenqi_adapter()->open(&host->host, conf, 3, &self, &key) != 0)
        abort();
    return self;
}

static fq_resume_fn *notification_choose(uint8_t choice)
{
    const struct fq_adapter *adapter = fenqi_adapter();
    fq_resume_fn *const resumes[] = { adapter->notification,  adapter->browser_return,
                                      adapter->query.resume,  adapter->close_order.resume,
                                      adapter->refund.resume, adapter->query_refund.resume };
    return resumes[choice % (sizeof(resumes) / sizeof(resumes[0]))];
}

/* What holds of every verdict, whatever came in. */
static void notification_check(const struct fq_call *call, const struct fq_verdict *verdict)
{
    if (verdict->step != FQ_STEP_DONE && verdict->step != FQ_STEP_ASK)
        abort();
    if (verdict->step == FQ_STEP_DONE && verdict->outcome == FQ_OUTCOME_UNSET)
        abort();
    if (verdict->step == FQ_STEP_ASK && verdict->number.len == 0)
        abort();
    if ((verdict->outcome == FQ_OUTCOME_PAID || verdict->outcome == FQ_OUTCOME_REFUNDED) &&
        (verdict->amount.minor <= 0 || strcmp(verdict->amount.currency, "CNY") != 0))
        abort();
    if (verdict->outcome == FQ_OUTCOME_REFUNDED &&
        !fq_slice_equal(verdict->number, call->refund_number))
        abort();
    if (verdict->action != FQ_ACTION_NONE || verdict->platform_text.len > 512)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fq_pair memory = { fq_slice("refund.R1"), fq_slice("1000|40004/ACQ.X") };
    struct vector_host host;
    struct fq_call call = {
        .struct_size = sizeof(call),
        .now_unix_ms = INT64_C(1773540672345),
        .order_number = fq_slice("T1"),
        .refund_number = fq_slice("R1"),
        .amount = { 100, "CNY", 2 },
        .refund_amount = { 100, "CNY", 2 },
        .memory = { &memory, 1 },
    };
    struct fq_verdict verdict = { .struct_size = sizeof(verdict) };
    if (size == 0)
        return 0;
    vector_host_init(&host);
    host.accepts_all = true;
    struct fq_str raw = { (const char *)data + 1, size - 1 };
    struct fq_message message = {
        .struct_size = sizeof(message), .http_status = 200, .url = raw, .body = raw
    };
    void *self = notification_open(&host);
    if (notification_choose(data[0])(self, &host.host, &call, &message, &verdict) == 0)
        notification_check(&call, &verdict);
    else if (host.failure[0] == '\0')
        abort(); /* -1 without a reason */
    vector_host_deinit(&host);
    return 0;
}
