/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates in PEM: the serials by which the platform names them, and their keys. */
#ifndef SANDBOX_CERT_H
#define SANDBOX_CERT_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/types.h>

#define CERT_SN_SIZE 33

/* MD5 of the issuer's text and the decimal serial of the first certificate. False: unreadable. */
bool cert_sn(const char *pem, char ret[CERT_SN_SIZE]);

/* The same for each certificate of a bundle that was signed with RSA, joined by '_'; the others
 * are skipped. "" where there is none. */
char *cert_root_sn(const char *pem);

/* NULL: unreadable. */
EVP_PKEY *cert_public_key(const char *pem);
bool cert_fits(const char *pem, EVP_PKEY *private_key);
bool cert_is_valid_at(const char *pem, int64_t unix_ms);

/* What a forger makes: names as in `like_pem`, signed by the key itself. */
char *cert_forge(EVP_PKEY *private_key, const char *like_pem);

#endif
