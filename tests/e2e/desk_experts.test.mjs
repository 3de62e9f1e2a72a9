// SPDX-License-Identifier: Apache-2.0
// An expert group is asked, joined and given the customer, in real Chromium: who hears whom is measured, and the
// expert's screen shows who asks, why, and what has been written so far.
import assert from 'node:assert/strict'
import path from 'node:path'
import process from 'node:process'
import test from 'node:test'
import { audio, id, openBrowser } from './lib/browser.mjs'
import { Hotline, until } from './lib/server.mjs'
import { agentState, callIs, customerInQueue, inState, pageIs, readyDesk, saveWrapUp, takeCall } from './lib/story.mjs'

const shot = async (page, name) => {
  if (!process.env.SHOTS) return
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme })
    await page.waitForTimeout(150)
    await page.screenshot({ path: path.join(process.env.SHOTS, `${name}.${theme}.png`) })
  }
}
const received = async (page) => (await audio(page)).received ?? 0

/** Sound for most of a second: music, not a microphone's beep. */
async function music(page, what) {
  await until(what, async () => {
    let loud = 0
    for (let i = 0; i < 10; ++i) {
      if ((await received(page)) > 0.1) ++loud
      await page.waitForTimeout(100)
    }
    return loud >= 8
  }, 15_000, 0)
}
/** Somebody is heard now. */
const sounds = (page, what) => until(what, async () => (await received(page)) > 0.15, 15_000)
/** Nobody is heard for half a second. */
const silence = (page, what) => until(what, async () => {
  for (let i = 0; i < 6; ++i) {
    if ((await received(page)) > 0.03) return false
    await page.waitForTimeout(80)
  }
  return true
}, 15_000, 0)
async function mute(page, on) {
  await id(page, 'mute').click()
  await until(`the microphone is ${on ? 'off' : 'on'}`, async () => (await id(page, 'mute').getAttribute('aria-pressed')) === String(on))
}

test('expert groups: asked, joined, and given the customer', { timeout: 240_000 }, async (t) => {
  const hotline = await Hotline.start()
  t.after(() => hotline.stop())
  const supervisor = await hotline.signIn('8901')
  const groups = (await supervisor.get('/reference')).body.queues.filter((queue) => queue.experts)
  assert.deepEqual(groups.map((queue) => queue.code), ['line_experts'])
  const staff = (await supervisor.get('/agents?limit=200')).body.items
  const expert_of = staff.find((agent) => agent.queues.includes('line_experts'))
  assert.equal((await supervisor.put(`/agents/${expert_of.id}/skills`, { queues: ['line_experts'], skills: { mandarin: 9, technical: 9 } })).status, 200)

  const browser = await openBrowser()
  t.after(() => browser.close())
  const problems = []
  const first = await readyDesk(browser, hotline, '8001', { problems })
  const customer = await customerInQueue(browser, hotline, { problems })
  const call = await takeCall(first)
  const note = 'No dial tone since Monday; the neighbour is affected, too.'
  const why = 'Is the distribution box at fault?'

  await t.test('while no expert is free the agent is told, and may give up', async () => {
    await id(first, 'wrap-reason').selectOption('no_dial_tone')
    await id(first, 'wrap-note').fill(note)
    await id(first, 'transfer').click()
    await id(first, 'transfer-kind-expert').click()
    await id(first, 'transfer-queue-line_experts').check()
    await id(first, 'consult-why').fill('First try')
    await shot(first, 'expert-dialog')
    await id(first, 'consult-send').click()
    await callIs(first, 'consulting')
    await until('the place is told', async () => /1/.test((await id(first, 'expert-wait').textContent()) ?? ''))
    assert.match(await id(first, 'expert-wait').textContent(), /nobody/)
    await music(customer, 'the customer hears music')
    await shot(first, 'expert-waiting')
    await id(first, 'consult-end').click()
    await callIs(first, 'talking')
    await sounds(customer, 'the customer hears the agent again')
    await mute(first, true)
    await silence(customer, 'and nobody else: no music')
    await mute(first, false)
  })

  const expert = await readyDesk(browser, hotline, expert_of.number, { problems })

  await t.test('the expert sees who asks, why, and what is written', async () => {
    await id(first, 'transfer').click()
    await id(first, 'transfer-kind-expert').click()
    await id(first, 'transfer-queue-line_experts').check()
    await id(first, 'consult-why').fill(why)
    await id(first, 'consult-send').click()
    await id(expert, 'answer').waitFor({ timeout: 30_000 })
    assert.equal(await id(expert, 'context-why').textContent(), why)
    const agent = staff.find((one) => one.number === '8001').name
    assert.match(await id(expert, 'context-asked-by').textContent(), new RegExp(agent))
    assert.match(await id(expert, 'context-owner').textContent(), new RegExp(agent))
    assert.equal(await id(expert, 'context-note').textContent(), note)
    assert.match(await id(expert, 'context-reason').textContent(), /No dial tone/)
    await id(expert, 'customer-panel').waitFor()
    await shot(expert, 'expert-rings')
    await id(expert, 'answer').click()
    await callIs(expert, 'consulting')
    await sounds(expert, 'the expert hears the agent')
    await sounds(first, 'the agent hears the expert')
    await music(customer, 'the customer hears music')
    await mute(first, true)
    await silence(expert, 'the expert does not hear the customer')
    await mute(first, false)
    await shot(expert, 'expert-consulted')
    await shot(first, 'expert-asked')
  })

  await t.test('what the agent writes meanwhile is on the expert\'s screen', async () => {
    await id(first, 'wrap-note').fill(`${note} Box 17.`)
    await until('the note is there', async () => (await id(expert, 'context-note').textContent()) === `${note} Box 17.`)
  })

  await t.test('a conference of three', async () => {
    await id(first, 'consult-conference').click()
    for (const desk of [first, expert]) await callIs(desk, 'conference')
    for (const [page, who] of [[first, 'agent'], [expert, 'expert'], [customer, 'customer']]) await sounds(page, `the ${who} hears the conference`)
    for (const desk of [first, expert]) await mute(desk, true)
    await silence(customer, 'both agents are silent')
    await mute(expert, false)
    await sounds(customer, 'the customer hears the expert')
    await sounds(first, 'the agent hears the expert')
    await mute(customer, true)
    await silence(expert, 'agent and customer are silent')
    await mute(first, false)
    await sounds(expert, 'the expert hears the agent')
    await mute(customer, false)
  })

  await t.test('handed over: the expert has the customer and all that is known; the first agent still owns it', async () => {
    await id(first, 'consult-complete').click()
    await inState(first, 'wrap_up')
    await callIs(expert, 'talking')
    await sounds(customer, 'the customer hears the expert')
    await sounds(expert, 'the expert hears the customer')
    await mute(expert, true)
    await silence(customer, 'the first agent is not in it any more')
    await mute(expert, false)
    assert.equal(await id(expert, 'context-why').textContent(), why)
    assert.equal(await id(expert, 'context-note').textContent(), `${note} Box 17.`)
    assert.equal(await id(expert, 'wrap-reason').inputValue(), 'no_dial_tone', 'where the expert goes on writing')
    await shot(expert, 'expert-took-over')
    await saveWrapUp(first, 'ready')
    await id(expert, 'wrap-note').fill('Port reset, tone is back.')
    await until('the note is kept', async () => (await supervisor.get(`/calls/${call}`)).body.notes?.some((notes) => /Port reset/.test(notes.note ?? '')))
    await id(expert, 'hang-up').click()
    await pageIs(customer, 'ended')
    await saveWrapUp(expert, 'ready')
  })

  await t.test('each agent has their own times, the owner is kept', async () => {
    const contact = await until('the contact is closed', async () => {
      const { body } = await supervisor.get(`/contacts/${call}`)
      return body.outcome === 'answered' && body.agents.length === 2 && body
    })
    const [owner, helper] = contact.agents
    assert.equal(owner.agent_id, contact.owner_id)
    assert.equal(contact.owner_id, staff.find((one) => one.number === '8001').id)
    assert.equal(contact.agent_id, expert_of.id, 'who talked last')
    assert.deepEqual([owner.owner, helper.owner], [true, false])
    const at = (type) => contact.events.find((event) => event.type === type)?.at_ms
    const conference = at('transfer') - at('conference')
    const near = (one, other, what) => assert.ok(Math.abs(one - other) < 100, `${what}: ${one} ms, not ${other} ms: ${JSON.stringify(contact.agents)}`)
    near(helper.talk_ms, at('ended') - at('conference'), 'the expert talked from the conference to the end')
    near(owner.talk_ms + helper.talk_ms - conference, contact.talk_ms, 'together they talked as long as the customer did')
    assert.ok(helper.consult_ms > 0 && Math.abs(helper.consult_ms - owner.consult_ms) < 100, JSON.stringify(contact.agents))
    assert.equal(helper.note, 'Port reset, tone is back.')
    assert.match(owner.note, /Box 17/)
    assert.equal(contact.recordings.length, 1)
    for (const agent of contact.agents) {
      const own = (await supervisor.get(`/contacts?agent_id=${agent.agent_id}`)).body.items.find((item) => item.id === call)
      assert.equal(own.part.talk_ms, agent.talk_ms, 'in their day')
    }
    await first.goto(`${hotline.url}/contacts/${call}`)
    await id(first, 'contact-agents').waitFor()
    assert.equal(await id(first, `part-${expert_of.id}`).count(), 1)
    assert.ok((await first.locator('[data-role="assignment"]').count()) >= 2, 'why each of the two')
    await shot(first, 'contact-agents')
    assert.equal(await agentState(expert), 'ready')
  })

  assert.deepEqual(problems.filter((text) => !/401|403|ERR_CONNECTION|WebSocket connection|Failed to load/.test(text)), [])
})
