// SPDX-License-Identifier: Apache-2.0
// Makes every key and certificate of a world; nothing secret outlives its folder.
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { curveKeyPair } from 'zeromq';
import { makeMerchant } from './unionpay.mjs';

const pem = { publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } };
const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048, ...pem });

function tlsCertificate(folder) {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=sandbox',
    '-keyout', join(folder, 'tls.key'), '-out', join(folder, 'tls.crt'), '-addext', 'subjectAltName=IP:127.0.0.1'],
  { stdio: 'ignore' });
}

/** Certificates are issued as the platform does: under a bundle of roots, not all of them RSA. */
class Authority {
  #folder;
  #nSerials = 0;

  constructor(folder, name) {
    this.#folder = folder;
    this.name = name;
    this.#run('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3650', '-subj', `/C=CN/O=${name}/OU=Certification Authority/CN=${name} R1`,
      '-keyout', `${name}.pem`, '-out', `${name}.crt`);
  }

  #run(...args) {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: ['ignore', 'ignore', 'pipe'] });
  }

  /** `certificate` for the key in `key`. */
  issue(key, certificate, commonName) {
    this.#run('req', '-new', '-key', key, '-subj', `/C=CN/O=${commonName}/CN=${commonName}`, '-out', 'request.csr');
    this.#run('x509', '-req', '-in', 'request.csr', '-CA', `${this.name}.crt`, '-CAkey', `${this.name}.pem`,
      '-set_serial', `${8_000_000_000_000_000 + ++this.#nSerials}`, '-days', '3650', '-out', certificate);
  }

  /** The bundle: an SM2 and an ECDSA root before the one that counts. */
  bundle(file) {
    const others = [['SM2', '-sm3'], ['P-384', '-sha384']].map(([curve, digest]) => {
      this.#run('ecparam', '-name', curve === 'SM2' ? 'SM2' : 'secp384r1', '-genkey', '-noout', '-out', 'other.pem');
      this.#run('req', '-x509', '-key', 'other.pem', digest, '-days', '3650', '-subj', `/C=CN/O=${this.name}/CN=${this.name} ${curve} R1`, '-out', 'other.crt');
      return readFileSync(join(this.#folder, 'other.crt'), 'utf8');
    });
    const root = readFileSync(join(this.#folder, `${this.name}.crt`), 'utf8');
    writeFileSync(join(this.#folder, file), [...others, root].join(''));
  }
}

/**
 * One account at the platform: what fenqid's channel names, what its sandbox is started with, and
 * what no log may show. `prefix` stands before each file's name.
 */
export function makeAccount(folder, { prefix = '', certificateMode, contentKey } = {}) {
  const file = (rest) => prefix + rest;
  const path = (rest) => join(folder, prefix + rest);
  const write = (rest, text) => writeFileSync(path(rest), text, { mode: 0o600 });
  const names = ['app', 'alipay', ...(certificateMode ? ['alipay_next'] : [])];
  const pairs = Object.fromEntries(names.map((one) => [one, rsa()]));
  for (const [one, pair] of Object.entries(pairs)) {
    write(`${one}.pem`, pair.privateKey);
    write(`${one}.pub`, pair.publicKey);
  }
  const account = {
    secrets: body(pairs.app.privateKey),
    keys: { app: file('app.pem'), alipay: file('alipay.pub') },
    platform: ['--alipay-private', path('alipay.pem')],
  };
  if (certificateMode) {
    const authority = new Authority(folder, file('root'));
    for (const [one, commonName] of [['app', 'shop'], ['alipay', 'platform'], ['alipay_next', 'platform']])
      authority.issue(file(`${one}.pem`), file(`${one}.crt`), commonName);
    authority.bundle(file('roots.crt'));
    account.keys = { app: file('app.pem'), app_cert: file('app.crt'), alipay_cert: file('alipay.crt'), alipay_root: file('roots.crt') };
    account.platform.push('--app-cert', path('app.crt'), '--alipay-cert', path('alipay.crt'), '--alipay-root', path('roots.crt'),
      '--alipay-cert-next', path('alipay_next.crt'), '--alipay-private-next', path('alipay_next.pem'));
  } else {
    account.platform.push('--app-public', path('app.pub'));
  }
  if (contentKey) {
    const key = randomBytes(16).toString('base64');
    write('content.key', `${key}\n`);
    account.keys.content = file('content.key');
    account.platform.push('--content-key', key);
    account.secrets.push(key);
  }
  return account;
}

/**
 * An account at UnionPay, as makeAccount's; `platform` goes to the sandbox that serves it. `options`
 * and `settings` are the channel's.
 */
export function makeCardAccount(folder, { name = 'bankcard', options, settings, ...wish } = {}) {
  const merchant = makeMerchant(folder, wish);
  return { name, adapter: 'bankcard', merId: merchant.merId, certId: merchant.certId, keys: merchant.keys, secrets: merchant.secrets,
    platform: merchant.options, privateKey: merchant.privateKey, options, settings };
}

/** Names and document numbers of payers are stored under it. */
export function makePayerKey(folder) {
  const key = randomBytes(32).toString('base64');
  writeFileSync(join(folder, 'payer.key'), `${key}\n`, { mode: 0o600 });
  return { file: 'payer.key', key };
}

const body = (key) => key.split('\n').slice(1, -2).map((line) => line.slice(0, 40));

/** Writes fenqid's own files and those of one account; returns what the tests need to know, and the secrets that no log may show. */
export function makeKeys(folder, wish) {
  const write = (name, text) => writeFileSync(join(folder, name), text, { mode: 0o600 });
  const server = curveKeyPair();
  const signing = generateKeyPairSync('ed25519', pem);
  const token = randomBytes(32).toString('base64');
  write('curve.secret', `${server.secretKey}\n`);
  write('signing.pem', signing.privateKey);
  write('token.key', `${token}\n`);
  const payer = randomBytes(32).toString('base64');
  write('payer.key', `${payer}\n`);
  tlsCertificate(folder);
  const account = makeAccount(folder, wish);
  return {
    server,
    signingPublic: signing.publicKey,
    account,
    payer,
    secrets: [server.secretKey, token, payer, ...body(signing.privateKey), ...account.secrets],
  };
}

export { curveKeyPair };
