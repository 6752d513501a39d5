# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Bad luck on demand.

test_faults() {
    fault() { control POST /faults '{"method":"'"$1"'","kind":"'"$2"'"'"${3:-}"'}'; }
    paid F1
    fault alipay.trade.refund drop_before
    refund F1 1 a
    check "drop_before: no answer" closed "$?"
    refund_query F1 a
    check "drop_before: nothing happened" lacks refund_status
    fault alipay.trade.refund drop_after
    refund F1 1 a
    check "drop_after: no answer" closed "$?"
    refund_query F1 a
    check "drop_after: it happened" has REFUND_SUCCESS
    fault alipay.trade.query truncate
    query F1
    check "truncate: half an answer" equals "$?" 18
    for kind in bad_signature wrong_key unsigned lie_nothing; do
        fault alipay.trade.query $kind
        [ $kind = lie_nothing ] && break
        query F1
        check "$kind claims success" has TRADE_SUCCESS
        check "$kind does not verify" unverified
    done
    check "an unknown kind is refused" has 'unknown kind'
    fault '*' system_error
    query F1
    check "system_error" answers ACQ.SYSTEM_ERROR
    fault alipay.trade.refund system_error_after
    refund F1 2 b
    check "system_error_after" answers ACQ.SYSTEM_ERROR
    refund_query F1 b
    check "system_error_after: it happened" has REFUND_SUCCESS
    fault alipay.trade.query code_20000
    query F1
    check "code_20000" answers isp.unknow-error
    fault alipay.trade.query unsigned_error
    query F1
    check "unsigned_error" has '{"error_response":{"code":"20000"'
    check "unsigned_error has no signature" lacks '"sign"'
    fault alipay.trade.refund sub_code ',"value":"ACQ.SELLER_BALANCE_NOT_ENOUGH"'
    refund F1 3 c
    check "sub_code" answers ACQ.SELLER_BALANCE_NOT_ENOUGH
    fault alipay.trade.query http_500
    query F1
    check "http_500" has '500 Internal'
    fault page garbage
    page F2 3 ""
    check "garbage instead of a page" equals "$status" 200
    fault alipay.trade.query lie_paid
    query F2
    check "lie_paid: signed" succeeds
    check "lie_paid: a lie" has '"trade_status":"TRADE_SUCCESS"'
    fault alipay.trade.query lie_amount
    query F1
    check "lie_amount: signed" succeeds
    check "lie_amount: a lie" has '"total_amount":"1000.01"'
    fault alipay.trade.query delay ',"delay_ms":300'
    request alipay.trade.query '{"out_trade_no":"F1"}'
    fetch -m 0.2 -K "$dir/args" "$gateway/gateway.do"
    check "delay" equals "$?" 28
    fault alipay.trade.query system_error ',"count":-1'
    query F1
    query F1
    check "count -1 lasts" answers ACQ.SYSTEM_ERROR
    control DELETE /faults
    query F1
    check "until faults are cleared" succeeds
    control GET /log
    check "the log counts calls" equals "$(tr '{' '\n' <"$dir/out" | grep trade.refund\" |
        grep -c '"out_trade_no":"F1"')" 4
    check "and names their faults" has '"out_request_no":"b","code":"40004","sub_code":"ACQ.SYSTEM_ERROR","fault":"system_error_after"'
}
