// SPDX-License-Identifier: Apache-2.0
// Those whom the hotline sends to, as small as they can be: a mail server, a push service that reads what it gets as a browser would, and a
// partner's program that checks the signature. On loopback, with a certificate of their own.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import crypto from 'node:crypto'
import fs from 'node:fs'
import https from 'node:https'
import net from 'node:net'
import path from 'node:path'
import { undoLater } from './program.mjs'

/** A certificate for 127.0.0.1: {key, cert, file}; the file is what to trust. */
export function certificate(folder) {
  const [key, file] = [path.join(folder, 'peer.key'), path.join(folder, 'peer.pem')]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', file, '-days', '2', '-subj', '/CN=peer', '-addext', 'subjectAltName=IP:127.0.0.1'], { stdio: 'ignore' })
  return { key: fs.readFileSync(key), cert: fs.readFileSync(file), file }
}

/** An HTTPS server that keeps every request; `answer(request)` gives the status. */
async function secureServer(t, certified, answer) {
  const got = []
  const server = https.createServer(certified, (request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const one = { path: request.url, headers: request.headers, body: Buffer.concat(chunks) }
      const status = answer(one)
      one.status = status
      got.push(one)
      response.writeHead(status).end()
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  undoLater(t, () => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return { got, url: `https://127.0.0.1:${server.address().port}` }
}

export class PartnerProgram {
  static async start(t, certified, secret) {
    const program = new PartnerProgram()
    program.refuse = 0
    Object.assign(program, await secureServer(t, certified, (one) => {
      const wanted = `sha256=${crypto.createHmac('sha256', secret).update(one.body).digest('hex')}`
      if (one.headers['x-hotline-signature'] !== wanted) return 401
      if (program.refuse > 0) {
        program.refuse--
        return 503
      }
      return 204
    }))
    return program
  }
  /** What it took, each message once. */
  get feedback() {
    const taken = this.got.filter(({ status }) => status === 204).map(({ body }) => JSON.parse(body))
    return [...new Map(taken.map((one) => [one.id, one])).values()]
  }
}

const base64url = (bytes) => Buffer.from(bytes).toString('base64url')

/** One browser's subscription at a push service of the test's own. */
export class PushService {
  static async start(t, certified) {
    const service = new PushService()
    service.ecdh = crypto.createECDH('prime256v1')
    service.ecdh.generateKeys()
    service.secret = crypto.randomBytes(16)
    service.refuse = 0
    service.ended = false
    Object.assign(service, await secureServer(t, certified, () => {
      if (service.ended) return 410
      if (service.refuse > 0) {
        service.refuse--
        return 503
      }
      return 201
    }))
    service.subscription = { endpoint: `${service.url}/push/${crypto.randomBytes(12).toString('hex')}`, p256dh: base64url(service.ecdh.getPublicKey()), auth: base64url(service.secret) }
    return service
  }

  /** RFC 8291 and RFC 8188, the browser's side. */
  read(body) {
    const salt = body.subarray(0, 16)
    const record = body.readUInt32BE(16)
    const size = body[20]
    const sender = body.subarray(21, 21 + size)
    const sealed = body.subarray(21 + size)
    assert.ok(sealed.length <= record)
    const agreed = this.ecdh.computeSecret(sender)
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.ecdh.getPublicKey(), sender])
    const keying = Buffer.from(crypto.hkdfSync('sha256', agreed, this.secret, info, 32))
    const key = Buffer.from(crypto.hkdfSync('sha256', keying, salt, 'Content-Encoding: aes128gcm\0', 16))
    const nonce = Buffer.from(crypto.hkdfSync('sha256', keying, salt, 'Content-Encoding: nonce\0', 12))
    const cipher = crypto.createDecipheriv('aes-128-gcm', key, nonce)
    cipher.setAuthTag(sealed.subarray(-16))
    const plain = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()])
    const end = plain.lastIndexOf(2)
    return JSON.parse(plain.subarray(0, end).toString())
  }

  /** RFC 8292: who pushes is who the page subscribed to. */
  checkSender({ headers }, push_key) {
    const [, token, key] = headers.authorization.match(/^vapid t=([^,]+), k=(.+)$/)
    assert.equal(key, push_key)
    const [head, claims, signature] = token.split('.')
    const point = Buffer.from(key, 'base64url')
    const publicKey = crypto.createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: base64url(point.subarray(1, 33)), y: base64url(point.subarray(33)) } })
    assert.ok(crypto.verify('sha256', Buffer.from(`${head}.${claims}`), { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')))
    const said = JSON.parse(Buffer.from(claims, 'base64url'))
    assert.equal(said.aud, this.url)
    assert.ok(said.exp * 1_000 > Date.now() && said.exp * 1_000 < Date.now() + 86_400_000)
    return said
  }
}

/** Takes every mail: {to, subject, text, id}. */
export class MailServer {
  static async start(t, port = 0) {
    const server = new MailServer()
    server.mails = []
    server.listener = net.createServer((socket) => server.serve(socket))
    await new Promise((resolve) => server.listener.listen(port, '127.0.0.1', resolve))
    server.port = server.listener.address().port
    undoLater(t, () => server.stop())
    return server
  }
  serve(socket) {
    const say = (line) => socket.write(`${line}\r\n`)
    let mail = { to: [] }
    let data = false
    let rest = ''
    socket.setEncoding('latin1')
    socket.on('error', () => {})
    say('220 peer')
    socket.on('data', (chunk) => {
      rest += chunk
      for (let end; (end = rest.indexOf(data ? '\r\n.\r\n' : '\r\n')) >= 0;) {
        const line = rest.slice(0, end)
        rest = rest.slice(end + (data ? 5 : 2))
        if (data) {
          const [head, body] = line.split(/\r\n\r\n(.*)/s)
          const field = (name) => head.match(new RegExp(`^${name}: ((?:.*)(?:\r\n[ \t].*)*)`, 'mi'))?.[1] ?? ''
          const words = field('Subject').replace(/\?=\r\n\s*=\?/g, '?==?').replace(/=\?UTF-8\?B\?([^?]*)\?=/g, (_, text) => Buffer.from(text, 'base64').toString())
          this.mails.push({ ...mail, subject: words, text: Buffer.from(body, 'base64').toString(), id: field('Message-ID') })
          mail = { to: [] }
          data = false
          say('250 taken')
        } else if (/^(EHLO|HELO)/i.test(line)) say('250 peer')
        else if (/^MAIL/i.test(line)) say('250 ok')
        else if (/^RCPT/i.test(line)) {
          mail.to.push(line.match(/<(.*)>/)[1])
          say('250 ok')
        } else if (/^DATA/i.test(line)) {
          data = true
          say('354 go on')
        } else if (/^QUIT/i.test(line)) {
          say('221 bye')
          socket.end()
        } else say('250 ok')
      }
    })
  }
  /** Each mail once: one that is sent again has the same id. */
  get once() {
    return [...new Map(this.mails.map((one) => [one.id, one])).values()]
  }
  async stop() {
    if (this.listener.listening) await new Promise((resolve) => this.listener.close(resolve))
  }
}
