/** What the pages about importing take for given: the files that their commands name, and the objects that their kubectl shows. */
export interface ImportPage {
  files: Readonly<Record<string, string>>
  /** Each as YAML, by its name. */
  objects: Readonly<Record<string, string>>
}

const dex = `issuer: https://dex.example.com
storage: { type: memory }
connectors:
  - { type: oidc, id: keycloak, name: Keycloak, config: { issuer: "https://sso.example.com/realms/data", clientID: dex, clientSecret: $DEX_SECRET, redirectURI: "https://dex.example.com/callback" } }
staticClients:
  - { id: lake, name: Lake, secretEnv: LAKE_SECRET, redirectURIs: ["https://lake.example.com/callback"] }
`
const astronomer = `global: { baseDomain: astro.example.com }
astronomer: { houston: { config: { auth: { openidConnect: { okta: { enabled: true, clientId: astro, discoveryUrl: "https://example.okta.com/" } } } } } }
`
const proxyArguments =
  '["--provider=oidc", "--oidc-issuer-url=https://sso.example.com/realms/data", "--client-id=proxy", "--redirect-url=https://app.example.com/oauth2/callback", "--email-domain=example.com"]'
const oidcVariables = {
  FLASK_OIDC_PROVIDER_NAME: 'keycloak',
  FLASK_OIDC_CONFIG_URL: 'https://sso.example.com/realms/data/.well-known/openid-configuration',
  FLASK_OIDC_CLIENT_ID: 'amundsen',
}

function configMap(place: string, data: Readonly<Record<string, string>>): string {
  const [namespace, name] = place.split('/')
  return `apiVersion: v1
kind: ConfigMap
metadata: { name: ${name}, namespace: ${namespace} }
data: ${JSON.stringify(data)}
`
}

function deployment(name: string, container: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: default }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [${container}] }
`
}

const environment = Object.entries(oidcVariables)
const ofAmundsen = JSON.stringify(environment.map(([name, value]) => ({ name, value })))

/** A class, and the cluster that uses it. */
const stackableManifests = `apiVersion: authentication.stackable.tech/v1alpha1
kind: AuthenticationClass
metadata: { name: keycloak }
spec: { provider: { oidc: { hostname: sso.example.com, rootPath: /realms/data, principalClaim: preferred_username, scopes: [openid], providerHint: Keycloak, tls: { verification: { server: { caCert: { webPki: {} } } } } } } }
---
apiVersion: trino.stackable.tech/v1alpha1
kind: TrinoCluster
metadata: { name: lake, namespace: default }
spec:
  image: { productVersion: "476" }
  clusterConfig: { authentication: [{ authenticationClass: keycloak, oidc: { clientCredentialsSecret: lake-client } }] }
---
apiVersion: v1
kind: Secret
metadata: { name: lake-client, namespace: default }
stringData: { clientId: lake, clientSecret: of-this-run }
`

/** The pages of docs/guides/import/, by their names. */
export const importPages: Readonly<Record<string, ImportPage>> = {
  astronomer: {
    files: { 'config.yaml': astronomer, 'houston.env': 'AUTH__OPENID_CONNECT__OKTA__CLIENT_ID=astro\n' },
    objects: {
      'astronomer-houston-config': configMap('default/astronomer-houston-config', {
        'production.yaml':
          'auth: { openidConnect: { okta: { enabled: true, clientId: astro, discoveryUrl: "https://example.okta.com/" } } }\nhelm: { baseDomain: astro.example.com }\n',
      }),
    },
  },
  dex: {
    files: { 'config.yaml': dex, 'values.yaml': `config:\n${dex.replace(/^(?=.)/gm, '  ')}` },
    objects: {
      'argocd-cm': configMap('argocd/argocd-cm', {
        url: 'https://argo.example.com',
        'dex.config':
          'connectors:\n  - { type: oidc, id: keycloak, name: Keycloak, config: { issuer: "https://sso.example.com/realms/data", clientID: argo, clientSecret: $oidc:secret } }\n',
      }),
      dex: configMap('auth/dex', { 'config.yaml': dex }),
    },
  },
  flaskoidc: {
    files: {
      '.env': `${environment.map(([name, value]) => `${name}=${value}`).join('\n')}\n`,
      'docker-compose.yml': `services: { amundsenfrontend: { image: amundsen-frontend, environment: ${JSON.stringify(oidcVariables)} } }\n`,
      'values.yaml': 'oidc: { enabled: true, frontend: { client_id: "0oa1", client_secret: "$SECRET" } }\n',
    },
    objects: {
      'amundsen-frontend': deployment(
        'amundsen-frontend',
        `{ name: frontend, image: amundsen-frontend, env: ${ofAmundsen} }`,
      ),
    },
  },
  'oauth2-proxy': {
    files: {
      'values.yaml':
        'config: { configFile: "provider = \\"oidc\\"\\noidc_issuer_url = \\"https://sso.example.com/realms/data\\"\\nclient_id = \\"proxy\\"\\nemail_domains = [\\"example.com\\"]\\n" }\n',
      'compose.yaml': `services: { proxy: { image: "quay.io/oauth2-proxy/oauth2-proxy:v7.15.6", command: ${proxyArguments}, env_file: proxy.env } }\n`,
      'proxy.env': 'OAUTH2_PROXY_COOKIE_SECURE=true\n',
    },
    objects: {
      'oauth2-proxy': deployment(
        'oauth2-proxy',
        `{ name: proxy, image: "quay.io/oauth2-proxy/oauth2-proxy:v7.15.6", args: ${proxyArguments} }`,
      ),
    },
  },
  stackable: {
    files: Object.fromEntries(['manifests.yaml', 'trino.yaml'].map((name) => [name, stackableManifests])),
    objects: {},
  },
}
