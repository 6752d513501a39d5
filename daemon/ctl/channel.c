/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl channel pause, channel resume: the operator's own pause of a channel. */
#include <stdio.h>

#include "daemon/ctl/said.h"

#define BODY_SIZE_MAX 8192

static int channel_ask(struct ctl *ctl, bool pause)
{
    const struct fq_json *said = NULL;
    const char *name = ctl->arguments[0];
    struct fq_str body = { NULL, 0 };
    struct fq_buf buf;
    fq_buf_init(&buf, ctl->arena, BODY_SIZE_MAX);
    fq_buf_add_char(&buf, '{');
    fq_json_write_member(&buf, "channel", fq_str_of(name));
    fq_json_write_bool(&buf, "pause", pause);
    if (ctl_has(ctl, CTL_NOTE))
        fq_json_write_member(&buf, "note", fq_str_of(ctl->values[CTL_NOTE]));
    fq_buf_add_char(&buf, '}');
    if (fq_buf_finish(&buf, &body) != 0)
        return ctl_complain(CTL_USAGE, "too long");
    int status = ctl_control(ctl, "POST", "/v1/channels", body, &said);
    if (status != CTL_OK || ctl_has(ctl, CTL_JSON))
        return status;
    bool was_so = fq_json_get_number(said, "was_so_already") != 0;
    (void)printf("%s %s %s\n", name, was_so ? "was" : "is",
                 pause ? "paused: no new payment goes there, what runs goes on; "
                         "a restart keeps it so"
                       : "not paused");
    return CTL_OK;
}

int ctl_channel_pause(struct ctl *ctl)
{
    return channel_ask(ctl, true);
}

int ctl_channel_resume(struct ctl *ctl)
{
    return channel_ask(ctl, false);
}
