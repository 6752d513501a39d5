// SPDX-License-Identifier: Apache-2.0
// Browser tests that share a town and a browser.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startTown } from '../town.mjs';
import { Buyer, launch } from './buyer.mjs';

/** define(visitTest): visitTest(name, body(buyer, town), { device, ...newContext's options }). */
export function inTown(title, options, define) {
  describe(title, () => {
    let town;
    let browser;
    const faults = [];
    before(async () => {
      town = await startTown({ ...options, say: (what, error) => what === 'fault' && faults.push(error) });
      browser = await launch();
    });
    after(async () => {
      await browser?.close();
      await town?.end();
    });
    define((name, body, { device = 'desktop', ...context } = {}) => {
      test(name, async () => {
        await town.world.sandbox.reset();
        await town.world.unionpay.reset();
        const buyer = await Buyer.arrive(browser, town, device, context);
        try {
          await body(buyer, town, browser);
        } catch (error) {
          await buyer.shot(`failed-${name.replace(/\W+/g, '-')}`).catch(() => {});
          error.message += `\n  at ${buyer.url}\n  fenqid's last words:\n${town.world.log.slice(-1500)}`;
          throw error;
        }
        await buyer.leave();
        assert.deepEqual(faults.splice(0), [], "the shop's own mistakes");
      });
    });
  });
}
