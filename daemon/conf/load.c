/* SPDX-License-Identifier: Apache-2.0 */
/* Loads the main file, the banks' files that it names, and the merchants' files beside it. */
#include "daemon/conf/load.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/conf/check.h"
#include "daemon/conf/reader.h"
#include "daemon/conf/text.h"

#define CONF_SIZE_MAX ((size_t)64 << 20)

/* What stands around a struct fq_conf: where its values were found. */
struct conf_owner {
    struct fq_conf_main main;
    const struct fq_place *places;
    struct fq_str file;
};

struct fq_conf_load {
    struct conf_owner *owner;
    struct fq_conf_errors *errors;
    struct fq_merchant *merchants; /* in the arena, grown by doubling */
    size_t n_merchants_max;
};

/* The conf stands at its beginning. */
_Static_assert(offsetof(struct conf_owner, main.conf) == 0, "fq_conf_blame");

/* ---- a load, step by step ---- */

struct fq_conf_load *fq_conf_load_new(void)
{
    struct fq_conf_load *load = fq_zalloc(sizeof(*load));
    load->owner = fq_zalloc(sizeof(*load->owner));
    load->owner->main.conf.arena = fq_arena_new(CONF_SIZE_MAX);
    load->errors = fq_conf_errors_new();
    return load;
}

void fq_conf_load_free(struct fq_conf_load *load)
{
    if (load == NULL)
        return;
    fq_conf_errors_free(load->errors);
    if (load->owner != NULL)
        fq_conf_free(&load->owner->main.conf);
    fq_free(load);
}

static struct fq_str load_folder(struct fq_arena *arena, struct fq_str path)
{
    FQ_CLEANUP_FREE char *here = NULL;
    size_t len = path.len;
    while (len > 0 && path.ptr[len - 1] != '/')
        len--;
    struct fq_str folder = fq_str_sub(path, 0, len > 1 ? len - 1 : len);
    if (fq_str_starts(path, fq_lit("/")))
        return fq_arena_copy(arena, folder);
    here = get_current_dir_name();
    return fq_arena_printf(arena, "%s%s%.*s", here != NULL ? here : ".", folder.len > 0 ? "/" : "",
                           fq_str_arg(folder));
}

static struct fq_reader load_reader(struct fq_conf_load *load, const char *path)
{
    struct fq_arena *arena = load->owner->main.conf.arena;
    struct fq_str file = fq_arena_copy(arena, fq_str_of(path));
    return (struct fq_reader){
        .arena = arena,
        .errors = load->errors,
        .places = &load->owner->places,
        .file = file,
        .folder = load_folder(arena, file),
    };
}

bool fq_conf_load_main(struct fq_conf_load *load, const char *path, struct fq_str text)
{
    struct fq_reader reader = load_reader(load, path);
    load->owner->file = reader.file;
    return fq_reader_read(&reader, text, &fq_conf_main_table, (struct fq_str){ NULL, 0 },
                          &load->owner->main);
}

void fq_conf_load_issuers(struct fq_conf_load *load, size_t channel, const char *path,
                          struct fq_str text)
{
    struct fq_channel_conf *channels = fq_unconst(load->owner->main.conf.channels);
    if (channel >= load->owner->main.conf.n_channels)
        return;
    struct fq_reader reader = load_reader(load, path);
    struct fq_str key =
        fq_arena_printf(reader.arena, "channels.%.*s", fq_str_arg(channels[channel].name));
    (void)fq_reader_read(&reader, text, &fq_conf_issuers_table, key, &channels[channel]);
}

struct fq_str fq_conf_load_merchants_dir(const struct fq_conf_load *load)
{
    return load->owner->main.merchants_dir;
}

static struct fq_merchant *load_add_merchant(struct fq_conf_load *load)
{
    struct fq_conf *conf = &load->owner->main.conf;
    if (conf->n_merchants == load->n_merchants_max) {
        size_t n_max = load->n_merchants_max > 0 ? load->n_merchants_max * 2 : 16;
        struct fq_merchant *merchants = fq_arena_array(conf->arena, n_max, sizeof(*merchants));
        if (merchants == NULL)
            return NULL;
        if (conf->n_merchants > 0)
            memcpy(merchants, load->merchants, conf->n_merchants * sizeof(*merchants));
        load->merchants = merchants;
        load->n_merchants_max = n_max;
        conf->merchants = merchants;
    }
    struct fq_merchant *merchant = &load->merchants[conf->n_merchants++];
    *merchant = (struct fq_merchant){ .id = { NULL, 0 } };
    return merchant;
}

static bool load_is_known(const struct fq_conf_load *load, const struct fq_merchant *merchant)
{
    const struct fq_conf *conf = &load->owner->main.conf;
    for (const struct fq_merchant *other = conf->merchants; other < merchant; other++) {
        if (fq_str_equal(other->id, merchant->id))
            return true;
    }
    return false;
}

/* A file that is no merchant, or one that there is already, counts for nothing else. */
void fq_conf_load_merchant(struct fq_conf_load *load, const char *path, struct fq_str text)
{
    struct fq_merchant *merchant = load_add_merchant(load);
    if (merchant == NULL)
        return;
    struct fq_conf *conf = &load->owner->main.conf;
    const struct fq_place *places = load->owner->places;
    struct fq_reader reader = load_reader(load, path);
    if (!fq_reader_read(&reader, text, &fq_conf_merchant_table, fq_lit("merchants"), merchant)) {
        conf->n_merchants--;
        return;
    }
    merchant->file = reader.file;
    if (merchant->id.len > 0 && load_is_known(load, merchant)) {
        struct fq_str key =
            fq_arena_printf(load->errors->arena, "merchants.%.*s.id", fq_str_arg(merchant->id));
        fq_conf_blame(conf, load->errors, key, fq_lit("must be unique, is in another file too"));
        load->owner->places = places;
        conf->n_merchants--;
    }
}

int fq_conf_load_finish(struct fq_conf_load *load, struct fq_conf **ret,
                        struct fq_conf_errors **ret_errors)
{
    struct fq_conf *conf = &load->owner->main.conf;
    conf->merchants_dir = load->owner->main.merchants_dir;
    if (fq_arena_is_full(conf->arena))
        return FQ_FAULT(-ENOMEM, "configuration needs more than %zu bytes", CONF_SIZE_MAX);
    fq_conf_check(conf, load->errors);
    if (load->errors->n > 0) {
        *ret_errors = FQ_TAKE(load->errors);
        return FQ_CONF_E_INVALID;
    }
    load->owner = NULL;
    *ret = conf;
    return 0;
}

/* ---- the files ---- */

static bool load_read(struct fq_conf_load *load, const char *path, struct fq_str *ret)
{
    if (fq_text_read(path, load->owner->main.conf.arena, ret) == 0)
        return true;
    fq_conf_errors_add(load->errors, fq_str_of(path), 1, (struct fq_str){ NULL, 0 },
                       "cannot be read: %s", strerrordesc_np(errno));
    return false;
}

static void load_issuers(struct fq_conf_load *load)
{
    const struct fq_conf *conf = &load->owner->main.conf;
    for (size_t i = 0; i < conf->n_channels; i++) {
        const struct fq_channel_conf *channel = &conf->channels[i];
        struct fq_str text;
        if (channel->issuers_file.len == 0)
            continue;
        if (fq_text_read(channel->issuers_file.ptr, conf->arena, &text) == 0) {
            fq_conf_load_issuers(load, i, channel->issuers_file.ptr, text);
            continue;
        }
        int error = errno;
        struct fq_arena *arena = load->errors->arena;
        fq_conf_blame(
            conf, load->errors,
            fq_arena_printf(arena, "channels.%.*s.issuers_file", fq_str_arg(channel->name)),
            fq_arena_printf(arena, "must be a file that can be read, %.*s: %s",
                            fq_str_arg(channel->issuers_file), strerrordesc_np(error)));
    }
}

static int load_is_conf(const struct dirent *entry)
{
    struct fq_str name = fq_str_of(entry->d_name);
    return name.ptr[0] != '.' && fq_str_ends(name, fq_lit(".conf"));
}

static int load_by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void load_merchants(struct fq_conf_load *load)
{
    struct fq_arena *arena = load->owner->main.conf.arena;
    struct fq_str folder = fq_conf_load_merchants_dir(load);
    FQ_CLEANUP_FREE struct dirent **entries = NULL;
    int n = folder.ptr == NULL ? 0 : scandir(folder.ptr, &entries, load_is_conf, load_by_name);
    if (n < 0) {
        fq_conf_blame(&load->owner->main.conf, load->errors, fq_lit("merchants_dir"),
                      fq_arena_printf(load->errors->arena, "must be a folder, %.*s: %s",
                                      fq_str_arg(folder), strerrordesc_np(errno)));
        return;
    }
    for (int i = 0; i < n; i++) {
        struct fq_str path =
            fq_arena_printf(arena, "%.*s/%s", fq_str_arg(folder), entries[i]->d_name);
        struct fq_str text;
        if (path.ptr != NULL && load_read(load, path.ptr, &text))
            fq_conf_load_merchant(load, path.ptr, text);
        free(entries[i]);
    }
}

int fq_conf_load(const char *path, struct fq_conf **ret, struct fq_conf_errors **ret_errors)
{
    FQ_CLEANUP(fq_conf_load) *load = fq_conf_load_new();
    struct fq_str text;
    if (!load_read(load, path, &text) || !fq_conf_load_main(load, path, text)) {
        *ret_errors = FQ_TAKE(load->errors);
        return FQ_CONF_E_INVALID;
    }
    load_issuers(load);
    load_merchants(load);
    return fq_conf_load_finish(load, ret, ret_errors);
}

/* ---- afterwards ---- */

void fq_conf_blame(const struct fq_conf *conf, struct fq_conf_errors *errors, struct fq_str key,
                   struct fq_str reason)
{
    const struct conf_owner *owner = (const struct conf_owner *)(const void *)conf;
    const struct fq_place *place = fq_places_find(owner->places, key);
    fq_conf_errors_add(errors, place != NULL ? place->file : owner->file,
                       place != NULL ? place->line : 1, key, "%.*s", fq_str_arg(reason));
}

void fq_conf_free(struct fq_conf *conf)
{
    if (conf == NULL)
        return;
    struct conf_owner *owner = fq_container_of(conf, struct conf_owner, main.conf);
    fq_arena_free(conf->arena);
    fq_free(owner);
}
