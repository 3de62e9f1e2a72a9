// SPDX-License-Identifier: Apache-2.0
// What is being written about a call, kept in this tab until it is saved: a reload or an expired session loses nothing.
import { forgetInTab, recallInTab, rememberInTab } from '@/composables/storage'

export interface WrapUpDraft { reason_code: string; result_code: string; note: string; next: 'ready' | 'paused'; pause_reason: string }

const key = (call_id: string) => `hotline.draft.${call_id}`

export function emptyDraft(): WrapUpDraft {
  return { reason_code: '', result_code: '', note: '', next: 'ready', pause_reason: '' }
}

export function loadDraft(call_id: string): WrapUpDraft {
  try {
    return { ...emptyDraft(), ...(JSON.parse(recallInTab(key(call_id)) ?? '{}') as Partial<WrapUpDraft>) }
  } catch {
    return emptyDraft()
  }
}

export const saveDraft = (call_id: string, draft: WrapUpDraft): void => rememberInTab(key(call_id), JSON.stringify(draft))
export const dropDraft = (call_id: string): void => forgetInTab(key(call_id))
