// SPDX-License-Identifier: Apache-2.0
// Chromium and a SIP phone (baresip) in one call, either as the customer: with Opus on both sides nothing is transcoded; with a phone
// that knows G.711 alone it is. Both hear each other's tone, and both say which codec they use.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { Baresip } from './lib/baresip.mjs'
import { audio, id, openBrowser, openPage, signInDesk } from './lib/browser.mjs'
import { Hotline, until } from './lib/server.mjs'
import { toneWav } from './lib/sound.mjs'
import { becomeReady, callAgain, pageIs, takeCall } from './lib/story.mjs'

const browserTone = 500
const phoneTone = 640

/** In the page, before its own scripts: keeps its peer connections, to ask them for their codec. */
function keepConnections() {
  window.connections = []
  const Original = window.RTCPeerConnection
  window.RTCPeerConnection = class extends Original {
    constructor(...args) {
      super(...args)
      window.connections.push(this)
    }
  }
}
/** {inbound, outbound}: the codecs of the page's newest connection, as Chromium's own statistics name them. */
const codecsOf = (page) => page.evaluate(async () => {
  const out = {}
  const stats = await window.connections.at(-1).getStats()
  for (const one of stats.values()) {
    if (one.type === 'inbound-rtp') out.inbound = stats.get(one.codecId)?.mimeType
    if (one.type === 'outbound-rtp') out.outbound = stats.get(one.codecId)?.mimeType
  }
  return out
})

test('a browser and a SIP phone', { timeout: 120_000 }, async (t) => {
  const hotline = await Hotline.start({ sip: 'digest_sha256 = false', media: 'codecs = ["opus", "g722", "pcma", "pcmu"]' })
  t.after(() => hotline.stop())
  const voice = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'hotline-e2e-')), 'tone.wav')
  fs.writeFileSync(voice, toneWav(browserTone))
  const browser = await openBrowser({ voice })
  t.after(() => browser.close())
  const supervisor = await hotline.signIn('8901')
  const agent = async (number) => (await supervisor.get('/agents?limit=200')).body.items.find((one) => one.number === number)
  const phone = async (s, user, options) => {
    const one = await Baresip.start(hotline.folder, { user, tone: phoneTone, password: hotline.accounts.phones, registrar: `127.0.0.1:${hotline.sipPort}`, ...options })
    s.after(() => one.stop())
    await until(`${user} is registered`, async () => (await agent(user)).phone_registered)
    return one
  }
  const readyAtPhone = (number) => until(`${number} is ready`, async () => {
    await supervisor.put(`/agents/${(await agent(number)).id}/state`, { state: 'ready', device: 'sip' })
    return (await agent(number)).state === 'ready'
  })
  /** The page hears the phone and nothing else: silence while that is muted. */
  const bothHear = async (page, desk) => {
    await until('the phone hears the browser', () => desk.hears(browserTone) > 0.7, 10_000)
    const level = async (what, fits) => {
      let since
      await until(what, async () => {
        if (!fits((await audio(page)).received ?? 0)) since = undefined
        else since ??= Date.now()
        return since && Date.now() - since > 500
      }, 10_000)
    }
    await level('the browser hears the phone', (received) => received > 0.1)
    desk.command('mute')
    await level('the browser hears silence', (received) => received < 0.02)
    desk.command('mute')
    await level('the browser hears the phone again', (received) => received > 0.1)
  }
  const ended = (call) => until('the contact is closed', async () => {
    const { body } = await supervisor.get(`/contacts/${call}`)
    return body.outcome === 'answered' && body.legs.every((leg) => leg.ended_ms) && body
  })
  const codecs = (contact) => Object.fromEntries(contact.legs.map((leg) => [leg.role, leg.quality?.codec]))
  const bridge = (call) => hotline.log().match(new RegExp(`call=${call} .*bridged to leg=\\d+, (.*)`))?.[1]

  const customer = await openPage(browser, `${hotline.url}/call`, { before: keepConnections })
  const callOf = async (number) => until(`${number} has the call`, async () => {
    const { body } = await supervisor.get('/contacts?limit=1')
    const id = body.items[0]?.id
    const call = id && (await supervisor.get(`/calls/${id}`)).body
    return call?.state === 'talking' && id
  }, 30_000)

  await t.test('the customer at a page, the agent at a phone, both with Opus', async (s) => {
    const desk = await phone(s, '8150', { codecs: 'opus/48000/2,PCMA/8000/1' })
    await readyAtPhone('8150')
    await callAgain(customer)
    const call = await callOf('8150')
    await bothHear(customer, desk)
    assert.deepEqual(await codecsOf(customer), { inbound: 'audio/opus', outbound: 'audio/opus' })
    assert.equal(bridge(call), 'opus relayed to opus')
    desk.command('hangup')
    assert.deepEqual(codecs(await ended(call)), { customer: 'opus', agent: 'opus' })
    await pageIs(customer, 'ended')
  })

  await t.test('the phone knows G.711 alone: transcoded', async (s) => {
    const desk = await phone(s, '8149', { codecs: 'PCMA/8000/1' })
    await readyAtPhone('8149')
    await callAgain(customer)
    const call = await callOf('8149')
    await bothHear(customer, desk)
    assert.deepEqual(await codecsOf(customer), { inbound: 'audio/opus', outbound: 'audio/opus' })
    assert.match(bridge(call), /transcoded to/)
    desk.command('hangup')
    assert.deepEqual(codecs(await ended(call)), { customer: 'opus', agent: 'PCMA' })
  })

  await t.test('the customer at a phone, the agent at a page, both with Opus', async (s) => {
    const desk = await openPage(browser, `${hotline.url}/desk`, { before: keepConnections })
    await signInDesk(desk, '8001', hotline.accounts.agents)
    await becomeReady(desk)
    const caller = await phone(s, '8148', { codecs: 'opus/48000/2,PCMA/8000/1' })
    caller.command('dial', `sip:1000@127.0.0.1:${hotline.sipPort}`)
    await caller.event('CALL_ESTABLISHED')
    await until('the caller hears the menu', () => caller.heard()?.seconds > 0.5)
    for (const key of ['1', '0']) {
      caller.command('sndcode', key)
      const { seconds } = caller.heard()
      await until('the next key may follow', () => caller.heard().seconds > seconds + 0.8)
    }
    const call = await takeCall(desk)
    await bothHear(desk, caller)
    assert.deepEqual(await codecsOf(desk), { inbound: 'audio/opus', outbound: 'audio/opus' })
    assert.equal(bridge(call), 'opus relayed to opus')
    await id(desk, 'hang-up').click()
    assert.deepEqual(codecs(await ended(call)), { customer: 'opus', agent: 'opus' })
  })
})
