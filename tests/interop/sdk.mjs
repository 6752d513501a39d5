// SPDX-License-Identifier: Apache-2.0
// The platform's own SDK: clients of it, and what they would send without sending it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AlipaySdk } from 'alipay-sdk';
import { Agent } from 'urllib';
import { APP_ID } from '../scenario/harness/sandbox.mjs';
import { listen } from './listener.mjs';

// The SDK writes the host's own time; the platform wants Beijing's.
process.env.TZ = 'Asia/Shanghai';

/** Stops the clock that the SDK reads; returns what starts it again. */
export function stopClock(nowMs) {
  const { Date: RunningDate } = globalThis;
  globalThis.Date = class extends RunningDate {
    constructor(...parts) {
      super(...(parts.length > 0 ? parts : [nowMs]));
    }

    static now() {
      return nowMs;
    }
  };
  return () => {
    globalThis.Date = RunningDate;
  };
}

/** A client with the keys of makeKeys; `changes` replace options of the SDK's. */
export function sdkOf(folder, changes = {}) {
  const file = (name) => readFileSync(join(folder, name), 'utf8');
  const { ca = file('tls.crt') } = changes;
  return new AlipaySdk({
    appId: APP_ID,
    privateKey: file('app.pem'),
    keyType: 'PKCS8',
    alipayPublicKey: file('alipay.pub'),
    proxyAgent: new Agent({ connect: { ca } }),
    ...changes,
  });
}

const isPage = (method) => ['alipay.trade.page.pay', 'alipay.trade.wap.pay'].includes(method);

/** The parameters of a page's form. */
export function formOf(html) {
  const text = (value) => value.replaceAll('&quot;', '"').replaceAll('&amp;', '&');
  const action = text(/<form action="([^"]+)"/.exec(html)[1]);
  const fields = [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name, text(value)]);
  return { action, fields: Object.fromEntries(fields) };
}

/** What the SDK asks the gateway for `method`: every parameter, sign included. */
export async function paramsOf(sdk, method, params) {
  if (isPage(method)) return Object.fromEntries(new URL(sdk.pageExec(method, 'GET', params)).searchParams);
  if (method === 'alipay.trade.app.pay') return Object.fromEntries(new URLSearchParams(sdk.sdkExecute(method, params)));
  const gateway = await listen(() => ({ status: 503, body: '' }));
  const { gateway: before } = sdk.config;
  try {
    sdk.config.gateway = gateway.url;
    await sdk.exec(method, params).catch(() => undefined);
    const [{ url, body }] = gateway.requests;
    return Object.fromEntries([...new URL(url, gateway.url).searchParams, ...new URLSearchParams(body)]);
  } finally {
    sdk.config.gateway = before;
    await gateway.close();
  }
}
