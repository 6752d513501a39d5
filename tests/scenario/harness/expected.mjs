// SPDX-License-Identifier: Apache-2.0
// Texts that are kept in files and read by people: what is said is compared with them, after whatever
// differs from night to night was replaced by a word in angle brackets.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';

const WORDS = [
  [/\bp1[0-9a-z]{28,30}-r\d+\b/g, '<refund>'],
  [/\bp1[0-9a-z]{28,30}\b/g, '<payment>'],
  [/\bT\d{14}[0-9A-Za-z]{14}\b/g, '<number>'],
  [/\border-\d+-[0-9a-f]{8}\b/g, '<order>'],
  [/\bREQUEST=[0-9a-f-]{36}/g, 'REQUEST=<id>'],
  [/"?\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?"?/g, '<time>'],
  [/\b\d+ (KiB|MiB|GiB|TiB)/g, '<size>'],
  [/ at [\w./]+:\d+( < [\w./]+:\d+)*/g, ' at <place>'],
  [/^fenqid .*, instance/gm, 'fenqid  <version>, instance'],
  [/^up .*, since/gm, 'up  <span>, since'],
  [/^requests .*$/gm, 'requests  <n> in flight, <n> things under way'],
  [/^queues .*$/gm, 'queues  commits <n>, reads <n>, adapters <n>, replies <n>'],
  [/\b\d+\/(\d+)  (?=\d)/g, '<n>/$1  '],
  [/^waiting .*$/gm, 'waiting  <n>, <n> of them due now'],
  [/after \d+ milliseconds/g, 'after <n> milliseconds'],
  [/: \d{4} days/g, ': <n> days'],
  [/tried (now|again in \d+ s)/g, 'tried again in <n> s'],
  [/REASON=(RATE|FLOOD|IN_FLIGHT)/g, 'REASON=<reason>'],
  [/\d+ refused since (.*), last \w+/g, '<n> refused since $1, last <reason>'],
  [/\b(REFUSED|FAILED|VERSION|UID|PID)=\d+/g, '$1=<n>'],
  [/\bBY_MS=(-?)\d+/g, 'BY_MS=$1<n>'],
];

const readable = (text, words) => [...words, ...WORDS].reduce((all, [pattern, word]) => all.replaceAll(pattern, word), text.replace(/ {2,}/g, '  '));

/** Each line once, in the order in which they came first. */
const once = (text) => text.trim().split('\n').filter((line, i, all) => line === '' || all.indexOf(line) === i).join('\n');

/** Text with "== title" before each part but the first, which is for the reader. */
function parts(text) {
  const [prose, ...rest] = text.split(/^== /m);
  return { prose, all: new Map(rest.map((part) => part.match(/^(.*)\n([^]*)$/).slice(1).map((one) => one.trim()))) };
}

/** One such file. With FENQI_WRITE_EXPECTED set it is written anew, all but what is for the reader. */
export class Expected {
  #said = new Map();

  /** `words`: more [pattern, word] of the test's own. */
  constructor(file, words = []) {
    this.file = file;
    this.words = words;
  }

  say(title, text) {
    this.#said.set(title, once(readable(text, this.words)));
  }

  /** Everything was said; it must be what the file says. */
  compare() {
    const { prose, all } = parts(readFileSync(this.file, 'utf8'));
    if (process.env.FENQI_WRITE_EXPECTED)
      writeFileSync(this.file, prose + [...this.#said].map(([title, text]) => `== ${title}\n\n${text}\n`).join('\n'));
    else for (const [title, text] of this.#said) assert.equal(text, all.get(title), `${title}, in ${this.file}`);
    assert.deepEqual([...this.#said.keys()], process.env.FENQI_WRITE_EXPECTED ? [...this.#said.keys()] : [...all.keys()]);
  }
}
