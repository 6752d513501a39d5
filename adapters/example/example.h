/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest adapter: copy this folder to write your own.
 *
 * "Example Pay" does not exist. It speaks the simplest protocol that still has everything a real
 * one has: a signed page for the buyer, a signed API, signed notifications. Every message is one
 * form,
 *
 *      op=query&shop=S1&order=FQ123&sign=<base64>
 *
 * and the signature (RSA with SHA-256) covers every byte in front of "&sign=", exactly as it stands
 * on the wire. Forms, texts and settings are read and written with adapters/sdk.
 *
 *      example.c   what the adapter is: settings, description, fees, the table of functions
 *      wire.c      the platform's way to write, sign, verify and read a message
 *      create.c    each exchange in one file, both halves: what we send, how we read the answer
 *      query.c     (with closing, which is answered in the same words)
 *      refund.c
 *      notify.c    what comes to us unasked: the notification and the buyer's browser
 *      key.c       fetching a new key of the platform
 *
 * All of it was written for the first release of the contract. A member that came later is used
 * only behind FQ_HAS(call, member): an older daemon does not have it. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include "adapters/sdk/answer.h"
#include "adapters/sdk/form.h"

/* One configured account. Written by open(), read-only afterwards: calls run on many threads. */
struct example {
    struct fq_str gateway; /* "https://pay.example" */
    struct fq_str shop;    /* our number at the platform */
};

/* Names of keys, as they stand in the channel's `keys` group. */
#define EXAMPLE_KEY_SHOP     "shop"
#define EXAMPLE_KEY_PLATFORM "platform"

/* ---- wire.c: writing; a failed step sticks in `out`, only its end is checked ---- */

void example_begin(struct fq_text *out, const struct example *self, const struct fq_host *host,
                   const char *op);
void example_put(struct fq_text *out, const char *name, struct fq_str value); /* not if empty */
void example_put_number(struct fq_text *out, const char *name, int64_t value);

/* Signs what was put. 0 and the whole line, or -1 after host->fail. */
int example_sign(const struct fq_host *host, struct fq_text *out, struct fq_str *ret_line);

/* Signs it, and fills the verdict so that the daemon POSTs it to the API. */
int example_send(const struct example *self, const struct fq_host *host, struct fq_text *out,
                 struct fq_verdict *ret);

/* The gateway's address followed by `path` and `rest`; -1 after host->fail. */
int example_url(const struct example *self, const struct fq_host *host, const char *path,
                struct fq_str rest, struct fq_str *ret);

/* ---- wire.c: reading ---- */

/* What example_read found. */
enum {
    EXAMPLE_SETTLED = 0,  /* there is nothing to read: the verdict is filled */
    EXAMPLE_VERIFIED = 1, /* *ret_said is the platform's own word */
};

/* The one way to read a message: verify first, look afterwards. -1 after host->fail. */
int example_read(const struct fq_host *host, const struct fq_message *message,
                 struct fq_pairs *ret_said, struct fq_verdict *ret);

/* A number; -1 if it is not there or is none. */
int64_t example_get_number(struct fq_pairs said, const char *name);

/* The field "amount", in this platform's only currency; currency "" if it is not there. */
struct fq_money example_get_amount(struct fq_pairs said);

/* ---- what the platform's words mean: query.c, refund.c; they return 0 ---- */

int example_tell_payment(const struct fq_host *host, struct fq_pairs said, struct fq_verdict *ret);
int example_tell_refund(const struct fq_host *host, struct fq_pairs said, struct fq_verdict *ret);

/* ---- the exchanges ---- */

fq_begin_fn example_create_begin, example_query_begin, example_close_begin, example_refund_begin,
    example_query_refund_begin, example_undo_begin, example_fetch_key_begin;
fq_resume_fn example_create_resume, example_query_resume, example_refund_resume,
    example_fetch_key_resume, example_notification, example_browser_return;

#endif
