// SPDX-License-Identifier: Apache-2.0
// Stand-ins for the browser's WebSocket and RTCPeerConnection, and plain values for the API.
import { vi } from 'vitest'
import type { AgentStatus, CallView, Contact, Wallboard } from '@/api/types'

export class FakeSocket {
  static all: FakeSocket[] = []
  static get last(): FakeSocket { return FakeSocket.all.at(-1)! }
  readyState = 0
  sent: Record<string, unknown>[] = []
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: (() => void) | null = null
  onerror: (() => void) | null = null
  constructor(readonly url: string) { FakeSocket.all.push(this) }
  send(text: string): void { this.sent.push(JSON.parse(text) as Record<string, unknown>) }
  close(): void { this.readyState = 3 }
  open(): void { this.readyState = 1; this.onopen?.() }
  receive(message: unknown): void { this.onmessage?.({ data: JSON.stringify(message) }) }
  lose(): void { this.readyState = 3; this.onclose?.() }
}

export class FakeTrack { enabled = true; kind = 'audio'; stopped = false; stop(): void { this.stopped = true } }
export class FakeStream {
  tracks = [new FakeTrack()]
  getTracks(): FakeTrack[] { return this.tracks }
  getAudioTracks(): FakeTrack[] { return this.tracks }
}

export class FakePeer extends EventTarget {
  static all: FakePeer[] = []
  static get last(): FakePeer { return FakePeer.all.at(-1)! }
  iceGatheringState = 'complete'
  connectionState = 'new'
  signalingState = 'stable'
  localDescription: { sdp: string } | null = null
  remote: string | null = null
  closed = false
  codecs: { mimeType: string; clockRate: number }[] = []
  dtmf = { canInsertDTMF: true, toneBuffer: '', insertDTMF: vi.fn() }
  onconnectionstatechange: (() => void) | null = null
  ontrack: ((event: unknown) => void) | null = null
  private sender: { track: FakeTrack | null; dtmf: unknown } = { track: null, dtmf: this.dtmf }
  constructor() { super(); FakePeer.all.push(this) }
  addTransceiver(track: FakeTrack): { setCodecPreferences: (codecs: { mimeType: string; clockRate: number }[]) => void } {
    this.sender.track = track
    return { setCodecPreferences: (codecs) => { this.codecs = codecs } }
  }
  getSenders(): unknown[] { return [this.sender] }
  createOffer(): Promise<unknown> { return Promise.resolve({ type: 'offer', sdp: 'offer-sdp' }) }
  setLocalDescription(): Promise<void> { this.localDescription = { sdp: `offer-${FakePeer.all.length}` }; this.signalingState = 'have-local-offer'; return Promise.resolve() }
  setRemoteDescription(answer: { sdp: string }): Promise<void> { this.remote = answer.sdp; this.signalingState = 'stable'; return Promise.resolve() }
  become(state: string): void { this.connectionState = state; this.onconnectionstatechange?.() }
  close(): void { this.closed = true }
}

export function stubMedia(getUserMedia: () => Promise<unknown> = () => Promise.resolve(new FakeStream())): void {
  FakePeer.all = []
  vi.stubGlobal('RTCPeerConnection', FakePeer)
  vi.stubGlobal('RTCRtpReceiver', { getCapabilities: () => ({ codecs: [
    { mimeType: 'audio/opus', clockRate: 48000 }, { mimeType: 'audio/telephone-event', clockRate: 48000 }, { mimeType: 'audio/PCMU', clockRate: 8000 },
    { mimeType: 'audio/telephone-event', clockRate: 8000 }, { mimeType: 'audio/PCMA', clockRate: 8000 },
  ] }) })
  vi.stubGlobal('AudioContext', undefined)
  Object.defineProperty(navigator, 'mediaDevices', { configurable: true, value: { getUserMedia: vi.fn(getUserMedia) } })
}

export function stubSockets(): void {
  FakeSocket.all = []
  vi.stubGlobal('WebSocket', FakeSocket)
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } })
}

export const agent = (part: Partial<AgentStatus> = {}): AgentStatus => ({
  id: '8001', number: '8001', name: 'Lin', team: 'one', state: 'ready', since_ms: 1000, device: 'browser', queues: ['general'], ...part,
})

export const call = (part: Partial<CallView> = {}): CallView => ({
  id: '77', state: 'offered', channel: 'phone', role: 'agent', revision: 1, direction: 'inbound', from: '13806041234', to: '1000', started_ms: 1000, offered_ms: 2000, ...part,
})

export const contact = (part: Partial<Contact> = {}): Contact => ({
  id: '5', channel: 'phone', direction: 'inbound', from: '2087654', to: '112', started_ms: Date.now(), outcome: 'answered', wait_ms: 4000, talk_ms: 65_000, ...part,
})

const trunk = (name: string, in_use: number, channels_max: number): Wallboard['trunks'][number] => {
  const figures = { in_use, channels_max, in: in_use, out: 0, refused: 0 }
  return { name, ...figures, nodes: [{ node: 'voice1', ...figures }] }
}
export const board = (part: Partial<Wallboard> = {}): Wallboard => ({
  at_ms: 100_000, threshold_s: 20, agents: { ready: 2, busy: 3 }, trunks: [trunk('city', 5, 10)], calls: { live: 4, ivr: 1, queued: 1, talking: 2 },
  queues: [{ id: '1', code: 'general', name: { en: 'General' }, waiting: 1, longest_wait_ms: 5000, ready: 2, offered: 10, answered: 8, abandoned: 2, short_abandoned: 0, service_level: 0.8 }], ...part,
})

/** Lets pending promises settle. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 12; i++) await Promise.resolve()
}
