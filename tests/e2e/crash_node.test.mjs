// SPDX-License-Identifier: Apache-2.0
// kill -9 of the voice node during calls, alone and together with the core (as when a machine loses power): within 10 s every
// contact is closed and every agent free, the node runs again and serves new calls, and the recordings are kept up to the
// last second. HOTLINE_LOAD=full: 50 talk and 20 wait.
import assert from 'node:assert/strict'
import test from 'node:test'
import { assertComplete, callerTone, eventOf, Floor, longestSilence } from './lib/floor.mjs'
import { until } from './lib/server.mjs'

const full = process.env.HOTLINE_LOAD === 'full'
const talking = full ? 50 : 6
const waiting = full ? 20 : 3
const number = (i) => `0206556${String(1000 + i)}`

/** Some calls talk, some wait, one is in the menu, each for 2 s or longer. */
async function makeCalls(floor) {
  const talkers = await Promise.all(Array.from({ length: talking }, (_, i) => floor.dial(number(i))))
  for (const call of talkers) await floor.reach(call.user, 'talking')
  const waiters = await Promise.all(Array.from({ length: waiting }, (_, i) => floor.dial(number(talking + i))))
  for (const call of waiters) await floor.reach(call.user, 'queued')
  const chooser = await floor.phones.call(floor.sipPort, '1000', { from: number(talking + waiting), hertz: callerTone })
  await floor.reach(chooser.user, 'ivr')
  const heard = new Map([...floor.phones.calls.values()].map((call) => [call, call.rtp.hearing.packets]))
  await until('everybody is heard for 2 s more', () => [...heard].every(([call, packets]) => call.rtp.hearing.packets >= packets + 100))
  return { talkers, waiters, chooser }
}

/** From the moment the node is gone every open port is somebody else's. */
function hush(floor) {
  for (const call of floor.phones.calls.values()) call.rtp.silence()
}

async function assertSettled(floor, { talkers, waiters, chooser }, within) {
  for (const call of [...talkers, ...waiters, chooser]) {
    const contact = await until(`the contact of ${call.user} is closed`, async () => {
      const one = await floor.contact(call.user)
      return one.outcome !== 'live' && one
    }, within(), 100)
    assert.equal(contact.outcome, talkers.includes(call) ? 'answered' : 'lost')
    assert.equal(contact.end_cause, 'node_lost')
    assert.ok(contact.legs.every((leg) => leg.ended_ms), `every leg of ${call.user} has ended`)
  }
  await until('no agent is in a call', async () => (await floor.agents()).every((agent) => ['ready', 'wrap_up'].includes(agent.state)), within(), 100)
}

/** What had been recorded is there, and says that it is not whole. */
async function assertKept(floor, { talkers, waiters, chooser }, killed_ms) {
  let most = 0
  for (const call of [...talkers, ...waiters, chooser]) {
    const contact = await floor.closed(call.user)
    const [recording] = contact.recordings
    assert.equal(contact.recordings.length, 1)
    assert.equal(recording.state, 'damaged')
    assert.ok(recording.problem, 'says why it is not whole')
    const wav = await floor.recording(contact)
    const answered_ms = eventOf(contact, 'answered').at_ms
    const missing = (killed_ms - answered_ms) / 1000 - wav.seconds
    most = Math.max(most, missing)
    assert.ok(missing <= 1.2 && missing > -0.2, `${call.user}: the last ${missing.toFixed(2)} s are missing`)
    assert.ok(Math.abs(recording.duration_ms / 1000 - wav.seconds) <= 0.02, 'the record says the same length as the file')
    const connected = eventOf(contact, 'connected')
    if (!connected) continue
    const from = (connected.at_ms - answered_ms) / 1000 + 1
    for (const channel of [0, 1]) assert.ok(longestSilence(wav, channel, from, wav.seconds - 0.1) < 500, `${call.user}: both voices are in what was kept`)
  }
  return most
}

async function assertLifeGoesOn(floor) {
  floor.sipPort = floor.nodeSipPort()
  for (const agent of await floor.agents()) if (agent.state !== 'ready') await floor.ready(agent)
  const next = await floor.dial(number(999))
  await floor.reach(next.user, 'talking')
  const from = next.rtp.hearing.packets
  await until('the new call is heard', () => next.rtp.hearing.packets > from + 50)
  await next.hangUp()
  assertComplete(await floor.closed(next.user))
  await floor.doctor()
}

test('a killed voice node leaves no open record and no stuck agent', { timeout: 240_000 }, async (t) => {
  const floor = await Floor.open(t, { agents: talking })
  const { hotline, supervisor } = floor
  const calls = await makeCalls(floor)
  const dead = hotline.nodePid
  process.kill(dead, 'SIGKILL')
  const killed_ms = Date.now()
  hush(floor)
  const within = () => killed_ms + 10_000 - Date.now()

  await assertSettled(floor, calls, within)
  const settled_ms = Date.now() - killed_ms
  await until('the node runs again', () => hotline.nodePid && hotline.nodePid !== dead, within())
  await until('the core has it', async () => (await supervisor.get('/wallboard')).body.voice_nodes?.[0]?.connected, within())
  const missing = await assertKept(floor, calls, killed_ms)
  t.diagnostic(`every record settled ${settled_ms} ms after the kill; at most the last ${missing.toFixed(2)} s of a recording are missing`)
  await assertLifeGoesOn(floor)
})

test('core and voice node killed together: the next start settles everything', { timeout: 240_000 }, async (t) => {
  const floor = await Floor.open(t, { agents: talking })
  const { hotline } = floor
  const calls = await makeCalls(floor)
  const dead = hotline.nodePid
  process.kill(dead, 'SIGKILL')
  const killed_ms = Date.now()
  await hotline.killCore()
  hush(floor)

  await hotline.launch()
  const started_ms = Date.now()
  assert.notEqual(hotline.nodePid, dead)
  await assertSettled(floor, calls, () => started_ms + 10_000 - Date.now())
  t.diagnostic(`every record settled ${Date.now() - started_ms} ms after the start`)
  await assertKept(floor, calls, killed_ms)
  await assertLifeGoesOn(floor)
})
