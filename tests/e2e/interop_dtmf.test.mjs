// SPDX-License-Identifier: Apache-2.0
// Keys between us and phones that send and understand them differently: as telephone-events, as tones in G.711 sound, by INFO.
import assert from 'node:assert/strict'
import test from 'node:test'
import { Floor } from './lib/floor.mjs'
import { until } from './lib/server.mjs'

test('keys in the sound, as events and by INFO', { timeout: 90_000 }, async (t) => {
  const floor = await Floor.open(t, { agents: 1 })
  const own = await floor.hotline.signIn('8001')
  const free = () => until('the agent is ready again', async () => {
    const [agent] = await floor.agents()
    if (agent.state === 'wrap_up') await floor.ready(agent)
    return agent.state === 'ready'
  })

  await t.test('a caller without telephone-event gets through the menu by tones in its sound', async () => {
    const caller = await floor.dial('0206553001', { events: false })
    const call = await floor.reach('0206553001', 'talking')
    const { body } = await floor.supervisor.get(`/contacts/${call.id}`)
    const digits = body.events.filter((event) => /digit|menu/.test(event.type)).map((event) => JSON.stringify(event.data)).join()
    assert.ok(body.events.some((event) => event.type === 'queued'), digits)

    // and is told keys by INFO, as it has no other way to understand them
    const sent = await own.post(`/calls/${call.id}/digits`, { digits: '5#' })
    assert.equal(sent.status, 200, JSON.stringify(sent.body))
    await until('two INFO', () => caller.infos.length === 2)
    assert.deepEqual(caller.infos.map(({ type, body: text }) => [type, text.match(/Signal= ?(\S)/)?.[1]]), [['application/dtmf-relay', '5'], ['application/dtmf-relay', '#']])
    assert.equal(caller.rtp.keysHeard, '', 'and not twice')
    await caller.hangUp()
    await floor.closed('0206553001')
  })

  await t.test('a caller with neither hears tones', async () => {
    await free()
    const caller = await floor.dial('0206553003', { events: false, allow: 'INVITE, ACK, BYE, CANCEL' })
    caller.rtp.listen()
    const call = await floor.reach('0206553003', 'talking')
    let heard = ''
    const listening = until('the tones of 8', () => {
      if (caller.rtp.hears(852, 0.1) > 0.3 && caller.rtp.hears(1_336, 0.1) > 0.3) heard = '8'
      return heard
    }, 10_000, 10)
    assert.equal((await own.post(`/calls/${call.id}/digits`, { digits: '8' })).status, 200)
    await listening
    assert.deepEqual(caller.infos, [])
    await caller.hangUp()
    await floor.closed('0206553003')
  })

  await t.test('a caller with telephone-event is told keys as events', async () => {
    await free()
    const caller = await floor.dial('0206553002')
    const call = await floor.reach('0206553002', 'talking')
    assert.equal((await own.post(`/calls/${call.id}/digits`, { digits: '19*0' })).status, 200)
    await until(`the keys are heard: ${caller.rtp.keysHeard}`, () => caller.rtp.keysHeard === '19*0')
    assert.deepEqual(caller.infos, [])
    await caller.hangUp()
    await floor.closed('0206553002')
  })
})
