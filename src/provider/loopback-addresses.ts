import type Provider from 'oidc-provider'

/**
 * An app listens at any port of 127.0.0.1 or [::1] (RFC 8252 section 7.3). oidc-provider lets `localhost` be as free; here that name is compared to
 * the letter like every other one, because it is looked up, and what it leads to may be another machine's or another program's (section 8.3).
 */
export function keepNamesExact(provider: Provider): void {
  const { prototype } = provider.Client
  const { redirectUriAllowed, postLogoutRedirectUriAllowed } = prototype
  prototype.redirectUriAllowed = function (uri) {
    return isName(uri) ? (this.redirectUris ?? []).includes(uri) : redirectUriAllowed.call(this, uri)
  }
  prototype.postLogoutRedirectUriAllowed = function (uri) {
    return isName(uri)
      ? (this.postLogoutRedirectUris ?? []).includes(uri)
      : postLogoutRedirectUriAllowed.call(this, uri)
  }
}

function isName(uri: string): boolean {
  return URL.parse(uri)?.hostname === 'localhost'
}
