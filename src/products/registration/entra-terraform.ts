import { comment, type HclBody, hclAttribute, hclBlock, hclReference } from '../../formats.ts'
import type { RenderedFile } from '../contract.ts'
import type { Registration } from './contract.ts'
import { neededClaims, registeredUris, sendsAppRoles } from './entra-client.ts'
import { hasGrant, hasSecret, isPublic } from './registered-client.ts'
import { blockName, terraformFile } from './terraform.ts'

/** The scope that makes access tokens for the application itself. Its id need only be unique within one application. */
const ownScope = { id: '5b1c6c0e-6f0a-4d52-9d0f-3f6d4a8f7a10', value: 'access' }

export function entraFiles(registration: Registration): RenderedFile[] {
  const name = blockName(registration)
  const application = `azuread_application.${name}`
  return terraformFile(registration, {
    blocks: [
      hclBlock('resource', ['azuread_application', name], applicationBody(registration)),
      comment(''),
      hclBlock(
        'resource',
        ['azuread_service_principal', name],
        [
          hclAttribute('client_id', hclReference(`${application}.client_id`)),
          comment('true lets in only people who are assigned.'),
          hclAttribute('app_role_assignment_required', false),
        ],
      ),
      ...passwordBlocks(registration, application),
    ],
    outputs: { clientId: `${application}.client_id`, clientSecret: `azuread_application_password.${name}.value` },
  })
}

function passwordBlocks(registration: Registration, application: string): HclBody {
  if (!hasSecret(registration)) return []
  return [
    comment(''),
    hclBlock(
      'resource',
      ['azuread_application_password', blockName(registration)],
      [hclAttribute('application_id', hclReference(`${application}.id`)), hclAttribute('display_name', 'gatehouse')],
    ),
  ]
}

function applicationBody(registration: Registration): HclBody {
  const { input, provider } = registration
  const sendsGroups = provider.wantsGroups && !sendsAppRoles(provider)
  return [
    hclAttribute('display_name', input.name),
    hclAttribute('sign_in_audience', 'AzureADMyOrg'),
    ...(isPublic(registration) ? [hclAttribute('fallback_public_client_enabled', true)] : []),
    ...(sendsGroups
      ? [
          comment('ApplicationGroup sends only the groups that are assigned: no overage, but it needs a P1 licence.'),
          hclAttribute('group_membership_claims', ['SecurityGroup']),
        ]
      : []),
    ...(sendsAppRoles(provider) && provider.wantsGroups
      ? [comment('You name the roles: add an app_role block for each.')]
      : []),
    ...apiBlock(registration),
    ...claimsBlock(registration, sendsGroups),
    addressBlock(registration),
  ]
}

function apiBlock({ notes, input }: Registration): HclBody {
  if (!notes.needsAudience) return []
  const sentence = `Sign in to ${input.name}`
  const scope = [
    hclAttribute('id', ownScope.id),
    hclAttribute('value', ownScope.value),
    hclAttribute('type', 'User'),
    hclAttribute('admin_consent_display_name', sentence),
    hclAttribute('admin_consent_description', sentence),
    hclAttribute('user_consent_display_name', sentence),
    hclAttribute('user_consent_description', sentence),
  ]
  const version = hclAttribute('requested_access_token_version', 2)
  return [hclBlock('api', [], [version, hclBlock('oauth2_permission_scope', [], scope)])]
}

function claimsBlock(registration: Registration, sendsGroups: boolean): HclBody {
  const claim = (token: string, name: string) => hclBlock(token, [], [hclAttribute('name', name)])
  const blocks = [
    ...neededClaims(registration).map((name) => claim('id_token', name)),
    ...(sendsGroups ? [claim('id_token', 'groups'), claim('access_token', 'groups')] : []),
  ]
  return blocks.length === 0 ? [] : [hclBlock('optional_claims', [], blocks)]
}

function addressBlock(registration: Registration): HclBody[number] {
  const uris = hclAttribute('redirect_uris', registeredUris(registration).map(withPath))
  if (isPublic(registration)) return hclBlock('public_client', [], [uris])
  const implicit = hasGrant(registration, 'implicit')
    ? [
        hclBlock(
          'implicit_grant',
          [],
          [hclAttribute('access_token_issuance_enabled', true), hclAttribute('id_token_issuance_enabled', true)],
        ),
      ]
    : []
  return hclBlock('web', [], [uris, ...implicit])
}

/** The Terraform provider refuses an address without a path; to Entra ID it is the same as the one with a slash. */
function withPath(uri: string): string {
  return /^https?:\/\/[^/?#]+$/.test(uri) ? `${uri}/` : uri
}
