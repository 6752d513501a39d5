/* SPDX-License-Identifier: Apache-2.0 */
/* The longer examples of the commented configuration, as they stand there. */
#include "daemon/conf/schema_rows.h"

/* clang-format off */

const char fq_conf_example_settings[] =
  "app_id = \"2021000000000000\";\n"
  "seller_id = \"2088000000000000\";\n"
  "gateway = \"https://openapi.alipay.com/gateway.do\";\n";

const char fq_conf_example_keys[] =
  "app = \"keys/huabei-app.pem\";          # our private key: PEM, or base64 as Alipay's key tool writes it\n"
  "alipay = \"keys/huabei-alipay.pub\";    # Alipay's public key, from the open platform's console\n"
  "# alipay_next = \"keys/huabei-alipay-next.pub\";   # its next one, while keys change\n"
  "# In certificate mode, in place of the two above (and alipay_cert_next, while they change):\n"
  "# app_cert = \"keys/appCertPublicKey.crt\";        # the certificate of our key\n"
  "# alipay_cert = \"keys/alipayCertPublicKey_RSA2.crt\";\n"
  "# alipay_root = \"keys/alipayRootCert.crt\";       # what a fetched certificate must lead up to\n"
  "# content = \"keys/huabei-content.key\";           # AES, base64: orders travel encrypted\n";

const char fq_conf_example_rates[] =
  "{ instalments = 3;  bearer = \"buyer\";    rate = \"2.30%\"; },\n"
  "{ instalments = 6;  bearer = \"buyer\";    rate = \"4.50%\"; },\n"
  "{ instalments = 12; bearer = \"buyer\";    rate = \"7.50%\"; },\n"
  "{ instalments = 3;  bearer = \"merchant\"; rate = \"1.80%\"; }\n";

const char fq_conf_example_campaigns[] =
  "{\n"
  "    id = \"november-2026\";\n"
  "    from = \"2026-11-01 00:00\";\n"
  "    until = \"2026-11-12 00:00\";     # at this very moment it is over\n"
  "    merchants = [ \"example\" ];      # left out: all of them\n"
  "    issuers = [ \"icbc\" ];           # banks of issuers_file; left out: whatever the bank\n"
  "    rates = ( { instalments = 3; bearer = \"merchant\"; rate = \"1.50%\"; } );\n"
  "}\n";

const char fq_conf_example_merchant_rates[] =
  "{\n"
  "    channel = \"huabei\";\n"
  "    rates = (\n"
  "        { instalments = 3; bearer = \"buyer\"; rate = \"2.20%\"; amount_max = \"999.99\"; },\n"
  "        { instalments = 3; bearer = \"buyer\"; rate = \"2.00%\"; amount_min = \"1000.00\"; }\n"
  "    );\n"
  "}\n";

const char fq_conf_example_second_channel[] =
  "{\n"
  "    # Bank cards through UnionPay. The buyer enters the card, and chooses the terms, on its page.\n"
  "    name = \"bankcard\";\n"
  "    adapter = \"bankcard\";\n"
  "    hosts = [ \"gateway.95516.com\", \"filedownload.95516.com\" ];\n"
  "    amount_min = \"100.00\";\n"
  "    amount_max = \"50000.00\";\n"
  "    attempt_life = \"15min\";\n"
  "    statements = true;                            # without the file many a payment's terms stay unconfirmed\n"
  "\n"
  "    settings: {\n"
  "        mer_id = \"000000000000000\";               # 15 characters, from UnionPay\n"
  "        gateway = \"https://gateway.95516.com\";\n"
  "        file_gateway = \"https://filedownload.95516.com\";\n"
  "    };\n"
  "\n"
  "    keys: {\n"
  "        sign = \"keys/bankcard-sign.key\";          # our private key; `fenqictl key import` takes it out of a .pfx\n"
  "        sign_cert = \"keys/bankcard-sign.cer\";     # its certificate\n"
  "        roots = \"keys/bankcard-roots.pem\";        # UnionPay's root and middle certificates, PEM, and no others\n"
  "        # encrypt = \"keys/bankcard-encrypt.cer\";  # for payers' names, with settings.encrypt = \"yes\"\n"
  "    };\n"
  "\n"
  "    # Where no bank is named, or one without rates of its own. All of these rates are EXAMPLES.\n"
  "    rates = (\n"
  "        { instalments = 3;  bearer = \"buyer\"; rate = \"2.70%\"; },\n"
  "        { instalments = 6;  bearer = \"buyer\"; rate = \"4.20%\"; },\n"
  "        { instalments = 12; bearer = \"buyer\"; rate = \"7.80%\"; }\n"
  "    );\n"
  "    issuers_file = \"issuers/unionpay-example.conf\";\n"
  "}\n";

/* clang-format on */
