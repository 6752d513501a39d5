/* SPDX-License-Identifier: Apache-2.0 */
/* The Alipay model as a whole: made, asked, freed. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "tests/sandbox/alipay_model.h"

struct alipay *alipay_new(const struct alipay_config *config)
{
    struct alipay *alipay = text_alloc(sizeof(*alipay));
    alipay->config = (struct alipay_config){
        .app_id = text_copy(config->app_id),
        .seller_id = text_copy(config->seller_id),
        .seed = text_copy(config->seed),
        .app_public = config->app_public,
        .alipay_private = config->alipay_private,
        .alipay_private_next = config->alipay_private_next,
        .foreign_private = config->foreign_private,
        .time_scale = config->time_scale > 0 ? config->time_scale : 1,
    };
    alipay_settings_init(&alipay->settings);
    alipay_certs_init(&alipay->certs, config);
    alipay->has_content_key = config->content_key != NULL;
    if (alipay->has_content_key && !cipher_read_key(config->content_key, alipay->content_key))
        abort();
    return alipay;
}

static void alipay_serve(void *model, const struct sandbox_request *request, int64_t now_unix_ms,
                         struct sandbox_response *ret)
{
    struct alipay *alipay = model;
    alipay_advance(alipay, now_unix_ms);
    if (strcmp(request->path, "/gateway.do") == 0) {
        alipay_gateway(alipay, request, ret);
    } else if (strcmp(request->path, "/cashier") == 0) {
        alipay_cashier(alipay, request, ret);
    } else if (strncmp(request->path, "/qr/", 4) == 0) {
        alipay_scanned(alipay, request, ret);
    } else if (strcmp(request->path, "/downloadBillFile.resource") == 0) {
        alipay_bill_serve(alipay, request, ret);
    } else {
        ret->status = 404;
        ret->content_type = "text/plain; charset=utf-8";
        ret->body = text_copy("only /gateway.do, /cashier and links from there stand here\n");
        ret->body_size = strlen(ret->body);
    }
}

struct sandbox_platform alipay_platform(struct alipay *alipay)
{
    return (struct sandbox_platform){
        .model = alipay,
        .serve = alipay_serve,
        .control = alipay_control,
        .next_delivery = alipay_next_delivery,
        .delivered = alipay_delivered,
        .next_due_unix_ms = alipay_next_due,
    };
}

void sandbox_response_free(struct sandbox_response *response)
{
    free(response->location);
    free(response->trace_id);
    free(response->body);
    *response = (struct sandbox_response){ 0 };
}

void alipay_digits(struct alipay *alipay, char *ret, size_t n_digits)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    STRING_CLEANUP input = NULL;
    struct text text = { 0 };
    text_printf(&text, "%s %" PRId64 " %" PRIu64, alipay->config.seed, alipay->now_unix_ms,
                alipay->n_numbers++);
    input = text_take(&text);
    if (EVP_Digest(input, strlen(input), hash, NULL, EVP_sha256(), NULL) != 1)
        abort();
    for (size_t i = 0; i < n_digits; i++)
        ret[i] = (char)('0' + hash[i % 32] % 10);
    ret[n_digits] = '\0';
}

int64_t alipay_scaled(const struct alipay *alipay, int64_t ms)
{
    return ms / (int64_t)alipay->config.time_scale;
}

EVP_PKEY *alipay_foreign_key(struct alipay *alipay)
{
    if (alipay->config.foreign_private != NULL)
        return alipay->config.foreign_private;
    if (alipay->own_foreign_private == NULL)
        alipay->own_foreign_private = key_generate();
    return alipay->own_foreign_private;
}

static void alipay_trades_free(struct alipay_trade *trade)
{
    while (trade != NULL) {
        struct alipay_trade *next = trade->next;
        while (trade->refunds != NULL) {
            struct alipay_refund *refund = trade->refunds;
            trade->refunds = refund->next;
            free(refund->out_request_no);
            free(refund->reason);
            free(refund);
        }
        free(trade);
        trade = next;
    }
}

static void alipay_pages_free(struct alipay_page *page)
{
    while (page != NULL) {
        struct alipay_page *next = page->next;
        form_free(&page->request);
        cJSON_Delete(page->biz);
        free(page);
        page = next;
    }
}

static void alipay_log_free(struct alipay *alipay)
{
    for (size_t i = 0; i < alipay->n_log; i++) {
        struct alipay_log *line = &alipay->log[i];
        free(line->method);
        free(line->out_trade_no);
        free(line->out_request_no);
        free(line->code);
        free(line->sub_code);
    }
    free(alipay->log);
}

static void alipay_indexes_free(struct alipay *alipay)
{
    for (size_t i = 0; i < alipay->numbers.n_slots; i++)
        free(alipay->numbers.slots[i].value);
    index_free(&alipay->numbers);
    index_free(&alipay->trades_by_no);
    index_free(&alipay->pages_by_token);
    due_free(&alipay->dues);
    due_free(&alipay->notify_dues);
}

static void alipay_config_free(struct alipay_config *config)
{
    free((void *)(uintptr_t)config->app_id);
    free((void *)(uintptr_t)config->seller_id);
    free((void *)(uintptr_t)config->seed);
}

void alipay_free(struct alipay *alipay)
{
    if (alipay == NULL)
        return;
    alipay_indexes_free(alipay);
    alipay_notifications_free(alipay);
    alipay_trades_free(alipay->trades);
    alipay_pages_free(alipay->pages);
    alipay_faults_clear(alipay);
    alipay_log_free(alipay);
    alipay_certs_free(&alipay->certs);
    alipay_bills_free(alipay);
    alipay_config_free(&alipay->config);
    EVP_PKEY_free(alipay->own_foreign_private);
    free(alipay);
}
