// SPDX-License-Identifier: Apache-2.0
// A voice node as a process of its own, as its service unit runs it: `hotline voice` in a folder of its own, for a core elsewhere.
import { spawn } from 'node:child_process'
import dgram from 'node:dgram'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { runToEnd } from './program.mjs'
import { binary, writeConfig } from './server.mjs'

/** A port of 127.0.0.1 that is free for UDP and TCP; taken again by whoever binds it first. */
export async function freePort() {
  for (;;) {
    const udp = dgram.createSocket('udp4')
    await new Promise((resolve) => udp.bind(0, '127.0.0.1', resolve))
    const { port } = udp.address()
    const tcp = net.createServer()
    const free = await new Promise((resolve) => {
      tcp.once('error', () => resolve(false))
      tcp.listen(port, '127.0.0.1', () => tcp.close(() => resolve(true)))
    })
    await new Promise((resolve) => udp.close(resolve))
    if (free) return port
  }
}

export class VoiceNode {
  /** A node `name` below `folder`, always at the same SIP port. `options` are those of writeConfig. */
  static async make(folder, name, options = {}) {
    const node = new VoiceNode()
    node.name = name
    node.folder = path.join(folder, name)
    node.data = path.join(node.folder, 'data')
    fs.mkdirSync(node.data, { recursive: true })
    node.sipPort = await freePort()
    node.config = writeConfig(node.folder, { ...options, voice: `name = "${name}"\ndrain_limit = 60\n${options.voice ?? ''}`, sipPort: node.sipPort })
    return node
  }

  async launch() {
    const log = fs.openSync(path.join(this.folder, 'voice.log'), 'a')
    this.process = spawn(binary, ['voice', '--config', this.config, '--data', this.data], { stdio: ['ignore', 'pipe', log] })
    fs.closeSync(log)
    this.exited = new Promise((resolve) => this.process.on('exit', (code, signal) => resolve({ code, signal })))
    let output = ''
    await new Promise((resolve, reject) => {
      this.process.stdout.on('data', (chunk) => {
        output += chunk
        if (/^ready .*\n/m.test(output)) resolve()
      })
      void this.exited.then(({ code }) => reject(new Error(`voice node ${this.name} ended with ${code}:\n${this.log()}`)))
    })
    this.addresses = Object.fromEntries([...output.matchAll(/(\w+)=(\S+)/g)].map((m) => [m[1], m[2]]))
  }

  log() {
    return fs.readFileSync(path.join(this.folder, 'voice.log'), 'utf8')
  }
  /** The [[voice_node]] table of the core's configuration. */
  get table() {
    return `[[voice_node]]\nname = "${this.name}"\naddress = "${path.join(this.data, 'voice.sock')}"\n`
  }
  get runs() {
    return this.process?.exitCode === null && this.process.signalCode === null
  }
  async kill() {
    if (this.runs) this.process.kill('SIGKILL')
    await this.exited
  }
  /** What `hotline voice --stats --json` says. */
  async stats() {
    const { code, stdout, stderr } = await runToEnd(['voice', '--stats', '--json', '--config', this.config, '--data', this.data])
    if (code !== 0) throw new Error(`--stats ended with ${code}: ${stderr}`)
    return JSON.parse(stdout)
  }
}
