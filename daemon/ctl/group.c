/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl group list, group remove: the groups of event consumers. */
#include <inttypes.h>
#include <stdio.h>

#include "daemon/ctl/said.h"

#define BODY_SIZE_MAX 8192

int ctl_group_list(struct ctl *ctl)
{
    const struct fq_json *said = NULL;
    struct ctl_table table;
    struct fq_str body = { NULL, 0 };
    struct fq_buf buf;
    fq_buf_init(&buf, ctl->arena, BODY_SIZE_MAX);
    fq_buf_add_char(&buf, '{');
    if (ctl_has(ctl, CTL_MERCHANT))
        fq_json_write_member(&buf, "merchant", fq_str_of(ctl->values[CTL_MERCHANT]));
    fq_buf_add_char(&buf, '}');
    if (fq_buf_finish(&buf, &body) != 0)
        return ctl_complain(CTL_USAGE, "too long");
    int status = ctl_control(ctl, "POST", "/v1/groups", body, &said);
    if (status != CTL_OK || ctl_has(ctl, CTL_JSON))
        return status;
    const struct fq_json *list = fq_json_get(said, "groups");
    ctl_table_init(&table, ctl->arena, "llrrrl", 0);
    ctl_table_row(&table, fq_lit("merchant"), fq_lit("group"), fq_lit("connected"),
                  fq_lit("handled up to"), fq_lit("behind"), fq_lit("said so"));
    for (const struct fq_json *one = list != NULL ? list->first : NULL; one != NULL;
         one = one->next)
        ctl_table_row(&table, fq_json_get_text(one, "merchant"), fq_json_get_text(one, "group"),
                      ctl_said_number(ctl, one, "consumers"), ctl_said_number(ctl, one, "cursor"),
                      ctl_said_number(ctl, one, "behind"),
                      ctl_said_time(ctl, one, "acknowledged_unix_ms"));
    ctl_table_print(&table, stdout);
    if (fq_json_get_number(said, "there_are_more") != 0)
        (void)printf("there are more: name a --merchant\n");
    return CTL_OK;
}

int ctl_group_remove(struct ctl *ctl)
{
    const struct fq_json *said = NULL;
    const char *merchant = ctl->arguments[0];
    const char *group = ctl->arguments[1];
    struct fq_str body = { NULL, 0 };
    struct fq_buf buf;
    fq_buf_init(&buf, ctl->arena, BODY_SIZE_MAX);
    fq_buf_add_char(&buf, '{');
    fq_json_write_member(&buf, "merchant", fq_str_of(merchant));
    fq_json_write_member(&buf, "group", fq_str_of(group));
    fq_json_write_bool(&buf, "force", ctl_has(ctl, CTL_FORCE));
    fq_buf_add_char(&buf, '}');
    if (fq_buf_finish(&buf, &body) != 0)
        return ctl_complain(CTL_USAGE, "too long");
    int status = ctl_control(ctl, "POST", "/v1/groups/remove", body, &said);
    if (status != CTL_OK || ctl_has(ctl, CTL_JSON))
        return status;
    (void)printf("%s of %s is removed; it had handled everything up to %" PRId64 ", %" PRId64
                 " events before the newest\n",
                 group, merchant, fq_json_get_number(said, "cursor"),
                 fq_json_get_number(said, "behind"));
    return CTL_OK;
}
