# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# The control side.

test_control() {
    control GET /health
    check "health" has '"now":"'
    page C1 3 ""
    control GET /trades/C1
    check "a page without a trade" has '"state":"NOT_OPENED"'
    control POST /trades/C1/decline
    control POST /trades/C1/pay '{"channel":"pcreditpayInstallment","instalments":6}'
    check "declined once, then paid in other terms" has '"instalments":6,"declines":1'
    query C1
    check "the query tells the terms used" has '"user_install_num":"6"'
    control POST /settings '{"hb_fq_pay_info":false,"charge_info":true}'
    query C1
    check "a merchant without hb_fq_pay_info" lacks hb_fq_pay_info
    check "a merchant with charge_info_list" has '"charge_type":"hbfq"'
    control POST /settings '{"hb_fq_pay_info":true,"nonsense":1}'
    check "an unknown setting is refused" has '"error":"nonsense"'
    control POST /settings '{"hb_fq_pay_info":true,"charge_info":false,"max_amount":"999.99"}'
    page C2 3 ""
    check "above the merchant's limit" refused_page ACQ.TOTAL_FEE_EXCEED
    control POST /settings '{"max_amount":"100000000.00"}'
    page C3 3 ""
    control POST /trades/C3/open
    control POST /trades/C3/close
    control POST /trades/C3/pay '{"even_if_closed":true}'
    check "a late success" has '"state":"TRADE_SUCCESS"'
    control POST /trades/C3/dance
    check "an unknown act" has '"error"'
    control GET /trades
    check "all trades" has '"out_trade_no":"C1"'
    fetch "$gateway/health"
    check "the gateway has no control side" lacks '"now"'
    "$sandbox" --cert "$dir/tls.crt" --key "$dir/tls.key" --app-id 1 --seller-id 2 \
        --app-public "$dir/app.pub" --alipay-private "$dir/alipay.pem" \
        --control 0.0.0.0:0 >/dev/null 2>&1
    check "the control side listens on loopback alone" equals "$?" 1
}
