/* SPDX-License-Identifier: Apache-2.0 */
/* UnionPay's certificates in a simulated world: the same in every run, and each made only once. */
#include "tests/sim/certificates.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "daemon/crypto/keyring.h"
#include "tests/sandbox/key.h"
#include "tests/sandbox/text.h"

/* A leaf that the model may ask for, made before the first history. */
struct certificates_known {
    const char *common_name;
    bool is_expired;
    bool is_forged;
    enum sim_key key;
    struct unionpay_leaf leaf;
};

static struct certificates_known known[] = {
    { UNIONPAY_SIGNER_NAME, false, false, SIM_KEY_LEAF, { 0 } },
    { UNIONPAY_SIGNER_NAME, true, false, SIM_KEY_LEAF, { 0 } },
    { UNIONPAY_MERCHANT_NAME, false, false, SIM_KEY_FOREIGN, { 0 } },
    { UNIONPAY_SIGNER_NAME, false, true, SIM_KEY_FOREIGN, { 0 } },
    { "simulated merchant", false, false, SIM_KEY_MERCHANT, { 0 } },
};

#define KNOWN_N        (sizeof(known) / sizeof(known[0]))
#define KNOWN_SIGNER   0
#define KNOWN_UNPROVEN 1 /* and those behind it */
#define KNOWN_MERCHANT 4

static struct unionpay_leaf renewed[SIM_RENEWALS_MAX];

static unsigned certificates_n_keys;
static uint64_t certificates_chance;

void __real_unionpay_leaf_make(const struct unionpay_chain *chain, const char *common_name,
                               bool expired, EVP_PKEY *key, struct unionpay_leaf *ret);
void __wrap_unionpay_leaf_make(const struct unionpay_chain *chain, const char *common_name,
                               bool expired, EVP_PKEY *key, struct unionpay_leaf *ret);
void __real_unionpay_leaf_forge(const char *common_name, EVP_PKEY *key, struct unionpay_leaf *ret);
void __wrap_unionpay_leaf_forge(const char *common_name, EVP_PKEY *key, struct unionpay_leaf *ret);
EVP_PKEY *__wrap_key_generate(void);
int __wrap_RAND_bytes(unsigned char *bytes, int size);
int __real_EVP_PKEY_encrypt(EVP_PKEY_CTX *context, unsigned char *ret, size_t *ret_size,
                            const unsigned char *bytes, size_t size);
int __wrap_EVP_PKEY_encrypt(EVP_PKEY_CTX *context, unsigned char *ret, size_t *ret_size,
                            const unsigned char *bytes, size_t size);

/* ---- nothing is left to chance ---- */

static const char *certificates_key_name; /* of the next key; NULL: they are numbered */

EVP_PKEY *__wrap_key_generate(void)
{
    char name[32];
    if (certificates_key_name != NULL)
        return sim_key_derive(certificates_key_name);
    (void)snprintf(name, sizeof(name), "generated %u", ++certificates_n_keys);
    return sim_key_derive(name);
}

int __wrap_RAND_bytes(unsigned char *bytes, int size)
{
    for (int i = 0; i < size; i++) {
        certificates_chance =
            certificates_chance * UINT64_C(6364136223846793005) + 1442695040888963407;
        bytes[i] = (unsigned char)(certificates_chance >> 40);
    }
    return 1;
}

/* PKCS#1 v1.5 fills its block with random bytes, which are any but zero: here always the same. */
int __wrap_EVP_PKEY_encrypt(EVP_PKEY_CTX *context, unsigned char *ret, size_t *ret_size,
                            const unsigned char *bytes, size_t size)
{
    unsigned char block[512];
    size_t n = (size_t)EVP_PKEY_get_size(EVP_PKEY_CTX_get0_pkey(context));
    int padding = 0;
    if (ret == NULL || EVP_PKEY_CTX_get_rsa_padding(context, &padding) <= 0 ||
        padding != RSA_PKCS1_PADDING || n > sizeof(block) || size + 11 > n)
        return __real_EVP_PKEY_encrypt(context, ret, ret_size, bytes, size);
    memset(block, 0x5a, n);
    block[0] = 0;
    block[1] = 2;
    block[n - size - 1] = 0;
    memcpy(block + n - size, bytes, size);
    (void)EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING);
    int r = __real_EVP_PKEY_encrypt(context, ret, ret_size, block, n);
    (void)EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING);
    return r;
}

/* ---- each once ---- */

static struct unionpay_leaf certificates_copy_leaf(const struct unionpay_leaf *leaf)
{
    EVP_PKEY_up_ref(leaf->private_key);
    return (struct unionpay_leaf){ leaf->private_key, text_copy(leaf->pem),
                                   text_copy(leaf->serial) };
}

static bool certificates_find(const struct sim_keys *keys, const char *common_name, bool is_expired,
                              bool is_forged, const EVP_PKEY *key, struct unionpay_leaf *ret)
{
    for (size_t i = 0; keys != NULL && i < KNOWN_N; i++) {
        const struct certificates_known *at = &known[i];
        if (keys->keys[at->key] != key || at->is_expired != is_expired ||
            at->is_forged != is_forged || strcmp(at->common_name, common_name) != 0)
            continue;
        unionpay_leaf_free(ret);
        *ret = certificates_copy_leaf(&at->leaf);
        return true;
    }
    return false;
}

static const struct sim_keys *certificates_keys;

void __wrap_unionpay_leaf_make(const struct unionpay_chain *chain, const char *common_name,
                               bool expired, EVP_PKEY *key, struct unionpay_leaf *ret)
{
    if (!certificates_find(certificates_keys, common_name, expired, false, key, ret))
        __real_unionpay_leaf_make(chain, common_name, expired, key, ret);
}

void __wrap_unionpay_leaf_forge(const char *common_name, EVP_PKEY *key, struct unionpay_leaf *ret)
{
    if (!certificates_find(certificates_keys, common_name, false, true, key, ret))
        __real_unionpay_leaf_forge(common_name, key, ret);
}

/* ---- read once ---- */

/* The fields of a certificate never change, and taking it apart costs more than all else in a
 * message: so what was told once is told again. */
#define FIELDS_MAX 64

struct certificates_field {
    char *pem, *text;
    size_t pem_size, size, index;
    uint32_t field;
    int result;
};

static struct certificates_field fields[FIELDS_MAX];
static size_t n_fields;

int __real_fq_cert_field(struct fq_str pem, size_t index, uint32_t field, struct fq_arena *arena,
                         struct fq_str *ret);
int __wrap_fq_cert_field(struct fq_str pem, size_t index, uint32_t field, struct fq_arena *arena,
                         struct fq_str *ret);

static const struct certificates_field *certificates_told(struct fq_str pem, size_t index,
                                                          uint32_t field)
{
    for (size_t i = 0; i < n_fields; i++) {
        const struct certificates_field *at = &fields[i];
        if (at->field == field && at->index == index && at->pem_size == pem.len &&
            memcmp(at->pem, pem.ptr, pem.len) == 0)
            return at;
    }
    return NULL;
}

static char *certificates_copy(struct fq_str text)
{
    char *copy = text_alloc(text.len + 1);
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    return copy;
}

/* Faults are not kept, nor what comes when all places are taken. */
static void certificates_keep(struct fq_str pem, size_t index, uint32_t field, int result,
                              struct fq_str text)
{
    if (n_fields == FIELDS_MAX || result < 0)
        return;
    if (result != 0)
        text = (struct fq_str){ NULL, 0 };
    fields[n_fields++] = (struct certificates_field){
        certificates_copy(pem), certificates_copy(text), pem.len, text.len, index, field, result
    };
}

int __wrap_fq_cert_field(struct fq_str pem, size_t index, uint32_t field, struct fq_arena *arena,
                         struct fq_str *ret)
{
    const struct certificates_field *told = certificates_told(pem, index, field);
    if (told != NULL && told->result != 0)
        return told->result;
    if (told != NULL) {
        *ret = fq_arena_copy(arena, (struct fq_str){ told->text, told->size });
        return ret->ptr != NULL ? 0 : -1;
    }
    int r = __real_fq_cert_field(pem, index, field, arena, ret);
    certificates_keep(pem, index, field, r, *ret);
    return r;
}

/* ---- all of them ---- */

static void certificates_make_renewed(const struct unionpay_chain *chain)
{
    static const char *const names[SIM_RENEWALS_MAX] = { "encryption 1", "encryption 2" };
    for (size_t i = 0; i < SIM_RENEWALS_MAX; i++) {
        certificates_key_name = names[i];
        unionpay_leaf_make_encryption(chain, &renewed[i]);
    }
    certificates_key_name = NULL;
}

struct unionpay_chain *sim_certificates_make(const struct sim_keys *keys)
{
    struct unionpay_chain *chain = unionpay_chain_make(false);
    for (size_t i = 0; i < KNOWN_N; i++) {
        EVP_PKEY *key = keys->keys[known[i].key];
        if (known[i].is_forged)
            __real_unionpay_leaf_forge(known[i].common_name, key, &known[i].leaf);
        else
            __real_unionpay_leaf_make(chain, known[i].common_name, known[i].is_expired, key,
                                      &known[i].leaf);
    }
    certificates_make_renewed(chain);
    certificates_keys = keys;
    return chain;
}

static void certificates_forget(struct certificates_field *field)
{
    free(field->pem);
    free(field->text);
}

void sim_certificates_free(struct unionpay_chain *chain)
{
    certificates_keys = NULL;
    while (n_fields > 0)
        certificates_forget(&fields[--n_fields]);
    for (size_t i = 0; i < KNOWN_N; i++)
        unionpay_leaf_free(&known[i].leaf);
    for (size_t i = 0; i < SIM_RENEWALS_MAX; i++)
        unionpay_leaf_free(&renewed[i]);
    unionpay_chain_free(chain);
}

const char *sim_certificate_of_merchant(void)
{
    return known[KNOWN_MERCHANT].leaf.pem;
}

const char *sim_certificate_of_signer(void)
{
    return known[KNOWN_SIGNER].leaf.pem;
}

struct unionpay_leaf sim_certificate_renewed(size_t i)
{
    return certificates_copy_leaf(&renewed[i]);
}

const char *sim_certificate_unproven(size_t i)
{
    return known[KNOWN_UNPROVEN + i].leaf.pem;
}
