// SPDX-License-Identifier: Apache-2.0
// Plays the far end and measures both directions. The figures also stand in window.__hotlineAudio, a diagnostic for
// support and tests: 0..1, `sent`/`received` now (falling slowly), `*_peak` the highest since the leg began.
import { onScopeDispose, ref, watch, type Ref, type ShallowRef } from 'vue'

export interface AudioDiagnostic { sent: number; received: number; sent_peak: number; received_peak: number }

declare global {
  interface Window { __hotlineAudio?: AudioDiagnostic }
}

export interface AudioLevels {
  sent: Ref<number>
  received: Ref<number>
  /** True when the browser refuses to play until somebody touches the page. */
  blocked: Ref<boolean>
  unblock: () => void
}

const EVERY_MS = 80
const FALL = 0.82

let context: AudioContext | null = null

/** One AudioContext a page: browsers allow only a few. */
export function sharedAudioContext(): AudioContext | null {
  if (!context && typeof AudioContext !== 'undefined') context = new AudioContext()
  return context
}

/** Loudness of one block, 0..1, on a scale where ordinary speech fills more than half (-60 dB → 0, 0 dB → 1). */
export function loudness(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  const rms = Math.sqrt(sum / Math.max(1, samples.length))
  if (rms < 0.001) return 0
  return Math.min(1, Math.max(0, 1 + (20 * Math.log10(rms)) / 60))
}

function meter(stream: MediaStream, audio: AudioContext): { read: () => number; stop: () => void } {
  const source = audio.createMediaStreamSource(stream)
  const analyser = audio.createAnalyser()
  analyser.fftSize = 1024
  source.connect(analyser)
  const block = new Float32Array(analyser.fftSize)
  return {
    read() {
      analyser.getFloatTimeDomainData(block)
      return loudness(block)
    },
    stop() { source.disconnect() },
  }
}

export function useAudioLevels(local: ShallowRef<MediaStream | null>, remote: ShallowRef<MediaStream | null>): AudioLevels {
  const sent = ref(0)
  const received = ref(0)
  const blocked = ref(false)
  const peaks = { sent: 0, received: 0 }
  let sent_meter: ReturnType<typeof meter> | null = null
  let received_meter: ReturnType<typeof meter> | null = null
  // Kept outside the document: the sound must survive a change of page.
  const player = typeof Audio === 'undefined' ? null : new Audio()

  function publish(): void {
    window.__hotlineAudio = { sent: sent.value, received: received.value, sent_peak: peaks.sent, received_peak: peaks.received }
  }

  function tick(): void {
    sent.value = Math.max(sent_meter?.read() ?? 0, sent.value * FALL)
    received.value = Math.max(received_meter?.read() ?? 0, received.value * FALL)
    if (sent.value < 0.005) sent.value = 0
    if (received.value < 0.005) received.value = 0
    peaks.sent = Math.max(peaks.sent, sent.value)
    peaks.received = Math.max(peaks.received, received.value)
    publish()
  }

  function unblock(): void {
    void context?.resume()
    if (player?.srcObject) void player.play().then(() => { blocked.value = false }, () => { blocked.value = true })
  }

  let timer: ReturnType<typeof setInterval> | undefined
  function runWhileNeeded(): void {
    clearInterval(timer)
    timer = undefined
    if (sent_meter || received_meter) timer = setInterval(tick, EVERY_MS)
    else { sent.value = 0; received.value = 0; publish() }
  }

  watch(local, (stream) => {
    sent_meter?.stop()
    const audio = stream ? sharedAudioContext() : null
    if (stream) { peaks.sent = 0; peaks.received = 0; void audio?.resume() }
    sent_meter = stream && audio ? meter(stream, audio) : null
    runWhileNeeded()
  }, { flush: 'sync' })

  watch(remote, (stream) => {
    received_meter?.stop()
    const audio = stream ? sharedAudioContext() : null
    received_meter = stream && audio ? meter(stream, audio) : null
    if (player) player.srcObject = stream
    blocked.value = false
    if (stream) unblock()
    runWhileNeeded()
  }, { flush: 'sync' })

  window.addEventListener('pointerdown', unblock)
  window.addEventListener('keydown', unblock)
  onScopeDispose(() => {
    clearInterval(timer)
    sent_meter?.stop()
    received_meter?.stop()
    if (player) player.srcObject = null
    window.removeEventListener('pointerdown', unblock)
    window.removeEventListener('keydown', unblock)
  }, true)

  return { sent, received, blocked, unblock }
}
