/* SPDX-License-Identifier: Apache-2.0 */
/* How messages of ACP 5.1.0 are signed, and how a liar would do it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "tests/sandbox/key.h"
#include "tests/sandbox/unionpay_model.h"

enum { SEAL_HEX_SIZE = 2 * EVP_MAX_MD_SIZE + 1 };

static int seal_compare(const void *a, const void *b)
{
    const struct form_field *left = a;
    const struct form_field *right = b;
    return strcmp(left->name, right->name);
}

/* Of a message that says nothing twice. */
static void seal_sort(struct form *form)
{
    qsort(form->fields, form->n_fields, sizeof(form->fields[0]), seal_compare);
}

char *unionpay_write_plain(const struct form *form)
{
    struct text text = { 0 };
    for (size_t i = 0; i < form->n_fields; i++)
        text_add_pair(&text, form->fields[i].name, form->fields[i].value);
    return text_take(&text);
}

static void seal_remove(struct form *form, const char *name)
{
    for (size_t i = 0; i < form->n_fields; i++) {
        if (strcmp(form->fields[i].name, name) != 0)
            continue;
        free(form->fields[i].name);
        free(form->fields[i].value);
        memmove(&form->fields[i], &form->fields[i + 1],
                (form->n_fields - i - 1) * sizeof(form->fields[0]));
        form->n_fields--;
        return;
    }
}

char *unionpay_to_sign(const struct form *form)
{
    FORM_CLEANUP sorted = { 0 };
    form_copy(&sorted, form);
    seal_remove(&sorted, "signature");
    seal_sort(&sorted);
    return unionpay_write_plain(&sorted);
}

static void seal_hex(const EVP_MD *digest, const char *text, char ret[SEAL_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_Digest(text, strlen(text), hash, &size, digest, NULL) != 1)
        abort();
    for (unsigned i = 0; i < size; i++) {
        *ret++ = digits[hash[i] / 16];
        *ret++ = digits[hash[i] % 16];
    }
    *ret = '\0';
}

/* UnionPay: the signature is over the hex digits of the digest, which are hashed again. */
static char *seal_sign(EVP_PKEY *key, enum key_scheme scheme, const struct form *form)
{
    char hex[SEAL_HEX_SIZE];
    STRING_CLEANUP built = unionpay_to_sign(form);
    seal_hex(scheme == KEY_RSA2 ? EVP_sha256() : EVP_sha1(), built, hex);
    return key_sign(key, scheme, hex, strlen(hex));
}

char *unionpay_sign(EVP_PKEY *key, const struct form *form)
{
    return seal_sign(key, KEY_RSA2, form);
}

bool unionpay_verify(EVP_PKEY *key, const struct form *form)
{
    char hex[SEAL_HEX_SIZE];
    const char *signature = form_get(form, "signature");
    STRING_CLEANUP built = unionpay_to_sign(form);
    seal_hex(EVP_sha256(), built, hex);
    return signature != NULL && key_verify(key, KEY_RSA2, hex, strlen(hex), signature);
}

/* With the line ends of the messages, and none behind the last line. */
static char *seal_certificate(const char *pem)
{
    struct text text = { 0 };
    for (const char *end = strchr(pem, '\n'); end != NULL && end[1] != '\0';
         pem = end + 1, end = strchr(pem, '\n')) {
        text_add_bytes(&text, pem, (size_t)(end - pem));
        text_add(&text, "\r\n");
    }
    text_add_bytes(&text, pem, strcspn(pem, "\n"));
    return text_take(&text);
}

static const struct unionpay_leaf *seal_leaf(struct unionpay *unionpay, const char *name)
{
    const struct unionpay_chain *chain = unionpay->config.chain;
    if (strcmp(name, "wrong_cn") == 0) {
        if (unionpay->wrong_name.pem == NULL)
            unionpay_leaf_make(chain, UNIONPAY_MERCHANT_NAME, false, unionpay_foreign_key(unionpay),
                               &unionpay->wrong_name);
        return &unionpay->wrong_name;
    }
    if (strcmp(name, "expired_leaf") == 0) {
        if (unionpay->expired.pem == NULL)
            unionpay_leaf_make(chain, UNIONPAY_SIGNER_NAME, true, unionpay->leaf.private_key,
                               &unionpay->expired);
        return &unionpay->expired;
    }
    if (strcmp(name, "self_made") == 0) {
        if (unionpay->self_made.pem == NULL)
            unionpay_leaf_forge(UNIONPAY_SIGNER_NAME, unionpay_foreign_key(unionpay),
                                &unionpay->self_made);
        return &unionpay->self_made;
    }
    return &unionpay->leaf;
}

void unionpay_seal_as(struct unionpay *unionpay, const char *signer, struct form *form)
{
    const struct unionpay_leaf *leaf = seal_leaf(unionpay, signer);
    STRING_CLEANUP certificate = seal_certificate(leaf->pem);
    form_set(form, "version", "5.1.0");
    form_set(form, "signMethod", "01");
    form_set(form, "signPubKeyCert", certificate);
    STRING_CLEANUP signature = seal_sign(leaf->private_key, KEY_RSA2, form);
    form_set(form, "signature", signature);
}

/* 5.0.0: SHA-1, and the certificate is named, not sent. */
static void seal_version(struct unionpay *unionpay, struct form *form)
{
    form_set(form, "version", "5.0.0");
    form_set(form, "signMethod", "01");
    form_set(form, "certId", unionpay->leaf.serial);
    STRING_CLEANUP signature = seal_sign(unionpay->leaf.private_key, KEY_RSA, form);
    form_set(form, "signature", signature);
}

/* A shared key that nobody agreed on: the empty one. */
static void seal_method(struct form *form)
{
    char hex[SEAL_HEX_SIZE];
    TEXT_CLEANUP keyed = { 0 };
    form_set(form, "version", "5.1.0");
    form_set(form, "signMethod", "11");
    seal_hex(EVP_sha256(), "", hex);
    STRING_CLEANUP built = unionpay_to_sign(form);
    text_printf(&keyed, "%s&%s", built, hex);
    seal_hex(EVP_sha256(), keyed.bytes, hex);
    form_set(form, "signature", hex);
}

static const char *seal_or(const char *text, const char *otherwise)
{
    return text[0] != '\0' ? text : otherwise;
}

static void seal_raise(struct form *form, const char *name)
{
    char raised[32];
    const char *amount = form_get(form, name);
    snprintf(raised, sizeof(raised), "%lld",
             amount != NULL ? strtoll(amount, NULL, 10) + 100 : 100LL);
    form_set(form, name, raised);
}

static void seal_change(const struct unionpay_fault *fault, struct form *form)
{
    if (fault->field[0] != '\0')
        form_set(form, fault->field, fault->value);
    else
        seal_raise(form, "txnAmt");
}

/* Before the signature: it covers them. */
static void seal_lie(const struct unionpay_fault *fault, struct form *form)
{
    TEXT_CLEANUP text = { 0 };
    if (unionpay_fault_is(fault, "lie")) {
        seal_change(fault, form);
    } else if (unionpay_fault_is(fault, "extra_field")) {
        form_set(form, seal_or(fault->field, "sandboxExtra"), seal_or(fault->value, "{a=1&b=2}"));
    } else if (unionpay_fault_is(fault, "blank_field") && strcmp(fault->value, "signed") == 0) {
        form_set(form, seal_or(fault->field, "sandboxBlank"), "");
    } else if (unionpay_fault_is(fault, "open_brace")) {
        const char *name = seal_or(fault->field, "respMsg");
        const char *value = form_get(form, name);
        text_printf(&text, "{%s", value != NULL ? value : "");
        form_set(form, name, text.bytes);
    } else if (unionpay_fault_is(fault, "drop_field")) {
        seal_remove(form, fault->field);
    }
}

static void seal_line_ends(struct form *form)
{
    struct text text = { 0 };
    const char *certificate = form_get(form, "signPubKeyCert");
    for (const char *at = certificate != NULL ? certificate : ""; *at != '\0'; at++) {
        if (*at != '\r')
            text_add_bytes(&text, at, 1);
    }
    STRING_CLEANUP normalised = text_take(&text);
    form_set(form, "signPubKeyCert", normalised);
}

/* One character in its middle becomes another. */
static void seal_spoil(struct form *form)
{
    STRING_CLEANUP signature = text_copy(form_get(form, "signature"));
    size_t middle = strlen(signature) / 2;
    if (signature[0] != '\0')
        signature[middle] = signature[middle] == 'A' ? 'B' : 'A';
    form_set(form, "signature", signature);
}

static void seal_reverse(struct form *form)
{
    for (size_t i = 0; i < form->n_fields / 2; i++) {
        struct form_field kept = form->fields[i];
        form->fields[i] = form->fields[form->n_fields - 1 - i];
        form->fields[form->n_fields - 1 - i] = kept;
    }
}

static void seal_append(struct form *form, const char *name, const char *value)
{
    FORM_CLEANUP one = { 0 };
    form_set(&one, name, value);
    form_copy(form, &one);
}

/* After the signature: it does not cover them. */
static void seal_tamper(const struct unionpay_fault *fault, struct form *form)
{
    if (unionpay_fault_is(fault, "bad_signature")) {
        seal_spoil(form);
    } else if (unionpay_fault_is(fault, "unsigned")) {
        seal_remove(form, "signature");
        seal_remove(form, "signPubKeyCert");
    } else if (unionpay_fault_is(fault, "line_ends")) {
        seal_line_ends(form);
    } else if (unionpay_fault_is(fault, "tamper")) {
        seal_change(fault, form);
    } else if (unionpay_fault_is(fault, "duplicate_key")) {
        seal_append(form, seal_or(fault->field, "respCode"), seal_or(fault->value, "00"));
    } else if (unionpay_fault_is(fault, "blank_field") && strcmp(fault->value, "signed") != 0) {
        seal_append(form, seal_or(fault->field, "sandboxBlank"), "");
    } else if (unionpay_fault_is(fault, "reorder")) {
        seal_reverse(form);
    }
}

void unionpay_seal(struct unionpay *unionpay, const struct unionpay_fault *fault, bool is_answer,
                   struct form *form)
{
    seal_lie(fault, form);
    if (unionpay_fault_is(fault, "downgrade_version"))
        seal_version(unionpay, form);
    else if (unionpay_fault_is(fault, "downgrade_method"))
        seal_method(form);
    else
        unionpay_seal_as(unionpay, fault != NULL ? fault->kind : "", form);
    seal_sort(form);
    if (is_answer) { /* these two come last: the answers that were seen */
        const char *last[] = { "signPubKeyCert", "signature" };
        for (size_t i = 0; i < 2; i++) {
            STRING_CLEANUP value = text_copy(form_get(form, last[i]));
            seal_remove(form, last[i]);
            if (value[0] != '\0')
                form_set(form, last[i], value);
        }
    }
    seal_tamper(fault, form);
}
