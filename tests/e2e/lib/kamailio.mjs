// SPDX-License-Identifier: Apache-2.0
// Kamailio with packaging/kamailio.cfg before some voice nodes, on loopback and a port of its own.
import { execFile, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { root, until } from './server.mjs'
import { freePort } from './voice_node.mjs'

const run = promisify(execFile)

export class Kamailio {
  /** Listens on `port`; `nodes` are SIP ports of 127.0.0.1. */
  static async start(folder, { port, nodes }) {
    const kamailio = new Kamailio()
    kamailio.port = port
    kamailio.folder = folder
    fs.mkdirSync(folder, { recursive: true })
    const list = path.join(folder, 'nodes.list')
    fs.writeFileSync(list, nodes.map((node) => `1 sip:127.0.0.1:${node}\n`).join(''))
    const log = fs.openSync(path.join(folder, 'kamailio.log'), 'a')
    kamailio.process = spawn('kamailio', ['-DD', '-E', '-n', '2', '-Y', folder, '-f', path.join(root, 'packaging/kamailio.cfg'),
      '-A', `LISTEN=udp:127.0.0.1:${port}`, '-A', `NODES="${list}"`, '-A', 'PING=1'], { stdio: ['ignore', log, log] })
    fs.closeSync(log)
    kamailio.exited = new Promise((resolve) => kamailio.process.on('exit', resolve))
    await until(`kamailio answers:\n${kamailio.log()}`, () => kamailio.states())
    return kamailio
  }
  static freePort() {
    return freePort()
  }
  log() {
    return fs.readFileSync(path.join(this.folder, 'kamailio.log'), 'utf8')
  }

  /** SIP port -> flags of the dispatcher: 'AP' takes calls (active, probed), 'IP' does not. */
  async states() {
    const { stdout } = await run('kamcmd', ['-s', `unix:${path.join(this.folder, 'kamailio_ctl')}`, 'dispatcher.list'])
    const found = [...stdout.matchAll(/URI: sip:127\.0\.0\.1:(\d+)[\s\S]*?FLAGS: (\w+)/g)]
    return found.length > 0 && Object.fromEntries(found.map(([, port, flags]) => [port, flags]))
  }
  /** Until the dispatcher sends calls to this node, or none. */
  takes(port, wanted, limit = 10_000) {
    return until(`kamailio ${wanted ? 'sends calls' : 'sends no calls'} to ${port}`, async () => ((await this.states())[port]?.startsWith('A') ?? false) === wanted, limit)
  }

  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill('SIGTERM')
    await this.exited
  }
}
