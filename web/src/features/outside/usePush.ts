// SPDX-License-Identifier: Apache-2.0
// This browser's web push: whether it is subscribed, and how to change that.
import { ref } from 'vue'
import { outsideApi } from '@/api/outside'
import type { NoticeSettings } from '@/api/types'

const WORKER = '/push.js'

/** base64url → octets, as subscribe() wants the server's key. */
export function octets(text: string): Uint8Array<ArrayBuffer> {
  const padded = text.replaceAll('-', '+').replaceAll('_', '/').padEnd(Math.ceil(text.length / 4) * 4, '=')
  return Uint8Array.from(atob(padded), (one) => one.charCodeAt(0))
}
function text(buffer: ArrayBuffer | null): string {
  return btoa(String.fromCharCode(...new Uint8Array(buffer ?? new ArrayBuffer(0)))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

export function usePush() {
  const possible = 'serviceWorker' in navigator && 'PushManager' in window
  const on = ref(false)

  async function current(): Promise<PushSubscription | null> {
    const registration = possible ? await navigator.serviceWorker.getRegistration(WORKER) : undefined
    return (await registration?.pushManager.getSubscription()) ?? null
  }
  async function look(): Promise<void> {
    on.value = !!(await current())
  }
  /** null: the browser does not allow it. */
  async function subscribe(push_key: string): Promise<NoticeSettings | null> {
    if ((await Notification.requestPermission()) !== 'granted') return null
    await navigator.serviceWorker.register(WORKER)
    const registration = await navigator.serviceWorker.ready
    const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: octets(push_key) })
    const now = await outsideApi.subscribe({ endpoint: made.endpoint, p256dh: text(made.getKey('p256dh')), auth: text(made.getKey('auth')) })
    on.value = true
    return now
  }
  async function unsubscribe(): Promise<NoticeSettings | null> {
    const had = await current()
    on.value = false
    if (!had) return null
    await had.unsubscribe()
    return outsideApi.unsubscribe(had.endpoint)
  }
  return { possible, on, look, subscribe, unsubscribe }
}
