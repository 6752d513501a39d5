// SPDX-License-Identifier: Apache-2.0
// Where fenqid can be killed: each system call of its threads in a day that nothing disturbs.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { live } from './day.mjs';

/**
 * Per scene and thread, how much each system call counts: a kill before the second of two that
 * nobody outside can tell apart shows nothing new. A scene without a thread means any thread.
 *   start    an empty ledger        serve    the day
 *   noon     after a crash          evening  the way to a clean end
 */
const SCENES = {
  start: { '': { pwrite64: 1, fdatasync: 4, ftruncate: 4, fchown: 2, flock: 4, bind: 4, listen: 4, unlink: 4 } },
  serve: {
    'fenqid-store': { fdatasync: 8, write: 3, pwrite64: 1, fcntl: 0.3 },
    'fenqid-net': { sendto: 8, write: 8, connect: 8, socket: 8, close: 8, recvfrom: 1, poll: 1 },
    'MHD-single': { sendmsg: 8, sendto: 8, accept4: 2, recvfrom: 2, shutdown: 2, read: 2, write: 2, close: 2 },
    'ZMQbg/IO/0': { sendto: 1, recvfrom: 1, read: 0.5, write: 0.5 },
    'fenqid-read': { write: 1, pread64: 0.3, fcntl: 0.1 },
    fenqid: { write: 0.5, poll: 0.05 },
    'fenqid-work': { write: 0.5 },
  },
  noon: { '': { pwrite64: 0.3, fdatasync: 2, pread64: 0.3, sendto: 1, recvfrom: 0.5, openat: 0.2 } },
  evening: { '': { pwrite64: 1, fdatasync: 4, unlink: 4, ftruncate: 4, write: 1, close: 1, munmap: 0.5 } },
};
/** How many points of weight 1 make one of the full sweep: it takes about a quarter of an hour. */
const COMMON = 3;

export const LINE = /^(\d+) +(\w+)\(/;

/** How often each thread made each call: Map of thread id to Map of call to number. */
function countsOf(file) {
  const counts = new Map();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, id, call] = LINE.exec(line) ?? [];
    if (!id) continue;
    if (!counts.has(id)) counts.set(id, new Map());
    const calls = counts.get(id);
    calls.set(call, (calls.get(call) ?? 0) + 1);
  }
  return counts;
}

/** The same by name of the thread; "": the most that any of them made. */
function byName(counts, names) {
  const named = new Map();
  for (const [id, calls] of counts)
    for (const name of new Set(['', names.get(id) ?? '']))
      for (const [call, n] of calls) {
        if (!named.has(name)) named.set(name, new Map());
        named.get(name).set(call, Math.max(named.get(name).get(call) ?? 0, n));
      }
  return named;
}

function namesOf(pid) {
  const folder = `/proc/${pid}/task`;
  const names = new Map(readdirSync(folder).map((id) => [id, readFileSync(join(folder, id, 'comm'), 'utf8').trim()]));
  for (const [id, name] of names) if (name === 'fenqid' && id !== String(pid)) names.delete(id);
  return names;
}

/**
 * Days that nothing disturbs, counted: for each scene how often each thread makes each call, a Map of
 * the thread's name ("": any) to a Map of call to number. What they find stands in stage.violations.
 */
export async function scenesOf(stage) {
  const file = (name) => join(stage.world.folder, `${name}.strace`);
  const traced = (name) => ({ wrap: ['strace', '-D', '-f', '-q', '-o', file(name)] });
  const names = () => namesOf(stage.world.fenqid.child.pid);
  const scenes = {};
  await stage.begin(traced('start'));
  scenes.start = byName(countsOf(file('start')), names());
  await stage.begin();
  const tracer = await stage.trace('fenqid', ['-f', '-o', file('serve')]);
  await live(stage, { evening: async () => {
    scenes.serve = byName(countsOf(file('serve')), names());
  } });
  await tracer.signal('SIGTERM');
  let known;
  await stage.begin();
  await live(stage, {
    noon: () => stage.crash(traced('noon')),
    evening: async () => {
      known = names();
      scenes.noon = byName(countsOf(file('noon')), known);
      await stage.reboot();
    },
  });
  await stage.begin();
  await live(stage, { evening: async () => {
    await stage.trace('fenqid', ['-f', '-o', file('evening')]);
    await stage.reboot();
  } });
  scenes.evening = byName(countsOf(file('evening')), new Map());
  return scenes;
}

/** `n` numbers of 1..count, spread evenly. */
const spread = (count, n) => Array.from({ length: n }, (_, i) => 1 + Math.floor(((i + 0.5) * count) / n));

export const nameOf = ({ scene, thread, call, n }) => [scene, ...(thread ? [thread] : []), call, n].join(' ');

/** Every point of the full sweep: { scene, thread, call, n, count }. */
export function pointsOf(scenes) {
  const points = [];
  for (const [scene, threads] of Object.entries(SCENES))
    for (const [thread, calls] of Object.entries(threads))
      for (const [call, weight] of Object.entries(calls)) {
        const count = scenes[scene].get(thread)?.get(call) ?? 0;
        const n = Math.min(count, Math.ceil((count * weight) / COMMON));
        points.push(...spread(count, n).map((at) => ({ scene, thread, call, n: at, count })));
      }
  return points;
}

/** "serve fenqid-store pwrite64 123" */
export function pointOf(text) {
  const words = text.trim().split(/\s+/);
  const [scene, n, call] = [words.shift(), Number(words.pop()), words.pop()];
  if (!SCENES[scene] || !call || !Number.isInteger(n)) throw new Error(`not a point: ${text}`);
  return { scene, thread: words.join(' '), call, n, count: n };
}

// ---- one day with one death ----

const killAt = ({ call, n }) => ['-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${n}`, '-o', '/dev/null'];

/** Returns in words whether the point was reached; what was found stands in stage.violations. */
export async function dieAt(stage, point) {
  const how = { wrap: ['strace', '-D', '-f', '-q', ...killAt(point)] };
  let tracer;
  await stage.begin(point.scene === 'start' ? how : undefined);
  if (point.scene === 'serve') tracer = await stage.trace(point.thread, killAt(point));
  await live(stage, {
    noon: point.scene === 'noon' ? () => stage.crash(how) : undefined,
    evening: point.scene === 'evening' ? async () => {
      tracer = await stage.trace('fenqid', ['-f', ...killAt(point)]);
      await stage.reboot();
    } : undefined,
  });
  await tracer?.signal('SIGTERM');
  return stage.nKilled > 0 ? 'ok' : 'ok, but not reached';
}
