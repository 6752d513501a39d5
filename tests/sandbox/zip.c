/* SPDX-License-Identifier: Apache-2.0 */
/* Files in a zip archive, deflated. */
#include "tests/sandbox/zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "tests/sandbox/units.h"

enum { ZIP_VERSION = 20, ZIP_DEFLATED = 8 };

static void zip_u16(struct text *to, uint32_t value)
{
    const char bytes[2] = { (char)(value & 0xff), (char)(value >> 8 & 0xff) };
    text_add_bytes(to, bytes, sizeof(bytes));
}

static void zip_u32(struct text *to, uint32_t value)
{
    zip_u16(to, value & 0xffff);
    zip_u16(to, value >> 16);
}

/* Without zlib's own header, as archives hold it. */
static struct text zip_deflate(const char *bytes, size_t size)
{
    z_stream stream = { 0 };
    struct text packed = { 0 };
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    size_t room = deflateBound(&stream, size);
    char *out = text_alloc(room);
    stream.next_in = (z_const Bytef *)(uintptr_t)bytes;
    stream.avail_in = (uInt)size;
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)room;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
        abort();
    text_add_bytes(&packed, out, stream.total_out);
    deflateEnd(&stream);
    free(out);
    return packed;
}

/* The time of Beijing in the two half-words of an archive: steps of two seconds since 1980. */
static uint32_t zip_time(int64_t unix_ms)
{
    char text[BEIJING_SIZE];
    uint32_t part[6];
    char *at = text;
    beijing_format(unix_ms, text);
    for (size_t i = 0; i < 6; i++)
        part[i] = (uint32_t)strtoul(at + (i > 0 ? 1 : 0), &at, 10);
    uint32_t date = (part[0] - 1980) << 9 | part[1] << 5 | part[2];
    return date << 16 | part[3] << 11 | part[4] << 5 | part[5] / 2;
}

/* What stands both before a file and in the directory. */
static void zip_common(struct text *to, const struct text *packed, const char *name,
                       const char *bytes, int64_t unix_ms)
{
    size_t size = strlen(bytes);
    zip_u16(to, ZIP_VERSION);
    zip_u16(to, 0);
    zip_u16(to, ZIP_DEFLATED);
    zip_u32(to, zip_time(unix_ms));
    zip_u32(to, (uint32_t)crc32(0, (const Bytef *)bytes, (uInt)size));
    zip_u32(to, (uint32_t)packed->size);
    zip_u32(to, (uint32_t)size);
    zip_u16(to, (uint32_t)strlen(name));
    zip_u16(to, 0);
}

void zip_add(struct zip *zip, const char *name, const char *bytes, int64_t unix_ms)
{
    TEXT_CLEANUP packed = zip_deflate(bytes, strlen(bytes));
    uint32_t offset = (uint32_t)zip->bytes.size;
    text_add(&zip->bytes, "PK\3\4");
    zip_common(&zip->bytes, &packed, name, bytes, unix_ms);
    text_add(&zip->bytes, name);
    text_add_bytes(&zip->bytes, packed.bytes, packed.size);
    text_add(&zip->directory, "PK\1\2");
    zip_u16(&zip->directory, ZIP_VERSION);
    zip_common(&zip->directory, &packed, name, bytes, unix_ms);
    zip_u16(&zip->directory, 0); /* comment */
    zip_u16(&zip->directory, 0); /* disk */
    zip_u16(&zip->directory, 0); /* attributes */
    zip_u32(&zip->directory, 0);
    zip_u32(&zip->directory, offset);
    text_add(&zip->directory, name);
    zip->n_files++;
}

char *zip_finish(struct zip *zip, size_t *ret_size)
{
    uint32_t offset = (uint32_t)zip->bytes.size;
    if (zip->directory.size > 0)
        text_add_bytes(&zip->bytes, zip->directory.bytes, zip->directory.size);
    text_add(&zip->bytes, "PK\5\6");
    zip_u32(&zip->bytes, 0); /* disks */
    zip_u16(&zip->bytes, zip->n_files);
    zip_u16(&zip->bytes, zip->n_files);
    zip_u32(&zip->bytes, (uint32_t)zip->directory.size);
    zip_u32(&zip->bytes, offset);
    zip_u16(&zip->bytes, 0);
    *ret_size = zip->bytes.size;
    text_free(&zip->directory);
    return text_take(&zip->bytes);
}
