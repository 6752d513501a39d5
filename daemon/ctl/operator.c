/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl unknown, retry, resolve: what the platform does not tell, and what an operator does
 * about it. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"
#include "daemon/ctl/said.h"

#define BODY_SIZE_MAX 8192

/* ---- unknown ---- */

static void unknown_show(struct ctl *ctl, const struct fq_json *row)
{
    struct ctl_table table;
    bool is_contradiction = fq_str_equal(fq_json_get_text(row, "what"), fq_lit("contradiction"));
    ctl_table_init(&table, ctl->arena, "ll", 2);
    (void)printf("%.*s  %.*s  %.*s\n", fq_str_arg(fq_json_get_text(row, "id")),
                 fq_str_arg(ctl_said_money(ctl, row)), fq_str_arg(fq_json_get_text(row, "state")));
    ctl_table_row(&table, fq_lit("since"), ctl_said_time(ctl, row, "since_unix_ms"));
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
        ctl_table_row(&table, fq_lit("deadline"), ctl_said_time(ctl, row, "deadline_unix_ms"));
        ctl_table_row(&table, fq_lit("asked"),
                      fq_arena_printf(ctl->arena, "%" PRId64 "%s, again at %.*s",
                                      fq_json_get_number(row, "asked"),
                                      fq_json_get_number(row, "asked") == 1 ? " time" : " times",
                                      fq_str_arg(ctl_said_time(ctl, row, "asked_again_unix_ms"))));
        ctl_table_row(&table, fq_lit("its word"), ctl_said_word(ctl, row));
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
    ctl_payment_show(ctl, fq_json_get(said, "payment"));
    return CTL_OK;
}

/* ---- resolve ---- */

/* Files may be large: it is not read into memory. */
int ctl_file_digest(const char *path, char ret[65])
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
        status = ctl_file_digest(ctl->values[CTL_EVIDENCE], digest);
    if (status == CTL_OK)
        status = resolve_body(ctl, digest, &body);
    if (status == CTL_OK)
        status = ctl_control(ctl, "POST", "/v1/resolve", body, &said);
    if (status != CTL_OK || ctl_has(ctl, CTL_JSON))
        return status;
    (void)printf("%s as %.*s, on the evidence of %s\n  sha-256  %s: keep that file\n",
                 fq_json_get_number(said, "was_so_already") ? "was resolved already" : "resolved",
                 fq_str_arg(fq_json_get_text(said, "as")), ctl->values[CTL_EVIDENCE], digest);
    ctl_payment_show(ctl, fq_json_get(said, "payment"));
    return CTL_OK;
}
