import type { Rule } from '../../src/config/schema.ts'
import { clientClaims } from '../e2e/support/behind-a-proxy.ts'
import { type Credential, drawCredential } from './credentials.ts'
import type { Random } from './random.ts'
import { markHeader, type Town, type TownService } from './town.ts'

/** Who asks the gate: a client itself, or a proxy that asks about a request of a client. */
export type Channel = 'proxy' | 'nginx' | 'traefik'

export interface GateRequest {
  channel: Channel
  service: TownService
  credential: Credential
  /** Of the client's request: for a dialect, what the proxy has told. */
  method: string
  target: string
  /** Nothing about it is unusual: the gate must do what the policy says. */
  isHonest: boolean
  /** Some server may read the path in another way, and the same rule decides: it must arrive byte for byte. */
  isOdd: boolean
  mark: string
  bytes: string
}

/** What a client claims to be that it is not: no service may see it. */
export const impostor = 'mallory'

/** Names under which services are told who it is. The method is no identity. */
const identityClaims = clientClaims.map(([name]) => name).filter((name) => !name.includes('Method'))

const methods = ['GET', 'GET', 'GET', 'GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND', 'TRACE']

/** Texts that some server reads as less, or as something else, than they are. */
const splinters = [
  '/', '//', '/./', '/../', '/%2e/', '/%2e%2e/', '/.%2e/', '/%252e%252e/', '%2f', '%2F', '%252f', '%5c', '\\', '..\\', ';', ';a=b', '%3b',
  '/;/', '/..;/', '?', '%3f', '#', '%23', '%00', '%0a', '%0d%0a', '%20', ' ', '.', '%2e', '..', '...', '~', '%7e', '%', '%%', '%zz', '%c0%af',
  '%c0%ae', '%c1%9c', '%ef%bc%8f', '%e2%80%ae', '%e2%84%aa', '%u002f', '::$DATA', ':$i30:$INDEX_ALLOCATION', '%3a:$DATA', '\t', '\x7f', '\xff',
  '\xc0\xaf', '&', '=', '@', '*', '|', '+', '%2b', "'", '"', '<', '%1f', '%7f', '%80', '%ff', '%C3%BC', '%c3%bc', '\xc3\xbc',
] // biome-ignore format: a table of texts

/** Draws a request: a third of them honest, the others one or a few steps away from a rule. */
export function drawGateRequest({ random, town, mark }: { random: Random; town: Town; mark: string }): GateRequest {
  const service = random.pick(town.services)
  const { isHonest: isHonestCredential, ...credential } = drawCredential({ random, town, service })
  const channel = random.pick<Channel>(['proxy', 'proxy', 'nginx', 'traefik'])
  const isPlain = random.chance(0.35)
  const isOdd = isPlain && random.chance(0.3)
  const honest = isOdd ? oddPath : plainPath
  const drawn = isPlain ? honest(random, service.rules) : nearMiss(random, service.rules)
  // A proxy tells a path, in a header, whose value loses the blanks at its ends.
  const target = channel === 'proxy' ? drawn : `/${drawn.replace(/^\//, '').replace(/[ \t]+$/, '')}`
  const method =
    isPlain || random.chance(0.8)
      ? random.pick(methods)
      : random.pick(['get', 'Get', 'GETX', 'QUERY', 'M-SEARCH', 'LOCK'])
  const extra = random.chance(0.6) ? [] : drawExtra(random, channel)
  const isHonest = isPlain && isHonestCredential && extra.length === 0 && method !== 'TRACE'
  const request = { channel, service, credential, method, target, isHonest, isOdd, mark }
  return { ...request, bytes: bytesOf(random, request, extra) }
}

function pathOfRule(random: Random, rules: readonly Rule[]): string {
  return random.pick(rules).path.replace(/[\x80-\xff]/g, percent)
}

/** A path at or below that of a rule, or somewhere else, written as anybody writes it. */
function plainPath(random: Random, rules: readonly Rule[]): string {
  const path = pathOfRule(random, rules)
  if (random.chance(0.4)) return path
  const below = `${path === '/' ? '' : path}/${random.pick(['x', 'items', 'reports', 'status', 'a/b', '42'])}`
  return random.chance(0.3) ? `${below}?q=${random.below(100)}` : below
}

/** What services have in their own addresses, each read in another way by somebody. */
const data = [
  '%2F',
  '%2f',
  '//',
  '%5C',
  ';v=1/',
  '%3F',
  '%23',
  '%252F',
  '%3B',
  '/hive://gold.core/',
  './',
  '%20/',
  ':/',
  '/%2F/',
  '\\',
]

/** A path below that of a rule, so far below that the same rule decides about it in every reading. */
function oddPath(random: Random, rules: readonly Rule[]): string {
  const path = pathOfRule(random, rules)
  return `${path.replace(/\/$/, '')}/dataset${random.pick(data)}${random.pick(['', 'x', 'x?q=%2F..//'])}`
}

/** A path that begins with rules and has been bent in one to three places. */
function nearMiss(random: Random, rules: readonly Rule[]): string {
  if (random.chance(0.04)) return `/${random.bytes(random.below(40), 0x21, 0xff)}`
  let path = pathOfRule(random, rules)
  if (random.chance(0.4))
    path +=
      random.pick(['/..', '/x/../..', '/%2e%2e', '/..;', '%2f..', '/.', '?', '#', ';', '/']) + pathOfRule(random, rules)
  for (let steps = 1 + random.below(3); steps > 0; steps--) path = bend(random, path)
  if (!path.startsWith('/') && random.chance(0.9)) path = `/${path}`
  return path
}

function bend(random: Random, path: string): string {
  // Ends and slashes are where servers differ.
  const slashes = [...path.matchAll(/\//g)].flatMap(({ index }) => [index, index + 1])
  const at = random.chance(0.7) ? random.pick([...slashes, path.length]) : random.below(path.length + 1)
  const letter = path[at] ?? ''
  switch (random.below(6)) {
    case 0:
      return path.slice(0, at) + percent(letter) + path.slice(at + 1)
    case 1:
      return path.slice(0, at) + percent(letter).replace('%', '%25') + path.slice(at + 1)
    case 2:
      return letter === letter.toLowerCase()
        ? path.slice(0, at) + letter.toUpperCase() + path.slice(at + 1)
        : path.toLowerCase()
    default:
      return path.slice(0, at) + random.pick(splinters) + path.slice(at)
  }
}

function percent(letter: string): string {
  return letter === '' ? '%' : `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`
}

/** Claims of the client about itself and about its request. */
function drawExtra(random: Random, channel: Channel): string[] {
  const lines: string[] = []
  for (let count = 1 + random.below(4); count > 0; count--) {
    const kind = random.below(10)
    if (kind < 5) lines.push(`${misspelt(random, random.pick(identityClaims))}: ${impostor}`)
    else if (kind === 5)
      lines.push(`Connection: close, ${random.pick(['X-Auth-Request-User', 'X-Forwarded-User', 'Cookie', 'Host'])}`)
    else if (kind === 6)
      lines.push(
        `${random.pick(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', 'X_HTTP_Method_Override'])}: ${random.pick(['DELETE', 'GET', 'POST'])}`,
      )
    else if (kind === 7)
      lines.push(`Accept: ${random.pick(['text/html', 'application/json', 'text/event-stream', '*/*'])}`)
    else if (kind === 8) lines.push(`X-Junk: ${random.bytes(random.below(40), 0x80, 0xff)}`)
    // A dialect reads them as the words of its proxy, which writes over the client's: they are the client's at the proxy alone.
    else if (channel === 'proxy')
      lines.push(
        random.pick([
          'X-Forwarded-Uri: /static',
          'X-Original-URL: /static',
          'X-Original-URI: /v1/open',
          'X-Forwarded-Method: OPTIONS',
          'X-Rewrite-URL: /static',
          'X-Forwarded-Host: open.localhost',
        ]),
      )
    else lines.push('User-Agent: kube-probe/1.36')
  }
  return lines
}

function misspelt(random: Random, name: string): string {
  if (random.chance(0.5)) return name
  return name.replace(/[-_.]/g, (old) =>
    random.chance(0.5) ? random.pick(['-', '_', '.', '~', '!', '+', '--', "'"]) : old,
  )
}

type Described = Omit<GateRequest, 'bytes'>

function bytesOf(
  random: Random,
  { channel, service, credential, method, target, mark }: Described,
  extra: readonly string[],
): string {
  const common = [...credential.lines, ...extra, `${markHeader}: ${mark}`]
  if (channel === 'nginx') {
    const told = random.pick([
      [`X-Original-URI: ${target}`, `X-Original-Method: ${method}`],
      [`X-Original-URL: http://${service.host}${target}`, `X-Original-Method: ${method}`],
      [`X-Forwarded-Uri: ${target}`, `X-Forwarded-Method: ${method}`],
    ])
    return head(['GET /oauth2/auth HTTP/1.1', `Host: ${service.host}`, ...told, ...common])
  }
  if (channel === 'traefik') {
    const told = [`X-Forwarded-Host: ${service.host}`, `X-Forwarded-Uri: ${target}`, `X-Forwarded-Method: ${method}`]
    return head(['GET /oauth2/auth/traefik HTTP/1.1', 'Host: gate', ...told, ...common])
  }
  const line = random.chance(0.02) ? `http://${service.host}${target}` : target
  const begin = [`${method} ${line} HTTP/1.1`, `Host: ${service.host}`, ...common]
  const hasBody = method !== 'GET' && method !== 'HEAD' && method !== 'TRACE' && random.chance(0.5)
  if (!hasBody) return head(begin)
  const body = random.bytes(random.below(60), 0, 255)
  if (random.chance(0.5)) return head([...begin, `Content-Length: ${body.length}`]) + body
  return `${head([...begin, 'Transfer-Encoding: chunked'])}${body.length === 0 ? '' : `${body.length.toString(16)}\r\n${body}\r\n`}0\r\n\r\n`
}

function head(lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`
}
