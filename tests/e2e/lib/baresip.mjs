// SPDX-License-Identifier: Apache-2.0
// A baresip of a test's own: a real SIP phone with digest registration, driven over its control port (netstrings of JSON). Its
// sound is what it hears, sent back, or with `tone` a sine; then what it says and hears is kept as WAV files too.
import { spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { until } from './server.mjs'
import { lastOf, toneShare } from './sound.mjs'
import { readWav } from './wav.mjs'

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

export class Baresip extends EventEmitter {
  /**
   * Starts a phone with one account; `registrar` is host:port, `parameters` go behind the account (";ptime=20"), `codecs` are
   * baresip's ("opus/48000/2,PCMA/8000/1"), `tone` in Hz is what it says, `keys` what encrypts its sound ("srtp", "srtp-mand").
   */
  static async start(folder, { user, password, registrar, transport = 'udp', address = '127.0.0.1', answer = 'auto', config = '', parameters = '', codecs, tone, keys }) {
    const phone = new Baresip()
    Object.assign(phone, { user, registrar: `${registrar}${transport === 'udp' ? '' : `;transport=${transport}`}` })
    if (codecs) parameters += `;audio_codecs=${codecs}`
    if (keys) parameters += `;mediaenc=${keys}`
    const source = tone ? `ausine,${tone}` : 'aubridge,loop'
    const modules = ['opus', 'g722', 'g711', 'aubridge', ...(tone ? ['ausine', 'sndfile'] : []), ...(keys ? ['srtp'] : [])]
    phone.folder = fs.mkdtempSync(path.join(folder, `baresip-${user}-`))
    const control = await freePort()
    fs.writeFileSync(path.join(phone.folder, 'config'), [
      `sip_listen ${address.includes(':') ? `[${address}]` : address}:0`, 'module_path /usr/lib/baresip/modules', ...modules.map((name) => `module ${name}.so`),
      'module_tmp uuid.so', 'module_tmp account.so', 'module_app menu.so', 'module_app ctrl_tcp.so', `ctrl_tcp_listen 127.0.0.1:${control}`,
      `audio_source ${source}`, ...(tone ? ['ausrc_srate 48000', 'ausrc_channels 2', `snd_path ${phone.folder}`] : []), 'audio_player aubridge,loop', 'audio_alert aubridge,alert', 'ring_aufile none', 'call_local_timeout 60', 'statmode_default off', config, ''].join('\n'))
    const tp = transport === 'udp' ? '' : `;transport=${transport}`
    fs.writeFileSync(path.join(phone.folder, 'accounts'),
      `<sip:${user}@${registrar}${tp}>;auth_user=${user};auth_pass=${password};answermode=${answer};regint=60${parameters}\n`)
    const out = fs.openSync(path.join(phone.folder, 'log'), 'w')
    phone.process = spawn('baresip', ['-f', phone.folder], { stdio: ['ignore', out, out], cwd: phone.folder })
    fs.closeSync(out)
    phone.exited = new Promise((resolve) => phone.process.on('exit', resolve))
    phone.events = []
    phone.socket = await until('baresip listens for commands', () => new Promise((resolve, reject) => {
      const socket = net.connect(control, '127.0.0.1', () => resolve(socket))
      socket.once('error', reject)
    }))
    let text = ''
    phone.socket.on('error', () => {})
    phone.socket.on('data', (chunk) => {
      text += chunk
      for (let at; (at = text.indexOf(':')) > 0 && text.length >= at + 2 + Number(text.slice(0, at));) {
        const length = Number(text.slice(0, at))
        phone.events.push(JSON.parse(text.slice(at + 1, at + 1 + length)))
        text = text.slice(at + length + 2)
      }
    })
    return phone
  }

  command(command, params = '') {
    const text = JSON.stringify({ command, params, token: command })
    this.socket.write(`${text.length}:${text},`)
  }
  /** Until an event of this type has come; it is taken out of the list. */
  event(type, limit = 20_000) {
    return until(`baresip says ${type}: ${this.events.map((event) => event.type ?? event.token)}\n${this.log().slice(-2_000)}`, () => {
      const at = this.events.findIndex((event) => event.type === type)
      return at >= 0 && this.events.splice(at, 1)[0]
    }, limit)
  }
  /** Until its log has this text: what happened before we were connected is there too. */
  said(text, limit = 20_000) {
    return until(`baresip says ${text}:\n${this.log().slice(-2_000)}`, () => this.log().includes(text), limit)
  }
  /** How much of what it heard in the last 600 ms is this tone, 0 to 1. */
  hears(hertz) {
    const wav = this.heard()
    return wav ? toneShare(lastOf(wav, 0, 0.6), wav.rate, hertz) : 0
  }
  /** What the newest call has heard so far, as a WAV; undefined while there is nothing. */
  heard() {
    const files = fs.readdirSync(this.folder).filter((name) => /^dump-.*dec\.wav$/.test(name)).sort()
    return files.length > 0 ? readWav(fs.readFileSync(path.join(this.folder, files.at(-1))), { growing: true }) : undefined
  }
  log() {
    return fs.readFileSync(path.join(this.folder, 'log'), 'utf8')
  }
  /** The way a person switches a phone off: it unregisters. */
  async stop(signal = 'SIGTERM') {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill(signal)
    const killer = setTimeout(() => this.process.kill('SIGKILL'), 8_000)
    await this.exited
    clearTimeout(killer)
    this.socket.destroy()
  }
}
