import type { Config } from '../../config/schema.ts'
import { resolveSecret } from '../../config/secret-reference.ts'
import { AppError } from '../../errors.ts'
import { own } from '../../maps.ts'
import type { ExpectedVariable } from '../../products/contract.ts'
import type { Reveal } from '../../products/output/format.ts'
import { renderProduct } from '../../products/render-product.ts'
import { clientSecretOf } from '../../provider/clients.ts'
import { compareKeyWithStore, existingSealer } from '../../server/state.ts'

export interface SecretSurroundings {
  config: Config
  /** Folder that relative paths of the configuration start from. */
  baseDir: string
  env: Readonly<Record<string, string | undefined>>
  /** Why nothing may be derived from the key that is here. */
  keyRefused?: AppError | undefined
}

/** What the store says of the key from which secrets of our own clients are derived. */
export interface KeyComparison {
  refused?: AppError
  /** Why it could not be asked. */
  unread?: AppError | undefined
}

/** Asks the store, if one of the products needs the key. `products` are names; empty means all. */
export async function compareKey(
  products: readonly string[],
  surroundings: Omit<SecretSurroundings, 'keyRefused'>,
): Promise<KeyComparison> {
  const { config } = surroundings
  const derives = Object.keys(config.products)
    .filter((name) => products.length === 0 || products.includes(name))
    .flatMap((name) => renderProduct(config, name).variables)
    .some(({ derived }) => derived)
  if (!derives) return {}
  try {
    return { unread: await compareKeyWithStore(surroundings) }
  } catch (error) {
    if (error instanceof AppError) return { refused: error }
    throw error
  }
}

/**
 * Values of the variables that products expect: from `secrets`, derived by Gatehouse for its own clients, or from the variable
 * of the same name in our environment. Throws `secret-not-found` when a value is nowhere, and `keyRefused`.
 */
export function createReveal(surroundings: SecretSurroundings): Reveal {
  return (product, variable) => {
    if (variable.derived) {
      if (surroundings.keyRefused) throw surroundings.keyRefused
      return clientSecretOf(product, { ...surroundings, sealer: existingSealer(surroundings) })
    }
    const { config } = surroundings
    const clientId = variable.from?.key === 'clientId' && own(config.secrets, variable.from.secretName)?.clientId
    // Not a reference: in a manifest somebody else wrote it, who may not look into our environment.
    if (clientId) return clientId
    const reference = variable.from && configuredValue(config, variable.from)
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
  const entry = own(config.secrets, secretName)
  return own(entry?.users ?? {}, key) ?? (isReferable(key) ? entry?.[key] : undefined)
}

/** The fields of an entry that may be references. */
const referable = ['clientSecret', 'ca.crt', 'user', 'password'] as const

function isReferable(key: string): key is (typeof referable)[number] {
  return referable.some((field) => field === key)
}
