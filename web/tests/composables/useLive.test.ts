// SPDX-License-Identifier: Apache-2.0
// Goal: nothing is missed or sent late over the live connection, whatever the network does.
import { beforeEach, expect, test, vi } from 'vitest'
import type { LiveMessage } from '@/api/types'
import { backoffMs } from '@/composables/useBackoff'
import { useLive, type Live } from '@/composables/useLive'
import { FakeSocket } from '../fakes'

let live: Live
let got: LiveMessage[]
let failures: number[]

beforeEach(() => {
  vi.useFakeTimers()
  FakeSocket.all = []
  got = []
  failures = []
  live = useLive({
    url: 'ws://x/api/v1/live', onMessage: (message) => got.push(message), onFailure: (count) => failures.push(count),
    socket: (url) => new FakeSocket(url) as unknown as WebSocket, random: () => 0.5,
  })
  live.start()
})

test('says hello with 0 first, and with the last number seen after a loss', () => {
  FakeSocket.last.open()
  expect(FakeSocket.last.sent[0]).toEqual({ type: 'hello', last_seq: 0 })
  expect(live.status.value).toBe('online')
  FakeSocket.last.receive({ type: 'me', me: {}, seq: 41 })
  FakeSocket.last.receive({ type: 'call', call: {}, seq: 42 })
  FakeSocket.last.lose()
  expect(live.status.value).toBe('offline')
  vi.advanceTimersByTime(500)
  FakeSocket.last.open()
  expect(FakeSocket.last.sent[0]).toEqual({ type: 'hello', last_seq: 42 })
  expect(FakeSocket.all).toHaveLength(2)
})

test('takes a lower number from a server that began anew', () => {
  FakeSocket.last.open()
  FakeSocket.last.receive({ type: 'me', me: {}, seq: 900 })
  FakeSocket.last.receive({ type: 'snapshot', me: {}, call: null, seq: 3 })
  FakeSocket.last.lose()
  vi.advanceTimersByTime(500)
  FakeSocket.last.open()
  expect(FakeSocket.last.sent[0]).toEqual({ type: 'hello', last_seq: 3 })
})

test('waits longer after each failure and counts them', () => {
  FakeSocket.last.lose()
  vi.advanceTimersByTime(499)
  expect(FakeSocket.all).toHaveLength(1)
  vi.advanceTimersByTime(1)
  FakeSocket.last.lose()
  vi.advanceTimersByTime(999)
  expect(FakeSocket.all).toHaveLength(2)
  vi.advanceTimersByTime(1)
  expect(FakeSocket.all).toHaveLength(3)
  expect(failures).toEqual([1, 2])
})

test('the wait grows to 15 s with jitter and no further', () => {
  expect([0, 1, 2, 5, 50].map((attempt) => backoffMs(attempt, () => 0.5))).toEqual([500, 1000, 2000, 15_000, 15_000])
  expect(backoffMs(9, () => 0)).toBe(12_000)
  expect(backoffMs(9, () => 1)).toBe(18_000)
})

test('a request resolves or rejects by its own reply', async () => {
  FakeSocket.last.open()
  const first = live.request({ type: 'answer', call_id: '1', sdp: 'x' })
  const second = live.request({ type: 'reject', call_id: '2' })
  const ids = FakeSocket.last.sent.slice(1).map((message) => message.id)
  FakeSocket.last.receive({ type: 'reply', reply_to: ids[1], ok: false, error: { code: 'wrong_state', message: 'over' } })
  FakeSocket.last.receive({ type: 'reply', reply_to: ids[0], ok: true })
  await expect(first).resolves.toBeUndefined()
  await expect(second).rejects.toMatchObject({ code: 'wrong_state' })
})

test('a command while offline is refused at once, never sent later', async () => {
  await expect(live.request({ type: 'reject', call_id: '2' })).rejects.toMatchObject({ code: 'offline' })
  FakeSocket.last.open()
  expect(FakeSocket.last.sent.map((message) => message.type)).toEqual(['hello'])
})

test('a command without a reply fails after ten seconds, and at once when the connection goes', async () => {
  FakeSocket.last.open()
  const late = live.request({ type: 'reject', call_id: '1' })
  const checked = expect(late).rejects.toMatchObject({ code: 'timeout' })
  vi.advanceTimersByTime(10_000)
  await checked
  const cut = live.request({ type: 'reject', call_id: '1' })
  FakeSocket.last.lose()
  await expect(cut).rejects.toMatchObject({ code: 'offline' })
})

test('a silent connection is given up, a talking one is kept', () => {
  FakeSocket.last.open()
  vi.advanceTimersByTime(15_000)
  expect(FakeSocket.last.sent.at(-1)).toEqual({ type: 'ping' })
  FakeSocket.last.receive({ type: 'pong' })
  vi.advanceTimersByTime(15_000)
  expect(live.status.value).toBe('online')
  vi.advanceTimersByTime(15_000)
  expect(live.status.value).toBe('offline')
})

test('stop ends it for good', () => {
  FakeSocket.last.open()
  live.stop()
  vi.advanceTimersByTime(60_000)
  expect(FakeSocket.all).toHaveLength(1)
  expect(live.status.value).toBe('stopped')
})
