// SPDX-License-Identifier: Apache-2.0
// What a command on an order needs, by what it means; and ids for commands, so that one sent twice is done once.
import type { OrderDetail, OrderType } from '@/api/types'

export type Need = 'text' | 'lead' | 'departments' | 'channel' | 'answer' | 'passed' | 'evidence' | 'condition' | 'clock' | 'fields' | 'agent' | 'order'

const BY_VERB: Record<string, Need[]> = {
  dispatch: ['lead', 'departments', 'text'],
  transfer: ['lead', 'text'],
  tell: ['channel', 'text'],
  ask: ['channel', 'answer', 'text'],
  inspect: ['passed', 'text'],
  arbitrate: ['passed', 'text'],
  ask_extension: ['clock', 'text'],
  ask_closing: ['text', 'evidence'],
  record_condition: ['condition', 'text', 'evidence'],
  co_reply: ['departments', 'text'],
  release: ['departments'],
  add_co_handler: ['departments'],
  hand_over: ['agent', 'text'],
  merge: ['order', 'text'],
  set_fields: ['fields', 'text'],
}
/** Not offered here: files are attached where they are listed. */
const ELSEWHERE = new Set(['attach'])

export function offered(order: OrderDetail): string[] {
  return order.actions.filter((action) => !ELSEWHERE.has(action))
}

export function needsOf(type: OrderType | undefined, action: string): Need[] {
  const step = type?.steps.find((one) => one.code === action)
  const needs = new Set<Need>(BY_VERB[step?.verb ?? action] ?? ['text'])
  if (step?.evidence) needs.add('evidence')
  if (step && step.fields.length > 0) needs.add('fields')
  return [...needs]
}

export function commandId(): string {
  return crypto.randomUUID()
}
