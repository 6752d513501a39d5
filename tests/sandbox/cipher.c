/* SPDX-License-Identifier: Apache-2.0 */
/* Content encryption as the platform does it: AES-128-CBC, a zero IV, PKCS#7, base64. */
#include "tests/sandbox/cipher.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "tests/sandbox/base64.h"
#include "tests/sandbox/text.h"

static const unsigned char CIPHER_IV[16];

bool cipher_read_key(const char *base64, unsigned char ret[CIPHER_KEY_SIZE])
{
    size_t size = 0;
    unsigned char *bytes = base64_decode(base64, &size);
    bool fits = bytes != NULL && size == CIPHER_KEY_SIZE;
    if (fits)
        memcpy(ret, bytes, CIPHER_KEY_SIZE);
    free(bytes);
    return fits;
}

/* What came out, with a NUL behind; NULL for wrong padding. */
static unsigned char *cipher_run(const unsigned char *key, bool seal, const unsigned char *in,
                                 size_t in_size, size_t *ret_size)
{
    int size = 0;
    int last = 0;
    unsigned char *out = text_alloc(in_size + 2 * sizeof(CIPHER_IV));
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool done =
        EVP_CipherInit_ex(context, EVP_aes_128_cbc(), NULL, key, CIPHER_IV, seal ? 1 : 0) == 1 &&
        EVP_CipherUpdate(context, out, &size, in, (int)in_size) == 1 &&
        EVP_CipherFinal_ex(context, out + size, &last) == 1;
    EVP_CIPHER_CTX_free(context);
    if (!done) {
        free(out);
        return NULL;
    }
    *ret_size = (size_t)size + (size_t)last;
    out[*ret_size] = '\0';
    return out;
}

char *cipher_seal(const unsigned char key[CIPHER_KEY_SIZE], const char *clear)
{
    size_t size;
    unsigned char *sealed =
        cipher_run(key, true, (const unsigned char *)clear, strlen(clear), &size);
    if (sealed == NULL)
        abort();
    char *base64 = base64_encode(sealed, size);
    free(sealed);
    return base64;
}

char *cipher_open(const unsigned char key[CIPHER_KEY_SIZE], const char *sealed)
{
    size_t in_size;
    size_t size = 0;
    unsigned char *in = base64_decode(sealed, &in_size);
    if (in == NULL)
        return NULL;
    char *clear = (char *)cipher_run(key, false, in, in_size, &size);
    free(in);
    if (clear != NULL && strlen(clear) != size) {
        free(clear);
        return NULL;
    }
    return clear;
}
