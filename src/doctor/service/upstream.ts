import type { Check, Outcome, ServiceContext } from '../contract.ts'
import { ok, problem, skipped, warning } from '../outcome.ts'
import { reasonOf } from '../probe.ts'

/** Checks that HTTP is spoken where the gate sends the requests that it allows. Asks for a head without credentials: any answer will do. */
export const upstream: Check<'service'> = {
  id: 'upstream',
  title: 'The service answers',
  run: look,
}

type Hop = 'DNS' | 'TCP' | 'HTTP'

/** What a proxy or a load balancer says when there is nobody behind it. */
const nobodyBehind = [502, 503, 504]

async function look({ name, service, reach, head }: ServiceContext): Promise<Outcome> {
  if (service.upstream === undefined)
    return skipped('it has no upstream: another proxy asks the gate and forwards requests itself')
  const { hostname, protocol, port } = new URL(service.upstream)
  const host = hostname.replace(/^\[|\]$/g, '')
  const address = { host, port: Number(port) || (protocol === 'https:' ? 443 : 80) }
  const shown = `${address.host}:${address.port}`
  const hops: Record<string, string> = {}
  try {
    hops['TCP'] = await reach(address)
    const status = await head(service.upstream)
    hops['HTTP'] = String(status)
    if (!nobodyBehind.includes(status)) return ok(hops)
    const remedy =
      'Look at what is behind the proxy that answers there, or start the service: it says itself that nobody answers.'
    return warning('upstream-unreachable', { upstream: shown, ...hops }, remedy)
  } catch (error) {
    const hop = failingHop(hops, error)
    const evidence = { upstream: shown, ...hops, 'failing hop': hop, reason: reasonOf(error) }
    return problem('upstream-unreachable', evidence, remedies[hop](`services.${name}.upstream`))
  }
}

function failingHop(hops: Readonly<Record<string, string>>, error: unknown): Hop {
  if (hops['TCP'] !== undefined) return 'HTTP'
  return error instanceof Error && 'syscall' in error && error.syscall === 'getaddrinfo' ? 'DNS' : 'TCP'
}

/** What to do, by the hop that fails. */
const remedies: Record<Hop, (path: string) => string> = {
  DNS: (path) => `Correct the host name in ${path}, or make it known where the gate runs (DNS, /etc/hosts).`,
  TCP: (path) => `Start the service, correct ${path}, or open the network path to it (firewall, NetworkPolicy).`,
  HTTP: (path) =>
    `Correct the scheme (http or https) or the port in ${path}, restart the service if it hangs; a certificate must be of a public authority or of one in network.ca.`,
}
