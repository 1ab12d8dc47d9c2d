/** The variables of Amundsen's three services, for flaskoidc 1.x (Authlib) and 0.x (flask-oidc). */

import { type Comment, comment, type Data, type EnvEntry, envEntry } from '../../formats.ts'
import type { ProductInput, Provider, RenderedFile } from '../contract.ts'
import { variablesFile } from '../extra/files.ts'
import { soleProvider } from '../writing/provider-facts.ts'
import { redirectPaths } from './client.ts'
import { providerName } from './names.ts'

export const services = ['frontend', 'metadata', 'search'] as const
type AmundsenService = (typeof services)[number]

/** Absolute: flaskoidc's own default depends on the folder in which the service starts. */
export const clientSecretsFile = '/etc/amundsen/client_secrets.json'

/** The client of a service: that of the entry unless it has one of its own. */
export function clientOf(input: ProductInput<'amundsen'>, service: AmundsenService) {
  const name = service === 'frontend' ? undefined : input.options.clients[service]
  return name === undefined
    ? soleProvider(input)
    : { ...input.clientOf(name), className: soleProvider(input).className }
}

/** Services behind the frontend with their own client, and its name under `secrets`. */
export function ownClients({ options: { clients } }: ProductInput<'amundsen'>): [AmundsenService, string][] {
  return services.flatMap((service): [AmundsenService, string][] => {
    const name = service === 'frontend' ? undefined : clients[service]
    return name === undefined ? [] : [[service, name]]
  })
}

export function environmentFiles(input: ProductInput<'amundsen'>): RenderedFile[] {
  return services.map((service) => variablesFile(input, `${service}.env`, variablesOf(input, service)))
}

function variablesOf(input: ProductInput<'amundsen'>, service: AmundsenService): (Comment | EnvEntry)[] {
  const { flaskoidc } = input.options
  return [
    comment(
      `Sign-in for the ${service} service. Written by \`gatehouse render\`, without secrets: see secrets.env.example.`,
    ),
    ...appVariables(input, service),
    ...Object.entries(sharedVariables(input)).map(([name, value]) => envEntry(name, value)),
    ...(flaskoidc === '1' ? clientVariablesOf(input, service) : []),
    ...sessionVariables(input, service),
  ]
}

/** Which class is the Flask application, and which one its configuration. */
function appVariables(input: ProductInput<'amundsen'>, service: AmundsenService): (Comment | EnvEntry)[] {
  const { metadataUrl, searchUrl } = input.options
  const { product } = input
  const app = appClassOf(input, service)
  const entries: (Comment | EnvEntry)[] = [
    envEntry('FLASK_APP_MODULE_NAME', app.module),
    envEntry('FLASK_APP_CLASS_NAME', app.className),
  ]
  if (service === 'search') return entries
  if (service === 'metadata') {
    return [...entries, envEntry('METADATA_SVC_CONFIG_MODULE_CLASS', 'gatehouse_amundsen.MetadataConfig')]
  }
  return [
    // Frontends before 3.0 read these instead.
    envEntry('APP_WRAPPER', app.module),
    envEntry('APP_WRAPPER_CLASS', app.className),
    ...entries,
    envEntry('FRONTEND_SVC_CONFIG_MODULE_CLASS', 'gatehouse_amundsen.FrontendConfig'),
    envEntry('FRONTEND_BASE', product.url),
    ...(metadataUrl === undefined ? [] : [envEntry('METADATASERVICE_BASE', metadataUrl)]),
    ...(searchUrl === undefined ? [] : [envEntry('SEARCHSERVICE_BASE', searchUrl)]),
  ]
}

/** The search service has no hook, so there the class itself checks tokens. */
function appClassOf(input: ProductInput<'amundsen'>, service: AmundsenService): { module: string; className: string } {
  const { flaskoidc, verifyTokens } = input.options
  const checks = service === 'search' && flaskoidc === '1' && verifyTokens
  return { module: checks ? 'gatehouse_amundsen' : 'flaskoidc', className: 'FlaskOIDC' }
}

/** What all three services read; the chart has one place for it too. */
export function sharedVariables(input: ProductInput<'amundsen'>): Record<string, string> {
  const provider = soleProvider(input)
  return input.options.flaskoidc === '1' ? authlibVariables(input, provider) : flaskOidcVariables(input, provider)
}

function authlibVariables({ product }: ProductInput<'amundsen'>, provider: Provider): Record<string, string> {
  return {
    FLASK_OIDC_PROVIDER_NAME: providerName(provider),
    FLASK_OIDC_CONFIG_URL: provider.discoveryUrl,
    FLASK_OIDC_SCOPES: provider.scopes.join(' '),
    FLASK_OIDC_USER_ID_FIELD: provider.principalClaim,
    FLASK_OIDC_REDIRECT_URI: redirectPaths['1'],
    // Without it the redirect URI begins with http, whatever the proxy says.
    FLASK_OIDC_FORCE_SCHEME: new URL(product.url).protocol.replace(':', ''),
    FLASK_OIDC_WHITELISTED_ENDPOINTS: 'status,healthcheck,health',
  }
}

function flaskOidcVariables({ product }: ProductInput<'amundsen'>, provider: Provider): Record<string, string> {
  const isHttps = product.url.startsWith('https:')
  return {
    OIDC_CLIENT_SECRETS: clientSecretsFile,
    OIDC_SCOPES: provider.scopes.join(','),
    INTROSPECTION_AUTH_METHOD: provider.clientAuthenticationMethod,
    // Absolute: behind a proxy the library would build it from the plain request.
    OVERWRITE_REDIRECT_URI: `${product.url}${redirectPaths['0']}`,
    // Any text is true, so leave it out where it should be false.
    ...(isHttps ? { OIDC_ID_TOKEN_COOKIE_SECURE: 'True' } : {}),
    FLASK_OIDC_WHITELISTED_ENDPOINTS: 'status,healthcheck,health',
    SESSION_TYPE: 'sqlalchemy',
  }
}

/** The id; the secret comes as FLASK_OIDC_CLIENT_SECRET. The module hands an id from a variable to flaskoidc. */
function clientVariablesOf(input: ProductInput<'amundsen'>, service: AmundsenService): EnvEntry[] {
  const client = clientOf(input, service)
  return client.clientIdVariable === undefined ? [envEntry('FLASK_OIDC_CLIENT_ID', client.clientId)] : []
}

function sessionVariables(input: ProductInput<'amundsen'>, service: AmundsenService): (Comment | EnvEntry)[] {
  if (input.options.sessions === 'shared') return []
  return [
    comment("flaskoidc's own default is a file inside the installed package. One replica only: see REGISTER.md."),
    envEntry('SQLALCHEMY_DATABASE_URI', `sqlite:////tmp/${input.name}-${service}-sessions.db`),
  ]
}

/** client_secrets.json of flaskoidc 0.x without its secret, which `gatehouse_amundsen.py` fills in from the environment. */
export function clientSecretsTemplate(input: ProductInput<'amundsen'>): Data | undefined {
  const provider = soleProvider(input)
  const { endpoints } = provider
  const introspection = provider.vendor.introspection?.(provider.innerIssuer ?? provider.issuer, provider.endpoints)
  if (input.options.flaskoidc === '1' || !endpoints || introspection === undefined) return undefined
  return {
    web: {
      issuer: provider.issuer,
      auth_uri: endpoints.authorization,
      token_uri: endpoints.token,
      userinfo_uri: endpoints.userinfo,
      token_introspection_uri: introspection,
      redirect_uris: [`${input.product.url}${redirectPaths['0']}`],
      ...(provider.clientIdVariable === undefined ? { client_id: provider.clientId } : {}),
    },
  }
}
