/* SPDX-License-Identifier: Apache-2.0 */
/* What `fenqictl config` hears: what a reload would change, or why it would be refused. */
#include "daemon/base/json.h"
#include "daemon/daemon.h"

#define ANSWER_SIZE_MAX ((size_t)448 << 10)

static void config_write_errors(struct fq_buf *buf, const struct fq_conf_errors *errors)
{
    fq_json_write_name(buf, "errors");
    fq_buf_add_char(buf, '[');
    for (size_t i = 0; i < errors->n; i++) {
        fq_buf_add(buf, i > 0 ? fq_lit(",") : fq_lit(""));
        fq_json_write_text(buf, errors->lines[i]);
    }
    fq_buf_add_char(buf, ']');
}

static void config_write_changes(struct fq_buf *buf, const struct fq_conf_changes *changes)
{
    fq_json_write_name(buf, "changes");
    fq_buf_add_char(buf, '[');
    for (size_t i = 0; i < changes->n; i++) {
        const struct fq_conf_change *one = &changes->items[i];
        fq_buf_add(buf, i > 0 ? fq_lit(",{") : fq_lit("{"));
        fq_json_write_member(buf, "key", one->key);
        if (one->from.ptr != NULL)
            fq_json_write_member(buf, "from", one->from);
        if (one->to.ptr != NULL)
            fq_json_write_member(buf, "to", one->to);
        fq_json_write_bool(buf, "needs_restart", one->is_fixed);
        fq_buf_add_char(buf, '}');
    }
    fq_buf_add_char(buf, ']');
    fq_json_write_int(buf, "more", (int64_t)changes->n_more);
}

void fq_config_answer(struct fq_web_exchange *exchange, const struct fq_conf_errors *errors,
                      const struct fq_conf_changes *changes)
{
    struct fq_buf buf;
    fq_buf_init(&buf, exchange->arena, ANSWER_SIZE_MAX);
    fq_buf_add_char(&buf, '{');
    config_write_errors(&buf, errors);
    config_write_changes(&buf, changes);
    fq_buf_add(&buf, fq_lit("}\n"));
    exchange->status = fq_buf_finish(&buf, &exchange->answer_body) == 0 ? 200 : 500;
    exchange->answer_type = fq_lit("application/json");
    fq_web_answer(exchange);
}
