/** Headers of the alpha form: those that `injectRequestHeaders` lists, or what the flags of oauth2-proxy.cfg mean. */
import type { Data } from '../../formats.ts'
import type { ProductInput } from '../contract.ts'
import { isBefore } from '../writing/version.ts'

/** The variable with the password of HTTP Basic; oauth2-proxy.cfg reads it under this name. */
export const basicAuthVariable = 'OAUTH2_PROXY_BASIC_AUTH_PASSWORD'

type Options = ProductInput<'oauth2-proxy'>['options']
type Headers = NonNullable<Options['injectRequestHeaders']>
type Header = Headers[number]
type Value = Header['values'][number]

function claim(name: string, source: Value): Header {
  return { name, values: [source] }
}

/** `user` is the claim in X-Forwarded-User, by its name in a session of oauth2-proxy. */
export function requestHeaders({ options }: ProductInput<'oauth2-proxy'>, user: string): Headers {
  if (options.injectRequestHeaders) return options.injectRequestHeaders
  const keeps = options.skipAuthStripHeaders === false ? { preserveRequestValue: true } : {}
  const tellsWho = options.passBasicAuth !== false || options.passUserHeaders !== false
  return [
    ...(options.passBasicAuth === true ? [basicHeader(options, user)] : []),
    ...(tellsWho ? whoHeaders('X-Forwarded', options, user) : []),
    ...(options.passAccessToken === true ? [claim('X-Forwarded-Access-Token', { claim: 'access_token' })] : []),
    ...(options.passAuthorizationHeader === true ? [bearerHeader] : []),
  ].map((header) => ({ ...header, ...keeps }))
}

export function responseHeaders({ options }: ProductInput<'oauth2-proxy'>, user: string): Headers {
  if (options.injectResponseHeaders) return options.injectResponseHeaders
  const asks = options.setXauthrequest !== false
  return [
    ...(asks ? whoHeaders('X-Auth-Request', {}, user) : []),
    ...(asks && options.passAccessToken === true
      ? [claim('X-Auth-Request-Access-Token', { claim: 'access_token' })]
      : []),
    ...(options.setBasicAuth === true ? [basicHeader(options, user)] : []),
    ...(options.setAuthorizationHeader === true ? [bearerHeader] : []),
  ]
}

const bearerHeader: Header = claim('Authorization', { claim: 'id_token', prefix: 'Bearer ' })

function basicHeader({ preferEmailToUser }: Pick<Options, 'preferEmailToUser'>, user: string): Header {
  const name = preferEmailToUser === true ? 'email' : user
  return claim('Authorization', { claim: name, prefix: 'Basic ', basicAuthPasswordFromEnv: basicAuthVariable })
}

function whoHeaders(
  prefix: string,
  { preferEmailToUser }: { preferEmailToUser?: boolean | undefined },
  user: string,
): Headers {
  const isEmail = preferEmailToUser === true
  return [
    claim(`${prefix}-User`, { claim: isEmail ? 'email' : user }),
    ...(isEmail ? [] : [claim(`${prefix}-Email`, { claim: 'email' })]),
    claim(`${prefix}-Groups`, { claim: 'groups' }),
    claim(`${prefix}-Preferred-Username`, { claim: 'preferred_username' }),
  ]
}

/** Nested from 7.14 on, flat before; neither version reads the other form. */
export function writtenHeaders(headers: Headers, { version }: ProductInput<'oauth2-proxy'>): Data {
  const isFlat = isBefore(version, '7.14')
  return headers.map(({ name, values, preserveRequestValue }) => ({
    name,
    ...(preserveRequestValue === undefined ? {} : { preserveRequestValue }),
    values: values.map((value) => (isFlat ? sourceOf(value) : nested(value))),
  }))
}

function nested(value: Value): Data {
  return value.claim === undefined ? { secretSource: sourceOf(value) } : { claimSource: sourceOf(value) }
}

function sourceOf({ claim: name, prefix, basicAuthPasswordFromEnv: password, fromEnv, fromFile }: Value): Data {
  if (fromEnv !== undefined) return { fromEnv }
  if (fromFile !== undefined) return { fromFile }
  return {
    claim: name ?? '',
    ...(prefix === undefined ? {} : { prefix }),
    ...(password === undefined ? {} : { basicAuthPassword: { fromEnv: password } }),
  }
}
