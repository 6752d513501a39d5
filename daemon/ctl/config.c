/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl config check, diff: would a running fenqid take its configuration file, and what would
 * change? */
#include <inttypes.h>

#include "daemon/base/json.h"
#include "daemon/ctl/ctl.h"

static int config_ask(struct ctl *ctl, const struct fq_json **ret)
{
    return ctl_control(ctl, "GET", "/v1/config/diff", fq_lit(""), ret);
}

static const struct fq_json *config_first(const struct fq_json *said, const char *list)
{
    const struct fq_json *json = fq_json_get(said, list);
    return json != NULL ? json->first : NULL;
}

static int64_t config_count(const struct fq_json *said)
{
    int64_t n = fq_json_get_number(said, "more");
    for (const struct fq_json *one = config_first(said, "changes"); one != NULL; one = one->next)
        n++;
    return n;
}

/* What is wrong goes to stderr, whole. */
static int config_refused(const struct fq_json *said)
{
    int64_t n = 0;
    for (const struct fq_json *one = config_first(said, "errors"); one != NULL; one = one->next) {
        (void)fprintf(stderr, "%.*s\n", fq_str_arg(one->text));
        n++;
    }
    if (n == 0)
        return CTL_OK;
    return ctl_complain(CTL_REFUSED, "%" PRId64 " error%s: a reload would be refused", n,
                        n == 1 ? "" : "s");
}

int ctl_config_check(struct ctl *ctl)
{
    const struct fq_json *said = NULL;
    int status = config_ask(ctl, &said);
    if (status != CTL_OK)
        return status;
    int64_t n = config_count(said);
    status = config_refused(said);
    if (status == CTL_OK && !ctl_has(ctl, CTL_JSON))
        (void)printf("ok: a reload would change %" PRId64 " setting%s\n", n, n == 1 ? "" : "s");
    return status;
}

static struct fq_str config_value(const struct fq_json *change, const char *name)
{
    return fq_json_get(change, name) != NULL ? fq_json_get_text(change, name) : fq_lit("not set");
}

int ctl_config_diff(struct ctl *ctl)
{
    const struct fq_json *said = NULL;
    struct ctl_table table;
    int status = config_ask(ctl, &said);
    if (status != CTL_OK)
        return status;
    const struct fq_json *one = config_first(said, "changes");
    if (!ctl_has(ctl, CTL_JSON) && one != NULL) {
        ctl_table_init(&table, ctl->arena, "llll", 0);
        ctl_table_row(&table, fq_lit("option"), fq_lit("running"), fq_lit("in the file"),
                      fq_lit(""));
        for (; one != NULL; one = one->next)
            ctl_table_row(&table, fq_json_get_text(one, "key"), config_value(one, "from"),
                          config_value(one, "to"),
                          fq_json_get_number(one, "needs_restart") ? fq_lit("needs a restart")
                                                                   : fq_lit(""));
        ctl_table_print(&table, stdout);
        if (fq_json_get_number(said, "more") > 0)
            (void)printf("and %" PRId64 " more\n", fq_json_get_number(said, "more"));
    } else if (!ctl_has(ctl, CTL_JSON) && config_first(said, "errors") == NULL) {
        (void)puts("no difference");
    }
    return config_refused(said);
}
