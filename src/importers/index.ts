import { unusedAnswers } from './answers.ts'
import { astronomer } from './astronomer/index.ts'
import {
  effects,
  type ImportAnswers,
  type Imported,
  type Importer,
  type ImportFile,
  type ImportSource,
  type NotCarried,
  UnreadableImport,
} from './contract.ts'
import { dex } from './dex/index.ts'
import { explained } from './explained.ts'
import { flaskoidc } from './flaskoidc/index.ts'
import { isGatehouse } from './foreign-file.ts'
import { oauth2Proxy } from './oauth2-proxy/index.ts'
import { stackable } from './stackable/index.ts'
import { refuseTemplates, refuseTemplatesIn } from './template.ts'
import { withoutSecrets } from './without-secrets.ts'

/** The tools whose configuration can be imported. A new one needs a file and a line here. */
export const importers: Readonly<Record<ImportSource, Importer>> = {
  dex: careful(dex),
  'oauth2-proxy': careful(oauth2Proxy),
  flaskoidc: careful(flaskoidc),
  astronomer: careful(astronomer),
  stackable: careful(stackable),
}

/**
 * An importer whose result has no secret, whatever it missed; that refuses templates, and says what a file is that it cannot read; that uses or
 * names every answer, and tells what matters most first.
 */
function careful(importer: Importer): Importer {
  return {
    ...importer,
    read: (given, answers = {}) => {
      const files = given.map((file) => ({ ...file, text: withoutMark(file.text) }))
      const imported = readOrExplain(importer, files, answers)
      refuseTemplatesIn(imported.config, importer.source, files)
      const notCarried = [...imported.notCarried, ...unusedAnswers(imported.config, answers)]
      const clean = withoutSecrets({ ...imported, notCarried }, files, importer.harmless)
      return { ...clean, notCarried: byEffect(clean.notCarried) }
    },
  }
}

/** Some editors begin a file with a mark of its encoding. */
function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '')
}

function readOrExplain({ source, read }: Importer, files: readonly ImportFile[], answers: ImportAnswers): Imported {
  const ready = files.find(isGatehouse)
  if (ready) throw new UnreadableImport(ready.name, 'is a gatehouse.yaml already: gatehouse check reads it')
  refuseTemplates(source, files, answers)
  try {
    return read(files, answers)
  } catch (error) {
    throw error instanceof UnreadableImport ? explained(error, source, files) : error
  }
}

function byEffect(list: readonly NotCarried[]): NotCarried[] {
  return effects.flatMap((effect) => list.filter((entry) => (entry.effect ?? 'setting') === effect))
}
