// SPDX-License-Identifier: Apache-2.0
// Supervisors in a live call, in real Chromium: listen, whisper, barge, take over, two at once, one of them at a SIP phone; a core
// that is killed in the middle. Everybody says a tone of their own, and who hears whom is measured.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import test from 'node:test'
import { id, openBrowser, openPage, signInDesk } from './lib/browser.mjs'
import { RtpEngine } from './lib/rtp.mjs'
import { Hotline, until } from './lib/server.mjs'
import { SipPhones } from './lib/sip_phone.mjs'
import { toneShare, toneWav } from './lib/sound.mjs'
import { becomeReady, callIs, inState, saveWrapUp, takeCall } from './lib/story.mjs'
import { hearing, keepEars, pageEar, rtpEar } from './lib/tones.mjs'
import { readWav } from './lib/wav.mjs'

const shot = async (page, name) => process.env.SHOTS && page.screenshot({ path: path.join(process.env.SHOTS, `${name}.png`) })

test('supervisors listen, whisper, barge in and take over', { timeout: 240_000 }, async (t) => {
  const engine = new RtpEngine()
  t.after(() => engine.close())
  const desk_phone = await engine.open(1_390)
  desk_phone.listen()
  const phones = await SipPhones.open(engine, (call) => { if (call.user === '8903') call.rtp = desk_phone })
  t.after(() => phones.close())
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hotline-e2e-'))
  const hotline = await Hotline.start({ folder })
  t.after(() => hotline.stop())
  const problems = []
  const someone = async (hertz, at, number, password) => {
    const voice = path.join(folder, `${number}.wav`)
    fs.writeFileSync(voice, toneWav(hertz))
    const browser = await openBrowser({ voice })
    t.after(() => browser.close())
    const page = await openPage(browser, `${hotline.url}/${at}`, { before: keepEars, problems })
    await signInDesk(page, number, password)
    return page
  }
  const { agents, supervisors } = hotline.accounts
  const [agent, first, second] = await Promise.all([
    someone(740, 'desk', '8001', agents), someone(1_090, 'supervise', '8901', supervisors), someone(1_660, 'supervise', '8902', supervisors)])
  const api = await hotline.signIn('8999')
  await becomeReady(agent)
  const caller = await phones.call(hotline.sipPort, '1000', { hertz: 500 })
  await caller.reach('answered')
  await until('the menu is heard', () => caller.rtp.hearing.packets > 0)
  for (const key of '10') caller.rtp.press(key)
  const call = await takeCall(agent)
  caller.rtp.listen()
  const people = {
    customer: { hertz: 500, ear: rtpEar(caller.rtp) },
    agent: { hertz: 740, ear: pageEar(agent) },
    first: { hertz: 1_090, ear: pageEar(first) },
    second: { hertz: 1_660, ear: pageEar(second) },
    phone: { hertz: 1_390, ear: rtpEar(desk_phone) },
  }
  const act = async (page, mode) => {
    await id(page, `floor-call-${call}`).locator(`[data-testid="supervise-${mode}"]`).click()
    await page.locator(`[data-testid^="listener-${call}-"][data-mode="${mode}"][data-state="connected"]`).filter({ hasText: 'You' }).waitFor()
  }
  let lost
  let times

  await t.test('before: the two hear each other', async () => {
    await hearing('customer and agent', people, { customer: 'agent', agent: 'customer' })
    await id(first, `floor-call-${call}`).waitFor()
    lost = caller.rtp.hearing.lost
    caller.rtp.markGap()
  })

  await t.test('two listen at once, and nobody hears them', async () => {
    await act(first, 'listen')
    await act(second, 'listen')
    await hearing('two listen', people, { customer: 'agent', agent: 'customer', first: 'customer agent', second: 'customer agent' })
    await shot(first, 'supervise-two-listen')
  })

  await t.test('who listens is seen by supervisors, not at the agent\'s desk', async () => {
    const { body } = await api.get('/floor')
    assert.deepEqual(body.items.find((item) => item.call.id === call).supervisors.map((one) => [one.mode, one.state]), [['listen', 'connected'], ['listen', 'connected']])
    const own = await hotline.signIn('8001')
    assert.ok(!/supervis/.test(JSON.stringify((await own.get(`/calls/${call}`)).body).replaceAll(/"supervision":null,?/g, '')), 'the call says nothing')
    assert.ok(!/supervis/.test(JSON.stringify((await own.get(`/contacts/${call}`)).body)), 'nor its history')
  })

  await t.test('a whisper is for the agent alone', async () => {
    await act(first, 'whisper')
    await hearing('first whispers', people, { customer: 'agent', agent: 'customer first', first: 'customer agent', second: 'customer agent' })
    times = { whisper: Date.now() }
  })

  await t.test('a supervisor at a SIP phone is rung and listens too, then whispers by the API', async () => {
    const phone = await hotline.signIn('8903')
    assert.equal((await phone.put('/agents/8903/state', { state: 'signed_out', device: 'sip', sip_contact: `sip:8903@127.0.0.1:${phones.port}` })).status, 200)
    const rung = new Promise((resolve) => phones.once('call', resolve))
    assert.equal((await phone.post(`/calls/${call}/supervise`, { mode: 'listen' })).body.role, 'supervisor')
    const line = await rung
    await hearing('the phone listens', people, { customer: 'agent', agent: 'customer first', phone: 'customer agent', second: 'customer agent' })
    assert.equal((await phone.post(`/calls/${call}/supervise`, { mode: 'whisper' })).status, 200)
    await hearing('the phone whispers', people, { customer: 'agent', agent: 'customer first phone', phone: 'customer agent' })
    await line.hangUp()
    await hearing('the phone has hung up', people, { customer: 'agent', agent: 'customer first' })
    await until('the supervisor is free', async () => (await phone.get('/agents?q=8903')).body.items[0].state === 'signed_out')
    times.whispered = Date.now()
  })

  await t.test('who barges in is heard by all', async () => {
    await act(first, 'barge')
    await hearing('first barges in', people, { customer: 'agent first', agent: 'customer first', first: 'customer agent', second: 'customer agent first' })
    times.barge = Date.now()
    await shot(second, 'supervise-barge')
  })

  await t.test('the core is killed: nothing changes, and the next one knows who listens', async () => {
    // The next one listens where this one did: the pages come back to it.
    fs.writeFileSync(hotline.config, fs.readFileSync(hotline.config, 'utf8').replace('https_port = 0', `https_port = ${new URL(hotline.url).port}`))
    await hotline.killCore()
    await hearing('without a core', people, { customer: 'agent first', agent: 'customer first', first: 'customer agent', second: 'customer agent first' })
    await hotline.launch()
    await hearing('with the next core', people, { customer: 'agent first', agent: 'customer first', first: 'customer agent', second: 'customer agent first' })
    times.barged = Date.now()
    await until('the floor is known', async () => (await api.get('/floor')).body.items.find((item) => item.call.id === call)?.supervisors.length === 2)
  })

  await t.test('one click ends what another supervisor does', async () => {
    const me = (await api.get('/agents?q=8901')).body.items[0].id
    await id(second, `end-${call}-${me}`).click({ timeout: 20_000 })
    await id(second, `listener-${call}-${me}`).waitFor({ state: 'detached' })
    await hearing('first is out', people, { customer: 'agent', agent: 'customer', second: 'customer agent' })
    await until('first is what they were', async () => (await api.get('/agents?q=8901')).body.items[0].state === 'signed_out')
    assert.equal(caller.rtp.hearing.lost - lost, 0, 'no packet is missing in what the customer got')
  })

  await t.test('a supervisor takes over; the agent writes it up', async () => {
    await id(second, `floor-call-${call}`).locator('[data-testid="supervise-take_over"]').click()
    await hearing('second has the call', people, { customer: 'second', second: 'customer' })
    await inState(agent, 'wrap_up')
    await id(agent, 'wrap-up').waitFor()
    await id(second, 'nav-desk').click()
    await callIs(second, 'talking')
    await shot(second, 'supervise-taken-over')
    await saveWrapUp(agent, 'ready')
    await caller.hangUp()
    await saveWrapUp(second, 'paused')
  })

  await t.test('the recording has what the customer heard: no whisper, the one who barged in', async () => {
    const contact = await until('the contact is closed', async () => {
      const { body } = await api.get(`/contacts/${call}`)
      return body.outcome === 'answered' && body.recordings.every((one) => one.state !== 'running') && body
    })
    assert.equal(contact.agent_id, '8902')
    assert.equal(contact.recordings.length, 1)
    assert.equal(contact.recordings[0].state, 'whole')
    const cookie = (await hotline.signIn('8901')).cookie
    const wav = readWav(Buffer.from(await (await fetch(`${hotline.url}/api/v1/recordings/${contact.recordings[0].id}/audio`, { headers: { cookie } })).arrayBuffer()))
    const started = contact.recordings[0].started_ms
    const share = (channel, from, to, hertz) => {
      const at = (ms) => Math.round(((ms - started) * wav.rate) / 1000)
      return toneShare(Float64Array.from({ length: at(to) - at(from) }, (_, i) => wav.sample(channel, at(from) + i)), wav.rate, hertz)
    }
    assert.ok(share(1, times.whisper, times.whispered, 1_090) < 0.001, 'the whisper is not in the agent\'s channel')
    assert.ok(share(1, times.whisper, times.whispered, 740) > 0.8, 'the agent is')
    assert.ok(share(1, times.barge, times.barged, 1_090) > 0.2, 'who barged in is in the agent\'s channel')
    assert.ok(share(0, times.barge, times.barged, 1_090) < 0.001, 'and not in the customer\'s')
    assert.ok(share(0, times.whisper, times.barged, 500) > 0.8, 'the customer alone is')
  })

  await t.test('every act is in the audit: who, what, whom, when, with what result', async () => {
    const admin = await hotline.signIn('8999')
    const { body } = await admin.get('/audit?limit=200')
    const mine = body.items.filter((entry) => entry.object === call && entry.action.startsWith('supervise.')).reverse()
    const told = mine.map((entry) => `${entry.actor_id} ${entry.action.slice(10)}${entry.data.result ? ` ${entry.data.result}` : ''}`)
    assert.deepEqual(told, ['8901 listen done', '8902 listen done', '8901 whisper done', '8903 listen done', '8903 whisper done', '8903 ended', '8901 barge done', '8901 ended', '8902 end done', '8902 take_over done'])
    assert.ok(mine.every((entry) => entry.data.agent && entry.at_ms > 0))
  })

  assert.deepEqual(problems.filter((text) => !/401|403|ERR_CONNECTION|WebSocket connection|Failed to fetch/.test(text)), [])
})
