// SPDX-License-Identifier: Apache-2.0
// The agent's call in this browser: its media leg, the commands on it, and what is left to write down afterwards.
// It outlives pages and a lost connection; after a reload it takes its sound back by answering again.
import { defineStore } from 'pinia'
import { computed, effectScope, ref, watch } from 'vue'
import { api, ApiError } from '@/api/client'
import type { CallView, SuperviseMode, Transfer } from '@/api/types'
import { forgetInTab, recallInTab, rememberInTab } from '@/composables/storage'
import { useAudioLevels } from '@/composables/useAudioLevels'
import { LiveError } from '@/composables/useLive'
import { MicrophoneError, useMediaLeg } from '@/composables/useMediaLeg'
import { useRinger } from '@/composables/useRinger'
import { useLiveStore } from './live'

export type CallAction = 'answer' | 'reject' | 'hold' | 'resume' | 'hangup' | 'transfer' | 'digits' | 'recording' | 'consult' | 'complete' | 'conference' | 'swap' | 'end' | 'dial' | 'supervise'

/** This tab had the sound of this call: after a reload it may take it back unasked, another window may not. */
const TAB_KEY = 'hotline.media_of'
const REATTACH_MAX = 3
const INTERRUPTED_MAX_MS = 6_000
const WITH_SOUND = new Set<CallView['state']>(['connecting', 'talking', 'held', 'transferring', 'dialing', 'consulting', 'conference', 'supervising'])

function codeOf(cause: unknown): string {
  if (cause instanceof ApiError || cause instanceof LiveError || cause instanceof MicrophoneError) return cause.code
  return 'unknown'
}

export const useCallStore = defineStore('call', () => {
  const live = useLiveStore()
  const leg = useMediaLeg()
  const ringer = useRinger()
  // Not tied to the component that first touches the store.
  const levels = effectScope(true).run(() => useAudioLevels(leg.local, leg.remote))!
  const pending = ref<CallAction | null>(null)
  const error = ref<string | null>(null)
  const dial_error = ref<string | null>(null)
  const wrap_call = ref<CallView | null>(null)
  const media_of = ref<string | null>(recallInTab(TAB_KEY))
  let reattach_tries = 0
  let interrupted_timer: ReturnType<typeof setTimeout> | undefined

  /** The call this desk has to do with; a call gone back to a queue is no longer ours. */
  const current = computed(() => {
    const call = live.call
    return call && !['ended', 'ivr', 'queued'].includes(call.state) ? call : null
  })
  const by_browser = computed(() => live.me?.device !== 'sip')
  const ringing = computed(() => current.value?.state === 'offered')
  /** The call has sound, but not in this window. */
  const elsewhere = computed(() =>
    !!current.value && by_browser.value && WITH_SOUND.has(current.value.state) && pending.value === null
    && ['idle', 'closed', 'failed'].includes(leg.state.value))

  async function run(action: CallAction, work: () => Promise<CallView | void>): Promise<boolean> {
    if (pending.value) return false
    pending.value = action
    error.value = null
    try {
      const view = await work()
      if (view) live.applyCall(view)
      return true
    } catch (cause) {
      error.value = codeOf(cause)
      return false
    } finally {
      pending.value = null
    }
  }

  function claimMedia(call_id: string): void {
    media_of.value = call_id
    rememberInTab(TAB_KEY, call_id)
  }

  function letGoOfMedia(): void {
    leg.close()
    media_of.value = null
    forgetInTab(TAB_KEY)
  }

  /** Takes the offered call, or (while talking) gives it a new leg in this window. */
  async function answer(): Promise<boolean> {
    const call = current.value
    if (!call || !by_browser.value) return false
    ringer.stop()
    const done = await run('answer', async () => {
      const sdp = await leg.offer()
      claimMedia(call.id)
      await live.request({ type: 'answer', call_id: call.id, sdp })
    })
    if (!done && error.value !== null) {
      if (call.state === 'offered') letGoOfMedia()
      else leg.close()
    }
    return done
  }

  function reattachIfOurs(): void {
    const call = current.value
    if (!call || !live.online || !elsewhere.value || media_of.value !== call.id || reattach_tries >= REATTACH_MAX) return
    reattach_tries += 1
    void answer()
  }

  live.onSdp((call_id, sdp) => {
    if (call_id !== media_of.value) return
    leg.accept(sdp).then((ours) => {
      // Every window of this agent hears every answer. One that we did not ask for means that another window has taken the sound.
      if (!ours) letGoOfMedia()
    }, () => { leg.close(); error.value = 'media_refused' })
  })

  watch(() => live.call, (call, before) => {
    if (!call || call.state === 'ended' || call.state === 'queued') {
      if (media_of.value && (!call || call.id === media_of.value)) letGoOfMedia()
      // An offer that went to somebody else also ends here; only a call that was taken wants a wrap-up.
      if (call?.state === 'ended' && before?.id === call.id && before.role === 'agent' && call.direction !== 'internal' && WITH_SOUND.has(before.state)
        && (before.connected_ms || before.state === 'dialing')) wrap_call.value = call
    }
    if (call && before?.id !== call.id) { reattach_tries = 0; error.value = null }
  })

  // Somebody else signed in at this window after a session had ended: nothing of the last agent's may stay.
  watch(() => live.me?.id, (now, before) => { if (now && before && now !== before) release() })

  watch(ringing, (now) => {
    if (now && by_browser.value) ringer.start()
    else ringer.stop()
  })

  // After a snapshot (reload, new connection) or when the sound broke off.
  watch(() => [live.known, live.online, current.value?.state, leg.state.value] as const, () => {
    clearTimeout(interrupted_timer)
    if (leg.state.value === 'connected') reattach_tries = 0
    if (leg.state.value === 'interrupted') {
      interrupted_timer = setTimeout(() => { leg.state.value = 'failed' }, INTERRUPTED_MAX_MS)
    } else reattachIfOurs()
  })

  /** Ends what this window holds; the server decides about the call itself. */
  function release(): void {
    ringer.stop()
    letGoOfMedia()
    wrap_call.value = null
  }

  function onCurrent(action: CallAction, work: (id: string) => Promise<CallView | void>): Promise<boolean> {
    const call = current.value
    return call ? run(action, () => work(call.id)) : Promise.resolve(false)
  }

  /** Who talks, is wrapping up or signed out makes no call. */
  const may_dial = computed(() => live.online && !current.value && ['ready', 'paused', 'unavailable'].includes(live.me?.state ?? ''))

  /** The microphone first: a customer must not be rung by somebody who cannot be heard. */
  async function dial(number: string, service_line = ''): Promise<boolean> {
    if (!may_dial.value) return false
    dial_error.value = null
    const done = await run('dial', async () => {
      const sdp = by_browser.value ? await leg.offer() : null
      const view = await api.dial(number, service_line || null)
      live.takeNew(view)
      if (sdp === null) return
      claimMedia(view.id)
      await live.request({ type: 'answer', call_id: view.id, sdp })
    })
    if (!done) {
      dial_error.value = error.value
      error.value = null
      if (!current.value) letGoOfMedia()
    }
    return done
  }

  /**
   * A supervisor's act on a call: begins it (the microphone first, also to listen, so that whispering needs no second question of
   * the browser) or changes what it is.
   */
  async function supervise(call_id: string, mode: SuperviseMode): Promise<boolean> {
    const running = current.value?.id === call_id && current.value.role === 'supervisor'
    return run('supervise', async () => {
      const sdp = by_browser.value && !running ? await leg.offer() : null
      let view: CallView
      try {
        view = await api.supervise(call_id, mode)
      } catch (cause) {
        if (sdp !== null) letGoOfMedia()
        throw cause
      }
      live.takeNew(view)
      if (sdp === null) return view
      claimMedia(view.id)
      await live.request({ type: 'answer', call_id: view.id, sdp })
      return undefined // what is newer has been pushed
    })
  }

  return {
    current, ringing, by_browser, elsewhere, pending, error, wrap_call, media_of,
    leg_state: leg.state, muted: leg.muted, sent: levels.sent, received: levels.received, sound_blocked: levels.blocked,
    unblockSound: levels.unblock,
    answer,
    reject: () => { ringer.stop(); return onCurrent('reject', (call_id) => live.request({ type: 'reject', call_id })) },
    hold: () => onCurrent('hold', api.hold),
    resume: () => onCurrent('resume', api.resume),
    pauseRecording: (on: boolean) => onCurrent('recording', (id) => api.pauseRecording(id, on)),
    hangUp: () => onCurrent('hangup', api.hangUp),
    transfer: (target: Transfer) => onCurrent('transfer', (id) => api.transfer(id, target)),
    consult: (target: Transfer) => onCurrent('consult', (id) => api.consult(id, target)),
    completeTransfer: () => onCurrent('complete', (id) => api.consultStep(id, 'complete')),
    conference: () => onCurrent('conference', (id) => api.consultStep(id, 'conference')),
    swap: () => onCurrent('swap', (id) => api.consultStep(id, 'swap')),
    endConsult: () => onCurrent('end', (id) => api.consultStep(id, 'end')),
    dial, may_dial, dial_error, supervise,
    setMuted: leg.setMuted,
    sendDigit: async (digit: string) => leg.sendDigits(digit) || onCurrent('digits', (id) => api.sendDigits(id, digit)),
    wrapDone: () => { wrap_call.value = null },
    clearError: () => { error.value = null },
    release,
  }
})
