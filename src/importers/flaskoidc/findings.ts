import type { ImportAnswers, ImportComment, NotCarried } from '../contract.ts'
import { ServiceSettings } from './service-settings.ts'

/** What the import of Amundsen finds out while it reads. */
export interface Findings {
  settings: ServiceSettings
  comments: ImportComment[]
  notCarried: NotCarried[]
  /** The files, as messages name them. */
  where: string
  answers: ImportAnswers
  /** The chart of flaskoidc 0.x, which makes client_secrets.json of Okta's addresses. */
  isOlderChart: boolean
  /** The provider is what the chart has by default. */
  isProviderOfChart: boolean
  /** Addresses of the provider that client_secrets.json writes one by one. */
  endpoints: { token: string; userinfo: string | undefined; where: string } | undefined
  /** The address of an ingress to the frontend. */
  ingress: string | undefined
}

export function emptyFindings(where: string, answers: ImportAnswers): Findings {
  return {
    settings: new ServiceSettings(),
    comments: [],
    notCarried: [],
    where,
    answers,
    isOlderChart: false,
    isProviderOfChart: false,
    endpoints: undefined,
    ingress: undefined,
  }
}
