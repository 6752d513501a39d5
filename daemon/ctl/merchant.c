/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl merchant list, add, disable, enable: files in merchants.d, and a reload. What fenqid
 * refuses is taken back. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/ctl/journal.h"
#include "daemon/ctl/said.h"

#define FILE_SIZE_MAX ((size_t)1 << 20)

/* ---- list ---- */

static struct fq_str merchant_joined(struct ctl *ctl, const struct fq_json *list)
{
    struct fq_str text = { NULL, 0 };
    for (const struct fq_json *one = list != NULL ? list->first : NULL; one != NULL;
         one = one->next)
        text = fq_arena_printf(ctl->arena, "%.*s%s%.*s", fq_str_arg(text), text.len > 0 ? ", " : "",
                               fq_str_arg(one->text));
    return text;
}

int ctl_merchant_list(struct ctl *ctl)
{
    const struct fq_json *said = NULL;
    struct ctl_table table;
    int status = ctl_control(ctl, "GET", "/v1/merchants", fq_lit(""), &said);
    if (status != CTL_OK || ctl_has(ctl, CTL_JSON))
        return status;
    const struct fq_json *list = fq_json_get(said, "merchants");
    ctl_table_init(&table, ctl->arena, "llllll", 0);
    ctl_table_row(&table, fq_lit("merchant"), fq_lit("name"), fq_lit("state"), fq_lit("channels"),
                  fq_lit("client keys"), fq_lit("file"));
    for (const struct fq_json *one = list != NULL ? list->first : NULL; one != NULL;
         one = one->next)
        ctl_table_row(&table, fq_json_get_text(one, "id"), fq_json_get_text(one, "name"),
                      fq_json_get_number(one, "disabled") ? fq_lit("DISABLED") : fq_lit("enabled"),
                      merchant_joined(ctl, fq_json_get(one, "channels")),
                      merchant_joined(ctl, fq_json_get(one, "client_keys")),
                      fq_json_get_text(one, "file"));
    ctl_table_print(&table, stdout);
    return CTL_OK;
}

/* ---- what is common to changes ---- */

/* Where fenqid is asked is known from now on: afterwards the configuration may be a bad one. */
static struct fq_conf *merchant_conf(struct ctl *ctl)
{
    struct fq_conf *conf = ctl_conf_load(ctl);
    if (conf != NULL && conf->control_path.len > 0 && !ctl_has(ctl, CTL_CONTROL))
        ctl->values[CTL_CONTROL] = fq_arena_copy(ctl->arena, conf->control_path).ptr;
    return conf;
}

/* `before` (absent: there was none) comes back if fenqid does not take what stands there now. */
static int merchant_take(struct ctl *ctl, const char *path, struct fq_str before)
{
    int status = ctl_reload_ask(ctl);
    if (status == CTL_OK)
        return CTL_OK;
    if (status == CTL_NO_ANSWER)
        return ctl_complain(status, "%s is written; fenqid reads it when it starts", path);
    if (before.ptr != NULL)
        (void)ctl_file_replace(ctl, path, before);
    else
        (void)unlink(path);
    return ctl_complain(status, "%s: fenqid does not take it: nothing was changed", path);
}

static int merchant_say(struct ctl *ctl, const char *id, const char *path, const char *what)
{
    struct fq_buf buf;
    if (!ctl_has(ctl, CTL_JSON)) {
        (void)printf("%s is %s (%s)\n", id, what, path);
        return CTL_OK;
    }
    fq_buf_init(&buf, ctl->arena, 8192);
    fq_buf_add_char(&buf, '{');
    ctl_json_add_member(&buf, fq_lit("merchant"), fq_str_of(id));
    ctl_json_add_member(&buf, fq_lit("is"), fq_str_of(what));
    ctl_json_add_member(&buf, fq_lit("file"), fq_str_of(path));
    fq_buf_add_char(&buf, '}');
    return ctl_json_print(&buf);
}

/* ---- add ---- */

/* A text of the configuration: with quotes around it, and those inside escaped. */
static void merchant_add_text(struct fq_buf *buf, struct fq_str text)
{
    fq_buf_add_char(buf, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            fq_buf_add_char(buf, '\\');
        fq_buf_add_char(buf, text.ptr[i]);
    }
    fq_buf_add_char(buf, '"');
}

/* "a,b" as [ "a", "b" ] */
static void merchant_add_list(struct fq_buf *buf, const char *name, const char *words)
{
    struct fq_str rest = fq_str_of(words), word;
    const char *comma = "";
    fq_buf_printf(buf, "%s = [ ", name);
    while (rest.len > 0) {
        (void)fq_str_cut(rest, ',', &word, &rest);
        fq_buf_add(buf, fq_str_of(comma));
        merchant_add_text(buf, word);
        comma = ", ";
    }
    fq_buf_add(buf, fq_lit(" ];\n"));
}

static int merchant_text(struct ctl *ctl, const char *id, const char *key, struct fq_str *ret)
{
    struct fq_buf buf;
    const char *name = ctl_has(ctl, CTL_NAME) ? ctl->values[CTL_NAME] : id;
    fq_buf_init(&buf, ctl->arena, FILE_SIZE_MAX);
    fq_buf_add(&buf, fq_lit("# Made by fenqictl merchant add. conf/merchants.d/example.conf has "
                            "every option.\nid = "));
    merchant_add_text(&buf, fq_str_of(id));
    fq_buf_add(&buf, fq_lit(";\nname = "));
    merchant_add_text(&buf, fq_str_of(name));
    fq_buf_add(&buf, fq_lit(";\nclient_keys = [ "));
    merchant_add_text(&buf, fq_str_of(key));
    fq_buf_add(&buf, fq_lit(" ];\n"));
    merchant_add_list(&buf, "channels", ctl->values[CTL_CHANNEL]);
    if (ctl_has(ctl, CTL_RETURN_URL))
        merchant_add_list(&buf, "return_urls", ctl->values[CTL_RETURN_URL]);
    return fq_buf_finish(&buf, ret) == 0 ? CTL_OK : ctl_complain(CTL_USAGE, "too long");
}

/* The shop's own public key, or a new pair of which the secret half is the shop's. */
static int merchant_key(struct ctl *ctl, const char *id, const char **ret)
{
    char *public_key = fq_arena_alloc(ctl->arena, CTL_CURVE_KEY_LEN + 1);
    char secret_key[CTL_CURVE_KEY_LEN + 1] = "";
    *ret = ctl->values[CTL_PUBLIC_KEY];
    if (*ret != NULL)
        return CTL_OK;
    if (public_key == NULL || ctl_curve_make(public_key, secret_key) < 0)
        return ctl_complain(CTL_REFUSED, "%s", fq_trace());
    const struct ctl_new_file files[] = {
        { fq_arena_printf(ctl->arena, "%s.public", id), false,
          fq_arena_printf(ctl->arena, "%s\n", public_key),
          fq_lit("stands in the merchant's file") },
        { fq_arena_printf(ctl->arena, "%s.secret", id), true,
          fq_arena_printf(ctl->arena, "%s\n", secret_key),
          fq_lit("to the shop, over a way it trusts; then delete it here") },
    };
    fq_wipe(secret_key, sizeof(secret_key));
    int status = ctl_files_make_quietly(ctl, ctl->values[CTL_OUT], files, fq_array_size(files));
    if (status == CTL_OK)
        *ret = public_key;
    return status;
}

/* The pair that was made for nothing. */
static void merchant_drop_key(struct ctl *ctl, const char *id)
{
    static const char *const ends[] = { "public", "secret" };
    for (size_t i = 0; !ctl_has(ctl, CTL_PUBLIC_KEY) && i < fq_array_size(ends); i++)
        (void)unlink(
            fq_arena_printf(ctl->arena, "%s/%s.%s", ctl->values[CTL_OUT], id, ends[i]).ptr);
}

static int merchant_check(struct ctl *ctl, const char *id)
{
    if (!fq_str_is_word(fq_str_of(id), "_-") || strlen(id) > 32)
        return ctl_complain(CTL_USAGE, "\"%s\": an id is 1..32 of 0-9 A-Z a-z _ -", id);
    if (!ctl_has(ctl, CTL_CHANNEL))
        return ctl_complain(CTL_USAGE, "--channel NAME[,NAME]: which may it use?");
    if (!ctl_has(ctl, CTL_PUBLIC_KEY) && !ctl_has(ctl, CTL_OUT))
        return ctl_complain(CTL_USAGE, "--public-key KEY, or --out DIR where a pair is made");
    for (int i = 0; i < CTL_OPTION_N; i++) {
        if (ctl->values[i] != NULL && !fq_str_is_line(fq_str_of(ctl->values[i])))
            return ctl_complain(CTL_USAGE, "an option has a line break, or the like, in it");
    }
    return CTL_OK;
}

static const struct fq_merchant *merchant_find(const struct fq_conf *conf, const char *id)
{
    for (size_t i = 0; i < conf->n_merchants; i++) {
        if (fq_str_equal(conf->merchants[i].id, fq_str_of(id)))
            return &conf->merchants[i];
    }
    return NULL;
}

int ctl_merchant_add(struct ctl *ctl)
{
    const char *id = ctl->arguments[0], *key = NULL;
    struct fq_str text = { NULL, 0 };
    int status = merchant_check(ctl, id);
    FQ_CLEANUP(fq_conf) *conf = status == CTL_OK ? merchant_conf(ctl) : NULL;
    if (conf == NULL)
        return CTL_USAGE;
    if (conf->merchants_dir.len == 0)
        return ctl_complain(CTL_USAGE, "merchants_dir is not set");
    const char *path =
        fq_arena_printf(ctl->arena, "%.*s/%s.conf", fq_str_arg(conf->merchants_dir), id).ptr;
    if (merchant_find(conf, id) != NULL || access(path, F_OK) == 0)
        return ctl_complain(CTL_REFUSED, "%s: there is such a merchant, or its file", id);
    status = merchant_key(ctl, id, &key);
    if (status == CTL_OK)
        status = merchant_text(ctl, id, key, &text);
    if (status == CTL_OK)
        status = ctl_file_replace(ctl, path, text);
    if (status == CTL_OK)
        status = merchant_take(ctl, path, (struct fq_str){ NULL, 0 });
    if (status != CTL_OK && status != CTL_NO_ANSWER && key != NULL)
        merchant_drop_key(ctl, id);
    return status == CTL_OK ? merchant_say(ctl, id, path, "added") : status;
}

/* ---- disable, enable ---- */

static bool merchant_is_switch(struct fq_str line)
{
    while (line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t'))
        line = fq_str_sub(line, 1, line.len);
    if (!fq_str_starts(line, fq_lit("disabled")))
        return false;
    line = fq_str_sub(line, 8, line.len);
    return line.len > 0 && strchr(" \t=:", line.ptr[0]) != NULL;
}

/* The file with its line "disabled = ..." as it is wanted, in its old place or at the end. */
static int merchant_switch(struct ctl *ctl, struct fq_str text, bool is_disabled,
                           struct fq_str *ret)
{
    struct fq_str line;
    struct fq_buf buf;
    bool is_there = false;
    fq_buf_init(&buf, ctl->arena, FILE_SIZE_MAX + 256);
    while (text.len > 0) {
        (void)fq_str_cut(text, '\n', &line, &text);
        if (!merchant_is_switch(line))
            fq_buf_printf(&buf, "%.*s\n", fq_str_arg(line));
        else if (!is_there)
            fq_buf_printf(&buf, "disabled = %s;\n", is_disabled ? "true" : "false");
        is_there |= merchant_is_switch(line);
    }
    if (!is_there)
        fq_buf_printf(&buf, "disabled = %s;\n", is_disabled ? "true" : "false");
    return fq_buf_finish(&buf, ret) == 0 ? CTL_OK : ctl_complain(CTL_USAGE, "too long");
}

static int merchant_set(struct ctl *ctl, bool is_disabled)
{
    const char *id = ctl->arguments[0];
    struct fq_str before = { NULL, 0 }, after = { NULL, 0 };
    FQ_CLEANUP(fq_conf) *conf = merchant_conf(ctl);
    if (conf == NULL)
        return CTL_USAGE;
    const struct fq_merchant *merchant = merchant_find(conf, id);
    if (merchant == NULL)
        return ctl_complain(CTL_REFUSED, "%s: there is no such merchant", id);
    const char *path = merchant->file.ptr;
    int status = ctl_file_read(ctl, path, false, FILE_SIZE_MAX, &before);
    if (status == CTL_OK)
        status = merchant_switch(ctl, before, is_disabled, &after);
    if (status == CTL_OK)
        status = ctl_file_replace(ctl, path, after);
    if (status == CTL_OK)
        status = merchant_take(ctl, path, before);
    return status == CTL_OK
               ? merchant_say(ctl, id, path,
                              is_disabled ? "disabled: its keys are refused" : "enabled")
               : status;
}

int ctl_merchant_disable(struct ctl *ctl)
{
    return merchant_set(ctl, true);
}

int ctl_merchant_enable(struct ctl *ctl)
{
    return merchant_set(ctl, false);
}
