// SPDX-License-Identifier: Apache-2.0
// Goal: a core's sudden end costs a customer on the call page nothing: the page finds its call again and the agent
// answers it; a page that does not come back has its call ended after the grace.
import assert from 'node:assert/strict'
import test from 'node:test'
import { heard, id, openBrowser, openPage, signInDesk } from './lib/browser.mjs'
import { Hotline, until } from './lib/server.mjs'
import { freeSipPort } from './lib/sipp.mjs'
import { callAgain, hangUpAndWrapUp, pageIs, pageState, takeCall } from './lib/story.mjs'

test('customers on the call page keep their calls when the core is killed', { timeout: 120_000 }, async (t) => {
  // Browsers come back to the address they know: the core's port stays over its end.
  const hotline = await Hotline.start({ httpsPort: await freeSipPort(), web: 'caller_grace = 10' })
  t.after(() => hotline.stop())
  const browser = await openBrowser()
  t.after(() => browser.close())
  const supervisor = await hotline.signIn('8901')
  const live = async () => (await supervisor.get('/wallboard')).body.calls.live

  const stays = await openPage(browser, `${hotline.url}/call`)
  await callAgain(stays)
  const leaves = await openPage(browser, `${hotline.url}/call`)
  await callAgain(leaves)
  await until('both wait', async () => (await supervisor.get('/wallboard')).body.queues.reduce((sum, queue) => sum + queue.waiting, 0) === 2)
  const { nodePid } = hotline

  await hotline.killCore()
  await leaves.close()
  await hotline.launch()
  assert.equal(hotline.nodePid, nodePid, 'the voice node is the same')
  await until('who left is not kept', async () => (await live()) === 1, 30_000)

  const desk = await openPage(browser, `${hotline.url}/desk`)
  await signInDesk(desk, '8001', hotline.accounts.agents)
  await id(desk, 'set-ready').click() // and is offered the call at once
  const call = await takeCall(desk)
  assert.equal(await pageState(stays), 'answered')
  await heard(desk, 'the customer', 'received')
  await heard(stays, 'the agent', 'received')
  await hangUpAndWrapUp(desk)
  await pageIs(stays, 'ended')

  const ended = await until('both contacts are closed', async () => {
    const { body } = await supervisor.get('/contacts?limit=10')
    return body.items.length === 2 && body.items.every((contact) => contact.outcome !== 'live') && body.items
  })
  assert.deepEqual(ended.map((contact) => contact.outcome).sort(), ['abandoned', 'answered'])
  assert.equal(ended.find((contact) => contact.outcome === 'answered').id, call)
})
