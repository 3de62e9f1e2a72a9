// SPDX-License-Identifier: Apache-2.0
// One call from the customers' page: microphone, offer, WebSocket, and coming back with the token after a lost connection.
import { computed, onScopeDispose, ref, type Ref } from 'vue'
import { socketUrl } from '@/api/client'
import type { CallPageCommand, CallPageMessage } from '@/api/types'
import { useAudioLevels, type AudioLevels } from '@/composables/useAudioLevels'
import { MicrophoneError, useMediaLeg, type LegState } from '@/composables/useMediaLeg'

export type CustomerCallState = 'idle' | 'microphone' | 'calling' | 'ringing' | 'answered' | 'ended'

export interface CustomerCall {
  state: Ref<CustomerCallState>
  /** A code of `error.*` or `cause.*` that the page puts into words; null when all is well. */
  problem: Ref<string | null>
  cause: Ref<string | null>
  reconnecting: Ref<boolean>
  started_ms: Ref<number | null>
  ended_ms: Ref<number | null>
  leg_state: Ref<LegState>
  muted: Ref<boolean>
  levels: AudioLevels
  active: Ref<boolean>
  call: (number: string, language: string) => Promise<void>
  digit: (digit: string) => void
  mute: (muted: boolean) => void
  hangUp: () => void
}

/** The server keeps the call this long without us. */
const RESUME_MAX_MS = 30_000
const RESUME_EVERY_MS = 1_500
const CONNECT_MAX_MS = 10_000

export function useCustomerCall(socketFor: (url: string) => WebSocket = (url) => new WebSocket(url)): CustomerCall {
  const leg = useMediaLeg()
  const levels = useAudioLevels(leg.local, leg.remote)
  const state = ref<CustomerCallState>('idle')
  const problem = ref<string | null>(null)
  const cause = ref<string | null>(null)
  const reconnecting = ref(false)
  const started_ms = ref<number | null>(null)
  const ended_ms = ref<number | null>(null)
  const active = computed(() => !['idle', 'ended'].includes(state.value))
  let socket: WebSocket | null = null
  let token: string | null = null
  let lost_ms = 0
  let resuming = false
  let timer: ReturnType<typeof setTimeout> | undefined

  function send(command: CallPageCommand): boolean {
    if (socket?.readyState !== 1) return false
    socket.send(JSON.stringify(command))
    return true
  }

  function finish(why: string | null, failure: string | null = null): void {
    clearTimeout(timer)
    const current = socket
    socket = null
    token = null
    reconnecting.value = false
    resuming = false
    cause.value = why
    problem.value = failure
    ended_ms.value = Date.now()
    state.value = 'ended'
    leg.close()
    current?.close()
  }

  function receive(data: unknown): void {
    if (typeof data !== 'string') return
    let message: CallPageMessage
    try {
      message = JSON.parse(data) as CallPageMessage
    } catch {
      return
    }
    if (message.type === 'calling') {
      token = message.token
      reconnecting.value = false
      if (message.sdp) void leg.accept(message.sdp).catch(() => finish('error', 'media_refused'))
    } else if (message.type === 'state') {
      reconnecting.value = false
      resuming = false
      if (message.state === 'ended') finish(message.cause ?? 'normal')
      else {
        if (message.state === 'answered' && state.value !== 'answered') started_ms.value = Date.now()
        state.value = message.state
      }
    } else if (message.type === 'error') {
      // A refused digit does not end a call; a refused call or resumption does.
      if (resuming) finish('error', 'connection_lost')
      else if (['microphone', 'calling'].includes(state.value)) finish('error', message.code)
    }
  }

  function lost(current: WebSocket): void {
    if (socket !== current) return
    socket = null
    if (!active.value) return
    if (!token) return finish('error', 'network')
    // Sound goes on without the WebSocket; it is only the signalling that must come back in time.
    if (!reconnecting.value) { reconnecting.value = true; lost_ms = Date.now() }
    if (Date.now() - lost_ms > RESUME_MAX_MS) return finish('error', 'connection_lost')
    timer = setTimeout(() => open({ type: 'resume', token: token! }), RESUME_EVERY_MS)
  }

  function open(first: CallPageCommand): void {
    clearTimeout(timer)
    const current = socketFor(socketUrl('/call'))
    socket = current
    timer = setTimeout(() => { current.close(); lost(current) }, CONNECT_MAX_MS)
    current.onopen = () => {
      clearTimeout(timer)
      if (socket !== current) return
      send(first)
      resuming = first.type === 'resume'
    }
    current.onmessage = (event: MessageEvent) => { if (socket === current) receive(event.data) }
    current.onclose = () => { clearTimeout(timer); lost(current) }
    current.onerror = () => { clearTimeout(timer); current.close(); lost(current) }
  }

  onScopeDispose(() => {
    if (!active.value) return
    send({ type: 'hangup' })
    finish('normal')
  })

  return {
    state, problem, cause, reconnecting, started_ms, ended_ms, active, levels, leg_state: leg.state, muted: leg.muted,
    async call(number, language) {
      if (active.value) return
      problem.value = null
      cause.value = null
      started_ms.value = null
      ended_ms.value = null
      state.value = 'microphone'
      try {
        const sdp = await leg.offer()
        if (state.value !== 'microphone') return
        state.value = 'calling'
        open({ type: 'call', number, language, sdp })
      } catch (failure) {
        if (state.value !== 'microphone') return
        finish('error', failure instanceof MicrophoneError ? failure.code : 'unknown')
      }
    },
    digit(digit) {
      if (!leg.sendDigits(digit)) send({ type: 'digit', digit })
    },
    mute: leg.setMuted,
    hangUp() {
      if (!active.value) return
      send({ type: 'hangup' })
      finish('normal')
    },
  }
}
