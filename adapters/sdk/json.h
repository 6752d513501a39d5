/* SPDX-License-Identifier: Apache-2.0 */
/* JSON (RFC 8259) that is read in place: a value is a slice of the very bytes that were received,
 * so what a platform signed and what is used cannot differ. */
#ifndef FQ_SDK_JSON_H
#define FQ_SDK_JSON_H

#include "adapters/sdk/text.h"

#define FQ_JSON_SIZE_MAX  ((size_t)1 << 20)
#define FQ_JSON_DEPTH_MAX 32
#define FQ_JSON_KEYS_MAX  512 /* of all objects that are open at once */

enum {
    FQ_JSON_E_MALFORMED = 1, /* not exactly one JSON value */
    FQ_JSON_E_DUPLICATE,     /* a key that comes twice in one object, however it is spelt */
    FQ_JSON_E_TOO_BIG,       /* beyond one of the limits above */
};

/* Checks all of `text`, before anything in it is used; *ret_value is the value without the white
 * space around it. */
int fq_json_check(struct fq_str text, struct fq_str *ret_value);

/* The functions below take checked text, or a value found in it; anything else finds nothing, and
 * nothing outside of it is touched. Values are raw: strings with their quotes, objects with their
 * braces. */
bool fq_json_is_object(struct fq_str value);
bool fq_json_is_string(struct fq_str value);
bool fq_json_member(struct fq_str object, struct fq_str key, struct fq_str *ret_value);
bool fq_json_member_any_case(struct fq_str object, struct fq_str key, struct fq_str *ret_value);

/* Walks an object or an array: *cursor starts at 0. In arrays *ret_key is absent. */
bool fq_json_next(struct fq_str container, size_t *cursor, struct fq_str *ret_key,
                  struct fq_str *ret_value);

/* A string without quotes and escapes, as UTF-8; a number, true or false as it stands. False for
 * null, for containers, and for strings that are not well-formed Unicode or hold a NUL. */
bool fq_json_scalar(const struct fq_host *host, struct fq_str value, struct fq_str *ret);

/* The same of an object's member; absent if there is none, or none that fq_json_scalar reads. */
struct fq_str fq_json_text(const struct fq_host *host, struct fq_str object, const char *name);

/* Adds `s` as a JSON string, quotes included. */
void fq_json_add_string(struct fq_text *text, struct fq_str s);

/* Adds "name":"value" to an open object, with a comma unless it is the first. */
void fq_json_add_member(struct fq_text *text, const char *name, struct fq_str value);

#endif
