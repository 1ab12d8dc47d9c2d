import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { BerReader, BerWriter, FilterParser } from 'ldapts'

/** An LDAP directory that says what a test wants, also what no real one would: in this process, on loopback. */
export interface LdapServer {
  port: number
  /** What it was told, in order. */
  binds: { dn: string; password: string; secure: boolean }[]
  searches: { base: string; filter: string }[]
  connections(): number
  /** All bytes that came in clear text. */
  clearText(): string
  close(): Promise<void>
}

export interface Result {
  code: number
  message?: string
  /** Milliseconds until it answers. */
  after?: number
}

export interface TestEntry {
  dn: string
  attributes: Readonly<Record<string, readonly (string | Buffer)[]>>
}

export interface LdapServerOptions {
  /** Success unless it says otherwise. */
  onBind?: (dn: string, password: string) => Result
  onSearch?: (asked: { base: string; filter: string }) => readonly TestEntry[] | Result
  /** Speaks TLS at once, or when it is asked to. */
  certificate?: { certificate: string; privateKey: string }
  startTls?: 'never' | 'when asked' | 'and says more'
}

const tags = { bind: 0x60, unbind: 0x42, search: 0x63, extended: 0x77 }
const answers = { bind: 0x61, entry: 0x64, searchDone: 0x65, extended: 0x78 }

export async function startLdapServer(options: LdapServerOptions = {}): Promise<LdapServer> {
  const { onBind = () => ({ code: 0 }), onSearch = () => [], certificate, startTls } = options
  const binds: LdapServer['binds'] = []
  const searches: LdapServer['searches'] = []
  const sockets = new Set<Socket>()
  let clear = ''
  let connections = 0

  const server = createServer({ noDelay: true }, (socket) => {
    connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    if (certificate && startTls === undefined) serve(secured(socket, certificate), true)
    else serve(socket, false)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    port: (server.address() as AddressInfo).port,
    binds,
    searches,
    connections: () => connections,
    clearText: () => clear,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }

  function serve(socket: Socket, secure: boolean): void {
    let received = Buffer.alloc(0)
    socket.on('error', () => {})
    const take = (data: Buffer) => {
      if (!secure) clear += data.toString('latin1')
      received = Buffer.concat([received, data])
      for (;;) {
        const reader = new BerReader(received)
        if (reader.readSequence() === null || reader.remain < reader.length) return
        const end = reader.offset + reader.length
        const message = new BerReader(received.subarray(reader.offset, end))
        received = received.subarray(end)
        answer(socket, message, { secure, take })
      }
    }
    socket.on('data', take)
  }

  function answer(
    socket: Socket,
    message: BerReader,
    { secure, take }: { secure: boolean; take: (data: Buffer) => void },
  ): void {
    const id = message.readInt() ?? 0
    const operation = message.readSequence()
    if (operation === tags.bind) {
      message.readInt()
      const dn = message.readString() ?? ''
      const password = message.readString(0x80) ?? ''
      binds.push({ dn, password, secure })
      const result = onBind(dn, password)
      later(result, () => socket.write(resultMessage(id, answers.bind, result)))
    } else if (operation === tags.search) {
      const base = message.readString() ?? ''
      message.readEnumeration()
      message.readEnumeration()
      message.readInt()
      message.readInt()
      message.readBoolean()
      const filter = String(FilterParser.parse(message))
      searches.push({ base, filter })
      const found = onSearch({ base, filter })
      if ('code' in found) {
        later(found, () => socket.write(resultMessage(id, answers.searchDone, found)))
        return
      }
      for (const entry of found) socket.write(entryMessage(id, entry))
      socket.write(resultMessage(id, answers.searchDone, { code: 0 }))
    } else if (operation === tags.extended) {
      const agreed = resultMessage(id, answers.extended, { code: certificate && startTls !== 'never' ? 0 : 2 })
      // The beginning of an answer "success" to what will be asked under TLS.
      const more = Buffer.from('30820100020101610a0a01000400', 'hex')
      socket.write(startTls === 'and says more' ? Buffer.concat([agreed, more]) : agreed)
      if (!certificate || startTls === 'never') return
      socket.removeListener('data', take)
      serve(secured(socket, certificate), true)
    } else if (operation === tags.unbind) socket.end()
  }
}

function secured(socket: Socket, { certificate, privateKey }: { certificate: string; privateKey: string }): TLSSocket {
  return new TLSSocket(socket, { isServer: true, cert: certificate, key: privateKey })
}

function later({ after }: Result, work: () => void): void {
  if (after === undefined) work()
  else setTimeout(work, after)
}

function resultMessage(id: number, tag: number, { code, message = '' }: Result): Buffer {
  const writer = new BerWriter()
  writer.startSequence()
  writer.writeInt(id)
  writer.startSequence(tag)
  writer.writeEnumeration(code)
  writer.writeString('')
  writer.writeString(message)
  writer.endSequence()
  writer.endSequence()
  return writer.buffer
}

function entryMessage(id: number, { dn, attributes }: TestEntry): Buffer {
  const writer = new BerWriter()
  writer.startSequence()
  writer.writeInt(id)
  writer.startSequence(answers.entry)
  writer.writeString(dn)
  writer.startSequence()
  for (const [name, values] of Object.entries(attributes)) {
    writer.startSequence()
    writer.writeString(name)
    writer.startSequence(0x31)
    for (const value of values) writer.writeBuffer(Buffer.from(value as string), 0x04)
    writer.endSequence()
    writer.endSequence()
  }
  writer.endSequence()
  writer.endSequence()
  writer.endSequence()
  return writer.buffer
}
