import { astronomer } from './astronomer/index.ts'
import type { Importer, ImportSource } from './contract.ts'
import { dex } from './dex/index.ts'
import { flaskoidc } from './flaskoidc/index.ts'
import { oauth2Proxy } from './oauth2-proxy/index.ts'
import { stackable } from './stackable/index.ts'
import { withoutSecrets } from './without-secrets.ts'

/** The tools whose configuration can be imported. A new one needs a file and a line here. */
export const importers: Readonly<Record<ImportSource, Importer>> = {
  dex: careful(dex),
  'oauth2-proxy': careful(oauth2Proxy),
  flaskoidc: careful(flaskoidc),
  astronomer: careful(astronomer),
  stackable: careful(stackable),
}

/** An importer whose result has no secret, whatever it missed. */
function careful(importer: Importer): Importer {
  return { ...importer, read: (files) => withoutSecrets(importer.read(files), files) }
}
