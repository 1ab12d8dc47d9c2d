import type { RequestHead } from '../request-head.ts'

/**
 * How one kind of proxy asks whether a request may pass, and what it can do with the answer.
 *
 * A dialect owns: which headers describe the original request, and which statuses the proxy understands. It does not own: whether the
 * proxy is trusted, who is asking, and the rules. The path that the proxy asks for (the longest prefix) selects the dialect; we never guess it from
 * the headers that are present: clients can add headers.
 */
export interface Dialect {
  /** Where the proxy asks, below `/oauth2/auth`: the path is the declaration of the dialect. */
  prefix: string
  /** Whether the proxy puts the original path behind the prefix, as Envoy's ext_authz does. Otherwise the gate answers nothing below it. */
  takesRest: boolean
  /** The original request as the proxy describes it. */
  original(question: Question, hosts: HostTable): Original | Untold
  /** What becomes of a refusal of a page navigation: the proxy passes a redirect on, or needs a 401 with `Location`. */
  signIn: 'redirect' | 'location'
  /** Whether error pages and statuses other than 401 and 403 reach the client. */
  passesErrors: boolean
}

/** What a proxy asks. */
export interface Question {
  head: RequestHead
  /** Some proxies ask with that of the original request. */
  method: string
  /** Path and query behind the prefix; '' for a dialect that takes none. */
  rest: string
}

/** The services by the host names under which they are asked for. */
export type HostTable = ReadonlyMap<string, { host: string }>

export interface Original {
  host: string
  /** As the client wrote it; undefined when the proxy does not say. */
  target: string | undefined
  method: string | undefined
}

/** The proxy contradicts itself or leaves out what its dialect requires: a sentence for the operator about the remedy. */
export interface Untold {
  problem: string
}
