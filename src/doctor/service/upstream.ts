import type { Check, Outcome, ServiceContext } from '../contract.ts'
import { ok, problem, skipped } from '../outcome.ts'
import { reasonOf } from '../probe.ts'

/** Checks that something listens where the gate sends the requests that it allows. Only opens a connection: the protocol does not matter. */
export const upstream: Check<'service'> = {
  id: 'upstream',
  title: 'The service answers',
  run: look,
}

async function look({ name, service, reach }: ServiceContext): Promise<Outcome> {
  if (service.upstream === undefined)
    return skipped('it has no upstream: another proxy asks the gate and forwards requests itself')
  const { hostname, protocol, port } = new URL(service.upstream)
  const address = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
  }
  try {
    return ok({ TCP: await reach(address) })
  } catch (error) {
    return problem(
      'upstream-unreachable',
      { upstream: `${address.host}:${address.port}`, reason: reasonOf(error) },
      `Start the service, correct services.${name}.upstream, or open the network path to it (firewall, NetworkPolicy).`,
    )
  }
}
