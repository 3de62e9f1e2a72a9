// SPDX-License-Identifier: Apache-2.0
// Times, durations, numbers and the API's names by language, as the reader of this page writes them.
import { useI18n } from 'vue-i18n'
import type { Names } from '@/api/types'

const TAGS: Record<string, string> = { en: 'en-GB', 'zh-Hans': 'zh-Hans-CN', 'zh-Hant': 'zh-Hant-TW' }

/** 65000 → "1:05", 3665000 → "1:01:05"; never negative. */
export function clockText(duration_ms: number | null | undefined): string {
  const total = Math.max(0, Math.floor((duration_ms ?? 0) / 1000))
  const hours = Math.floor(total / 3600)
  const minutes = Math.floor((total % 3600) / 60)
  const seconds = String(total % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`
}

/** The name in this language, else the nearest script, else English, else whatever there is. */
export function nameIn(names: Names | null | undefined, language: string, fallback = ''): string {
  if (!names) return fallback
  const order = language === 'zh-Hant' ? ['zh-Hant', 'zh-Hans', 'en'] : language === 'zh-Hans' ? ['zh-Hans', 'zh-Hant', 'en'] : ['en']
  for (const tag of order) {
    const name = names[tag]
    if (name) return name
  }
  return Object.values(names)[0] ?? fallback
}

/** 02087654321 → "020 8765 4321"; what is not a Chinese number stays as it is. */
export function phoneText(number: string): string {
  if (/^1[3-9]\d{9}$/.test(number)) return `${number.slice(0, 3)} ${number.slice(3, 7)} ${number.slice(7)}`
  if (/^0(10|2\d)\d{8}$/.test(number)) return `${number.slice(0, 3)} ${number.slice(3, 7)} ${number.slice(7)}`
  if (/^0[3-9]\d{2}\d{7,8}$/.test(number)) return `${number.slice(0, 4)} ${number.slice(4, -4)} ${number.slice(-4)}`
  if (/^[2-8]\d{7}$/.test(number)) return `${number.slice(0, 4)} ${number.slice(4)}`
  if (/^[2-8]\d{6}$/.test(number)) return `${number.slice(0, 3)} ${number.slice(3)}`
  return number
}

export function useFormat() {
  const { t, te, locale } = useI18n()
  const tag = () => TAGS[locale.value] ?? 'en-GB'
  const at = (ms: number, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(tag(), { hour12: false, ...options }).format(ms)

  return {
    time: (ms: number) => at(ms, { hour: '2-digit', minute: '2-digit' }),
    timeSeconds: (ms: number) => at(ms, { hour: '2-digit', minute: '2-digit', second: '2-digit' }),
    date: (ms: number) => at(ms, { year: 'numeric', month: 'short', day: 'numeric' }),
    dateTime: (ms: number) => at(ms, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' }),
    longDateTime: (ms: number) => at(ms, { year: 'numeric', month: 'short', day: 'numeric', weekday: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' }),
    clock: clockText,
    phone: phoneText,
    /** "3 min 20 s" in words of the language; for figures that do not run. */
    span(duration_ms: number): string {
      const total = Math.max(0, Math.round(duration_ms / 1000))
      const hours = Math.floor(total / 3600)
      const minutes = Math.floor((total % 3600) / 60)
      const seconds = total % 60
      if (hours > 0) return t('span.hours', { hours, minutes })
      if (minutes > 0) return t('span.minutes', { minutes, seconds })
      return t('span.seconds', { seconds })
    },
    integer: (value: number) => new Intl.NumberFormat(tag()).format(value),
    decimal: (value: number, digits: number) => new Intl.NumberFormat(tag(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value),
    percent: (share: number) => new Intl.NumberFormat(tag(), { style: 'percent', maximumFractionDigits: 0 }).format(share),
    name: (names: Names | null | undefined, fallback = '') => nameIn(names, locale.value, fallback),
    /** A code the server may extend at run time: our word for it, else the code itself. */
    code: (prefix: string, code: string) => (te(`${prefix}.${code}`) ? t(`${prefix}.${code}`) : code.replaceAll('_', ' ')),
  }
}
