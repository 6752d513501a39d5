/* SPDX-License-Identifier: Apache-2.0 */
/* What every platform model is to its surroundings: requests in, answers and notifications out, no
 * socket and no clock of its own. The server here drives it over TLS, a simulator without. */
#ifndef SANDBOX_PLATFORM_H
#define SANDBOX_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sandbox_request {
    const char *method; /* GET, POST, DELETE */
    const char *path;   /* before the '?' */
    const char *query;  /* as on the wire, "" where there is none */
    const char *host;   /* as the client calls this server; NULL: by the platform's own names */
    const char *content_type;
    const char *body;
    size_t body_size;
};

/* Starts as { 0 }; ended with sandbox_response_free. */
struct sandbox_response {
    unsigned status;
    const char *content_type;
    char *location; /* of a redirect, or NULL */
    char *trace_id; /* or NULL */
    char *body;     /* never NULL after an answer */
    size_t body_size;
    /* How the line itself misbehaves. */
    bool dropped;      /* close without a byte */
    bool truncated;    /* promise the whole body, send half */
    uint64_t delay_ms; /* before the first byte */
};

/* A notification that is due: POST `body` as a form to `url`, then say what came back. */
struct sandbox_delivery {
    uint64_t id;
    char *url;
    char *body;
    uint64_t patience_ms; /* for the answer; 0: the sender's own */
};

struct sandbox_platform {
    void *model;
    /* Whose path is this, where several platforms stand side by side; NULL: whatever is left. */
    bool (*owns)(const char *path);
    /* The platform's public side. */
    void (*serve)(void *model, const struct sandbox_request *request, int64_t now_unix_ms,
                  struct sandbox_response *ret);
    /* The side of tests and demonstrations: JSON in, JSON out. */
    void (*control)(void *model, const struct sandbox_request *request, int64_t now_unix_ms,
                    struct sandbox_response *ret);
    /* False where nothing is due now; lets time pass in the model in any case. The caller frees
     * url and body, and must call delivered() for each. */
    bool (*next_delivery)(void *model, int64_t now_unix_ms, struct sandbox_delivery *ret);
    /* http_status 0: no answer; `answer` then says why. */
    void (*delivered)(void *model, uint64_t id, int64_t now_unix_ms, long http_status,
                      const char *answer, size_t answer_size);
    /* When something happens by itself next; INT64_MAX for never. */
    int64_t (*next_due_unix_ms)(void *model);
};

void sandbox_response_free(struct sandbox_response *response);

#endif
