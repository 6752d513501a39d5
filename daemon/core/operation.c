/* SPDX-License-Identifier: Apache-2.0 */
/* The names of what a storefront may ask. */
#include "daemon/base/mem.h"
#include "daemon/core/request.h"

const char *fq_operation_name(uint32_t kind)
{
    static const char *const names[] = {
        [FQ_OP_UNSET] = "unreadable",
        [FQ_OP_QUOTE_PLANS] = "quote_plans",
        [FQ_OP_CREATE_PAYMENT] = "create_payment",
        [FQ_OP_GET_PAYMENT] = "get_payment",
        [FQ_OP_CLOSE_PAYMENT] = "close_payment",
        [FQ_OP_CREATE_REFUND] = "create_refund",
        [FQ_OP_GET_REFUND] = "get_refund",
        [FQ_OP_LIST_EVENTS] = "list_events",
        [FQ_OP_GET_KEYS] = "get_keys",
        [FQ_OP_GET_INFO] = "get_info",
        [FQ_OP_LIST_CHANNELS] = "list_channels",
        [FQ_OP_SUBSCRIBE] = "subscribe",
        [FQ_OP_ACK_EVENTS] = "ack_events",
    };
    _Static_assert(fq_array_size(names) == FQ_OP_N, "a name for each operation");
    return names[kind < fq_array_size(names) ? kind : FQ_OP_UNSET];
}
