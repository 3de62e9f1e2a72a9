// SPDX-License-Identifier: Apache-2.0
// Goal: the offer is what the voice node expects, microphone problems are told apart, nothing keeps the microphone open.
import { expect, test, vi } from 'vitest'
import { preferredCodecs, useMediaLeg } from '@/composables/useMediaLeg'
import { loudness } from '@/composables/useAudioLevels'
import { FakePeer, FakeStream, settle, stubMedia } from '../fakes'

test('offers what the voice node knows, wide-band first, and nothing else', async () => {
  stubMedia()
  const leg = useMediaLeg()
  expect(await leg.offer()).toBe('offer-1')
  expect(FakePeer.last.codecs.map((codec) => codec.mimeType)).toEqual([
    'audio/opus', 'audio/PCMA', 'audio/PCMU', 'audio/telephone-event', 'audio/telephone-event'])
  expect(FakePeer.last.codecs.slice(3).map((codec) => codec.clockRate)).toEqual([48000, 8000])
  expect(preferredCodecs([{ mimeType: 'audio/CN', clockRate: 8000 }, { mimeType: 'audio/red', clockRate: 48000 }])).toEqual([])
})

test('goes from offering through connecting to connected', async () => {
  stubMedia()
  const leg = useMediaLeg()
  await leg.offer()
  expect(leg.state.value).toBe('offering')
  await leg.accept('answer')
  expect(leg.state.value).toBe('connecting')
  FakePeer.last.become('connected')
  expect(leg.state.value).toBe('connected')
  FakePeer.last.become('disconnected')
  expect(leg.state.value).toBe('interrupted')
})

test('an answer that was not asked for changes nothing, and is said to be so', async () => {
  stubMedia()
  const leg = useMediaLeg()
  await leg.offer()
  expect(await leg.accept('first')).toBe(true)
  expect(await leg.accept('second')).toBe(false)
  expect(FakePeer.last.remote).toBe('first')
})

test('an offer is made even when gathering never ends', async () => {
  vi.useFakeTimers()
  stubMedia()
  vi.stubGlobal('RTCPeerConnection', class extends FakePeer { override iceGatheringState = 'gathering' })
  const leg = useMediaLeg()
  const offered = leg.offer()
  await settle()
  vi.advanceTimersByTime(1500)
  expect(await offered).toBe('offer-1')
})

test.each([
  ['NotAllowedError', 'mic_denied'], ['NotFoundError', 'mic_missing'], ['NotReadableError', 'mic_busy'], ['TypeError', 'mic_failed'],
])('%s of the browser is %s', async (name, code) => {
  stubMedia(() => Promise.reject(new DOMException('', name)))
  const leg = useMediaLeg()
  await expect(leg.offer()).rejects.toMatchObject({ code })
  expect(leg.state.value).toBe('failed')
})

test('a page without https is told so', async () => {
  stubMedia()
  Object.defineProperty(navigator, 'mediaDevices', { configurable: true, value: undefined })
  await expect(useMediaLeg().offer()).rejects.toMatchObject({ code: 'mic_insecure' })
})

test('mute silences the track, also of a leg made anew; close frees the microphone', async () => {
  const streams: FakeStream[] = []
  stubMedia(() => { streams.push(new FakeStream()); return Promise.resolve(streams.at(-1)) })
  const leg = useMediaLeg()
  await leg.offer()
  leg.setMuted(true)
  expect(streams[0]!.tracks[0]!.enabled).toBe(false)
  await leg.offer()
  expect(streams[0]!.tracks[0]!.stopped).toBe(true)
  expect(streams[1]!.tracks[0]!.enabled).toBe(false)
  leg.close()
  expect(streams[1]!.tracks[0]!.stopped).toBe(true)
  expect(FakePeer.last.closed).toBe(true)
  expect(leg.muted.value).toBe(false)
})

test('digits go by RFC 4733 only while connected and possible', async () => {
  stubMedia()
  const leg = useMediaLeg()
  expect(leg.sendDigits('1')).toBe(false)
  await leg.offer()
  FakePeer.last.become('connected')
  expect(leg.sendDigits('5')).toBe(true)
  expect(FakePeer.last.dtmf.insertDTMF).toHaveBeenCalledWith('5', 120, 70)
  FakePeer.last.dtmf.canInsertDTMF = false
  expect(leg.sendDigits('5')).toBe(false)
})

test('loudness: silence is 0, full scale 1, quiet speech in between', () => {
  expect(loudness(new Float32Array(64))).toBe(0)
  expect(loudness(new Float32Array(64).fill(1))).toBe(1)
  expect(loudness(new Float32Array(64).fill(0.03))).toBeCloseTo(0.49, 1)
})
