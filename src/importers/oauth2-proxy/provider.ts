/** The provider of oauth2-proxy as an authentication class, and its client. */
import { innerEndpoints } from '../../config/inner-address.ts'
import type { Data } from '../../formats.ts'
import { isMap, own, withoutPrototype } from '../../maps.ts'
import { providerTypes } from '../../products/oauth2-proxy/names.ts'
import type { ProviderHint } from '../../vendors/contract.ts'
import { vendorOf } from '../../vendors/index.ts'
import type { ImportAnswers } from '../contract.ts'
import { nameOfAuthority } from '../dex/connector.ts'
import { classOfIssuer, hintsByName, importedName, otherIssuer, reference } from '../provider.ts'
import { isReference } from '../settings-tree.ts'
import { shownSetting } from '../shown-setting.ts'
import { harmlessKeys } from './effects.ts'
import type { TakenSettings } from './taken.ts'

type Entry = Record<string, Data>

export interface ImportedProvider {
  className: string
  class: Entry
  entry: Entry
  secrets: Record<string, Entry>
  /** What was guessed about it and is to be checked. */
  guesses?: readonly string[]
  /** Its name in the rendered file. */
  type: string
  issuer?: string
  /** Keys of oauth2-proxy that the class says already. */
  skipped: readonly string[]
}

export interface ProviderQuestion {
  answers: ImportAnswers
  /** Whether a file that would name the provider was named and not given. */
  isUnread: boolean
  /** Whether the structured form is rendered, which takes the client secret from a file. */
  isAlpha: boolean
}

const hints = hintsByName(providerTypes)

/** What each of them says of itself, where its issuer is known without being written. */
const knownIssuers: Readonly<Record<string, string>> = {
  google: 'https://accounts.google.com',
  gitlab: 'https://gitlab.com',
}

export function providerOf(
  taken: TakenSettings,
  { answers, isUnread, isAlpha }: ProviderQuestion,
): ImportedProvider | undefined {
  const type = typeOf(taken, { answers, isUnread })
  if (type === undefined) return undefined
  const client = clientOf(taken, { answers, isAlpha })
  if (type === 'github') return githubOf(taken, client)
  if (type === 'keycloak') return legacyKeycloak(taken, client, answers)
  if (type === 'azure') return legacyAzure(taken, client, answers)
  const hint = own(hints, type)
  if (type !== 'oidc' && type !== 'cidaas' && hint === undefined) {
    taken.lose(
      'provider',
      type,
      'Nobody can sign in yet: Gatehouse has no class for this provider. Describe it as oidc if it speaks OpenID Connect (--issuer), otherwise sign in through another one.',
      'access',
    )
    return undefined
  }
  const issuer =
    type === 'google'
      ? knownIssuers['google']
      : (taken.text('oidc_issuer_url') ?? answers.issuer ?? own(knownIssuers, type))
  return oidcOf(taken, { type: hint === undefined ? 'oidc' : type, issuer, client, skipped: [] })
}

/** The provider that oauth2-proxy takes; google is its default, and an issuer beside no provider is more likely to be meant. */
function typeOf(
  taken: TakenSettings,
  { answers, isUnread }: Pick<ProviderQuestion, 'answers' | 'isUnread'>,
): string | undefined {
  const type = taken.text('provider')
  if (type !== undefined) return type
  const issuer = taken.text('oidc_issuer_url')
  if (issuer === undefined && answers.issuer !== undefined) return 'oidc'
  if (taken.elsewhere('provider') !== undefined) return undefined
  if (issuer !== undefined) {
    if (!isUnread) {
      taken.lose(
        'provider',
        'no provider beside an issuer',
        'People sign in at that issuer from now on; oauth2-proxy without `provider` takes google, whatever the issuer. Check that the file was complete.',
        'identity',
      )
    }
    return 'oidc'
  }
  if (isUnread || taken.elsewhere('oidc_issuer_url') !== undefined) return undefined
  taken.lose(
    'provider',
    'no provider',
    'People sign in at Google, because google is the default of oauth2-proxy. If another file or variable names the provider, give that too, or say --issuer.',
    'identity',
  )
  return 'google'
}

interface OidcQuestion {
  type: string
  issuer: string | undefined
  client: Entry
  skipped: readonly string[]
}

function oidcOf(taken: TakenSettings, { type, issuer, client, skipped }: OidcQuestion): ImportedProvider | undefined {
  const hint = own(hints, type)
  const asked = taken.text('scope')?.split(/\s+/).filter(Boolean)
  const found =
    issuer === undefined
      ? undefined
      : classOfIssuer({
          issuer,
          scopes: [...new Set(['openid', ...(asked ?? ['email', 'profile'])])],
          principalClaim: taken.text('principal') ?? (type === 'google' ? 'email' : 'preferred_username'),
          hint,
        })
  if (!found || issuer === undefined) {
    const source = taken.elsewhere('oidc_issuer_url')
    taken.lose(
      'oidc_issuer_url',
      source === undefined ? 'no usable issuer' : `it comes from ${source}`,
      'Nobody can sign in yet: a class needs the http or https address of the provider. Say it with --issuer.',
      'access',
    )
    return undefined
  }
  if (found.differs !== undefined) {
    taken.lose(
      'oidc_issuer_url',
      issuer,
      otherIssuer({
        given: issuer,
        said: found.differs,
        setting: shownSetting('oidc_issuer_url', issuer, { harmless: harmlessKeys }),
      }),
      'identity',
    )
  }
  const className = importedName(hint?.toLowerCase() ?? found.oidc.providerHint?.toLowerCase() ?? 'idp', 'idp')
  const groupsClaim = taken.text('oidc_groups_claim')
  const { tls, secrets } = tlsOf(taken, className)
  const parameters = parametersOf(taken)
  const internalUrl = internalUrlOf(taken, { issuer, hint: found.oidc.providerHint })
  return {
    className,
    class: {
      oidc: {
        ...found.oidc,
        ...(found.oidc.tls === undefined ? {} : { tls }),
        ...(internalUrl === undefined ? {} : { internalUrl }),
        ...(groupsClaim === undefined || groupsClaim === 'groups' ? {} : { groupsClaim }),
      },
    },
    entry: {
      authenticationClass: className,
      oidc: {
        clientCredentialsSecret: `${className}-client`,
        ...(Object.keys(parameters).length > 0 ? { authorizationParameters: parameters } : {}),
      },
    },
    secrets: { [`${className}-client`]: client, ...secrets },
    guesses: found.guesses,
    type,
    issuer,
    skipped: internalUrl === undefined ? skipped : [...skipped, ...innerKeys],
  }
}

const innerKeys = ['skip_oidc_discovery', 'login_url', 'redeem_url', 'oidc_jwks_url', 'profile_url']

/** The address of the provider inside of a network, if the addresses that are written one by one say just that. */
function internalUrlOf(
  taken: TakenSettings,
  { issuer, hint }: { issuer: string; hint: ProviderHint | undefined },
): string | undefined {
  const known = vendorOf(hint).endpoints(issuer)
  const internalUrl = URL.parse(taken.peek('redeem_url'))?.origin
  if (!known || internalUrl === undefined) return undefined
  const inner = innerEndpoints(known, { issuer, internalUrl })
  const same = [
    [taken.peek('login_url'), known.authorization],
    [taken.peek('redeem_url'), inner.token],
    [taken.peek('oidc_jwks_url'), inner.jwks],
    [taken.peek('profile_url'), inner.userinfo],
  ].every(([given, meant]) => given === meant)
  if (!same || inner.token === known.token || !taken.flag('skip_oidc_discovery')) return undefined
  for (const key of innerKeys) taken.take(key)
  return internalUrl
}

/** The provider of before 7.x: OAuth 2.0 at the addresses of a realm. */
function legacyKeycloak(taken: TakenSettings, client: Entry, answers: ImportAnswers): ImportedProvider | undefined {
  const addresses = ['login_url', 'redeem_url', 'profile_url', 'validate_url']
  const realm = addresses.flatMap(
    (key) => /^(https?:\/\/.+\/realms\/[^/]+)\//.exec(taken.text(key) ?? '')?.[1] ?? [],
  )[0]
  const found = oidcOf(taken, {
    type: 'keycloak-oidc',
    issuer: taken.text('oidc_issuer_url') ?? realm ?? answers.issuer,
    client,
    skipped: addresses,
  })
  if (found) {
    taken.lose(
      'provider',
      'keycloak',
      'People are known by the ID token from now on: the rendered file has keycloak-oidc, which replaces this provider and reads its addresses from the discovery document. If groups count, give the client at Keycloak a mapper that writes them into the claim groups of the ID token.',
      'identity',
    )
  }
  return found
}

/** The provider of before Entra ID: a tenant, at first by addresses of version 1. */
function legacyAzure(taken: TakenSettings, client: Entry, answers: ImportAnswers): ImportedProvider | undefined {
  const tenant = taken.text('azure_tenant')
  const given = taken.text('oidc_issuer_url') ?? (tenant === undefined ? answers.issuer : undefined)
  // Tokens of version 1 name sts.windows.net; both are the same tenant.
  const old = /^https:\/\/sts\.windows\.net\/([^/]+)\/?$/.exec(given ?? '')?.[1]
  const id = old ?? (given === undefined ? tenant : undefined)
  const issuer = id === undefined ? given : `https://login.microsoftonline.com/${id}/v2.0`
  if (tenant !== undefined && given !== undefined && !given.includes(tenant)) {
    taken.lose('azure_tenant', tenant, 'Only people of the tenant in the issuer get in: a class is one tenant.')
  }
  const found = oidcOf(taken, {
    type: 'entra-id',
    issuer,
    client,
    skipped: ['login_url', 'redeem_url', 'profile_url', 'validate_url', 'resource'],
  })
  if (found) {
    taken.lose(
      'provider',
      'azure',
      'People are known by another id from now on: the rendered file has entra-id with tokens of version 2, which replaces this provider. Sessions begin anew; groups come by their id, from the claim groups.',
      'identity',
    )
  }
  return found
}

const secretVariable = 'OAUTH2_PROXY_CLIENT_SECRET'

function clientOf(taken: TakenSettings, { answers, isAlpha }: Pick<ProviderQuestion, 'answers' | 'isAlpha'>): Entry {
  const written = taken.text('client_id')
  const source = taken.elsewhere('client_id') ?? (written !== undefined && isReference(written) ? written : undefined)
  const id = (source === undefined ? written : undefined) ?? answers.clientId
  if (id === undefined) {
    taken.lose(
      'client_id',
      source === undefined ? 'no client id' : `the client id comes from ${source}`,
      'gatehouse.yaml holds the client id itself. Replace CLIENT-ID with it, or say it with --client-id.',
      'secret',
    )
  }
  const secret = taken.take('client_secret')
  const file = taken.text('client_secret_file')
  loseSecret(
    taken,
    'client_secret',
    isAlpha ? `${secretVariable}_FILE` : secretVariable,
    'the client secret in clear text',
    'change it if others have seen the file.',
  )
  loseSecret(
    taken,
    'cookie_secret',
    'OAUTH2_PROXY_COOKIE_SECRET',
    'the key of the cookies in clear text',
    'with a new one, people must sign in again.',
  )
  for (const key of ['redis_password', 'redis_sentinel_password', 'github_token']) {
    loseSecret(
      taken,
      key,
      `OAUTH2_PROXY_${key.toUpperCase()}`,
      'a secret in clear text',
      'change it if others have seen the file.',
    )
  }
  if (secret === undefined && file !== undefined && !file.includes('$')) {
    return { clientId: id ?? 'CLIENT-ID', clientSecret: `\${file:${file}}` }
  }
  return {
    clientId: id ?? 'CLIENT-ID',
    ...(id === undefined ? { clientIdVariable: 'OAUTH2_PROXY_CLIENT_ID' } : {}),
    clientSecret: reference(secretVariable),
  }
}

/** A secret that the input holds, or names by a variable that has another name in the rendered files. */
function loseSecret(taken: TakenSettings, key: string, variable: string, what: string, also: string): void {
  const text = taken.text(key)
  if (text === undefined) return
  const [, name = variable] = /^\$[({]?(\w+)/.exec(text) ?? []
  const isFile = variable.endsWith('_FILE')
  const how = isFile ? `Put it into the file that ${variable} names` : `Set it as ${variable}`
  if (!isReference(text)) taken.lose(key, what, `It is not copied. ${how}; ${also}`, 'secret')
  else if (name !== variable) {
    taken.lose(
      key,
      `it comes from ${text}`,
      isFile
        ? `The rendered files read it from a file. ${how}.`
        : `The rendered files take it from ${variable}. Give that variable the same value.`,
      'secret',
    )
  }
}

function tlsOf(taken: TakenSettings, className: string): { tls: Data; secrets: Record<string, Entry> } {
  const [first, ...others] = taken.list('provider_ca_files')
  if (taken.flag('ssl_insecure_skip_verify')) {
    if (first !== undefined) {
      taken.lose(
        'provider_ca_files',
        [first, ...others].join(', '),
        'Nothing changes: with ssl_insecure_skip_verify no certificate is checked. To have it checked by these, write caCert for tls of the class in place of none.',
      )
    }
    return { tls: { verification: { none: {} } }, secrets: {} }
  }
  if (first === undefined) return { tls: { verification: { server: { caCert: { webPki: {} } } } }, secrets: {} }
  if (others.length > 0) {
    taken.lose(
      'provider_ca_files',
      'several certificate authorities',
      `A class takes one file. Put all of them into ${first}.`,
    )
  }
  const name = nameOfAuthority(first, className)
  return {
    tls: { verification: { server: { caCert: { secretClass: name } } } },
    secrets: { [name]: { 'ca.crt': `\${file:${first}}` } },
  }
}

function parametersOf(taken: TakenSettings): Record<string, string> {
  const found = withoutPrototype<string>()
  for (const key of ['prompt', 'acr_values', 'approval_prompt']) {
    const value = taken.text(key)
    // What `render` always writes, and the default that asks for approval each time.
    if (value !== undefined && !(key === 'approval_prompt' && /^(auto|force)$/.test(value))) found[key] = value
  }
  const list = taken.take('parameters')
  if (!Array.isArray(list)) return { ...found }
  for (const item of list as unknown[]) {
    if (!isMap(item) || typeof item['name'] !== 'string' || !Array.isArray(item['default'])) continue
    // What render writes where no prompt is asked for.
    if (item['name'] === 'approval_prompt' && /^(?:auto|force)$/.test(String(item['default'][0]))) continue
    found[item['name']] = String(item['default'][0] ?? '')
    if (item['allow'] !== undefined || item['default'].length > 1) {
      taken.lose(
        'parameters',
        `more about the parameter ${item['name']}`,
        'Only its first value is sent, whatever people ask for in the address of the sign-in. gatehouse.yaml has no place for the rest.',
      )
    }
  }
  return { ...found }
}

function githubOf(taken: TakenSettings, client: Entry): ImportedProvider {
  const orgs = taken.list('github_org')
  const login = URL.parse(taken.text('login_url') ?? '')
  const skipped = ['login_url', 'redeem_url', 'validate_url']
  for (const key of ['scope', 'principal', 'approval_prompt']) taken.take(key)
  for (const key of skipped) if (/^https:\/\/(?:api\.)?github\.com\//.test(taken.peek(key))) taken.take(key)
  const hostname = login === null || login.hostname === 'github.com' ? {} : { hostname: login.hostname }
  return {
    className: 'github',
    class: { github: { ...hostname, organizations: orgs } },
    entry: { authenticationClass: 'github', oidc: { clientCredentialsSecret: 'github-client' } },
    secrets: { 'github-client': client },
    type: 'github',
    skipped,
  }
}
