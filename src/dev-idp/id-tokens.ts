/** ID tokens as the vendor writes them: oidc-provider lets only claims through that were declared, and names itself as the issuer. */
import { decodeJwt, decodeProtectedHeader, importJWK, type JWK, SignJWT } from 'jose'
import type Provider from 'oidc-provider'
import type { Claims } from './contract.ts'
import type { Setup } from './setup.ts'

type IdToken = InstanceType<Provider['IdToken']>

/** From now on the provider adds the vendor's claims to its ID tokens, and whatever is to be wrong with them. */
export function rewriteIdTokens({ IdToken }: Provider, { settings, keys: [published, own] }: Setup): void {
  const { issue } = IdToken.prototype
  IdToken.prototype.issue = async function (this: IdToken, context) {
    const token = await issue.call(this, context)
    if (context.use !== 'idtoken') return token
    const { clock = 0, nonce = false, kid: isUnknown = false } = settings.faults()
    const claims: Claims = { ...decodeJwt(token), ...withoutUndefined(this.available) }
    if (nonce) claims['nonce'] = 'another-nonce'
    for (const time of ['iat', 'exp', 'auth_time']) {
      const seconds = claims[time]
      if (typeof seconds === 'number') claims[time] = seconds + clock
    }
    return sign(
      claims,
      { ...decodeProtectedHeader(token), ...(isUnknown ? { kid: own.kid } : {}) },
      isUnknown ? own : published,
    )
  }
}

async function sign(claims: Claims, header: Claims, key: JWK): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ ...header, alg: 'RS256' }).sign(await importJWK(key, 'RS256'))
}

function withoutUndefined(claims: Claims): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
}
