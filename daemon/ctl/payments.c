/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl payments show, payments list: what the ledger has of payments, of any merchant. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/ctl/said.h"

/* ---- payments show ---- */

static struct fq_str payment_state(struct ctl *ctl, const struct fq_json *object)
{
    return fq_arena_printf(
        ctl->arena, "%.*s%s", fq_str_arg(fq_json_get_text(object, "state")),
        fq_json_get_number(object, "operator_evidence") ? ", on the operator's evidence" : "");
}

static void payment_show_parts(struct ctl *ctl, const struct fq_json *payment)
{
    struct ctl_table table;
    const struct fq_json *attempts = fq_json_get(payment, "attempts");
    const struct fq_json *refunds = fq_json_get(payment, "refunds");
    const struct fq_json *one = attempts != NULL ? attempts->first : NULL;
    ctl_table_init(&table, ctl->arena, "lllrll", 0);
    if (one != NULL || (refunds != NULL && refunds->first != NULL))
        ctl_table_row(&table, fq_lit("part"), fq_lit("state"), fq_lit("number"), fq_lit("asked"),
                      fq_lit("unknown since"), fq_lit("its word"));
    for (; one != NULL; one = one->next)
        ctl_table_row(
            &table,
            fq_arena_printf(ctl->arena, "attempt %" PRId64, fq_json_get_number(one, "attempt")),
            payment_state(ctl, one), fq_json_get_text(one, "number"),
            ctl_said_number(ctl, one, "asked"), ctl_said_time(ctl, one, "unknown_since_unix_ms"),
            ctl_said_word(ctl, one));
    for (one = refunds != NULL ? refunds->first : NULL; one != NULL; one = one->next)
        ctl_table_row(&table,
                      fq_arena_printf(
                          ctl->arena, "%.*s  %.*s", fq_str_arg(fq_json_get_text(one, "id")),
                          fq_str_arg(ctl_minor_text(ctl, fq_json_get_number(one, "amount_minor")))),
                      payment_state(ctl, one), fq_json_get_text(one, "number"),
                      ctl_said_number(ctl, one, "asked"),
                      ctl_said_time(ctl, one, "unknown_since_unix_ms"), ctl_said_word(ctl, one));
    ctl_table_print(&table, stdout);
}

static struct fq_str payment_flags(struct ctl *ctl, const struct fq_json *payment)
{
    const struct fq_json *flags = fq_json_get(payment, "flags");
    struct fq_str text = { NULL, 0 };
    for (const struct fq_json *one = flags != NULL ? flags->first : NULL; one != NULL;
         one = one->next)
        text = fq_arena_printf(ctl->arena, "%.*s%s%.*s", fq_str_arg(text), text.len > 0 ? ", " : "",
                               fq_str_arg(one->text));
    return text;
}

void ctl_payment_show(struct ctl *ctl, const struct fq_json *payment)
{
    struct ctl_table table;
    struct fq_str flags = payment_flags(ctl, payment);
    ctl_table_init(&table, ctl->arena, "ll", 0);
    ctl_table_row(&table, fq_lit("payment"), fq_json_get_text(payment, "id"));
    ctl_table_row(&table, fq_lit("order"),
                  fq_arena_printf(ctl->arena, "%.*s of %.*s, by %.*s",
                                  fq_str_arg(fq_json_get_text(payment, "order")),
                                  fq_str_arg(fq_json_get_text(payment, "merchant")),
                                  fq_str_arg(fq_json_get_text(payment, "channel"))));
    ctl_table_row(&table, fq_lit("state"), payment_state(ctl, payment));
    ctl_table_row(&table, fq_lit("amount"), ctl_said_money(ctl, payment));
    if (flags.len > 0)
        ctl_table_row(&table, fq_lit("flags"), flags);
    ctl_table_row(&table, fq_lit("made"), ctl_said_time(ctl, payment, "created_unix_ms"));
    ctl_table_row(&table, fq_lit("expires"), ctl_said_time(ctl, payment, "expires_unix_ms"));
    if (fq_json_get_number(payment, "paid_unix_ms") > 0)
        ctl_table_row(&table, fq_lit("paid"), ctl_said_time(ctl, payment, "paid_unix_ms"));
    if (fq_json_get_number(payment, "closed_unix_ms") > 0)
        ctl_table_row(&table, fq_lit("closed"),
                      fq_arena_printf(ctl->arena, "%.*s, %.*s",
                                      fq_str_arg(ctl_said_time(ctl, payment, "closed_unix_ms")),
                                      fq_str_arg(fq_json_get_text(payment, "close_reason"))));
    if (fq_json_get_text(payment, "platform_ref").len > 0)
        ctl_table_row(&table, fq_lit("platform"), fq_json_get_text(payment, "platform_ref"));
    if (fq_json_get_number(payment, "refunded_minor") > 0)
        ctl_table_row(&table, fq_lit("refunded"),
                      ctl_minor_text(ctl, fq_json_get_number(payment, "refunded_minor")));
    ctl_table_print(&table, stdout);
    payment_show_parts(ctl, payment);
}

/* Ids go into a path. */
static bool payment_is_id(const char *id)
{
    return fq_str_is_word(fq_str_of(id), "-");
}

int ctl_payments_show(struct ctl *ctl)
{
    const struct fq_json *said = NULL;
    const char *id = ctl->arguments[0];
    if (!payment_is_id(id))
        return ctl_complain(CTL_USAGE, "fenqictl payments show ID");
    int status = ctl_control(ctl, "GET", fq_arena_printf(ctl->arena, "/v1/payments/%s", id).ptr,
                             fq_lit(""), &said);
    if (status == CTL_OK && !ctl_has(ctl, CTL_JSON))
        ctl_payment_show(ctl, said);
    return status;
}

/* ---- payments list ---- */

#define LIMIT         100
#define LIMIT_MAX     10000
#define PAGE_MAX      200 /* of one answer */
#define PAGE_SIZE_MAX ((size_t)8 << 20)
#define BODY_SIZE_MAX 8192

struct payments_list {
    struct ctl *ctl;
    int64_t since_ms, until_ms;
    int64_t from;   /* where the next page begins; 0: at the newest */
    int64_t n_left; /* that may still be listed */
    size_t n;
    struct ctl_table table;
    struct fq_buf json;
};

static int list_body(struct payments_list *list, struct fq_str *ret)
{
    static const struct {
        enum ctl_option option;
        const char *name;
    } filters[] = { { CTL_MERCHANT, "merchant" },
                    { CTL_ORDER, "order" },
                    { CTL_CHANNEL, "channel" },
                    { CTL_STATE, "state" } };
    const struct ctl *ctl = list->ctl;
    struct fq_buf buf;
    fq_buf_init(&buf, ctl->arena, BODY_SIZE_MAX);
    fq_buf_add_char(&buf, '{');
    for (size_t i = 0; i < fq_array_size(filters); i++) {
        if (ctl_has(ctl, filters[i].option))
            fq_json_write_member(&buf, filters[i].name, fq_str_of(ctl->values[filters[i].option]));
    }
    fq_json_write_int(&buf, "since_unix_ms", list->since_ms);
    fq_json_write_int(&buf, "until_unix_ms", list->until_ms);
    fq_json_write_int(&buf, "from", list->from);
    fq_json_write_int(&buf, "limit", list->n_left < PAGE_MAX ? list->n_left : PAGE_MAX);
    fq_buf_add_char(&buf, '}');
    return fq_buf_finish(&buf, ret) == 0 ? CTL_OK : ctl_complain(CTL_USAGE, "too long");
}

static void list_row(struct payments_list *list, const struct fq_json *row)
{
    struct ctl *ctl = list->ctl;
    struct fq_str flags = payment_flags(ctl, row);
    int64_t refunded = fq_json_get_number(row, "refunded_minor");
    struct fq_str money = ctl_said_money(ctl, row);
    if (ctl_has(ctl, CTL_JSON)) {
        fq_buf_add(&list->json, list->n > 0 ? fq_lit(",") : fq_lit(""));
        ctl_json_add_value(&list->json, row);
        return;
    }
    ctl_table_row(&list->table, ctl_said_time(ctl, row, "created_unix_ms"),
                  fq_json_get_text(row, "id"), fq_json_get_text(row, "merchant"),
                  fq_json_get_text(row, "order"), fq_json_get_text(row, "channel"), money,
                  refunded > 0 ? ctl_minor_text(ctl, refunded) : fq_lit(""),
                  fq_json_get_text(row, "state"), flags);
}

static int list_ask(struct payments_list *list)
{
    const struct fq_json *said = NULL;
    struct fq_str body = { NULL, 0 };
    int status = list_body(list, &body);
    if (status == CTL_OK)
        status = ctl_control_part(list->ctl, "POST", "/v1/payments", body, &said);
    if (status != CTL_OK)
        return status;
    const struct fq_json *rows = fq_json_get(said, "payments");
    for (const struct fq_json *row = rows != NULL ? rows->first : NULL; row != NULL;
         row = row->next) {
        list_row(list, row);
        list->n++;
        list->n_left--;
    }
    list->from = fq_json_get_number(said, "next");
    return CTL_OK;
}

/* There may be many pages: what one needs goes with it. */
static int list_page(struct payments_list *list)
{
    struct fq_arena *kept = list->ctl->arena;
    list->ctl->arena = fq_arena_new(PAGE_SIZE_MAX);
    int status = list_ask(list);
    fq_arena_free(list->ctl->arena);
    list->ctl->arena = kept;
    return status;
}

/* As fenqid writes it; what it does not know it refuses. */
static const char *list_state(const char *word)
{
    static const char *const states[] = { "OPEN", "PAID", "CLOSED" };
    for (size_t i = 0; i < fq_array_size(states); i++) {
        if (strcasecmp(word, states[i]) == 0)
            return states[i];
    }
    return word;
}

static int list_take(struct payments_list *list)
{
    struct ctl *ctl = list->ctl;
    int status = ctl_moment_read(ctl, CTL_SINCE, &list->since_ms);
    if (status == CTL_OK)
        status = ctl_moment_read(ctl, CTL_UNTIL, &list->until_ms);
    if (status == CTL_OK)
        status = ctl_number_read(ctl, CTL_LIMIT, 1, LIMIT_MAX, LIMIT, &list->n_left);
    if (status == CTL_OK)
        status = ctl_number_read(ctl, CTL_FROM, 1, INT64_MAX, 0, &list->from);
    if (status == CTL_OK && ctl_has(ctl, CTL_STATE))
        ctl->values[CTL_STATE] = list_state(ctl->values[CTL_STATE]);
    return status;
}

static void list_begin(struct payments_list *list)
{
    ctl_table_init(&list->table, list->ctl->arena, "lllllrrll", 0);
    ctl_table_row(&list->table, fq_lit("made (Beijing)"), fq_lit("payment"), fq_lit("merchant"),
                  fq_lit("order"), fq_lit("channel"), fq_lit("amount"), fq_lit("refunded"),
                  fq_lit("state"), fq_lit("flags"));
    fq_buf_init(&list->json, list->ctl->arena, (size_t)8 << 20);
    fq_buf_add(&list->json, fq_lit("{\"payments\":["));
}

static int list_end(struct payments_list *list)
{
    if (ctl_has(list->ctl, CTL_JSON)) {
        /* A text: many readers of JSON keep 53 bits of a number. */
        fq_buf_add(&list->json, fq_lit("],\"next\":\""));
        if (list->from > 0)
            fq_buf_printf(&list->json, "%" PRId64, list->from);
        fq_buf_add(&list->json, fq_lit("\"}"));
        return ctl_json_print(&list->json);
    }
    if (list->n > 0)
        ctl_table_print(&list->table, stdout);
    else
        (void)puts("no such payments");
    if (list->from > 0)
        (void)printf("there may be more: the same with --from %" PRId64 "\n", list->from);
    return CTL_OK;
}

int ctl_payments_list(struct ctl *ctl)
{
    struct payments_list list = { .ctl = ctl };
    int status = list_take(&list);
    list_begin(&list);
    do {
        if (status == CTL_OK)
            status = list_page(&list);
    } while (status == CTL_OK && list.from > 0 && list.n_left > 0);
    return status == CTL_OK ? list_end(&list) : status;
}
