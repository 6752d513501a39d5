/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl reload, log level, adapter list, adapter reload: what is asked of the daemon itself. */
#include <inttypes.h>
#include <stdio.h>

#include "daemon/ctl/said.h"

#define BODY_SIZE_MAX 1024

/* ---- reload ---- */

int ctl_reload_ask(struct ctl *ctl)
{
    const struct fq_json *said = NULL;
    int status = ctl_control_part(ctl, "POST", "/v1/reload", fq_lit("{}"), &said);
    const struct fq_json *mistakes = said != NULL ? fq_json_get(said, "mistakes") : NULL;
    for (const struct fq_json *one = mistakes != NULL ? mistakes->first : NULL; one != NULL;
         one = one->next)
        (void)fprintf(stderr, "  %.*s\n", fq_str_arg(one->text));
    return status;
}

int ctl_reload(struct ctl *ctl)
{
    int status = ctl_reload_ask(ctl);
    if (status == CTL_OK)
        (void)puts(ctl_has(ctl, CTL_JSON) ? "{\"reloaded\":true}" : "reloaded");
    return status;
}

/* ---- log level ---- */

int ctl_log_level(struct ctl *ctl)
{
    const struct fq_json *said = NULL;
    struct fq_str body = { NULL, 0 };
    struct fq_buf buf;
    fq_buf_init(&buf, ctl->arena, BODY_SIZE_MAX);
    fq_buf_add_char(&buf, '{');
    fq_json_write_member(&buf, "level", fq_str_of(ctl->arguments[0]));
    fq_buf_add_char(&buf, '}');
    if (fq_buf_finish(&buf, &body) != 0)
        return ctl_complain(CTL_USAGE, "too long");
    int status = ctl_control(ctl, "POST", "/v1/log", body, &said);
    if (status == CTL_OK && !ctl_has(ctl, CTL_JSON))
        (void)printf("the log's level is %s, until a reload or a restart: log.level keeps it\n",
                     ctl->arguments[0]);
    return status;
}

/* ---- adapters ---- */

static void adapter_show(struct ctl *ctl, const struct fq_json *said)
{
    struct ctl_table table;
    const struct fq_json *list = fq_json_get(said, "adapters");
    bool is_any_replaced = false;
    ctl_table_init(&table, ctl->arena, "lllrll", 0);
    ctl_table_row(&table, fq_lit("channel"), fq_lit("adapter"), fq_lit("version"), fq_lit("abi"),
                  fq_lit("file"), fq_lit(""));
    for (const struct fq_json *one = list != NULL ? list->first : NULL; one != NULL;
         one = one->next) {
        bool is_replaced = fq_json_get_number(one, "replaced") != 0;
        is_any_replaced |= is_replaced;
        ctl_table_row(&table, fq_json_get_text(one, "channel"), fq_json_get_text(one, "adapter"),
                      fq_json_get_text(one, "version"), ctl_said_number(ctl, one, "abi"),
                      fq_json_get_text(one, "file"),
                      is_replaced ? fq_lit("ANOTHER FILE STANDS THERE NOW") : fq_lit(""));
    }
    ctl_table_print(&table, stdout);
    if (is_any_replaced)
        (void)puts("fenqictl adapter reload takes what stands there now");
}

int ctl_adapter_list(struct ctl *ctl)
{
    const struct fq_json *said = NULL;
    int status = ctl_control(ctl, "GET", "/v1/adapters", fq_lit(""), &said);
    if (status == CTL_OK && !ctl_has(ctl, CTL_JSON))
        adapter_show(ctl, said);
    return status;
}

/* A reload opens every channel anew. What runs ends with the adapter that it began with. */
int ctl_adapter_reload(struct ctl *ctl)
{
    int status = ctl_reload_ask(ctl);
    return status == CTL_OK ? ctl_adapter_list(ctl) : status;
}
