// SPDX-License-Identifier: Apache-2.0
// Scenarios that share a world, each followed by the checks that always hold.
import { after, before, describe, test } from 'node:test';
import { checkAll } from './checks.mjs';
import { World } from './world.mjs';

/**
 * `define` gets scenario(name, body, options): body(world) runs with a platform in good order.
 * Options: todo (a reason), skipMoney.
 */
export function inWorld(title, options, define) {
  describe(title, () => {
    let world;
    before(async () => {
      world = await World.start(options);
    });
    after(async () => {
      await world?.end();
    });
    define((name, body, { todo, ...checks } = {}) => {
      test(name, { todo }, async () => {
        const mark = world.logMark;
        const before = new Set(world.payments.keys());
        try {
          for (const sandbox of world.sandboxes) await sandbox.reset();
          await world.unionpay?.reset();
          await body(world);
          await checkAll(world, [...world.payments.keys()].filter((id) => !before.has(id)), checks);
        } catch (error) {
          if (!todo) console.error(`fenqid said meanwhile:\n${world.log.slice(mark).slice(-6000)}`);
          throw error;
        }
      });
    });
  });
}
