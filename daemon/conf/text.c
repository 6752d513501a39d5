/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a configuration file, and finds what libconfig would misread. */
#include "daemon/conf/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define INTEGER_DIGITS_MAX 9 /* what libconfig 1.5 surely holds; beyond it wraps */
#define HEX_DIGITS_MAX     7

static void text_close(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

int fq_text_read(const char *path, struct fq_arena *arena, struct fq_str *ret)
{
    __attribute__((cleanup(text_close))) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return FQ_TEXT_E_UNREADABLE;
    FQ_CLEANUP_FREE char *bytes = fq_zalloc(FQ_TEXT_SIZE_MAX + 1);
    size_t len = 0;
    ssize_t got = 0;
    do {
        got = read(fd, bytes + len, FQ_TEXT_SIZE_MAX + 1 - len);
        if (got < 0 && errno != EINTR)
            return FQ_TEXT_E_UNREADABLE;
        len += got > 0 ? (size_t)got : 0;
    } while (got != 0 && len <= FQ_TEXT_SIZE_MAX);
    struct fq_str text = { NULL, 0 };
    errno = EFBIG;
    if (len <= FQ_TEXT_SIZE_MAX)
        text = fq_arena_copy(arena, (struct fq_str){ bytes, len });
    if (text.ptr == NULL)
        return FQ_TEXT_E_UNREADABLE;
    *ret = text;
    return 0;
}

unsigned int fq_text_bad_line(struct fq_str text)
{
    unsigned int line = 0;
    struct fq_str head;
    struct fq_str tail = text;
    bool more = true;
    while (more) {
        line++;
        more = fq_str_cut(tail, '\n', &head, &tail);
        if (!fq_str_is_utf8(head))
            return line;
    }
    return 0;
}

void fq_text_walk_init(struct fq_text_walk *walk, struct fq_str text)
{
    *walk = (struct fq_text_walk){ .text = text, .line = 1 };
}

static struct fq_str text_rest(const struct fq_text_walk *walk)
{
    return fq_str_sub(walk->text, walk->offset, walk->text.len);
}

static void text_advance(struct fq_text_walk *walk, size_t n)
{
    for (size_t i = 0; i < n && walk->offset < walk->text.len; i++) {
        if (walk->text.ptr[walk->offset] == '\n')
            walk->line++;
        walk->offset++;
    }
}

/* Moves behind the next `end`, or to the end of the text. */
static void text_skip_past(struct fq_text_walk *walk, struct fq_str end)
{
    while (walk->offset < walk->text.len && !fq_str_starts(text_rest(walk), end))
        text_advance(walk, 1);
    text_advance(walk, end.len);
}

static const char *text_string(struct fq_text_walk *walk)
{
    const char *reason = NULL;
    text_advance(walk, 1);
    while (walk->offset < walk->text.len) {
        struct fq_str rest = text_rest(walk);
        if (rest.ptr[0] == '"')
            break;
        if (fq_str_starts(rest, fq_lit("\\x00")))
            reason = "\\x00 would cut the string short";
        text_advance(walk, rest.ptr[0] == '\\' ? 2 : 1);
    }
    text_advance(walk, 1);
    return reason;
}

static bool text_is_hex(struct fq_str word)
{
    return fq_str_starts(word, fq_lit("0x")) || fq_str_starts(word, fq_lit("0X"));
}

/* A name, or a number with what hangs on it. */
static const char *text_word(struct fq_text_walk *walk)
{
    struct fq_str word = text_rest(walk);
    size_t len = 1;
    while (len < word.len && fq_str_is_word(fq_str_sub(word, len, 1), "_*-."))
        len++;
    word.len = len;
    text_advance(walk, len);
    if (word.ptr[0] == '-')
        word = fq_str_sub(word, 1, len);
    bool is_hex = text_is_hex(word);
    struct fq_str digits = is_hex ? fq_str_sub(word, 2, len) : word;
    while (digits.len > 0 && digits.ptr[digits.len - 1] == 'L')
        digits.len--;
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.ptr[i];
        if ((c < '0' || c > '9') && !is_hex)
            return NULL;
    }
    bool is_long = digits.len > (is_hex ? HEX_DIGITS_MAX : INTEGER_DIGITS_MAX);
    return is_long ? "integer is too long for any option" : NULL;
}

const char *fq_text_next_trap(struct fq_text_walk *walk, unsigned int *ret_line)
{
    while (walk->offset < walk->text.len) {
        const char *reason = NULL;
        struct fq_str rest = text_rest(walk);
        *ret_line = walk->line;
        if (rest.ptr[0] == '#' || fq_str_starts(rest, fq_lit("//"))) {
            text_skip_past(walk, fq_lit("\n"));
        } else if (fq_str_starts(rest, fq_lit("/*"))) {
            text_advance(walk, 2);
            text_skip_past(walk, fq_lit("*/"));
        } else if (rest.ptr[0] == '"') {
            reason = text_string(walk);
        } else if (fq_str_is_word(fq_str_sub(rest, 0, 1), "_*-.")) {
            reason = text_word(walk);
        } else {
            if (fq_str_starts(rest, fq_lit("@include"))) {
                reason = "@include is not read (merchants stand in merchants_dir)";
                walk->has_include = true;
            }
            text_advance(walk, 1);
        }
        if (reason != NULL)
            return reason;
    }
    return NULL;
}
