/**
 * What Keycloak imports. A partial import creates clients but no client scopes: it silently drops the names of scopes that the
 * realm does not have. So the scope is a separate file, and comes first.
 */
import { titleOfProduct } from '../../config/product-titles.ts'
import { type Data, mdCode, shellCommand, writeJson, writeShell } from '../../formats.ts'
import type { RenderedFile } from '../contract.ts'
import type { Registration } from './contract.ts'
import { clientScopes, type GroupsMapper, groupsMapper, groupsScope, mapperTypes } from './keycloak-scopes.ts'
import { authenticationMethod, copySecret, fileName, hasGrant, hasSecret, isPublic } from './registered-client.ts'

export function files(registration: Registration): RenderedFile[] {
  const client = { path: clientFile(registration), content: writeJson(partialImport(registration)) }
  if (!bringsScope(registration)) return [client]
  return [{ path: scopeFile(registration), content: writeJson(scopeRepresentation(registration)) }, client]
}

function clientFile(registration: Registration): string {
  return fileName(registration, 'keycloak-client', 'json')
}

function scopeFile(registration: Registration): string {
  return fileName(registration, 'keycloak-client-scope', 'json')
}

function bringsScope({ provider }: Registration): boolean {
  return provider.wantsGroups && provider.scopes.includes(groupsScope)
}

function scopeRepresentation({ provider }: Registration): Data {
  const mapper = groupsMapper(provider)
  return {
    name: groupsScope,
    protocol: 'openid-connect',
    attributes: { 'include.in.token.scope': 'true', 'display.on.consent.screen': 'false' },
    protocolMappers: mapper ? [mapperRepresentation(mapper)] : [],
  }
}

/** Without a secret: Keycloak generates one. */
function partialImport(registration: Registration): Data {
  const { input, provider, redirectUris } = registration
  return {
    // An import that overwrites would recreate the client, with another secret.
    ifResourceExists: 'FAIL',
    clients: [
      {
        clientId: provider.clientId,
        name: titleOfProduct(input.name, input.product),
        baseUrl: input.product.url,
        protocol: 'openid-connect',
        enabled: true,
        publicClient: isPublic(registration),
        clientAuthenticatorType: authenticators[authenticationMethod(registration)],
        standardFlowEnabled: hasGrant(registration, 'authorization_code'),
        implicitFlowEnabled: hasGrant(registration, 'implicit'),
        directAccessGrantsEnabled: false,
        serviceAccountsEnabled: hasGrant(registration, 'client_credentials') && !isPublic(registration),
        redirectUris,
        webOrigins: isPublic(registration) ? ['+'] : [],
        attributes: attributes(registration),
        protocolMappers: clientMappers(registration),
        ...clientScopes(provider),
      },
    ],
  }
}

const authenticators: Readonly<Record<ReturnType<typeof authenticationMethod>, string>> = {
  client_secret_basic: 'client-secret',
  client_secret_post: 'client-secret',
  client_secret_jwt: 'client-secret-jwt',
  private_key_jwt: 'client-jwt',
  none: 'client-secret',
}

function attributes({ input, postLogoutRedirectUris: logout }: Registration): Data {
  return {
    ...(logout.length > 0 ? { 'post.logout.redirect.uris': logout.join('##') } : {}),
    ...(input.profile.sendsPkce ? { 'pkce.code.challenge.method': 'S256' } : {}),
  }
}

function clientMappers(registration: Registration): Data[] {
  const { provider, notes } = registration
  const groups = bringsScope(registration) ? undefined : groupsMapper(provider)
  return [
    ...(groups ? [mapperRepresentation(groups)] : []),
    ...(notes.needsAudience ? [audienceMapper(provider.clientId)] : []),
  ]
}

function audienceMapper(clientId: string): Data {
  return {
    name: 'audience',
    protocol: 'openid-connect',
    protocolMapper: 'oidc-audience-mapper',
    config: { 'included.client.audience': clientId, 'access.token.claim': 'true', 'id.token.claim': 'false' },
  }
}

function mapperRepresentation({ type, claimName, client = '' }: GroupsMapper): Data {
  const own: Record<GroupsMapper['type'], Record<string, string>> = {
    group: { 'full.path': 'false' },
    'realm-role': { multivalued: 'true', 'jsonType.label': 'String' },
    'client-role': {
      multivalued: 'true',
      'jsonType.label': 'String',
      'usermodel.clientRoleMapping.clientId': client,
    },
  }
  return {
    name: 'groups',
    protocol: 'openid-connect',
    protocolMapper: mapperTypes[type].provider,
    config: {
      'claim.name': claimName,
      'id.token.claim': 'true',
      'access.token.claim': 'true',
      'userinfo.token.claim': 'true',
      ...own[type],
    },
  }
}

export function applying(registration: Registration): string[] {
  const kcadm = (...words: string[]) => mdCode(lastLine(writeShell([shellCommand('kcadm.sh', ...words)])))
  const realm = realmOf(registration.provider.issuer)
  const scope = bringsScope(registration)
    ? [
        `Once per realm, before the client: ${kcadm('create', 'client-scopes', '-r', realm, '-f', scopeFile(registration))}. If it says that the scope already exists, check its mapper. (The console cannot import scopes, and an import of the client silently drops missing ones.)`,
      ]
    : []
  const own = hasSecret(registration)
    ? [
        copySecret('Keycloak generates the secret. **Clients → Credentials → Client Secret**', registration),
        'Make later changes by hand: an import fails if the client exists, and with *Overwrite* it recreates the client, with another secret.',
      ]
    : []
  return [
    'Sign in with `kcadm.sh config credentials`, as an administrator of the realm.',
    ...scope,
    `${kcadm('create', 'partialImport', '-r', realm, '-f', clientFile(registration))}, or **Realm settings → Action → Partial import**.`,
    ...own,
  ]
}

/** A script begins with lines of its own. */
function lastLine(script: string): string {
  return script.trimEnd().split('\n').at(-1) ?? ''
}

/** The realm as its commands want it: not encoded. */
function realmOf(issuer: string): string {
  const [encoded = ''] = issuer.replace(/\/+$/, '').split('/').slice(-1)
  try {
    const realm = decodeURIComponent(encoded)
    return /\p{C}/u.test(realm) ? encoded : realm
  } catch {
    return encoded
  }
}
