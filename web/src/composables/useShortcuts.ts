// SPDX-License-Identifier: Apache-2.0
// Keyboard shortcuts of a page. Function keys that browsers leave free, so that they also work while typing a note.
import { onMounted, onUnmounted } from 'vue'

export type Shortcuts = Record<string, (event: KeyboardEvent) => void>

/** "Shift+F2", "Ctrl+Enter", "?". */
export function shortcutName(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>): string {
  const plain = event.key.length === 1
  const parts: string[] = []
  if (event.ctrlKey || event.metaKey) parts.push('Ctrl')
  if (event.altKey) parts.push('Alt')
  if (event.shiftKey && !plain) parts.push('Shift')
  parts.push(event.key)
  return parts.join('+')
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
}

export function useShortcuts(shortcuts: Shortcuts): void {
  function onKey(event: KeyboardEvent): void {
    if (event.isComposing || event.repeat) return
    const name = shortcutName(event)
    const action = shortcuts[name]
    if (!action) return
    // Single characters belong to whoever is typing.
    if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && typing(event.target)) return
    event.preventDefault()
    action(event)
  }
  onMounted(() => window.addEventListener('keydown', onKey))
  onUnmounted(() => window.removeEventListener('keydown', onKey))
}
