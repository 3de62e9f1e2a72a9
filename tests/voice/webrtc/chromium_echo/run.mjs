// SPDX-License-Identifier: Apache-2.0
// Real Chromium against the engine: calls are set up, both sides hear the other, and each side sees the other hang up.
// node run.mjs PATH/webrtc_chromium_echo [calls=4] [seconds=12]; exit code 0 when all of it held.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const [program, calls = '4', seconds = '12'] = process.argv.slice(2);
if (!program) throw new Error('usage: run.mjs PATH/webrtc_chromium_echo [calls] [seconds]');
const web = process.env.PLAYWRIGHT_FROM ?? fileURLToPath(new URL('../../../../web/package.json', import.meta.url));
const { chromium } = createRequire(web)('playwright-core');

// ---- the engine
const engine = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
const said = [];
const waiting = [];
createInterface({ input: engine.stdout }).on('line', (line) => {
  const at = waiting.findIndex((w) => line.startsWith(w.prefix));
  if (at < 0) said.push(line);
  else waiting.splice(at, 1)[0].take(line);
});
/** The first line with this prefix, said already or still to come. */
const hear = (prefix, limit_ms = 20000) => {
  const at = said.findIndex((line) => line.startsWith(prefix));
  if (at >= 0) return Promise.resolve(said.splice(at, 1)[0]);
  return new Promise((take, give_up) => {
    const timer = setTimeout(() => give_up(new Error(`nothing said: "${prefix}"; heard: ${said.join(' | ')}`)), limit_ms);
    waiting.push({ prefix, take: (line) => (clearTimeout(timer), take(line)) });
  });
};
const tell = (line) => engine.stdin.write(line + '\n');

let failed = 0;
const expect = (right, what) => {
  console.log(`${right ? 'ok  ' : 'FAIL'} ${what}`);
  if (!right) failed += 1;
};

// ---- the browser
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
    '--allow-loopback-in-peer-connection', '--autoplay-policy=no-user-gesture-required', '--no-first-run',
    '--disable-background-networking', '--disable-component-update'],
});
try {
  console.log(await hear('ready'), browser.version());
  const page = await (await browser.newContext({ permissions: ['microphone'] })).newPage();
  await page.route('http://localhost/**', (route) => route.fulfill({ contentType: 'text/html', body: '<html></html>' }));
  await page.goto('http://localhost/');
  await page.exposeFunction('answerOf', async (leg, sdp) => {
    tell(`offer ${leg} ${sdp.replaceAll('\r\n', '\\n')}`);
    const [, , codec, ...answer] = (await hear(`answer ${leg} `)).split(' ');
    console.log(`leg ${leg}: ${codec}`);
    return answer.join(' ').replaceAll('\\n', '\r\n');
  });
  await page.evaluate(() => {
    window.calls = {};
    /** `only`: mime types to offer; everything Chromium has when empty. */
    window.call = async (leg, only) => {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
      const pc = new RTCPeerConnection();
      const call = (window.calls[leg] = { pc, peak: 0 });
      const transceiver = pc.addTransceiver(stream.getAudioTracks()[0], { direction: 'sendrecv', streams: [stream] });
      if (only.length > 0) {
        transceiver.setCodecPreferences(
          RTCRtpReceiver.getCapabilities('audio').codecs.filter((codec) => only.includes(codec.mimeType)));
      }
      pc.ontrack = (event) => {
        const audio = new Audio();
        audio.srcObject = event.streams[0] ?? new MediaStream([event.track]);
        audio.muted = true;
        audio.play();
        const context = new AudioContext();
        const analyser = context.createAnalyser();
        context.createMediaStreamSource(audio.srcObject).connect(analyser);
        const samples = new Float32Array(analyser.fftSize);
        setInterval(() => {
          analyser.getFloatTimeDomainData(samples);
          for (const sample of samples) call.peak = Math.max(call.peak, Math.abs(sample));
        }, 40);
      };
      await pc.setLocalDescription();
      await pc.setRemoteDescription({ type: 'answer', sdp: await window.answerOf(leg, pc.localDescription.sdp) });
    };
    window.state = async (leg) => {
      const { pc, peak } = window.calls[leg];
      const out = { connection: pc.connectionState, peak };
      for (const report of (await pc.getStats()).values()) {
        if (report.type === 'inbound-rtp') Object.assign(out, { received: report.packetsReceived, lost: report.packetsLost });
        if (report.type === 'outbound-rtp') out.sent = report.packetsSent;
        if (report.type === 'transport') Object.assign(out, { srtp: report.srtpCipher, dtls: report.dtlsCipher });
        if (report.type === 'remote-inbound-rtp') Object.assign(out, { round_trip: report.roundTripTime, told_lost: report.packetsLost });
      }
      return out;
    };
  });

  const legs = [...Array(+calls).keys()].map((i) => i + 1);
  const started = Date.now();
  await Promise.all(legs.map(async (leg) => {
    const only = leg % 3 === 0 ? ['audio/PCMU', 'audio/telephone-event'] : [];
    await page.evaluate(([l, o]) => window.call(l, o), [leg, only]);
    await hear(`connected ${leg}`);
  }));
  expect(true, `${legs.length} calls connected within ${Date.now() - started} ms`);
  await new Promise((done) => setTimeout(done, +seconds * 1000));

  for (const leg of legs) {
    const there = await page.evaluate((l) => window.state(l), leg);
    tell(`stats ${leg}`);
    const [received, sent, lost, refused, round_trip, peak] = (await hear(`stats ${leg} `)).split(' ').slice(2).map(Number);
    console.log(`leg ${leg}: browser`, JSON.stringify(there), 'engine', JSON.stringify({ received, sent, lost, refused, round_trip, peak }));
    const enough = +seconds * 50 * 0.9;
    expect(there.connection === 'connected' && /GCM/.test(there.srtp), `leg ${leg}: connected with AES-GCM`);
    expect(peak > 0.01 && received > enough && lost === 0 && refused === 0, `leg ${leg}: the engine hears the browser`);
    expect(there.peak > 0.01 && there.received > enough && there.lost === 0, `leg ${leg}: the browser hears the engine`);
    expect(+seconds < 6 || (there.round_trip !== undefined && there.told_lost === 0), `leg ${leg}: the browser had our report`);
  }

  const [first, ...rest] = legs;
  await page.evaluate((l) => window.calls[l].pc.close(), first);
  expect((await hear(`lost ${first} `)).includes('closed'), `leg ${first}: the engine sees the browser hang up at once`);
  for (const leg of rest) {
    tell(`close ${leg}`);
    await hear(`closed ${leg}`);
    // Chromium shows a close_notify in the DTLS transport; the connection's own state follows only when ICE gives up.
    const gone = await page.waitForFunction((l) => window.calls[l].pc.getSenders()[0].transport.state === 'closed', leg,
      { timeout: 5000 }).then(() => true, () => false);
    expect(gone, `leg ${leg}: the browser sees the engine hang up`);
  }
} catch (error) {
  expect(false, error.stack);
} finally {
  await browser.close();
  engine.stdin.end();
}
console.log(failed === 0 ? 'all held' : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
