import { unusedAnswers } from './answers.ts'
import { astronomer } from './astronomer/index.ts'
import { effects, type Importer, type ImportSource, type NotCarried } from './contract.ts'
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

/** An importer whose result has no secret, whatever it missed, uses or names every answer, and tells what matters most first. */
function careful(importer: Importer): Importer {
  return {
    ...importer,
    read: (files, answers = {}) => {
      const imported = importer.read(files, answers)
      const notCarried = [...imported.notCarried, ...unusedAnswers(imported.config, answers)]
      const clean = withoutSecrets({ ...imported, notCarried }, files)
      return { ...clean, notCarried: byEffect(clean.notCarried) }
    },
  }
}

function byEffect(list: readonly NotCarried[]): NotCarried[] {
  return effects.flatMap((effect) => list.filter((entry) => (entry.effect ?? 'setting') === effect))
}
