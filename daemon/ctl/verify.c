/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl verify: proves, without the daemon, what it signed. */
#include <inttypes.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/ctl/ctl.h"

#define REPLY_SIZE_MAX ((size_t)1 << 20)

/* ---- a saved reply ---- */

static int verify_bad(const char *what, int error)
{
    switch ((enum fenqi_error)error) {
    case FENQI_E_UNKNOWN_KEY:
        return ctl_complain(CTL_UNPROVEN, "%s: NOT PROVEN: signed by none of these keys", what);
    case FENQI_E_SIGNATURE:
        return ctl_complain(CTL_UNPROVEN, "%s: NOT PROVEN: the signature is wrong", what);
    case FENQI_E_EXPIRED:
        return ctl_complain(CTL_UNPROVEN, "%s: genuine, but expired: ask for the payment instead",
                            what);
    case FENQI_OK:
    case FENQI_E_ARGUMENT:
    case FENQI_E_TIMEOUT:
    case FENQI_E_MALFORMED:
    case FENQI_E_FILE:
    case FENQI_E_SYSTEM:
    case FENQI_E_REFUSED:
    case FENQI_E_CLOSED:
    case FENQI_E_BUSY:
        break;
    }
    return ctl_complain(CTL_UNPROVEN, "%s: NOT PROVEN: not what was signed (%s)", what,
                        fenqi_error_name(error));
}

static int verify_tell(struct ctl *ctl, const struct fenqi_reply *reply)
{
    const Fenqi__V1__Reply *said = reply->reply;
    if (ctl_has(ctl, CTL_JSON)) {
        struct fq_buf buf;
        fq_buf_init(&buf, ctl->arena, (size_t)8 << 20);
        fq_buf_add_char(&buf, '{');
        ctl_json_add_member(&buf, fq_lit("verified_by"), fq_str_of(reply->key_id));
        fq_buf_add(&buf, fq_lit(",\"reply\":"));
        ctl_json_add(&buf, &said->base);
        fq_buf_add_char(&buf, '}');
        return ctl_json_print(&buf);
    }
    ctl_show_reply(ctl, reply);
    (void)printf("\nsignature verified: key %s, issued to %s at %.*s (Beijing)\n", reply->key_id,
                 said->merchant_id, fq_str_arg(ctl_time_text(ctl, said->issued_at_unix_ms)));
    return CTL_OK;
}

static int verify_file(struct ctl *ctl, const char *path, const struct fenqi_key *keys,
                       size_t n_keys)
{
    struct fq_str bytes;
    struct fenqi_reply *reply = NULL;
    int status = ctl_file_read(ctl, path, false, REPLY_SIZE_MAX, &bytes);
    if (status != CTL_OK)
        return status;
    int error = fenqi_verify(bytes.ptr, bytes.len, keys, n_keys, &reply);
    status = error == FENQI_OK ? verify_tell(ctl, reply) : verify_bad(path, error);
    fenqi_reply_free(reply);
    return status;
}

/* ---- the compact status of a return URL ---- */

static int verify_status_tell(struct ctl *ctl, const struct fenqi_status *said)
{
    struct ctl_table table;
    ctl_table_init(&table, ctl->arena, "ll", 0);
    ctl_table_row(&table, fq_lit("payment"), fq_str_of(said->payment_id));
    ctl_table_row(&table, fq_lit("order"), fq_str_of(said->merchant_order_id));
    ctl_table_row(&table, fq_lit("state"),
                  ctl_word(&fenqi__v1__payment_state__descriptor, (int)said->state));
    ctl_table_row(&table, fq_lit("amount"),
                  fq_arena_printf(ctl->arena, "%.*s %s",
                                  fq_str_arg(ctl_minor_text(ctl, said->amount_minor)),
                                  said->currency));
    if (said->operator_evidence)
        ctl_table_row(&table, fq_lit("evidence"), fq_lit("operator"));
    ctl_table_print(&table, stdout);
    (void)printf("\nsignature verified: key %s, issued at %.*s (Beijing)\n", said->key_id,
                 fq_str_arg(ctl_time_text(ctl, said->issued_at_unix_ms)));
    return CTL_OK;
}

static int verify_status_json(struct ctl *ctl, const struct fenqi_status *said)
{
    struct fq_buf buf;
    fq_buf_init(&buf, ctl->arena, 65536);
    fq_buf_add_char(&buf, '{');
    ctl_json_add_member(&buf, fq_lit("verified_by"), fq_str_of(said->key_id));
    fq_buf_add(&buf, fq_lit(",\"status\":{"));
    ctl_json_add_member(&buf, fq_lit("payment"), fq_str_of(said->payment_id));
    ctl_json_add_member(&buf, fq_lit("order"), fq_str_of(said->merchant_order_id));
    ctl_json_add_member(&buf, fq_lit("state"),
                        ctl_word(&fenqi__v1__payment_state__descriptor, (int)said->state));
    ctl_json_add_member(&buf, fq_lit("amount"),
                        fq_arena_printf(ctl->arena, "%" PRId64, said->amount_minor));
    ctl_json_add_member(&buf, fq_lit("currency"), fq_str_of(said->currency));
    if (said->operator_evidence)
        ctl_json_add_member(&buf, fq_lit("evidence"), fq_lit("operator"));
    ctl_json_add_member(&buf, fq_lit("version"),
                        fq_arena_printf(ctl->arena, "%" PRId64, said->payment_version));
    ctl_json_add_member(&buf, fq_lit("issued"),
                        fq_arena_printf(ctl->arena, "%" PRId64, said->issued_at_unix_ms));
    ctl_json_add_member(&buf, fq_lit("expires"),
                        fq_arena_printf(ctl->arena, "%" PRId64, said->expires_at_unix_ms));
    fq_buf_add(&buf, fq_lit("}}"));
    return ctl_json_print(&buf);
}

static int verify_status(struct ctl *ctl, const char *text, const struct fenqi_key *keys,
                         size_t n_keys)
{
    struct fenqi_status *said = NULL;
    int error = fenqi_verify_status(text, keys, n_keys, &said);
    if (error != FENQI_OK)
        return verify_bad("status", error);
    int status =
        ctl_has(ctl, CTL_JSON) ? verify_status_json(ctl, said) : verify_status_tell(ctl, said);
    fenqi_status_free(said);
    return status;
}

int ctl_verify(struct ctl *ctl)
{
    struct fenqi_key keys[FENQI_KEYS_MAX];
    size_t n_keys = 0;
    if ((ctl->n_arguments == 1) == ctl_has(ctl, CTL_STATUS))
        return ctl_complain(CTL_USAGE, "what? FILE, or --status TEXT");
    int status = ctl_profile_read(ctl);
    if (status == CTL_OK)
        status = ctl_keys_load(ctl, keys, &n_keys);
    if (status != CTL_OK)
        return status;
    if (ctl_has(ctl, CTL_STATUS))
        return verify_status(ctl, ctl->values[CTL_STATUS], keys, n_keys);
    return verify_file(ctl, ctl->arguments[0], keys, n_keys);
}
