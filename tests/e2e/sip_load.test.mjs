// SPDX-License-Identifier: Apache-2.0
// Many real calls at once: SIPp callers with RTP go through the menu of 1000 by RFC 4733 keys to SIPp agents with RTP, some
// give up in the queue. Nothing is lost: no call, no packet, no recording, no record, no agent.
// HOTLINE_LOAD=full: 300 calls at once on 150 agents for 10 minutes (3,000 calls, or HOTLINE_LOAD_CALLS).
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { agentTone, assertComplete, callerTone, Floor } from './lib/floor.mjs'
import { RtpEngine } from './lib/rtp.mjs'
import { Hotline, until } from './lib/server.mjs'
import { freeUdpPort, Sipp } from './lib/sipp.mjs'

const load = process.env.HOTLINE_LOAD === 'full'
  ? { agents: 150, atOnce: 300, calls: Number(process.env.HOTLINE_LOAD_CALLS ?? 3_000), perSecond: 20, talk_ms: 28_000, giveUp: 20 }
  : { agents: 30, atOnce: 60, calls: 90, perSecond: 12, talk_ms: 9_000, giveUp: 5 }
const limit_ms = (load.calls / load.agents) * (load.talk_ms + 6_000) + 120_000

/** Sums of what RTP ends heard. */
function heardBy(ends) {
  const calls = ends.flatMap((end) => end.calls)
  return { calls: calls.length, packets: calls.reduce((sum, call) => sum + call.packets, 0), lost: calls.reduce((sum, call) => sum + call.lost, 0) }
}

test(`${load.atOnce} calls at once on ${load.agents} agents`, { timeout: limit_ms + 120_000 }, async (t) => {
  const engine = new RtpEngine()
  t.after(() => engine.close())
  const ends = async (count, hertz, keys) => {
    const list = []
    for (let i = 0; i < count; ++i) list.push(await engine.open(hertz))
    for (const end of list) end.follow(keys)
    return list
  }
  // Twice as many as are in use at once: a port rests before it serves the next call.
  const callerEnds = await ends(Math.min(2 * load.atOnce, load.calls), callerTone, '10')
  const giverEnds = await ends(load.giveUp, callerTone, '10')
  const agentEnds = await ends(2 * load.agents, agentTone, '')

  const agentPort = await freeUdpPort()
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hotline-e2e-'))
  const agents = new Sipp(folder, 'agents', 'agent.xml', agentEnds.map((end) => [end.port]), ['-p', agentPort, '-d', load.talk_ms])
  t.after(() => agents.stop())
  const floor = new Floor()
  floor.ends = new Map(Array.from({ length: load.agents }, (_, i) => [String(8001 + i), undefined]))
  floor.hotline = await Hotline.start({ folder, agentContact: `sip:{number}@127.0.0.1:${agentPort}` })
  t.after(() => floor.hotline.stop())
  const { hotline } = floor
  const target = `127.0.0.1:${hotline.sipPort}`
  floor.supervisor = await hotline.signIn('8901')
  for (const agent of await floor.agents()) await floor.ready(agent)

  const endDesks = floor.keepReady(t)

  // ---- traffic
  const began = Date.now()
  const number = (i) => `0206${String(1_000_000 + i)}`
  const callers = new Sipp(folder, 'callers', 'caller.xml', Array.from({ length: load.calls }, (_, i) => [number(i), callerEnds[i % callerEnds.length].port]),
    [target, '-s', '1000', '-p', await freeUdpPort(), '-m', load.calls, '-l', load.atOnce, '-r', load.perSecond])
  t.after(() => callers.stop())
  const general = async () => (await floor.supervisor.get('/wallboard')).body.queues.find((queue) => queue.code === 'general')
  await until('every agent talks and as many callers wait', async () => {
    const queue = await general()
    return queue.busy === load.agents && queue.waiting >= (load.atOnce - load.agents) * 0.8
  }, 60_000, 200)
  const givers = new Sipp(folder, 'givers', 'caller_gives_up.xml', giverEnds.map((end, i) => [number(900_000 + i), end.port]),
    [target, '-s', '1000', '-p', await freeUdpPort(), '-m', load.giveUp, '-r', load.giveUp, '-d', 11_000])
  t.after(() => givers.stop())

  let most = 0
  const watch = setInterval(() => void floor.supervisor.get('/wallboard').then(({ body }) => { most = Math.max(most, body.calls.live) }, () => {}), 1_000)
  t.after(() => clearInterval(watch))
  const late = setTimeout(() => callers.stop(), limit_ms)
  t.after(() => clearTimeout(late))
  assert.equal((await givers.ended).code, 0, `who gives up: ${givers.errors()}`)
  assert.equal((await callers.ended).code, 0, `callers: ${callers.stat('FailedCall(C)')} of ${load.calls} failed: ${callers.errors()}`)
  assert.equal(agents.stat('FailedCall(C)'), 0, agents.errors())
  const took = (Date.now() - began) / 1000

  // ---- every record
  await until('every agent is free', async () => (await floor.agents()).every((agent) => agent.state === 'ready'), 10_000, 250)
  await endDesks()
  const contacts = await floor.contacts()
  assert.equal(contacts.length, load.calls + load.giveUp, 'one contact a call')
  assert.equal(new Set(contacts.map((contact) => contact.from)).size, contacts.length)
  let lost = 0
  let jitter = 0
  for (const one of contacts) {
    const contact = await floor.settled(one)
    assertComplete(contact, contact.from >= number(900_000) ? 'abandoned' : 'answered')
    lost += contact.legs.reduce((sum, leg) => sum + leg.packets_lost, 0)
    jitter = Math.max(jitter, ...contact.legs.map((leg) => leg.quality?.jitter_ms ?? 0))
  }

  // ---- every packet
  const node = await until('the node counted everything', async () => {
    const now = await floor.figures()
    return now.legs === 0 && now
  })
  const callerSide = heardBy([...callerEnds, ...giverEnds])
  const agentSide = heardBy(agentEnds)
  t.diagnostic(`${contacts.length} calls in ${took.toFixed(0)} s, at most ${most} at once; node: ${node.rtp_received} packets in, ${node.rtp_sent} out, lost ${node.rtp_lost}, late ${node.rtp_late}`)
  t.diagnostic(`heard by callers ${JSON.stringify(callerSide)}, by agents ${JSON.stringify(agentSide)}, ${engine.ends.length} RTP ends; worst jitter ${jitter} ms; this program late by ${engine.late_ms.toFixed(0)} ms`)
  assert.ok(most >= load.atOnce, `only ${most} calls at once`)
  assert.equal(callerSide.calls, load.calls + load.giveUp, 'every caller was heard from')
  assert.equal(agentSide.calls, load.calls, 'every call reached an agent, once')
  assert.ok(lost <= node.rtp_received * 0.0001, `${lost} of ${node.rtp_received} packets lost on the legs`)
  assert.ok(node.rtp_lost <= node.rtp_received * 0.0001, `${node.rtp_lost} of ${node.rtp_received} packets lost`)
  assert.ok(callerSide.lost + agentSide.lost <= (callerSide.packets + agentSide.packets) * 0.0001, 'packets lost on the way out')
  assert.ok(node.rtp_late <= node.rtp_sent * 0.001, `${node.rtp_late} of ${node.rtp_sent} packets late`)
  assert.equal(node.recording_errors, 0)
  assert.equal(node.sip_rejected, 0)
  await floor.doctor()
})
