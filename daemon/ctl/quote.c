/* SPDX-License-Identifier: Apache-2.0 */
/* fenqictl quote, channels and pay: which plans there are, and a payment of one of them. */
#include <inttypes.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/core/money.h"
#include "daemon/crypto/crypto.h"
#include "daemon/ctl/ctl.h"

#define INSTALMENTS_MAX 60
#define KEY_CHARS       36 /* of a UUID */

/* ---- quote ---- */

/* --amount, --currency. */
int ctl_money_read(struct ctl *ctl, Fenqi__V1__Money *ret)
{
    static char cny[] = "CNY";
    const char *text = ctl->values[CTL_AMOUNT];
    fenqi__v1__money__init(ret);
    ret->currency = cny;
    if (ctl_has(ctl, CTL_CURRENCY))
        ret->currency = fq_unconst(ctl->values[CTL_CURRENCY]);
    if (text == NULL)
        return ctl_complain(CTL_USAGE, "how much? --amount 6999.00");
    int r = ctl_amount_read(fq_str_of(text), &ret->minor);
    if (r == CTL_AMOUNT_E_RANGE)
        return ctl_complain(CTL_USAGE, "--amount %s: must be 0.01 to 99999999.99", text);
    if (r != 0)
        return ctl_complain(CTL_USAGE,
                            "--amount %s: must be digits, with at most two behind a point", text);
    return CTL_OK;
}

static int quote_terminal(struct ctl *ctl, Fenqi__V1__Terminal *ret)
{
    const char *text = ctl->values[CTL_TERMINAL];
    int value = FENQI__V1__TERMINAL__TERMINAL_DESKTOP;
    if (text != NULL && !ctl_word_read(ctl, &fenqi__v1__terminal__descriptor, text, &value))
        return ctl_complain(CTL_USAGE, "--terminal %s: desktop, mobile-web, app or qr", text);
    *ret = (Fenqi__V1__Terminal)value;
    return CTL_OK;
}

static int quote_ask(struct ctl *ctl, Fenqi__V1__Money *amount, Fenqi__V1__Terminal terminal,
                     struct fenqi_reply **ret)
{
    Fenqi__V1__QuotePlans quote;
    fenqi__v1__quote_plans__init(&quote);
    quote.amount = amount;
    quote.terminal = terminal;
    char *channel = fq_unconst(ctl->values[CTL_CHANNEL]);
    quote.channels = &channel;
    quote.n_channels = ctl_has(ctl, CTL_CHANNEL) ? 1 : 0;
    if (ctl_has(ctl, CTL_ISSUER))
        quote.issuer = fq_unconst(ctl->values[CTL_ISSUER]);
    if (ctl_has(ctl, CTL_CARD_PREFIX))
        quote.card_prefix = fq_unconst(ctl->values[CTL_CARD_PREFIX]);
    if (ctl_has(ctl, CTL_BUYER))
        quote.buyer_reference = fq_unconst(ctl->values[CTL_BUYER]);
    Fenqi__V1__Request request;
    fenqi__v1__request__init(&request);
    request.operation_case = FENQI__V1__REQUEST__OPERATION_QUOTE_PLANS;
    request.quote_plans = &quote;
    return ctl_ask(ctl, &request, 0, ret);
}

/* Which plans are meant: --instalments, --bearer. */
int ctl_choice_read(struct ctl *ctl, struct ctl_choice *ret)
{
    int64_t instalments = 0;
    const char *bearer = ctl->values[CTL_BEARER];
    int status = ctl_number_read(ctl, CTL_INSTALMENTS, 1, INSTALMENTS_MAX, 0, &instalments);
    *ret = (struct ctl_choice){ .instalments = (int32_t)instalments };
    if (status == CTL_OK && bearer != NULL &&
        !ctl_word_read(ctl, &fenqi__v1__bearer__descriptor, bearer, &ret->bearer))
        return ctl_complain(CTL_USAGE, "--bearer %s: buyer, merchant or shared", bearer);
    return status;
}

bool ctl_choice_fits(const struct ctl_choice *choice, const Fenqi__V1__Plan *plan)
{
    return (choice->instalments == 0 || plan->instalments == choice->instalments) &&
           (choice->bearer == 0 || (int)plan->bearer == choice->bearer);
}

int ctl_quote(struct ctl *ctl)
{
    Fenqi__V1__Money amount;
    Fenqi__V1__Terminal terminal = 0;
    struct ctl_choice choice;
    struct fenqi_reply *reply = NULL;
    int status = ctl_money_read(ctl, &amount);
    if (status == CTL_OK)
        status = ctl_choice_read(ctl, &choice);
    if (status == CTL_OK)
        status = quote_terminal(ctl, &terminal);
    if (status == CTL_OK)
        status = quote_ask(ctl, &amount, terminal, &reply);
    if (status == CTL_OK)
        status = ctl_answer(ctl, reply);
    fenqi_reply_free(reply);
    return status;
}

int ctl_channels(struct ctl *ctl)
{
    struct fenqi_reply *reply = NULL;
    Fenqi__V1__ListChannels list;
    Fenqi__V1__Request request;
    fenqi__v1__list_channels__init(&list);
    fenqi__v1__request__init(&request);
    request.operation_case = FENQI__V1__REQUEST__OPERATION_LIST_CHANNELS;
    request.list_channels = &list;
    int status = ctl_has(ctl, CTL_TERMINAL) ? quote_terminal(ctl, &list.terminal) : CTL_OK;
    if (status == CTL_OK)
        status = ctl_ask(ctl, &request, 0, &reply);
    if (status == CTL_OK)
        status = ctl_answer(ctl, reply);
    fenqi_reply_free(reply);
    return status;
}

/* ---- pay: which plan ---- */

static void pay_say_why(const Fenqi__V1__QuotePlansResult *result)
{
    for (size_t i = 0; i < result->n_channels; i++) {
        const Fenqi__V1__ChannelPlans *channel = result->channels[i];
        if (!channel->eligible)
            (void)fprintf(stderr, "%s: not on offer: %s\n", channel->channel, channel->reason);
    }
}

static int pay_choose(const Fenqi__V1__QuotePlansResult *result, const struct ctl_choice *choice,
                      const Fenqi__V1__Plan **ret)
{
    size_t n_plans = 0;
    for (size_t i = 0; i < result->n_channels; i++) {
        const Fenqi__V1__ChannelPlans *channel = result->channels[i];
        for (size_t k = 0; k < channel->n_plans; k++) {
            const Fenqi__V1__Plan *plan = channel->plans[k];
            if (!ctl_choice_fits(choice, plan))
                continue;
            *ret = plan;
            n_plans++;
        }
    }
    if (n_plans == 0) {
        pay_say_why(result);
        return ctl_complain(CTL_REFUSED,
                            "no plan of %" PRId32 " instalments; `fenqictl quote` shows which",
                            choice->instalments);
    }
    if (n_plans > 1)
        return ctl_complain(CTL_USAGE,
                            "%zu plans of %" PRId32 " instalments: say --channel or --bearer",
                            n_plans, choice->instalments);
    return CTL_OK;
}

/* ---- pay ---- */

/* A UUIDv7: time-ordered, as the daemon likes its keys. */
struct fq_str ctl_key_make(struct ctl *ctl)
{
    unsigned char bytes[16];
    char hex[2 * sizeof(bytes) + 1];
    uint64_t now_ms = (uint64_t)fq_clock_unix_ms();
    fq_random(bytes, sizeof(bytes));
    for (size_t i = 0; i < 6; i++)
        bytes[i] = (unsigned char)(now_ms >> (40 - 8 * i));
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x70);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    fq_hex(bytes, sizeof(bytes), hex);
    return fq_arena_printf(ctl->arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
                           hex + 16, hex + 20);
}

static char *pay_text(const struct ctl *ctl, enum ctl_option option)
{
    return fq_unconst(ctl->values[option]);
}

static int pay_create(struct ctl *ctl, Fenqi__V1__Money *amount, Fenqi__V1__Terminal terminal,
                      const Fenqi__V1__Plan *plan, Fenqi__V1__Payer *payer)
{
    struct fenqi_reply *reply = NULL;
    Fenqi__V1__CreatePayment create;
    Fenqi__V1__Buyer buyer;
    fenqi__v1__create_payment__init(&create);
    fenqi__v1__buyer__init(&buyer);
    create.payer = payer;
    if (ctl_has(ctl, CTL_BUYER)) {
        buyer.reference = pay_text(ctl, CTL_BUYER);
        create.buyer = &buyer;
    }
    if (!ctl_has(ctl, CTL_KEY))
        ctl->values[CTL_KEY] = ctl_key_make(ctl).ptr;
    create.idempotency_key = pay_text(ctl, CTL_KEY);
    create.merchant_order_id = pay_text(ctl, CTL_ORDER);
    create.quote = plan->quote;
    create.amount = amount;
    create.subject = pay_text(ctl, CTL_SUBJECT);
    create.terminal = terminal;
    create.return_url = pay_text(ctl, CTL_RETURN_URL);
    Fenqi__V1__Request request;
    fenqi__v1__request__init(&request);
    request.operation_case = FENQI__V1__REQUEST__OPERATION_CREATE_PAYMENT;
    request.create_payment = &create;
    int status = ctl_ask(ctl, &request, 0, &reply);
    if (status == CTL_OK)
        status = ctl_answer(ctl, reply);
    else if (status == CTL_NO_ANSWER || status == CTL_UNPROVEN)
        (void)fprintf(stderr, "`fenqictl get --key %s` tells whether it arrived\n",
                      ctl->values[CTL_KEY]);
    fenqi_reply_free(reply);
    return status;
}

int ctl_pay(struct ctl *ctl)
{
    Fenqi__V1__Money amount;
    Fenqi__V1__Terminal terminal = 0;
    struct ctl_choice choice;
    const Fenqi__V1__Plan *plan = NULL;
    struct fenqi_reply *quotes = NULL;
    Fenqi__V1__Payer payer;
    bool has_payer = false;
    if (!ctl_has(ctl, CTL_INSTALMENTS))
        return ctl_complain(CTL_USAGE, "which plan? --instalments N; `fenqictl quote` shows them");
    if (!ctl_has(ctl, CTL_ORDER) || !ctl_has(ctl, CTL_SUBJECT) || !ctl_has(ctl, CTL_RETURN_URL))
        return ctl_complain(CTL_USAGE, "--order, --subject and --return-url are needed");
    int status = ctl_money_read(ctl, &amount);
    if (status == CTL_OK)
        status = ctl_payer_read(ctl, &payer, &has_payer);
    if (status == CTL_OK)
        status = quote_terminal(ctl, &terminal);
    if (status == CTL_OK)
        status = ctl_choice_read(ctl, &choice);
    if (status == CTL_OK)
        status = quote_ask(ctl, &amount, terminal, &quotes);
    if (status == CTL_OK)
        status = pay_choose(quotes->reply->quote_plans, &choice, &plan);
    if (status == CTL_OK && plan != NULL)
        status = pay_create(ctl, &amount, terminal, plan, has_payer ? &payer : NULL);
    fenqi_reply_free(quotes);
    return status;
}
