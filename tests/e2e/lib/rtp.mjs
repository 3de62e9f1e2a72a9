// SPDX-License-Identifier: Apache-2.0
// RTP far ends for tests: each sends a constant tone in G.711 A-law while it is active, presses keys by RFC 4733, and
// counts what it hears by sequence numbers. Everything on one timer; a late tick catches up, so that timestamps go on.
import dgram from 'node:dgram'
import { toneShare } from './sound.mjs'
import { alaw as fromAlaw } from './wav.mjs'

const frame_ms = 20
const samples = 160
const pcma = 8
export const dtmfType = 101
const keptPackets = 30
const keys = '0123456789*#ABCD'
const keyRows = ['123A', '456B', '789C', '*0#D']

function alaw(linear) {
  const sign = linear < 0 ? 0 : 0x80
  let value = Math.min(Math.abs(linear), 32_635)
  let exponent = 7
  for (let mask = 0x4000; exponent > 0 && !(value & mask); mask >>= 1) --exponent
  const mantissa = (value >> (exponent === 0 ? 4 : exponent + 3)) & 0x0f
  return (sign | (exponent << 4) | mantissa) ^ 0x55
}

/** One second of a tone whose periods fit into it. */
function tone(hertz) {
  return Buffer.from(Array.from({ length: 8_000 }, (_, i) => alaw(Math.round(9_000 * Math.sin((2 * Math.PI * hertz * i) / 8_000)))))
}

export class RtpEnd {
  /** Binds a UDP port of 127.0.0.1. `hertz`: what it speaks. */
  static async open(engine, hertz) {
    const bind = (socket, port) => new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.bind(port, '127.0.0.1', () => resolve(socket))
    })
    const any = await bind(dgram.createSocket('udp4'), 0)
    const { port } = any.address()
    await new Promise((resolve) => any.close(resolve))
    const end = new RtpEnd(engine, hertz)
    await bind(end.socket, port) // by its number: a port which the kernel chose is lost when the socket is disconnected
    end.socket.removeAllListeners('error')
    end.socket.on('error', (error) => end.#refused(error))
    end.port = port
    return end
  }

  constructor(engine, hertz) {
    this.engine = engine
    this.tone = engine.tone(hertz)
    this.socket = dgram.createSocket('udp4')
    this.socket.on('message', (packet, from) => this.#hear(packet, from))
    this.packet = Buffer.alloc(12 + samples)
    this.packet[0] = 0x80
    this.peer = undefined // the port of the far end which the socket is connected to, or is about to be
    this.connected = false
    this.reset()
  }

  /** Forgets the far end and the counts: for the next call. */
  reset() {
    this.remote = undefined
    this.talking = false
    this.sequence = Math.floor(Math.random() * 65_536)
    this.timestamp = Math.floor(Math.random() * 0x1_0000_0000)
    this.packet.writeUInt32BE(Math.floor(Math.random() * 0x1_0000_0000), 8)
    this.frame = 0
    this.keys = []
    this.sent = 0
    this.lossy = 0 // the share of packets that the network loses on their way from here
    this.heard = undefined
    this.keysHeard = ''
    this.keyAt = undefined
    this.recent = []
  }

  /** Sends to a port from now on; without one, to where the first packet comes from. */
  talk(port) {
    if (port) this.remote = port
    this.talking = true
    this.dueAt = performance.now()
  }
  silence() {
    this.talking = false
  }

  /** Presses a key: 100 ms, then at least 60 ms of tone. */
  press(key) {
    const event = keys.indexOf(key)
    for (let i = 1; i <= 8; ++i) this.keys.push({ event, first: i === 1, end: i > 5, duration: Math.min(i, 5) * samples })
    for (let i = 0; i < 3; ++i) this.keys.push(undefined)
  }

  /** The same without RFC 4733: 100 ms of the two tones of ITU-T Q.23, then 60 ms of silence. */
  pressInSound(key) {
    const row = keyRows.findIndex((line) => line.includes(key))
    const pair = [[697, 770, 852, 941][row], [1209, 1336, 1477, 1633][keyRows[row].indexOf(key)]]
    for (let frame = 0; frame < 8; ++frame) {
      const at = (i) => pair.reduce((sum, hertz) => sum + 6_000 * Math.sin((2 * Math.PI * hertz * (frame * samples + i)) / 8_000), 0)
      this.keys.push({ sound: Buffer.from(Array.from({ length: samples }, (_, i) => alaw(frame < 5 ? Math.round(at(i)) : 0))) })
    }
  }

  #hear(packet, from) {
    if (this.peer && from.port !== this.peer) return // it came before the socket was connected to another
    if (packet.length < 12 || packet[0] >> 6 !== 2) return
    if (packet[1] >= 192 && packet[1] < 224) return // RTCP (RFC 5761 section 4): of the end whose port is one below ours
    const now = performance.now()
    if ((packet[1] & 0x7f) === pcma) this.recent = [...this.recent.slice(-9), packet.subarray(12)]
    if (!this.remote) this.remote = from.port
    if ((packet[1] & 0x7f) === dtmfType && packet.length >= 16 && packet.readUInt32BE(4) !== this.keyAt) {
      this.keyAt = packet.readUInt32BE(4) // of all packets of one event (RFC 4733 2.5.1.2)
      this.keysHeard += keys[packet[12]] ?? '?'
    }
    if (this.kept && (packet[1] & 0x7f) === pcma) {
      this.kept.push(packet.subarray(12))
      if (this.kept.length > keptPackets) this.kept.shift()
    }
    const sequence = packet.readUInt16BE(2)
    const ssrc = packet.readUInt32BE(8)
    if (this.heard?.ssrc !== ssrc) {
      if (this.keysOfCall !== undefined) this.#begin(from.port) // resets the counts
      this.heard = { ssrc, first: sequence, highest: sequence, packets: 1, gap_ms: 0, at: now }
      return
    }
    const heard = this.heard
    const step = ((sequence - heard.highest + 0x1_8000) & 0xffff) - 0x8000
    if (step > 0) heard.highest += step // never wraps: a count from `first`
    ++heard.packets
    heard.gap_ms = Math.max(heard.gap_ms, now - heard.at)
    heard.at = now
  }

  /**
   * For calls whose signalling is done elsewhere: each stream that comes is a call, answered with the tone and these keys until
   * the port it came from is closed.
   */
  follow(keys = '') {
    this.keysOfCall = keys
    this.former = []
  }
  #begin(port) {
    if (this.heard) this.former.push(this.hearing)
    this.reset()
    for (const key of this.keysOfCall) this.press(key)
    this.remote = port
    if (this.connected) return this.talk() // the next call has the port of the last, whose end was not noticed yet
    if (this.peer) return // it talks once it is connected
    this.peer = port
    this.socket.connect(port, '127.0.0.1', () => {
      this.connected = true
      this.talk()
    })
  }
  #refused(error) {
    if (error.code !== 'ECONNREFUSED' || !this.connected) return
    this.silence()
    this.connected = false
    this.peer = undefined
    this.socket.disconnect()
  }
  /** What was heard of every call so far. */
  get calls() {
    return this.heard ? [...this.former, this.hearing] : this.former
  }

  /** From now on the last sound heard is kept, for hears(). */
  listen() {
    this.kept = []
    return this
  }
  /** How much of what was heard in the last `seconds` (600 ms at most) is this tone, 0 to 1. */
  hears(hertz, seconds = 0.6) {
    const packets = Math.round(seconds * 50)
    const samples = Float64Array.from(Buffer.concat(this.kept.slice(-packets)), (value) => fromAlaw(value))
    return this.kept.length < packets ? 0 : toneShare(samples, 8_000, hertz)
  }

  /** {packets, lost, gap_ms} of the stream heard now. */
  get hearing() {
    if (!this.heard) return { packets: 0, lost: 0, gap_ms: 0 }
    const { packets, first, highest, gap_ms } = this.heard
    return { packets, lost: highest - first + 1 - packets, gap_ms }
  }
  /** Hertz of the tone heard in the last 200 ms (to about 10), 0 for none or silence. */
  get pitch() {
    const bytes = Buffer.concat(this.recent)
    let crossings = 0
    let loud = false
    for (let i = 1; i < bytes.length; ++i) {
      if ((bytes[i] ^ bytes[i - 1]) & 0x80) ++crossings
      loud ||= ((bytes[i] ^ 0x55) & 0x7f) > 0x50 // above about -20 dBm0: no comfort noise
    }
    return loud ? Math.round((crossings * 4_000) / bytes.length) : 0
  }
  /** Counts gaps from now on. */
  markGap() {
    if (this.heard) this.heard.gap_ms = 0
  }

  tick(now) {
    if (!this.talking || !this.remote) return
    for (let i = 0; i < 50 && now >= this.dueAt; ++i, this.dueAt += frame_ms) this.#send()
    if (now >= this.dueAt) this.dueAt = now // stood still for a second: not all of it is made up
  }

  #send() {
    const packet = this.packet
    const key = this.keys.shift()
    if (key?.first) this.keyTimestamp = this.timestamp
    packet[1] = key && !key.sound ? dtmfType | (key.first ? 0x80 : 0) : pcma
    packet.writeUInt16BE(this.sequence, 2)
    packet.writeUInt32BE(key && !key.sound ? this.keyTimestamp : this.timestamp, 4)
    let size = 12 + samples
    if (key?.sound) {
      key.sound.copy(packet, 12)
    } else if (key) {
      packet[12] = key.event
      packet[13] = (key.end ? 0x80 : 0) | 10
      packet.writeUInt16BE(key.duration, 14)
      size = 16
    } else {
      this.tone.copy(packet, 12, this.frame * samples, (this.frame + 1) * samples)
    }
    this.sequence = (this.sequence + 1) & 0xffff
    this.timestamp = (this.timestamp + samples) >>> 0
    this.frame = (this.frame + 1) % 50
    ++this.sent
    if (this.lossy > 0 && Math.random() < this.lossy) return
    const bytes = Buffer.from(packet.subarray(0, size))
    if (this.connected) this.socket.send(bytes, (error) => error && this.#refused(error))
    else this.socket.send(bytes, this.remote, '127.0.0.1', () => {})
  }

  close() {
    this.talking = false
    this.socket.close()
  }
}

export class RtpEngine {
  constructor() {
    this.ends = []
    this.tones = new Map()
    this.late_ms = 0 // by how much this program itself was late: a busy machine shows here, not in the server
    this.lastTick = performance.now()
    this.timer = setInterval(() => {
      const now = performance.now()
      this.late_ms = Math.max(this.late_ms, now - this.lastTick - 10)
      this.lastTick = now
      for (const end of this.ends) end.tick(now)
    }, 10)
  }
  tone(hertz) {
    if (!this.tones.has(hertz)) this.tones.set(hertz, tone(hertz))
    return this.tones.get(hertz)
  }
  async open(hertz) {
    const end = await RtpEnd.open(this, hertz)
    this.ends.push(end)
    return end
  }
  close() {
    clearInterval(this.timer)
    for (const end of this.ends) end.close()
    this.ends = []
  }
}
