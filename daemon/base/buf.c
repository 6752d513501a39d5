/* SPDX-License-Identifier: Apache-2.0 */
/* Builds text in an arena, up to a hard maximum. */
#include "daemon/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/err.h"

void fq_buf_init(struct fq_buf *buf, struct fq_arena *arena, size_t size_max)
{
    *buf = (struct fq_buf){ .arena = arena, .size_max = size_max };
}

/* Makes room for `len` more bytes and a NUL. */
static bool buf_reserve(struct fq_buf *buf, size_t len)
{
    if (buf->failed || len > buf->size_max - buf->len) {
        buf->failed = true;
        return false;
    }
    size_t wanted = buf->len + len + 1;
    if (wanted <= buf->size)
        return true;
    size_t size = buf->size > 0 ? buf->size * 2 : 256;
    if (size < wanted)
        size = wanted;
    char *bytes = fq_arena_alloc(buf->arena, size);
    if (bytes == NULL) {
        buf->failed = true;
        return false;
    }
    if (buf->len > 0)
        memcpy(bytes, buf->bytes, buf->len);
    buf->bytes = bytes;
    buf->size = size;
    return true;
}

void fq_buf_reserve(struct fq_buf *buf, size_t size)
{
    if (size > buf->len && size <= buf->size_max)
        (void)buf_reserve(buf, size - buf->len);
}

void fq_buf_add(struct fq_buf *buf, struct fq_str text)
{
    if (text.len == 0 || !buf_reserve(buf, text.len))
        return;
    memcpy(buf->bytes + buf->len, text.ptr, text.len);
    buf->len += text.len;
}

void fq_buf_add_char(struct fq_buf *buf, char c)
{
    fq_buf_add(buf, (struct fq_str){ &c, 1 });
}

void fq_buf_add_int(struct fq_buf *buf, int64_t value)
{
    char digits[24];
    char *end = digits + sizeof(digits);
    char *at = end;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0)
        *--at = '-';
    fq_buf_add(buf, (struct fq_str){ at, (size_t)(end - at) });
}

void fq_buf_printf(struct fq_buf *buf, const char *format, ...)
{
    char brief[256]; /* most texts: printed once, not measured first */
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(brief, sizeof(brief), format, arguments);
    va_end(arguments);
    fq_assert(len >= 0);
    if ((size_t)len < sizeof(brief)) {
        fq_buf_add(buf, (struct fq_str){ brief, (size_t)len });
        return;
    }
    if (!buf_reserve(buf, (size_t)len))
        return;
    va_start(arguments, format);
    (void)vsnprintf(buf->bytes + buf->len, (size_t)len + 1, format, arguments);
    va_end(arguments);
    buf->len += (size_t)len;
}

void fq_buf_add_html(struct fq_buf *buf, struct fq_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '&':
            fq_buf_add(buf, fq_lit("&amp;"));
            break;
        case '<':
            fq_buf_add(buf, fq_lit("&lt;"));
            break;
        case '>':
            fq_buf_add(buf, fq_lit("&gt;"));
            break;
        case '"':
            fq_buf_add(buf, fq_lit("&quot;"));
            break;
        case '\'':
            fq_buf_add(buf, fq_lit("&#39;"));
            break;
        default:
            fq_buf_add_char(buf, text.ptr[i]);
        }
    }
}

int fq_buf_finish(struct fq_buf *buf, struct fq_str *ret)
{
    if (!buf_reserve(buf, 0))
        return FQ_BUF_E_TOO_BIG;
    buf->bytes[buf->len] = '\0';
    *ret = (struct fq_str){ buf->bytes, buf->len };
    return 0;
}
