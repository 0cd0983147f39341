/** Ethernet frames, and a guest's QEMU at the other end of a switch's port. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export const EVERYBODY = 'ff:ff:ff:ff:ff:ff'

/** @param to its target's MAC address, six octets with colons. @param from its source's */
export function frame(to: string, from: string, payload = 'ping'): Buffer {
  const octets = `${to}:${from}`.split(':').map((octet) => parseInt(octet, 16))
  return Buffer.concat([Buffer.from(octets), Buffer.from('0800', 'hex'), Buffer.from(payload)])
}

/** A frame behind its length, as it is on the socket. */
export function framed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** Connects to a port. */
export async function plug(path: string): Promise<Socket> {
  const socket = connect(path)
  await once(socket, 'connect')
  return socket
}

/** Resolves to the next bytes of a socket, as many as are given. */
export function nextBytes(socket: Socket, count: number): Promise<Buffer> {
  let received = Buffer.alloc(0)
  return new Promise((resolve) => {
    socket.on('data', function take(chunk: Buffer) {
      received = Buffer.concat([received, chunk])
      if (received.length < count) return
      socket.off('data', take)
      resolve(received)
    })
  })
}
