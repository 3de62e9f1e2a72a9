// SPDX-License-Identifier: Apache-2.0
// Calls copied to an outside recorder (SIPREC): what it is told and hears, compared with our own recording; a pause for a card
// number; a transfer; recorders that die, one after the other, and come back, while the call goes on.
import assert from 'node:assert/strict'
import test from 'node:test'
import { agentTone, assertComplete, callerTone, eventOf, Floor, longestSilence } from './lib/floor.mjs'
import { undoLater } from './lib/program.mjs'
import { Recorder } from './lib/recorder.mjs'
import { until } from './lib/server.mjs'
import { readWav } from './lib/wav.mjs'

/** A-law bytes as something with samples, like our own WAV. */
function asWav(samples) {
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(6, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(8_000, 24)
  head.writeUInt32LE(8_000, 28)
  head.writeUInt16LE(1, 32)
  head.writeUInt16LE(8, 34)
  head.write('data', 36)
  head.writeUInt32LE(samples.length, 40)
  return readWav(Buffer.concat([head, samples]))
}

/** How loud a tone is in a stretch of samples, 0..1 (Goertzel). */
function loudness(wav, channel, hertz, first, count) {
  const factor = 2 * Math.cos((2 * Math.PI * hertz) / wav.rate)
  let before = 0
  let last = 0
  for (let i = first; i < first + count; ++i) [before, last] = [last, wav.sample(channel, i) + factor * last - before]
  return (2 * Math.sqrt(Math.max(0, before ** 2 + last ** 2 - factor * before * last))) / count
}
const lastSecond = (stream, hertz) => {
  const samples = stream.samples()
  return samples.length < 8_000 ? 0 : loudness(asWav(samples.subarray(-8_000)), 0, hertz, 0, 8_000)
}

/** The share of what came that is sample for sample what our own recording has, at the shift where most is. */
function agreement(stream, wav, channel) {
  const copy = asWav(stream.samples())
  const at = (shift, step) => {
    let same = 0
    let all = 0
    for (let i = 0; i < copy.frames; i += step) {
      const own = i + shift
      if (own < 0 || own >= wav.frames || !stream.came[i]) continue
      ++all
      if (copy.sample(0, i) === wav.sample(channel, own)) ++same
    }
    return all ? same / all : 0
  }
  let best = { share: 0, shift: 0 }
  for (let shift = 0; shift < wav.frames - copy.frames + 8_000 && shift < 16_000; ++shift) {
    const share = at(shift, 97)
    if (share > best.share) best = { share, shift }
  }
  return { ...best, share: at(best.shift, 1) }
}

const metric = async (hotline, what) => {
  const text = await (await fetch(`${hotline.url}/metrics`)).text()
  return Number(text.match(new RegExp(`hotline_voice_node\\{node="voice1",what="${what}"\\} (\\S+)`))?.[1])
}

test('calls are copied to an outside recorder', { timeout: 120_000 }, async (t) => {
  let first = await Recorder.open()
  let second = await Recorder.open()
  undoLater(t, () => first.close())
  undoLater(t, () => second.close())
  const floor = await Floor.open(t, {
    agents: 2,
    extra: `[siprec]\nenabled = true\nservers = ["127.0.0.1:${first.port}", "127.0.0.1:${second.port}"]\ntransport = "tcp"\ndomain = "hotline.example"\nservice_lines = ["1000"]\nping = 0.3\nfail_over_after = 0.3\nretry_min = 0.2\nretry_max = 0.5\n`,
  })
  const { hotline } = floor
  const desks = { 8001: await hotline.signIn('8001'), 8002: await hotline.signIn('8002') }
  const agentOf = async (number) => (await floor.agents()).find((one) => one.number === number)
  const latest = (session) => session.metadata.at(-1)
  const roles = (session) => latest(session).participants.map((p) => p.role)

  await t.test('with who talks, both sides apart, paused for a card number, through a transfer', async () => {
    const from = '0206557001'
    const caller = await floor.dial(from)
    const [session] = await until('the recorder has a session', () => first.of(from).length === 1 && first.of(from))
    const { invite } = session
    assert.match(invite.headers.require[0], /siprec/)
    assert.match(invite.headers.contact[0], /;\+sip\.src/)
    assert.equal(session.disposition, 'recording-session')
    assert.deepEqual([...session.offers[0].matchAll(/^a=label:(\d)\r$/gm)].map((m) => m[1]), ['1', '2'])
    assert.equal([...session.offers[0].matchAll(/^a=sendonly\r$/gm)].length, 2)

    const call = await floor.reach(from, 'talking')
    const number = (await floor.agents()).find((a) => a.id === call.agent_id).number
    await until('the agent is in the metadata', () => roles(session).includes('agent'))
    const [customer, service, agent] = latest(session).participants
    assert.equal(customer.aor, `sip:${from}@hotline.example`)
    assert.deepEqual([customer.sends, customer.hears], [['1'], ['2']])
    assert.equal(service.aor, 'sip:1000@hotline.example')
    assert.equal(service.sends, undefined, 'our own announcements are over')
    assert.equal(agent.aor, `sip:${number}@hotline.example`)
    assert.equal(agent.agent, String(call.agent_id))
    assert.ok(agent.name, 'the agent has a name')
    assert.deepEqual([agent.sends, agent.hears], [['2'], ['1']])
    assert.ok(agent.joined >= customer.joined)
    assert.equal(latest(session).call.contact, String(call.id))
    assert.equal(latest(session).call.service_line, '1000')

    const [said, heard] = session.streams
    await until('both sides are heard apart', () => lastSecond(said, callerTone) > 0.2 && lastSecond(heard, agentTone) > 0.2)
    assert.ok(lastSecond(said, agentTone) < 0.01 && lastSecond(heard, callerTone) < 0.01, 'and neither in the other')
    assert.notEqual(said.packets[0].ssrc, heard.packets[0].ssrc)

    assert.equal((await desks[number].post(`/calls/${call.id}/recording/pause`)).status, 200)
    await until('the recorder is told of the pause', () => session.offers.at(-1).includes('a=inactive'))
    const paused = said.packets.length
    const pausedAt = Date.now()
    await until('some of the card number', () => Date.now() - pausedAt > 800)
    assert.equal(said.packets.length, paused, 'nothing is sent meanwhile')
    assert.equal((await desks[number].post(`/calls/${call.id}/recording/resume`)).status, 200)
    await until('it goes on', () => said.packets.length > paused + 20)
    assert.ok(session.offers.at(-1).includes('a=sendonly'))
    assert.equal(said.packets[paused].marker, 1)
    const gap = (said.packets[paused].timestamp - said.packets[paused - 1].timestamp) >>> 0
    assert.ok(gap >= 700 * 8, `the pause has its length in the stream, to some frames: ${gap} samples`)

    const other = number === '8001' ? '8002' : '8001'
    assert.equal((await desks[number].post(`/calls/${call.id}/transfer`, { kind: 'agent', target: (await agentOf(other)).id })).status, 200)
    await until('music meanwhile is ours, then the other agent', () => latest(session).participants.some((p) => p.aor.startsWith(`sip:${other}@`)), 20_000)
    const after = Object.fromEntries(latest(session).participants.map((p) => [p.aor.slice(4, p.aor.indexOf('@')), p]))
    assert.ok(after[number].left && !after[number].sends, 'the first agent has left')
    assert.deepEqual(after[other].sends, ['2'])
    assert.equal(after[other].left, undefined)
    const heardBefore = heard.packets.length
    await until('the other agent is heard', () => heard.packets.length > heardBefore + 60 && lastSecond(heard, agentTone) > 0.2)

    await caller.hangUp()
    await until('the recording session ends with the call', () => session.ended)
    const contact = await floor.closed(from)
    assertComplete(contact)
    assert.match(eventOf(contact, 'recorded_outside').data.server, /127\.0\.0\.1/)
    assert.equal(session.fault, undefined, String(session.fault))
    assert.equal(first.sessions.length, 1)
    assert.ok(said.reports > 0 && heard.reports > 0, 'sender reports tie the streams together')
    const own = await floor.recording(contact)
    for (const [channel, stream] of session.streams.entries()) {
      const { share, shift } = agreement(stream, own, channel)
      t.diagnostic(`stream ${stream.label}: ${(100 * share).toFixed(2)} % of ${stream.samples().length} samples are those of our own recording, ${shift} samples later`)
      // Our own recording begins with the answer, the copy with the call's next act: one frame of 20 ms may differ.
      assert.ok((1 - share) * stream.samples().length <= 160, `stream ${stream.label}: ${share}`)
    }
    assert.ok(longestSilence(own, 0, 1, own.seconds - 1) > 600, 'our own recording is silent in the pause as well')
  })

  await t.test('other service lines are not', async () => {
    const from = '0206557002'
    const caller = await floor.phones.call(floor.sipPort, '114', { from })
    await caller.reach('answered')
    await until('the caller hears the menu', () => caller.rtp.hearing.packets > 50)
    await caller.hangUp()
    await floor.closed(from)
    assert.equal(first.of(from).length + second.of(from).length, 0)
  })

  await t.test('a recorder that dies is replaced by the other; without any the call goes on, and is copied again later', async () => {
    await until('agents are free again', async () => {
      for (const one of await floor.agents()) if (one.state !== 'ready') await floor.ready(one)
      return (await floor.agents()).every((one) => one.state === 'ready')
    })
    const from = '0206557003'
    const caller = await floor.dial(from)
    await until('the first has it', () => first.of(from).length === 1)
    await floor.reach(from, 'talking')
    const { port } = first
    first.close()
    const [taken] = await until('the second has it', () => second.of(from).length === 1 && second.of(from), 20_000)
    assert.ok(roles(taken).includes('agent'), 'and is told everything')
    await until('and hears it', () => lastSecond(taken.streams[0], callerTone) > 0.2)
    caller.rtp.markGap()

    second.close()
    await until('the alarm', async () => (await metric(hotline, 'outside_recorder_waiting_alarm')) === 1, 20_000)
    await until('the gateways are seen as down', async () => [...(await (await fetch(`${hotline.url}/metrics`)).text()).matchAll(/gateway_up\{[^}]*siprec[^}]*\} (\d)/g)].every((m) => m[1] === '0'))
    assert.match(hotline.log(), /the outside recorder does not take calls/)
    first = await Recorder.open(port)
    const [again] = await until('back again, the first has it', () => first.of(from).length === 1 && first.of(from), 20_000)
    await until('and hears it', () => lastSecond(again.streams[0], callerTone) > 0.2)
    await until('the alarm is over', async () => (await metric(hotline, 'outside_recorder_waiting_alarm')) === 0 && (await metric(hotline, 'outside_recorder_open')) === 1)
    assert.ok(caller.rtp.hearing.gap_ms < 200 && caller.rtp.hearing.lost === 0, `the caller has noticed nothing: ${JSON.stringify(caller.rtp.hearing)}`)
    await caller.hangUp()
    const contact = await floor.closed(from)
    assertComplete(contact)
    assert.ok(contact.events.some((event) => event.type === 'outside_recorder_away'))
    const own = await floor.recording(contact)
    assert.ok(longestSilence(own, 0, 1, own.seconds - 0.5) < 200, 'our own recording has no gap')
    await until('ended with the call', () => again.ended)
  })

  await t.test('a recorder that declines a call is not asked again', async () => {
    first.answer = () => 603
    const from = '0206557004'
    const asked = []
    first.answer = (invite) => { asked.push(invite); return 603 }
    const caller = await floor.phones.call(floor.sipPort, '1000', { from })
    await caller.reach('answered')
    const contact = await until('the history has it', async () => {
      const found = await floor.contact(from)
      return found && eventOf(found, 'outside_recorder_away') && found
    })
    assert.match(eventOf(contact, 'outside_recorder_away').data.why, /603/)
    const heard = caller.rtp.hearing.packets
    await until('the call goes on', () => caller.rtp.hearing.packets > heard + 60)
    assert.equal(asked.length, 1)
    await caller.hangUp()
    await floor.closed(from)
  })
})
