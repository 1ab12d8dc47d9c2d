/** Dex: its configuration, the ConfigMap that holds it, or the list of connectors of Charmed Kubeflow. */

import { isDeepStrictEqual } from 'node:util'
import { parse } from 'yaml'
import type { Data } from '../../formats.ts'
import { isMap, own } from '../../maps.ts'
import {
  fixedSettings,
  headers,
  headersOverTls,
} from '../../products/dex/fixed-settings.ts'
import { dexClientVariable } from '../../products/dex/names.ts'
import {
  type ImportComment,
  type Imported,
  type Importer,
  type ImportFile,
  type NotCarried,
  UnreadableImport,
} from '../contract.ts'
import { renderedImport } from '../rendered-import.ts'
import { SettingsTree } from '../settings-tree.ts'
import { noPlace, settingsBelow, shownBelow, shownSetting } from '../shown-setting.ts'
import { yamlDocuments } from '../yaml-documents.ts'
import { type ImportedConnector, importConnector, type ReadConnector } from './connector.ts'
import { connectorDifferences, fileDifferences } from './differences.ts'

export const dex: Importer = {
  source: 'dex',
  title: 'the configuration of Dex, its ConfigMap, or the connectors of Charmed Kubeflow',
  read,
}

type Tree = Readonly<Record<string, unknown>>

interface DexFile {
  name: string
  data: Tree
  settings: SettingsTree
}

function read(files: readonly ImportFile[]): Imported {
  const found = files.flatMap(filesOf)
  const [first] = files
  if (found.length === 0) {
    throw new UnreadableImport(first?.name ?? '', 'has no configuration of Dex (issuer, connectors, staticClients)')
  }
  const notCarried: NotCarried[] = []
  const connectors = found.flatMap((file) => connectorsOf(file, notCarried))
  const url = found.map(({ settings }) => settings.text(['issuer'])).find((issuer) => issuer !== undefined)
  const clients = found.flatMap((file) => clientsOf(file, notCarried))
  const storage = found.map((file) => storageOf(file, notCarried)).find((type) => type !== undefined)
  for (const file of found) loseTheRest(file, notCarried)
  if (url === undefined) {
    notCarried.push({
      where: found.map(({ name }) => name).join(', '),
      what: 'no issuer of Dex',
      why: 'A product needs the address at which people reach it. Set products.dex.url.',
    })
  }
  const allowedGroups = commonGroups(connectors, notCarried)
  const settings: Record<string, Data> = {
    ...(clients.length > 0 ? { clients } : {}),
    ...(storage === undefined ? {} : { storage }),
    ...(allowedGroups.length > 0 ? { allowedGroups } : {}),
  }
  const config = {
    authenticationClasses: Object.fromEntries(connectors.map((found) => [found.className, found.class])),
    products: {
      dex: {
        product: 'dex',
        ...(url === undefined ? {} : { url: url.replace(/\/+$/, '') }),
        authentication: connectors.map(({ entry }) => entry),
        ...(Object.keys(settings).length > 0 ? { dex: settings } : {}),
      },
    },
    secrets: Object.assign({}, ...connectors.map(({ secrets }) => secrets)) as Record<string, Data>,
  }
  const rendered = renderedDex(config)
  if (rendered) {
    for (const connector of connectors) connectorDifferences(connector, rendered, notCarried)
    for (const { name, data } of found) {
      if (data['issuer'] !== undefined) fileDifferences({ name, data }, rendered, notCarried)
    }
  }
  return { config, comments: [...commentsOf(files, config), ...connectors.flatMap(guessesOf)], notCarried }
}

function renderedDex(config: Readonly<Record<string, Data>>): Tree | undefined {
  const file = renderedImport(config, 'dex')?.find(({ path }) => path === 'dex.yaml')
  const data: unknown = file && parse(file.content)
  return isMap(data) ? data : undefined
}

function guessesOf({ className, guesses = [] }: ImportedConnector): ImportComment[] {
  return guesses.map((text) => ({ path: ['authenticationClasses', className], text }))
}

function commentsOf(
  files: readonly ImportFile[],
  { products, secrets }: { products: { dex: Readonly<Record<string, Data>> }; secrets: Readonly<Record<string, Data>> },
): ImportComment[] {
  const comments: ImportComment[] = [
    { path: [], text: `Imported from ${files.map(({ name }) => name).join(', ')} of Dex.` },
  ]
  if (products.dex['url'] === undefined) {
    comments.push({ path: ['products', 'dex'], text: 'Set url to the issuer of Dex.' })
  }
  for (const [name, secret] of Object.entries(secrets)) {
    if (!isMap(secret) || secret['clientId'] !== 'CLIENT-ID') continue
    comments.push({ path: ['secrets', name, 'clientId'], text: 'Put the client id here.' })
  }
  return comments
}

const known = ['issuer', 'connectors', 'staticClients', 'storage']

function filesOf(file: ImportFile): DexFile[] {
  return yamlDocuments(file).flatMap((data) => settingsOf(file.name, data))
}

function settingsOf(name: string, data: unknown): DexFile[] {
  if (Array.isArray(data)) return [dexFile(name, { connectors: data })]
  if (!isMap(data)) return []
  if (data['kind'] === 'List' && Array.isArray(data['items'])) {
    return data['items'].flatMap((item: unknown) => settingsOf(name, item))
  }
  if (data['kind'] === 'ConfigMap' && isMap(data['data'])) {
    return Object.entries(data['data']).flatMap(([key, inner]) =>
      /\.ya?ml$/.test(key) && typeof inner === 'string' ? filesOf({ name: `${name}: ${key}`, text: inner }) : [],
    )
  }
  return known.some((key) => Object.hasOwn(data, key)) ? [dexFile(name, data)] : []
}

function dexFile(name: string, data: Tree): DexFile {
  return { name, data, settings: new SettingsTree(data) }
}

function connectorsOf({ name, settings }: DexFile, notCarried: NotCarried[]): ReadConnector[] {
  const list = settings.take(['connectors'])
  if (!Array.isArray(list)) return []
  const names = new Set<string>()
  return (list as unknown[]).flatMap((item, index) => {
    const where = `${name}: connectors[${index}]`
    const connector = new SettingsTree(isMap(item) ? item : {})
    const type = connector.text(['type']) ?? ''
    const id = connector.text(['id']) ?? type
    const config = connector.take(['config'])
    const found = importConnector({ type, id, config: isMap(config) ? config : {}, where }, notCarried)
    if (!found) return []
    const title = connector.text(['name'])
    if (title !== undefined && title !== found.className) {
      notCarried.push({
        where: `${where}.name`,
        what: title,
        why: `Dex now shows the name of the class, ${found.className}. Rename the class if people know it by another name.`,
      })
    }
    if (names.has(found.className)) {
      notCarried.push({
        where,
        what: `a second ${found.className}`,
        why: 'Names of classes are unique, in letters, digits and hyphens. Import this one under another id.',
      })
      return []
    }
    names.add(found.className)
    return [found]
  })
}

/** One list for all connectors: a limit of only one of them would limit the others too. */
function commonGroups(connectors: readonly ImportedConnector[], notCarried: NotCarried[]): readonly string[] {
  const limited = connectors.filter(({ allowedGroups }) => allowedGroups.length > 0)
  const [first] = limited
  if (!first) return []
  const text = (groups: readonly string[]) => JSON.stringify([...groups].sort())
  const same = limited.every(({ allowedGroups }) => text(allowedGroups) === text(first.allowedGroups))
  if (same && limited.length === connectors.length) return first.allowedGroups
  for (const { className, allowedGroups } of limited) {
    notCarried.push({
      where: `connector ${className}`,
      what: `only ${allowedGroups.join(', ')} get in`,
      why: 'Gatehouse has one list for all connectors of a Dex, and other connectors have a different list or none. Give each its own product, or EVERYONE of this provider gets in.',
    })
  }
  return []
}

function clientsOf({ name, settings }: DexFile, notCarried: NotCarried[]): Data[] {
  const list = settings.take(['staticClients'])
  if (!Array.isArray(list)) return []
  return (list as unknown[]).flatMap((item, index) => clientOf(item, `${name}: staticClients[${index}]`, notCarried))
}

function clientOf(item: unknown, where: string, notCarried: NotCarried[]): Data[] {
  const client = new SettingsTree(isMap(item) ? item : {})
  const lose = (key: string, what: string, why: string) => notCarried.push({ where: `${where}.${key}`, what, why })
  const variable = client.text(['idEnv'])
  const id = client.text(['id']) ?? variable
  const uris = client.take(['redirectURIs'])
  const all = Array.isArray(uris) ? uris.filter((uri) => typeof uri === 'string') : []
  const absolute = all.filter((uri) => /^https?:\/\//.test(uri))
  if (absolute.length < all.length) {
    lose(
      'redirectURIs',
      all.filter((uri) => !absolute.includes(uri)).join(', '),
      'These are not http addresses. A Dex with /oauth2/callback belongs to Kubeflow: use the product kubeflow, which writes it; for other schemes edit the rendered file.',
    )
  }
  if (variable !== undefined) {
    lose('idEnv', variable, 'gatehouse.yaml holds the id of a client itself. Replace the name of the variable with it.')
  }
  if (client.text(['secret']) !== undefined) {
    lose(
      'secret',
      'a client secret in clear text',
      `It is not copied. Set it as the variable that secrets.env.example of the rendered files names, or create a new one.`,
    )
  }
  const secretEnv = client.text(['secretEnv'])
  if (secretEnv !== undefined && id !== undefined && secretEnv !== dexClientVariable({ id })) {
    lose(
      'secretEnv',
      secretEnv,
      `The rendered files name the variable ${dexClientVariable({ id })}, after the id of the client. Rename it in the environment of Dex.`,
    )
  }
  const isPublic = client.flag(['public']) ?? false
  const title = client.text(['name'])
  for (const path of client.left()) {
    lose(
      path.join('.'),
      shownBelow(path.join('.'), client.peek(path)),
      'There is no such setting in gatehouse.yaml. Edit the rendered file if it is needed.',
    )
  }
  if (id === undefined || absolute.length === 0) return []
  return [
    {
      id,
      ...(title === undefined || title === id ? {} : { name: title }),
      redirectUris: absolute,
      ...(isPublic ? { public: true } : {}),
    },
  ]
}

function storageOf({ name, settings }: DexFile, notCarried: NotCarried[]): string | undefined {
  const type = settings.text(['storage', 'type'])
  if (type === undefined) return undefined
  const file = settings.text(['storage', 'config', 'file'])
  const inCluster = settings.flag(['storage', 'config', 'inCluster'])
  const same =
    type === 'memory' ||
    (type === 'kubernetes' && inCluster) ||
    (type === 'sqlite3' && file === '/var/dex/dex.db')
  if (!same) {
    settings.take(['storage'])
    notCarried.push({
      where: `${name}: storage`,
      what: type,
      why: 'The rendered file keeps its data elsewhere: in Kubernetes, /var/dex/dex.db or memory. Put your part back into it, or people must sign in again.',
    })
  }
  return ['memory', 'kubernetes', 'sqlite3'].includes(type) ? type : undefined
}

/** Settings that `render` writes as well. */
const rendered: readonly (readonly [string, unknown])[] = [
  ...Object.entries(fixedSettings),
  ['web.headers', headers],
  ['web.headers', headersOverTls],
]

const reasons: Readonly<Record<string, string>> = {
  staticPasswords:
    'Local accounts of Dex and their passwords are not carried over. Create them at Gatehouse (`gatehouse users add`), or keep them at a provider.',
  enablePasswordDB:
    'The rendered Dex has no local accounts. Create them at Gatehouse (`gatehouse users add`), or keep them at a provider.',
  expiry: 'The rendered file leaves lifetimes to Dex. Put your part back into it if you need others.',
  web: 'The rendered file listens on 0.0.0.0:5556 without TLS. Put TLS in front, or put your part back into it.',
}

function loseTheRest({ name, settings }: DexFile, notCarried: NotCarried[]): void {
  for (const [path, value] of rendered) {
    const at = path.split('.')
    if (isDeepStrictEqual(settings.peek(at), value)) settings.take(at)
  }
  const others: string[] = []
  for (const path of settings.left()) {
    const [first = ''] = path
    const key = path.join('.')
    const value = settings.peek(path)
    const why = own(reasons, first)
    if (why === undefined) {
      others.push(...settingsBelow(key, value).map(([inner, text]) => shownSetting(inner, text, ':')))
      continue
    }
    // Passwords and their hashes are below it, under any key.
    const what = first === 'staticPasswords' ? 'local accounts' : shownBelow(key, value)
    notCarried.push({ where: `${name}: ${key}`, what, why })
  }
  if (others.length > 0) notCarried.push(noPlace(name, others))
}
