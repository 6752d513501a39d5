// SPDX-License-Identifier: Apache-2.0
// Asks adapter_driver what fenqid would send for a call, and what it would sign.
import { spawnSync } from 'node:child_process';
import { APP_ID, SELLER_ID } from '../scenario/harness/sandbox.mjs';
import { binary } from '../scenario/harness/world.mjs';

export class Refusal extends Error {}

function run(facts) {
  const lines = Object.entries({ adapters: binary('adapters'), ...facts })
    .flatMap(([name, value]) => (typeof value === 'object'
      ? Object.entries(value).map(([key, text]) => `${name} ${key} ${text}`)
      : [`${name} ${value}`]));
  const ran = spawnSync(binary('tests/interop/adapter_driver'), { input: `${lines.join('\n')}\n`, encoding: 'utf8' });
  if (ran.status !== 0) throw new Refusal(ran.stderr || ran.error?.message || `ended by ${ran.signal}`);
  return ran.stdout.split('\n').filter(Boolean).map((line) => line.split(/ (.*)/s));
}

/** Every parameter that travels, wherever it travels. */
function paramsOf(said, fields) {
  const url = said.url ? new URL(said.url) : undefined;
  const parts = [url?.searchParams, said.body, said.text].filter(Boolean).map((part) => new URLSearchParams(part));
  const pairs = [...parts.flatMap((part) => [...part]), ...fields];
  const params = Object.fromEntries(pairs);
  if (Object.keys(params).length !== pairs.length) throw new Error(`a parameter comes twice: ${JSON.stringify(pairs)}`);
  return params;
}

/**
 * Facts as adapter_driver.c lists them; `setting`, `key` and `with` are objects. Returns what was
 * said of the message, all its `params`, and `signedText` and `sign` made with what `with` puts in.
 */
export function ask(facts) {
  const lines = run(facts);
  const fields = lines.filter(([name]) => name === 'field').map(([, value]) => value.split(/ (.*)/s).slice(0, 2));
  const { signed_text: signedText, ...said } = Object.fromEntries(lines.filter(([name]) => name !== 'field'));
  return { ...said, signedText, params: paramsOf(said, fields) };
}

/** The facts of a channel with the account of `mode`. */
export function channelOf(mode, nowMs) {
  return {
    setting: { app_id: APP_ID, seller_id: SELLER_ID, gateway: 'https://openapi.alipay.com/gateway.do' },
    key: mode.keys,
    now: nowMs,
  };
}
