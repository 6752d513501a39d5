// SPDX-License-Identifier: Apache-2.0
// The ways in which merchant and platform may know each other, each with an account of its own.
import { createDecipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeKeys } from '../scenario/harness/keys.mjs';
import { APP_ID } from '../scenario/harness/sandbox.mjs';

export class Mode {
  /** `account`: as makeKeys makes it in `folder`. */
  constructor(folder, account) {
    this.account = account;
    this.keys = Object.fromEntries(Object.entries(account.keys).map(([name, file]) => [name, join(folder, file)]));
    this.contentKey = this.keys.content && readFileSync(this.keys.content, 'utf8').trim();
  }

  /** What the SDK is told of the account. */
  get sdk() {
    const { app, alipay, app_cert: appCertPath, alipay_cert: alipayPublicCertPath, alipay_root: alipayRootCertPath } = this.keys;
    return {
      appId: APP_ID,
      privateKey: readFileSync(app, 'utf8'),
      keyType: 'PKCS8',
      ...(appCertPath ? { appCertPath, alipayPublicCertPath, alipayRootCertPath } : { alipayPublicKey: readFileSync(alipay, 'utf8') }),
      ...(this.contentKey ? { encryptKey: this.contentKey } : {}),
    };
  }

  /** What each call of the SDK's says beside its fields. */
  get call() {
    return this.contentKey ? { needEncrypt: true } : {};
  }

  /** The JSON text of a biz_content as it travels. */
  open(bizContent) {
    if (!this.contentKey) return bizContent;
    const decipher = createDecipheriv('aes-128-cbc', Buffer.from(this.contentKey, 'base64'), Buffer.alloc(16));
    return decipher.update(bizContent, 'base64', 'utf8') + decipher.final('utf8');
  }
}

/** Options of makeKeys, and of worlds. */
export const MODES = {
  'plain keys': {},
  certificates: { certificateMode: true },
  'certificates, encrypted': { certificateMode: true, contentKey: true },
};

export function makeMode(folder, options) {
  return new Mode(folder, makeKeys(folder, options).account);
}
