/* SPDX-License-Identifier: Apache-2.0 */
/* One question to the daemon: who asks, what came back, and what it means if it is no answer. */
#include <inttypes.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/ctl/ctl.h"

#define TIMEOUT_SECONDS     10
#define TIMEOUT_SECONDS_MAX 600

/* ---- who asks, whom, and who is believed ---- */

int ctl_keys_load(struct ctl *ctl, struct fenqi_key keys[FENQI_KEYS_MAX], size_t *ret_n)
{
    const char *path = ctl->values[CTL_KEYS];
    if (path == NULL)
        return ctl_complain(CTL_USAGE, "whose signatures are believed? --keys FILE");
    int error = fenqi_keys_load(path, keys, FENQI_KEYS_MAX, ret_n);
    if (error == FENQI_E_FILE)
        return ctl_complain(CTL_USAGE, "%s: %s", path, strerrordesc_np(errno));
    if (error != FENQI_OK || *ret_n == 0)
        return ctl_complain(CTL_USAGE, "%s: must be lines of KEY_ID BASE64, or the daemon's JSON",
                            path);
    return CTL_OK;
}

static int ask_pin(struct ctl *ctl)
{
    struct fenqi_key keys[FENQI_KEYS_MAX];
    size_t n_keys = 0;
    int status = ctl_keys_load(ctl, keys, &n_keys);
    for (size_t i = 0; i < n_keys && status == CTL_OK; i++) {
        if (fenqi_client_pin(ctl->client, keys[i].key_id, keys[i].public_key) != FENQI_OK)
            status = ctl_complain(CTL_USAGE, "%s: too many keys", ctl->values[CTL_KEYS]);
    }
    return status;
}

static int ask_open(struct ctl *ctl)
{
    struct fq_str server_key, secret;
    char client_public[CTL_CURVE_KEY_LEN + 1] = "";
    int status = ctl_profile_read(ctl);
    if (status != CTL_OK)
        return status;
    if (!ctl_has(ctl, CTL_SERVER) || !ctl_has(ctl, CTL_SERVER_KEY) || !ctl_has(ctl, CTL_CLIENT_KEY))
        return ctl_complain(CTL_USAGE, "whom to ask? --server, --server-key and --client-key, "
                                       "or a profile with them (-c)");
    status = ctl_file_read_line(ctl, ctl->values[CTL_SERVER_KEY], false, &server_key);
    if (status == CTL_OK)
        status = ctl_file_read_line(ctl, ctl->values[CTL_CLIENT_KEY], true, &secret);
    if (status != CTL_OK)
        return status;
    if (!ctl_curve_public(secret.ptr, client_public))
        return ctl_complain(CTL_USAGE, "%s: must be a secret CURVE key, 40 characters of Z85",
                            ctl->values[CTL_CLIENT_KEY]);
    int error = FENQI_OK;
    ctl->client = fenqi_client_new(ctl->values[CTL_SERVER], server_key.ptr, client_public,
                                   secret.ptr, &error);
    if (ctl->client == NULL)
        return ctl_complain(CTL_USAGE, "%s, with the key in %s: not a server to connect to (%s)",
                            ctl->values[CTL_SERVER], ctl->values[CTL_SERVER_KEY],
                            fenqi_error_name(error));
    return ask_pin(ctl);
}

/* ---- what came back ---- */

static int ask_no_answer(const struct ctl *ctl, int error, int64_t timeout_ms)
{
    switch ((enum fenqi_error)error) {
    case FENQI_E_TIMEOUT:
        return ctl_complain(CTL_NO_ANSWER,
                            "no answer from %s within %" PRId64
                            " ms. Is it there, are --server-key "
                            "and our own key right?\nWhat was asked may or may not have been "
                            "done.",
                            ctl->values[CTL_SERVER], timeout_ms);
    case FENQI_E_SYSTEM:
        return ctl_complain(CTL_NO_ANSWER, "cannot ask: %s", strerrordesc_np(errno));
    case FENQI_E_UNKNOWN_KEY:
        return ctl_complain(CTL_UNPROVEN, "an answer, but not signed by a key of %s",
                            ctl->values[CTL_KEYS]);
    case FENQI_E_SIGNATURE:
        return ctl_complain(CTL_UNPROVEN, "an answer whose signature is wrong");
    case FENQI_E_MALFORMED:
        return ctl_complain(CTL_UNPROVEN, "bytes that are no signed answer");
    case FENQI_E_REFUSED:
        return ctl_complain(CTL_NO_ANSWER,
                            "%s does not let us in: our public key is not in a merchant's file "
                            "there, or --server-key is not its key",
                            ctl->values[CTL_SERVER]);
    case FENQI_E_ARGUMENT:
    case FENQI_E_FILE:
    case FENQI_E_CLOSED:
    case FENQI_E_EXPIRED:
    case FENQI_E_BUSY:
    case FENQI_OK:
        break;
    }
    return ctl_complain(CTL_USAGE, "this cannot be asked (%s)", fenqi_error_name(error));
}

void ctl_say_error(const Fenqi__V1__Error *error)
{
    static const char *const faults[] = { "not said", "the caller's", "the daemon's",
                                          "the platform's" };
    unsigned blame = (unsigned)error->blame;
    struct fq_str code = ctl_word(&fenqi__v1__code__descriptor, (int)error->code);
    (void)ctl_complain(CTL_REFUSED, "refused: %s (%.*s)", error->reason, fq_str_arg(code));
    if (error->text[0] != '\0')
        (void)fprintf(stderr, "  what   %s\n", error->text);
    if (error->field[0] != '\0')
        (void)fprintf(stderr, "  field  %s\n", error->field);
    (void)fprintf(stderr, "  fault  %s\n", faults[blame < fq_array_size(faults) ? blame : 0]);
    if (!error->may_repeat)
        (void)fprintf(stderr, "  retry  no: the same request is refused again\n");
    else
        (void)fprintf(stderr, "  retry  the same request, in %" PRId64 " ms or later\n",
                      error->retry_after_ms);
}

int ctl_ask(struct ctl *ctl, const Fenqi__V1__Request *request, int64_t wait_ms,
            struct fenqi_reply **ret)
{
    int64_t seconds = 0;
    int status = ctl->client == NULL ? ask_open(ctl) : CTL_OK;
    if (status == CTL_OK)
        status =
            ctl_number_read(ctl, CTL_TIMEOUT, 1, TIMEOUT_SECONDS_MAX, TIMEOUT_SECONDS, &seconds);
    if (status != CTL_OK)
        return status;
    int64_t timeout_ms = wait_ms + 1000 * seconds;
    struct fenqi_reply *reply = NULL;
    int error = fenqi_call(ctl->client, request, (int)timeout_ms, &reply);
    if (error != FENQI_OK)
        return ask_no_answer(ctl, error, timeout_ms);
    if (reply->reply->outcome_case == FENQI__V1__REPLY__OUTCOME_ERROR) {
        if (ctl_has(ctl, CTL_JSON))
            (void)ctl_answer(ctl, reply);
        ctl_say_error(reply->reply->error);
        fenqi_reply_free(reply);
        return CTL_REFUSED;
    }
    *ret = reply;
    return CTL_OK;
}

int ctl_answer(struct ctl *ctl, const struct fenqi_reply *reply)
{
    if (ctl_has(ctl, CTL_SAVE)) {
        struct fq_str bytes = { (const char *)reply->bytes, reply->n_bytes };
        int status = ctl_file_put(ctl->values[CTL_SAVE], bytes);
        if (status != CTL_OK)
            return status;
    }
    if (!ctl_has(ctl, CTL_JSON)) {
        ctl_show_reply(ctl, reply);
        return CTL_OK;
    }
    struct fq_buf buf;
    fq_buf_init(&buf, ctl->arena, (size_t)8 << 20);
    ctl_json_add(&buf, &reply->reply->base);
    return ctl_json_print(&buf);
}
