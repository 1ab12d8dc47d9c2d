import type { ProviderEndpoints } from './contract.ts'

/** Addresses below `<issuer>/protocol/openid-connect/`, the same in every Keycloak. */
export function keycloakEndpoints(issuer: string): ProviderEndpoints {
  const base = `${protocolBase(issuer)}openid-connect`
  return {
    authorization: `${base}/auth`,
    token: `${base}/token`,
    jwks: `${base}/certs`,
    userinfo: `${base}/userinfo`,
    endSession: `${base}/logout`,
  }
}

export function gatehouseEndpoints(issuer: string): ProviderEndpoints {
  return {
    authorization: `${issuer}/authorize`,
    token: `${issuer}/token`,
    jwks: `${issuer}/jwks`,
    userinfo: `${issuer}/userinfo`,
    endSession: `${issuer}/logout`,
  }
}

/**
 * What Flask-AppBuilder calls `api_base_url`; a Keycloak and Gatehouse answer `openid-connect/userinfo` below it. The slash at
 * the end matters: Authlib joins relative paths to it.
 */
export function protocolBase(issuer: string): string {
  return `${issuer.replace(/\/+$/, '')}/protocol/`
}
