import { titleOfProduct } from '../../config/product-titles.ts'
import { type Data, writeYaml } from '../../formats.ts'
import type { Registration, VendorGuide } from './contract.ts'
import { hasGrant, isPublic } from './registered-client.ts'

export const dex: VendorGuide = {
  traps,
  steps,
  files: () => [],
  applying: () => [],
}

function steps(registration: Registration): string[] {
  const { provider } = registration
  return [
    [
      'Add the client to the configuration of Dex:',
      '```yaml',
      ...entry(registration).trimEnd().split('\n'),
      '```',
    ].join('\n'),
    ...(isPublic(registration)
      ? []
      : [
          'Create a secret (`openssl rand -hex 32`) and set it in the environment of Dex and of the product, as the variable that the entry names.',
        ]),
    ...(hasGrant(registration, 'implicit')
      ? ['`oauth2.responseTypes` of Dex must list `code`, `token` and `id_token`.']
      : []),
    ...(provider.wantsGroups
      ? [
          'Make the connector send groups: `groupSearch` (LDAP), `orgs` or `loadAllGroups` (GitHub), `groups` (GitLab), `insecureEnableGroups: true` (`oidc`). Local passwords have groups in the newest versions only (dexidp/dex#4456).',
        ]
      : []),
    'Restart Dex: it reads its configuration only at start.',
  ]
}

/** `staticClients` of Dex. The secret comes from its environment, under the name that the product uses too. */
function entry({ provider, input, redirectUris, ...rest }: Registration): string {
  const registration = { provider, input, redirectUris, ...rest }
  const client: Data = {
    id: provider.clientId,
    name: titleOfProduct(input.name, input.product),
    redirectURIs: redirectUris,
    ...(isPublic(registration) ? { public: true } : { secretEnv: provider.secretVariable }),
  }
  return writeYaml({ staticClients: [client] })
}

function traps({ provider, postLogoutRedirectUris }: Registration): string[] {
  const list = [
    'Dex compares redirect URIs character by character, without wildcards; `Unregistered redirect_uri` names the one that it received.',
    '`sub` is built from the connector and its user id: it changes when the connector is renamed.',
  ]
  if (provider.principalClaim === 'preferred_username') {
    list.push(
      '`preferred_username` is empty with connectors that do not fill it (local passwords of older versions, some SAML); all of them send `email` and `name`.',
    )
  }
  if (provider.wantsGroups) {
    list.push('Dex sends groups only for the scope `groups`, as they were when it last asked the connector.')
  }
  if (postLogoutRedirectUris.length > 0) {
    list.push(
      'Dex up to 2.45 has no `end_session_endpoint`: signing out at the product ends its own session, and Dex may send people straight back in.',
    )
  }
  return list
}
