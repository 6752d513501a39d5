// SPDX-License-Identifier: Apache-2.0
// What no log may ever show: keys, links, and whoever pays.
import assert from 'node:assert/strict';
import { CARD, DEBIT_CARD, OTHERS_CARD } from './unionpay.mjs';

/** The cards that are typed in at the platform's page: fenqid never sees them. */
const CARDS = [CARD, DEBIT_CARD, OTHERS_CARD].flatMap((card) => [card.card_number, card.document_number, card.phone, card.customer_name]);

/** `text` is all that was said; `secrets` are the world's own keys and canaries. */
export function checkRedaction(text, secrets) {
  for (const secret of [...secrets, ...CARDS]) assert.ok(!text.includes(secret), `the log shows ${secret}`);
  assert.doesNotMatch(text, /\/(r|back)\/[0-9a-z]{20}/, "the log shows a buyer's link");
  assert.doesNotMatch(text, /(?<![0-9a-zA-Z])[0-9a-z]{39}(?![0-9a-zA-Z])/, "the log shows a link's token");
  assert.doesNotMatch(text, /Canary/, "the log shows what the storefront said about the buyer");
  assert.doesNotMatch(text, /PRIVATE KEY|BEGIN CERT/, 'the log shows a key file');
}

/** Whatever is worth a warning says what happens next. */
export function checkLines(text) {
  const silent = text.split('\n').filter((line) => /^(warning|error|critical): /.test(line) && !/ NEXT=/.test(line));
  assert.deepEqual(silent, [], 'lines that do not say what happens next');
}
