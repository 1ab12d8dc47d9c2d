import * as z from 'zod'
import { lately } from '../lately.ts'
import { line, redirectUri, words } from '../primitives.ts'
import { dexConnector } from './dex-connectors.ts'
import { dexAccount, dexServer, dexStorages, dexVariable } from './dex-server.ts'

/** Addresses that are none: of devices, of programs that show a code, of a client under the host of Dex, of apps. */
const otherReturn =
  /^(?:\/[^\s*#]*|urn:ietf:wg:oauth:2\.0:oob(?::auto)?|(?!https?:|javascript:|data:|vbscript:|file:)[a-z][a-z0-9+.-]*:[^\s*#]+)$/i

const returnAddress = line.refine((text) => otherReturn.test(text) || redirectUri.safeParse(text).success, {
  error:
    'must be one whole address (no `*`, no fragment, no blanks), a path such as /device/callback, an address of an app, or urn:ietf:wg:oauth:2.0:oob',
})

export const dex = lately(() =>
  z
    .strictObject({
      clients: z
        .array(
          z.strictObject({
            id: line.min(1).describe('The client id, or `${env:NAME}`: a variable in the environment of Dex.'),
            name: line.min(1).optional().describe('What people see; the id when absent.'),
            redirectUris: z
              .array(returnAddress)
              .default([])
              .describe(
                'Addresses to return to. A public client without any may use every address on `localhost`, and device codes.',
              ),
            public: z.boolean().default(false).describe('A client without a secret.'),
            secret: dexVariable
              .optional()
              .describe(
                'Its secret: `${env:NAME}`, a variable in the environment of Dex; `DEX_CLIENT_<ID>_SECRET` when absent.',
              ),
            trustedPeers: words
              .optional()
              .describe('Ids of clients that may ask for tokens meant for this one (`audience:server:client_id:`).'),
            logoURL: line.min(1).optional().describe('Its picture.'),
          }),
        )
        .default([])
        .describe('Applications that sign in at this Dex. Secrets come from the environment.'),
      connectors: z
        .record(line.min(1), dexConnector)
        .default({})
        .describe(
          'By the name of a class of `authentication`: what its connector has beyond the class. By any other name: a connector that no class describes.',
        ),
      storage: z
        .enum(['kubernetes', 'sqlite3', 'memory', 'postgres', 'mysql', 'etcd'])
        .default('kubernetes')
        .describe(
          'Where to keep sessions and keys: custom resources, a file, nowhere, or a database. Its settings are under its name.',
        ),
      ...dexStorages(),
      allowedGroups: words
        .default([])
        .describe('Only members of these groups get in, and other groups are not passed on; everyone when empty.'),
      enablePasswordDB: z.boolean().default(false).describe('Dex has accounts of its own, with passwords.'),
      staticPasswords: z.array(dexAccount).default([]).describe('Those accounts, with `enablePasswordDB`.'),
      ...dexServer(),
    })
    .describe('Settings of Dex.'),
)
