/** What the products on Quarkus have in common: one tenant of `quarkus.oidc.*`, and how its settings name claims. */
import type { ClaimPath } from '../../claim-path.ts'
import { type Property, property, smallRyeList, smallRyeText, smallRyeVariable } from '../../formats.ts'
import type { ExpectedVariable, ProductInput, ProductProblem, Provider } from '../contract.ts'
import { isSlashGuessed } from './issuer-guess.ts'
import { type NamedText, textProblems } from './replaced-texts.ts'
import { trustStoreVariable, trustStoreVariableName } from './trust-store.ts'

/** Who the provider is and which client the product is there. `prefix`: `quarkus.oidc`, or that of a named tenant. */
export function tenantProperties(prefix: string, provider: Provider, trustStore: string): Property[] {
  const { clientId, clientIdVariable, issuer, tls, className } = provider
  return [
    property(`${prefix}.auth-server-url`, smallRyeText(provider.innerIssuer ?? issuer)),
    ...innerProperties(prefix, provider),
    property(
      `${prefix}.client-id`,
      clientIdVariable === undefined ? smallRyeText(clientId) : smallRyeVariable(clientIdVariable),
    ),
    // It is that of the discovery document where it is not known to the letter.
    ...(isSlashGuessed(provider) && !(provider.innerIssuer && provider.endpoints)
      ? []
      : [property(`${prefix}.token.issuer`, smallRyeText(issuer))]),
    ...(tls.kind === 'own-ca'
      ? [
          property(`${prefix}.tls.trust-store-file`, smallRyeText(trustStore)),
          property(`${prefix}.tls.trust-store-password`, smallRyeVariable(trustStoreVariableName(className))),
        ]
      : []),
  ]
}

/**
 * With an inner address each one by itself: browsers go to the public one, which an inner document need not name. Without known addresses the
 * document at the inner one decides.
 */
function innerProperties(prefix: string, { innerIssuer, endpoints }: Provider): Property[] {
  if (innerIssuer === undefined || !endpoints) return []
  return [
    property(`${prefix}.discovery-enabled`, 'false'),
    property(`${prefix}.authorization-path`, smallRyeText(endpoints.authorization)),
    property(`${prefix}.token-path`, smallRyeText(endpoints.token)),
    property(`${prefix}.jwks-path`, smallRyeText(endpoints.jwks)),
    property(`${prefix}.user-info-path`, smallRyeText(endpoints.userinfo)),
  ]
}

/**
 * Access tokens are checked by their signature, and must be for this product. Quarkus asks for no audience unless it is told one,
 * so that a token for any other client would do; and it would send tokens that are no signed texts back to the provider.
 */
export function bearerProperties(
  prefix: string,
  audience: Property['value'],
  { principalClaim }: Provider,
): Property[] {
  return [
    property(`${prefix}.token.audience`, audience),
    property(`${prefix}.token.allow-opaque-token-introspection`, 'false'),
    property(`${prefix}.token.allow-jwt-introspection`, 'false'),
    property(`${prefix}.token.principal-claim`, smallRyeText(principalClaim)),
  ]
}

/** Without an audience Quarkus takes tokens for anybody, so a variable that is missing must not leave none. */
export function audienceOf({ clientId, clientIdVariable }: Provider): Property['value'] {
  return clientIdVariable === undefined
    ? smallRyeList([clientId])
    : smallRyeVariable(clientIdVariable, `${clientIdVariable}-is-not-set`)
}

/** A path of claims has slashes between its names; a name in double quotes is one whatever is in it. */
export function claimPath(path: ClaimPath): Property['value'] {
  return smallRyeList([path.map((name) => `"${name}"`).join('/')])
}

export function claimProblems(texts: readonly NamedText[]): ProductProblem[] {
  return textProblems(
    texts,
    (text) => text.includes('"'),
    'has a double quote, for which Quarkus knows no form where it names a claim: take another claim',
  )
}

/** Groups that nobody can be in, because Quarkus passes over them in a claim. */
export function blankGroupProblems({ product, path }: ProductInput): ProductProblem[] {
  const groups = Object.keys(product.roles).map((text) => ({ what: 'group', text, path: [...path, 'roles', text] }))
  return textProblems(groups, (text) => text.trim() === '', 'is blank, and Quarkus passes over it: take it out')
}

export function trustStoreVariables({ className, tls }: Provider, file: string): ExpectedVariable[] {
  return tls.kind === 'own-ca' ? [trustStoreVariable(className, file)] : []
}

/** A step of REGISTER.md, for what comes from the environment. */
export const expansionStep =
  'A `$` in the value of a variable is written `\\$`: Quarkus expands what stands in variables too.'
