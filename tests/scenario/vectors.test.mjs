// SPDX-License-Identifier: Apache-2.0
// The test vectors of proto/README.md, read by a verifier that shares no code with the one that made them.
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { openReply, readStatus } from '../storefront/fenqi.mjs';
import { digest, isSigned, rawPublicKey, REPLY_TYPE } from './harness/wire.mjs';

const [, block] = readFileSync(new URL('../../proto/README.md', import.meta.url), 'utf8').match(/^```vectors\n([^]*?)^```/m);
const told = {};
for (const line of block.replace(/\n +/g, '').trim().split('\n')) {
  const [name, value] = line.split(/ +/);
  told[name] = value;
}
const bytes = (name) => Buffer.from(told[name], 'hex');
const keys = new Map([[told.key_id, rawPublicKey(Buffer.from(told.public_key, 'base64'))]]);

test('the key is the seed\'s', () => {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), digest('fenqi test vector 1')]);
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  assert.deepEqual(createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-32), Buffer.from(told.public_key, 'base64'));
  const encoded = Buffer.concat([Buffer.from(`DSSEv1 ${REPLY_TYPE.length} ${REPLY_TYPE} ${bytes('payload').length} `), bytes('payload')]);
  assert.deepEqual(digest(encoded), bytes('encoding_digest'));
  assert.deepEqual(sign(null, encoded, key), bytes('signature'), 'Ed25519 has one signature for a text');
});

test('the reply verifies, and with any byte of its payload changed it does not', () => {
  const reply = openReply(bytes('signed_reply'), keys);
  assert.deepEqual([reply.request_id, reply.merchant_id, reply.payment.state, reply.payment.amount],
    ['vector-1', 'shop', 'PAYMENT_STATE_PAID', { minor: 699900, currency: 'CNY' }]);
  assert.deepEqual(Buffer.from(reply.request_digest), digest(bytes('request')));
  assert.deepEqual(bytes('request_digest'), digest(bytes('request')));
  for (let i = 0; i < bytes('payload').length; i++) {
    const changed = bytes('payload');
    changed[i] ^= 1;
    assert.ok(!isSigned(keys.get(told.key_id), REPLY_TYPE, changed, bytes('signature')), `byte ${i}`);
  }
});

test('the status of a return URL verifies', () => {
  const status = readStatus(`https://shop.example/paid/?fenqi=${told.status}`, keys);
  assert.deepEqual([status.payment, status.order, status.state, status.amount], ['p1jn4bbarr0002kb4c9a204qd0a6h7', 'order-1', 'PAID', 699900]);
});
