import { AppError } from '../errors.ts'
import { clientSecretOf, productClients } from '../provider/clients.ts'
import { configuredSealer } from '../server/state.ts'
import { loadOrExplain } from './configured.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'
import { explainError, withDirectory } from './with-directory.ts'

/** `gatehouse clients list`: the products that sign in through this server, and where they may return to. */
export function listClients(
  { file, json }: { file: string; json: boolean },
  surroundings: Surroundings,
): Promise<ExitStatus> {
  return withDirectory(file, surroundings, async ({ config, baseDir, sealer }) => {
    const clients = productClients({ config, env: surroundings.env, baseDir, sealer }).map(({ product, metadata }) => ({
      product,
      clientId: metadata.client_id,
      redirectUris: metadata.redirect_uris,
      postLogoutRedirectUris: metadata.post_logout_redirect_uris ?? [],
    }))
    if (json) surroundings.stdout(`${JSON.stringify(clients)}\n`)
    else if (clients.length === 0) {
      surroundings.stdout('No product has the authenticationClass gatehouse.\n')
    } else {
      for (const { product, clientId, redirectUris } of clients) {
        surroundings.stdout(
          `${product}  client id ${clientId}\n${redirectUris.map((uri) => `  returns to ${uri}\n`).join('')}`,
        )
      }
    }
    return 0
  })
}

/** `gatehouse clients secret PRODUCT`: prints the client secret that the product needs, and nothing else. Opens no store. */
export async function showClientSecret(
  { file, product }: { file: string; product: string },
  surroundings: Surroundings,
): Promise<ExitStatus> {
  const loaded = loadOrExplain([file], surroundings)
  if (!loaded) return 2
  const { config, baseDir } = loaded
  const context = { config, baseDir, env: surroundings.env }
  try {
    const uses = config.products[product]?.authentication.some(
      ({ authenticationClass }) => authenticationClass === 'gatehouse',
    )
    if (!uses) throw new AppError('client-unknown', { product })
    const sealer = configuredSealer(context, { makesKey: false })
    surroundings.stdout(`${clientSecretOf(product, { ...context, sealer })}\n`)
    return 0
  } catch (error) {
    return explainError(error, surroundings)
  }
}
