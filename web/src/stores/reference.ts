// SPDX-License-Identifier: Apache-2.0
// The lists the pages need (reasons, outcomes, queues, service lines), read once a session.
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { api } from '@/api/client'
import type { Reason, Reference } from '@/api/types'
import { nameIn } from '@/i18n/format'

export const useReference = defineStore('reference', () => {
  const lists = ref<Reference | null>(null)
  const failed = ref(false)

  async function load(): Promise<void> {
    if (lists.value) return
    try {
      lists.value = await api.reference()
      failed.value = false
    } catch {
      failed.value = true
    }
  }

  return { lists, failed, load, clear: () => { lists.value = null } }
})

type List = 'pause_reasons' | 'contact_reasons' | 'outcomes' | 'queues' | 'service_lines'

/** Codes → names in the reader's language; an unknown code is shown as it is. */
export function useNames() {
  const reference = useReference()
  const { locale } = useI18n()
  const find = (list: List, code: string | null | undefined) => {
    if (!code) return ''
    const entries = reference.lists?.[list] as Pick<Reason, 'code' | 'name'>[] | undefined
    return nameIn(entries?.find((entry) => entry.code === code)?.name, locale.value, code)
  }
  return {
    pauseReason: (code: string | null | undefined) => find('pause_reasons', code),
    contactReason: (code: string | null | undefined) => find('contact_reasons', code),
    outcome: (code: string | null | undefined) => find('outcomes', code),
    queue: (code: string | null | undefined) => find('queues', code),
    serviceLine: (code: string | null | undefined) => find('service_lines', code),
  }
}
