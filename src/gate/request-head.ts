interface Header {
  name: string
  joined?: string
}

/** The headers that the gate reads: the one place that knows them. With `joined` they may come several times. */
const fields = {
  host: { name: 'host' },
  cookie: { name: 'cookie', joined: '; ' },
  authorization: { name: 'authorization' },
  accept: { name: 'accept', joined: ', ' },
  secFetchMode: { name: 'sec-fetch-mode' },
  secFetchSite: { name: 'sec-fetch-site' },
  requestedWith: { name: 'x-requested-with' },
  origin: { name: 'origin' },
  preflightMethod: { name: 'access-control-request-method' },
  forwardedHost: { name: 'x-forwarded-host' },
  forwardedUri: { name: 'x-forwarded-uri' },
  forwardedMethod: { name: 'x-forwarded-method' },
  forwardedFor: { name: 'x-forwarded-for', joined: ', ' },
  originalUrl: { name: 'x-original-url' },
  originalUri: { name: 'x-original-uri' },
  originalMethod: { name: 'x-original-method' },
  authRequestRedirect: { name: 'x-auth-request-redirect' },
} satisfies Readonly<Record<string, Header>>

type Field = keyof typeof fields

export interface RequestHead extends Record<Field, string> {
  /** A header came twice of which there can only be one, and the two could be read differently by whoever is behind. */
  repeated: boolean
}

interface Known {
  field: Field
  /** In lower case, and as most write it: `X-Forwarded-For`. */
  name: string
  capitalised: string
  joined: string | undefined
}

/** By the length of the name: most headers are told apart by that alone, and few have to be put into lower case. */
const byLength: readonly (readonly Known[] | undefined)[] = Array.from({ length: 32 }, (_, length) => {
  const known = Object.entries(fields)
    .filter(([, { name }]) => name.length === length)
    .map(([field, header]) => knownOf(field as Field, header))
  return known.length === 0 ? undefined : known
})

function knownOf(field: Field, { name, joined }: Header): Known {
  return { field, name, capitalised: name.replace(/(?<![a-z])[a-z]/g, (letter) => letter.toUpperCase()), joined }
}

/** A literal, which is made faster than a copy; the compiler asks for a field that is missing in it. */
function emptyHead(): RequestHead {
  return {
    host: '',
    cookie: '',
    authorization: '',
    accept: '',
    secFetchMode: '',
    secFetchSite: '',
    requestedWith: '',
    origin: '',
    preflightMethod: '',
    forwardedHost: '',
    forwardedUri: '',
    forwardedMethod: '',
    forwardedFor: '',
    originalUrl: '',
    originalUri: '',
    originalMethod: '',
    authRequestRedirect: '',
    repeated: false,
  }
}

/**
 * Reads the raw list in one pass: no object of all headers is made on the hot path.
 *
 * @param raw `IncomingMessage.rawHeaders`: name, value, name, value.
 * @returns '' for what is absent. Of headers that are not joined `repeated` tells when they come twice.
 */
export function readHead(raw: readonly string[]): RequestHead {
  const head = emptyHead()
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const known = knownHeader(raw[at] ?? '')
    if (known !== undefined) take(head, known, raw[at + 1] ?? '')
  }
  return head
}

function knownHeader(name: string): Known | undefined {
  const candidates = byLength[name.length]
  if (candidates === undefined) return undefined
  for (const known of candidates) if (name === known.capitalised || name === known.name) return known
  const lower = name.toLowerCase()
  return lower === name ? undefined : candidates.find((known) => lower === known.name)
}

function take(head: RequestHead, { field, joined }: Known, value: string): void {
  if (head[field] === '') head[field] = value
  else if (joined === undefined) head.repeated = true
  else head[field] += joined + value
}

/**
 * Whether a person opened a page, so that a sign-in page is an answer. Everything else (XHR, an API, a websocket) gets a plain 401:
 * a redirect would be followed silently and end as a CORS error.
 */
export function isPageNavigation(method: string, head: RequestHead): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  if (head.secFetchMode !== '') return head.secFetchMode === 'navigate'
  return head.requestedWith === '' && head.accept.includes('text/html')
}

/** Whether asking twice does no harm (RFC 9110, 9.2.1). */
export function isSafe(method: string | undefined): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}
