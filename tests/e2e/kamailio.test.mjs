// SPDX-License-Identifier: Apache-2.0
// Two voice nodes of one core behind Kamailio (packaging/kamailio.cfg): calls on both at once, a phone that registers through the
// proxy and is called from either node, the loss of a node, its return, and the drain of the other; who talks elsewhere hears no gap.
import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'
import { Baresip } from './lib/baresip.mjs'
import { assertComplete, callerTone, agentTone, Floor } from './lib/floor.mjs'
import { Kamailio } from './lib/kamailio.mjs'
import { runToEnd, temporaryFolder, undoLater } from './lib/program.mjs'
import { RtpEngine } from './lib/rtp.mjs'
import { Hotline, until, writeConfig } from './lib/server.mjs'
import { SipPhones } from './lib/sip_phone.mjs'
import { VoiceNode } from './lib/voice_node.mjs'

const agents = 4

/** A Floor whose calls go through Kamailio to two nodes. */
async function open(t) {
  const folder = temporaryFolder(t)
  const floor = new Floor()
  floor.answered = []
  floor.engine = new RtpEngine()
  undoLater(t, () => floor.engine.close())
  floor.ends = new Map()
  for (let i = 1; i <= agents; ++i) floor.ends.set(String(8000 + i), await floor.engine.open(agentTone))
  floor.phones = await SipPhones.open(floor.engine, (call) => {
    call.rtp = floor.ends.get(call.user)
    call.rtp?.reset()
  })
  undoLater(t, () => floor.phones.close())

  floor.sipPort = await Kamailio.freePort()
  const options = { trunkPeers: [`127.0.0.1:${floor.sipPort}`], sip: 'agent_hosts = ["127.0.0.1"]\ndigest_sha256 = false' }
  floor.nodes = [await VoiceNode.make(folder, 'n1', options), await VoiceNode.make(folder, 'n2', options)]
  floor.kamailio = await Kamailio.start(path.join(folder, 'k'), { port: floor.sipPort, nodes: floor.nodes.map((node) => node.sipPort) })
  undoLater(t, () => floor.kamailio.stop())
  for (const node of floor.nodes) {
    undoLater(t, () => node.kill())
    await node.launch()
  }
  const core = writeConfig(folder, {
    agentContact: `sip:{number}@127.0.0.1:${floor.phones.port}`, voice: 'local = false', extra: 'wrap_up = 0\n' + floor.nodes.map((node) => node.table).join(''),
  })
  floor.hotline = await Hotline.start({ folder, config: core })
  undoLater(t, () => floor.hotline.stop({ keep: true }))
  floor.supervisor = await floor.hotline.signIn('8901')
  for (const agent of await floor.agents()) await floor.ready(agent)
  for (const node of floor.nodes) await floor.kamailio.takes(node.sipPort, true)
  return floor
}

let numbers = 0
/** A caller who talks to an agent; `node` is the voice node that carries the call: its Contact says which. */
async function talk(floor) {
  const from = `02065570${String(10 + numbers++)}`
  const call = await floor.dial(from)
  await floor.reach(from, 'talking')
  const port = Number(call.target.match(/:(\d+)/)[1])
  call.node = floor.nodes.find((node) => node.sipPort === port)
  return call
}

const wallboard = async (floor) => (await floor.supervisor.get('/wallboard')).body
const view = async (floor, node) => (await wallboard(floor)).voice_nodes.find((one) => one.name === node.name)

/** From now on until the returned function is called nobody of these calls may miss more than 200 ms of sound. */
function watchSound(floor, calls) {
  const before = new Map(calls.map((call) => [call, call.rtp.hearing]))
  for (const call of calls) call.rtp.markGap()
  return async (what) => {
    for (const call of calls) {
      await until(`${call.user} is heard`, () => call.rtp.hearing.packets > before.get(call).packets + 50)
      const { lost, gap_ms } = call.rtp.hearing
      assert.equal(lost, before.get(call).lost, `${what}: ${call.user} lost packets`)
      assert.ok(gap_ms < 200, `${what}: ${call.user} heard nothing for ${gap_ms.toFixed(0)} ms`)
    }
  }
}

/** Until the agents who are free again can be offered calls. */
async function allFree(floor, count) {
  await until(`${count} agents are ready`, async () => {
    const list = await floor.agents()
    for (const agent of list) if (['wrap_up', 'unavailable'].includes(agent.state)) await floor.ready(agent)
    return list.filter((agent) => agent.state === 'ready').length === count
  })
}

test('two voice nodes behind Kamailio: calls on both, one lost, one drained', { timeout: 180_000 }, async (t) => {
  const floor = await open(t)
  const { kamailio } = floor
  const [first, second] = floor.nodes
  let calls = []

  await t.test('calls go to both nodes in turn and are counted for each and together', async () => {
    calls = await Promise.all(Array.from({ length: agents }, () => talk(floor)))
    for (const node of floor.nodes) assert.equal(calls.filter((call) => call.node === node).length, 2, `${node.name} has two`)
    await watchSound(floor, calls)('all talk')
    const board = await until('the wallboard has the channels', async () => {
      const now = await wallboard(floor)
      return now.trunks[0]?.in_use === 4 && now
    })
    assert.equal(board.trunks.length, 1)
    assert.deepEqual(board.trunks[0].nodes.map(({ node, in_use }) => [node, in_use]), [['n1', 2], ['n2', 2]])
    assert.equal(board.trunks[0].channels_max, 2000)
    const metrics = await (await fetch(`${floor.hotline.url}/metrics`)).text()
    for (const node of floor.nodes) assert.ok(metrics.includes(`hotline_trunk_channels_in_use{node="${node.name}",trunk="pstn",direction="in"} 2\n`), metrics.match(/.*hotline_trunk_channels_in_use.*/g)?.join('\n'))
  })

  await t.test('hotline voice --stats tells how a node is', async () => {
    const stats = await first.stats()
    assert.equal(stats.node, 'n1')
    assert.equal(stats.process, first.process.pid)
    assert.equal(stats.calls.in_use, 2)
    assert.equal(stats.legs.answered, 4)
    assert.equal(stats.recordings.open, 2)
    assert.equal(stats.core.connected, true)
    assert.ok(stats.rtp.received > 100 && stats.memory_bytes > 1_000_000 && stats.uptime_s >= 1, JSON.stringify(stats))
    const [trunk] = stats.trunks
    assert.deepEqual([trunk.name, trunk.in.in_use, trunk.in.calls, trunk.channels.limit], ['pstn', 2, 2, 1000])
    const [gateway] = trunk.gateways // Kamailio answers our OPTIONS too
    await until('Kamailio has been probed', async () => (await first.stats()).trunks[0].gateways[0].last_probe?.status === 200)
    assert.equal(gateway.up, true)
    const table = await runToEnd(['voice', '--stats', '--config', first.config, '--data', first.data])
    assert.match(table.stdout, /^voice node n1, version \d+\.\d+/)
    assert.match(table.stdout, /^pstn +2 of 1000 /m)
  })

  await t.test('a node that is killed: its calls are settled, its agents free, the other talks on', async () => {
    const lost = calls.filter((call) => call.node === first)
    const kept = calls.filter((call) => call.node === second)
    const sound = watchSound(floor, kept)
    const killed = Date.now()
    await first.kill()
    for (const call of lost) call.rtp.silence()
    for (const call of lost) {
      const contact = await until(`the contact of ${call.user} is settled`, async () => {
        const one = await floor.contact(call.user)
        return one.outcome !== 'live' && one
      }, 10_000)
      assert.deepEqual([contact.outcome, contact.end_cause], ['answered', 'node_lost'])
      assert.ok(contact.legs.every((leg) => leg.ended_ms))
    }
    t.diagnostic(`settled ${Date.now() - killed} ms after the kill`)
    assert.ok(Date.now() - killed < 5_000, 'a dead process is known at once, not after the time-out of a silent one')
    await allFree(floor, 2)
    const fresh = await Promise.all([talk(floor), talk(floor)]) // one may still be tried at the dead node; Kamailio passes it on
    for (const call of fresh) assert.equal(call.node, second)
    calls = [...kept, ...fresh]
    await kamailio.takes(first.sipPort, false)
    await sound('the other node was lost')
    const why = await runToEnd(['voice', '--stats', '--config', first.config, '--data', first.data])
    assert.equal(why.code, 1)
    assert.match(why.stderr, /no voice node answers at .*voice\.sock[\s\S]*remedy: /)
  })

  await t.test('started again it takes calls again', async () => {
    const kept = calls.slice(0, 2)
    const sound = watchSound(floor, kept)
    await first.launch()
    await until('the core has it', async () => (await view(floor, first))?.connected)
    await kamailio.takes(first.sipPort, true)
    for (const call of calls.slice(2)) await call.hangUp()
    await allFree(floor, 2)
    const back = await Promise.all([talk(floor), talk(floor)])
    assert.ok(back.some((call) => call.node === first), 'calls go to it again')
    calls = [...kept, ...back]
    await sound('the lost node came back')
  })

  await t.test('a node that drains takes no new calls and ends after its last, with 0', async () => {
    const on_second = calls.filter((call) => call.node === second)
    const on_first = calls.filter((call) => call.node === first)
    const sound = watchSound(floor, on_second)
    second.process.kill('SIGTERM')
    await kamailio.takes(second.sipPort, false) // its OPTIONS are answered with 503
    await until('the core knows that it drains', async () => (await view(floor, second)).draining)
    assert.equal((await second.stats()).state, 'draining')
    for (const call of on_first) await call.hangUp()
    await allFree(floor, agents - on_second.length)
    const after = await talk(floor)
    assert.equal(after.node, first)
    await sound('their node drains')
    for (const call of on_second) await call.hangUp()
    assert.deepEqual(await second.exited, { code: 0, signal: null })
    const others = watchSound(floor, [after])
    await second.launch()
    await kamailio.takes(second.sipPort, true)
    await others('the drained one was started again')
    for (const call of on_second) assertComplete(await floor.closed(call.user))
    await after.hangUp()
    assertComplete(await floor.closed(after.user))
    await allFree(floor, agents)
  })

  await t.test('recordings of every node can be heard, and the doctor finds nothing wrong', async () => {
    const contacts = (await floor.contacts()).slice(0, 4)
    for (const contact of contacts) {
      const wav = await floor.recording((await floor.supervisor.get(`/contacts/${contact.id}`)).body)
      assert.ok(wav.seconds > 0.5)
    }
    await floor.doctor()
  })

  await t.test('a phone that registers through the proxy is called from either node, and outlives the one it registered with', async () => {
    const admin = await floor.hotline.signIn('8999')
    const list = (await floor.supervisor.get('/agents?limit=200')).body.items
    const { id } = list.find((one) => one.number === '8150')
    const account = (await admin.post(`/agents/${id}/sip-account`)).body
    for (const agent of await floor.agents()) await floor.supervisor.put(`/agents/${agent.id}/state`, { state: 'signed_out' })
    const phone = await Baresip.start(floor.hotline.folder, { user: '8150', password: account.password, registrar: `127.0.0.1:${floor.sipPort}` })
    undoLater(t, () => phone.stop())
    const home = await until('a node has the phone', async () => {
      for (const node of floor.nodes) if ((await node.stats()).phones.some((one) => one.user === '8150')) return node
      return undefined
    })
    const ready = () => until('8150 is ready', async () => {
      const answer = await floor.supervisor.put(`/agents/${id}/state`, { state: 'ready', device: 'sip' })
      return answer.status === 200 && answer.body.state === 'ready'
    })
    const seen = new Set()
    for (let i = 0; i < 2; ++i) {
      await ready()
      const call = await talk(floor)
      seen.add(call.node.name)
      await until('the agent is heard', () => call.rtp.hearing.packets > 50)
      await call.hangUp()
      await floor.closed(call.user)
    }
    assert.deepEqual([...seen].sort(), ['n1', 'n2'], 'once from each node')
    await ready()
    await home.kill()
    await until('the loss is settled', async () => !(await view(floor, home)).connected)
    const agent = (await floor.supervisor.get('/agents?limit=200')).body.items.find((one) => one.number === '8150')
    assert.equal(agent.state, 'ready', 'its phone is still there')
    const call = await talk(floor)
    assert.notEqual(call.node, home)
    await until('the agent is heard', () => call.rtp.hearing.packets > 50)
    await call.hangUp()
    assert.equal((await floor.closed(call.user)).agent_id, id)
  })
})
