// SPDX-License-Identifier: Apache-2.0
// Agents at SIP phones who use the keys of their phones: a second call beside the customer's, moving between the two, attended and
// blind transfers (REFER, with and without Replaces), refusals that leave everything as it was, and calls of their own.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import test from 'node:test'
import { agentTone, callerTone, eventOf, Floor } from './lib/floor.mjs'
import { RtpEngine } from './lib/rtp.mjs'
import { until } from './lib/server.mjs'
import { SipPhones } from './lib/sip_phone.mjs'

const outsideTone = 1_100

test('agents transfer and call with the keys of their phones', { timeout: 120_000 }, async (t) => {
  const engine = new RtpEngine()
  t.after(() => engine.close())
  const outside = await SipPhones.open(engine, (call) => { call.rtp = subscribers.get(call.user) })
  t.after(() => outside.close())
  const subscribers = new Map([['0206550001', await engine.open(outsideTone)]]) // everyone else is busy
  const floor = await Floor.open(t, { agents: 3, trunkPeers: [`127.0.0.1:${outside.port}`], sip: 'agent_hosts = ["127.0.0.1"]' })
  floor.outside = outside
  t.after(floor.keepReady(t))
  const agent = async (number) => (await floor.agents()).find((one) => one.number === number)
  const free = () => until('all agents are ready', async () => (await floor.agents()).every((one) => one.state === 'ready'))
  const types = (contact) => contact.events.map((event) => event.type)
  const hears = (end, hertz) => until(`hears ${hertz} Hz, not ${end.pitch}`, () => Math.abs(end.pitch - hertz) < 30)
  let callers = 0

  /** A customer who talks to an agent: {customer, from, phone: the agent's call, number: the agent's, colleague}. */
  const talk = async () => {
    await tidy()
    await free()
    const from = `020655501${String(++callers).padStart(2, '0')}`
    const rings = once(floor.phones, 'call')
    const customer = await floor.dial(from)
    const [phone] = await rings
    await floor.reach(from, 'talking')
    const colleague = [...floor.ends.keys()].find((number) => number !== phone.user)
    return { customer, from, phone, number: phone.user, colleague }
  }
  const tidy = async () => { // of a step that has failed
    for (const call of [...floor.phones.calls.values(), ...outside.calls.values()]) await call.hangUp()
  }
  const second = async (number, to) => {
    const call = await floor.phones.call(floor.sipPort, to, { from: number, hertz: agentTone })
    return call.reach('answered')
  }
  const hold = async (call, on) => assert.equal(await call.direct(on ? 'sendonly' : 'sendrecv'), 200)
  const told = (call, status) => until(`NOTIFY ${status}: ${call.notified}`, () => call.notified.includes(status))
  const gone = (call) => until('the phone\'s call is ended', () => call.state === 'ended')

  await t.test('attended, to a colleague: the customer, their contact and recording go on with the colleague', async () => {
    const { customer, from, phone, number, colleague } = await talk()
    await hold(phone, true)
    await floor.reach(from, 'held')
    const asked = await second(number, colleague)
    await until('the two talk in private', async () => (await floor.call(from)).consult?.state === 'connected')
    assert.equal((await floor.call(from)).state, 'consulting')
    assert.equal((await agent(colleague)).state, 'busy')
    assert.equal(await phone.refer(colleague, asked), 202)
    await told(phone, 200)
    await gone(phone)
    await gone(asked)
    const taken = await until('the colleague has the call', async () => { const call = await floor.call(from); return call?.agent_id === (await agent(colleague)).id && call })
    assert.equal(taken.state, 'talking')
    await hears(customer.rtp, agentTone)
    await hears(floor.ends.get(colleague), callerTone)
    await customer.hangUp()
    const contact = await floor.closed(from)
    assert.equal(contact.outcome, 'answered')
    assert.equal(contact.agent_id, (await agent(colleague)).id)
    assert.equal(contact.recordings.length, 1, 'one recording from answer to hang-up')
    assert.ok(contact.hold_ms > 0 && contact.consult_ms > 0 && contact.talk_ms > 0, JSON.stringify(contact))
    for (const type of ['held', 'consult', 'consult_connected', 'transfer', 'agent_left']) assert.ok(eventOf(contact, type), `${type} in ${types(contact)}`)
  })

  await t.test('attended, to an outside number, asked for in the second call', async () => {
    const { customer, from, phone, number } = await talk()
    await hold(phone, true)
    const asked = await second(number, '0206550001')
    await hears(asked.rtp, outsideTone)
    assert.equal(await asked.refer(from, phone), 202)
    await told(asked, 200)
    await gone(phone)
    await gone(asked)
    await hears(customer.rtp, outsideTone)
    await customer.hangUp()
    const contact = await floor.closed(from)
    assert.equal(eventOf(contact, 'transfer').data.target, '0206550001')
  })

  await t.test('attended, to whoever of a queue is found', async () => {
    const { customer, from, phone, number } = await talk()
    await hold(phone, true)
    const asked = await second(number, '1000') // a service number: its line's queue
    const expert = (await until('the expert answers', async () => { const { consult } = await floor.call(from); return consult?.state === 'connected' && consult })).agent_id
    assert.equal(await phone.refer('1000', asked), 202)
    await told(phone, 200)
    await until('the expert has the call', async () => (await floor.call(from))?.agent_id === expert)
    await customer.hangUp()
    await floor.closed(from)
  })

  await t.test('between the two, and back to the customer', async () => {
    const { customer, from, phone, number, colleague } = await talk()
    await hold(phone, true)
    const asked = await second(number, colleague)
    await hold(asked, true)
    await hold(phone, false)
    await hears(customer.rtp, agentTone)
    await until('with the customer', async () => (await floor.call(from)).consult?.with === 'customer')
    await hold(phone, true)
    await hold(asked, false)
    await until('in private again', async () => (await floor.call(from)).consult?.with === 'consulted')
    await asked.hangUp()
    await floor.reach(from, 'held')
    await hold(phone, false)
    await floor.reach(from, 'talking')
    await customer.hangUp()
    assert.equal((await floor.closed(from)).agent_id, (await agent(number)).id)
  })

  await t.test('what is refused is told, and everyone stays with whom they are', async () => {
    const { customer, from, phone, number, colleague } = await talk()
    for (const [target, status] of [['110', 403], ['nobody', 404], [number, 404]]) {
      phone.notified.length = 0
      assert.equal(await phone.refer(target), 202)
      await told(phone, status)
    }
    const other = await agent(colleague)
    await floor.supervisor.put(`/agents/${other.id}/state`, { state: 'paused', reason: 'rest' })
    phone.notified.length = 0
    assert.equal(await phone.refer(colleague), 202)
    await told(phone, 486)
    await floor.ready(other)
    const stranger = await outside.call(floor.sipPort, '1000', { from: '0206559999' })
    await stranger.reach('answered')
    assert.equal(await customer.refer('1000', stranger), 202, 'a customer asks for what is the agent\'s')
    await told(customer, 403)
    await stranger.hangUp()
    assert.equal((await floor.call(from)).state, 'talking')
    await hears(customer.rtp, agentTone)
    await customer.hangUp()
    await floor.closed(from)
  })

  for (const [what, target] of [['a colleague', undefined], ['a service number', '112'], ['an outside number', '0206550001']]) {
    await t.test(`blind, to ${what}`, async () => {
      const { customer, from, phone, colleague } = await talk()
      assert.equal(await phone.refer(target ?? colleague), 202)
      await told(phone, 200)
      await gone(phone)
      if (target === '112') await until('in the queue', async () => (await floor.call(from))?.queue === 'fault')
      else await hears(customer.rtp, target ? outsideTone : agentTone)
      await customer.hangUp()
      const contact = await floor.closed(from)
      assert.equal(eventOf(contact, 'transfer').data.kind, target === '112' ? 'queue' : target ? 'number' : 'agent')
    })
  }

  await t.test('an agent calls a colleague', async () => {
    await tidy()
    await free()
    const call = await second('8001', '8002')
    const [one, two] = await until('both are busy', async () => {
      const both = [await agent('8001'), await agent('8002')]
      return both.every((each) => each.state === 'busy') && both
    })
    assert.equal(one.call_id, two.call_id)
    await hears(call.rtp, agentTone)
    await call.hangUp()
    const contact = await until('its contact is closed', async () => { const { body } = await floor.supervisor.get(`/contacts/${one.call_id}`); return body.outcome !== 'live' && body })
    assert.equal(contact.direction, 'internal')
    assert.equal(contact.outcome, 'answered')
    assert.deepEqual([contact.from, contact.to], ['8001', '8002'])
    await until('both are ready without a wrap-up', async () => (await floor.agents()).every((each) => each.state === 'ready'))
    assert.ok(!types(contact).includes('wrap_up'))
  })

  await t.test('an agent calls an outside number; one that is busy, and one that may not be called', async () => {
    await tidy()
    await free()
    const rings = once(outside, 'call')
    const call = await second('8001', '0206550001')
    const [far] = await rings
    assert.equal(far.caller, '1000', 'the hotline\'s number is shown, not the agent\'s')
    await hears(call.rtp, outsideTone)
    await until('the agent is busy', async () => (await agent('8001')).state === 'busy')
    const live = await floor.call('0206550001')
    assert.equal(live.direction, 'outbound')
    await call.hangUp()
    const contact = await floor.closed('0206550001')
    assert.equal(contact.outcome, 'answered')
    await free()
    for (const [to, status] of [['0206550002', 486], ['110', 403], ['nobody', 404]]) {
      const refused = await floor.phones.call(floor.sipPort, to, { from: '8001' })
      const [why] = await once(refused, 'ended')
      assert.equal(why, status, to)
    }
    assert.equal((await floor.closed('0206550002')).outcome, 'not_reached')
  })
  await floor.doctor()
})
