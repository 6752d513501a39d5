/* SPDX-License-Identifier: Apache-2.0 */
/* Every statement of the store, in SQL that SQLite and PostgreSQL both understand. */
#ifndef FQ_STORE_QUERIES_H
#define FQ_STORE_QUERIES_H

#include <stddef.h>
#include <stdint.h>

enum fq_query {
    FQ_QUERY_PAYMENT,           /* seq -> columns */
    FQ_QUERY_PAYMENT_OF_ORDER,  /* merchant, order -> columns of the newest */
    FQ_QUERY_PAYMENT_INSERT,    /* columns */
    FQ_QUERY_PAYMENT_UPDATE,    /* columns, version it had */
    FQ_QUERY_HISTORY,           /* merchant, buyer, seq from, n, a day -> see load.c */
    FQ_QUERY_COUNTED,           /* merchant, seq from, how many to pass -> created of the next */
    FQ_QUERY_SIBLINGS,          /* merchant, order, seq to leave out, n -> see load.c */
    FQ_QUERY_ATTEMPTS,          /* seq -> columns, by n */
    FQ_QUERY_ATTEMPT_BY_NUMBER, /* order number -> seq */
    FQ_QUERY_ATTEMPT_INSERT,    /* columns, seq */
    FQ_QUERY_ATTEMPT_UPDATE,    /* columns, seq */
    FQ_QUERY_REFUND,            /* seq, n -> columns */
    FQ_QUERY_REFUNDS,           /* seq, n -> columns, newest first */
    FQ_QUERY_REFUND_BY_NUMBER,  /* number -> seq, n */
    FQ_QUERY_REFUND_INSERT,     /* columns, seq */
    FQ_QUERY_REFUND_UPDATE,     /* columns, seq */
    FQ_QUERY_IDEMPOTENT,        /* merchant, key -> kind, seq, n */
    FQ_QUERY_IDEMPOTENT_INSERT, /* merchant, key, kind, seq, n */
    FQ_QUERY_JOURNAL,           /* seq, from, n -> n, at, body, hash */
    FQ_QUERY_JOURNAL_INSERT,    /* seq, n, at, body, hash */
    FQ_QUERY_EVENTS,            /* merchant, after, n -> see read.c */
    FQ_QUERY_EVENT_INSERT,      /* merchant, seq, kind, refund, at, version */
    FQ_QUERY_GROUP,             /* merchant, name -> cursor or NULL, groups, the newest event */
    FQ_QUERY_GROUP_PUT,         /* merchant, name, cursor, at */
    FQ_QUERY_GROUP_DELETE,      /* merchant, name */
    FQ_QUERY_DUE_PAYMENTS,      /* now, n -> seq, kind, n, due */
    FQ_QUERY_DUE_CHANNEL,       /* channel -> the next with attempts, with refunds; '': none */
    FQ_QUERY_DUE,               /* channel, now, n, too far ahead -> seq, kind, n, due */
    FQ_QUERY_LIVE_CHANNELS,     /* n -> channel */
    FQ_QUERY_UNKNOWN,           /* n -> see read.c */
    FQ_QUERY_WORK,              /* now -> waiting, due, the earliest; groups, behind, since */
    FQ_QUERY_GROUPS,            /* n, merchant -> merchant, name, cursor, at, the newest event */
    FQ_QUERY_LIST,       /* seq from, to, how many to look at, n, what to find -> see list.c */
    FQ_QUERY_LIST_ORDER, /* the same of one order: merchant, order */
    FQ_QUERY_LIST_END,   /* seq from, to, how many to look at -> the last seq, how many */
    FQ_QUERY_NOTES,      /* owner, n -> name, value, at */
    FQ_QUERY_NOTE_PUT,   /* owner, name, value, at */
    FQ_QUERY_N
};

/* The whole text, from fq_zalloc: give it to fq_free. Parameters are $1, $2, ... */
char *fq_query_text(uint32_t query);

#endif
