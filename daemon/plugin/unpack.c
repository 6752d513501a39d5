/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacks zip entries, zlib streams and GBK text, and believes no length that is written in them.
 */
#include "daemon/plugin/unpack.h"

#include <iconv.h>
#include <string.h>
#define ZLIB_CONST /* its input stays as it is */
#include <zlib.h>

#include "daemon/base/err.h"

#define ZIP_END_SIZE       22u /* end of central directory, without its comment */
#define ZIP_END_MAGIC      0x06054b50u
#define ZIP_ENTRY_SIZE     46u /* a central directory entry, without its name */
#define ZIP_ENTRY_MAGIC    0x02014b50u
#define ZIP_LOCAL_SIZE     30u
#define ZIP_LOCAL_MAGIC    0x04034b50u
#define ZIP_METHOD_STORED  0u
#define ZIP_METHOD_DEFLATE 8u
#define ZIP_COMMENT_MAX    65535u

/* ---- reading little-endian numbers; the caller has checked the bounds ---- */

static uint32_t unpack_u16(struct fq_str bytes, size_t at)
{
    const unsigned char *p = (const unsigned char *)bytes.ptr + at;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t unpack_u32(struct fq_str bytes, size_t at)
{
    return unpack_u16(bytes, at) | unpack_u16(bytes, at + 2) << 16;
}

static bool unpack_has(struct fq_str bytes, size_t at, size_t size)
{
    return at <= bytes.len && size <= bytes.len - at;
}

/* ---- inflating ---- */

/* Runs the stream and keeps what fits into `room`; what does not is TOO_BIG. */
static int unpack_stream(struct fq_str packed, int window_bits, char *room, size_t room_size,
                         size_t *ret_size)
{
    z_stream stream = { 0 };
    if (packed.len > UINT32_MAX || room_size > UINT32_MAX)
        return FQ_UNPACK_E_TOO_BIG;
    if (inflateInit2(&stream, window_bits) != Z_OK)
        return FQ_FAULT(-ENOMEM, "zlib has no memory");
    stream.next_in = (const Bytef *)packed.ptr;
    stream.avail_in = (uInt)packed.len;
    stream.next_out = (Bytef *)room;
    stream.avail_out = (uInt)room_size;
    int status = inflate(&stream, Z_FINISH);
    *ret_size = room_size - stream.avail_out;
    bool is_full = status == Z_BUF_ERROR && stream.avail_out == 0;
    (void)inflateEnd(&stream);
    if (status == Z_STREAM_END)
        return 0;
    return is_full ? FQ_UNPACK_E_TOO_BIG : FQ_UNPACK_E_MALFORMED;
}

/* How large the content is: a first pass whose output is thrown away. */
static int unpack_measure(struct fq_str packed, int window_bits, size_t *ret_size)
{
    z_stream stream = { 0 };
    char scratch[16384];
    int status = Z_OK;
    if (packed.len > UINT32_MAX)
        return FQ_UNPACK_E_TOO_BIG;
    if (inflateInit2(&stream, window_bits) != Z_OK)
        return FQ_FAULT(-ENOMEM, "zlib has no memory");
    stream.next_in = (const Bytef *)packed.ptr;
    stream.avail_in = (uInt)packed.len;
    while (status == Z_OK && stream.total_out <= FQ_UNPACK_SIZE_MAX) {
        stream.next_out = (Bytef *)scratch;
        stream.avail_out = sizeof(scratch);
        status = inflate(&stream, Z_NO_FLUSH);
    }
    *ret_size = stream.total_out;
    (void)inflateEnd(&stream);
    if (*ret_size > FQ_UNPACK_SIZE_MAX)
        return FQ_UNPACK_E_TOO_BIG;
    return status == Z_STREAM_END ? 0 : FQ_UNPACK_E_MALFORMED;
}

static int unpack_zlib(struct fq_str packed, struct fq_arena *arena, struct fq_str *ret)
{
    const int zlib_or_gzip = 15 + 32;
    size_t size = 0;
    int r = unpack_measure(packed, zlib_or_gzip, &size);
    if (r != 0)
        return r;
    char *room = fq_arena_alloc(arena, size + 1);
    if (room == NULL)
        return FQ_UNPACK_E_TOO_BIG;
    r = unpack_stream(packed, zlib_or_gzip, room, size + 1, &size);
    if (r == 0)
        *ret = (struct fq_str){ room, size };
    return r;
}

/* ---- zip ---- */

struct zip_entry {
    uint32_t flags;
    uint32_t method;
    uint32_t crc;
    uint32_t packed_size;
    uint32_t size;
    uint32_t local_at;
    struct fq_str name;
};

/* Finds the end record: the last thing in the file but its comment. */
static bool zip_find_end(struct fq_str zip, size_t *ret_at)
{
    if (zip.len < ZIP_END_SIZE)
        return false;
    size_t newest = zip.len - ZIP_END_SIZE;
    size_t oldest = newest > ZIP_COMMENT_MAX ? newest - ZIP_COMMENT_MAX : 0;
    for (size_t at = newest + 1; at-- > oldest;) {
        if (unpack_u32(zip, at) == ZIP_END_MAGIC &&
            unpack_u16(zip, at + 20) == zip.len - at - ZIP_END_SIZE) {
            *ret_at = at;
            return true;
        }
    }
    return false;
}

/* Walks the central directory up to entry `index`. */
static int zip_find_entry(struct fq_str zip, size_t end_at, size_t index, struct zip_entry *ret)
{
    size_t n_entries = unpack_u16(zip, end_at + 10);
    size_t at = unpack_u32(zip, end_at + 16);
    if (index >= n_entries)
        return FQ_UNPACK_E_NO_SUCH;
    for (size_t i = 0;; i++) {
        if (!unpack_has(zip, at, ZIP_ENTRY_SIZE) || unpack_u32(zip, at) != ZIP_ENTRY_MAGIC)
            return FQ_UNPACK_E_MALFORMED;
        size_t name_size = unpack_u16(zip, at + 28);
        size_t behind = name_size + unpack_u16(zip, at + 30) + unpack_u16(zip, at + 32);
        if (!unpack_has(zip, at + ZIP_ENTRY_SIZE, behind))
            return FQ_UNPACK_E_MALFORMED;
        if (i == index) {
            *ret = (struct zip_entry){
                .flags = unpack_u16(zip, at + 8),
                .method = unpack_u16(zip, at + 10),
                .crc = unpack_u32(zip, at + 16),
                .packed_size = unpack_u32(zip, at + 20),
                .size = unpack_u32(zip, at + 24),
                .local_at = unpack_u32(zip, at + 42),
                .name = fq_str_sub(zip, at + ZIP_ENTRY_SIZE, name_size),
            };
            return 0;
        }
        at += ZIP_ENTRY_SIZE + behind;
    }
}

/* The packed bytes stand behind the local header, whose name and extra field may differ in size. */
static int zip_entry_bytes(struct fq_str zip, const struct zip_entry *entry, struct fq_str *ret)
{
    size_t at = entry->local_at;
    if (!unpack_has(zip, at, ZIP_LOCAL_SIZE) || unpack_u32(zip, at) != ZIP_LOCAL_MAGIC)
        return FQ_UNPACK_E_MALFORMED;
    at += ZIP_LOCAL_SIZE + unpack_u16(zip, at + 26) + unpack_u16(zip, at + 28);
    if (!unpack_has(zip, at, entry->packed_size))
        return FQ_UNPACK_E_MALFORMED;
    *ret = fq_str_sub(zip, at, entry->packed_size);
    return 0;
}

static int zip_unpack(struct fq_str zip, const struct zip_entry *entry, struct fq_arena *arena,
                      struct fq_str *ret)
{
    const uint32_t encrypted = 1;
    struct fq_str packed = { NULL, 0 };
    size_t size = 0;
    if ((entry->flags & encrypted) != 0)
        return FQ_UNPACK_E_MALFORMED;
    if (entry->size > FQ_UNPACK_SIZE_MAX)
        return FQ_UNPACK_E_TOO_BIG;
    int r = zip_entry_bytes(zip, entry, &packed);
    if (r != 0)
        return r;
    char *room = fq_arena_alloc(arena, (size_t)entry->size + 1);
    if (room == NULL)
        return FQ_UNPACK_E_TOO_BIG;
    if (entry->method == ZIP_METHOD_DEFLATE) {
        /* One byte more than it claims to need, so that a lie shows. */
        r = unpack_stream(packed, -15, room, (size_t)entry->size + 1, &size);
    } else if (entry->method == ZIP_METHOD_STORED && packed.len == entry->size) {
        memcpy(room, packed.ptr, packed.len);
        size = packed.len;
    } else {
        return FQ_UNPACK_E_MALFORMED;
    }
    if (r != 0)
        return r;
    if (size != entry->size || crc32(0, (const Bytef *)room, (uInt)size) != entry->crc)
        return FQ_UNPACK_E_MALFORMED;
    *ret = (struct fq_str){ room, size };
    return 0;
}

int fq_unpack_entry(struct fq_str packed, size_t index, struct fq_arena *arena,
                    struct fq_str *ret_name, struct fq_str *ret)
{
    struct zip_entry entry = { 0 };
    size_t end_at = 0;
    if (!zip_find_end(packed, &end_at)) {
        *ret_name = (struct fq_str){ NULL, 0 };
        return index == 0 ? unpack_zlib(packed, arena, ret) : FQ_UNPACK_E_NO_SUCH;
    }
    int r = zip_find_entry(packed, end_at, index, &entry);
    if (r != 0)
        return r;
    *ret_name = entry.name;
    return zip_unpack(packed, &entry, arena, ret);
}

/* ---- character sets ---- */

int fq_unpack_convert(uint32_t charset, struct fq_str text, struct fq_arena *arena,
                      struct fq_str *ret)
{
    bool is_to_utf8 = charset == FQ_CHARSET_GBK_TO_UTF8;
    size_t size = 0;
    if (!is_to_utf8 && charset != FQ_CHARSET_UTF8_TO_GBK)
        return FQ_UNPACK_E_MALFORMED;
    /* Two bytes of GBK are at most three of UTF-8; the other way it only shrinks. */
    if (__builtin_mul_overflow(text.len, (size_t)2, &size))
        return FQ_UNPACK_E_TOO_BIG;
    char *room = fq_arena_alloc(arena, size + 1);
    if (room == NULL)
        return FQ_UNPACK_E_TOO_BIG;
    iconv_t converter = iconv_open(is_to_utf8 ? "UTF-8" : "GBK", is_to_utf8 ? "GBK" : "UTF-8");
/* gcc 12's analyzer does not know that (iconv_t)-1 is nothing to close. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
    if (converter == (iconv_t)-1) // NOLINT(performance-no-int-to-ptr): iconv's own way to say no
        return FQ_FAULT(-errno, "this system cannot convert GBK");
#pragma GCC diagnostic pop
    char *in = fq_unconst(text.ptr);
    char *out = room;
    size_t left_in = text.len;
    size_t left_out = size;
    size_t r = iconv(converter, &in, &left_in, &out, &left_out);
    (void)iconv_close(converter);
    if (r == (size_t)-1 || left_in != 0)
        return FQ_UNPACK_E_MALFORMED;
    *ret = (struct fq_str){ room, size - left_out };
    return 0;
}
