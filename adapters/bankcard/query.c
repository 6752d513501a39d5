/* SPDX-License-Identifier: Apache-2.0 */
/* Asks UnionPay what became of a transaction, by the key of its own request; and what that means
 * for an order. */
#include "adapters/bankcard/bankcard.h"

#define QUERY_BUSY_MS 60000

/* ---- any transaction ---- */

/*= fact sheet 4.5: "orderId + txnTime + merId are the original ones": with a new txnTime the
 * platform would know no such order, though it is there. */
int bankcard_ask(const struct bankcard_asked *asked, struct fq_verdict *ret)
{
    struct bankcard_request request;
    if (asked->txn_time.len == 0)
        return asked->host->fail(asked->host, "the transaction's txnTime is not known");
    if (bankcard_request_init(&request, asked->self, asked->host, BANKCARD_QUERY) != 0)
        return -1;
    bankcard_request_add(&request, "orderId", asked->order_id);
    bankcard_request_add(&request, "txnTime", asked->txn_time);
    return bankcard_request_send(&request, asked->self->query_url, ret);
}

/*= fact sheet 4.5: "respCode = result of the query itself. If 00, look at origRespCode". */
enum bankcard_class bankcard_hear(const struct bankcard_asked *asked,
                                  const struct fq_message *message, struct fq_verdict *ret,
                                  struct fq_pairs *ret_fields)
{
    if (!bankcard_read(asked, message, ret, ret_fields))
        return BANKCARD_UNPROVEN;
    enum bankcard_class class = bankcard_classify(fq_pairs_get(*ret_fields, "respCode"));
    struct fq_str code = fq_pairs_get(*ret_fields, "origRespCode");
    if (class == BANKCARD_BUSY)
        ret->retry_after_ms = QUERY_BUSY_MS;
    if (class == BANKCARD_ABSENT) {
        ret->proof = fq_slice("respCode=34");
        return class;
    }
    if (class != BANKCARD_DONE || !fq_slice_is_word(code, 2))
        return BANKCARD_UNPROVEN;
    bankcard_tell(asked->host, *ret_fields, "origRespCode", "origRespMsg", ret);
    ret->proof = fq_slice_assign(asked->host, "origRespCode", code);
    class = bankcard_classify(code);
    return class == BANKCARD_ABSENT ? BANKCARD_UNCLEAR : class;
}

/* ---- an order ---- */

static struct bankcard_asked query_of(const struct bankcard *self, const struct fq_host *host,
                                      const struct fq_call *call)
{
    return (struct bankcard_asked){ self, host, call, call->order_number,
                                    fq_pairs_get(call->memory, "txn_time") };
}

int bankcard_query_begin(void *self, const struct fq_host *host, const struct fq_call *call,
                         struct fq_verdict *ret)
{
    const struct bankcard_asked asked = query_of(self, host, call);
    return bankcard_ask(&asked, ret);
}

/* The hosted page takes what the buyer types; whether what we sent was compared with it is a matter
 * of contract, and told by the setting. */
static uint32_t query_identity(const struct bankcard_asked *asked)
{
    if (fq_pairs_get(asked->call->memory, "payer").len == 0)
        return FQ_IDENTITY_NOT_ASKED;
    return bankcard_is_yes(asked->self->identity_is_checked) ? FQ_IDENTITY_REAL_NAME_MATCHED
                                                             : FQ_IDENTITY_UNKNOWN;
}

static int query_paid(const struct bankcard_asked *asked, struct fq_pairs fields,
                      struct fq_verdict *ret)
{
    struct fq_str settle_date = fq_pairs_get(fields, "settleDate");
    const struct fq_pair memory[] = {
        { fq_slice("txn_time"), asked->txn_time },
        { fq_slice("payer"), fq_pairs_get(asked->call->memory, "payer") },
        { fq_slice("query_id"), bankcard_query_id(fields) },
        { fq_slice("settle_date"),
          fq_slice_is_digits(settle_date, 4) ? settle_date : fq_slice("") },
    };
    ret->platform_ref = bankcard_query_id(fields); /* not before: each try has one of its own */
    ret->instalments = bankcard_terms(asked->host, fields);
    ret->identity = query_identity(asked);
    return fq_verdict_remember_all(asked->host, memory, BANKCARD_COUNT(memory), ret);
}

/*= fact sheet 6.3: "a query after payTimeout is final: origRespCode not in {00, A6} -> failed". For
 * a code that itself says "not yet" that is only believed where the setting says so. */
static bool query_is_over(const struct bankcard_asked *asked)
{
    return bankcard_is_yes(asked->self->pending_is_final_after_timeout) &&
           asked->call->now_unix_ms >
               asked->call->deadline_unix_ms + bankcard_about.settle_margin_ms;
}

/* R, "not now", declines this try: another one is another order anyway. */
static const uint32_t query_outcomes[] = {
    [BANKCARD_UNPROVEN] = FQ_OUTCOME_UNKNOWN, [BANKCARD_UNCLEAR] = FQ_OUTCOME_UNKNOWN,
    [BANKCARD_DONE] = FQ_OUTCOME_PAID,        [BANKCARD_WAITS] = FQ_OUTCOME_PENDING,
    [BANKCARD_DEBITED] = FQ_OUTCOME_UNKNOWN,  [BANKCARD_FAILED] = FQ_OUTCOME_DECLINED,
    [BANKCARD_LATER] = FQ_OUTCOME_DECLINED,   [BANKCARD_ECHO] = FQ_OUTCOME_DECLINED,
    [BANKCARD_TWICE] = FQ_OUTCOME_UNKNOWN,    [BANKCARD_ABSENT] = FQ_OUTCOME_NOT_FOUND,
    [BANKCARD_BUSY] = FQ_OUTCOME_UNKNOWN,
};

/* The platform knows the order: is it the one that we sent? */
static int query_found(const struct bankcard_asked *asked, enum bankcard_class class,
                       struct fq_pairs fields, struct fq_verdict *ret)
{
    if (!bankcard_is_kind(fields, bankcard_order_kind(asked->call)))
        return fq_verdict_unknown(ret, "the answer is about another kind of transaction");
    if (!bankcard_money(fields, &ret->amount) &&
        (class == BANKCARD_DONE || fq_pairs_get(fields, "txnAmt").len > 0))
        return fq_verdict_unknown(ret, "the answer says no amount in CNY");
    ret->number = fq_pairs_get(fields, "orderId");
    ret->outcome = query_outcomes[class];
    if (class == BANKCARD_DEBITED)
        return fq_verdict_unknown(ret, "debited, but not posted: to be reconciled by hand");
    if (class == BANKCARD_DONE)
        return query_paid(asked, fields, ret);
    if (query_is_over(asked))
        ret->outcome = FQ_OUTCOME_DECLINED;
    return 0;
}

int bankcard_query_resume(void *self, const struct fq_host *host, const struct fq_call *call,
                          const struct fq_message *message, struct fq_verdict *ret)
{
    const struct bankcard_asked asked = query_of(self, host, call);
    struct fq_pairs fields = { NULL, 0 };
    ret->object = FQ_OBJECT_PAYMENT;
    enum bankcard_class class = bankcard_hear(&asked, message, ret, &fields);
    if (class != BANKCARD_ABSENT && class != BANKCARD_UNPROVEN)
        return query_found(&asked, class, fields, ret);
    ret->outcome = query_outcomes[class];
    /*= fact sheet 6.3: "Query itself answering 34 after payTimeout: treat as failed", also of an
     * order that it showed before; and it names whose answer it is. */
    if (class == BANKCARD_ABSENT)
        ret->number = fq_pairs_get(fields, "orderId");
    return 0;
}
