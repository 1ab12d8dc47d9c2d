import { readFileSync } from 'node:fs'
import { Option } from 'commander'
import type { JWK } from 'jose'
import { publicKeys } from '../config/public-keys.ts'
import { type ClientAuthentication, certificateFaults, type Faults, keysFaults } from '../dev-idp/contract.ts'
import { lookAlikes } from '../dev-idp/look-alikes.ts'
import { AppError, causeChain } from '../errors.ts'
import { collect, type Declare } from './command.ts'
import { devGitHub } from './dev-github.ts'
import { formatError } from './explain-error.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

interface DevIdpOptions {
  like: string
  host: string
  port: string
  redirect: string[]
  state?: string
  tls: boolean
  fullGroupPaths: boolean
  audience: string[]
  groupsClaim?: string
  manyGroups: string
  clientAuth: (typeof clientAuthentications)[number]
  clientJwks?: string
  tenant?: string
  fault: string[]
  break: string[]
}

const clientAuthentications = ['secret', 'client_secret_jwt', 'private_key_jwt'] as const

const known = [...Object.keys(lookAlikes), 'github'].join(', ')

export const declareDevIdp: Declare = (command, { surroundings, stopped, finish }) => {
  command
    .requiredOption('--like <vendor>', `whose quirks: ${known}`)
    .option('--port <number>', 'port; 0 picks a free one', '0')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(
      new Option('--redirect <uri>', 'registered redirect URI; repeatable. Without one: any on loopback')
        .argParser(collect)
        .default([]),
    )
    .option('--state <file>', 'keep passwords, client secret and keys in this file')
    .option('--tls', 'serve https with a certificate of a test authority', false)
    .option('--full-group-paths', 'write groups as /name, as a Keycloak mapper does by default', false)
    .addOption(new Option('--audience <name>', 'audience of access tokens; repeatable').argParser(collect).default([]))
    .option('--groups-claim <claim>', 'where tokens have the groups, such as realm_access.roles')
    .addOption(
      new Option('--client-auth <method>', 'how the client authenticates')
        .choices(clientAuthentications)
        .default('secret'),
    )
    .option('--client-jwks <file>', 'public keys of the client (a JSON Web Key Set), for private_key_jwt')
    .option('--many-groups <count>', 'a third person, carol, who is in that many groups', '0')
    .option('--tenant <word>', 'write the class for common or organizations instead of the tenant (entra)')
    .addOption(
      new Option('--break <name[=value]>', 'break it: clock, issuer, kid, slow, 5xx, cert, nonce, jwks; repeatable')
        .argParser(collect)
        .default([]),
    )
    .addOption(
      new Option('--fault <name[=value]>', 'the same, and more faults; repeatable').argParser(collect).default([]),
    )
    .addHelpText('after', '\nExample:\n  gatehouse dev-idp --like keycloak --port 8090')
    .action(async ({ port, redirect, state, audience, fault, break: broken, ...options }: DevIdpOptions) => {
      const request = {
        ...options,
        port: Number(port),
        manyGroups: Number(options.manyGroups),
        redirectUris: redirect,
        audiences: audience,
        faults: [...fault, ...broken],
      }
      finish(
        await devIdp(
          { ...request, ...(state === undefined ? {} : { stateFile: state }) },
          { ...surroundings, stopped: stopped() },
        ),
      )
    })
}

export interface DevIdpRequest {
  like: string
  host: string
  /** 0 picks a free one. */
  port: number
  /** Without any, all on loopback are accepted. */
  redirectUris: readonly string[]
  stateFile?: string
  tls: boolean
  fullGroupPaths: boolean
  audiences: readonly string[]
  /** `groups` without it. */
  groupsClaim?: string
  /** In how many groups the third person is; 0, or absent: there is none. */
  manyGroups?: number
  /** A secret in the header or in the form without it. */
  clientAuth?: (typeof clientAuthentications)[number]
  /** A file with a JSON Web Key Set, for `private_key_jwt`. */
  clientJwks?: string
  /** The word for its tenants in the class, such as `common`. */
  tenant?: string
  /** `NAME` or `NAME=VALUE`, as in {@link faultsHelp}. */
  faults: readonly string[]
}

export interface DevIdpSurroundings extends Pick<Surroundings, 'stdout' | 'stderr'> {
  /** Resolves when the command should end: on SIGINT or SIGTERM. */
  stopped: Promise<unknown>
}

export const faultsHelp = `issuer[=URL], clock[=+SECONDS|-SECONDS], certificate[=${certificateFaults.join('|')}] (or cert), kid, nonce, jwks[=${keysFaults.join('|')}], slow[=SECONDS], 5xx[=STATUS], redirect=unregistered, scopes=missing, unreachable`

/** `gatehouse dev-idp`: prints one line of JSON when it is ready, and runs until stopped. */
export async function devIdp(request: DevIdpRequest, surroundings: DevIdpSurroundings): Promise<ExitStatus> {
  const { stdout, stderr, stopped } = surroundings
  if (request.like === 'github') return devGitHub(request, { ...surroundings, parseFaults })
  const faults = parseFaults(request.faults)
  if (typeof faults === 'string') {
    stderr(`${faults}\n`)
    return 2
  }
  if (!Number.isInteger(request.port) || request.port < 0 || request.port > 65535) {
    stderr('--port must be a number from 0 to 65535\n')
    return 2
  }
  const { manyGroups = 0 } = request
  if (!Number.isInteger(manyGroups) || manyGroups < 0 || manyGroups > 10_000) {
    stderr('--many-groups must be a number from 0 to 10000\n')
    return 2
  }
  // oidc-provider is heavy; the other commands do not wait for it.
  const { startDevIdp } = await import('../dev-idp/index.ts')
  if (!Object.hasOwn(lookAlikes, request.like)) {
    stderr(`--like ${request.like} is unknown; known: ${known}\n`)
    return 2
  }

  const { clock = 0, ...otherFaults } = faults
  shiftClock(clock)
  try {
    const clientAuthentication = clientAuthenticationOf(request)
    const { close, ...description } = await startDevIdp({
      ...request,
      ...(clientAuthentication === undefined ? {} : { clientAuthentication }),
      faults: otherFaults,
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

/** Undefined: by its secret. Throws `config-invalid` for keys that are missing or none. */
function clientAuthenticationOf({
  clientAuth = 'secret',
  clientJwks,
}: DevIdpRequest): ClientAuthentication | undefined {
  if (clientAuth === 'secret') return undefined
  if (clientAuth === 'client_secret_jwt') return { method: clientAuth }
  if (clientJwks === undefined) {
    throw new AppError('config-invalid', { at: '--client-jwks', problem: 'is missing: private_key_jwt needs keys' })
  }
  return { method: clientAuth, keys: readKeys(clientJwks) }
}

function readKeys(file: string): JWK[] {
  try {
    return publicKeys.parse(JSON.parse(readFileSync(file, 'utf8'))).keys as JWK[]
  } catch (cause) {
    const problem = 'is no file with a JSON Web Key Set of public keys'
    throw new AppError('config-invalid', { at: file, problem }, { cause })
  }
}

/** This process is the provider, so its tokens and its Date header are off together, as on a machine without NTP. */
function shiftClock(seconds: number): void {
  if (seconds === 0) return
  const now = Date.now
  Date.now = () => now() + seconds * 1000
}

/** The requested faults, or a sentence that names the unknown one. Both `--fault` and `--break` take each of them. */
export function parseFaults(words: readonly string[]): Faults | string {
  const faults: Faults = {}
  for (const word of words) {
    const at = word.indexOf('=')
    const [name, value] = at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)]
    const fault = Object.hasOwn(readers, name) ? readers[name]?.(value) : undefined
    if (fault === undefined) return `${word} is not a known fault; known: ${faultsHelp}`
    Object.assign(faults, fault)
  }
  return faults
}

/** A fault by its name, from what stands after `=`; undefined for what it cannot be. */
const readers: Readonly<Record<string, (value: string | undefined) => Faults | undefined>> = {
  issuer: (issuer = 'https://issuer.example.com') => (URL.canParse(issuer) ? { issuer } : undefined),
  clock: (seconds = '+600') => (/^[+-]?\d{1,9}$/.test(seconds) ? { clock: Number(seconds) } : undefined),
  certificate: certificateFault,
  cert: certificateFault,
  kid: (value) => (value === undefined ? { kid: true } : undefined),
  nonce: (value) => (value === undefined ? { nonce: true } : undefined),
  jwks: (value = 'gone') => {
    const jwks = keysFaults.find((known) => known === value)
    return jwks && { jwks }
  },
  // A timer takes 31 bits of milliseconds.
  slow: (seconds = '60') => (/^\d{1,6}$/.test(seconds) ? { slow: Number(seconds) } : undefined),
  '5xx': (status = '503') => (/^5\d\d$/.test(status) ? { serverError: Number(status) } : undefined),
  redirect: (value) => (value === 'unregistered' ? { redirect: value } : undefined),
  scopes: (value) => (value === 'missing' ? { scopes: value } : undefined),
  unreachable: (value) => (value === undefined ? { unreachable: true } : undefined),
}

function certificateFault(value = 'expired'): Faults | undefined {
  const certificate = certificateFaults.find((known) => known === value)
  return certificate && { certificate }
}
