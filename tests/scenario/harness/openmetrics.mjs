// SPDX-License-Identifier: Apache-2.0
// Reads OpenMetrics 1.0 text, and refuses whatever the specification does not allow
// (github.com/OpenObservability/OpenMetrics, of which only what we use: no timestamps, no exemplars).
import assert from 'node:assert/strict';

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/;
const NUMBER = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|\+Inf|-Inf|NaN)$/;
const SUFFIXES = {
  counter: ['_total'],
  gauge: [''],
  info: ['_info'],
  stateset: [''],
  histogram: ['_bucket', '_count', '_sum'],
  unknown: [''],
};

function readLabels(text) {
  const labels = {};
  let rest = text ?? '';
  assert.notEqual(text, '', 'empty braces');
  while (rest !== '') {
    const [all, name, value] = LABEL.exec(rest) ?? assert.fail(`no labels: ${rest}`);
    assert.ok(!(name in labels), `label ${name} comes twice`);
    assert.doesNotMatch(name, /^__/);
    labels[name] = value.replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c));
    rest = rest.slice(all.length);
    assert.ok(!all.endsWith(',') || rest !== '', 'a comma at the end');
  }
  return labels;
}

const number = (text) => {
  assert.match(text, NUMBER);
  return text === '+Inf' ? Infinity : Number(text);
};

const keyOf = (labels, without = []) =>
  JSON.stringify(Object.entries(labels).filter(([name]) => !without.includes(name)).sort());

function checkHistogram({ name, samples }) {
  const groups = new Map();
  for (const sample of samples) {
    const key = keyOf(sample.labels, ['le']);
    if (!groups.has(key)) groups.set(key, { buckets: [] });
    const group = groups.get(key);
    if (sample.name === `${name}_bucket`) group.buckets.push(sample);
    else group[sample.name.slice(name.length + 1)] = sample.value;
  }
  for (const [key, { buckets, count, sum }] of groups) {
    const bounds = buckets.map(({ labels }) => labels.le);
    assert.equal(bounds.at(-1), '+Inf', `${name}${key}: the last bucket`);
    for (const bound of bounds.slice(0, -1)) assert.match(bound, /^\d+\.\d+$/, `${name}: a canonical bound`);
    buckets.reduce((before, bucket) => {
      assert.ok(number(bucket.labels.le) > number(before.labels.le), `${name}: bounds ascend`);
      assert.ok(bucket.value >= before.value, `${name}: buckets are cumulative`);
      return bucket;
    });
    assert.equal(buckets.at(-1).value, count, `${name}: _count is the last bucket`);
    assert.ok(sum >= 0, `${name}: a sum`);
    if (count === 0) assert.equal(sum, 0);
  }
}

function checkFamily(family) {
  const { name, type, unit, help, samples } = family;
  assert.ok(type, `${name} has a type`);
  assert.ok(help, `${name} says what it is`);
  if (unit) assert.ok(name.endsWith(`_${unit}`), `${name} ends with its unit ${unit}`);
  if (type === 'counter') assert.doesNotMatch(name, /_total$/);
  const seen = new Set();
  for (const sample of samples) {
    const key = sample.name + keyOf(sample.labels);
    assert.ok(!seen.has(key), `${key} comes twice`);
    seen.add(key);
    if (type === 'counter' || type === 'histogram') assert.ok(sample.value >= 0, `${key} is not negative`);
    if (type === 'info') assert.equal(sample.value, 1);
    if (type === 'stateset') {
      assert.ok([0, 1].includes(sample.value));
      assert.ok(name in sample.labels, `${key} names a state`);
    }
  }
  if (type === 'histogram') checkHistogram(family);
}

/** Families by name: { name, type, unit, help, samples: [{ name, labels, value }] }. */
export function readOpenMetrics(text) {
  assert.ok(text.endsWith('\n# EOF\n'), 'the end is marked');
  const families = new Map();
  let current;
  for (const line of text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    assert.doesNotMatch(line, /^\s*$/, 'no empty line');
    const about = /^# (TYPE|UNIT|HELP) (\S+) (.+)$/.exec(line);
    if (about) {
      const [, what, name, value] = about;
      if (current?.name !== name) {
        assert.ok(!families.has(name), `family ${name} is interrupted`);
        current = { name, samples: [] };
        families.set(name, current);
      }
      assert.equal(current.samples.length, 0, `${name}: metadata come first`);
      assert.ok(!(what.toLowerCase() in current), `${name}: ${what} comes once`);
      if (what === 'TYPE') assert.ok(value in SUFFIXES, `${name} is ${value}`);
      current[what.toLowerCase()] = value;
      continue;
    }
    const [, name, labels, value] = SAMPLE.exec(line) ?? assert.fail(`no line of OpenMetrics: ${line}`);
    assert.ok(current && SUFFIXES[current.type].some((suffix) => name === current.name + suffix), `${name} belongs to ${current?.name}`);
    current.samples.push({ name, labels: readLabels(labels), value: number(value) });
  }
  const names = new Set();
  for (const family of families.values()) {
    checkFamily(family);
    for (const suffix of SUFFIXES[family.type]) {
      assert.ok(!names.has(family.name + suffix), `${family.name + suffix} is of two families`);
      names.add(family.name + suffix);
    }
  }
  return families;
}

/** The value of one sample, 0 if there is none; `labels` must all be there. */
export function valueOf(families, name, labels = {}) {
  for (const { samples } of families.values()) {
    const sample = samples.find((one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value));
    if (sample) return sample.value;
  }
  return 0;
}
