// SPDX-License-Identifier: Apache-2.0
// Writes fenqid.conf and its merchants.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { APP_ID, SELLER_ID } from './sandbox.mjs';

const line = (indent, values) =>
  Object.entries(values).map(([name, value]) => `${indent}${name} = ${typeof value === 'string' ? JSON.stringify(value) : value};\n`).join('');

/**
 * `facts` are the world's: webPort, frontPort, sandboxPort, adapters, merchants. `changes` replace
 * options: { front, web, poll, work, channel }.
 */
export function writeConf(folder, facts, changes = {}) {
  const host = `127.0.0.1:${facts.sandboxPort}`;
  const front = { curve_secret_file: 'curve.secret', ...changes.front };
  const web = { address: `127.0.0.1:${facts.webPort}`, public_url: `http://127.0.0.1:${facts.webPort}`, ...changes.web };
  const poll = { first: '10min', max: '1h', ...changes.poll };
  const work = { adapters_dir: facts.adapters, workers: 2, ...changes.work };
  const channel = { timeout: '2s', amount_max: '50000.00', payment_life: '30min', quote_life: '15min', ...changes.channel };
  const text = `instance = "t1";
order_prefix = "T";
front: {
    endpoints = [ "tcp://127.0.0.1:${facts.frontPort}" ];
${line('    ', front)}};
web: {
${line('    ', web)}};
store: { path = "ledger.db"; };
log: { level = "debug"; };
signing: {
    keys = ( { id = "test-1"; file = "signing.pem"; } );
    token_key_file = "token.key";
};
work: {
${line('    ', work)}};
poll: {
${line('    ', poll)}};
channels = (
    {
        name = "huabei";
        adapter = "huabei";
        hosts = [ "${host}" ];
        ca_file = "tls.crt";
${line('        ', channel)}        settings: { app_id = "${APP_ID}"; seller_id = "${SELLER_ID}"; gateway = "https://${host}/gateway.do"; };
        keys: { app = "app.pem"; alipay = "alipay.pub"; };
        rates = (
            { instalments = 3;  bearer = "buyer";    rate = "2.30%"; },
            { instalments = 6;  bearer = "buyer";    rate = "4.50%"; },
            { instalments = 12; bearer = "buyer";    rate = "7.50%"; },
            { instalments = 3;  bearer = "merchant"; rate = "1.80%"; }
        );
    }
);
merchants_dir = "merchants.d";
`;
  writeFileSync(join(folder, 'fenqid.conf'), text);
  mkdirSync(join(folder, 'merchants.d'), { recursive: true });
  for (const { id, publicKey, ...options } of facts.merchants) {
    const merchant = `id = "${id}";\nname = "${id} & Söhne <店>";\nclient_keys = [ "${publicKey}" ];\nchannels = [ "huabei" ];
return_urls = [ "https://${id}.example.com/paid/" ];\n${line('', options)}`;
    writeFileSync(join(folder, 'merchants.d', `${id}.conf`), merchant);
  }
  return join(folder, 'fenqid.conf');
}
