/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the JSON that fenqid and fenqictl speak with each other (daemon/base/json.h): what is read
 * is whole, and comes back the same when it is written and read again; any text can be written. */
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/json.h"

#define TEXT_SIZE_MAX ((size_t)8 * 1024)
#define DEPTH_MAX     16

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* A name has no NUL, so its copy is it. */
static const char *said_name(struct fq_arena *arena, struct fq_str name)
{
    struct fq_str copy = fq_arena_copy(arena, name);
    fq_assert(copy.ptr != NULL && strlen(copy.ptr) == name.len);
    return copy.ptr;
}

static void said_check_member(struct fq_arena *arena, const struct fq_json *object,
                              const struct fq_json *member)
{
    const char *name = said_name(arena, member->name);
    struct fq_str text = fq_json_get_text(object, name);
    fq_assert(fq_json_get(object, name) == member);
    fq_assert(fq_str_is_utf8(member->name));
    fq_assert(fq_json_get_number(object, name) == member->number);
    fq_assert(text.ptr == member->text.ptr && text.len == member->text.len);
}

static void said_check(struct fq_arena *arena, const struct fq_json *value, unsigned depth)
{
    bool is_container = value->type == FQ_JSON_LIST || value->type == FQ_JSON_OBJECT;
    fq_assert(depth <= DEPTH_MAX && value->type <= FQ_JSON_OBJECT);
    fq_assert(value->first == NULL || is_container);
    fq_assert(value->type == FQ_JSON_TEXT ? fq_str_is_utf8(value->text) : value->text.len == 0);
    fq_assert(value->type != FQ_JSON_BOOL || value->number == 0 || value->number == 1);
    for (const struct fq_json *item = value->first; item != NULL; item = item->next) {
        if (value->type == FQ_JSON_OBJECT)
            said_check_member(arena, value, item);
        said_check(arena, item, depth + 1);
    }
}

static void said_write(struct fq_buf *buf, const struct fq_json *value);

static void said_write_member(struct fq_buf *buf, const struct fq_json *member)
{
    const char *name = said_name(buf->arena, member->name);
    if (member->type == FQ_JSON_TEXT) {
        fq_json_write_member(buf, name, member->text);
    } else if (member->type == FQ_JSON_NUMBER) {
        fq_json_write_int(buf, name, member->number);
    } else if (member->type == FQ_JSON_BOOL) {
        fq_json_write_bool(buf, name, member->number != 0);
    } else {
        fq_json_write_name(buf, name);
        said_write(buf, member);
    }
}

static void said_write(struct fq_buf *buf, const struct fq_json *value)
{
    switch ((enum fq_json_type)value->type) {
    case FQ_JSON_NULL:
        fq_buf_add(buf, fq_lit("null"));
        break;
    case FQ_JSON_BOOL:
        fq_buf_add(buf, value->number != 0 ? fq_lit("true") : fq_lit("false"));
        break;
    case FQ_JSON_NUMBER:
        fq_buf_add_int(buf, value->number);
        break;
    case FQ_JSON_TEXT:
        fq_json_write_text(buf, value->text);
        break;
    case FQ_JSON_LIST:
        fq_buf_add_char(buf, '[');
        for (const struct fq_json *item = value->first; item != NULL; item = item->next) {
            said_write(buf, item);
            fq_buf_add_char(buf, item->next != NULL ? ',' : ' ');
        }
        fq_buf_add_char(buf, ']');
        break;
    case FQ_JSON_OBJECT:
        fq_buf_add_char(buf, '{');
        for (const struct fq_json *member = value->first; member != NULL; member = member->next)
            said_write_member(buf, member);
        fq_buf_add_char(buf, '}');
        break;
    }
}

static void said_check_same(const struct fq_json *a, const struct fq_json *b)
{
    fq_assert(a->type == b->type && a->number == b->number);
    fq_assert(fq_str_equal(a->name, b->name) && fq_str_equal(a->text, b->text));
    const struct fq_json *x = a->first;
    const struct fq_json *y = b->first;
    for (; x != NULL && y != NULL; x = x->next, y = y->next)
        said_check_same(x, y);
    fq_assert(x == NULL && y == NULL);
}

static void said_check_value(struct fq_arena *arena, const struct fq_json *value)
{
    const struct fq_json *again = NULL;
    struct fq_buf buf;
    struct fq_str written;
    said_check(arena, value, 1);
    fq_buf_init(&buf, arena, 16 * TEXT_SIZE_MAX);
    said_write(&buf, value);
    fq_assert(fq_buf_finish(&buf, &written) == 0);
    fq_assert(fq_json_read(written, arena, &again) == 0);
    said_check_same(value, again);
}

/* Only what is UTF-8 without NUL can be read again. */
static void said_check_text(struct fq_arena *arena, struct fq_str text)
{
    const struct fq_json *value = NULL;
    struct fq_buf buf;
    struct fq_str written;
    fq_buf_init(&buf, arena, 8 * TEXT_SIZE_MAX);
    fq_json_write_text(&buf, text);
    fq_assert(fq_buf_finish(&buf, &written) == 0);
    int r = fq_json_read(written, arena, &value);
    fq_assert(fq_str_is_utf8(text) ? r == 0 : r == FQ_JSON_E_INVALID);
    fq_assert(r != 0 || fq_str_equal(value->text, text));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct fq_str text = { (const char *)data, size };
    const struct fq_json *value = NULL;
    if (size > TEXT_SIZE_MAX)
        return 0;
    FQ_CLEANUP(fq_arena) *large = fq_arena_new((size_t)32 << 20);
    FQ_CLEANUP(fq_arena) *small = fq_arena_new(size + 64); /* as often as not too small */
    int r = fq_json_read(text, large, &value);
    if (r == 0)
        said_check_value(large, value);
    said_check_text(large, text);
    if (fq_json_read(text, small, &value) == 0)
        fq_assert(r == 0);
    return 0;
}
