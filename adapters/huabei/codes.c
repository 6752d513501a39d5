/* SPDX-License-Identifier: Apache-2.0 */
/* The platform's result codes, and what each means for each method. */
#include "adapters/huabei/huabei.h"

static const struct {
    const char *code;
    enum huabei_class class;
} codes_of_gateway[] = {
    { "10000", HUABEI_DONE },      { "20000", HUABEI_REPEAT }, /* no method here is unsafe to repeat
                                                                */
    { "20001", HUABEI_CONFIGURE }, { "40001", HUABEI_CONFIGURE }, { "40002", HUABEI_CONFIGURE },
    { "40003", HUABEI_CONFIGURE }, { "40005", HUABEI_LATER },     { "40006", HUABEI_CONFIGURE },
};

#define CODES_OF(method) (1u << HUABEI_##method)
#define CODES_OF_ALL     (~0u)

/* By what stands behind the first point of sub_code ("ACQ.", and once "AQC."); the first row that
 * lists it counts. */
/* clang-format off */
static const struct {
    uint32_t methods;
    enum huabei_class class;
    const char *sub_codes;
} codes_of_business[] = {
    { CODES_OF_ALL, HUABEI_REPEAT, "SYSTEM_ERROR" },
    { CODES_OF_ALL, HUABEI_FINAL, "INVALID_PARAMETER" },
    { CODES_OF(QUERY) | CODES_OF(CLOSE) | CODES_OF(QUERY_REFUND), HUABEI_ABSENT, "TRADE_NOT_EXIST" },
    { CODES_OF(REFUND), HUABEI_LATER,
      "SELLER_BALANCE_NOT_ENOUGH REASON_TRADE_BEEN_FREEZEN TRADE_SETTLE_ERROR" },
    { CODES_OF(REFUND), HUABEI_FINAL,
      "TRADE_NOT_EXIST TRADE_STATUS_ERROR REASON_TRADE_STATUS_INVALID ENTERPRISE_PAY_BIZ_ERROR "
      "REFUND_AMT_NOT_EQUAL_TOTAL TRADE_HAS_FINISHED TRADE_HAS_CLOSE TRADE_NOT_ALLOW_REFUND "
      "NOT_ALLOW_PARTIAL_REFUND DISCORDANT_REPEAT_REQUEST REASON_TRADE_REFUND_FEE_ERR "
      "REFUND_FEE_ERROR BUYER_NOT_EXIST BUYER_ENABLE_STATUS_FORBID BUYER_ERROR "
      "ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND CURRENCY_NOT_SUPPORT ALLOC_AMOUNT_VALIDATE_ERROR "
      "USER_NOT_MATCH_ERR REFUND_CHARGE_ERROR OVERDRAFT_ASSIGN_ACCOUNT_INVALID "
      "OVERDRAFT_AGREEMENT_NOT_MATCH REFUND_ACCOUNT_NOT_EXIST CUSTOMER_VALIDATE_ERROR "
      "REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST REFUNDALLOC_UNAUTH_LIMIT" },
    { CODES_OF(PRECREATE), HUABEI_CONFIGURE,
      "ACCESS_FORBIDDEN PARTNER_ERROR MERCHANT_STATUS_NOT_NORMAL UNBOUND_APPLICATION "
      "BIZ_PRODUCT_NOT_ALLOWED SELLER_BEEN_BLOCKED SELLER_NOT_EXIST "
      "ERROR_SELLER_CERTIFY_LEVEL_LIMIT INVALID_RECEIVE_ACCOUNT SECONDARY_MERCHANT_* "
      "SUB_MERCHANT_* TRADE_SETTLE_ERROR DEFAULT_SETTLE_RULE_NOT_EXIST "
      "ROYALTY_ACCOUNT_NOT_EXIST" },
    /* Not this order: what it asks for, or who would pay, or (class N) its very number. */
    { CODES_OF(PRECREATE), HUABEI_FINAL,
      "EXIST_FORBIDDEN_WORD TOTAL_FEE_EXCEED BEYOND_PER_RECEIPT_* PRODUCT_AMOUNT_LIMIT_ERROR "
      "MERCHANT_PERM_RECEIPT_* REQUEST_AMOUNT_EXCEED CONTEXT_INCONSISTENT TRADE_BUYER_NOT_MATCH "
      "BUYER_SELLER_EQUAL PAYER_UNMATCHED BUYER_NOT_EXIST BUYER_ENABLE_STATUS_FORBID "
      "USER_FACE_PAYMENT_SWITCH_OFF MOBILE_PAYMENT_SWITCH_OFF ERROR_BUYER_CERTIFY_LEVEL_LIMIT "
      "NOT_CERTIFIED_USER BUYER_NOT_MAINLAND_CERT BUYER_PAYMENT_AMOUNT_* BEYOND_PAY_RESTRICTION "
      "PAYMENT_REQUEST_HAS_RISK RISK_MERCHANT_IP_NOT_EXIST NOW_TIME_AFTER_EXPIRE_TIME_ERROR "
      "INVALID_STORE_ID STORE_INFO_INVALID SUB_GOODS_SIZE_MAX_COUNT ILLEGAL_ARGUMENT "
      "UN_SUPPORT_TRADE_SCENE NOT_SUPPORT_PAYMENT_INST" },
};

/* clang-format on */

/*= fact sheet 5.3: "Match on the suffix after the first `.` ...; unknown sub_code on a write = Q,
 * on a read = F." */
static enum huabei_class codes_classify_business(enum huabei_method method, struct fq_str sub_code)
{
    bool is_read = method == HUABEI_QUERY || method == HUABEI_QUERY_REFUND;
    struct fq_str prefix, suffix;
    if (!fq_slice_cut(sub_code, '.', &prefix, &suffix))
        suffix = sub_code;
    for (size_t i = 0; i < HUABEI_COUNT(codes_of_business); i++)
        if ((codes_of_business[i].methods & 1u << method) != 0 &&
            fq_slice_is_listed(suffix, codes_of_business[i].sub_codes))
            return codes_of_business[i].class;
    return is_read ? HUABEI_FINAL : HUABEI_ASK;
}

enum huabei_class huabei_classify(enum huabei_method method, struct fq_str code,
                                  struct fq_str sub_code)
{
    if (fq_slice_equal(code, fq_slice("40004")) /* Business Failed */)
        return codes_classify_business(method, sub_code);
    for (size_t i = 0; i < HUABEI_COUNT(codes_of_gateway); i++)
        if (fq_slice_equal(fq_slice_of(codes_of_gateway[i].code), code))
            return codes_of_gateway[i].class;
    return HUABEI_ASK;
}
