/** `gatehouse dev-idp --like github`: with options and faults of its own, because it speaks no OpenID Connect. */
import type { Faults } from '../dev-idp/contract.ts'
import type { GitHubFaults } from '../dev-idp/github/settings.ts'
import { AppError, causeChain } from '../errors.ts'
import { formatError } from './explain-error.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

/** The call, as for every vendor. */
interface DevGitHubRequest {
  host: string
  port: number
  redirectUris: readonly string[]
  stateFile?: string
  tls: boolean
  fullGroupPaths: boolean
  audiences: readonly string[]
  groupsClaim?: string
  manyGroups?: number
  tenant?: string
  faults: readonly string[]
}

interface DevGitHubSurroundings extends Pick<Surroundings, 'stdout' | 'stderr'> {
  /** Resolves when the command should end. */
  stopped: Promise<unknown>
  /** The faults that every vendor may have, or a sentence that names the unknown one. */
  parseFaults: (words: readonly string[]) => Faults | string
}

const gitHubFaultsHelp = 'saml=ORGANISATION, restricted=ORGANISATION, rate-limit, revoked'

/** Prints one line of JSON when it is ready, and runs until stopped. */
export async function devGitHub(
  request: DevGitHubRequest,
  { stdout, stderr, stopped, parseFaults }: DevGitHubSurroundings,
): Promise<ExitStatus> {
  const faults = parseGitHubFaults(request.faults, parseFaults)
  const problem = typeof faults === 'string' ? faults : impossible(request)
  if (typeof faults === 'string' || problem !== undefined) {
    stderr(`${problem}\n`)
    return 2
  }
  const { manyGroups } = request
  try {
    const { startDevGitHub } = await import('../dev-idp/github/index.ts')
    const {
      close,
      faults: _,
      ...description
    } = await startDevGitHub({
      ...request,
      faults,
      ...(manyGroups ? { manyTeams: manyGroups } : {}),
    })
    stdout(`${JSON.stringify(description)}\n`)
    await stopped
    await close()
    return 0
  } catch (error) {
    stderr(error instanceof AppError ? formatError(error) : `dev-idp cannot start: ${causeChain(error)}\n`)
    return 2
  }
}

function impossible({ port, manyGroups = 0, ...request }: DevGitHubRequest): string | undefined {
  if (!Number.isInteger(port) || port < 0 || port > 65535) return '--port must be a number from 0 to 65535'
  if (!Number.isInteger(manyGroups) || manyGroups < 0 || manyGroups > 10_000)
    return '--many-groups must be a number from 0 to 10000'
  const asked = [
    ...(request.fullGroupPaths ? ['full group paths'] : []),
    ...(request.audiences.length > 0 ? ['audiences of access tokens'] : []),
    ...(request.groupsClaim === undefined ? [] : ['claim of groups that is set']),
    ...(request.tenant === undefined ? [] : ['such word for tenants']),
  ]
  return asked.length === 0 ? undefined : `--like: GitHub has no ${asked.join(', ')}`
}

/** What only providers of OpenID Connect can have wrong, and the clock, by which nobody measures GitHub. */
const notOfGitHub: readonly (keyof Faults)[] = ['issuer', 'clock', 'scopes', 'kid', 'nonce', 'jwks']

/** The requested faults, or a sentence that names the one that is none. */
function parseGitHubFaults(
  words: readonly string[],
  parseFaults: DevGitHubSurroundings['parseFaults'],
): GitHubFaults | string {
  const own: GitHubFaults = {}
  const shared: string[] = []
  for (const word of words) {
    const [name = '', value = ''] = word.split(/=(.*)/s)
    if (name === 'saml' && value !== '') own.saml = [...(own.saml ?? []), value]
    else if (name === 'restricted' && value !== '') own.restricted = [...(own.restricted ?? []), value]
    else if (word === 'rate-limit') own.rateLimit = true
    else if (word === 'revoked') own.revoked = true
    else shared.push(word)
  }
  const faults = parseFaults(shared)
  if (typeof faults === 'string') return `${faults}; of GitHub: ${gitHubFaultsHelp}`
  const [impossible] = notOfGitHub.filter((name) => faults[name] !== undefined)
  if (impossible !== undefined) return `--like: GitHub has no fault ${impossible}`
  const { certificate, redirect, unreachable, slow, serverError } = faults
  const ofBoth = { certificate, redirect, unreachable, slow, serverError }
  return { ...Object.fromEntries(Object.entries(ofBoth).filter(([, value]) => value !== undefined)), ...own }
}
