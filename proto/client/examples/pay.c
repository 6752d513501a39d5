/* SPDX-License-Identifier: Apache-2.0 */
/* One payment of 1000.00 yuan: quote, create, print the link, wait, verify. */
#include <fenqi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define OPERATION(word) FENQI__V1__REQUEST__OPERATION_##word

static struct fenqi_reply *ask(struct fenqi_client *client, const Fenqi__V1__Request *request)
{
    struct fenqi_reply *answer = NULL;
    int error = fenqi_call(client, request, 30000, &answer);
    if (error == FENQI_OK && answer->reply->outcome_case != FENQI__V1__REPLY__OUTCOME_ERROR)
        return answer;
    fprintf(stderr, "%s\n", error ? fenqi_error_name(error) : answer->reply->error->reason);
    exit(1);
}

int main(int argc, char **argv) /* pay ORDER_ID (8 characters or more) RETURN_URL */
{
    struct fenqi_key keys[FENQI_KEYS_MAX];
    size_t n_keys = 0;
    struct fenqi_client *client =
        fenqi_client_new(getenv("FENQI_ENDPOINT"), getenv("FENQI_SERVER_KEY"),
                         getenv("FENQI_PUBLIC_KEY"), getenv("FENQI_SECRET_KEY"), NULL);
    if (argc != 3 || client == NULL || fenqi_client_pin_file(client, getenv("FENQI_KEYS")) != 0)
        return 2;
    Fenqi__V1__Money amount = FENQI__V1__MONEY__INIT;
    amount.minor = 100000, amount.currency = "CNY";
    Fenqi__V1__QuotePlans quote = FENQI__V1__QUOTE_PLANS__INIT;
    quote.amount = &amount, quote.terminal = FENQI__V1__TERMINAL__TERMINAL_DESKTOP;
    Fenqi__V1__Request request = FENQI__V1__REQUEST__INIT;
    request.operation_case = OPERATION(QUOTE_PLANS), request.quote_plans = &quote;
    const Fenqi__V1__QuotePlansResult *offers = ask(client, &request)->reply->quote_plans;
    if (offers->n_channels == 0 || offers->channels[0]->n_plans == 0)
        return 1;
    Fenqi__V1__Disclosure shown = FENQI__V1__DISCLOSURE__INIT; /* here the buyer reads the costs */
    shown.shown_at_unix_ms = time(NULL) * 1000L, shown.seconds = 10, shown.confirmed = 1;
    Fenqi__V1__CreatePayment create = FENQI__V1__CREATE_PAYMENT__INIT;
    create.idempotency_key = create.merchant_order_id = argv[1], create.return_url = argv[2];
    create.quote = offers->channels[0]->plans[0]->quote, create.amount = &amount;
    create.subject = "A thing", create.terminal = quote.terminal, create.disclosure = &shown;
    request.operation_case = OPERATION(CREATE_PAYMENT), request.create_payment = &create;
    struct fenqi_reply *answer = ask(client, &request);
    if (answer->reply->payment->next_action != NULL)
        printf("open %s\n", answer->reply->payment->next_action->hosted_url);
    Fenqi__V1__GetPayment get = FENQI__V1__GET_PAYMENT__INIT; /* waits while the payment is open */
    get.key_case = FENQI__V1__GET_PAYMENT__KEY_PAYMENT_ID, get.wait_ms = 20000;
    get.payment_id = answer->reply->payment->payment_id;
    request.operation_case = OPERATION(GET_PAYMENT), request.get_payment = &get;
    do
        answer = ask(client, &request);
    while (answer->reply->payment->state == FENQI__V1__PAYMENT_STATE__PAYMENT_STATE_OPEN);
    fenqi_keys_load(getenv("FENQI_KEYS"), keys, FENQI_KEYS_MAX, &n_keys);
    int proof = fenqi_verify(answer->bytes, answer->n_bytes, keys, n_keys, &answer); /* later on */
    return printf("state %d, %s\n", answer->reply->payment->state, fenqi_error_name(proof)) < 0;
}
