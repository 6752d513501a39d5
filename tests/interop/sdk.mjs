// SPDX-License-Identifier: Apache-2.0
// The platform's own SDK: clients of it, and what they would send without sending it.
import { AlipaySdk } from 'alipay-sdk';
import { Agent } from 'urllib';
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

/** The SDK cuts what is signed out of an answer at its braces; encrypted, it has none but quotes. */
class Client extends AlipaySdk {
  getSignStr(answer, node) {
    const encrypted = new RegExp(`"${node}":("[^"]*")`).exec(answer);
    return encrypted ? encrypted[1] : super.getSignStr(answer, node);
  }
}

/** A client that trusts the TLS certificates in `ca`; `options` are the SDK's own. */
export function sdkOf({ ca = [], ...options }) {
  return new Client({ proxyAgent: new Agent({ connect: { ca } }), ...options });
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
