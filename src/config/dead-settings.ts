/** What a server reads and what cannot work all the same: `check` warns, `serve` starts with it. */
import { own } from '../maps.ts'
import type { PathProblem } from './problem.ts'
import type { Config } from './schema.ts'

export function deadSettings(config: Config): PathProblem[] {
  return clientProblems(config)
}

const warning = (path: PathProblem['path'], message: string): PathProblem => ({ severity: 'warning', path, message })

/** One client id at one provider with two secrets: one of them is wrong. */
function clientProblems({ login, products, secrets }: Config): PathProblem[] {
  const entries = [
    ...login.map(({ authenticationClass, oidc }, index) => ({ at: ['login', index], authenticationClass, oidc })),
    ...Object.entries(products).flatMap(([name, { authentication }]) =>
      authentication.map(({ authenticationClass, oidc }, index) => ({
        at: ['products', name, 'authentication', index],
        authenticationClass,
        oidc,
      })),
    ),
  ]
  const first = new Map<string, { at: string; secret: string | undefined }>()
  return entries.flatMap(({ at, authenticationClass, oidc }) => {
    const named = oidc?.clientCredentialsSecret
    const { clientId, clientSecret } = (named === undefined ? undefined : own(secrets, named)) ?? {}
    if (clientId === undefined || clientSecret === undefined) return []
    const key = JSON.stringify([authenticationClass, clientId])
    const before = first.get(key)
    if (before === undefined) first.set(key, { at: at.join('.'), secret: clientSecret })
    if (before === undefined || before.secret === clientSecret) return []
    const message = `has the client id of ${before.at} at ${authenticationClass} and another secret: a client has one, so one of the two is probably wrong`
    return [warning([...at, 'oidc', 'clientCredentialsSecret'], message)]
  })
}
