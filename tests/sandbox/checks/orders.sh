# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Which orders are taken, how they close, and refunds.

test_orders() {
    for bad in '4' '24' '03'; do
        page "O$bad" "$bad" ""
        check "hb_fq_num $bad" refused_page ACQ.INVALID_PARAMETER
    done
    for more in ',"goods_type":"0"' ',"specified_channel":"pcredit"' \
        ',"disable_pay_channels":"balance,pcreditpayInstallment"' \
        ',"disable_pay_channels":"credit_group"' ',"enable_pay_channels":"balance"' \
        ',"enable_pay_channels":"pcreditpayInstallment","disable_pay_channels":"balance"' \
        ',"time_expire":"2026-13-01 00:00:00"' ',"timeout_express":"1.5h"'; do
        page O1 3 "$more"
        check "instalments with $more" refused_page ACQ.INVALID_PARAMETER
    done
    for extend in '{"hb_fq_num":"3"}' '{"hb_fq_seller_percent":"0"}' \
        '{"hb_fq_num":3,"hb_fq_seller_percent":"0"}' '{"hb_fq_num":"3","hb_fq_seller_percent":"50"}'; do
        page O1 none ",\"extend_params\":$extend"
        check "extend_params $extend" refused_page ACQ.INVALID_PARAMETER
    done
    page O1 3 ",\"time_expire\":\"$(beijing '1 minute ago')\""
    check "time_expire is past" refused_page ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR
    page O1 3 ",\"time_expire\":\"$(beijing '16 days')\""
    check "time_expire beyond 15 days" refused_page ACQ.INVALID_PARAMETER
    page O1-2 3 ""
    check "out_trade_no of other characters" refused_page ACQ.INVALID_PARAMETER
    page O2 3 ',"enable_pay_channels":"pcreditpayInstallment"'
    check "instalments alone are allowed" accepted_page
    control POST /trades/O2/pay '{"channel":"balance"}'
    check "then another channel is not taken" has NOT_SUPPORT_PAYMENT_INST
    control POST /trades/O2/open
    page O2 6 ""
    check "other terms under the same number" refused_page ACQ.CONTEXT_INCONSISTENT
    page O2 3 ',"body":"x"'
    check "the same order once more" accepted_page
    control POST /trades/O2/close
    page O2 3 ""
    check "a closed order" refused_page ACQ.TRADE_HAS_CLOSE
    page O3 3 "" sign_type=RSA
    check "the page refuses as HTML" refused_page isv.invalid-signature-type
    page O4 3 ""
    page O4 6 ""
    control POST /trades/O4/open
    check "of two pages the first opened fixes the terms" has '"hb_fq_num":"6"'
    page O5 3 ",\"time_expire\":\"$(beijing '2 hours')\""
    control POST /trades/O5/open
    control POST /clock '{"advance_ms":7200000}'
    query O5
    check "time closes an unpaid trade" has '"trade_status":"TRADE_CLOSED"'
    check "never paid: no send_pay_date" lacks send_pay_date
    control POST /trades/O5/pay
    check "and nobody pays it then" has ACQ.TRADE_HAS_CLOSE
    page O6 3 ""
    control POST /trades/O6/expire
    control POST /trades/O6/open
    check "an expired link opens nothing" has ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR
    page O7 3 ""
    control POST /trades/O7/open
    call alipay.trade.close '{"out_trade_no":"O7"}'
    check "close" succeeds
    call alipay.trade.close '{"out_trade_no":"O7"}'
    check "close twice" answers ACQ.REASON_TRADE_STATUS_INVALID
    paid O8
    call alipay.trade.close '{"out_trade_no":"O8"}'
    check "close after payment" answers ACQ.TRADE_STATUS_ERROR
}

test_refunds() {
    paid R1
    refund R1 100.00
    check "partial without out_request_no" answers ACQ.REFUND_AMT_NOT_EQUAL_TOTAL
    refund_query R1 a
    check "refund.query before the refund: no status" lacks refund_status
    seen=$(bodies)
    refund R1 100.00 a
    check "refund" succeeds
    check "the money moved in this call" has '"fund_change":"Y"'
    check "a refund is notified" next_came
    check "its notification verifies" notification_verified $((seen + 1))
    check "it names the refund" has out_biz_no=a
    check "a part leaves the trade paid" has trade_status=TRADE_SUCCESS
    refund R1 100 a
    check "again: once" has '"fund_change":"N"'
    check "refund_fee is cumulative" has '"refund_fee":"100.00"'
    refund R1 100.01 a
    check "again with another amount" answers ACQ.DISCORDANT_REPEAT_REQUEST
    refund R1 900.01 b
    check "more than was paid" answers ACQ.REFUND_AMT_NOT_EQUAL_TOTAL
    refund R1 900.00 b
    check "the rest" has '"refund_fee":"1000.00"'
    query R1
    check "a full refund closes the trade" has '"trade_status":"TRADE_CLOSED"'
    check "and still says when it was paid" has send_pay_date
    refund R1 900 b
    check "its repetition stays a success" succeeds
    refund R1 1 c
    check "nothing is left" answers ACQ.TRADE_HAS_CLOSE
    refund_query R1 b
    check "refund.query" has '"refund_amount":"900.00","refund_status":"REFUND_SUCCESS"'
    paid R2
    refund R2 1000
    check "a full refund needs no number" succeeds
    refund_query R2 R2
    check "its number is the order's" has '"refund_status":"REFUND_SUCCESS"'
    paid R3
    control POST /settings '{"refund_pending_ms":60000}'
    refund R3 10 a
    check "a pending refund moves nothing yet" has '"fund_change":"N"'
    refund_query R3 a
    check "pending: no refund_status" lacks refund_status
    control POST /clock '{"advance_ms":60000}'
    refund_query R3 a
    check "later it is there" has REFUND_SUCCESS
    control POST /settings '{"refund_pending_ms":0}'
    control POST /refunds/console '{"out_trade_no":"R3","amount":"990.00"}'
    query R3
    check "a refund in the console counts" has TRADE_CLOSED
    page R4 3 ""
    control POST /trades/R4/open
    refund R4 1 a
    check "no refund before payment" answers ACQ.TRADE_STATUS_ERROR
}
