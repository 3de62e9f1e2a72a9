// SPDX-License-Identifier: Apache-2.0
// Starts a hotline of its own for a test: free ports, a temporary data folder, the demo world. Nothing is shared.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..')
export const binary = process.env.HOTLINE_BINARY ?? path.join(root, 'build/release/hotline')
const prompts = process.env.HOTLINE_PROMPTS ?? path.join(root, 'build/prompts')

process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0' // the certificate is made by the server under test

/** A TOML file for the demo on loopback with free ports. `extra` is appended, `web` stands in [web], `trunk` in the trunk's table. */
export function writeConfig(folder, { agentContact = '', extra = '', storeUrl = 'sqlite:hotline.db', callsMax = 1000, web = '', sip = '', recordings = 'archive = false', trunkPeers = ['*'], voice = '', sipPort = 0, sipBind = '127.0.0.1', mediaBind = '127.0.0.1', media = '', trunk = '', httpsPort = 0 } = {}) {
  const file = path.join(folder, 'hotline.toml')
  fs.writeFileSync(file, `
[log]
level = "debug"
[store]
url = "${storeUrl}"
[web]
bind = "127.0.0.1"
https_port = ${httpsPort}
http_port = 0
redirect_http = false
root = "${path.join(root, 'web/dist')}"
${web}
[flows]
directory = "${path.join(root, 'flows')}"
[orders]
directory = "${path.join(root, 'orders')}"
clock_every = 0.2
[voice]
prompts = ["${path.join(root, 'prompts/recorded')}", "${prompts}"]
calls_max = ${callsMax}
${voice}
[recordings]
${recordings}
[sip]
bind = ${JSON.stringify(sipBind)}
udp_port = ${sipPort}
tcp_port = ${sipPort}
${sip}
[[trunk]]
name = "pstn"
peers = ${JSON.stringify(trunkPeers)}
channels_max = 1000
${trunk}
[media]
bind = ${JSON.stringify(mediaBind)}
${media}
[webrtc]
bind = "127.0.0.1"
[demo]
agent_contact = "${agentContact}"
phones = ${agentContact ? 0 : 5}
${extra}`)
  return file
}

const running = new Set()

/** What a fault or a sanitizer has written into a log, with some lines after it; empty when nothing has. */
function faultIn(log) {
  const at = log.search(/^crashed: \w+$|ERROR: AddressSanitizer|runtime error: |WARNING: ThreadSanitizer/m)
  return at < 0 ? '' : log.slice(at).split('\n', 25).join('\n')
}

export class Hotline {
  /** Starts `hotline serve --demo` and waits for its ready line. */
  static async start(options = {}) {
    const folder = options.folder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'hotline-e2e-'))
    const config = options.config ?? writeConfig(folder, options)
    const hotline = new Hotline(folder, config)
    await hotline.launch()
    return hotline
  }

  constructor(folder, config) {
    this.folder = folder
    this.config = config
    this.data = path.join(folder, 'data')
    this.accounts = {}
    this.sessions = []
    running.add(this)
  }

  /** `ahead_s`: its wall clock is so many seconds ahead of ours (tests/support/shifted_clock.cpp). */
  async launch({ ahead_s = 0 } = {}) {
    const log = fs.openSync(path.join(this.folder, 'serve.log'), 'a')
    this.process = spawn(binary, ['serve', '--demo', '--config', this.config, '--data', this.data], {
      stdio: ['ignore', 'pipe', log],
      env: ahead_s ? { ...process.env, LD_PRELOAD: path.join(path.dirname(binary), 'tests/support/shifted_clock.so'), HOTLINE_TEST_CLOCK_AHEAD_S: String(ahead_s) } : process.env,
    })
    fs.closeSync(log)
    this.exited = new Promise((resolve) => this.process.on('exit', (code, signal) => resolve({ code, signal })))
    let output = ''
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ready line within 30 s:\n${output}\n${this.log()}`)), 30_000)
      this.process.stdout.on('data', (chunk) => {
        output += chunk
        if (/^ready .*\n/m.test(output) && /admin \d+ password \S+\n/.test(output)) {
          clearTimeout(timer)
          resolve()
        }
      })
      this.exited.then(({ code }) => reject(new Error(`serve ended with ${code}:\n${this.log()}`)))
    })
    this.addresses = Object.fromEntries([...output.match(/^ready (.*)$/m)[1].matchAll(/(\w+)=(\S+)/g)].map((m) => [m[1], m[2]]))
    for (const [, role, password] of output.matchAll(/account (agents|supervisors|admin|phones|partners) .*? password (\S+)/g)) this.accounts[role] = password
    this.sipPort = Number(this.addresses.sip_udp.split(':').pop())
  }

  get url() {
    return this.addresses.https
  }

  log() {
    const read = (file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '')
    return read(path.join(this.folder, 'serve.log')) + read(path.join(this.data, 'voice.log'))
  }

  /** Signs in over the API: returns a client with get, put, post, del. */
  async signIn(username, password) {
    password ??= username.startsWith('80') || username.startsWith('81') || username.startsWith('82') ? this.accounts.agents : username === '8999' ? this.accounts.admin : this.accounts.supervisors
    const response = await fetch(`${this.url}/api/v1/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username, password }) })
    const body = await response.json()
    if (!response.ok) throw new Error(`sign in of ${username}: ${response.status} ${JSON.stringify(body)}`)
    const cookie = response.headers.get('set-cookie').split(';')[0]
    const call = async (method, at, value) => {
      const answer = await fetch(`${this.url}/api/v1${at}`, {
        method,
        headers: { cookie, 'x-csrf-token': body.csrf_token, ...(value === undefined ? {} : { 'content-type': 'application/json' }) },
        body: value === undefined ? undefined : JSON.stringify(value),
      })
      const text = await answer.text()
      const type = answer.headers.get('content-type') ?? ''
      return { status: answer.status, headers: answer.headers, body: type.includes('json') && text ? JSON.parse(text) : text }
    }
    return {
      me: body, cookie,
      get: (at) => call('GET', at),
      put: (at, value) => call('PUT', at, value),
      post: (at, value = {}) => call('POST', at, value),
      del: (at) => call('DELETE', at),
    }
  }

  pidOf(file) {
    try {
      return Number(fs.readFileSync(path.join(this.data, file), 'utf8').trim())
    } catch {
      return undefined
    }
  }
  get corePid() {
    return this.process.pid
  }
  get nodePid() {
    return this.pidOf('voice.pid')
  }

  /** Ends the core without a word; the voice node goes on. */
  async killCore() {
    this.process.kill('SIGKILL')
    await this.exited
  }

  /** Ends everything; `keep`: the folder stays. */
  async stop({ keep = false } = {}) {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const ending = this.process // another may be launched within half a second
      ending.kill('SIGTERM')
      setTimeout(() => ending.kill('SIGTERM'), 500).unref() // a second one ends live calls
      const killer = setTimeout(() => ending.kill('SIGKILL'), 20_000)
      await this.exited
      clearTimeout(killer)
    }
    const node = this.nodePid
    if (node) {
      try {
        process.kill(node, 'SIGKILL')
      } catch {
        // it has ended, as it should
      }
    }
    running.delete(this)
    const fault = faultIn(this.log())
    if (!keep && !process.env.HOTLINE_KEEP) fs.rmSync(this.folder, { recursive: true, force: true })
    if (fault) throw new Error(`the server ended by a fault of its own:\n${fault}`)
  }
}

/** Waits until `probe` returns something truthy, and returns it; fails after `limit` ms with `what`, the last error of `probe`, and what a server under test has died of. */
export async function until(what, probe, limit = 15_000, every = 50) {
  const end = Date.now() + limit
  let last
  while (Date.now() < end) {
    try {
      const value = await probe()
      if (value) return value
      last = undefined
    } catch (error) {
      last = error
    }
    await new Promise((resolve) => setTimeout(resolve, every))
  }
  const faults = [...running].map((hotline) => faultIn(hotline.log())).filter(Boolean)
  throw new Error([`not within ${limit} ms: ${what}${last ? ` (${last.message}${last.cause ? `: ${last.cause.code ?? last.cause.message}` : ''})` : ''}`, ...faults].join('\n'))
}
