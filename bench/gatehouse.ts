import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Answer, HttpConnection, headerValues } from './http-connection.ts'
import { builtMain, type Child, freePort, startOnServerCore, temporaryFolder } from './processes.ts'
import { WrongAnswer } from './rounds.ts'
import { type Client, Visitor } from './visitor.ts'

export const username = 'alice'
export const password = 'correct horse battery staple'
export const products = ['app', 'lake', 'charts', 'notes'] as const

export interface Gatehouse {
  port: number
  /** Host and port of the issuer. */
  host: string
  /** Host and port, and url, of the service behind the gate. */
  serviceHost: string
  serviceUrl: string
  clients: readonly Client[]
  child: Child
}

export interface Installation {
  configFile: string
  port: number
}

/** A folder from which `serve` starts: a configuration (`settings` are additional lines) and a store with one user. */
export async function installGatehouse(settings = ''): Promise<Installation> {
  const port = await freePort()
  const configFile = join(temporaryFolder(), 'gatehouse.yaml')
  writeFileSync(configFile, configuration(port) + settings)
  const user = [username, '--email', `${username}@example.test`, '--name', 'Alice Archer', '--team', 'analysts']
  runBuilt(['users', 'add', ...user, '--password-stdin', '-c', configFile], password)
  return { configFile, port }
}

/**
 * The built package, serving: SQLite on disk unless the settings say otherwise, log lines of level info into a file, without those of
 * requests unless `access`.
 */
export async function startGatehouse(settings = '', { access = false } = {}): Promise<Gatehouse> {
  const { configFile, port } = await installGatehouse(`${settings}log: { access: ${access} }\n`)
  const child = await startOnServerCore([...profiling(), builtMain, 'serve', '-c', configFile, ...logging()])
  const clients = products.map((id, index) => {
    const secret = runBuilt(['clients', 'secret', id, '-c', configFile]).trim()
    return { id, secret, redirectUri: redirectUri(index) }
  })
  const serviceHost = `wiki.localhost:${port}`
  return { port, host: `127.0.0.1:${port}`, serviceHost, serviceUrl: `http://${serviceHost}`, clients, child }
}

/** `BENCH_NODE_OPTIONS="--cpu-prof --cpu-prof-dir=DIR"` profiles our server. */
function profiling(): string[] {
  return (process.env['BENCH_NODE_OPTIONS'] ?? '').split(' ').filter(Boolean)
}

function logging(): string[] {
  return ['--json']
}

function redirectUri(index: number): string {
  return `http://localhost:${index + 1}/cb`
}

/** ES256, as the peers sign: RS256, which the kind has otherwise, would measure the algorithm. */
function configuration(port: number): string {
  const entries = products.map(
    (id, index) => `  ${id}:
    product: oidc
    url: http://localhost:${index + 1}
    redirectUris: [${redirectUri(index)}]
    idTokenSigningAlg: ES256
    services: [wiki]
    grantTypes: [client_credentials]
    authentication: [{ authenticationClass: gatehouse }]`,
  )
  return `issuer: http://127.0.0.1:${port}
listen: { port: ${port}, trustedProxies: [127.0.0.1] }
products:
${entries.join('\n')}
services:
  wiki: { url: "http://wiki.localhost:${port}" }
teams: { analysts: {} }
`
}

function runBuilt(args: readonly string[], input = ''): string {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [builtMain, ...args], {
    input,
    encoding: 'utf8',
    timeout: 60_000,
  })
  if (error || status !== 0)
    throw new Error(`gatehouse ${args.join(' ')} ended with ${status}: ${stderr}`, { cause: error })
  return stdout
}

/** Signs in with the form, as a browser without a session. */
export async function signIn(visitor: Visitor): Promise<Answer> {
  const answer = await visitor.post('/login', { username, password })
  if (answer.status !== 303) throw new WrongAnswer('POST /login', '303', answer)
  return answer
}

/** A session at the service, created as in a browser: sign-in, hand-off, callback. Answers with the cookie. */
export async function serviceSession({ port, host, serviceHost }: Gatehouse): Promise<string> {
  const connection = await HttpConnection.open(port)
  try {
    const atIssuer = new Visitor(connection, host)
    const atService = new Visitor(connection, serviceHost)
    await signIn(atIssuer)
    const handOff = redirected('/oauth2/start', await atService.get('/oauth2/start?rd=%2F'))
    const callback = redirected('/login/handoff', await atIssuer.get(handOff))
    redirected('/oauth2/callback', await atService.get(callback))
    const id = atService.cookies.find('gatehouse_session')
    if (id === undefined) throw new Error('the callback of the gate set no session')
    return `gatehouse_session=${id}`
  } finally {
    connection.close()
  }
}

function redirected(what: string, answer: Answer): string {
  const location = headerValues(answer, 'location')[0]
  if ((answer.status !== 302 && answer.status !== 303) || location === undefined) {
    throw new WrongAnswer(what, 'a redirect', answer)
  }
  const { pathname, search } = new URL(location)
  return pathname + search
}

/** What nginx asks for `auth_request`, with the credential of the client. */
export function forwardAuthRequest({ serviceHost }: Pick<Gatehouse, 'serviceHost'>, credential: string): string {
  return [
    'GET /oauth2/auth HTTP/1.1',
    `Host: ${serviceHost}`,
    'X-Original-URI: /reports/42?tab=1',
    'X-Original-Method: GET',
    'X-Forwarded-For: 192.0.2.7',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
    'Accept: application/json',
    ...(credential === '' ? [] : [credential]),
    '',
    '',
  ].join('\r\n')
}
