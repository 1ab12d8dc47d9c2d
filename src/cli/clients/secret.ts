import { AppError } from '../../errors.ts'
import { own } from '../../maps.ts'
import { clientSecretOf } from '../../provider/clients.ts'
import { existingSealer } from '../../server/state.ts'
import { configOption, type Declare } from '../command.ts'
import { loadOrExplain } from '../configured.ts'
import { explainError } from '../explain-error.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'

export const declareSecret: Declare = (command, { surroundings, finish }) => {
  command
    .argument('<product>', 'name under products')
    .addOption(configOption())
    .addHelpText('after', '\nExample:\n  export SUPERSET_CLIENT_SECRET="$(gatehouse clients secret superset)"')
    .action(async (product: string, { config }: { config: string }) => {
      finish(await showClientSecret({ file: config, product }, surroundings))
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
    const uses = own(config.products, product)?.authentication.some(
      ({ authenticationClass }) => authenticationClass === 'gatehouse',
    )
    if (!uses) throw new AppError('client-unknown', { product })
    // Only a derived secret needs the key.
    const sealer = { derive: (label: string) => existingSealer(context).derive(label) }
    surroundings.stdout(`${clientSecretOf(product, { ...context, sealer })}\n`)
    return 0
  } catch (error) {
    explainError(error, surroundings)
    return 1
  }
}
