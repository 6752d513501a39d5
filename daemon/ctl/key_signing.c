/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl key list, key rotate, key retire: the life of the keys that answers are signed with. The
 * configuration stays the operator's to edit: each step is told, and checked before the next. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/core/beijing.h"
#include "daemon/crypto/crypto.h"
#include "daemon/ctl/journal.h"
#include "daemon/ctl/said.h"

#define KEY_ID_LEN_MAX 64
#define PEM_SIZE_MAX   4096

/* ---- list ---- */

static const struct fq_json *key_first(const struct fq_json *object, const char *name)
{
    const struct fq_json *list = fq_json_get(object, name);
    return list != NULL ? list->first : NULL;
}

static struct fq_str key_age(struct ctl *ctl, const struct fq_json *key)
{
    if (fq_json_get_number(key, "made_unix_ms") == 0)
        return fq_lit("the file is gone");
    return fq_arena_printf(ctl->arena, "%" PRId64 " days", fq_json_get_number(key, "age_days"));
}

static struct fq_str key_end(struct ctl *ctl, const struct fq_json *key)
{
    int64_t until_ms = fq_json_get_number(key, "until_unix_ms");
    int64_t days = fq_json_get_number(key, "days_left");
    if (until_ms == 0)
        return fq_lit("");
    if (days < 0)
        return fq_arena_printf(ctl->arena, "certificate ENDED %.*s",
                               fq_str_arg(ctl_time_text(ctl, until_ms)));
    return fq_arena_printf(ctl->arena, "certificate ends in %" PRId64 " days", days);
}

static void key_show(struct ctl *ctl, const struct fq_json *said)
{
    struct ctl_table table;
    ctl_table_init(&table, ctl->arena, "lllrl", 0);
    ctl_table_row(&table, fq_lit("of"), fq_lit("key"), fq_lit("what it does"), fq_lit("age"),
                  fq_lit("file"));
    for (const struct fq_json *one = key_first(said, "signing"); one != NULL; one = one->next)
        ctl_table_row(&table, fq_lit("answers"), fq_json_get_text(one, "id"),
                      fq_json_get_number(one, "signs") ? fq_lit("SIGNS, published")
                                                       : fq_lit("published"),
                      key_age(ctl, one), fq_json_get_text(one, "file"));
    const struct fq_json *curve = fq_json_get(said, "curve");
    ctl_table_row(&table, fq_lit("front"), fq_lit("CURVE"), fq_lit("serves"), key_age(ctl, curve),
                  fq_json_get_text(curve, "file"));
    curve = fq_json_get(said, "next_curve");
    if (curve != NULL)
        ctl_table_row(&table, fq_lit("front"), fq_lit("CURVE"), fq_lit("serves next_endpoints"),
                      key_age(ctl, curve), fq_json_get_text(curve, "file"));
    for (const struct fq_json *one = key_first(said, "payer"); one != NULL; one = one->next)
        ctl_table_row(&table, fq_lit("payers"), fq_lit(""),
                      fq_json_get_number(one, "seals") ? fq_lit("seals, opens") : fq_lit("opens"),
                      key_age(ctl, one), fq_json_get_text(one, "file"));
    for (const struct fq_json *one = key_first(said, "channels"); one != NULL; one = one->next)
        ctl_table_row(&table, fq_json_get_text(one, "channel"), fq_json_get_text(one, "key"),
                      key_end(ctl, one), key_age(ctl, one), fq_json_get_text(one, "file"));
    ctl_table_print(&table, stdout);
}

int ctl_key_list(struct ctl *ctl)
{
    const struct fq_json *said = NULL;
    int status = ctl_control(ctl, "GET", "/v1/keys", fq_lit(""), &said);
    if (status == CTL_OK && !ctl_has(ctl, CTL_JSON))
        key_show(ctl, said);
    return status;
}

/* ---- rotate ---- */

/* --out, or where the keys are now. */
static const char *key_folder(struct ctl *ctl, struct fq_str file)
{
    const char *slash = memrchr(file.ptr, '/', file.len);
    if (ctl_has(ctl, CTL_OUT))
        return ctl->values[CTL_OUT];
    return slash == NULL
               ? "."
               : fq_arena_copy(ctl->arena, (struct fq_str){ file.ptr, (size_t)(slash - file.ptr) })
                     .ptr;
}

static int rotate_say(struct ctl *ctl, const char *id, const char *folder, const char *stem)
{
    struct fq_buf buf;
    fq_buf_init(&buf, ctl->arena, 8192);
    fq_buf_add_char(&buf, '{');
    ctl_json_add_member(&buf, fq_lit("id"), fq_str_of(id));
    ctl_json_add_member(&buf, fq_lit("file"),
                        fq_arena_printf(ctl->arena, "%s/%s%s", folder, stem,
                                        ctl_has(ctl, CTL_CURVE) ? ".secret" : ".pem"));
    ctl_json_add_member(&buf, fq_lit("public_file"),
                        fq_arena_printf(ctl->arena, "%s/%s.public", folder, stem));
    fq_buf_add_char(&buf, '}');
    return ctl_json_print(&buf);
}

static int rotate_signing(struct ctl *ctl, const struct fq_conf *conf, const char *id)
{
    struct fq_str public_key = { NULL, 0 }, pem = { NULL, 0 };
    const char *folder = key_folder(ctl, conf->signing_keys[0].file);
    const char *stem = fq_arena_printf(ctl->arena, "signing-%s", id).ptr;
    for (size_t i = 0; i < conf->n_signing_keys; i++) {
        if (fq_str_equal(conf->signing_keys[i].key_id, fq_str_of(id)))
            return ctl_complain(CTL_REFUSED, "%s: signing.keys has such a key: --key-id", id);
    }
    if (ctl_keygen_signing(ctl, id, &public_key, &pem) < 0)
        return ctl_complain(CTL_REFUSED, "%s", fq_trace());
    const struct ctl_new_file files[] = {
        { fq_arena_printf(ctl->arena, "%s.pem", stem), true, pem, fq_lit("signing.keys") },
        { fq_arena_printf(ctl->arena, "%s.public", stem), false, public_key,
          fq_lit("to every shop: --keys, beside the old one") },
    };
    int status = ctl_files_make_quietly(ctl, folder, files, fq_array_size(files));
    if (status != CTL_OK || ctl_has(ctl, CTL_JSON))
        return status == CTL_OK ? rotate_say(ctl, id, folder, stem) : status;
    (void)printf(
        "\nThe steps, each followed by `fenqictl reload` and `fenqictl key list`:\n"
        "  1. into signing.keys:  { id = \"%s\"; file = \"%s/%s.pem\"; signing = false; }\n"
        "     and give the public key to every shop; it pins both\n"
        "  2. when all have it:   signing = true there, signing = false at the old one\n"
        "  3. when old answers are verified no more: take the old one out,\n"
        "     then: fenqictl key retire OLD\n",
        id, folder, stem);
    return CTL_OK;
}

static int rotate_curve(struct ctl *ctl, const struct fq_conf *conf, const char *id)
{
    struct fq_str public_key = { NULL, 0 }, secret = { NULL, 0 };
    const char *folder = key_folder(ctl, conf->curve_secret_file);
    const char *stem = fq_arena_printf(ctl->arena, "curve-%s", id).ptr;
    if (ctl_keygen_curve(ctl, &public_key, &secret) < 0)
        return ctl_complain(CTL_REFUSED, "%s", fq_trace());
    const struct ctl_new_file files[] = {
        { fq_arena_printf(ctl->arena, "%s.secret", stem), true, secret,
          fq_lit("front.next_curve_secret_file") },
        { fq_arena_printf(ctl->arena, "%s.public", stem), false, public_key,
          fq_lit("to every shop: --server-key, with the next endpoint") },
    };
    int status = ctl_files_make_quietly(ctl, folder, files, fq_array_size(files));
    if (status != CTL_OK || ctl_has(ctl, CTL_JSON))
        return status == CTL_OK ? rotate_say(ctl, id, folder, stem) : status;
    (void)printf("\nThe steps, each followed by a restart (shops repeat what they asked):\n"
                 "  1. into front:  next_endpoints = [ \"tcp://HOST:ANOTHER_PORT\" ];\n"
                 "                  next_curve_secret_file = \"%s/%s.secret\";\n"
                 "     and give that endpoint and the public key to every shop\n"
                 "  2. when all ask there: both into endpoints and curve_secret_file, and the two\n"
                 "     next_ options out again; then delete the old secret\n",
                 folder, stem);
    return CTL_OK;
}

int ctl_key_rotate(struct ctl *ctl)
{
    struct fq_civil today = fq_beijing(fq_clock_unix_ms());
    const char *id = ctl->values[CTL_KEY_ID];
    if (id == NULL)
        id = fq_arena_printf(ctl->arena, "%04u-%02u-%02u", today.year, today.month, today.day).ptr;
    if (!fq_str_is_word(fq_str_of(id), "_-.") || strlen(id) > KEY_ID_LEN_MAX)
        return ctl_complain(CTL_USAGE, "\"%s\": a key's id is 1..64 of 0-9 A-Z a-z _ - .", id);
    FQ_CLEANUP(fq_conf) *conf = ctl_conf_load(ctl);
    if (conf == NULL)
        return CTL_USAGE;
    return ctl_has(ctl, CTL_CURVE) ? rotate_curve(ctl, conf, id) : rotate_signing(ctl, conf, id);
}

/* ---- retire ---- */

/* Overwritten first: old blocks may still be read where the disk does not move them. */
static int retire_destroy(const char *path)
{
    struct stat status = { 0 };
    char noise[PEM_SIZE_MAX];
    FILE *file = fopen(path, "r+e");
    if (file == NULL)
        return ctl_complain(CTL_REFUSED, "%s: %s", path, strerrordesc_np(errno));
    size_t size = fstat(fileno(file), &status) == 0 && status.st_size < PEM_SIZE_MAX
                      ? (size_t)status.st_size
                      : sizeof(noise);
    fq_random(noise, sizeof(noise));
    bool is_done =
        fwrite(noise, 1, size, file) == size && fflush(file) == 0 && fsync(fileno(file)) == 0;
    is_done = fclose(file) == 0 && is_done && unlink(path) == 0;
    return is_done ? CTL_OK : ctl_complain(CTL_REFUSED, "%s: %s", path, strerrordesc_np(errno));
}

/* Only what fenqid neither signs with nor publishes any more. */
static int retire_check(const struct fq_json *said, const char *id)
{
    const struct fq_json *one = key_first(said, "signing");
    while (one != NULL && !fq_str_equal(fq_json_get_text(one, "id"), fq_str_of(id)))
        one = one->next;
    if (one == NULL)
        return CTL_OK;
    if (fq_json_get_number(one, "signs"))
        return ctl_complain(CTL_REFUSED,
                            "%s signs\n  next   give the other key signing = true and this one "
                            "signing = false, and fenqictl reload",
                            id);
    return ctl_complain(CTL_REFUSED,
                        "%s is published\n  next   when old answers are verified no more, take it "
                        "out of signing.keys, and fenqictl reload",
                        id);
}

int ctl_key_retire(struct ctl *ctl)
{
    const struct fq_json *said = NULL;
    const char *id = ctl->arguments[0];
    if (!fq_str_is_word(fq_str_of(id), "_-."))
        return ctl_complain(CTL_USAGE, "\"%s\": not a key's id", id);
    FQ_CLEANUP(fq_conf) *conf = ctl_conf_load(ctl);
    if (conf == NULL)
        return CTL_USAGE;
    int status = ctl_control_part(ctl, "GET", "/v1/keys", fq_lit(""), &said);
    if (status == CTL_OK)
        status = retire_check(said, id);
    if (status != CTL_OK)
        return status;
    for (size_t i = 0; i < conf->n_signing_keys; i++) {
        if (fq_str_equal(conf->signing_keys[i].key_id, fq_str_of(id)))
            return ctl_complain(CTL_REFUSED,
                                "%s stands in signing.keys\n  next   take it out there, and "
                                "fenqictl reload",
                                id);
    }
    const char *path = fq_arena_printf(ctl->arena, "%s/signing-%s.pem",
                                       key_folder(ctl, conf->signing_keys[0].file), id)
                           .ptr;
    status = retire_destroy(path);
    if (status != CTL_OK)
        return status;
    if (ctl_has(ctl, CTL_JSON))
        return rotate_say(ctl, id, key_folder(ctl, conf->signing_keys[0].file),
                          fq_arena_printf(ctl->arena, "signing-%s", id).ptr);
    (void)printf("%s is destroyed; keep its public key: it proves the answers of its time\n", path);
    return CTL_OK;
}
