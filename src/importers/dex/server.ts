/** What a configuration of Dex has around connectors and clients: storage, accounts, and sections that are taken over as they are. */
import type * as z from 'zod'
import { dexAccount, dexServer, dexStorages } from '../../config/kinds/dex-server.ts'
import type { Data } from '../../formats.ts'
import { isMap, own } from '../../maps.ts'
import type { NotCarried } from '../contract.ts'
import { reference, variableName } from '../provider.ts'
import { settingsBelow } from '../shown-setting.ts'
import type { DexFile } from './documents.ts'
import { fitted } from './fitting.ts'
import { itemsOf, lostSettings } from './losses.ts'
import { dexReference, withReferences } from './references.ts'

type Options = Record<string, Data>

/** Settings of the product for everything but connectors and clients. */
export function serverOptions(file: DexFile, lost: NotCarried[]): Options {
  return { ...storageOptions(file, lost), ...accountOptions(file, lost), ...sections(file, lost) }
}

const storages = ['kubernetes', 'sqlite3', 'memory', 'postgres', 'mysql', 'etcd']
/** What `render` writes where nothing is said. */
const usualStorage: Readonly<Record<string, Data>> = {
  kubernetes: { inCluster: true },
  sqlite3: { file: '/var/dex/dex.db' },
}

function storageOptions({ name, settings, argo }: DexFile, lost: NotCarried[]): Options {
  // Argo CD gives its Dex this one.
  if (argo) return { storage: 'memory' }
  const type = settings.text(['storage', 'type'])
  if (type === undefined) return {}
  const config = settings.take(['storage', 'config'])
  if (!storages.includes(type)) {
    lost.push({
      where: `${name}: storage.type`,
      what: 'a storage that Dex does not have',
      why: 'The rendered file keeps sessions and keys in Kubernetes. Write another dex.storage if Dex runs elsewhere.',
    })
    return {}
  }
  const schema = own(dexStorages() as Readonly<Record<string, z.ZodType>>, type)
  if (!schema || !isMap(config)) return { storage: type }
  const where = `${name}: storage.config`
  const { data, left } = fitted(schema, storageConfig(type, config, where, lost))
  lost.push(...lostSettings(where, left))
  const isUsual = data === undefined || JSON.stringify(data) === JSON.stringify(own(usualStorage, type) ?? {})
  return { storage: type, ...(isUsual ? {} : { [type]: data }) }
}

/** Texts with references of ours; a password in clear text becomes one. */
function storageConfig(
  type: string,
  config: Readonly<Record<string, unknown>>,
  where: string,
  lost: NotCarried[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => {
      if (isMap(value)) return [key, storageConfig(type, value, `${where}.${key}`, lost)]
      if (typeof value !== 'string') return [key, value]
      if (key !== 'password' || value === '' || dexReference(value, { argo: false }))
        return [key, withReferences(value, { argo: false })]
      const variable = variableName('dex', type, 'password')
      lost.push({
        where: `${where}.password`,
        what: 'a password in clear text',
        why: `It is not copied; gatehouse.yaml refers to ${variable} instead. Set that variable in the environment of Dex, and change the password if others have seen the file.`,
        effect: 'secret',
      })
      return [key, reference(variable)]
    }),
  )
}

function accountOptions(file: DexFile, lost: NotCarried[]): Options {
  const { name, settings } = file
  const enabled = settings.flag(['enablePasswordDB']) ?? false
  const accounts = itemsOf(name, file, 'staticPasswords', lost).flatMap((item, index) =>
    accountOf(item, `${name}: staticPasswords[${index}]`, lost),
  )
  return {
    ...(enabled ? { enablePasswordDB: true } : {}),
    ...(accounts.length === 0 ? {} : { staticPasswords: accounts }),
  }
}

function accountOf(item: unknown, where: string, lost: NotCarried[]): Data[] {
  const { hash, hashFromEnv, ...rest } = isMap(item) ? item : {}
  const email = typeof rest['email'] === 'string' ? rest['email'] : ''
  const written = typeof hashFromEnv === 'string' && hashFromEnv !== '' ? hashFromEnv : undefined
  // A hash in the file wins over the variable.
  const clear = typeof hash === 'string' && hash !== '' ? hash : undefined
  const variable =
    clear === undefined && written !== undefined
      ? written
      : ((clear === undefined || clear.startsWith('$2') ? undefined : dexReference(clear, { argo: false })?.variable) ??
        variableName('dex_password', email))
  if (clear !== undefined || written === undefined) {
    lost.push({
      where: `${where}.hash`,
      what: clear === undefined ? 'no hash' : 'the hash of a password',
      why: `${clear === undefined ? 'The account has no password' : 'It is not copied'}: Dex expects it in ${variable}, without which it does not start. Set that variable to the hash.`,
      effect: 'secret',
    })
  }
  const { data, left } = fitted(dexAccount, { ...rest, hash: reference(variable) })
  if (data === undefined) {
    lost.push({
      where,
      what: 'an account of Dex',
      why: 'This person cannot sign in any more: the account has no e-mail address. Write it under dex.staticPasswords.',
      effect: 'access',
    })
    return []
  }
  lost.push(...lostSettings(where, left))
  return [data]
}

/** What Dex does without them, where `render` writes something else. */
const unsaid: Readonly<Record<string, Readonly<Record<string, Data>>>> = {
  oauth2: { grantTypes: [], skipApprovalScreen: false },
}

function sections(file: DexFile, lost: NotCarried[]): Options {
  const { name, settings, isWhole } = file
  const options: Options = {}
  for (const [section, schema] of Object.entries(dexServer()) as [string, z.ZodType][]) {
    const { data, left } = fitted(schema, settings.take([section]), section)
    lost.push(...lostSettings(name, left))
    const usual = isWhole ? (own(unsaid, section) ?? {}) : {}
    const all = { ...usual, ...(isMap(data) ? (data as Options) : {}) }
    const kept = withoutUsual(section, all, file)
    if (Object.keys(kept).length > 0) options[section] = kept
  }
  return options
}

/** What `render` writes anyway. */
const written: Readonly<Record<string, Readonly<Record<string, Data>>>> = {
  oauth2: { grantTypes: ['authorization_code', 'refresh_token'], responseTypes: ['code'], skipApprovalScreen: true },
}

function withoutUsual(section: string, data: Options, { data: { web } }: DexFile): Options {
  const usual = own(written, section) ?? {}
  const isHttpAlone = section === 'web' && isMap(web) && web['https'] === undefined && web['http'] === '0.0.0.0:5556'
  return Object.fromEntries(
    Object.entries(data).filter(
      ([key, value]) =>
        JSON.stringify(own(usual, key)) !== JSON.stringify(value) &&
        !(isHttpAlone && key === 'http') &&
        !(section === 'web' && key === 'headers' && isUsualHeaders(value)),
    ),
  )
}

function isUsualHeaders(value: Data): boolean {
  const usual: Readonly<Record<string, string>> = {
    'X-Frame-Options': 'DENY',
    'X-Content-Type-Options': 'nosniff',
    'Strict-Transport-Security': 'max-age=31536000',
  }
  return isMap(value) && Object.entries(value).every(([name, text]) => own(usual, name) === text)
}

/** What the rendered file says of Dex itself and the input does not. */
export function addedByRender({ name, data }: DexFile, rendered: Readonly<Record<string, unknown>>): NotCarried[] {
  const mine = new Set(settingsBelow('', data).map(([path]) => path))
  const added = settingsBelow('', { web: rendered['web'], storage: rendered['storage'] }).filter(
    ([path]) => !mine.has(path),
  )
  const shown = added.map(([path, value]) => `${path}: ${JSON.stringify(value)}`)
  if (shown.length === 0) return []
  return [
    {
      where: name,
      what: shown.join(', '),
      why: added.some(([path]) => !path.startsWith('web.headers'))
        ? 'The rendered file says it, and yours does not: without an address or a storage Dex does not start. Write others under dex.web and dex.storage.'
        : 'The rendered file says it, and yours does not: browsers show the pages of Dex in no frame of another site, and come back by https only. Write others under dex.web.headers.',
      effect: 'added',
    },
  ]
}
