/**
 * What Flask-AppBuilder calls `api_base_url`; a Keycloak and Gatehouse answer `openid-connect/userinfo` below it. The slash at
 * the end matters: Authlib joins relative paths to it.
 */
export function protocolBase(issuer: string): string {
  return `${issuer.replace(/\/+$/, '')}/protocol/`
}
