// SPDX-License-Identifier: Apache-2.0
// Tones in sound: what a far end says is known by its frequency.

/** A WAV file of one second of a tone, 16 bits at 48 kHz: a browser's microphone says it again and again. */
export function toneWav(hertz) {
  const rate = 48_000
  const bytes = Buffer.alloc(44 + 2 * rate)
  bytes.write('RIFF')
  bytes.writeUInt32LE(36 + 2 * rate, 4)
  bytes.write('WAVEfmt ', 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(rate, 24)
  bytes.writeUInt32LE(2 * rate, 28)
  bytes.writeUInt16LE(2, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36)
  bytes.writeUInt32LE(2 * rate, 40)
  for (let i = 0; i < rate; ++i) bytes.writeInt16LE(Math.round(9_000 * Math.sin((2 * Math.PI * hertz * i) / rate)), 44 + 2 * i)
  return bytes
}

/** The samples of a WAV's channel in its last `seconds`, -1 to 1. */
export function lastOf(wav, channel, seconds) {
  const first = Math.max(0, wav.frames - Math.round(seconds * wav.rate))
  return Float64Array.from({ length: wav.frames - first }, (_, i) => wav.sample(channel, first + i))
}

/** How much of the power of `samples` is at `hertz`, 0 to 1 (Goertzel); 0 for what is silent (below -50 dB). */
export function toneShare(samples, rate, hertz) {
  let power = 0
  for (const sample of samples) power += sample * sample
  if (samples.length === 0 || Math.sqrt(power / samples.length) < 0.003) return 0
  const step = (2 * Math.PI * hertz) / rate
  let re = 0
  let im = 0
  samples.forEach((sample, i) => {
    re += sample * Math.cos(step * i)
    im += sample * Math.sin(step * i)
  })
  return (2 * (re * re + im * im)) / (samples.length * power)
}
