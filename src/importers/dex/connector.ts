/** Turns one connector of Dex into an authentication class, with the client of Dex there. */
import { isDeepStrictEqual } from 'node:util'
import type { Data } from '../../formats.ts'
import { own } from '../../maps.ts'
import { dexGroupSearch } from '../../products/dex/fixed-settings.ts'
import type { ProviderHint } from '../../vendors/contract.ts'
import { vendors } from '../../vendors/index.ts'
import type { NotCarried } from '../contract.ts'
import { classOfIssuer, importedName, otherIssuer, reference, variableName } from '../provider.ts'
import { SettingsTree } from '../settings-tree.ts'
import { noPlace, settingsBelow, shownBelow, shownSetting } from '../shown-setting.ts'

type Entry = Record<string, Data>

export interface ImportedConnector {
  className: string
  class: Entry
  /** The entry under `authentication`. */
  entry: Entry
  secrets: Record<string, Entry>
  /** Groups that Dex really enforces. */
  allowedGroups: readonly string[]
  /** What was guessed about the provider and is to be checked. */
  guesses?: readonly string[]
}

/** An original connector beside the class that it became. */
export interface ReadConnector extends ImportedConnector {
  input: ConnectorInput
  /** Settings of `config` that have no place in a class. */
  left: readonly (readonly string[])[]
}

export interface ConnectorInput {
  type: string
  id: string
  config: Readonly<Record<string, unknown>>
  /** `config.yaml: connectors[0]` */
  where: string
}

interface Reading extends ConnectorInput {
  className: string
  settings: SettingsTree
  lose: (path: string, what: string, why: string) => void
}

/** Undefined when there is no class for such a connector; `lost` says why. */
export function importConnector(input: ConnectorInput, lost: NotCarried[]): ReadConnector | undefined {
  const reading: Reading = {
    ...input,
    className: importedName(input.id, 'idp'),
    settings: new SettingsTree(input.config),
    lose: (path, what, why) => lost.push({ where: path === '' ? input.where : `${input.where}.${path}`, what, why }),
  }
  const read = own(readers, input.type)
  if (!read) {
    reading.lose(
      '',
      `a connector of type ${input.type}`,
      'Gatehouse has no class for it. Describe the provider behind it as oidc, ldap or github by hand.',
    )
    return undefined
  }
  const result = read(reading)
  if (!result) return undefined
  const left = reading.settings.left()
  const others: string[] = []
  for (const path of left) {
    const name = path.join('.')
    const value = reading.settings.peek(path)
    const why = own(unusual, path[0] ?? '')
    if (why !== undefined) reading.lose(`config.${name}`, shownBelow(name, value), why)
    else others.push(...settingsBelow(name, value).map(([key, inner]) => shownSetting(key, inner, ':')))
  }
  if (others.length > 0) lost.push(noPlace(`${input.where}.config`, others))
  return { ...result, input, left }
}

const unusual: Readonly<Record<string, string>> = {
  jwksUri:
    'Dex has no such key and ignores it. The address of the keys comes from the discovery document; leave it out.',
  hostedDomains:
    'Nothing keeps out people of other domains any more. Limit them by groups, or by the settings of the product.',
  providerDiscoveryOverrides:
    'Gatehouse takes the addresses from the discovery document. Set oidc.endpoints for a product that cannot read it.',
  promptType: 'The provider decides what it asks at each sign-in. Set it there.',
  acrValues: 'Gatehouse does not ask Dex for a sign-in strength. Require it at the provider, for this client.',
  claimModifications: 'Groups pass through unchanged. Rename or filter them at the provider.',
  issuerAlias: 'The issuer must be the one that the provider writes into its tokens. Use that address.',
}

type Reader = (reading: Reading) => ImportedConnector | undefined

const readers: Readonly<Record<string, Reader>> = {
  oidc: readOidc,
  google: (reading) => readVendor(reading, { issuer: 'https://accounts.google.com', hint: 'Google', claim: 'email' }),
  microsoft: readMicrosoft,
  gitlab: readGitLab,
  ldap: readLdap,
  github: readGitHub,
}

function texts(settings: SettingsTree, ...path: string[]): string[] {
  const value = settings.take(path)
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

const referencePattern = /^\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))$/

/** A secret that is a variable stays one; a secret in clear text becomes one. */
function secretOf({ settings, lose, className }: Reading, key: string, suffix: string): string {
  const value = settings.text([key])
  const match = referencePattern.exec(value ?? '')
  if (match) return reference(match[1] ?? match[2] ?? '')
  const variable = variableName(className, suffix)
  if (value === undefined) {
    lose(`config.${key}`, `no ${key}`, `Gatehouse expects the secret in ${variable}. Set it before you start anything.`)
  } else {
    lose(
      `config.${key}`,
      `${key} in clear text`,
      `It is not copied; gatehouse.yaml refers to ${variable} instead. Move the secret there, and change it if others have seen the file.`,
    )
  }
  return reference(variable)
}

function clientOf(reading: Reading): { secretName: string; secret: Entry } {
  const { settings, className, lose } = reading
  const clientId = settings.text(['clientID'])
  const match = referencePattern.exec(clientId ?? '')
  const variable = match?.[1] ?? match?.[2]
  if (clientId === undefined || variable !== undefined) {
    lose(
      'config.clientID',
      variable === undefined ? 'no clientID' : `clientID from the variable ${variable}`,
      'gatehouse.yaml holds the client id itself. Replace CLIENT-ID with it.',
    )
  }
  return {
    secretName: `${className}-client`,
    secret: {
      clientId: variable === undefined ? (clientId ?? 'CLIENT-ID') : 'CLIENT-ID',
      ...(variable === undefined ? {} : { clientIdVariable: variable }),
      clientSecret: secretOf(reading, 'clientSecret', 'CLIENT_SECRET'),
    },
  }
}

/** `tls` of a class. Dex takes files with authorities beside those of the system. */
function tlsOf(reading: Reading, authorities: readonly string[], unverified: boolean) {
  const { className, lose } = reading
  if (unverified) return { tls: { verification: { none: {} } }, secrets: {} }
  const [first, ...others] = authorities
  if (first === undefined) return { tls: { verification: { server: { caCert: { webPki: {} } } } }, secrets: {} }
  const name = nameOfAuthority(first, className)
  const isPath = !first.includes('-----BEGIN') && !/^[A-Za-z0-9+/=\s]{200,}$/.test(first)
  if (!isPath || others.length > 0) {
    lose(
      'config.rootCAs',
      isPath ? 'several certificate authorities' : 'a certificate authority in the file itself',
      `A class takes one, as a reference to a file. Put all of them into the file that secrets.${name} names.`,
    )
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

function readOidc(reading: Reading): ImportedConnector | undefined {
  const { settings, className, lose } = reading
  const issuer = settings.text(['issuer'])
  const override = settings.flag(['overrideClaimMapping']) ?? false
  const mapping = (claim: string) => {
    const mapped = settings.text(['claimMapping', claim])
    if (mapped === undefined || mapped === claim) return undefined
    if (!override) {
      lose(
        `config.claimMapping.${claim}`,
        `${mapped} where there is no ${claim}`,
        'Dex takes it only when the usual claim is missing; Gatehouse always takes the same one. Check which of the two your provider sends.',
      )
    }
    return mapped
  }
  const name = settings.text(['userNameKey'])
  const principal = mapping('preferred_username') ?? (name === 'name' ? undefined : name) ?? 'preferred_username'
  const asked = texts(settings, 'scopes')
  const groups = groupsOf(reading, mapping('groups'), asked)
  if (mapping('email') !== undefined) {
    lose(
      'config.claimMapping.email',
      'another claim for the email address',
      'Gatehouse reads only `email`. Let the provider send it under that name.',
    )
  }
  const found =
    issuer === undefined
      ? undefined
      : classOfIssuer({
          issuer,
          scopes: ['openid', ...(asked.length > 0 ? asked : ['profile', 'email'])].filter(
            (scope, index, all) => all.indexOf(scope) === index && (groups.enabled || scope !== 'groups'),
          ),
          principalClaim: principal,
        })
  if (!found) {
    lose('config.issuer', 'no usable issuer', 'It must be an http or https address. Describe the provider by hand.')
    return undefined
  }
  if (found.differs !== undefined) {
    lose(
      'config.issuer',
      String(issuer),
      otherIssuer({
        given: String(issuer),
        said: found.differs,
        setting: shownSetting('issuer', String(issuer), ':'),
      }),
    )
  }
  const unverified = settings.flag(['insecureSkipVerify']) ?? false
  const { tls, secrets } = tlsOf(reading, texts(settings, 'rootCAs'), unverified)
  const { secretName, secret } = clientOf(reading)
  const post = settings.flag(['basicAuthUnsupported']) ?? false
  // `render` decides these by what it knows about the provider; where it decides differently, the list says so.
  for (const key of ['getUserInfo', 'insecureSkipEmailVerified', 'redirectURI', 'pkceChallenge']) settings.take([key])
  if (settings.peek(['userIDKey']) === 'sub') settings.take(['userIDKey'])
  return {
    className,
    class: {
      oidc: {
        ...found.oidc,
        ...(found.oidc.tls === undefined ? {} : { tls }),
        ...(groups.claim === undefined ? {} : { groupsClaim: groups.claim }),
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
    allowedGroups: groups.allowed,
    guesses: found.guesses,
  }
}

function groupsOf({ settings, lose }: Reading, claim: string | undefined, asked: readonly string[]) {
  const enabled = settings.flag(['insecureEnableGroups']) ?? false
  const allowed = texts(settings, 'allowedGroups')
  if (!enabled && allowed.length > 0) {
    lose(
      'config.allowedGroups',
      allowed.join(', '),
      'Dex does not enforce it without insecureEnableGroups: everyone got in. Set allowedGroups yourself to enforce it from now on.',
    )
  }
  if (!enabled) return { enabled, claim: undefined, allowed: [] }
  // Without the scope, a named claim shows that groups are wanted.
  return { enabled, claim: claim ?? (asked.includes('groups') ? undefined : 'groups'), allowed }
}

function readVendor(
  reading: Reading,
  { issuer, hint, claim }: { issuer: string; hint: ProviderHint; claim: string },
): ImportedConnector | undefined {
  const { settings, className } = reading
  const asked = texts(settings, 'scopes').filter((scope) => scope !== 'openid')
  settings.take(['redirectURI'])
  const found = classOfIssuer({
    issuer,
    scopes: ['openid', ...(asked.length > 0 ? asked : ['profile', 'email'])],
    principalClaim: claim,
    hint,
  })
  if (!found) return undefined
  const { secretName, secret } = clientOf(reading)
  return {
    className,
    class: { oidc: { ...found.oidc } },
    entry: { authenticationClass: className, oidc: { clientCredentialsSecret: secretName } },
    secrets: { [secretName]: secret },
    allowedGroups: [],
  }
}

function readMicrosoft(reading: Reading): ImportedConnector | undefined {
  const { settings, lose } = reading
  const tenant = settings.text(['tenant']) ?? 'common'
  // The scopes of this connector are those of Microsoft Graph.
  settings.take(['scopes'])
  const issuer = `https://login.microsoftonline.com/${encodeURIComponent(tenant)}/v2.0`
  const known = vendors.entra.tenantOf?.(issuer)
  if (known?.id === undefined) {
    lose(
      'config.tenant',
      tenant,
      'A class is one tenant, by its id. Replace the tenant in rootPath with the id; people of other tenants no longer get in.',
    )
  }
  lose(
    'config',
    'groups from Microsoft Graph',
    'The class takes groups from the token, where they are ids and not names. Add the groups claim in Entra (Token configuration), and use ids wherever you name a group.',
  )
  return readVendor(reading, {
    issuer: known?.issuer ?? issuer,
    hint: 'EntraID',
    claim: 'preferred_username',
  })
}

function readGitLab(reading: Reading): ImportedConnector | undefined {
  const { settings } = reading
  const base = (settings.text(['baseURL']) ?? 'https://gitlab.com').replace(/\/+$/, '')
  const groups = texts(settings, 'groups')
  const result = readVendor(reading, { issuer: base, hint: 'GitLab', claim: 'preferred_username' })
  if (!result) return undefined
  const oidc = { ...(result.class['oidc'] as Entry), groupsClaim: 'groups' }
  return { ...result, class: { oidc }, allowedGroups: groups }
}

function readLdap(reading: Reading): ImportedConnector | undefined {
  const { settings, className, lose } = reading
  const host = settings.text(['host'])
  const [, name, port] = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(host ?? '') ?? []
  if (name === undefined || name === '') {
    lose('config.host', 'no host', 'A directory needs one. Describe it by hand.')
    return undefined
  }
  const plain = settings.flag(['insecureNoSSL']) ?? false
  if (settings.flag(['startTLS'])) {
    lose(
      'config.startTLS',
      'StartTLS',
      'A class uses LDAPS, on its own port. Let the directory listen on 636, or there is no encryption.',
    )
  }
  const authority = settings.text(['rootCA']) ?? settings.text(['rootCAData'])
  const { tls, secrets } = tlsOf(
    reading,
    authority === undefined ? [] : [authority],
    settings.flag(['insecureSkipVerify']) ?? false,
  )
  const uid = attributeOf(settings.take(['userSearch', 'username'])) ?? 'uid'
  const searchBase = settings.text(['userSearch', 'baseDN']) ?? ''
  const filter = settings.text(['userSearch', 'filter'])
  const mail = settings.text(['userSearch', 'emailAttr']) ?? 'mail'
  const same: Readonly<Record<string, string>> = {
    idAttr: uid,
    nameAttr: 'cn',
    preferredUsernameAttr: uid,
    scope: 'sub',
  }
  for (const [key, value] of Object.entries(same)) {
    if (settings.peek(['userSearch', key]) === value) settings.take(['userSearch', key])
  }
  const groups = settings.take(['groupSearch'])
  if (groups !== undefined && !isDeepStrictEqual(groups, dexGroupSearch(searchBase))) {
    lose(
      'config.groupSearch',
      'how groups are found',
      'The files search below the root of the directory for entries that list a person as a member. Compare with yours, and limit people with ldap.searchFilter.',
    )
  }
  return {
    className,
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
    allowedGroups: [],
  }
}

/** Later versions take several attributes for the user name. */
function attributeOf(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' ? first : undefined
}

function bindOf({ settings, className }: Reading): Entry {
  return settings.peek(['bindDN']) === undefined ? {} : { bindCredentials: { secretClass: `${className}-bind` } }
}

function bindSecret(reading: Reading): Record<string, Entry> {
  const { settings, className } = reading
  const user = settings.text(['bindDN'])
  if (user === undefined) return {}
  const match = referencePattern.exec(user)
  return {
    [`${className}-bind`]: {
      user: match ? reference(match[1] ?? match[2] ?? '') : user,
      password: secretOf(reading, 'bindPW', 'BIND_PASSWORD'),
    },
  }
}

function readGitHub(reading: Reading): ImportedConnector {
  const { settings, className, lose } = reading
  const hostname = settings.text(['hostName'])
  const organizations = [settings.text(['org']) ?? [], namesOf(settings.take(['orgs']), lose)].flat()
  for (const key of ['redirectURI', 'loadAllGroups']) settings.take([key])
  if (settings.peek(['teamNameField']) === 'slug') settings.take(['teamNameField'])
  const { secretName, secret } = clientOf(reading)
  return {
    className,
    class: { github: { ...(hostname === undefined ? {} : { hostname }), organizations } },
    entry: { authenticationClass: className, oidc: { clientCredentialsSecret: secretName } },
    secrets: { [secretName]: secret },
    allowedGroups: [],
  }
}

function namesOf(orgs: unknown, lose: Reading['lose']): string[] {
  if (!Array.isArray(orgs)) return []
  return (orgs as unknown[]).flatMap((org, index) => {
    const settings = new SettingsTree(typeof org === 'object' && org !== null ? (org as Record<string, unknown>) : {})
    const name = settings.text(['name'])
    if (texts(settings, 'teams').length > 0) {
      lose(
        `config.orgs[${index}].teams`,
        'only some teams of an organisation',
        'A class lets the whole organisation in. Limit people by groups at the product.',
      )
    }
    return name ?? []
  })
}
