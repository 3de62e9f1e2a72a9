// SPDX-License-Identifier: Apache-2.0
// Goal: signed out, expired and unreachable are three different things, and one comes back to where one was.
import { createPinia, setActivePinia } from 'pinia'
import { createMemoryHistory } from 'vue-router'
import { beforeEach, expect, test, vi } from 'vitest'
import { createAppRouter, safeTarget } from '@/router'
import { useSession } from '@/stores/session'
import { agent, json } from '../fakes'

// The router's own work is tested here, not the pages behind it.
vi.mock('@/features/session/SignInPage.vue', () => ({ default: {} }))
vi.mock('@/features/call-page/CallPage.vue', () => ({ default: {} }))

const session_body = { agent: agent(), role: 'supervisor', csrf_token: 't' }
const expired = () => json({ error: { code: 'unauthorized', message: '' } }, 401)

beforeEach(() => setActivePinia(createPinia()))

test('a cookie that still holds is enough', async () => {
  vi.mocked(fetch).mockResolvedValue(json(session_body))
  const session = useSession()
  await session.restore()
  expect(session.phase).toBe('in')
  expect(session.supervises).toBe(true)
})

test('unreachable is not signed out', async () => {
  const session = useSession()
  await session.restore()
  expect(session.phase).toBe('unknown')
  expect(session.unreachable).toBe(true)
})

test('an end is told once, and to nobody who went away', async () => {
  vi.mocked(fetch).mockResolvedValue(json(session_body))
  const session = useSession()
  await session.restore()
  const told = vi.fn()
  const gone = vi.fn()
  session.onEnded(told)
  session.onEnded(gone)()
  session.expire()
  session.expire()
  expect(told.mock.calls).toEqual([['expired']])
  expect(gone).not.toHaveBeenCalled()
})

test('signing out of a session that is already gone succeeds', async () => {
  vi.mocked(fetch).mockResolvedValueOnce(json(session_body))
  const session = useSession()
  await session.restore()
  vi.mocked(fetch).mockResolvedValueOnce(expired())
  await session.signOut()
  expect(session.phase).toBe('out')
})

test('a staff page without a session leads to the sign-in, which remembers it', async () => {
  vi.mocked(fetch).mockResolvedValue(expired())
  const router = createAppRouter(createMemoryHistory())
  await router.push('/contacts?phone=13')
  expect(router.currentRoute.value.name).toBe('sign-in')
  expect(router.currentRoute.value.query.to).toBe('/contacts?phone=13')
})

test('the customers\' page asks for no session', async () => {
  const router = createAppRouter(createMemoryHistory())
  await router.push('/call')
  expect(router.currentRoute.value.name).toBe('call')
  expect(fetch).not.toHaveBeenCalled()
})

test.each([['/contacts?x=1', '/contacts?x=1'], ['//evil.example', '/desk'], ['/\\evil', '/desk'], ['https://evil.example', '/desk'], [undefined, '/desk'], [['/a'], '/desk']])('%j leads to %s', (to, target) => {
  expect(safeTarget(to)).toBe(target)
})
