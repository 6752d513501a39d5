/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of crypto/ share: keys and certificates of the moment, files that vanish, and
 * vectors. */
#ifndef FQ_TESTS_CRYPTO_SUPPORT_H
#define FQ_TESTS_CRYPTO_SUPPORT_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/base/mem.h"
#include "daemon/crypto/crypto.h"

#define UNUSED __attribute__((unused))

/* ---- bytes ---- */

static UNUSED void assert_bytes(struct fq_str bytes, const char *hex)
{
    char text[1024];
    assert_true(bytes.len < sizeof(text) / 2);
    fq_hex(bytes.ptr, bytes.len, text);
    assert_string_equal(text, hex);
}

static UNUSED void assert_text(struct fq_str text, const char *expected)
{
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.ptr, expected, text.len);
}

/* ---- keys, as PEM text in an arena ---- */

static UNUSED EVP_PKEY *make_rsa(unsigned int n_bits)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)n_bits);
    assert_non_null(pkey);
    return pkey;
}

static UNUSED struct fq_str text_of_bio(BIO *bio, struct fq_arena *arena)
{
    char *bytes = NULL;
    long len = BIO_get_mem_data(bio, &bytes);
    struct fq_str text = fq_arena_copy(arena, (struct fq_str){ bytes, (size_t)len });
    BIO_free(bio);
    return text;
}

static UNUSED struct fq_str pem_of_private(EVP_PKEY *pkey, struct fq_arena *arena)
{
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
    return text_of_bio(bio, arena);
}

static UNUSED struct fq_str pem_of_public(EVP_PKEY *pkey, struct fq_arena *arena)
{
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PUBKEY(bio, pkey), 1);
    return text_of_bio(bio, arena);
}

static UNUSED struct fq_str pem_of_certificate(X509 *certificate, struct fq_arena *arena)
{
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
    return text_of_bio(bio, arena);
}

/* ---- certificates ---- */

struct certificate_plan {
    const char *cn;
    const char *second_cn; /* NULL: none */
    EVP_PKEY *key;
    X509 *issuer; /* NULL: signs itself */
    EVP_PKEY *issuer_key;
    bool is_ca;
    int64_t from_unix_s;
    int64_t to_unix_s;
    const EVP_MD *digest;
    const char *usage; /* NULL: no key usage */
};

static UNUSED void add_name(X509_NAME *name, const char *field, const char *value)
{
    assert_int_equal(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                                (const unsigned char *)value, -1, -1, 0),
                     1);
}

static UNUSED void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static UNUSED X509 *make_certificate(const struct certificate_plan *plan)
{
    static long serial = 1;
    X509 *certificate = X509_new();
    assert_non_null(certificate);
    assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++), 1);
    assert_non_null(ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)plan->from_unix_s));
    assert_non_null(ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)plan->to_unix_s));
    X509_NAME *subject = X509_get_subject_name(certificate);
    add_name(subject, "C", "CN");
    add_name(subject, "O", "Fenqi Test");
    add_name(subject, "CN", plan->cn);
    if (plan->second_cn != NULL)
        add_name(subject, "CN", plan->second_cn);
    const X509_NAME *issuer = plan->issuer != NULL ? X509_get_subject_name(plan->issuer) : subject;
    assert_int_equal(X509_set_issuer_name(certificate, issuer), 1);
    assert_int_equal(X509_set_pubkey(certificate, plan->key), 1);
    add_extension(certificate, NID_basic_constraints,
                  plan->is_ca ? "critical,CA:TRUE" : "CA:FALSE");
    if (plan->usage != NULL)
        add_extension(certificate, NID_key_usage, plan->usage);
    EVP_PKEY *issuer_key = plan->issuer_key != NULL ? plan->issuer_key : plan->key;
    assert_true(
        X509_sign(certificate, issuer_key, plan->digest != NULL ? plan->digest : EVP_sha256()) > 0);
    return certificate;
}

/* ---- files ---- */

struct folder {
    char path[64];
};

static UNUSED void folder_make(struct folder *folder)
{
    (void)snprintf(folder->path, sizeof(folder->path), "/tmp/fenqid-test-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
}

/* Writes folder/name with exactly `mode`; the path, in the arena. */
static UNUSED const char *folder_write(const struct folder *folder, const char *name,
                                       struct fq_str text, mode_t mode, struct fq_arena *arena)
{
    const char *path = fq_arena_printf(arena, "%s/%s", folder->path, name).ptr;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static UNUSED void folder_remove(struct folder *folder, const char *const *names, size_t n_names)
{
    char path[128];
    for (size_t i = 0; i < n_names; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder->path, names[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(folder->path), 0);
}

/* ---- vectors ---- */

/* A file of the vectors, NUL-terminated, or absent text (and word of it) without the folder. */
static UNUSED struct fq_str vector_read(const char *name, struct fq_arena *arena)
{
    const char *root = getenv("FENQI_VECTORS");
    const char *path =
        fq_arena_printf(arena, "%s/%s", root != NULL ? root : "../shared/vectors", name).ptr;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        print_message("SKIPPED: no vectors at %s (set FENQI_VECTORS)\n", path);
        return (struct fq_str){ NULL, 0 };
    }
    const size_t size_max = 65536;
    char *text = fq_arena_alloc(arena, size_max);
    assert_non_null(text);
    size_t size = fread(text, 1, size_max - 1, file);
    assert_int_equal(fclose(file), 0);
    return (struct fq_str){ text, size };
}

/* The string value of the first `"key": "..."` behind `at`, unescaped as far as the vectors need;
 * *at moves behind it. False if there is none. */
static UNUSED bool vector_next(const char **at, const char *key, struct fq_arena *arena,
                               struct fq_str *ret)
{
    char pattern[64];
    (void)snprintf(pattern, sizeof(pattern), "\"%s\": \"", key);
    const char *from = strstr(*at, pattern);
    if (from == NULL)
        return false;
    from += strlen(pattern);
    char *text = fq_arena_alloc(arena, strlen(from) + 1);
    assert_non_null(text);
    size_t len = 0;
    for (; *from != '"'; from++) {
        char c = *from;
        if (c == '\\') {
            c = *++from;
            assert_true(c == '"' || c == '\\' || c == '/' || c == 'n');
            c = c == 'n' ? '\n' : c;
        }
        assert_true(c != '\0');
        text[len++] = c;
    }
    *at = from;
    *ret = (struct fq_str){ text, len };
    return true;
}

static UNUSED struct fq_str vector_field(struct fq_str json, const char *key,
                                         struct fq_arena *arena)
{
    const char *at = json.ptr;
    struct fq_str value = { NULL, 0 };
    if (!vector_next(&at, key, arena, &value))
        fail_msg("no field %s", key);
    return value;
}

#endif
