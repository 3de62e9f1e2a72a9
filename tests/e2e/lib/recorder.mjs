// SPDX-License-Identifier: Apache-2.0
// A session recording server (RFC 7866) for tests, on one port over UDP and TCP: takes every recording session, keeps its
// metadata and the packets of both streams, answers probes. close() is a recorder that dies: nothing is said any more.
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import dgram from 'node:dgram'
import { EventEmitter } from 'node:events'
import net from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const crlf = '\r\n'
const schema = path.join(path.dirname(fileURLToPath(import.meta.url)), 'rs_metadata.xsd')

function parse(text) {
  const at = text.indexOf(crlf + crlf)
  const [start, ...lines] = text.slice(0, at).split(crlf)
  const headers = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim().toLowerCase()
    headers[name] = [...(headers[name] ?? []), line.slice(colon + 1).trim()]
  }
  const length = Number(headers['content-length']?.[0] ?? 0)
  return { start, headers, body: text.slice(at + 4), length, size: at + 4 + length }
}

/** The parts of a multipart body by their types; each part has its own headers. */
function partsOf(message) {
  const boundary = message.headers['content-type'][0].match(/^multipart\/mixed;\s*boundary="?([^";]+)"?/)?.[1]
  if (!boundary) return undefined
  const parts = {}
  for (const piece of message.body.split(`--${boundary}`).slice(1, -1)) {
    const part = parse(piece.replace(/^\r\n/, `part${crlf}`).replace(/\r\n$/, ''))
    parts[part.headers['content-type'][0]] = { ...part, disposition: part.headers['content-disposition']?.[0] }
  }
  return parts
}

/** rs-metadata as an object; fails when it is not of the structure of RFC 7865. */
export function readMetadata(xml) {
  execFileSync('xmllint', ['--noout', '--schema', schema, '-'], { input: xml, stdio: ['pipe', 'ignore', 'pipe'] })
  const all = (name) => [...xml.matchAll(new RegExp(`<${name}( [^>]*?)?(?:/>|>(.*?)</${name}>)`, 'gs'))].map(([, attributes = '', content = '']) => ({
    ...Object.fromEntries([...attributes.matchAll(/([\w_]+)="([^"]*)"/g)].map(([, key, value]) => [key, value])), content,
  }))
  const inside = (text, name) => [...text.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map((m) => m[1])
  const labels = Object.fromEntries(all('stream').map((s) => [s.stream_id, inside(s.content, 'label')[0]]))
  const participants = all('participant').map((p) => {
    const session = all('participantsessionassoc').find((a) => a.participant_id === p.participant_id)
    const streams = all('participantstreamassoc').find((a) => a.participant_id === p.participant_id)
    return {
      aor: p.content.match(/<nameID aor="([^"]*)"/)[1], name: inside(p.content, 'name')[0], role: p.content.match(/role="([^"]*)"/)[1], agent: p.content.match(/agent="([^"]*)"/)?.[1],
      joined: inside(session.content, 'associate-time')[0], left: inside(session.content, 'disassociate-time')[0],
      sends: streams && inside(streams.content, 'send').map((id) => labels[id]), hears: streams && inside(streams.content, 'recv').map((id) => labels[id]),
    }
  })
  const call = Object.fromEntries([...xml.match(/<call [^>]*>/)[0].matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]))
  return { xml, participants, labels, call, group: all('group')[0]?.group_id, session: all('session')[0]?.session_id }
}

/** One stream of a session: its packets in the order of their arrival. */
class Stream {
  static async open(label) {
    const stream = new Stream()
    Object.assign(stream, { label, packets: [], reports: 0, socket: dgram.createSocket('udp4') })
    stream.socket.on('message', (packet) => {
      if (packet[1] >= 192 && packet[1] < 224) return ++stream.reports
      stream.packets.push({ at: Date.now(), type: packet[1] & 0x7f, marker: packet[1] >> 7, sequence: packet.readUInt16BE(2), timestamp: packet.readUInt32BE(4), ssrc: packet.readUInt32BE(8), payload: packet.subarray(12) })
    })
    await new Promise((resolve) => stream.socket.bind(0, '127.0.0.1', resolve))
    stream.port = stream.socket.address().port
    return stream
  }
  /** Every sample since the first packet, by the timestamps; silence where nothing was sent. */
  samples() {
    if (this.packets.length === 0) return Buffer.alloc(0)
    const first = this.packets[0].timestamp
    const last = this.packets.at(-1)
    const out = Buffer.alloc(((last.timestamp - first) >>> 0) + last.payload.length, 0xd5)
    this.came = new Uint8Array(out.length) // 1 where a packet was
    for (const { timestamp, payload } of this.packets) {
      payload.copy(out, (timestamp - first) >>> 0)
      this.came.fill(1, (timestamp - first) >>> 0, ((timestamp - first) >>> 0) + payload.length)
    }
    return out
  }
}

export class Recorder extends EventEmitter {
  /** `port`: of one that was closed before. */
  static async open(port = 0) {
    const recorder = new Recorder()
    Object.assign(recorder, { sessions: [], probes: 0, sockets: new Set(), tag: randomUUID(), answer: () => 200 })
    recorder.udp = dgram.createSocket('udp4')
    recorder.udp.on('message', (bytes, from) => recorder.#receive(parse(bytes.toString()), (text) => recorder.udp?.send(text, from.port, from.address, () => {}), 'udp'))
    await new Promise((resolve, reject) => recorder.udp.once('error', reject).bind(port, '127.0.0.1', resolve))
    recorder.port = recorder.udp.address().port
    recorder.tcp = net.createServer((socket) => recorder.#serve(socket))
    await new Promise((resolve, reject) => recorder.tcp.once('error', reject).listen(recorder.port, '127.0.0.1', resolve))
    return recorder
  }

  #serve(socket) {
    let waiting = Buffer.alloc(0)
    this.sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.sockets.delete(socket))
    socket.on('data', (bytes) => {
      waiting = Buffer.concat([waiting, bytes])
      for (;;) {
        while (waiting.subarray(0, 2).toString() === crlf) waiting = waiting.subarray(2)
        if (waiting.indexOf(crlf + crlf) < 0) return
        const message = parse(waiting.toString('latin1'))
        if (waiting.length < message.size) return
        const whole = waiting.subarray(0, message.size)
        waiting = waiting.subarray(message.size)
        this.#receive(parse(whole.toString()), (text) => socket.write(text), 'tcp')
      }
    })
  }

  #reply(request, status, send, { to = request.headers.to[0], body = '' } = {}) {
    const reason = { 200: 'OK', 481: 'No Such Session', 486: 'Busy Here', 503: 'Service Unavailable', 603: 'Decline' }[status]
    send([`SIP/2.0 ${status} ${reason}`, ...request.headers.via.map((via) => `Via: ${via}`), `From: ${request.headers.from[0]}`, `To: ${to}`, `Call-ID: ${request.headers['call-id'][0]}`,
      `CSeq: ${request.headers.cseq[0]}`, `Contact: <sip:srs@127.0.0.1:${this.port};transport=${request.transport}>;+sip.srs`, 'Allow: INVITE, ACK, BYE, CANCEL, OPTIONS', 'Supported: siprec',
      ...(body ? ['Content-Type: application/sdp'] : []), `Content-Length: ${Buffer.byteLength(body)}`, '', body].join(crlf))
  }

  async #receive(message, send, transport) {
    const method = message.start.split(' ')[0]
    message.transport = transport
    if (method === 'OPTIONS') {
      ++this.probes
      return this.#reply(message, 200, send, { to: `${message.headers.to[0]};tag=${this.tag}` })
    }
    if (method === 'ACK' || method.startsWith('SIP/')) return
    const session = this.sessions.find((one) => one.id === message.headers['call-id'][0])
    if (method === 'INVITE' && !session) return this.#begin(message, send)
    if (!session) return this.#reply(message, 481, send)
    if (method === 'INVITE') {
      if (message.headers.cseq[0] !== session.cseq) this.#take(session, message)
      session.cseq = message.headers.cseq[0]
      return this.#reply(message, 200, send, { body: this.#sdp(session) })
    }
    if (method === 'BYE') {
      session.ended = Date.now()
      this.emit('ended', session)
    }
    this.#reply(message, 200, send)
  }

  async #begin(message, send) {
    const status = this.answer(message)
    const to = `${message.headers.to[0]};tag=${randomUUID()}`
    if (status !== 200) return this.#reply(message, status, send, { to })
    const session = { id: message.headers['call-id'][0], cseq: message.headers.cseq[0], invite: message, to, metadata: [], offers: [], streams: [], at: Date.now() }
    this.sessions.push(session)
    session.streams = [await Stream.open('1'), await Stream.open('2')]
    this.#take(session, message)
    this.#reply(message, 200, send, { to, body: this.#sdp(session) })
    this.emit('session', session)
  }

  /** What an INVITE says; anything wrong with it is kept in session.fault. */
  #take(session, message) {
    try {
      const parts = partsOf(message)
      session.offers.push(parts['application/sdp'].body)
      session.disposition = parts['application/rs-metadata+xml'].disposition
      session.metadata.push({ at: Date.now(), ...readMetadata(parts['application/rs-metadata+xml'].body) })
    } catch (error) {
      session.fault ??= error
    }
  }

  #sdp(session) {
    const paused = session.offers.at(-1)?.includes('a=inactive')
    return ['v=0', `o=srs 1 ${session.offers.length} IN IP4 127.0.0.1`, 's=-', 'c=IN IP4 127.0.0.1', 't=0 0',
      ...session.streams.flatMap((stream) => [`m=audio ${stream.port} RTP/AVP 8`, 'a=rtpmap:8 PCMA/8000', `a=rtcp:${stream.port}`, `a=label:${stream.label}`, paused ? 'a=inactive' : 'a=recvonly']), ''].join(crlf)
  }

  /** The sessions of a caller's number. */
  of(number) {
    return this.sessions.filter((session) => session.metadata.some((m) => m.participants[0].aor.startsWith(`sip:${number}@`)))
  }

  close() {
    this.udp?.close()
    this.udp = undefined
    this.tcp.close()
    for (const socket of this.sockets) socket.destroy()
    for (const session of this.sessions) for (const stream of session.streams) if (stream.port) { stream.socket.close(); stream.port = 0 }
  }
}
