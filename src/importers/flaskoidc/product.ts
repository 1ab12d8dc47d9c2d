/** The product `amundsen` of an import: its address and its options. */
import type { Data } from '../../formats.ts'
import { isLoopbackHost } from '../../loopback.ts'
import type { Findings } from './findings.ts'
import type { ImportedProvider } from './provider.ts'
import type { Setting } from './service-settings.ts'

/** Where people land after the sign-in: a path, or a whole address. */
export const landing = 'FLASK_OIDC_OVERWRITE_REDIRECT_URI'

/** Undefined when the input does not say it: a made-up one would pass `check`. */
export function readUrl(found: Findings, line: '0' | '1'): string | undefined {
  const { settings, answers, ingress } = found
  const base = settings.take('FRONTEND_BASE')
  const redirect = settings.take('OVERWRITE_REDIRECT_URI')
  const scheme = settings.take('FLASK_OIDC_FORCE_SCHEME')
  const url = [base?.value, redirect?.value, settings.peek(landing)?.value, ingress, answers.url]
    .map((text) => URL.parse(text ?? ''))
    .find((parsed) => parsed !== null && isOpenAddress(parsed))
  if (!url) {
    reportNoUrl(found, base)
    return undefined
  }
  if (line === '0') return url.origin
  if (scheme?.value === 'https' && url.protocol === 'http:') {
    found.comments.push({ path: ['products', 'amundsen', 'url'], text: 'With https, as FLASK_OIDC_FORCE_SCHEME said.' })
    return `https://${url.host}`
  }
  if (!scheme && url.protocol === 'https:') reportScheme(found, url.origin)
  return url.origin
}

function isOpenAddress({ protocol, hostname }: URL): boolean {
  return /^https?:$/.test(protocol) && !isLoopbackHost(hostname) && hostname !== '0.0.0.0'
}

function reportNoUrl({ comments, notCarried, where }: Findings, base: Setting | undefined): void {
  comments.push({
    path: ['products', 'amundsen'],
    text: 'Set url to the address at which people open Amundsen.',
  })
  const answer = 'Answer --url https://..., or set products.amundsen.url to the address at which people open it.'
  notCarried.push({
    where: base?.where ?? where,
    what: base?.value ?? 'the address of Amundsen',
    why: base
      ? `Nobody else opens it there, and the provider would send people to it. ${answer}`
      : `The provider would not know where to send people back. ${answer}`,
    effect: 'access',
  })
}

function reportScheme({ notCarried, where }: Findings, origin: string): void {
  notCarried.push({
    where,
    what: 'FLASK_OIDC_FORCE_SCHEME = "https"',
    why: `The redirect URI is ${origin}/auth, where flaskoidc 1.0.5 and later wrote http:// without this. Register it at the provider.`,
    effect: 'added',
  })
}

export function optionsOf(
  found: Findings,
  provider: ImportedProvider,
  clients: Readonly<Record<string, string>>,
): Record<string, Data> {
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
    where: found.settings.peek('FLASK_OIDC_SCOPES')?.where ?? found.where,
    what: 'okta.users.read',
    why: "Okta's Users API takes tokens of the org server only, and this is another. Profiles of new people come from their token; use the org server for profiles: okta.",
  })
  return 'token'
}

/** Whether sessions are in a database. A file of SQLite is one of each replica. */
function hasDatabase({ settings, notCarried }: Findings): boolean {
  const database = settings.take('SQLALCHEMY_DATABASE_URI')
  if (!database) return settings.reference('SQLALCHEMY_DATABASE_URI') !== undefined
  if (database.value.startsWith('sqlite:')) {
    if (!/^sqlite:\/\/\/(?:sessions\.db|\/tmp\/[\w.-]+)$/.test(database.value)) {
      notCarried.push({
        where: database.where,
        what: 'the file of the sessions',
        why: 'Everybody signs in once more: the rendered files keep sessions below /tmp, which ends with the container. Set the variable again behind the rendered file if sessions are to outlive it.',
      })
    }
    return false
  }
  notCarried.push({
    where: database.where,
    what: 'the database of the sessions',
    why: 'Its address may hold a password, so the result does not have it. Pass it as the variable SQLALCHEMY_DATABASE_URI, from a Secret.',
    effect: 'secret',
  })
  return true
}
