/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl verify: proves, without the daemon, what it signed. */
#include <inttypes.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/core/fact.h"
#include "daemon/crypto/crypto.h"
#include "daemon/crypto/seal.h"
#include "daemon/ctl/ctl.h"

#define REPLY_SIZE_MAX ((size_t)1 << 20)
#define STATUS_TYPE    "application/vnd.fenqi.v1.status"
#define STATUS_FORM    "status.1"

/* ---- a saved reply ---- */

static int verify_bad(const char *what, int error)
{
    switch ((enum fenqi_error)error) {
    case FENQI_E_UNKNOWN_KEY:
        return ctl_complain(CTL_UNPROVEN, "%s: NOT PROVEN: signed by none of these keys", what);
    case FENQI_E_SIGNATURE:
        return ctl_complain(CTL_UNPROVEN, "%s: NOT PROVEN: the signature is wrong", what);
    case FENQI_OK:
    case FENQI_E_ARGUMENT:
    case FENQI_E_TIMEOUT:
    case FENQI_E_MALFORMED:
    case FENQI_E_FILE:
    case FENQI_E_SYSTEM:
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

/* base64url without padding; strict. */
static int verify_decode(struct ctl *ctl, struct fq_str text, struct fq_str *ret)
{
    struct fq_buf buf;
    struct fq_str standard;
    fq_buf_init(&buf, ctl->arena, text.len + 4);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '+' || c == '/' || c == '=')
            return FQ_BASE64_E_MALFORMED;
        if (c == '-' || c == '_')
            c = c == '-' ? '+' : '/';
        fq_buf_add_char(&buf, c);
    }
    for (size_t i = text.len; i % 4 != 0; i++)
        fq_buf_add_char(&buf, '=');
    if (fq_buf_finish(&buf, &standard) != 0)
        return FQ_BASE64_E_MALFORMED;
    return fq_base64_decode(standard, false, ctl->arena, ret);
}

/* "payload.key_id.signature"; the key's id may hold points itself. */
static bool verify_split(struct fq_str text, struct fq_str ret_parts[3])
{
    struct fq_str rest;
    if (!fq_str_cut(text, '.', &ret_parts[0], &rest))
        return false;
    size_t at = rest.len;
    while (at > 0 && rest.ptr[at - 1] != '.')
        at--;
    if (at < 2)
        return false;
    ret_parts[1] = fq_str_sub(rest, 0, at - 1);
    ret_parts[2] = fq_str_sub(rest, at, rest.len);
    return true;
}

/* A whole return URL is taken too. */
static struct fq_str verify_status_of(const char *text)
{
    const char *at = strstr(text, "fenqi=");
    struct fq_str status, rest;
    bool is_parameter = at != NULL && at > text && (at[-1] == '?' || at[-1] == '&');
    (void)fq_str_cut(fq_str_of(is_parameter ? at + strlen("fenqi=") : text), '&', &status, &rest);
    (void)fq_str_cut(status, '#', &status, &rest);
    return status;
}

static int verify_status_tell(struct ctl *ctl, struct fq_str key_id, struct fq_pairs facts)
{
    struct ctl_table table;
    int64_t amount = 0, issued_ms = 0;
    ctl_table_init(&table, ctl->arena, "ll", 0);
    (void)fq_facts_get_int(facts, "amount", 0, INT64_MAX, &amount);
    (void)fq_facts_get_int(facts, "issued", 0, INT64_MAX, &issued_ms);
    ctl_table_row(&table, fq_lit("payment"), fq_facts_get(facts, "payment"));
    ctl_table_row(&table, fq_lit("order"), fq_facts_get(facts, "order"));
    ctl_table_row(&table, fq_lit("state"), fq_facts_get(facts, "state"));
    ctl_table_row(&table, fq_lit("amount"),
                  fq_arena_printf(ctl->arena, "%.*s %.*s", fq_str_arg(ctl_minor_text(ctl, amount)),
                                  fq_str_arg(fq_facts_get(facts, "currency"))));
    ctl_table_print(&table, stdout);
    (void)printf("\nsignature verified: key %.*s, issued at %.*s (Beijing)\n", fq_str_arg(key_id),
                 fq_str_arg(ctl_time_text(ctl, issued_ms)));
    return CTL_OK;
}

static int verify_status_json(struct ctl *ctl, struct fq_str key_id, struct fq_pairs facts)
{
    struct fq_buf buf;
    fq_buf_init(&buf, ctl->arena, 65536);
    fq_buf_add_char(&buf, '{');
    ctl_json_add_member(&buf, fq_lit("verified_by"), key_id);
    fq_buf_add(&buf, fq_lit(",\"status\":{"));
    for (size_t i = 0; i < facts.n_items; i++)
        ctl_json_add_member(&buf, facts.items[i].name, facts.items[i].value);
    fq_buf_add(&buf, fq_lit("}}"));
    return ctl_json_print(&buf);
}

static int verify_status_facts(struct ctl *ctl, struct fq_str key_id, struct fq_str payload)
{
    struct fq_pairs facts;
    int64_t expires_ms = 0;
    if (fq_facts_read(payload, ctl->arena, &facts) != 0 ||
        !fq_str_equal(fq_facts_get(facts, "form"), fq_lit(STATUS_FORM)) ||
        fq_facts_get_int(facts, "expires", 1, INT64_MAX, &expires_ms) != 0)
        return ctl_complain(CTL_UNPROVEN, "NOT PROVEN: signed, but not a status");
    int status = ctl_has(ctl, CTL_JSON) ? verify_status_json(ctl, key_id, facts)
                                        : verify_status_tell(ctl, key_id, facts);
    if (status == CTL_OK && expires_ms < fq_clock_unix_ms())
        return ctl_complain(CTL_UNPROVEN, "but it expired at %.*s: ask for the payment instead",
                            fq_str_arg(ctl_time_text(ctl, expires_ms)));
    return status;
}

static int verify_status(struct ctl *ctl, struct fq_str text, const struct fenqi_key *keys,
                         size_t n_keys)
{
    struct fq_str parts[3], payload, signature;
    if (!verify_split(text, parts) || verify_decode(ctl, parts[0], &payload) != 0 ||
        verify_decode(ctl, parts[2], &signature) != 0)
        return ctl_complain(CTL_UNPROVEN, "NOT PROVEN: not of the form payload.key.signature");
    for (size_t i = 0; i < n_keys; i++) {
        struct fq_str key = { (const char *)keys[i].public_key, FENQI_KEY_SIZE };
        if (!fq_str_equal(parts[1], fq_str_of(keys[i].key_id)))
            continue;
        if (fq_seal_verify(key, fq_lit(STATUS_TYPE), payload, signature) != 0)
            return verify_bad("status", FENQI_E_SIGNATURE);
        return verify_status_facts(ctl, parts[1], payload);
    }
    return verify_bad("status", FENQI_E_UNKNOWN_KEY);
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
        return verify_status(ctl, verify_status_of(ctl->values[CTL_STATUS]), keys, n_keys);
    return verify_file(ctl, ctl->arguments[0], keys, n_keys);
}
