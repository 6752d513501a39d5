/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl payments list: pages of payments, newest first, by what they are filtered with. */
#include <string.h>

#include "daemon/flow/control.h"

#define PAGE_MAX 200

struct payments {
    struct fq_control *control;
    struct fq_list list;
    struct fq_read read;
};

static void payments_row(struct fq_control *control, const struct fq_listed *row)
{
    struct fq_buf *buf = &control->answer;
    fq_buf_add_char(buf, '{');
    fq_json_write_member(buf, "id", fq_id_payment(row->seq, row->secret, buf->arena));
    fq_json_write_member(buf, "merchant", row->merchant_id);
    fq_json_write_member(buf, "order", row->merchant_order_id);
    fq_json_write_member(buf, "channel", row->channel);
    fq_json_write_member(buf, "state", fq_str_of(fq_payment_state_name(row->state)));
    fq_json_write_member(buf, "close_reason", fq_str_of(fq_close_reason_name(row->close_reason)));
    fq_json_write_int(buf, "amount_minor", row->amount.minor);
    fq_json_write_member(buf, "currency", fq_str_of(row->amount.currency));
    fq_json_write_int(buf, "refunded_minor", row->refunded_minor);
    fq_json_write_int(buf, "instalments", row->instalments);
    fq_json_write_int(buf, "created_unix_ms", row->created_ms);
    fq_json_write_int(buf, "updated_unix_ms", row->updated_ms);
    fq_json_write_member(buf, "platform_ref", row->platform_ref);
    fq_control_write_flags(buf, row->flags);
    fq_buf_add_char(buf, '}');
}

/* `next` is where the page behind this one begins; 0: there is none. */
static void payments_listed(struct fq_read *read)
{
    struct payments *self = read->flow;
    struct fq_control *control = self->control;
    struct fq_buf *buf = &control->answer;
    if (read->result < 0) {
        fq_control_fault(control, "listing payments for the operator", read->trace);
        return;
    }
    fq_buf_add(buf, fq_lit("{\"payments\":["));
    for (uint32_t i = 0; i < read->n_rows; i++) {
        fq_buf_add(buf, i > 0 ? fq_lit(",") : fq_lit(""));
        payments_row(control, &read->listed[i]);
    }
    fq_buf_add_char(buf, ']');
    fq_json_write_int(buf, "next", read->listed_next);
    fq_buf_add_char(buf, '}');
    fq_control_done(control);
}

static uint32_t payments_state(struct fq_str name)
{
    for (uint32_t state = FQ_PAYMENT_OPEN; state <= FQ_PAYMENT_CLOSED; state++) {
        if (fq_str_equal(name, fq_str_of(fq_payment_state_name(state))))
            return state;
    }
    return 0;
}

/* Ids rise with time: moments become bounds of what is looked at. */
static bool payments_take(struct payments *self)
{
    const struct fq_json *asked = self->control->asked;
    struct fq_list *list = &self->list;
    int64_t since_ms = fq_json_get_number(asked, "since_unix_ms");
    int64_t until_ms = fq_json_get_number(asked, "until_unix_ms");
    int64_t from = fq_json_get_number(asked, "from");
    struct fq_str state = fq_json_get_text(asked, "state");
    *list = (struct fq_list){ .merchant_id = fq_json_get_text(asked, "merchant"),
                              .merchant_order_id = fq_json_get_text(asked, "order"),
                              .channel = fq_json_get_text(asked, "channel"),
                              .state = payments_state(state),
                              .seq_min = since_ms > 0 ? fq_sequence_at(since_ms) : 1,
                              .seq_max = until_ms > 0 ? fq_sequence_at(until_ms) - 1 : INT64_MAX };
    if (from > 0 && from < list->seq_max)
        list->seq_max = from;
    if (state.len > 0 && list->state == 0) {
        fq_control_refuse(self->control, 400, "STATE_UNKNOWN",
                          fq_lit("a payment's state is OPEN, PAID or CLOSED"), fq_lit(""));
        return false;
    }
    return true;
}

void fq_control_payments(struct fq_control *control)
{
    struct payments *self = fq_arena_alloc(control->visit->arena, sizeof(*self));
    int64_t n = fq_json_get_number(control->asked, "limit");
    fq_assert(self != NULL); /* the arena is new */
    self->control = control;
    if (!payments_take(self))
        return;
    self->read = (struct fq_read){ .arena = control->visit->arena,
                                   .kind = FQ_READ_LIST,
                                   .list = &self->list,
                                   .n_max = n > 0 && n < PAGE_MAX ? (uint32_t)n : PAGE_MAX,
                                   .done = payments_listed,
                                   .flow = self };
    control->flow->world->read(control->flow->world->ctx, &self->read);
}
