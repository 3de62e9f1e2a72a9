// SPDX-License-Identifier: Apache-2.0
// A wire to the server that a test can cut: a TCP relay on a port of its own.
import net from 'node:net'

export class Wire {
  static async to(url) {
    const wire = new Wire()
    const { hostname, port } = new URL(url)
    wire.sockets = new Set()
    wire.whole = true
    wire.server = net.createServer((near) => {
      if (!wire.whole) return near.destroy()
      const far = net.connect(Number(port), hostname)
      for (const [one, other] of [[near, far], [far, near]]) {
        wire.sockets.add(one)
        one.pipe(other)
        one.on('error', () => other.destroy())
        one.on('close', () => {
          wire.sockets.delete(one)
          other.destroy()
        })
      }
    })
    await new Promise((resolve) => wire.server.listen(0, '127.0.0.1', resolve))
    wire.url = `https://127.0.0.1:${wire.server.address().port}`
    return wire
  }
  /** Every connection breaks off, new ones are refused. */
  cut() {
    this.whole = false
    for (const socket of this.sockets) socket.destroy()
  }
  mend() {
    this.whole = true
  }
  close() {
    this.cut()
    this.server.close()
  }
}
