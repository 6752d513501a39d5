/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP out: one thread with a libcurl multi handle, https only, no redirects, bounded bodies. */
#ifndef FQ_IO_HTTP_H
#define FQ_IO_HTTP_H

#include "daemon/base/arena.h"
#include "daemon/base/queue.h"

struct fq_http;

/* One exchange. Fill the request part, keep it alive until `job.done` ran. The request is sent at
 * most once, never repeated on another connection. answer.transport: OK = a whole answer, whatever
 * its status; NOT_SENT = certainly no byte of the request left; LOST = all else. */
struct fq_http_exchange {
    struct fq_job job;         /* set job.done */
    struct fq_arena *arena;    /* the answer is copied here */
    struct fq_message request; /* method, url (https), content_type, headers, body */
    struct fq_str ca_file;     /* empty: the system's */
    int64_t timeout_ms;        /* of the whole exchange, > 0 */
    size_t body_size_max;

    struct fq_message answer; /* http_status, content_type, body, transport (fq_transport) */
    struct fq_str reason;     /* transport failures: curl's words, without URL query */
    struct fq_str trace_id;   /* header trace_id, if any: helps the platform's support */
};

/* The net thread goes round at least so often, whatever happens. */
#define FQ_HTTP_ROUND_MS_MAX 1000

struct fq_http *fq_http_new(size_t n_exchanges_max, struct fq_home *home);
/* Aborts what runs (LOST, or NOT_SENT while no request was written), posts every done, joins. */
void fq_http_free(struct fq_http *http);
FQ_DEFINE_CLEANUP(fq_http);

/* FQ_QUEUE_E_FULL: too many at once, `done` will not run. */
int fq_http_send(struct fq_http *http, struct fq_http_exchange *exchange);

/* When the net thread last began a round, by fq_clock_mono_ms(). */
int64_t fq_http_alive_mono_ms(const struct fq_http *http);

#endif
