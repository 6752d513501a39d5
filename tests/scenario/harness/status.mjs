// SPDX-License-Identifier: Apache-2.0
// The compact signed status that a buyer's browser carries back to the shop.
import assert from 'node:assert/strict';
import { isSigned, STATUS_TYPE } from './wire.mjs';

/** Verified first; then its lines of "name=value". */
export function readStatus(world, url) {
  const status = new URL(url).searchParams.get('fenqi');
  const [first, last] = [status.indexOf('.'), status.lastIndexOf('.')];
  const bytes = (text) => Buffer.from(text, 'base64url');
  const payload = bytes(status.slice(0, first));
  const key = world.publicKeys.get(status.slice(first + 1, last));
  assert.ok(isSigned(key, STATUS_TYPE, payload, bytes(status.slice(last + 1))), 'the status is signed');
  return Object.fromEntries(payload.toString('utf8').trim().split('\n').map((line) => line.split(/=(.*)/s)));
}
