// SPDX-License-Identifier: Apache-2.0
// A keeper of fenqid's web socket, as systemd is (keeper.pl): fenqid ends and begins, the socket stays.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { until } from './wait.mjs';

const script = fileURLToPath(new URL('./keeper.pl', import.meta.url));

/** From now on the world's fenqid runs under a keeper, which starts and stops it as it is told. */
export async function underKeeper(world) {
  await world.stopDaemon();
  await world.startDaemon({ through: ['perl', script, `${world.webPort}`] });
  const keeper = world.fenqid;
  const lines = (word) => keeper.text.match(new RegExp(`^keeper: ${word} .*$`, 'gm')) ?? [];
  const after = async (word, act) => {
    const before = lines(word).length;
    act();
    await until(`fenqid to have ${word}`, () => lines(word).length > before, 30_000);
  };
  return {
    /** SIGTERM: it must end well. */
    stop: async () => {
      await after('ended', () => keeper.child.kill('SIGUSR1'));
      assert.equal(lines('ended').at(-1), 'keeper: ended 0', 'fenqid stopped cleanly');
    },
    crash: () => after('ended', () => process.kill(Number(/\d+/.exec(lines('started').at(-1))[0]), 'SIGKILL')),
    start: () => after('started', () => keeper.child.kill('SIGUSR2')),
  };
}
