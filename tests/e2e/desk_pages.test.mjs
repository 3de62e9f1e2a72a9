// SPDX-License-Identifier: Apache-2.0
// The pages around the call in real Chromium with the server's own data: the wallboard moves, a recording is found, drawn
// and really plays, the languages change. SHOTS=folder leaves pictures.
import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'
import { heard, id, openBrowser, openPage, signInDesk } from './lib/browser.mjs'
import { Hotline, until } from './lib/server.mjs'
import { customerInQueue, hangUpAndWrapUp, inState, pageIs, readyDesk, takeCall } from './lib/story.mjs'

const shot = async (page, name) => process.env.SHOTS && page.screenshot({ path: path.join(process.env.SHOTS, `${name}.png`) })
const number = async (page, testId) => Number((await id(page, testId).textContent()).replace(/\D/g, ''))

test('wallboard, contacts, recording, languages', { timeout: 120_000 }, async (t) => {
  const hotline = await Hotline.start()
  t.after(() => hotline.stop())
  const browser = await openBrowser()
  t.after(() => browser.close())
  const problems = []
  const board = await openPage(browser, `${hotline.url}/wallboard`, { problems })
  await signInDesk(board, '8901', hotline.accounts.supervisors)
  await id(board, 'queue-table').waitFor()
  assert.equal(await number(board, 'total-ready'), 0)
  const desk = await readyDesk(browser, hotline, '8001', { problems })
  const moves = (testId, value) => until(`${testId} is ${value}`, async () => (await number(board, testId)) === value, 10_000)
  let customer
  let call

  await t.test('the wallboard moves with the calls', async () => {
    await moves('total-ready', 1)
    await inState(desk, 'ready')
    await id(desk, 'pause').click()
    await desk.locator('[data-testid^="pause-"]').first().click()
    await inState(desk, 'paused')
    await moves('total-ready', 0)
    customer = await customerInQueue(browser, hotline, { problems })
    await moves('total-waiting', 1)
    await until('the general queue shows the caller', async () => (await id(board, 'queue-general').locator('[data-field="waiting"]').textContent()).trim() === '1')
    await until('the waiting time runs', async () => /0:0[2-9]/.test(await id(board, 'total-longest').textContent()), 10_000)
    await shot(board, 'wallboard-waiting')
    await id(desk, 'set-ready').click()
    call = await takeCall(desk)
    await moves('total-waiting', 0)
    await moves('total-talking', 1)
    await heard(customer, 'the agent', 'received')
    await heard(desk, 'the customer', 'received')
    await shot(desk, 'desk-in-call')
    await shot(customer, 'call-page')
    await shot(board, 'wallboard-talking')
  })

  await t.test('the finished call is a contact whose recording plays', async () => {
    const begin = Date.now()
    await until('some seconds to hear', () => Date.now() - begin > 3_000)
    await hangUpAndWrapUp(desk, 'paused')
    await pageIs(customer, 'ended')
    await moves('total-talking', 0)
    await id(desk, 'nav-contacts').click()
    await id(desk, `contact-${call}`).click()
    await id(desk, 'contact-detail').waitFor()
    await until('the recording is ready to play', async () => {
      if (await id(desk, 'recording').getAttribute('data-ready').catch(() => '') === 'true') return true
      return false
    }, 20_000)
    await id(desk, 'play').click()
    await until('it plays', async () => (await id(desk, 'recording').getAttribute('data-playing')) === 'true')
    await until('the position moves', async () => /^0:0[2-9]/.test((await id(desk, 'position').textContent()).trim()), 10_000)
    assert.equal(await id(desk, 'recording-error').count(), 0)
    const sound = await desk.evaluate(async (at) => {
      const bytes = await (await fetch(at)).arrayBuffer()
      const decoded = await new AudioContext().decodeAudioData(bytes)
      return { channels: decoded.numberOfChannels, seconds: decoded.duration, peaks: [0, 1].map((c) => decoded.getChannelData(c).reduce((most, v) => Math.max(most, Math.abs(v)), 0)) }
    }, `/api/v1/recordings/${await desk.evaluate(async (c) => (await (await fetch(`/api/v1/contacts/${c}`)).json()).recordings[0].id, call)}/audio`)
    assert.equal(sound.channels, 2)
    assert.ok(sound.seconds > 5 && sound.peaks.every((peak) => peak > 0.02), JSON.stringify(sound))
    const types = await desk.locator('[data-event]').evaluateAll((items) => items.map((item) => item.dataset.event))
    for (const type of ['arrived', 'answered', 'queued', 'offered', 'connected', 'ended', 'wrap_up']) assert.ok(types.includes(type), `${type} in ${types}`)
    await shot(desk, 'contact')
    await id(desk, 'detail-close').click()
    await id(desk, 'nav-desk').click()
    await shot(desk, 'desk-after')
  })

  await t.test('three languages, each kept over a reload', async () => {
    const titles = new Set()
    for (const language of ['zh-Hans', 'zh-Hant', 'en']) {
      await id(desk, 'language').selectOption(language)
      await until(`the page is ${language}`, async () => (await desk.getAttribute('html', 'lang')) === language)
      await desk.reload()
      await id(desk, 'agent-bar').waitFor()
      assert.equal(await desk.getAttribute('html', 'lang'), language)
      titles.add(await id(desk, 'nav-wallboard').textContent())
      await shot(desk, `desk-${language}`)
      for (const nav of ['nav-desk', 'nav-contacts', 'nav-wallboard']) {
        await id(desk, nav).click()
        const text = await desk.locator('body').innerText()
        assert.doesNotMatch(text, /\b[a-z_]+\.[a-z_]+\.[a-z_]+\b|\{\w+\}|undefined|NaN/, `${language} ${nav}: a text is missing`)
      }
      await id(desk, 'nav-desk').click()
    }
    assert.equal(titles.size, 3, `${[...titles]}`)
  })
  assert.deepEqual(problems.filter((text) => !text.includes('401')), [])
})
