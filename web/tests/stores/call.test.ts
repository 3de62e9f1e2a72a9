// SPDX-License-Identifier: Apache-2.0
// Goal: the agent's call survives what a shift does to it: reloads, lost connections, expired offers, two windows.
import { createPinia, setActivePinia } from 'pinia'
import { nextTick } from 'vue'
import { beforeEach, expect, test, vi } from 'vitest'
import { useCallStore } from '@/stores/call'
import { useLiveStore } from '@/stores/live'
import { agent, call, FakePeer, FakeSocket, json, settle, stubMedia, stubSockets } from '../fakes'

function begin(view: ReturnType<typeof call> | null = null, part = {}) {
  setActivePinia(createPinia())
  const live = useLiveStore()
  const store = useCallStore()
  live.start(agent())
  FakeSocket.last.open()
  FakeSocket.last.receive({ type: 'snapshot', me: agent(part), call: view, wallboard: null, seq: 1 })
  return { live, store, socket: FakeSocket.last }
}

const commands = (socket: FakeSocket, type: string) => socket.sent.filter((message) => message.type === type)

async function answered() {
  const world = begin(call(), { state: 'offered' })
  const done = world.store.answer()
  await settle()
  const command = commands(world.socket, 'answer')[0]!
  world.socket.receive({ type: 'reply', reply_to: command.id, ok: true })
  await done
  world.socket.receive({ type: 'sdp', call_id: '77', sdp: 'node-answer', seq: 2 })
  world.socket.receive({ type: 'call', call: call({ state: 'talking', connected_ms: 3000 }), seq: 3 })
  FakePeer.last.become('connected')
  await nextTick()
  return world
}

beforeEach(() => {
  stubSockets()
  stubMedia()
})

test('answering sends the offer and applies the answer of this call only', async () => {
  const { socket, store } = await answered()
  expect(commands(socket, 'answer')).toMatchObject([{ call_id: '77', sdp: 'offer-1' }])
  expect(FakePeer.last.remote).toBe('node-answer')
  expect(store.leg_state).toBe('connected')
  expect(store.pending).toBeNull()
})

test('an offer that is over by the time one answers is said so, and the microphone is freed', async () => {
  const { socket, store } = begin(call(), { state: 'offered' })
  const done = store.answer()
  await settle()
  socket.receive({ type: 'reply', reply_to: commands(socket, 'answer')[0]!.id, ok: false, error: { code: 'wrong_state', message: '' } })
  expect(await done).toBe(false)
  expect(store.error).toBe('wrong_state')
  expect(FakePeer.last.closed).toBe(true)
})

test('a refused microphone does not take the call', async () => {
  stubMedia(() => Promise.reject(new DOMException('', 'NotAllowedError')))
  const { socket, store } = begin(call(), { state: 'offered' })
  expect(await store.answer()).toBe(false)
  expect(store.error).toBe('mic_denied')
  expect(commands(socket, 'answer')).toEqual([])
})

test('a reloaded page takes its sound back by itself', async () => {
  sessionStorage.setItem('hotline.media_of', '77')
  const { socket } = begin(call({ state: 'talking', connected_ms: 3000 }), { state: 'busy' })
  await settle()
  expect(commands(socket, 'answer')).toHaveLength(1)
})

test('another window leaves the sound where it is until asked', async () => {
  const { socket, store } = begin(call({ state: 'talking', connected_ms: 3000 }), { state: 'busy' })
  await settle()
  expect(store.elsewhere).toBe(true)
  expect(commands(socket, 'answer')).toEqual([])
  void store.answer()
  await settle()
  expect(commands(socket, 'answer')).toHaveLength(1)
})

test('when another window takes the sound, this one lets go and does not fight for it', async () => {
  const { socket, store } = await answered()
  const peer = FakePeer.last
  socket.receive({ type: 'sdp', call_id: '77', sdp: 'for the other window', seq: 5 })
  await settle()
  peer.become('failed')
  await settle()
  expect(peer.closed).toBe(true)
  expect(store.elsewhere).toBe(true)
  expect(commands(socket, 'answer')).toHaveLength(1)
})

test('sound that fails is fetched again, a few times and no more', async () => {
  const { socket, store } = await answered()
  for (let i = 0; i < 6; i++) {
    FakePeer.last.become('failed')
    await settle()
    const command = commands(socket, 'answer').at(-1)!
    socket.receive({ type: 'reply', reply_to: command.id, ok: false, error: { code: 'no_media', message: '' } })
    await settle()
  }
  expect(commands(socket, 'answer')).toHaveLength(4)
  expect(store.elsewhere).toBe(true)
})

test('a lost connection does not touch the sound', async () => {
  const { socket, live, store } = await answered()
  socket.lose()
  await nextTick()
  expect(live.status).toBe('offline')
  expect(store.current?.id).toBe('77')
  expect(store.leg_state).toBe('connected')
})

test('the end frees the leg and asks for a wrap-up', async () => {
  const { socket, store } = await answered()
  socket.receive({ type: 'call', call: call({ state: 'ended', connected_ms: 3000, ended_ms: 9000 }), seq: 4 })
  await nextTick()
  expect(store.leg_state).toBe('closed')
  expect(store.wrap_call?.id).toBe('77')
  expect(store.current).toBeNull()
})

test('an offer that went to somebody else asks for no wrap-up', async () => {
  const { socket, store } = begin(call({ connected_ms: 500 }), { state: 'offered' })
  await nextTick()
  socket.receive({ type: 'call', call: call({ state: 'ended', connected_ms: 500, end_cause: 'offer_ended' }), seq: 4 })
  await nextTick()
  expect(store.wrap_call).toBeNull()
})

test('hold shows the server\'s answer, a refusal shows its reason', async () => {
  const { store } = await answered()
  vi.mocked(fetch).mockResolvedValueOnce(json(call({ state: 'held', connected_ms: 3000, agent_id: agent().id })))
  expect(await store.hold()).toBe(true)
  expect(store.current?.state).toBe('held')
  vi.mocked(fetch).mockResolvedValueOnce(json({ error: { code: 'wrong_state', message: '' } }, 409))
  expect(await store.resume()).toBe(false)
  expect(store.error).toBe('wrong_state')
})

test('an answer about a call that is with the next agent by now changes nothing here', async () => {
  const { store } = await answered()
  vi.mocked(fetch).mockResolvedValueOnce(json(call({ state: 'offered', agent_id: '4711' })))
  expect(await store.hold()).toBe(true)
  expect(store.current?.state).toBe('talking')
})

test('digits fall back to the API when the browser cannot send them', async () => {
  const { store } = await answered()
  await store.sendDigit('4')
  expect(FakePeer.last.dtmf.insertDTMF).toHaveBeenCalled()
  FakePeer.last.dtmf.canInsertDTMF = false
  vi.mocked(fetch).mockResolvedValueOnce(json(call({ state: 'talking', connected_ms: 3000 })))
  await store.sendDigit('4')
  expect(vi.mocked(fetch).mock.calls[0]![0]).toBe('/api/v1/calls/77/digits')
})

test('a SIP agent is not rung in the browser', () => {
  const { store } = begin(call(), { state: 'offered', device: 'sip' })
  expect(store.by_browser).toBe(false)
  expect(store.elsewhere).toBe(false)
})

test('dialling opens the microphone, makes the call, and answers it with the offer already at hand', async () => {
  const { socket, store, live } = begin(null)
  const made = call({ state: 'connecting', direction: 'outbound', from: '1000', to: '5550144', agent_id: '8001' })
  const fetched = vi.fn(() => Promise.resolve(json(made)))
  vi.stubGlobal('fetch', fetched)
  expect(store.may_dial).toBe(true)
  const done = store.dial('555 0144', '112')
  await settle()
  await settle()
  expect(JSON.parse(String((fetched.mock.calls[0] as unknown as [string, RequestInit])[1].body))).toEqual({ number: '555 0144', service_line: '112' })
  const command = commands(socket, 'answer')[0]!
  expect(command).toMatchObject({ call_id: '77', sdp: 'offer-1' })
  socket.receive({ type: 'reply', reply_to: command.id, ok: true })
  expect(await done).toBe(true)
  expect(live.call?.id).toBe('77')
  expect(store.may_dial).toBe(false)
})

test('a number that may not be called is said so, and the microphone is freed', async () => {
  const { store } = begin(null)
  vi.stubGlobal('fetch', vi.fn(() => Promise.resolve(json({ error: { code: 'emergency_number', message: '' } }, 403))))
  expect(await store.dial('110')).toBe(false)
  expect(store.dial_error).toBe('emergency_number')
  expect(store.error).toBeNull()
  expect(FakePeer.last.closed).toBe(true)
})

test('nobody is rung when there is no microphone', async () => {
  stubMedia(() => Promise.reject(new DOMException('', 'NotAllowedError')))
  const fetched = vi.fn()
  vi.stubGlobal('fetch', fetched)
  const { store } = begin(null)
  expect(await store.dial('5550144')).toBe(false)
  expect(store.dial_error).toBe('mic_denied')
  expect(fetched).not.toHaveBeenCalled()
})

test('who was only consulted has no wrap-up; who took the call over has', async () => {
  const { store, socket } = begin(call({ state: 'consulting', role: 'consulted', connected_ms: 3000 }), { state: 'busy' })
  socket.receive({ type: 'call', call: call({ state: 'ended', end_cause: 'transferred' }), seq: 2 })
  await nextTick()
  expect(store.wrap_call).toBeNull()
  socket.receive({ type: 'call', call: call({ id: '78', state: 'consulting', role: 'consulted', connected_ms: 3000 }), seq: 3 })
  await nextTick()
  socket.receive({ type: 'call', call: call({ id: '78', state: 'talking', connected_ms: 4000 }), seq: 4 })
  await nextTick()
  socket.receive({ type: 'call', call: call({ id: '78', state: 'ended', connected_ms: 4000 }), seq: 5 })
  await nextTick()
  expect(store.wrap_call?.id).toBe('78')
})

test('an answer that comes after a newer push does not turn the desk back', async () => {
  const { live, socket } = begin(call({ state: 'talking', agent_id: '8001', revision: 7 }), { state: 'busy' })
  socket.receive({ type: 'call', call: call({ state: 'consulting', agent_id: '8001', revision: 10 }), seq: 2 })
  live.applyCall(call({ state: 'talking', agent_id: '8001', revision: 8 }))
  expect(live.call?.state).toBe('consulting')
})
