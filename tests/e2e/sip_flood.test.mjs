// SPDX-License-Identifier: Apache-2.0
// Strangers flood the SIP port while calls talk: the calls lose nothing, a new caller of a trunk gets through, few of the
// strangers get an answer, memory stays flat. And mutated messages by the thousand change nothing either.
// HOTLINE_LOAD=full: 300 calls, 3,000 messages a second for a minute, 100,000 mutated messages. HOTLINE_LOAD=mutated: the
// 100,000 against few calls, for a binary with AddressSanitizer, which is several times slower (CONTRIBUTING.md).
import assert from 'node:assert/strict'
import fs from 'node:fs'
import net from 'node:net'
import test from 'node:test'
import { Floor } from './lib/floor.mjs'
import { until } from './lib/server.mjs'
import { mutate, repeatable, Strangers, tortureMessages } from './lib/stranger.mjs'

const loads = {
  full: { agents: 150, calls: 300, perSecond: 3_000, seconds: 60, mutated: 100_000 },
  mutated: { agents: 12, calls: 24, perSecond: 600, seconds: 5, mutated: 100_000 },
}
const load = loads[process.env.HOTLINE_LOAD] ?? { agents: 12, calls: 24, perSecond: 600, seconds: 5, mutated: 4_000 }

const memory_kB = (pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1])

async function figures(hotline) {
  const text = await (await fetch(`${hotline.url}/metrics`)).text()
  return Object.fromEntries([...text.matchAll(/^hotline_voice_node\{node="voice1",what="(\w+)"\} (\S+)$/gm)].map((m) => [m[1], Number(m[2])]))
}

test(`${load.calls} calls talk while strangers flood`, { timeout: 240_000 + load.seconds * 4_000 + load.mutated * 5 }, async (t) => {
  const floor = await Floor.open(t, { agents: load.agents, trunkPeers: ['127.0.0.1'] })
  const { hotline } = floor
  const calls = []
  for (let i = 0; i < load.calls; ++i) calls.push(await floor.dial(`0206${1_000_000 + i}`))
  const general = async () => (await floor.supervisor.get('/wallboard')).body.queues.find((queue) => queue.code === 'general')
  await until('every agent talks, the others wait', async () => {
    const queue = await general()
    return queue.busy === load.agents && queue.waiting === load.calls - load.agents
  }, 60_000, 200)
  const ends = [...calls.map((call) => call.rtp), ...floor.ends.values()]
  const heardOf = () => ends.reduce((sum, end) => ({ packets: sum.packets + end.hearing.packets, lost: sum.lost + end.hearing.lost }), { packets: 0, lost: 0 })
  const nodePid = hotline.nodePid

  const strangers = await Strangers.open(floor.sipPort, { sources: 15 })
  t.after(() => strangers.close())
  await strangers.flood(100, 2) // so that tables and buffers have their size
  const before = { heard: heardOf(), memory: memory_kB(nodePid), node: await figures(hotline), sent: strangers.sent, answers: strangers.answers }

  await t.test('a flood of calls and registrations', async () => {
    const flooding = strangers.flood(load.perSecond, load.seconds)
    const newcomer = await floor.dial('02069999999') // a caller of the trunk in the middle of it
    await flooding
    assert.equal(newcomer.state, 'answered')
    await newcomer.hangUp()
    const after = await until('the node has told its figures', async () => {
      const now = await figures(hotline)
      return now.sip_dropped - before.node.sip_dropped + strangers.answers - before.answers >= (strangers.sent - before.sent) * 0.9 && now
    }, 20_000, 500)
    const heard = heardOf()
    const answers = strangers.answers - before.answers
    const sent = strangers.sent - before.sent
    t.diagnostic(`${sent} messages in ${load.seconds} s, ${answers} answered, ${after.sip_dropped - before.node.sip_dropped} dropped; ${heard.packets - before.heard.packets} packets heard, ${heard.lost - before.heard.lost} lost; node ${before.memory} kB, then ${memory_kB(nodePid)} kB`)
    assert.ok(answers <= 1_000 + 500 * load.seconds * 1.2 && answers < sent * 0.5, `${answers} of ${sent} answered`)
    assert.ok(heard.lost - before.heard.lost <= (heard.packets - before.heard.packets) * 0.0001, 'packets lost')
    assert.ok(after.rtp_lost - before.node.rtp_lost <= (after.rtp_received - before.node.rtp_received) * 0.0001, 'packets lost at the node')
    assert.ok(memory_kB(nodePid) < before.memory * 1.1 + 4_096, 'memory grows')
  })

  await t.test('a scanner that gives its name hears nothing', async () => {
    const scanner = await Strangers.open(floor.sipPort, { sources: 20, agents: ['friendly-scanner'] })
    t.after(() => scanner.close())
    for (const { socket } of scanner.sockets.splice(0, 15)) socket.close() // addresses the others have used
    const dropped = (await figures(hotline)).sip_dropped
    for (let i = 0; i < 30; ++i) scanner.send(scanner.next())
    await until('all are counted', async () => (await figures(hotline)).sip_dropped >= dropped + 30, 10_000, 200)
    assert.equal(scanner.answers, 0)
  })

  await t.test('mutated messages', async () => {
    const random = repeatable(4475)
    const seeds = [...tortureMessages(), ...Array.from({ length: 9 }, () => strangers.next()), Buffer.from('\r\n\r\n'), Buffer.alloc(0)]
    const bytes = memory_kB(nodePid)
    await strangers.flood(load.perSecond * 2, load.mutated / load.perSecond / 2, (i) => mutate(seeds[i % seeds.length], random).subarray(0, 60_000))
    for (let i = 0; i < load.mutated / 100; ++i) {
      const socket = net.connect({ port: hotline.addresses.sip_tcp.split(':').pop(), host: '127.0.0.1', localAddress: `127.0.2.${1 + (i % 60)}` })
      socket.on('error', () => {}) // refused or reset: that is for the node to decide
      await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
      for (let k = 0; k < 5; ++k) if (socket.writable) socket.write(mutate(seeds[(i + k) % seeds.length], random))
      socket.destroy()
    }
    t.diagnostic(`${load.mutated} mutated messages; node ${bytes} kB, then ${memory_kB(nodePid)} kB`)
    assert.ok(memory_kB(nodePid) < bytes * 1.1 + 8_192, `memory grows: ${bytes} kB, then ${memory_kB(nodePid)} kB`)
    assert.equal(hotline.nodePid, nodePid)
    assert.ok(fs.existsSync(`/proc/${nodePid}`), 'the node lives')
  })

  await t.test('every call is still there', async () => {
    for (const call of calls) assert.equal(call.state, 'answered')
    const heard = heardOf()
    await until('all are still heard', () => heardOf().packets > heard.packets + ends.length * 20)
    const after = heardOf()
    assert.ok(after.lost - before.heard.lost <= (after.packets - before.heard.packets) * 0.0001, `${after.lost - before.heard.lost} packets lost`)
    const queue = await general()
    assert.equal(queue.busy, load.agents)
    assert.equal(queue.waiting, load.calls - load.agents)
  })
})
