// SPDX-License-Identifier: Apache-2.0
// Saving a form: what the server finds at fault stands at the field it names, the rest above the form.
import { ref } from 'vue'
import { ApiError } from '@/api/client'
import { useErrorText } from '@/ui/errors'

export function useSaving() {
  const errors = useErrorText()
  const busy = ref(false)
  const saved = ref(false)
  const problem = ref('')
  const fields = ref<Record<string, string>>({})

  /** The words for a field: a problem of the field itself or of a part of it. */
  function at(name: string): string {
    const found = Object.entries(fields.value).find(([field]) => field === name || field.startsWith(`${name}.`) || field.startsWith(`${name}[`))
    return found?.[1] ?? ''
  }

  function take(cause: unknown, shown: readonly string[]): void {
    fields.value = {}
    problem.value = ''
    if (cause instanceof ApiError) {
      for (const detail of cause.details) fields.value[detail.field] ??= detail.message
      if (cause.field) fields.value[cause.field] ??= cause.message
      const placed = shown.some((name) => at(name) !== '')
      if (placed && (cause.status === 400 || cause.status === 409)) return
    }
    problem.value = errors.of(cause)
    if (cause instanceof ApiError && cause.status === 409) problem.value = cause.message
  }

  /** `shown`: the fields this form has a place for. True when it was saved. */
  async function save(shown: readonly string[], work: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    saved.value = false
    try {
      await work()
      fields.value = {}
      problem.value = ''
      saved.value = true
      return true
    } catch (cause) {
      take(cause, shown)
      return false
    } finally {
      busy.value = false
    }
  }

  return { busy, saved, problem, fields, at, save, changed: () => { saved.value = false } }
}
