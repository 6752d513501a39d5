/* SPDX-License-Identifier: Apache-2.0 */
/* One payment of 1000.00 yuan: quote, show, create, print the link, wait, verify. */
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

/* What the plan costs; a shop shows all of it: the rows of plan->cost, those of the channel. */
static void show(const Fenqi__V1__Plan *plan, Fenqi__V1__Disclosure *ret)
{
    time_t shown_at = time(NULL);
    printf("%d instalments, %lld fen in all, %lld.%02lld %% a year. Enter confirms\n",
           plan->instalments, (long long)plan->buyer_total_minor,
           (long long)plan->nominal_annual_bp / 100, (long long)plan->nominal_annual_bp % 100);
    (void)fflush(stdout);
    (void)getchar();
    ret->shown_at_unix_ms = shown_at * 1000L;
    ret->seconds = time(NULL) - shown_at;
    ret->confirmed = 1;
}

int main(int argc, char **argv) /* pay ORDER_ID (8 characters or more) RETURN_URL */
{
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
    struct fenqi_reply *offers = ask(client, &request);
    if (offers->reply->quote_plans->n_channels == 0 ||
        offers->reply->quote_plans->channels[0]->n_plans == 0)
        return 1;
    const Fenqi__V1__Plan *plan = offers->reply->quote_plans->channels[0]->plans[0];

    Fenqi__V1__Disclosure shown = FENQI__V1__DISCLOSURE__INIT;
    show(plan, &shown);
    Fenqi__V1__CreatePayment create = FENQI__V1__CREATE_PAYMENT__INIT;
    create.idempotency_key = create.merchant_order_id = argv[1], create.return_url = argv[2];
    create.quote = plan->quote, create.amount = &amount;
    create.subject = "A thing", create.terminal = quote.terminal, create.disclosure = &shown;
    request.operation_case = OPERATION(CREATE_PAYMENT), request.create_payment = &create;
    struct fenqi_reply *made = ask(client, &request);
    if (made->reply->payment->next_action != NULL)
        printf("open %s\n", made->reply->payment->next_action->hosted_url);
    (void)fflush(stdout);

    Fenqi__V1__GetPayment get = FENQI__V1__GET_PAYMENT__INIT; /* waits while the payment is open */
    get.key_case = FENQI__V1__GET_PAYMENT__KEY_PAYMENT_ID, get.wait_ms = 20000;
    get.payment_id = made->reply->payment->payment_id;
    request.operation_case = OPERATION(GET_PAYMENT), request.get_payment = &get;
    struct fenqi_reply *receipt = ask(client, &request);
    while (receipt->reply->payment->state == FENQI__V1__PAYMENT_STATE__PAYMENT_STATE_OPEN) {
        fenqi_reply_free(receipt);
        receipt = ask(client, &request);
    }

    struct fenqi_key keys[FENQI_KEYS_MAX]; /* later on, from what was kept: no daemon is asked */
    struct fenqi_reply *proven = NULL;
    size_t n_keys = 0;
    fenqi_keys_load(getenv("FENQI_KEYS"), keys, FENQI_KEYS_MAX, &n_keys);
    int error = fenqi_verify(receipt->bytes, receipt->n_bytes, keys, n_keys, &proven);
    if (error == FENQI_OK)
        printf("state %d, proven by key %s\n", proven->reply->payment->state, proven->key_id);
    fenqi_reply_free(proven);
    fenqi_reply_free(receipt);
    fenqi_reply_free(made);
    fenqi_reply_free(offers);
    fenqi_client_free(client);
    return error;
}
