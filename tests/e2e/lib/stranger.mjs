// SPDX-License-Identifier: Apache-2.0
// Strangers on the SIP port: from loopback addresses of their own they send what scanners send, at a steady rate, and count
// what comes back.
import dgram from 'node:dgram'
import fs from 'node:fs'
import path from 'node:path'
import { root } from './server.mjs'

let numbers = 0

function message(method, source, port, sipPort, agent) {
  const n = ++numbers
  const uri = `sip:${method === 'REGISTER' ? '' : `${1000 + (n % 9_000)}@`}127.0.0.1:${sipPort}`
  const body = method === 'INVITE' ? `v=0\r\no=- 1 1 IN IP4 ${source}\r\ns=-\r\nc=IN IP4 ${source}\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n` : ''
  return [
    `${method} ${uri} SIP/2.0`, `Via: SIP/2.0/UDP ${source}:${port};branch=z9hG4bKstranger${n};rport`, 'Max-Forwards: 70',
    `From: <sip:${n % 10_000}@${source}>;tag=s${n}`, `To: <sip:${1000 + (n % 9_000)}@127.0.0.1>`, `Call-ID: stranger-${n}@${source}`, `CSeq: 1 ${method}`,
    `Contact: <sip:stranger@${source}:${port}>`, `User-Agent: ${agent}`, ...(body ? ['Content-Type: application/sdp'] : []), `Content-Length: ${body.length}`, '', body,
  ].join('\r\n')
}

/** Bytes of a message changed, cut or doubled, as a fuzzer does; `random` gives numbers from 0 to 1. */
export function mutate(bytes, random) {
  const out = Buffer.from(bytes)
  for (let i = 1 + Math.floor(random() * 6); i > 0; --i) {
    const at = Math.floor(random() * out.length)
    const kind = random()
    if (kind < 0.6) out[at] = Math.floor(random() * 256)
    else if (kind < 0.8) return Buffer.concat([out.subarray(0, at), out.subarray(Math.min(out.length, at + Math.floor(random() * 40)))])
    else return Buffer.concat([out.subarray(0, at), out.subarray(Math.max(0, at - 40), at), out.subarray(at)])
  }
  return out
}

/** The torture messages of RFC 4475, where the test data is there; else none. */
export function tortureMessages() {
  const folder = path.resolve(root, '../shared/data/rfc4475')
  return fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.endsWith('.dat')).map((name) => fs.readFileSync(path.join(folder, name))) : []
}

/** A repeatable source of numbers from 0 to 1. */
export function repeatable(seed) {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 0x1_0000_0000
  }
}

export class Strangers {
  /** `sources`: how many addresses (127.0.2.1, 127.0.2.2, ...). */
  static async open(sipPort, { sources = 20, agents = ['Strange Phone 1.0'] } = {}) {
    const strangers = new Strangers(sipPort, agents)
    for (let i = 1; i <= sources; ++i) {
      const address = `127.0.2.${i}`
      const socket = dgram.createSocket('udp4')
      await new Promise((resolve, reject) => socket.once('error', reject).bind(0, address, resolve))
      socket.on('message', (answer) => {
        ++strangers.answers
        strangers.answerBytes += answer.length
      })
      strangers.sockets.push({ socket, address, port: socket.address().port })
    }
    return strangers
  }

  constructor(sipPort, agents) {
    Object.assign(this, { sipPort, agents, sockets: [], sent: 0, sentBytes: 0, answers: 0, answerBytes: 0 })
  }

  send(bytes, index = this.sent) {
    const { socket } = this.sockets[index % this.sockets.length]
    ++this.sent
    this.sentBytes += bytes.length
    socket.send(bytes, this.sipPort, '127.0.0.1', () => {})
  }

  next(methods = ['INVITE', 'REGISTER', 'OPTIONS']) {
    const { address, port } = this.sockets[this.sent % this.sockets.length]
    return Buffer.from(message(methods[this.sent % methods.length], address, port, this.sipPort, this.agents[this.sent % this.agents.length]))
  }

  /** Sends `perSecond` for `seconds`; what the machine cannot send in time is made up. */
  async flood(perSecond, seconds, make = () => this.next()) {
    const begin = performance.now()
    const whole = Math.round(perSecond * seconds)
    for (let done = 0; done < whole;) {
      const due = Math.min(whole, Math.floor(((performance.now() - begin) / 1000) * perSecond))
      for (; done < due; ++done) this.send(make(done))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  close() {
    for (const { socket } of this.sockets) socket.close()
  }
}
