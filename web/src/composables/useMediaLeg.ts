// SPDX-License-Identifier: Apache-2.0
// One audio leg of this browser: microphone → RTCPeerConnection → loudspeaker. The browser offers, the voice node answers
// (ICE-lite, one candidate, DTLS-SRTP). G.711 only, so that the node can relay without decoding; telephone-event for DTMF.
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'

export type LegState = 'idle' | 'microphone' | 'offering' | 'connecting' | 'connected' | 'interrupted' | 'failed' | 'closed'
export type MicrophoneProblem = 'mic_denied' | 'mic_missing' | 'mic_busy' | 'mic_insecure' | 'mic_failed'

export class MicrophoneError extends Error {
  constructor(readonly code: MicrophoneProblem) {
    super(code)
    this.name = 'MicrophoneError'
  }
}

export interface MediaLeg {
  state: Ref<LegState>
  muted: Ref<boolean>
  local: ShallowRef<MediaStream | null>
  remote: ShallowRef<MediaStream | null>
  /** Opens the microphone and returns the offer, candidates included. Throws MicrophoneError. */
  offer: () => Promise<string>
  /** Applies the voice node's answer; false when this leg waits for none: then the answer is another window's. */
  accept: (sdp: string) => Promise<boolean>
  setMuted: (muted: boolean) => void
  /** RFC 4733; false when this browser or the answer has no telephone-event: the caller then sends digits by API. */
  sendDigits: (digits: string) => boolean
  close: () => void
}

/** Host candidates come at once; the limit is for machines with a dead interface that never finishes. */
const GATHERING_MAX_MS = 1_500
const DIGIT_MS = 120
const DIGIT_GAP_MS = 70

function problemOf(cause: unknown): MicrophoneProblem {
  const name = cause instanceof Error || cause instanceof DOMException ? cause.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'mic_denied'
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'mic_missing'
  if (name === 'NotReadableError' || name === 'AbortError') return 'mic_busy'
  return 'mic_failed'
}

/** What the voice node knows and nothing else; which of them it takes is its own choice ([media] codecs, and the other party's). */
export function preferredCodecs<T extends { mimeType: string; clockRate: number }>(codecs: T[]): T[] {
  const order = ['opus/48000', 'g722/8000', 'pcma/8000', 'pcmu/8000', 'telephone-event/48000', 'telephone-event/8000']
  return order.flatMap((name) => codecs.filter((c) => `${c.mimeType}/${c.clockRate}`.toLowerCase() === `audio/${name}`))
}

function gathered(connection: RTCPeerConnection): Promise<void> {
  if (connection.iceGatheringState === 'complete') return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHERING_MAX_MS)
    connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState !== 'complete') return
      clearTimeout(timer)
      resolve()
    })
  })
}

async function openMicrophone(): Promise<MediaStream> {
  // Browsers hide mediaDevices on pages that are not HTTPS (or localhost).
  if (!navigator.mediaDevices?.getUserMedia) throw new MicrophoneError('mic_insecure')
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    })
  } catch (cause) {
    throw new MicrophoneError(problemOf(cause))
  }
}

export function useMediaLeg(): MediaLeg {
  const state = ref<LegState>('idle')
  const muted = ref(false)
  const local = shallowRef<MediaStream | null>(null)
  const remote = shallowRef<MediaStream | null>(null)
  let connection: RTCPeerConnection | null = null

  function dismantle(): void {
    connection?.close()
    connection = null
    local.value?.getTracks().forEach((track) => track.stop())
    local.value = null
    remote.value = null
  }

  function follow(current: RTCPeerConnection): void {
    current.onconnectionstatechange = () => {
      if (connection !== current) return
      if (current.connectionState === 'connected') state.value = 'connected'
      else if (current.connectionState === 'disconnected') state.value = 'interrupted'
      else if (current.connectionState === 'failed') state.value = 'failed'
    }
    current.ontrack = (event) => {
      if (connection === current) remote.value = event.streams[0] ?? new MediaStream([event.track])
    }
  }

  async function offer(): Promise<string> {
    dismantle()
    state.value = 'microphone'
    let stream: MediaStream
    try {
      stream = await openMicrophone()
    } catch (cause) {
      state.value = 'failed'
      throw cause
    }
    const current = new RTCPeerConnection({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' })
    connection = current
    local.value = stream
    state.value = 'offering'
    follow(current)
    const track = stream.getAudioTracks()[0]
    if (!track) throw new MicrophoneError('mic_missing')
    track.enabled = !muted.value
    const transceiver = current.addTransceiver(track, { direction: 'sendrecv', streams: [stream] })
    const codecs = preferredCodecs(RTCRtpReceiver.getCapabilities?.('audio')?.codecs ?? [])
    if (codecs.length > 0) transceiver.setCodecPreferences?.(codecs)
    await current.setLocalDescription(await current.createOffer())
    await gathered(current)
    const sdp = current.localDescription?.sdp
    if (connection !== current || !sdp) throw new Error('the leg was closed while it was being set up')
    return sdp
  }

  async function accept(sdp: string): Promise<boolean> {
    if (!connection || connection.signalingState !== 'have-local-offer') return false
    if (state.value === 'offering') state.value = 'connecting'
    await connection.setRemoteDescription({ type: 'answer', sdp })
    return true
  }

  function setMuted(value: boolean): void {
    muted.value = value
    local.value?.getAudioTracks().forEach((track) => { track.enabled = !value })
  }

  function sendDigits(digits: string): boolean {
    const sender = connection?.getSenders().find((s) => s.track?.kind === 'audio')
    if (!sender?.dtmf?.canInsertDTMF || connection?.connectionState !== 'connected') return false
    sender.dtmf.insertDTMF(sender.dtmf.toneBuffer + digits, DIGIT_MS, DIGIT_GAP_MS)
    return true
  }

  function close(): void {
    dismantle()
    muted.value = false
    state.value = 'closed'
  }

  return { state, muted, local, remote, offer, accept, setMuted, sendDigits, close }
}
