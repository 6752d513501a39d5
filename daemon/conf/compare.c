/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between two configurations, setting by setting. */
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/conf/settings.h"

struct compare_item {
    struct fq_setting setting;
    struct fq_str shown; /* the value; of keys, also what is in the file */
    struct fq_str print;
    struct fq_str name; /* key, and of a member also its text: unique on its side */
    bool is_matched;
    UT_hash_handle hh;
};

struct compare_side {
    const struct fq_conf_side *side;
    struct fq_arena *arena;
    struct compare_item *items; /* by name, in the order of the tables */
};

/* ---- one side ---- */

static void compare_add(void *ctx, const struct fq_setting *setting)
{
    struct compare_side *side = ctx;
    struct compare_item *item = fq_arena_alloc(side->arena, sizeof(*item));
    if (item == NULL)
        return;
    item->setting = *setting;
    item->shown = setting->value;
    item->name = setting->key;
    if (setting->kind == FQ_SETTING_MEMBER)
        item->name = fq_arena_printf(side->arena, "%.*s %.*s", fq_str_arg(setting->key),
                                     fq_str_arg(setting->value));
    if (setting->kind == FQ_SETTING_VALUE && setting->row->flags & FQ_CONF_KEY)
        item->print = side->side->print(side->side->ctx, setting->value);
    if (item->print.len > 0)
        item->shown = fq_arena_printf(side->arena, "%.*s (sha-256 %.*s)",
                                      fq_str_arg(setting->value), fq_str_arg(item->print));
    if (item->name.ptr != NULL)
        HASH_ADD_KEYPTR(hh, side->items, item->name.ptr, item->name.len, item);
}

static struct compare_item *compare_find(const struct compare_side *side, struct fq_str name)
{
    struct compare_item *item = NULL;
    HASH_FIND(hh, side->items, name.ptr, name.len, item);
    return item;
}

/* ---- both ---- */

static void compare_tell(struct fq_conf_changes *changes, const struct compare_item *from,
                         const struct compare_item *to)
{
    const struct fq_setting *one = from != NULL ? &from->setting : &to->setting;
    if (changes->n == changes->n_max) {
        changes->n_more++;
        return;
    }
    struct fq_conf_change *change = &changes->items[changes->n++];
    *change = (struct fq_conf_change){ .key = one->key };
    change->is_fixed = one->row != NULL && (one->row->flags & FQ_CONF_FIXED) != 0;
    if (from != NULL)
        change->from = one->kind == FQ_SETTING_ELEMENT ? fq_lit("is there") : from->shown;
    if (to != NULL)
        change->to = one->kind == FQ_SETTING_ELEMENT ? fq_lit("is there") : to->shown;
    /* a key that only moved to another file */
    if (from != NULL && to != NULL && from->print.len > 0 && fq_str_equal(from->print, to->print))
        change->is_fixed = false;
}

static bool compare_is_same(const struct compare_item *a, const struct compare_item *b)
{
    return fq_str_equal(a->shown, b->shown);
}

/* Is it a part of a group that came or went as a whole? */
static bool compare_is_inside(const struct compare_item *item, const struct compare_item *group)
{
    struct fq_str key = item->setting.key;
    return group != NULL && fq_str_starts(key, group->setting.key) &&
           key.len > group->setting.key.len && key.ptr[group->setting.key.len] == '.';
}

/* Tells what only this side has; `is_from` says which it is. */
static void compare_alone(const struct compare_side *side, bool is_from,
                          struct fq_conf_changes *changes)
{
    const struct compare_item *group = NULL;
    for (struct compare_item *item = side->items; item != NULL; item = item->hh.next) {
        if (item->is_matched || compare_is_inside(item, group))
            continue;
        if (item->setting.kind == FQ_SETTING_ELEMENT)
            group = item;
        compare_tell(changes, is_from ? item : NULL, is_from ? NULL : item);
    }
}

void fq_conf_compare(const struct fq_conf_side *from, const struct fq_conf_side *to,
                     struct fq_arena *arena, struct fq_conf_changes *ret)
{
    struct compare_side a = { .side = from, .arena = arena };
    struct compare_side b = { .side = to, .arena = arena };
    *ret = (struct fq_conf_changes){ .n_max = FQ_CONF_CHANGES_MAX };
    ret->items = fq_arena_array(arena, ret->n_max, sizeof(*ret->items));
    if (ret->items == NULL)
        return;
    fq_conf_visit(from->conf, arena, compare_add, &a);
    fq_conf_visit(to->conf, arena, compare_add, &b);
    for (struct compare_item *item = a.items; item != NULL; item = item->hh.next) {
        struct compare_item *other = compare_find(&b, item->name);
        if (other == NULL)
            continue;
        item->is_matched = other->is_matched = true;
        if (!compare_is_same(item, other))
            compare_tell(ret, item, other);
    }
    compare_alone(&a, true, ret);
    compare_alone(&b, false, ret);
    HASH_CLEAR(hh, a.items);
    HASH_CLEAR(hh, b.items);
}
