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

/* By what stands behind the first point of sub_code ("ACQ.", and once "AQC."). U: the method does
 * not list this code. */
#define R HUABEI_REPEAT
#define L HUABEI_LATER
#define A HUABEI_ABSENT
#define F HUABEI_FINAL
#define Q HUABEI_ASK
#define U HUABEI_UNPROVEN

/* clang-format off */
static const struct {
    const char *sub_code;
    enum huabei_class classes[HUABEI_N_METHODS];
} codes_of_business[] = {
    /*                               query close refund query_refund */
    { "SYSTEM_ERROR",                  { R,    R,    R,     R } },
    { "INVALID_PARAMETER",             { F,    F,    F,     F } },
    { "TRADE_NOT_EXIST",               { A,    A,    F,     A } },
    { "ENTERPRISE_PAY_BIZ_ERROR",      { F,    U,    F,     F } },
    { "TRADE_STATUS_ERROR",            { U,    Q,    F,     U } },
    { "REASON_TRADE_STATUS_INVALID",   { U,    Q,    F,     U } },
    { "REASON_ILLEGAL_STATUS",         { U,    Q,    U,     U } },
    { "SELLER_BALANCE_NOT_ENOUGH",     { U,    U,    L,     U } },
    { "REASON_TRADE_BEEN_FREEZEN",     { U,    U,    L,     U } },
    { "TRADE_SETTLE_ERROR",            { U,    U,    L,     U } },
};

/* clang-format on */

#undef R
#undef L
#undef A
#undef F
#undef Q
#undef U

/* Those that only a refund knows, each of them final. */
/* clang-format off */
static const char *const codes_refund_final[] = {
    "REFUND_AMT_NOT_EQUAL_TOTAL", "TRADE_HAS_FINISHED", "TRADE_HAS_CLOSE",
    "TRADE_NOT_ALLOW_REFUND", "NOT_ALLOW_PARTIAL_REFUND", "DISCORDANT_REPEAT_REQUEST",
    "REASON_TRADE_REFUND_FEE_ERR", "REFUND_FEE_ERROR", "BUYER_NOT_EXIST",
    "BUYER_ENABLE_STATUS_FORBID", "BUYER_ERROR", "ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND",
    "CURRENCY_NOT_SUPPORT", "ALLOC_AMOUNT_VALIDATE_ERROR", "USER_NOT_MATCH_ERR",
    "REFUND_CHARGE_ERROR", "OVERDRAFT_ASSIGN_ACCOUNT_INVALID", "OVERDRAFT_AGREEMENT_NOT_MATCH",
    "REFUND_ACCOUNT_NOT_EXIST", "CUSTOMER_VALIDATE_ERROR",
    "REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST", "REFUNDALLOC_UNAUTH_LIMIT",
};

/* clang-format on */

static enum huabei_class codes_listed(enum huabei_method method, struct fq_str sub_code)
{
    for (size_t i = 0; i < HUABEI_COUNT(codes_of_business); i++)
        if (fq_slice_equal_any_case(fq_slice_of(codes_of_business[i].sub_code), sub_code))
            return codes_of_business[i].classes[method];
    for (size_t i = 0; i < HUABEI_COUNT(codes_refund_final) && method == HUABEI_REFUND; i++)
        if (fq_slice_equal_any_case(fq_slice_of(codes_refund_final[i]), sub_code))
            return HUABEI_FINAL;
    return HUABEI_UNPROVEN;
}

/*= fact sheet 5.3: "Match on the suffix after the first `.` ...; unknown sub_code on a write = Q,
 * on a read = F." */
static enum huabei_class codes_classify_business(enum huabei_method method, struct fq_str sub_code)
{
    bool is_write = method == HUABEI_CLOSE || method == HUABEI_REFUND;
    struct fq_str prefix, suffix;
    if (!fq_slice_cut(sub_code, '.', &prefix, &suffix))
        suffix = sub_code;
    enum huabei_class class = codes_listed(method, suffix);
    if (class != HUABEI_UNPROVEN)
        return class;
    return is_write ? HUABEI_ASK : HUABEI_FINAL;
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
