import { astronomer } from './astronomer/index.ts'
import type { Importer, ImportSource } from './contract.ts'
import { dex } from './dex/index.ts'
import { flaskoidc } from './flaskoidc/index.ts'
import { oauth2Proxy } from './oauth2-proxy/index.ts'
import { stackable } from './stackable/index.ts'

/** The tools whose configuration can be imported. A new one needs a file and a line here. */
export const importers: Readonly<Record<ImportSource, Importer>> = {
  dex,
  'oauth2-proxy': oauth2Proxy,
  flaskoidc,
  astronomer,
  stackable,
}
