// SPDX-License-Identifier: Apache-2.0
// The supervisor's page in real Chromium: a waiting call is pulled, agents are set ready, paused and signed out, moved between queues
// and given skills; who is no supervisor is refused in words. Each act is in the audit.
import assert from 'node:assert/strict'
import path from 'node:path'
import process from 'node:process'
import test from 'node:test'
import { heard, id, openBrowser, openPage, signInDesk } from './lib/browser.mjs'
import { Hotline, until } from './lib/server.mjs'
import { becomeReady, customerInQueue, hangUpAndWrapUp, inState, pageIs, readyDesk, takeCall } from './lib/story.mjs'

const shot = async (page, name) => process.env.SHOTS && page.screenshot({ path: path.join(process.env.SHOTS, `${name}.png`), fullPage: true })

test('the supervisor\'s page', { timeout: 180_000 }, async (t) => {
  const hotline = await Hotline.start()
  t.after(() => hotline.stop())
  const browser = await openBrowser()
  t.after(() => browser.close())
  const problems = []
  const page = await openPage(browser, `${hotline.url}/supervise`, { problems })
  await signInDesk(page, '8901', hotline.accounts.supervisors)
  await id(page, 'supervise').waitFor()
  const api = await hotline.signIn('8902')
  const agentOf = async (number) => (await api.get(`/agents?q=${number}`)).body.items[0]

  await t.test('a waiting call is pulled and rings at the supervisor, who was signed out', async () => {
    const customer = await customerInQueue(browser, hotline, { problems })
    await id(page, 'floor-waiting').locator('[data-testid^="waiting-"]').first().waitFor()
    await shot(page, 'supervise-waiting')
    await id(page, 'floor-waiting').locator('[data-testid^="pull-"]').first().click()
    await id(page, 'strip-answer').waitFor()
    await id(page, 'nav-desk').click()
    await takeCall(page)
    await heard(page, 'the customer', 'received')
    await hangUpAndWrapUp(page, 'paused')
    await pageIs(customer, 'ended')
    await customer.close()
  })

  const desk = await readyDesk(browser, hotline, '8001', { problems })
  await t.test('agents are set paused, ready and signed out', async () => {
    await id(page, 'nav-supervise').click()
    for (const state of ['paused', 'ready', 'signed_out']) {
      await id(page, `force-8001-${state}`).click()
      if (state !== 'signed_out') await inState(desk, state)
      await until(`8001 is ${state}`, async () => (await agentOf('8001')).state === state)
    }
    await becomeReady(desk)
  })

  await t.test('an agent is moved to other queues and given a skill', async () => {
    const { body: before } = await api.get('/agents/8001/skills')
    await id(page, 'skills-8001').click()
    await id(page, 'skills-save').waitFor()
    const queue = (await api.get('/reference')).body.queues.map((one) => one.code).find((code) => !before.queues.includes(code))
    const skill = (await api.get('/routing')).body.skills.map((one) => one.code).find((code) => !before.skills[code])
    await id(page, `member-${queue}`).check()
    await id(page, `level-${skill}`).selectOption('7')
    await page.waitForTimeout(300) // the dialog's own movement, for the picture
    await shot(page, 'supervise-skills')
    await id(page, 'skills-save').click()
    await id(page, 'skills-dialog').waitFor({ state: 'hidden' })
    const { body: after } = await api.get('/agents/8001/skills')
    assert.ok(after.queues.includes(queue) && after.skills[skill] === 7, JSON.stringify(after))
  })

  await t.test('a refused act says why, and is in the audit too', async () => {
    const customer = await customerInQueue(browser, hotline, { problems })
    const call = await takeCall(desk)
    const agent = await hotline.signIn('8002')
    for (const [answer, status, code] of [
      [await agent.post(`/calls/${call}/supervise`, { mode: 'listen' }), 403, 'forbidden'],
      [await agent.get('/floor'), 403, 'forbidden'],
      [await agent.get('/audit'), 403, 'forbidden'],
      [await agent.post(`/calls/${call}/pull`), 403, 'forbidden'],
      [await agent.put('/agents/8001/state', { state: 'signed_out' }), 403, 'forbidden'],
      [await agent.put('/agents/8001/skills', { queues: [], skills: {} }), 403, 'forbidden'],
      [await api.post(`/calls/${call}/supervise`, { mode: 'shout' }), 400, 'bad_request'],
      [await api.post('/calls/1/supervise', { mode: 'listen' }), 404, 'not_found'],
      [await api.post(`/calls/${call}/pull`), 404, 'not_found'],
      [await api.del(`/calls/${call}/supervisors/8902`), 404, 'not_found'],
    ]) assert.deepEqual([answer.status, answer.body.error.code], [status, code], JSON.stringify(answer.body))
    const { body } = await api.get('/audit?action=supervise&limit=5')
    assert.deepEqual([body.items[0].actor_id, body.items[0].object, body.items[0].data.result], ['8002', call, 'forbidden'])
    await id(page, `floor-call-${call}`).locator('[data-testid="supervise-listen"]').click()
    await page.locator(`[data-testid^="listener-${call}-"][data-state="connected"]`).waitFor()
    await shot(page, 'supervise-panel')
    await id(page, 'strip-desk').click()
    await id(page, 'supervised-agent').waitFor()
    await shot(page, 'supervise-desk')
    await id(customer, 'hang-up').click()
    await inState(page, 'paused')
    assert.ok((await api.get('/audit?action=supervise.ended&limit=1')).body.items[0].data.why === 'call_ended')
  })

  await t.test('agents have no such page; the others have it in their language', async () => {
    await desk.goto(`${hotline.url}/supervise`)
    await id(desk, 'desk').waitFor()
    assert.equal(await id(desk, 'nav-supervise').count(), 0)
    for (const locale of ['zh-CN', 'zh-TW']) {
      const other = await openPage(browser, `${hotline.url}/supervise`, { locale, problems })
      await signInDesk(other, '8902', hotline.accounts.supervisors)
      await id(other, 'floor-agents').waitFor()
      await shot(other, `supervise-${locale}`)
      await other.close()
    }
  })

  await t.test('the audit has who did what to whom, and the result', async () => {
    const forced = (await api.get('/audit?action=agent.force_state&limit=10')).body.items.reverse()
    assert.deepEqual(forced.slice(0, 3).map((entry) => [entry.actor_id, entry.object, entry.data.state, entry.data.result]), ['paused', 'ready', 'signed_out'].map((state) => ['8901', '8001', state, 'done']))
    assert.equal((await api.get('/audit?action=agent.skills&limit=1')).body.items[0].data.result, 'forbidden')
    assert.equal((await api.get('/audit?action=call.pull&limit=9')).body.items.at(-1).data.result, 'done')
  })

  assert.deepEqual(problems.filter((text) => !/401|403|404|409|ERR_CONNECTION|WebSocket connection/.test(text)), [])
})
