import Provider from 'oidc-provider'

interface Model {
  find(...shown: unknown[]): Promise<{ scopes: ReadonlySet<string> } | undefined>
}

/**
 * Lets a client repeat at a refresh the scope that it requested at first, as some libraries do: what this server ignored then (a scope that
 * it does not have, or `offline_access` for a grant that has none) it ignores again. A scope that exists here and was not granted stays
 * refused (RFC 6749 section 6), and so does a request for nothing else. `known`: the scopes of this server.
 */
export function forgiveIgnoredScopes({ RefreshToken }: Provider, known: ReadonlySet<string>): void {
  const model = RefreshToken as unknown as Model
  const find = model.find.bind(model)
  model.find = async (...shown) => {
    const token = await find(...shown)
    if (token) dropIgnored(token.scopes, known)
    return token
  }
}

/** oidc-provider compares the scope of the request with the token's right after it has found that. */
function dropIgnored(granted: ReadonlySet<string>, known: ReadonlySet<string>): void {
  const { route, params } = Provider.ctx?.oidc ?? {}
  const scope = params?.['scope']
  if (route !== 'token' || !params || typeof scope !== 'string') return
  const isIgnored = (each: string) => !granted.has(each) && (each === 'offline_access' || !known.has(each))
  const kept = scope.split(' ').filter((each) => !isIgnored(each))
  if (kept.length > 0) params['scope'] = kept.join(' ')
}
