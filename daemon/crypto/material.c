/* SPDX-License-Identifier: Apache-2.0 */
/* Reads key files: their mode, then PEM or bare base64. */
#include "daemon/crypto/material.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#define FILE_SIZE_MAX ((size_t)256 * 1024)

/* ---- a file ---- */

static int file_check(int fd, bool is_private)
{
    struct stat about;
    if (fstat(fd, &about) != 0)
        return FQ_KEYRING_E_UNREADABLE;
    if (!S_ISREG(about.st_mode)) {
        errno = S_ISDIR(about.st_mode) ? EISDIR : EINVAL;
        return FQ_KEYRING_E_UNREADABLE;
    }
    if (is_private && (about.st_mode & (S_IWGRP | S_IROTH | S_IWOTH)) != 0)
        return FQ_KEYRING_E_MODE;
    return 0;
}

static int file_fill(int fd, struct fq_material_file *file)
{
    while (file->size <= FILE_SIZE_MAX) {
        ssize_t n = read(fd, file->bytes + file->size, FILE_SIZE_MAX + 1 - file->size);
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return FQ_KEYRING_E_UNREADABLE;
        if (n > 0)
            file->size += (size_t)n;
    }
    return FQ_KEYRING_E_FORMAT;
}

int fq_material_read(const char *path, bool is_private, struct fq_material_file *ret)
{
    /* O_NONBLOCK: a FIFO in the place of a key does not hang the start. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return FQ_KEYRING_E_UNREADABLE;
    FQ_CLEANUP_FILE file = { 0 };
    int r = file_check(fd, is_private);
    if (r == 0) {
        file.bytes = fq_zalloc(FILE_SIZE_MAX + 1);
        r = file_fill(fd, &file);
    }
    int reason = errno;
    (void)close(fd);
    errno = reason;
    if (r != 0)
        return r;
    ret->bytes = FQ_TAKE(file.bytes);
    ret->size = file.size;
    return 0;
}

void fq_material_file_wipe(struct fq_material_file *file)
{
    int reason = errno;
    if (file->bytes != NULL)
        fq_wipe(file->bytes, file->size);
    fq_free(file->bytes);
    *file = (struct fq_material_file){ 0 };
    errno = reason;
}

/* ---- DER ---- */

/* Each of these leaves the material as it was and returns false if the bytes are something else,
 * or have something behind them. */

static bool material_add_certificate(struct fq_material *material, const unsigned char *der,
                                     size_t size)
{
    const unsigned char *at = der;
    X509 *certificate = d2i_X509(NULL, &at, (long)size);
    if (certificate == NULL || at != der + size ||
        sk_X509_push(material->certificates, certificate) <= 0) {
        X509_free(certificate);
        return false;
    }
    /* OpenSSL reads the extensions when they are first wanted, and keeps them: now, by one thread.
     */
    (void)X509_check_purpose(certificate, -1, 0);
    return true;
}

static bool material_keep_key(EVP_PKEY **place, EVP_PKEY *key, bool is_whole)
{
    if (key == NULL || !is_whole) {
        EVP_PKEY_free(key);
        return false;
    }
    if (*place == NULL)
        *place = key;
    else
        EVP_PKEY_free(key);
    return true;
}

static bool material_add_private(struct fq_material *material, const unsigned char *der,
                                 size_t size)
{
    const unsigned char *at = der;
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, (long)size);
    return material_keep_key(&material->private_key, key, at == der + size);
}

static bool material_add_public(struct fq_material *material, const unsigned char *der, size_t size)
{
    const unsigned char *at = der;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)size);
    return material_keep_key(&material->public_key, key, at == der + size);
}

static bool material_add_rsa_public(struct fq_material *material, const unsigned char *der,
                                    size_t size)
{
    const unsigned char *at = der;
    EVP_PKEY *key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, (long)size);
    return material_keep_key(&material->public_key, key, at == der + size);
}

/* ---- PEM ---- */

typedef bool material_add_fn(struct fq_material *material, const unsigned char *der, size_t size);

static int material_add_block(struct fq_material *material, const char *label, const char *header,
                              const unsigned char *der, size_t size)
{
    static const struct {
        const char *label;
        material_add_fn *add;
    } rows[] = {
        { "CERTIFICATE", material_add_certificate },
        { "X509 CERTIFICATE", material_add_certificate },
        { "PRIVATE KEY", material_add_private },
        { "RSA PRIVATE KEY", material_add_private },
        { "EC PRIVATE KEY", material_add_private },
        { "PUBLIC KEY", material_add_public },
        { "RSA PUBLIC KEY", material_add_rsa_public },
        { "ENCRYPTED PRIVATE KEY", NULL },
    };

    for (size_t i = 0; i < fq_array_size(rows); i++) {
        if (strcmp(rows[i].label, label) != 0)
            continue;
        bool is_encrypted = header[0] != '\0' || rows[i].add == NULL;
        return !is_encrypted && rows[i].add(material, der, size) ? 0 : FQ_KEYRING_E_FORMAT;
    }
    return 0; /* parameters and other company of keys */
}

static int material_parse_pem(struct fq_str text, struct fq_material *material)
{
    BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);
    int r = bio != NULL ? 0 : FQ_KEYRING_E_FORMAT;
    while (r == 0) {
        char *label = NULL;
        char *header = NULL;
        unsigned char *der = NULL;
        long size = 0;
        const unsigned int flags = PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE;
        if (PEM_read_bio_ex(bio, &label, &header, &der, &size, flags) != 1) {
            if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
                r = FQ_KEYRING_E_FORMAT;
            break;
        }
        r = material_add_block(material, label, header, der, (size_t)size);
        OPENSSL_secure_free(label);
        OPENSSL_secure_free(header);
        OPENSSL_secure_clear_free(der, (size_t)size);
    }
    BIO_free(bio);
    return r;
}

/* ---- bare base64 ---- */

static int material_parse_base64(struct fq_str text, struct fq_material *material)
{
    /* From the strictest form to the most lenient. */
    static material_add_fn *const forms[] = { material_add_certificate, material_add_public,
                                              material_add_private, material_add_rsa_public };
    size_t size_max = text.len / 4 * 3 + 4;
    FQ_CLEANUP_FILE der = { .bytes = fq_zalloc(size_max), .size = size_max };
    unsigned char *bytes = (unsigned char *)der.bytes;
    if (fq_base64_decode_into(text, true, bytes, &der.size) != 0)
        return FQ_KEYRING_E_FORMAT;
    for (size_t i = 0; i < fq_array_size(forms); i++) {
        if (forms[i](material, bytes, der.size))
            return 0;
    }
    return FQ_KEYRING_E_FORMAT;
}

int fq_material_parse(struct fq_str text, struct fq_material *ret)
{
    static const char begin[] = "-----BEGIN ";
    FQ_CLEANUP_MATERIAL material = { .certificates = sk_X509_new_null() };
    if (material.certificates == NULL || text.len == 0 || text.len > FILE_SIZE_MAX)
        return FQ_KEYRING_E_FORMAT;
    bool is_pem = memmem(text.ptr, text.len, begin, sizeof(begin) - 1) != NULL;
    int r = is_pem ? material_parse_pem(text, &material) : material_parse_base64(text, &material);
    ERR_clear_error(); /* the trials above leave their failures there */
    bool is_empty = material.private_key == NULL && material.public_key == NULL &&
                    sk_X509_num(material.certificates) == 0;
    if (r != 0 || is_empty)
        return FQ_KEYRING_E_FORMAT;
    *ret = material;
    // cppcheck-suppress unreadVariable; moved: the cleanup must find nothing
    material = (struct fq_material){ 0 };
    return 0;
}

void fq_material_deinit(struct fq_material *material)
{
    EVP_PKEY_free(material->private_key);
    EVP_PKEY_free(material->public_key);
    sk_X509_pop_free(material->certificates, X509_free);
    *material = (struct fq_material){ 0 };
}
