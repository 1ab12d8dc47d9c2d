import { productClients } from '../../provider/clients.ts'
import { configOption, type Declare, jsonOption } from '../command.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'
import { withDirectory } from '../with-directory.ts'

export const declareList: Declare = (command, { surroundings, finish }) => {
  command
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  gatehouse clients list')
    .action(async ({ config, json }: { config: string; json: boolean }) => {
      finish(await listClients({ file: config, json }, surroundings))
    })
}

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
