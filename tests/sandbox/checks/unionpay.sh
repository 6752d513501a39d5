# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# UnionPay, at a sandbox of its own: requests are signed and messages verified by the openssl program.

up_mer_id=777290058110048
start_unionpay() { # with its chain signed as production's is
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -set_serial 69903319369 \
        -subj "/CN=041@Z2026@$up_mer_id:SIGN@00000001" -keyout "$dir/merchant.pem" \
        -out "$dir/merchant.crt" 2>/dev/null
    run_unionpay up.ports &
    second_pid=$!
    find_ports up.ports
}
run_unionpay() { # PORTS
    exec "$sandbox" --cert "$dir/tls.crt" --key "$dir/tls.key" --ports-file "$dir/$1" \
        --unionpay "$dir/unionpay" --unionpay-merchants "$up_mer_id=$dir/merchant.crt" \
        --unionpay-digest sha1 --time-scale 1200 >"$dir/stdout"
}

up_control() { control "$1" "/unionpay$2" "${3:-}"; }
up_now() { TZ=UTC-8 date -d "${1:-now}" +%Y%m%d%H%M%S; }
up_string() { paste -sd'&' "$1" | tr -d '\n'; }
up_request() { # NAME=VALUE...: later ones replace earlier ones; curl's arguments in $dir/args
    printf '%s\n' version=5.1.0 encoding=UTF-8 signMethod=01 accessType=0 "merId=$up_mer_id" \
        certId=69903319369 "$@" | awk -F= '{ last[$1] = $0 } END { for (name in last) print last[name] }' |
        grep -v '^[^=]*=$' | sort >"$dir/parameters"
    up_string "$dir/parameters" | openssl dgst -sha256 -r | cut -c 1-64 | tr -d '\n' >"$dir/hex"
    signature=$(openssl dgst -sha256 -sign "$dir/merchant.pem" "$dir/hex" | base64 -w0)
    {
        sed 's/["\\]/\\&/g; s/.*/data-urlencode = "&"/' "$dir/parameters"
        printf 'data-urlencode = "signature=%s"\n' "$signature"
    } >"$dir/args"
}
up_call() { # PATH NAME=VALUE...
    path=$1
    shift
    up_request "$@"
    fetch -K "$dir/args" "$gateway$path"
}
up_query() { # ORDER_ID TXN_TIME
    up_call /gateway/api/queryTrans.do txnType=00 txnSubType=00 bizType=000000 "orderId=$1" "txnTime=$2"
}
up_front() { # ORDER_ID [NAME=VALUE...]
    number=$1
    shift
    up_call /gateway/api/frontTransReq.do txnType=01 txnSubType=03 bizType=000201 channelType=07 \
        "orderId=$number" "txnTime=$up_time" txnAmt=100000 currencyCode=156 "backUrl=$sink" \
        frontUrl=https://shop.example/back "$@"
}
up_back() { # TXN_TYPE ORDER_ID AMOUNT
    up_call /gateway/api/backTransReq.do "txnType=$1" txnSubType=00 bizType=000201 channelType=07 \
        "orderId=$2" "txnTime=$up_time" "txnAmt=$3" "origQryId=$query_id" "backUrl=$sink"
}
up_step() { # FORM: what the buyer posts
    token=$(sed -n 's/.*name="token" value="\([0-9]*\)".*/\1/p' "$dir/out" | head -n 1)
    fetch -d "token=$token&$1" "$gateway/unionpay/cashier"
}
up_card='do=card&card_number=6221558812340000&customer_name=%E5%85%A8%E6%B8%A0%E9%81%93&document_number=341126197709218366&phone=13552535506&expiry=1123&cvn2=123'

# One name=value after the other, each ended by NUL: the certificate has lines of its own.
up_split() { # FILE [url-encoded]
    perl -0777 -ne '
        my ($encoded, $closer, $field, @fields) = ($ENV{UP_ENCODED}, "", "");
        my $text = $_;
        if ($encoded) {
            @fields = map { s/\+/ /g; s/%([0-9A-F]{2})/chr hex $1/ge; $_ } split /&/, $text;
        } else {
            for my $c (split //, $text) {
                if ($closer eq $c) { $closer = "" }
                elsif ($closer eq "" && $c eq "{") { $closer = "}" }
                elsif ($closer eq "" && $c eq "[") { $closer = "]" }
                if ($c eq "&" && $closer eq "") { push @fields, $field; $field = "" }
                else { $field .= $c }
            }
            push @fields, $field;
        }
        print map { "$_\0" } @fields;' "$1" >"$dir/fields"
}
up_field() { tr '\0\r\n' '\n\001\002' <"$dir/fields" | sed -n "s/^$1=//p" | tr '\001\002' '\r\n'; }
up_is() { equals "$(up_field "$1")" "$2"; }
up_verified() { # the fields in $dir/fields: chain, name, double hash
    up_field signPubKeyCert >"$dir/leaf.crt"
    up_field signature | base64 -d >"$dir/signature" 2>/dev/null
    openssl x509 -in "$dir/leaf.crt" -noout -pubkey >"$dir/leaf.pub" 2>/dev/null || return 1
    grep -zv '^signature=' "$dir/fields" | sort -z | tr '\0' '&' | sed 's/&$//' >"$dir/signed"
    openssl dgst -sha256 -r <"$dir/signed" | cut -c 1-64 | tr -d '\n' >"$dir/hex"
    openssl verify -auth_level 0 -CAfile "$dir/unionpay/root.crt" -untrusted "$dir/unionpay/middle.crt" \
        "$dir/leaf.crt" >/dev/null 2>&1 &&
        openssl x509 -in "$dir/leaf.crt" -noout -subject -nameopt utf8,-esc_msb | grep -q '@中国银联股份有限公司@' &&
        openssl dgst -sha256 -verify "$dir/leaf.pub" -signature "$dir/signature" "$dir/hex" >/dev/null 2>&1
}
up_unverified() { ! up_verified; }
up_answers() { # CODE: a verified answer
    up_split "$dir/out"
    up_is respCode "$1" && up_verified
}
up_says() { # CODE: a verified answer about a transaction
    up_answers 00 && up_is origRespCode "$1"
}
up_next() { # the next notification after $seen
    seen=$((seen + 1))
    until_true came "$seen" || return 1
    UP_ENCODED=1 up_split "$dir/body.$seen"
}
up_lie() { # METHOD KIND: the next answer to a query is not to be believed
    up_control POST /faults '{"method":"query","kind":"'"$1"'"}'
    up_query ORDER0001 "$up_time"
    up_split "$dir/out"
    up_unverified
}

test_unionpay() {
    up_time=$(up_now)
    seen=$(bodies)
    up_query ORDER0001 "$up_time"
    check "UnionPay: before its arrival an order is unknown" up_answers 34
    up_query U1 "$up_time"
    check "UnionPay: a number that cannot be" up_answers 10
    up_query UNKNOWN01 "$up_time"
    check "UnionPay: an unknown order, signed" up_answers 34
    check "UnionPay: the certificate has its line ends" has "$(printf 'CERTIFICATE-----\r')"
    check "UnionPay: Chinese is raw UTF-8" has 'respMsg=查无此交易[2600000]&'
    check "UnionPay: production's digest" sha1_signed
    up_request txnType=00 txnSubType=00 bizType=000000 orderId=UNKNOWN01 "txnTime=$up_time"
    sed 's/UNKNOWN01/UNKNOWN02/' "$dir/args" >"$dir/changed"
    fetch -K "$dir/changed" "$gateway/gateway/api/queryTrans.do"
    check "UnionPay: changed after signing" up_answers 11
    fetch -d 'a=%zz' -w '%{http_code}' "$gateway/gateway/api/queryTrans.do" >"$dir/status"
    check "UnionPay: no form at all" equals "$(cat "$dir/status")" 400
    up_front ORDER0001 "txnTime=$(up_now '20 minutes ago')"
    check "UnionPay: a page says what was wrong" has 'id="resp_code">39<'
    up_pays
    up_gives_back
    up_lies
    up_restarts
}
sha1_signed() { openssl x509 -in "$dir/leaf.crt" -noout -text | grep -q sha1WithRSAEncryption; }

up_pays() {
    up_front ORDER0001
    check "UnionPay: the order's page asks for the card" has 'name="card_number"'
    up_step "$up_card"
    check "UnionPay: then for the terms" has 'value="06"'
    up_step 'do=terms&instalments=06'
    cp "$dir/out" "$dir/kept"
    up_query ORDER0001 "$up_time"
    check "UnionPay: meanwhile it is being processed" up_says 05
    cp "$dir/kept" "$dir/out"
    up_step 'do=code&sms_code=111111'
    check "UnionPay: paid" has 'id="paid"'
    check "UnionPay: the way back is a form" has 'action="https://shop.example/back"'
    check "UnionPay: notified" up_next
    check "UnionPay: the notification verifies" up_verified
    check "UnionPay: and names the terms" up_is instalTransInfo '{numberOfInstallments=06}'
    up_query ORDER0001 "$up_time"
    check "UnionPay: the query says the same" up_says 00
    query_id=$(up_field queryId)
    up_control POST /settings '{"file_at_once":true}'
    up_call / txnType=76 txnSubType=01 bizType=000000 fileType=00 "txnTime=$(up_now)" \
        "settleDate=$(up_field settleDate)"
    check "UnionPay: the file of the day" up_answers 00
    check "UnionPay: it is named after the merchant" equals "$(up_field fileName | grep -c "$up_mer_id")" 1
}

up_gives_back() {
    up_back 04 REFUND001 30000
    check "UnionPay: a refund is accepted" up_answers 00
    check "UnionPay: and told" up_next
    check "UnionPay: signed" up_verified
    check "UnionPay: by its own number" up_is orderId REFUND001
    up_query REFUND001 "$up_time"
    check "UnionPay: and may be asked about" up_says 00
    up_back 04 REFUND002 70001
    check "UnionPay: no more than was paid" up_answers 36
    up_back 31 UNDO00001 100000
    check "UnionPay: no undo after a refund" up_answers 45
    up_control POST /faults '{"method":"refund","kind":"drop_after"}'
    up_request txnType=04 txnSubType=00 bizType=000201 channelType=07 orderId=REFUND003 \
        "txnTime=$up_time" txnAmt=100 "origQryId=$query_id" "backUrl=$sink"
    fetch -K "$dir/args" "$gateway/gateway/api/backTransReq.do"
    check "UnionPay: an answer that never comes" closed "$?"
    up_query REFUND003 "$up_time"
    check "UnionPay: of a refund that was made" up_says 00
    up_next
}

up_lies() {
    for kind in bad_signature unsigned wrong_cn expired_leaf self_made downgrade_version \
        downgrade_method line_ends tamper; do
        check "UnionPay: $kind does not verify" up_lie $kind
    done
    up_control POST /rotate '{"what":"leaf"}'
    up_query ORDER0001 "$up_time"
    check "UnionPay: another leaf does" up_says 00
    answer_with 'nothing'
    up_control POST /faults '{"method":"notify","kind":"clear_pan"}'
    up_control POST /notify/resend/ORDER0001 '{}'
    check "UnionPay: a notification is sent again" up_next
    check "UnionPay: with a card number in the clear" up_is accNo 6221558812340000
    check "UnionPay: signed, too" up_verified
    up_control GET /orders/ORDER0001
    check "UnionPay: the truth can be read" has '"charged_fen":100000,"refunded_fen":30100'
    answer_with 'success'
}

up_restarts() {
    stop_sandbox "$second_pid"
    check "UnionPay: SIGTERM ends it cleanly" equals "$?" 0
    run_unionpay up2.ports &
    second_pid=$!
    find_ports up2.ports
    up_query ORDER0001 "$up_time"
    check "UnionPay: another start has the same chain" up_answers 34
    stop_sandbox "$second_pid"
    second_pid=
}
