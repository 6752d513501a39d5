// SPDX-License-Identifier: Apache-2.0
// Makes every key and certificate of a world; nothing secret outlives its folder.
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { curveKeyPair } from 'zeromq';

const pem = { publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } };
const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048, ...pem });

function tlsCertificate(folder) {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=sandbox',
    '-keyout', join(folder, 'tls.key'), '-out', join(folder, 'tls.crt'), '-addext', 'subjectAltName=IP:127.0.0.1'],
  { stdio: 'ignore' });
}

/** Writes the files; returns what the tests need to know, and the secrets that no log may show. */
export function makeKeys(folder) {
  const write = (name, text) => writeFileSync(join(folder, name), text, { mode: 0o600 });
  const server = curveKeyPair();
  const signing = generateKeyPairSync('ed25519', pem);
  const token = randomBytes(32).toString('base64');
  const app = rsa();
  const alipay = rsa();
  write('curve.secret', `${server.secretKey}\n`);
  write('signing.pem', signing.privateKey);
  write('token.key', `${token}\n`);
  write('app.pem', app.privateKey);
  write('app.pub', app.publicKey);
  write('alipay.pem', alipay.privateKey);
  write('alipay.pub', alipay.publicKey);
  tlsCertificate(folder);
  const body = (key) => key.split('\n').slice(1, -2).map((line) => line.slice(0, 40));
  return {
    server,
    signingPublic: signing.publicKey,
    secrets: [server.secretKey, token, ...body(signing.privateKey), ...body(app.privateKey)],
  };
}

export { curveKeyPair };
