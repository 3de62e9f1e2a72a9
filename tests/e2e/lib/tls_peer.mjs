// SPDX-License-Identifier: Apache-2.0
// A SIP peer over TLS (Node's OpenSSL), as a carrier's border controller would be: it is called, and it calls sips: URIs. One call at
// a time in each direction; sound in G.711 A-law by an RtpEnd.
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import { mediaPort, parse, uriOf } from './sip_phone.mjs'
import { until } from './server.mjs'

const crlf = '\r\n'

/** A certificate of 127.0.0.1 that is its own authority: `<name>.pem` and `<name>.key` in the folder. */
export function makeCertificate(folder, name) {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${name}`,
    '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', path.join(folder, `${name}.key`), '-out', path.join(folder, `${name}.pem`)], { stdio: 'ignore' })
  return path.join(folder, `${name}.pem`)
}

export class TlsPeer extends EventEmitter {
  /** Listens with this certificate; `rtp` is its sound. */
  static async open(folder, name, rtp) {
    const peer = new TlsPeer()
    Object.assign(peer, { rtp, requests: [], responses: [], refused: 0, sockets: new Set(), tag: randomUUID() })
    peer.server = tls.createServer({ cert: fs.readFileSync(path.join(folder, `${name}.pem`)), key: fs.readFileSync(path.join(folder, `${name}.key`)) }, (socket) => peer.#use(socket))
    peer.server.on('tlsClientError', () => ++peer.refused)
    peer.server.listen(0, '127.0.0.1')
    await once(peer.server, 'listening')
    peer.port = peer.server.address().port
    return peer
  }

  /** Connects, and believes only who has a certificate of this authority. */
  async connect(port, authority) {
    this.socket = tls.connect({ host: '127.0.0.1', port, ca: fs.readFileSync(authority), rejectUnauthorized: true })
    await once(this.socket, 'secureConnect')
    this.#use(this.socket)
  }

  #use(socket) {
    this.sockets.add(socket)
    let text = ''
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      text += chunk
      for (;;) {
        const end = text.indexOf(crlf + crlf)
        if (end < 0) return
        const size = end + 4 + Number(text.slice(0, end).match(/^(?:Content-Length|l): *(\d+)/im)?.[1] ?? 0)
        if (text.length < size) return
        this.#receive(parse(text.slice(0, size)), socket)
        text = text.slice(size)
      }
    })
  }

  sdp() {
    return ['v=0', `o=- ${this.rtp.port} 1 IN IP4 127.0.0.1`, 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', `m=audio ${this.rtp.port} RTP/AVP 8 101`, 'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:101 telephone-event/8000', ''].join(crlf)
  }

  /** INVITE to a sips: URI over the connection made; resolves with its final response, acknowledged. */
  async call(number, port) {
    const uri = `sips:${number}@127.0.0.1:${port}`
    this.dialog = { id: randomUUID(), local: `<sips:0206554001@127.0.0.1:${this.port}>;tag=${this.tag}`, remote: `<${uri}>`, target: uri, cseq: 1 }
    this.#request('INVITE', this.dialog.cseq, this.sdp())
    const final = await until('the INVITE over TLS is answered', () => this.responses.find((one) => one.method === 'INVITE' && one.status >= 200))
    this.dialog.remote = final.headers.to
    if (final.status < 300) this.dialog.target = uriOf(final.headers.contact)
    this.#request('ACK', 1)
    if (final.status < 300) this.rtp.talk(mediaPort(final.body))
    return final
  }

  #request(method, cseq, body = '') {
    const { id, local, remote, target } = this.dialog
    this.socket.write([`${method} ${target} SIP/2.0`, `Via: SIP/2.0/TLS 127.0.0.1:${this.port};branch=z9hG4bK${randomUUID()}`, 'Max-Forwards: 70', `From: ${local}`, `To: ${remote}`,
      `Call-ID: ${id}`, `CSeq: ${cseq} ${method}`, `Contact: <sips:carrier@127.0.0.1:${this.socket.localPort}>`, ...(body ? ['Content-Type: application/sdp'] : []),
      `Content-Length: ${body.length}`, '', body].join(crlf))
  }

  #receive(message, socket) {
    if (message.response) {
      this.responses.push(message)
      return
    }
    this.requests.push(message)
    const answer = (status, body = '') => socket.write([`SIP/2.0 ${status}`, ...message.vias.map((via) => `Via: ${via}`), `From: ${message.headers.from}`,
      `To: ${message.headers.to}${/;tag=/.test(message.headers.to) ? '' : `;tag=${this.tag}`}`, `Call-ID: ${message.headers['call-id']}`, `CSeq: ${message.headers.cseq}`,
      `Contact: <sip:carrier@127.0.0.1:${this.port};transport=tls>`, ...(body ? ['Content-Type: application/sdp'] : []), `Content-Length: ${body.length}`, '', body].join(crlf))
    if (message.method === 'INVITE') {
      answer('180 Ringing')
      answer('200 OK', this.sdp())
      this.rtp.talk(mediaPort(message.body))
    } else if (message.method !== 'ACK') {
      if (message.method === 'BYE') this.rtp.silence()
      answer('200 OK')
    }
  }

  saw(method) {
    return until(`${method} comes over TLS`, () => this.requests.find((one) => one.method === method))
  }

  close() {
    for (const socket of this.sockets) socket.destroy()
    this.server.close()
  }
}
