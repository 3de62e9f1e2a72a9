// SPDX-License-Identifier: Apache-2.0
// Goal: a voice engineer reads at a glance who said what to whom.
import { expect, test } from 'vitest'
import { labelOf, ladderOf } from '@/features/contacts/ladder'

const message = (part: object) => ({ leg_id: '1', at_us: 1_000_000, sent: false, transport: 'udp', local: '192.0.2.1:5060', remote: '192.0.2.9:5060', message: 'INVITE sip:1000@192.0.2.1 SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n', ...part })

test('an arrow says the method, or the status with the method it answers, and that there is SDP', () => {
  expect(labelOf('INVITE sip:1000@x SIP/2.0\r\nc: application/sdp\r\n\r\nv=0')).toBe('INVITE (SDP)')
  expect(labelOf('SIP/2.0 180 Ringing\r\nCSeq: 1 INVITE\r\n\r\n')).toBe('180 Ringing · INVITE')
  expect(labelOf('SIP/2.0 200 OK\nCSeq: 2 BYE\nContent-Type: application/sdp\n\n')).toBe('200 OK · BYE (SDP)')
  expect(labelOf('')).toBe('')
})

test('the first far end stands left of us, the others right', () => {
  const ladder = ladderOf([
    message({}),
    message({ sent: true, at_us: 1_250_000, message: 'SIP/2.0 100 Trying\r\nCSeq: 1 INVITE\r\n\r\n' }),
    message({ sent: true, at_us: 2_000_000, remote: '192.0.2.77:5060' }),
    message({ at_us: 3_000_000, remote: '192.0.2.77:5060', message: 'SIP/2.0 486 Busy Here\r\nCSeq: 1 INVITE\r\n\r\n' }),
  ])
  expect(ladder.participants).toEqual(['192.0.2.9:5060', '', '192.0.2.77:5060'])
  expect(ladder.steps.map((step) => [step.from, step.to, step.tone, step.after_ms])).toEqual([
    [0, 1, 'request', 0], [1, 0, 'plain', 250], [1, 2, 'request', 1000], [2, 1, 'bad', 2000],
  ])
})

test('nothing traced is an empty ladder', () => {
  expect(ladderOf([])).toEqual({ participants: [], us: -1, steps: [] })
})
