/** values.yaml for the chart amundsen-kube-helm: that of flaskoidc 1.x, and the older one of flaskoidc 0.x. */
import { writeYaml, type YamlValue, yamlComment } from '../../formats.ts'
import type { ClientAtProvider, ProductInput, Provider, RenderedFile } from '../contract.ts'
import { soleProvider } from '../writing/provider-facts.ts'
import { clientOf, services, sharedVariables } from './environment.ts'

export function helmValues(input: ProductInput<'amundsen'>): RenderedFile {
  const { flaskoidc } = input.options
  const content =
    flaskoidc === '1'
      ? writeYaml(valuesOf(input), {
          comment:
            'For the chart amundsen-kube-helm. Written by `gatehouse render`; REGISTER.md says how to add the secrets.\nWithout client_secret: the chart would write it into a ConfigMap, in clear text.',
        })
      : writeYaml(olderValuesOf(input, soleProvider(input)), {
          comment:
            'For older charts amundsen-kube-helm, with flaskoidc 0.x. Written by `gatehouse render`; REGISTER.md says how to add the secrets.\nCharts before 1.0.0 read these at the top level, later ones below frontEnd.',
        })
  return { path: 'values.yaml', content, manifest: 'values' }
}

function valuesOf(input: ProductInput<'amundsen'>): YamlValue {
  const { sessions } = input.options
  const envVars = sharedSession(sessions)
  const clients = services.map((service): [string, YamlValue] => {
    const id = chartText(clientOf(input, service))
    return [service, id === undefined ? {} : { client_id: id }]
  })
  return {
    oidc: {
      enabled: true,
      ...Object.fromEntries(clients),
      configs: yamlComment('Variables of all three services, word for word.', sharedVariables(input)),
    },
    frontEnd: {
      baseUrl: input.product.url,
      config: { class: yamlComment('The image must hold gatehouse_amundsen.py.', 'gatehouse_amundsen.FrontendConfig') },
      ...envVars,
    },
    metadata: { config: { class: 'gatehouse_amundsen.MetadataConfig' }, ...envVars },
    ...(Object.keys(envVars).length > 0 ? { search: envVars } : {}),
  }
}

/** With a shared database the variable is a secret and comes like one. */
function sharedSession(sessions: 'local' | 'shared'): Record<string, YamlValue> {
  return sessions === 'shared' ? {} : { envVars: { SQLALCHEMY_DATABASE_URI: 'sqlite:////tmp/amundsen-sessions.db' } }
}

/** The chart puts it into its ConfigMap without quotes, so a text that YAML would read as something else brings its own. */
function chartText({ clientId, clientIdVariable }: ClientAtProvider): string | undefined {
  if (clientIdVariable !== undefined) return undefined
  return isPlainText(clientId) ? clientId : writeYaml([clientId]).replace(/^- /, '').trimEnd()
}

/** Numbers, dates and words of YAML 1.1 and 1.2. */
const notTexts =
  /^(?:[0-9][0-9_.]*(?:e[-+]?[0-9]+)?|0x[0-9a-f_]+|0o[0-7_]+|0b[01_]+|\d{4}-\d\d?-\d\d?|y|n|yes|no|on|off|true|false|null)$/i

function isPlainText(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._/@-]*$/.test(text) && !notTexts.test(text)
}

/** The chart makes client_secrets.json itself, for Okta's custom servers only; else it takes the Secret `oidc-config` as it is. */
function olderValuesOf(input: ProductInput<'amundsen'>, provider: Provider): YamlValue {
  const [, organization = '', server = ''] = /^(https:\/\/[^/]+)\/oauth2\/([^/]+)$/.exec(provider.issuer) ?? []
  const madeByChart = provider.kind === 'okta' && server !== ''
  const values: Record<string, YamlValue> = {
    oidcEnabled: true,
    createOidcSecret: madeByChart,
    ...(madeByChart
      ? { OIDC_CLIENT_ID: provider.clientId, OIDC_ORG_URL: organization, OIDC_AUTH_SERVER_ID: server }
      : {}),
    OVERWRITE_REDIRECT_URI: `${input.product.url}/oidc_callback`,
  }
  return { ...values, frontEnd: { ...values, baseUrl: input.product.url } }
}
