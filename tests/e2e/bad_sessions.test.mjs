// SPDX-License-Identifier: Apache-2.0
// Wrong passwords, sessions that have expired, and bodies that are too large: clear answers, and nothing else suffers.
import assert from 'node:assert/strict'
import test from 'node:test'
import { id, openBrowser, openPage, signInDesk } from './lib/browser.mjs'
import { Hotline, until } from './lib/server.mjs'

const signIn = (hotline, username, password) => fetch(`${hotline.url}/api/v1/session`, {
  method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username, password }),
})

test('wrong passwords are answered later and later; the right one counts after the wait', { timeout: 60_000 }, async (t) => {
  const hotline = await Hotline.start()
  t.after(() => hotline.stop())
  const right = hotline.accounts.agents
  for (let i = 0; i < 5; ++i) {
    const answer = await signIn(hotline, '8010', `guess ${i}`)
    assert.equal(answer.status, 401)
    assert.equal((await answer.json()).error.code, 'wrong_password')
    assert.equal(answer.headers.get('set-cookie'), null)
  }
  const refused = await signIn(hotline, '8010', right)
  assert.equal(refused.status, 429, 'even the right one has to wait')
  assert.equal(refused.headers.get('retry-after'), '1')
  assert.equal((await refused.json()).error.retry_after_s, 1)
  assert.equal((await signIn(hotline, '8011', right)).status, 200, 'others do not wait')

  await until('the wait is over', async () => (await signIn(hotline, '8010', 'guess again')).status === 401, 5_000, 100)
  const longer = await signIn(hotline, '8010', right)
  assert.equal(longer.status, 429)
  assert.equal(longer.headers.get('retry-after'), '2', 'twice as long')
  const begin = Date.now()
  await until('the right password signs in after the wait', async () => (await signIn(hotline, '8010', right)).status === 200, 5_000, 100)
  assert.ok(Date.now() - begin > 1_500, 'not before')
  for (let i = 0; i < 4; ++i) assert.equal((await signIn(hotline, '8010', 'wrong')).status, 401) // the count began anew
  assert.ok(!hotline.log().includes('guess'), 'no password is logged')
})

test('an expired session: 401, the desk asks to sign in again and goes on where it was', { timeout: 60_000 }, async (t) => {
  const hotline = await Hotline.start({ web: 'session_idle = 3600\nsession_max = 4' })
  t.after(() => hotline.stop())
  const browser = await openBrowser()
  t.after(() => browser.close())
  const api = await hotline.signIn('8901')
  assert.equal((await api.get('/wallboard')).status, 200)
  const page = await openPage(browser, `${hotline.url}/contacts`)
  await signInDesk(page, '8001', hotline.accounts.agents)
  const expired = await until('the session is over', async () => {
    const answer = await api.get('/wallboard')
    return answer.status === 401 && answer
  }, 8_000)
  assert.match(expired.body.error.message, /session has expired; sign in again/)
  assert.equal((await api.put('/agents/8001/state', { state: 'paused' })).status, 401, 'before anything else is looked at')
  await until('the page has noticed', async () => {
    await id(page, 'refresh').click({ timeout: 500 }).catch(() => {})
    return id(page, 'session-expired').isVisible()
  }, 10_000)
  await signInDesk(page, '8001', hotline.accounts.agents)
  assert.equal(new URL(page.url()).pathname, '/contacts')
})

test('bodies that are too large or no JSON are refused and change nothing', { timeout: 60_000 }, async (t) => {
  const hotline = await Hotline.start()
  t.after(() => hotline.stop())
  const agent = await hotline.signIn('8001')
  const me = agent.me.agent.id
  const send = (body, headers = {}) => fetch(`${hotline.url}/api/v1/agents/${me}/state`, {
    method: 'PUT', headers: { cookie: agent.cookie, 'x-csrf-token': agent.me.csrf_token, 'content-type': 'application/json', ...headers }, body, duplex: 'half',
  })
  const large = await send(`{"state":"ready","reason":"${'x'.repeat(100_000)}"}`)
  assert.equal(large.status, 413)
  assert.deepEqual((await large.json()).error, { code: 'body_too_large', message: 'the body may have at most 4096 bytes', field: null })

  // Without a length, in pieces: it is refused when there is too much, not when it has all come.
  let pieces = 0
  const endless = new ReadableStream({
    pull(controller) {
      if (++pieces > 100_000) controller.close()
      else controller.enqueue(Buffer.alloc(1_024, 'x'))
    },
  })
  const answer = await send(endless).catch((error) => error) // the server may close while we still send
  assert.ok(answer instanceof Error || answer.status === 413, String(answer.status))
  assert.ok(pieces < 50_000, `${pieces} KiB were taken`)

  for (const [body, field] of [['{"state":', ''], ['[]', ''], ['{"state":5}', 'state'], ['{"state":"ready","x":{}}', 'x'], [`${'['.repeat(3_000)}`, '']]) {
    const wrong = await send(body)
    const { error } = await wrong.json()
    assert.equal(wrong.status, 400, body.slice(0, 40))
    assert.equal(error.field ?? '', field)
  }
  assert.equal((await agent.get('/session')).body.agent.state, 'signed_out', 'nothing of it took effect')
  assert.equal((await fetch(`${hotline.url}/readyz`)).status, 200)
})
