# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Notifications: what they say, how they are signed, when they come again.

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
