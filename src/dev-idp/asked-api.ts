/**
 * For which API an access token is. Identity providers have no notion of it that is the same everywhere; oidc-provider calls it a resource,
 * and needs one for each token that is not opaque. Its URI carries what the token depends on.
 */
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { AccessTokenForm, Quirks } from './contract.ts'

const prefix = 'urn:dev-idp:'

export interface AskedApi {
  form: AccessTokenForm
  /** The parameter `audience` of the authorization request. */
  audience: string | undefined
}

/** The URI for an authorization request. */
export function apiUri({ oidc: { params } }: KoaContextWithOIDC, { accessTokenForm }: Quirks): string {
  const { audience: asked, scope } = params ?? {}
  const audience = typeof asked === 'string' && asked !== '' ? asked : undefined
  const form = accessTokenForm({ scope: new Set(String(scope ?? '').split(' ')), audience })
  return `${prefix}${form}:${encodeURIComponent(audience ?? '')}`
}

/** What {@link apiUri} wrote. */
export function apiOf(uri: string): AskedApi {
  const [form, audience = ''] = uri.slice(prefix.length).split(':')
  return { form: form as AccessTokenForm, audience: audience === '' ? undefined : decodeURIComponent(audience) }
}

export function isOpaque(uri: string): boolean {
  return apiOf(uri).form === 'opaque'
}
