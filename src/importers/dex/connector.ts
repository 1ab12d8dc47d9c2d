/** Turns one connector of Dex into an authentication class, with the client of Dex there; or carries it as it is. */
import { AuthenticationClass, OidcProvider } from '../../config/authentication-class.ts'
import { type DexClassType, dexClassTypes, dexOwnTypes } from '../../config/kinds/dex-connectors.ts'
import type { Data } from '../../formats.ts'
import { isMap, own } from '../../maps.ts'
import { secretSetting, textsIn, withoutVariables } from '../../products/dex/names.ts'
import type { ProviderHint } from '../../vendors/contract.ts'
import { vendors } from '../../vendors/index.ts'
import type { Effect, NotCarried } from '../contract.ts'
import { classOfIssuer, importedName, otherIssuer, reference, variableName } from '../provider.ts'
import { SettingsTree } from '../settings-tree.ts'
import { shownSetting } from '../shown-setting.ts'
import { harmless, isDocumented } from './documented-keys.ts'
import { lostSettings, orphaned } from './losses.ts'
import { dexReference, withReferences } from './references.ts'

type Entry = Record<string, Data>

export interface ConnectorInput {
  type: string
  id: string
  /** What people see. */
  name: string | undefined
  config: Readonly<Record<string, unknown>>
  /** `config.yaml: connectors[0]` */
  where: string
  /** Whether Argo CD fills in its references. */
  argo: boolean
  /** Whether it is in a whole configuration of Dex. */
  isWhole: boolean
  /** Names that other connectors have. */
  taken: ReadonlySet<string>
}

/** A connector, its class, and what is left for `dex.connectors`. */
export interface ReadConnector {
  input: ConnectorInput
  /** The name of the class, or under `dex.connectors`. */
  key: string
  /** The connector of Dex that `render` is to write. */
  type: string
  /** Undefined: no class describes it. */
  described?: { class: Entry; entry: Entry }
  secrets: Record<string, Entry>
  /** `config` of a connector without a class. */
  config?: Data
  /** Top-level settings of the input that the class holds. */
  inClass: readonly string[]
  /** What was guessed about the provider and is to be checked. */
  guesses?: readonly string[]
}

interface Reading extends ConnectorInput {
  className: string
  settings: SettingsTree
  lose: (loss: { path: string; what: string; why: string; effect?: Effect }) => void
}

interface Described {
  class: Entry
  entry: Entry
  secrets: Record<string, Entry>
  inClass: readonly string[]
  guesses?: readonly string[]
}

/** Undefined when Dex itself knows no such connector; `lost` says so. */
export function importConnector(input: ConnectorInput, lost: NotCarried[]): ReadConnector | undefined {
  const key = freeName(importedName(input.id, 'idp'), input.taken)
  // What is lost by a class that cannot be made is not lost when the connector is carried as it is.
  const losses: NotCarried[] = []
  const reading: Reading = {
    ...input,
    className: key,
    settings: new SettingsTree(input.config),
    lose: ({ path, ...rest }) => losses.push({ where: path === '' ? input.where : `${input.where}.${path}`, ...rest }),
  }
  const described = own(readers, input.type)?.(reading)
  if (described && isSayable(described)) {
    lost.push(...losses)
    const { class: itsClass, entry, ...rest } = described
    return { input, key, type: input.type, described: { class: itsClass, entry }, ...rest }
  }
  const types: readonly string[] = [...dexOwnTypes, ...dexClassTypes]
  if (types.includes(input.type)) return carriedAsItIs(input, key, lost)
  lost.push({
    where: input.where,
    what: `a connector of type ${/^[A-Za-z_-]{1,40}$/.test(input.type) ? input.type : 'that is none'}`,
    why: `Nobody signs in by it any more, and ${orphaned}. Dex up to 2.45 has no connector of this type: describe the provider behind it by hand.`,
    effect: 'access',
  })
  return undefined
}

/** Whether a class can say it. Texts in which Dex fills something in from its environment are in no class. */
function isSayable({ class: itsClass, secrets }: Described): boolean {
  const texts = textsIn([itsClass, secrets]).map(({ text }) => withoutVariables(text))
  if (texts.some((text) => /\$[A-Za-z_{]/.test(text.replace(/\$\{file:[^}]*\}/g, '')))) return false
  return AuthenticationClass.safeParse(itsClass).success
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let number = 2; taken.has(name) && number < 1000; number++) {
    const next = `${name.slice(0, 58)}-${number}`
    if (!taken.has(next)) return next
  }
  return name
}

/** All settings, secrets as references: Dex reads them from its environment. */
function carriedAsItIs(input: ConnectorInput, key: string, lost: NotCarried[]): ReadConnector {
  const { type, where, config, argo } = input
  const ofClass = (dexClassTypes as readonly string[]).includes(type)
  lost.push({
    where,
    what: `a connector of type ${type}`,
    why: `${ofClass ? 'Its provider is not known well enough for a class' : 'No class describes such a provider'}, so the connector is carried as it is, under dex.connectors.${key}: \`check\` knows little about it, and no other product can use it.`,
  })
  const carry = (value: unknown, path: readonly string[]): Data => {
    if (typeof value === 'string') return carriedText(value, path)
    if (Array.isArray(value)) return value.map((item, index) => carry(item, [...path, String(index)]))
    if (!isMap(value)) return (value ?? null) as Data
    const entries = Object.entries(value)
    const known = entries.filter(([name]) => isDocumented(name, path.at(-1)))
    const unknown = entries.filter((entry) => !known.includes(entry))
    // Dex ignores what it does not know, and it may be a secret.
    lost.push(
      ...lostSettings(
        `${where}.config`,
        unknown.map(([name, inner]) => [[...path, name].join('.'), inner]),
      ),
    )
    return Object.fromEntries(known.map(([name, inner]) => [name, carry(inner, [...path, name])]))
  }
  const carriedText = (text: string, path: readonly string[]): string => {
    const at = `${where}.config.${path.join('.')}`
    const found = dexReference(text, { argo })
    if (found?.secret) lost.push(ofSecret(at, found.secret, found.variable))
    if (found || !secretSetting.test(path.at(-1) ?? '') || text === '') return withReferences(text, { argo })
    const variable = variableName(
      key,
      ...path
        .join('_')
        .replace(/([a-z])([A-Z])/g, '$1_$2')
        .split('_'),
    )
    lost.push(inClearText(at, path.at(-1) ?? '', variable))
    return reference(variable)
  }
  return { input, key, type, secrets: {}, config: carry(config, []), inClass: [] }
}

function inClearText(where: string, key: string, variable: string): NotCarried {
  return {
    where,
    what: `${key} in clear text`,
    why: `It is not copied; gatehouse.yaml refers to ${variable} instead. Move the secret there, and change it if others have seen the file.`,
    effect: 'secret',
  }
}

function ofSecret(where: string, { name, key }: { name: string; key: string }, variable: string): NotCarried {
  return {
    where,
    what: `a reference to the key ${key} of the Secret ${name}`,
    why: `A Dex of your own reads secrets from its environment: it expects the value of that key in ${variable}. Write it as env with valueFrom.secretKeyRef.`,
    effect: 'secret',
  }
}

const readers: Readonly<Record<string, (reading: Reading) => Described | undefined>> = {
  oidc: readOidc,
  google: readGoogle,
  microsoft: readMicrosoft,
  gitlab: readGitLab,
  ldap: readLdap,
  github: readGitHub,
} satisfies Record<DexClassType, unknown>

function texts(settings: SettingsTree, ...path: string[]): string[] {
  const value = settings.take(path)
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

/** A secret that is a variable stays one; a secret in clear text becomes one. */
function secretOf({ settings, lose, className, argo, where }: Reading, key: string, suffix: string): string {
  const value = settings.text([key])
  const found = value === undefined ? undefined : dexReference(value, { argo })
  const variable = found?.variable ?? variableName(className, suffix)
  const path = `config.${key}`
  if (found?.secret) {
    const { what, why } = ofSecret('', found.secret, variable)
    lose({ path, what, why, effect: 'secret' })
  } else if (value === undefined) {
    const why = `Gatehouse expects the secret in ${variable}. Set it before you start anything.`
    lose({ path, what: `no ${key}`, why, effect: 'secret' })
  } else if (!found) {
    const { what, why } = inClearText(where, key, variable)
    lose({ path, what, why, effect: 'secret' })
  }
  return reference(variable)
}

/** The client of Dex at the provider. */
function clientOf(reading: Reading): { secretName: string; secret: Entry } {
  const { settings, className, lose, argo } = reading
  const clientId = settings.text(['clientID'])
  const found = clientId === undefined ? undefined : dexReference(clientId, { argo })
  if (clientId === undefined || found) {
    const place = found?.secret
      ? `the key ${found.secret.key} of the Secret ${found.secret.name}`
      : `the variable ${found?.variable ?? ''}`
    lose({
      path: 'config.clientID',
      what: found ? `clientID from ${place}` : 'no clientID',
      why: found
        ? `Dex takes the client id from ${found.variable} of its environment, and everything else that needs it finds CLIENT-ID in secrets. Replace it there by the id.`
        : 'Nobody can sign in without it. Replace CLIENT-ID in gatehouse.yaml by the client id.',
      effect: 'secret',
    })
  }
  return {
    secretName: `${className}-client`,
    secret: {
      clientId: found ? 'CLIENT-ID' : (clientId ?? 'CLIENT-ID'),
      ...(found ? { clientIdVariable: found.variable } : {}),
      clientSecret: secretOf(reading, 'clientSecret', 'CLIENT_SECRET'),
    },
  }
}

/** `tls` of a class. Dex takes files with authorities beside those of the system. */
function tlsOf(reading: Reading, authorities: readonly string[], unverified: boolean) {
  const { className, lose } = reading
  if (unverified) return { tls: { verification: { none: {} } }, secrets: {} }
  const [first] = authorities
  if (first === undefined) return { tls: { verification: { server: { caCert: { webPki: {} } } } }, secrets: {} }
  const name = nameOfAuthority(first, className)
  const isPath = !first.includes('-----BEGIN') && !/^[A-Za-z0-9+/=\s]{200,}$/.test(first)
  if (!isPath) {
    lose({
      path: 'config.rootCAs',
      what: 'a certificate authority in the file itself',
      why: `The class refers to a file in its place. Put it into the file that secrets.${name} names.`,
      effect: 'secret',
    })
  }
  return {
    tls: { verification: { server: { caCert: { secretClass: name } } } },
    secrets: { [name]: { 'ca.crt': isPath ? `\${file:${first}}` : `\${file:${name}.pem}` } },
  }
}

/** `/etc/dex/ca/corporate-ca/ca.crt` contains a name; anything else gets the name of the class. */
export function nameOfAuthority(file: string, className: string): string {
  return /\/([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)\/ca\.crt$/.exec(file)?.[1] ?? `${className}-ca`
}

function readOidc(reading: Reading): Described | undefined {
  const { settings, className } = reading
  const issuer = settings.text(['issuer'])
  if (issuer === undefined) return undefined
  const mapping = (claim: string) => {
    const mapped = settings.peek(['claimMapping', claim])
    return typeof mapped === 'string' && mapped !== '' && mapped !== claim ? mapped : undefined
  }
  const name = settings.peek(['userNameKey'])
  const nameClaim = typeof name === 'string' && name !== 'name' && name !== '' ? name : undefined
  const asked = texts(settings, 'scopes')
  const groups = groupsOf(reading, mapping('groups'), asked)
  const found = classOfIssuer({
    issuer,
    scopes: ['openid', ...(asked.length > 0 ? asked : ['profile', 'email'])].filter(
      (scope, index, all) => all.indexOf(scope) === index && (groups.enabled || scope !== 'groups'),
    ),
    principalClaim: mapping('preferred_username') ?? nameClaim ?? 'preferred_username',
  })
  if (!found) return undefined
  tellOtherIssuer(reading, issuer, found.differs)
  tellUnlooked(reading)
  const { tls, secrets } = tlsOf(reading, texts(settings, 'rootCAs'), settings.flag(['insecureSkipVerify']) ?? false)
  const { secretName, secret } = clientOf(reading)
  const post = settings.flag(['basicAuthUnsupported']) ?? false
  return {
    class: {
      oidc: {
        ...found.oidc,
        ...(found.oidc.tls === undefined ? {} : { tls }),
        ...(groups.claim === undefined ? {} : { groupsClaim: groups.claim }),
        ...(groups.allowed.length === 0 ? {} : { allowedGroups: groups.allowed }),
      },
    },
    entry: {
      authenticationClass: className,
      oidc: {
        clientCredentialsSecret: secretName,
        ...(post ? { clientAuthenticationMethod: 'client_secret_post' } : {}),
      },
    },
    secrets: { [secretName]: secret, ...secrets },
    inClass: ['issuer', 'clientID', 'clientSecret', 'insecureSkipVerify', 'allowedGroups', 'hostedDomains'],
    guesses: found.guesses,
  }
}

function tellOtherIssuer({ lose }: Reading, given: string, said: string | undefined): void {
  if (said === undefined) return
  const setting = shownSetting('issuer', given, { harmless, sign: ':' })
  lose({ path: 'config.issuer', what: given, why: otherIssuer({ given, said, setting }), effect: 'access' })
}

/** Only its connector `google` looks at the domain. */
function tellUnlooked({ settings, lose }: Reading): void {
  const domains = texts(settings, 'hostedDomains')
  if (domains.length === 0) return
  lose({
    path: 'config.hostedDomains',
    what: domains.join(', '),
    why: 'Nothing changes, but nobody was kept out: the connector oidc of Dex does not look at it, and people of every domain got in. Write providerHint: Google and hostedDomains into the class to have it looked at.',
    effect: 'access',
  })
}

function groupsOf({ settings, lose }: Reading, claim: string | undefined, asked: readonly string[]) {
  const enabled = settings.flag(['insecureEnableGroups']) ?? false
  const allowed = texts(settings, 'allowedGroups')
  if (!enabled && allowed.length > 0) {
    lose({
      path: 'config.allowedGroups',
      what: allowed.join(', '),
      why: 'Nothing changes, but nobody was kept out: Dex does not enforce it without insecureEnableGroups, and everyone got in. Write allowedGroups into the class to have it enforced.',
      effect: 'access',
    })
  }
  if (!enabled) return { enabled, claim: undefined, allowed: [] }
  // Without the scope, a named claim shows that groups are wanted.
  return { enabled, claim: claim ?? (asked.includes('groups') ? undefined : 'groups'), allowed }
}

interface VendorFacts {
  issuer: string
  hint: ProviderHint
  claim: string
  /** More of the class. */
  more?: Entry
  inClass?: readonly string[]
}

function readVendor(
  reading: Reading,
  { issuer, hint, claim, more = {}, inClass = [] }: VendorFacts,
): Described | undefined {
  const { className } = reading
  const found = classOfIssuer({ issuer, scopes: ['openid', 'profile', 'email'], principalClaim: claim, hint })
  if (!found) return undefined
  const { secretName, secret } = clientOf(reading)
  return {
    class: { oidc: { ...found.oidc, ...more } },
    entry: { authenticationClass: className, oidc: { clientCredentialsSecret: secretName } },
    secrets: { [secretName]: secret },
    inClass: ['clientID', 'clientSecret', ...inClass],
  }
}

function readGoogle(reading: Reading): Described | undefined {
  const { settings, lose } = reading
  const groups = texts(settings, 'groups')
  const hostedDomains = texts(settings, 'hostedDomains')
  const admins = settings.peek(['domainToAdminEmail'])
  const isHeld = (isMap(admins) && Object.keys(admins).length > 0) || settings.peek(['adminEmail']) !== undefined
  if (groups.length > 0 && !isHeld) {
    lose({
      path: 'config.groups',
      what: groups.join(', '),
      why: 'Nothing changes, but nobody was kept out: without domainToAdminEmail Dex cannot read groups of Google, and everyone got in. Write allowedGroups into the class and domainToAdminEmail under dex.connectors to have them enforced.',
      effect: 'access',
    })
  }
  return readVendor(reading, {
    issuer: 'https://accounts.google.com',
    hint: 'Google',
    claim: 'email',
    more: {
      ...(groups.length > 0 && isHeld ? { allowedGroups: groups } : {}),
      ...(hostedDomains.length > 0 ? { hostedDomains } : {}),
    },
    inClass: ['groups', 'hostedDomains'],
  })
}

/** Without the id of a tenant there is no class, and the connector is carried as it is. */
function readMicrosoft(reading: Reading): Described | undefined {
  const { settings } = reading
  const tenant = settings.text(['tenant']) ?? 'common'
  const known = vendors.entra.tenantOf?.(`https://login.microsoftonline.com/${encodeURIComponent(tenant)}/v2.0`)
  if (known?.id === undefined || known.issuer === undefined || settings.peek(['apiURL']) !== undefined) return undefined
  const groups = texts(settings, 'groups')
  return readVendor(reading, {
    issuer: known.issuer,
    hint: 'EntraID',
    claim: 'preferred_username',
    more: groups.length > 0 ? { allowedGroups: groups } : {},
    inClass: ['tenant', 'groups'],
  })
}

function readGitLab(reading: Reading): Described | undefined {
  const { settings } = reading
  const base = (settings.text(['baseURL']) ?? 'https://gitlab.com').replace(/\/+$/, '')
  const groups = texts(settings, 'groups')
  return readVendor(reading, {
    issuer: base,
    hint: 'GitLab',
    claim: 'preferred_username',
    more: { groupsClaim: 'groups', ...(groups.length > 0 ? { allowedGroups: groups } : {}) },
    inClass: ['baseURL', 'groups'],
  })
}

function readLdap(reading: Reading): Described | undefined {
  const { settings, className } = reading
  const host = settings.text(['host'])
  const [, name, port] = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(host ?? '') ?? []
  // A host that comes from the environment is in no class.
  if (name === undefined || !OidcProvider.shape.hostname.safeParse(name).success) return undefined
  const plain = settings.flag(['insecureNoSSL']) ?? false
  const authority = settings.text(['rootCA']) ?? settings.text(['rootCAData'])
  const { tls, secrets } = tlsOf(
    reading,
    authority === undefined ? [] : [authority],
    settings.flag(['insecureSkipVerify']) ?? false,
  )
  const uid = attributeOf(settings.peek(['userSearch', 'username']))
  const searchBase = settings.text(['userSearch', 'baseDN'])
  // Dex does not start without them: nothing can be made of it, and nothing is made up.
  if (uid === undefined || searchBase === undefined) return undefined
  if (settings.peek(['bindDN']) === undefined && settings.peek(['bindPW']) !== undefined) return undefined
  const filter = settings.text(['userSearch', 'filter'])
  const email = settings.peek(['userSearch', 'emailAttr'])
  const mail = typeof email === 'string' && email !== '' ? email : 'mail'
  return {
    class: {
      ldap: {
        hostname: name,
        ...(port === undefined ? {} : { port: Number(port) }),
        searchBase,
        ...(filter === undefined ? {} : { searchFilter: filter }),
        ...(uid === 'uid' && mail === 'mail' ? {} : { ldapFieldNames: { uid, email: mail } }),
        ...bindOf(reading),
        ...(plain ? {} : { tls }),
      },
    },
    entry: { authenticationClass: className },
    secrets: { ...bindSecret(reading), ...(plain ? {} : secrets) },
    inClass: [
      'host',
      'insecureNoSSL',
      'insecureSkipVerify',
      'bindDN',
      'bindPW',
      ...(plain ? unusedWhenPlain(reading) : []),
    ],
  }
}

/** With insecureNoSSL Dex looks at nothing of TLS. */
function unusedWhenPlain({ settings, lose }: Reading): readonly string[] {
  const ofTls = ['startTLS', 'insecureSkipVerify', 'rootCA', 'rootCAData', 'clientCert', 'clientKey']
  const written = ofTls.filter((key) => settings.peek([key]) !== undefined)
  if (written.length > 0) {
    lose({
      path: 'config',
      what: written.join(', '),
      why: 'Nothing changes: with insecureNoSSL the connection is in clear text, and Dex looks at no certificate. Take insecureNoSSL out and import again to have it encrypted.',
    })
  }
  return ofTls
}

/** Later versions take several attributes for the user name. */
function attributeOf(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' && first !== '' ? first : undefined
}

function bindOf({ settings, className }: Reading): Entry {
  return settings.peek(['bindDN']) === undefined ? {} : { bindCredentials: { secretClass: `${className}-bind` } }
}

function bindSecret(reading: Reading): Record<string, Entry> {
  const { settings, className, argo } = reading
  const user = settings.text(['bindDN'])
  if (user === undefined) return {}
  const found = dexReference(user, { argo })
  return {
    [`${className}-bind`]: {
      user: found ? reference(found.variable) : user,
      password: secretOf(reading, 'bindPW', 'BIND_PASSWORD'),
    },
  }
}

function readGitHub(reading: Reading): Described | undefined {
  const { settings, className, lose } = reading
  const hostname = settings.text(['hostName'])
  const org = settings.text(['org'])
  const orgs = organizationsOf(settings.take(['orgs']))
  // Dex refuses both forms together.
  if (!orgs || (org !== undefined && orgs.whole.length + orgs.teams.length > 0)) return undefined
  for (const key of orgs.unknown) {
    lose({
      path: `config.${key}`,
      what: '…',
      why: 'Nothing changes: Dex has no such key and ignores it. Leave it out.',
    })
  }
  const organizations = [...new Set([...(org === undefined ? [] : [org]), ...orgs.whole])]
  const teams = orgs.teams.filter((team) => !organizations.includes(team.split('/')[0] ?? ''))
  const { secretName, secret } = clientOf(reading)
  return {
    class: {
      github: {
        ...(hostname === undefined ? {} : { hostname }),
        ...(organizations.length === 0 && teams.length > 0 ? {} : { organizations }),
        ...(teams.length === 0 ? {} : { teams: [...new Set(teams)] }),
      },
    },
    entry: { authenticationClass: className, oidc: { clientCredentialsSecret: secretName } },
    secrets: { [secretName]: secret },
    inClass: ['clientID', 'clientSecret', 'hostName', 'orgs'],
  }
}

/**
 * Without teams everybody of an organisation gets in. `unknown` are keys that Dex does not have. Undefined for what is not like that: no
 * class may let in more people.
 */
function organizationsOf(orgs: unknown): { whole: string[]; teams: string[]; unknown: string[] } | undefined {
  const whole: string[] = []
  const teams: string[] = []
  const unknown: string[] = []
  for (const [index, item] of (Array.isArray(orgs) ? (orgs as unknown[]) : []).entries()) {
    const settings = new SettingsTree(isMap(item) ? item : {})
    const name = settings.text(['name'])
    const written = settings.peek(['teams'])
    const its = texts(settings, 'teams')
    unknown.push(...settings.left().map((path) => `orgs[${index}].${path.join('.')}`))
    const isOdd = written !== undefined && !(Array.isArray(written) && written.length === its.length)
    if (name === undefined || isOdd) return undefined
    if (its.length === 0) whole.push(name)
    else teams.push(...its.map((team) => `${name}/${team}`))
  }
  return { whole, teams, unknown }
}

/** Settings of `config` that neither the class nor `dex.connectors` holds. */
export function lostOfConnector({ input }: ReadConnector, left: readonly (readonly [string, unknown])[]): NotCarried[] {
  return lostSettings(`${input.where}.config`, left)
}
