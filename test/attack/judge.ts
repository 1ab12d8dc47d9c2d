import { type GateRequest, impostor } from './gate-requests.ts'
import { leakingReading, permitsInAnyCase } from './policy.ts'
import type { RawAnswer } from './raw-connection.ts'
import { plainSegments } from './readings.ts'
import type { Seen } from './town.ts'

/** What came of a request to the gate. */
export interface Outcome {
  /** Undefined: the connection was closed without an answer. */
  answer: RawAnswer | undefined
  seen: readonly Seen[]
  /** Whether the peer is one of `listen.trustedProxies`. */
  isTrusted: boolean
}

/** What is wrong with the outcome by the policy of the service; undefined when nothing is. */
export function verdictOn(request: GateRequest, outcome: Outcome): string | undefined {
  const { answer, seen } = outcome
  if (answer !== undefined && answer.status >= 500) return `the answer is ${answer.status}`
  if (answer === undefined && request.isHonest) return 'there is no answer'
  if (request.channel !== 'proxy') {
    return seen.length > 0 ? 'a question of a proxy reached the service' : verdictOnDecision(request, outcome)
  }
  if (seen.length > 1) return `the service saw ${seen.length} requests`
  const [one] = seen
  if (one !== undefined && request.isOdd && inCapitals(one.url) !== inCapitals(request.target))
    return `it arrived as ${one.url}`
  if (one !== undefined) return verdictOnPassage(request, one)
  return request.isHonest && isPermitted(request) ? `refused with ${answer?.status}, though it is allowed` : undefined
}

/** Escapes mean the same in capitals (RFC 3986, 6.2.2.1), and the gate writes them so where there is one reading. */
function inCapitals(target: string): string {
  return target.replace(/%[0-9a-f]{2}/gi, (escaped) => escaped.toUpperCase())
}

/** What the rules say of a path that is written plainly. */
function isPermitted({ service, method, target, credential: { who } }: GateRequest): boolean {
  return permitsInAnyCase(service.rules, { method, segments: plainSegments(target), who })
}

function verdictOnDecision(request: GateRequest, { answer, isTrusted }: Outcome): string | undefined {
  const { channel, credential, method, service, target, isHonest } = request
  const status = answer?.status ?? 0
  if (status < 200 || status > 299) {
    if (channel === 'nginx' && isTrusted && isHonest && status !== 401 && status !== 403)
      return `nginx does not know ${status}`
    return isHonest && isTrusted && isPermitted(request) ? `refused with ${status}, though it is allowed` : undefined
  }
  if (!isTrusted) return 'a proxy that is not trusted is told that it is allowed'
  const named = /\r\nX-Auth-Request-User: ?(.*)/i.exec(answer?.head ?? '')?.[1]
  if (named === undefined) return 'the 2xx does not say who it is'
  if (decodeURIComponent(named) !== (credential.who?.username ?? '')) return `the proxy is told that it is "${named}"`
  return leak(service.rules, { method, target, who: credential.who, isForwarded: false })
}

function verdictOnPassage({ service, credential }: GateRequest, seen: Seen): string | undefined {
  if (seen.service !== service.name) return `it reached the service ${seen.service}`
  for (let at = 0; at + 1 < seen.raw.length; at += 2) {
    const [name = '', value = ''] = seen.raw.slice(at, at + 2)
    const problem = verdictOnHeader(name.toLowerCase(), value, credential.who?.username)
    if (problem !== undefined) return problem
  }
  if (credential.who !== undefined && !says(seen, 'x-forwarded-user')) return 'the service is not told who it is'
  const override = service.rules.some(({ methods }) => methods !== undefined) ? overrideOf(seen) : undefined
  return leak(service.rules, {
    method: override ?? seen.method,
    target: seen.url,
    who: credential.who,
    isForwarded: true,
  })
}

function verdictOnHeader(name: string, value: string, username: string | undefined): string | undefined {
  if (value.includes(impostor)) return `the service sees ${name}: ${value}`
  if (/^x-(auth-request|forwarded)-(preferred-username|user)$/.test(name) && decodeURIComponent(value) !== username)
    return `the service is told that it is "${value}"`
  if (name === 'cookie' && /(^|; *)(__Host-)?gatehouse_/.test(value)) return 'the service sees a cookie of ours'
  return undefined
}

function leak(...[rules, question]: Parameters<typeof leakingReading>): string | undefined {
  const reading = leakingReading(rules, question)
  const { method, target, who } = question
  return reading && `${method} ${target} passed for ${who?.username ?? 'nobody'}: ${reading.name} reads it otherwise`
}

function says(seen: Seen, name: string): boolean {
  return seen.raw.some((text, at) => at % 2 === 0 && text.toLowerCase() === name)
}

function overrideOf(seen: Seen): string | undefined {
  const at = seen.raw.findIndex((text, index) => index % 2 === 0 && /^x.http.method/i.test(text))
  return at < 0 ? undefined : seen.raw[at + 1]
}
