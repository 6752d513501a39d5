/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl keygen: the daemon's keys, and a storefront's. Nothing is ever overwritten. */
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/core/beijing.h"
#include "daemon/crypto/crypto.h"
#include "daemon/crypto/seal.h"
#include "daemon/ctl/ctl.h"

#define SECRET_KEY_SIZE 32 /* of links and quotes, and of payers' data */
#define KEY_ID_LEN_MAX  64

/* ---- what is made ---- */

int ctl_keygen_curve(struct ctl *ctl, struct fq_str *ret_public, struct fq_str *ret_secret)
{
    char public_key[CTL_CURVE_KEY_LEN + 1] = "";
    char secret_key[CTL_CURVE_KEY_LEN + 1] = "";
    int r = ctl_curve_make(public_key, secret_key);
    *ret_public = fq_arena_printf(ctl->arena, "%s\n", public_key);
    *ret_secret = fq_arena_printf(ctl->arena, "%s\n", secret_key);
    fq_wipe(secret_key, sizeof(secret_key));
    return r;
}

int ctl_keygen_signing(struct ctl *ctl, const char *key_id, struct fq_str *ret_public,
                       struct fq_str *ret_pem)
{
    struct fq_str raw;
    FQ_TRY(fq_seal_keygen(ctl->arena, ret_pem, &raw));
    *ret_public =
        fq_arena_printf(ctl->arena, "%s %s\n", key_id, fq_base64_encode(raw, ctl->arena).ptr);
    return 0;
}

static struct fq_str keygen_secret(struct ctl *ctl)
{
    char bytes[SECRET_KEY_SIZE];
    fq_random(bytes, sizeof(bytes));
    struct fq_str text = fq_base64_encode((struct fq_str){ bytes, sizeof(bytes) }, ctl->arena);
    struct fq_str line = fq_arena_printf(ctl->arena, "%s\n", text.ptr);
    fq_wipe(bytes, sizeof(bytes));
    fq_wipe(fq_unconst(text.ptr), text.len);
    return line;
}

/* ---- the two commands ---- */

static int keygen_client(struct ctl *ctl, const char *folder, const char *name)
{
    struct fq_str public_key, secret_key;
    if (!fq_str_is_word(fq_str_of(name), "_-."))
        return ctl_complain(CTL_USAGE, "\"%s\": a name is of 0-9 A-Z a-z _ - .", name);
    if (ctl_keygen_curve(ctl, &public_key, &secret_key) < 0)
        return ctl_complain(CTL_REFUSED, "%s", fq_trace());
    struct ctl_new_file files[] = {
        { fq_arena_printf(ctl->arena, "%s.public", name), false, public_key,
          fq_lit("to the operator: client_keys in the merchant's file") },
        { fq_arena_printf(ctl->arena, "%s.secret", name), true, secret_key,
          fq_lit("stays with the shop: --client-key") },
    };
    return ctl_files_make(ctl, folder, files, fq_array_size(files));
}

static int keygen_daemon(struct ctl *ctl, const char *folder, const char *key_id)
{
    struct fq_str curve_public, curve_secret;
    struct fq_str signing_public = { NULL, 0 }, signing_pem = { NULL, 0 };
    if (!fq_str_is_word(fq_str_of(key_id), "_-.") || strlen(key_id) > KEY_ID_LEN_MAX)
        return ctl_complain(CTL_USAGE, "\"%s\": a key's id is 1..64 of 0-9 A-Z a-z _ - .", key_id);
    if (ctl_keygen_curve(ctl, &curve_public, &curve_secret) < 0 ||
        ctl_keygen_signing(ctl, key_id, &signing_public, &signing_pem) < 0)
        return ctl_complain(CTL_REFUSED, "%s", fq_trace());
    struct ctl_new_file files[] = {
        { fq_lit("curve-server.secret"), true, curve_secret, fq_lit("front.curve_secret_file") },
        { fq_lit("curve-server.public"), false, curve_public,
          fq_lit("to every shop: --server-key") },
        { fq_arena_printf(ctl->arena, "signing-%s.pem", key_id), true, signing_pem,
          fq_arena_printf(ctl->arena, "signing.keys: id = \"%s\"", key_id) },
        { fq_arena_printf(ctl->arena, "signing-%s.public", key_id), false, signing_public,
          fq_lit("to every shop: --keys, over a way it trusts") },
        { fq_lit("token.key"), true, keygen_secret(ctl), fq_lit("signing.token_key_file") },
        { fq_lit("payer.key"), true, keygen_secret(ctl), fq_lit("signing.payer_key_files") },
    };
    return ctl_files_make(ctl, folder, files, fq_array_size(files));
}

int ctl_keygen_client(struct ctl *ctl)
{
    return keygen_client(ctl, ctl->arguments[0], ctl->arguments[1]);
}

int ctl_keygen(struct ctl *ctl)
{
    struct fq_civil today = fq_beijing(fq_clock_unix_ms());
    const char *key_id = ctl->values[CTL_KEY_ID];
    if (key_id == NULL)
        key_id = fq_arena_printf(ctl->arena, "%04u-%02u", today.year, today.month).ptr;
    return keygen_daemon(ctl, ctl->arguments[0], key_id);
}
