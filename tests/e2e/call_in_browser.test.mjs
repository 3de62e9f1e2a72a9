// SPDX-License-Identifier: Apache-2.0
// The first real call: a customer's page dials 1000, hears the menu, presses keys; an agent's page rings, answers; both
// hear each other; the recording has both voices in the right channels and the whole length.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { audio, heard, id, openBrowser, openPage, signInDesk } from './lib/browser.mjs'
import { Hotline, until } from './lib/server.mjs'
import { readWav, rms } from './lib/wav.mjs'

test('browser to browser: menu, keys, answer, talk both ways, wrap-up, recording', { timeout: 180_000 }, async (t) => {
  const hotline = await Hotline.start()
  t.after(() => hotline.stop())
  const browser = await openBrowser()
  t.after(() => browser.close())
  const problems = []

  const desk = await openPage(browser, `${hotline.url}/desk`, { problems })
  await signInDesk(desk, '8001', hotline.accounts.agents)
  await id(desk, 'set-ready').click()
  await until('agent ready', async () => (await id(desk, 'agent-bar').getAttribute('data-state')) === 'ready')

  const customer = await openPage(browser, `${hotline.url}/call`, { problems })
  await id(customer, 'spoken-zh-Hans').click() // not every agent speaks English
  await id(customer, 'call').click()
  await until('the menu is heard', async () => (await id(customer, 'call-page').getAttribute('data-state')) === 'answered', 20_000)
  await heard(customer, 'the welcome', 'received')

  await id(customer, 'digit-0').click()
  await id(desk, 'answer').waitFor({ timeout: 30_000 })
  const callId = await id(desk, 'call-panel').getAttribute('data-call-id')
  await id(desk, 'answer').click()
  await until('talking', async () => (await id(desk, 'call-panel').getAttribute('data-call-state')) === 'talking')

  await heard(desk, 'the customer', 'received')
  await heard(customer, 'the agent', 'received')
  const before = Date.now()
  await until('five seconds of talk', () => Date.now() - before > 5_000, 10_000)

  await id(desk, 'hang-up').click()
  await until('the customer sees the end', async () => (await id(customer, 'call-page').getAttribute('data-state')) === 'ended')
  await id(desk, 'wrap-up').waitFor()

  const supervisor = await hotline.signIn('8901')
  const detail = await until('the recording is whole', async () => {
    const answer = await supervisor.get(`/contacts/${callId}`)
    return answer.body.recordings?.[0]?.state === 'whole' && answer.body
  })
  assert.equal(detail.outcome, 'answered')
  const answered = detail.events.find((event) => event.type === 'answered').at_ms
  const length = (detail.ended_ms - answered) / 1000
  const file = await fetch(`${hotline.url}/api/v1/recordings/${detail.recordings[0].id}/audio`, { headers: { cookie: supervisor.cookie } })
  assert.equal(file.status, 200)
  const wav = readWav(Buffer.from(await file.arrayBuffer()))
  assert.equal(wav.channels, 2)
  assert.ok(Math.abs(wav.seconds - length) <= 0.2, `recording ${wav.seconds} s, call ${length} s`)
  const connected = (detail.events.find((event) => event.type === 'connected').at_ms - answered) / 1000
  assert.ok(rms(wav, 0, connected + 1, length) > 0.003, 'the customer is on the left channel')
  assert.ok(rms(wav, 1, connected + 1, length) > 0.003, 'the agent is on the right channel')
  assert.ok(rms(wav, 1, 0.5, 3) > 0.003, 'the welcome is on the right channel')
  assert.deepEqual(problems.filter((text) => !text.includes('401')), []) // 401: the page asks whether it is signed in
  if (process.env.SHOTS) {
    await desk.screenshot({ path: path.join(process.env.SHOTS, 'desk-wrap-up.png') })
    fs.writeFileSync(path.join(process.env.SHOTS, 'detail.json'), JSON.stringify(detail, null, 1))
  }
})
