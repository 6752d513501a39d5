/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl journal export, journal verify: the evidence of payments as lines of JSON, each with the
 * very bytes that were hashed, so that anybody can compute the chain anew. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/json.h"
#include "daemon/core/id.h"
#include "daemon/core/ledger.h"
#include "daemon/crypto/crypto.h"
#include "daemon/ctl/journal.h"
#include "daemon/store/store.h"
#include "daemon/store/write.h"

#define PAGE_MAX         200
#define PAYMENT_SIZE_MAX ((size_t)16 << 20)
#define LINE_SIZE_MAX    ((size_t)1 << 20)

/* ---- export ---- */

struct export
{
    struct ctl_journal base;
    struct fq_str id;
    int64_t n_payments, n_entries, n_broken;
};

static void export_line(struct export *self, struct fq_buf *buf)
{
    fq_buf_add_char(buf, '}');
    if (ctl_json_print(buf) != CTL_OK)
        self->n_broken++;
}

/* The line of the payment itself, before those of its entries: where its chain must end. */
static void export_payment(struct export *self)
{
    const struct fq_payment *payment = &self->base.ledger->payment;
    char head[2 * FQ_DIGEST_SIZE + 1];
    struct fq_buf buf;
    fq_buf_init(&buf, self->base.ctl->arena, LINE_SIZE_MAX);
    fq_hex(payment->journal_head, FQ_DIGEST_SIZE, head);
    fq_buf_add_char(&buf, '{');
    fq_json_write_member(&buf, "payment", self->id);
    fq_json_write_member(&buf, "merchant", payment->merchant_id);
    fq_json_write_member(&buf, "order", payment->merchant_order_id);
    fq_json_write_member(&buf, "channel", payment->channel);
    fq_json_write_int(&buf, "amount_minor", payment->amount.minor);
    fq_json_write_member(&buf, "currency", fq_str_of(payment->amount.currency));
    fq_json_write_member(&buf, "state", fq_str_of(fq_payment_state_name(payment->state)));
    fq_json_write_int(&buf, "version", payment->version);
    fq_json_write_int(&buf, "entries", payment->n_journal);
    fq_json_write_member(&buf, "head", fq_str_of(head));
    export_line(self, &buf);
}

static void export_entry(void *ctx, const struct fq_journal_row *row, struct fq_pairs facts)
{
    struct export *self = ctx;
    struct fq_arena *arena = self->base.ctl->arena;
    char hash[2 * FQ_DIGEST_SIZE + 1];
    struct fq_buf buf;
    fq_buf_init(&buf, arena, LINE_SIZE_MAX);
    fq_hex(row->hash, FQ_DIGEST_SIZE, hash);
    fq_buf_add_char(&buf, '{');
    fq_json_write_member(&buf, "of", self->id);
    fq_json_write_int(&buf, "entry", row->n);
    fq_json_write_int(&buf, "at_unix_ms", row->at_ms);
    fq_json_write_name(&buf, "says");
    fq_buf_add_char(&buf, '{');
    for (size_t i = 0; i < facts.n_items; i++)
        ctl_json_add_member(&buf, facts.items[i].name, facts.items[i].value);
    fq_buf_add_char(&buf, '}');
    fq_json_write_member(&buf, "body", fq_base64_encode(row->body, arena));
    fq_json_write_member(&buf, "hash", fq_str_of(hash));
    export_line(self, &buf);
    self->n_entries++;
}

/* One payment at a time is in memory. */
static int export_one(struct export *self, int64_t seq)
{
    struct ctl *ctl = self->base.ctl;
    struct fq_arena *kept = ctl->arena;
    ctl->arena = fq_arena_new(PAYMENT_SIZE_MAX);
    int status = ctl_journal_load(&self->base, seq);
    if (status == CTL_OK) {
        const struct fq_payment *payment = &self->base.ledger->payment;
        self->id = fq_id_payment(payment->seq, payment->secret, ctl->arena);
        self->n_payments++;
        export_payment(self);
        status = ctl_journal_walk(&self->base, export_entry, self);
        self->n_broken += self->base.broken != 0;
    }
    fq_arena_free(ctl->arena);
    ctl->arena = kept;
    return status;
}

static int export_page(struct export *self, struct fq_list *list)
{
    struct fq_arena *arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
    struct fq_read read = { .arena = arena, .kind = FQ_READ_LIST, .list = list, .n_max = PAGE_MAX };
    int status = CTL_OK;
    if (fq_store_view_read(self->base.view, &read) < 0)
        status = ctl_complain(CTL_REFUSED, "%s", read.trace);
    for (uint32_t i = 0; status == CTL_OK && i < read.n_rows; i++)
        status = export_one(self, read.listed[i].seq);
    list->seq_max = read.listed_next;
    fq_arena_free(arena);
    return status;
}

static int export_range(struct export *self)
{
    struct ctl *ctl = self->base.ctl;
    int64_t since_ms = 0, until_ms = 0;
    int status = ctl_moment_read(ctl, CTL_SINCE, &since_ms);
    if (status == CTL_OK)
        status = ctl_moment_read(ctl, CTL_UNTIL, &until_ms);
    struct fq_list list = { .merchant_id = fq_str_of(ctl->values[CTL_MERCHANT]),
                            .seq_min = since_ms > 0 ? fq_sequence_at(since_ms) : 1,
                            .seq_max = until_ms > 0 ? fq_sequence_at(until_ms) - 1 : INT64_MAX };
    while (status == CTL_OK && list.seq_max > 0)
        status = export_page(self, &list);
    return status;
}

static int export_named(struct export *self, const char *id)
{
    int64_t seq = 0;
    unsigned char secret[FQ_SECRET_SIZE];
    if (fq_id_parse_payment(fq_str_of(id), &seq, secret) != 0)
        return ctl_complain(CTL_USAGE, "%s: not a payment's id", id);
    int status = ctl_journal_load(&self->base, seq);
    if (status == CTL_OK && memcmp(self->base.ledger->payment.secret, secret, sizeof(secret)) != 0)
        status = ctl_complain(CTL_REFUSED, "%s: no such payment in this store", id);
    return status == CTL_OK ? export_one(self, seq) : status;
}

int ctl_journal_export(struct ctl *ctl)
{
    struct export self = { .id = { NULL, 0 } };
    if (ctl->n_arguments == 0 && !ctl_has(ctl, CTL_SINCE))
        return ctl_complain(CTL_USAGE, "which? a payment's id, or --since TIME");
    int status = ctl_journal_view(ctl, &self.base);
    if (status == CTL_OK)
        status =
            ctl->n_arguments > 0 ? export_named(&self, ctl->arguments[0]) : export_range(&self);
    ctl_journal_close(&self.base);
    if (status == CTL_OK && self.n_broken > 0)
        return ctl_complain(CTL_UNPROVEN, "%" PRId64 " of %" PRId64 " chains are BROKEN",
                            self.n_broken, self.n_payments);
    if (status == CTL_OK)
        (void)fprintf(stderr, "%" PRId64 " payments, %" PRId64 " entries, all chains intact\n",
                      self.n_payments, self.n_entries);
    return status;
}

/* ---- verify ---- */

struct verify {
    struct ctl *ctl;
    FILE *file;
    int64_t line;
    struct fq_str id; /* of the payment whose entries come */
    char expected[2 * FQ_DIGEST_SIZE + 1];
    unsigned char head[FQ_DIGEST_SIZE];
    int64_t n_left; /* entries of it that must still come */
    int64_t n_entry;
    int64_t n_payments, n_entries;
};

static int verify_broken(const struct verify *self, const char *why)
{
    return ctl_complain(CTL_UNPROVEN, "line %" PRId64 ": %s", self->line, why);
}

/* Has the chain of the payment before ended where it must? */
static int verify_end(const struct verify *self)
{
    char head[2 * FQ_DIGEST_SIZE + 1];
    if (self->id.len == 0)
        return CTL_OK;
    fq_hex(self->head, FQ_DIGEST_SIZE, head);
    if (self->n_left != 0)
        return verify_broken(self, "entries are missing before it");
    if (self->n_entry > 0 && strcmp(head, self->expected) != 0)
        return verify_broken(self, "the chain before it does not end at its head");
    return CTL_OK;
}

static int verify_payment(struct verify *self, const struct fq_json *json)
{
    int status = verify_end(self);
    struct fq_str head = fq_json_get_text(json, "head");
    if (status != CTL_OK)
        return status;
    if (head.len != sizeof(self->expected) - 1)
        return verify_broken(self, "a payment without its head");
    self->id = fq_arena_copy(self->ctl->arena, fq_json_get_text(json, "payment"));
    memcpy(self->expected, head.ptr, head.len);
    memset(self->head, 0, sizeof(self->head));
    self->n_left = fq_json_get_number(json, "entries");
    self->n_entry = 0;
    self->n_payments++;
    return CTL_OK;
}

static int verify_entry(struct verify *self, const struct fq_json *json, struct fq_arena *arena)
{
    char hash[2 * FQ_DIGEST_SIZE + 1];
    struct fq_str body = { NULL, 0 };
    if (!fq_str_equal(fq_json_get_text(json, "of"), self->id) || self->id.len == 0 ||
        fq_json_get_number(json, "entry") != self->n_entry + 1)
        return verify_broken(self, "an entry out of its place");
    if (fq_base64_decode(fq_json_get_text(json, "body"), false, arena, &body) != 0)
        return verify_broken(self, "a body that is not base64");
    fq_write_journal_hash(fq_sha256_of2, self->head, body, self->head);
    fq_hex(self->head, FQ_DIGEST_SIZE, hash);
    if (!fq_str_equal(fq_json_get_text(json, "hash"), fq_str_of(hash)))
        return verify_broken(self, "BROKEN: this entry, or one before it, was changed");
    self->n_entry++;
    self->n_entries++;
    self->n_left--;
    return CTL_OK;
}

static int verify_line(struct verify *self, struct fq_str text)
{
    struct fq_arena *arena = fq_arena_new(4 * LINE_SIZE_MAX);
    const struct fq_json *json = NULL;
    int status = CTL_OK;
    self->line++;
    if (fq_json_read(text, arena, &json) != 0)
        status = verify_broken(self, "no line of an export");
    else if (fq_json_get(json, "payment") != NULL)
        status = verify_payment(self, json);
    else
        status = verify_entry(self, json, arena);
    fq_arena_free(arena);
    return status;
}

int ctl_journal_verify(struct ctl *ctl)
{
    const char *path = ctl->arguments[0];
    struct verify self = { .ctl = ctl, .file = fopen(path, "re") };
    char *line = NULL;
    size_t room = 0;
    int status = CTL_OK;
    if (self.file == NULL)
        return ctl_complain(CTL_USAGE, "%s: %s", path, strerrordesc_np(errno));
    for (ssize_t n; status == CTL_OK && (n = getline(&line, &room, self.file)) > 0;)
        status = verify_line(&self, (struct fq_str){ line, (size_t)n - (line[n - 1] == '\n') });
    free(line);
    (void)fclose(self.file);
    if (status == CTL_OK)
        status = verify_end(&self);
    if (status == CTL_OK)
        (void)printf(ctl_has(ctl, CTL_JSON)
                         ? "{\"payments\":%" PRId64 ",\"entries\":%" PRId64 ",\"intact\":true}\n"
                         : "%" PRId64 " payments, %" PRId64 " entries, all chains intact\n",
                     self.n_payments, self.n_entries);
    return status;
}
