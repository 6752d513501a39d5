# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What the gateway looks at before the business.

test_gateway_checks() {
    q=alipay.trade.query
    b='{"out_trade_no":"UNKNOWN1"}'
    call $q "$b"
    check "unknown trade: signed ACQ.TRADE_NOT_EXIST" answers ACQ.TRADE_NOT_EXIST
    check "keys of a refusal stand in order" has \
        '{"alipay_trade_query_response":{"code":"40004","msg":"Business Failed","sub_code":"ACQ.TRADE_NOT_EXIST","sub_msg":"'
    call $q "$b" app_id=1 sign_type=MD5
    check "app_id is looked at first" answers isv.invalid-app-id
    call $q "$b" charset=latin1 timestamp=1
    check "charset before timestamp" answers isv.invalid-charset
    call $q "$b" version=2.0
    check "version" answers isv.invalid-version
    call $q "$b" format=XML
    check "format" answers isv.invalid-format
    call alipay.trade.nothing "$b"
    check "unknown method: error_response" has '{"error_response":{"code":"40002"'
    check "unknown method is signed" answers isv.invalid-method
    call $q "$b" "timestamp=$(beijing '11 minutes ago')" sign_type=RSA
    check "timestamp 11 minutes old, before sign_type" answers isv.invalid-timestamp
    call $q "$b" "timestamp=$(beijing '9 minutes ago')"
    check "timestamp 9 minutes old" answers ACQ.TRADE_NOT_EXIST
    call $q "$b" "timestamp=$(beijing | tr ' ' T)"
    check "timestamp in another form" answers isv.invalid-timestamp
    call $q "$b" sign_type=RSA
    check "SHA-1 is not accepted" answers isv.invalid-signature-type
    call $q "$b" "notify_url=https://shop.example/$(printf '%0260d' 0)"
    check "over-long value" answers isv.invalid-parameter
    call $q ""
    check "no biz_content" answers isv.missing-parameter
    call $q '{"out_trade_no":'
    check "biz_content is not JSON" answers isv.invalid-parameter
    request $q "$b"
    fetch -K "$dir/args" "$gateway/gateway.do?app_id=$app_id"
    check "a name in query and body" answers isv.invalid-parameter
    fetch -K "$dir/args" "$gateway/gateway.do?x=%zz"
    check "a broken escape" answers isv.invalid-parameter
    fetch -K "$dir/args" -H 'Content-Type: text/plain' "$gateway/gateway.do"
    check "a body that is no form" answers isv.invalid-parameter
    grep -v sign= "$dir/args" >"$dir/unsigned"
    fetch -K "$dir/unsigned" "$gateway/gateway.do"
    check "no signature" answers isv.missing-signature
    sed 's/UNKNOWN1/UNKNOWN2/' "$dir/args" >"$dir/changed"
    fetch -K "$dir/changed" "$gateway/gateway.do"
    check "changed after signing" answers isv.invalid-signature
    check "the built string is shown HTML-escaped" has \
        '&amp;biz_content={&quot;out_trade_no&quot;:&quot;UNKNOWN2&quot;}&amp;charset=utf-8&amp;method='
    call $q "$b" notify_url=https://shop.example/n app_cert_sn=ab
    check "certificate mode is not this application's" answers isv.app-cert-not-exist
    request $q "$b" notify_url=https://shop.example/n
    sed 's/UNKNOWN1/UNKNOWN2/' "$dir/args" >"$dir/changed"
    fetch -K "$dir/changed" "$gateway/gateway.do"
    check "slashes are escaped, Chinese is not" has 'notify_url=https:\/\/shop.example\/n'
    check "Chinese is raw UTF-8" has '验签出错'
    request $q "$b"
    grep -v biz_content "$dir/args" >"$dir/in_query"
    grep biz_content "$dir/args" >"$dir/in_body"
    fetch -G -K "$dir/in_query" -w '%{url_effective}' "$gateway/gateway.do" >"$dir/url"
    fetch -K "$dir/in_body" "$(cat "$dir/url")"
    check "query and body are one set of parameters" answers ACQ.TRADE_NOT_EXIST
}
