// SPDX-License-Identifier: Apache-2.0
// The words of fenqictl stand in one table: help, completion and the manual page tell the same.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from './harness/fenqictl.mjs';

const page = fileURLToPath(new URL('../../daemon/ctl/fenqictl.1', import.meta.url));
const has = (program) => spawnSync(program, ['--version']).error === undefined;

describe('the words of fenqictl', () => {
  const commands = new Map(); // name -> its options
  let folder;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fenqid-words-'));
    const { stdout } = await run(['help']);
    for (const [, words] of stdout.matchAll(/^ {2}(\S.*)$/gm)) {
      const name = words.match(/^[a-z-]+(?: [a-z-]+(?= {2}| [A-Z[]))?/)[0];
      const help = (await run([...name.split(' '), '--help'])).stdout;
      assert.ok(help.startsWith(`usage: fenqictl ${name}`), name);
      commands.set(name, [...help.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map(([, option]) => option));
    }
    assert.ok(commands.size > 40, [...commands.keys()].join(', '));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('each command, and each option, stands in the manual page, and no other', () => {
    const text = readFileSync(page, 'utf8');
    const [, about] = text.split('.Sh COMMANDS\n');
    const [told, options] = about.split('.Sh OPTIONS\n');
    const items = new Map([...told.matchAll(/^\.It Cm (.*)$/gm)].map(([, line]) =>
      [line.match(/^[a-z-]+(?: [a-z-]+)?/)[0], [...line.matchAll(/Fl -([a-z-]+)/g)].map(([, option]) => option)]));
    assert.deepEqual([...items.keys()].sort(), [...commands.keys()].sort());
    const common = ['config', 'control', 'timeout', 'json', 'server', 'server-key', 'client-key', 'keys', 'save'];
    for (const [name, own] of commands) assert.deepEqual(items.get(name), own.filter((one) => !common.includes(one)), name);
    const listed = [...options.split('.Sh ENVIRONMENT')[0].matchAll(/^\.It .*Fl -([a-z-]+)/gm)].map(([, option]) => option);
    assert.deepEqual(listed.sort(), [...new Set([...commands.values()].flat()), 'help'].sort());
  });

  test('mandoc has nothing to say of it', { skip: has('mandoc') ? false : 'mandoc is not installed' }, () => {
    const { stdout, stderr } = spawnSync('mandoc', ['-T', 'lint', page], { encoding: 'utf8' });
    const said = (stdout + stderr).split('\n').filter((line) => line && !/referenced manual not found/.test(line));
    assert.deepEqual(said, []); // the other pages need not be installed
  });

  const bash = (...words) => {
    const script = join(folder, 'complete.sh');
    writeFileSync(script, `. "${join(folder, 'bash')}"
compopt() { :; }
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_fenqictl fenqictl "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "\${COMPREPLY[@]}"`);
    return execFileSync('bash', [script], { encoding: 'utf8' }).trim().split('\n').filter(Boolean).sort();
  };

  test('bash completes commands, their second words, options and their values', async () => {
    writeFileSync(join(folder, 'bash'), (await run(['completion', 'bash'])).stdout);
    const first = [...new Set([...commands.keys()].map((name) => name.split(' ')[0])), 'help'].sort();
    assert.deepEqual(bash('fenqictl', ''), first);
    assert.deepEqual(bash('fenqictl', 'pay'), ['pay', 'payments']);
    assert.deepEqual(bash('fenqictl', 'channel', ''), ['pause', 'resume']);
    for (const [name, own] of commands)
      assert.deepEqual(bash('fenqictl', ...name.split(' '), '--'), [...own, 'help'].map((one) => `--${one}`).sort(), name);
    assert.deepEqual(bash('fenqictl', 'payments', 'list', '--state', ''), ['closed', 'open', 'paid']);
    assert.deepEqual(bash('fenqictl', 'payments', 'list', '--since', ''), []);
    assert.deepEqual(bash('fenqictl', 'log', 'level', 'no'), ['notice']);
  });

  test('zsh does too', { skip: has('zsh') ? false : 'zsh is not installed' }, async () => {
    const script = join(folder, 'zsh');
    writeFileSync(script, (await run(['completion', 'zsh'])).stdout);
    const zsh = (...words) => {
      const program = `compdef() { :; }; source "$1"; shift
_describe() { print -rl -- "\${(@P)2}"; }; _arguments() { print -rl -- "$@"; }
words=("$@"); CURRENT=$#; _fenqictl`;
      return execFileSync('zsh', ['-f', '-c', program, 'zsh', script, ...words], { encoding: 'utf8' }).trim().split('\n').filter(Boolean);
    };
    const first = [...new Set([...commands.keys()].map((name) => name.split(' ')[0]))].sort();
    assert.deepEqual(zsh('fenqictl', '').map((line) => line.split(':')[0]).sort(), first);
    assert.deepEqual(zsh('fenqictl', 'merchant', '').slice(0, 4).map((line) => line.split(':')[0]).sort(), ['add', 'disable', 'enable', 'list']);
    for (const [name, own] of commands) {
      const told = zsh('fenqictl', ...name.split(' '), '--').filter((line) => line.startsWith('--')).map((line) => line.match(/^--([a-z-]+)\[/)[1]);
      assert.deepEqual(told.sort(), [...own, 'help'].sort(), name);
    }
    assert.ok(zsh('fenqictl', 'payments', 'list', '--').includes('--state[only these\\: open, paid, closed]:WORD:(open paid closed)'));
    await run(['completion', 'fish'], 2);
  });
});
