// SPDX-License-Identifier: Apache-2.0
// An agent's work at the desk in real Chromium, with a customer at the call page: hold, mute, transfers, refused and
// missed offers, a reloaded page, a lost connection. What people hear is measured, not what the pages claim.
import assert from 'node:assert/strict'
import test from 'node:test'
import { audio, heard, id, openBrowser } from './lib/browser.mjs'
import { Hotline, until } from './lib/server.mjs'
import { agentState, callAgain, callIs, callState, customerInQueue, hangUpAndWrapUp, inState, pageIs, pageState, readyDesk, saveWrapUp, takeCall } from './lib/story.mjs'
import { Wire } from './lib/wire.mjs'

/** The level falls (or rises) and stays so for a second: Chromium's microphone beeps once a second. */
async function quiet(page, side, what) {
  let since = Date.now()
  await until(what, async () => {
    if (((await audio(page))[side] ?? 1) > 0.05) since = Date.now()
    return Date.now() - since > 1_300
  }, 15_000)
}
async function sounding(page, side, what) {
  let since
  await until(what, async () => {
    if (((await audio(page))[side] ?? 0) > 0.2) since ??= Date.now()
    return since && Date.now() > since
  }, 10_000)
}
/** Heard most of the time: music, not the agent's beep. */
async function music(page, what) {
  await until(what, async () => {
    let loud = 0
    for (let i = 0; i < 10; ++i) {
      if (((await audio(page)).received ?? 0) > 0.1) ++loud
      await page.waitForTimeout(100)
    }
    return loud >= 8
  }, 15_000, 0)
}

test('an agent\'s calls', { timeout: 200_000 }, async (t) => {
  const hotline = await Hotline.start()
  t.after(() => hotline.stop())
  const browser = await openBrowser()
  t.after(() => browser.close())
  const problems = []
  const wire = await Wire.to(hotline.url)
  t.after(() => wire.close())
  const first = await readyDesk(browser, hotline, '8001', { problems, url: wire.url })
  const customer = await customerInQueue(browser, hotline, { problems })
  const supervisor = await hotline.signIn('8901')
  let call = await takeCall(first)

  await t.test('hold: the customer hears music, the agent nothing; resume', async () => {
    await sounding(first, 'received', 'the agent hears the customer')
    await id(first, 'hold').click()
    await callIs(first, 'held')
    await music(customer, 'the customer hears music')
    await quiet(first, 'received', 'the agent hears nothing')
    await id(first, 'hold').click()
    await callIs(first, 'talking')
    await sounding(first, 'received', 'the agent hears the customer again')
  })

  await t.test('the recording is paused and goes on', async () => {
    await id(first, 'pause-recording').click()
    await id(first, 'recording-paused').waitFor()
    assert.equal(await id(first, 'pause-recording').getAttribute('aria-pressed'), 'true')
    await id(first, 'pause-recording').click()
    await id(first, 'recording-paused').waitFor({ state: 'detached' })
    const types = (await supervisor.get(`/contacts/${call}`)).body.events.map((event) => event.type)
    assert.deepEqual(types.filter((type) => type.startsWith('recording_')), ['recording_paused', 'recording_resumed'])
  })

  await t.test('mute: the customer hears nothing', async () => {
    await sounding(customer, 'received', 'the customer hears the agent')
    await id(first, 'mute').click()
    assert.equal(await id(first, 'mute').getAttribute('aria-pressed'), 'true')
    await quiet(customer, 'received', 'silence at the customer')
    await id(first, 'mute').click()
    await sounding(customer, 'received', 'the customer hears the agent again')
  })

  await t.test('a reload in the call: the same tab takes the sound again', async () => {
    await first.reload()
    await callIs(first, 'talking')
    await heard(first, 'the customer after the reload', 'received')
    await sounding(customer, 'received', 'the customer hears the agent after the reload')
    assert.equal(await id(first, 'call-panel').getAttribute('data-call-id'), call)
  })

  await t.test('a lost connection: the sound goes on, the desk comes back by itself', async () => {
    wire.cut()
    await id(first, 'offline-banner').waitFor()
    await sounding(first, 'received', 'the sound goes on')
    await sounding(customer, 'received', 'for both')
    wire.mend()
    await until('the desk is online again', async () => (await id(first, 'connection').getAttribute('data-status')) === 'online', 20_000)
    assert.equal(await callState(first), 'talking')
    await id(first, 'hold').click()
    await callIs(first, 'held')
    await id(first, 'hold').click()
    await callIs(first, 'talking')
  })

  const second = await readyDesk(browser, hotline, '8002', { problems })
  await t.test('blind transfer to a colleague', async () => {
    await id(first, 'transfer').click()
    await id(first, 'transfer-agent-8002').check()
    await id(first, 'transfer-send').click()
    assert.equal(await takeCall(second), call)
    await heard(second, 'the customer', 'received')
    await id(first, 'wrap-up').waitFor()
    await saveWrapUp(first, 'paused')
  })

  await t.test('transfer to a queue: it comes back to who is ready', async () => {
    await id(second, 'transfer').click()
    await id(second, 'transfer-kind-queue').click()
    await id(second, 'transfer-queue-general').check()
    await id(second, 'transfer-send').click()
    await id(second, 'wrap-up').waitFor()
    await music(customer, 'music while waiting')
    await id(first, 'set-ready').click() // offered at once
    assert.equal(await takeCall(first), call)
    await saveWrapUp(second, 'ready')
    await hangUpAndWrapUp(first, 'ready')
    await pageIs(customer, 'ended')
    const { body } = await supervisor.get(`/contacts/${call}`)
    assert.equal(body.events.filter((event) => event.type === 'connected').length, 3)
    assert.equal(body.outcome, 'answered')
    assert.equal(body.agent_id, '8001', 'who talked last')
    assert.ok(body.hold_ms > 1_000 && body.talk_ms > body.hold_ms, `hold ${body.hold_ms}, talk ${body.talk_ms}`)
  })

  await t.test('a refused offer goes to the next agent; an offer nobody takes makes the agent unavailable', async () => {
    await customer.reload()
    await callAgain(customer)
    const [offered, other] = await Promise.race([first, second].map((desk, i, all) => id(desk, 'reject').waitFor({ timeout: 30_000 }).then(() => [desk, all[1 - i]])))
    call = await id(offered, 'call-panel').getAttribute('data-call-id')
    await id(offered, 'reject').click()
    await id(other, 'answer').waitFor()
    assert.equal(await id(other, 'call-panel').getAttribute('data-call-id'), call)
    assert.notEqual(await agentState(offered), 'ready', 'who refuses is not offered the same call at once')
    await inState(other, 'unavailable', 40_000) // nobody answers
    await music(customer, 'the caller waits on with music')
    assert.equal(await pageState(customer), 'answered')
    await id(other, 'set-ready').click()
    assert.equal(await takeCall(other), call)
    await id(customer, 'hang-up').click()
    await id(other, 'wrap-up').waitFor()
    const { body } = await supervisor.get(`/contacts/${call}`)
    assert.equal(body.events.filter((event) => event.type === 'offered').length, 3)
  })
  assert.deepEqual(problems.filter((text) => !/401|ERR_CONNECTION|WebSocket connection/.test(text)), [])
})
