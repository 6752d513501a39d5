#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job end to end, as a shop sees it: plans, a payment in instalments, the buyer's way through
# identity and confirmation, the signed result, a refund; and once more by bank card. The platforms are
# fenqi-sandbox.
# usage: sh tests/demo.sh [BUILD]        BUILD holds fenqid, fenqictl, fenqi-sandbox (build/release)
set -u
LC_ALL=C
export LC_ALL
umask 077
build=$(cd "${1:-build/release}" && pwd) || exit 1
dir=$(mktemp -d) || exit 1
FENQICTL_PROFILE=$dir/shop.profile
export FENQICTL_PROFILE
app_id=2021000122671080
seller_id=2088721003899159
mer_id=777290058110048
sandbox_pid=
fenqid_pid=
waiting_pid=

# ---- ending: always, and by id --------------------------------------------------------------------

end_quietly() { # PID: asks it to stop, in the end makes it
    [ -n "$1" ] && kill "$1" 2>/dev/null || return 0
    until_true is_gone "$1" || kill -9 "$1"
    wait "$1"
}
cleanup() {
    status=$?
    trap - EXIT
    trap '' INT TERM HUP
    for pid in "$waiting_pid" "$fenqid_pid" "$sandbox_pid"; do
        end_quietly "$pid" >/dev/null 2>&1
    done
    rm -rf "$dir"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() { # WHAT
    echo
    echo "demo: FAILED: $1"
    for log in out err browser.html fenqid.log sandbox.log; do
        [ -s "$dir/$log" ] || continue
        echo "---- the end of $log"
        tail -n 25 "$dir/$log"
    done
    exit 1
}
until_true() { # COMMAND...: within 15 s
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || return 1
        sleep 0.05
    done
}
is_gone() { ! kill -0 "$1" 2>/dev/null; }

# ---- telling --------------------------------------------------------------------------------------

step=0
tell() {
    step=$((step + 1))
    printf '\n%s. %s\n' "$step" "$1"
    shift
    for line in "$@"; do printf '   %s\n' "$line"; done
}
show() { sed 's/^/     /; s/ *$//' "$dir/out"; }
fenqictl() { # ARGUMENTS...: as typed by the shop; what it prints is in out
    printf '   $ fenqictl'
    for word in "$@"; do
        case $word in *" "* | *"?"*) printf " '%s'" "$word" ;; *) printf ' %s' "$word" ;; esac
    done | sed "s|$dir/||g; s/\(fenqi=[A-Za-z0-9]\{12\}\)[^']*/\1.../"
    echo
    (cd "$dir" && "$build/fenqictl" "$@") >"$dir/out" 2>"$dir/err" || fail "fenqictl $1"
    show
}
field() { awk -v name="$1" '$1 == name { print $2; exit }' "$dir/out"; }

# ---- keys, certificates, configuration ------------------------------------------------------------

make_keys() {
    for name in app alipay; do
        openssl genrsa -out "$dir/$name.pem" 2048 2>/dev/null &&
            openssl pkey -in "$dir/$name.pem" -pubout -out "$dir/$name.pub" || return 1
    done
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -set_serial 69903319369 -subj /CN=merchant \
        -keyout "$dir/merchant.pem" -out "$dir/merchant.crt" 2>/dev/null || return 1
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
        -subj /CN=fenqi-sandbox -addext subjectAltName=IP:127.0.0.1,DNS:localhost \
        -keyout "$dir/tls.key" -out "$dir/tls.crt" 2>/dev/null &&
        "$build/fenqictl" keygen "$dir/keys" --key-id demo >"$dir/out" &&
        "$build/fenqictl" keygen client "$dir/keys" shop >>"$dir/out"
}
start_sandbox() {
    "$build/fenqi-sandbox" --cert "$dir/tls.crt" --key "$dir/tls.key" --app-id $app_id \
        --seller-id $seller_id --app-public "$dir/app.pub" --alipay-private "$dir/alipay.pem" \
        --unionpay "$dir/unionpay" --unionpay-merchants "$mer_id=$dir/merchant.crt" \
        --ports-file "$dir/ports" >"$dir/sandbox.log" 2>&1 &
    sandbox_pid=$!
    until_true test -f "$dir/ports" || return 1
    gateway=127.0.0.1:$(sed -n 's/^gateway=//p' "$dir/ports")
}
write_conf() { # FRONT_PORT WEB_PORT
    mkdir -p "$dir/merchants.d"
    cat >"$dir/fenqid.conf" <<END
instance = "01";
order_prefix = "D";
front: {
    endpoints = [ "tcp://127.0.0.1:$1" ];
    curve_secret_file = "keys/curve-server.secret";
};
web: {
    address = "127.0.0.1:$2";
    public_url = "http://127.0.0.1:$2";
};
store: { path = "fenqid.db"; };
log: { sink = "stderr"; level = "info"; };
signing: {
    keys = ( { id = "demo"; file = "keys/signing-demo.pem"; } );
    token_key_file = "keys/token.key";
};
work: { adapters_dir = "$build/adapters"; };
channels = (
    {
        name = "huabei";
        adapter = "huabei";
        hosts = [ "$gateway" ];
        ca_file = "tls.crt";
        amount_max = "50000.00";
        settings: {
            app_id = "$app_id";
            seller_id = "$seller_id";
            gateway = "https://$gateway/gateway.do";
        };
        keys: { app = "app.pem"; alipay = "alipay.pub"; };
        rates = (
            { instalments = 3;  bearer = "buyer";    rate = "2.30%"; },
            { instalments = 6;  bearer = "buyer";    rate = "4.50%"; },
            { instalments = 12; bearer = "buyer";    rate = "7.50%"; },
            { instalments = 3;  bearer = "merchant"; rate = "1.80%"; }
        );
    },
    {
        name = "bankcard";
        adapter = "bankcard";
        hosts = [ "$gateway" ];
        ca_file = "tls.crt";
        amount_max = "50000.00";
        attempt_life = "15min";
        settings: { mer_id = "$mer_id"; gateway = "https://$gateway"; file_gateway = "https://$gateway"; };
        keys: { sign = "merchant.pem"; sign_cert = "merchant.crt"; roots = "unionpay/roots.crt"; };
        rates = (
            { instalments = 3;  bearer = "buyer"; rate = "2.70%"; },
            { instalments = 12; bearer = "buyer"; rate = "7.80%"; }
        );
        issuers_file = "banks.conf";
    }
);
END
    cat >"$dir/banks.conf" <<END
issuers = (
    {
        id = "cmb"; title_zh = "招商银行"; title_en = "China Merchants Bank"; bins = [ "622155" ];
        rates = (
            { instalments = 6;  bearer = "buyer"; rate = "4.20%"; },
            { instalments = 12; bearer = "buyer"; rate = "7.20%"; }
        );
    }
);
END
    cat >"$dir/merchants.d/shop.conf" <<END
id = "shop";
name = "Demo Shop";
client_keys = [ "$(cat "$dir/keys/shop.public")" ];
channels = [ "huabei", "bankcard" ];
return_urls = [ "https://shop.example/paid/" ];
END
    cat >"$dir/shop.profile" <<END
server tcp://127.0.0.1:$1
server-key keys/curve-server.public
client-key keys/shop.secret
keys keys/signing-demo.public
END
}
random_port() { echo $((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000)); }
fenqid_is_ready_or_gone() { grep -q ' started ' "$dir/fenqid.log" || is_gone "$fenqid_pid"; }
start_fenqid() { # on ports that are free; a port that is taken is tried another time
    attempts=0
    while [ "$attempts" -lt 20 ]; do
        attempts=$((attempts + 1))
        front=$(random_port)
        web=$(random_port)
        [ "$front" -ne "$web" ] || continue
        write_conf "$front" "$web"
        : >"$dir/fenqid.log"
        "$build/fenqid" -c "$dir/fenqid.conf" 2>>"$dir/fenqid.log" &
        fenqid_pid=$!
        until_true fenqid_is_ready_or_gone || return 1
        is_gone "$fenqid_pid" || return 0
        fenqid_pid=
        grep -q EADDRINUSE "$dir/fenqid.log" || return 1
    done
    return 1
}

# ---- the buyer's browser --------------------------------------------------------------------------

browse() { # CURL'S ARGUMENTS...: a page into browser.html, its status and Location into variables
    answer=$(curl -s --max-time 10 --cacert "$dir/tls.crt" -o "$dir/browser.html" \
        -w '%{http_code} %{redirect_url}' "$@")
    code=${answer%% *}
    location=${answer#* }
}
expect() { # CODE WHAT
    [ "$code" = "$1" ] || fail "$2: answered $code, not $1"
    printf '     %-60s %s\n' "$2" "$code"
}
# The form of browser.html that has FIELD, as a browser would send it: its address into form_url, and its
# hidden fields into a curl configuration.
form_of() { # FIELD
    form_url=$(awk -v field="$1" -v out="$dir/fields" '
        function attribute(tag, name) {
            if (!match(tag, "[ \n]" name "=\"[^\"]*\"")) return ""
            return plain(substr(tag, RSTART + length(name) + 3, RLENGTH - length(name) - 4))
        }
        function plain(text,   done, entity) {
            while (match(text, /&[#a-zA-Z0-9]+;/)) {
                entity = substr(text, RSTART + 1, RLENGTH - 2)
                done = done substr(text, 1, RSTART - 1) (entity ~ /^#/ ? sprintf("%c", substr(entity, 2) + 0) : known[entity])
                text = substr(text, RSTART + RLENGTH)
            }
            return done text
        }
        function quoted(text) {
            gsub(/\\/, "\\\\", text); gsub(/"/, "\\\"", text); gsub(/\r/, "\\r", text); gsub(/\n/, "\\n", text)
            return "data-urlencode = \"" text "\""
        }
        function end() { if (has && !found) { found = 1; print action; printf "%s", lines > out } has = 0 }
        BEGIN { RS = "<"; known["amp"] = "&"; known["lt"] = "<"; known["gt"] = ">"; known["quot"] = "\""; printf "" > out }
        /^form/ { end(); action = attribute($0, "action"); lines = "" }
        /^(input|button)/ {
            if (attribute($0, "name") == field || attribute($0, "value") == field) has = 1
            if (/^input/ && /type="hidden"/)
                lines = lines quoted(attribute($0, "name") "=" attribute($0, "value")) "\n"
        }
        END { end() }' "$dir/browser.html")
}
press() { # WHAT FIELD CODE FORM_DATA...: posts the form that has FIELD
    what=$1 field=$2 wanted=$3
    shift 3
    form_of "$field"
    [ -s "$dir/fields" ] || fail "$what: no form with $field"
    case $form_url in /*) form_url=https://$gateway$form_url ;; esac
    browse -K "$dir/fields" "$@" "$form_url"
    expect "$wanted" "$what"
}
cashier() { # WHAT FORM_DATA...: posts a form of the cashier's page, as its button would
    what=$1
    token=$(sed -n 's/.*name="token" value="\([0-9]*\)".*/\1/p' "$dir/browser.html" | head -n 1)
    shift
    browse --data "token=$token" "$@" "https://$gateway/cashier"
    case $code in
    303)
        browse "$location"
        expect 200 "$what"
        ;;
    302) expect 302 "$what" ;;
    *) fail "$what: answered $code" ;;
    esac
}

# ---- the main job ---------------------------------------------------------------------------------

echo "fenqid's main job, end to end: an order of 6999.00 CNY, paid in 12 instalments through Huabei"
echo "(fenqi-sandbox plays Alipay and UnionPay; keys, ledger and logs are in a private folder)"
make_keys || fail "making keys"
start_sandbox || fail "starting fenqi-sandbox"
start_fenqid || fail "starting fenqid"

tell "The shop asks which plans there are. Nothing is stored: a quote is signed and comes back."
fenqictl quote --amount 6999.00
fenqictl quote --amount 6999.00 --channel huabei --instalments 12 --schedule

tell "The buyer has chosen 12 instalments. The shop makes a payment of that quote."
fenqictl pay --order demo-1 --amount 6999.00 --subject 'A phone' --channel huabei --instalments 12 \
    --return-url https://shop.example/paid/demo-1
payment=$(field payment)
hosted_url=$(field open)
[ -n "$payment" ] && [ -n "$hosted_url" ] || fail "no payment, or no link"

tell "The buyer's browser follows the link. Looking changes nothing; posting opens the order."
browse "$hosted_url"
expect 200 "GET  the link: a page that posts itself"
browse -X POST "$hosted_url"
expect 303 "POST the link: off to the platform, signed"
browse "$location"
expect 302 "GET  the platform's gateway: it knows our signature"
browse "$location"
expect 200 "GET  its cashier"

tell "Meanwhile the shop waits for the result: one question, answered when the payment moves."
echo "   \$ fenqictl get $payment --wait 25 --save receipt.bin &"
(cd "$dir" && exec "$build/fenqictl" get "$payment" --wait 25 --save receipt.bin) \
    >"$dir/result" 2>"$dir/result.err" &
waiting_pid=$!

tell "The buyer logs in, verifies the identity, confirms the payment."
cashier "POST log in" --data action=login --data account=buyer@sandbox.com
cashier "POST identity: the payment password" --data action=verify --data password=111111
choice=$(sed -n 's/.*name="channel" value="\([0-9]*\)" checked.*/\1/p' "$dir/browser.html")
cashier "POST confirm: 12 instalments" --data action=pay --data "channel=$choice"
return_link=$location

tell "The platform's signed notification has arrived, was verified, and is durable: the result."
wait "$waiting_pid" || { cat "$dir/result.err"; fail "fenqictl get --wait"; }
waiting_pid=
cp "$dir/result" "$dir/out"
show
[ "$(field state)" = PAID ] || fail "the payment is not PAID"

tell "The result is a receipt: its signature is verified offline, with the pinned key alone."
fenqictl verify receipt.bin --keys keys/signing-demo.public
grep -q '^signature verified: key demo' "$dir/out" || fail "the receipt is not verified"

tell "The browser comes back. That is a hint, never a proof: it is shown what is proven," \
    "and goes to the shop with a signed status in the URL."
browse "$return_link"
expect 303 "GET  our /back link: on to the shop"
fenqictl verify --keys keys/signing-demo.public --status "$location"
[ "$(field state)" = PAID ] || fail "the signed status does not say PAID"

tell "The shop gives 1000.00 back. REFUNDED only when the platform has proven it."
fenqictl refund "$payment" --amount 1000.00 --reason 'A scratch'
refund=$(field refund)
fenqictl get-refund "$refund" --refresh --wait 15
[ "$(field state)" = REFUNDED ] || fail "the refund is not proven"

tell "What the shop may have missed, it reads from its events."
fenqictl events

tell "The operator's view: every move with its evidence, in a chain that shows any change."
fenqictl journal "$payment" -c "$dir/fenqid.conf"
grep -q 'OPEN -> PAID  *notification' "$dir/out" || fail "it was not the notification that proved it"
grep -q '^chain: .* intact$' "$dir/out" || fail "the journal's chain is broken"

tell "Another buyer wants to pay by bank card. UnionPay's own page decides the terms: the plans here are" \
    "indicative, and say the highest rate. The first digits of the card are enough to know the bank."
fenqictl quote --amount 800.00 --channel bankcard --card-prefix 622155
fenqictl pay --order demo-2 --amount 800.00 --subject 'Ear phones' --channel bankcard --instalments 12 \
    --card-prefix 622155 --return-url https://shop.example/paid/demo-2
card_payment=$(field payment)
hosted_url=$(field open)

tell "The link gives the browser a form, signed for UnionPay. Card data never enters fenqid."
browse -X POST "$hosted_url"
expect 200 "POST the link: a form that posts itself"
press "POST the form: UnionPay's page knows our signature" txnType 200
press "POST card, holder, identity document, phone" card 200 \
    --data-urlencode card_number=6221558812340000 --data-urlencode customer_name=全渠道 \
    --data-urlencode document_number=341126197709218366 --data-urlencode phone=13552535506 \
    --data-urlencode expiry=11/23 --data-urlencode cvn2=123
press "POST the terms: 12 instalments" terms 200 --data-urlencode instalments=12
press "POST the one-time code" code 200 --data-urlencode sms_code=111111

tell "UnionPay's signed notification makes fenqid ask: the answer to the query is the word that counts."
fenqictl get "$card_payment" --wait 25
[ "$(field state)" = PAID ] || fail "the card payment is not PAID"
press "POST back to our /back link: on to the shop" signPubKeyCert 303
fenqictl refund "$card_payment" --amount 800.00 --reason 'Changed my mind'
refund=$(field refund)
fenqictl get-refund "$refund" --refresh --wait 15
[ "$(field state)" = REFUNDED ] || fail "the card's refund is not proven"

tell "Both end when they are asked to, with nothing left inside."
kill "$fenqid_pid"
wait "$fenqid_pid" || fail "fenqid ended with $?"
fenqid_pid=
grep -q ' stopped ' "$dir/fenqid.log" || fail "fenqid did not say that it stopped"
kill "$sandbox_pid"
wait "$sandbox_pid" || fail "fenqi-sandbox ended with $?"
sandbox_pid=
echo
echo "demo: PAID by Huabei and by bank card, signature verified"
