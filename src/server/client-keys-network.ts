import { publicRoute, type Surroundings } from '../config/network.ts'
import type { Config } from '../config/schema.ts'
import { createFetch, type Fetch } from '../outgoing.ts'

/** Milliseconds; people wait for it when the address at which a client publishes its keys is slow. */
const timeout = 5_000

/** How the addresses are called at which clients publish their keys: as the `network` of the configuration says. */
export function createFetchOfClientKeys(config: Config, surroundings: Surroundings): Fetch {
  // Most configurations have no such client, and need no certificates for it.
  let made: Fetch | undefined
  const make = () => createFetch({ ...publicRoute(config, surroundings), timeout })
  return async (url, init) => {
    made ??= make()
    return made(url, init)
  }
}
