/* SPDX-License-Identifier: Apache-2.0 */
/* What the Huabei adapter makes of any call: the first byte chooses the exchange, the second the
 * terminal, and 8 in it certificates and encryption; the lines that follow are the texts. */
#include <stdlib.h>
#include <string.h>

#include "adapters/sdk/canon.h"
#include "adapters/sdk/form.h"
#include "daemon/base/arena.h"
#include "tests/vectors/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const struct fq_adapter *fenqi_adapter(void);

static void call_must(bool holds)
{
    if (!holds)
        abort();
}

static void *call_open(struct vector_host *host, bool with_certificates)
{
    const struct fq_pair conf[] = {
        { fq_slice("app_id"), fq_slice("2021000122671080") },
        { fq_slice("seller_id"), fq_slice("2088721003899159") },
        { fq_slice("gateway"), fq_slice("https://openapi.example.com/gateway.do") },
    };
    const struct fq_str keys[] = { fq_slice("app_cert"), fq_slice("alipay_cert"),
                                   fq_slice("alipay_root"), fq_slice("content") };
    const struct fq_str alipay = fq_slice("alipay");
    void *self = NULL;
    struct fq_str key;
    call_must(fenqi_adapter()->open(&host->host, conf, 3, &self, &key) == 0);
    call_must(fenqi_adapter()->ready(self, &host->host, with_certificates ? keys : &alipay,
                                     with_certificates ? 4 : 1, &key) == 0);
    return self;
}

static fq_begin_fn *call_choose(uint8_t choice)
{
    const struct fq_adapter *adapter = fenqi_adapter();
    fq_begin_fn *const begins[] = { adapter->create.begin,       adapter->query.begin,
                                    adapter->close_order.begin,  adapter->refund.begin,
                                    adapter->query_refund.begin, adapter->fetch_key.begin };
    return begins[choice % 6];
}

/* The query of a URL, or a form, reads as what was signed. */
static void call_check_form(struct vector_host *host, struct fq_str text)
{
    static const char *const except[] = { "sign", NULL };
    struct fq_pairs fields;
    struct fq_str plain;
    call_must(fq_form_decode(&host->host, text, &fields) == 0);
    call_must(fq_canon_join(&host->host, fields, except, FQ_CANON_SKIP_EMPTY, &plain));
    call_must(fq_slice_equal(plain, host->signed_text));
}

static void call_check(struct vector_host *host, const struct fq_call *call,
                       const struct fq_verdict *verdict)
{
    struct fq_str front, query = { NULL, 0 };
    struct fq_text all;
    bool is_browsers =
        verdict->action == FQ_ACTION_REDIRECT || verdict->action == FQ_ACTION_FORM_POST;
    call_must(verdict->step == FQ_STEP_SEND || verdict->step == FQ_STEP_DONE);
    call_must(verdict->outcome == FQ_OUTCOME_UNSET);
    call_must((verdict->step == FQ_STEP_DONE) == (verdict->action != FQ_ACTION_NONE));
    if (verdict->action == FQ_ACTION_APP_SDK) {
        call_must(call->payer_name.len == 0);
        call_check_form(host, verdict->action_text);
        return;
    }
    if (verdict->action == FQ_ACTION_REDIRECT)
        call_must(call->payer_name.len == 0 && verdict->message.url.len <= 2048);
    fq_slice_cut(verdict->message.url, '?', &front, &query);
    call_must(fq_slice_equal(front, fq_slice("https://openapi.example.com/gateway.do")));
    fq_text_init(&all, &host->host, 65536);
    fq_text_add(&all, query);
    if (is_browsers && verdict->message.fields.n_items == 1)
        fq_form_add(&all, verdict->message.fields.items[0].name,
                    verdict->message.fields.items[0].value);
    if (!is_browsers) {
        fq_text_add_char(&all, '&');
        fq_text_add(&all, verdict->message.body);
    }
    call_must(fq_text_finish(&all, &query));
    call_check_form(host, query);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vector_host host;
    struct fq_str lines[12] = { { NULL, 0 } };
    if (size < 2 || memchr(data + 2, '\0', size - 2) != NULL)
        return 0; /* the daemon lets no NUL into a text */
    struct fq_str rest = { (const char *)data + 2, size - 2 };
    for (size_t i = 0; i < 12; i++)
        fq_slice_cut(rest, '\n', &lines[i], &rest);
    struct fq_call call = {
        .struct_size = sizeof(call),
        .now_unix_ms = INT64_C(1773540672345),
        .created_unix_ms = INT64_C(1773540672345),
        .deadline_unix_ms = INT64_C(1773542472345),
        .order_number = lines[0],
        .subject = lines[1],
        .amount = { 100, "CNY", 2 },
        .instalments = 3,
        .bearer = FQ_BEARER_BUYER,
        .terminal = data[1] & 7,
        .notify_url = lines[2],
        .return_url = lines[3],
        .refund_number = lines[4],
        .refund_amount = { 100, "CNY", 2 },
        .refund_reason = lines[5],
        .payer_name = lines[6],
        .payer_document_type = lines[7],
        .payer_document_number = lines[8],
        .payer_phone = lines[9],
        .key_name = lines[10],
    };
    struct fq_verdict verdict = { .struct_size = sizeof(verdict) };
    vector_host_init(&host);
    host.accepts_all = true;
    void *self = call_open(&host, (data[1] & 8) != 0);
    if (call_choose(data[0])(self, &host.host, &call, &verdict) == 0)
        call_check(&host, &call, &verdict);
    else
        call_must(host.failure[0] != '\0');
    vector_host_deinit(&host);
    return 0;
}
