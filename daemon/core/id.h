/* SPDX-License-Identifier: Apache-2.0 */
/* Names of things: payment and refund ids, link tokens, order numbers at the platform.
 *
 * A payment id is "p", 13 characters of its time-ordered sequence and 16 of its secret, in
 * Crockford's base 32 (lower case). A refund id is the payment's, "-r" and the refund's number
 * within it. */
#ifndef FQ_CORE_ID_H
#define FQ_CORE_ID_H

#include "daemon/core/payment.h"

#define FQ_PAYMENT_ID_LEN       30
#define FQ_ORDER_NUMBER_LEN_MAX 32

/* The source of sequences of one daemon: strictly rising, the time in the high bits, the instance
 * in the lowest eight, so that two daemons on one ledger never meet. */
struct fq_sequence {
    int64_t last;
    uint32_t instance; /* 0..255 */
};

int64_t fq_sequence_next(struct fq_sequence *sequence, int64_t now_ms);
/* What was drawn at that time or later is not below it. */
int64_t fq_sequence_at(int64_t at_ms);

struct fq_str fq_id_payment(int64_t seq, const unsigned char secret[FQ_SECRET_SIZE],
                            struct fq_arena *arena);
struct fq_str fq_id_refund(int64_t seq, const unsigned char secret[FQ_SECRET_SIZE], uint32_t n,
                           struct fq_arena *arena);

enum {
    FQ_ID_E_MALFORMED = 1,
};

int fq_id_parse_payment(struct fq_str text, int64_t *ret_seq,
                        unsigned char ret_secret[FQ_SECRET_SIZE]);
int fq_id_parse_refund(struct fq_str text, int64_t *ret_seq,
                       unsigned char ret_secret[FQ_SECRET_SIZE], uint32_t *ret_n);

/* A link token: 13 characters of the sequence (to find the payment) and 26 of a MAC. */
#define FQ_TOKEN_LEN 39
struct fq_str fq_token_text(int64_t seq, const unsigned char mac[32], struct fq_arena *arena);
int fq_token_parse(struct fq_str text, int64_t *ret_seq, struct fq_str *ret_mac_text);
/* What the MAC of a token covers. */
struct fq_str fq_token_subject(int64_t seq, const unsigned char secret[FQ_SECRET_SIZE],
                               uint32_t generation, struct fq_arena *arena);

/* An order number at the platform: prefix (1..4), Beijing date and time (14), instance (2), random
 * base 62 up to 32 in all. Unguessable enough not to collide: 12 characters, 71 bits. */
struct fq_str fq_order_number(struct fq_str prefix, struct fq_str instance, int64_t now_ms,
                              const unsigned char random[12], struct fq_arena *arena);

#endif
