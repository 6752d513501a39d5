# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# The app on the phone: a signed string goes in, a result comes out that proves nothing.

order_string() { # OUT_TRADE_NO: k=v&..., each value percent-encoded, sign last
    product=QUICK_MSECURITY_PAY
    parameters alipay.trade.app.pay "$(order "$1")" "notify_url=$sink" >"$dir/parameters"
    product=FAST_INSTANT_TRADE_PAY
    sign=$(signed "$dir/parameters")
    { cat "$dir/parameters"; echo "sign=$sign"; } |
        perl -pe 'chomp; my ($k, $v) = split /=/, $_, 2; $v =~ s/([^A-Za-z0-9_.~-])/sprintf "%%%02X", ord $1/ge; $_ = ($. > 1 ? "&" : "") . "$k=$v"'
}
app() { # STRING [ACT [MORE]]
    control POST /app '{"order_string":"'"$1"'"'"${2:+,\"act\":\"$2\"}${3:-}"'}'
}
result_of_out() { # the text that the app gets, in place of the answer
    perl -MJSON::PP -0ne 'binmode STDOUT, ":utf8"; print decode_json($_)->{result}' "$dir/out" \
        >"$dir/result"
    mv "$dir/result" "$dir/out"
}

test_app() {
    string=$(order_string A1)
    call alipay.trade.app.pay '{}'
    check "app.pay does not go over the gateway" answers isv.invalid-method
    query A1
    check "app: no trade before the phone opens it" answers ACQ.TRADE_NOT_EXIST
    app "$string" cancel
    check "app: given up" has '"resultStatus":"6001"'
    query A1
    check "app: the trade waits" has WAIT_BUYER_PAY
    app "$string" open
    way=$(sed 's/.*"cashier_path":"\([^"]*\)".*/\1/' "$dir/out")
    check "app: it has a cashier too" equals "${way%%=*}" /cashier?token
    app "$string" return
    check "app: back without having paid" has '"resultStatus":"6001"'
    step 'action=verify&method=face'
    step 'action=pay&channel=0'
    app "$string" return
    check "app: back after having paid" has '"resultStatus":"9000"'
    result_of_out
    check "app: the result names its node" has '{"alipay_trade_app_pay_response":{"code":"10000"'
    check "app: sign_type stands last" has '","sign_type":"RSA2"}'
    check "app: the result verifies" verified
    app "$string"
    check "app: paid once" has ACQ.TRADE_HAS_SUCCESS
    app "$(order_string A2)"
    check "app: paid" has '"memo":"","result":"{'
    query A2
    check "app: in the terms of the order" has '"user_install_num":"3"'
    app "$(order_string A3)" lost
    check "app: lost on the way" has '"result":"","resultStatus":"6002"'
    query A3
    check "app: and yet paid" has TRADE_SUCCESS
    app "$(order_string A4 | sed 's/A4/A5/')"
    check "app: changed after signing" has '"sub_code":"isv.invalid-signature"'
    check "app: a failure has no result" has '"result":"","resultStatus":"4000"'
    control POST /faults '{"method":"alipay.trade.app.pay","kind":"wrong_key"}'
    app "$(order_string A6)"
    result_of_out
    check "app: a result of another key" unverified
    control POST /faults '{"method":"alipay.trade.app.pay","kind":"drop_before"}'
    app "$(order_string A7)"
    check "app: no network" has '"resultStatus":"6002"'
    query A7
    check "app: then no trade" answers ACQ.TRADE_NOT_EXIST
    app "$(order_string A7)" dance
    check "app: an unknown act" has '"resultStatus":"4000"'
}
