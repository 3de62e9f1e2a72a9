// SPDX-License-Identifier: Apache-2.0
// kill -9 of the core during calls: who talks goes on talking, who waits keeps place and clock, who chooses in the menu goes
// on there, agents keep their state, what happened meanwhile is told by the history with its right time.
// HOTLINE_LOAD=full: 50 talk and 20 wait.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import test from 'node:test'
import { assertComplete, callerTone, eventOf, Floor, longestSilence } from './lib/floor.mjs'
import { until } from './lib/server.mjs'

const full = process.env.HOTLINE_LOAD === 'full'
const talking = full ? 50 : 10
const waiting = full ? 20 : 5
const number = (i) => `0206555${String(1000 + i)}`

test('a killed core finds its calls again as they were', { timeout: 240_000 }, async (t) => {
  const floor = await Floor.open(t, { agents: talking })
  const { hotline, supervisor } = floor

  // ---- calls: `talking` of them talk, then `waiting` more come one after the other, and one stays in the menu
  const talkers = await Promise.all(Array.from({ length: talking }, (_, i) => floor.dial(number(i))))
  for (const call of talkers) await floor.reach(call.user, 'talking')
  const waiters = []
  for (let i = 0; i < waiting; ++i) waiters.push(await floor.dial(number(talking + i)))
  for (const call of waiters) await floor.reach(call.user, 'queued')
  const chooser = await floor.phones.call(floor.sipPort, '1000', { from: number(talking + waiting), hertz: callerTone })
  await floor.reach(chooser.user, 'ivr')
  const before = new Map()
  for (const call of [...talkers, ...waiters, chooser]) before.set(call.user, await floor.call(call.user))
  waiters.sort((a, b) => before.get(a.user).queued_ms - before.get(b.user).queued_ms)
  const agentCalls = [...floor.phones.calls.values()].filter((call) => call.caller)
  assert.equal(agentCalls.length, talking)
  const agentsBefore = await floor.agents()
  assert.ok(agentsBefore.every((agent) => agent.state === 'busy'))

  // ---- the core dies; one of each hangs up while nobody is there to see it
  const nodePid = hotline.nodePid
  for (const call of floor.phones.calls.values()) call.rtp.markGap()
  floor.engine.late_ms = 0
  await hotline.killCore()
  const leftTalker = talkers.pop()
  const leftWaiter = waiters.pop()
  const itsAgent = agentCalls.splice(agentCalls.findIndex((call) => call.caller === leftTalker.user), 1)[0]
  await Promise.all([leftTalker.hangUp(), leftWaiter.hangUp()])
  const left_ms = Date.now()
  chooser.rtp.press('1') // a key that no core hears now
  await itsAgent.reach('ended') // the voice node ends what is left of a call by itself
  const heard = [...talkers, ...waiters, ...agentCalls]
  const heardAt = new Map(heard.map((call) => [call, call.rtp.hearing.packets]))
  await until('everybody is heard for 2 s more', () => [...heardAt].every(([call, packets]) => call.rtp.hearing.packets >= packets + 100))

  // ---- a new core on the same data
  await hotline.launch()
  const again_ms = Date.now()
  assert.equal(hotline.nodePid, nodePid, 'the voice node is the same')
  for (const call of talkers) {
    const now = await floor.reach(call.user, 'talking')
    const then = before.get(call.user)
    assert.equal(now.id, then.id)
    assert.equal(now.agent_id, then.agent_id)
    assert.equal(now.connected_ms, then.connected_ms)
  }
  for (const call of waiters) {
    const now = await floor.reach(call.user, 'queued')
    assert.equal(now.id, before.get(call.user).id)
    assert.equal(now.queued_ms, before.get(call.user).queued_ms, 'the waiting clock goes on')
  }
  await until('the menu went on where it was, with the key pressed meanwhile', async () => (await floor.contact(chooser.user)).events.some((event) => event.data.node === 'recorded'))
  chooser.rtp.press('0')
  await floor.reach(chooser.user, 'queued')
  const freed = before.get(leftTalker.user).agent_id
  for (const agent of await until('the agents are as they were', async () => {
    const agents = await floor.agents()
    return agents.find((one) => one.id === freed).state === 'wrap_up' && agents
  })) {
    if (agent.id === freed) continue
    const then = agentsBefore.find((one) => one.id === agent.id)
    assert.deepEqual([agent.state, agent.call_id, agent.since_ms], [then.state, then.call_id, then.since_ms])
  }

  // ---- who hung up meanwhile: closed, with the time at which it happened
  const abandoned = (contact) => (contact.wait_ms < 5_000 ? 'short_abandoned' : 'abandoned')
  for (const call of [leftTalker, leftWaiter]) {
    const contact = await floor.closed(call.user)
    assertComplete(contact, call === leftTalker ? 'answered' : abandoned(contact))
    assert.ok(Math.abs(contact.ended_ms - left_ms) < 1_000, `${call.user} ended at ${contact.ended_ms}, hung up at ${left_ms}, core back at ${again_ms}`)
  }

  // ---- the voice never stopped
  const allowed = 60 + 2 * floor.engine.late_ms // what this program itself was late by is not the server's
  for (const call of heard) {
    const { lost, gap_ms } = call.rtp.hearing
    assert.equal(lost, 0, `${call.number} lost packets`)
    assert.ok(gap_ms <= allowed, `${call.number} heard nothing for ${gap_ms} ms (this program was late by ${floor.engine.late_ms} ms)`)
  }
  t.diagnostic(`longest pause heard ${Math.max(...heard.map((call) => call.rtp.hearing.gap_ms)).toFixed(0)} ms; this program late by ${floor.engine.late_ms.toFixed(0)} ms`)

  // ---- who waits is served in the order in which they came
  floor.answered.length = 0
  waiters.push(chooser)
  const freeAgents = [agentsBefore.find((one) => one.id === freed)]
  const served = waiters.map((call) => call.user)
  for (let i = 0; i < waiters.length; ++i) {
    if (freeAgents.length === 0) {
      const call = talkers.pop()
      const agent = before.get(call.user).agent_id
      await call.hangUp()
      freeAgents.push(await until(`the agent of ${call.user} is in wrap-up`, async () => (await floor.agents()).find((one) => one.id === agent && one.state === 'wrap_up')))
    }
    const taken = once(floor.phones, 'call')
    await floor.ready(freeAgents.shift())
    await taken
    await floor.reach(served[i], 'talking')
  }
  assert.deepEqual(floor.answered, served)

  // ---- the end of all: nothing is missing
  const everybody = [...before.keys()]
  await Promise.all([...talkers, ...waiters].map((call) => call.hangUp()))
  for (const from of everybody) {
    const contact = await floor.closed(from)
    assertComplete(contact, from === leftWaiter.user ? abandoned(contact) : 'answered')
    if (!talkers.some((call) => call.user === from)) continue
    const wav = await floor.recording(contact)
    const answered = eventOf(contact, 'answered').at_ms
    const connected = (eventOf(contact, 'connected').at_ms - answered) / 1000 + 1
    for (const channel of [0, 1]) {
      const quiet = longestSilence(wav, channel, connected, wav.seconds - 0.3)
      assert.ok(quiet <= allowed, `${from}: channel ${channel} is silent for ${quiet} ms (this program was late by ${floor.engine.late_ms} ms)`)
    }
  }
  assert.ok((await floor.agents()).every((agent) => ['ready', 'wrap_up'].includes(agent.state)), 'no agent is stuck')
  await floor.doctor()
  await until('the wallboard shows no live call', async () => (await supervisor.get('/wallboard')).body.calls.live === 0)
})

test('a core that hangs for longer than its link allows takes its calls up again', { timeout: 120_000 }, async (t) => {
  const floor = await Floor.open(t, { agents: 3 })
  const { hotline } = floor
  const talkers = await Promise.all([0, 1, 2].map((i) => floor.dial(number(100 + i))))
  for (const call of talkers) await floor.reach(call.user, 'talking')
  const waiter = await floor.dial(number(110))
  const { queued_ms } = await floor.reach(waiter.user, 'queued')
  const agents = await floor.agents()

  process.kill(hotline.corePid, 'SIGSTOP')
  t.after(() => hotline.corePid && hotline.process.exitCode === null && hotline.process.kill('SIGCONT'))
  await until('the voice node has given the core up', () => /no core: \d+ legs go on/.test(hotline.log()), 20_000, 200)
  const left = talkers.pop()
  const itsAgent = [...floor.phones.calls.values()].find((call) => call.caller === left.user)
  await left.hangUp()
  const left_ms = Date.now()
  await itsAgent.reach('ended')
  for (const call of [...talkers, waiter]) call.rtp.markGap()
  process.kill(hotline.corePid, 'SIGCONT')

  const contact = await floor.closed(left.user)
  assertComplete(contact)
  assert.ok(Math.abs(contact.ended_ms - left_ms) < 1_000, `ended at ${contact.ended_ms}, hung up at ${left_ms}`)
  for (const call of talkers) await floor.reach(call.user, 'talking')
  assert.equal((await floor.reach(waiter.user, 'queued')).queued_ms, queued_ms)
  const freed = (await floor.agents()).find((agent) => agent.state !== 'busy')
  assert.equal(freed.state, 'wrap_up')
  assert.equal(freed.id, agents.find((agent) => agent.call_id === contact.id).id)
  await floor.ready(freed)
  await floor.reach(waiter.user, 'talking')
  for (const call of [...talkers, waiter]) {
    assert.equal(call.rtp.hearing.lost, 0)
    await call.hangUp()
    assertComplete(await floor.closed(call.user))
  }
  await floor.doctor()
})
