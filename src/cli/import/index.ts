import { astronomer } from './astronomer.ts'
import type { Importer, ImportSource } from './contract.ts'
import { dex } from './dex.ts'
import { flaskoidc } from './flaskoidc.ts'
import { oauth2Proxy } from './oauth2-proxy.ts'
import { stackable } from './stackable.ts'

/** Whose configuration can be imported. A new one is a file and a line here. */
export const importers: Readonly<Record<ImportSource, Importer>> = {
  dex,
  'oauth2-proxy': oauth2Proxy,
  flaskoidc,
  astronomer,
  stackable,
}
