// SPDX-License-Identifier: Apache-2.0
// make shop: a town to walk through, until Ctrl-C.
import { once } from 'node:events';
import { startTown } from './town.mjs';

const town = await startTown({ say: (what, error) => console.error(`shop: ${what}: ${error.message}`) });
console.log(`
  the shop        ${town.shop.url}
  fenqid          ${town.world.web}   (hosted pages)
  the platforms   ${town.platform}   (their models; a certificate of our own: the browser asks once)

  Huabei: any account; payment password 111111
  bank card: 6221558812340000, 全渠道, 341126197709218366, 13552535506, expiry 11/23, CVN2 123; code 111111 (phone: 123456)

  Ctrl-C stops all of it.
`);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
await Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)));
console.log('\nstopping');
await town.end();
process.exit(0);
