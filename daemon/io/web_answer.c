/* SPDX-License-Identifier: Apache-2.0 */
/* Builds responses: every one carries the headers that keep it out of caches, frames and logs. */
#include "daemon/io/web_answer.h"

#include <string.h>

#include <microhttpd.h>

#include "daemon/base/err.h"

#define ANSWER_POLICY "default-src 'none'"

static void answer_add(struct MHD_Response *response, const char *name, const char *value)
{
    fq_assert(MHD_add_response_header(response, name, value) == MHD_YES);
}

/* Outlives the exchange's arena, as long as libmicrohttpd sends; a form may name a payer. */
struct answer_body {
    size_t size;
    char bytes[];
};

static void answer_body_free(void *context)
{
    struct answer_body *body = context;
    fq_wipe(body->bytes, body->size);
    fq_free(body);
}

static struct MHD_Response *answer_new(struct fq_str text)
{
    struct answer_body *body = fq_zalloc(sizeof(*body) + text.len);
    body->size = text.len;
    if (text.len > 0)
        memcpy(body->bytes, text.ptr, text.len);
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
        body->size, body->bytes, answer_body_free, body);
    fq_assert(response != NULL);
    answer_add(response, "Cache-Control", "no-store");
    answer_add(response, "Referrer-Policy", "no-referrer");
    answer_add(response, "X-Content-Type-Options", "nosniff");
    answer_add(response, "X-Frame-Options", "DENY");
    return response;
}

/* libmicrohttpd asks for a NUL. Not from the exchange's arena: a full one must still get its answer
 * out. */
static bool answer_add_text(struct MHD_Response *response, const char *name, struct fq_str value)
{
    if (fq_str_is_empty(value))
        return true;
    FQ_CLEANUP_FREE char *text = fq_zalloc(value.len + 1);
    memcpy(text, value.ptr, value.len);
    return MHD_add_response_header(response, name, text) == MHD_YES;
}

struct MHD_Response *fq_web_response(const struct fq_web_exchange *exchange, uint32_t *ret_status)
{
    struct fq_str policy = exchange->content_security_policy;
    *ret_status = 500;
    if (exchange->status < 200 || exchange->status > 599)
        return fq_web_response_plain(500);
    /* A line break would end the header, or begin another. */
    if (!fq_str_is_line(exchange->answer_type) || !fq_str_is_line(exchange->location) ||
        !fq_str_is_line(policy))
        return fq_web_response_plain(500);
    struct MHD_Response *response = answer_new(exchange->answer_body);
    if (!answer_add_text(response, "Content-Type", exchange->answer_type) ||
        !answer_add_text(response, "Location", exchange->location) ||
        !answer_add_text(response, "Content-Security-Policy",
                         fq_str_is_empty(policy) ? fq_lit(ANSWER_POLICY) : policy)) {
        MHD_destroy_response(response);
        return fq_web_response_plain(500);
    }
    *ret_status = exchange->status;
    return response;
}

static struct fq_str answer_words(uint32_t status)
{
    switch (status) {
    case 400:
        return fq_lit("bad request\n");
    case 405:
        return fq_lit("method not allowed\n");
    case 413:
        return fq_lit("too large\n");
    case 503:
        return fq_lit("please try again in a moment\n");
    default:
        return fq_lit("internal error\n");
    }
}

struct MHD_Response *fq_web_response_plain(uint32_t status)
{
    struct MHD_Response *response = answer_new(answer_words(status));
    answer_add(response, "Content-Type", "text/plain; charset=utf-8");
    answer_add(response, "Content-Security-Policy", ANSWER_POLICY);
    if (status == 405)
        answer_add(response, "Allow", "GET, HEAD, POST");
    return response;
}
