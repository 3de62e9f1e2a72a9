// SPDX-License-Identifier: Apache-2.0
// Goal: a customer's call is set up once, survives a short loss of signalling, and always ends with a reason.
import { effectScope, type EffectScope } from 'vue'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { spokenLanguage } from '@/features/call-page/spoken'
import { useCustomerCall, type CustomerCall } from '@/features/call-page/useCustomerCall'
import { FakePeer, FakeSocket, settle, stubMedia } from '../fakes'

let scope: EffectScope
let call: CustomerCall

beforeEach(() => {
  vi.useFakeTimers()
  stubMedia()
  FakeSocket.all = []
  scope = effectScope()
  call = scope.run(() => useCustomerCall((url) => new FakeSocket(url) as unknown as WebSocket))!
})
afterEach(() => scope.stop())

async function talking(): Promise<void> {
  await call.call('1000', 'cmn')
  FakeSocket.last.open()
  FakeSocket.last.receive({ type: 'calling', token: 'secret', call_id: '9', sdp: 'answer' })
  FakeSocket.last.receive({ type: 'state', state: 'answered' })
  await settle()
}

test('number, language and offer go out once the microphone is open', async () => {
  await talking()
  expect(FakeSocket.last.url).toMatch(/\/api\/v1\/call$/)
  expect(FakeSocket.last.sent).toEqual([{ type: 'call', number: '1000', language: 'cmn', sdp: 'offer-1' }])
  expect(FakePeer.last.remote).toBe('answer')
  expect(call.state.value).toBe('answered')
  expect(call.started_ms.value).not.toBeNull()
})

test('a refused microphone ends before anything is sent', async () => {
  stubMedia(() => Promise.reject(new DOMException('', 'NotAllowedError')))
  await call.call('1000', 'cmn')
  expect(call.state.value).toBe('ended')
  expect(call.problem.value).toBe('mic_denied')
  expect(FakeSocket.all).toEqual([])
})

test('a lost connection is resumed with the token, and the sound is not touched', async () => {
  await talking()
  FakeSocket.last.lose()
  expect(call.reconnecting.value).toBe(true)
  expect(FakePeer.last.closed).toBe(false)
  vi.advanceTimersByTime(1500)
  FakeSocket.last.open()
  expect(FakeSocket.last.sent).toEqual([{ type: 'resume', token: 'secret' }])
  FakeSocket.last.receive({ type: 'state', state: 'answered' })
  expect(call.reconnecting.value).toBe(false)
  expect(call.state.value).toBe('answered')
})

test('after thirty seconds without a connection the call is over', async () => {
  await talking()
  FakeSocket.last.lose()
  for (let i = 0; i < 25 && call.active.value; i++) {
    vi.advanceTimersByTime(1500)
    FakeSocket.last.lose()
  }
  expect(call.state.value).toBe('ended')
  expect(call.problem.value).toBe('connection_lost')
  expect(FakePeer.last.closed).toBe(true)
})

test('without a token there is nothing to resume', async () => {
  await call.call('1000', 'cmn')
  FakeSocket.last.lose()
  expect(call.problem.value).toBe('network')
})

test('a refusal of the server is shown by its code', async () => {
  await call.call('1000', 'cmn')
  FakeSocket.last.open()
  FakeSocket.last.receive({ type: 'error', code: 'capacity', message: 'full' })
  expect(call.state.value).toBe('ended')
  expect(call.problem.value).toBe('capacity')
})

test('a refused digit does not end a call; a refused resumption does', async () => {
  await talking()
  FakeSocket.last.receive({ type: 'error', code: 'bad_value', message: 'digit' })
  expect(call.state.value).toBe('answered')
  FakeSocket.last.lose()
  vi.advanceTimersByTime(1500)
  FakeSocket.last.open()
  FakeSocket.last.receive({ type: 'error', code: 'not_found', message: 'over' })
  expect(call.problem.value).toBe('connection_lost')
})

test('hanging up tells the server and frees everything; the end of the far side needs no telling', async () => {
  await talking()
  call.hangUp()
  expect(FakeSocket.last.sent.at(-1)).toEqual({ type: 'hangup' })
  expect(FakePeer.last.closed).toBe(true)
  await talking()
  FakeSocket.last.receive({ type: 'state', state: 'ended', cause: 'node_lost' })
  expect(call.cause.value).toBe('node_lost')
  expect(call.problem.value).toBeNull()
})

test('digits go by the WebSocket when the browser cannot send them', async () => {
  await talking()
  call.digit('3')
  expect(FakeSocket.last.sent.at(-1)).toEqual({ type: 'digit', digit: '3' })
  FakePeer.last.become('connected')
  call.digit('4')
  expect(FakeSocket.last.sent.at(-1)).toEqual({ type: 'digit', digit: '3' })
  expect(FakePeer.last.dtmf.insertDTMF).toHaveBeenCalledWith('4', 120, 70)
})

test.each([[['cmn', 'en'], 'zh-Hant', 'cmn'], [['cmn', 'en'], 'en', 'en'], [['en'], 'zh-Hans', 'en'], [['zh-Hant', 'en'], 'zh-Hant', 'zh-Hant'], [[], 'en', '']])(
  'of %j a page in %s chooses %s', (offered, page, chosen) => expect(spokenLanguage(offered, page)).toBe(chosen))
