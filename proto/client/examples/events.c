/* SPDX-License-Identifier: Apache-2.0 */
/* Follows the merchant's events: prints each as a line, then acknowledges it. Any number of these
 * may run with one GROUP: one works, the others stand by. It ends with SIGTERM. */
#include <fenqi.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static volatile sig_atomic_t must_stop;

static void stop(int signal_number)
{
    (void)signal_number;
    must_stop = 1;
}

static void show(void *context, const Fenqi__V1__Event *event, const struct fenqi_reply *proof)
{
    struct fenqi_subscription **subscription = context;
    const ProtobufCEnumValue *kind =
        protobuf_c_enum_descriptor_get_value(&fenqi__v1__event_kind__descriptor, (int)event->kind);
    printf("%" PRId64 " %s %s version %" PRId64 ", signed by %s\n", event->cursor,
           kind ? kind->name : "?", event->payment_id, event->payment_version, proof->key_id);
    if (fflush(stdout) == 0) /* here: your own records are durable */
        fenqi_ack(*subscription, event->cursor);
}

static void end(void *context, int error, struct fenqi_reply *reply)
{
    (void)context;
    if (error != FENQI_E_CLOSED)
        fprintf(stderr, "%s\n", error ? fenqi_error_name(error) : reply->reply->error->text);
    fenqi_reply_free(reply);
    must_stop = 1;
}

int main(int argc, char **argv) /* events GROUP [CURSOR] */
{
    struct fenqi_subscription *subscription = NULL;
    struct fenqi_client *client =
        fenqi_client_new(getenv("FENQI_ENDPOINT"), getenv("FENQI_SERVER_KEY"),
                         getenv("FENQI_PUBLIC_KEY"), getenv("FENQI_SECRET_KEY"), NULL);
    if (argc < 2 || client == NULL || fenqi_client_pin_file(client, getenv("FENQI_KEYS")) != 0)
        return 2;
    if (getenv("FENQI_ENDPOINT_2")) /* the daemon that stands in, on the same ledger */
        fenqi_client_add(client, getenv("FENQI_ENDPOINT_2"), NULL);
    Fenqi__V1__Subscribe wish = FENQI__V1__SUBSCRIBE__INIT;
    wish.group = argv[1], wish.credit = 200;
    if (argc > 2) /* else after what the group has acknowledged */
        wish.start_case = FENQI__V1__SUBSCRIBE__START_CURSOR, wish.cursor = atoll(argv[2]);
    signal(SIGTERM, stop), signal(SIGINT, stop);
    int error = fenqi_subscribe(client, &wish, show, end, &subscription, &subscription);
    while (error == FENQI_OK && !must_stop)
        error = fenqi_client_run(client, 1000);
    if (error != FENQI_OK)
        fprintf(stderr, "%s\n", fenqi_error_name(error));
    fenqi_client_free(client);
    return error != FENQI_OK;
}
