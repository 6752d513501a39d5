/* SPDX-License-Identifier: Apache-2.0 */
/* What the operator asks with fenqictl: each question finds its file, each answer is JSON. */
#include "daemon/flow/control.h"

/* ---- answers ---- */

static void control_finish(struct fq_control *control, uint32_t status, struct fq_str body)
{
    control->visit->status = status;
    control->visit->answer_type = fq_lit("application/json");
    control->visit->answer_body = body;
    fq_visit_finish(control->flow, control->visit);
}

void fq_control_done(struct fq_control *control)
{
    struct fq_str body;
    fq_buf_add_char(&control->answer, '\n');
    if (fq_buf_finish(&control->answer, &body) != 0) {
        fq_control_refuse(control, 500, "TOO_LARGE", fq_lit("the answer is too large"),
                          (struct fq_str){ NULL, 0 });
        return;
    }
    control_finish(control, 200, body);
}

void fq_control_refuse(struct fq_control *control, uint32_t status, const char *reason,
                       struct fq_str text, struct fq_str next)
{
    struct fq_buf buf;
    struct fq_str body = fq_lit("{\"error\":{}}\n");
    fq_buf_init(&buf, control->visit->arena, 8192);
    fq_buf_add(&buf, fq_lit("{\"error\":{"));
    fq_json_write_member(&buf, "reason", fq_str_of(reason));
    fq_json_write_member(&buf, "text", text);
    fq_json_write_member(&buf, "next", next);
    fq_buf_add(&buf, fq_lit("}}\n"));
    (void)fq_buf_finish(&buf, &body);
    control_finish(control, status, body);
}

void fq_control_fault(struct fq_control *control, const char *what, const char *trace)
{
    fq_say_fault(what, trace);
    fq_control_refuse(control, 500, "INTERNAL",
                      fq_lit("a fault of fenqid's; its log has the trace"),
                      fq_lit("journalctl -u fenqid -p err"));
}

void fq_control_unwritten(struct fq_control *control, const char *what, const struct fq_tx *tx)
{
    const char *reason = fq_ledger_fault_reason(tx->result);
    struct fq_status status = fq_ledger_refused(tx->result); /* the shops' word is the operator's */
    bool is_for_now = status.code == FQ_CODE_UNAVAILABLE;
    struct fq_str text = status.text;
    if (reason == NULL && !is_for_now) {
        fq_control_fault(control, what, tx->trace);
        return;
    }
    if (reason != NULL)
        text = fq_arena_printf(control->visit->arena,
                               "the ledger cannot be written, %s: nothing was changed", reason);
    fq_say_fault_of(&(struct fq_fault){ .what = what, .trace = tx->trace, .result = tx->result });
    fq_control_refuse(control, is_for_now ? 503 : 500, status.reason, text,
                      reason != NULL ? fq_lit("fenqictl status says what to do")
                                     : fq_lit("ask again: too much is written at once"));
}

void fq_control_say(const struct fq_control *control, const char *what, const char *result)
{
    fq_log_always(LOG_NOTICE, FQ_MSG_OPERATOR, "the operator asked", FQ_LOG_TEXT("WHAT", what),
                  FQ_LOG_STR("ID", control->id), FQ_LOG_INT("UID", control->visit->peer_uid),
                  FQ_LOG_INT("PID", control->visit->peer_pid), FQ_LOG_TEXT("RESULT", result));
}

/* ---- the payment or refund that is meant ---- */

bool fq_control_take_id(struct fq_control *control, struct fq_str id)
{
    control->id = id;
    if (fq_id_parse_payment(id, &control->seq, control->secret) == 0)
        return true;
    if (fq_id_parse_refund(id, &control->seq, control->secret, &control->refund_n) == 0)
        return true;
    fq_control_refuse(control, 400, "ID_INVALID",
                      fq_lit("no id of a payment or a refund: they look like "
                             "p1jn0rvrkg0002537jafzd2bha809s, a refund's with -r1 behind it"),
                      (struct fq_str){ NULL, 0 });
    return false;
}

bool fq_control_is_named(const struct fq_control *control, struct fq_ledger *ledger)
{
    if (ledger == NULL || memcmp(ledger->payment.secret, control->secret, FQ_SECRET_SIZE) != 0)
        return false;
    return control->refund_n == 0 || fq_ledger_refund(ledger, control->refund_n) != NULL;
}

void fq_control_absent(struct fq_control *control)
{
    fq_control_refuse(control, 404, "NOT_FOUND",
                      fq_lit("this ledger has no such payment or refund"),
                      (struct fq_str){ NULL, 0 });
}

/* ---- a payment ---- */

void fq_control_write_flags(struct fq_buf *buf, uint32_t flags)
{
    static const char *const names[] = { "LATE_SUCCESS",   "DOUBLE_PAID",  "TERMS_DIFFER",
                                         "FOREIGN_REFUND", "FOR_OPERATOR", "UNDO_FAILED",
                                         "TO_CHECK",       "CHECKED",      "OVERDRAWN" };
    const char *comma = "";
    fq_json_write_name(buf, "flags");
    fq_buf_add_char(buf, '[');
    for (size_t i = 0; i < fq_array_size(names); i++) {
        if ((flags & 1u << i) == 0)
            continue;
        fq_buf_printf(buf, "%s\"%s\"", comma, names[i]);
        comma = ",";
    }
    fq_buf_add_char(buf, ']');
}

/* What an attempt and a refund have in common: the platform's part. */
static void control_write_asking(struct fq_buf *buf, struct fq_str code, struct fq_str text,
                                 uint32_t n_asked, int64_t due_ms, int64_t unknown_ms)
{
    fq_json_write_int(buf, "asked", n_asked);
    fq_json_write_int(buf, "asked_again_unix_ms", due_ms);
    fq_json_write_int(buf, "unknown_since_unix_ms", unknown_ms);
    fq_json_write_member(buf, "platform_code", code);
    fq_json_write_member(buf, "platform_text", text);
}

static void control_write_attempt(struct fq_buf *buf, const struct fq_attempt *attempt)
{
    fq_buf_add_char(buf, '{');
    fq_json_write_int(buf, "attempt", attempt->n);
    fq_json_write_member(buf, "number", attempt->order_number);
    fq_json_write_member(buf, "state", fq_str_of(fq_attempt_state_name(attempt->state)));
    fq_json_write_int(buf, "sent_unix_ms", attempt->sent_ms);
    fq_json_write_int(buf, "deadline_unix_ms", attempt->settle_after_ms);
    fq_json_write_member(buf, "platform_ref", attempt->platform_ref);
    fq_json_write_bool(buf, "operator_evidence", attempt->by_operator);
    control_write_asking(buf, attempt->platform_code, attempt->platform_text, attempt->n_asked,
                         attempt->due_ms, attempt->unknown_ms);
    fq_buf_add_char(buf, '}');
}

static void control_write_refund(struct fq_buf *buf, const struct fq_payment *payment,
                                 const struct fq_refund *refund)
{
    fq_buf_add_char(buf, '{');
    fq_json_write_member(buf, "id",
                         fq_id_refund(payment->seq, payment->secret, refund->n, buf->arena));
    fq_json_write_member(buf, "number", refund->number);
    fq_json_write_member(buf, "state", fq_str_of(fq_refund_state_name(refund->state)));
    fq_json_write_int(buf, "amount_minor", refund->amount_minor);
    fq_json_write_int(buf, "attempt", refund->attempt_n);
    fq_json_write_int(buf, "made_unix_ms", refund->created_ms);
    fq_json_write_int(buf, "finished_unix_ms", refund->finished_ms);
    fq_json_write_int(buf, "deadline_unix_ms", refund->deadline_ms);
    fq_json_write_bool(buf, "operator_evidence", refund->by_operator);
    control_write_asking(buf, refund->platform_code, refund->platform_text, refund->n_asked,
                         refund->due_ms, refund->unknown_ms);
    fq_buf_add_char(buf, '}');
}

static void control_write_money(struct fq_buf *buf, const struct fq_payment *payment)
{
    fq_json_write_int(buf, "amount_minor", payment->amount.minor);
    fq_json_write_member(buf, "currency", fq_str_of(payment->amount.currency));
    fq_json_write_int(buf, "refunded_minor", payment->refunded_minor);
    fq_json_write_int(buf, "refund_pending_minor",
                      payment->refund_counted_minor - payment->refunded_minor);
}

static void control_write_times(struct fq_buf *buf, const struct fq_payment *payment)
{
    fq_json_write_int(buf, "created_unix_ms", payment->created_ms);
    fq_json_write_int(buf, "expires_unix_ms", payment->expires_ms);
    fq_json_write_int(buf, "close_requested_unix_ms", payment->close_requested_ms);
    fq_json_write_int(buf, "paid_unix_ms", payment->paid_ms);
    fq_json_write_int(buf, "closed_unix_ms", payment->closed_ms);
}

void fq_control_write_payment(struct fq_control *control, struct fq_ledger *ledger)
{
    const struct fq_payment *payment = &ledger->payment;
    struct fq_buf *buf = &control->answer;
    fq_buf_add_char(buf, '{');
    fq_json_write_member(buf, "id", fq_id_payment(payment->seq, payment->secret, buf->arena));
    fq_json_write_member(buf, "merchant", payment->merchant_id);
    fq_json_write_member(buf, "order", payment->merchant_order_id);
    fq_json_write_member(buf, "channel", payment->channel);
    fq_json_write_member(buf, "state", fq_str_of(fq_payment_state_name(payment->state)));
    fq_json_write_member(buf, "close_reason",
                         fq_str_of(fq_close_reason_name(payment->close_reason)));
    fq_json_write_bool(buf, "operator_evidence", fq_ledger_is_operators(ledger));
    fq_json_write_int(buf, "version", payment->version);
    control_write_money(buf, payment);
    control_write_times(buf, payment);
    fq_json_write_member(buf, "platform_ref", payment->platform_ref);
    fq_control_write_flags(buf, payment->flags);
    fq_json_write_name(buf, "attempts");
    fq_buf_add_char(buf, '[');
    for (uint32_t i = 0; i < payment->n_attempts; i++) {
        fq_buf_add(buf, i > 0 ? fq_lit(",") : fq_lit(""));
        control_write_attempt(buf, &ledger->attempts[i]);
    }
    fq_buf_add_char(buf, ']');
    fq_json_write_name(buf, "refunds");
    fq_buf_add_char(buf, '[');
    for (uint32_t i = 0; i < ledger->n_refunds_loaded; i++) {
        fq_buf_add(buf, i > 0 ? fq_lit(",") : fq_lit(""));
        control_write_refund(buf, payment, &ledger->refunds[i]);
    }
    fq_buf_add(buf, fq_lit("]}"));
}

/* ---- GET /v1/payments/ID ---- */

struct control_show {
    struct fq_control *control;
    struct fq_read read;
};

static void control_shown(struct fq_read *read)
{
    struct fq_control *control = ((struct control_show *)read->flow)->control;
    if (read->result < 0) {
        fq_control_fault(control, "reading a payment for the operator", read->trace);
    } else if (!fq_control_is_named(control, read->ledger)) {
        fq_control_absent(control);
    } else {
        fq_control_write_payment(control, read->ledger);
        fq_control_done(control);
    }
}

static void control_show(struct fq_control *control)
{
    static const struct fq_str folder = { "/v1/payments/", 13 };
    struct control_show *show = fq_arena_alloc(control->visit->arena, sizeof(*show));
    struct fq_str path = control->visit->path;
    fq_assert(show != NULL); /* the arena is new */
    if (!fq_control_take_id(control, fq_str_sub(path, folder.len, path.len)))
        return;
    show->control = control;
    show->read = (struct fq_read){ .arena = control->visit->arena,
                                   .kind = FQ_READ_PAYMENT,
                                   .seq = control->seq,
                                   .refund_n = control->refund_n,
                                   .done = control_shown,
                                   .flow = show };
    control->flow->world->read(control->flow->world->ctx, &show->read);
}

/* ---- a visit ---- */

struct control_route {
    const char *method;
    const char *path;
    bool is_folder;   /* all that lies below */
    bool is_question; /* a POST that changes nothing */
    void (*run)(struct fq_control *control);
};

static const struct control_route control_routes[] = {
    { "GET", "/v1/status", false, true, fq_control_status },
    { "GET", "/v1/unknown", false, true, fq_control_unknown },
    { "GET", "/v1/payments/", true, true, control_show },
    { "POST", "/v1/payments", false, true, fq_control_payments },
    { "POST", "/v1/channels", false, false, fq_control_channel },
    { "POST", "/v1/retry", false, false, fq_control_retry },
    { "POST", "/v1/resolve", false, false, fq_control_resolve },
    { "POST", "/v1/groups", false, true, fq_control_groups },
    { "POST", "/v1/groups/remove", false, false, fq_control_ungroup },
};

static const struct control_route *control_find(const struct fq_visit *visit)
{
    for (size_t i = 0; i < fq_array_size(control_routes); i++) {
        const struct control_route *route = &control_routes[i];
        struct fq_str path = fq_str_of(route->path);
        if (fq_str_equal(visit->method, fq_str_of(route->method)) &&
            (route->is_folder ? fq_str_starts(visit->path, path) : fq_str_equal(visit->path, path)))
            return route;
    }
    return NULL;
}

/* What changes something is not begun while the daemon stops, and says what it wants in JSON. */
static bool control_take_body(struct fq_control *control, const struct control_route *route)
{
    const struct fq_str none = { NULL, 0 };
    if (control->flow->is_draining && !route->is_question) {
        fq_control_refuse(control, 503, "STOPPING", fq_lit("fenqid is stopping"), none);
        return false;
    }
    if (fq_json_read(control->visit->body, control->visit->arena, &control->asked) != 0 ||
        control->asked->type != FQ_JSON_OBJECT) {
        fq_control_refuse(control, 400, "BODY_INVALID", fq_lit("the body must be a JSON object"),
                          none);
        return false;
    }
    return true;
}

void fq_flow_control(struct fq_flow *flow, struct fq_visit *visit)
{
    const struct control_route *route = control_find(visit);
    struct fq_control *control = fq_arena_alloc(visit->arena, sizeof(*control));
    flow->n_running++;
    visit->catalog = fq_catalog_hold(flow->conf.catalog);
    if (control == NULL) {
        visit->status = 503;
        fq_visit_finish(flow, visit);
        return;
    }
    control->flow = flow;
    control->visit = visit;
    fq_buf_init(&control->answer, visit->arena, FQ_CONTROL_ANSWER_MAX);
    if (route == NULL)
        fq_control_refuse(control, 404, "QUESTION_UNKNOWN",
                          fq_lit("this fenqid does not know the question"),
                          fq_lit("fenqictl and fenqid must be of the same version"));
    else if (visit->may_only_look && !route->is_question)
        fq_control_refuse(control, 403, "LOOK_ONLY",
                          fq_lit("this socket is for those who may look and change nothing"),
                          fq_lit("ask as root, or as a member of the group fenqid"));
    else if (route->method[0] == 'G' || control_take_body(control, route))
        route->run(control);
}
