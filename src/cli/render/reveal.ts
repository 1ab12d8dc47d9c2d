import type { Config } from '../../config/schema.ts'
import { resolveSecret } from '../../config/secret-reference.ts'
import { AppError } from '../../errors.ts'
import { own } from '../../maps.ts'
import type { ExpectedVariable } from '../../products/contract.ts'
import type { Reveal } from '../../products/output/format.ts'
import { clientSecretOf } from '../../provider/clients.ts'
import { existingSealer } from '../../server/state.ts'

export interface SecretSurroundings {
  config: Config
  /** Folder that relative paths of the configuration start from. */
  baseDir: string
  env: Readonly<Record<string, string | undefined>>
}

/**
 * Values of the variables that products expect: from `secrets`, derived by Gatehouse for its own clients, or from the variable
 * of the same name in our environment. Throws `secret-not-found` when a value is nowhere.
 */
export function createReveal(surroundings: SecretSurroundings): Reveal {
  return (product, variable) => {
    if (variable.derived) {
      return clientSecretOf(product, { ...surroundings, sealer: existingSealer(surroundings) })
    }
    const reference = variable.from && configuredValue(surroundings.config, variable.from)
    if (reference !== undefined) return resolveSecret(reference, surroundings).reveal()
    const value = own(surroundings.env, variable.name)
    if (value === undefined || value === '') {
      throw new AppError('secret-not-found', { environmentVariable: variable.name, product })
    }
    return value
  }
}

function configuredValue(
  config: Config,
  { secretName, key }: NonNullable<ExpectedVariable['from']>,
): string | undefined {
  const entry: Readonly<Record<string, unknown>> = config.secrets[secretName] ?? {}
  const value = own(entry, key) ?? own(config.secrets[secretName]?.users ?? {}, key)
  return typeof value === 'string' ? value : undefined
}
