// SPDX-License-Identifier: Apache-2.0
// Keeps what is being written with the call on the server, so that whoever is asked or takes over can read it.
import { onUnmounted } from 'vue'
import { api } from '@/api/client'
import type { Notes } from '@/api/types'

const AFTER_MS = 800

/** keep() sends the last of what is typed in quick succession. A failure costs nothing: the wrap-up has it all. */
export function useKeptNotes() {
  let timer: ReturnType<typeof setTimeout> | undefined

  function keep(call_id: string, notes: { reason_code: string; result_code: string; note: string }): void {
    clearTimeout(timer)
    timer = setTimeout(() => {
      const body: Notes = { reason_code: notes.reason_code || null, result_code: notes.result_code || null, note: notes.note.trim() || null }
      api.setNotes(call_id, body).catch(() => undefined)
    }, AFTER_MS)
  }

  onUnmounted(() => clearTimeout(timer))
  return { keep }
}
