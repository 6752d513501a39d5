/* SPDX-License-Identifier: Apache-2.0 */
/* What the log says: one line per decision that matters, whose fault it is, and what happens next.
 */
#include "daemon/core/traceparent.h"
#include "daemon/flow/parts.h"

/* A failed write says what is wrong with the ledger; the rest is for the trace. */
static const char *say_fault_reason(int result)
{
    if (result == -EAGAIN)
        return "too much is waiting for the ledger";
    return fq_ledger_fault_reason(result) != NULL ? "the ledger cannot be written" : NULL;
}

void fq_say_fault_of(const struct fq_fault *fault)
{
    const char *reason = say_fault_reason(fault->result);
    fq_log(LOG_ERR, FQ_MSG_FAULT, "fault", FQ_LOG_STR("PAYMENT", fault->payment),
           FQ_LOG_STR("MERCHANT", fault->merchant), FQ_LOG_STR("ORDER", fault->order),
           FQ_LOG_STR("CHANNEL", fault->channel), FQ_LOG_STR("NUMBER", fault->number),
           FQ_LOG_STR("TRACE_ID", fault->trace_id), FQ_LOG_TEXT("FAULT", "ours"),
           FQ_LOG_TEXT("WHILE", fault->what), FQ_LOG_TEXT("REASON", reason),
           FQ_LOG_TEXT("TRACE", fault->trace),
           FQ_LOG_TEXT("NEXT", reason != NULL
                                   ? "nothing was changed; it is asked again; fenqictl status"
                                   : "nothing was changed; it is asked again"));
}

void fq_say_fault(const char *what, const char *trace)
{
    fq_say_fault_of(&(struct fq_fault){ .what = what, .trace = trace });
}

void fq_say_fault_with(const char *what, const char *trace, int result,
                       const struct fq_ledger *ledger)
{
    struct fq_fault fault = { .what = what, .trace = trace, .result = result };
    if (ledger != NULL) {
        const struct fq_payment *payment = &ledger->payment;
        const struct fq_attempt *attempt = fq_ledger_last_attempt(ledger);
        fault.payment = fq_id_payment(payment->seq, payment->secret, ledger->arena);
        fault.merchant = payment->merchant_id;
        fault.order = payment->merchant_order_id;
        fault.channel = payment->channel;
        fault.trace_id = fq_traceparent_trace_id(payment->traceparent);
        if (attempt != NULL)
            fault.number = attempt->order_number;
    }
    fq_say_fault_of(&fault);
}

/* Which object a request names, as it names it. */
static struct fq_log_field say_named(const struct fq_operation *operation)
{
    switch (operation->kind) {
    case FQ_OP_CREATE_PAYMENT:
        return FQ_LOG_STR("ORDER", operation->create_payment.merchant_order_id);
    case FQ_OP_GET_PAYMENT:
        return FQ_LOG_STR("PAYMENT", operation->get_payment.payment_id);
    case FQ_OP_CLOSE_PAYMENT:
        return FQ_LOG_STR("PAYMENT", operation->close_payment.payment_id);
    case FQ_OP_CREATE_REFUND:
        return FQ_LOG_STR("PAYMENT", operation->create_refund.payment_id);
    case FQ_OP_GET_REFUND:
        return FQ_LOG_STR("REFUND", operation->get_refund.refund_id);
    default:
        return FQ_LOG_TEXT("PAYMENT", "");
    }
}

void fq_say_fault_for(const char *what, const char *trace, int result,
                      const struct fq_operation *operation)
{
    const struct fq_log_field named = say_named(operation);
    bool is_order = operation->kind == FQ_OP_CREATE_PAYMENT;
    struct fq_str none = { NULL, 0 };
    fq_say_fault_of(&(struct fq_fault){
        .what = what,
        .trace = trace,
        .result = result,
        .payment = is_order ? none : named.text,
        .order = is_order ? named.text : none,
        .merchant = operation->merchant->id,
        .trace_id = fq_traceparent_trace_id(operation->traceparent),
    });
}

void fq_say_refused(const struct fq_operation *operation)
{
    const struct fq_status *status = &operation->status;
    bool is_ours = status->blame == FQ_BLAME_DAEMON;
    fq_log(is_ours ? LOG_ERR : LOG_INFO, FQ_MSG_REQUEST_REFUSED, "request refused",
           FQ_LOG_STR("MERCHANT", operation->merchant->id),
           FQ_LOG_TEXT("OPERATION", fq_operation_name(operation->kind)), say_named(operation),
           FQ_LOG_STR("REQUEST", operation->request_id),
           FQ_LOG_STR("TRACE_ID", fq_traceparent_trace_id(operation->traceparent)),
           FQ_LOG_TEXT("REASON", status->reason), FQ_LOG_TEXT("FIELD", status->field),
           FQ_LOG_TEXT("FAULT", is_ours ? "ours" : "theirs"),
           FQ_LOG_TEXT("NEXT", status->may_repeat ? "it may be repeated as it is"
                                                  : "nothing was changed; the shop has to ask for "
                                                    "something else"));
}

/* Warnings about one payment's money are never left out; the rest is, where it comes too fast. */
static void say_line(int level, uint32_t msg, const char *text, const struct fq_log_field *fields,
                     size_t n_fields)
{
    static struct fq_log_site site;
    fq_log_write(level <= LOG_WARNING ? NULL : &site, level, msg, text, fields, n_fields);
}

/* Whose fault a kind of line is, if it is one, and what happens next. */
static const struct say_about {
    uint32_t msg;
    const char *fault;
    const char *next;
} say_abouts[] = {
    { FQ_MSG_FAULT, "ours", "configure it again and reload" },
    { FQ_MSG_PAYMENT_CREATED, NULL, "the buyer has the link until it expires" },
    { FQ_MSG_ATTEMPT_OPENED, NULL, "the platform's word is awaited, and asked for on schedule" },
    { FQ_MSG_ATTEMPT_DECLINED, "theirs", "the buyer may try again until the deadline" },
    { FQ_MSG_PAYMENT_PAID, NULL, "the shop has its event" },
    { FQ_MSG_PAYMENT_CLOSED, NULL, "the shop has its event; a late success would be believed" },
    { FQ_MSG_LATE_SUCCESS, "theirs", "the shop has its event; on_late_success may refund it" },
    { FQ_MSG_DOUBLE_PAID, "theirs", "the shop has its event; on_double_paid may refund it" },
    { FQ_MSG_TERMS_DIFFER, "theirs", "the shop has its event; compare with the contract" },
    { FQ_MSG_REFUND_RESERVED, NULL, "it is sent to the platform" },
    { FQ_MSG_REFUND_DONE, NULL, "the shop has its event" },
    { FQ_MSG_REFUND_FAILED, "theirs", "the money is the shop's again; it may ask with a new key" },
    { FQ_MSG_REFUND_FOUND, NULL, "it counts; the shop has its event" },
    { FQ_MSG_UNKNOWN_FOR_OPERATOR, "theirs", "a person looks: fenqictl unknown" },
};

static struct say_about say_about(uint32_t msg)
{
    for (size_t i = 0; i < fq_array_size(say_abouts); i++) {
        if (say_abouts[i].msg == msg)
            return say_abouts[i];
    }
    return (struct say_about){ 0 };
}

void fq_say_payment(int level, uint32_t msg, const char *text, const struct fq_ledger *ledger)
{
    const struct fq_payment *payment = &ledger->payment;
    const struct fq_attempt *attempt = fq_ledger_last_attempt(ledger);
    const struct say_about about = say_about(msg);
    struct fq_str none = { NULL, 0 };
    const struct fq_log_field fields[] = {
        FQ_LOG_STR("PAYMENT", fq_id_payment(payment->seq, payment->secret, ledger->arena)),
        FQ_LOG_STR("MERCHANT", payment->merchant_id),
        FQ_LOG_STR("ORDER", payment->merchant_order_id),
        FQ_LOG_STR("CHANNEL", payment->channel),
        FQ_LOG_STR("NUMBER", attempt != NULL ? attempt->order_number : none),
        FQ_LOG_TEXT("STATE", fq_payment_state_name(payment->state)),
        FQ_LOG_INT("VERSION", payment->version),
        FQ_LOG_INT("AMOUNT_MINOR", payment->amount.minor),
        FQ_LOG_STR("PLATFORM_CODE", attempt != NULL ? attempt->platform_code : none),
        FQ_LOG_STR("TRACE_ID", fq_traceparent_trace_id(payment->traceparent)),
        FQ_LOG_TEXT("FAULT", about.fault),
        FQ_LOG_TEXT("NEXT", about.next),
    };
    say_line(level, msg, text, fields, fq_array_size(fields));
}

void fq_say_unclear(const struct fq_channel *channel, uint32_t kind, struct fq_str number,
                    const char *why, struct fq_str detail)
{
    fq_say_unclear_of(&(struct fq_unclear){
        .channel = channel, .call = kind, .number = number, .why = why, .detail = detail });
}

void fq_say_unclear_of(const struct fq_unclear *unclear)
{
    static const char *const kinds[] = { "?",      "create",       "query",  "close",
                                         "refund", "query_refund", "undo",   "statement",
                                         "key",    "task",         "notify", "return" };
    const uint32_t call = unclear->call < fq_array_size(kinds) ? unclear->call : 0;
    fq_log(LOG_WARNING, FQ_MSG_PLATFORM_UNCLEAR, "no word that can be believed",
           FQ_LOG_STR("PAYMENT", unclear->payment), FQ_LOG_STR("MERCHANT", unclear->merchant),
           FQ_LOG_STR("CHANNEL", unclear->channel->conf->name),
           FQ_LOG_STR("NUMBER", unclear->number), FQ_LOG_TEXT("CALL", kinds[call]),
           FQ_LOG_TEXT("REASON", unclear->why), FQ_LOG_STR("DETAIL", unclear->detail),
           FQ_LOG_STR("TRACE_ID", unclear->trace_id), FQ_LOG_TEXT("FAULT", "theirs"),
           FQ_LOG_TEXT("NEXT", "the outcome stays unknown and is asked about again"));
}

static void say_refund(int level, uint32_t msg, const char *text, const struct fq_ledger *ledger,
                       uint32_t refund_n)
{
    const struct fq_payment *payment = &ledger->payment;
    const struct say_about about = say_about(msg);
    for (uint32_t i = 0; i < ledger->n_refunds_loaded; i++) {
        const struct fq_refund *refund = &ledger->refunds[i];
        if (refund->n != refund_n)
            continue;
        struct fq_str id = fq_id_refund(payment->seq, payment->secret, refund_n, ledger->arena);
        const struct fq_log_field fields[] = {
            FQ_LOG_STR("REFUND", id),
            FQ_LOG_STR("PAYMENT", fq_id_payment(payment->seq, payment->secret, ledger->arena)),
            FQ_LOG_STR("MERCHANT", payment->merchant_id),
            FQ_LOG_STR("ORDER", payment->merchant_order_id),
            FQ_LOG_STR("CHANNEL", payment->channel),
            FQ_LOG_STR("NUMBER", refund->number),
            FQ_LOG_INT("AMOUNT_MINOR", refund->amount_minor),
            FQ_LOG_STR("PLATFORM_CODE", refund->platform_code),
            FQ_LOG_STR("TRACE_ID", fq_traceparent_trace_id(payment->traceparent)),
            FQ_LOG_TEXT("FAULT", about.fault),
            FQ_LOG_TEXT("NEXT", about.next),
        };
        say_line(level, msg, text, fields, fq_array_size(fields));
    }
}

/* Was the operator called in this very transaction? */
static bool say_is_for_operator(const struct fq_ledger *ledger)
{
    for (const struct fq_event *event = ledger->events; event != NULL; event = event->next) {
        if (event->kind == FQ_EVENT_FOR_OPERATOR)
            return true;
    }
    return false;
}

void fq_say_settled(const struct fq_ledger *ledger, uint32_t refund_n, uint32_t move)
{
    const struct fq_payment *payment = &ledger->payment;
    switch ((enum fq_move)move) {
    case FQ_MOVE_WIN:
        if (payment->flags & FQ_FLAG_DOUBLE_PAID)
            fq_say_payment(LOG_WARNING, FQ_MSG_DOUBLE_PAID, "an order is paid twice", ledger);
        else if (payment->flags & FQ_FLAG_LATE_SUCCESS)
            fq_say_payment(LOG_WARNING, FQ_MSG_LATE_SUCCESS, "paid after it was closed", ledger);
        else
            fq_say_payment(LOG_NOTICE, FQ_MSG_PAYMENT_PAID, "payment paid", ledger);
        if (payment->flags & FQ_FLAG_FOREIGN_REFUND)
            fq_say_payment(LOG_WARNING, FQ_MSG_REFUND_FOUND, "paid, and refunded elsewhere already",
                           ledger);
        if (payment->terms_match == FQ_TERMS_DIFFERENT)
            fq_say_payment(LOG_WARNING, FQ_MSG_TERMS_DIFFER, "other terms than were asked for",
                           ledger);
        break;
    case FQ_MOVE_AGAIN:
        if (say_is_for_operator(ledger))
            fq_say_payment(LOG_ERR, FQ_MSG_UNKNOWN_FOR_OPERATOR,
                           "unknown past its last deadline; asked about once an hour", ledger);
        break;
    case FQ_MOVE_DECLINE:
        fq_say_payment(LOG_INFO, FQ_MSG_ATTEMPT_DECLINED, "declined, the buyer may try again",
                       ledger);
        break;
    case FQ_MOVE_DIE:
    case FQ_MOVE_ABSENT:
        if (payment->state == FQ_PAYMENT_CLOSED)
            fq_say_payment(LOG_INFO, FQ_MSG_PAYMENT_CLOSED, "payment closed", ledger);
        break;
    case FQ_MOVE_MISTRUST:
        fq_say_payment(LOG_ERR, FQ_MSG_UNKNOWN_FOR_OPERATOR,
                       "the platform contradicts what it proved before", ledger);
        break;
    case FQ_MOVE_REFUNDED:
        say_refund(LOG_NOTICE, FQ_MSG_REFUND_DONE, "refund done", ledger, refund_n);
        break;
    case FQ_MOVE_FAIL:
        say_refund(LOG_WARNING, FQ_MSG_REFUND_FAILED, "refund failed", ledger, refund_n);
        break;
    case FQ_MOVE_CONFIRM:
        if (payment->terms_match == FQ_TERMS_DIFFERENT)
            fq_say_payment(LOG_WARNING, FQ_MSG_TERMS_DIFFER,
                           "the platform names other terms than were asked for", ledger);
        break;
    case FQ_MOVE_BUG:
    case FQ_MOVE_IGNORE:
        break;
    }
}
