/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#12 files, in which certification authorities hand out keys: the private key and the
 * certificate that belongs to it. */
#ifndef FQ_CRYPTO_PFX_H
#define FQ_CRYPTO_PFX_H

#include "daemon/base/arena.h"

#define FQ_PFX_SIZE_MAX          ((size_t)256 * 1024)
#define FQ_PFX_PASSWORD_SIZE_MAX ((size_t)256)

struct fq_pfx {
    struct fq_str key_pem; /* PKCS#8, not encrypted: the caller wipes it */
    struct fq_str certificate_pem;
    struct fq_str serial;     /* decimal: what UnionPay calls certId */
    struct fq_str subject_cn; /* as it stands in the certificate: not fit for a terminal */
    int64_t from_unix_ms;
    int64_t until_unix_ms;
    size_t n_certificates; /* in the file */
};

enum {
    FQ_PFX_E_FORMAT = 1,
    FQ_PFX_E_PASSWORD,
    FQ_PFX_E_LEGACY, /* of a cipher that only OpenSSL's legacy provider knows, which is not there */
    FQ_PFX_E_NO_KEY,
    FQ_PFX_E_NO_CERTIFICATE, /* none that belongs to the private key */
    FQ_PFX_E_KIND,           /* neither RSA of 2048 bits or more nor SM2 */
};

const char *fq_pfx_reason(int condition); /* text of the conditions above */

/* Opens the bytes of a file. Ciphers of the past (RC2 of 40 bits) are understood here and nowhere
 * else. Of several certificates that belong to the key, the newest one. */
int fq_pfx_open(struct fq_str bytes, struct fq_str password, struct fq_arena *arena,
                struct fq_pfx *ret);

#endif
