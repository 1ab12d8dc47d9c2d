/** The provider of both lines of flaskoidc, as an authentication class. */
import { innerEndpoints } from '../../config/inner-address.ts'
import { issuerOf as issuerOfClass } from '../../config/issuer.ts'
import { OidcProvider } from '../../config/schema.ts'
import type { Data } from '../../formats.ts'
import { own } from '../../maps.ts'
import { providerName } from '../../products/amundsen/names.ts'
import type { ProviderHint } from '../../vendors/contract.ts'
import { vendorAt, vendorOf } from '../../vendors/index.ts'
import { classOfIssuer, hintsByName, type ImportedOidc, importedName } from '../provider.ts'
import type { Findings } from './findings.ts'
import { shown } from './harmless.ts'
import type { Setting } from './service-settings.ts'

export interface ImportedProvider {
  /** The line of flaskoidc. */
  line: '0' | '1'
  className: string
  oidc: Record<string, Data>
  clientOptions: Record<string, Data>
  hint: ProviderHint | undefined
  isAtRoot: boolean
  scopes: readonly string[]
}

const usualScopes = ['openid', 'email', 'profile']
const hints = hintsByName({ google: 'google', okta: 'okta', keycloak: 'keycloak' })

export function readProvider(found: Findings): ImportedProvider {
  const { settings } = found
  const line = lineOf(found)
  const name = settings.takeUnlessUsual('FLASK_OIDC_PROVIDER_NAME')
  const scopes = readScopes(found, line)
  const known = classOf(found, { name: name?.value.toLowerCase(), scopes, line })
  const hint = known.oidc['providerHint'] as ProviderHint | undefined
  const className = importedName(hint ?? name?.value ?? 'idp', 'idp')
  for (const text of known.comments) found.comments.push({ path: ['authenticationClasses', className], text })
  if (line === '1') reportName(found, name, hint)
  const extra = scopes.filter((scope) => !usualScopes.includes(scope))
  return {
    line,
    className,
    oidc: known.oidc,
    hint,
    isAtRoot: known.oidc['rootPath'] === undefined,
    scopes,
    clientOptions: {
      ...(line === '0' ? authenticationMethod(found) : {}),
      ...(extra.length > 0 ? { extraScopes: extra } : {}),
    },
  }
}

function lineOf({ settings }: Findings): '0' | '1' {
  const secrets = settings.take('OIDC_CLIENT_SECRETS') ?? settings.reference('OIDC_CLIENT_SECRETS')
  const isOlder = secrets ?? settings.take('OIDC_ISSUER') ?? settings.peek('OIDC_ORG_URL')
  const isNewer = settings.peek('FLASK_OIDC_CONFIG_URL') ?? settings.reference('FLASK_OIDC_CONFIG_URL')
  return isOlder && !isNewer ? '0' : '1'
}

/** How flask-oidc asks about tokens; the rendered files know the two ways that a provider can check. */
function authenticationMethod({ settings, notCarried }: Findings): Record<string, Data> {
  const setting = settings.take('INTROSPECTION_AUTH_METHOD')
  const method = setting?.value ?? 'client_secret_post'
  if (method === 'client_secret_post' || method === 'client_secret_basic') return { clientAuthenticationMethod: method }
  notCarried.push({
    where: setting?.where ?? 'INTROSPECTION_AUTH_METHOD',
    what: shown('INTROSPECTION_AUTH_METHOD', method),
    why: 'The rendered files ask the provider about tokens with the client secret. Write clientAuthenticationMethod of the entry if it takes client_secret_post only.',
  })
  return {}
}

function readScopes(found: Findings, line: '0' | '1'): string[] {
  const newer = found.settings.takeUnlessUsual('FLASK_OIDC_SCOPES')?.value
  const older = found.settings.take('OIDC_SCOPES')?.value
  const text = line === '1' ? (newer ?? usualScopes.join(' ')) : (older ?? 'openid,email')
  return [...new Set(text.split(line === '1' ? /\s+/ : /[\s,]+/).filter((scope) => scope !== ''))]
}

interface ClassFacts {
  name: string | undefined
  scopes: readonly string[]
  line: '0' | '1'
}

interface ReadClass {
  oidc: Record<string, Data>
  comments: readonly string[]
}

function classOf(found: Findings, { name, scopes, line }: ClassFacts): ReadClass {
  const { issuer, where, comments } = issuerOf(found, name)
  const facts = {
    scopes: scopes.filter((scope) => usualScopes.includes(scope)),
    principalClaim: principalClaimOf(found, scopes, line),
    hint: hintOf(found, name, issuer),
  }
  const known = issuer === undefined ? undefined : classOfIssuer({ issuer, ...facts })
  if (known)
    return {
      oidc: { ...known.oidc, ...innerAddressOf(found, known.oidc) },
      comments: [...comments, ...known.guesses, ...scopeComments(found, line)],
    }
  reportNoAddress(found, where)
  const { hint, ...rest } = facts
  const tls = { verification: { server: { caCert: { webPki: {} } } } }
  return { oidc: { ...rest, ...(hint ? { providerHint: hint } : {}), tls }, comments: scopeComments(found, line) }
}

function scopeComments({ settings }: Findings, line: '0' | '1'): string[] {
  return line === '0' && !settings.peek('OIDC_SCOPES') ? ['The scopes are what flask-oidc asks for by default.'] : []
}

// --- Its address

interface FoundIssuer {
  issuer: string | undefined
  /** The setting that has it, or should. */
  where: Setting | undefined
  comments: readonly string[]
}

function issuerOf(found: Findings, name: string | undefined): FoundIssuer {
  const { settings, answers } = found
  const configUrl = settings.take('FLASK_OIDC_CONFIG_URL')
  const older = olderIssuer(found)
  const issuer = configUrl?.value ?? older?.value
  const elsewhere = settings.reference('FLASK_OIDC_CONFIG_URL') ?? settings.reference('OIDC_ORG_URL')
  if (issuer !== undefined) {
    const comments = found.isProviderOfChart
      ? ['Google is what the chart has by default: your values name no other.']
      : []
    return { issuer, where: configUrl ?? older, comments }
  }
  if (answers.issuer !== undefined) return { issuer: answers.issuer, where: undefined, comments: [] }
  if (name === 'google' && !elsewhere) {
    const comments = ["FLASK_OIDC_CONFIG_URL is missing; this is Google's, which FLASK_OIDC_PROVIDER_NAME names."]
    return { issuer: 'https://accounts.google.com', where: undefined, comments }
  }
  return { issuer: undefined, where: elsewhere, comments: [] }
}

/** From client_secrets.json, or from the values that the chart builds it from: Okta and one of its authorization servers. */
function olderIssuer({ settings, notCarried }: Findings): Setting | undefined {
  const issuer = settings.take('OIDC_ISSUER')
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
  const origin = organization.value.replace(/\/+$/, '')
  const address = /^[a-z]+:\/\//i.test(origin) ? origin : `https://${origin}`
  return { ...organization, value: `${address}/oauth2/${server?.value ?? 'default'}` }
}

/** What the address says; else what the variable says, but Google has one address only, and the name is its default. */
function hintOf(
  { settings }: Findings,
  name: string | undefined,
  issuer: string | undefined,
): ProviderHint | undefined {
  const url = URL.parse(issuer ?? '')
  if (url && vendorAt(url)?.address?.host?.test(url.hostname)) return undefined
  if (settings.peek('OIDC_ORG_URL') && !settings.peek('OIDC_ISSUER') && !settings.peek('FLASK_OIDC_CONFIG_URL'))
    return 'Okta'
  return name === undefined || (name === 'google' && url) ? undefined : own(hints, name)
}

function reportNoAddress({ notCarried, where, settings, isOlderChart }: Findings, setting: Setting | undefined): void {
  const path = settings.peek('OIDC_CLIENT_SECRETS')?.value
  const client = isOlderChart ? 'client_secrets.json of the Secret oidc-config' : path
  const given =
    setting && setting.value !== '' ? 'an address of the provider that is none' : 'the address of the provider'
  const kept = setting?.from === undefined ? '' : `, which is in ${setting.from}`
  const file = client === undefined ? 'Answer' : `Give ${client} to the import too, or answer`
  notCarried.push({
    where: setting?.where ?? where,
    what: `${given}${kept}`,
    why: `Nobody can sign in without it. ${file} --issuer https://..., or write hostname and rootPath of the authenticationClass.`,
    effect: 'access',
  })
}

/** The address inside of a network, where the file calls the provider there; other addresses than the class has are named. */
function innerAddressOf({ endpoints, notCarried }: Findings, oidc: ImportedOidc): Record<string, Data> {
  const issuer = issuerOfClass(OidcProvider.parse(oidc))
  const { address, endpoints: endpointsOf } = vendorOf(oidc.providerHint)
  const known = endpointsOf(issuer)
  const internalUrl = URL.parse(endpoints?.token ?? '')?.origin
  if (!endpoints || !known || internalUrl === undefined || address?.host || endpoints.token === known.token) return {}
  const inner = innerEndpoints(known, { issuer, internalUrl })
  if (inner.token === endpoints.token && [undefined, inner.userinfo].includes(endpoints.userinfo))
    return { internalUrl }
  notCarried.push({
    where: `${endpoints.where}: token_uri, userinfo_uri`,
    what: 'addresses of the provider that do not follow from its issuer',
    why: `The rendered client_secrets.json calls ${known.token} and ${known.userinfo}. Write endpoints of the class, or internalUrl, if the provider is elsewhere for servers.`,
    effect: 'access',
  })
  return {}
}

// --- Who people are

function principalClaimOf(found: Findings, scopes: readonly string[], line: '0' | '1'): string {
  const { settings } = found
  const field = settings.takeUnlessUsual('FLASK_OIDC_USER_ID_FIELD')
  if (line === '0') {
    // The configuration class of that time took the user name from there.
    if (settings.peek('OIDC_SCOPES') && !scopes.includes('profile')) reportThinScopes(found, scopes)
    return 'preferred_username'
  }
  const ours = settings.peek('FRONTEND_SVC_CONFIG_MODULE_CLASS')?.value.startsWith('gatehouse_amundsen.') ?? false
  if (field && field.value !== 'email' && !ours) reportUserId(found, field)
  return field?.value ?? 'email'
}

function reportThinScopes({ settings, notCarried }: Findings, scopes: readonly string[]): void {
  notCarried.push({
    where: settings.peek('OIDC_SCOPES')?.where ?? 'OIDC_SCOPES',
    what: `no profile among the scopes ${scopes.join(', ')}`,
    why: 'The username is preferred_username, which Okta and most others send only when profile is requested. Add profile to the scopes of the class, or set principalClaim: email.',
    effect: 'identity',
  })
}

/** The variable names the key of the token table; the stock configuration of Amundsen never reads it. */
function reportUserId({ notCarried }: Findings, { value, where }: Setting): void {
  notCarried.push({
    where,
    what: shown('FLASK_OIDC_USER_ID_FIELD', value),
    why: `People may become others: Amundsen's own OidcConfig knows them by email, whatever this says, and the rendered module by ${value}, so what belongs to an address belongs to nobody. Write principalClaim: email in the class if your users are addresses.`,
    effect: 'identity',
  })
}

/** What `render` calls a provider of that kind. */
function reportName({ notCarried }: Findings, name: Setting | undefined, hint: ProviderHint | undefined): void {
  const rendered = providerName(vendorOf(hint))
  if (!name || name.value.toLowerCase() === rendered) return
  notCarried.push({
    where: name.where,
    what: shown('FLASK_OIDC_PROVIDER_NAME', name.value),
    why: `Everybody signs in once more: flaskoidc keeps tokens under that name, and the rendered files say ${rendered}. There is nothing to do.`,
  })
}
