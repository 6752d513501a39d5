/* SPDX-License-Identifier: Apache-2.0 */
/* A small fq_host for tests of adapters, and the way to the vectors' folder. */
#include "tests/vectors/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "daemon/base/arena.h"

static struct vector_host *host_self(const struct fq_host *host)
{
    return host->ctx;
}

static void *host_alloc(const struct fq_host *host, size_t size)
{
    return fq_arena_alloc(host_self(host)->arena, size);
}

static int host_fail(const struct fq_host *host, const char *text)
{
    (void)snprintf(host_self(host)->failure, sizeof(host_self(host)->failure), "%s", text);
    return -1;
}

static EVP_PKEY *host_key(const struct vector_host *self, const char *name)
{
    for (size_t i = 0; i < self->n_keys; i++)
        if (strcmp(self->keys[i].name, name) == 0)
            return self->keys[i].key;
    return NULL;
}

static int host_sign(const struct fq_host *host, const char *key, uint32_t scheme,
                     struct fq_str text, struct fq_str *ret_signature)
{
    struct vector_host *self = host_self(host);
    EVP_PKEY *pkey = host_key(self, key);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char *bytes = fq_arena_alloc(self->arena, 512);
    size_t len = 512;
    int r = -1;
    self->signed_text = text;
    if (pkey != NULL && ctx != NULL && bytes != NULL && scheme == FQ_SCHEME_RSA_SHA256 &&
        EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
        EVP_DigestSign(ctx, bytes, &len, (const unsigned char *)text.ptr, text.len) == 1) {
        *ret_signature = (struct fq_str){ (char *)bytes, len };
        r = 0;
    }
    EVP_MD_CTX_free(ctx);
    return r;
}

static int host_verify(const struct fq_host *host, const char *key, uint32_t scheme,
                       struct fq_str text, struct fq_str signature)
{
    struct vector_host *self = host_self(host);
    EVP_PKEY *pkey = host_key(self, key);
    if (self->accepts_all)
        return 0;
    if (pkey == NULL || scheme != FQ_SCHEME_RSA_SHA256)
        return -1;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool is_good = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
                   EVP_DigestVerify(ctx, (const unsigned char *)signature.ptr, signature.len,
                                    (const unsigned char *)text.ptr, text.len) == 1;
    EVP_MD_CTX_free(ctx);
    self->n_verified += is_good;
    return is_good ? 0 : 1;
}

void vector_host_init(struct vector_host *self)
{
    *self = (struct vector_host){
        .host = { .struct_size = sizeof(struct fq_host),
                  .alloc = host_alloc,
                  .fail = host_fail,
                  .sign = host_sign,
                  .verify = host_verify },
    };
    self->host.ctx = self;
    self->arena = fq_arena_new(FQ_ARENA_SIZE_MAX);
}

void vector_host_deinit(struct vector_host *self)
{
    for (size_t i = 0; i < self->n_keys; i++)
        EVP_PKEY_free(self->keys[i].key);
    fq_arena_free(self->arena);
}

void vector_host_reset(struct vector_host *self, size_t size_max)
{
    fq_arena_free(self->arena);
    self->arena = fq_arena_new(size_max);
    self->failure[0] = '\0';
    self->n_verified = 0;
}

static void host_add_key(struct vector_host *self, const char *name, EVP_PKEY *key)
{
    if (self->n_keys == VECTOR_KEYS_MAX)
        abort();
    self->keys[self->n_keys++] = (struct vector_key){ name, key };
}

void vector_host_add_pair(struct vector_host *self, const char *private_name,
                          const char *public_name)
{
    EVP_PKEY *pair = EVP_RSA_gen(2048);
    if (pair == NULL || EVP_PKEY_up_ref(pair) != 1)
        abort();
    host_add_key(self, private_name, pair);
    host_add_key(self, public_name, pair);
}

bool vector_host_add_public(struct vector_host *self, const char *name, const char *pem_path)
{
    FILE *file = fopen(pem_path, "re");
    EVP_PKEY *key = file != NULL ? PEM_read_PUBKEY(file, NULL, NULL, NULL) : NULL;
    if (file != NULL)
        (void)fclose(file);
    if (key == NULL)
        return false;
    host_add_key(self, name, key);
    return true;
}

struct fq_str vector_host_seal(struct vector_host *self, const char *key, struct fq_str text)
{
    struct fq_str signature, signed_text = self->signed_text;
    if (host_sign(&self->host, key, FQ_SCHEME_RSA_SHA256, text, &signature) != 0)
        abort();
    self->signed_text = signed_text; /* of the adapter, not of the test */
    size_t size = 4 * ((signature.len + 2) / 3);
    unsigned char *base64 = fq_arena_alloc(self->arena, size + 1);
    if (base64 == NULL)
        abort();
    (void)EVP_EncodeBlock(base64, (const unsigned char *)signature.ptr, (int)signature.len);
    return (struct fq_str){ (char *)base64, size };
}

char *vector_path(const char *path)
{
    const char *folder = getenv("FENQI_VECTORS"); // NOLINT(concurrency-mt-unsafe)
    char *full = NULL;
    if (asprintf(&full, "%s/%s", folder != NULL ? folder : "../shared/vectors", path) < 0)
        abort();
    return full;
}

char *vector_file(const char *path)
{
    char *full = vector_path(path);
    FILE *file = fopen(full, "re");
    char *text = NULL;
    size_t size = 0;
    if (file == NULL || getdelim(&text, &size, '\0', file) < 0) {
        (void)fprintf(stderr, "SKIPPED: no vectors at %s (set FENQI_VECTORS)\n", full);
        free(text);
        text = NULL;
    }
    if (file != NULL)
        (void)fclose(file);
    free(full);
    return text;
}
