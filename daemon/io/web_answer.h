/* SPDX-License-Identifier: Apache-2.0 */
/* For io/web alone: what an answer looks like on the wire. */
#ifndef FQ_IO_WEB_ANSWER_H
#define FQ_IO_WEB_ANSWER_H

#include "daemon/io/web.h"

struct MHD_Response;

/* The loop's answer. A status or header text that must not leave makes it a plain 500. */
struct MHD_Response *fq_web_response(const struct fq_web_exchange *exchange, uint32_t *ret_status);

/* An answer of the web's own: a line of text. */
struct MHD_Response *fq_web_response_plain(uint32_t status);

#endif
