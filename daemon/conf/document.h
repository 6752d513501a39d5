/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped texts that follow the tables of options: tests/unit/conf/test_shipped compares them
 * with the files, or writes these (make shipped). Nothing in the daemon needs them. */
#ifndef FQ_CONF_DOCUMENT_H
#define FQ_CONF_DOCUMENT_H

#include "daemon/base/buf.h"
#include "daemon/conf/schema.h"

void fq_document_main(struct fq_buf *buf);     /* conf/fenqid.conf */
void fq_document_merchant(struct fq_buf *buf); /* conf/merchants.d/example.conf */
void fq_document_manual(struct fq_buf *buf);   /* conf/fenqid.conf.5, in mdoc(7) */

/* ---- what both kinds of text share ---- */

/* Is the value written in quotes? */
bool fq_document_is_quoted(const struct fq_conf_row *row);

/* "Text" of "text". */
struct fq_str fq_document_capital(struct fq_str text, struct fq_arena *arena);

/* Cuts words off `text` that fit into `width` columns; at least one. Empty in the end. */
struct fq_str fq_document_line(struct fq_str *text, size_t width);

#endif
