/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP in: libmicrohttpd on a thread of its own; each request is suspended, answered by the loop,
 * and resumed. Behind nginx, or directly on loopback. */
#ifndef FQ_IO_WEB_H
#define FQ_IO_WEB_H

#include "daemon/base/arena.h"
#include "daemon/base/queue.h"

struct fq_web;

/* One request. The loop fills the answer and calls fq_web_answer exactly once, from any function;
 * late, after the 503 or even after fq_web_free, is harmless. */
struct fq_web_exchange {
    struct fq_job job; /* the web's */
    struct fq_arena *arena;
    struct fq_str method; /* "GET" (also for HEAD), "POST" */
    struct fq_str path;   /* raw, without query: "/notify/huabei" */
    struct fq_str query;  /* raw as on the wire, without '?' */
    struct fq_str content_type;
    struct fq_str body;       /* raw */
    struct fq_str user_agent; /* clipped to 512 bytes */
    struct fq_str accept_language;
    struct fq_str peer; /* the address of the connection, or X-Forwarded-For's last entry from a
                           loopback peer; empty on a local socket */
    uint32_t peer_uid;  /* on a local socket: who has connected, as the kernel says */
    uint32_t peer_pid;

    uint32_t status;           /* 200, 303, ... */
    struct fq_str answer_type; /* Content-Type */
    struct fq_str answer_body;
    struct fq_str location; /* 303; a control character (CR, LF) in a header makes it a 500 */
    struct fq_str content_security_policy; /* empty: "default-src 'none'" */
    struct fq_web *web;
};

struct fq_web_conf {
    const char *address;    /* "127.0.0.1:8080", "[::1]:0" */
    bool is_inherited;      /* in its place: a socket that listens already, and that others hold */
    int inherited_fd;       /* taken, also by a fault */
    const char *local_path; /* in its place: a local socket, made here, removed in the end */
    uint32_t local_mode;    /* of that file: who may connect */
    size_t body_size_max;   /* beyond: 413; at most half an arena */
    size_t n_connections_max;
    int64_t answer_within_ms;  /* then 503 without acknowledgement: 4000 */
    int64_t receive_within_ms; /* a whole body, and any pause between bytes; 0: 10,000 */
    struct fq_home *home;
    void *ctx;
    void (*on_request)(void *ctx, struct fq_web_exchange *exchange); /* on the loop */
};

/* The trace of a fault names the address. A fault with -EADDRINUSE: somebody serves there. */
int fq_web_open(const struct fq_web_conf *conf, struct fq_web **ret);
/* Answers what is open with 503 first. Jobs of the web may still be on their way home: run the home
 * until it is empty before freeing it; on_request is not called any more. */
void fq_web_free(struct fq_web *web);
FQ_DEFINE_CLEANUP(fq_web);
uint16_t fq_web_port(const struct fq_web *web);

bool fq_web_is_inherited(const struct fq_web *web);
/* Accepts no more connections; those that are there go on. Whoever comes waits in the backlog of
 * the socket, which was inherited, for its next owner. */
void fq_web_quiesce(struct fq_web *web);
/* Connections that are open now. */
unsigned fq_web_n_connections(const struct fq_web *web);

/* Answers 503 to what has waited for answer_within_ms: a suspended request has no timeout of its
 * own. The loop calls this every 100 ms or so; now = fq_clock_mono_ms(). */
void fq_web_tick(struct fq_web *web, int64_t now_mono_ms);

/* Sends the answer; the exchange is gone afterwards. Every answer carries no-store, no-referrer,
 * nosniff, the policy, and DENY for frames (but not libmicrohttpd's own refusals of broken HTTP).
 */
void fq_web_answer(struct fq_web_exchange *exchange);

#endif
