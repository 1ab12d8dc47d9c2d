import { didYouMean } from '../../config/did-you-mean.ts'
import { issuerOfDirectory } from '../../config/directory-address.ts'
import { githubAddresses } from '../../config/github.ts'
import { issuerOf } from '../../config/issuer.ts'
import type { Config } from '../../config/schema.ts'
import { own } from '../../maps.ts'
import { printable, printableJson } from '../../printable.ts'
import type { UserTable } from '../../store/users.ts'
import { configFiles, type Declare, jsonOption } from '../command.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'
import { withPerson } from '../with-store.ts'

export const declareLink: Declare = (command, { surroundings, finish }) => {
  command
    .argument('<name>', 'username')
    .argument('<class/subject>', 'the class, a slash, and what the provider calls the person (`sub`)')
  const files = configFiles(command)
  command
    .option('--issuer <issuer>', 'the issuer of the identity, when people of the class come from several')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  gatehouse users link anna keycloak/5f1c7c1e-8b0f-4c55-9a55-3f6f5d3f9f10')
    .action(async (username: string, identity: string, options: { issuer?: string; json: boolean }) => {
      finish(await linkUser({ ...options, files: files(), username, identity }, surroundings))
    })
}

export interface LinkUserRequest {
  files: readonly string[]
  username: string
  /** `CLASS/SUBJECT`. */
  identity: string
  issuer?: string
  json: boolean
}

/**
 * `gatehouse users link NAME CLASS/SUBJECT`: says that somebody at a provider is that person, as when a realm was imported again. Replaces
 * the identity that the person had there.
 */
export async function linkUser(
  { identity, issuer, json, ...request }: LinkUserRequest,
  surroundings: Surroundings,
): Promise<ExitStatus> {
  const { stdout, stderr } = surroundings
  return withPerson('change', request, surroundings, async ({ user, store, directory, config }) => {
    const read = readIdentity(identity, config)
    if (typeof read === 'string') {
      stderr(`${read}\n`)
      return 2
    }
    const found = issuer ?? (await issuerFor(read, config, store.users))
    if (typeof found !== 'string') {
      stderr(
        `people of ${printable(read.authenticationClass)} come from several issuers: add --issuer with one of ${printable(found.join(', '))}\n`,
      )
      return 2
    }
    const { before } = await directory.administration.link(user, { ...read, issuer: found }, 'cli')
    if (json) {
      stdout(
        `${printableJson({ id: user.id, username: user.username, ...read, issuer: found, before: before?.username ?? null })}\n`,
      )
      return 0
    }
    const name = printable(user.username)
    stdout(`${printable(identity)} is ${name} from the next sign-in on; every session of ${name} has ended.\n`)
    if (user.passwordHash !== undefined)
      stdout(
        `${name} still has a password here, past the provider. To take it away: gatehouse users password ${name} --remove\n`,
      )
    if (before) {
      const other = printable(before.username)
      stdout(`${other} had this identity before. If nobody needs that user any more: gatehouse users remove ${other}\n`)
    }
    return 0
  })
}

/** Class and subject of `CLASS/SUBJECT`, or what is wrong with it. */
function readIdentity(text: string, { authenticationClasses }: Config) {
  const [, authenticationClass = '', subject = ''] = /^([^/]+)\/(.+)$/s.exec(text) ?? []
  if (subject === '')
    return 'write the identity as CLASS/SUBJECT, such as keycloak/5f1c7c1e; the trace of the refused sign-in has both'
  const classes = Object.keys(authenticationClasses)
  if (classes.includes(authenticationClass)) return { authenticationClass, subject }
  const known = didYouMean(authenticationClass, classes) || `; known: ${classes.join(', ') || 'none'}`
  return `there is no authenticationClass ${JSON.stringify(authenticationClass)}${known}`
}

/** The issuer of an identity, as the connector writes it: that of the others of the class, or of the configuration. All, when there are several. */
async function issuerFor(
  { authenticationClass, subject }: { authenticationClass: string; subject: string },
  { authenticationClasses }: Config,
  users: Pick<UserTable, 'issuersOfClass' | 'findByIdentity'>,
): Promise<string | readonly string[]> {
  const issuers = await users.issuersOfClass(authenticationClass)
  const [only] = issuers
  if (only !== undefined && issuers.length === 1) return only
  for (const issuer of issuers) if (await users.findByIdentity(issuer, subject)) return issuer
  if (issuers.length > 0) return issuers
  const { oidc, github, ldap } = own(authenticationClasses, authenticationClass) ?? {}
  if (ldap) return issuerOfDirectory(authenticationClass)
  return (oidc ? issuerOf(oidc) : github && githubAddresses(github).web) ?? issuers
}
