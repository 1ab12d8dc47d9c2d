/** Amundsen behind flaskoidc: the environment of its services, or values of the chart amundsen-kube-helm; of both lines, 1.x and 0.x. */
import type { Data } from '../../formats.ts'
import type { ImportAnswers, Imported, Importer, ImportFile } from '../contract.ts'
import { readAsTheyAre } from './as-they-are.ts'
import { readClients } from './client.ts'
import { emptyFindings, type Findings } from './findings.ts'
import { harmless } from './harmless.ts'
import { readInputs } from './inputs.ts'
import { reportLeft } from './left.ts'
import { optionsOf, readUrl } from './product.ts'
import { readProvider } from './provider.ts'
import { readSignIns } from './sign-ins.ts'

export const flaskoidc: Importer = {
  source: 'flaskoidc',
  harmless,
  title:
    'environment files, compose files, manifests, Helm values, client_secrets.json or Python configuration of Amundsen with flaskoidc',
  read,
}

function read(files: readonly ImportFile[], answers: ImportAnswers = {}): Imported {
  const names = files.map(({ name }) => name).join(', ')
  const found = emptyFindings(names, answers)
  readInputs(found, files)
  readSignIns(found)
  const provider = readProvider(found)
  const { clients, secrets } = readClients(found, provider.line)
  const url = readUrl(found, provider.line)
  const product = {
    product: 'amundsen',
    ...(url === undefined ? {} : { url }),
    authentication: [
      {
        authenticationClass: provider.className,
        oidc: {
          clientCredentialsSecret: 'amundsen-client',
          ...provider.clientOptions,
        },
      },
    ],
    ...optionsOf(found, provider, clients),
    ...extraOf(found),
  }
  reportDifferences(found)
  if (provider.line === '1') reportModule(found)
  reportLeft(found)
  return {
    config: {
      authenticationClasses: { [provider.className]: { oidc: provider.oidc } },
      products: { amundsen: product },
      secrets,
    },
    comments: [
      { path: [], text: `Imported from ${names} of Amundsen with flaskoidc ${provider.line}.x.` },
      ...found.comments,
    ],
    notCarried: found.notCarried,
  }
}

function extraOf(found: Findings): Record<string, Data> {
  const extra = readAsTheyAre(found)
  return extra === undefined ? {} : { extra }
}

/** What one product can say only once, with what flaskoidc has by default. */
const saidOnce = {
  FLASK_OIDC_CONFIG_URL: '',
  FLASK_OIDC_PROVIDER_NAME: 'google',
  FLASK_OIDC_SCOPES: 'openid email profile',
  FLASK_OIDC_USER_ID_FIELD: 'email',
}

function reportDifferences({ settings, notCarried, where }: Findings): void {
  for (const [name, usual] of Object.entries(saidOnce)) {
    if (!settings.differs(name, usual)) continue
    notCarried.push({
      where: settings.take(name)?.where ?? where,
      what: `another ${name} of the services behind the frontend`,
      why: 'All three services are one product with one provider. The value of the frontend was taken.',
      effect: 'identity',
    })
  }
}

/** What the module does that flaskoidc alone does not; nothing where it is there already. */
function reportModule({ settings, notCarried, where }: Findings): void {
  const named = ['FLASK_APP_MODULE_NAME', 'FRONTEND_SVC_CONFIG_MODULE_CLASS', 'METADATA_SVC_CONFIG_MODULE_CLASS']
  if (named.some((name) => settings.peek(name)?.value.startsWith('gatehouse_amundsen'))) return
  notCarried.push({
    where,
    what: 'gatehouse_amundsen.py',
    why: 'Metadata and search ask the provider about each token, where flaskoidc 1.x takes any with a date in the future, and people who are new are created. Write amundsen.verifyTokens: false to keep tokens unchecked.',
    effect: 'added',
  })
}
