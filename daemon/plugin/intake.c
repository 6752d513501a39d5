/* SPDX-License-Identifier: Apache-2.0 */
/* Copies an adapter's verdict and refuses what is out of form. */
#include "daemon/plugin/intake.h"

#include <string.h>

#include "daemon/core/money.h"
#include "daemon/core/verdict.h"

enum intake_form {
    INTAKE_BYTES, /* anything */
    INTAKE_TEXT,  /* UTF-8 without NUL */
    INTAKE_LINE,  /* printable UTF-8 on one line: it becomes part of a header */
    INTAKE_URL,   /* printable ASCII without spaces */
    INTAKE_TOKEN, /* the name of a header */
};

struct intake_slice {
    const char *name;
    size_t offset;
    size_t size_max;
    enum intake_form form;
};

#define SLICE(member, size_max, form)                                    \
    {                                                                    \
#        member, offsetof(struct fq_verdict, member), (size_max), (form) \
    }

/* message.body is not here: its limit depends on the call. */
static const struct intake_slice intake_slices[] = {
    SLICE(number, 64, INTAKE_LINE),
    SLICE(order_number, 64, INTAKE_LINE),
    SLICE(platform_ref, 128, INTAKE_LINE),
    SLICE(platform_code, 512, INTAKE_LINE),
    SLICE(platform_text, 512, INTAKE_TEXT),
    SLICE(proof, 512, INTAKE_LINE),
    SLICE(message.method, 16, INTAKE_LINE),
    SLICE(message.url, 16384, INTAKE_URL),
    SLICE(message.content_type, 256, INTAKE_LINE),
    SLICE(action_text, 16384, INTAKE_TEXT),
    SLICE(ack_content_type, 256, INTAKE_LINE),
    SLICE(ack_body, 16384, INTAKE_BYTES),
    SLICE(key_name, 128, INTAKE_LINE),
    SLICE(key_data, 65536, INTAKE_TEXT),
};

struct intake_list {
    const char *name;
    size_t offset;
    size_t n_max;
    size_t size_max; /* of all names and values together */
    enum intake_form name_form;
    enum intake_form value_form;
};

#define LIST(member, n_max, size_max, name_form, value_form)                            \
    {                                                                                   \
#        member, offsetof(struct fq_verdict, member), (n_max), (size_max), (name_form), \
            (value_form)                                                                \
    }

static const struct intake_list intake_lists[] = {
    LIST(memory, 64, FQ_MEMORY_SIZE_MAX, INTAKE_TEXT, INTAKE_TEXT),
    LIST(message.headers, 32, 16384, INTAKE_TOKEN, INTAKE_LINE),
    LIST(message.fields, 128, 65536, INTAKE_TEXT, INTAKE_TEXT),
};

/* ---- one slice ---- */

static bool intake_is_url(struct fq_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= ' ' || c >= 0x7f)
            return false;
    }
    return true;
}

static const char *intake_check_form(struct fq_str text, enum intake_form form)
{
    switch (form) {
    case INTAKE_BYTES:
        return NULL;
    case INTAKE_TEXT:
        return fq_str_is_utf8(text) ? NULL : " is not UTF-8 text";
    case INTAKE_LINE:
        return fq_str_is_line(text) && fq_str_is_utf8(text) ? NULL : " is not one line of text";
    case INTAKE_URL:
        return intake_is_url(text) ? NULL : " has a byte that no URL has";
    case INTAKE_TOKEN:
        return fq_str_is_word(text, "-_") ? NULL : " has a name that no header has";
    }
    return " is of no form";
}

static struct fq_str intake_reason(struct fq_arena *arena, const char *name, const char *text)
{
    struct fq_str reason = fq_arena_printf(arena, "verdict.%s%s", name, text);
    return reason.ptr != NULL ? reason : fq_lit("the call's memory is used up");
}

static struct fq_str intake_take_slice(struct fq_str *slice, const struct intake_slice *rule,
                                       struct fq_arena *arena)
{
    if (slice->len > rule->size_max)
        return intake_reason(arena, rule->name, " is too long");
    if (slice->ptr == NULL && slice->len > 0)
        return intake_reason(arena, rule->name, " has a length but no bytes");
    const char *refusal = intake_check_form(*slice, rule->form);
    if (refusal != NULL)
        return intake_reason(arena, rule->name, refusal);
    *slice = fq_arena_copy(arena, *slice);
    return (struct fq_str){ NULL, 0 };
}

/* ---- one list of pairs ---- */

static struct fq_str intake_take_pairs(struct fq_pairs *pairs, const struct intake_list *rule,
                                       struct fq_arena *arena)
{
    struct fq_str reason = { NULL, 0 };
    size_t size = 0;
    if (pairs->n_items > rule->n_max)
        return intake_reason(arena, rule->name, " has too many items");
    if (pairs->items == NULL && pairs->n_items > 0)
        return intake_reason(arena, rule->name, " has a length but no items");
    struct fq_pair *items = fq_arena_array(arena, pairs->n_items, sizeof(*items));
    for (size_t i = 0; items != NULL && i < pairs->n_items; i++) {
        const struct intake_slice name = { rule->name, 0, rule->size_max, rule->name_form };
        const struct intake_slice value = { rule->name, 0, rule->size_max, rule->value_form };
        items[i] = pairs->items[i];
        reason = intake_take_slice(&items[i].name, &name, arena);
        if (reason.len == 0)
            reason = intake_take_slice(&items[i].value, &value, arena);
        size += items[i].name.len + items[i].value.len;
        if (reason.len == 0 && size > rule->size_max)
            reason = intake_reason(arena, rule->name, " is too long");
        if (reason.len > 0)
            return reason;
    }
    pairs->items = items;
    return reason;
}

/* ---- numbers ---- */

static const char *intake_check_numbers(const struct fq_verdict *verdict)
{
    if (verdict->step > FQ_STEP_ASK)
        return "step is none";
    if (verdict->outcome > FQ_OUTCOME_NOT_FOUND)
        return "outcome is none";
    if (verdict->object > FQ_OBJECT_REFUND)
        return "object is none";
    if (verdict->identity > FQ_IDENTITY_UNKNOWN)
        return "identity is none";
    if (verdict->action > FQ_ACTION_APP_SDK)
        return "action is none";
    if (verdict->amount.currency[0] != '\0' && !fq_money_is_currency(verdict->amount.currency))
        return "amount.currency is not three capital letters";
    if (verdict->amount.exponent > 6)
        return "amount.exponent is out of range";
    return NULL;
}

/* ---- the lines of a statement ---- */

#define LINES_MAX            200000
#define LINE_STRUCT_SIZE_MIN sizeof(struct fq_statement_line) /* the first release's */

#define LINE_SLICE(member, size_max)                                                          \
    {                                                                                         \
        "lines." #member, offsetof(struct fq_statement_line, member), (size_max), INTAKE_LINE \
    }

static const struct intake_slice intake_line_slices[] = {
    LINE_SLICE(number, 64),
    LINE_SLICE(order_number, 64),
    LINE_SLICE(platform_ref, 128),
    LINE_SLICE(proof, 512),
};

static struct fq_str intake_take_line(const struct fq_statement_line *theirs,
                                      struct fq_arena *arena, struct fq_statement_line *ret)
{
    struct fq_str reason = { NULL, 0 };
    if (theirs == NULL || theirs->struct_size < LINE_STRUCT_SIZE_MIN)
        return intake_reason(arena, "lines", " has a line of no size");
    *ret = *theirs;
    ret->struct_size = sizeof(*ret);
    if (ret->object != FQ_OBJECT_PAYMENT && ret->object != FQ_OBJECT_REFUND)
        return intake_reason(arena, "lines.object", " is none");
    if (!fq_money_is_currency(ret->amount.currency) || ret->amount.exponent > 6)
        return intake_reason(arena, "lines.amount", " is none");
    for (size_t i = 0; reason.len == 0 && i < fq_array_size(intake_line_slices); i++) {
        void *slice = (char *)ret + intake_line_slices[i].offset;
        reason = intake_take_slice(slice, &intake_line_slices[i], arena);
    }
    return reason;
}

static struct fq_str intake_take_lines(struct fq_verdict *verdict, struct fq_arena *arena)
{
    struct fq_str reason = { NULL, 0 };
    if (verdict->n_lines > LINES_MAX || (verdict->lines == NULL && verdict->n_lines > 0))
        return intake_reason(arena, "lines", " has too many lines, or none where it says some");
    const struct fq_statement_line **lines =
        fq_arena_array(arena, verdict->n_lines, sizeof(const struct fq_statement_line *));
    for (size_t i = 0; lines != NULL && i < verdict->n_lines && reason.len == 0; i++) {
        struct fq_statement_line *line = fq_arena_alloc(arena, sizeof(*line));
        if (line == NULL)
            break;
        reason = intake_take_line(verdict->lines[i], arena, line);
        lines[i] = line;
    }
    verdict->lines = lines;
    return reason; /* a full arena is told of by the caller */
}

/* ---- the whole ---- */

static struct fq_str intake_take_slices(struct fq_verdict *verdict, size_t body_size_max,
                                        struct fq_arena *arena)
{
    const struct intake_slice body = { "message.body", 0, body_size_max, INTAKE_BYTES };
    struct fq_str reason = intake_take_slice(&verdict->message.body, &body, arena);
    for (size_t i = 0; reason.len == 0 && i < fq_array_size(intake_slices); i++) {
        const struct intake_slice *rule = &intake_slices[i];
        void *slice = (char *)verdict + rule->offset;
        reason = intake_take_slice(slice, rule, arena);
    }
    for (size_t i = 0; reason.len == 0 && i < fq_array_size(intake_lists); i++) {
        const struct intake_list *rule = &intake_lists[i];
        void *pairs = (char *)verdict + rule->offset;
        reason = intake_take_pairs(pairs, rule, arena);
    }
    if (reason.len == 0)
        reason = intake_take_lines(verdict, arena);
    return reason;
}

struct fq_str fq_intake_verdict(const struct fq_verdict *theirs, size_t body_size_max,
                                struct fq_arena *arena, struct fq_verdict *ret)
{
    struct fq_verdict verdict = *theirs;
    if (verdict.struct_size < FQ_INTAKE_VERDICT_SIZE_MIN || verdict.struct_size > sizeof(verdict))
        return intake_reason(arena, "struct_size", " was overwritten");
    if (verdict.struct_size < sizeof(verdict))
        memset((char *)&verdict + verdict.struct_size, 0, sizeof(verdict) - verdict.struct_size);
    verdict.struct_size = sizeof(verdict);
    verdict.message.struct_size = sizeof(verdict.message);
    const char *refusal = intake_check_numbers(&verdict);
    if (refusal != NULL)
        return intake_reason(arena, refusal, "");
    struct fq_str reason = intake_take_slices(&verdict, body_size_max, arena);
    if (reason.len > 0)
        return reason;
    if (fq_arena_is_full(arena))
        return fq_lit("the call's memory is used up");
    *ret = verdict;
    return reason;
}
