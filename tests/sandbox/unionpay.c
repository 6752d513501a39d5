/* SPDX-License-Identifier: Apache-2.0 */
/* The UnionPay model as a whole: made, asked, freed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "tests/sandbox/cert.h"
#include "tests/sandbox/key.h"
#include "tests/sandbox/unionpay_model.h"
#include "tests/sandbox/units.h"

struct unionpay *unionpay_new(const struct unionpay_config *config)
{
    struct unionpay *unionpay = text_alloc(sizeof(*unionpay));
    const struct unionpay_leaf *encryption = &config->chain->encryption;
    unionpay->config = *config;
    unionpay->seed = text_copy(config->seed);
    unionpay->config.seed = unionpay->seed;
    if (unionpay->config.time_scale == 0)
        unionpay->config.time_scale = 1;
    unionpay_leaf_make(config->chain, UNIONPAY_SIGNER_NAME, false, config->leaf_private,
                       &unionpay->leaf);
    EVP_PKEY_up_ref(encryption->private_key);
    unionpay->encryption[0] =
        (struct unionpay_leaf){ encryption->private_key, text_copy(encryption->pem),
                                text_copy(encryption->serial) };
    unionpay_settings_init(&unionpay->settings);
    return unionpay;
}

static bool unionpay_merchant_set(struct unionpay_merchant *merchant, const char *pem)
{
    char *cert_id = unionpay_serial(pem);
    if (cert_id == NULL)
        return false;
    free(merchant->pem);
    free(merchant->cert_id);
    EVP_PKEY_free(merchant->public_key);
    merchant->pem = text_copy(pem);
    merchant->cert_id = cert_id;
    merchant->public_key = cert_public_key(pem);
    return true;
}

bool unionpay_add_merchant(struct unionpay *unionpay, const char *mer_id, const char *pem,
                           bool encrypts)
{
    struct unionpay_merchant *merchant = unionpay->merchants;
    while (merchant != NULL && strcmp(merchant->mer_id, mer_id) != 0)
        merchant = merchant->next;
    if (merchant == NULL) {
        merchant = text_alloc(sizeof(*merchant));
        if (!unionpay_merchant_set(merchant, pem)) {
            free(merchant);
            return false;
        }
        merchant->mer_id = text_copy(mer_id);
        merchant->next = unionpay->merchants;
        unionpay->merchants = merchant;
    } else if (!unionpay_merchant_set(merchant, pem)) {
        return false;
    }
    merchant->encrypts = encrypts;
    return true;
}

const struct unionpay_merchant *unionpay_merchant_find(const struct unionpay *unionpay,
                                                       const char *mer_id)
{
    const struct unionpay_merchant *merchant = unionpay->merchants;
    while (merchant != NULL && strcmp(merchant->mer_id, mer_id) != 0)
        merchant = merchant->next;
    return merchant;
}

static void unionpay_serve(void *model, const struct sandbox_request *request, int64_t now_unix_ms,
                           struct sandbox_response *ret)
{
    struct unionpay *unionpay = model;
    unionpay_advance(unionpay, now_unix_ms);
    if (unionpay_is_gateway(request->path)) {
        unionpay_gateway(unionpay, request, ret);
    } else if (strcmp(request->path, UNIONPAY_CASHIER) == 0) {
        unionpay_cashier(unionpay, request, ret);
    } else {
        ret->status = 404;
        ret->content_type = "text/plain; charset=utf-8";
        ret->body = text_copy("only /gateway/api/*.do, / and links from there stand here\n");
        ret->body_size = strlen(ret->body);
    }
}

static bool unionpay_owns(const char *path)
{
    return unionpay_is_gateway(path) || strncmp(path, "/unionpay/", 10) == 0 ||
           strncmp(path, "/gateway/api/", 13) == 0;
}

struct sandbox_platform unionpay_platform(struct unionpay *unionpay)
{
    return (struct sandbox_platform){
        .model = unionpay,
        .owns = unionpay_owns,
        .serve = unionpay_serve,
        .control = unionpay_control,
        .next_delivery = unionpay_next_delivery,
        .delivered = unionpay_delivered,
        .next_due_unix_ms = unionpay_next_due,
    };
}

/* ---- tools ---------------------------------------------------------------------------------- */

const char *unionpay_wish(const cJSON *json, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

void unionpay_digits(struct unionpay *unionpay, char *ret, size_t n_digits)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    TEXT_CLEANUP input = { 0 };
    text_printf(&input, "%s %" PRId64 " %" PRIu64, unionpay->seed, unionpay->now_unix_ms,
                unionpay->n_numbers++);
    if (EVP_Digest(input.bytes, input.size, hash, NULL, EVP_sha256(), NULL) != 1)
        abort();
    for (size_t i = 0; i < n_digits; i++)
        ret[i] = (char)('0' + hash[i % 32] % 10);
    ret[n_digits] = '\0';
}

EVP_PKEY *unionpay_foreign_key(struct unionpay *unionpay)
{
    if (unionpay->config.foreign_private != NULL)
        return unionpay->config.foreign_private;
    if (unionpay->own_foreign_private == NULL)
        unionpay->own_foreign_private = key_generate();
    return unionpay->own_foreign_private;
}

void unionpay_rotate_leaf(struct unionpay *unionpay)
{
    unionpay_leaf_make(unionpay->config.chain, UNIONPAY_SIGNER_NAME, false, NULL, &unionpay->leaf);
}

void unionpay_renew_encryption(struct unionpay *unionpay, struct unionpay_leaf *leaf)
{
    unionpay_leaf_free(&unionpay->encryption[1]);
    unionpay->encryption[1] = unionpay->encryption[0];
    unionpay->encryption[0] = *leaf;
    unionpay->renewed_unix_ms = unionpay->now_unix_ms;
    *leaf = (struct unionpay_leaf){ 0 };
}

void unionpay_rotate_encryption(struct unionpay *unionpay)
{
    struct unionpay_leaf leaf = { 0 };
    unionpay_leaf_make_encryption(unionpay->config.chain, &leaf);
    unionpay_renew_encryption(unionpay, &leaf);
}

/* "Old and new key are both accepted for about a month." */
const struct unionpay_leaf *unionpay_encryption_find(const struct unionpay *unionpay,
                                                     const char *serial)
{
    bool is_over =
        unionpay->now_unix_ms - unionpay->renewed_unix_ms >= unionpay->settings.key_grace_ms;
    for (size_t i = 0; i < (is_over ? 1 : 2); i++) {
        const struct unionpay_leaf *leaf = &unionpay->encryption[i];
        if (leaf->serial != NULL && strcmp(leaf->serial, serial) == 0)
            return leaf;
    }
    return NULL;
}

const char *unionpay_time_format(int64_t unix_ms, char ret[UNIONPAY_TIME_SIZE])
{
    char text[BEIJING_SIZE];
    size_t n = 0;
    for (const char *at = beijing_format(unix_ms, text); *at != '\0'; at++) {
        if (*at >= '0' && *at <= '9' && n < UNIONPAY_TIME_SIZE - 1)
            ret[n++] = *at;
    }
    ret[n] = '\0';
    return ret;
}

bool unionpay_time_parse(const char *raw, int64_t *ret_unix_ms)
{
    char text[BEIJING_SIZE];
    if (strlen(raw) != 14 || strspn(raw, "0123456789") != 14)
        return false;
    snprintf(text, sizeof(text), "%.4s-%.2s-%.2s %.2s:%.2s:%.2s", raw, raw + 4, raw + 6, raw + 8,
             raw + 10, raw + 12);
    return beijing_parse(text, ret_unix_ms);
}

/* ---- the end -------------------------------------------------------------------------------- */

static void unionpay_orders_free(struct unionpay_order *order)
{
    while (order != NULL) {
        struct unionpay_order *next = order->next;
        form_free(&order->request);
        form_free(&order->customer);
        free(order->key);
        free(order->acc_no);
        free(order->message);
        free(order);
        order = next;
    }
}

static void unionpay_merchants_free(struct unionpay_merchant *merchant)
{
    while (merchant != NULL) {
        struct unionpay_merchant *next = merchant->next;
        free(merchant->mer_id);
        free(merchant->pem);
        free(merchant->cert_id);
        EVP_PKEY_free(merchant->public_key);
        free(merchant);
        merchant = next;
    }
}

static void unionpay_log_free(struct unionpay *unionpay)
{
    for (size_t i = 0; i < unionpay->n_log; i++) {
        free(unionpay->log[i].mer_id);
        free(unionpay->log[i].order_id);
        free(unionpay->log[i].txn_time);
        free(unionpay->log[i].code);
        free(unionpay->log[i].text);
    }
    free(unionpay->log);
}

void unionpay_free(struct unionpay *unionpay)
{
    if (unionpay == NULL)
        return;
    for (size_t i = 0; i < unionpay->numbers.n_slots; i++)
        free(unionpay->numbers.slots[i].value);
    index_free(&unionpay->numbers);
    index_free(&unionpay->orders_by_key);
    index_free(&unionpay->orders_by_query_id);
    index_free(&unionpay->orders_by_token);
    due_free(&unionpay->dues);
    due_free(&unionpay->notify_dues);
    unionpay_notifications_free(unionpay);
    unionpay_orders_free(unionpay->orders);
    unionpay_merchants_free(unionpay->merchants);
    unionpay_faults_clear(unionpay);
    unionpay_log_free(unionpay);
    unionpay_leaf_free(&unionpay->leaf);
    unionpay_leaf_free(&unionpay->encryption[0]);
    unionpay_leaf_free(&unionpay->encryption[1]);
    unionpay_leaf_free(&unionpay->wrong_name);
    unionpay_leaf_free(&unionpay->expired);
    unionpay_leaf_free(&unionpay->self_made);
    EVP_PKEY_free(unionpay->own_foreign_private);
    free(unionpay->seed);
    free(unionpay);
}
