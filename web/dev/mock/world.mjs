// SPDX-License-Identifier: Apache-2.0
// Development only: a small made-up hotline for looking at pages without a server.
const now = () => Date.now()
const MINUTE = 60_000
const names = (en, hans, hant) => ({ en, 'zh-Hans': hans, 'zh-Hant': hant })

export const reference = {
  pause_reasons: [
    { code: 'break', name: names('Break', '小休', '小休') }, { code: 'meal', name: names('Meal', '用餐', '用餐') },
    { code: 'training', name: names('Training', '培训', '培訓') }, { code: 'paperwork', name: names('Paperwork', '案头工作', '案頭工作') },
  ],
  contact_reasons: [
    { code: 'bill_question', name: names('Question about a bill', '话费查询', '話費查詢'), service_line: '170' },
    { code: 'recharge', name: names('Recharge or payment', '充值缴费', '充值繳費'), service_line: '170' },
    { code: 'no_dial_tone', name: names('No dial tone', '无拨号音', '無撥號音'), service_line: '112' },
    { code: 'noise', name: names('Noise on the line', '杂音', '雜音'), service_line: '112' },
    { code: 'install', name: names('New line', '装机', '裝機'), service_line: '189' },
    { code: 'caller_id', name: names('Caller ID', '来电显示', '來電顯示'), service_line: '189' },
    { code: 'service_complaint', name: names('Complaint about service', '服务投诉', '服務投訴'), service_line: '180' },
    { code: 'general', name: names('General enquiry', '一般咨询', '一般諮詢'), service_line: null },
    { code: 'wrong_number', name: names('Wrong number', '错号', '錯號'), service_line: null },
  ],
  outcomes: [
    { code: 'solved', name: names('Solved', '已解决', '已解決') }, { code: 'order', name: names('Work order', '已派单', '已派單') },
    { code: 'call_back', name: names('Call back', '需回访', '需回訪') }, { code: 'no_result', name: names('Nothing to do', '无需处理', '無需處理') },
  ],
  queues: [
    { id: '11', code: 'general', name: names('General enquiries', '综合咨询', '綜合諮詢'), experts: false },
    { id: '12', code: 'fault', name: names('Fault reports', '障碍申告', '障礙申告'), experts: false },
    { id: '13', code: 'billing', name: names('Bills and payment', '话费服务', '話費服務'), experts: false },
    { id: '14', code: 'orders', name: names('Orders', '业务受理', '業務受理'), experts: false },
    { id: '15', code: 'complaints', name: names('Complaints', '投诉', '投訴'), experts: false },
    { id: '16', code: 'directory', name: names('Directory enquiries', '查号', '查號'), experts: false },
    { id: '17', code: 'english', name: names('English', '英语座席', '英語座席'), experts: false },
  ],
  service_lines: [
    ['112', 'Fault reports', '障碍申告', '障礙申告'], ['114', 'Directory enquiries', '查号服务', '查號服務'], ['170', 'Bills and self-service', '话费查询', '話費查詢'],
    ['180', 'Complaints', '投诉受理', '投訴受理'], ['189', 'Orders by phone', '业务受理', '業務受理'], ['1000', 'Hotline', '客户服务热线', '客戶服務熱線'],
  ].map(([code, ...n], i) => ({ id: String(21 + i), code, name: names(...n), numbers: [code] })),
}

export const service = {
  name: names('Binhai Telecom 1000', '滨海电信 1000 客户服务热线', '濱海電信 1000 客戶服務熱線'),
  number: '1000',
  lines: reference.service_lines.filter((l) => l.code !== '1000').map((l) => ({ number: l.code, name: l.name })),
  languages: ['cmn', 'en'],
}

const people = ['林晓梅', '陈志强', '黄丽华', '吴建国', '周敏', '徐佳', '孙伟', '马晓东', '朱琳', '胡静', '郭涛', '何雪', '高峰', '罗丹', '梁宇']
const states = ['ready', 'busy', 'busy', 'paused', 'ready', 'wrap_up', 'busy', 'unavailable', 'ready', 'busy', 'signed_out', 'busy', 'paused', 'ready', 'busy']
export const agents = people.map((name, i) => ({
  id: String(8001 + i), number: String(8001 + i), name, team: ['话务受理一班', '话务受理二班', '业务支撑班'][i % 3], state: i === 0 ? 'signed_out' : states[i],
  reason: states[i] === 'paused' ? 'break' : states[i] === 'unavailable' ? 'no_answer' : null, since_ms: now() - (i + 1) * 3.2 * MINUTE, device: i === 0 ? null : 'browser',
  call_id: null, next_state: null, queues: ['general', 'fault', 'billing', 'orders'].slice(0, 2 + (i % 3)),
}))

export const customers = [
  { id: '501', number: 'C2003418', name: '欧阳文静', kind: 'residential', vip: true, language: 'cmn', address: '湖滨路 28 号 3 单元 501', district: '思明区', since_ms: Date.UTC(1998, 4, 12),
    phones: [{ number: '2087654', product: 'fixed_line', exchange: '湖滨局', status: 'active' }, { number: '13806041234', product: 'mobile', exchange: null, status: 'active' }, { number: '6512087', product: 'phs', exchange: '湖滨局', status: 'suspended' }], contacts_last_30_days: 4 },
  { id: '502', number: 'C2001122', name: '海天贸易有限公司', kind: 'business', vip: false, language: 'en', address: '鹭江道 100 号 12 层', district: '思明区', since_ms: Date.UTC(2001, 8, 3),
    phones: [{ number: '2265500', product: 'fixed_line', exchange: '鹭江局', status: 'active' }], contacts_last_30_days: 0 },
]

const callers = [['欧阳文静', '13806041234', '501'], ['海天贸易有限公司', '2265500', '502'], ['', '5068123', null], ['郑国栋', '5123987', null], ['谢婉如', '13959271188', null], ['', '', null], ['蔡明辉', '02087654321', null]]
const kinds = [['billing', '170', 'bill_question', 'solved'], ['fault', '112', 'no_dial_tone', 'order'], ['general', '1000', 'general', 'solved'], ['orders', '189', 'caller_id', 'order'], ['complaints', '180', null, null]]
const outcomes = ['answered', 'answered', 'answered', 'abandoned', 'answered', 'answered', 'self_service', 'answered', 'short_abandoned', 'answered']

export const contacts = Array.from({ length: 64 }, (_, i) => {
  const [customer_name, from, customer_id] = callers[i % callers.length]
  const [queue, service_line, reason_code, result_code] = kinds[i % kinds.length]
  const outcome = i < 9 && i % 4 !== 3 ? 'answered' : outcomes[i % outcomes.length]
  const started_ms = now() - (i * 6.7 + 4) * MINUTE
  const wait_ms = ((i * 37) % 95) * 1000
  const talk_ms = outcome === 'answered' ? (70 + ((i * 53) % 300)) * 1000 : 0
  const agent = agents[i % 4 === 0 ? 0 : i % agents.length]
  const written = outcome === 'answered' && i % 7 !== 1
  return {
    id: String(900100 - i), channel: i % 5 === 0 ? 'web' : 'phone', direction: 'inbound', from, to: service_line, service_line, queue, language: i % 6 === 1 ? 'en' : 'cmn',
    agent_id: talk_ms ? agent.id : null, agent_name: talk_ms ? agent.name : null, customer_id, customer_name: customer_name || null, started_ms,
    ended_ms: started_ms + 9000 + wait_ms + talk_ms, end_cause: 'normal', outcome, wait_ms, talk_ms, hold_ms: i % 6 === 0 ? 22_000 : 0,
    reason_code: written ? reason_code : null, result_code: written ? result_code : null,
    note: written && i % 3 === 0 ? '客户反映本月长途费偏高，已逐项核对并说明套餐外时段，客户认可。' : null, recording_ids: talk_ms ? [String(700100 - i)] : [],
  }
})

export function detail(contact) {
  const t0 = contact.started_ms
  const queued = t0 + 9000
  const offered = queued + Math.max(0, contact.wait_ms - 4000)
  const connected = queued + contact.wait_ms
  const events = [
    { at_ms: t0, type: 'arrived', data: { from: contact.from, to: contact.to, channel: contact.channel } }, { at_ms: t0 + 300, type: 'answered' },
    { at_ms: t0 + 400, type: 'node', data: { flow: 'entry', node: 'menu' } }, { at_ms: t0 + 7200, type: 'input', data: { flow: 'entry', node: 'menu', input: '3' } },
    { at_ms: queued, type: 'queued', data: { queue: contact.queue, priority: '5' } },
    ...(contact.talk_ms ? [
      { at_ms: offered, type: 'offered', data: { agent: contact.agent_id } }, { at_ms: connected, type: 'accepted', data: { agent: contact.agent_id } },
      ...(contact.hold_ms ? [{ at_ms: connected + 30_000, type: 'held', data: { agent: contact.agent_id } }, { at_ms: connected + 30_000 + contact.hold_ms, type: 'resumed', data: { agent: contact.agent_id } }] : []),
    ] : []),
    { at_ms: contact.ended_ms, type: 'customer_left', data: { cause: 'normal' } }, { at_ms: contact.ended_ms, type: 'ended', data: { cause: 'normal' } },
  ]
  const legs = [
    { id: `${contact.id}1`, role: 'customer', kind: contact.channel === 'web' ? 'browser' : 'sip', party: contact.from, started_ms: t0, answered_ms: t0 + 300, ended_ms: contact.ended_ms, end_cause: 'normal', packets_lost: 0, jitter_ms: 3 },
    ...(contact.talk_ms ? [{ id: `${contact.id}2`, role: 'agent', kind: 'browser', party: contact.agent_id, started_ms: offered, answered_ms: connected, ended_ms: contact.ended_ms, end_cause: 'normal', packets_lost: 2, jitter_ms: 6 }] : []),
  ]
  const recordings = contact.recording_ids.map((id) => ({ id, started_ms: t0 + 300, ended_ms: contact.ended_ms, duration_ms: 42_000, bytes: 42 * 32_000 + 44, state: 'whole', problem: null }))
  const agents = contact.talk_ms ? [{ agent_id: contact.agent_id, agent_name: contact.agent_name, owner: true, talk_ms: contact.talk_ms, hold_ms: contact.hold_ms, consult_ms: 0 }] : []
  return { ...contact, agents, events, legs, recordings }
}

/** A trunk of two voice nodes with so many channels in use at each. */
function trunk(name, one, other, channels_max) {
  const nodes = [['voice-1', one], ['voice-2', other]].map(([node, in_use]) => ({ node, in_use, channels_max, in: in_use, out: 0, refused: 0 }))
  return { name, in_use: one + other, channels_max: 2 * channels_max, in: one + other, out: 0, refused: 0, nodes }
}

export function wallboard(calm = false) {
  const wave = (i, n) => Math.max(0, Math.round(n + Math.sin(now() / 9000 + i * 1.7) * n * 0.6))
  const rows = [[4, 41, 3, 12, 1284, 0.86], [9, 128, 0, 18, 906, 0.64], [2, 12, 5, 9, 733, 0.91], [0, 0, 7, 4, 312, 0.97], [1, 24, 2, 3, 96, 0.74], [3, 9, 4, 11, 1502, 0.88], [0, 0, 2, 1, 41, null]]
  const count = {}
  for (const agent of agents) count[agent.state] = (count[agent.state] ?? 0) + 1
  return {
    at_ms: now(), threshold_s: 20,
    queues: reference.queues.map((queue, i) => {
      const [waiting, longest, ready, busy, offered, level] = rows[i]
      const w = calm ? 0 : waiting === 0 ? 0 : Math.max(1, wave(i, waiting))
      return { ...queue, service_line: null, waiting: w, longest_wait_ms: w ? longest * 1000 + (now() % 20_000) : 0, ready, busy, offered, answered: Math.round(offered * 0.94), abandoned: Math.round(offered * 0.04), short_abandoned: Math.round(offered * 0.02), answer_time_avg_ms: 9000 + i * 2100, service_level: level }
    }),
    agents: { ready: 23, offered: 3, busy: 58, wrap_up: 11, paused: 14, unavailable: 2, signed_out: 39, ...(count.none ?? {}) },
    trunks: [trunk('city-a', 51, 45, 60), trunk('city-b', 20, 21, 60), trunk('long-distance', 29, 29, 30)],
    calls: { live: 96, ivr: 18, queued: 19, talking: wave(2, 59) }, voice_nodes: ['voice-1', 'voice-2'].map((name) => ({ name, connected: true, draining: false, overloaded: false, calls: 48 })),
  }
}

/** Stereo G.711-like speech: two voices taking turns, 42 s at 8 kHz. */
export function wav() {
  const rate = 8000
  const frames = 42 * rate
  const out = Buffer.alloc(44 + frames * 4)
  out.write('RIFF', 0); out.writeUInt32LE(36 + frames * 4, 4); out.write('WAVEfmt ', 8); out.writeUInt32LE(16, 16); out.writeUInt16LE(1, 20); out.writeUInt16LE(2, 22)
  out.writeUInt32LE(rate, 24); out.writeUInt32LE(rate * 4, 28); out.writeUInt16LE(4, 32); out.writeUInt16LE(16, 34); out.write('data', 36); out.writeUInt32LE(frames * 4, 40)
  const voice = (t, pitch, phase) => {
    const syllable = Math.max(0, Math.sin(t * 11 + phase)) * (0.4 + 0.6 * Math.abs(Math.sin(t * 1.9 + phase)))
    return syllable * (Math.sin(2 * Math.PI * pitch * t) + 0.5 * Math.sin(4.1 * Math.PI * pitch * t) + 0.25 * Math.sin(7.3 * Math.PI * pitch * t))
  }
  for (let i = 0; i < frames; i++) {
    const t = i / rate
    const customer = t > 8 && Math.floor((t - 8) / 5) % 2 === 0
    const left = customer ? voice(t, 190, 0) * 7000 : 40 * Math.sin(t * 999)
    const right = t < 7 ? voice(t, 230, 2) * 8000 : !customer && t > 13 ? voice(t, 150, 1) * 8000 : 40 * Math.sin(t * 777)
    out.writeInt16LE(Math.max(-32767, Math.min(32767, Math.round(left))), 44 + i * 4)
    out.writeInt16LE(Math.max(-32767, Math.min(32767, Math.round(right))), 46 + i * 4)
  }
  return out
}

/** Made up, but of the right shape and size. */
export function plan(body) {
  const rows = body.rows.map((row, index) => {
    const load = (row.calls * (body.handling_ms + body.wrap_up_ms)) / body.interval_ms
    const agents = body.goal ? Math.ceil(load + 0.9 * Math.sqrt(load)) : (row.agents ?? 0)
    const level = Math.max(0, Math.min(1, 0.82 + (agents - load) / 60 + 0.03 * Math.sin(index)))
    const figures = (shift) => ({ service_level: Math.min(1, level + shift), abandoned: 0.09 * (1 - level), occupancy: Math.min(1, load / Math.max(1, agents)), mean_wait_s: 40 * (1 - level) })
    return { time: row.time ?? '', calls: row.calls, agents, simulated: figures(0), erlang_a: figures(0.01), erlang_c: { ...figures(-0.05), ...(load >= agents ? { mean_wait_s: null, service_level: 0 } : {}) }, trunks_busy: load, trunks: Math.ceil(load + 2.5 * Math.sqrt(load)) }
  })
  const trunks = Math.max(...rows.map((row) => row.trunks))
  return { rows, day: rows[Math.floor(rows.length / 2)].simulated, trunks, trunks_max: trunks + 9 }
}
