import { mdCode } from '../../formats.ts'
import type { Registration, VendorGuide } from './contract.ts'
import { neededClaims, registeredUris, sendsAppRoles } from './entra-client.ts'
import { entraFiles } from './entra-terraform.ts'
import {
  authenticationMethod,
  copyClientId,
  copySecret,
  hasGrant,
  hasSecret,
  ifAny,
  isPublic,
  signsPeopleIn,
} from './registered-client.ts'
import { terraformSteps } from './terraform.ts'

/** Microsoft Entra ID, endpoint version 2. */
export const entra: VendorGuide = {
  traps,
  steps,
  files: entraFiles,
  applying: terraformSteps,
}

function steps(registration: Registration): string[] {
  const { input } = registration
  return [
    `**Entra ID → App registrations → New registration**: *Name* ${mdCode(input.name)}, *Supported account types* accounts in this directory only, **Register**.`,
    copyClientId('*Application (client) ID*', registration),
    ...addressSteps(registration),
    ...credentialSteps(registration),
    ...implicitSteps(registration),
    ...ifAny(
      neededClaims(registration),
      (claims) => `**Token configuration → Add optional claim**: *Token type* ID, ${claims}, **Add**.`,
    ),
    ...groupSteps(registration),
    ...audienceSteps(registration),
  ]
}

function addressSteps(registration: Registration): string[] {
  const { postLogoutRedirectUris } = registration
  const platform = isPublic(registration)
    ? '*Mobile and desktop applications* (*Single-page application* where a browser redeems the code)'
    : '*Web*'
  const logout = ifAny(
    postLogoutRedirectUris,
    (uris) => ` Entra ID has no separate list of addresses after sign-out, so ${uris} belongs here too.`,
  )
  const list = ifAny(
    registeredUris(registration),
    (uris) =>
      `**Authentication → Add a platform** (**Add Redirect URI** in newer consoles): ${platform}, ${uris}, **Configure**.${logout.join('')}`,
  )
  if (!isPublic(registration)) return list
  return [...list, '**Authentication → Advanced settings**: *Allow public client flows* Yes, **Save**.']
}

function credentialSteps(registration: Registration): string[] {
  if (authenticationMethod(registration) === 'private_key_jwt') {
    return [
      '**Certificates & secrets → Certificates → Upload certificate**: the certificate of the key of the product.',
    ]
  }
  if (!hasSecret(registration)) return []
  const way = '**Certificates & secrets → Client secrets → New client secret → Add**'
  return [copySecret(way, registration, 'the *Value* (not the *Secret ID*; it is shown only now)')]
}

function implicitSteps(registration: Registration): string[] {
  if (!hasGrant(registration, 'implicit')) return []
  return [
    '**Authentication → Implicit grant and hybrid flows**: *ID tokens* and *Access tokens*, **Save**. Without it the sign-in ends with `AADSTS700051` or `AADSTS700054`.',
  ]
}

function groupSteps({ provider }: Registration): string[] {
  if (!provider.wantsGroups) return []
  if (sendsAppRoles(provider)) {
    return [
      '**App roles → Create app role** for each role: *Allowed member types* Users/Groups, *Value* the name that the product sees, **Apply**.',
      '**Enterprise applications → (this application) → Users and groups → Add user/group**: who has which role.',
    ]
  }
  return [
    '**Token configuration → Add groups claim**: *Groups assigned to the application* (needs a P1 licence for assigning groups) or *Security groups*; *ID* and *Access* with *Group ID*, **Add**. For groups that are synchronised from your own directory, *sAMAccountName* gives the names.',
    '**Enterprise applications → (this application) → Users and groups → Add user/group**: the groups, if only assigned ones are sent. Nested members do not count then.',
  ]
}

function audienceSteps({ notes, provider }: Registration): string[] {
  if (!notes.needsAudience) return []
  const scope = `${provider.clientId}/access`
  return [
    `**Expose an API → Application ID URI → Add**: keep \`api://<client id>\`, which it offers, **Save**.`,
    '**Expose an API → Add a scope**: *Scope name* `access`, *Who can consent* Admins and users, a name and a description, **Add scope**.',
    '**Manifest**: `"requestedAccessTokenVersion": 2` below `"api"`, **Save**. Otherwise access tokens are of version 1, and `aud` is not the client id.',
    ...(provider.vendor.accessToken(provider).kind === 'signed'
      ? []
      : [
          `Ask for the scope ${mdCode(scope)} (\`extraScopes\` in the configuration): without such a scope the access token is for Microsoft Graph, and nobody else can check it. (With \`api://\` before it the sign-in works and refreshing fails with \`AADSTS90009\`.)`,
        ]),
  ]
}

function traps(registration: Registration): string[] {
  const { input, provider, notes } = registration
  const list = ifAny(
    registeredUris(registration),
    () =>
      '`AADSTS50011`: the redirect URI differs from the registered one. Upper and lower case count in the path, wildcards do not work, and only `localhost` may have http.',
  )
  if (['preferred_username', 'email', 'upn'].includes(provider.principalClaim)) {
    list.push(
      `${mdCode(provider.principalClaim)} may change, and guests have one from another directory; \`oid\` with \`tid\` never changes. \`sub\` differs in each application.`,
    )
  }
  if (provider.principalClaim === 'email') {
    list.push(
      'Entra ID does not check that `email` is the address of the person: an administrator of a tenant can write any address there.',
    )
  }
  if (provider.wantsGroups && !sendsAppRoles(provider)) list.push(...groupTraps)
  if (notes.needsAudience) {
    list.push(
      'A token of version 1 has the issuer `https://sts.windows.net/<tenant id>/`, and a check against the issuer above fails.',
    )
  }
  if (input.profile.sendsPkce) {
    list.push('PKCE works, but the discovery document does not say so: tell a library that looks there to use `S256`.')
  }
  if (hasSecret(registration)) {
    list.push('A client secret expires after two years at the latest (`AADSTS7000222`): note the date.')
  }
  if (signsPeopleIn(registration)) {
    list.push(
      'People see "Need admin approval" if they may not consent themselves: **API permissions → Grant admin consent**, once.',
    )
  }
  return list
}

const groupTraps = [
  'Groups come as object ids, not as names: write ids wherever a group is named, use app roles (`groupsClaim: roles`), which have names, or give the product the class gatehouse, where `teams` gives each id a name.',
  'Somebody in more than 200 groups (6 with the implicit flow) gets `_claim_names` instead of `groups`: send only the groups that are assigned to the application, or use app roles.',
  'There is no scope `groups`: asking for it ends the sign-in with `AADSTS650053`.',
  'The userinfo endpoint has no groups: they are in the tokens only.',
]
