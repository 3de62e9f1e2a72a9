// SPDX-License-Identifier: Apache-2.0
// Certificates that are replaced while the hotline runs: SIGHUP, and new connections of HTTPS and of SIP get the new ones; whoever is
// connected stays so, a call over TLS goes on. Files that cannot be used are told in the log and change nothing.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import https from 'node:https'
import path from 'node:path'
import test from 'node:test'
import tls from 'node:tls'
import { Baresip } from './lib/baresip.mjs'
import { temporaryFolder, undoLater } from './lib/program.mjs'
import { Hotline, until } from './lib/server.mjs'
import { freePort } from './lib/voice_node.mjs'

/** A certificate of its own for 127.0.0.1 with this name. */
function makeCertificate(folder, name) {
  const [certificate, key] = ['pem', 'key'].map((end) => path.join(folder, `${name}.${end}`))
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj', `/CN=${name}`,
    '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate], { stdio: 'ignore' })
  return { certificate, key }
}

/** The name of the certificate that a new connection to this port is shown. */
function shown(port) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, session: undefined }, () => {
      resolve(socket.getPeerCertificate().subject.CN)
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

/** A GET over one connection that is kept open; resolves with the status. */
function get(agent, url) {
  return new Promise((resolve, reject) => {
    https.get(url, { agent, rejectUnauthorized: false }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode))
    }).on('error', reject)
  })
}

test('certificates of HTTPS and SIP are replaced while calls and connections go on', { timeout: 100_000 }, async (t) => {
  const folder = temporaryFolder(t)
  const one = makeCertificate(folder, 'one')
  const two = makeCertificate(folder, 'two')
  const used = { certificate: path.join(folder, 'used.pem'), key: path.join(folder, 'used.key') }
  const use = ({ certificate, key }) => {
    fs.copyFileSync(certificate, used.certificate)
    fs.copyFileSync(key, used.key)
  }
  use(one)
  const sipPort = await freePort()
  const hotline = await Hotline.start({
    folder, sip: 'digest_sha256 = false', web: `certificate = "${used.certificate}"\nkey = "${used.key}"`,
    extra: `[sip_tls]\nport = ${sipPort}\ncertificate = "${used.certificate}"\nkey = "${used.key}"\n`,
  })
  undoLater(t, () => hotline.stop({ keep: true }))
  const webPort = Number(new URL(hotline.url).port)
  const hangUp = () => hotline.process.kill('SIGHUP')
  const said = (text, times = 1) => until(`the log says ${text}`, () => hotline.log().split(text).length > times)
  for (const port of [webPort, sipPort]) assert.equal(await shown(port), 'one')

  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 })
  undoLater(t, () => agent.destroy())
  assert.equal(await get(agent, `${hotline.url}/healthz`), 200)
  const [kept] = Object.values(agent.freeSockets)[0] ?? (await until('the connection is free', () => Object.values(agent.freeSockets)[0]))
  const phone = await Baresip.start(folder, {
    user: '8150', password: hotline.accounts.phones, registrar: `127.0.0.1:${sipPort}`, transport: 'tls', config: 'sip_verify_server no',
  })
  undoLater(t, () => phone.stop())
  await phone.said('200 OK')
  phone.command('dial', `sip:1000@127.0.0.1:${sipPort};transport=tls`)
  await phone.event('CALL_ESTABLISHED')
  const supervisor = await hotline.signIn('8901')
  const live = async () => (await supervisor.get('/contacts?phone=8150&limit=5')).body.items.find((contact) => contact.outcome === 'live')
  const call = await until('the call is there', live)

  await t.test('new ones are shown to new connections, old connections and the call go on', async () => {
    use(two)
    for (const port of [webPort, sipPort]) assert.equal(await shown(port), 'one', 'nothing happens before the signal')
    hangUp()
    await until('both show the new one', async () => (await shown(webPort)) === 'two' && (await shown(sipPort)) === 'two')
    assert.equal(hotline.process.exitCode ?? hotline.process.signalCode, null, 'SIGHUP does not end the core')
    assert.equal(await get(agent, `${hotline.url}/healthz`), 200)
    assert.equal(kept.destroyed, false)
    assert.equal(kept.getPeerCertificate().subject.CN, 'one')
    assert.equal((await live())?.id, call.id)
  })

  await t.test('a key of another certificate is refused with a word in each log, the old ones stay', async () => {
    fs.copyFileSync(one.key, used.key)
    hangUp()
    await said('the HTTPS certificate stays as it was: cannot use the TLS key')
    await said('the SIP certificate stays as it was: the SIP key')
    for (const port of [webPort, sipPort]) assert.equal(await shown(port), 'two')
  })

  await t.test('so is a file that is no certificate, and one that is gone', async () => {
    use(two)
    fs.writeFileSync(used.certificate, 'half a certif')
    hangUp()
    await said('the HTTPS certificate stays as it was: cannot use the TLS certificate')
    await said('the SIP certificate stays as it was: the SIP certificate')
    fs.rmSync(used.certificate)
    hangUp()
    await said('the HTTPS certificate stays as it was: cannot use the TLS certificate', 2)
    await said('the SIP certificate stays as it was: the SIP certificate', 2)
    for (const port of [webPort, sipPort]) assert.equal(await shown(port), 'two')
  })

  await t.test('the call over the first certificate is ended by its phone, as usual', async () => {
    assert.equal((await live())?.id, call.id)
    phone.command('hangup')
    const contact = await until('the contact is closed', async () => {
      const { body } = await supervisor.get(`/contacts/${call.id}`)
      return body.outcome !== 'live' && body
    })
    assert.equal(contact.end_cause, 'normal')
    const seconds = (contact.ended_ms - contact.started_ms) / 1000
    assert.ok(contact.legs[0].packets_received > 25 * seconds, `it was heard all the time: ${contact.legs[0].packets_received} packets in ${seconds} s`)
  })
})
