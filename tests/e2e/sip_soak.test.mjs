// SPDX-License-Identifier: Apache-2.0
// Calls as unruly as people: they hold, are held, are transferred, conferred, hang up at any moment, press keys, lose
// packets; agents do not answer, refuse, ask colleagues. Afterwards nothing is left over: no leg, no port, no file
// descriptor, no open contact, no agent who is stuck; every recording is whole, and memory did not grow.
// HOTLINE_LOAD=soak: 300 calls at once on 150 agents for 45 minutes (HOTLINE_LOAD_MINUTES). HOTLINE_LOAD_SEED repeats the choices.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import test from 'node:test'
import { assertComplete, callerTone, agentTone, Floor } from './lib/floor.mjs'
import { between, oneOf, random, seed } from './lib/random.mjs'
import { RtpEngine } from './lib/rtp.mjs'
import { Hotline, until } from './lib/server.mjs'
import { SipPhones } from './lib/sip_phone.mjs'

const soak = process.env.HOTLINE_LOAD === 'soak'
const load = soak
  ? { agents: 150, atOnce: 300, minutes: Number(process.env.HOTLINE_LOAD_MINUTES ?? 45), warmUp: 0.25, longest_s: 60 }
  : { agents: 12, atOnce: 24, minutes: 0.4, warmUp: 0.5, longest_s: 12 }
const chance = (share) => random() < share
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** What a process holds now: resident memory in KiB and open file descriptors. */
function held(pid) {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8')
  return { rss: Number(status.match(/VmRSS:\s+(\d+)/)[1]), files: fs.readdirSync(`/proc/${pid}/fd`).length }
}
const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length

test(`${load.atOnce} unruly calls on ${load.agents} agents for ${load.minutes} minutes`, { timeout: load.minutes * 60_000 + 300_000 }, async (t) => {
  t.diagnostic(`HOTLINE_LOAD_SEED=${seed}`)
  const done = {}
  const count = (what) => { done[what] = (done[what] ?? 0) + 1 }
  const engine = new RtpEngine()
  t.after(() => engine.close())
  const pool = async (size, hertz) => {
    const ends = []
    for (let i = 0; i < size; ++i) ends.push(await engine.open(hertz))
    return ends
  }
  // Twice as many as are in use at once: a port rests before it serves the next call.
  const callerEnds = await pool(2 * load.atOnce, callerTone)
  const agentEnds = await pool(3 * load.agents, agentTone)
  const lend = (ends) => {
    const end = ends.shift()
    end?.reset()
    return end
  }

  // ---- agents
  const clients = new Map() // number -> signed-in client
  let ending = false
  const colleagues = []
  const phones = await SipPhones.open(engine, (call) => {
    const mood = random()
    if (mood < 0.04) return count('refused by the agent')
    call.rtp = lend(agentEnds)
    call.ringsOnly = mood < 0.07
    if (call.ringsOnly) count('not answered by the agent')
    call.once('ended', () => agentEnds.push(call.rtp))
    call.once('answered', () => void agentActs(call))
  })
  t.after(() => phones.close())
  const floor = new Floor()
  floor.ends = new Map(Array.from({ length: load.agents }, (_, i) => [String(8001 + i), undefined]))
  floor.hotline = await Hotline.start({ agentContact: `sip:{number}@127.0.0.1:${phones.port}` })
  const { hotline } = floor
  t.after(() => hotline.stop())
  floor.supervisor = await hotline.signIn('8901')
  // Who has called within the hour is remembered (some 200 bytes a caller), and every call here is from another number. With
  // the warm-up for that time the memory of it is full when measuring begins: what grows afterwards is a leak.
  const { rules } = (await floor.supervisor.get('/routing')).body
  const set = await (await hotline.signIn('8999')).put('/routing/rules', { ...rules, repeat_within_ms: load.minutes * load.warmUp * 60_000 })
  assert.equal(set.status, 204, JSON.stringify(set.body))
  const agents = await floor.agents()
  for (const agent of agents) {
    clients.set(agent.number, await hotline.signIn(agent.number))
    await floor.ready(agent)
    colleagues.push(agent)
  }
  const idle = { core: held(hotline.corePid), node: held(hotline.nodePid) }

  /** What an agent does during a call: through the API, as the desk would. Anything may be refused, as the call may be over. */
  async function agentActs(leg) {
    const client = clients.get(leg.user)
    const over = () => leg.state === 'ended' || ending
    const act = async (what, path, value) => {
      if (over()) return false
      const answer = await client.post(path, value)
      assert.ok([200, 403, 404, 409].includes(answer.status), `${what}: ${answer.status} ${JSON.stringify(answer.body)}`)
      count(answer.status === 200 ? what : `${what} came too late`)
      return answer.status === 200
    }
    try {
      const call = await callOf(leg.user)
      const stay = Date.now() + between(1, load.longest_s) * 1000
      while (call && !over() && Date.now() < stay) {
        await wait(between(200, 4_000))
        const at = `/calls/${call}`
        const deed = random()
        if (deed < 0.2) {
          if (await act('hold', `${at}/hold`)) {
            await wait(between(100, 3_000))
            await act('resume', `${at}/resume`)
          }
        } else if (deed < 0.3) {
          await act('digits', `${at}/digits`, { digits: '12#' })
        } else if (deed < 0.36) {
          if (await act('recording paused', `${at}/recording/pause`)) {
            await wait(between(100, 1_500))
            await act('recording resumed', `${at}/recording/resume`)
          }
        } else if (deed < 0.5) {
          const target = oneOf(colleagues.filter((one) => one.number !== leg.user))
          if (await act('consult', `${at}/consult`, chance(0.8) ? { kind: 'agent', target: target.id } : { kind: 'queue', target: 'general' })) {
            await wait(between(50, 4_000))
            if (chance(0.4)) await act('swap', `${at}/consult/swap`)
            if (chance(0.5)) {
              await act('conference', `${at}/consult/conference`)
              await wait(between(500, 5_000))
            }
            if (chance(0.6)) await act('handed over', `${at}/consult/complete`)
            else await act('consultation ended', `${at}/consult/end`)
          }
        } else if (deed < 0.55) {
          if (await act('transfer', `${at}/transfer`, chance(0.5) ? { kind: 'agent', target: oneOf(colleagues.filter((one) => one.number !== leg.user)).id } : { kind: 'queue', target: 'general' })) break
        } else if (deed < 0.62) {
          count('hold by phone')
          await leg.direct('sendonly')
          await wait(between(100, 2_000))
          if (!over()) await leg.direct('sendrecv')
        }
      }
      if (chance(0.5)) await act('hung up at the desk', `/calls/${call}/hangup`)
      await wait(500)
      if (leg.state === 'answered') {
        count('hung up at the phone')
        await leg.hangUp()
      }
    } catch (error) {
      if (!ending) problems.push(error)
    }
  }
  const problems = []
  /** The call an agent is in, by their number. */
  async function callOf(number) {
    return until(`the call of ${number}`, async () => {
      const { body } = await floor.supervisor.get(`/agents?q=${number}`)
      return body.items.find((agent) => agent.number === number)?.call_id
    }, 5_000, 200).catch(() => undefined)
  }

  // ---- callers
  let dialled = 0
  let talking = 0
  let most = 0
  async function caller(until_ms) {
    while (Date.now() < until_ms) {
      const from = `0206${String(1_000_000 + dialled++)}`
      const rtp = lend(callerEnds)
      const call = await phones.call(hotline.sipPort, '1000', { from, rtp })
      let ended
      const over = new Promise((resolve) => call.once('ended', resolve)).then((why) => { ended = why })
      const pause = (ms) => Promise.race([wait(ms), over])
      most = Math.max(most, ++talking)
      try {
        await Promise.race([call.reach('answered').catch(() => over), over]) // over: refused, or given up
        await pause(between(200, 1_500))
        rtp.lossy = chance(0.3) ? 0.05 : 0
        if (!ended && chance(0.92)) {
          rtp.press('1')
          rtp.press('0')
        } else {
          rtp.press(oneOf(['2', '9', '#']))
        }
        const leave = Date.now() + between(0.5, load.longest_s * 2) * 1000
        while (!ended && Date.now() < leave) {
          await pause(between(500, 8_000))
          if (ended) break
          if (chance(0.1)) rtp.press(oneOf(['1', '5', '#']))
          if (chance(0.06) && call.state === 'answered') {
            count('hold by the caller')
            await call.direct('sendonly')
            await pause(between(200, 2_000))
            if (call.state === 'answered') await call.direct('sendrecv')
          }
        }
        if (!ended) {
          count('hung up by the caller')
          await call.hangUp()
        }
      } catch (error) {
        problems.push(error)
        await over
      }
      --talking
      rtp.silence()
      callerEnds.push(rtp)
    }
  }

  const began = Date.now()
  const end = began + load.minutes * 60_000
  const samples = []
  const sampling = setInterval(() => samples.push({ at: Date.now() - began, core: held(hotline.corePid).rss, node: held(hotline.nodePid).rss }), 2_000)
  t.after(() => clearInterval(sampling))
  const stopReady = floor.keepReady(t, ['wrap_up', 'unavailable'])
  await Promise.all(Array.from({ length: load.atOnce }, async (_, i) => {
    await wait((i * 4_000) / load.atOnce)
    await caller(end)
  }))
  clearInterval(sampling)
  assert.deepEqual(problems.map(String), [])

  // ---- nothing is left over
  await until('every agent is free', async () => (await floor.agents()).every((agent) => agent.state === 'ready'), 60_000, 500)
  ending = true
  await stopReady()
  const node = await until('no leg is left', async () => {
    const now = await floor.figures()
    return now.legs === 0 && now
  })
  assert.equal(node.recording_errors, 0)
  await until('every port and file is closed', () => held(hotline.nodePid).files <= idle.node.files + 3, 20_000, 500)
  assert.equal(phones.calls.size, 0, 'calls that only the phones know')

  // ---- memory; said before anything is judged, so that one fault does not hide the rest
  const span = load.minutes * 60_000
  const mib = (who, from, to) => mean(samples.filter((sample) => sample.at >= from * span && sample.at < to * span).map((sample) => sample[who])) / 1024
  const grown = {}
  for (const who of ['core', 'node']) {
    const early = mib(who, load.warmUp, load.warmUp + 0.25)
    const late = mib(who, 0.75, 1)
    grown[who] = late / early - 1
    const course = Array.from({ length: 9 }, (_, i) => mib(who, i / 9, (i + 1) / 9).toFixed(1))
    t.diagnostic(`memory of the ${who}: ${early.toFixed(1)} → ${late.toFixed(1)} MiB (${(100 * grown[who]).toFixed(2)} %), its course ${course.join(' ')}`)
  }
  t.diagnostic(`${dialled} calls, at most ${most} at once; this program late by ${engine.late_ms.toFixed(0)} ms`)
  t.diagnostic(JSON.stringify(Object.fromEntries(Object.entries(done).sort())))

  // ---- records
  const contacts = await floor.contacts()
  assert.equal(contacts.length, dialled, 'one contact a call')
  const outcomes = {}
  const incomplete = []
  for (const one of contacts) {
    const contact = await floor.settled(one)
    outcomes[contact.outcome] = (outcomes[contact.outcome] ?? 0) + 1
    try {
      assertComplete(contact, contact.outcome)
    } catch (error) {
      incomplete.push(error.message)
    }
  }
  t.diagnostic(JSON.stringify(outcomes))
  await floor.doctor()
  assert.deepEqual(incomplete, [])
  if (soak) for (const who of ['core', 'node']) assert.ok(grown[who] <= 0.02, `the ${who} grew by ${(100 * grown[who]).toFixed(2)} %`)
})
