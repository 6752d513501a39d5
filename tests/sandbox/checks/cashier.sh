# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# The way from a signed link over the cashier back to the shop.

test_page_and_cashier() {
    page P1 3 ""
    check "page.pay redirects to the cashier" accepted_page
    way=$location
    query P1
    check "no trade before the buyer logs in" answers ACQ.TRADE_NOT_EXIST
    call alipay.trade.close '{"out_trade_no":"P1"}'
    check "nothing to close before that either" answers ACQ.TRADE_NOT_EXIST
    fetch "$gateway$way"
    check "the cashier begins with a login" has 'name="action" value="login"'
    query P1
    check "looking at the page creates nothing" answers ACQ.TRADE_NOT_EXIST
    step action=login
    query P1
    check "login creates the trade" has '"trade_status":"WAIT_BUYER_PAY"'
    check "unpaid: no send_pay_date" lacks send_pay_date
    step 'action=pay&channel=0'
    query P1
    check "no payment without identity" has WAIT_BUYER_PAY
    step 'action=verify&password=000000'
    fetch "$gateway$way"
    check "a wrong password is told" has 支付密码不正确
    step 'action=verify&password=111111'
    fetch "$gateway$way"
    check "the plan: first instalment" has '首期 ¥341.02，其余每期 ¥340.99，手续费共 ¥23.00'
    check "the plan: the first one takes the remainders" schedule_row '第 1 期' 333.34 7.68 341.02
    check "the plan: each other" schedule_row '第 3 期' 333.33 7.66 340.99
    check "the plan: in all" schedule_row 合计 1000.00 23.00 1023.00
    check "other terms are not offered" lacks '6 期'
    check "other channels are" has 账户余额
    step action=decline
    fetch "$gateway$way"
    check "insufficient credit is told" has 额度不足
    step 'action=pay&channel=1'
    check "another term is not taken" has NOT_SUPPORT_PAYMENT_INST
    seen=$(bodies)
    step 'action=pay&channel=0'
    back=$(went_to)
    check "after payment back to the shop" equals "${back%%&*}" 'https://shop.example/back?x=1'
    printf '%s' "${back#*&}" >"$dir/body.0"
    check "the return is signed" notification_verified 0
    check "the return names its method" has method=alipay.trade.page.pay.return
    check "the return tells no status" lacks trade_status
    rm "$dir/body.0"
    check "a notification comes" next_came
    check "it verifies by the V1 rule" notification_verified $((seen + 1))
    check "it says TRADE_SUCCESS" has trade_status=TRADE_SUCCESS
    check "its JSON fields are raw" has 'fund_bill_list=[{"amount":"1000.00","fundChannel":"PCREDIT"}]'
    check "its terms have the upper-case key" has 'hb_fq_pay_info={"USER_INSTALL_NUM":"3"}'
    check "plus and space survive in the subject" has 'subject=相机 A+B'
    query P1
    check "query: paid, signed" succeeds
    check "query: instalments" has '"hb_fq_pay_info":{"user_install_num":"3"'
    node_of_out
    tr ',{' '\n\n' <"$dir/node" | sed -n 's/^"\([a-z_]*\)":.*/\1/p' |
        grep -v -e code -e msg -e user_install_num -e '^fq_' >"$dir/keys"
    check "keys of an answer are sorted" sort -c "$dir/keys"
    page P1 3 ""
    check "a paid order is not paid again" refused_page ACQ.TRADE_HAS_SUCCESS
    fetch "$gateway$way"
    check "who comes back sees that it is paid" has 'id="paid"'
    check "and how" has '花呗分期 3 期'
}
schedule_row() { # NAME PRINCIPAL FEE SUM
    has "<th scope=\"row\">$1</th><td>$2</td><td>$3</td><td>$4</td>"
}

test_buyers_ways() {
    page B1 3 ',"enable_pay_channels":"pcreditpayInstallment"'
    way=$location
    step action=login
    step 'action=verify&method=face_failed'
    fetch "$gateway$way"
    check "a face that fails is told" has 刷脸未通过
    for wrong in 1 2 3 4; do step "action=verify&password=$wrong"; done
    step 'action=verify&password=111111'
    fetch "$gateway$way"
    check "three wrong passwords lock it" has 支付密码已锁定
    step 'action=verify&method=face'
    fetch "$gateway$way"
    check "a face does as well" has 'name="action" value="pay"'
    check "instalments alone: no other channel" lacks 账户余额
    step action=leave
    fetch "$gateway$way"
    check "who leaves finds the order again" has 'name="action" value="resume"'
    query B1
    check "which still waits" has WAIT_BUYER_PAY
    step action=resume
    fetch "$gateway$way"
    check "and verifies himself again" has 'name="action" value="verify"'
    step 'action=verify&password=111111'
    fetch "$gateway$way"
    check "the password is locked still" has 支付密码已锁定
    step 'action=verify&method=face'
    control POST /settings '{"credit_limit":"999.99"}'
    fetch "$gateway$way"
    check "credit that does not suffice is told" has '花呗可用额度 ¥999.99，额度不足'
    check "then there is no way to pay" lacks '>确认付款</button>'
    step 'action=pay&channel=0'
    query B1
    check "nor does it work" has WAIT_BUYER_PAY
    page B2 3 ''
    way=$location
    step action=login
    step 'action=verify&method=face'
    step 'action=pay&channel=4'
    control POST /settings '{"credit_limit":"50000.00"}'
    query B2
    check "another channel pays, where the shop allows it" has TRADE_SUCCESS
    check "and leaves no terms behind" lacks hb_fq_pay_info
    page B4 none ',"extend_params":{"hb_fq_num":"6","hb_fq_seller_percent":"100"}'
    way=$location
    step action=login
    step 'action=verify&method=face'
    fetch "$gateway$way"
    check "the seller's fee is not the buyer's" has '手续费共 ¥0.00（由商家承担）'
    check "his plan is the principal" schedule_row '第 1 期' 166.70 0.00 166.70
    control POST /trades/B4/expire
    fetch "$gateway$way"
    check "a closed order is told" has ACQ.TRADE_HAS_CLOSE
    page B5 3 ''
    way=$location
    control POST /trades/B5/expire
    fetch "$gateway$way"
    check "an order whose time is over is told" has ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR
    paid B6
    refund B6 1000
    control GET /trades/B6
    fetch "$gateway$(sed 's/.*"cashier_path":"\([^"]*\)".*/\1/' "$dir/out")"
    check "a full refund is told" has 订单已全额退款
    fetch "$gateway/cashier?token=1"
    check "an unknown order is told" has ACQ.TRADE_NOT_EXIST
    fetch "$gateway$way"
    check "no script" lacks '<script'
    check "the language is named" has '<html lang="zh-CN">'
}
