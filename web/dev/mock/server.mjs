// SPDX-License-Identifier: Apache-2.0
// Development only: REST, both WebSockets and dist/ from one port, so that every page and state can be seen without the
// real server. Any user name signs in; "super…" is a supervisor, password "wrong" is refused, "wait" has to wait.
// POST /mock/<action> makes things happen: offer, unknown, end, drop, down, up, expire, unavailable, nodata.
// Sound: open /mock/peer in a browser; it answers the offers with a real RTCPeerConnection and plays a tone.
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WebSocketServer } from 'ws'
import { agents, contacts, customers, detail, plan, reference, service, wallboard, wav } from './world.mjs'

const root = fileURLToPath(new URL('../../dist', import.meta.url))
const here = fileURLToPath(new URL('.', import.meta.url))
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' }
const audio = wav()
const me = agents[0]
const state = { signed_in: false, role: 'agent', call: null, down: false, seq: 0, empty: false, sessions: new Set() }
const desks = new Set()
const pending = new Map()
let peer = null
let next_call = 990001

const push = (message) => {
  const text = JSON.stringify({ ...message, seq: ++state.seq })
  for (const desk of desks) desk.send(text)
}
const setMe = (part) => { Object.assign(me, part, { since_ms: Date.now() }); push({ type: 'me', me }) }
const setCall = (part) => { state.call = { ...state.call, ...part }; push({ type: 'call', call: state.call }); return state.call }

/** A dead address in an answer of the right shape, for when no peer page is open: signalling works, no sound comes. */
function fakeAnswer(offer) {
  const mid = /a=mid:(\S+)/.exec(offer)?.[1] ?? '0'
  const event = /a=rtpmap:(\d+) telephone-event\/8000/.exec(offer)?.[1] ?? '101'
  return ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=ice-lite', `a=group:BUNDLE ${mid}`, `m=audio 9 UDP/TLS/RTP/SAVPF 8 ${event}`, 'c=IN IP4 127.0.0.1',
    `a=mid:${mid}`, 'a=sendrecv', 'a=rtcp-mux', 'a=setup:passive', `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`, 'a=ice-ufrag:mock', 'a=ice-pwd:mockmockmockmockmockmock',
    'a=rtpmap:8 PCMA/8000', `a=rtpmap:${event} telephone-event/8000`, 'a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host', 'a=end-of-candidates', ''].join('\r\n')
}

function answerSdp(offer) {
  if (!peer) return Promise.resolve(fakeAnswer(offer))
  const id = String(Math.random())
  return new Promise((resolve) => { pending.set(id, resolve); peer.send(JSON.stringify({ id, offer })) })
}

function offer(known = true) {
  const now = Date.now()
  const customer = known ? customers[0] : null
  state.call = {
    id: String(next_call++), state: 'offered', direction: 'inbound', from: known ? '13806041234' : '5559876', to: '1000', service_line: '170', queue: 'billing', language: 'cmn', agent_id: me.id,
    started_ms: now - 58_000, queued_ms: now - 34_000, offered_ms: now, offer_expires_ms: now + 20_000, connected_ms: null, ended_ms: null, end_cause: null, customer,
    collected: known ? { choice: '3', account: '2087654' } : {},
  }
  setMe({ state: 'offered', call_id: state.call.id })
  push({ type: 'call', call: state.call })
}

function end(cause = 'normal') {
  if (!state.call || state.call.state === 'ended') return
  const talked = !!state.call.connected_ms
  const ended_ms = Date.now()
  if (talked) {
    contacts.unshift({ ...contacts[0], id: state.call.id, from: state.call.from, customer_id: state.call.customer?.id ?? null, customer_name: state.call.customer?.name ?? null, started_ms: state.call.started_ms, ended_ms,
      agent_id: me.id, agent_name: me.name, outcome: 'answered', talk_ms: ended_ms - state.call.connected_ms, wait_ms: 34_000, queue: 'billing', service_line: '170', reason_code: null, result_code: null, note: null })
  }
  setCall({ state: 'ended', ended_ms, end_cause: cause })
  setMe({ state: talked ? (me.next_state ?? 'wrap_up') : 'unavailable', reason: talked ? null : 'no_answer', next_state: null })
}

const refuse = (status, code, message, more = {}) => ({ status, body: { error: { code, message, field: null, ...more } } })
const actions = {
  offer: () => offer(), unknown: () => offer(false), end: () => end(), drop: () => desks.forEach((d) => d.terminate()),
  down: () => { state.down = true; desks.forEach((d) => d.terminate()) }, up: () => { state.down = false },
  expire: () => { state.sessions.clear(); desks.forEach((d) => d.terminate()) }, unavailable: () => setMe({ state: 'unavailable', reason: 'no_answer' }),
  nodata: () => { state.empty = true }, data: () => { state.empty = false },
}

function setState(body) {
  if (['offered', 'busy', 'wrap_up'].includes(me.state)) { me.next_state = body.state; push({ type: 'me', me }); return me }
  setMe({ state: body.state, reason: body.reason ?? null, device: body.device ?? me.device ?? 'browser' })
  return me
}

function list(query) {
  if (state.empty) return []
  const phone = query.get('phone') ?? ''
  return contacts.filter((c) => (state.role === 'agent' && !query.get('customer_id') ? c.agent_id === me.id : true)
    && (!query.get('agent_id') || c.agent_id === query.get('agent_id')) && (!query.get('customer_id') || c.customer_id === query.get('customer_id'))
    && c.from.endsWith(phone) && c.started_ms >= Number(query.get('from_ms') ?? 0) && c.started_ms < Number(query.get('to_ms') ?? Infinity)
    && (!query.get('before_id') || Number(c.id) < Number(query.get('before_id')))).slice(0, Number(query.get('limit') ?? 50))
}

function route(method, path, query, body) {
  const part = path.split('/').filter(Boolean)
  const session = () => ({ agent: me, role: state.role, csrf_token: 'mock' })
  if (path === '/session' && method === 'POST') {
    if (body.password === 'wait') return refuse(429, 'too_many_tries', 'Too many tries', { retry_after_s: 27 })
    if (body.password === 'wrong') return refuse(401, 'unauthorized', 'User name or password is wrong')
    state.role = body.username.startsWith('super') ? 'supervisor' : 'agent'
    state.sessions.add('1')
    return { status: 200, body: session(), cookie: 'hotline_session=1; Path=/; HttpOnly; SameSite=Strict' }
  }
  if (path === '/public/service') return { status: 200, body: service }
  if (state.sessions.size === 0) return refuse(401, 'unauthorized', 'Sign in first')
  if (path === '/session' && method === 'GET') return { status: 200, body: session() }
  if (path === '/session' && method === 'DELETE') { state.sessions.clear(); setMe({ state: 'signed_out' }); return { status: 204 } }
  if (path === '/reference') return { status: 200, body: reference }
  if (path === '/wallboard') return { status: 200, body: wallboard() }
  if (path === '/plans') return { status: 200, body: plan(body) }
  if (path === '/agents') return { status: 200, body: { items: agents.filter((a) => `${a.name}${a.number}`.includes(query.get('q') ?? '')) } }
  if (part[0] === 'agents' && part[2] === 'state') return { status: 200, body: setState(body) }
  if (path === '/contacts') return { status: 200, body: { items: list(query) } }
  if (part[0] === 'contacts') {
    const contact = contacts.find((c) => c.id === part[1])
    if (!contact) return refuse(404, 'not_found', 'No such contact')
    if (method === 'PUT') {
      Object.assign(contact, { reason_code: body.reason_code, result_code: body.result_code, note: body.note })
      if (me.state === 'wrap_up') setMe({ state: body.next ?? 'ready', reason: body.pause_reason ?? null, call_id: null })
      return { status: 200, body: contact }
    }
    return { status: 200, body: detail(contact) }
  }
  if (path === '/customers') return { status: 200, body: { items: customers.filter((c) => c.name.includes(query.get('q')) || c.phones.some((p) => p.number.endsWith(query.get('q')))) } }
  if (part[0] === 'customers') return { status: 200, body: customers.find((c) => c.id === part[1]) }
  if (part[0] === 'calls' && state.call?.id === part[1] && state.call.state !== 'ended') {
    if (part[2] === 'recording') return { status: 200, body: setCall({ recording_paused_until_ms: part[3] === 'pause' ? Date.now() + 180_000 : null }) }
    if (part[2] === 'hold') return { status: 200, body: setCall({ state: 'held' }) }
    if (part[2] === 'resume') return { status: 200, body: setCall({ state: 'talking' }) }
    if (part[2] === 'notes') return { status: 204 }
    if (part[2] === 'digits') return { status: 200, body: state.call }
    if (part[2] === 'transfer') { setCall({ state: 'transferring' }); setTimeout(() => end('transferred'), 400); return { status: 200, body: state.call } }
    if (part[2] === 'hangup') { end(); return { status: 200, body: state.call } }
  }
  return refuse(404, 'not_found', 'Nothing there')
}

async function file(response, path) {
  const wanted = normalize(join(root, path))
  const target = wanted.startsWith(root) && extname(wanted) ? wanted : join(root, 'index.html')
  try {
    const bytes = await readFile(target)
    response.writeHead(200, { 'Content-Type': TYPES[extname(target)] ?? 'application/octet-stream' }).end(bytes)
  } catch {
    response.writeHead(404).end('not built')
  }
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://mock')
  let text = ''
  for await (const chunk of request) text += chunk
  if (url.pathname === '/mock/peer') return response.writeHead(200, { 'Content-Type': 'text/html' }).end(await readFile(join(here, 'peer.html')))
  if (url.pathname.startsWith('/mock/')) { actions[url.pathname.slice(6)]?.(); return response.writeHead(204).end() }
  if (!url.pathname.startsWith('/api/v1')) return file(response, url.pathname)
  if (state.down) return request.socket.destroy()
  const path = url.pathname.slice(7)
  if (/^\/recordings\/\d+\/audio$/.test(path)) {
    const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '')
    const from = range ? Number(range[1]) : 0
    const to = range?.[2] ? Number(range[2]) : audio.length - 1
    response.writeHead(range ? 206 : 200, { 'Content-Type': 'audio/wav', 'Accept-Ranges': 'bytes', 'Content-Length': to - from + 1, ...(range ? { 'Content-Range': `bytes ${from}-${to}/${audio.length}` } : {}) })
    return response.end(audio.subarray(from, to + 1))
  }
  const answer = route(request.method, path, url.searchParams, text ? JSON.parse(text) : {})
  response.writeHead(answer.status, { 'Content-Type': 'application/json', ...(answer.cookie ? { 'Set-Cookie': answer.cookie } : {}) }).end(answer.body ? JSON.stringify(answer.body) : undefined)
})

function desk(socket) {
  let board
  socket.on('close', () => { desks.delete(socket); clearInterval(board) })
  socket.on('message', async (data) => {
    const message = JSON.parse(data)
    const reply = (ok = true, error = null) => { if (message.id) socket.send(JSON.stringify({ type: 'reply', reply_to: message.id, ok, error })) }
    if (message.type === 'hello') {
      desks.add(socket)
      const live = state.call && state.call.state !== 'ended' ? state.call : null
      socket.send(JSON.stringify({ type: 'snapshot', me, call: live, wallboard: null, seq: state.seq }))
    } else if (message.type === 'ping') socket.send('{"type":"pong"}')
    else if (message.type === 'subscribe') {
      clearInterval(board)
      const send = () => socket.send(JSON.stringify({ type: 'wallboard', wallboard: wallboard() }))
      send()
      board = setInterval(send, 1000)
    } else if (message.type === 'unsubscribe') clearInterval(board)
    else if (message.type === 'answer') {
      if (state.call?.id !== message.call_id || state.call.state === 'ended') return reply(false, { code: 'wrong_state', message: 'The offer is over' })
      reply()
      socket.send(JSON.stringify({ type: 'sdp', call_id: message.call_id, sdp: await answerSdp(message.sdp) }))
      if (state.call.state !== 'offered') return
      setMe({ state: 'busy' })
      setCall({ state: 'connecting' })
      setTimeout(() => setCall({ state: 'talking', connected_ms: Date.now() }), 300)
    } else if (message.type === 'reject') { reply(); end('rejected') }
  })
}

function customer(socket) {
  socket.on('message', async (data) => {
    const message = JSON.parse(data)
    const send = (body) => socket.send(JSON.stringify(body))
    if (message.type === 'call') {
      send({ type: 'calling', token: 'mock-token', call_id: String(next_call++), sdp: await answerSdp(message.sdp) })
      setTimeout(() => send({ type: 'state', state: 'ringing' }), 300)
      setTimeout(() => send({ type: 'state', state: 'answered' }), 900)
    } else if (message.type === 'resume') send({ type: 'state', state: 'answered' })
    else if (message.type === 'hangup') { send({ type: 'state', state: 'ended', cause: 'normal' }); socket.close() }
  })
}

const sockets = new WebSocketServer({ noServer: true })
server.on('upgrade', (request, raw, head) => {
  const path = new URL(request.url, 'http://mock').pathname
  if (state.down || (path === '/api/v1/live' && state.sessions.size === 0)) return raw.destroy()
  sockets.handleUpgrade(request, raw, head, (socket) => {
    if (path === '/api/v1/live') desk(socket)
    else if (path === '/api/v1/call') customer(socket)
    else if (path === '/mock/peer') {
      peer = socket
      socket.on('message', (data) => { const { id, answer } = JSON.parse(data); pending.get(id)?.(answer); pending.delete(id) })
      socket.on('close', () => { if (peer === socket) peer = null })
    }
  })
})

server.listen(Number(process.env.PORT ?? 8787), '127.0.0.1', () => console.log(`mock ready http://127.0.0.1:${server.address().port}`))
