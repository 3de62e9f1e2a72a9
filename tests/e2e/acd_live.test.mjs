// SPDX-License-Identifier: Apache-2.0
// The whole operation under unruly traffic while its core is killed again and again: SIPp's callers hang up when they like,
// agents at SIP phones and in real browsers answer, refuse, do not answer, transfer, consult and hang up. Afterwards nothing is
// stuck, no record is lost, the watchdog had nothing to repair, and the recording ledger has each second of each call.
// HOTLINE_LOAD=full: 300 callers, 150 agents (four of them browsers), a kill each minute for 15 minutes (HOTLINE_LOAD_MINUTES).
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { id, openBrowser } from './lib/browser.mjs'
import { agentTone, callerTone, Floor } from './lib/floor.mjs'
import { between, oneOf, random, seed } from './lib/random.mjs'
import { RtpEngine } from './lib/rtp.mjs'
import { Hotline, until } from './lib/server.mjs'
import { SipPhones } from './lib/sip_phone.mjs'
import { freeSipPort, freeUdpPort, Sipp } from './lib/sipp.mjs'
import { agentState, callState, readyDesk, saveWrapUp } from './lib/story.mjs'

const full = process.env.HOTLINE_LOAD === 'full'
const load = full
  ? { callers: 300, phones: 146, browsers: 4, seconds: 60 * Number(process.env.HOTLINE_LOAD_MINUTES ?? 15), killEvery_s: 60, least_ms: 2_000, most_ms: 60_000, talk_s: [2, 45], perSecond: 12 }
  : { callers: 24, phones: 11, browsers: 1, seconds: 20, killEvery_s: 8, least_ms: 1_000, most_ms: 12_000, talk_s: [1, 6], perSecond: 6 }
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const number = (i) => `0207${String(1_000_000 + i)}`

test(`${load.callers} callers, ${load.phones + load.browsers} agents, a kill every ${load.killEvery_s} s for ${load.seconds} s`, { timeout: load.seconds * 1_000 + 300_000 }, async (t) => {
  t.diagnostic(`HOTLINE_LOAD_SEED=${seed}`)
  const done = {}
  const count = (what) => { done[what] = (done[what] ?? 0) + 1 }
  const problems = []
  let ending = false
  const engine = new RtpEngine()
  t.after(() => engine.close())
  const callerEnds = []
  for (let i = 0; i < 3 * load.callers; ++i) {
    callerEnds.push(await engine.open(callerTone))
    callerEnds[i].follow('10')
  }
  const agentEnds = []
  for (let i = 0; i < 3 * load.phones; ++i) agentEnds.push(await engine.open(agentTone))

  // ---- agents at phones
  const clients = new Map()
  const phones = await SipPhones.open(engine, (call) => {
    const mood = random()
    if (mood < 0.04) return count('refused by the agent')
    call.rtp = agentEnds.shift()
    call.rtp.reset()
    call.ringsOnly = mood < (full ? 0.07 : 0.05)
    if (call.ringsOnly) count('not answered by the agent')
    call.once('ended', () => agentEnds.push(call.rtp))
    call.once('answered', () => void agentActs(call))
  })
  t.after(() => phones.close())
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hotline-e2e-'))
  const floor = new Floor()
  floor.ends = new Map(Array.from({ length: load.phones }, (_, i) => [String(8001 + i), undefined]))
  // Browsers come back to the address they know: the core's port stays over its kills.
  floor.hotline = await Hotline.start({ folder, agentContact: `sip:{number}@127.0.0.1:${phones.port}`, httpsPort: await freeSipPort() })
  const { hotline } = floor
  t.after(() => hotline.stop())
  floor.supervisor = await hotline.signIn('8901')
  const colleagues = await floor.agents()
  assert.equal(colleagues.length, load.phones)
  for (const agent of colleagues) {
    clients.set(agent.number, await hotline.signIn(agent.number))
    await floor.ready(agent)
  }

  async function agentActs(leg) {
    const over = () => leg.state === 'ended' || ending
    const client = clients.get(leg.user)
    /** As the desk would; a call may be over, and there may be no core. */
    const act = async (what, way, value) => {
      if (over()) return false
      try {
        const answer = await client.post(way, value)
        assert.ok([200, 403, 404, 409, 503].includes(answer.status), `${what}: ${answer.status} ${JSON.stringify(answer.body)}`)
        count(answer.status === 200 ? what : `${what} came too late`)
        return answer.status === 200
      } catch (error) {
        if (error.name === 'AssertionError') problems.push(error)
        return false // no core at the moment
      }
    }
    const callId = async () => {
      const { body } = await floor.supervisor.get(`/agents?q=${leg.user}`)
      return body.items.find((agent) => agent.number === leg.user)?.call_id
    }
    try {
      const leave = Date.now() + between(...load.talk_s) * 1_000
      while (!over() && Date.now() < leave) {
        await wait(between(300, full ? 6_000 : 1_500))
        const call = await callId().catch(() => undefined)
        if (!call || over()) continue
        const other = oneOf(colleagues.filter((one) => one.number !== leg.user))
        const deed = random()
        if (deed < 0.12) {
          if (await act('hold', `/calls/${call}/hold`)) {
            await wait(between(100, 2_000))
            await act('resume', `/calls/${call}/resume`)
          }
        } else if (deed < 0.22) {
          if (await act('transfer', `/calls/${call}/transfer`, random() < 0.5 ? { kind: 'agent', target: other.id } : { kind: 'queue', target: 'general' })) break
        } else if (deed < 0.34) {
          if (await act('consult', `/calls/${call}/consult`, { kind: 'agent', target: other.id })) {
            await wait(between(200, 3_000))
            if (random() < 0.5) await act('conference', `/calls/${call}/consult/conference`)
            await wait(between(100, 2_000))
            if (random() < 0.6) await act('handed over', `/calls/${call}/consult/complete`)
            else await act('consultation ended', `/calls/${call}/consult/end`)
          }
        }
      }
      if (leg.state === 'answered' && random() < 0.8) {
        count('hung up at the phone')
        await leg.hangUp()
      }
    } catch (error) {
      if (!ending) problems.push(error)
    }
  }

  // ---- agents in browsers
  const browser = await openBrowser()
  t.after(() => browser.close())
  const desks = []
  for (let i = 0; i < load.browsers; ++i) desks.push(await readyDesk(browser, hotline, String(8001 + load.phones + i)))
  /** What a person at the desk does with whatever it shows; the page may be without a core for a moment. */
  async function atDesk(desk) {
    let talkUntil = 0
    while (!ending) {
      await wait(200)
      try {
        if (await id(desk, 'answer').isVisible()) {
          await id(desk, 'answer').click({ timeout: 1_000 })
          talkUntil = Date.now() + between(...load.talk_s) * 1_000
          count('answered in the browser')
        } else if (['talking', 'held'].includes(await callState(desk).catch(() => '')) && Date.now() > talkUntil) {
          await id(desk, 'hang-up').click({ timeout: 1_000 })
          count('hung up in the browser')
        } else if (await id(desk, 'wrap-save').isVisible()) {
          await saveWrapUp(desk)
        } else if (['unavailable', 'wrap_up'].includes(await agentState(desk)) && (await id(desk, 'set-ready').isEnabled({ timeout: 500 }))) {
          await id(desk, 'set-ready').click({ timeout: 1_000 })
        }
      } catch {
        // it has changed meanwhile, or there is no core
      }
    }
  }
  const working = desks.map(atDesk)
  const stopReady = floor.keepReady(t, ['wrap_up', 'unavailable'])

  // ---- callers
  const most = Math.ceil(load.seconds * load.perSecond) + load.callers
  const callers = new Sipp(folder, 'callers', 'caller_at_will.xml', Array.from({ length: most }, (_, i) => [number(i), callerEnds[i % callerEnds.length].port]),
    [`127.0.0.1:${hotline.sipPort}`, '-s', '1000', '-p', await freeUdpPort(), '-m', most, '-l', load.callers, '-r', load.perSecond], { LEAST: load.least_ms, MOST: load.most_ms })
  t.after(() => callers.stop())
  let atOnce = 0
  const watching = setInterval(() => void floor.supervisor.get('/wallboard').then(({ body }) => { atOnce = Math.max(atOnce, body.calls?.live ?? 0) }, () => {}), 1_000)
  t.after(() => clearInterval(watching))

  const node = hotline.nodePid
  const starts = []
  const end = Date.now() + load.seconds * 1_000
  for (let kill = 0; kill < Math.floor(load.seconds / load.killEvery_s); ++kill) {
    await wait(load.killEvery_s * 1_000)
    await hotline.killCore()
    const killed = performance.now()
    await hotline.launch()
    starts.push(performance.now() - killed)
  }
  await wait(Math.max(0, end - Date.now()))
  callers.finish()
  await callers.ended
  clearInterval(watching)
  assert.equal(hotline.nodePid, node, 'the voice node is the same')
  assert.deepEqual(problems.map(String), [])

  // ---- nothing is stuck
  await until('every agent is free', async () => {
    const { body } = await floor.supervisor.get('/agents?limit=200')
    return body.items.every((agent) => ['ready', 'signed_out'].includes(agent.state) && !agent.call_id)
  }, 60_000, 500)
  ending = true
  await stopReady()
  await Promise.all(working)
  await until('no call is live', async () => (await floor.supervisor.get('/wallboard')).body.calls.live === 0, 10_000)
  const figures = await until('no leg is left', async () => {
    const now = await floor.figures()
    return now.legs === 0 && now.recordings_open === 0 && now
  })
  assert.equal(figures.recording_errors, 0)
  assert.deepEqual((await floor.supervisor.get('/differences?limit=200')).body.items, [], 'the watchdog had nothing to repair')

  // ---- no record is lost
  const made = callers.stat('TotalCallCreated')
  const refused = [...hotline.log().matchAll(/refused: no core/g)].length
  const contacts = await floor.contacts()
  const inbound = contacts.filter((contact) => contact.direction === 'inbound')
  const outcomes = {}
  for (const contact of inbound) outcomes[contact.outcome] = (outcomes[contact.outcome] ?? 0) + 1
  t.diagnostic(`${made} calls, at most ${atOnce} at once, ${starts.length} kills (starts took ${starts.map((ms) => ms.toFixed(0))} ms), ${refused} refused meanwhile; ${JSON.stringify(outcomes)}`)
  t.diagnostic(JSON.stringify(Object.fromEntries(Object.entries(done).sort())))
  for (const what of ['FailedMaxUDPRetrans(C)', 'FailedTimeoutOnRecv(C)', 'FailedCannotSendMessage(C)']) assert.equal(callers.stat(what), 0, `${what}: ${callers.errors()}`)
  assert.ok(refused === 0 || Math.max(...starts) > 2_500, 'nobody is refused while a core starts in time')
  assert.equal(inbound.length, made - refused, 'one contact a call')
  assert.equal(new Set(inbound.map((contact) => contact.from)).size, inbound.length)
  assert.equal(contacts.filter((contact) => ['live', 'lost'].includes(contact.outcome)).length, 0, 'every contact has ended as it did')
  assert.ok(starts.length >= 2 && atOnce >= load.callers * (full ? 0.8 : 0.4), `${starts.length} kills, ${atOnce} calls at once`)

  // ---- each second of each call is recorded
  const ledger = await floor.ledger()
  const due = ledger.day.due_ms / 1_000
  t.diagnostic(`recording ledger: ${ledger.day.calls} calls, ${due.toFixed(1)} s due, ${((ledger.day.due_ms - ledger.day.recorded_ms) / Math.max(1, ledger.day.calls)).toFixed(1)} ms a call not recorded; this program late by ${engine.late_ms.toFixed(0)} ms`)
  assert.deepEqual(ledger.gaps, [])
  assert.equal(ledger.day.complete, ledger.day.calls)
  assert.ok(ledger.day.calls >= inbound.length - (outcomes.refused ?? 0), `${ledger.day.calls} of ${inbound.length} calls are in the ledger`)
  assert.ok(ledger.day.due_ms - ledger.day.recorded_ms <= ledger.day.calls * 200)
  await floor.doctor()
})
