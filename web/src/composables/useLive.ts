// SPDX-License-Identifier: Apache-2.0
// The live connection of a signed-in page: opens /api/v1/live, says hello with the last number seen, keeps it alive,
// comes back after a loss, and matches replies to commands. Commands are refused while offline, never queued: an
// "answer" that leaves a minute late would take a call nobody offers any more.
import { ref, type Ref } from 'vue'
import type { ErrorBody, LiveCommand, LiveMessage } from '@/api/types'
import { backoffMs } from './useBackoff'

export type LiveStatus = 'stopped' | 'connecting' | 'online' | 'offline'

export class LiveError extends Error {
  constructor(readonly code: string, message: string) {
    super(message)
    this.name = 'LiveError'
  }
}

export interface LiveOptions {
  url: string
  onMessage: (message: LiveMessage) => void
  /** After each connection, once hello is sent: subscriptions are made anew here. */
  onOnline?: () => void
  /** A try failed; `failures` in a row. The owner may ask whether the session still holds. */
  onFailure?: (failures: number) => void
  socket?: (url: string) => WebSocket
  random?: () => number
}

export interface Live {
  status: Ref<LiveStatus>
  /** Unix milliseconds of the next try, or null. */
  retry_at_ms: Ref<number | null>
  start: () => void
  stop: () => void
  /** Try at once instead of waiting. */
  retryNow: () => void
  send: (command: LiveCommand) => boolean
  request: (command: LiveCommand) => Promise<void>
}

const PING_EVERY_MS = 15_000
const SILENCE_MAX_MS = 25_000
const REPLY_MAX_MS = 10_000
const CONNECT_MAX_MS = 8_000

export function useLive(options: LiveOptions): Live {
  const status = ref<LiveStatus>('stopped')
  const retry_at_ms = ref<number | null>(null)
  let socket: WebSocket | null = null
  let last_seq = 0
  let failures = 0
  let next_id = 1
  let heard_ms = 0
  let retry_timer: ReturnType<typeof setTimeout> | undefined
  let connect_timer: ReturnType<typeof setTimeout> | undefined
  let ping_timer: ReturnType<typeof setInterval> | undefined
  const waiting = new Map<string, { resolve: () => void; reject: (e: Error) => void; timer: ReturnType<typeof setTimeout> }>()

  function refuseWaiting(): void {
    for (const entry of waiting.values()) {
      clearTimeout(entry.timer)
      entry.reject(new LiveError('offline', 'The connection was lost'))
    }
    waiting.clear()
  }

  function settle(reply_to: string, error: ErrorBody | null | undefined, ok: boolean): void {
    const entry = waiting.get(reply_to)
    if (!entry) return
    waiting.delete(reply_to)
    clearTimeout(entry.timer)
    if (ok) entry.resolve()
    else entry.reject(new LiveError(error?.code ?? 'refused', error?.message ?? 'Refused'))
  }

  function receive(text: unknown): void {
    heard_ms = Date.now()
    if (typeof text !== 'string') return
    let message: LiveMessage
    try {
      message = JSON.parse(text) as LiveMessage
    } catch {
      return
    }
    if (typeof message.seq === 'number') last_seq = message.seq
    if (message.type === 'reply') settle(String(message.reply_to), message.error, message.ok)
    options.onMessage(message)
  }

  function drop(current: WebSocket): void {
    if (socket !== current) return
    socket = null
    clearInterval(ping_timer)
    clearTimeout(connect_timer)
    refuseWaiting()
    if (status.value === 'stopped') return
    status.value = 'offline'
    const wait_ms = backoffMs(failures, options.random)
    failures += 1
    retry_at_ms.value = Date.now() + wait_ms
    retry_timer = setTimeout(connect, wait_ms)
    options.onFailure?.(failures)
  }

  function connect(): void {
    clearTimeout(retry_timer)
    retry_at_ms.value = null
    if (socket) return
    if (status.value !== 'offline') status.value = 'connecting'
    const current = (options.socket ?? ((url) => new WebSocket(url)))(options.url)
    socket = current
    // A half-open network may neither accept nor refuse; give up by ourselves.
    connect_timer = setTimeout(() => { current.close(); drop(current) }, CONNECT_MAX_MS)
    current.onopen = () => {
      if (socket !== current) return
      clearTimeout(connect_timer)
      failures = 0
      heard_ms = Date.now()
      current.send(JSON.stringify({ type: 'hello', last_seq }))
      status.value = 'online'
      ping_timer = setInterval(() => {
        if (Date.now() - heard_ms > SILENCE_MAX_MS) { current.close(); drop(current) }
        else current.send(JSON.stringify({ type: 'ping' }))
      }, PING_EVERY_MS)
      options.onOnline?.()
    }
    current.onmessage = (event: MessageEvent) => { if (socket === current) receive(event.data) }
    current.onclose = () => drop(current)
    current.onerror = () => { current.close(); drop(current) }
  }

  function retryNow(): void {
    if (status.value === 'offline' && !socket) connect()
  }

  function send(command: LiveCommand): boolean {
    if (!socket || status.value !== 'online') return false
    socket.send(JSON.stringify(command))
    return true
  }

  return {
    status,
    retry_at_ms,
    start() {
      if (status.value !== 'stopped') return
      status.value = 'connecting'
      last_seq = 0
      failures = 0
      window.addEventListener('online', retryNow)
      connect()
    },
    stop() {
      status.value = 'stopped'
      window.removeEventListener('online', retryNow)
      clearTimeout(retry_timer)
      clearTimeout(connect_timer)
      clearInterval(ping_timer)
      retry_at_ms.value = null
      const current = socket
      socket = null
      current?.close()
      refuseWaiting()
    },
    retryNow,
    send,
    request(command) {
      if (!socket || status.value !== 'online') return Promise.reject(new LiveError('offline', 'Not connected'))
      const reply_to = `c${next_id++}`
      const current = socket
      return new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(reply_to)
          reject(new LiveError('timeout', 'No answer from the server'))
        }, REPLY_MAX_MS)
        waiting.set(reply_to, { resolve, reject, timer })
        current.send(JSON.stringify({ ...command, id: reply_to }))
      })
    },
  }
}
