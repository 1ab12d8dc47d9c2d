import { clientCredentialsOf } from '../config/client-credentials.ts'
import { githubAddresses, githubTls } from '../config/github.ts'
import { routeTo } from '../config/network.ts'
import { resolveSecret } from '../config/secret-reference.ts'
import { createFetch } from '../outgoing.ts'
import { createGitHubConnector } from './github.ts'
import type { ConnectorMaker } from './making.ts'

/** Profile, addresses that are not public, organisations and teams. A GitHub App has permissions instead, and takes no notice. */
const scopes = ['read:user', 'user:email', 'read:org']

/** The connector of a class of type `github`. Throws `secret-not-found`. */
export const githubConnector: ConnectorMaker<'github'> = (github, { name, entry, config, env, baseDir, clock }) => {
  const { clientId, secretReference } = clientCredentialsOf(config, name, entry.oidc)
  const surroundings = { env, baseDir }
  const { organizations, teams, principalClaim } = github
  return createGitHubConnector({
    name,
    addresses: githubAddresses(github),
    clientId,
    clientSecret: resolveSecret(secretReference ?? '', surroundings).reveal(),
    scopes: [...new Set([...scopes, ...(entry.oidc?.extraScopes ?? [])])],
    principalClaim,
    admission: { organizations, teams },
    clock,
    fetch: createFetch(
      routeTo(config, { tls: githubTls(github), clientCertificate: entry.clientCertificate }, surroundings),
    ),
  })
}
