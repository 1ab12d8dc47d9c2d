import * as z from 'zod'
import { httpUrl, line } from '../primitives.ts'

const scimSecret = (what: string) =>
  line
    .regex(
      /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?\/[A-Za-z0-9._-]+$/,
      'must be the name of a Secret and a key in it, as name/key',
    )
    .optional()
    .describe(`Name of the Secret and its key with ${what}, as \`name/key\`.`)

export const astronomer = z
  .strictObject({
    flow: z
      .enum(['implicit', 'code'])
      .default('code')
      .describe('The OAuth flow of Houston. Teams need `code`; its own default is `implicit`.'),
    provider: z
      .string()
      .regex(/^[a-z][a-zA-Z0-9]*$/, 'must be letters and digits that begin with a lower-case letter')
      .optional()
      .describe(
        'The name of the provider in the values: `okta`, `microsoft`, `auth0`, `cognito`, `google`, `adfs`, `custom` or your own. When absent, it follows `providerHint`, otherwise `custom`.',
      ),
    displayName: line
      .min(1)
      .max(60)
      .optional()
      .describe('The text of the button, for `custom`; the name of the class when absent.'),
    clockTolerance: z.int().min(0).optional().describe('Seconds by which clocks may differ.'),
    localAccounts: z
      .boolean()
      .default(false)
      .describe('Whether people sign in with usernames and passwords kept by Houston.'),
    github: z.boolean().default(false).describe("Sign-in with GitHub by Astronomer's own application."),
    google: z.boolean().default(false).describe("Sign-in with Google by Astronomer's own application."),
    httpsProxy: httpUrl
      .optional()
      .describe('The proxy for calls from Houston to providers (`GLOBAL_AGENT_HTTPS_PROXY`).'),
    importGroups: z.boolean().default(false).describe('Create Teams from the groups of the provider.'),
    scim: z
      .strictObject({ okta: scimSecret('`user:password`'), microsoft: scimSecret('the token') })
      .prefault({})
      .describe('Credentials with which providers push users.'),
  })
  .describe('Settings of Astronomer Software.')
