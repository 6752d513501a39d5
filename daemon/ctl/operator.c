/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl status, unknown, payments, retry, resolve: what an operator asks a running fenqid. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/json.h"
#include "daemon/crypto/crypto.h"
#include "daemon/ctl/ctl.h"

#define BODY_SIZE_MAX 8192

/* ---- words ---- */

static struct fq_str operator_time(struct ctl *ctl, const struct fq_json *object, const char *name)
{
    return ctl_time_text(ctl, fq_json_get_number(object, name));
}

static struct fq_str operator_money(struct ctl *ctl, const struct fq_json *object)
{
    return fq_arena_printf(
        ctl->arena, "%.*s %.*s",
        fq_str_arg(ctl_minor_text(ctl, fq_json_get_number(object, "amount_minor"))),
        fq_str_arg(fq_json_get_text(object, "currency")));
}

/* "3 d 04:10", "04:10:59" */
static struct fq_str operator_span(struct ctl *ctl, int64_t ms)
{
    int64_t s = ms > 0 ? ms / 1000 : 0;
    if (s >= 86400)
        return fq_arena_printf(ctl->arena, "%" PRId64 " d %02" PRId64 ":%02" PRId64, s / 86400,
                               s / 3600 % 24, s / 60 % 60);
    return fq_arena_printf(ctl->arena, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, s / 3600,
                           s / 60 % 60, s % 60);
}

/* What the platform said last. */
static struct fq_str operator_word(struct ctl *ctl, const struct fq_json *object)
{
    struct fq_str code = fq_json_get_text(object, "platform_code");
    if (code.len == 0)
        return fq_lit("nothing");
    return fq_arena_printf(ctl->arena, "%.*s %.*s", fq_str_arg(code),
                           fq_str_arg(fq_json_get_text(object, "platform_text")));
}

static struct fq_str operator_number(struct ctl *ctl, const struct fq_json *object,
                                     const char *name)
{
    return fq_arena_printf(ctl->arena, "%" PRId64, fq_json_get_number(object, name));
}

/* ---- status ---- */

static void status_show_channels(struct ctl *ctl, const struct fq_json *status)
{
    struct ctl_table table;
    ctl_table_init(&table, ctl->arena, "lllrrl", 0);
    ctl_table_row(&table, fq_lit("channel"), fq_lit("state"), fq_lit("last answer"),
                  fq_lit("calls"), fq_lit("failures"), fq_lit("last failure"));
    const struct fq_json *channels = fq_json_get(status, "channels");
    for (const struct fq_json *one = channels != NULL ? channels->first : NULL; one != NULL;
         one = one->next) {
        struct fq_str state = fq_json_get_text(one, "state");
        int64_t pause_ms = fq_json_get_number(one, "pause_ms");
        if (pause_ms > 0)
            state = fq_arena_printf(ctl->arena, "%.*s, %" PRId64 " s left", fq_str_arg(state),
                                    (pause_ms + 999) / 1000);
        ctl_table_row(&table, fq_json_get_text(one, "channel"), state,
                      operator_time(ctl, one, "last_success_unix_ms"),
                      fq_arena_printf(ctl->arena, "%" PRId64 "/%" PRId64,
                                      fq_json_get_number(one, "calls"),
                                      fq_json_get_number(one, "calls_max")),
                      operator_number(ctl, one, "failures_in_a_row"),
                      operator_time(ctl, one, "last_failure_unix_ms"));
    }
    ctl_table_print(&table, stdout);
}

static struct fq_str status_unknown(struct ctl *ctl, const struct fq_json *status)
{
    int64_t n = fq_json_get_number(status, "unknown");
    if (n == 0)
        return fq_lit("nothing");
    return fq_arena_printf(ctl->arena, "%" PRId64 "%s, the oldest since %.*s: fenqictl unknown", n,
                           fq_json_get_number(status, "unknown_are_more") ? " or more" : "",
                           fq_str_arg(operator_time(ctl, status, "oldest_unknown_unix_ms")));
}

static struct fq_str status_waiting(struct ctl *ctl, const struct fq_json *status)
{
    int64_t n_due = fq_json_get_number(status, "due");
    int64_t now_ms = fq_json_get_number(status, "now_unix_ms");
    int64_t due_ms = fq_json_get_number(status, "earliest_due_unix_ms");
    struct fq_str late = fq_lit("");
    if (n_due > 0)
        late = fq_arena_printf(ctl->arena, ", late by %.*s",
                               fq_str_arg(operator_span(ctl, now_ms - due_ms)));
    return fq_arena_printf(ctl->arena, "%" PRId64 ", %" PRId64 " of them due now%.*s",
                           fq_json_get_number(status, "waiting"), n_due, fq_str_arg(late));
}

static struct fq_str status_size(struct ctl *ctl, const struct fq_json *status)
{
    int64_t kib = (fq_json_get_number(status, "store_bytes") + 1023) / 1024;
    if (kib < 10240)
        return fq_arena_printf(ctl->arena, "%" PRId64 " KiB", kib);
    return fq_arena_printf(ctl->arena, "%" PRId64 " MiB", kib / 1024);
}

int ctl_status(struct ctl *ctl)
{
    const struct fq_json *said = NULL;
    struct ctl_table table;
    int status = ctl_control(ctl, "GET", "/v1/status", fq_lit(""), &said);
    if (status != CTL_OK || ctl_has(ctl, CTL_JSON))
        return status;
    int64_t up_ms =
        fq_json_get_number(said, "now_unix_ms") - fq_json_get_number(said, "started_unix_ms");
    ctl_table_init(&table, ctl->arena, "ll", 0);
    ctl_table_row(&table, fq_lit("fenqid"),
                  fq_arena_printf(ctl->arena, "%.*s, instance %.*s%s",
                                  fq_str_arg(fq_json_get_text(said, "version")),
                                  fq_str_arg(fq_json_get_text(said, "instance")),
                                  fq_json_get_number(said, "stopping") ? ", STOPPING" : ""));
    ctl_table_row(&table, fq_lit("up"),
                  fq_arena_printf(ctl->arena, "%.*s, since %.*s",
                                  fq_str_arg(operator_span(ctl, up_ms)),
                                  fq_str_arg(operator_time(ctl, said, "started_unix_ms"))));
    ctl_table_row(&table, fq_lit("requests"),
                  fq_arena_printf(ctl->arena, "%" PRId64 " in flight, %" PRId64 " things under way",
                                  fq_json_get_number(said, "requests_in_flight"),
                                  fq_json_get_number(said, "running")));
    ctl_table_row(&table, fq_lit("waiting"), status_waiting(ctl, said));
    ctl_table_row(&table, fq_lit("unknown"), status_unknown(ctl, said));
    ctl_table_row(&table, fq_lit("ledger"), status_size(ctl, said));
    ctl_table_print(&table, stdout);
    (void)putchar('\n');
    status_show_channels(ctl, said);
    return CTL_OK;
}

/* ---- unknown ---- */

static void unknown_show(struct ctl *ctl, const struct fq_json *row)
{
    struct ctl_table table;
    bool is_contradiction = fq_str_equal(fq_json_get_text(row, "what"), fq_lit("contradiction"));
    ctl_table_init(&table, ctl->arena, "ll", 2);
    (void)printf("%.*s  %.*s  %.*s\n", fq_str_arg(fq_json_get_text(row, "id")),
                 fq_str_arg(operator_money(ctl, row)), fq_str_arg(fq_json_get_text(row, "state")));
    ctl_table_row(&table, fq_lit("since"), operator_time(ctl, row, "since_unix_ms"));
    ctl_table_row(&table, fq_lit("order"),
                  fq_arena_printf(ctl->arena, "%.*s of %.*s, by %.*s",
                                  fq_str_arg(fq_json_get_text(row, "order")),
                                  fq_str_arg(fq_json_get_text(row, "merchant")),
                                  fq_str_arg(fq_json_get_text(row, "channel"))));
    ctl_table_row(&table, fq_lit("why"),
                  fq_arena_printf(ctl->arena, "%.*s (fault: %.*s)",
                                  fq_str_arg(fq_json_get_text(row, "why")),
                                  fq_str_arg(fq_json_get_text(row, "fault"))));
    if (!is_contradiction) {
        ctl_table_row(&table, fq_lit("number"), fq_json_get_text(row, "number"));
        ctl_table_row(&table, fq_lit("deadline"), operator_time(ctl, row, "deadline_unix_ms"));
        ctl_table_row(&table, fq_lit("asked"),
                      fq_arena_printf(ctl->arena, "%" PRId64 "%s, again at %.*s",
                                      fq_json_get_number(row, "asked"),
                                      fq_json_get_number(row, "asked") == 1 ? " time" : " times",
                                      fq_str_arg(operator_time(ctl, row, "asked_again_unix_ms"))));
        ctl_table_row(&table, fq_lit("its word"), operator_word(ctl, row));
    }
    const struct fq_json *next = fq_json_get(row, "next");
    const char *word = "next";
    for (const struct fq_json *one = next != NULL ? next->first : NULL; one != NULL;
         one = one->next) {
        ctl_table_row(&table, fq_str_of(word), one->text);
        word = "or";
    }
    ctl_table_print(&table, stdout);
}

int ctl_unknown(struct ctl *ctl)
{
    const struct fq_json *said = NULL;
    int status = ctl_control(ctl, "GET", "/v1/unknown", fq_lit(""), &said);
    if (status != CTL_OK || ctl_has(ctl, CTL_JSON))
        return status;
    const struct fq_json *list = fq_json_get(said, "unknown");
    const struct fq_json *row = list != NULL ? list->first : NULL;
    if (row == NULL)
        (void)puts("nothing is unknown");
    for (; row != NULL; row = row->next) {
        unknown_show(ctl, row);
        if (row->next != NULL)
            (void)putchar('\n');
    }
    if (fq_json_get_number(said, "are_more"))
        (void)puts("\nthere are more: these are the oldest");
    return CTL_OK;
}

/* ---- a payment ---- */

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
            operator_number(ctl, one, "asked"), operator_time(ctl, one, "unknown_since_unix_ms"),
            operator_word(ctl, one));
    for (one = refunds != NULL ? refunds->first : NULL; one != NULL; one = one->next)
        ctl_table_row(&table,
                      fq_arena_printf(
                          ctl->arena, "%.*s  %.*s", fq_str_arg(fq_json_get_text(one, "id")),
                          fq_str_arg(ctl_minor_text(ctl, fq_json_get_number(one, "amount_minor")))),
                      payment_state(ctl, one), fq_json_get_text(one, "number"),
                      operator_number(ctl, one, "asked"),
                      operator_time(ctl, one, "unknown_since_unix_ms"), operator_word(ctl, one));
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

static void payment_show(struct ctl *ctl, const struct fq_json *payment)
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
    ctl_table_row(&table, fq_lit("amount"), operator_money(ctl, payment));
    if (flags.len > 0)
        ctl_table_row(&table, fq_lit("flags"), flags);
    ctl_table_row(&table, fq_lit("made"), operator_time(ctl, payment, "created_unix_ms"));
    ctl_table_row(&table, fq_lit("expires"), operator_time(ctl, payment, "expires_unix_ms"));
    if (fq_json_get_number(payment, "paid_unix_ms") > 0)
        ctl_table_row(&table, fq_lit("paid"), operator_time(ctl, payment, "paid_unix_ms"));
    if (fq_json_get_number(payment, "closed_unix_ms") > 0)
        ctl_table_row(&table, fq_lit("closed"),
                      fq_arena_printf(ctl->arena, "%.*s, %.*s",
                                      fq_str_arg(operator_time(ctl, payment, "closed_unix_ms")),
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
        payment_show(ctl, said);
    return status;
}

/* ---- retry ---- */

int ctl_retry(struct ctl *ctl)
{
    const struct fq_json *said = NULL;
    struct fq_buf buf;
    struct fq_str body = { NULL, 0 };
    fq_buf_init(&buf, ctl->arena, BODY_SIZE_MAX);
    fq_buf_add_char(&buf, '{');
    fq_json_write_member(&buf, "id", fq_str_of(ctl->arguments[0]));
    fq_buf_add_char(&buf, '}');
    if (fq_buf_finish(&buf, &body) != 0)
        return ctl_complain(CTL_USAGE, "too long");
    int status = ctl_control(ctl, "POST", "/v1/retry", body, &said);
    if (status != CTL_OK || ctl_has(ctl, CTL_JSON))
        return status;
    int64_t n_asked = fq_json_get_number(said, "asked");
    if (n_asked == 0)
        (void)puts("there was nothing to ask");
    else
        (void)printf("the platform was asked %" PRId64 " time%s; now it is\n", n_asked,
                     n_asked == 1 ? "" : "s");
    payment_show(ctl, fq_json_get(said, "payment"));
    return CTL_OK;
}

/* ---- resolve ---- */

/* Settlement files may be large: it is not read into memory. */
static int resolve_digest(const char *path, char ret[65])
{
    unsigned char digest[32];
    struct stat status = { 0 };
    void *bytes = MAP_FAILED;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        int r = ctl_complain(CTL_USAGE, "%s: %s", path, strerrordesc_np(errno));
        if (fd >= 0)
            (void)close(fd);
        return r;
    }
    if (S_ISREG(status.st_mode) && status.st_size > 0)
        bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    (void)close(fd);
    if (bytes == MAP_FAILED)
        return ctl_complain(CTL_USAGE, "%s: must be a file with something in it", path);
    fq_sha256((struct fq_str){ bytes, (size_t)status.st_size }, digest);
    (void)munmap(bytes, (size_t)status.st_size);
    fq_hex(digest, sizeof(digest), ret);
    return CTL_OK;
}

static int resolve_check_options(const struct ctl *ctl)
{
    if (!ctl_has(ctl, CTL_AS))
        return ctl_complain(CTL_USAGE, "--as what? paid, unpaid, refunded, not-refunded, checked");
    if (!ctl_has(ctl, CTL_EVIDENCE))
        return ctl_complain(CTL_USAGE, "--evidence FILE: what proves it?");
    if (!ctl_has(ctl, CTL_BY) || !ctl_has(ctl, CTL_AND))
        return ctl_complain(CTL_USAGE, "--by NAME --and NAME: which two people vouch for it?");
    return CTL_OK;
}

static int resolve_body(struct ctl *ctl, const char *digest, struct fq_str *ret)
{
    struct fq_buf buf;
    int64_t minor = 0, attempt_n = 0;
    if (ctl_has(ctl, CTL_AMOUNT) &&
        ctl_amount_read(fq_str_of(ctl->values[CTL_AMOUNT]), &minor) != 0)
        return ctl_complain(CTL_USAGE, "--amount %s: must be an amount like 6999.00",
                            ctl->values[CTL_AMOUNT]);
    int status = ctl_number_read(ctl, CTL_ATTEMPT, 1, 16, 0, &attempt_n);
    if (status != CTL_OK)
        return status;
    fq_buf_init(&buf, ctl->arena, BODY_SIZE_MAX);
    fq_buf_add_char(&buf, '{');
    fq_json_write_member(&buf, "id", fq_str_of(ctl->arguments[0]));
    fq_json_write_member(&buf, "as", fq_str_of(ctl->values[CTL_AS]));
    fq_json_write_member(&buf, "sha256", fq_str_of(digest));
    fq_json_write_member(&buf, "by", fq_str_of(ctl->values[CTL_BY]));
    fq_json_write_member(&buf, "and", fq_str_of(ctl->values[CTL_AND]));
    if (ctl_has(ctl, CTL_NOTE))
        fq_json_write_member(&buf, "note", fq_str_of(ctl->values[CTL_NOTE]));
    if (minor > 0)
        fq_json_write_int(&buf, "amount_minor", minor);
    if (attempt_n > 0)
        fq_json_write_int(&buf, "attempt", attempt_n);
    fq_buf_add_char(&buf, '}');
    if (fq_buf_finish(&buf, ret) != 0)
        return ctl_complain(CTL_USAGE, "too long");
    return CTL_OK;
}

int ctl_resolve(struct ctl *ctl)
{
    const struct fq_json *said = NULL;
    struct fq_str body = { NULL, 0 };
    char digest[65] = "";
    int status = resolve_check_options(ctl);
    if (status == CTL_OK)
        status = resolve_digest(ctl->values[CTL_EVIDENCE], digest);
    if (status == CTL_OK)
        status = resolve_body(ctl, digest, &body);
    if (status == CTL_OK)
        status = ctl_control(ctl, "POST", "/v1/resolve", body, &said);
    if (status != CTL_OK || ctl_has(ctl, CTL_JSON))
        return status;
    (void)printf("%s as %.*s, on the evidence of %s\n  sha-256  %s: keep that file\n",
                 fq_json_get_number(said, "was_so_already") ? "was resolved already" : "resolved",
                 fq_str_arg(fq_json_get_text(said, "as")), ctl->values[CTL_EVIDENCE], digest);
    payment_show(ctl, fq_json_get(said, "payment"));
    return CTL_OK;
}
