#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks fenqi-sandbox from outside, with curl and openssl alone: requests are signed, answers and
# notifications verified by the openssl program, over the bytes as they came.
# First the model alone, without sockets: unit/test_model.c.
# usage: FENQI_BUILD=build/release sh tests/sandbox/test_sandbox.sh
set -u
LC_ALL=C
export LC_ALL
here=$(dirname "$0")
sandbox=${FENQI_BUILD:-build/release}/fenqi-sandbox
dir=$(mktemp -d)
app_id=2021000122671080
seller_id=2088721003899159
failed=0
passed=0

cleanup() {
    for pid in ${sandbox_pid:-} ${sink_pid:-}; do
        kill "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# ---- the bench ------------------------------------------------------------------------------------

check() { # NAME COMMAND...: the command's success is the verdict
    name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok - $name"
    else
        failed=$((failed + 1))
        echo "not ok - $name"
        head -c 1500 "$dir/out" 2>/dev/null | sed 's/^/#   /'
        echo
    fi
}
has() { grep -qF -- "$1" "$dir/out"; }
lacks() { ! grep -qF -- "$1" "$dir/out"; }
equals() { [ "$1" = "$2" ] || { echo "# got '$1', not '$2'" && false; }; }
closed() { equals "$1" 52 || equals "$1" 56; } # curl: no answer, however TLS ended
until_true() { # COMMAND...: within 10 s
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] || return 1
        sleep 0.05
    done
}

make_keys() {
    for name in app alipay; do
        openssl genrsa -out "$dir/$name.pem" 2048 2>/dev/null
        openssl pkey -in "$dir/$name.pem" -pubout -out "$dir/$name.pub"
    done
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=fenqi-test -keyout "$dir/tls.key" \
        -addext subjectAltName=IP:127.0.0.1 -out "$dir/tls.crt" 2>/dev/null
}

start() { # the sink first, then the sandbox with --time-scale 1200: 4 minutes take 0.2 s
    perl "$here/sink.pl" "$dir" &
    sink_pid=$!
    "$sandbox" --cert "$dir/tls.crt" --key "$dir/tls.key" --app-id $app_id --seller-id $seller_id \
        --app-public "$dir/app.pub" --alipay-private "$dir/alipay.pem" --time-scale 1200 \
        --ports-file "$dir/ports" >"$dir/stdout" &
    sandbox_pid=$!
    until_true test -f "$dir/ports" -a -f "$dir/sink.port" || { echo "does not start"; exit 1; }
    gateway=https://127.0.0.1:$(sed -n 's/^gateway=//p' "$dir/ports")
    control=http://127.0.0.1:$(sed -n 's/^control=//p' "$dir/ports")
    sink=http://127.0.0.1:$(cat "$dir/sink.port")/notify/alipay
}

fetch() { curl -s --cacert "$dir/tls.crt" -o "$dir/out" "$@"; }
control() { # METHOD PATH [BODY]
    curl -s -X "$1" ${3:+-d "$3"} -o "$dir/out" "$control$2"
}
beijing() { TZ=UTC-8 date -d "${1:-now}" '+%F %T'; }

parameters() { # METHOD BIZ [NAME=VALUE...]: one per line, later ones replace earlier ones
    method=$1 biz=$2
    shift 2
    for pair in "app_id=$app_id" "method=$method" charset=utf-8 sign_type=RSA2 version=1.0 \
        "timestamp=$(beijing)" "biz_content=$biz" "$@"; do
        printf '%s\n' "$pair"
    done | awk -F= '{ last[$1] = $0 } END { for (name in last) print last[name] }' |
        grep -v '=$' | sort
}
signed() { # FILE of parameters -> the signature
    paste -sd'&' "$1" | tr -d '\n' | openssl dgst -sha256 -sign "$dir/app.pem" | base64 -w0
}
request() { # METHOD BIZ [NAME=VALUE...]: leaves curl's arguments in $dir/args
    parameters "$@" >"$dir/parameters"
    sign=$(signed "$dir/parameters")
    {
        sed 's/["\\]/\\&/g; s/.*/data-urlencode = "&"/' "$dir/parameters"
        printf 'data-urlencode = "sign=%s"\n' "$sign"
    } >"$dir/args"
}
call() { # as request(): the answer is in $dir/out
    request "$@"
    fetch -K "$dir/args" "$gateway/gateway.do?"
}
node_of_out() { # the bytes between the node's braces, both included
    sed -E 's/^\{"[a-z_]+":(\{.*\}),"sign":"[^"]*"\}$/\1/' "$dir/out" | tr -d '\n' >"$dir/node"
    sed -E 's/.*,"sign":"([^"]*)"\}$/\1/' "$dir/out" | base64 -d >"$dir/signature" 2>/dev/null
}
verified() {
    node_of_out
    openssl dgst -sha256 -verify "$dir/alipay.pub" -signature "$dir/signature" "$dir/node" \
        >/dev/null 2>&1
}
unverified() { ! verified; }
answers() { # SUB_CODE: a signed refusal
    has "\"sub_code\":\"$1\"" && verified
}
succeeds() { has '"code":"10000","msg":"Success"' && verified; }

order() { # OUT_TRADE_NO [TERMS [MORE JSON]]
    terms=${2:-3}
    extend=
    [ "$terms" = none ] || extend=',"extend_params":{"hb_fq_num":"'$terms'","hb_fq_seller_percent":"0"}'
    printf '%s' '{"out_trade_no":"'"$1"'","total_amount":"1000.00","subject":"相机 A+B",' \
        '"product_code":"FAST_INSTANT_TRADE_PAY"'"$extend${3:-}}"
}
page() { # as order(), plus NAME=VALUE...; leaves the status in $status, the way on in $location
    number=$1 terms=$2 more=$3
    shift 3
    request alipay.trade.page.pay "$(order "$number" "$terms" "$more")" "notify_url=$sink" \
        "return_url=https://shop.example/back?x=1" "$@"
    fetch -G -K "$dir/args" -D "$dir/head" "$gateway/gateway.do"
    status=$(sed -n '1s/^[^ ]* \([0-9]*\).*/\1/p' "$dir/head")
    location=$(sed -n 's/^[Ll]ocation: \(.*\)\r$/\1/p' "$dir/head")
}
refused_page() { equals "$status" 200 && has ">$1<"; }
accepted_page() { equals "$status" 302 && equals "${location%%=*}" /cashier?token; }
paid() { # OUT_TRADE_NO [TERMS]: ready for what comes after
    page "$1" "${2:-3}" "" && control POST "/trades/$1/pay"
}
query() { call alipay.trade.query '{"out_trade_no":"'"$1"'"}'; }
refund() { # OUT_TRADE_NO AMOUNT [OUT_REQUEST_NO]
    call alipay.trade.refund '{"out_trade_no":"'"$1"'","refund_amount":"'"$2"'"'"${3:+,\"out_request_no\":\"$3\"}"'}'
}
refund_query() {
    call alipay.trade.fastpay.refund.query '{"out_trade_no":"'"$1"'","out_request_no":"'"$2"'"}'
}

# ---- notifications -----------------------------------------------------------------------------------

bodies() { # how many came so far
    ls "$dir" | grep -c '^body\.[0-9]*$'
}
came() { [ "$(bodies)" -ge "$1" ]; }
decoded() { # body N -> name=value lines, decoded once
    tr '&' '\n' <"$dir/body.$1" | perl -pe 's/\+/ /g; s/%([0-9A-F]{2})/chr hex $1/ge' >"$dir/out"
    echo >>"$dir/out"
}
field() { sed -n "s/^$1=//p" "$dir/out"; }
notification_verified() { # N [DIGEST]: the V1 rule
    decoded "$1"
    field sign | base64 -d >"$dir/signature" 2>/dev/null
    grep -v -e '^sign=' -e '^sign_type=' -e '=$' -e '^$' "$dir/out" | sort | paste -sd'&' |
        tr -d '\n' >"$dir/signed"
    openssl dgst "-${2:-sha256}" -verify "$dir/alipay.pub" -signature "$dir/signature" \
        "$dir/signed" >/dev/null 2>&1
}
notification_refused() { ! notification_verified "$1"; }
next_came() { # after $seen
    until_true came $((seen + 1)) && decoded $((seen + 1))
}
answer_with() { # TEXT: what the shop says from now on
    printf '%b' "$1" >"$dir/answer.new"
    mv "$dir/answer.new" "$dir/answer"
}

# ---- what is checked -----------------------------------------------------------------------------------

test_model() { # built here: the sandbox links with none of the archives that unit tests use
    sources=$(ls "$here"/*.c | grep -v -e /main.c -e /server.c -e /sender.c)
    # shellcheck disable=SC2086 # a list of files
    ${CC:-gcc} -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -I. \
        -D_GNU_SOURCE "$here/unit/test_model.c" $sources -lcrypto -lcjson -lz -lcmocka \
        -o "$dir/test_model" && "$dir/test_model" >"$dir/out" 2>&1
}

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
    step() { fetch -o "$dir/out" -D "$dir/head" -d "token=${way#*=}&$1" "$gateway/cashier"; }
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
    check "other terms are not offered" lacks '6 期'
    step action=decline
    fetch "$gateway$way"
    check "insufficient credit is told" has 额度不足
    step 'action=pay&channel=1'
    check "another term is not taken" has NOT_SUPPORT_PAYMENT_INST
    seen=$(bodies)
    step 'action=pay&channel=0'
    back=$(sed -n 's/^[Ll]ocation: \(.*\)\r$/\1/p' "$dir/head")
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
}

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

test_notifications() {
    answer_with 'success\n'
    seen=$(bodies)
    paid N1
    check "an answer that is not exactly success" next_came
    first_id=$(field notify_id)
    first_time=$(field notify_time)
    until_true came $((seen + 2))
    answer_with success
    until_true n1_done
    check "is asked again, until it is" n1_done
    decoded $((seen + 2))
    check "notify_id stays" equals "$(field notify_id)" "$first_id"
    check "notify_time has its form" equals "$(field notify_time | sed 's/[0-9]/9/g')" \
        "$(echo "$first_time" | sed 's/[0-9]/9/g')"
    for kind in tamper wrong_key double_encode; do
        seen=$(bodies)
        control POST /faults '{"method":"notify","kind":"'$kind'"}'
        paid "N$kind"
        next_came
        check "$kind does not verify" notification_refused $((seen + 1))
    done
    seen=$(bodies)
    control POST /faults '{"method":"notify","kind":"downgrade"}'
    paid N2
    next_came
    check "downgrade says RSA" equals "$(field sign_type)" RSA
    check "downgrade verifies as SHA-1" notification_verified $((seen + 1)) sha1
    seen=$(bodies)
    control POST /faults '{"method":"notify","kind":"lie_amount"}'
    paid N3
    next_came
    check "lie_amount verifies" notification_verified $((seen + 1))
    check "lie_amount lies" has total_amount=1000.01
    seen=$(bodies)
    control POST /faults '{"method":"notify","kind":"duplicate"}'
    paid N4
    check "duplicate comes twice" until_true came $((seen + 2))
    seen=$(bodies)
    control POST /faults '{"method":"notify","kind":"reorder"}'
    paid N5
    refund N5 1 a
    next_came
    check "reorder: the refund comes first" has out_biz_no=a
    until_true came $((seen + 2))
    decoded $((seen + 2))
    check "reorder: then the payment" lacks out_biz_no
    seen=$(bodies)
    control POST /faults '{"method":"notify","kind":"never"}'
    paid N6
    control POST /notify/resend/N6
    check "resend sends what never came" next_came
    check "one came, not two" equals "$(bodies)" $((seen + 1))
    seen=$(bodies)
    page N7 3 ""
    control POST /trades/N7/open
    control POST /notify/forge '{"out_trade_no":"N7","fields":{"trade_status":"TRADE_SUCCESS"}}'
    next_came
    check "a forgery comes" has trade_status=TRADE_SUCCESS
    check "and does not verify" notification_refused $((seen + 1))
}
n1_done() {
    control GET /trades/N1 && has '"done":true'
}

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

check "the model alone" test_model
make_keys
start
test_gateway_checks
test_page_and_cashier
test_orders
test_refunds
test_notifications
test_faults
test_control
kill -TERM "$sandbox_pid"
wait "$sandbox_pid"
check "SIGTERM ends it cleanly" equals "$?" 0
sandbox_pid=
echo "sandbox: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
