import { shownClaim } from '../../claim-path.ts'
import { mdCode } from '../../formats.ts'
import type { Registration, VendorGuide } from './contract.ts'
import {
  authenticationMethod,
  copyClientId,
  copySecret,
  hasSecret,
  ifAny,
  isPublic,
  readsClaim,
} from './registered-client.ts'

/** Active Directory Federation Services, 2016 and later. */
export const adfs: VendorGuide = {
  traps,
  steps,
  files: () => [],
  applying: () => [],
}

function steps(registration: Registration): string[] {
  const { input, provider, redirectUris, postLogoutRedirectUris } = registration
  // There is no list of its own for addresses after sign-out; `LogoutUri` is something else (front-channel logout).
  const uris = [...new Set([...redirectUris, ...postLogoutRedirectUris])]
  const kind = isPublic(registration)
    ? '*Native application accessing a web API*'
    : '*Server application accessing a web API*'
  return [
    `**AD FS Management → Application Groups → Add Application Group...**: *Name* ${mdCode(input.name)}, template ${kind}, **Next**.`,
    copyClientId('*Client Identifier*', registration),
    ...ifAny(uris, (list) => `*Redirect URI* ${list}, **Add** each, **Next**.`),
    ...credentialSteps(registration),
    `*Configure Web API*: *Identifier* ${mdCode(provider.clientId)}, the same as the client identifier, **Add**, **Next**. With another one the claims go into the access token only.`,
    '*Choose Access Control Policy*: who may sign in, **Next**.',
    `*Configure Application Permissions*: the scopes ${scopes(registration)}, **Next**, **Next**, **Close**.`,
    ...askStep(registration),
    ...claimSteps(registration),
  ]
}

function scopes({ provider }: Registration): string {
  return [...new Set([...provider.scopes, 'allatclaims'])].map(mdCode).join(', ')
}

function credentialSteps(registration: Registration): string[] {
  if (authenticationMethod(registration) === 'private_key_jwt') {
    return [
      '*Configure Application Credentials*: *Register a key used by JSON Web Keys for application authentication*.',
    ]
  }
  if (!hasSecret(registration)) return []
  return [
    copySecret(
      '*Configure Application Credentials → Generate a shared secret*',
      registration,
      'it (it is shown only now)',
    ),
  ]
}

function askStep({ provider }: Registration): string[] {
  if (provider.scopes.includes('allatclaims')) return []
  return [
    'Let the product ask for `allatclaims` (`extraScopes` in the configuration): otherwise the ID token has none of the claims below.',
  ]
}

/** Attributes of the directory, and the claims that they become. */
function attributes(registration: Registration): string {
  const { principalClaim } = registration.provider
  const known: readonly (readonly [string, string])[] = [
    ['User-Principal-Name', 'upn'],
    ['E-Mail-Addresses', 'email'],
    ['Given-Name', 'given_name'],
    ['Surname', 'family_name'],
  ]
  const used = known.filter(([, claim]) => claim === 'email' || readsClaim(registration, claim))
  const own = known.some(([, claim]) => claim === principalClaim) || principalClaim === 'sub'
  const all = own ? used : [['SAM-Account-Name', principalClaim] as const, ...used]
  return all.map(([attribute, claim]) => `*${attribute}* to ${mdCode(claim)}`).join(', ')
}

function claimSteps(registration: Registration): string[] {
  const { provider } = registration
  const at =
    '**Application Groups → (this one) → (the web API) → Issuance Transform Rules → Add Rule... → Send LDAP Attributes as Claims**: *Attribute store* Active Directory'
  return [
    `${at}; ${attributes(registration)}. Type the names on the right, because the list offers others.`,
    ...(provider.wantsGroups
      ? [
          `In the same rule: *Token-Groups - Unqualified Names* to ${mdCode(shownClaim(provider.groupsClaim))}. It sends the short names of all groups, including nested ones; *Token-Groups - Qualified by Domain Name* sends \`DOMAIN\\group\`.`,
        ]
      : []),
  ]
}

function traps({ provider, notes, postLogoutRedirectUris }: Registration): string[] {
  const list = [
    'The userinfo endpoint returns `sub` and nothing else: a product that takes the name from there finds none.',
  ]
  if (provider.wantsGroups) {
    list.push(
      'One group is sent as a string and several as a list: a product that expects a list may fail for people in one group. Tokens with hundreds of groups are too long for cookies and headers; send a few by *Send Group Membership as a Claim*.',
    )
  }
  if (notes.needsAudience) {
    list.push(
      'Access tokens have another issuer, `access_token_issuer` of the discovery document (`http://<host>/adfs/services/trust`), and `aud` is `microsoft:identityserver:<identifier>`: a product that checks them against the issuer above needs a setting for it.',
    )
  }
  if (postLogoutRedirectUris.length > 0) {
    list.push('After sign-out people are sent back only with `id_token_hint`, and only to one of the redirect URIs.')
  }
  list.push(
    'Its certificate often comes from your own authority: set `tls.verification.server.caCert.secretClass` of the class.',
    'PKCE needs Windows Server 2019; on 2016 it is ignored.',
  )
  return list
}
