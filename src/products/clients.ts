/** A product as providers see it, from its settings. Nothing here writes files, so that the server loads no renderer. */
import { optionsOf, type Product } from '../config/schema.ts'
import { clients } from './client-kinds.ts'
import type { ClientKind, ClientProfile, ProductSettings } from './contract.ts'
import { parseVersion } from './writing/version.ts'

/** What the configuration says about a product, with defaults; the version is empty for a kind without versions. */
export function settingsOf(product: Product): ProductSettings {
  const { versions } = clients[product.product]
  return { product, options: optionsOf(product), version: parseVersion(product.version ?? versions?.newest ?? '') }
}

/** The client that a product is. */
export function profileOf(product: Product, settings = settingsOf(product)): ClientProfile {
  const client: ClientKind = clients[product.product]
  return client.profile(settings)
}
