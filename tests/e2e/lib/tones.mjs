// SPDX-License-Identifier: Apache-2.0
// Who hears whom, measured: everybody says a tone of their own, and of what each hears the share of each tone is taken.
import assert from 'node:assert/strict'
import { until } from './server.mjs'
import { alaw } from './wav.mjs'

/** In the page, before its own scripts: keeps its peer connections, to listen to what they bring. */
export function keepEars() {
  window.connections = []
  const Original = window.RTCPeerConnection
  window.RTCPeerConnection = class extends Original {
    constructor(...args) {
      super(...args)
      window.connections.push(this)
    }
  }
  /** Loudness of each tone in what the newest connection brings, in dB of full scale. */
  window.tonesHeard = (hertz) => {
    const connection = window.connections.at(-1)
    const track = connection?.getReceivers()[0]?.track
    if (!track || connection.connectionState === 'closed') return hertz.map(() => -200)
    if (window.ear?.track !== track) {
      const context = window.ear?.context ?? new AudioContext()
      const analyser = new AnalyserNode(context, { fftSize: 16_384, smoothingTimeConstant: 0 })
      context.createMediaStreamSource(new MediaStream([track])).connect(analyser)
      window.ear = { track, context, analyser }
    }
    const { context, analyser } = window.ear
    const bins = new Float32Array(analyser.frequencyBinCount)
    analyser.getFloatFrequencyData(bins)
    const width = context.sampleRate / analyser.fftSize
    return hertz.map((one) => Math.max(...bins.subarray(Math.round(one / width) - 2, Math.round(one / width) + 3)))
  }
}

const audible = -45 // dB of full scale; a microphone's tone of -11 dB comes as about -20
const silent = -62

/** An ear of a browser page: true for each tone that is heard, false for one that is not, undefined for in between. */
export const pageEar = (page) => async (tones) =>
  (await page.evaluate((hertz) => window.tonesHeard(hertz), tones)).map((level) => (level > audible ? true : level < silent ? false : undefined))
/** The same of an RTP end that listen()s. */
export const rtpEar = (end) => async (tones) => {
  const samples = Float64Array.from(Buffer.concat(end.kept.slice(-20)), (value) => alaw(value))
  return tones.map((hertz) => levelOf(samples, hertz)).map((level) => (level > audible ? true : level < silent ? false : undefined))
}

/** Loudness of a tone in dB of full scale (Goertzel). */
function levelOf(samples, hertz) {
  const step = (2 * Math.PI * hertz) / 8_000
  let re = 0
  let im = 0
  samples.forEach((sample, i) => {
    re += sample * Math.cos(step * i)
    im += sample * Math.sin(step * i)
  })
  return samples.length < 3_200 ? -200 : 20 * Math.log10((2 * Math.hypot(re, im)) / samples.length + 1e-10)
}

/**
 * Waits until everybody hears whom they should and nobody else, three times in a row. `people`: {name: {hertz, ear}}, `wanted`:
 * {name: 'names of whom they hear'}.
 */
export async function hearing(what, people, wanted) {
  const names = Object.keys(people)
  const tones = names.map((name) => people[name].hertz)
  let seen
  let right = 0
  const look = async () => {
    seen = Object.fromEntries(await Promise.all(Object.keys(wanted).map(async (name) => {
      const heard = await people[name].ear(tones)
      return [name, names.filter((other, i) => other !== name && heard[i] !== false).map((other) => (heard[names.indexOf(other)] ? other : `${other}?`)).join(' ')]
    })))
    right = JSON.stringify(seen) === JSON.stringify(wanted) ? right + 1 : 0
    return right >= 3
  }
  try {
    await until(what, look, 12_000, 120)
  } catch {
    assert.deepEqual(seen, wanted, what)
  }
}
