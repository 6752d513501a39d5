/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl journal: every move of a payment with its evidence, and whether the chain holds. */
#include "daemon/ctl/journal.h"

#include <inttypes.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/core/id.h"
#include "daemon/core/ledger.h"
#include "daemon/crypto/crypto.h"
#include "daemon/store/store.h"
#include "daemon/store/write.h"

#define DEFAULT_CONF      "/etc/fenqid/fenqid.conf"
#define ENTRIES_PER_READ  100
#define DIGEST_CHARS      8
#define ENTRIES_PRINT_MAX 10000

/* ---- which payment, in which store ---- */

struct fq_conf *ctl_conf_load(struct ctl *ctl)
{
    struct fq_conf *conf = NULL;
    FQ_CLEANUP(fq_conf_errors) *errors = NULL;
    const char *path = ctl_has(ctl, CTL_CONFIG) ? ctl->values[CTL_CONFIG] : DEFAULT_CONF;
    int r = fq_conf_load(path, &conf, &errors);
    for (size_t i = 0; r == FQ_CONF_E_INVALID && i < errors->n; i++)
        (void)ctl_complain(CTL_USAGE, "%.*s", fq_str_arg(errors->lines[i]));
    if (r == FQ_CONF_E_INVALID && !ctl_has(ctl, CTL_CONTROL))
        (void)fputs("  next   fenqid runs with what it read before: --control PATH asks it without "
                    "this file\n",
                    stderr);
    if (r < 0)
        (void)ctl_complain(CTL_USAGE, "%s", fq_trace());
    return r == 0 ? conf : NULL;
}

int ctl_store_path(struct ctl *ctl, struct fq_str *ret)
{
    *ret = fq_str_of(ctl->values[CTL_STORE]);
    if (ret->ptr != NULL)
        return CTL_OK;
    FQ_CLEANUP(fq_conf) *conf = ctl_conf_load(ctl);
    if (conf == NULL)
        return CTL_USAGE;
    *ret = fq_arena_copy(ctl->arena, conf->store_path);
    return CTL_OK;
}

static int journal_find(struct ctl_journal *journal, const char *payment_id)
{
    unsigned char secret[FQ_SECRET_SIZE];
    struct fq_read read = { .arena = journal->ctl->arena, .kind = FQ_READ_PAYMENT };
    if (fq_id_parse_payment(fq_str_of(payment_id), &read.seq, secret) != 0)
        return ctl_complain(CTL_USAGE, "%s: not a payment's id", payment_id);
    if (fq_store_view_read(journal->view, &read) < 0)
        return ctl_complain(CTL_REFUSED, "%s", read.trace);
    if (read.ledger == NULL || memcmp(read.ledger->payment.secret, secret, FQ_SECRET_SIZE) != 0)
        return ctl_complain(CTL_REFUSED, "%s: no such payment in this store", payment_id);
    journal->ledger = read.ledger;
    return CTL_OK;
}

int ctl_journal_view(struct ctl *ctl, struct ctl_journal *ret)
{
    struct fq_str path;
    *ret = (struct ctl_journal){ .ctl = ctl };
    int status = ctl_store_path(ctl, &path);
    if (status != CTL_OK)
        return status;
    int r = fq_store_view_open(path.ptr, &ret->view);
    if (r == FQ_STORE_E_NEWER)
        return ctl_complain(CTL_REFUSED, "%s: written by a newer fenqid", path.ptr);
    if (r < 0)
        return ctl_complain(CTL_REFUSED, "%s: %s", path.ptr, fq_trace());
    return CTL_OK;
}

int ctl_journal_load(struct ctl_journal *journal, int64_t seq)
{
    struct fq_read read = { .arena = journal->ctl->arena, .kind = FQ_READ_PAYMENT, .seq = seq };
    if (fq_store_view_read(journal->view, &read) < 0)
        return ctl_complain(CTL_REFUSED, "%s", read.trace);
    if (read.ledger == NULL)
        return ctl_complain(CTL_REFUSED, "no such payment in this store");
    *journal =
        (struct ctl_journal){ .ctl = journal->ctl, .view = journal->view, .ledger = read.ledger };
    return CTL_OK;
}

int ctl_journal_open(struct ctl *ctl, const char *payment_id, struct ctl_journal *ret)
{
    int status = ctl_journal_view(ctl, ret);
    return status == CTL_OK ? journal_find(ret, payment_id) : status;
}

void ctl_journal_close(struct ctl_journal *journal)
{
    fq_store_view_free(FQ_TAKE(journal->view));
}

/* ---- the walk ---- */

static void journal_check(struct ctl_journal *journal, const struct fq_journal_row *row)
{
    unsigned char hash[FQ_DIGEST_SIZE];
    fq_write_journal_hash(fq_sha256_of2, journal->head, row->body, hash);
    if (journal->broken == 0 &&
        (row->n != journal->n_entries + 1 || memcmp(hash, row->hash, FQ_DIGEST_SIZE) != 0))
        journal->broken = journal->n_entries + 1;
    if (journal->broken == 0)
        journal->n_entries++;
    memcpy(journal->head, row->hash, FQ_DIGEST_SIZE);
}

/* Up to the head that was read with the payment: what a running daemon adds meanwhile is left out.
 */
int ctl_journal_walk(struct ctl_journal *journal,
                     void (*on_entry)(void *ctx, const struct fq_journal_row *row,
                                      struct fq_pairs facts),
                     void *ctx)
{
    const struct fq_payment *payment = &journal->ledger->payment;
    int64_t last = 0;
    while (last < payment->n_journal && last < ENTRIES_PRINT_MAX) {
        struct fq_read read = { .arena = journal->ctl->arena,
                                .kind = FQ_READ_JOURNAL,
                                .seq = payment->seq,
                                .from = last + 1,
                                .n_max = ENTRIES_PER_READ };
        if (fq_store_view_read(journal->view, &read) < 0)
            return ctl_complain(CTL_REFUSED, "%s", read.trace);
        for (uint32_t i = 0; i < read.n_rows && read.journal[i].n <= payment->n_journal; i++) {
            struct fq_pairs facts = { NULL, 0 };
            journal_check(journal, &read.journal[i]);
            if (fq_facts_read(read.journal[i].body, journal->ctl->arena, &facts) != 0)
                facts = (struct fq_pairs){ NULL, 0 };
            on_entry(ctx, &read.journal[i], facts);
            last = read.journal[i].n;
        }
        if (read.n_rows == 0)
            break;
    }
    if (journal->broken == 0 && (journal->n_entries != payment->n_journal ||
                                 memcmp(journal->head, payment->journal_head, FQ_DIGEST_SIZE) != 0))
        journal->broken = journal->n_entries + 1;
    return CTL_OK;
}

int ctl_journal_end(const struct ctl_journal *journal)
{
    if (journal->broken == 0)
        return CTL_OK;
    return ctl_complain(CTL_UNPROVEN,
                        "chain: BROKEN at entry %" PRId64 " of %" PRId64
                        ": it was changed, or one is missing",
                        journal->broken, journal->ledger->payment.n_journal);
}

/* ---- fenqictl journal ---- */

struct journal {
    struct ctl_journal base;
    struct ctl_table table;
    struct fq_buf json;
};

static struct fq_str journal_short(struct fq_pairs facts, const char *name)
{
    return fq_str_sub(fq_facts_get(facts, name), 0, DIGEST_CHARS);
}

static void journal_show(struct journal *journal, const struct fq_journal_row *row,
                         struct fq_pairs facts)
{
    struct ctl *ctl = journal->base.ctl;
    struct fq_arena *arena = ctl->arena;
    struct fq_str number = fq_facts_get(facts, "n");
    struct fq_str key = fq_facts_get(facts, "key");
    struct fq_str proof = fq_facts_get(facts, "proof");
    struct fq_str code = fq_facts_get(facts, "code");
    struct fq_str by = fq_facts_get(facts, "by");
    struct fq_str digest = journal_short(facts, "sha256");
    if (by.len > 0)
        key = fq_arena_printf(arena, "%.*s and %.*s", fq_str_arg(by),
                              fq_str_arg(fq_facts_get(facts, "and")));
    ctl_table_row(&journal->table, fq_arena_printf(arena, "%" PRId64, row->n),
                  ctl_time_text(ctl, row->at_ms),
                  fq_arena_printf(arena, "%.*s%s%.*s", fq_str_arg(fq_facts_get(facts, "object")),
                                  number.len > 0 ? " " : "", fq_str_arg(number)),
                  fq_facts_get(facts, "move"), fq_facts_get(facts, "evidence"),
                  fq_arena_printf(arena, "%.*s%s%.*s", fq_str_arg(proof),
                                  proof.len > 0 && code.len > 0 ? ", " : "", fq_str_arg(code)),
                  key, digest);
}

static void journal_add_json(struct journal *journal, const struct fq_journal_row *row,
                             struct fq_pairs facts)
{
    char hash[2 * FQ_DIGEST_SIZE + 1];
    fq_hex(row->hash, FQ_DIGEST_SIZE, hash);
    fq_buf_printf(&journal->json,
                  "%s{\"number\":%" PRId64 ",\"at_unix_ms\":%" PRId64 ",\"hash\":\"%s\","
                  "\"body\":{",
                  row->n > 1 ? "," : "", row->n, row->at_ms, hash);
    for (size_t i = 0; i < facts.n_items; i++)
        ctl_json_add_member(&journal->json, facts.items[i].name, facts.items[i].value);
    fq_buf_add(&journal->json, fq_lit("}}"));
}

static void journal_entry(void *ctx, const struct fq_journal_row *row, struct fq_pairs facts)
{
    struct journal *journal = ctx;
    if (ctl_has(journal->base.ctl, CTL_JSON))
        journal_add_json(journal, row, facts);
    else
        journal_show(journal, row, facts);
}

static int journal_finish(struct journal *journal)
{
    const struct ctl_journal *base = &journal->base;
    if (ctl_has(base->ctl, CTL_JSON)) {
        fq_buf_printf(&journal->json, "],\"intact\":%s,\"first_broken\":%" PRId64 "}",
                      base->broken == 0 ? "true" : "false", base->broken);
        (void)ctl_json_print(&journal->json);
    } else {
        ctl_table_print(&journal->table, stdout);
    }
    int status = ctl_journal_end(base);
    if (status == CTL_OK && !ctl_has(base->ctl, CTL_JSON))
        (void)printf("chain: %" PRId64 " entries, intact\n", base->n_entries);
    return status;
}

static void journal_begin(struct journal *journal)
{
    const struct fq_payment *payment = &journal->base.ledger->payment;
    struct ctl *ctl = journal->base.ctl;
    const char *state = fq_payment_state_name(payment->state);
    fq_buf_init(&journal->json, ctl->arena, (size_t)8 << 20);
    fq_buf_printf(&journal->json, "{\"payment_id\":\"%s\",\"state\":\"%s\",\"entries\":[",
                  ctl->arguments[0], state);
    ctl_table_init(&journal->table, ctl->arena, "rlllllll", 0);
    if (ctl_has(ctl, CTL_JSON))
        return;
    (void)printf(
        "%s  order %.*s  %.*s %s  %s\n", ctl->arguments[0], fq_str_arg(payment->merchant_order_id),
        fq_str_arg(ctl_minor_text(ctl, payment->amount.minor)), payment->amount.currency, state);
    ctl_table_row(&journal->table, fq_lit("no."), fq_lit("when (Beijing)"), fq_lit("of"),
                  fq_lit("move"), fq_lit("on the word of"), fq_lit("which says"),
                  fq_lit("verified by"), fq_lit("sha-256"));
}

int ctl_journal(struct ctl *ctl)
{
    struct journal journal = { 0 };
    int status = ctl_journal_open(ctl, ctl->arguments[0], &journal.base);
    if (status == CTL_OK) {
        journal_begin(&journal);
        status = ctl_journal_walk(&journal.base, journal_entry, &journal);
    }
    if (status == CTL_OK)
        status = journal_finish(&journal);
    ctl_journal_close(&journal.base);
    return status;
}
