/**
 * What a client may not be, whatever its product: the rules of OAuth for addresses, flows and ways to authenticate. The server would refuse
 * such a client at its first request; here the file says so.
 */
import { isLoopbackHost } from '../loopback.ts'
import type { ClientAuthenticationMethod } from './authentication-class.ts'
import { isLoopbackByHttps, isNativeAddress, isPrivateUseUri } from './redirect-addresses.ts'

/** What a product says of its clients. */
interface Described {
  authentication: readonly {
    oidc?:
      | {
          clientAuthenticationMethod?: ClientAuthenticationMethod | undefined
          jwks?: object | undefined
          jwksUri?: string | undefined
        }
      | undefined
  }[]
  redirectUris: readonly string[]
  postLogoutRedirectUris: readonly string[]
  responseTypes?: readonly string[] | undefined
  grantTypes: readonly string[]
  introspects: readonly string[]
  insecure?: boolean | undefined
}

export interface ClientProblem {
  path: (string | number)[]
  message: string
}

const addressFields = ['redirectUris', 'postLogoutRedirectUris'] as const

/** Everything that is wrong with the clients that a product is. */
export function clientProblems(product: Described): ClientProblem[] {
  return [...addressProblems(product), ...frontChannelProblems(product), ...authenticationProblems(product)]
}

function isOpenAddress(uri: string): boolean {
  const url = URL.parse(uri)
  return url?.protocol === 'http:' && !isLoopbackHost(url.hostname)
}

/** Whether every client of the product is one without a secret. */
function isPublic({ authentication }: Described): boolean {
  return authentication.length > 0 && authentication.every(({ oidc }) => oidc?.clientAuthenticationMethod === 'none')
}

function addressProblems(product: Described): ClientProblem[] {
  const open = isPublic(product)
  const isNative = open && product.redirectUris.some(isNativeAddress)
  return everyAddress(product).flatMap(({ uri, path }) => {
    const message = addressProblem(uri, { open, isNative, insecure: product.insecure ?? false })
    return message === undefined ? [] : [{ path, message }]
  })
}

function addressProblem(
  uri: string,
  { open, isNative, insecure }: { open: boolean; isNative: boolean; insecure: boolean },
): string | undefined {
  if (isPrivateUseUri(uri) && !open) {
    return 'has a scheme of its own, which only an app without a secret may have (RFC 8252): write oidc: { clientAuthenticationMethod: none }, or an https address'
  }
  if (isOpenAddress(uri) && isNative) {
    return 'must be https off this machine: an app is answered at https, at a loopback address or by a scheme of its own (RFC 8252)'
  }
  if (isOpenAddress(uri) && !insecure) {
    return 'must be https off this machine, or codes can be read on the way: if that is meant, write insecure: true in the product'
  }
  if (isNative && isLoopbackByHttps(uri)) {
    return 'must be http, as it never leaves this machine: nobody has a certificate for a loopback address (RFC 8252 section 7.3)'
  }
  return undefined
}

/** OpenID Connect Registration section 2 (`application_type`): tokens stand in the address, where whoever is on the way would read them. */
function frontChannelProblems(product: Described): ClientProblem[] {
  if (!(product.responseTypes ?? []).some((type) => /\b(?:id_token|token)\b/.test(type))) return []
  return everyAddress(product).flatMap(({ uri, path }) => {
    const url = URL.parse(uri)
    if (url?.protocol === 'https:' && url.hostname !== 'localhost') return []
    const message =
      'must be https, and not localhost: with these responseTypes tokens stand in the address (OpenID Connect Registration section 2)'
    return [{ path, message }]
  })
}

function authenticationProblems({ authentication, grantTypes, introspects, insecure }: Described): ClientProblem[] {
  return authentication.flatMap(({ oidc }, index) => {
    const path = ['authentication', index, 'oidc']
    const { clientAuthenticationMethod: method, jwks, jwksUri } = oidc ?? {}
    const problems: ClientProblem[] = []
    const add = (at: (string | number)[], message: string) => problems.push({ path: at, message })
    if (method === 'none' && grantTypes.includes('client_credentials')) {
      add(['grantTypes'], 'needs a client that can prove who it is: write another clientAuthenticationMethod than none')
    }
    if (method === 'none' && introspects.length > 0) {
      add(
        ['introspects'],
        'needs a client that can prove who it is: write another clientAuthenticationMethod than none',
      )
    }
    if (jwks && jwksUri !== undefined) add([...path, 'jwksUri'], 'is given beside jwks: write one of them')
    if (jwksUri !== undefined && isOpenAddress(jwksUri) && !insecure) {
      add([...path, 'jwksUri'], 'must be https off this machine: whoever is between could put in a key of his own')
    }
    return problems
  })
}

function everyAddress(product: Described): { uri: string; path: (string | number)[] }[] {
  return addressFields.flatMap((field) => product[field].map((uri, index) => ({ uri, path: [field, index] })))
}
