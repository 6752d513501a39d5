# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Certificate mode and encrypted content, at a sandbox of their own.

certificate() { # NAME SERIAL [ISSUER]: a key, and a certificate of it; without an issuer a root
    openssl genrsa -out "$dir/$1.key" 2048 2>/dev/null
    subject="/C=CN/O=Ant Test/OU=Certification Authority/CN=$1"
    if [ -n "${3:-}" ]; then
        openssl req -new -key "$dir/$1.key" -subj "$subject" |
            openssl x509 -req -days 2 -CA "$dir/$3.crt" -CAkey "$dir/$3.key" -set_serial "$2" \
                -out "$dir/$1.crt"
    else
        openssl req -x509 -new -key "$dir/$1.key" -days 2 -subj "$subject" -set_serial "$2" \
            -out "$dir/$1.crt"
    fi 2>/dev/null
}
other_root() { # NAME CURVE DIGEST: what a bundle holds besides RSA
    openssl ecparam -name "$2" -genkey -noout -out "$dir/$1.key"
    openssl req -x509 -new -key "$dir/$1.key" -days 2 -subj "/C=CN/CN=$1" "-$3" \
        -out "$dir/$1.crt" 2>/dev/null
}
sn() { # NAME SERIAL: by the rule, with the openssl program
    issuer=$(openssl x509 -in "$dir/$1.crt" -noout -issuer -nameopt RFC2253)
    printf '%s%s' "${issuer#issuer=}" "$2" | openssl md5 | sed 's/.* //'
}
certified() { # METHOD BIZ [NAME=VALUE...]
    method=$1 biz=$2
    shift 2
    call "$method" "$biz" "app_cert_sn=$app_sn" "alipay_root_cert_sn=$root_sn" "$@"
}
sealed() { printf '%s' "$1" | openssl enc -aes-128-cbc -K "$key_hex" -iv "$(printf '%032d' 0)" -a -A; }
opened() { # the answer's node, decrypted
    node_of_out
    tr -d '"' <"$dir/node" | openssl enc -d -aes-128-cbc -K "$key_hex" -iv "$(printf '%032d' 0)" -a -A
}

start_certified() {
    certificate root 2292228364100439313
    certificate root_two 77
    other_root root_ec prime256v1 sha256
    other_root root_sm2 SM2 sm3
    cat "$dir/root_sm2.crt" "$dir/root.crt" "$dir/root_ec.crt" "$dir/root_two.crt" >"$dir/roots.crt"
    certificate app_certified 1001 root
    certificate platform 1002 root
    certificate platform_next 1003 root
    key_hex=00112233445566778899aabbccddeeff
    run_sandbox ports2 --app-cert "$dir/app_certified.crt" --alipay-cert "$dir/platform.crt" \
        --alipay-private "$dir/platform.key" --alipay-root "$dir/roots.crt" \
        --alipay-cert-next "$dir/platform_next.crt" --alipay-private-next "$dir/platform_next.key" \
        --content-key "$(printf %s $key_hex | sed 's/../\\x&/g' | xargs -0 printf %b | base64)" &
    second_pid=$!
    find_ports ports2
    cp "$dir/app_certified.key" "$dir/app.pem"
    for name in platform platform_next; do
        openssl x509 -in "$dir/$name.crt" -noout -pubkey >"$dir/$name.pub"
    done
    verify_with=platform.pub
    app_sn=$(sn app_certified 1001)
    root_sn=$(sn root 2292228364100439313)_$(sn root_two 77)
    unknown='{"out_trade_no":"UNKNOWN1"}'
}

test_certificates() {
    q=alipay.trade.query
    certified $q "$unknown"
    check "certificate mode: signed" answers ACQ.TRADE_NOT_EXIST
    check "the serial stands between node and sign" has \
        '},"alipay_cert_sn":"'"$(sn platform 1002)"'","sign":"'
    call $q "$unknown"
    check "no serial" answers isv.missing-app-cert-sn
    certified $q "$unknown" app_cert_sn=00000000000000000000000000000000
    check "an unknown serial" answers isv.app-cert-not-exist
    call $q "$unknown" "app_cert_sn=$app_sn"
    check "no serial of the root" answers isv.missing-alipay-root-cert-sn
    certified $q "$unknown" "alipay_root_cert_sn=$(sn root 2292228364100439313)"
    check "another bundle's" answers isv.invalid-alipay-root-cert-sn
    certified alipay.trade.nothing "$unknown"
    check "errors of the gateway carry the serial too" has ',"alipay_cert_sn":"'
    control POST /faults '{"method":"'$q'","kind":"other_cert_sn"}'
    certified $q "$unknown"
    check "other_cert_sn: not ours" lacks "$(sn platform 1002)"
    check "other_cert_sn: our key" verified
    control POST /settings '{"platform_certificate":"next"}'
    certified $q "$unknown"
    check "after a rotation: another serial" has "$(sn platform_next 1003)"
    check "the old key does not verify" unverified
    verify_with=platform_next.pub
    check "the new one does" verified
    download "$(sn platform_next 1003)"
    check "the new certificate can be fetched" cmp -s "$dir/fetched.crt" "$dir/platform_next.crt"
    check "under the root" under_the_root
    download 00000000000000000000000000000000
    check "no other can" answers isv.alipay-cert-not-exist
    control POST /faults '{"method":"'$q'","kind":"foreign_cert"}'
    certified $q "$unknown"
    check "foreign_cert: neither key" unverified
    forged=$(sed 's/.*"alipay_cert_sn":"\([^"]*\)".*/\1/' "$dir/out")
    cp "$dir/out" "$dir/kept"
    download "$forged"
    cp "$dir/kept" "$dir/out"
    openssl x509 -in "$dir/fetched.crt" -noout -pubkey >"$dir/forged.pub"
    verify_with=forged.pub
    check "foreign_cert: its certificate verifies the answer" verified
    check "foreign_cert: and is not under the root" not_under_the_root
    verify_with=platform_next.pub
    control POST /settings '{"platform_certificate":"first"}'
    verify_with=platform.pub
}
download() { # SN: into fetched.crt
    certified alipay.open.app.alipaycert.download '{"alipay_cert_sn":"'"$1"'"}'
    sed -n 's/.*"alipay_cert_content":"\([^"]*\)".*/\1/p' "$dir/out" | tr -d '\\' |
        base64 -d >"$dir/fetched.crt"
}
under_the_root() { openssl verify -CAfile "$dir/root.crt" "$dir/fetched.crt" >/dev/null 2>&1; }
not_under_the_root() { ! under_the_root; }

test_encryption() {
    q=alipay.trade.query
    page E1 3 '' "app_cert_sn=$app_sn" "alipay_root_cert_sn=$root_sn" notify_url=
    control POST /trades/E1/pay
    paid_one='{"out_trade_no":"E1"}'
    certified $q "$(sealed "$paid_one")" encrypt_type=AES
    check "an encrypted answer is a quoted text" grep -qE \
        '^\{"alipay_trade_query_response":"[A-Za-z0-9+/]+=*","alipay_cert_sn":' "$dir/out"
    check "signed with its quotes" verified
    opened >"$dir/clear"
    check "it opens" grep -q '^{"code":"10000",.*"trade_status":"TRADE_SUCCESS"' "$dir/clear"
    certified $q "$(sealed "$unknown")" encrypt_type=AES
    check "a refusal comes in the clear" answers ACQ.TRADE_NOT_EXIST
    certified $q "$(sealed "$paid_one" | cut -c 1-24)" encrypt_type=AES
    check "content that was cut off" answers isv.decryption-error-unknown
    certified $q "$paid_one" encrypt_type=AES
    check "no base64" answers isv.decryption-error-unknown
    certified $q "$(sealed "$paid_one")" encrypt_type=SM4
    check "another cipher" answers isv.decryption-error-not-valid-encrypt-type
    certified $q "$paid_one"
    check "in the clear it works as well" succeeds
    control POST /settings '{"encryption_required":true}'
    certified $q "$paid_one"
    check "unless the application must encrypt" answers isv.decryption-error-missing-encrypt-type
    control POST /settings '{"encryption_required":false,"permissions":"app"}'
    certified $q "$paid_one"
    check "the application's permissions" answers isv.insufficient-isv-permissions
    control POST /settings '{"permissions":"user"}'
    certified $q "$paid_one"
    check "the merchant's permissions" answers isv.insufficient-user-permissions
    certified $q "$paid_one" app_cert_sn=00000000000000000000000000000000
    check "permissions come after the certificate" answers isv.app-cert-not-exist
    control POST /settings '{"permissions":"granted"}'
    certified $q "$paid_one" charset=gbk
    check "GBK is refused" answers isv.invalid-charset
    run_sandbox ports3 --app-cert "$dir/app_certified.crt" --alipay-cert "$dir/platform.crt" \
        --alipay-private "$dir/platform_next.key" --alipay-root "$dir/roots.crt" 2>"$dir/out" &
    wait $!
    check "a certificate of another key does not start" equals "$?" 2
    check "and is named" has "$dir/platform.crt"
}
