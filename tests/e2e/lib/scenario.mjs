// SPDX-License-Identifier: Apache-2.0
// SIPp scenarios written in a few lines: what one end sends and must receive, in order. Anything else that comes fails the scenario.
import { spawn } from 'node:child_process'
import dgram from 'node:dgram'
import fs from 'node:fs'
import path from 'node:path'
import { until } from './server.mjs'

const via = 'Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch=[branch]'
export const tag = '[pid]t[call_number]'

/** Our media, at a port nobody listens at: these tests are about signalling. */
export const sdp = (direction = 'sendrecv', version = 1) => ['v=0', `o=- 1 ${version} IN IP4 [local_ip]`, 's=-', 'c=IN IP4 [local_ip]', 't=0 0', 'm=audio [media_port] RTP/AVP 8 101',
  'a=rtpmap:8 PCMA/8000', 'a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15', 'a=ptime:20', `a=${direction}`, ''].join('\n')

const message = (lines, body, type = 'application/sdp') => `\n${[...lines, ...(body ? [`Content-Type: ${type}`, 'Content-Length: [len]', '', body] : ['Content-Length: 0', ''])].join('\n')}\n`
const attributes = (values) => Object.entries(values).filter(([, value]) => value !== undefined).map(([key, value]) => ` ${key}="${String(value).replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;')}"`).join('')

/**
 * One end's scenario. A caller's (`to` given) begins with invite(); a called end's with called(). `contact`: host:port in its Contact, when that is not
 * where it sits (a proxy that loses packets). `call`: goes before the Call-ID for a second dialog of the same scenario.
 */
let checks = 0
export class Scenario {
  #xml = []
  #variables = new Set()
  #invite = 0

  constructor({ from = 'peer', to, contact = '[local_ip]:[local_port]', call = '' } = {}) {
    Object.assign(this, { user: from, to, contact: `Contact: <sip:${from}@${contact}>`, id: `Call-ID: ${call}[call_id]`, isCaller: to !== undefined })
  }

  get #from() {
    return this.isCaller ? `From: <sip:${this.user}@[local_ip]:[local_port]>;tag=${tag}` : `From:[$to];tag=${tag}`
  }
  #target(headers) {
    return this.isCaller ? `To: <sip:${this.to}@[remote_ip]:[remote_port]>${headers.early ? '' : '[peer_tag_param]'}` : 'To:[$from]'
  }
  #send(text, options = {}) {
    this.#xml.push(`<send${attributes(options)}><![CDATA[${text}]]></send>`)
    return this
  }

  pause(milliseconds) {
    this.#xml.push(`<pause milliseconds="${milliseconds}"/>`)
    return this
  }

  /** The first request; `body` null: a delayed offer. */
  invite({ cseq = 1, headers = [], body = sdp() } = {}) {
    this.#invite = this.#xml.length
    return this.#send(message([`INVITE sip:${this.to}@[remote_ip]:[remote_port] SIP/2.0`, via, this.#from, this.#target({ early: true }), this.id, `CSeq: ${cseq} INVITE`, this.contact, 'Max-Forwards: 70', ...headers], body), { retrans: 500 })
  }
  /** A request inside the dialog. */
  request(method, cseq, { headers = [], body, type, retrans = method === 'ACK' ? undefined : 500 } = {}) {
    const uri = this.isCaller ? '[next_url]' : '[$contact]'
    return this.#send(message([`${method} ${uri} SIP/2.0`, via, this.#from, this.#target({}), this.id, `CSeq: ${cseq} ${method}`, this.contact, 'Max-Forwards: 70', ...headers], body, type), { retrans })
  }
  ack(cseq = 1, options) {
    return this.request('ACK', cseq, options)
  }
  /** ACK to a refusal, or CANCEL: of the INVITE's own transaction. */
  hopByHop(method, cseq = 1) {
    return this.#send(message([`${method} sip:${this.to}@[remote_ip]:[remote_port] SIP/2.0`, method === 'ACK' ? '[last_Via:]' : via.replace('[branch]', `[branch-${this.#xml.length - this.#invite}]`), this.#from, method === 'ACK' ? '[last_To:]' : this.#target({ early: true }), this.id, `CSeq: ${cseq} ${method}`, 'Max-Forwards: 70']), { retrans: method === 'ACK' ? undefined : 500 })
  }
  /** A request outside of any dialog. */
  lone(method, { cseq = 1, headers = [] } = {}) {
    return this.#send(message([`${method} sip:${this.to}@[remote_ip]:[remote_port] SIP/2.0`, via, this.#from, this.#target({ early: true }), this.id, `CSeq: ${cseq} ${method}`, this.contact, 'Max-Forwards: 70', ...headers]), { retrans: 500 })
  }

  /** The call comes in. */
  called(options = {}) {
    for (const name of ['contact', 'from', 'to', 'whole', 'via', 'cseq']) this.#variables.add(name)
    return this.receive('INVITE', { ...options, actions: ['<ereg regexp="&lt;?(sip:[^;&gt;]*)" search_in="hdr" header="Contact:" assign_to="whole,contact"/>',
      '<ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>', '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>',
      '<ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via"/>', '<ereg regexp=".*" search_in="hdr" header="CSeq:" assign_to="cseq"/>'] })
  }
  /** An answer to the INVITE of called() when other messages have come since. `ours`: the tag, of another phone that answers too. */
  answer(status, { ours = tag, body, headers = [], retrans } = {}) {
    return this.#send(message([`SIP/2.0 ${status} ${status < 300 ? 'OK' : 'Refused'}`, 'Via:[$via]', 'From:[$from]', `To:[$to];tag=${ours}`, this.id, 'CSeq:[$cseq]', this.contact, ...headers], body), { retrans })
  }
  /** What another dialog of the same SIPp call does here; it may go on later. */
  join(other) {
    this.#xml.push(...other.#xml.splice(0))
    for (const name of other.#variables) this.#variables.add(name)
    return this
  }
  /** The answer to the last request. `first`: to the INVITE that made the dialog, which gets our tag (or this one). */
  reply(status, { first = false, headers = [], body, type, retrans, contact = true } = {}) {
    const ours = first === true ? `;tag=${tag}` : first ? `;tag=${first}` : ''
    return this.#send(message([`SIP/2.0 ${status} ${status < 200 ? 'Progress' : status < 300 ? 'OK' : 'Refused'}`, '[last_Via:]', '[last_From:]', `[last_To:]${ours}`, '[last_Call-ID:]', '[last_CSeq:]', ...(contact ? [this.contact] : []), ...headers], body, type), { retrans })
  }

  /** A status or a method. `has`: [header or 'body', regular expression] pairs that must be there; `lacks`: that must not; `keep`: [name, header,
   * regular expression with a group], for [$name] later. */
  receive(what, { optional, timeout, has = [], lacks = [], keep = [], actions = [] } = {}) {
    const check = ([where, regexp], inverse) => {
      const name = `check${++checks}`
      this.#variables.add(name)
      const place = where === 'body' ? { search_in: 'body' } : where === 'msg' ? { search_in: 'msg' } : { search_in: 'hdr', header: `${where}:` }
      return `<ereg${attributes({ regexp, ...place, [inverse ? 'check_it_inverse' : 'check_it']: 'true', assign_to: name })}/>`
    }
    const kept = keep.map(([name, header, regexp]) => {
      this.#variables.add(name).add(`${name}_all`)
      return `<ereg${attributes({ regexp, search_in: 'hdr', header: `${header}:`, check_it: 'true', assign_to: `${name}_all,${name}` })}/>`
    })
    const all = [...actions, ...kept, ...has.map((pair) => check(pair)), ...lacks.map((pair) => check(pair, true))]
    const kind = typeof what === 'number' ? 'response' : 'request'
    const rrs = (typeof what === 'number' && what >= 101 && what < 300) || what === 'INVITE' ? 'true' : undefined
    this.#xml.push(`<recv${attributes({ [kind]: what, optional, timeout, rrs })}>${all.length ? `<action>${all.join('')}</action>` : ''}</recv>`)
    return this
  }
  trying() {
    return this.receive(100, { optional: true })
  }

  toXml() {
    const used = [...this.#variables].join(',')
    return `<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="test">\n${this.#xml.join('\n')}\n${used ? `<Reference variables="${used}"/>\n` : ''}</scenario>\n`
  }
}

let runs = 0
async function freePort(ip) {
  const socket = dgram.createSocket('udp4')
  await new Promise((resolve) => socket.bind(0, ip, resolve))
  const { port } = socket.address()
  await new Promise((resolve) => socket.close(resolve))
  return port
}
function isBound(ip, port) {
  const hex = Buffer.from(ip.split('.').map(Number).reverse()).toString('hex').toUpperCase()
  const wanted = `${hex}:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return fs.readFileSync('/proc/net/udp', 'utf8').includes(wanted)
}

/** Runs a scenario once; `at`: its address, `remote`: ip:port of the other end. `ended` gives SIPp's exit status and what it complained of. */
export async function play(folder, scenario, { at, remote, limit_s = 25 }) {
  const [ip, port] = at.split(':')
  const name = path.join(folder, `scenario${++runs}`)
  fs.writeFileSync(`${name}.xml`, scenario.toXml())
  const own = Number(port ?? (await freePort(ip)))
  const media = await freePort(ip)
  const out = fs.openSync(`${name}.log`, 'w')
  const sipp = spawn('sipp', [...(scenario.isCaller ? [remote] : []), '-sf', `${name}.xml`, '-i', ip, '-p', own, '-mp', media, '-m', 1, '-nostdin', '-timeout', `${limit_s}s`, '-timeout_error',
    '-trace_err', '-error_file', `${name}.errors`, '-trace_msg', '-message_file', `${name}.messages`].map(String), { cwd: folder, stdio: ['ignore', out, out] })
  fs.closeSync(out)
  const read = (end) => (fs.existsSync(`${name}.${end}`) ? fs.readFileSync(`${name}.${end}`, 'utf8') : '')
  const ended = new Promise((resolve, reject) => {
    sipp.on('error', reject)
    sipp.on('exit', (code, signal) => resolve({ code, signal, errors: read('errors') }))
  })
  // A peer that is asked at once (OPTIONS of a trunk) may have answered and gone before we look.
  if (!scenario.isCaller) await until(`SIPp listens at ${ip}:${own}`, () => isBound(ip, own) || sipp.exitCode !== null)
  return { port: own, ended, messages: () => read('messages'), stop: () => sipp.exitCode ?? sipp.signalCode ?? sipp.kill('SIGKILL') }
}
