// SPDX-License-Identifier: Apache-2.0
// The serials of certificates: what the adapter sends is what the SDK computes of the same files.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Refusal, ask, channelOf } from './driver.mjs';
import { makeMode } from './modes.mjs';
import { sdkOf } from './sdk.mjs';

const genuine = join(process.env.FENQI_VECTORS ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url)), 'alipay/certs');

let folder;
let mode;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'fenqid-interop-'));
  mode = makeMode(folder, { certificateMode: true });
});
after(() => rmSync(folder, { recursive: true }));

const file = (name) => join(folder, name);

function openssl(...words) {
  execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
}

/** One certificate, issued by `by` or else by itself, of the key in NAME.key, or in `key`. */
function certify(name, subject, { by, key = `${name}.key`, serial } = {}) {
  openssl('req', '-x509', '-utf8', '-days', '30', '-subj', subject, '-key', key, '-out', `${name}.crt`,
    ...(by ? ['-CA', `${by}.crt`, '-CAkey', `${by}.key`] : []), ...(serial ? ['-set_serial', serial] : []));
}

function gather(bundle, ...names) {
  for (const name of names) appendFileSync(file(bundle), readFileSync(file(`${name}.crt`)));
}

const authority = (name) => `/C=CN/O=Fenqi Test/OU=Certification Authority/CN=${name}`;

/** The serials that the adapter sends and those that the SDK sends, with these keys. */
function serials(keys) {
  const { app_cert: appCertPath, alipay_root: alipayRootCertPath } = keys;
  const { params } = ask({ ...channelOf(mode, Date.now()), key: keys, operation: 'query', order: 'T1' });
  const { config } = sdkOf({ ...mode.sdk, appCertPath, alipayRootCertPath });
  return {
    ours: [params.app_cert_sn, params.alipay_root_cert_sn],
    theirs: [config.appCertSn, config.alipayRootCertSn],
  };
}

describe('the adapter and the SDK know certificates by the same serials', () => {
  test('roots of several kinds in one file: only RSA counts, in the order of the file', () => {
    openssl('genpkey', '-out', 'sm2.key', '-algorithm', 'SM2');
    openssl('genpkey', '-out', 'ec.key', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384');
    openssl('genpkey', '-out', 'root1.key', '-algorithm', 'RSA');
    certify('sm2', authority('Root SM2'));
    certify('ec', authority('Root E1'));
    certify('root1', authority('Root R1'), { serial: '0xf1' });
    certify('root2', authority('Root R2'), { key: 'root1.key' });
    gather('several.crt', 'sm2', 'root1', 'ec', 'root2');
    gather('turned.crt', 'root2', 'sm2', 'root1');
    const found = serials({ ...mode.keys, alipay_root: file('several.crt') });
    assert.deepEqual(found.ours, found.theirs);
    const turned = serials({ ...mode.keys, alipay_root: file('turned.crt') });
    assert.deepEqual(turned.ours, turned.theirs);
    assert.match(found.ours[1], /^[0-9a-f]{32}_[0-9a-f]{32}$/);
    assert.equal(turned.ours[1], found.ours[1].split('_').reverse().join('_'));
  });

  for (const serial of ['1', '0x80', '0x8000000000000000', `0x7f${'f'.repeat(38)}`]) {
    test(`our own certificate in front of its chain, serial ${serial}`, () => {
      const name = `app-${serial}`;
      certify(name, '/C=CN/O=一家店, "X"/OU=Alipay/CN=2088721003899159-2021000122671080', { by: 'root1', key: 'app.pem', serial });
      gather(`${name}.crt`, 'root1');
      const { ours, theirs } = serials({ ...mode.keys, app_cert: file(`${name}.crt`) });
      assert.deepEqual(ours, theirs);
      assert.notEqual(ours[0], serials(mode.keys).ours[0]);
    });
  }

  test('but a certificate of another key is refused', () => {
    certify('other', '/CN=other', { by: 'root1', key: 'root1.key' });
    assert.throws(() => serials({ ...mode.keys, app_cert: file('other.crt') }), Refusal);
  });
});

describe('the platform\'s genuine root certificates', { skip: existsSync(genuine) ? false : `no vectors at ${genuine} (set FENQI_VECTORS)` }, () => {
  const known = () => JSON.parse(readFileSync(join(genuine, 'root-cert-sn.json'), 'utf8')).cases;

  test('are known to both by their published serials', () => {
    const cases = known();
    assert.ok(cases.length > 0);
    for (const { file: path, expected_root_sn: expected } of cases) {
      const { ours, theirs } = serials({ ...mode.keys, alipay_root: join(genuine, '..', path) });
      assert.deepEqual([ours[1], theirs[1]], [expected, expected], path);
    }
  });
});
