// SPDX-License-Identifier: Apache-2.0
// Turns a refusal into words: ours where the code is known, else what the server said.
import { useI18n } from 'vue-i18n'
import { ApiError } from '@/api/client'

export function useErrorText() {
  const { t, te } = useI18n()
  const ofCode = (code: string) => (te(`error.${code}`) ? t(`error.${code}`) : t('error.unknown', { code }))
  return {
    ofCode,
    of(cause: unknown): string {
      if (!(cause instanceof ApiError)) return ofCode('unknown')
      // A 400 names its field and rule better than we can.
      if (cause.status === 400) return cause.field ? `${cause.field}: ${cause.message}` : cause.message
      return te(`error.${cause.code}`) ? ofCode(cause.code) : cause.message
    },
  }
}
