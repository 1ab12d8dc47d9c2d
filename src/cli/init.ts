import { existsSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Option } from 'commander'
import { callbackUri, signedOutUri } from '../config/addresses.ts'
import { loadConfig } from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import { serverProblems } from '../config/server-problems.ts'
import { AppError, causeChain } from '../errors.ts'
import { printable } from '../printable.ts'
import { collect, type Declare } from './command.ts'
import { placed } from './configured.ts'
import { explainError } from './explain-error.ts'
import { type Answers, type ChosenProvider, gatherAnswers, type InitOptions, Left, Unusable } from './init/answers.ts'
import { clientIdToCome, configurationText, plainAddress, secretVariable } from './init/configuration.ts'
import { providerWords, titleOf } from './init/providers.ts'
import { type Conversation, openConversation } from './init/terminal.ts'
import { calledAs, packageFile } from './package-file.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

export const declareInit: Declare = (command, { surroundings, finish }) => {
  command
    .addOption(new Option('--provider <kind>', `who signs people in: ${providerWords.join(', ')}`))
    .option('--issuer <url>', 'the address at which people will open Gatehouse (default: http://localhost:8080)')
    .option('--host <address>', 'the address of the provider: its host name, or its whole issuer')
    .option('--realm <name>', 'the realm, with keycloak')
    .option('--tenant <id>', 'the id of the tenant, with entra')
    .option('--client-id <id>', 'the id of Gatehouse at the provider')
    .addOption(
      new Option('--email-domain <domain>', 'whose addresses the provider gives to nobody but their owners; repeatable')
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(new Option('--store <address>', 'where users and keys are kept').default('sqlite:./gatehouse.db'))
    .addOption(new Option('-o, --output <file>', 'the file to write; - prints it').default('gatehouse.yaml'))
    .option('--force', 'replace the file if there is one', false)
    .addHelpText(
      'after',
      `
On a terminal it asks for what no option says. Secrets are not asked for: the file refers to environment variables.

Examples:
  gatehouse init
  gatehouse init --provider local
  gatehouse init --provider keycloak --host https://sso.example.com/realms/data --issuer https://id.example.com
  gatehouse init --provider entra --tenant 3f1a9c2e-7b54-4c8e-9d10-6a2b7e5f4c31 --email-domain example.com
  gatehouse init --provider okta --host acme.okta.com -o -`,
    )
    .action(async (options: InitOptions & Pick<InitRequest, 'output' | 'force'>) => {
      finish(await init(options, { ...surroundings, converse: openConversation }))
    })
}

export interface InitRequest extends InitOptions {
  /** The file to write, or `-` for standard output. */
  output: string
  /** Replace an existing file. */
  force: boolean
}

export interface InitSurroundings extends Pick<Surroundings, 'stdout' | 'stderr'> {
  /** Undefined when nobody can be asked. */
  converse: () => Conversation | undefined
}

/**
 * `gatehouse init`: writes a first configuration with comments, and beside it the schema for editors; says what comes next. 0 written,
 * 2 the call is wrong, or whoever was asked has left. What `check` would not like is never written.
 */
export async function init(request: InitRequest, surroundings: InitSurroundings): Promise<ExitStatus> {
  const { output, force } = request
  const { stdout, stderr } = surroundings
  if (output === '') return refuse(stderr, '-o needs a file, or - for standard output')
  if (output !== '-' && !force && existsSync(output)) {
    return refuse(stderr, `${output} already exists and is not replaced: choose another name with -o, or add --force`)
  }
  const answers = await answersOf(request, surroundings)
  if (!answers) return 2
  const text = configurationText(answers, { schemaFile: output === '-' ? undefined : `./${schemaName}` })
  const problems = problemsOf(output, text)
  if (problems.length > 0) return refuse(stderr, `nothing was written:\n${problems.join('\n')}`)
  if (output === '-') {
    stdout(text)
    stderr(nextSteps(answers, 'gatehouse.yaml'))
    return 0
  }
  try {
    writeConfiguration(output, text, force)
  } catch (cause) {
    explainError(new AppError('render-target-unwritable', { file: output }, { cause }), { stderr })
    return 2
  }
  stdout(`Wrote ${printable(output)}${writeSchema(dirname(output))}.\n`)
  stdout(nextSteps(answers, output))
  return 0
}

function refuse(stderr: (text: string) => void, message: string): 2 {
  stderr(`${message}\n`)
  return 2
}

async function answersOf(
  request: InitRequest,
  { stderr, converse }: Pick<InitSurroundings, 'stderr' | 'converse'>,
): Promise<Answers | undefined> {
  const conversation = converse()
  try {
    return await gatherAnswers(request, conversation?.ask)
  } catch (error) {
    if (error instanceof Left) stderr('\nNothing was written.\n')
    else if (error instanceof Unusable) stderr(`${error.message}\n`)
    else throw error
    return undefined
  } finally {
    conversation?.close()
  }
}

/** What `check` would say. An option may hold what only the whole configuration shows to be wrong. */
function problemsOf(output: string, text: string): string[] {
  const loaded = loadConfig({ files: [{ name: output === '-' ? 'gatehouse.yaml' : output, text }], baseDir: '.' }, {})
  const ofServer = loaded.config ? placed(serverProblems(loaded.config), loaded) : []
  return [...loaded.problems, ...ofServer].filter(({ severity }) => severity === 'error').map(formatProblem)
}

/** A file that somebody else makes in this moment is not replaced; one that is replaced is whole before and after. */
function writeConfiguration(file: string, text: string, force: boolean): void {
  if (!force || !existsSync(file)) {
    writeFileSync(file, text, { flag: 'wx' })
    return
  }
  // Behind a link: the link stays.
  const real = realpathSync(file)
  const fresh = join(dirname(real), `.${basename(real)}-${process.pid}`)
  try {
    writeFileSync(fresh, text, { flag: 'wx' })
    renameSync(fresh, real)
  } finally {
    rmSync(fresh, { force: true })
  }
}

const schemaName = 'gatehouse.schema.json'

/** Puts the schema of this version beside the configuration, where editors find it without a network. Says whether it did. */
function writeSchema(folder: string): string {
  const file = join(folder, schemaName)
  const shown = printable(file)
  if (existsSync(file) && !isOurs(file)) return `, but no schema for your editor: ${shown} is somebody else's`
  try {
    writeFileSync(file, readFileSync(packageFile('schema/config.schema.json')))
    return `, and ${schemaName} beside it for your editor`
  } catch (error) {
    return `, but no schema for your editor: ${printable(causeChain(error))}`
  }
}

function isOurs(file: string): boolean {
  try {
    return (
      (JSON.parse(readFileSync(file, 'utf8')) as { description?: unknown }).description === 'Gatehouse configuration'
    )
  } catch {
    return false
  }
}

function nextSteps({ issuer, provider }: Answers, file: string): string {
  const shown = printable(file)
  const own = plainAddress(issuer)
  const steps = [
    ...(provider ? registration(own, provider, shown) : []),
    `${calledAs} check -f ${shown}`,
    ...(provider ? [`${calledAs} doctor -c ${shown}`] : []),
    `${calledAs} serve -c ${shown}\n     It prints a link that makes the first administrator.`,
  ]
  return `\nNext:\n${steps.map((step, index) => `  ${index + 1}. ${step}\n`).join('')}`
}

function registration(issuer: string, provider: ChosenProvider, file: string): string[] {
  const { name, template, clientId } = provider
  const id =
    clientId === undefined ? `write its id into ${file} instead of \`${clientIdToCome}\`` : `its id is ${clientId}`
  return [
    `Register a client at ${titleOf(template)}: ${id}.
     Address to return to    ${callbackUri(issuer, name)}
     Address after sign-out  ${signedOutUri(issuer)}
     Step by step: ${packageFile(`docs/guides/${template.guide}`)}`,
    `export ${secretVariable(provider)}=...    # the secret of that client`,
  ]
}
