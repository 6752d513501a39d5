// SPDX-License-Identifier: Apache-2.0
// make crash: a day for each point at which fenqid is killed, and the comparison behind it.
import { parseArgs } from 'node:util';
import { binary } from '../scenario/harness/world.mjs';
import { dieUnanswered } from './day.mjs';
import { dieWithoutRoom, endure, hardshipNamed, hardshipsOf } from './hardship.mjs';
import { dieAt, nameOf, pointOf, pointsOf, scenesOf } from './points.mjs';
import { Stage, canTrace } from './stage.mjs';

const DAYS_PER_STAGE = 25; /* the platforms forget nothing, and get slower */

const { values: options } = parseArgs({ options: {
  points: { type: 'string' },
  point: { type: 'string' },
  hardship: { type: 'string' }, /* those whose name it is part of; "all" */
  seed: { type: 'string' },
  jobs: { type: 'string', default: '2' },
  planted: { type: 'boolean' },
} });

/** `n` of the list, evenly spread, beginning where the seed says. */
function some(list, n, seed) {
  if (n >= list.length) return list;
  const offset = (seed * 0.6180339887498949) % 1;
  return Array.from({ length: n }, (_, i) => list[Math.floor(((i + offset) * list.length) / n)]);
}

async function onStage(body, program) {
  const stage = await Stage.raise({ program });
  try {
    return await body(stage);
  } finally {
    await stage.strike();
  }
}

/** One day; { outcome, violations }. Whatever keeps the day from its end is a violation. */
async function oneDay(stage, live) {
  try {
    return { outcome: await live(), violations: stage.violations };
  } catch (error) {
    stage.violate('day', `${error.stack}\n${stage.log.slice(-1000)}\n----\n${stage.world.fenqid.text.slice(-3000)}`);
    return { violations: stage.violations, isBroken: true };
  }
}

/** `tasks`: { name, live(stage) }; returns the names of those that found something. */
async function perform(tasks) {
  const queue = [...tasks];
  const found = [];
  const worker = async () => {
    while (queue.length > 0) await onStage(async (stage) => {
      for (let i = 0; i < DAYS_PER_STAGE && queue.length > 0; i++) {
        const task = queue.shift();
        const { outcome, violations, isBroken } = await oneDay(stage, () => task.live(stage));
        if (violations.length === 0) console.log(`crash: ${task.name}: ${outcome}`);
        for (const { when, what } of violations) console.log(`crash: ${task.name}: ${when}: ${what}`);
        if (violations.length > 0) found.push(task);
        if (isBroken) return;
      }
    });
  };
  await Promise.all(Array.from({ length: Number(options.jobs) }, worker));
  return found;
}

const dying = (point) => ({ name: `${nameOf(point)}/${point.count}`, again: `POINT='${nameOf(point)}'`, live: (stage) => dieAt(stage, point) });
const enduring = (hardship) => ({ name: hardship.name, again: `HARDSHIP='${hardship.name}'`, live: (stage) => endure(stage, hardship) });

/** What there is, counted in days that nothing disturbs: { points, hardships }. */
async function counted() {
  return onStage(async (stage) => {
    const scenes = await scenesOf(stage);
    const hardships = await hardshipsOf(stage, scenes);
    for (const { when, what } of stage.violations) console.log(`crash: undisturbed: ${when}: ${what}`);
    if (stage.violations.length > 0) process.exit(1);
    return { points: pointsOf(scenes), hardships };
  });
}

async function tasksOf() {
  if (options.point) return [dying(pointOf(options.point))];
  const named = options.hardship && hardshipNamed(options.hardship);
  if (named) return [enduring(named)];
  const { points, hardships } = await counted();
  const seed = Number(options.seed ?? Math.floor(Math.random() * 1e6));
  const n = Number(options.points ?? Infinity);
  const isMeant = ({ name }) => options.hardship === 'all' || name.includes(options.hardship);
  const all = options.hardship ? hardships.filter(isMeant) : points;
  if (n < all.length) console.log(`crash: ${n} of ${all.length} points, SEED=${seed}`);
  if (options.hardship) return some(all, n, seed).map(enduring);
  return [...some(points, n, seed).map(dying), ...(options.points ? some(hardships, Math.ceil(n / 4), seed).map(enduring) : [])];
}

/**
 * Bugs, each in a fenqid of its own, the death that shows it, and what must be found: it commits after it has sent, and
 * is killed while the platform holds its answer back, which no machine is too slow or too fast for; what it could not
 * store, for want of room, is told as done.
 */
const PROOFS = [
  { bug: 'sent, then committed', program: 'fenqid-planted', die: dieUnanswered, shows: 'left before it was in the ledger' },
  { bug: 'done, though the disk was full', program: 'fenqid-unstored', die: (stage) => dieWithoutRoom(stage, 'disk'), shows: 'was answered, and is not in the ledger' },
  { bug: 'done, though there was no memory', program: 'fenqid-unstored', die: (stage) => dieWithoutRoom(stage, 'memory'), shows: 'was answered, and is not in the ledger' },
];

/** The comparison must see the bug, and must see nothing in the fenqid as it is, which dies the same death first. */
async function isFound({ bug, program, die, shows }, sound) {
  const death = async (stage) => (await oneDay(stage, () => die(stage))).violations;
  const lies = await death(sound);
  for (const { when, what } of lies) console.log(`crash: without the planted bug (${bug}): ${when}: ${what}`);
  const violations = await onStage(death, binary(`tests/crash/${program}`));
  const found = violations.find(({ what }) => what.includes(shows));
  console.log(`crash: planted bug (${bug}): ${found ? `found: ${found.what}` : 'NOT FOUND'}`);
  return Boolean(found) && lies.length === 0;
}

const findPlanted = () => onStage(async (sound) => {
  let nFound = 0;
  for (const proof of PROOFS) nFound += await isFound(proof, sound);
  return nFound === PROOFS.length;
});

if (!(await canTrace())) {
  console.error('crash: strace may not attach to processes here: NOTHING WAS TESTED. Run it as root, or where');
  console.error('crash: ptrace is permitted; FENQI_CRASH=skip leaves this test out.');
  process.exit(1);
}
let isDone = false;
process.on('exit', () => isDone || console.error('crash: STOPPED before its end'));
const started = Date.now();
const tasks = options.planted ? [] : await tasksOf();
const found = await perform(tasks);
const isSharp = options.point || options.hardship ? true : await findPlanted();
for (const { again } of found) console.log(`crash: again by: make crash ${again}`);
console.log(`crash: ${tasks.length} points, ${found.length} violations, ${Math.round((Date.now() - started) / 1000)} s`);
isDone = true;
process.exit(found.length > 0 || !isSharp ? 1 : 0);
