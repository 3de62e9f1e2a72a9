// SPDX-License-Identifier: Apache-2.0
// Speech through a node's media plane over real sockets: what comes out is compared with what went in, on a clean path and on
// one that loses 5 % and delays by up to 60 ms, with concealment and without. The losses are the same ones each time.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import test from 'node:test'
import { binary } from './lib/server.mjs'

const quality = (...options) => new Promise((resolve, reject) => {
  execFile(binary, ['bench', 'quality', '--seconds', '8', '--json', ...options], { timeout: 50_000 }, (error, stdout, stderr) => {
    if (error) reject(new Error(`bench quality ${options.join(' ')}: ${error.message} ${stderr}`))
    else resolve(JSON.parse(stdout.trim().split('\n').at(-1)))
  })
})
const bad = ['--loss', '0.05', '--jitter', '60']

test('speech keeps its quality', { timeout: 120_000 }, async (t) => {
  const [clean, concealed, silenced] = await Promise.all([quality(), quality(...bad), quality(...bad, '--no-concealment')])
  const show = (name, figures) => Object.entries(figures).map(([way, f]) => `${way} ${f.correlation} ${f.snr_db} dB, by pieces ${f.piece_correlation} ${f.spectral_distance_db} dB`).forEach((line) => t.diagnostic(`${name}: ${line}`))
  show('clean', clean)
  show('5 % lost, 60 ms', concealed)
  show('the same, not concealed', silenced)

  await t.test('relay, transcoding, conference and recording on a clean path', () => {
    for (const way of ['relayed', 'recorded', 'conference', 'pcma_to_g722', 'g722_to_pcma']) {
      assert.ok(clean[way].correlation > 0.995, `${way}: correlation ${clean[way].correlation}`)
      assert.ok(clean[way].snr_db > 25, `${way}: SNR ${clean[way].snr_db} dB`)
      assert.ok(clean[way].delay_ms <= 110, `${way}: ${clean[way].delay_ms} ms`)
    }
    for (const way of ['pcma_to_opus', 'opus_to_pcma']) { // keeps the sound, not the wave
      assert.ok(clean[way].correlation > 0.88, `${way}: correlation ${clean[way].correlation}`)
      assert.ok(clean[way].spectral_distance_db < 4, `${way}: spectra ${clean[way].spectral_distance_db} dB apart`)
    }
  })

  await t.test('losses are concealed', () => {
    for (const way of ['conference', 'pcma_to_g722', 'g722_to_pcma']) {
      // The G.722 decoder's own way back after a gap outweighs what is put into it: there it must not be worse.
      const least = silenced[way].piece_correlation + (way === 'g722_to_pcma' ? -0.01 : 0.002)
      assert.ok(concealed[way].piece_correlation > least, `${way}: ${concealed[way].piece_correlation}, not concealed ${silenced[way].piece_correlation}`)
      if (way === 'g722_to_pcma') continue
      assert.ok(concealed[way].spectral_distance_db < silenced[way].spectral_distance_db - 0.08, `${way}: spectra ${concealed[way].spectral_distance_db} dB apart, not concealed ${silenced[way].spectral_distance_db}`)
    }
    for (const way of ['conference', 'pcma_to_g722', 'g722_to_pcma', 'pcma_to_opus', 'opus_to_pcma'])
      assert.ok(concealed[way].piece_correlation > clean[way].piece_correlation - 0.05, `${way}: ${concealed[way].piece_correlation}, clean ${clean[way].piece_correlation}`)
  })

  await t.test('what is only passed on or recorded lacks no more than was lost', () => {
    for (const way of ['relayed', 'recorded']) assert.ok(concealed[way].piece_correlation > 0.97, `${way}: ${concealed[way].piece_correlation}`)
  })
})
