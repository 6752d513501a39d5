/* SPDX-License-Identifier: Apache-2.0 */
/* Writes and reads the names of payments, refunds, links and orders. */
#include "daemon/core/id.h"

#include <string.h>

#include "daemon/core/beijing.h"

#define SEQ_CHARS    13
#define SECRET_CHARS 16
#define MAC_CHARS    26
#define EPOCH_MS     INT64_C(1577836800000) /* 2020-01-01: the sequence lasts until 2089 */

static const char base32[] = "0123456789abcdefghjkmnpqrstvwxyz";
static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

int64_t fq_sequence_at(int64_t at_ms)
{
    return at_ms > EPOCH_MS ? (at_ms - EPOCH_MS) << 22 : 0;
}

int64_t fq_sequence_next(struct fq_sequence *sequence, int64_t now_ms)
{
    int64_t next = fq_sequence_at(now_ms) | (int64_t)(sequence->instance & 0xff);
    if (next <= sequence->last)
        next = sequence->last + 256;
    sequence->last = next;
    return next;
}

/* Writes the first n_chars * 5 bits of `bytes`, most significant first; zeros follow the last. */
static void base32_write(const unsigned char *bytes, size_t size, char *ret, size_t n_chars)
{
    unsigned window = 0;
    unsigned n_bits = 0; /* in the window, not written yet */
    size_t taken = 0;
    for (size_t i = 0; i < n_chars; i++) {
        if (n_bits < 5) {
            window = window << 8 | (taken < size ? bytes[taken] : 0u);
            taken++;
            n_bits += 8;
        }
        n_bits -= 5;
        ret[i] = base32[window >> n_bits & 31u];
    }
}

/* The inverse; refuses other characters and set bits beyond `size`. */
static int base32_read(struct fq_str text, unsigned char *ret, size_t size)
{
    unsigned window = 0;
    unsigned n_bits = 0;
    size_t n = 0;
    memset(ret, 0, size);
    for (size_t i = 0; i < text.len; i++) {
        const char *at = memchr(base32, text.ptr[i], sizeof(base32) - 1);
        if (at == NULL)
            return FQ_ID_E_MALFORMED;
        window = window << 5 | (unsigned)(at - base32);
        n_bits += 5;
        if (n_bits < 8)
            continue;
        n_bits -= 8;
        unsigned char byte = (unsigned char)(window >> n_bits & 0xffu);
        if (n < size)
            ret[n++] = byte;
        else if (byte != 0)
            return FQ_ID_E_MALFORMED;
    }
    unsigned rest = (window & ((1u << n_bits) - 1u)) << (8 - n_bits);
    if (n < size)
        ret[n] = (unsigned char)rest;
    return n < size || rest == 0 ? 0 : FQ_ID_E_MALFORMED;
}

static void seq_write(int64_t seq, char ret[SEQ_CHARS])
{
    unsigned char bytes[8];
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)seq >> (56 - 8 * i));
    base32_write(bytes, sizeof(bytes), ret, SEQ_CHARS);
}

static int seq_read(struct fq_str text, int64_t *ret)
{
    unsigned char bytes[8];
    if (text.len != SEQ_CHARS || base32_read(text, bytes, sizeof(bytes)) != 0 || bytes[0] > 0x7f)
        return FQ_ID_E_MALFORMED;
    int64_t seq = 0;
    for (size_t i = 0; i < 8; i++)
        seq = seq << 8 | bytes[i];
    if (seq == 0)
        return FQ_ID_E_MALFORMED;
    *ret = seq;
    return 0;
}

struct fq_str fq_id_payment(int64_t seq, const unsigned char secret[FQ_SECRET_SIZE],
                            struct fq_arena *arena)
{
    char text[FQ_PAYMENT_ID_LEN] = { 'p' };
    seq_write(seq, text + 1);
    base32_write(secret, FQ_SECRET_SIZE, text + 1 + SEQ_CHARS, SECRET_CHARS);
    return fq_arena_copy(arena, (struct fq_str){ text, sizeof(text) });
}

struct fq_str fq_id_refund(int64_t seq, const unsigned char secret[FQ_SECRET_SIZE], uint32_t n,
                           struct fq_arena *arena)
{
    struct fq_str payment = fq_id_payment(seq, secret, arena);
    return fq_arena_printf(arena, "%.*s-r%u", fq_str_arg(payment), n);
}

int fq_id_parse_payment(struct fq_str text, int64_t *ret_seq,
                        unsigned char ret_secret[FQ_SECRET_SIZE])
{
    if (text.len != FQ_PAYMENT_ID_LEN || text.ptr[0] != 'p')
        return FQ_ID_E_MALFORMED;
    if (seq_read(fq_str_sub(text, 1, SEQ_CHARS), ret_seq) != 0)
        return FQ_ID_E_MALFORMED;
    return base32_read(fq_str_sub(text, 1 + SEQ_CHARS, SECRET_CHARS), ret_secret, FQ_SECRET_SIZE);
}

int fq_id_parse_refund(struct fq_str text, int64_t *ret_seq,
                       unsigned char ret_secret[FQ_SECRET_SIZE], uint32_t *ret_n)
{
    struct fq_str payment = fq_str_sub(text, 0, FQ_PAYMENT_ID_LEN);
    struct fq_str rest = fq_str_sub(text, FQ_PAYMENT_ID_LEN, text.len);
    int64_t n = 0;
    if (fq_id_parse_payment(payment, ret_seq, ret_secret) != 0 ||
        !fq_str_starts(rest, fq_lit("-r")) ||
        fq_str_to_int64(fq_str_sub(rest, 2, rest.len), 1, 1000000, &n) != 0)
        return FQ_ID_E_MALFORMED;
    *ret_n = (uint32_t)n;
    return 0;
}

struct fq_str fq_token_text(int64_t seq, const unsigned char mac[32], struct fq_arena *arena)
{
    char text[FQ_TOKEN_LEN];
    seq_write(seq, text);
    base32_write(mac, 32, text + SEQ_CHARS, MAC_CHARS);
    return fq_arena_copy(arena, (struct fq_str){ text, sizeof(text) });
}

int fq_token_parse(struct fq_str text, int64_t *ret_seq, struct fq_str *ret_mac_text)
{
    if (text.len != FQ_TOKEN_LEN || seq_read(fq_str_sub(text, 0, SEQ_CHARS), ret_seq) != 0)
        return FQ_ID_E_MALFORMED;
    *ret_mac_text = fq_str_sub(text, SEQ_CHARS, MAC_CHARS);
    return 0;
}

struct fq_str fq_token_subject(int64_t seq, const unsigned char secret[FQ_SECRET_SIZE],
                               uint32_t generation, struct fq_arena *arena)
{
    struct fq_str id = fq_id_payment(seq, secret, arena);
    return fq_arena_printf(arena, "%.*s/%u", fq_str_arg(id), generation);
}

struct fq_str fq_order_number(struct fq_str prefix, struct fq_str instance, int64_t now_ms,
                              const unsigned char random[12], struct fq_arena *arena)
{
    char time[15];
    char tail[13];
    fq_beijing_compact(now_ms, time);
    for (size_t i = 0; i < 12; i++)
        tail[i] = base62[random[i] % 62];
    tail[12] = '\0';
    return fq_arena_printf(arena, "%.*s%s%.*s%s", fq_str_arg(prefix), time, fq_str_arg(instance),
                           tail);
}
