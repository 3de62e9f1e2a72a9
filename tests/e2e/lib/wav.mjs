// SPDX-License-Identifier: Apache-2.0
// Reads the recorder's WAV files: G.711 A-law (6), µ-law (7) or PCM (1).
export function alaw(value) {
  const v = value ^ 0x55
  let t = (v & 0x0f) << 4
  const segment = (v & 0x70) >> 4
  t = segment === 0 ? t + 8 : segment === 1 ? t + 0x108 : (t + 0x108) << (segment - 1)
  return (v & 0x80 ? t : -t) / 32768
}

function ulaw(value) {
  const v = ~value & 0xff
  let t = ((v & 0x0f) << 3) + 0x84
  t <<= (v & 0x70) >> 4
  return (v & 0x80 ? 0x84 - t : t - 0x84) / 32768
}

/** `growing`: its writer has not closed it yet, so that its header does not know the length. */
export function readWav(bytes, { growing = false } = {}) {
  if (bytes.toString('latin1', 0, 4) !== 'RIFF') throw new Error('no RIFF file')
  let at = 12
  let format
  while (at + 8 <= bytes.length) {
    const name = bytes.toString('latin1', at, at + 4)
    const size = bytes.readUInt32LE(at + 4)
    if (name === 'fmt ') format = { tag: bytes.readUInt16LE(at + 8), channels: bytes.readUInt16LE(at + 10), rate: bytes.readUInt32LE(at + 12), bits: bytes.readUInt16LE(at + 22) }
    if (name === 'data') {
      const data = growing ? bytes.subarray(at + 8) : bytes.subarray(at + 8, at + 8 + size)
      const frame = (format.channels * format.bits) / 8
      const frames = Math.floor(data.length / frame)
      const sample = (channel, i) => {
        const offset = i * frame + (channel * format.bits) / 8
        return format.tag === 6 ? alaw(data[offset]) : format.tag === 7 ? ulaw(data[offset]) : data.readInt16LE(offset) / 32768
      }
      return { ...format, frames, seconds: frames / format.rate, sample }
    }
    at += 8 + size + (size & 1)
  }
  throw new Error('no data chunk')
}

/** Root mean square of a channel between two times in seconds, 0..1. */
export function rms(wav, channel, from = 0, to = wav.seconds) {
  const first = Math.max(0, Math.floor(from * wav.rate))
  const last = Math.min(wav.frames, Math.floor(to * wav.rate))
  let sum = 0
  for (let i = first; i < last; ++i) sum += wav.sample(channel, i) ** 2
  return last > first ? Math.sqrt(sum / (last - first)) : 0
}
