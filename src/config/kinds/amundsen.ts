import * as z from 'zod'
import { baseUrl, line } from '../primitives.ts'

const clientOf = (service: string) =>
  line
    .min(1)
    .optional()
    .describe(`A name under \`secrets\` with the client of the ${service} service; the one of the entry when absent.`)

export const amundsen = z
  .strictObject({
    flaskoidc: z
      .enum(['0', '1'])
      .default('1')
      .describe('The line of flaskoidc in the images: `1` for 1.x (Authlib), `0` for 0.x (flask-oidc).'),
    metadataUrl: baseUrl.optional().describe('The metadata service, as the frontend reaches it.'),
    searchUrl: baseUrl.optional().describe('The search service, as the frontend reaches it.'),
    clients: z
      .strictObject({ metadata: clientOf('metadata'), search: clientOf('search') })
      .prefault({})
      .describe('A separate client for each service behind the frontend, if they should not share one.'),
    profiles: z
      .enum(['token', 'google', 'okta'])
      .default('token')
      .describe("Where the profile of a new user comes from: the token, Google's People API or Okta's Users API."),
    verifyTokens: z
      .boolean()
      .default(true)
      .describe(
        'Ask the provider about each token that metadata and search get; flaskoidc 1.x itself accepts any JSON with a date in the future.',
      ),
    sessions: z
      .enum(['local', 'shared'])
      .default('local')
      .describe(
        'Where to keep the tokens of people: `local` is a file per replica; `shared` a database, given by `SQLALCHEMY_DATABASE_URI`.',
      ),
  })
  .describe('Settings of Amundsen.')
