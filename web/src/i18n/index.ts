// SPDX-License-Identifier: Apache-2.0
// The three languages of the screens. All are loaded at start (together a few kilobytes): switching must not wait.
import { createI18n } from 'vue-i18n'
import { recall, remember } from '@/composables/storage'
import en_app from './locales/en/app.json'
import en_appointments from './locales/en/appointments.json'
import en_call from './locales/en/call.json'
import en_call_backs from './locales/en/call_backs.json'
import en_contacts from './locales/en/contacts.json'
import en_desk from './locales/en/desk.json'
import en_experts from './locales/en/experts.json'
import en_orders from './locales/en/orders.json'
import en_outside from './locales/en/outside.json'
import en_planner from './locales/en/planner.json'
import en_routing from './locales/en/routing.json'
import en_session from './locales/en/session.json'
import en_supervise from './locales/en/supervise.json'
import en_wallboard from './locales/en/wallboard.json'
import en_watch from './locales/en/watch.json'
import en_workplace from './locales/en/workplace.json'
import hans_app from './locales/zh-Hans/app.json'
import hans_appointments from './locales/zh-Hans/appointments.json'
import hans_call from './locales/zh-Hans/call.json'
import hans_call_backs from './locales/zh-Hans/call_backs.json'
import hans_contacts from './locales/zh-Hans/contacts.json'
import hans_desk from './locales/zh-Hans/desk.json'
import hans_experts from './locales/zh-Hans/experts.json'
import hans_orders from './locales/zh-Hans/orders.json'
import hans_outside from './locales/zh-Hans/outside.json'
import hans_planner from './locales/zh-Hans/planner.json'
import hans_routing from './locales/zh-Hans/routing.json'
import hans_session from './locales/zh-Hans/session.json'
import hans_supervise from './locales/zh-Hans/supervise.json'
import hans_wallboard from './locales/zh-Hans/wallboard.json'
import hans_watch from './locales/zh-Hans/watch.json'
import hans_workplace from './locales/zh-Hans/workplace.json'
import hant_app from './locales/zh-Hant/app.json'
import hant_appointments from './locales/zh-Hant/appointments.json'
import hant_call from './locales/zh-Hant/call.json'
import hant_call_backs from './locales/zh-Hant/call_backs.json'
import hant_contacts from './locales/zh-Hant/contacts.json'
import hant_desk from './locales/zh-Hant/desk.json'
import hant_experts from './locales/zh-Hant/experts.json'
import hant_orders from './locales/zh-Hant/orders.json'
import hant_outside from './locales/zh-Hant/outside.json'
import hant_planner from './locales/zh-Hant/planner.json'
import hant_routing from './locales/zh-Hant/routing.json'
import hant_session from './locales/zh-Hant/session.json'
import hant_supervise from './locales/zh-Hant/supervise.json'
import hant_wallboard from './locales/zh-Hant/wallboard.json'
import hant_watch from './locales/zh-Hant/watch.json'
import hant_workplace from './locales/zh-Hant/workplace.json'

const en = {
  ...en_app, ...en_session, ...en_desk, ...en_appointments, ...en_call, ...en_call_backs, ...en_contacts, ...en_experts, ...en_orders, ...en_outside, ...en_planner, ...en_routing, ...en_supervise, ...en_wallboard, ...en_watch, ...en_workplace,
}
type Messages = typeof en
const hans: Messages = {
  ...hans_app, ...hans_session, ...hans_desk, ...hans_appointments, ...hans_call, ...hans_call_backs, ...hans_contacts, ...hans_experts, ...hans_orders, ...hans_outside, ...hans_planner, ...hans_routing, ...hans_supervise, ...hans_wallboard, ...hans_watch, ...hans_workplace,
}
const hant: Messages = {
  ...hant_app, ...hant_session, ...hant_desk, ...hant_appointments, ...hant_call, ...hant_call_backs, ...hant_contacts, ...hant_experts, ...hant_orders, ...hant_outside, ...hant_planner, ...hant_routing, ...hant_supervise, ...hant_wallboard, ...hant_watch, ...hant_workplace,
}

export const LANGUAGES = ['en', 'zh-Hans', 'zh-Hant'] as const
export type Language = (typeof LANGUAGES)[number]

const KEY = 'hotline.language'

/** The first of the browser's languages that we speak. Hong Kong, Macau and Taiwan read traditional characters. */
export function languageFor(tags: readonly string[]): Language {
  for (const tag of tags) {
    const lower = tag.toLowerCase()
    if (lower.startsWith('zh')) return /hant|-tw|-hk|-mo/.test(lower) ? 'zh-Hant' : 'zh-Hans'
    if (lower.startsWith('en')) return 'en'
  }
  return 'en'
}

function first(): Language {
  const saved = recall(KEY) as Language | null
  return saved && LANGUAGES.includes(saved) ? saved : languageFor(navigator.languages ?? [navigator.language])
}

export const i18n = createI18n({
  legacy: false,
  locale: first(),
  fallbackLocale: 'en',
  messages: { en, 'zh-Hans': hans, 'zh-Hant': hant },
})

export function currentLanguage(): Language {
  return i18n.global.locale.value as Language
}

export function setLanguage(language: Language): void {
  i18n.global.locale.value = language
  document.documentElement.lang = language
  remember(KEY, language)
}

export function initLanguage(): void {
  document.documentElement.lang = currentLanguage()
}
