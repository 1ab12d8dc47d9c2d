/** Products that are one client at one provider. What one of them needs there can keep the other out. */
import { clientCredentialsOf } from '../../config/client-credentials.ts'
import type { ConfigForProducts, ProductInput, ProductProblem } from '../contract.ts'
import { warning } from '../writing/problem.ts'

/** Products that send PKCE, by a client that several products are; worked out once for a configuration, which may have a thousand. */
const knownSenders = new WeakMap<ConfigForProducts, ReadonlyMap<string, readonly string[]>>()

const namedAtMost = 3

/**
 * A warning for a product that sends no PKCE, where another one is the same client: it lets the provider require PKCE.
 *
 * @param sendsPkce whether a product of the configuration does.
 */
export function sharedClientProblems(
  config: ConfigForProducts,
  input: ProductInput,
  { title, sendsPkce }: { title: string; sendsPkce: (product: string) => boolean },
): ProductProblem[] {
  if (input.profile.sendsPkce) return []
  const senders = knownSenders.get(config) ?? sendersIn(config, sendsPkce)
  knownSenders.set(config, senders)
  return input.providers.flatMap(({ className, clientId, clientIdVariable, path }) => {
    const others = senders.get(keyOf(className, clientIdVariable ?? clientId)) ?? []
    if (others.length === 0) return []
    const whose = others.length === 1 ? 'its' : 'their'
    const reason = `${whose} REGISTER.md lets the provider require PKCE, and ${title} sends none`
    const client = `shares the client ${JSON.stringify(clientId)} at ${className} with ${named(others)}`
    return [
      warning(
        'client-shared',
        path,
        `${client}: ${reason}, so that one of them could not sign in. Register a client for each`,
      ),
    ]
  })
}

function named(others: readonly string[]): string {
  const rest = others.length - namedAtMost
  return rest > 0 ? `${others.slice(0, namedAtMost).join(', ')} and ${rest} more` : others.join(' and ')
}

function sendersIn(config: ConfigForProducts, sendsPkce: (product: string) => boolean): Map<string, string[]> {
  const uses = Object.entries(config.products).flatMap(([name, { authentication }]) =>
    authentication
      .filter(({ oidc }) => oidc?.clientCredentialsSecret !== undefined)
      .map(({ authenticationClass, oidc }) => {
        const { clientId, clientIdVariable } = clientCredentialsOf(config, name, oidc)
        return { name, key: keyOf(authenticationClass, clientIdVariable ?? clientId) }
      }),
  )
  const products = [...Map.groupBy(uses, ({ key }) => key)].map(
    ([key, group]) => [key, [...new Set(group.map(({ name }) => name))]] as const,
  )
  const shared = products.filter(([, names]) => names.length > 1)
  return new Map(shared.map(([key, names]) => [key, names.filter(sendsPkce)]))
}

function keyOf(className: string, client: string): string {
  return JSON.stringify([className, client])
}
