// SPDX-License-Identifier: Apache-2.0
// Who has to pay, encrypted to UnionPay's certificate of the day; and card numbers, which nobody here ever sees.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asked, inCardWorld, MINUTE, opened, paid } from './harness/cards.mjs';
import * as unionpay from './harness/unionpay.mjs';
import { until } from './harness/wait.mjs';

const DAY = 24 * 60 * MINUTE;
const HOLDER = { name: '全渠道', document_type: 'DOCUMENT_TYPE_IDENTITY_CARD', document_number: '341126197709218366', phone: '13552535506' };
const STRANGER = { ...HOLDER, name: '张三', document_number: '510265790128303' };
const PAN = unionpay.CARD.card_number;

/** Nobody finds it in what was logged or stored. */
function neverKept(world, texts) {
  const stored = readdirSync(world.folder).filter((name) => name.startsWith('ledger.db'));
  assert.ok(stored.length > 0);
  for (const text of texts) {
    assert.ok(!world.log.includes(text), `the log shows ${text}`);
    for (const name of stored) assert.ok(!readFileSync(join(world.folder, name)).includes(text), `${name} shows ${text}`);
  }
}

const customerOf = (fields) => Buffer.from(fields.customerInfo, 'base64').toString('utf8');

const MER_ID = '777290058110097';
const encrypting = { merId: MER_ID, settings: { encrypt: 'yes', identity_is_checked: 'yes' } };

inCardWorld('a payer', { card: encrypting }, (scenario) => {
  /** From now on UnionPay refuses what should be encrypted and is not. */
  const strict = (world) => world.unionpay.addMerchant(MER_ID, readFileSync(join(world.folder, 'merchant.crt'), 'utf8'), true);

  scenario('reaches UnionPay: the phone encrypted, the rest beside it, and matched', async (world) => {
    await strict(world);
    const made = await opened(world, world.shop, { payer: HOLDER });
    assert.match(customerOf(made.fields), /^\{certifTp=01&certifId=341126197709218366&customerNm=全渠道&encryptedInfo=[A-Za-z0-9+/=]+\}$/);
    const { customer } = await world.unionpay.order(made.number);
    assert.deepEqual([customer.certifTp, customer.certifId, customer.customerNm, customer.phoneNo], ['01', HOLDER.document_number, HOLDER.name, HOLDER.phone]);
    assert.equal(made.fields.encryptCertId, (await world.unionpay.certificates()).encryption_cert_id);
    assert.deepEqual((await world.shop.get(made.id)).identity, { asked: true, result: 'RESULT_UNKNOWN' });
    await unionpay.pay(world.buyer, made.page);
    const payment = await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    assert.deepEqual(payment.identity, { asked: true, result: 'RESULT_REAL_NAME_MATCHED' });
    neverKept(world, [HOLDER.document_number, HOLDER.phone]);
  });

  scenario('who is not the card\'s holder is declined there, and another card may do', async (world) => {
    const made = await opened(world, world.shop, { payer: STRANGER });
    const page = await unionpay.enterCard(world.buyer, made.page);
    assert.match(page.body, /name="card_number"/);
    const open = await asked(made);
    assert.deepEqual([open.state, open.identity.result], ['PAYMENT_STATE_OPEN', 'RESULT_UNKNOWN']);
    assert.match(open.platform_code, /^66/);
    neverKept(world, [STRANGER.document_number]);
  });

  scenario('without a phone needs no encryption', async (world) => {
    const { phone, ...payer } = HOLDER;
    const made = await opened(world, world.shop, { payer });
    assert.match(customerOf(made.fields), /^\{certifTp=01&certifId=\d+&customerNm=全渠道\}$/);
    assert.ok(!('encryptCertId' in made.fields));
    await unionpay.pay(world.buyer, made.page);
    await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
  });

  scenario('is encrypted to the newest certificate: fetched daily, verified, kept over a restart', async (world) => {
    const renewals = async () => (await world.unionpay.ask('GET', '/log')).log.filter(({ method, code }) => method === 'key' && code === '00').length;
    await strict(world);
    await until('the first task after the start', async () => (await renewals()) >= 1);
    const { encryption_cert_id: before } = await world.unionpay.certificates();
    const { encryption_cert_id: after } = await world.unionpay.rotate('encryption');
    const used = async () => (await opened(world, world.shop, { payer: HOLDER })).fields.encryptCertId;
    assert.equal(await used(), before, 'the old one is still good');
    const merchants = readFileSync(join(world.folder, 'merchant.crt'), 'utf8');
    const first = world.logMark;
    for (const [kind, more, reason, ms] of [
      ['wrong_cn', {}, /CALL=task.*certificate is not UnionPay's/, DAY + MINUTE],
      ['tamper', { field: 'encryptPubKeyCert', value: merchants }, /CALL=task.*signature is bad/, 11 * MINUTE],
      ['lie', { field: 'encryptPubKeyCert', value: merchants }, /CALL=task.*certificate is not UnionPay's/, 11 * MINUTE]]) {
      const mark = world.logMark;
      await world.unionpay.fault('key', kind, more);
      await world.advance(ms);
      await world.logged(reason, mark);
    }
    assert.equal(await used(), before, 'nothing that is not UnionPay\'s is taken');
    await world.advance(11 * MINUTE);
    assert.match(await world.logged(/a platform key was renewed/, first), /KEY=encrypt/);
    assert.equal(await used(), after);
    await world.crashAndRestart();
    await until('the key to be brought back', async () => (await used()) === after);
    await world.advance(DAY + MINUTE);
    await until('the task to be done again', async () => (await renewals()) >= 3);
    assert.equal((world.log.slice(first).match(/a platform key was renewed/g)).length, 1, 'what is not new is no news');
  });

  scenario('is encrypted to the renewed certificate over a reload, and to another that is configured later', async (world) => {
    const used = async () => (await opened(world, world.shop, { payer: HOLDER })).fields.encryptCertId;
    const reload = async () => {
      const mark = world.logMark;
      world.fenqid.child.kill('SIGHUP');
      await world.logged(/: reloaded/, mark);
    };
    const configured = join(world.folder, 'unionpay', 'encryption.crt');
    const first = world.logMark;
    const { encryption_cert_id: renewed } = await world.unionpay.rotate('encryption');
    await world.advance(DAY + MINUTE);
    await world.logged(/a platform key was renewed/, first);
    await reload();
    assert.equal(await used(), renewed);
    const { encryption, encryption_cert_id: newest } = await world.unionpay.rotate('encryption');
    writeFileSync(configured, encryption); // out of UnionPay's console, while the task fails
    const mark = world.logMark;
    await reload();
    assert.equal(await used(), newest);
    assert.match(await world.logged(/a renewed key gives way/, mark), /KEY=encrypt/);
    assert.equal(await used(), newest);
    await world.crashAndRestart();
    await until('the notes to be read', async () => (await used()) === newest);
  });
});

inCardWorld('a card\'s whole number', { conf: {} }, (scenario) => {
  for (const accNo of ['clear', 'encrypted', 'absent']) {
    scenario(`that UnionPay sends along (${accNo}) is not looked at, logged or stored`, async (world) => {
      await world.unionpay.settings({ acc_no: accNo });
      await world.unionpay.fault('notify', 'clear_pan');
      const made = await opened(world);
      const done = await unionpay.pay(world.buyer, made.page);
      await until('the notification', async () => (await world.unionpay.notified(made.number)).length > 0);
      await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
      await unionpay.comeBack(world.buyer, done);
      neverKept(world, [PAN]);
    });
  }

  scenario('is not told when its message is refused either', async (world) => {
    const made = await opened(world);
    await world.unionpay.settings({ acc_no: 'clear' });
    const mark = world.logMark;
    await world.unionpay.fault('notify', 'bad_signature');
    await world.unionpay.fault('query', 'bad_signature');
    await world.unionpay.pay(made.number);
    await world.logged(/notification refused/, mark);
    await asked(made);
    neverKept(world, [PAN]);
  });

  scenario('and a payer who is named to a merchant that does not encrypt', async (world) => {
    const made = await opened(world, world.shop, { payer: HOLDER });
    assert.equal(customerOf(made.fields), '{certifTp=01&certifId=341126197709218366&customerNm=全渠道&phoneNo=13552535506}');
    await unionpay.pay(world.buyer, made.page);
    const { identity } = await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    assert.equal(identity.result, 'RESULT_UNKNOWN', 'whether it was compared, the contract does not say');
    neverKept(world, [HOLDER.document_number, HOLDER.phone]);
    await paid(world);
  });
});
