// SPDX-License-Identifier: Apache-2.0
// The core is killed again and again under traffic, at whatever moment it may be in: callers arrive, choose, wait, ring and
// talk. Not one call fails, and every record is as complete as if nothing had happened. (A start that takes longer than a new
// call waits for a core, on a busy machine, lets that call be refused with 503, which is no failure.)
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { agentTone, assertComplete, callerTone, Floor } from './lib/floor.mjs'
import { RtpEngine } from './lib/rtp.mjs'
import { Hotline, until } from './lib/server.mjs'
import { freeUdpPort, Sipp } from './lib/sipp.mjs'

const agentCount = 12
const calls = 60
const kills = 6

test(`${kills} kills of the core within ${calls} calls`, { timeout: 240_000 }, async (t) => {
  const engine = new RtpEngine()
  t.after(() => engine.close())
  const ends = []
  for (let i = 0; i < calls + 2 * agentCount; ++i) {
    ends.push(await engine.open(i < calls ? callerTone : agentTone))
    ends[i].follow(i < calls ? '10' : '')
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hotline-e2e-'))
  const agentPort = await freeUdpPort()
  const agents = new Sipp(folder, 'agents', 'agent.xml', ends.slice(calls).map((end) => [end.port]), ['-p', agentPort, '-d', 4_000])
  t.after(() => agents.stop())
  const floor = new Floor()
  floor.ends = new Map(Array.from({ length: agentCount }, (_, i) => [String(8001 + i), undefined]))
  floor.hotline = await Hotline.start({ folder, agentContact: `sip:{number}@127.0.0.1:${agentPort}` })
  t.after(() => floor.hotline.stop())
  floor.supervisor = await floor.hotline.signIn('8901')
  for (const agent of await floor.agents()) await floor.ready(agent)
  const endDesks = floor.keepReady(t)

  const callers = new Sipp(folder, 'callers', 'caller.xml', Array.from({ length: calls }, (_, i) => [`0206557${String(1000 + i)}`, ends[i].port]),
    [`127.0.0.1:${floor.hotline.sipPort}`, '-s', '1000', '-p', await freeUdpPort(), '-m', calls, '-l', 40, '-r', 4])
  t.after(() => callers.stop())
  const node = floor.hotline.nodePid
  const starts = []
  const heard = () => engine.ends.reduce((sum, end) => sum + end.sent, 0)
  for (let i = 0; i < kills; ++i) {
    const before = (await floor.contacts()).length
    await until('new callers have come', async () => (await floor.contacts()).length >= Math.min(before + 6, calls - kills) && heard() > 0, 30_000)
    await floor.hotline.killCore()
    const killed = performance.now()
    await floor.hotline.launch()
    starts.push(performance.now() - killed)
  }
  assert.equal((await callers.ended).code, 0, `callers: ${callers.stat('FailedCall(C)')} failed: ${callers.errors()}`)
  assert.equal(floor.hotline.nodePid, node, 'the voice node is the same')

  await until('every agent is free', async () => (await floor.agents()).every((agent) => agent.state === 'ready'), 15_000, 250)
  await endDesks()
  const contacts = await floor.contacts()
  const refused = [...floor.hotline.log().matchAll(/refused: no core/g)].length
  t.diagnostic(`starts of the core took ${starts.map((ms) => ms.toFixed(0))} ms; ${refused} calls refused meanwhile`)
  assert.ok(refused === 0 || Math.max(...starts) > 2_500, 'nobody is refused while a core starts in time')
  assert.equal(contacts.length, calls - refused, 'one contact a call')
  for (const contact of contacts) assertComplete(await floor.settled(contact), 'answered', { coreless: true })
  await floor.doctor()
})
