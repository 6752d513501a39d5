# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What the checks of the sandbox are written with: requests are signed, answers and notifications
# verified by the openssl program.

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
    run_sandbox ports --app-public "$dir/app.pub" --alipay-private "$dir/alipay.pem" \
        --time-scale 1200 &
    sandbox_pid=$!
    find_ports ports
    until_true test -f "$dir/sink.port"
    sink=http://127.0.0.1:$(cat "$dir/sink.port")/notify/alipay
}
run_sandbox() { # PORTS ARGUMENTS...
    ports=$1
    shift
    exec "$sandbox" --cert "$dir/tls.crt" --key "$dir/tls.key" --app-id $app_id \
        --seller-id $seller_id --ports-file "$dir/$ports" "$@" >"$dir/stdout"
}
find_ports() { # PORTS: where calls go from now on
    until_true test -f "$dir/$1" || { echo "does not start"; exit 1; }
    gateway=https://127.0.0.1:$(sed -n 's/^gateway=//p' "$dir/$1")
    control=http://127.0.0.1:$(sed -n 's/^control=//p' "$dir/$1")
}
stop_sandbox() { # PID
    kill -TERM "$1"
    wait "$1"
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
        grep -v '^[^=]*=$' | sort
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
node_of_out() { # the bytes between the node's braces or quotes, both included
    sed -E 's/^\{"[a-z_]+":(\{.*\}|"[^"]*")(,"alipay_cert_sn":"[0-9a-f]{32}")?,"sign":"[^"]*"(,"sign_type":"RSA2")?\}$/\1/' \
        "$dir/out" | tr -d '\n' >"$dir/node"
    sed -E 's/.*,"sign":"([^"]*)"(,"sign_type":"RSA2")?\}$/\1/' "$dir/out" |
        base64 -d >"$dir/signature" 2>/dev/null
}
verify_with=alipay.pub
verified() {
    node_of_out
    openssl dgst -sha256 -verify "$dir/$verify_with" -signature "$dir/signature" "$dir/node" \
        >/dev/null 2>&1
}
unverified() { ! verified; }
answers() { # SUB_CODE: a signed refusal
    has "\"sub_code\":\"$1\"" && verified
}
succeeds() { has '"code":"10000","msg":"Success"' && verified; }

product=FAST_INSTANT_TRADE_PAY
order() { # OUT_TRADE_NO [TERMS [MORE JSON]]
    terms=${2:-3}
    extend=
    [ "$terms" = none ] || extend=',"extend_params":{"hb_fq_num":"'$terms'","hb_fq_seller_percent":"0"}'
    printf '%s' '{"out_trade_no":"'"$1"'","total_amount":"1000.00","subject":"相机 A+B",' \
        '"product_code":"'"$product"'"'"$extend${3:-}}"
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
step() { # FORM: what the buyer posts at the cashier that $way leads to
    fetch -o "$dir/out" -D "$dir/head" -d "token=${way#*=}&$1" "$gateway/cashier"
}
went_to() { sed -n 's/^[Ll]ocation: \(.*\)\r$/\1/p' "$dir/head"; }
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
