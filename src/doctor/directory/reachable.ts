import { isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { tlsOptions } from '../../config/network.ts'
import type { Check, DirectoryContext, Outcome } from '../contract.ts'
import { timeLimit } from '../guarded-fetch.ts'
import { ok, problem } from '../outcome.ts'
import { reachTcp, reasonOf } from '../probe.ts'

/** Checks that an LDAP directory, or GitHub, can be reached, and that its certificate is good. Nobody binds: no password is sent. */
export const directoryReachable: Check<'directory'> = {
  id: 'reachability',
  title: 'The directory can be reached',
  run: look,
}

async function look(context: DirectoryContext): Promise<Outcome> {
  const { host, port, trust, path } = context
  const address = `${host}:${port}`
  let reached: string
  try {
    reached = await reachTcp({ host, port })
  } catch (error) {
    return problem(
      'provider-unreachable',
      { asked: address, 'failing hop': 'TCP', reason: reasonOf(error) },
      `Start it, correct hostname and port below ${path}, or open the network path to ${address} (firewall, NetworkPolicy).`,
    )
  }
  if (trust === undefined || trust.kind === 'plain') return ok({ TCP: reached, TLS: 'none' })
  try {
    return ok({ TCP: reached, TLS: await handshake(context, trust) })
  } catch (error) {
    return problem(
      'certificate-untrusted',
      { asked: address, 'failing hop': 'TLS', reason: reasonOf(error) },
      `Compare the certificate of ${address} with tls below ${path}: its authority, its names and its dates, and whether the port speaks TLS at once.`,
    )
  }
}

function handshake({ host, port }: DirectoryContext, trust: Parameters<typeof tlsOptions>[0]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ ...tlsOptions(trust), host, port, ...(isIP(host) === 0 ? { servername: host } : {}) })
    socket.setTimeout(timeLimit, () => socket.destroy(new Error(`no TLS handshake within ${timeLimit / 1000} s`)))
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      resolve(socket.getProtocol() ?? 'TLS')
      socket.destroy()
    })
  })
}
