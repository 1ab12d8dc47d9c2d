import type { Random } from './random.ts'
import type { Town } from './town.ts'

/** A request to a route of the provider, the pages or the gate itself. */
export interface RouteRequest {
  method: string
  bytes: string
}

/** Every route of the issuer's host, in the words of the sources; attack.test.ts compares. */
export const issuerRoutes: readonly string[] = [
  '/', '/login', '/login/start', '/login/handoff', '/login/place', '/login/initiate', '/v1/oauth/start', '/login/setup', '/login/second-factor', '/login/forgotten', '/login/reset', '/login/passkey', '/account/passkeys', '/account/second-factor', '/login/sign-out', '/login/signed-out', '/interaction/:uid', '/callback/:name',
  '/authorize', '/authorize/:uid', '/introspect', '/jwks', '/logout', '/logout/confirm', '/logout/success', '/par',
  '/protocol/openid-connect/userinfo', '/revoke', '/token', '/userinfo', '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server', '/healthz', '/readyz',
] // biome-ignore format: a table of paths

/** Routes of a service's host. */
export const serviceRoutes: readonly string[] = [
  '/oauth2/start', '/oauth2/sign_in', '/oauth2/callback', '/oauth2/sign_out', '/oauth2/userinfo', '/oauth2/auth', '/oauth2/auth/traefik',
] // biome-ignore format: a table of paths

const busy = [
  '/authorize',
  '/token',
  '/login',
  '/oauth2/callback',
  '/callback/:name',
  '/interaction/:uid',
  '/logout',
  '/par',
]

const methods = [
  'GET',
  'GET',
  'GET',
  'POST',
  'POST',
  'HEAD',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'PROPFIND',
  'QUERY',
  'get',
  'X',
]

const parameters = [
  'client_id', 'redirect_uri', 'response_type', 'scope', 'state', 'nonce', 'prompt', 'max_age', 'code_challenge', 'code_challenge_method',
  'response_mode', 'request', 'request_uri', 'resource', 'claims', 'id_token_hint', 'login_hint', 'ui_locales', 'acr_values',
  'post_logout_redirect_uri', 'logout_hint', 'xsrf', 'logout', 'grant_type', 'code', 'code_verifier', 'refresh_token', 'token',
  'token_type_hint', 'client_secret', 'client_assertion', 'client_assertion_type', 'username', 'password', 'provider', 'interaction',
  'service', 'return_to', 'fresh', 'rd', 'kept', 'shortened', 'error', 'error_description', 'iss', 'decision', 'email', 'subject_token', 'device_code', 'dpop_jkt',
  'authorization_details', 'display', 'registration', 'access_token', 'gatehouse_posted', 'gatehouse.offline_access', '__proto__', 'constructor', 'toString', 'a[b]', '',
] // biome-ignore format: a table of names

const cookieNames = [
  'gatehouse_login', 'gatehouse_provider', 'gatehouse_provider.sig', 'gatehouse_provider.legacy', 'gatehouse_interaction',
  'gatehouse_interaction.sig', 'gatehouse_resume', 'gatehouse_resume.sig', 'gatehouse_last', 'gatehouse_session', 'gatehouse_known',
  'gatehouse_tx_0123456789abcdef', '__Host-gatehouse_login', '__Host-gatehouse_session', '__Host-gatehouse_tx_0123456789abcdef',
  '_interaction', '__proto__', 'constructor', '',
] // biome-ignore format: a table of names

const grants = [
  'authorization_code', 'refresh_token', 'client_credentials', 'password', 'implicit', 'urn:ietf:params:oauth:grant-type:token-exchange',
  'urn:ietf:params:oauth:grant-type:device_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'urn:openid:params:grant-type:ciba',
] // biome-ignore format: a table of names

/** Texts that have no business in a value. Already as bytes of a target or a form. */
const oddities = [
  '', ' ', '+', '%', '%%', '%zz', '%00', '%0a', '%0d%0aSet-Cookie:x=1', '%ff', '%c3', '%c3%bc', '%ed%a0%80', '%f0%9f%98%80', '%e2%80%a8', '%u0041',
  '__proto__', 'constructor', '[]', '{}', '{"a":1}', 'null', 'undefined', 'NaN', '-1', '0', '1e309', '99999999999999999999', 'true', "'", '"', '<b>',
  '%3Cscript%3E', '../..', '//evil.test', 'http://[', 'https://evil.test/', 'javascript:1', 'urn:x', 'data:,', '\xff', '\xc3\xbc', '\x80\x81', '\xe2\x80',
  '\x7f', '%7f', 'a.b.c', 'eyJhbGciOiJub25lIn0.e30.', '%26', '%3D', '%23', ';', ',', '|', '`', '\\', '%5c', '*', '$', '(', ')', '{{7*7}}',
] // biome-ignore format: a table of texts

/** What a route expects, so that some requests come far. */
export interface Ground {
  town: Town
  /** Sign-ins at a provider that have begun: `state`, and the cookie with it. Each is good once. */
  transactions: { state: string; cookie: string }[]
  /** The cookies of somebody who is signed in, and the secret of the product; undefined for strangers. */
  member: { cookie: string; authorization: string } | undefined
}

/** Draws a request: its route as it should be, with a few things wrong. */
export function drawRouteRequest(random: Random, ground: Ground): RouteRequest {
  const onService = random.chance(0.25)
  const route = random.chance(0.5) ? random.pick(busy) : random.pick(onService ? serviceRoutes : issuerRoutes)
  const method = random.pick(methods)
  const path = drawPath(random, route)
  const inBody = method === 'POST' && random.chance(0.7)
  const fields = drawFields(random, ground, route)
  const cookies = drawCookies(random, ground)
  if (route === '/oauth2/callback' && random.chance(0.3)) addServiceState(random, fields, cookies)
  if (route === '/callback/:name' && random.chance(0.1)) addTransaction(ground, fields, cookies)
  const text = fields.map(([name, value]) => `${name}=${value}`).join(random.chance(0.98) ? '&' : ';')
  const query = inBody || text === '' ? drawQuery(random) : `?${text}`
  const lines = [
    `${method} ${path}${query} HTTP/1.1`,
    `Host: ${drawHost(random, ground.town, route)}`,
    ...(cookies.length === 0 ? [] : [`Cookie: ${cookies.join('; ')}`]),
    ...drawHeaders(random, ground),
  ]
  return { method, bytes: withBody(random, lines, { method, form: inBody ? text : undefined }) }
}

function drawPath(random: Random, route: string): string {
  const path = route
    .replace(':uid', () =>
      random.pick(['x', 'V1StGXR8_Z5jdHi6B-myT', '%ff', '%00', 'a%2fb', '\xff', 'x'.repeat(300), '__proto__', '..']),
    )
    .replace(':name', () =>
      random.pick([
        'company',
        'company',
        'company',
        'local',
        'gatehouse',
        'x',
        '%ff',
        '__proto__',
        'constructor',
        '\xff',
      ]),
    )
  if (random.chance(0.85)) return path
  const at = 1 + random.below(path.length)
  return (
    path.slice(0, at) +
    random.pick(['/', '//', '/..', '%2f', '%', '%ff', '\xff', ';', '%00', '.', 'X', '\\', '*']) +
    path.slice(at)
  )
}

function drawQuery(random: Random): string {
  if (random.chance(0.8)) return ''
  return `?${random.pick([random.bytes(random.below(60), 0x21, 0xff), random.pick(oddities), 'a=b', '&&&===', '%'.repeat(50), 'a='.repeat(500)])}`
}

type Field = [name: string, value: string]

/** What an honest request of the route has, less and more. */
function drawFields(random: Random, { town, member }: Ground, route: string): Field[] {
  const { gatehouse } = town
  const service = random.pick(town.services)
  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
  const redirectUri = encodeURIComponent('http://localhost:1/cb')
  const authorization: Field[] = [
    ['client_id', 'app'], ['redirect_uri', redirectUri], ['response_type', 'code'], ['scope', 'openid%20profile'], ['state', 'abc'],
    ['nonce', 'n'], ['code_challenge', challenge], ['code_challenge_method', 'S256'],
  ] // biome-ignore format: a table of fields
  const honest: Record<string, Field[]> = {
    '/authorize': authorization,
    '/par': authorization,
    '/token': [['grant_type', random.pick(grants)], ['code', 'x'.repeat(43)], ['redirect_uri', redirectUri], ['refresh_token', 'y'.repeat(43)], ['code_verifier', 'v'.repeat(43)], ['client_id', 'app']],
    '/introspect': [['token', 'x'.repeat(43)], ['client_id', 'app']],
    '/revoke': [['token', 'x'.repeat(43)], ['client_id', 'app']],
    '/logout': [['id_token_hint', 'a.b.c'], ['client_id', 'app'], ['post_logout_redirect_uri', 'http%3A%2F%2Flocalhost%3A1%2F'], ['state', 's']],
    '/logout/confirm': [['xsrf', 'x'], ['logout', 'yes']],
    '/login': [['username', random.pick(['alice', 'bob', 'nobody', 'm\xff'])], ['password', 'wrong'], ['interaction', 'x']],
    '/login/start': [['provider', 'company'], ['interaction', 'x'], ['fresh', '1']],
    '/login/handoff': [['service', service.name], ['return_to', encodeURIComponent(`http://${service.host}/`)], ['state', 'abc']],
    '/login/setup': [['token', 'x'.repeat(43)], ['username', 'eve'], ['password', 'correct horse battery'], ['email', 'eve%40evil.test']],
    '/login/signed-out': [['state', 'x']],
    '/interaction/:uid': [['decision', 'allow']],
    '/callback/:name': [['state', 'x'.repeat(43)], ['code', 'c'], ['iss', encodeURIComponent(gatehouse.url)]],
    '/oauth2/start': [['rd', random.pick(['/', '%2Fx', 'http%3A%2F%2Fevil.test'])]],
    '/oauth2/sign_out': [['rd', '%2F']],
    '/oauth2/callback': [['state', `${'n'.repeat(32)}.0.`], ['code', 'c']],
    '/userinfo': [['access_token', 'x'.repeat(43)]],
  } // biome-ignore format: a table of fields
  const secret: Field[] = member ? [['client_secret', 'x']] : []
  const fields = [...(honest[route] ?? []), ...(random.chance(0.1) ? secret : [])]
  for (let changes = random.below(4); changes > 0; changes--) change(random, fields)
  return fields
}

function change(random: Random, fields: Field[]): void {
  const at = random.below(fields.length)
  const value = drawValue(random)
  switch (random.below(5)) {
    case 0:
      fields.splice(at, 1)
      return
    case 1:
      if (fields[at]) fields.push([fields[at][0], value])
      return
    case 2:
      fields.push([random.chance(0.7) ? random.pick(parameters) : drawValue(random).replace(/=/g, '.'), value])
      return
    default:
      if (fields[at]) fields[at] = [fields[at][0], value]
  }
}

function drawValue(random: Random): string {
  const kind = random.below(20)
  if (kind < 12) return random.pick(oddities)
  if (kind < 15) return random.bytes(random.below(30), 0x21, 0xff).replace(/[&#]/g, '.')
  if (kind === 15) return random.pick(oddities).repeat(1 + random.below(200))
  if (kind === 16) return 'x'.repeat(random.below(9000))
  return random.pick([
    'none',
    'login',
    'consent',
    'login consent',
    'form_post',
    'fragment',
    'query.jwt',
    'plain',
    'id_token',
    'code id_token',
    'offline_access',
    '1',
    'app',
    'local',
    'company',
    'urn:ietf:params:oauth:request_uri:x',
    'http%3A%2F%2Fmixed.localhost',
  ])
}

function drawCookies(random: Random, { member }: Ground): string[] {
  const cookies = member && random.chance(0.7) ? [member.cookie] : []
  if (random.chance(0.5)) return cookies
  for (let count = random.pick([1, 1, 2, 3, 12, 30]); count > 0; count--) {
    const name = random.chance(0.8)
      ? random.pick(cookieNames)
      : `gatehouse_${random.pick(['tx', 'state'])}_${random.bytes(8, 0x30, 0xff)}`
    const value = random.pick([
      random.bytes(random.below(50), 0x21, 0xff),
      random.bytes(43, 0x41, 0x5a),
      random.bytes(random.below(20), 0x80, 0xff),
      random.pick(oddities),
      `"${random.bytes(5, 0x20, 0x7e)}"`,
      `v1.${random.bytes(60, 0x41, 0x5a)}`,
    ])
    cookies.push(`${name}=${value}`)
  }
  return cookies
}

/** The gate's state is a pair that any browser could write: it comes past the first check. */
function addServiceState(random: Random, fields: Field[], cookies: string[]): void {
  const nonce = random.bytes(32, 0x61, 0x7a)
  const now = Math.floor(Date.now() / 1000).toString(36)
  cookies.push(`gatehouse_state_${nonce.slice(0, 8)}=${nonce}.${now}`)
  fields.splice(0, fields.length, [
    'state',
    `${nonce}.${random.pick(['0', '1'])}.${random.pick(['', 'L3g', 'Ly9ldmlsLnRlc3Q', '____'])}`,
  ])
  fields.push(
    random.pick<Field>([
      ['code', 'c'],
      ['code', drawValue(random)],
      ['error', 'access_denied'],
      ['error', drawValue(random)],
    ]),
  )
}

/** The answer of a provider that nobody has given. */
function addTransaction({ transactions }: Ground, fields: Field[], cookies: string[]): void {
  const transaction = transactions.pop()
  if (!transaction) return
  const others = fields.filter(([name]) => name !== 'state')
  fields.splice(0, fields.length, ['state', transaction.state], ...others)
  cookies.push(transaction.cookie)
}

function drawHost(random: Random, { gatehouse, services }: Town, route: string): string {
  const own = route.startsWith('/oauth2/') ? random.pick(services).host : `localhost:${gatehouse.port}`
  if (random.chance(0.92)) return own
  return random.pick([
    '',
    'evil.test',
    own.toUpperCase(),
    `${own}.`,
    `user@${own}`,
    '\xff',
    '[::1]',
    `localhost:${gatehouse.port + 1}`,
    `x.${own}`,
    'localhost',
    `${own}, evil.test`,
  ])
}

function drawHeaders(random: Random, { member }: Ground): string[] {
  const lines: string[] = member && random.chance(0.5) ? [`Authorization: ${member.authorization}`] : []
  for (let count = random.below(5); count > 0; count--) lines.push(drawHeader(random))
  return lines
}

function drawHeader(random: Random): string {
  const odd = random.chance(0.3) ? random.bytes(random.below(20), 0x20, 0xff) : random.pick(oddities)
  return random.pick([
    () =>
      `Authorization: ${random.pick(['Basic', 'Bearer', 'DPoP', 'Negotiate', 'basic', ''])} ${random.pick([odd, 'YXBwOng=', 'OjpAJSU=', '/////w==', 'a.b.c'])}`,
    () =>
      `Accept: ${random.pick(['text/html', 'application/json', '*/*', 'application/token-introspection+jwt', 'text/html;q=x', odd])}`,
    () => `Sec-Fetch-Site: ${random.pick(['same-origin', 'cross-site', 'none', odd])}`,
    () => `Sec-Fetch-Mode: ${random.pick(['navigate', 'cors', odd])}`,
    () => `Origin: ${random.pick(['null', 'https://evil.test', odd])}`,
    () => `Referer: ${odd}`,
    () => `If-None-Match: ${odd}`,
    () => `Range: bytes=${odd}`,
    () => `Content-Encoding: ${random.pick(['gzip', 'br', 'identity', odd])}`,
    () => `Accept-Language: ${odd}`,
    () => `DPoP: ${odd}`,
    () => `Expect: ${random.pick(['100-continue', odd])}`,
    () => `Upgrade: ${random.pick(['websocket', 'h2c', odd])}\r\nConnection: upgrade`,
    () => `X-Forwarded-${random.pick(['For', 'Host', 'Proto', 'Uri', 'Method', 'Prefix'])}: ${odd}`,
    () => `X-Original-${random.pick(['URI', 'URL', 'Method'])}: ${odd}`,
    () => `Forwarded: ${odd}`,
    () => `Access-Control-Request-Method: ${odd}\r\nOrigin: https://evil.test`,
    () => `X-Requested-With: ${odd}`,
    () => `Last-Event-ID: ${odd}`,
  ])()
}

const formType = 'application/x-www-form-urlencoded'

function withBody(
  random: Random,
  lines: readonly string[],
  { method, form }: { method: string; form: string | undefined },
): string {
  if (form === undefined && (method === 'GET' || method === 'HEAD' || random.chance(0.4)))
    return `${lines.join('\r\n')}\r\n\r\n`
  const type =
    random.chance(0.85) && form !== undefined
      ? formType
      : random.pick([
          formType,
          `${formType}; charset=utf-7`,
          `${formType}; charset=\xff`,
          'application/json',
          'multipart/form-data; boundary=x',
          'text/plain',
          '\xff',
          '',
        ])
  const body =
    form ??
    random.pick([
      random.bytes(random.below(200)),
      '{}',
      '{"a":',
      '[',
      '--x\r\n',
      '\0'.repeat(20),
      'a=b&'.repeat(2000),
      'x'.repeat(20_000),
    ])
  const head = [...lines, ...(type === '' ? [] : [`Content-Type: ${type}`])]
  if (random.chance(0.3) && body.length > 0) {
    return `${[...head, 'Transfer-Encoding: chunked'].join('\r\n')}\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
  }
  return `${[...head, `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`
}
