/* SPDX-License-Identifier: Apache-2.0 */
/* Digests, MACs and random bytes. */
#include <limits.h>
#include <pthread.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "daemon/base/err.h"
#include "daemon/crypto/crypto.h"

/* Fetched once: EVP_sha256() is looked up by name each time, which takes longer than the digest of
 * a short text. */
static EVP_MD *digest_sha256_fetched;

static void digest_fetch(void)
{
    digest_sha256_fetched = EVP_MD_fetch(NULL, "SHA256", NULL);
    fq_assert(digest_sha256_fetched != NULL);
}

static const EVP_MD *digest_sha256(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, digest_fetch);
    return digest_sha256_fetched;
}

void fq_sha256(struct fq_str text, unsigned char ret[32])
{
    fq_sha256_of2(text, (struct fq_str){ NULL, 0 }, ret);
}

void fq_sha256_of2(struct fq_str a, struct fq_str b, unsigned char ret[32])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    fq_assert(context != NULL);
    fq_assert(EVP_DigestInit_ex2(context, digest_sha256(), NULL) == 1);
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

struct fq_mac {
    EVP_MAC_CTX *ready;
};

struct fq_mac *fq_mac_new(struct fq_str key)
{
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    struct fq_mac *mac = fq_zalloc(sizeof(*mac));
    EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    fq_assert(algorithm != NULL);
    mac->ready = EVP_MAC_CTX_new(algorithm);
    EVP_MAC_free(algorithm);
    fq_assert(mac->ready != NULL);
    /* A NULL key would mean "the key of before". */
    const char *bytes = key.len > 0 ? key.ptr : "";
    fq_assert(EVP_MAC_init(mac->ready, (const unsigned char *)bytes, key.len, parameters) == 1);
    return mac;
}

void fq_mac_free(struct fq_mac *mac)
{
    if (mac == NULL)
        return;
    EVP_MAC_CTX_free(mac->ready);
    fq_free(mac);
}

void fq_mac_make(const struct fq_mac *mac, struct fq_str text, unsigned char ret[32])
{
    size_t size = 0;
    fq_assert(EVP_MAC_init(mac->ready, NULL, 0, NULL) == 1); /* from the start, with its key */
    fq_assert(EVP_MAC_update(mac->ready, (const unsigned char *)text.ptr, text.len) == 1);
    fq_assert(EVP_MAC_final(mac->ready, ret, &size, 32) == 1 && size == 32);
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
