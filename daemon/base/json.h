/* SPDX-License-Identifier: Apache-2.0 */
/* JSON (RFC 8259) as fenqid and fenqictl speak it with each other: all numbers are whole, no key
 * comes twice, texts are UTF-8 without NUL. (What platforms say is read in place: adapters/sdk.) */
#ifndef FQ_BASE_JSON_H
#define FQ_BASE_JSON_H

#include "daemon/base/buf.h"

enum fq_json_type {
    FQ_JSON_NULL = 0,
    FQ_JSON_BOOL,
    FQ_JSON_NUMBER,
    FQ_JSON_TEXT,
    FQ_JSON_LIST,
    FQ_JSON_OBJECT,
};

struct fq_json {
    uint32_t type;         /* fq_json_type */
    struct fq_str name;    /* of a member */
    int64_t number;        /* NUMBER; BOOL: 0 or 1 */
    struct fq_str text;    /* TEXT */
    struct fq_json *first; /* of LIST, OBJECT */
    struct fq_json *next;  /* of the list or object that it is in */
};

enum {
    FQ_JSON_E_INVALID = 1, /* not exactly one such value, nested deeper than 16, or too large */
};

int fq_json_read(struct fq_str text, struct fq_arena *arena, const struct fq_json **ret);

/* The member of an object; NULL if there is none, or `object` is none. */
const struct fq_json *fq_json_get(const struct fq_json *object, const char *name);
/* Its text; absent unless it is one. */
struct fq_str fq_json_get_text(const struct fq_json *object, const char *name);
/* Its number, or whether it is true; 0 unless it is one. */
int64_t fq_json_get_number(const struct fq_json *object, const char *name);

/* "text", escaped. */
void fq_json_write_text(struct fq_buf *buf, struct fq_str text);
/* "name":, with a comma before it unless it is the first of its object. */
void fq_json_write_name(struct fq_buf *buf, const char *name);
void fq_json_write_member(struct fq_buf *buf, const char *name, struct fq_str text);
void fq_json_write_int(struct fq_buf *buf, const char *name, int64_t number);
void fq_json_write_bool(struct fq_buf *buf, const char *name, bool is_true);

#endif
