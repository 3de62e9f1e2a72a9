// SPDX-License-Identifier: Apache-2.0
// Light, dark, or as the system says; remembered on this machine.
import { computed, ref, type ComputedRef, type Ref } from 'vue'
import { recall, remember } from './storage'

export type ThemeChoice = 'system' | 'light' | 'dark'

const KEY = 'hotline.theme'
const choice = ref<ThemeChoice>('system')
const system_dark = ref(false)
const dark = computed(() => (choice.value === 'system' ? system_dark.value : choice.value === 'dark'))

function apply(): void {
  document.documentElement.classList.toggle('dark', dark.value)
}

export function initTheme(): void {
  const saved = recall(KEY)
  if (saved === 'light' || saved === 'dark') choice.value = saved
  const query = window.matchMedia?.('(prefers-color-scheme: dark)')
  system_dark.value = query?.matches ?? false
  query?.addEventListener('change', (event) => { system_dark.value = event.matches; apply() })
  apply()
}

export function useTheme(): { choice: Ref<ThemeChoice>; dark: ComputedRef<boolean>; set: (value: ThemeChoice) => void } {
  return {
    choice,
    dark,
    set(value) {
      choice.value = value
      remember(KEY, value)
      apply()
    },
  }
}
