// SPDX-License-Identifier: Apache-2.0
// The far end of the load tests' calls tells one call's stream from the next, however close they come.
import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import test from 'node:test'
import { RtpEngine } from './lib/rtp.mjs'
import { until } from './lib/server.mjs'

test('an end that follows streams', async (t) => {
  const engine = new RtpEngine()
  t.after(() => engine.close())
  const end = await engine.open(440)
  end.follow('1')
  const source = async () => {
    const socket = dgram.createSocket('udp4')
    await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve))
    const from = { heard: 0, close: () => socket.close() }
    socket.on('message', () => ++from.heard)
    from.send = (ssrc, sequence) => {
      const packet = Buffer.alloc(12 + 160, 0xd5)
      packet[0] = 0x80
      packet[1] = 8
      packet.writeUInt16BE(sequence, 2)
      packet.writeUInt32BE(ssrc, 8)
      return new Promise((resolve) => socket.send(packet, end.port, '127.0.0.1', resolve))
    }
    return from
  }
  const calls = (count) => until(`${count} calls`, () => end.calls.length === count)
  const first = await source()
  const stray = await source()
  t.after(() => stray.close())

  await t.test('a call is answered; what another source sent meanwhile is no call', async () => {
    await Promise.all([first.send(1, 1), stray.send(9, 1), first.send(1, 2)])
    await until('the call is answered', () => first.heard > 0)
    assert.deepEqual(end.calls, [{ packets: 2, lost: 0, gap_ms: end.calls[0].gap_ms }])
  })

  await t.test('the next call comes from the same port before the end of the last was noticed', async () => {
    const before = first.heard
    await Promise.all([first.send(2, 7), first.send(2, 8)])
    await calls(2)
    await until('it is answered', () => first.heard > before)
  })

  await t.test('the next call comes from another port', async () => {
    first.close()
    await until('the end was noticed', () => !end.connected)
    const second = await source()
    t.after(() => second.close())
    await second.send(3, 1)
    await calls(3)
    await until('it is answered', () => second.heard > 0)
    assert.equal(stray.heard, 0)
  })
})
