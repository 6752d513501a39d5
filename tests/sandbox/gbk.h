/* SPDX-License-Identifier: Apache-2.0 */
/* Text in the encoding of the platform's bill files. */
#ifndef SANDBOX_GBK_H
#define SANDBOX_GBK_H

/* From UTF-8; what GBK does not know becomes '?'. The caller's to free. */
char *gbk_convert(const char *utf8);

#endif
