/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl key import: a platform's PKCS#12 file into the PEM files that a channel reads. */
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/crypto/pfx.h"
#include "daemon/crypto/prompt.h"
#include "daemon/ctl/ctl.h"

/* ---- the password: never on the command line, wiped ---- */

static int key_read_password(struct ctl *ctl, const char *path, char *ret)
{
    struct fq_str text, line, rest;
    int status = ctl_file_read(ctl, path, true, FQ_PFX_PASSWORD_SIZE_MAX, &text);
    if (status != CTL_OK)
        return status;
    (void)fq_str_cut(text, '\n', &line, &rest);
    if (fq_str_ends(line, fq_lit("\r")))
        line.len--;
    (void)memcpy(ret, line.ptr, line.len);
    ret[line.len] = '\0';
    fq_wipe(fq_unconst(text.ptr), text.len);
    return CTL_OK;
}

static int key_ask_password(struct ctl *ctl, const char *pfx, char *ret)
{
    struct fq_str prompt = fq_arena_printf(ctl->arena, "Password of %s: ", pfx);
    if (fq_prompt_secret(prompt.ptr, ret, FQ_PFX_PASSWORD_SIZE_MAX + 1) != 0)
        return ctl_complain(CTL_USAGE, "no password was given");
    return CTL_OK;
}

/* ---- the file ---- */

static int key_open(struct ctl *ctl, const char *path, struct fq_pfx *ret)
{
    struct fq_str bytes;
    char password[FQ_PFX_PASSWORD_SIZE_MAX + 1] = "";
    const char *file = ctl->values[CTL_PASSWORD_FILE];
    int status = ctl_file_read(ctl, path, false, FQ_PFX_SIZE_MAX, &bytes);
    if (status == CTL_OK)
        status = file != NULL ? key_read_password(ctl, file, password)
                              : key_ask_password(ctl, path, password);
    if (status != CTL_OK)
        return status;
    int r = fq_pfx_open(bytes, fq_str_of(password), ctl->arena, ret);
    fq_wipe(password, sizeof(password));
    if (r > 0)
        return ctl_complain(CTL_USAGE, "%s: %s", path, fq_pfx_reason(r));
    return r == 0 ? CTL_OK : ctl_complain(CTL_REFUSED, "%s: %s", path, fq_trace());
}

/* ---- what was taken of it ---- */

/* The CN of a certificate can be anything. */
static struct fq_str key_fit(struct fq_str text)
{
    return fq_str_is_utf8(text) && fq_str_is_line(text) ? text : fq_lit("(not fit to print)");
}

static int key_say(struct ctl *ctl, const struct fq_pfx *pfx)
{
    bool is_over = pfx->until_unix_ms <= fq_clock_unix_ms();
    struct ctl_table table;
    ctl_table_init(&table, ctl->arena, "ll", 0);
    ctl_table_row(&table, fq_lit("certId"), pfx->serial);
    ctl_table_row(&table, fq_lit("subject"), key_fit(pfx->subject_cn));
    ctl_table_row(&table, fq_lit("valid"),
                  fq_arena_printf(
                      ctl->arena, "%s to %s (Beijing)%s", ctl_time_text(ctl, pfx->from_unix_ms).ptr,
                      ctl_time_text(ctl, pfx->until_unix_ms).ptr, is_over ? ": expired" : ""));
    if (pfx->n_certificates > 1)
        ctl_table_row(
            &table, fq_lit("chosen"),
            fq_arena_printf(ctl->arena, "of %zu certificates in the file", pfx->n_certificates));
    ctl_table_print(&table, stdout);
    return CTL_OK;
}

/* ---- the command ---- */

/* "keys/acp_sign.pfx" -> "acp_sign" */
static struct fq_str key_stem(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct fq_str stem = fq_str_of(slash != NULL ? slash + 1 : path);
    const char *point = memrchr(stem.ptr, '.', stem.len);
    if (point != NULL)
        stem.len = (size_t)(point - stem.ptr);
    return stem;
}

static int key_import(struct ctl *ctl, const char *path, const char *folder)
{
    struct fq_pfx pfx = { 0 };
    struct fq_str name = ctl_has(ctl, CTL_NAME) ? fq_str_of(ctl->values[CTL_NAME]) : key_stem(path);
    if (!fq_str_is_word(name, "_-.") || name.ptr[0] == '.')
        return ctl_complain(CTL_USAGE, "\"%.*s\": a name is of 0-9 A-Z a-z _ - .; give --name",
                            fq_str_arg(name));
    int status = key_open(ctl, path, &pfx);
    if (status != CTL_OK)
        return status;
    const struct ctl_new_file files[] = {
        { fq_arena_printf(ctl->arena, "%.*s.pem", fq_str_arg(name)), true, pfx.key_pem,
          fq_lit("the private key, in the channel's keys") },
        { fq_arena_printf(ctl->arena, "%.*s.crt", fq_str_arg(name)), false, pfx.certificate_pem,
          fq_lit("its certificate, in the channel's keys") },
    };
    status = ctl_files_make(ctl, folder, files, fq_array_size(files));
    return status == CTL_OK ? key_say(ctl, &pfx) : status;
}

int ctl_key_import(struct ctl *ctl)
{
    if (!ctl_has(ctl, CTL_PFX) || !ctl_has(ctl, CTL_OUT))
        return ctl_complain(CTL_USAGE, "key import --pfx FILE --out DIR");
    return key_import(ctl, ctl->values[CTL_PFX], ctl->values[CTL_OUT]);
}
