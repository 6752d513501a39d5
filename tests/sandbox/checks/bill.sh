# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# The bill: its link, its archive, and that its sums are those of the trades.

bill() { # DATE [TYPE]
    call alipay.data.dataservice.bill.downloadurl.query \
        '{"bill_type":"'"${2:-trade}"'","bill_date":"'"$1"'"}'
    link=$(sed -n 's/.*"bill_download_url":"\([^"]*\)".*/\1/p' "$dir/out" | tr -d '\\')
}
unpacked() { # N: the archive's Nth file in UTF-8; its name is on the first line
    perl -MIO::Uncompress::Unzip -e '
        my $zip = IO::Uncompress::Unzip->new($ARGV[0]) or exit 1;
        for (2 .. $ARGV[1]) { $zip->nextStream > 0 or exit 1 }
        binmode STDOUT;
        print $zip->getHeaderInfo->{Name}, "\n";
        my $line;
        print $line while ($zip->read($line) > 0);
    ' "$dir/zip" "$1" | iconv -f GBK -t UTF-8 >"$dir/out"
}
rows() { # of the detail file, without TABs
    tr -d '\t\r' <"$dir/out" | grep '^[0-9]*,'
}
sum() { # COLUMN, counted from the right
    rows | awk -F, -v back="$1" '{ cents += $(NF + 1 - back) * 100 } END { printf "%.0f", cents }'
}
of_the_store() { # the cents that were paid, less those refunded, as the control side tells them
    control GET /trades
    perl -MJSON::PP -0ne '
        my $cents = 0;
        for my $trade (@{ decode_json($_)->{trades} }) {
            next unless $trade->{gmt_payment};
            $cents += 100 * ($trade->{total_amount} - $trade->{refunded_amount});
        }
        printf "%.0f", $cents' "$dir/out"
}

test_bill() {
    today=$(TZ=UTC-8 date +%F)
    bill "$today"
    check "today's bill is not ready" answers BILL_NOT_EXIST
    bill "$(TZ=UTC-8 date -d '3 days ago' +%F)"
    check "a day without trades" answers NO_BILL_DATA
    control POST /settings '{"empty_bill":true}'
    bill "$(TZ=UTC-8 date -d '3 days ago' +%F)"
    check "or an empty file: a switch" has '"bill_file_code":"EMPTY_DATA_WITH_BILL_FILE"'
    bill 2026-02-30
    check "no such day" answers INVAILID_ARGUMENTS
    bill "$today" nonsense
    check "no such type" answers TYPE_NOT_SUPPORTED
    bill 2015-01
    check "before the merchant came" answers BILL_DATE_BEFORE_REGISTRATION
    control POST /settings '{"empty_bill":false,"bill_at_once":true,"refund_pending_ms":0,"fee_refund":"proportional"}'
    page L1 none ',"extend_params":{"hb_fq_num":"3","hb_fq_seller_percent":"100"},"body":"颜 😀"'
    control POST /trades/L1/pay
    refund L1 500 half
    wanted=$(of_the_store)
    bill "$today"
    check "the bill" succeeds
    fetch "$link"
    cp "$dir/out" "$dir/zip"
    check "its archive has the detail file" unpacked 1
    check "named in GBK" equals "$(head -n 1 "$dir/out")" \
        "${seller_id}0156_$(echo "$today" | tr -d -)_业务明细.csv"
    check "lines end in CRLF" equals "$(sed 1d "$dir/out" | grep -vc "$(printf '\r')\$")" 0
    check "it begins as it must" equals "$(sed -n 2p "$dir/out" | tr -d '\r')" '#支付宝业务明细查询'
    check "25 columns" equals "$(grep '^支付宝交易号' "$dir/out" | tr ',' '\n' | wc -l)" 25
    check "a payment: the merchant's fees" has ',1000.00,1000.00,0.00,0.00,0.00,0.00,0.00,,0.00,0.00,	,-24.00,0.00,颜 ?'
    check "a refund: its number, and what comes back" has ',-500.00,-500.00,0.00,0.00,0.00,0.00,0.00,,0.00,0.00,half	,9.00,'
    check "the amounts are those of the trades" equals "$(sum 14)" "$wanted"
    check "and so is the last line but one" has "#退款合计：$(rows | grep -c ',退款,')笔"
    check "its archive has the summary" unpacked 2
    check "whose sum is theirs" equals "$(tr -d '\t\r' <"$dir/out" | sed -n 's/^合计,,[0-9]*,[0-9]*,\([^,]*\),.*/\1/p')" \
        "$(echo "$wanted" | sed 's/..$/.&/')"
    if command -v unzip >/dev/null; then
        check "unzip finds no fault in it" unzip -tqq "$dir/zip"
    fi
    control POST /faults '{"method":"bill_file","kind":"http_500"}'
    fetch -w '%{http_code}' "$link" >"$dir/status"
    check "the file has its own bad luck" equals "$(cat "$dir/status")" 500
    control POST /clock '{"advance_ms":30000}'
    fetch -w '%{http_code}' "$link" >"$dir/status"
    check "the link lives half a minute" equals "$(cat "$dir/status")" 403
    control POST /settings '{"bill_at_once":false,"fee_refund":"none"}'
}
