/** Opens connections to a directory: the first of its servers that answers, over TLS before anything is said. */
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { BerReader, Client } from 'ldapts'
import { AppError } from '../../errors.ts'
import { own } from '../../maps.ts'
import { certificateCodes } from '../provider-answers.ts'

/** How TLS is spoken: at once, or after a first request in clear text (RFC 4511 section 4.14). */
export type Security = 'plain' | 'ldaps' | 'starttls'

export interface DirectoryAddress {
  host: string
  port: number
}

export interface DirectoryServers {
  /** Asked in this order. */
  servers: readonly DirectoryAddress[]
  security: Security
  /** Whose certificates are believed, and the one that this server shows. */
  tls: ConnectionOptions
}

export interface Connection {
  client: Client
  /** `host:port`, for people. */
  server: string
  /** Hangs up. Never throws. */
  close(): void
}

/** Milliseconds until a server is taken to be silent, and for all that is asked on one connection. */
const connectWithin = 3_000
const askWithin = 5_000
const openAtMost = 10_000
/** Bytes: an entry has a few kilobytes, and a thousand groups less than a megabyte. */
const mostReceived = 16 * 2 ** 20

/** LDAPMessage with the ExtendedRequest for 1.3.6.1.4.1.1466.20037, and with messageID 1. */
const startTlsRequest = Buffer.concat([
  Buffer.from('301d02010177188016', 'hex'),
  Buffer.from('1.3.6.1.4.1.1466.20037', 'latin1'),
])

/** Connects to the first server that answers. Throws `provider-unreachable`, `certificate-untrusted`, `directory-refuses-tls`. */
export async function openDirectory({ servers, ...how }: DirectoryServers): Promise<Connection> {
  let failure: unknown
  for (const address of servers) {
    try {
      return connectionOver(await openSocket(address, how), address)
    } catch (error) {
      // What is wrong with the first one is said: the others only stand in for it.
      failure ??= error
    }
  }
  throw failure
}

function connectionOver(socket: Socket, { host, port }: DirectoryAddress): Connection {
  const shown = host.includes(':') ? `[${host}]` : host
  let isTaken = false
  const client = new Client({
    // Read for nothing: the socket is there.
    url: `ldap://${shown}:${port}`,
    timeout: askWithin,
    connectTimeout: connectWithin,
    // ldapts opens a connection anew when one has ended; that one would be without TLS.
    createConnection: () => {
      if (isTaken) throw new Error('the connection has ended')
      isTaken = true
      return socket
    },
  })
  const deadline = setTimeout(() => socket.destroy(new Error('it took too long')), openAtMost)
  deadline.unref()
  socket.on('data', () => {
    if (socket.bytesRead > mostReceived) socket.destroy(new Error('the answer is too large'))
  })
  return {
    client,
    server: `${shown}:${port}`,
    close: () => {
      clearTimeout(deadline)
      client.unbind().catch(() => {})
      // Nobody waits for a peer that does not read.
      socket.destroySoon()
    },
  }
}

async function openSocket(
  address: DirectoryAddress,
  { security, tls }: Pick<DirectoryServers, 'security' | 'tls'>,
): Promise<Socket> {
  const { host, port } = address
  const at = `${host}:${port}`
  const socket = connectTcp({ host, port, noDelay: true })
  // An error may come when nobody waits any more.
  socket.on('error', () => {})
  const names = { host, ...(isIP(host) === 0 ? { servername: host } : {}) }
  try {
    await within(socket, 'connect', 'TCP')
    if (security === 'plain') return socket
    if (security === 'starttls') await askForTls(socket)
    const secure = connectTls({ ...tls, ...names, socket })
    secure.on('error', () => {})
    await within(secure, 'secureConnect', 'TLS')
    return secure
  } catch (cause) {
    socket.destroy()
    throw explained(cause, at)
  }
}

function explained(cause: unknown, server: string): AppError {
  if (cause instanceof AppError) return cause
  const { code, message: reason } = cause as NodeJS.ErrnoException
  return new AppError(own(certificateCodes, code ?? '') ?? 'provider-unreachable', { server, reason }, { cause })
}

function within(socket: Socket, event: 'connect' | 'secureConnect', hop: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`no answer within ${connectWithin / 1000} s (${hop})`))
      socket.destroy()
    }, connectWithin)
    socket.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    socket.once('close', () => {
      clearTimeout(timer)
      reject(new Error(`it hung up (${hop})`))
    })
    socket.once(event, () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/**
 * Sends the request and reads its answer, and not a byte more: what somebody on the way writes behind it in clear text must not be
 * taken for what the directory says under TLS. ldapts would keep such bytes, so it gets the connection afterwards.
 */
function askForTls(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0)
    const settle = (outcome: () => void) => {
      clearTimeout(timer)
      socket.removeListener('data', read)
      socket.removeListener('close', ended)
      socket.pause()
      outcome()
    }
    const ended = () => settle(() => reject(new Error('it hung up (StartTLS)')))
    const timer = setTimeout(
      () => settle(() => reject(new Error(`no answer within ${connectWithin / 1000} s (StartTLS)`))),
      connectWithin,
    )
    const read = (data: Buffer) => {
      received = Buffer.concat([received, data])
      const answer = startTlsAnswer(received)
      if (answer === 'incomplete') return
      if (answer === 'agreed') settle(resolve)
      else settle(() => reject(new AppError('directory-refuses-tls', { reason: answer })))
    }
    socket.on('data', read)
    socket.once('close', ended)
    socket.write(startTlsRequest)
  })
}

/** `agreed`, `incomplete`, or why it is a refusal. */
function startTlsAnswer(bytes: Buffer): string {
  if (bytes.length > 4_096) return 'its answer is too long'
  const reader = new BerReader(bytes)
  try {
    const tag = reader.readSequence()
    if (tag === null || reader.remain < reader.length) return 'incomplete'
    if (reader.remain > reader.length) return 'it said more than its answer, in clear text'
    reader.readInt()
    reader.readSequence()
    const code = reader.readEnumeration()
    return code === 0 ? 'agreed' : `it answered with the result code ${code ?? 'none'}`
  } catch (error) {
    return `its answer cannot be read (${error instanceof Error ? error.message : error})`
  }
}
