/* SPDX-License-Identifier: Apache-2.0 */
/* The Huabei adapter behind a host that verifies everything: notifications, returns, answers. Of
 * the first byte, the low bits choose what the rest is, and 8 says that keys are certificates and
 * content is encrypted. */
#include <stdlib.h>
#include <string.h>

#include "adapters/sdk/form.h"
#include "daemon/base/arena.h"
#include "tests/vectors/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const struct fq_adapter *fenqi_adapter(void);

/* What the host makes of each certificate. */
#define ANY_SERIAL "00000000000000000000000000000000"

static void *notification_open(struct vector_host *host, bool with_certificates)
{
    const struct fq_pair conf[] = {
        { fq_slice("app_id"), fq_slice("2021000122671080") },
        { fq_slice("seller_id"), fq_slice("2088721003899159") },
        { fq_slice("gateway"), fq_slice("https://openapi.example.com/gateway.do") },
    };
    const struct fq_str plain[] = { fq_slice("app"), fq_slice("alipay"), fq_slice("alipay_next") };
    const struct fq_str certificates[] = { fq_slice("app"), fq_slice("app_cert"),
                                           fq_slice("alipay_cert"), fq_slice("alipay_root"),
                                           fq_slice("content") };
    const struct fq_adapter *adapter = fenqi_adapter();
    void *self = NULL;
    struct fq_str key;
    if (adapter->open(&host->host, conf, 3, &self, &key) != 0)
        abort();
    if (with_certificates ? adapter->ready(self, &host->host, certificates, 5, &key)
                          : adapter->ready(self, &host->host, plain, 3, &key))
        abort();
    return self;
}

static fq_resume_fn *notification_choose(uint8_t choice)
{
    const struct fq_adapter *adapter = fenqi_adapter();
    fq_resume_fn *const resumes[] = { adapter->notification,  adapter->browser_return,
                                      adapter->query.resume,  adapter->close_order.resume,
                                      adapter->refund.resume, adapter->query_refund.resume,
                                      adapter->create.resume, adapter->fetch_key.resume };
    return resumes[choice % 8];
}

static void notification_must(bool holds)
{
    if (!holds)
        abort();
}

/* What holds of every verdict, whatever came in. */
static void notification_check(const struct fq_call *call, const struct fq_verdict *verdict)
{
    bool is_done = verdict->step == FQ_STEP_DONE;
    notification_must(is_done || verdict->step == FQ_STEP_ASK || verdict->step == FQ_STEP_NEED_KEY);
    notification_must(!is_done || verdict->outcome != FQ_OUTCOME_UNSET);
    notification_must(is_done || verdict->outcome == FQ_OUTCOME_UNSET);
    notification_must(verdict->step != FQ_STEP_ASK || verdict->number.len > 0);
    notification_must(verdict->step != FQ_STEP_NEED_KEY || verdict->key_name.len == 32);
    if (verdict->outcome == FQ_OUTCOME_PAID || verdict->outcome == FQ_OUTCOME_REFUNDED)
        notification_must(verdict->amount.minor > 0 &&
                          strcmp(verdict->amount.currency, "CNY") == 0);
    if (verdict->outcome == FQ_OUTCOME_REFUNDED)
        notification_must(fq_slice_equal(verdict->number, call->refund_number));
    if (verdict->action != FQ_ACTION_NONE)
        notification_must(verdict->action == FQ_ACTION_QR_CODE &&
                          verdict->outcome == FQ_OUTCOME_ACCEPTED &&
                          fq_slice_starts(verdict->action_text, fq_slice("https://")) &&
                          verdict->action_expires_unix_ms > call->now_unix_ms);
    if (verdict->key_data.len > 0)
        notification_must(is_done && fq_slice_equal(verdict->key_name, call->key_name));
    notification_must(verdict->platform_text.len <= 512);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fq_pair memory = { fq_slice("refused"), fq_slice("1000|40004/ACQ.X") };
    struct vector_host host;
    struct fq_call call = {
        .struct_size = sizeof(call),
        .now_unix_ms = INT64_C(1773540672345),
        .created_unix_ms = INT64_C(1773540672345),
        .deadline_unix_ms = INT64_C(1773542472345),
        .order_number = fq_slice("T1"),
        .refund_number = fq_slice("R1"),
        .amount = { 100, "CNY", 2 },
        .instalments = 3,
        .terminal = FQ_TERMINAL_QR,
        .refund_amount = { 100, "CNY", 2 },
        .key_name = fq_slice(ANY_SERIAL),
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
    void *self = notification_open(&host, (data[0] & 8) != 0);
    if (notification_choose(data[0])(self, &host.host, &call, &message, &verdict) == 0)
        notification_check(&call, &verdict);
    else if (host.failure[0] == '\0')
        abort(); /* -1 without a reason */
    vector_host_deinit(&host);
    return 0;
}
