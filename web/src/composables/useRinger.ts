// SPDX-License-Identifier: Apache-2.0
// The ringing sound, made with WebAudio: two soft notes every three seconds, audible but bearable for eight hours.
import { sharedAudioContext } from './useAudioLevels'

export interface Ringer { start: () => void; stop: () => void }

const EVERY_MS = 3000
const NOTES = [ { hz: 660, at: 0 }, { hz: 880, at: 0.22 }, { hz: 660, at: 0.8 }, { hz: 880, at: 1.02 } ]
const VOLUME = 0.16

function strike(audio: AudioContext): void {
  for (const note of NOTES) {
    const from = audio.currentTime + note.at
    const tone = audio.createOscillator()
    const gain = audio.createGain()
    tone.frequency.value = note.hz
    gain.gain.setValueAtTime(0, from)
    gain.gain.linearRampToValueAtTime(VOLUME, from + 0.015)
    gain.gain.exponentialRampToValueAtTime(0.0005, from + 0.42)
    tone.connect(gain).connect(audio.destination)
    tone.start(from)
    tone.stop(from + 0.45)
  }
}

export function useRinger(): Ringer {
  let timer: ReturnType<typeof setInterval> | undefined
  function ring(): void {
    const audio = sharedAudioContext()
    if (!audio) return
    // Suspended until the first touch of the page; after that it rings from the next stroke on.
    void audio.resume()
    if (audio.state === 'running') strike(audio)
  }
  return {
    start() {
      if (timer) return
      ring()
      timer = setInterval(ring, EVERY_MS)
    },
    stop() {
      clearInterval(timer)
      timer = undefined
    },
  }
}
