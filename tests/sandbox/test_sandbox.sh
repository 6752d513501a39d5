#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks fenqi-sandbox from outside, with curl and openssl alone: requests are signed, answers and
# notifications verified by the openssl program, over the bytes as they came. The checks stand in
# checks/. First the model alone, without sockets: unit/.
# usage: FENQI_BUILD=build/release sh tests/sandbox/test_sandbox.sh
set -u
LC_ALL=C
export LC_ALL
here=$(dirname "$0")
top=$PWD
unit_flags='-std=gnu11 -g -O0 -fsanitize=address,undefined -fno-sanitize-recover=all -D_GNU_SOURCE'
sandbox=${FENQI_BUILD:-build/release}/fenqi-sandbox
dir=$(mktemp -d)
app_id=2021000122671080
seller_id=2088721003899159
failed=0
passed=0

cleanup() {
    for pid in ${sandbox_pid:-} ${second_pid:-} ${sink_pid:-}; do
        kill "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# shellcheck source=/dev/null
for part in bench checks/gateway checks/cashier checks/orders checks/notify checks/faults \
    checks/control checks/terminals checks/app checks/bill checks/certificates checks/unionpay; do
    . "$here/$part.sh"
done

build_units() { # here: the sandbox links with none of the archives that unit tests use
    sources=$(ls "$top/tests/sandbox/"*.c | grep -v -e /main.c -e /server.c -e /sender.c)
    mkdir "$dir/objects" && (
        cd "$dir/objects" || exit
        # shellcheck disable=SC2086 # a list of files
        ${CC:-gcc} $unit_flags -I"$top" -c $sources
    )
}
unit() { # NAME
    ${CC:-gcc} $unit_flags -I. "$here/unit/$1.c" "$dir/objects/"*.o -lcrypto -lcjson -lz -lcmocka \
        -o "$dir/$1" && "$dir/$1" >"$dir/out" 2>&1
}
check "the model is built alone" build_units
check "the tools by themselves" unit test_parts
check "UnionPay's pages by themselves" unit test_unionpay_page
check "UnionPay's settlement file by itself" unit test_unionpay_file
check "UnionPay's model by itself" unit test_unionpay
check "UnionPay's model behind a payment" unit test_unionpay_back
check "the model by itself" unit test_model
make_keys
start
test_gateway_checks
test_page_and_cashier
test_buyers_ways
test_orders
test_refunds
test_wap
test_codes
test_app
test_notifications
test_faults
test_control
test_bill
start_certified
test_certificates
test_encryption
stop_sandbox "$second_pid"
check "SIGTERM ends the second one cleanly" equals "$?" 0
second_pid=
start_unionpay
test_unionpay
stop_sandbox "$sandbox_pid"
check "SIGTERM ends it cleanly" equals "$?" 0
sandbox_pid=
echo "sandbox: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
