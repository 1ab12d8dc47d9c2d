/** Where GitHub is, by the host name of a class: GitHub.com, a company at GHE.com, or an Enterprise Server. The one place that knows. */
import { isLoopbackHost } from '../loopback.ts'
import type { GitHub, TlsVerification } from './authentication-class.ts'

export interface GitHubAddresses {
  /** Where browsers go, without a slash at the end. The issuer of its people's identities too, which have no other name. */
  web: string
  /** What GitHub calls itself as an OAuth server (RFC 8414), and will in its answers should they ever name it. */
  issuer: string
  authorization: string
  token: string
  /** The REST API, without a slash at the end. */
  api: string
}

type Located = Pick<GitHub, 'hostname' | 'port' | 'tls'>

/** The addresses below which GitHub's documents put everything. */
export function githubAddresses(github: Located): GitHubAddresses {
  const host = hostOf(github)
  const { origin: web } = new URL(`${isClearText(github) ? 'http' : 'https'}://${host}:${github.port ?? ''}`)
  const issuer = `${web}/login/oauth`
  return {
    web,
    issuer,
    authorization: `${issuer}/authorize`,
    token: `${issuer}/access_token`,
    api: hasApiHost(host) ? `https://api.${host}` : `${web}/api/v3`,
  }
}

/** The host as it is written in a URL: GitHub.com and github.com are one. */
function hostOf({ hostname }: Pick<GitHub, 'hostname'>): string {
  const host = hostname.toLowerCase().replace(/\.$/, '')
  return host.includes(':') ? `[${host}]` : host
}

/** Only where GitHub itself runs the service the API has a host of its own. */
function hasApiHost(host: string): boolean {
  return host === 'github.com' || host.endsWith('.ghe.com')
}

/** Whether anybody in the world can have an account there. */
export function isGitHubDotCom(github: Pick<GitHub, 'hostname'>): boolean {
  return hostOf(github) === 'github.com'
}

/** GitHub is always https, except the one of a test on this machine. */
function isClearText(github: Located): boolean {
  return !github.tls && isLoopbackHost(hostOf(github))
}

/** How the certificate of GitHub is checked: as its class says, with the public authorities otherwise. Undefined: nothing is encrypted. */
export function githubTls(github: Located): TlsVerification | undefined {
  if (isClearText(github)) return undefined
  return github.tls ?? { verification: { server: { caCert: { webPki: {} } } } }
}
