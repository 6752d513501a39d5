/* SPDX-License-Identifier: Apache-2.0 */
/* UnionPay's answers, notifications, returns and files: the parser against a second one written
 * from the official automaton, and the bank-card adapter behind a host that verifies everything.
 * The first byte chooses what the rest is. */
#include <stdlib.h>
#include <string.h>

#include "adapters/bankcard/bankcard.h"
#include "daemon/base/arena.h"
#include "tests/vectors/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const struct fq_adapter *fenqi_adapter(void);

#define ACP_MER_ID "777290058167151"
#define ACP_TIME   "20260315101112"

static void acp_must(bool holds)
{
    if (!holds)
        abort();
}

/* ---- the parser ---- */

/* Character by character, with the states of the official SDK; the fields in the order of their
 * ends. */
struct acp_official {
    struct fq_pair fields[FQ_FORM_FIELDS_MAX];
    size_t n_fields;
    char closer;
};

static void acp_official_emit(struct acp_official *official, struct fq_str name,
                              struct fq_str value)
{
    if (official->n_fields < FQ_FORM_FIELDS_MAX)
        official->fields[official->n_fields] = (struct fq_pair){ name, value };
    official->n_fields++;
}

static void acp_official_parse(struct acp_official *official, struct fq_str body)
{
    bool is_key = true;
    struct fq_str name = { body.ptr, 0 }, value = { body.ptr, 0 };
    for (size_t i = 0; i < body.len; i++) {
        char c = body.ptr[i];
        if (is_key && c == '=') {
            is_key = false;
            value = (struct fq_str){ body.ptr + i + 1, 0 };
            continue;
        }
        if (is_key) {
            name.len++;
            continue;
        }
        if (official->closer != '\0' && c == official->closer)
            official->closer = '\0';
        else if (official->closer == '\0' && c == '{')
            official->closer = '}';
        else if (official->closer == '\0' && c == '[')
            official->closer = ']';
        if (c != '&' || official->closer != '\0') {
            value.len++;
            continue;
        }
        acp_official_emit(official, name, value);
        is_key = true;
        name = (struct fq_str){ body.ptr + i + 1, 0 };
        value.len = 0;
    }
    if (body.len > 0)
        acp_official_emit(official, name, is_key ? (struct fq_str){ "", 0 } : value);
}

static bool acp_has_twice(const struct acp_official *official)
{
    for (size_t i = 0; i < official->n_fields; i++)
        for (size_t k = 0; k < i; k++)
            if (fq_slice_equal(official->fields[i].name, official->fields[k].name))
                return true;
    return false;
}

static void acp_check_parser(const struct fq_host *host, struct fq_str body)
{
    static struct acp_official official;
    struct fq_pairs fields;
    bool is_open = false;
    official.n_fields = 0;
    official.closer = '\0';
    struct fq_str inside = body;
    if (body.len >= 2 && body.ptr[0] == '{' && body.ptr[body.len - 1] == '}')
        inside = (struct fq_str){ body.ptr + 1, body.len - 2 };
    if (body.len > 0 && inside.len == 0)
        inside = body; /* "{}": nothing inside, and no field to compare */
    else
        acp_official_parse(&official, inside);
    if (bankcard_parse(host, body, &fields, &is_open) != NULL) {
        acp_must(official.n_fields > FQ_FORM_FIELDS_MAX || acp_has_twice(&official));
        return;
    }
    if (official.n_fields == 0)
        return;
    acp_must(fields.n_items == official.n_fields && is_open == (official.closer != '\0'));
    for (size_t i = 0; i < fields.n_items; i++)
        acp_must(fq_slice_equal(fields.items[i].name, official.fields[i].name) &&
                 fq_slice_equal(fields.items[i].value, official.fields[i].value));
}

/* ---- the whole ---- */

static void *acp_open(struct vector_host *host, bool confirms)
{
    const struct fq_pair conf[] = {
        { fq_slice("mer_id"), fq_slice(ACP_MER_ID) },
        { fq_slice("gateway"), fq_slice("https://gateway.example.com") },
        { fq_slice("confirm_by_query"), confirms ? fq_slice("yes") : fq_slice("no") },
        { fq_slice("identity_is_checked"), confirms ? fq_slice("yes") : fq_slice("no") },
        { fq_slice("pending_is_final_after_timeout"), confirms ? fq_slice("yes") : fq_slice("no") },
    };
    const struct fq_str keys[] = { fq_slice("sign"), fq_slice("sign_cert"), fq_slice("roots"),
                                   fq_slice("encrypt") };
    void *self = NULL;
    struct fq_str key;
    acp_must(fenqi_adapter()->open(&host->host, conf, 5, &self, &key) == 0);
    acp_must(fenqi_adapter()->ready(self, &host->host, keys, 4, &key) == 0);
    return self;
}

static fq_resume_fn *acp_choose(uint8_t choice)
{
    const struct fq_adapter *adapter = fenqi_adapter();
    fq_resume_fn *const resumes[] = { adapter->query.resume,     adapter->refund.resume,
                                      adapter->undo.resume,      adapter->query_refund.resume,
                                      adapter->statement.resume, adapter->task.resume,
                                      adapter->notification,     adapter->browser_return };
    return resumes[choice % 8];
}

/* What holds of every verdict, whatever came in. */
static void acp_check(const struct fq_call *call, const struct fq_verdict *verdict)
{
    bool is_done = verdict->step == FQ_STEP_DONE;
    acp_must(is_done || verdict->step == FQ_STEP_ASK);
    acp_must(is_done == (verdict->outcome != FQ_OUTCOME_UNSET));
    acp_must(is_done || verdict->number.len > 0);
    acp_must(verdict->action == FQ_ACTION_NONE && verdict->retry_after_ms >= 0);
    acp_must(verdict->platform_text.len <= 512 && fq_slice_is_utf8(verdict->platform_text));
    acp_must(verdict->memory.n_items <= 4);
    if (verdict->outcome == FQ_OUTCOME_PAID || verdict->outcome == FQ_OUTCOME_REFUNDED)
        acp_must(verdict->amount.minor > 0 && verdict->number.len > 0 &&
                 strcmp(verdict->amount.currency, "CNY") == 0);
    if (call->object == FQ_OBJECT_PAYMENT && verdict->number.len > 0)
        acp_must(fq_slice_equal(verdict->number, call->order_number));
    if (verdict->outcome == FQ_OUTCOME_REFUND_FAILED)
        acp_must(verdict->object == FQ_OBJECT_REFUND && verdict->number.len > 0);
    acp_must(verdict->has_statement != 0 || verdict->n_lines == 0);
    for (size_t i = 0; i < verdict->n_lines; i++) {
        const struct fq_statement_line *line = verdict->lines[i];
        acp_must(line->object != FQ_OBJECT_UNSET && fq_slice_is_word(line->number, 32));
        acp_must(line->amount.minor >= 0 && fq_slice_is_utf8(line->proof));
    }
}

/* The rest of the message, behind what every believed message begins with. */
static struct fq_str acp_body(struct vector_host *host, uint8_t choice, struct fq_str rest)
{
    struct fq_text text;
    struct fq_str body = rest;
    if ((choice & 16) == 0)
        return rest;
    fq_text_init(&text, &host->host, rest.len + 512);
    fq_text_add_of(&text, "version=5.1.0&signMethod=01&encoding=UTF-8&signature=AAAA&"
                          "signPubKeyCert=certificate&merId=" ACP_MER_ID "&txnTime=" ACP_TIME "&");
    fq_text_add(&text, rest);
    acp_must(fq_text_finish(&text, &body));
    return body;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fq_pair memory[] = {
        { fq_slice("txn_time"), fq_slice(ACP_TIME) },
        { fq_slice("kind"), fq_slice("refund") },
        { fq_slice("payer"), fq_slice("sent") },
        { fq_slice("refused"), fq_slice("1000|45/2010003") },
    };
    struct vector_host host;
    struct fq_call call = {
        .struct_size = sizeof(call),
        .now_unix_ms = INT64_C(1773540672345),
        .deadline_unix_ms = INT64_C(1773540600000),
        .order_number = fq_slice("T1234567"),
        .refund_number = fq_slice("R1234567"),
        .amount = { 100, "CNY", 2 },
        .refund_amount = { 100, "CNY", 2 },
        .instalments = 3,
        .day = fq_slice("20260314"),
        .memory = { memory, 4 },
    };
    struct fq_verdict verdict = { .struct_size = sizeof(verdict) };
    if (size == 0 || size > 8192)
        return 0;
    vector_host_init(&host);
    host.accepts_all = true;
    host.any_cn = "041@8310000000083040@中国银联股份有限公司@00016495";
    host.any_entry = "INN26031488ZM_" ACP_MER_ID;
    struct fq_str rest = { (const char *)data + 1, size - 1 };
    acp_check_parser(&host.host, rest);
    call.object = data[0] % 8 == 0 ? FQ_OBJECT_PAYMENT : FQ_OBJECT_REFUND;
    struct fq_message message = { .struct_size = sizeof(message), .http_status = 200 };
    message.body = acp_body(&host, data[0], rest);
    void *self = acp_open(&host, (data[0] & 8) != 0);
    if (acp_choose(data[0])(self, &host.host, &call, &message, &verdict) == 0)
        acp_check(&call, &verdict);
    else
        acp_must(host.failure[0] != '\0'); /* -1 without a reason */
    vector_host_deinit(&host);
    return 0;
}
