// SPDX-License-Identifier: Apache-2.0
// SIP messages as steps between participants: who stands where, what an arrow says, and in which tone.
import type { SipMessage } from '@/api/types'

export interface LadderStep {
  message: SipMessage
  /** Columns of `participants`. */
  from: number
  to: number
  label: string
  tone: 'request' | 'plain' | 'good' | 'bad'
  after_ms: number
}
export interface Ladder { participants: string[]; us: number; steps: LadderStep[] }

const US = ''

/** "INVITE" or "180 Ringing (INVITE)"; (SDP) when a body describes sound. */
export function labelOf(text: string): string {
  const [start = ''] = text.split(/\r?\n/, 1)
  const head = text.split(/\r?\n\r?\n/, 1)[0] ?? ''
  const sdp = /^(?:content-type|c)\s*:\s*application\/sdp/im.test(head) ? ' (SDP)' : ''
  const status = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(start)
  if (!status) return `${start.split(' ')[0]}${sdp}`
  const method = /^cseq\s*:\s*\d+\s+(\w+)/im.exec(head)?.[1]
  return `${status[1]} ${status[2]}${method ? ` · ${method}` : ''}${sdp}`
}

function toneOf(text: string): LadderStep['tone'] {
  const status = Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1] ?? 0)
  if (status === 0) return 'request'
  // A challenge or a redirection is a step on the way, not a failure.
  if (status < 200 || (status >= 300 && status < 400) || status === 401 || status === 407 || status === 487) return 'plain'
  return status < 300 ? 'good' : 'bad'
}

/** The first far end (the customer's side) left of us, the others right, in the order they came in. */
export function ladderOf(messages: SipMessage[]): Ladder {
  const far = [...new Set(messages.map((message) => message.remote))]
  const participants = far.length ? [far[0]!, US, ...far.slice(1)] : []
  const us = participants.indexOf(US)
  const first_us = messages[0]?.at_us ?? 0
  return {
    participants, us,
    steps: messages.map((message) => {
      const them = participants.indexOf(message.remote)
      return {
        message, from: message.sent ? us : them, to: message.sent ? them : us,
        label: labelOf(message.message), tone: toneOf(message.message), after_ms: (message.at_us - first_us) / 1000,
      }
    }),
  }
}
