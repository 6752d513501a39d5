/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl unknown: what a person has to look at, whose fault it is, and what to type. */
#include "daemon/flow/control.h"

#define UNKNOWN_MAX 100

enum { UNKNOWN_ATTEMPT = 1, UNKNOWN_REFUND = 2, UNKNOWN_PAYMENT = 3 };

struct unknown {
    struct fq_control *control;
    struct fq_read read;
};

static bool unknown_has_company(const struct fq_read *read, const struct fq_unknown_row *row)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < read->n_rows; i++)
        n += read->unknown[i].seq == row->seq && read->unknown[i].kind == UNKNOWN_ATTEMPT;
    return n > 1;
}

/* The commands that follow, the milder first. */
static void unknown_next(const struct fq_read *read, const struct fq_unknown_row *row,
                         struct fq_str id, struct fq_buf *buf)
{
    static const char *const words[] = { "", "paid|unpaid", "refunded|not-refunded", "checked" };
    struct fq_arena *arena = buf->arena;
    bool is_one_of_several = row->kind == UNKNOWN_ATTEMPT && unknown_has_company(read, row);
    struct fq_str which = { NULL, 0 };
    if (is_one_of_several)
        which = fq_arena_printf(arena, " --attempt %u", row->n);
    fq_json_write_name(buf, "next");
    fq_buf_add_char(buf, '[');
    fq_json_write_text(buf, fq_arena_printf(arena, "fenqictl %s %.*s",
                                            row->kind == UNKNOWN_PAYMENT ? "why" : "retry",
                                            fq_str_arg(id)));
    fq_buf_add_char(buf, ',');
    fq_json_write_text(
        buf, fq_arena_printf(
                 arena, "fenqictl resolve %.*s --as %s%.*s --evidence FILE --by NAME --and NAME",
                 fq_str_arg(id), words[row->kind], fq_str_arg(which)));
    fq_buf_add_char(buf, ']');
}

static const char *unknown_state(const struct fq_unknown_row *row)
{
    return row->kind == UNKNOWN_ATTEMPT  ? fq_attempt_state_name(row->state)
           : row->kind == UNKNOWN_REFUND ? fq_refund_state_name(row->state)
                                         : fq_payment_state_name(row->state);
}

/* Nobody can be asked about a channel that is not configured. */
static void unknown_fault(const struct fq_control *control, const struct fq_unknown_row *row,
                          struct fq_buf *buf)
{
    const struct fq_channel *channel = fq_catalog_channel(control->visit->catalog, row->channel);
    bool is_paused = channel != NULL && fq_channel_pause_ms(control->flow, channel) > 0;
    fq_json_write_member(buf, "fault", channel == NULL ? fq_lit("ours") : fq_lit("theirs"));
    fq_json_write_member(buf, "why",
                         channel == NULL ? fq_lit("its channel is not configured any more")
                         : row->kind == UNKNOWN_PAYMENT
                             ? fq_lit("the platform contradicts what is known, or a refund that "
                                      "should be cannot be made")
                         : is_paused ? fq_lit("the platform does not answer at all")
                         : row->platform_code.len > 0
                             ? fq_lit("the platform answers, and does not say what became of it")
                             : fq_lit("the platform has said nothing that can be believed"));
}

static void unknown_row(const struct fq_control *control, const struct fq_read *read,
                        const struct fq_unknown_row *row, struct fq_buf *buf)
{
    static const char *const kinds[] = { "", "payment", "refund", "contradiction" };
    struct fq_str id = row->kind == UNKNOWN_REFUND
                           ? fq_id_refund(row->seq, row->secret, row->n, buf->arena)
                           : fq_id_payment(row->seq, row->secret, buf->arena);
    fq_buf_add_char(buf, '{');
    fq_json_write_member(buf, "id", id);
    fq_json_write_member(buf, "what", fq_str_of(kinds[row->kind]));
    fq_json_write_int(buf, "since_unix_ms", row->since_ms);
    fq_json_write_member(buf, "merchant", row->merchant_id);
    fq_json_write_member(buf, "order", row->merchant_order_id);
    fq_json_write_member(buf, "channel", row->channel);
    fq_json_write_int(buf, "attempt", row->kind == UNKNOWN_ATTEMPT ? row->n : 0);
    fq_json_write_member(buf, "number", row->number);
    fq_json_write_int(buf, "amount_minor", row->amount.minor);
    fq_json_write_member(buf, "currency", fq_str_of(row->amount.currency));
    fq_json_write_member(buf, "state", fq_str_of(unknown_state(row)));
    fq_json_write_int(buf, "deadline_unix_ms", row->deadline_ms);
    fq_json_write_int(buf, "asked", row->n_asked);
    fq_json_write_int(buf, "asked_again_unix_ms", row->due_ms);
    fq_json_write_member(buf, "platform_code", row->platform_code);
    fq_json_write_member(buf, "platform_text", row->platform_text);
    unknown_fault(control, row, buf);
    unknown_next(read, row, id, buf);
    fq_buf_add_char(buf, '}');
}

static void unknown_read(struct fq_read *read)
{
    struct fq_control *control = ((struct unknown *)read->flow)->control;
    struct fq_buf *buf = &control->answer;
    if (read->result < 0) {
        fq_control_fault(control, "reading what is unknown", read->trace);
        return;
    }
    fq_buf_add(buf, fq_lit("{\"unknown\":["));
    for (uint32_t i = 0; i < read->n_rows; i++) {
        fq_buf_add(buf, i > 0 ? fq_lit(",") : fq_lit(""));
        unknown_row(control, read, &read->unknown[i], buf);
    }
    fq_buf_add_char(buf, ']');
    fq_json_write_bool(buf, "are_more", read->n_rows == UNKNOWN_MAX);
    fq_buf_add_char(buf, '}');
    fq_control_done(control);
}

void fq_control_unknown(struct fq_control *control)
{
    const struct fq_world *world = control->flow->world;
    struct unknown *unknown = fq_arena_alloc(control->visit->arena, sizeof(*unknown));
    fq_assert(unknown != NULL); /* the arena is new */
    unknown->control = control;
    unknown->read = (struct fq_read){ .arena = control->visit->arena,
                                      .kind = FQ_READ_UNKNOWN,
                                      .n_max = UNKNOWN_MAX,
                                      .done = unknown_read,
                                      .flow = unknown };
    world->read(world->ctx, &unknown->read);
}
