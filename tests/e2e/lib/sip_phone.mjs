// SPDX-License-Identifier: Apache-2.0
// SIP phones for tests, on one UDP port: any number of calls out and in, each with an RTP end of its own. As much of
// RFC 3261 as the tests need: INVITE, ACK, BYE, retransmission of requests until they are answered.
import { randomUUID } from 'node:crypto'
import dgram from 'node:dgram'
import { EventEmitter, once } from 'node:events'
import { dtmfType } from './rtp.mjs'

const crlf = '\r\n'

export function parse(text) {
  const [head, ...rest] = text.split(crlf + crlf)
  const [start, ...lines] = head.split(crlf)
  const headers = {}
  const vias = []
  const routes = [] // Record-Route, in the order of the message
  for (const line of lines) {
    const at = line.indexOf(':')
    const name = line.slice(0, at).trim().toLowerCase()
    const full = { v: 'via', f: 'from', t: 'to', i: 'call-id', m: 'contact', l: 'content-length', c: 'content-type' }[name] ?? name
    if (full === 'via') vias.push(line.slice(at + 1).trim())
    if (full === 'record-route') routes.push(...line.slice(at + 1).split(',').map((one) => one.trim()))
    headers[full] ??= line.slice(at + 1).trim()
  }
  const [first, second] = start.split(' ')
  const response = first === 'SIP/2.0'
  return { response, status: response ? Number(second) : 0, method: response ? headers.cseq.split(' ')[1] : first, uri: response ? '' : second, headers, vias, routes, body: rest.join(crlf + crlf) }
}

export const uriOf = (header) => header?.match(/<([^>]+)>/)?.[1] ?? header?.split(';')[0]
const tagOf = (header) => header?.match(/;tag=([^;>\s]+)/)?.[1]
const userOf = (uri) => uri?.match(/^sips?:([^@;]+)@/)?.[1]
export const mediaPort = (sdp) => Number(sdp.match(/^m=audio (\d+)/m)?.[1] ?? 0)

/** One call. Events: 'ringing', 'answered', 'ended' (with the status or 'bye'). */
export class PhoneCall extends EventEmitter {
  constructor(phones, fields) {
    super()
    Object.assign(this, { phones, state: 'calling', cseq: 1, number: '', notified: [] }, fields)
  }
  get active() {
    return this.state === 'answered'
  }
  /** Until the call has come to `state`; fails when it has ended instead. */
  async reach(state) {
    if (this.state === state) return this
    const late = new AbortController()
    const missed = (why) => late.abort(new Error(`the call from ${this.user} to ${this.number} ended (${why}), never ${state}`))
    if (state !== 'ended') {
      if (this.state === 'ended') missed(this.why)
      else this.once('ended', missed)
    }
    try {
      await once(this, state, { signal: late.signal })
    } catch (error) {
      throw error.cause ?? error
    } finally {
      this.off('ended', missed)
    }
    return this
  }

  sdp(direction = 'sendrecv') {
    const events = this.events !== false
    return ['v=0', `o=- ${this.rtp.port} ${(this.sdpVersion = (this.sdpVersion ?? 0) + 1)} IN IP4 127.0.0.1`, 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', `m=audio ${this.rtp.port} RTP/AVP 8${events ? ` ${dtmfType}` : ''}`,
      'a=rtpmap:8 PCMA/8000', ...(events ? [`a=rtpmap:${dtmfType} telephone-event/8000`, `a=fmtp:${dtmfType} 0-15`] : []), 'a=ptime:20', `a=${direction}`, ''].join(crlf)
  }

  request(method, branch, cseq, body = '', headers = []) {
    const allow = this.allow && (method === 'INVITE' || method === 'OPTIONS') ? [`Allow: ${this.allow}`] : []
    return [`${method} ${this.target} SIP/2.0`, `Via: SIP/2.0/UDP 127.0.0.1:${this.phones.port};rport;branch=${branch}`, 'Max-Forwards: 70',
      ...(this.routes ?? []).map((route) => `Route: ${route}`), `From: ${this.local}`, `To: ${this.remote}`, `Call-ID: ${this.id}`, `CSeq: ${cseq} ${method}`, `Contact: <sip:${this.user}@127.0.0.1:${this.phones.port}>`,
      ...allow, ...headers, ...(body ? ['Content-Type: application/sdp'] : []), `Content-Length: ${Buffer.byteLength(body)}`, '', body].join(crlf)
  }

  /** Presses transfer: REFER to a number, or to the party of another call of this phone. Returns the status of the REFER; what came of it is in `notified`. */
  async refer(number, other) {
    const replaces = other ? `?Replaces=${encodeURIComponent(`${other.id};to-tag=${tagOf(other.remote)};from-tag=${tagOf(other.local)}`)}` : ''
    const headers = [`Refer-To: <sip:${number}@127.0.0.1:${this.peer}${replaces}>`, `Referred-By: <sip:${this.user}@127.0.0.1:${this.phones.port}>`]
    return (await this.phones.transact(this, 'REFER', ++this.cseq, '', headers)).status
  }

  /** Sends BYE (or CANCEL's work is not needed: tests hang up answered calls) and waits for its answer. */
  async hangUp() {
    if (this.state !== 'answered') return
    this.state = 'ending'
    this.rtp.silence()
    await this.phones.transact(this, 'BYE', ++this.cseq)
    this.#end('bye')
  }

  /** Puts the other side on hold ('sendonly') or takes it back ('sendrecv'); gives the answer's status. */
  async direct(direction) {
    const answer = await this.phones.transact(this, 'INVITE', ++this.cseq, this.sdp(direction))
    return answer?.status
  }

  onResponse(message) {
    if (message.method !== 'INVITE') return
    if (message.status >= 200) {
      this.remote = message.headers.to
      if (message.status < 300) {
        this.target = uriOf(message.headers.contact)
        this.routes = [...message.routes].reverse() // RFC 3261 section 12.1.2
      }
      const branch = message.status < 300 ? `z9hG4bK${randomUUID()}` : message.vias[0].match(/branch=([^;]+)/)[1]
      this.phones.send(this.request('ACK', branch, Number(message.headers.cseq.split(' ')[0])), this.peer)
    }
    if (this.state !== 'calling') return
    if (message.status >= 300) return this.#end(message.status)
    if (message.status > 100 && message.status < 200) this.emit('ringing', message)
    if (message.status < 200) return
    this.state = 'answered'
    this.rtp.talk(mediaPort(message.body))
    this.emit('answered')
  }

  onRequest(message) {
    if (message.method === 'ACK') {
      if (this.state !== 'calling') return
      this.state = 'answered'
      clearInterval(this.repeat)
      this.rtp.talk(this.remoteMedia)
      this.emit('answered')
    } else if (message.method === 'BYE' || message.method === 'CANCEL') {
      this.phones.reply(message, 200, this)
      clearInterval(this.repeat)
      if (message.method === 'CANCEL') this.phones.reply(this.invite, 487, this)
      this.#end('bye')
    } else {
      if (message.method === 'INFO' && !this.infos?.some((one) => one.cseq === message.headers.cseq))
        this.infos?.push({ cseq: message.headers.cseq, type: message.headers['content-type'], body: message.body })
      this.phones.reply(message, 200, this)
      if (message.method !== 'NOTIFY') return
      this.notified.push(Number(message.body.match(/^SIP\/2.0 (\d+)/)?.[1]))
      this.emit('notified')
    }
  }

  #end(why) {
    if (this.state === 'ended') return
    this.state = 'ended'
    this.why = why
    this.rtp.silence()
    this.phones.calls.delete(this.id)
    this.emit('ended', why)
  }
}

export class SipPhones extends EventEmitter {
  /** `onCall(call)` decides about an incoming call: sets call.rtp, then it is answered (with call.ringsOnly it only rings); undefined: 486. */
  static async open(engine, onCall) {
    const phones = new SipPhones(engine, onCall)
    await new Promise((resolve) => phones.socket.bind(0, '127.0.0.1', resolve))
    phones.port = phones.socket.address().port
    return phones
  }

  constructor(engine, onCall) {
    super()
    Object.assign(this, { engine, onCall, calls: new Map(), waiting: new Map() })
    this.socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 4 << 20 })
    this.socket.on('error', () => {})
    this.socket.on('message', (bytes, from) => this.#receive(parse(bytes.toString()), from.port))
  }

  send(text, port) {
    if (this.closed) return
    this.socket.send(text, port, '127.0.0.1', () => {})
  }

  reply(request, status, call, body = '') {
    const reason = { 100: 'Trying', 180: 'Ringing', 200: 'OK', 481: 'No Such Call', 486: 'Busy Here', 487: 'Request Terminated' }[status]
    const to = /;tag=/.test(request.headers.to) || !call ? request.headers.to : `${request.headers.to};tag=${call.tag}`
    this.send([`SIP/2.0 ${status} ${reason}`, ...request.vias.map((via) => `Via: ${via}`), `From: ${request.headers.from}`, `To: ${to}`, `Call-ID: ${request.headers['call-id']}`,
      `CSeq: ${request.headers.cseq}`, ...request.routes.map((route) => `Record-Route: ${route}`), `Contact: <sip:${call?.user ?? 'phone'}@127.0.0.1:${this.port}>`, ...(body ? ['Content-Type: application/sdp'] : []),
      `Content-Length: ${Buffer.byteLength(body)}`, '', body].join(crlf), request.from)
  }

  /** `events`: false for one that knows no telephone-event (RFC 4733). Calls a number. Follow the call by its events or reach('answered'). */
  async call(sipPort, number, { from = '02065550100', hertz = 500, rtp, events = true, allow } = {}) {
    const id = randomUUID()
    const call = new PhoneCall(this, { id, events, allow, infos: [], user: from, number, peer: sipPort, target: `sip:${number}@127.0.0.1:${sipPort}`,
      local: `<sip:${from}@127.0.0.1:${this.port}>;tag=${randomUUID()}`, remote: `<sip:${number}@127.0.0.1:${sipPort}>`, rtp: rtp ?? (await this.engine.open(hertz)) })
    this.calls.set(id, call)
    void this.transact(call, 'INVITE', 1, call.sdp())
    return call
  }

  /** Sends a request until any answer comes. */
  transact(call, method, cseq, body, headers) {
    const branch = `z9hG4bK${randomUUID()}`
    const text = call.request(method, branch, cseq, body, headers)
    const key = `${call.id} ${cseq} ${method}`
    return new Promise((resolve, reject) => {
      let tries = 0
      const again = () => {
        if (this.closed || tries++ === 20) {
          clearInterval(timer)
          return this.closed ? resolve() : reject(new Error(`no answer to ${method} of ${call.number}`))
        }
        this.send(text, call.peer)
      }
      const timer = setInterval(again, 500)
      this.waiting.set(key, (message) => {
        clearInterval(timer)
        if (message.status >= 200) {
          this.waiting.delete(key)
          resolve(message)
        }
      })
      again()
    })
  }

  #receive(message, from) {
    message.from = from
    const id = message.headers['call-id']
    let call = this.calls.get(id)
    if (message.response) {
      this.waiting.get(`${id} ${message.headers.cseq}`)?.(message)
      call?.onResponse(message)
    } else if (message.method === 'INVITE' && !call) {
      this.#incoming(message)
    } else if (message.method === 'INVITE') {
      if (call.state === 'answered') this.reply(message, 200, call, call.sdp()) // a re-INVITE: as before
    } else if (call) {
      call.onRequest(message)
    } else if (message.method !== 'ACK') {
      this.reply(message, message.method === 'OPTIONS' ? 200 : 481)
    }
  }

  #incoming(message) {
    const user = userOf(message.uri)
    const tag = randomUUID()
    const call = new PhoneCall(this, { id: message.headers['call-id'], user, number: user, peer: message.from, invite: message, tag,
      target: uriOf(message.headers.contact), local: `${message.headers.to};tag=${tag}`, remote: message.headers.from,
      caller: userOf(uriOf(message.headers.from)), routes: message.routes, remoteMedia: mediaPort(message.body) })
    this.calls.set(call.id, call)
    this.reply(message, 100, call)
    this.onCall(call)
    if (!call.rtp) {
      this.calls.delete(call.id)
      return this.reply(message, 486, call)
    }
    this.reply(message, 180, call)
    if (call.ringsOnly) return
    const answer = () => this.reply(message, 200, call, call.sdp())
    call.repeat = setInterval(answer, 500)
    answer()
    this.emit('call', call)
  }

  close() {
    this.closed = true
    for (const call of this.calls.values()) clearInterval(call.repeat)
    this.socket.close()
  }
}
