import { proxyFor, publicTrust, type Surroundings, tlsOptions } from '../config/network.ts'
import type { Config } from '../config/schema.ts'
import { createFetch, type Fetch } from '../outgoing.ts'

/** Milliseconds; people wait for it when the address at which a client publishes its keys is slow. */
const timeout = 5_000

/** How the addresses are called at which clients publish their keys: as the `network` of the configuration says. */
export function createFetchOfClientKeys(config: Config, surroundings: Surroundings): Fetch {
  const { env } = surroundings
  // Most configurations have no such client, and need no certificates for it.
  let made: Fetch | undefined
  const make = () =>
    createFetch({
      tls: tlsOptions(publicTrust(config, surroundings)),
      ...(config.network.proxy === undefined ? {} : { proxyFor: (url) => proxyFor(url, config, env) }),
      timeout,
    })
  return async (url, init) => {
    made ??= make()
    return made(url, init)
  }
}
