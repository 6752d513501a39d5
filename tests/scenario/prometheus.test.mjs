// SPDX-License-Identifier: Apache-2.0
// A real Prometheus reads /metrics; the alerts and the dashboard that are shipped name what is there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readOpenMetrics } from './harness/openmetrics.mjs';
import { Program, freePort } from './harness/processes.mjs';
import { inWorld } from './harness/scenario.mjs';
import { unpacked } from './harness/unpacked.mjs';
import { until } from './harness/wait.mjs';

const top = fileURLToPath(new URL('../../', import.meta.url));
const bin = join(unpacked('prometheus', 'prometheus'), 'usr/bin');
const shipped = (name) => readFileSync(join(top, 'conf', name), 'utf8');
const RULES = shipped('prometheus-rules.yml');
const dashboard = JSON.parse(shipped('grafana-dashboard.json'));

/** What an expression of the dashboard asks, with its variables filled in. */
const filled = (expr) => expr.replaceAll('$__rate_interval', '1m').replace(/\$(instance|channel)/g, '.*');
const ruleExprs = [...RULES.matchAll(/expr: (?:>-\n((?: {10}.*\n)+)|(.+)\n)/g)].map(([, folded, line]) => folded ?? line);
const panelExprs = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const exprs = [...ruleExprs, ...panelExprs];

test('the rules are well formed, and each speaks on its bad day and on no other', () => {
  const checked = execFileSync(join(bin, 'promtool'), ['check', 'rules', join(top, 'conf/prometheus-rules.yml')], { encoding: 'utf8' });
  assert.match(checked, new RegExp(`SUCCESS: ${ruleExprs.length} rules found`));
  const folder = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
  try {
    for (const name of ['conf/prometheus-rules.yml', 'tests/prometheus/rules.test.yml']) copyFileSync(join(top, name), join(folder, name.split('/').at(-1)));
    assert.match(execFileSync(join(bin, 'promtool'), ['test', 'rules', 'rules.test.yml'], { cwd: folder, encoding: 'utf8' }), /SUCCESS/);
  } finally {
    execFileSync('rm', ['-rf', folder]);
  }
  const cases = readFileSync(join(top, 'tests/prometheus/rules.test.yml'), 'utf8');
  for (const [, alert] of RULES.matchAll(/alert: (\w+)/g)) assert.ok(cases.includes(`alertname="${alert}"`), `${alert} is tested`);
});

test('each alert says how bad it is and what to do', () => {
  for (const rule of RULES.split('- alert: ').slice(1)) {
    const [name] = rule.split('\n');
    assert.match(rule, /severity: (page|ticket)/, name);
    assert.match(rule, /summary: ".+"/, name);
    assert.match(rule, /do: ".{20,}"/, name);
  }
});

test('the moves that the rules name are those that the ledger makes', () => {
  const core = readdirSync(join(top, 'daemon/core')).map((name) => readFileSync(join(top, 'daemon/core', name), 'utf8')).join('\n');
  const named = exprs.flatMap((expr) => [...expr.matchAll(/move=~?"([^"]+)"/g)]).flatMap(([, moves]) => moves.split('|'));
  assert.ok(named.length > 5);
  for (const move of named) assert.ok(core.includes(`"${move}"`), `no ledger says "${move}"`);
});

inWorld('a real Prometheus', { conf: { poll: { first: '100ms', max: '300ms' }, web: { metrics_from: { toString: () => '[ "127.0.0.1" ]' } } }, card: {} }, (scenario) => {
  scenario('reads what is there, and finds all that the rules and the dashboard ask', async (world) => {
    const families = readOpenMetrics(await (await fetch(`${world.web}/metrics`)).text());
    const suffixes = { counter: ['_total'], info: ['_info'], histogram: ['_bucket', '_sum', '_count'] };
    const known = new Map([...families.values()].flatMap((family) => (suffixes[family.type] ?? ['']).map((suffix) => [family.name + suffix, family])));
    for (const expr of exprs)
      for (const [name] of expr.replace(/\{[^}]*\}|by \([^)]*\)/g, '').matchAll(/\b(?:fenqid|process)_\w+/g)) assert.ok(known.has(name), `${name} of: ${expr}`);

    const port = await freePort();
    const file = join(world.folder, 'prometheus.yml');
    writeFileSync(file, JSON.stringify({
      global: { scrape_interval: '200ms', scrape_timeout: '200ms', evaluation_interval: '500ms' },
      rule_files: [join(top, 'conf/prometheus-rules.yml')],
      scrape_configs: [{ job_name: 'fenqid', scrape_interval: '500ms', scrape_timeout: '500ms', static_configs: [{ targets: [world.web.slice('http://'.length)] }] }],
    }));
    const prometheus = Program.start('prometheus', join(bin, 'prometheus'), [`--config.file=${file}`, `--storage.tsdb.path=${join(world.folder, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${port}`, '--log.level=warn']);
    const api = async (path, query) => {
      const answer = await (await fetch(`http://127.0.0.1:${port}/api/v1/${path}${query ? `?${new URLSearchParams({ query })}` : ''}`)).json();
      assert.equal(answer.status, 'success', `${path} ${query}: ${answer.error}`);
      return answer.data;
    };
    try {
      await prometheus.untilReady('Prometheus to be ready', async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok);
      await world.paid(world.shop, {}, { channel: 'huabei' });
      await until('Prometheus to know of the payment', async () => {
        const { result } = await api('query', 'fenqid_moves_total{channel="huabei",object="payment",move="OPEN -> PAID"}');
        return result[0]?.value[1] === '1';
      }, 20_000);
      const { activeTargets: [target] } = await api('targets');
      assert.deepEqual([target.health, target.lastError], ['up', '']);
      const { groups: [{ rules }] } = await until('the rules to be evaluated', async () => {
        const all = await api('rules');
        return all.groups[0].rules.every(({ lastEvaluation }) => !lastEvaluation.startsWith('0001')) && all;
      }, 20_000);
      assert.deepEqual(rules.filter(({ health, state }) => health !== 'ok' || state === 'firing').map(({ name, lastError }) => [name, lastError]), []);
      assert.equal(rules.length, ruleExprs.length);
      for (const expr of panelExprs) await api('query', filled(expr));
    } finally {
      await prometheus.signal('SIGTERM');
    }
  });
});
