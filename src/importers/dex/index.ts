/** Dex: its configuration, wherever it is kept, or a list of its connectors. */
import { isDeepStrictEqual } from 'node:util'
import { parse } from 'yaml'
import { baseUrl } from '../../config/primitives.ts'
import type { Data } from '../../formats.ts'
import { isMap } from '../../maps.ts'
import {
  type ImportAnswers,
  type ImportComment,
  type Imported,
  type Importer,
  type ImportFile,
  type NotCarried,
  UnreadableImport,
} from '../contract.ts'
import { renderedImport } from '../rendered-import.ts'
import { SettingsTree } from '../settings-tree.ts'
import { clientsOf } from './clients.ts'
import { importConnector, type ReadConnector } from './connector.ts'
import { connectorOptions } from './connector-options.ts'
import { harmless } from './documented-keys.ts'
import { type DexFile, dexFilesOf, type Tree } from './documents.ts'
import { itemsOf, lostSettings } from './losses.ts'
import { addedByRender, serverOptions } from './server.ts'

export const dex: Importer = {
  source: 'dex',
  harmless,
  title: 'the configuration of Dex, also inside of Argo CD, Kubeflow and Helm values, or a list of its connectors',
  read,
}

function read(files: readonly ImportFile[], answers: ImportAnswers = {}): Imported {
  const found = files.flatMap(dexFilesOf)
  const [first] = files
  if (found.length === 0) {
    throw new UnreadableImport(first?.name ?? '', 'has no configuration of Dex (issuer, connectors, staticClients)')
  }
  const notCarried: NotCarried[] = []
  const connectors = connectorsOf(found, notCarried)
  const address = addressOf(found, connectors, answers)
  notCarried.push(...addressLosses(found, address))
  const clients = found.flatMap((file) => clientsOf(file, notCarried))
  const server = serverOf(found, notCarried)
  for (const { name, settings, argo } of found) {
    notCarried.push(
      ...lostSettings(
        name,
        settings.left().map((path) => [path.join('.'), settings.peek(path)]),
      ),
    )
    if (argo) notCarried.push(suppliedByArgo(name))
  }
  const settings = { ...(clients.length > 0 ? { clients } : {}), ...server }
  const plain = configuration(connectors, { url: address.url, settings })
  const rendered = renderedDex(plain)
  const options = optionsOf(connectors, rendered, notCarried)
  const all = Object.keys(options).length === 0 ? settings : { ...settings, connectors: options }
  const config = configuration(connectors, { url: address.url, settings: all })
  if (rendered)
    notCarried.push(...found.filter(({ isWhole }) => isWhole).flatMap((file) => addedByRender(file, rendered)))
  return {
    config,
    comments: [...commentsOf(files, config, address), ...connectors.flatMap(guessesOf)],
    notCarried,
  }
}

function configuration(
  connectors: readonly ReadConnector[],
  { url, settings }: { url: string | undefined; settings: Readonly<Record<string, Data>> },
) {
  const described = connectors.flatMap(({ key, described }) => (described ? [{ key, ...described }] : []))
  return {
    ...(described.length === 0
      ? {}
      : {
          authenticationClasses: Object.fromEntries(
            described.map(({ key, class: itsClass }): [string, Data] => [key, itsClass]),
          ),
        }),
    products: {
      dex: {
        product: 'dex',
        ...(url === undefined ? {} : { url }),
        authentication: described.map(({ entry }): Data => entry),
        ...(Object.keys(settings).length > 0 ? { dex: settings } : {}),
      } as Record<string, Data>,
    },
    ...(described.length === 0
      ? {}
      : { secrets: Object.assign({}, ...connectors.map(({ secrets }) => secrets)) as Record<string, Data> }),
  }
}

function connectorsOf(files: readonly DexFile[], lost: NotCarried[]): ReadConnector[] {
  const taken = new Set<string>()
  return files.flatMap((file) => {
    const { name, argo, isWhole } = file
    return itemsOf(name, file, 'connectors', lost).flatMap((item, index) => {
      const where = `${name}: connectors[${index}]`
      const entry = new SettingsTree(isMap(item) ? item : {})
      const type = entry.text(['type']) ?? ''
      const config = entry.take(['config'])
      const input = {
        type,
        id: entry.text(['id']) ?? type,
        name: entry.text(['name']),
        config: isMap(config) ? config : {},
        where,
        argo: argo !== undefined,
        isWhole,
        taken,
      }
      const found = importConnector(input, lost)
      lost.push(
        ...lostSettings(
          where,
          entry.left().map((path) => [path.join('.'), entry.peek(path)]),
        ),
      )
      if (found) taken.add(found.key)
      return found ?? []
    })
  })
}

function optionsOf(
  connectors: readonly ReadConnector[],
  rendered: Tree | undefined,
  lost: NotCarried[],
): Record<string, Data> {
  return Object.fromEntries(
    connectors.flatMap((connector): [string, Data][] => {
      const options = connectorOptions(connector, rendered, lost)
      return options === undefined ? [] : [[connector.key, options]]
    }),
  )
}

/** One product is one Dex: what a second file says otherwise has no place. */
function serverOf(files: readonly DexFile[], lost: NotCarried[]): Record<string, Data> {
  const all: Record<string, Data> = {}
  for (const file of files) {
    for (const [key, value] of Object.entries(serverOptions(file, lost))) {
      const before = all[key]
      if (before === undefined || isDeepStrictEqual(before, value)) all[key] = value
      else if (Array.isArray(before) && Array.isArray(value)) all[key] = [...(before as Data[]), ...(value as Data[])]
      else
        lost.push({
          where: `${file.name}: ${key}`,
          what: 'another one than in the file before',
          why: 'That of the first file counts: one product is one Dex. Import the files one by one if they are of several.',
        })
    }
  }
  return all
}

/** The issuer of Dex, and where it comes from. */
interface Address {
  url: string | undefined
  /** What the file has, if that is not an address as gatehouse.yaml takes it. */
  given?: string
  from: 'file' | 'answer' | 'argo' | 'redirectURI'
}

function addressOf(files: readonly DexFile[], connectors: readonly ReadConnector[], { url }: ImportAnswers): Address {
  const issuer = files.map(({ settings }) => settings.text(['issuer'])).find((text) => text !== undefined)
  const given = issuer?.replace(/\/+$/, '')
  if (given !== undefined && baseUrl.safeParse(given).success) {
    return { url: given, from: 'file', ...(given === issuer ? {} : { given: issuer ?? '' }) }
  }
  const isArgo = files.some(({ argo }) => argo !== undefined)
  if (url !== undefined) {
    const plain = url.replace(/\/+$/, '')
    for (const { argo } of files) if (argo && argo.urls.length === 0) Object.assign(argo, { urls: [plain] })
    return { url: isArgo && !plain.endsWith('/api/dex') ? `${plain}/api/dex` : plain, from: 'answer' }
  }
  const ofArgo = files.flatMap(({ argo }) => argo?.urls ?? [])[0]?.replace(/\/+$/, '')
  if (ofArgo !== undefined && baseUrl.safeParse(ofArgo).success) return { url: `${ofArgo}/api/dex`, from: 'argo' }
  const callbacks = connectors.map(({ input }) => input.config['redirectURI'])
  const [callback] = callbacks
  const isOne = typeof callback === 'string' && callbacks.every((other) => other === undefined || other === callback)
  const behind = isOne ? /^(https?:\/\/.+)\/callback$/.exec(callback)?.[1] : undefined
  if (behind !== undefined && baseUrl.safeParse(behind).success) return { url: behind, from: 'redirectURI' }
  return { url: undefined, from: 'file', ...(issuer === undefined ? {} : { given: issuer }) }
}

function addressLosses(files: readonly DexFile[], { url, given, from }: Address): NotCarried[] {
  const where = files.map(({ name }) => name).join(', ')
  if (url === undefined) {
    return [
      {
        where,
        what: given === undefined ? 'no issuer of Dex' : 'an issuer that is no address',
        why: 'Nobody can be sent to a Dex without an address. Give it with --url, or set products.dex.url.',
        effect: 'applications',
      },
    ]
  }
  if (given === undefined || from !== 'file') return []
  return [
    {
      where: `${where}: issuer`,
      what: JSON.stringify(given),
      why: `Applications compare the issuer to the letter, and the rendered file has it without the slash at its end: "${url}". Give them that one; gatehouse.yaml has no place for yours.`,
      effect: 'applications',
    },
  ]
}

function suppliedByArgo(name: string): NotCarried {
  return {
    where: name,
    what: 'issuer, clients, storage and web',
    why: 'Argo CD adds them itself when it starts its own Dex: they are written out here for a Dex of your own, with a secret for argo-cd that you set. To stay with the one of Argo CD, use the product argo-cd.',
    effect: 'added',
  }
}

function renderedDex(config: Readonly<Record<string, Data>>): Tree | undefined {
  const file = renderedImport(config, 'dex')?.find(({ path }) => path === 'dex.yaml')
  const data: unknown = file && parse(file.content)
  return isMap(data) ? data : undefined
}

function guessesOf({ key, guesses = [] }: ReadConnector): ImportComment[] {
  return guesses.map((text) => ({ path: ['authenticationClasses', key], text }))
}

function commentsOf(
  files: readonly ImportFile[],
  { secrets = {} }: { secrets?: Readonly<Record<string, Data>> },
  { url, from }: Address,
): ImportComment[] {
  const comments: ImportComment[] = [
    { path: [], text: `Imported from ${files.map(({ name }) => name).join(', ')} of Dex.` },
  ]
  if (url === undefined) comments.push({ path: ['products', 'dex'], text: 'Set url to the issuer of Dex.' })
  if (from === 'redirectURI') {
    comments.push({
      path: ['products', 'dex', 'url'],
      text: 'From redirectURI of the connectors: the files do not say the issuer.',
    })
  }
  for (const [name, secret] of Object.entries(secrets)) {
    if (!isMap(secret) || secret['clientId'] !== 'CLIENT-ID') continue
    comments.push({ path: ['secrets', name, 'clientId'], text: 'Put the client id here.' })
  }
  return comments
}
