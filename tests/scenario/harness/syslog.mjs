// SPDX-License-Identifier: Apache-2.0
// A rsyslog of our own, and a /dev/log that only one fenqid sees.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from './processes.mjs';
import { unpacked } from './unpacked.mjs';

const conf = (folder) => `
global(workDirectory="${folder}" maxMessageSize="8k")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="${folder}/log" RateLimit.Interval="0" UsePIDFromSystem="off")
template(name="whole" type="list") { property(name="jsonmesg") constant(value="\\n") }
action(type="omfile" file="${folder}/messages" template="whole")
`;

/** `LOST=3 NEXT="a b"` as an object, as the log's header promises; fails where it is not kept. */
export function readFields(text) {
  const fields = {};
  let rest = text;
  const [message] = /^.*?(?= [A-Z][A-Z0-9_]*=|$)/s.exec(rest);
  rest = rest.slice(message.length);
  while (rest !== '') {
    const match = /^ ([A-Z][A-Z0-9_]*)=(?:"((?:[^"\\]|\\.)*)"|([^ "]+))/s.exec(rest);
    if (!match) throw new Error(`no fields: ${rest}`);
    const [all, name, quoted, plain] = match;
    if (name in fields) throw new Error(`${name} comes twice: ${text}`);
    fields[name] = quoted !== undefined ? quoted.replaceAll('\\"', '"') : plain;
    rest = rest.slice(all.length);
  }
  return { message, fields };
}

const UNSHARE = ['unshare', ...(process.getuid() === 0 ? [] : ['-r']), '-m', '--propagation', 'private'];

export class Rsyslog {
  /** Why no fenqid can have a /dev of its own here; false: it can. */
  static get cannot() {
    const { status, stderr, error } = spawnSync(UNSHARE[0], [...UNSHARE.slice(1), 'mount', '-t', 'tmpfs', 'none', '/dev'], { encoding: 'utf8' });
    return status === 0 ? false : `no private /dev on this machine: ${error ?? stderr}`;
  }

  static async start(parent) {
    const root = unpacked('rsyslog', 'rsyslog', 'libestr0', 'libfastjson4', 'liblognorm5');
    const libraries = join(root, 'usr/lib', { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch]);
    const rsyslog = new Rsyslog();
    rsyslog.folder = join(parent, 'syslog');
    mkdirSync(rsyslog.folder);
    writeFileSync(join(rsyslog.folder, 'conf'), conf(rsyslog.folder));
    rsyslog.program = Program.start('rsyslogd', join(root, 'usr/sbin/rsyslogd'),
      ['-n', '-f', join(rsyslog.folder, 'conf'), '-i', join(rsyslog.folder, 'pid'), '-M', join(libraries, 'rsyslog')], { env: { LD_LIBRARY_PATH: libraries } });
    await rsyslog.program.untilReady('rsyslog to listen', () => existsSync(join(rsyslog.folder, 'log')));
    return rsyslog;
  }

  /** A command that runs `command` where /dev has what a daemon needs, and our socket as its log. */
  wrap(command) {
    const script = `set -e; mkdir -p "$1/dev"; mount --rbind /dev "$1/dev"; mount -t tmpfs none /dev
      for name in null zero full random urandom; do : >"/dev/$name"; mount --bind "$1/dev/$name" "/dev/$name"; done
      ln -s "$1/log" /dev/log; shift; exec "$@"`;
    return [...UNSHARE, 'sh', '-c', script, 'sh', this.folder, ...command];
  }

  get file() {
    return join(this.folder, 'messages');
  }

  /** All that it has received, as it understood it: { message, fields, severity, ... }. */
  get received() {
    if (!existsSync(this.file)) return [];
    return readFileSync(this.file, 'utf8').split('\n').slice(0, -1).map((line) => {
      const entry = JSON.parse(line);
      return { ...readFields(entry.msg.replace(/^ /, '')), severity: Number(entry.syslogseverity), facility: Number(entry.syslogfacility),
        app: entry['app-name'] === '-' ? entry.programname : entry['app-name'], pid: entry.procid, raw: entry.msg };
    });
  }

  stop() {
    this.program.child.kill('SIGSTOP');
  }

  go() {
    this.program.child.kill('SIGCONT');
  }

  async end() {
    this.go();
    await this.program.signal('SIGTERM');
  }
}
