/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-2-4. */
#include "daemon/base/siphash.h"

static uint64_t siphash_rotate(uint64_t word, unsigned int n_bits)
{
    return word << n_bits | word >> (64 - n_bits);
}

static void siphash_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = siphash_rotate(v[1], 13) ^ v[0];
    v[0] = siphash_rotate(v[0], 32);
    v[2] += v[3];
    v[3] = siphash_rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = siphash_rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = siphash_rotate(v[1], 17) ^ v[2];
    v[2] = siphash_rotate(v[2], 32);
}

/*= Aumasson, Bernstein: SipHash-2-4 */
uint64_t fq_siphash(const uint64_t key[2], struct fq_str text)
{
    uint64_t v[4] = { key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
                      key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573 };
    for (size_t i = 0; i <= text.len / 8; i++) {
        uint64_t word = 0;
        struct fq_str chunk = fq_str_sub(text, i * 8, 8);
        for (size_t k = 0; k < chunk.len; k++)
            word |= (uint64_t)(unsigned char)chunk.ptr[k] << (8 * k);
        if (chunk.len < 8)
            word |= (uint64_t)text.len << 56;
        v[3] ^= word;
        siphash_round(v);
        siphash_round(v);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        siphash_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
