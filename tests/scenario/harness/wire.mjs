// SPDX-License-Identifier: Apache-2.0
// The messages of proto/fenqi.proto, loaded at run time, and the check of what fenqid signed.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const proto = fileURLToPath(new URL('../../../proto/fenqi.proto', import.meta.url));
const root = await new protobuf.Root().load(proto, { keepCase: true });
const type = (name) => root.lookupType(`fenqi.v1.${name}`);

export const Request = type('Request');
const Reply = type('Reply');
const SignedReply = type('SignedReply');

export const REPLY_TYPE = 'application/vnd.fenqi.v1.reply+protobuf';
export const STATUS_TYPE = 'application/vnd.fenqi.v1.status';

const plain = { longs: Number, enums: String, defaults: true, arrays: true };

export function encodeRequest(fields) {
  return Buffer.from(Request.encode(Request.fromObject(fields)).finish());
}

/** secure-systems-lab/dsse, version 1: what a signature covers. */
function preAuthentication(payloadType, payload) {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `),
    payload,
  ]);
}

export function isSigned(key, payloadType, payload, signature) {
  return verify(null, preAuthentication(payloadType, payload), key, signature);
}

/** An Ed25519 key out of its 32 raw bytes. */
export function rawPublicKey(bytes) {
  const prefix = Buffer.from('302a300506032b6570032100', 'hex');
  return createPublicKey({ key: Buffer.concat([prefix, bytes]), format: 'der', type: 'spki' });
}

/**
 * Verifies first, over the bytes that came, and reads afterwards. `keys` maps key ids to public keys.
 */
export function openReply(bytes, keys) {
  const signed = SignedReply.decode(bytes);
  const payload = Buffer.from(signed.payload);
  if (signed.payload_type !== REPLY_TYPE) throw new Error(`payload type ${signed.payload_type}`);
  const good = signed.signatures.filter((one) => one.algorithm === 'ed25519' && keys.has(one.key_id) &&
    isSigned(keys.get(one.key_id), REPLY_TYPE, payload, Buffer.from(one.value)));
  if (good.length === 0) throw new Error('no good signature by a known key');
  return Reply.toObject(Reply.decode(payload), plain);
}

export function digest(bytes) {
  return createHash('sha256').update(bytes).digest();
}
