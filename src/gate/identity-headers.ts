import type { Identity } from './identity.ts'

/** The headers that tell who it is, built once per session or token. Raw arrays: name, value, name, value. */
export interface IdentityHeaders {
  /** The whole head of a forward-auth 200. Every header is there even when empty: Envoy keeps the client's own one otherwise. */
  answer: string[]
  /** Set last on a request that is forwarded. A value that is not known is left out: the client's own one has been removed. */
  forward: string[]
  /** How many teams did not fit. */
  teamsCut: number
}

/** nginx reads at most 4 kB of head by default (proxy_buffer_size), Node 16 KiB in all; the same values go upstream twice. */
const budget = 3072

/**
 * Builds the headers of an identity. Whatever is not printable ASCII, and `%` itself, is percent-encoded as UTF-8, in team names the comma
 * too: `decodeURIComponent` gives each value back. Together they stay under 4 kB: teams that rules of the service name come first, then
 * the others as long as they fit; whole names only.
 *
 * @param preferredTeams the teams that rules of the service name.
 * @returns undefined when the user name alone is too long to be sent.
 */
export function identityHeaders(identity: Identity, preferredTeams: ReadonlySet<string>): IdentityHeaders | undefined {
  const user = encode(identity.username)
  if (user === '' || user.length > 512) return undefined
  const email = fitting(encode(identity.email ?? ''))

  let room = budget - 2 * user.length - email.length
  const fits: string[] = []
  const ordered = [
    ...identity.teams.filter((team) => preferredTeams.has(team)),
    ...identity.teams.filter((team) => !preferredTeams.has(team)),
  ]
  for (const team of ordered) {
    const word = encode(team).replaceAll(',', '%2C')
    if (word.length + 1 > room) break
    room -= word.length + 1
    fits.push(word)
  }
  const groups = fits.join(',')

  const answer = [
    'X-Auth-Request-User',
    user,
    'X-Auth-Request-Email',
    email,
    'X-Auth-Request-Preferred-Username',
    user,
    'X-Auth-Request-Groups',
    groups,
    'Content-Length',
    '0',
  ]
  const forward: string[] = []
  for (const [suffix, value] of [
    ['User', user],
    ['Email', email],
    ['Preferred-Username', user],
    ['Groups', groups],
  ] as const) {
    if (value !== '') forward.push(`X-Auth-Request-${suffix}`, value, `X-Forwarded-${suffix}`, value)
  }
  return { answer, forward, teamsCut: identity.teams.length - fits.length }
}

/** The head of a forward-auth 200 for someone unknown on a path that is open to everyone. */
export const anonymousAnswer: string[] = [
  'X-Auth-Request-User',
  '',
  'X-Auth-Request-Email',
  '',
  'X-Auth-Request-Preferred-Username',
  '',
  'X-Auth-Request-Groups',
  '',
  'Content-Length',
  '0',
]

function fitting(value: string): string {
  return value.length > 512 ? '' : value
}

function encode(value: string): string {
  // toWellFormed: a lone surrogate would make encodeURIComponent throw.
  return value
    .toWellFormed()
    .replace(/[^ -~]+|%/g, encodeURIComponent)
    .replace(/^ +| +$/g, (blanks) => '%20'.repeat(blanks.length))
}
