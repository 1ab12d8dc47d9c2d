/** The headers that the gate reads, in one pass over the raw list: no object of all headers is made on the hot path. */
export interface RequestHead {
  host: string
  cookie: string
  authorization: string
  accept: string
  secFetchMode: string
  secFetchSite: string
  requestedWith: string
  origin: string
  forwardedHost: string
  forwardedUri: string
  forwardedMethod: string
  forwardedFor: string
  originalUrl: string
  originalUri: string
  originalMethod: string
  authRequestRedirect: string
  /** A header came twice of which there can only be one, and the two could be read differently by whoever is behind. */
  repeated: boolean
}

type Field = Exclude<keyof RequestHead, 'repeated'>

/**
 * @param raw `IncomingMessage.rawHeaders`: name, value, name, value.
 * @returns '' for what is absent. `X-Forwarded-For` and `Cookie` may come several times and are joined; of the others `repeated` tells.
 */
export function readHead(raw: readonly string[]): RequestHead {
  const head: RequestHead = {
    host: '',
    cookie: '',
    authorization: '',
    accept: '',
    secFetchMode: '',
    secFetchSite: '',
    requestedWith: '',
    origin: '',
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
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const field = fieldOf(raw[at] ?? '')
    if (field !== undefined) take(head, field, raw[at + 1] ?? '')
  }
  return head
}

function take(head: RequestHead, field: Field, value: string): void {
  if (head[field] === '') head[field] = value
  else if (field === 'cookie') head.cookie += `; ${value}`
  else if (field === 'forwardedFor' || field === 'accept') head[field] += `, ${value}`
  else head.repeated = true
}

/** Length first: names of other lengths are never put into lower case. */
function fieldOf(name: string): Field | undefined {
  switch (name.length) {
    case 4:
    case 6:
    case 13:
    case 14:
    case 15:
    case 16:
    case 17:
    case 18:
    case 23:
      return fieldNamed(name.toLowerCase())
    default:
      return undefined
  }
}

function fieldNamed(lower: string): Field | undefined {
  switch (lower) {
    case 'host':
      return 'host'
    case 'cookie':
      return 'cookie'
    case 'accept':
      return 'accept'
    case 'origin':
      return 'origin'
    case 'authorization':
      return 'authorization'
    case 'sec-fetch-mode':
      return 'secFetchMode'
    case 'sec-fetch-site':
      return 'secFetchSite'
    case 'x-original-url':
      return 'originalUrl'
    case 'x-original-uri':
      return 'originalUri'
    case 'x-original-method':
      return 'originalMethod'
    case 'x-forwarded-for':
      return 'forwardedFor'
    case 'x-forwarded-uri':
      return 'forwardedUri'
    case 'x-forwarded-host':
      return 'forwardedHost'
    case 'x-forwarded-method':
      return 'forwardedMethod'
    case 'x-requested-with':
      return 'requestedWith'
    case 'x-auth-request-redirect':
      return 'authRequestRedirect'
    default:
      return undefined
  }
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
