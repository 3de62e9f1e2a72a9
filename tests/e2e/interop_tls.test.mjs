// SPDX-License-Identifier: Apache-2.0
// A TLS trunk with a peer on another TLS stack: certificates checked by both sides, calls both ways with sound, sips: URIs.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { agentTone, Floor } from './lib/floor.mjs'
import { RtpEngine } from './lib/rtp.mjs'
import { Hotline, until } from './lib/server.mjs'
import { SipPhones } from './lib/sip_phone.mjs'
import { freeSipPort } from './lib/sipp.mjs'
import { makeCertificate, TlsPeer } from './lib/tls_peer.mjs'

const carrierTone = 1_120

test('a trunk over TLS', { timeout: 90_000 }, async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hotline-e2e-'))
  const ours = makeCertificate(folder, 'hotline')
  const theirs = makeCertificate(folder, 'carrier')
  makeCertificate(folder, 'impostor')
  const floor = new Floor()
  floor.engine = new RtpEngine()
  t.after(() => floor.engine.close())
  const agentEnd = (await floor.engine.open(agentTone)).listen()
  floor.ends = new Map([['8001', agentEnd]])
  let atPhone
  floor.phones = await SipPhones.open(floor.engine, (call) => { call.rtp = agentEnd; agentEnd.reset(); atPhone = call })
  t.after(() => floor.phones.close())
  const carrier = await TlsPeer.open(folder, 'carrier', (await floor.engine.open(carrierTone)).listen())
  t.after(() => carrier.close())
  const impostor = await TlsPeer.open(folder, 'impostor', carrier.rtp)
  t.after(() => impostor.close())
  const tlsPort = await freeSipPort()
  floor.hotline = await Hotline.start({
    folder, agentContact: `sip:{number}@127.0.0.1:${floor.phones.port}`, trunkPeers: [`127.0.0.1:${floor.phones.port}`],
    extra: `
[sip_tls]
port = ${tlsPort}
certificate = "hotline.pem"
key = "hotline.key"
authorities = "carrier.pem"
[outbound]
trunk = "secure"
[[trunk]]
name = "secure"
transport = "tls"
ping = 0
[[gateway]]
trunk = "secure"
address = "127.0.0.1:${impostor.port}"
priority = 1
[[gateway]]
trunk = "secure"
address = "127.0.0.1:${carrier.port}"
priority = 2
`,
  })
  t.after(() => floor.hotline.stop())
  const { hotline } = floor
  floor.supervisor = await hotline.signIn('8901')
  const [agent] = await floor.agents()
  const bothHear = async () => {
    await until('the carrier hears the agent', () => carrier.rtp.hears(agentTone) > 0.7)
    await until('the agent hears the carrier', () => agentEnd.hears(carrierTone) > 0.7)
  }

  await t.test('a call out passes over a gateway whose certificate nobody vouches for', async () => {
    await floor.ready(agent)
    const own = await hotline.signIn('8001')
    const call = await own.post('/calls', { number: '0106512345' })
    assert.equal(call.status, 200, JSON.stringify(call.body))
    await bothHear()
    assert.deepEqual(impostor.requests, [], 'no word of the call to the impostor')
    const invite = await carrier.saw('INVITE')
    assert.match(invite.vias[0], /^SIP\/2\.0\/TLS /)
    assert.match(invite.headers.contact, /;transport=tls>/)
    assert.match(hotline.log(), /gateway's certificate is not trusted/)
    await atPhone.hangUp()
    await carrier.saw('BYE')
    await until('the call is over', async () => (await floor.supervisor.get(`/calls/${call.body.id}`)).status === 404)
  })

  await t.test('a carrier that trusts our certificate calls a sips: URI, and is answered with one', async () => {
    await floor.ready(agent)
    await carrier.connect(tlsPort, ours)
    carrier.requests.length = 0
    const answer = await carrier.call('1000', tlsPort)
    assert.equal(answer.status, 200)
    assert.match(answer.headers.contact, /<sips:hotline@127\.0\.0\.1:\d+>/)
    await until('the menu is heard', () => carrier.rtp.hearing.packets > 0)
    for (const key of '10') carrier.rtp.press(key)
    await floor.reach('0206554001', 'talking')
    await bothHear()
    await atPhone.hangUp()
    const bye = await carrier.saw('BYE')
    assert.match(bye.uri, /^sips:carrier@/)
    assert.equal((await floor.closed('0206554001')).outcome, 'answered')
  })

  await t.test('who trusts another authority does not connect to us', async () => {
    const stranger = await TlsPeer.open(folder, 'impostor', carrier.rtp)
    try {
      await assert.rejects(stranger.connect(tlsPort, theirs))
    } finally {
      stranger.close()
    }
  })
})
