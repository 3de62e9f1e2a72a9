// SPDX-License-Identifier: Apache-2.0
// A notice of the operating system when a call comes while this tab is hidden. Off until the agent asks for it.
import { ref, type Ref } from 'vue'
import { recall, remember } from './storage'

const KEY = 'hotline.alerts'
const enabled = ref(recall(KEY) === 'on' && typeof Notification !== 'undefined' && Notification.permission === 'granted')
let shown: Notification | null = null

export interface Alerts {
  supported: boolean
  enabled: Ref<boolean>
  /** Must be called from a click: browsers ask for permission only then. Resolves to what is in force. */
  set: (on: boolean) => Promise<boolean>
  show: (title: string, body: string) => void
  clear: () => void
}

export function useAlerts(): Alerts {
  const supported = typeof Notification !== 'undefined'
  return {
    supported,
    enabled,
    async set(on) {
      let allowed = on && supported
      if (allowed && Notification.permission !== 'granted') allowed = (await Notification.requestPermission()) === 'granted'
      enabled.value = allowed
      remember(KEY, allowed ? 'on' : 'off')
      return allowed
    },
    show(title, body) {
      if (!enabled.value || !supported || !document.hidden) return
      shown?.close()
      shown = new Notification(title, { body, tag: 'hotline-call', requireInteraction: true })
      shown.onclick = () => { window.focus(); shown?.close() }
    },
    clear() {
      shown?.close()
      shown = null
    },
  }
}
