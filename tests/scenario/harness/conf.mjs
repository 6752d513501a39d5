// SPDX-License-Identifier: Apache-2.0
// Writes fenqid.conf and its merchants.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SLOWNESS } from './wait.mjs';

const line = (indent, values) =>
  Object.entries(values).map(([name, value]) => `${indent}${name} = ${typeof value === 'string' ? JSON.stringify(value) : value};\n`).join('');

/** What each adapter calls its account. */
const settingsOf = {
  huabei: ({ appId, sellerId, port }) => ({ app_id: appId, seller_id: sellerId, gateway: `https://127.0.0.1:${port}/gateway.do` }),
  bankcard: ({ merId, port, settings }) => ({ mer_id: merId, gateway: `https://127.0.0.1:${port}`, ...settings }),
};

const inline = (values) => line('', values).replaceAll('\n', ' ');

const channel = ({ adapter = 'huabei', ...account }, options) => `    {
        name = "${account.name}";
        adapter = "${adapter}";
        hosts = [ "127.0.0.1:${account.port}" ];
        ca_file = "tls.crt";
${line('        ', options)}        settings: { ${inline(settingsOf[adapter](account))}};
        keys: { ${inline(account.keys)}};
        rates = (
            { instalments = 3;  bearer = "buyer";    rate = "2.30%"; },
            { instalments = 6;  bearer = "buyer";    rate = "4.50%"; },
            { instalments = 12; bearer = "buyer";    rate = "7.50%"; },
            { instalments = 3;  bearer = "merchant"; rate = "1.80%"; }
        );
    }`;

/**
 * `facts` are the world's: webPort, frontPort, accounts (with the port that each is served at),
 * adapters, merchants. `changes` replace options: { front, web, control, log, poll, events, work, channel }; `channel`
 * means every channel; `payerKeys` are files, the first seals.
 */
export function writeConf(folder, facts, changes = {}) {
  const front = { curve_secret_file: 'curve.secret', ...changes.front };
  const web = { address: `127.0.0.1:${facts.webPort}`, public_url: `http://127.0.0.1:${facts.webPort}`, ...changes.web };
  const events = { ...changes.events };
  const poll = { first: '10min', max: '1h', ...changes.poll };
  const work = { adapters_dir: facts.adapters, workers: 2, ...changes.work };
  // A model of a platform that makes a key, under a sanitizer, is no platform that does not answer.
  const timeout = `${2 * Math.max(1, Math.ceil(SLOWNESS / 4))}s`;
  const common = { timeout, amount_max: '50000.00', payment_life: '30min', quote_life: '15min', ...changes.channel };
  const text = `instance = "t1";
order_prefix = "T";
front: {
    endpoints = [ "tcp://127.0.0.1:${facts.frontPort}" ];
${line('    ', front)}};
web: {
${line('    ', web)}};
${changes.control ? `control: {\n${line('    ', changes.control)}};\n` : ''}store: { path = "ledger.db"; };
log: {
${line('    ', { level: 'debug', ...changes.log })}};
signing: {
    keys = ( { id = "test-1"; file = "signing.pem"; } );
    token_key_file = "token.key";
    payer_key_files = [ ${(changes.payerKeys ?? ['payer.key']).map((one) => `"${one}"`).join(', ')} ];
};
work: {
${line('    ', work)}};
poll: {
${line('    ', poll)}};
events: {
${line('    ', events)}};
channels = (
${facts.accounts.map((account) => channel(account, { ...common, ...account.options })).join(',\n')}
);
merchants_dir = "merchants.d";
`;
  writeFileSync(join(folder, 'fenqid.conf'), text);
  mkdirSync(join(folder, 'merchants.d'), { recursive: true });
  for (const { id, publicKey, channels = ['huabei'], name = `${id} & Söhne <店>`, returnUrls = [`https://${id}.example.com/paid/`], ...options } of facts.merchants) {
    const merchant = `id = "${id}";\nname = "${name}";\nclient_keys = [ "${publicKey}" ];\nchannels = [ ${channels.map((one) => `"${one}"`).join(', ')} ];
return_urls = [ ${returnUrls.map((one) => `"${one}"`).join(', ')} ];\n${line('', options)}`;
    writeFileSync(join(folder, 'merchants.d', `${id}.conf`), merchant);
  }
  return join(folder, 'fenqid.conf');
}
