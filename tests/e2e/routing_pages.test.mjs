// SPDX-License-Identifier: Apache-2.0
// Routing set in the administrator's pages while a call waits, the call-back form of the callers' page to the agent's desk
// ringing, and the list of call-backs, in real Chromium.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import test from 'node:test'
import { heard, id, openBrowser, openPage, signInDesk } from './lib/browser.mjs'
import { RtpEngine } from './lib/rtp.mjs'
import { Hotline, until, writeConfig } from './lib/server.mjs'
import { SipPhones } from './lib/sip_phone.mjs'
import { callIs, customerInQueue, hangUpAndWrapUp, inState, pageIs, saveWrapUp, takeCall } from './lib/story.mjs'

const shot = async (page, name, { fullPage = false } = {}) => {
  if (!process.env.SHOTS) return
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme })
    await page.waitForTimeout(150)
    await page.screenshot({ path: path.join(process.env.SHOTS, `${name}.${theme}.png`), fullPage })
  }
}

test('routing pages and call-backs', { timeout: 240_000 }, async (t) => {
  const engine = new RtpEngine()
  t.after(() => engine.close())
  let busy = true
  const outside = await SipPhones.open(engine, (call) => { if (!busy) call.rtp = outside.ready.pop() })
  t.after(() => outside.close())
  outside.ready = [await engine.open(600)]
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hotline-e2e-'))
  const config = writeConfig(folder, { extra: '[outbound]\ncaller_number = "10001"\n' })
  fs.writeFileSync(config, fs.readFileSync(config, 'utf8').replace('peers = ["*"]', `peers = ["127.0.0.1:${outside.port}"]`))
  const hotline = await Hotline.start({ folder, config })
  t.after(() => hotline.stop())
  const browser = await openBrowser()
  t.after(() => browser.close())
  const problems = []
  const api = await hotline.signIn('8999')
  const general = async () => (await api.get('/routing')).body.queues.find(({ settings }) => settings.code === 'general').settings
  const admin = await openPage(browser, `${hotline.url}/routing/queues/general`, { problems })
  await signInDesk(admin, '8999', hotline.accounts.admin)
  await id(admin, 'queue-editor').waitFor()
  const customer = await customerInQueue(browser, hotline, { problems })
  const live = async () => (await api.get('/contacts?limit=1')).body.items[0]
  let call

  await t.test('a queue is changed while a call waits in it: the call waits on, by the new rules', async () => {
    await until('the call waits', async () => (await api.get('/wallboard')).body.queues.find(({ code }) => code === 'general').waiting === 1)
    call = (await live()).id
    await shot(admin, 'routing-queue', { fullPage: true })
    await id(admin, 'field-wrap_up_ms').fill('120')
    await id(admin, 'field-routing.weight').fill('7')
    await id(admin, 'field-waiting_max').fill('44')
    await id(admin, 'step-add').click()
    await id(admin, 'field-step-0-after').fill('30')
    await id(admin, 'step-0-also-order').check()
    await id(admin, 'field-exits.wait_max_ms').fill('3600')
    await id(admin, 'target-wait').selectOption('queue:order')
    await id(admin, 'digit-1-add').click()
    await id(admin, 'target-digit-1').selectOption('call_back')
    await id(admin, 'queue-save').click()
    await id(admin, 'queue-saved').waitFor()
    const settings = await general()
    assert.deepEqual([settings.wrap_up_ms, settings.routing.weight, settings.waiting_max], [120_000, 7, 44])
    assert.deepEqual(settings.routing.exits.digits, { 1: 'call_back' })
    assert.equal((await api.get(`/calls/${call}`)).body.state, 'queued', 'nobody is let go')
    assert.equal(await id(customer, 'call-page').getAttribute('data-state'), 'answered')
    const audit = (await api.get('/contacts?limit=1')).body.items[0]
    assert.equal(audit.id, call)
  })

  await t.test('what is wrong stands at its field, and nothing is changed', async () => {
    await id(admin, 'hours-mon').fill('08:00-25:00')
    await id(admin, 'hours-mon').blur()
    await id(admin, 'queue-save').click()
    await id(admin, 'error-routing.hours').waitFor()
    await id(admin, 'error-routing.hours').scrollIntoViewIfNeeded()
    await shot(admin, 'routing-errors')
    await id(admin, 'hours-mon').fill('')
    await id(admin, 'hours-mon').blur()
    await id(admin, 'field-waiting_max').fill('2000000')
    await id(admin, 'queue-save').click()
    await id(admin, 'error-waiting_max').waitFor()
    assert.equal((await general()).waiting_max, 44)
    await id(admin, 'field-waiting_max').fill('300')
    await id(admin, 'target-closed').selectOption('flow:')
    await id(admin, 'flow-closed').fill('no_such_menu')
    await id(admin, 'queue-save').click()
    await until('the menu that is not there is named', async () => /no_such_menu/.test((await id(admin, 'error-routing.exits').textContent()) ?? ''))
    await id(admin, 'target-closed').selectOption('')
    await id(admin, 'queue-save').click()
    await id(admin, 'queue-saved').waitFor()
  })

  const desk = await openPage(browser, `${hotline.url}/desk`, { problems })
  await signInDesk(desk, '8001', hotline.accounts.agents)
  await id(desk, 'set-ready').click() // and it rings

  await t.test('the waiting call is taken, and why this agent is read on its page', async () => {
    assert.equal(await takeCall(desk), call)
    await heard(customer, 'the agent', 'received')
    await id(desk, 'hang-up').click()
    await inState(desk, 'wrap_up')
    await pageIs(customer, 'ended')
    const page = await openPage(browser, `${hotline.url}/contacts/${call}`, { problems })
    await signInDesk(page, '8901', hotline.accounts.supervisors)
    const reason = page.locator('[data-role="assignment"][data-taken="true"]')
    await reason.waitFor()
    assert.match(await reason.textContent(), /Became ready.*place 1 of the queue.*points/s)
    await shot(page, 'contact-assignment')
    await page.goto(`${hotline.url}/routing/lines/114`)
    await id(page, 'line-editor').waitFor()
    assert.equal(await id(page, 'line-save').count(), 0, 'a supervisor looks only')
    await page.close()
    await saveWrapUp(desk, 'ready')
  })

  await t.test('a service line goes on trial, is refused while not ripe, and taken in when told so', async () => {
    await admin.goto(`${hotline.url}/routing/lines/114`)
    await id(admin, 'stage-trial').check()
    await id(admin, 'field-operation.trunks_reserved').fill('12')
    await id(admin, 'line-save').click()
    await id(admin, 'line-saved').waitFor()
    await until('on trial', async () => (await id(admin, 'line-editor').getAttribute('data-stage')) === 'trial')
    assert.equal(await id(admin, 'condition-calls').getAttribute('data-met'), 'false')
    await id(admin, 'stage-integrated').check()
    await id(admin, 'line-save').click()
    await until('refused with its reason', async () => /are needed to judge it/.test((await id(admin, 'error-operation.stage').textContent()) ?? ''))
    await shot(admin, 'routing-line', { fullPage: true })
    const line = (await api.get('/reference')).body.service_lines.find(({ code }) => code === '114').id
    const stage = async () => (await api.get(`/service-lines/${line}/operation`)).body.operation
    assert.equal((await stage()).stage, 'trial')
    await id(admin, 'despite').check()
    await id(admin, 'line-save').click()
    await until('taken in', async () => (await stage()).stage === 'integrated')
    assert.equal((await stage()).trunks_reserved, 12)
  })

  await t.test('an agent is moved and learns; rules and a skill are set', async () => {
    await admin.goto(`${hotline.url}/routing/rules`)
    await id(admin, 'field-short_abandon_ms').fill('8')
    await id(admin, 'rules-save').click()
    await id(admin, 'rules-saved').waitFor()
    assert.equal((await api.get('/routing')).body.rules.short_abandon_ms, 8000)
    await id(admin, 'skill-new').click()
    await id(admin, 'skill-code').fill('router')
    for (const tag of ['en', 'zh-Hans', 'zh-Hant']) await id(admin, `name-${tag}`).fill('Routers')
    await id(admin, 'skill-save').click()
    await id(admin, 'skill-router').waitFor()
    await shot(admin, 'routing-rules', { fullPage: true })
    await id(admin, 'routing-tab-agents').click()
    await id(admin, 'agent-query').fill('8002')
    await id(admin, 'agent-open-8002').click()
    await id(admin, 'agent-skill-router').selectOption('8')
    await id(admin, 'agent-save').click()
    await id(admin, 'agent-saved').waitFor()
    await shot(admin, 'routing-agents')
    const other = (await api.get('/agents?q=8002')).body.items[0].id
    assert.equal((await api.get(`/agents/${other}/skills`)).body.skills.router, 8)
  })

  const pause = async () => {
    const { body: { pause_reasons } } = await api.get('/reference')
    const own = (await api.get('/agents?q=8001')).body.items[0].id
    assert.equal((await api.put(`/agents/${own}/state`, { state: 'paused', reason: pause_reasons[0].code })).status, 200)
    await inState(desk, 'paused')
  }

  await t.test('the form on the callers\' page: a number is noted once, keeps its place, and rings at a desk', async () => {
    await pause()
    await customer.goto(`${hotline.url}/call`)
    await id(customer, 'ask-back-number').fill('12')
    await id(customer, 'ask-back-send').click()
    await id(customer, 'ask-back-problem').waitFor()
    for (let i = 0; i < 2; ++i) { // twice: no double
      await id(customer, 'ask-back-number').fill('020 8555 0144')
      await id(customer, 'ask-back-send').click()
      await id(customer, 'ask-back-noted').waitFor()
      assert.match(await id(customer, 'ask-back-noted').textContent(), /020 8555 0144.*You are next/s)
      await shot(customer, 'call-back-noted', { fullPage: true })
      if (i === 0) await customer.reload()
    }
    await admin.goto(`${hotline.url}/call-backs`)
    await id(admin, 'call-back-02085550144').waitFor()
    assert.equal(await id(admin, 'call-backs-waiting').locator('tbody tr').count(), 1)
    await id(desk, 'set-ready').click() // it rings at once
    await id(desk, 'answer').waitFor({ timeout: 20_000 })
    await id(desk, 'answer').click()
    // Busy: it waits for its next try, and the list says why.
    await until('busy stands in the list', async () => (await id(admin, 'call-back-02085550144').getAttribute('data-state')) === 'later', 20_000)
    assert.match(await admin.locator('[data-testid="call-back-02085550144"] [data-role="try"]').textContent(), /Busy/)
    await shot(admin, 'call-backs')
    busy = false
    await inState(desk, 'ready')
    await id(admin, 'dial-now').click()
    await id(desk, 'answer').waitFor({ timeout: 20_000 })
    const again = new Promise((resolve) => outside.once('call', resolve))
    await id(desk, 'answer').click()
    const phone = await again
    await phone.reach('answered')
    await callIs(desk, 'talking')
    await heard(desk, 'the customer who is called back', 'received')
    await hangUpAndWrapUp(desk, 'ready')
    await id(admin, 'done-02085550144').waitFor({ timeout: 20_000 })
    assert.equal(await id(admin, 'done-02085550144').getAttribute('data-outcome'), 'reached')
    await shot(admin, 'call-backs-done')
  })

  await t.test('three times an hour for one number, then a clear no', async () => {
    const ask = (number) => fetch(`${hotline.url}/api/v1/public/call-backs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ number, queue: 'general' }) })
    await pause()
    assert.equal((await ask('02085550144')).status, 200)
    const refused = await ask('020 8555 0144')
    assert.equal(refused.status, 429)
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
    await admin.reload()
    await id(admin, 'cancel').click()
    await id(admin, 'cancel-sure').click()
    await until('cancelled', async () => (await api.get('/call-backs')).body.items.length === 0)
    const { body } = await api.get('/call-backs/done')
    assert.deepEqual(body.items.map(({ outcome }) => outcome), ['cancelled_supervisor', 'reached'])
  })

  assert.deepEqual(problems.filter((text) => !/400|401|403|409|429|ERR_CONNECTION|WebSocket connection/.test(text)), [])
})
