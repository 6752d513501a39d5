/* SPDX-License-Identifier: Apache-2.0 */
/* Text in the encoding of the platform's bill files. */
#include "tests/sandbox/gbk.h"

#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/text.h"

char *gbk_convert(const char *utf8)
{
    struct text gbk = { 0 };
    iconv_t converter = iconv_open("GBK", "UTF-8");
    if (converter == (iconv_t)-1) /* NOLINT(performance-no-int-to-ptr): iconv's own constant */
        abort();
    for (const char *at = utf8; *at != '\0';) {
        char bytes[8];
        char *out = bytes;
        size_t room = sizeof(bytes);
        size_t size = 1;
        while (((unsigned char)at[size] & 0xc0) == 0x80)
            size++;
        size_t left = size;
        char *in = (char *)(uintptr_t)at;
        if (iconv(converter, &in, &left, &out, &room) == (size_t)-1 || left > 0)
            text_add(&gbk, "?");
        else
            text_add_bytes(&gbk, bytes, (size_t)(out - bytes));
        at += size;
    }
    iconv_close(converter);
    return text_take(&gbk);
}
