/** Amundsen behind flaskoidc: the environment of its services, or values of the chart amundsen-kube-helm; of both lines, 1.x and 0.x. */
import type { Data } from '../../formats.ts'
import { isMap, mapAt, own } from '../../maps.ts'
import type { ProviderHint } from '../../vendors/contract.ts'
import {
  type ImportComment,
  type Imported,
  type Importer,
  type ImportFile,
  type NotCarried,
  UnreadableImport,
} from '../contract.ts'
import { classOfIssuer, importedName, reference, variableName } from '../provider.ts'
import { isReference, joined, readMaps, readVariables } from '../settings-tree.ts'
import { shownSetting, shownValue } from '../shown-setting.ts'

export const flaskoidc: Importer = {
  source: 'flaskoidc',
  title: 'environment files, client_secrets.json or Helm values of Amundsen with flaskoidc',
  read,
}

const services = ['frontend', 'metadata', 'search'] as const
type Service = (typeof services)[number]

/** One variable of one service, and where it was found. */
interface Setting {
  value: string
  where: string
}

/** The content of the files by names of variables, regardless of their original form. */
class ServiceSettings {
  readonly #settings: Record<Service, Map<string, Setting>> = {
    frontend: new Map(),
    metadata: new Map(),
    search: new Map(),
  }
  readonly #taken = new Set<string>()

  set(service: Service, name: string, setting: Setting): void {
    this.#settings[service].set(name, setting)
  }

  /** The value of the first service that has it; most values are the same for all. Empty counts as missing. */
  take(name: string, order: readonly Service[] = services): Setting | undefined {
    this.#taken.add(name)
    return this.peek(name, order)
  }

  /** Like `take`, but the setting is still listed as left. */
  peek(name: string, order: readonly Service[] = services): Setting | undefined {
    const found = order.map((service) => this.#settings[service].get(name))
    return found.find((setting) => setting !== undefined && setting.value !== '')
  }

  /** Whether two services have different values. */
  differs(name: string): boolean {
    const values = services.flatMap((service) => this.#settings[service].get(name)?.value ?? [])
    return new Set(values).size > 1
  }

  get isEmpty(): boolean {
    return !Object.values(this.#settings).some((settings) => [...settings.keys()].some(isOfFlaskoidc))
  }

  /** Everything that was not taken, each name once. */
  left(): [string, Setting][] {
    const all = new Map(services.toReversed().flatMap((service) => [...this.#settings[service]]))
    return [...all].filter(([name, { value }]) => !this.#taken.has(name) && value !== '')
  }
}

function isOfFlaskoidc(name: string): boolean {
  return (
    /^(?:FLASK_OIDC_|OIDC_|FLASK_APP_(?:MODULE|CLASS)_NAME$|APP_WRAPPER|INTROSPECTION_AUTH_METHOD$|OVERWRITE_REDIRECT_URI$)/.test(
      name,
    ) || /^(?:FRONTEND|METADATA|SEARCH)_SVC_CONFIG_MODULE_CLASS$/.test(name)
  )
}

interface Findings {
  settings: ServiceSettings
  comments: ImportComment[]
  notCarried: NotCarried[]
}

function read(files: readonly ImportFile[]): Imported {
  const found: Findings = { settings: new ServiceSettings(), comments: [], notCarried: [] }
  for (const file of files) readFile(found, file)
  if (found.settings.isEmpty) {
    throw new UnreadableImport(
      files.map(({ name }) => name).join(', '),
      'has no variable of flaskoidc (FLASK_OIDC_..., OIDC_...) and no values of its chart (oidc, oidcEnabled)',
    )
  }
  const provider = readProvider(found)
  const { clients, secrets } = readClients(found, provider.line)
  const url = readUrl(found)
  const product = {
    product: 'amundsen',
    ...(url === undefined ? {} : { url }),
    authentication: [
      {
        authenticationClass: provider.className,
        oidc: {
          clientCredentialsSecret: 'amundsen-client',
          ...provider.clientOptions,
        },
      },
    ],
    ...optionsOf(found, provider, clients),
  }
  reportDifferences(found)
  reportLeft(found)
  return {
    config: {
      authenticationClasses: { [provider.className]: { oidc: provider.oidc } },
      products: { amundsen: product },
      secrets,
    },
    comments: [
      {
        path: [],
        text: `Imported from ${files.map(({ name }) => name).join(', ')} of Amundsen with flaskoidc ${provider.line}.x.`,
      },
      ...found.comments,
    ],
    notCarried: found.notCarried,
  }
}

// --- Reading

function readFile(found: Findings, file: ImportFile): void {
  if (/\.json$/.test(file.name) || /^\s*\{/.test(file.text)) readClientSecrets(found, file)
  else if (/\.ya?ml$/.test(file.name) || /^(?:oidc|oidcEnabled|frontEnd|metadata)\s*:/m.test(file.text))
    readValues(found, file)
  else {
    const of = serviceOf(file)
    for (const [name, value] of readVariables(file)) setFor(found, of, name, value, `${file.name}: ${name}`)
  }
}

/** A file that names no service applies to all three. */
function serviceOf({ name }: ImportFile): readonly Service[] {
  const last = name.split(/[\\/]/).at(-1)?.toLowerCase() ?? ''
  const named = services.filter((service) => last.includes(service))
  return named.length === 1 ? named : services
}

function setFor(found: Findings, of: readonly Service[], name: string, value: string, where: string): void {
  for (const service of of) found.settings.set(service, name, { value, where })
}

/** flaskoidc 0.x keeps the client in a file; its fields become variables with names that nothing else uses. */
function readClientSecrets(found: Findings, { name, text }: ImportFile): void {
  const [document] = readMaps({ name, text })
  const web = Object.values(document ?? {}).find(isMap)
  if (!web)
    throw new UnreadableImport(name, 'is not a client_secrets.json: it has no map such as "web" with the client in it')
  for (const [key, variable] of Object.entries({
    issuer: 'OIDC_ISSUER',
    client_id: 'OIDC_CLIENT_ID',
    client_secret: 'OIDC_CLIENT_SECRET',
  })) {
    const value = web[key]
    if (typeof value === 'string') setFor(found, services, variable, value, `${name}: ${key}`)
  }
  const [redirect] = Array.isArray(web['redirect_uris']) ? web['redirect_uris'] : []
  if (typeof redirect === 'string' && !/^https?:\/\/localhost\b/.test(redirect)) {
    setFor(found, services, 'OVERWRITE_REDIRECT_URI', redirect, `${name}: redirect_uris`)
  }
}

function readValues(found: Findings, { name, text }: ImportFile): void {
  const values = readMaps({ name, text }).reduce(joined, {})
  if (Object.keys(values).some((key) => /^(?:FLASK_OIDC|FLASK_APP|APP_WRAPPER)/.test(key))) {
    for (const [key, value] of Object.entries(values)) setScalar(found, services, key, value, `${name}: ${key}`)
    return
  }
  readOlderValues(found, name, values)
  const oidc = mapAt(values, 'oidc')
  if (oidc['enabled'] === true || String(oidc['enabled']) === 'true') {
    setFor(found, services, 'FLASK_APP_MODULE_NAME', 'flaskoidc', `${name}: oidc.enabled`)
  }
  for (const [key, value] of Object.entries(mapAt(oidc, 'configs'))) {
    setScalar(found, services, key, value, `${name}: oidc.configs.${key}`)
  }
  const sections = { frontend: 'frontEnd', metadata: 'metadata', search: 'search' } as const
  for (const service of services) {
    const section = mapAt(values, sections[service])
    const client = mapAt(oidc, service)
    const id = withoutQuotes(client['client_id'])
    setScalar(found, [service], 'FLASK_OIDC_CLIENT_ID', id, `${name}: oidc.${service}.client_id`)
    setScalar(
      found,
      [service],
      'FLASK_OIDC_CLIENT_SECRET',
      client['client_secret'],
      `${name}: oidc.${service}.client_secret`,
    )
    const configClass = mapAt(section, 'config')['class']
    const place = `${name}: ${sections[service]}`
    setScalar(
      found,
      [service],
      `${service.toUpperCase()}_SVC_CONFIG_MODULE_CLASS`,
      configClass,
      `${place}.config.class`,
    )
    for (const [key, value] of Object.entries(mapAt(section, 'envVars'))) {
      setScalar(found, [service], key, value, `${place}.envVars.${key}`)
    }
  }
  setScalar(found, ['frontend'], 'FRONTEND_BASE', mapAt(values, 'frontEnd')['baseUrl'], `${name}: frontEnd.baseUrl`)
}

/** The chart adds no quotes, so some values contain their own. */
function withoutQuotes(value: unknown): unknown {
  if (typeof value !== 'string' || !/^".*"$/.test(value)) return value
  return Object.values(readMaps({ name: 'client_id', text: `id: ${value}` })[0] ?? {})[0]
}

/** Charts of the time of flaskoidc 0.x: at the top, or below frontEnd. */
function readOlderValues(found: Findings, name: string, values: Readonly<Record<string, unknown>>): void {
  for (const [place, map] of [
    ['', values],
    ['frontEnd.', mapAt(values, 'frontEnd')],
  ] as const) {
    if (map['oidcEnabled'] === undefined && map['OIDC_ORG_URL'] === undefined) continue
    for (const [key, value] of Object.entries(map)) {
      if (!/^OIDC_|^OVERWRITE_REDIRECT_URI$/.test(key)) continue
      setScalar(found, services, key, value, `${name}: ${place}${key}`)
    }
    setFor(found, services, 'OIDC_CLIENT_SECRETS', 'of the chart', `${name}: ${place}oidcEnabled`)
    if (map['frontEndServiceImage'] === undefined) continue
    found.notCarried.push({
      where: `${name}: ${place}frontEndServiceImage`,
      what: String(map['frontEndServiceImage']),
      why: 'Images are not about sign-in. Keep it in your own values, and put gatehouse_amundsen.py into the image.',
    })
  }
}

function setScalar(found: Findings, of: readonly Service[], name: string, value: unknown, where: string): void {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return
  setFor(found, of, name, String(value), where)
}

// --- The provider

interface ImportedProvider {
  line: '0' | '1'
  className: string
  oidc: Record<string, Data>
  clientOptions: Record<string, Data>
  hint: ProviderHint | undefined
  isAtRoot: boolean
  scopes: readonly string[]
}

/** What one product can say only once. */
const saidOnce = ['FLASK_OIDC_CONFIG_URL', 'FLASK_OIDC_PROVIDER_NAME', 'FLASK_OIDC_SCOPES', 'FLASK_OIDC_USER_ID_FIELD']

function reportDifferences({ settings, notCarried }: Findings): void {
  for (const name of saidOnce.filter((candidate) => settings.differs(candidate))) {
    notCarried.push({
      where: settings.take(name)?.where ?? name,
      what: `another ${name} of the services behind the frontend`,
      why: 'All three services are one product with one provider. The value of the frontend was taken.',
    })
  }
}

const usualScopes = ['openid', 'email', 'profile']
const hints: Readonly<Record<string, ProviderHint>> = { google: 'Google', okta: 'Okta', keycloak: 'Keycloak' }

function readProvider(found: Findings): ImportedProvider {
  const { settings } = found
  const isOlder = settings.take('OIDC_CLIENT_SECRETS') !== undefined || settings.take('OIDC_ISSUER') !== undefined
  const configUrl = settings.take('FLASK_OIDC_CONFIG_URL')
  const line = isOlder && configUrl === undefined ? '0' : '1'
  const name = settings.take('FLASK_OIDC_PROVIDER_NAME')?.value.toLowerCase()
  const scopes = readScopes(settings, line)
  const known = classOf(found, { configUrl: configUrl?.value, name, scopes, line })
  const hint = known.oidc['providerHint'] as ProviderHint | undefined
  const className = importedName(hint ?? name ?? 'idp', 'idp')
  for (const text of known.guesses) found.comments.push({ path: ['authenticationClasses', className], text })
  const extra = scopes.filter((scope) => !usualScopes.includes(scope))
  const method = settings.take('INTROSPECTION_AUTH_METHOD')?.value ?? 'client_secret_post'
  return {
    line,
    className,
    oidc: known.oidc,
    hint,
    isAtRoot: known.oidc['rootPath'] === undefined,
    scopes,
    clientOptions: {
      ...(line === '0' && ['client_secret_post', 'client_secret_basic'].includes(method)
        ? { clientAuthenticationMethod: method }
        : {}),
      ...(extra.length > 0 ? { extraScopes: extra } : {}),
    },
  }
}

function readScopes(settings: ServiceSettings, line: '0' | '1'): string[] {
  const newer = settings.take('FLASK_OIDC_SCOPES')?.value
  const older = settings.take('OIDC_SCOPES')?.value
  const text = line === '1' ? (newer ?? usualScopes.join(' ')) : (older ?? 'openid,email')
  return [...new Set(text.split(line === '1' ? /\s+/ : /[\s,]+/).filter((scope) => scope !== ''))]
}

interface ClassFacts {
  configUrl: string | undefined
  name: string | undefined
  scopes: readonly string[]
  line: '0' | '1'
}

function classOf(
  found: Findings,
  { configUrl, name, scopes, line }: ClassFacts,
): { oidc: Record<string, Data>; guesses: readonly string[] } {
  const issuer = configUrl ?? olderIssuer(found)
  // The configuration class of that time took the user name from there.
  const usual = line === '1' ? 'email' : 'preferred_username'
  const facts = {
    scopes: scopes.filter((scope) => usualScopes.includes(scope)),
    principalClaim: found.settings.take('FLASK_OIDC_USER_ID_FIELD')?.value ?? usual,
    hint: name === undefined ? undefined : own(hints, name),
  }
  if (line === '0' && facts.principalClaim === usual && !scopes.includes('profile')) reportThinScopes(found, scopes)
  const known = issuer === undefined ? undefined : classOfIssuer({ issuer, ...facts })
  if (known) return { oidc: { ...known.oidc }, guesses: known.guesses }
  found.notCarried.push({
    where: issuer ?? 'FLASK_OIDC_CONFIG_URL',
    what: 'the address of the provider',
    why: 'The input does not have it. Set hostname and rootPath of the authenticationClass.',
  })
  const { hint, ...rest } = facts
  const tls = { verification: { server: { caCert: { webPki: {} } } } }
  return { oidc: { ...rest, ...(hint ? { providerHint: hint } : {}), tls }, guesses: [] }
}

function reportThinScopes({ settings, notCarried }: Findings, scopes: readonly string[]): void {
  notCarried.push({
    where: settings.peek('OIDC_SCOPES')?.where ?? 'OIDC_SCOPES',
    what: `no profile among the scopes ${scopes.join(', ')}`,
    why: 'The username is preferred_username, which Okta and most others send only when profile is requested. Add profile to the scopes of the class, or set principalClaim: email.',
  })
}

/** From client_secrets.json, or from the values that the chart builds it from: Okta and one of its authorization servers. */
function olderIssuer(found: Findings): string | undefined {
  const { settings, notCarried } = found
  const issuer = settings.take('OIDC_ISSUER')?.value
  const organization = settings.take('OIDC_ORG_URL')
  const server = settings.take('OIDC_AUTH_SERVER_ID')
  if (issuer !== undefined || !organization) return issuer
  if (!server) {
    notCarried.push({
      where: organization.where.replace('OIDC_ORG_URL', 'OIDC_AUTH_SERVER_ID'),
      what: 'the authorization server of Okta',
      why: 'The input does not have it, so it is default. Correct rootPath of the authenticationClass if it has another name.',
    })
  }
  return `${organization.value.replace(/\/+$/, '')}/oauth2/${server?.value ?? 'default'}`
}

// --- The client

function readClients(found: Findings, line: '0' | '1') {
  const [idName, secretName] =
    line === '1' ? ['FLASK_OIDC_CLIENT_ID', 'FLASK_OIDC_CLIENT_SECRET'] : ['OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET']
  const { settings } = found
  const ids = Object.fromEntries(services.map((service) => [service, settings.take(idName ?? '', [service])?.value]))
  const id = ids['frontend'] ?? ids['metadata'] ?? ids['search']
  const secrets: Record<string, Data> = {
    'amundsen-client': clientEntry(found, 'amundsen-client', id, 'FLASK_OIDC_CLIENT_SECRET'),
  }
  const clients: Record<string, string> = {}
  for (const service of services) {
    reportSecret(found, settings.take(secretName ?? '', [service]), service, ids[service] === id)
    if (service === 'frontend' || ids[service] === undefined || ids[service] === id) continue
    const name = `amundsen-${service}-client`
    clients[service] = name
    secrets[name] = clientEntry(found, name, ids[service], variableName('amundsen', service, 'client_secret'))
  }
  return { clients, secrets }
}

function clientEntry(found: Findings, name: string, id: string | undefined, variable: string): Data {
  if (id === undefined)
    found.comments.push({ path: ['secrets', name, 'clientId'], text: 'The input does not have the client id.' })
  return { clientId: id ?? 'amundsen', clientSecret: reference(variable) }
}

function reportSecret(found: Findings, setting: Setting | undefined, service: Service, isShared: boolean): void {
  if (!setting || isReference(setting.value)) return
  const variable = isShared ? 'FLASK_OIDC_CLIENT_SECRET' : variableName('amundsen', service, 'client_secret')
  if (found.notCarried.some(({ where }) => where === setting.where)) return
  found.notCarried.push({
    where: setting.where,
    what: 'a client secret in clear text',
    why: `gatehouse.yaml holds no secrets, so it is ${reference(variable)}. Create a new one at the provider: everyone who could read the file knows this one.`,
  })
}

// --- The product

/** Where people land after the sign-in: a path, or a whole address. */
const landing = 'FLASK_OIDC_OVERWRITE_REDIRECT_URI'

/** Undefined when the input does not say it: a made-up one would pass `check`. */
function readUrl(found: Findings): string | undefined {
  const { settings, comments, notCarried } = found
  const base = settings.take('FRONTEND_BASE')
  const redirect = settings.take('OVERWRITE_REDIRECT_URI')
  const scheme = settings.take('FLASK_OIDC_FORCE_SCHEME')
  const url = [base, redirect, settings.peek(landing)]
    .map((setting) => URL.parse(setting?.value ?? ''))
    .find((parsed) => parsed !== null && parsed.hostname !== 'localhost' && /^https?:$/.test(parsed.protocol))
  if (!url) {
    comments.push({
      path: ['products', 'amundsen'],
      text: 'Set url to the address at which people open Amundsen.',
    })
    notCarried.push({
      where: base?.where ?? 'FRONTEND_BASE',
      what: base?.value ?? 'the address of Amundsen',
      why: 'It is not the address at which people open it. Set products.amundsen.url to that address.',
    })
    return undefined
  }
  if (scheme?.value === 'https' && url.protocol === 'http:') {
    comments.push({ path: ['products', 'amundsen', 'url'], text: 'With https, as FLASK_OIDC_FORCE_SCHEME said.' })
    return `https://${url.host}`
  }
  return url.origin
}

function optionsOf(found: Findings, provider: ImportedProvider, clients: Record<string, string>): Record<string, Data> {
  const { settings } = found
  const metadataUrl = settings.take('METADATASERVICE_BASE')?.value
  const searchUrl = settings.take('SEARCHSERVICE_BASE')?.value
  const profiles = profilesOf(found, provider)
  const options = {
    ...(provider.line === '0' ? { flaskoidc: '0' } : {}),
    ...(metadataUrl === undefined ? {} : { metadataUrl }),
    ...(searchUrl === undefined ? {} : { searchUrl }),
    ...(Object.keys(clients).length > 0 ? { clients } : {}),
    ...(profiles === 'token' ? {} : { profiles }),
    ...(hasDatabase(found) ? { sessions: 'shared' } : {}),
  }
  return Object.keys(options).length > 0 ? { amundsen: options } : {}
}

/** The scopes that Stemma's guide adds show where profiles came from. */
function profilesOf(found: Findings, { scopes, hint, isAtRoot }: ImportedProvider): 'token' | 'google' | 'okta' {
  if (hint === 'Google' && scopes.includes('https://www.googleapis.com/auth/directory.readonly')) return 'google'
  if (hint !== 'Okta' || !scopes.includes('okta.users.read')) return 'token'
  if (isAtRoot) return 'okta'
  found.notCarried.push({
    where: 'FLASK_OIDC_SCOPES',
    what: 'okta.users.read',
    why: "Okta's Users API takes tokens of the org server only, and this is another. Profiles of new people come from their token; use the org server for profiles: okta.",
  })
  return 'token'
}

function hasDatabase(found: Findings): boolean {
  const database = found.settings.take('SQLALCHEMY_DATABASE_URI')
  if (!database || database.value.startsWith('sqlite:')) return false
  found.notCarried.push({
    where: database.where,
    what: 'the database of the sessions',
    why: 'It holds a password, so it is passed as the variable SQLALCHEMY_DATABASE_URI. Keep it in a Secret.',
  })
  return true
}

// --- What is left

/** Values that the rendered files have too, or that mean nothing any more. */
const expected: Readonly<Record<string, readonly string[]>> = {
  FLASK_APP_MODULE_NAME: ['flaskoidc', 'gatehouse_amundsen'],
  FLASK_APP_CLASS_NAME: ['FlaskOIDC'],
  APP_WRAPPER: ['flaskoidc'],
  APP_WRAPPER_CLASS: ['FlaskOIDC'],
  FRONTEND_SVC_CONFIG_MODULE_CLASS: [
    'amundsen_application.oidc_config.OidcConfig',
    'gatehouse_amundsen.FrontendConfig',
  ],
  METADATA_SVC_CONFIG_MODULE_CLASS: ['metadata_service.config.LocalConfig', 'gatehouse_amundsen.MetadataConfig'],
  FLASK_OIDC_REDIRECT_URI: ['/auth'],
  FLASK_OIDC_OVERWRITE_REDIRECT_URI: ['/'],
  FLASK_OIDC_WHITELISTED_ENDPOINTS: ['status,healthcheck,health'],
  SESSION_TYPE: ['sqlalchemy'],
  OIDC_ID_TOKEN_COOKIE_SECURE: ['True', 'true'],
  OIDC_CALLBACK_ROUTE: ['/oidc_callback'],
  SQLALCHEMY_TRACK_MODIFICATIONS: ['False', 'false'],
}

const reasons: Readonly<Record<string, string>> = {
  FLASK_APP_MODULE_NAME:
    'Gatehouse writes files for flaskoidc. For your own application class use the gate (`services`).',
  FRONTEND_SVC_CONFIG_MODULE_CLASS:
    'The rendered files name gatehouse_amundsen.FrontendConfig. Let your class inherit gatehouse_amundsen.FrontendSignIn first, and name it again.',
  METADATA_SVC_CONFIG_MODULE_CLASS:
    'The rendered files name gatehouse_amundsen.MetadataConfig. Let your class inherit gatehouse_amundsen.MetadataSignIn first, and name it again.',
  FLASK_OIDC_REDIRECT_URI: 'The rendered files use /auth. Register that redirect URI at the provider.',
  FLASK_OIDC_OVERWRITE_REDIRECT_URI:
    'People land on the first page after the sign-in. Keep the variable in your own environment if they should not.',
  FLASK_OIDC_WHITELISTED_ENDPOINTS:
    'The rendered files let only health checks through without a sign-in. Keep the variable in your own environment if you need more.',
  FLASK_OIDC_PROVIDER_ADDITIONAL_PARAMETERS_FILE_PATH:
    'It is a separate file. Copy its authorize_params to oidc.authorizationParameters of the entry under authentication.',
}

/** Keys that sign sessions: always secrets. */
const keys = ['FLASK_OIDC_SECRET_KEY', 'SECRET_KEY']

function reportLeft(found: Findings): void {
  const others: Setting[] = []
  const names: string[] = []
  const unknown: [string, Setting][] = []
  for (const [name, setting] of found.settings.left()) {
    if (keys.includes(name)) reportKey(found, name, setting)
    else if (isExpected(name, setting.value)) continue
    else if (!isOfFlaskoidc(name)) {
      others.push(setting)
      names.push(name)
    } else {
      const why = own(reasons, name)
      if (why === undefined) unknown.push([name, setting])
      else found.notCarried.push({ where: setting.where, what: shownValue(name, setting.value), why })
    }
  }
  if (unknown.length > 0) {
    found.notCarried.push({
      where: unknown[0]?.[1].where ?? '',
      what: unknown.map(([name, { value }]) => shownSetting(name, value)).join(', '),
      why: 'No place in gatehouse.yaml. Keep what you still need in your own environment.',
    })
  }
  if (names.length === 0) return
  found.notCarried.push({
    where: others[0]?.where ?? '',
    what: names.join(', '),
    why: 'They are not about sign-in. Keep them where they are.',
  })
}

function isExpected(name: string, value: string): boolean {
  if (own(expected, name)?.includes(value)) return true
  return name === landing && URL.parse(value)?.pathname === '/'
}

function reportKey({ notCarried }: Findings, name: string, { value, where }: Setting): void {
  if (isReference(value)) return
  notCarried.push({
    where,
    what: 'the key of the sessions in clear text',
    why: `gatehouse.yaml does not hold it; the services read it from ${name}. Create a new one: whoever read the file can sign in as anyone.`,
  })
}
