// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL server of a test's own: loopback by a Unix socket, trusted users, gone after it. As root it runs as the user postgres,
// because the server refuses to be root.
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { undoLater } from './program.mjs'
import { until } from './server.mjs'

function binaries() {
  const root = '/usr/lib/postgresql'
  const found = fs.existsSync(root) ? fs.readdirSync(root).filter((version) => fs.existsSync(path.join(root, version, 'bin/postgres'))) : []
  if (found.length === 0) throw new Error(`no PostgreSQL server in ${root}: apt-get install postgresql`)
  return path.join(root, found.sort((a, b) => Number(b) - Number(a))[0], 'bin')
}

function serverUser() {
  if (process.getuid() !== 0) return {}
  const line = fs.readFileSync('/etc/passwd', 'utf8').split('\n').find((one) => one.startsWith('postgres:'))
  if (!line) throw new Error('running as root, but there is no user postgres')
  const [, , uid, gid] = line.split(':').map(Number)
  return { uid, gid }
}

/** The server's URL for an empty database; the server ends with the test. */
export async function startPostgres(t) {
  const bin = binaries()
  const user = serverUser()
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hpg-'))
  if (user.uid !== undefined) {
    fs.chownSync(folder, user.uid, user.gid)
    fs.chmodSync(os.tmpdir(), fs.statSync(os.tmpdir()).mode | 0o011) // the server's user goes through it
  }
  const data = path.join(folder, 'data')
  const run = (program, ...words) => {
    const done = spawnSync(path.join(bin, program), words, { ...user, cwd: '/', encoding: 'utf8' })
    if (done.status !== 0) throw new Error(`${program}: ${done.stderr}`)
  }
  run('initdb', '--pgdata', data, '--auth', 'trust', '--username', 'postgres', '--encoding', 'UTF8', '--locale', 'C.UTF-8', '--no-sync')
  const log = fs.openSync(path.join(folder, 'log'), 'a')
  const server = spawn(path.join(bin, 'postgres'), ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'shared_buffers=32MB', '-c', 'max_connections=50'],
    { ...user, cwd: '/', stdio: ['ignore', log, log] })
  fs.closeSync(log)
  const ended = new Promise((resolve) => server.on('exit', resolve))
  undoLater(t, async () => {
    server.kill('SIGQUIT')
    await ended
    fs.rmSync(folder, { recursive: true, force: true })
  })
  await until('the PostgreSQL server is ready', () => spawnSync(path.join(bin, 'pg_isready'), ['-q', '-h', folder]).status === 0, 30_000)
  run('createdb', '-h', folder, '-U', 'postgres', 'hotline')
  return `postgresql://postgres@/hotline?host=${folder}`
}
