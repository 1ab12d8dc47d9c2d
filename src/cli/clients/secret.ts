import { didYouMean } from '../../config/did-you-mean.ts'
import { AppError } from '../../errors.ts'
import { own } from '../../maps.ts'
import { clientSecretOf } from '../../provider/clients.ts'
import { compareKeyWithStore, existingSealer } from '../../server/state.ts'
import { configFiles, type Declare } from '../command.ts'
import { loadOrExplain } from '../configured.ts'
import { explainError, warnOfUnread } from '../explain-error.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'

export const declareSecret: Declare = (command, { surroundings, finish }) => {
  command.argument('<product>', 'name under products')
  const files = configFiles(command)
  command
    .addHelpText('after', '\nExample:\n  export SUPERSET_CLIENT_SECRET="$(gatehouse clients secret superset)"')
    .action(async (product: string) => {
      finish(await showClientSecret({ files: files(), product }, surroundings))
    })
}

function nearest(product: string, known: readonly string[]): string {
  return known.includes(product) ? '' : didYouMean(product, known)
}

/**
 * `gatehouse clients secret PRODUCT`: prints the client secret that the product needs, and nothing else. Creates no store; one that is
 * there says whether the key is its own.
 */
export async function showClientSecret(
  { files, product }: { files: readonly string[]; product: string },
  surroundings: Surroundings,
): Promise<ExitStatus> {
  const loaded = loadOrExplain(files, surroundings)
  if (!loaded) return 2
  const { config, baseDir } = loaded
  const context = { config, baseDir, env: surroundings.env }
  try {
    const uses = own(config.products, product)?.authentication.some(
      ({ authenticationClass }) => authenticationClass === 'gatehouse',
    )
    if (!uses)
      throw new AppError('client-unknown', { product: product + nearest(product, Object.keys(config.products)) })
    // Only a derived secret needs the key, and so the store.
    let derived = false
    const sealer = {
      derive: (label: string) => {
        derived = true
        return existingSealer(context).derive(label)
      },
    }
    const secret = clientSecretOf(product, { ...context, sealer })
    if (derived) warnOfUnread(await compareKeyWithStore(context), surroundings)
    surroundings.stdout(`${secret}\n`)
    return 0
  } catch (error) {
    explainError(error, surroundings)
    return 1
  }
}
