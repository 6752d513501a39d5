/* SPDX-License-Identifier: Apache-2.0 */
/* What the files share that answer the operator's questions to the daemon itself. */
#ifndef FQ_OPERATOR_H
#define FQ_OPERATOR_H

#include "daemon/base/buf.h"
#include "daemon/daemon.h"

#define FQ_OPERATOR_ANSWER_MAX ((size_t)256 << 10)

struct fq_json;

struct fq_operator_ask {
    struct fq_daemon *daemon;
    struct fq_web_exchange *exchange;
    const struct fq_json *asked;  /* the body of a POST: an object */
    struct fq_reload_asker asker; /* of a reload */
    struct fq_buf answer;         /* a whole object */
};

/* Each ends the exchange. */
void fq_operator_answer(struct fq_operator_ask *ask, uint32_t status);
void fq_operator_refuse(struct fq_operator_ask *ask, uint32_t status, const char *reason,
                        struct fq_str text, const char *next);

/* GET /v1/keys (operator_keys.c) */
void fq_operator_keys(struct fq_operator_ask *ask);

#endif
