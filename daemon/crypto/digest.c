/* SPDX-License-Identifier: Apache-2.0 */
/* Digests, MACs and random bytes. */
#include <limits.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"

void fq_sha256(struct fq_str text, unsigned char ret[32])
{
    fq_sha256_of2(text, (struct fq_str){ NULL, 0 }, ret);
}

void fq_sha256_of2(struct fq_str a, struct fq_str b, unsigned char ret[32])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    fq_assert(context != NULL);
    fq_assert(EVP_DigestInit_ex2(context, EVP_sha256(), NULL) == 1);
    fq_assert(EVP_DigestUpdate(context, a.ptr, a.len) == 1);
    fq_assert(EVP_DigestUpdate(context, b.ptr, b.len) == 1);
    fq_assert(EVP_DigestFinal_ex(context, ret, NULL) == 1);
    EVP_MD_CTX_free(context);
}

void fq_hmac_sha256(struct fq_str key, struct fq_str text, unsigned char ret[32])
{
    fq_assert(key.len <= INT_MAX);
    /* HMAC() takes a NULL key for "the key of before". */
    const char *bytes = key.len > 0 ? key.ptr : "";
    const unsigned char *message = (const unsigned char *)text.ptr;
    fq_assert(HMAC(EVP_sha256(), bytes, (int)key.len, message, text.len, ret, NULL) != NULL);
}

static const EVP_MD *digest_of(uint32_t kind)
{
    switch ((enum fq_digest)kind) {
    case FQ_DIGEST_SHA256:
        return EVP_sha256();
    case FQ_DIGEST_MD5:
        return EVP_md5();
    case FQ_DIGEST_SM3:
        return EVP_sm3();
    case FQ_DIGEST_UNSET:
        break;
    }
    return NULL;
}

int fq_digest_make(uint32_t kind, struct fq_str text, struct fq_arena *arena, struct fq_str *ret)
{
    const EVP_MD *digest = digest_of(kind);
    if (digest == NULL)
        return FQ_FAULT(-EINVAL, "no digest of kind %u", kind);
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    fq_assert(EVP_Digest(text.ptr, text.len, bytes, &size, digest, NULL) == 1);
    struct fq_str copy = fq_arena_copy(arena, (struct fq_str){ (const char *)bytes, size });
    if (copy.ptr == NULL)
        return FQ_FAULT(-ENOMEM, "no room for a digest");
    *ret = copy;
    return 0;
}

void fq_random(void *ret, size_t size)
{
    fq_assert(size <= INT_MAX);
    fq_assert(RAND_bytes(ret, (int)size) == 1);
}
