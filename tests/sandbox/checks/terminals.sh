# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# The mobile page, the code in the shop, and what a face-to-face order can besides: cancel.

test_wap() {
    product=QUICK_WAP_WAY
    wap() { # OUT_TRADE_NO MORE
        request alipay.trade.wap.pay "$(order "$1" 3 "$2")" "notify_url=$sink" \
            return_url=https://shop.example/back
        fetch -G -K "$dir/args" -D "$dir/head" "$gateway/gateway.do"
        status=$(sed -n '1s/^[^ ]* \([0-9]*\).*/\1/p' "$dir/head")
        location=$(went_to)
    }
    wap W1 ',"quit_url":"https://shop.example/quit"'
    check "wap.pay redirects to the cashier" accepted_page
    way=$location
    query W1
    check "wap.pay: no trade before the login" answers ACQ.TRADE_NOT_EXIST
    step action=login
    step action=leave
    check "who leaves goes to quit_url" equals "$(went_to)" https://shop.example/quit
    step action=resume
    step 'action=verify&method=face'
    step 'action=pay&channel=0'
    back=$(went_to)
    printf '%s' "${back#*\?}" >"$dir/body.0"
    check "wap.pay: the return is signed" notification_verified 0
    check "wap.pay: the return names its method" has method=alipay.trade.wap.pay.return
    rm "$dir/body.0"
    wap W2 ',"timeout_express":"4m"'
    check "wap.pay: at least five minutes" refused_page ACQ.INVALID_PARAMETER
    product=FAST_INSTANT_TRADE_PAY
    wap W3 ''
    check "wap.pay: its own product_code" refused_page ACQ.INVALID_PARAMETER
}

precreate() { # OUT_TRADE_NO MORE: the code is in $code
    call alipay.trade.precreate '{"out_trade_no":"'"$1"'","total_amount":"88.80","subject":"S"'"$2"'}' \
        "notify_url=$sink"
    code=$(sed -n 's/.*"qr_code":"\([^"]*\)".*/\1/p' "$dir/out" | tr -d '\\')
}
cancel() { call alipay.trade.cancel '{"out_trade_no":"'"$1"'"}'; }
scan() { control POST /scan '{"qr_code":"'"$code"'"}'; }

test_codes() {
    precreate Q1 ',"extend_params":{"hb_fq_num":"3","hb_fq_seller_percent":"0"}'
    check "precreate" succeeds
    check "its node holds two fields" has '"msg":"Success","out_trade_no":"Q1","qr_code":"https:\/\/127.0.0.1:'
    query Q1
    check "no trade before the scan: query" answers ACQ.TRADE_NOT_EXIST
    call alipay.trade.close '{"out_trade_no":"Q1"}'
    check "no trade before the scan: close" answers ACQ.TRADE_NOT_EXIST
    cancel Q1
    check "no trade before the scan: cancel does nothing" succeeds
    check "and says so" lacks '"action"'
    control POST /settings '{"cancel_unknown":"refused"}'
    cancel Q1
    check "or refuses: a switch" answers ACQ.TRADE_NOT_EXIST
    control POST /settings '{"cancel_unknown":"success"}'
    fetch -D "$dir/head" "$code"
    way=$(went_to)
    check "the code leads to the cashier" equals "${way%%=*}" /cashier?token
    query Q1
    check "looking at it creates nothing" answers ACQ.TRADE_NOT_EXIST
    scan
    check "the scan creates the trade" has '"state":"WAIT_BUYER_PAY"'
    seen=$(bodies)
    step action=login
    step 'action=verify&method=face'
    step 'action=pay&channel=0'
    check "a notification comes after payment" next_came
    check "it verifies" notification_verified $((seen + 1))
    check "it tells the terms" has 'hb_fq_pay_info={"USER_INSTALL_NUM":"3"}'
    precreate Q1 ',"extend_params":{"hb_fq_num":"3","hb_fq_seller_percent":"0"}'
    check "a paid order gets no code" answers ACQ.TRADE_HAS_SUCCESS
    refund Q1 8.80 a
    cancel Q1
    check "cancel of a paid order" succeeds
    check "gives everything back" has '"action":"refund"'
    cancel Q1
    check "again: nothing more" has '"action":"refund"'
    control GET /trades/Q1
    check "what was left of it" has '"refunded_amount":"88.80"'
    precreate Q2 ''
    scan
    cancel Q2
    check "cancel of an unpaid order closes" has '"action":"close"'
    query Q2
    check "it is closed" has TRADE_CLOSED
    paid Q3
    cancel Q3
    check "no cancel of a page order" answers ACQ.CANCEL_NOT_ALLOWED
    precreate Q4 ''
    scan
    control POST /trades/Q4/pay
    control POST /clock '{"advance_ms":72000}'
    cancel Q4
    check "no cancel after a day" answers ACQ.TRADE_CANCEL_TIME_OUT
    precreate Q5 ',"qr_code_timeout_express":"5m"'
    control POST /clock '{"advance_ms":300000}'
    scan
    check "a code has its own life" has ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR
    fetch -D "$dir/head" "$code"
    fetch "$gateway$(went_to)"
    check "the buyer is told" has 订单已过期
    precreate Q6 ',"discountable_amount":"8.80","undiscountable_amount":"80.01"'
    check "parts that do not make up the total" answers ACQ.INVALID_PARAMETER
    precreate Q6 ',"product_code":"QUICK_WAP_WAY"'
    check "another product's code" answers ACQ.INVALID_PARAMETER
    precreate Q6 ',"seller_id":"2088000000000000"'
    check "another seller" answers ACQ.SELLER_NOT_EXIST
}
