// SPDX-License-Identifier: Apache-2.0
// Goal: refusals keep their code, field and waiting time; changes carry the CSRF token; 401 ends the session once.
import { beforeEach, expect, test, vi } from 'vitest'
import { api, learnClock, onUnauthorized, serverClockOffset, setCsrfToken, socketUrl } from '@/api/client'
import { json } from '../fakes'

const fetched = () => vi.mocked(fetch)
const unauthorized = vi.fn()

beforeEach(() => {
  unauthorized.mockClear()
  onUnauthorized(unauthorized)
  setCsrfToken('token')
})

test('a change carries the token, a question does not', async () => {
  fetched().mockImplementation(() => Promise.resolve(json({ items: [] })))
  await api.contacts({ phone: '13806', from_ms: 5 })
  await api.hold('9')
  const [ask, change] = fetched().mock.calls
  expect(ask![0]).toBe('/api/v1/contacts?phone=13806&from_ms=5')
  expect((ask![1]!.headers as Record<string, string>)['X-CSRF-Token']).toBeUndefined()
  expect(change![0]).toBe('/api/v1/calls/9/hold')
  expect((change![1]!.headers as Record<string, string>)['X-CSRF-Token']).toBe('token')
})

test('a refusal keeps code, field and waiting time', async () => {
  fetched().mockResolvedValue(json({ error: { code: 'too_many_tries', message: 'wait', field: null, retry_after_s: 27 } }, 429))
  await expect(api.signIn({ username: 'a', password: 'b' })).rejects.toMatchObject({ status: 429, code: 'too_many_tries', retry_after_s: 27 })
  fetched().mockResolvedValue(json({ error: { code: 'bad_value', message: 'too long', field: 'note' } }, 400))
  await expect(api.wrapUp('1', { reason_code: 'a', result_code: 'b' })).rejects.toMatchObject({ field: 'note' })
})

test('a wrong password is no ended session; any other 401 is', async () => {
  fetched().mockImplementation(() => Promise.resolve(json({ error: { code: 'unauthorized', message: '' } }, 401)))
  await expect(api.signIn({ username: 'a', password: 'b' })).rejects.toThrow()
  expect(unauthorized).not.toHaveBeenCalled()
  await expect(api.wallboard()).rejects.toThrow()
  expect(unauthorized).toHaveBeenCalledTimes(1)
})

test('no answer is "network", a proxy\'s page is "unavailable"', async () => {
  await expect(api.wallboard()).rejects.toMatchObject({ code: 'network', status: 0 })
  fetched().mockResolvedValue(new Response('<html>', { status: 502, headers: { 'Retry-After': '3' } }))
  await expect(api.wallboard()).rejects.toMatchObject({ code: 'unavailable', retry_after_s: 3 })
})

test('a clock that is wrong by more than rounding is corrected', () => {
  const server = Date.UTC(2026, 10, 22, 12, 0, 0)
  learnClock(new Date(server).toUTCString(), server + 60_000, server + 60_200)
  expect(serverClockOffset()).toBe(-59_600)
  learnClock(new Date(server).toUTCString(), server + 900, server + 1000)
  expect(serverClockOffset()).toBe(0)
})

test('sockets go where the page came from', () => {
  expect(socketUrl('/live', { protocol: 'https:', host: 'desk:8443' })).toBe('wss://desk:8443/api/v1/live')
  expect(socketUrl('/call', { protocol: 'http:', host: 'desk' })).toBe('ws://desk/api/v1/call')
})
