/** Helm values of Astronomer Software, and the variables of Houston that say the same. */
import type { ImportAnswers, Imported, Importer, ImportFile } from '../contract.ts'
import { SettingsTree } from '../settings-tree.ts'
import type { Findings } from './findings.ts'
import { harmless, reportLeft } from './left.ts'
import { readProduct } from './product.ts'
import { type ImportedProvider, readProviders } from './providers.ts'
import { readFiles } from './values.ts'

export const astronomer: Importer = {
  source: 'astronomer',
  harmless,
  title: 'Helm values of Astronomer Software, and environment files of Houston',
  read,
}

function read(files: readonly ImportFile[], answers: ImportAnswers = {}): Imported {
  const { values, places, notCarried, where } = readFiles(files)
  const found: Findings = {
    tree: new SettingsTree(values),
    places,
    secretNames: new Set(),
    where,
    answers,
    notCarried,
    comments: [],
  }
  const providers = readProviders(found)
  const product = readProduct(found, providers)
  const { scim } = product['astronomer'] as Record<string, unknown>
  reportLeft(found, scim !== undefined || providers.some(({ secret }) => hasReference(secret)))
  const { classes, secrets } = classesAndSecrets(providers)
  return {
    config: {
      ...(Object.keys(classes).length > 0 ? { authenticationClasses: classes } : {}),
      products: { astronomer: product },
      ...(Object.keys(secrets).length > 0 ? { secrets } : {}),
    },
    comments: [
      { path: [], text: `Imported from ${files.map(({ name }) => name).join(', ')} of Astronomer Software.` },
      ...found.comments,
    ],
    notCarried: found.notCarried,
  }
}

/** Whether the rendered `houston.secret` names it. */
function hasReference(secret: ImportedProvider['secret']): boolean {
  return secret['clientSecret'] !== undefined || secret['clientIdVariable'] !== undefined
}

function classesAndSecrets(providers: readonly ImportedProvider[]) {
  const classes = Object.fromEntries(providers.map(({ className, oidc: facts }) => [className, { oidc: facts }]))
  const secrets = Object.fromEntries(providers.map(({ secretName, secret }) => [secretName, secret]))
  return { classes, secrets }
}
