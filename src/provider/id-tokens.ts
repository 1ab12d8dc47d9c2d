/** What oidc-provider leaves out of ID tokens, or out of the reading of them; through the prototypes that it offers. */
import { decodeProtectedHeader } from 'jose'
import Provider, { type Client } from 'oidc-provider'

type Issuing = Parameters<InstanceType<Provider['IdToken']>['issue']>[0]

/**
 * Adds `at_hash` to the ID tokens of the token endpoint (Core 3.1.3.6), so that a client can see that both tokens belong together. oidc-provider
 * does it where tokens come through the browser, and hashes what is set here.
 */
export function nameAccessTokens(provider: Provider): void {
  const values = new WeakMap<object, string>()
  const { AccessToken, IdToken } = provider
  const { save } = AccessToken.prototype
  AccessToken.prototype.save = async function (...parameters) {
    const value = await save.apply(this, parameters)
    values.set(this, value)
    return value
  }
  const { issue } = IdToken.prototype
  IdToken.prototype.issue = async function (options: Issuing) {
    const { oidc } = Provider.ctx ?? {}
    const token = options.use === 'idtoken' && oidc?.route === 'token' ? oidc.entities.AccessToken : undefined
    const value = token && values.get(token)
    if (value !== undefined) this.set('at_hash', value)
    return issue.call(this, options)
  }
}

/**
 * Takes an ID token as a hint whatever our key signed it with: `idTokenSigningAlg` of a product may have changed since, and whoever signs out
 * with the token of before must get out.
 */
export function takeHintsOfBefore(provider: Provider, algs: readonly string[]): void {
  const { IdToken } = provider
  const { validate } = IdToken
  IdToken.validate = async function (token: string, client: Client) {
    const alg = algOf(token)
    if (alg === undefined || !algs.includes(alg)) return validate.call(this, token, client)
    return validate.call(this, token, Object.create(client, { idTokenSignedResponseAlg: { value: alg } }))
  }
}

function algOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg
  } catch {
    return undefined
  }
}
