// SPDX-License-Identifier: Apache-2.0
// The shop with everything around it: the platforms' models, fenqid, keys, in a private folder. For people (make shop)
// and for the browser tests.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../scenario/harness/processes.mjs';
import { World } from '../scenario/harness/world.mjs';
import { startShop } from './shop/app.mjs';

export const READING_SECONDS = 3;
/** Who takes the fee, as the table of cost names it; as it stands in fenqid.conf. */
const collector = (zh, en) => ({ toString: () => `{ collector_zh = "${zh}"; collector_en = "${en}"; }` });
const BANKS = fileURLToPath(new URL('banks.conf', import.meta.url));

/** Returns { world, shop, end() }. say(what, error): the shop's complaints; readingSeconds: what the shop itself insists on. */
export async function startTown({ conf, say, readingSeconds = READING_SECONDS } = {}) {
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const world = await World.start({
    card: { options: { issuers_file: BANKS, disclosure: collector('发卡银行', 'the bank of the card') } },
    conf: { poll: { first: '1s', max: '5s' }, channel: { amount_min: '100.00', disclosure: collector('花呗贷款机构', "Huabei's lender") }, ...conf },
    merchants: [{ id: 'wangshu', name: '望舒商城', returnUrls: [`${publicUrl}/paid/`], disclosure_min: `${READING_SECONDS}s` }],
  });
  try {
    const platform = `https://127.0.0.1:${world.sandbox.port}`;
    const { publicKey, secretKey } = world.merchants.find(({ id }) => id === 'wangshu').curve;
    const shopOptions = {
      port, folder: join(world.folder, 'shop'), readingSeconds, formOrigins: [world.web, platform],
      client: { addresses: [`tcp://127.0.0.1:${world.frontPort}`], serverKey: world.keys.server.publicKey, publicKey, secretKey, keys: world.publicKeys, merchantId: 'wangshu', withinMs: 6000 },
      simulator: { open: async (orderString) => platform + (await world.sandbox.phone(orderString, 'open')).cashier_path },
      now: () => world.now(), say,
    };
    const town = {
      world, platform, shop: await startShop(shopOptions),
      /** The shop's process dies and comes back: what it knows is on disk. */
      async restartShop() {
        await town.shop.close();
        town.shop = await startShop(shopOptions);
      },
      async end() {
        await town.shop.close();
        await world.end();
      },
    };
    return town;
  } catch (error) {
    await world.abandon();
    throw error;
  }
}
