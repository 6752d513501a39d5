/* SPDX-License-Identifier: Apache-2.0 */
/* What a request leaves behind in the memory that it gives back. In place of base/mem stands an
 * allocator that looks. */
#include "tests/unit/io/front_rig.h"

#define CANARY "13800138000"
#define HEAD   16

static size_t n_canaries;

void *fq_zalloc(size_t size)
{
    char *memory = calloc(1, HEAD + size);
    if (memory == NULL)
        abort();
    memcpy(memory, &size, sizeof(size));
    return memory + HEAD;
}

void *fq_zalloc_array(size_t n, size_t size)
{
    return fq_zalloc(n * size);
}

void fq_free(void *memory)
{
    size_t size = 0;
    if (memory == NULL)
        return;
    memcpy(&size, (char *)memory - HEAD, sizeof(size));
    if (memmem(memory, size, CANARY, strlen(CANARY)) != NULL)
        (void)__atomic_add_fetch(&n_canaries, 1, __ATOMIC_SEQ_CST);
    free((char *)memory - HEAD);
}

void fq_wipe(void *memory, size_t size)
{
    explicit_bzero(memory, size);
}

/* How many pieces of memory with the canary in them came back while the request was answered. */
static size_t n_left_by(struct shop *shop, struct fq_str request)
{
    void *client = client_open(shop, ZMQ_DEALER, SHOP);
    n_canaries = 0;
    client_send(client, request);
    reply_free(client_reply(shop, client, request));
    shop_until(shop, fq_front_n_in_flight(shop->front) == 0);
    return n_canaries;
}

static struct fq_str create_request(struct shop *shop, char *request_id)
{
    Fenqi__V1__Request request;
    Fenqi__V1__CreatePayment create;
    Fenqi__V1__Payer payer;
    char phone[] = CANARY;
    fenqi__v1__request__init(&request);
    fenqi__v1__create_payment__init(&create);
    fenqi__v1__payer__init(&payer);
    payer.phone = phone;
    create.payer = &payer;
    request.request_id = request_id;
    request.operation_case = FENQI__V1__REQUEST__OPERATION_CREATE_PAYMENT;
    request.create_payment = &create;
    size_t size = fenqi__v1__request__get_packed_size(&request);
    char *bytes = fq_arena_alloc(shop->arena, size);
    assert_non_null(bytes);
    (void)fenqi__v1__request__pack(&request, (uint8_t *)bytes);
    return (struct fq_str){ bytes, size };
}

static void a_payer_is_wiped(void **state)
{
    struct shop *shop = *state;
    char id[] = "r-1";
    shop_open(shop);
    assert_int_equal(n_left_by(shop, create_request(shop, id)), 0);
    assert_int_equal(shop->n_operations, 1);
}

static void what_was_refused_is_wiped(void **state)
{
    struct shop *shop = *state;
    char none[] = "";
    shop_open(shop);
    assert_int_equal(n_left_by(shop, create_request(shop, none)), 0);
    assert_int_equal(shop->n_operations, 0);
}

/* Otherwise the two above could not fail. */
static void what_names_nobody_stays(void **state)
{
    struct shop *shop = *state;
    shop_open(shop);
    assert_true(n_left_by(shop, info_request(shop, CANARY)) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        front_test(a_payer_is_wiped),
        front_test(what_was_refused_is_wiped),
        front_test(what_names_nobody_stays),
    };
    return cmocka_run_group_tests_name("io/front wipe", tests, NULL, NULL);
}
